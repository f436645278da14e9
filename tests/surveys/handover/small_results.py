"""Small folders that count as results, for tests of how they are written and replaced."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from surveys.handover.manifest import MANIFEST, SUMS, digests_of, json_bytes, sums_bytes

MARK = b'{"format": "surveys/run/1", "content": "scores"}\n'


def small_result(word: bytes, mark: bytes = MARK) -> dict[str, bytes]:
    """Path → content of a folder with a council's folder, a table with its workbook for people, a record, descriptors and
    checksums."""
    tables = {"scores.csv": word, "review/forms.csv": b"decision"}
    council = {"scores.csv": word * 2}
    files = {
        **tables,
        **{f"council/{path}": content for path, content in council.items()},
        "council/datapackage.json": _descriptor(council),
        "datapackage.json": _descriptor(tables),
        "review/forms.xlsx": word,
        MANIFEST: mark,
    }
    return {**files, SUMS: sums_bytes(digests_of(files))}


def files_below(folder: Path) -> dict[str, bytes]:
    """Relative path → content of every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def _descriptor(tables: Mapping[str, bytes]) -> bytes:
    """As much of a descriptor as tells which tables a run wrote."""
    digests = digests_of(tables)
    return json_bytes({"resources": [{"path": p, "hash": f"sha256:{digests[p]}"} for p in tables]})


OLD, NEW = small_result(b"old"), small_result(b"new")
