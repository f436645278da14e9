"""Simulated forms written as the three kinds of file in which returns arrive: CSV, XLSX and SPSS .sav.

The same forms give the same bytes: no file carries the time at which it was written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from surveys.definitions.instrument.records import (
    BLANK,
    NON_ANSWERS,
    NOT_ASKED,
    Field,
    Instrument,
    Item,
    Level,
    NonAnswer,
    Scale,
)
from surveys.returns.writing import spss_names
from surveys.simulation.returned_forms import ReturnedForms, fields_of
from surveys.simulation.simulation_plan import FilePlan
from surveys.vocabulary.csv import csv_bytes
from surveys.vocabulary.system_files import sav_bytes

Cell = str | int | float | dt.datetime
MATRIX_HEADING = "{item} [{unit}]"
_MOST_MISSING = 3  # discrete missing values that a system file can declare


@dataclass(frozen=True)
class FormColumn:
    """A column of a file of returns; ``code`` is that of the field, or of the question ``item``."""

    heading: str
    code: str
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
            yield FormColumn(heading, item.code, cells, item)


def cell_texts(scale: Scale, plan: FilePlan) -> Mapping[int, Cell]:
    """What stands in a cell for each answer code."""

    def written(option: Level | NonAnswer) -> Cell:
        if plan.cells == "code" or plan.format == "sav":
            return int(option.code) if option.code.isdecimal() else option.code
        return f"{option.code} - {option.label_vi}" if plan.cells == "both" else option.label_vi

    reasons = {NON_ANSWERS[other.kind]: written(other) for other in reversed(scale.non_answers)}
    return dict(enumerate(map(written, scale.levels))) | reasons | {BLANK: "", NOT_ASKED: ""}


def rows_of(columns: Sequence[FormColumn]) -> Iterator[tuple[Cell, ...]]:
    return zip(*(column.cells for column in columns), strict=True)


def forms_bytes(columns: Sequence[FormColumn], kind: str, instrument: Instrument) -> bytes:
    """One file of returns of a kind: csv, xlsx or sav."""
    if kind == "csv":
        return csv_bytes([column.heading for column in columns], rows_of(columns), guard=False)
    return _xlsx_bytes(columns) if kind == "xlsx" else _sav_bytes(columns, instrument)


def _xlsx_bytes(columns: Sequence[FormColumn]) -> bytes:
    import xlsxwriter

    content = BytesIO()
    with xlsxwriter.Workbook(
        content, {"in_memory": True, "default_date_format": "dd/mm/yyyy hh:mm:ss"}
    ) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})
        sheet = book.add_worksheet("Phiếu")
        write = {str: sheet.write_string, dt.datetime: sheet.write_datetime}
        sheet.write_row(0, 0, [column.heading for column in columns])
        for number, row in enumerate(rows_of(columns), 1):
            for k, cell in enumerate(row):
                write.get(type(cell), sheet.write_number)(number, k, cell)
    return content.getvalue()


def _sav_bytes(columns: Sequence[FormColumn], instrument: Instrument) -> bytes:
    import pandas as pd

    names = spss_names(column.code for column in columns)
    data: dict[str, pd.Series] = {}
    labels: dict[str, dict[int | float, str]] = {}
    missing: dict[str, list[Any]] = {}
    for column in columns:
        name, scale = names[column.code], instrument.scale[column.item.scale] if column.item else None
        data[name] = pd.Series(column.cells)
        if scale:
            data[name] = pd.to_numeric(data[name]).astype(float)
            other = [option for option in scale.non_answers if option.code.isdecimal()]
            options: list[Level | NonAnswer] = [*scale.levels, *other]
            labels[name] = {int(option.code): option.label_vi for option in options}
            missing[name] = [int(option.code) for option in other][:_MOST_MISSING]
    return sav_bytes(
        pd.DataFrame(data),
        column_labels={names[column.code]: column.heading for column in columns},
        variable_value_labels=labels,
        missing_ranges={name: codes for name, codes in missing.items() if codes},
        row_compress=True,
    )
