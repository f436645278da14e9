"""The exchange files of a council folder against its tables: made again from them, and compared byte by byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from surveys.definitions.study.council_names import CouncilSystem
from surveys.handover.exchange import exchange_files
from surveys.handover.manifest import IMPORTS
from surveys.handover.official_columns import COUNCIL_TABLES
from surveys.handover.read_back import PrintedTables
from surveys.problems import Problem
from surveys.vocabulary.folder_content import bytes_of


def exchange_repeats(
    council: Path, package: PrintedTables, run: Mapping[str, Any], system: CouncilSystem
) -> Iterator[Problem]:
    """Faults of the exchange files in the folder ``council``; nothing where one of its tables could not be read."""
    tables = [package[table.name] for table in COUNCIL_TABLES if table.name in package]
    if len(tables) < len(COUNCIL_TABLES):
        return
    within = f"{council.name}/" if "/" in tables[0].path else ""
    try:
        expected = exchange_files(run, {printed.table: printed.texts() for printed in tables}, system)
    except KeyError:
        return  # what the record lacks is told elsewhere
    for name, content in expected.items():
        yield from _repeats(council / name, f"{within}{name}", content)
    for name in sorted(IMPORTS - expected.keys()):
        if (council / name).exists():
            yield Problem("verify.file_unknown", file=f"{within}{name}")


def _repeats(path: Path, shown: str, expected: bytes) -> Iterator[Problem]:
    """A file that is missing, or the first line in which it is not what it should be."""
    if not path.is_file():
        yield Problem("verify.file_missing", file=shown)
        return
    found = bytes_of(path)
    if found != expected:
        ours, theirs = (content.split(b"\n") for content in (expected, found))
        pairs = enumerate(zip(ours, theirs, strict=False), start=1)
        row = next((k for k, (a, b) in pairs if a != b), min(len(ours), len(theirs)))
        yield Problem("verify.exchange", file=shown, row=row)
