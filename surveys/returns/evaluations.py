"""A laid-out table → evaluations: one row per form and unit, answers as level positions, fields as typed columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import BLANK, NOT_ASKED
from surveys.returns.headings.columns import Column
from surveys.returns.item_answers import chosen_items, mark_not_asked, table_answers
from surveys.returns.table_fields import field_columns, numbers_of, texts_of
from surveys.returns.table_reading import TableReading
from surveys.returns.text.legacy import is_damaged

_TRUE = frozenset({"true", "1"})


@dataclass(repr=False)
class Part:
    """The evaluations of one table, rows counted from 0 within it. ``forms``: the number of forms it holds; ``cells``: position,
    item, text, fault; ``conversions``: file, sheet, column, conversion, cells; ``read``: file, sheet, rows, forms,
    evaluations."""

    columns: dict[str, np.ndarray]
    answers: np.ndarray
    forms: int
    cells: list[tuple[int, str, str, str]]
    conversions: list[tuple[str, str, str, str, int]]
    unresolved: Mapping[tuple[str, str], int]
    read: tuple[str, str, int, int, int]


def evaluations(reading: TableReading) -> Part:
    """All evaluations of one table: long when the rows name their unit, wide when the headings do."""
    units = [unit for unit in dict.fromkeys(unit for _, unit in reading.layout.held) if unit]
    columns = field_columns(reading)
    found = _wide(reading, units) if units else _long(reading, columns)
    mark_not_asked(reading.instrument, reading.vocabulary.items, found.answers)
    table, forms = reading.table, np.unique(found.form)
    return Part(
        _tidy(reading, columns, found),
        found.answers,
        int(forms.max(initial=-1)) + 1,
        _cells(reading, found),
        _conversions(reading),
        reading.unresolved,
        (table.file, table.sheet, len(table), len(forms), len(found.row)),
    )


class Evaluated(NamedTuple):
    """One entry per evaluation: its form, its unit, its row of the table, and its answers int8 [evaluations, items]."""

    form: np.ndarray
    unit_codes: np.ndarray
    unit_texts: np.ndarray
    row: np.ndarray
    answers: np.ndarray


def _wide(reading: TableReading, units: Sequence[str]) -> Evaluated:
    """One row per rater → one row per rater and unit that was rated; a rater who rated none keeps one row without a unit."""
    answers = table_answers(reading, ["", *units])
    of_all, answers = answers[:, 0], answers[:, 1:]
    about_none = {item for item, unit in reading.layout.held if not unit} | chosen_items(reading)
    general = [reading.instrument.item_position[item] for item in about_none]
    answers[:, :, general] = of_all[:, None, general]
    own = np.delete(answers, general, axis=2)
    rated = ((own != BLANK) & (own != NOT_ASKED)).any(axis=2)
    none = ~rated.any(axis=1)
    rated[none, 0] = True
    row, unit = np.nonzero(rated)
    codes = np.array([_heading_unit(reading, text) for text in units], dtype=object)
    unit_codes = np.where(none[row], "", codes[unit])
    unit_texts = np.where(none[row], "", np.array(units, dtype=object)[unit])
    forms = np.arange(len(reading)) if reading.table.form is None else reading.table.form
    return Evaluated(forms[row], unit_codes, unit_texts, row, answers[row, unit])


def _long(reading: TableReading, columns: Mapping[str, np.ndarray]) -> Evaluated:
    """One row per evaluation: a unit for the whole table, in a column, or the only one of the block."""
    answers, rows = table_answers(reading, [""])[:, 0], np.arange(len(reading))
    column, unit = _unit_column(reading), reading.table.unit
    if unit or column is None:
        texts = reading.same(unit)
        codes = reading.same(reading.resolve(unit, len(rows)) if unit else _only_unit(reading))
    else:
        texts, codes = columns["unit"], reading.resolved(column)
    form = reading.table.form
    if form is None:
        form = grouped(columns["form_code"], codes, texts) if reading.questionnaire.matrix else rows
    return Evaluated(form, codes, texts, rows, answers)


def grouped(form_codes: np.ndarray, unit_codes: np.ndarray, unit_texts: np.ndarray) -> np.ndarray:
    """Forms of a matrix questionnaire written one row per unit: rows of one form code are one form, and a second row
    of the same unit begins a second form with that code."""
    unit = np.where(unit_codes == "", unit_texts, unit_codes)
    rows = pd.DataFrame({"form": form_codes, "unit": unit})
    rows["again"] = rows.groupby(["form", "unit"], sort=False).cumcount()
    rows["nameless"] = np.where(form_codes == "", np.arange(len(rows)), -1)
    return rows.groupby(["form", "again", "nameless"], sort=False).ngroup().to_numpy()


def _tidy(
    reading: TableReading, columns: Mapping[str, np.ndarray], found: Evaluated
) -> dict[str, np.ndarray]:
    """The columns of the tidy rows, one entry per evaluation."""
    tidy = {name: values[found.row] for name, values in columns.items()}
    constant = {
        "questionnaire": reading.questionnaire.code,
        "block": reading.questionnaire.block,
        "group": reading.questionnaire.group,
        "mode": reading.file.mode,
        "batch": reading.file.batch,
        "entry": reading.file.entry,
        "source_file": reading.table.file,
        "source_sheet": reading.table.sheet,
    }
    tidy |= {name: reading.same(value)[found.row] for name, value in constant.items()}
    tidy |= {"form": found.form, "unit_code": found.unit_codes, "unit_text": found.unit_texts}
    tidy |= _stated(reading, tidy, found.row)
    return tidy | {"rater": _raters(tidy, reading.table.place)}


def _stated(
    reading: TableReading, tidy: Mapping[str, np.ndarray], row: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """Columns that the file itself gives, where the study says nothing else."""
    for name, column in reading.table.stated.items():
        texts = texts_of(column)[row]
        if name in ("mode", "batch", "entry"):
            yield name, np.where(tidy[name] == "", texts, tidy[name])
        elif name == "identified":
            yield name, np.array([text.casefold() in _TRUE for text in texts.tolist()], dtype=bool)
        elif name == "source_row":
            numbers = numbers_of(reading, column)[row]
            yield name, np.where(np.isnan(numbers), tidy[name], numbers).astype(np.int64)
        else:
            yield name, texts


def _raters(tidy: Mapping[str, np.ndarray], place: str) -> np.ndarray:
    """A form without a rater's code is its own rater, and one without a form code too is told by its place."""
    raters = np.where(tidy["rater"] == "", tidy["form_code"], tidy["rater"])
    for k in np.flatnonzero(raters == ""):
        raters[k] = f"{place}#{tidy['source_row'][k]}"
    return raters


def _cells(reading: TableReading, found: Evaluated) -> list[tuple[int, str, str, str]]:
    """Faulty cells by evaluation, as (position among the evaluations, item, text, fault)."""
    said = [
        (row, fault.item, fault.text, fault.fault, fault.unit)
        for fault in reading.faults
        for row in fault.rows.tolist()
    ]
    cells = pd.DataFrame(said, columns=["row", "item", "text", "fault", "about"])
    places = pd.DataFrame({"row": found.row, "place": np.arange(len(found.row)), "unit": found.unit_texts})
    cells = cells.astype({"row": np.int64}).merge(places, on="row")
    cells = cells[(cells["about"] == "") | (cells["about"] == cells["unit"])]
    return list(cells[["place", "item", "text", "fault"]].itertuples(index=False, name=None))


def _conversions(reading: TableReading) -> list[tuple[str, str, str, str, int]]:
    """What text repair changed, by column; letters that were lost before the file reached us are a warning."""
    table, layout = reading.table, reading.layout
    log = [(table.file, table.sheet, "", name, count) for name, count in table.conversions.items()]
    for column in (*layout.fields.values(), *layout.items.values(), *layout.options.values()):
        _warn_damaged(reading, column)
        done = column.distinct.conversions.items()
        log += [(table.file, table.sheet, column.heading, name, count) for name, count in done]
    return log


def _warn_damaged(reading: TableReading, column: Column) -> None:
    damaged = next((k for k, text in enumerate(column.distinct.texts) if is_damaged(text)), None)
    if damaged is not None:
        reading.warn(column, damaged, "returns.text_damaged")


def _unit_column(reading: TableReading) -> Column | None:
    codes = [declared.code for declared in reading.instrument.fields if declared.role == "unit"]
    return next((reading.layout.fields[code] for code in codes if code in reading.layout.fields), None)


def _heading_unit(reading: TableReading, text: str) -> str:
    """The code of a unit in a heading; none is a fault."""
    code = reading.register.resolve(text)
    if not code:
        nearest = [name for _, name, _ in reading.register.nearest(text)]
        reading.problems.add(
            "returns.heading_unit", file=reading.table.file, sheet=reading.table.sheet, text=text,
            nearest=nearest[0] if nearest else "–",
        )  # fmt: skip
    return code


def _only_unit(reading: TableReading) -> str:
    """A block of one unit needs no unit column."""
    return reading.register.units[0].code if len(reading.register.units) == 1 else ""
