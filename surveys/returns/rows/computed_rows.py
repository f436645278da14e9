"""Rows without a code that are exactly the sum or the mean of the rows above them: perhaps a total that does not say so."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from surveys.returns.headings.columns import Column
from surveys.returns.table_reading import TableReading
from surveys.returns.text.numbers import read_numbers

FILLED = 0.5  # share of rows in which a column is filled that can tell by a blank that a row is no form
_NAMING = frozenset({"form_code", "unit", "rater", "response", "number"})
_FIRST = 3  # columns at the left of a sheet among which one that numbers the rows may stand
_EXACT = 1e-9
FEWEST = 2  # answers, and rows above, by which a sum or a mean can be told


def computed_rows(reading: TableReading) -> np.ndarray:
    """Rows whose answers are the sum or the mean of all forms above, of those since the last such row, or of those of their unit,
    where a column that names or numbers the forms is blank; boolean [n]. Rows equal to all of those above are no means."""
    found = np.zeros(len(reading), dtype=bool)
    if not len(found) or len(reading.layout.items) < FEWEST:
        return found
    candidates = np.flatnonzero(_nameless(reading)).tolist()
    answers = _Answers(reading)
    units = _units(reading) if candidates else reading.same("")
    for row in candidates:
        found[row] = any(answers.are_computed(row, block) for block in _blocks(row, found, units))
    return found


def _nameless(reading: TableReading) -> np.ndarray:
    """Rows in which a column that names or numbers the forms is blank although most rows and the one above fill it."""
    named = {f.code for f in reading.instrument.fields if f.role in _NAMING}
    columns = [column for code, column in reading.layout.fields.items() if code in named]
    columns += [column for role, column in reading.table.roles.items() if role in _NAMING]
    columns += [column for column in reading.table.columns[:_FIRST] if not reading.vocabulary.targets(column)]
    nameless = np.zeros(len(reading), dtype=bool)
    for column in columns:
        filled = column.cells.codes >= 0
        if filled.mean() >= FILLED and not filled.all():
            nameless |= ~filled & np.append(False, filled[:-1])
    return nameless


def _blocks(row: int, found: np.ndarray, units: np.ndarray) -> Iterator[np.ndarray]:
    """The rows above that a total may be of."""
    above = np.flatnonzero(~found[:row])
    last = int(np.max(np.flatnonzero(found[:row]), initial=-1))
    run = row - 1
    while run > 0 and units[run - 1] == units[row - 1]:
        run -= 1
    for first in dict.fromkeys((0, last + 1, max(run, last + 1))):
        yield above[above >= first]


class _Answers:
    """The answers of a table as numbers, column by column as they are asked for: the first tells most rows apart."""

    def __init__(self, reading: TableReading) -> None:
        self._reading, self._held = reading, tuple(reading.layout.items)
        self._numbers: dict[int, np.ndarray] = {}

    def are_computed(self, row: int, above: np.ndarray) -> bool:
        """Whether all answers of a row are the sum, or all the mean, of those above it, and not the same in all of them."""
        kinds, answers, same = {"sum", "mean"}, 0, True
        for k in range(len(self._held)):
            numbers = self._of(k)
            answer, others = numbers[row], numbers[above]
            known = others[~np.isnan(others)]
            if np.isnan(answer):
                continue
            answers += 1
            same &= bool((others == answer).all())
            kinds &= _kinds(float(answer), known)
            if not kinds:
                return False
        return answers >= FEWEST and not same

    def _of(self, k: int) -> np.ndarray:
        if k not in self._numbers:
            item, _ = self._held[k]
            self._numbers[k] = _numbers(self._reading, item, self._reading.layout.items[self._held[k]])
        return self._numbers[k]


def _kinds(answer: float, above: np.ndarray) -> set[str]:
    """What a number is of those above it."""
    if len(above) < FEWEST:
        return set()
    lies = {
        "sum": abs(answer - above.sum()) <= _EXACT,
        "mean": abs(answer - above.mean()) <= _rounding(answer),
    }
    return {kind for kind, there in lies.items() if there}


def _rounding(value: float) -> float:
    """How far a printed mean may lie from the mean: half a unit of its last digit, nothing for a whole number.

    >>> [round(_rounding(value), 4) for value in (4.0, 3.5, 3.67)]
    [0.0, 0.05, 0.005]
    """
    digits = len(f"{value:.6f}".rstrip("0").partition(".")[2])
    return (0.5 * 10.0**-digits if digits else 0.0) + _EXACT


def _numbers(reading: TableReading, item: str, column: Column) -> np.ndarray:
    """The answers of a column as numbers: as written, or the code of the level where that is one."""
    cells, options = column.distinct, reading.vocabulary.options_of(item)
    levels = reading.instrument.scale_of(item).levels
    read = (options.read(text).code for text in cells.texts)
    codes = [levels[code].code if code >= 0 else "" for code in read]
    numbers = read_numbers(cells.values, cells.texts)
    return cells.spread(np.where(np.isnan(numbers), read_numbers([], codes), numbers), np.nan)


def _units(reading: TableReading) -> np.ndarray:
    """The unit of every row as written; the same for all where no column says it."""
    return reading.unit_column.each(str) if reading.unit_column else reading.same("")
