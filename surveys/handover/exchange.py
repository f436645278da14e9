"""The council's tables in one JSON file, and under the column names of the council's own system.

``exchange.json`` has all tables, one row a line, numbers with the digits that are printed. Where the study says what columns are
called in the council's system, ``import-<table>.csv`` and ``import-<table>.json`` have these columns under these names, in the
order declared. All is made from the tables as printed and from the record of the run, so that whoever has these can make it
again and compare. The format is described in ``docs/``, under its version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from surveys.definitions.study.council_names import CouncilSystem
from surveys.handover.manifest import EXCHANGE, import_names, language_of
from surveys.handover.official_columns import OfficialColumn, OfficialTable
from surveys.handover.official_kinds import INDEX
from surveys.handover.result_frames import Texts
from surveys.vocabulary.csv import columns_bytes

FORMAT = "surveys/exchange/1"
TABLES = "tables"


def exchange_files(
    run: Mapping[str, Any], tables: Mapping[OfficialTable, Texts], system: CouncilSystem
) -> dict[str, bytes]:
    """``exchange.json``, and the tables for the council's ``system``: path → bytes.

    ``run``: the record of the run. Raises KeyError where it lacks study, instrument or kind of index.
    """
    files = {EXCHANGE: exchange_bytes(head_of(run), tables)}
    by_name = {short_name(table): (table, texts) for table, texts in tables.items()}
    for name, names in system.names().items():
        if name in by_name:
            files |= _imported(name, names, *by_name[name])
    return files


def head_of(run: Mapping[str, Any]) -> dict[str, object]:
    """What stands in front of the tables: format, study, instrument, language and kind of index."""
    return {
        "format": FORMAT,
        "study": run["study"],
        "instrument": run["instrument"],
        "language": language_of(run),
        INDEX: run[INDEX],
    }


def short_name(table: OfficialTable) -> str:
    """The name of a council table in the exchange format and in ``[council.columns]``."""
    return table.name.removeprefix("council-")


def exchange_bytes(head: Mapping[str, object], tables: Mapping[OfficialTable, Texts]) -> bytes:
    """The one file of all tables. ``head``: what stands in front of them."""
    lines = [f"  {_json(key)}: {_json(value)}," for key, value in head.items()]
    parts = [
        f"    {_json(short_name(table))}: " + _rows(table.columns, table.names, texts, "    ")
        for table, texts in tables.items()
    ]
    return "\n".join(["{", *lines, f"  {_json(TABLES)}: {{", ",\n".join(parts), "  }", "}", ""]).encode()


def _imported(name: str, names: Mapping[str, str], table: OfficialTable, texts: Texts) -> dict[str, bytes]:
    """A table as CSV and as JSON, with the columns that the council's system takes under their names there."""
    columns = [table.column[column] for column in names if column in table.column]
    headings = [names[column.name] for column in columns]
    of_csv, of_json = import_names(name)
    numeric = [column.is_number for column in columns]
    return {
        of_csv: columns_bytes(headings, [texts[column.name] for column in columns], numeric),
        of_json: (_rows(columns, headings, texts, "") + "\n").encode(),
    }


def _rows(columns: Sequence[OfficialColumn], names: Sequence[str], texts: Texts, indent: str) -> str:
    """A list of objects, one a line."""
    keys = [_json(name) for name in names]
    cells = [list(_values(column, texts[column.name])) for column in columns]
    lines = (
        f"{indent}  {{" + ", ".join(f"{key}: {value}" for key, value in zip(keys, row, strict=True)) + "}"
        for row in zip(*cells, strict=True)
    )
    return "[\n" + ",\n".join(lines) + f"\n{indent}]" if len(cells[0]) else "[]"


def _values(column: OfficialColumn, texts: Iterable[str]) -> Iterator[str]:
    """Cells as JSON: numbers as printed, null where there is none; text, empty where there is none."""
    if column.is_number:
        return (text or "null" for text in texts)
    return map(_json, texts)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
