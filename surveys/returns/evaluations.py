"""A laid-out table → evaluations: one row per form and unit, answers as level positions, fields as typed columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import (
    BLANK,
    NOT_ASKED,
    OUT_OF_SCALE,
    SEVERAL,
    Field,
    Instrument,
    Questionnaire,
)
from surveys.definitions.study.records import ReturnFile
from surveys.problems import Problems
from surveys.returns.headings.columns import Cells, Coded, Column, Table
from surveys.returns.headings.questions import Layout, Vocabulary
from surveys.returns.options import Options, answered_otherwise, label_text, read_answers, read_together
from surveys.returns.record_set import kept_fields
from surveys.returns.register import Register
from surveys.returns.text.legacy import is_damaged
from surveys.returns.text.names import Names
from surveys.returns.text.times import read_numbers, read_times
from surveys.vocabulary.folding import fold, fold_name

_MARKS = frozenset({"x", "1", "v", "✓", "✔", "☑", "☒", "true", "có", "yes", "co", "√", "þ", "ü"})
_NO_MARKS = frozenset({"0", "false", "không", "no", "☐", "-"})
_TRUE = frozenset({"true", "1"})
_SHOWN = 100  # characters of a faulty cell that are kept
_TOLD = 200  # different faulty texts of one column that are told each by itself; all of them are kept


@dataclass
class Part:
    """The evaluations of one table, rows counted from 0 within it. ``forms`` is the number of forms it holds."""

    columns: dict[str, np.ndarray]
    answers: np.ndarray
    forms: int
    cells: list[tuple[int, str, str, str]]
    conversions: list[tuple[str, str, str, str, int]]
    unresolved: dict[tuple[str, str], int]
    read: tuple[str, str, int, int, int]


@dataclass
class Reading:
    """What is needed to read one table, and what is found on the way."""

    instrument: Instrument
    questionnaire: Questionnaire
    file: ReturnFile
    table: Table
    layout: Layout
    vocabulary: Vocabulary
    register: Register
    timezone: str
    problems: Problems
    faults: list[tuple[np.ndarray, str, str, str, str]] = field(default_factory=list)
    unresolved: dict[tuple[str, str], int] = field(default_factory=dict)


def evaluations(reading: Reading) -> Part:
    """All evaluations of one table: long when the rows name their unit, wide when the headings do."""
    units = [unit for unit in dict.fromkeys(unit for _, unit in reading.layout.held) if unit]
    columns = fields(reading)
    found = _wide(reading, units) if units else _long(reading, columns)
    _not_asked(reading, found.answers)
    return Part(
        _tidy(reading, columns, found),
        found.answers,
        int(found.form.max(initial=-1)) + 1,
        _cells(reading, found.row, found.unit_codes if units else None),
        _conversions(reading),
        reading.unresolved,
        (
            reading.table.file,
            reading.table.sheet,
            len(reading.table),
            int(np.count_nonzero(np.bincount(found.form))),
            len(found.row),
        ),
    )


def fields(reading: Reading) -> dict[str, np.ndarray]:
    """Every column of the tidy rows that comes from a field or from the file, one value per row of the table."""
    n, layout = len(reading.table), reading.layout
    by_role: dict[str, list[tuple[Field, Column]]] = {}
    for declared in reading.instrument.fields:
        if declared.code in layout.fields:
            by_role.setdefault(declared.role, []).append((declared, layout.fields[declared.code]))
    for role, column in reading.table.roles.items():
        by_role.setdefault(role, [(Field(role, "attribute", ()), column)])
    columns = {
        role: _texts(by_role[role][0][1]) if role in by_role else _same("", n)
        for role in ("form_code", "rater", "interviewer", "operator", "unit")
    }
    if "form_code" not in by_role:
        numbers = _texts(by_role["response"][0][1]) if "response" in by_role else reading.table.row_numbers
        columns["form_code"] = np.array(
            [f"{reading.table.place}#{number}" for number in numbers], dtype=object
        )
    started = _times(reading, by_role.get("started"))
    columns["submitted"] = _times(reading, by_role.get("submitted"))
    ended = _times(reading, by_role["ended"]) if "ended" in by_role else columns["submitted"]
    columns["seconds"] = _seconds(reading, by_role.get("seconds"), started, ended)
    if "submitted" not in by_role:
        columns["submitted"] = ended
    columns["own_unit"] = _own_unit(reading, by_role.get("own_unit"))
    columns["identified"] = _identified(by_role.get("identification", []), n)
    for declared in kept_fields(reading.instrument):
        columns[declared.code] = _kept(reading, declared, layout.fields.get(declared.code))
    columns["source_row"] = reading.table.row_numbers
    return columns


def item_answers(reading: Reading, item: str, unit: str) -> np.ndarray:
    """Codes int8 [rows of the table] of one item of one unit text; what was read but is no answer is noted."""
    column = reading.layout.items.get((item, unit))
    if column is None:
        return _ticked(reading, item, unit)
    options = _options(reading, item)
    read = read_answers(column.distinct, options, column.variable)
    for told, (k, kind) in enumerate(read.faults.items()):
        text = label_text(column.distinct.values[k], column.variable)[:_SHOWN]
        if kind != "missing":
            reading.faults.append((column.distinct.rows_of(k), item, unit, text, kind))
        if told < _TOLD:
            _warn(reading, column, k, f"returns.cell_{kind}", text=text, nearest=options.nearest(text) or "–")
        elif told == _TOLD:
            _warn(reading, column, k, "returns.cells_further", text=text, texts=len(read.faults) - _TOLD)
    return read.codes


def _options(reading: Reading, item: str) -> Options:
    return reading.vocabulary.options[reading.instrument.item[item].scale]


class Evaluated(NamedTuple):
    """One entry per evaluation: its form, its unit, its row of the table, and its answers int8 [evaluations, items]."""

    form: np.ndarray
    unit_codes: np.ndarray
    unit_texts: np.ndarray
    row: np.ndarray
    answers: np.ndarray


def _wide(reading: Reading, units: list[str]) -> Evaluated:
    """One row per rater → one row per rater and unit that was rated; a rater who rated none keeps one row without a unit."""
    position = reading.instrument.item_position
    general = [position[item] for item, unit in reading.layout.held if not unit]
    of_all = _answers(reading, [""])
    answers = _answers(reading, units)
    answers[:, :, general] = of_all[:, :, general]
    own = np.delete(answers, general, axis=2)
    rated = ((own != BLANK) & (own != NOT_ASKED)).any(axis=2)
    none = ~rated.any(axis=1)
    rated[none, 0] = True
    row, rated_unit = np.nonzero(rated)
    codes = np.array([_heading_unit(reading, unit) for unit in units], dtype=object)
    unit_codes, unit_texts = codes[rated_unit], np.array(units, dtype=object)[rated_unit]
    unit_codes[none[row]], unit_texts[none[row]] = "", ""
    return Evaluated(_forms(reading)[row], unit_codes, unit_texts, row, answers[row, rated_unit])


def _answers(reading: Reading, units: list[str]) -> np.ndarray:
    """Codes int8 [rows of the table, units, items of the instrument] of the columns about each of ``units``."""
    item_position = reading.instrument.item_position
    unit_position = {unit: u for u, unit in enumerate(units)}
    answers = np.full((len(reading.table), len(units), len(item_position)), NOT_ASKED, dtype=np.int8)
    held = [about for about in reading.layout.held if about[1] in unit_position]
    held.sort(key=lambda about: unit_position[about[1]])
    to_tell = dict.fromkeys(held)
    for (cells, _, _), alike in _alike(reading, held).items():
        variable = reading.layout.items[alike[0][0]].variable
        columns = [column for _, column in alike]
        codes, sound = read_together(cells, columns, _options(reading, alike[0][0][0]), variable)
        of_unit = np.array([unit_position[unit] for (_, unit), _ in alike])
        of_item = np.array([item_position[item] for (item, _), _ in alike])
        answers[:, of_unit, of_item] = codes.T
        for k in np.flatnonzero(sound).tolist():
            del to_tell[alike[k][0]]
    for item, unit in to_tell:
        answers[:, unit_position[unit], item_position[item]] = item_answers(reading, item, unit)
    return answers


def _alike(
    reading: Reading, held: Iterable[tuple[str, str]]
) -> dict[tuple[Cells, str, object], list[tuple[tuple[str, str], int]]]:
    """((item, unit), column of the cells) by what decides how they are read: the cells, the scale, and the labels."""
    found: dict[tuple[Cells, str, object], list[tuple[tuple[str, str], int]]] = {}
    for about in held:
        column = reading.layout.items.get(about)
        if column is not None and isinstance(column.values, Coded) and column.values.pool.texts is not None:
            scale = reading.instrument.item[about[0]].scale
            key = (column.values.cells, scale, column.variable and column.variable.reading)
            found.setdefault(key, []).append((about, column.values.position))
    return found


def _long(reading: Reading, columns: Mapping[str, np.ndarray]) -> Evaluated:
    n, answers = len(reading.table), _answers(reading, [""])[:, 0]
    _chosen(reading, answers)
    column = _column_of(reading, "unit")
    if column is None or reading.table.unit:
        unit_texts = _same(reading.table.unit, n)
        unit_codes = _same(
            _resolved(reading, reading.table.unit, n) if reading.table.unit else _only_unit(reading), n
        )
    else:
        unit_texts, unit_codes = columns["unit"], _resolve(reading, column)
    form = reading.table.form
    if form is None:
        form = (
            grouped(columns["form_code"], unit_codes, unit_texts)
            if reading.questionnaire.matrix
            else np.arange(n)
        )
    return Evaluated(form, unit_codes, unit_texts, np.arange(n), answers)


def grouped(form_codes: np.ndarray, unit_codes: np.ndarray, unit_texts: np.ndarray) -> np.ndarray:
    """Forms of a matrix questionnaire written one row per unit: rows of one form code are one form, and a second row
    of the same unit begins a second form with that code."""
    unit = np.where(unit_codes == "", unit_texts, unit_codes)
    keys = pd.DataFrame({"form": form_codes, "unit": unit})
    again = keys.groupby(["form", "unit"], sort=False).cumcount().to_numpy()
    nameless = np.where(form_codes == "", np.arange(len(form_codes)), -1)
    return np.asarray(
        pd.DataFrame({"f": form_codes, "k": again, "r": nameless})
        .groupby(["f", "k", "r"], sort=False)
        .ngroup()
    )


def _forms(reading: Reading) -> np.ndarray:
    return np.arange(len(reading.table)) if reading.table.form is None else reading.table.form


def _chosen(reading: Reading, answers: np.ndarray) -> None:
    """Questions with several answers in one cell → one yes/no item per option. The cell is read by looking for the known
    options in it, because options may themselves hold the separator."""
    position = reading.instrument.item_position
    for question, column in reading.layout.options.items():
        options = reading.vocabulary.multiple[fold_name(question)]
        split = [split_options(text, options, column.separator) for text in column.distinct.texts]
        for option, item in options.items():
            yes, no = yes_and_no(reading, item)
            codes = np.array([yes if option in chosen else no for chosen, _ in split], dtype=np.int8)
            answers[:, position[item]] = column.distinct.spread(codes, BLANK)
        for k, (_, rest) in enumerate(split):
            if rest:
                _left_over(reading, column, k, rest[:_SHOWN], options)


def _left_over(reading: Reading, column: Column, k: int, text: str, options: Mapping[str, str]) -> None:
    """What a cell holds besides known options is noted as a fault of the first option's item."""
    item = next(iter(options.values()))
    reading.faults.append((column.distinct.rows_of(k), item, "", text, "out_of_scale"))
    _warn(reading, column, k, "returns.option_unknown", text=text)


def split_options(text: str, options: Iterable[str], separator: str = "") -> tuple[set[str], str]:
    """The known (folded) options named in a cell, the longest first, and what is left of the cell.

    >>> split_options("Bưu điện, bưu chính, Trực tiếp", ["bưu điện", "bưu điện, bưu chính", "trực tiếp"])[1]
    ''
    >>> split_options("Trực tiếp;Qua Zalo;", ["trực tiếp"], ";")
    ({'trực tiếp'}, 'qua zalo')
    """
    rest, chosen = fold(text), set()
    mark = f"[{re.escape(separator or ',;')}]"
    for option in sorted(options, key=len, reverse=True):
        found, count = re.subn(rf"(?:^|{mark})\s*{re.escape(option)}\s*(?={mark}|$)", "", rest)
        if count:
            chosen.add(option)
            rest = found
    return chosen, rest.strip(f"{separator or ',;'} ")


def yes_and_no(reading: Reading, item: str) -> tuple[int, int]:
    """Level positions of a yes/no item: the level with the larger value says yes."""
    values = reading.vocabulary.scale_of(item).values()
    return int(np.argmax(values)), int(np.argmin(values))


def _ticked(reading: Reading, item: str, unit: str) -> np.ndarray:
    """One column per level with a mark in one of them; two marks are several answers, anything else no mark."""
    n = len(reading.table)
    codes, marks = np.full(n, BLANK, dtype=np.int8), np.zeros(n, dtype=int)
    for level, column in reading.layout.ticks[item, unit].items():
        known = np.array([_mark(text) for text in column.distinct.texts], dtype=np.int8)
        marked = column.distinct.spread(known, 0)
        codes[marked == 1] = level
        marks += marked == 1
        for k in np.flatnonzero(known < 0):
            rows, text = column.distinct.rows_of(int(k)), column.distinct.texts[k][:_SHOWN]
            codes[rows] = OUT_OF_SCALE
            marks[rows] = 0
            reading.faults.append((rows, item, unit, text, "out_of_scale"))
            _warn(reading, column, int(k), "returns.mark_unknown", text=text)
    codes[marks > 1] = SEVERAL
    if (marks > 1).any():
        reading.faults.append((np.flatnonzero(marks > 1), item, unit, "", "several"))
    return codes


def _mark(text: str) -> int:
    folded = text.strip().casefold()
    return 1 if folded in _MARKS else 0 if folded in _NO_MARKS else -1


def _not_asked(reading: Reading, answers: np.ndarray) -> None:
    """A blank is no blank where the form did not ask: the filter was answered otherwise."""
    position = reading.instrument.item_position
    for item in reading.vocabulary.items:
        if item.asked_when:
            filtering, levels = item.asked_when
            scale, column = reading.vocabulary.scale_of(filtering), answers[:, position[item.code]]
            otherwise = answered_otherwise(answers[:, position[filtering]], scale, levels)
            column[(column == BLANK) & otherwise] = NOT_ASKED


def _tidy(reading: Reading, columns: Mapping[str, np.ndarray], found: Evaluated) -> dict[str, np.ndarray]:
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
    tidy |= {name: _same(value, len(found.row)) for name, value in constant.items()}
    tidy |= {"form": found.form, "unit_code": found.unit_codes, "unit_text": found.unit_texts}
    tidy |= _stated(reading, tidy, found)
    return tidy | {"rater": _raters(tidy, reading.table.place)}


def _stated(
    reading: Reading, tidy: Mapping[str, np.ndarray], found: Evaluated
) -> Iterator[tuple[str, np.ndarray]]:
    """Columns that the file itself gives, where the study says nothing else."""
    for name, column in reading.table.stated.items():
        texts = _texts(column)[found.row]
        if name in ("mode", "batch", "entry"):
            yield name, np.where(tidy[name] == "", texts, tidy[name]).astype(object)
        elif name == "identified":
            yield name, np.array([text.casefold() in _TRUE for text in texts.tolist()], dtype=bool)
        elif name == "source_row":
            numbers = _numbers(reading, column)[found.row]
            yield name, np.where(np.isnan(numbers), tidy[name], numbers).astype(np.int64)
        else:
            yield name, texts


def _raters(tidy: Mapping[str, np.ndarray], place: str) -> np.ndarray:
    """A form without a rater's code is its own rater, and one without a form code too is told by its place."""
    raters = np.where(tidy["rater"] == "", tidy["form_code"], tidy["rater"]).astype(object)
    for k in np.flatnonzero(raters == ""):
        raters[k] = f"{place}#{tidy['source_row'][k]}"
    return raters


def _cells(
    reading: Reading, row: np.ndarray, unit_codes: np.ndarray | None
) -> list[tuple[int, str, str, str]]:
    """Faulty cells by evaluation, as (position among the evaluations, item, text, fault)."""
    found = []
    starts = np.searchsorted(row, np.arange(len(reading.table) + 1))
    for rows, item, unit, text, kind in reading.faults:
        code = reading.register.resolve(unit) if unit else ""
        for r in rows.tolist():
            places = range(int(starts[r]), int(starts[r + 1]))
            for place in places:
                if unit_codes is None or not unit or unit_codes[place] == code:
                    found.append((place, item, text, kind))
    return found


def _conversions(reading: Reading) -> list[tuple[str, str, str, str, int]]:
    table, layout = reading.table, reading.layout
    used = [*layout.fields.values(), *layout.items.values(), *layout.options.values()]
    log = [(table.file, table.sheet, "", name, count) for name, count in table.conversions.items()]
    for column in (column for column in used if column.noted):
        _note_damage(reading, column)
        log += [
            (table.file, table.sheet, column.heading, *pair) for pair in column.distinct.conversions.items()
        ]
    return log


def _note_damage(reading: Reading, column: Column) -> None:
    """A warning where letters of a column were lost before the file reached us."""
    if is_damaged("".join(column.distinct.texts)):
        damaged = next(k for k, text in enumerate(column.distinct.texts) if is_damaged(text))
        _warn(reading, column, damaged, "returns.text_damaged", text=column.distinct.texts[damaged][:_SHOWN])


def _column_of(reading: Reading, role: str) -> Column | None:
    codes = [declared.code for declared in reading.instrument.fields if declared.role == role]
    return next((reading.layout.fields[code] for code in codes if code in reading.layout.fields), None)


def _resolve(reading: Reading, column: Column) -> np.ndarray:
    found = [
        _resolved(reading, text, int(count))
        for text, count in zip(column.distinct.texts, column.distinct.counts, strict=True)
    ]
    return column.distinct.spread(np.array(found, dtype=object), "")


def _resolved(reading: Reading, text: str, forms: int) -> str:
    code = reading.register.resolve(text)
    if not code:
        key = (reading.questionnaire.block, text)
        reading.unresolved[key] = reading.unresolved.get(key, 0) + forms
    return code


def _heading_unit(reading: Reading, text: str) -> str:
    code = reading.register.resolve(text)
    if not code:
        nearest = reading.register.nearest(text)
        reading.problems.add(
            "returns.heading_unit",
            file=reading.table.file,
            sheet=reading.table.sheet,
            text=text,
            nearest=nearest[0][1] if nearest else "–",
        )
    return code


def _only_unit(reading: Reading) -> str:
    """A block of one unit needs no unit column."""
    return reading.register.units[0].code if len(reading.register.units) == 1 else ""


def _texts(column: Column) -> np.ndarray:
    shown = [
        label_text(v, column.variable).rpartition(" = ")[2] if column.variable else t
        for v, t in _pairs(column)
    ]
    return column.distinct.spread(np.array(shown, dtype=object), "")


def _pairs(column: Column) -> list[tuple[object, str]]:
    return list(zip(column.distinct.values, column.distinct.texts, strict=True))


def _times(reading: Reading, found: list[tuple[Field, Column]] | None) -> np.ndarray:
    if not found:
        return np.full(len(reading.table), np.datetime64("NaT", "s"))
    column = found[0][1]
    times, order = read_times(
        column.distinct.values, column.distinct.texts, reading.timezone, column.zone, column.order
    )
    if order == "mdy" and not column.order:
        reading.table.conversions["m/d/Y"] = int(column.distinct.counts.sum())
    for k in np.flatnonzero(np.isnat(times)):
        _warn(reading, column, int(k), "returns.time_unknown", text=column.distinct.texts[k][:_SHOWN])
    return column.distinct.spread(times, np.datetime64("NaT", "s"))


def _seconds(
    reading: Reading, found: list[tuple[Field, Column]] | None, started: np.ndarray, submitted: np.ndarray
) -> np.ndarray:
    if found:
        return _numbers(reading, found[0][1])
    between = (submitted - started).astype(float)
    return np.where(np.isnat(started) | np.isnat(submitted), np.nan, between)


def _numbers(reading: Reading, column: Column) -> np.ndarray:
    numbers = read_numbers(column.distinct.values, column.distinct.texts)
    for k in np.flatnonzero(np.isnan(numbers)):
        _warn(reading, column, int(k), "returns.number_unknown", text=column.distinct.texts[k][:_SHOWN])
    return column.distinct.spread(numbers, np.nan)


def _own_unit(reading: Reading, found: list[tuple[Field, Column]] | None) -> np.ndarray:
    named = reading.questionnaire.own_unit
    columns = [column for declared, column in found or [] if not named or declared.code == named]
    return _resolve(reading, columns[0]) if columns else _same("", len(reading.table))


def _identified(found: list[tuple[Field, Column]], n: int) -> np.ndarray:
    filled = [column.distinct.codes >= 0 for _, column in found]
    return np.logical_and.reduce(filled) if filled else np.ones(n, dtype=bool)


def _kept(reading: Reading, declared: Field, column: Column | None) -> np.ndarray:
    if declared.role == "weight":
        return _numbers(reading, column) if column else np.full(len(reading.table), np.nan)
    if column is None:
        return _same("", len(reading.table))
    return _categories(reading, declared, column) if declared.categories else _texts(column)


def _categories(reading: Reading, declared: Field, column: Column) -> np.ndarray:
    """Category codes of an attribute; a text that is none of them stays as it is, so that it is seen."""
    names = Names((name, code) for code, labels in declared.categories for name in (code, *labels))
    found = []
    for k, (value, text) in enumerate(_pairs(column)):
        label = column.variable.value_labels.get(value, "") if column.variable else ""
        codes = names.find(label) or names.find(text)
        if len(codes) != 1:
            _warn(
                reading,
                column,
                k,
                "returns.category_unknown",
                text=text[:_SHOWN],
                nearest=names.nearest(text) or "–",
            )
        found.append(codes[0] if len(codes) == 1 else text)
    return column.distinct.spread(np.array(found, dtype=object), "")


def _same(value: str, n: int) -> np.ndarray:
    return np.repeat(np.array([value], dtype=object), n)  # one text n times; np.full would make n texts


def _warn(reading: Reading, column: Column, k: int, code: str, **params: object) -> None:
    """One warning for all the cells of a column that hold the same text, at the first of them."""
    reading.problems.add(
        code,
        severity="warning",
        file=reading.table.file,
        sheet=reading.table.sheet,
        row=int(reading.table.row_numbers[column.distinct.first[k]]),
        column=column.heading,
        cells=int(column.distinct.counts[k]),
        **params,
    )
