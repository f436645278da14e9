"""The answers of a table: level positions and reasons for having none, for every row, unit and item."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from surveys.definitions.instrument.records import (
    BLANK,
    NOT_ASKED,
    OUT_OF_SCALE,
    SEVERAL,
)
from surveys.returns.answers.answer_options import shown_text
from surveys.returns.answers.not_shown import no_answer, tell_not_shown
from surveys.returns.answers.option_answers import EMPTY_BOXES, NO_TICKS, TICKS, OptionAnswers
from surveys.returns.answers.several_answers import choose, states_its_options
from surveys.returns.headings.columns import Pool
from surveys.returns.table_reading import TOLD, CellFault, TableReading
from surveys.returns.text.cell_text import SHOWN
from surveys.vocabulary.folding import fold


def table_answers(reading: TableReading, units: Sequence[str]) -> np.ndarray:
    """Codes int8 [rows of the table, units, items of the instrument] of the columns about each of ``units`` (texts of headings;
    the empty one: columns about no unit); what was read but is no answer is noted."""
    item_position, unit_position = reading.instrument.item_position, {unit: u for u, unit in enumerate(units)}
    answers = np.full((len(reading), len(units), len(item_position)), NOT_ASKED, dtype=np.int8)
    held = [about for about in reading.layout.held if about[1] in unit_position]
    sound = {} if reading.marks_seen else _sound_answers(reading, held)
    for item, unit in sorted(held, key=lambda about: unit_position[about[1]]):
        codes = sound.get((item, unit))
        answers[:, unit_position[unit], item_position[item]] = (
            _item_answers(reading, item, unit) if codes is None else codes
        )
    if "" in unit_position:
        choose(reading, answers[:, unit_position[""]])
        tell_not_shown(reading)
    return answers


def _sound_answers(
    reading: TableReading, held: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], np.ndarray]:
    """Codes int8 [rows of the table] of the columns in which every cell is an answer or a known reason for having none, by item
    and unit text. A matrix has thousands of columns with the same few values: each is read once for all columns of a scale
    (``tests/benchmarks/test_score_speed.py``)."""
    alike: dict[tuple[Pool, str], dict[tuple[str, str], np.ndarray]] = {}
    for about in held:
        column = reading.layout.items.get(about)
        plain = about[0] not in reading.codings and column and not column.variable
        if column and plain and column.cells.pool.meant is not None:
            key = (column.cells.pool, reading.instrument.scale_of(about[0]).code)
            alike.setdefault(key, {})[about] = column.cells.codes
    sound: dict[tuple[str, str], np.ndarray] = {}
    for (pool, scale), columns in alike.items():
        cells, meant = np.stack(list(columns.values())), pool.meant or []
        codes = np.full(len(meant) + 1, BLANK, dtype=np.int8)  # the last stands for empty cells
        occurs, faulty = np.zeros((2, len(codes)), dtype=bool)
        occurs[cells] = True
        for k in np.flatnonzero(occurs[:-1]).tolist():
            answer = reading.vocabulary.options[scale].read(meant[k][0])
            codes[k], faulty[k] = answer.code, bool(answer.fault)
        is_sound = ~faulty[cells].any(axis=1)
        sound |= {about: codes[cells[j]] for j, about in enumerate(columns) if is_sound[j]}
    return sound


def _item_answers(reading: TableReading, item: str, unit: str) -> np.ndarray:
    """Codes int8 [rows of the table] of one item of one unit text."""
    column = reading.layout.items.get((item, unit))
    if column is None:
        return _ticked(reading, item, unit)
    options, coding = reading.vocabulary.options_of(item), reading.coding(item)
    if isinstance(options, OptionAnswers) and options.is_called_no and states_its_options(reading, item):
        coding = dataclasses.replace(coding, options=options.without_repeats())
    cells, variable = column.distinct, column.variable
    unanswered = [no_answer(reading, options, text) for text in cells.texts]
    hidden = [k for k, said in enumerate(unanswered) if said and said.code == NOT_ASKED]
    reading.hidden += [(column, k) for k in hidden]
    reading.faults += [CellFault(cells.rows_of(k), item, unit, cells.texts[k], "not_shown") for k in hidden]
    read = [
        said or coding.read(value, text, variable)
        for said, value, text in zip(unanswered, cells.values, cells.texts, strict=True)
    ]
    faults = {k: answer.fault for k, answer in enumerate(read) if answer.fault}
    for told, (k, fault) in enumerate(faults.items()):
        text = shown_text(cells.values[k], variable)[:SHOWN]
        if fault != "missing":
            reading.faults.append(CellFault(cells.rows_of(k), item, unit, text, fault))
        if told < TOLD:
            reading.warn(column, k, f"returns.cell_{fault}", text=text, nearest=options.nearest(text))
        elif told == TOLD:
            reading.warn(column, k, "returns.cells_further", text=text, texts=len(faults) - TOLD)
    is_box = isinstance(options, OptionAnswers)
    empty = NOT_ASKED if reading.marks_seen and not is_box else BLANK
    return cells.spread(np.array([answer.code for answer in read], dtype=np.int8), empty)


def _ticked(reading: TableReading, item: str, unit: str) -> np.ndarray:
    """One column per level with a mark in one of them; two marks are several answers, anything else no mark."""
    codes, marks = np.full(len(reading), BLANK, dtype=np.int8), np.zeros(len(reading), dtype=int)
    for level, column in reading.layout.ticks[item, unit].items():
        known = np.array([mark_of(text) for text in column.distinct.texts], dtype=np.int8)
        marked = column.distinct.spread(known, 0) == 1
        codes[marked] = level
        marks += marked
        for k in np.flatnonzero(known < 0).tolist():
            rows, text = column.distinct.rows_of(k), column.distinct.texts[k][:SHOWN]
            codes[rows] = OUT_OF_SCALE
            marks[rows] = 0
            reading.faults.append(CellFault(rows, item, unit, text, "out_of_scale"))
            reading.warn(column, k, "returns.mark_unknown")
    several = np.flatnonzero(marks > 1)
    codes[several] = SEVERAL
    if len(several):
        reading.faults.append(CellFault(several, item, unit, "", "several"))
    return codes


def mark_of(text: str) -> int:
    """1 for a mark, 0 for none, −1 for a text that is neither."""
    folded = fold(text)
    return 1 if folded in TICKS else 0 if folded in NO_TICKS | EMPTY_BOXES else -1
