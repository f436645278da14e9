"""Simulated forms written as the three kinds of file in which returns arrive: CSV, XLSX and SPSS .sav.

The same forms give the same bytes: no file carries the time at which it was written.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
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
from surveys.simulation.returned_forms import ReturnedForms, fields_of
from surveys.simulation.simulation_plan import FilePlan
from surveys.vocabulary.csv import csv_bytes

Cell = str | int | float | dt.datetime
MATRIX_HEADING = "{item} [{unit}]"
_SAV_TIMESTAMP = slice(92, 109)  # creation date and time in the header record of a system file
_SAV_FIXED = b"01 Jan 0000:00:00"
_MOST_MISSING = 3  # discrete missing values that a system file can declare


@dataclass(frozen=True)
class FormColumn:
    """A column of a file of returns. ``name`` is the variable of a statistical file, ``item`` the question behind it."""

    heading: str
    name: str
    cells: Sequence[Cell]
    item: Item | None = None


def columns_of(
    instrument: Instrument, forms: ReturnedForms, file: int, second: bool = False
) -> list[FormColumn]:
    """The forms of one file, column by column; ``second``: the second data entry of those entered twice."""
    rows = np.flatnonzero((forms.file == file) & (forms.entered_twice if second else True))
    fields = [_of_field(declared, forms, rows, file) for declared in fields_of(forms, instrument, file)]
    return [*fields, *_of_items(instrument, forms, rows, file, second)]


def _of_field(declared: Field, forms: ReturnedForms, rows: np.ndarray, file: int) -> FormColumn:
    heading = declared.headers[0] if declared.headers else declared.code
    if declared.role == "seconds":
        return FormColumn(heading, declared.code, [int(value) for value in forms.seconds[rows]])
    cells = forms.fields[declared.code][rows].tolist()
    if declared.role == "submitted" and forms.files[file].format != "xlsx":
        cells = [moment.strftime("%d/%m/%Y %H:%M:%S") for moment in cells]
    return FormColumn(heading, declared.code, cells)


def _of_items(
    instrument: Instrument, forms: ReturnedForms, rows: np.ndarray, file: int, second: bool
) -> Iterator[FormColumn]:
    """Columns of the questions; of a matrix, for every unit in turn."""
    plan, answers = forms.files[file], forms.second if second else forms.answers
    for place in range(answers.shape[1]):
        for k, item in enumerate(forms.population.items):
            heading = item.text_vi if plan.headings == "text" else item.code
            if forms.population.questionnaire.matrix:
                heading = MATRIX_HEADING.format(item=heading, unit=forms.unit_names[place])
            texts = cell_texts(instrument.scale[item.scale], plan)
            given = answers[rows, place, k].tolist()
            cells = [
                forms.written.get((f, place, k), texts[code])
                for f, code in zip(rows.tolist(), given, strict=True)
            ]
            yield FormColumn(heading, variable_name(item.code), cells, item)


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


def variable_name(code: str) -> str:
    """A code as a variable name of a statistical file.

    >>> variable_name("2.4.1a"), variable_name("Q7")
    ('V2_4_1a', 'Q7')
    """
    name = re.sub(r"[^A-Za-z0-9]", "_", code)
    return name if name[0].isalpha() else f"V{name}"


def rows_of(columns: Sequence[FormColumn]) -> Iterator[tuple[Cell, ...]]:
    return zip(*(column.cells for column in columns), strict=True)


def write_forms(columns: Sequence[FormColumn], path: Path, instrument: Instrument) -> None:
    """Write one file of returns in the format that its name ends in: .csv, .xlsx or .sav."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        path.write_bytes(csv_bytes([column.heading for column in columns], rows_of(columns), guard=False))
    elif path.suffix == ".xlsx":
        _write_xlsx(columns, path)
    else:
        _write_sav(columns, path, instrument)


def _write_xlsx(columns: Sequence[FormColumn], path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy hh:mm:ss"}) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})
        sheet = book.add_worksheet("Phiếu")
        write = {str: sheet.write_string, dt.datetime: sheet.write_datetime}
        sheet.write_row(0, 0, [column.heading for column in columns])
        for number, row in enumerate(rows_of(columns), 1):
            for k, cell in enumerate(row):
                write.get(type(cell), sheet.write_number)(number, k, cell)


def _write_sav(columns: Sequence[FormColumn], path: Path, instrument: Instrument) -> None:
    import pandas as pd
    import pyreadstat

    data: dict[str, Any] = {}
    labels: dict[str, dict[int | float, str]] = {}
    missing: dict[str, list[Any]] = {}
    for column in columns:
        data[column.name] = pd.Series(column.cells)
        if column.item:
            numbers = [np.nan if cell == "" else float(str(cell)) for cell in column.cells]
            data[column.name] = pd.Series(numbers, dtype=float)
            scale = instrument.scale[column.item.scale]
            other = {option.code: option.label_vi for option in scale.non_answers if option.code.isdecimal()}
            options = {option.code: option.label_vi for option in scale.levels} | other
            labels[column.name] = {int(code): label for code, label in options.items()}
            missing[column.name] = [int(code) for code in other][:_MOST_MISSING]
    pyreadstat.write_sav(
        pd.DataFrame(data),
        str(path),
        column_labels={column.name: column.heading for column in columns},
        variable_value_labels=labels,
        missing_ranges={name: codes for name, codes in missing.items() if codes},
        row_compress=True,
    )
    content = bytearray(path.read_bytes())
    content[_SAV_TIMESTAMP] = _SAV_FIXED
    path.write_bytes(bytes(content))
