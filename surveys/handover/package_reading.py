"""The council's tables read back from what was handed over: a folder of results, a council folder, or ``exchange.json`` alone.

A folder is verified as ``surveys verify`` does. The one file is checked as far as it goes: every cell by the codebook, what its
tables owe each other, and that its bytes are those that its content is written as.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from surveys.handover.council_checks import council_holds
from surveys.handover.exchange import FORMAT, TABLES, exchange_bytes, head_of, short_name
from surveys.handover.hiding_checks import hidden_show_nothing
from surveys.handover.manifest import COUNCIL, MANIFEST, read_manifest
from surveys.handover.official_columns import OfficialTable
from surveys.handover.official_kinds import IndexKind, council_tables, kind_of_run
from surveys.handover.rank_checks import ranks, sets_of_ranks
from surveys.handover.read_back import PrintedTable, cells_hold, read_printed
from surveys.handover.readding import readded
from surveys.handover.verification import verify_folder
from surveys.problems import Problems, SurveyError, fault, shortened
from surveys.vocabulary.folder_content import bytes_of
from surveys.vocabulary.formula_guard import guarded

#: Format of any version.
_ANY = FORMAT.rpartition("/")[0] + "/"
_HEAD = ("format", "study", "instrument", "language", "index")


class _Printed(str):
    """A number of a JSON file, digit by digit."""

    __slots__ = ()


@dataclass(frozen=True)
class CouncilContent:
    """What was read: ``head``, as it stands in front of the tables of an exchange file; ``run``, the record of the run, empty
    where there is none; the tables by their short names."""

    head: Mapping[str, Any]
    run: Mapping[str, Any]
    kind: IndexKind
    tables: Mapping[str, PrintedTable]


def read_council(place: Path) -> CouncilContent:
    """The content of a folder or of an exchange file. Raises SurveyError with what is wrong with it."""
    if place.is_dir():
        return _of_folder(place)
    if not place.is_file():
        raise fault("package.missing", file=str(place))
    return _of_file(place)


def typed_frame(printed: PrintedTable) -> pd.DataFrame:
    """A printed table with its types: counts and ranks as whole numbers (Int64), other numbers as floats, text as it was."""
    texts = printed.texts()
    columns = {
        column.name: printed.number(column.name) if column.is_number else np.array(texts[column.name], object)
        for column in printed.table.columns
    }
    counts = {column.name: "Int64" for column in printed.table.columns if column.kind == "count"}
    return pd.DataFrame(columns).astype(counts)


def _of_folder(folder: Path) -> CouncilContent:
    problems = Problems()
    problems.extend(verify_folder(folder))
    problems.raise_errors()
    run = read_manifest(folder / MANIFEST) or {}
    kind = kind_of_run(run)
    if run.get("content") != "scores" or kind is None:
        raise fault("package.no_council", file=str(folder), content=shortened(run.get("content", "")))
    council = folder / COUNCIL if (folder / COUNCIL).is_dir() else folder
    found = {short_name(t): read_printed(council, t.path, t, problems) for t in council_tables(kind)}
    problems.raise_errors()
    return CouncilContent(
        head_of(run), run, kind, {name: table for name, table in found.items() if table is not None}
    )


def _of_file(path: Path) -> CouncilContent:
    content = bytes_of(path)
    document = _document(path, content)
    kind = kind_of_run(document)
    if kind is None or tuple(document) != (*_HEAD, TABLES) or not isinstance(document[TABLES], dict):
        raise _damaged(path, ", ".join(map(str, document)))
    head = {key: document[key] for key in _HEAD}
    tables = council_tables(kind)
    if list(document[TABLES]) != [short_name(table) for table in tables]:
        raise _damaged(path, ", ".join(map(shortened, document[TABLES])))
    problems, line, found = Problems(), len(_HEAD) + 2, {}
    for table in tables:
        rows = document[TABLES][short_name(table)]
        found[table.name] = _table(path, table, rows, line + 2)
        line += len(rows) + 2 if rows else 1
        cells_hold(found[table.name], problems)
    problems.raise_errors()
    problems.extend(_alone(found, kind))
    if exchange_bytes(head, {printed.table: printed.texts() for printed in found.values()}) != content:
        problems.add("verify.form_of_json", file=path.name)
    problems.raise_errors()
    return CouncilContent(head, {}, kind, {short_name(t): found[t.name] for t in tables})


def _document(path: Path, content: bytes) -> Mapping[str, Any]:
    """An exchange file of this format, its numbers as printed."""
    try:
        document = json.loads(content, parse_float=_Printed, parse_int=_Printed, parse_constant=_Printed)
    except (ValueError, RecursionError) as error:
        raise fault("package.not_one", file=str(path), reason=shortened(error)) from None
    named = document.get("format") if isinstance(document, dict) else None
    if not isinstance(named, str) or not named.startswith(_ANY):
        raise fault("package.not_one", file=str(path), reason=shortened(named or ""))
    if named != FORMAT:
        raise fault("package.other_format", file=str(path), found=shortened(named), format=FORMAT)
    assert isinstance(document, dict)
    return document


def _table(path: Path, table: OfficialTable, rows: object, line: int) -> PrintedTable:
    """The rows of a table, the first of which stands on ``line``."""
    if not isinstance(rows, list):
        raise _damaged(path, short_name(table))
    for k, row in enumerate(rows):
        if not isinstance(row, dict) or tuple(row) != table.names:
            raise _damaged(path, f"{short_name(table)} {k + 1}")
        for column in table.columns:
            value = row[column.name]
            if not (value is None or isinstance(value, _Printed) if column.is_number else type(value) is str):
                raise _damaged(path, f"{short_name(table)} {k + 1}: {column.name}")
    cells = [[_cell(row[column.name], column.is_number) for column in table.columns] for row in rows]
    frame = pd.DataFrame(cells, columns=list(table.names), dtype=object)
    return PrintedTable(table, path.name, frame, line + np.arange(len(rows)))


def _cell(value: Any, number: bool) -> str:
    """A cell as it stands in the table of CSV."""
    return ("" if value is None else str(value)) if number else guarded(value)


def _alone(tables: Mapping[str, PrintedTable], kind: IndexKind) -> Iterator[Any]:
    """What the council's tables owe each other."""
    yield from readded(tables)
    yield from hidden_show_nothing(tables)
    yield from council_holds(tables, kind, renormalises=True)
    yield from ranks(tables["council-units"], renormalise=True)
    yield from sets_of_ranks(tables["council-units"])


def _damaged(path: Path, where: str) -> SurveyError:
    return fault("package.damaged", file=str(path), where=shortened(where))
