"""The answers of a table: level positions and reasons for having none, for every row, unit and item."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from surveys.definitions.instrument.records import (
    BLANK,
    NOT_ASKED,
    OUT_OF_SCALE,
    SEVERAL,
    Instrument,
    Item,
)
from surveys.returns.answer_options import shown_text
from surveys.returns.headings.columns import Pool
from surveys.returns.table_reading import CellFault, TableReading
from surveys.returns.text.cell_text import SHOWN
from surveys.vocabulary.folding import fold, fold_name

_MARKS = frozenset({"x", "1", "v", "✓", "✔", "☑", "☒", "true", "có", "yes", "co", "√", "þ", "ü"})
_NO_MARKS = frozenset({"0", "false", "không", "no", "☐", "-"})
_TOLD = 200  # different faulty texts of one column that are told each by itself; all of them are kept


def table_answers(reading: TableReading, units: Sequence[str]) -> np.ndarray:
    """Codes int8 [rows of the table, units, items of the instrument] of the columns about each of ``units`` (texts of headings;
    the empty one: columns about no unit); what was read but is no answer is noted."""
    item_position, unit_position = reading.instrument.item_position, {unit: u for u, unit in enumerate(units)}
    answers = np.full((len(reading), len(units), len(item_position)), NOT_ASKED, dtype=np.int8)
    held = [about for about in reading.layout.held if about[1] in unit_position]
    sound = _sound_answers(reading, held)
    for item, unit in sorted(held, key=lambda about: unit_position[about[1]]):
        codes = sound.get((item, unit))
        answers[:, unit_position[unit], item_position[item]] = (
            _item_answers(reading, item, unit) if codes is None else codes
        )
    if "" in unit_position:
        _choose(reading, answers[:, unit_position[""]])
    return answers


def mark_not_asked(instrument: Instrument, items: Iterable[Item], answers: np.ndarray) -> None:
    """Turn blanks into "not asked" where the filter of an item was answered otherwise; ``answers`` int8 [..., items of the
    instrument] is changed."""
    for item in items:
        if item.asked_when:
            column = answers[..., instrument.item_position[item.code]]
            column[(column == BLANK) & is_filtered_out(instrument, item.asked_when, answers)] = NOT_ASKED


def is_filtered_out(
    instrument: Instrument, asked_when: tuple[str, Collection[str]], answers: np.ndarray
) -> np.ndarray:
    """Where a filter item was answered by none of the levels that open it; ``answers`` int8 [..., items of the instrument]."""
    code, levels = asked_when
    closes = np.array([level.code not in levels for level in instrument.scale_of(code).levels])
    given = answers[..., instrument.item_position[code]]
    return np.asarray((given >= 0) & closes[np.maximum(given, 0)])


def chosen_items(reading: TableReading) -> frozenset[str]:
    """The items that are options of a question with several answers in one cell."""
    return frozenset(
        item
        for question in reading.layout.options
        for item in reading.vocabulary.multiple[fold_name(question)].values()
    )


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
    cells, variable = column.distinct, column.variable
    read = [coding.read(value, text, variable) for value, text in zip(cells.values, cells.texts, strict=True)]
    faults = {k: answer.fault for k, answer in enumerate(read) if answer.fault}
    for told, (k, fault) in enumerate(faults.items()):
        text = shown_text(cells.values[k], variable)[:SHOWN]
        if fault != "missing":
            reading.faults.append(CellFault(cells.rows_of(k), item, unit, text, fault))
        if told < _TOLD:
            reading.warn(column, k, f"returns.cell_{fault}", text=text, nearest=options.nearest(text))
        elif told == _TOLD:
            reading.warn(column, k, "returns.cells_further", text=text, texts=len(faults) - _TOLD)
    return cells.spread(np.array([answer.code for answer in read], dtype=np.int8), BLANK)


def _ticked(reading: TableReading, item: str, unit: str) -> np.ndarray:
    """One column per level with a mark in one of them; two marks are several answers, anything else no mark."""
    codes, marks = np.full(len(reading), BLANK, dtype=np.int8), np.zeros(len(reading), dtype=int)
    for level, column in reading.layout.ticks[item, unit].items():
        known = np.array([_mark(text) for text in column.distinct.texts], dtype=np.int8)
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


def _mark(text: str) -> int:
    """1 for a mark, 0 for none, −1 for a text that is neither."""
    folded = text.strip().casefold()
    return 1 if folded in _MARKS else 0 if folded in _NO_MARKS else -1


def _choose(reading: TableReading, answers: np.ndarray) -> None:
    """Questions with several answers in one cell → one yes/no item per option, in ``answers`` int8 [rows, items]. The cell is
    read by looking for the known options in it, because options may themselves hold the separator; what it holds besides is noted
    as a fault of the first option's item."""
    for question, column in reading.layout.options.items():
        options = reading.vocabulary.multiple[fold_name(question)]
        split = [split_options(text, options, column.separator) for text in column.distinct.texts]
        for option, item in options.items():
            values = reading.instrument.scale_of(item).values()
            yes, no = np.argmax(values), np.argmin(values)  # the level with the larger value says yes
            codes = np.array([yes if option in chosen else no for chosen, _ in split], dtype=np.int8)
            answers[:, reading.instrument.item_position[item]] = column.distinct.spread(codes, BLANK)
        for k, rest in ((k, rest[:SHOWN]) for k, (_, rest) in enumerate(split) if rest):
            rows, item = column.distinct.rows_of(k), next(iter(options.values()))
            reading.faults.append(CellFault(rows, item, "", rest, "out_of_scale"))
            reading.warn(column, k, "returns.option_unknown", text=rest)
