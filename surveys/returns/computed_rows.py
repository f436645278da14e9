"""Rows without a code that are exactly the sum or the mean of the rows above them: perhaps a total that does not say so."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from surveys.returns.headings.columns import Column
from surveys.returns.table_reading import TableReading
from surveys.returns.text.numbers import read_numbers

FILLED = 0.5  # share of rows in which a column is filled that can tell by a blank that a row is no form
FEWEST = 2  # answers, and rows above, by which a sum or a mean can be told


def computed_rows(reading: TableReading) -> np.ndarray:
    """Rows whose answers are the sum or the mean of all forms above, of those since the last such row, or of those of their unit,
    where a column that names or numbers the forms is blank; boolean [n]. Rows equal to all of those above are no means."""
    found = np.zeros(len(reading), dtype=bool)
    if not len(found) or len(reading.layout.items) < FEWEST:
        return found
    candidates = np.flatnonzero(_nameless(reading))
    if not len(candidates):
        return found
    numbers = np.column_stack(
        [_numbers(reading, item, column) for (item, _), column in reading.layout.items.items()]
    )
    units = _units(reading)
    for row in candidates.tolist():
        found[row] = any(_is_computed(numbers[row], numbers[block]) for block in _blocks(row, found, units))
    return found


def _nameless(reading: TableReading) -> np.ndarray:
    """Rows in which a column that is no answer is blank although most rows and all directly above fill it."""
    answers = {id(column) for column in (*reading.layout.items.values(), *reading.layout.options.values())}
    ticks = {id(column) for levels in reading.layout.ticks.values() for column in levels.values()}
    nameless = np.zeros(len(reading), dtype=bool)
    for column in (*reading.table.roles.values(), *reading.table.columns):
        filled = column.cells.codes >= 0
        if id(column) not in answers | ticks and filled.mean() >= FILLED and not filled.all():
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


def _is_computed(row: np.ndarray, above: np.ndarray) -> bool:
    said = ~np.isnan(row)
    if said.sum() < FEWEST or len(above) < FEWEST or (above[:, said] == row[said]).all():
        return False
    known = ~np.isnan(above[:, said])
    sums, counts = np.where(known, above[:, said], 0).sum(axis=0), known.sum(axis=0)
    if (counts < FEWEST).any():
        return False
    return np.allclose(row[said], sums, atol=1e-9) or bool(
        (np.abs(row[said] - sums / counts) <= _rounding(row[said])).all()
    )


def _rounding(values: np.ndarray) -> np.ndarray:
    """How far a printed mean may lie from the mean: half a unit of its last digit, nothing for a whole number.

    >>> _rounding(np.array([4.0, 3.5, 3.67])).round(4).tolist()
    [0.0, 0.05, 0.005]
    """
    digits = [len(f"{value:.6f}".rstrip("0").partition(".")[2]) for value in values.tolist()]
    return np.array([0.5 * 10.0**-k if k else 0.0 for k in digits]) + 1e-9 * np.sign(digits)


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
    codes = [declared.code for declared in reading.instrument.fields if declared.role == "unit"]
    column = next((reading.layout.fields[code] for code in codes if code in reading.layout.fields), None)
    return reading.same("") if column is None else column.each(str)
