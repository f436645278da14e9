"""Simulated forms written as the three kinds of file in which returns arrive: CSV, XLSX and SPSS .sav.

The same forms give the same bytes: no file carries the time at which it was written.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from surveys.definitions.instrument.records import (
    BLANK,
    NON_ANSWERS,
    NOT_ASKED,
    Field,
    Instrument,
    Item,
    Scale,
)
from surveys.simulation.pile import Pile, fields_of
from surveys.simulation.plan import FilePlan

Cell = str | int | float | dt.datetime
MATRIX_HEADING = "{item} [{unit}]"
_SAV_TIMESTAMP = slice(92, 109)  # creation date and time in the header record of a system file
_SAV_FIXED = b"01 Jan 0000:00:00"
_MOST_MISSING = 3  # discrete missing values that a system file can declare


@dataclass(frozen=True)
class Table:
    """Headings, rows of cells, and what a statistical file needs: a variable name for each column, the item behind it."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    names: tuple[str, ...]
    items: tuple[Item | None, ...]


def write(table: Table, path: Path, instrument: Instrument, format_: str) -> None:
    """Write one file of returns in ``format_`` csv, xlsx or sav."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if format_ == "csv":
        _write_csv(table, path)
    elif format_ == "xlsx":
        _write_xlsx(table, path)
    else:
        _write_sav(table, path, instrument)


def table_of(instrument: Instrument, pile: Pile, file: int, second: bool = False) -> Table:
    """The forms of one file as a table; ``second``: the second data entry of those entered twice."""
    plan, scales = pile.files[file], instrument.scale
    forms = np.flatnonzero((pile.file == file) & (pile.entered_twice if second else True))
    fields = fields_of(pile, instrument, file)
    columns: list[Sequence[Cell]] = [
        _field_cells(declared, pile, forms, plan) for declared in fields.values()
    ]
    headings = [declared.headers[0] if declared.headers else declared.code for declared in fields.values()]
    names, items = list(fields), [None] * len(fields)  # type: list[str], list[Item | None]
    answers = pile.second if second else pile.answers
    for place in range(answers.shape[1]):
        for k, item in enumerate(pile.items):
            text = item.text_vi if plan.headings == "text" else item.code
            unit = pile.unit_names[place]
            headings.append(
                MATRIX_HEADING.format(item=text, unit=unit) if pile.questionnaire.matrix else text
            )
            names.append(variable_name(item.code))
            items.append(item)
            lookup = cell_texts(scales[item.scale], plan)
            written = [pile.written.get((f, place, k)) for f in forms.tolist()]
            given = answers[forms, place, k].tolist()
            columns.append(
                [lookup[code] if text is None else text for code, text in zip(given, written, strict=True)]
            )
    return Table(tuple(headings), tuple(zip(*columns, strict=True)), tuple(names), tuple(items))


def cell_texts(scale: Scale, plan: FilePlan) -> Mapping[int, Cell]:
    """What stands in a cell for each answer code."""
    texts: dict[int, Cell] = {BLANK: "", NOT_ASKED: ""}
    for position, level in enumerate(scale.levels):
        texts[position] = _written(level.code, level.label_vi, plan)
    for other in scale.non_answers:
        if other.kind != "blank":
            texts.setdefault(NON_ANSWERS[other.kind], _written(other.code, other.label_vi, plan))
    return texts


def _written(code: str, label: str, plan: FilePlan) -> Cell:
    if plan.cells == "code" or plan.format == "sav":
        return int(code) if code.isdecimal() else code
    return f"{code} - {label}" if plan.cells == "both" else label


def _field_cells(declared: Field, pile: Pile, forms: np.ndarray, plan: FilePlan) -> list[Cell]:
    if declared.role == "seconds":
        return [int(value) for value in pile.seconds[forms]]
    values = pile.fields[declared.code][forms].tolist()
    if declared.role == "submitted" and plan.format != "xlsx":
        return [moment.strftime("%d/%m/%Y %H:%M:%S") for moment in values]
    return values


def variable_name(code: str) -> str:
    """A code as a variable name of a statistical file.

    >>> variable_name("2.4.1a"), variable_name("Q7")
    ('V2_4_1a', 'Q7')
    """
    name = re.sub(r"[^A-Za-z0-9]", "_", code)
    return name if name[0].isalpha() else f"V{name}"


def _write_csv(table: Table, path: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.headings)
    writer.writerows(table.rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


def _write_xlsx(table: Table, path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy hh:mm:ss"}) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})
        sheet = book.add_worksheet("Phiếu")
        sheet.write_row(0, 0, table.headings)
        for number, row in enumerate(table.rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                elif isinstance(cell, dt.datetime):
                    sheet.write_datetime(number, column, cell)
                else:
                    sheet.write_number(number, column, cell)


def _write_sav(table: Table, path: Path, instrument: Instrument) -> None:
    import pandas as pd
    import pyreadstat

    data: dict[str, Any] = {}
    labels: dict[str, dict[int | float, str]] = {}
    missing: dict[str, list[Any]] = {}
    for name, item, cells in zip(table.names, table.items, zip(*table.rows, strict=True), strict=True):
        if item is None:
            data[name] = pd.Series(cells)
            continue
        scale = instrument.scale[item.scale]
        data[name] = pd.Series([np.nan if cell == "" else float(str(cell)) for cell in cells], dtype=float)
        options = {option.code: option.label_vi for option in scale.levels}
        other = {option.code: option.label_vi for option in scale.non_answers if option.code.isdecimal()}
        labels[name] = {int(code): label for code, label in (options | other).items()}
        missing[name] = [int(code) for code in other][:_MOST_MISSING]
    pyreadstat.write_sav(
        pd.DataFrame(data),
        str(path),
        column_labels=dict(zip(table.names, table.headings, strict=True)),
        variable_value_labels=labels,
        missing_ranges={name: codes for name, codes in missing.items() if codes},
        row_compress=True,
    )
    content = bytearray(path.read_bytes())
    content[_SAV_TIMESTAMP] = _SAV_FIXED
    path.write_bytes(bytes(content))
