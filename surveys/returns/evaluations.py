"""A laid-out table → evaluations: one row per form and unit, answers as level positions, fields as typed columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import BLANK, NOT_ASKED
from surveys.returns.answers.filters import mark_not_asked
from surveys.returns.answers.item_answers import table_answers
from surveys.returns.answers.several_answers import chosen_items
from surveys.returns.record_set import Part, person_fields, row_kinds
from surveys.returns.rows.computed_rows import computed_rows
from surveys.returns.submissions.persons import persons
from surveys.returns.submissions.submission_keys import content_keys
from surveys.returns.table_fields import field_columns, numbers_of, texts_of
from surveys.returns.table_reading import TableReading
from surveys.vocabulary.legacy_encodings import is_damaged

_TRUE = frozenset({"true", "1"})


def evaluations(reading: TableReading) -> Part:
    """All evaluations of one table, forms counted from 0: long when the rows name their unit, wide when the headings do."""
    units = [unit for unit in dict.fromkeys(unit for _, unit in reading.layout.held) if unit]
    columns = field_columns(reading)
    found = _wide(reading, units) if units else _long(reading, columns)
    columns["noticed"] = _noticed(reading)
    form = np.zeros(len(reading), dtype=np.int64)
    form[found.row] = found.form
    columns |= _identity(reading, columns, form)
    mark_not_asked(reading.instrument, reading.vocabulary.items, found.answers)
    table = reading.table
    rows = (len(table) + table.no_forms, 0, 0, 0, table.no_forms)  # told apart when all forms are known
    return Part(
        _tidy(reading, columns, found),
        found.answers,
        _cells(reading, found),
        _conversions(reading),
        [(table.file, table.sheet, *rows, len(found.row))],
        _lines(reading, form),
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
    column, unit = reading.unit_column, reading.table.unit
    if unit:
        texts, codes = reading.same(unit), reading.same(reading.resolve(unit, rows))
    elif column is not None:
        texts, codes = columns["unit"], reading.resolved(column)
    else:
        of_block = [known.code for known in reading.register.units]
        texts, codes = reading.same(""), reading.same(of_block[0] if len(of_block) == 1 else "")
        if len(of_block) > 1 and len(rows):
            _note_no_unit(reading)
    form = reading.table.form
    if form is None:
        names = np.where(columns["form_code"] == "", columns["submission"], columns["form_code"])
        if stated := reading.table.stated.get("submission"):  # two forms of one code are two submissions
            said = texts_of(stated)
            names = np.where(said == "", names, names + "\x1f" + said)
        form = grouped(names, codes, texts) if reading.questionnaire.matrix else rows
    return Evaluated(form, codes, texts, rows, answers)


def _note_no_unit(reading: TableReading) -> None:
    """Tell that no column names the unit, with the headings that would."""
    fields = [declared for declared in reading.instrument.fields if declared.role == "unit"]
    accepted = [heading for f in fields for heading in (*f.headers, f.label_vi) if heading]
    code = "returns.no_unit_column" if accepted else "returns.no_unit_field"
    reading.note(code, forms=len(reading), accepted=list(dict.fromkeys(accepted)))


def grouped(form_codes: np.ndarray, unit_codes: np.ndarray, unit_texts: np.ndarray) -> np.ndarray:
    """Forms of a matrix questionnaire written one row per unit: rows of one form code are one form, and a second row
    of the same unit begins a second form with that code."""
    unit = np.where(unit_codes == "", unit_texts, unit_codes)
    rows = pd.DataFrame({"form": form_codes, "unit": unit})
    rows["again"] = rows.groupby(["form", "unit"], sort=False).cumcount()
    rows["nameless"] = np.where(form_codes == "", np.arange(len(rows)), -1)
    return rows.groupby(["form", "again", "nameless"], sort=False).ngroup().to_numpy()


def _identity(
    reading: TableReading, columns: Mapping[str, np.ndarray], form: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """What the submissions are called, by the product or by their content, and the codes of forms of a table that has none."""
    keys = content_keys(reading, columns["submitted"], columns["seconds"], form)
    submission = np.where(columns["submission"] == "", keys, columns["submission"])
    yield from {"submission": submission, "content": keys, "copy": reading.same("")}.items()
    if not reading.has_codes:
        yield "form_code", submission


def _lines(reading: TableReading, form: np.ndarray) -> dict[str, np.ndarray]:
    """What is compared in memory, one line for each row of the table."""
    edits = reading.table.roles.get("edits")
    lines = {"form": form, "table": np.zeros(len(form), dtype=np.int64)}
    lines["edits"] = np.zeros(len(form)) if edits is None else np.nan_to_num(numbers_of(reading, edits))
    for declared in person_fields(reading.instrument):
        column = reading.layout.fields.get(declared.code)
        lines[declared.code] = np.zeros(len(form), dtype=np.uint64) if column is None else persons(column)
    return lines


def _tidy(
    reading: TableReading, columns: Mapping[str, np.ndarray], found: Evaluated
) -> dict[str, np.ndarray]:
    """The tidy rows, one per evaluation."""
    # One evaluation per row needs no copy of every column (tests/benchmarks/test_score_speed.py).
    rows = slice(None) if np.array_equal(found.row, np.arange(len(reading))) else found.row
    tidy = {name: values[rows] for name, values in columns.items()}
    constant = {
        "questionnaire": reading.questionnaire.code,
        "block": reading.questionnaire.block,
        "group": reading.questionnaire.group,
        "entry": reading.file.entry,
        "source_file": reading.table.file,
        "source_sheet": reading.table.sheet,
    }
    tidy |= {name: reading.same(value)[rows] for name, value in constant.items()}
    tidy |= {"form": found.form, "unit_code": found.unit_codes, "unit_text": found.unit_texts}
    tidy |= _stated(reading, tidy, found.row)
    named = np.where(tidy["form_code"] == "", tidy["submission"], tidy["form_code"])
    tidy["rater"] = np.where(tidy["rater"] == "", named, tidy["rater"])
    kinds = row_kinds(reading.instrument)
    return {name: np.asarray(tidy[name], dtype=kind) for name, kind in kinds.items()}


def _noticed(reading: TableReading) -> np.ndarray:
    """The standing rules that reading itself saw broken in each row, between spaces, object [n]."""
    reading.notice("arithmetic_total", computed_rows(reading))
    found = reading.same("")
    for rule, rows in reading.noticed.items():
        found[rows] = [f"{before} {rule}".strip() for before in found[rows]]
    return found


def _stated(
    reading: TableReading, tidy: Mapping[str, np.ndarray], row: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """Columns that the file itself gives, where the study says nothing else."""
    for name, column in reading.table.stated.items():
        texts = texts_of(column)[row]
        if name in ("mode", "batch", "entry"):
            yield name, np.where(tidy[name] == "", texts, tidy[name])
        elif name in ("submission", "content"):  # no name of a submission is not the same name
            yield name, np.where(texts == "", tidy[name], texts)
        elif name == "identified":
            yield name, np.array([text.casefold() in _TRUE for text in texts.tolist()], dtype=bool)
        elif name == "source_row":
            numbers = numbers_of(reading, column)[row]
            yield name, np.where(np.isnan(numbers), tidy[name], numbers).astype(np.int64)
        else:
            yield name, texts


def _cells(reading: TableReading, found: Evaluated) -> list[tuple[int, str, str, str]]:
    """Faulty cells by evaluation; a cell about one unit belongs to the evaluation of that unit."""
    starts = np.searchsorted(found.row, np.arange(len(reading) + 1)).tolist()
    return [
        (place, fault.item, fault.text, fault.fault)
        for fault in reading.faults
        for row in fault.rows.tolist()
        for place in range(starts[row], starts[row + 1])
        if not fault.unit or found.unit_texts[place] == fault.unit
    ]


def _conversions(reading: TableReading) -> list[tuple[str, str, str, str, int]]:
    """What text repair changed, by column; letters that were lost before the file reached us are a warning."""
    table, layout = reading.table, reading.layout
    log = [(table.file, table.sheet, "", name, count) for name, count in table.conversions.items()]
    for column in (*layout.fields.values(), *layout.items.values(), *layout.options.values()):
        if column.noted:
            damaged = [k for k, text in enumerate(column.distinct.texts) if is_damaged(text)]
            for k in damaged[:1]:
                reading.warn(column, k, "returns.text_damaged")
            done = column.distinct.conversions.items()
            log += [(table.file, table.sheet, column.heading, name, count) for name, count in done]
    return log


def _heading_unit(reading: TableReading, text: str) -> str:
    """The code of a unit in a heading; none is a fault."""
    code = reading.register.resolve(text)
    if not code:
        nearest = [name for _, name, _ in reading.register.nearest(text)]
        reading.study.problems.add(
            "returns.heading_unit", file=reading.table.file, sheet=reading.table.sheet, text=text,
            nearest=nearest[0] if nearest else "",
        )  # fmt: skip
    return code
