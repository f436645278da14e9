"""The fields of a table: one typed column of the tidy rows for each, whatever the file calls it and however it writes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from math import isfinite

import numpy as np

from surveys.definitions.instrument.records import Field
from surveys.returns.headings.columns import Column
from surveys.returns.issued_spelling import as_issued
from surveys.returns.record_set import kept_fields
from surveys.returns.rows.table_states import decided_by_tool
from surveys.returns.table_reading import TableReading
from surveys.returns.text.ages import possible_ages
from surveys.returns.text.names import Names
from surveys.returns.text.numbers import decimal_of, may_be_thousands, read_numbers
from surveys.vocabulary.modes import MODE_WORDS
from surveys.vocabulary.roles import SAID_OF_FORMS

_TEXTS = ("form_code", "rater", "interviewer", "operator", "unit")
#: Roles of the columns that hold clock times.
TIME_ROLES = ("submitted", "started", "ended", "edited")


def field_columns(reading: TableReading) -> dict[str, np.ndarray]:
    """Every column of the tidy rows that comes from a field or from the file, one value per row of the table."""
    found = columns_by_role(reading)
    table, first = reading.table, {role: columns[0] for role, columns in found.items()}
    columns = {role: texts_of(first[role]) if role in first else reading.same("") for role in _TEXTS}
    columns["form_code"] = as_issued(columns["form_code"], reading.study.issued)
    unknown = np.full(len(reading), np.datetime64("NaT", "s"))
    started, submitted = (reading.times.get(role, unknown) for role in ("started", "submitted"))
    ended = reading.times.get("ended", submitted)
    columns["submitted"] = submitted if "submitted" in first else ended
    columns["edited"] = reading.times.get("edited", unknown)
    columns["submission"] = _named_by_product(reading, first, np.where(np.isnat(started), submitted, started))
    columns |= decided_by_tool(reading)
    columns["seconds"] = _seconds(reading, first.get("seconds"), started, ended)
    columns["mode"] = _modes(reading, first.get("mode"))
    columns["batch"] = _or_of_file(reading, first.get("batch"), reading.file.batch)
    columns["own_unit"] = _own_unit(reading, first.get("own_unit"))
    filled = [column.distinct.codes >= 0 for column in found.get("identification", ())]
    columns["identified"] = np.logical_and.reduce([np.ones(len(table), dtype=bool), *filled])
    for declared in kept_fields(reading.instrument):
        columns[declared.code] = _kept(reading, declared)
    return columns | {"source_row": table.row_numbers}


def _named_by_product(reading: TableReading, columns: Mapping[str, Column], began: np.ndarray) -> np.ndarray:
    """What the product calls each submission; its number in one survey only together with the time at which it began."""
    if "response" in columns or "number" not in columns:
        return texts_of(columns["response"]) if "response" in columns else reading.same("")
    numbers, times = texts_of(columns["number"]), np.datetime_as_string(began).astype(object)
    return np.where((numbers == "") | np.isnat(began), numbers, numbers + "@" + times)


def texts_of(column: Column) -> np.ndarray:
    """A column as text, object [n]: the value label where a statistical file has one, otherwise what the cell says."""
    return column.distinct.spread(np.array(_shown(column), dtype=object), "")


def _shown(column: Column) -> Sequence[str]:
    """The different values of a column as text."""
    if column.variable is None:
        return column.distinct.texts
    return [_label(column, value) or text for value, text in _distinct(column)]


def numbers_of(reading: TableReading, column: Column) -> np.ndarray:
    """A column as numbers, float [n]; NaN (noted) where a cell is none."""
    cells = column.distinct
    decimal = reading.file.decimal or decimal_of(cells.texts)
    numbers = read_numbers(cells.values, cells.texts, decimal)
    for k, (value, text) in enumerate(_distinct(column)):
        if not decimal and isinstance(value, str) and may_be_thousands(text):
            reading.warn(column, k, "returns.number_two_ways", read=f"{numbers[k]:.12g}")
    for k in np.flatnonzero(np.isnan(numbers)).tolist():
        reading.warn(column, k, "returns.number_unknown")
    return column.distinct.spread(numbers, np.nan)


def category_names(declared: Field) -> Names[str]:
    """Every way of writing a category of a field, for its code."""
    english = dict(declared.names_en)
    return Names(
        (name, code)
        for code, labels in declared.categories
        for name in (code, *labels, english.get(code, ""))
    )


def columns_by_role(reading: TableReading) -> dict[str, list[Column]]:
    """The columns of each role, those of the instrument's fields before those that the product adds."""
    found: dict[str, list[Column]] = {}
    for declared in reading.instrument.fields:
        if declared.code in reading.layout.fields:
            found.setdefault(declared.role, []).append(reading.layout.fields[declared.code])
    for role in SAID_OF_FORMS:
        if role in reading.layout.fields and role not in {field.code for field in reading.instrument.fields}:
            found[role] = [reading.layout.fields[role]]
    for role, column in reading.table.roles.items():
        found.setdefault(role, [column])
    return found


def _distinct(column: Column) -> list[tuple[object, str]]:
    return list(zip(column.distinct.values, column.distinct.texts, strict=True))


def _label(column: Column, value: object) -> str:
    return column.variable.value_labels.get(value, "") if column.variable else ""


def _seconds(
    reading: TableReading, column: Column | None, started: np.ndarray, ended: np.ndarray
) -> np.ndarray:
    """The time taken: as the file says, or between the beginning and the end."""
    if column is not None:
        return numbers_of(reading, column)
    between = (ended - started).astype(float)
    return np.where(np.isnat(started) | np.isnat(ended), np.nan, between)


def _or_of_file(reading: TableReading, column: Column | None, of_file: str) -> np.ndarray:
    """What a column says of each form, and what the study says of the file where it says nothing."""
    texts = reading.same("") if column is None else texts_of(column)
    return np.where(texts == "", of_file, texts).astype(object)


def _modes(reading: TableReading, column: Column | None) -> np.ndarray:
    """The mode of each form: one of those of the questionnaire, under its code or the usual words; nothing (noted) where a
    column says another."""
    if column is None:
        return reading.same(reading.file.mode)
    modes = reading.questionnaire.modes or tuple(MODE_WORDS)
    names = Names((name, mode) for mode in modes for name in (mode, *MODE_WORDS.get(mode, ())))
    meant = []
    for k, text in enumerate(_shown(column)):
        found = names.find(text)
        if not found and reading.questionnaire.modes:
            reading.warn(column, k, "returns.mode_unknown", text=text, accepted=list(modes))
        meant.append(found[0] if found else "" if reading.questionnaire.modes else text)
    return column.distinct.spread(np.array(meant, dtype=object), reading.file.mode)


def _own_unit(reading: TableReading, first: Column | None) -> np.ndarray:
    """The unit of the rater, from the field that the questionnaire names or the first one with that role."""
    named = reading.questionnaire.own_unit
    column = reading.layout.fields.get(named) if named else first
    return reading.same("") if column is None else reading.resolved(column)


def _kept(reading: TableReading, declared: Field) -> np.ndarray:
    column = reading.layout.fields.get(declared.code)
    if column is None:
        return np.full(len(reading), np.nan) if declared.role == "weight" else reading.same("")
    if declared.role == "weight":
        return numbers_of(reading, column)
    if declared.measure:
        return _banded(reading, declared, column)
    return _categories(reading, declared, column) if declared.categories else texts_of(column)


def _banded(reading: TableReading, declared: Field, column: Column) -> np.ndarray:
    """The category of each measured value; a category may stand there already. What is measured is not kept."""
    cells, names, found = column.distinct, category_names(declared), []
    for k, values in enumerate(_measured(reading, declared, column)):
        bands = {_band_of(value, declared) for value in values} or set(names.find(cells.texts[k]))
        if len(bands) != 1 or "" in bands:
            reading.warn(column, k, "returns.band_unknown", field=declared.code)
        found.append(bands.pop() if len(bands) == 1 else "")
    return cells.spread(np.array(found, dtype=object), "")


def _measured(reading: TableReading, declared: Field, column: Column) -> Sequence[Collection[float]]:
    """What each different cell of a column can measure; nothing where it is no measure."""
    cells = column.distinct
    if declared.measure == "age":
        day = date.fromisoformat(reading.study.study.fieldwork.start)
        return possible_ages(cells.values, cells.texts, day, column.heading)
    numbers = read_numbers(cells.values, cells.texts, reading.file.decimal).tolist()
    return [{number} if isfinite(number) else () for number in numbers]


def _band_of(value: float, declared: Field) -> str:
    """The category of a measured value; empty where no band holds it."""
    return next(
        (
            band.category
            for band in declared.bands
            if (band.low is None or value >= band.low) and (band.high is None or value <= band.high)
        ),
        "",
    )


def _categories(reading: TableReading, declared: Field, column: Column) -> np.ndarray:
    """Category codes of an attribute; a text that is none of them stays as it is, so that it is seen."""
    names = category_names(declared)
    found = []
    for k, (value, text) in enumerate(_distinct(column)):
        codes = names.find(_label(column, value)) or names.find(text)
        if len(codes) != 1:
            reading.warn(column, k, "returns.category_unknown", nearest=names.nearest(text))
        found.append(codes[0] if len(codes) == 1 else text)
    return column.distinct.spread(np.array(found, dtype=object), "")
