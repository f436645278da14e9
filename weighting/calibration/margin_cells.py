"""The sample coded against the margins, and what can be wrong with margins, and between them and the sample.

Rows that share their categories share their factor g, so everything is worked out on the cells of the cross-table and
only carried back to the rows at the end.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from weighting import groups
from weighting.calibration.margins import Margin, levels_text, read_margins, same_total
from weighting.errors import CalibrationError, DesignError, Fault, unknown
from weighting.groups import Codes, Floats

Numbers = NDArray[np.integer]

# Above this many cells the cross-table keeps only the combinations that occur.
DENSE_CELLS = 1 << 18
# Margins whose sums differ by no more than this share are the same total written with other rounding.
SAME_TOTAL = 1e-8
# A mean factor this near a bound, relative to it, is on it.
TOUCHING = 1e-10
# Rows worked on at once, so that they stay in the processor's cache (tests/benchmarks/test_calibration_speed.py).
BLOCK = 1 << 15


@dataclass(frozen=True, eq=False)
class MarginCells:
    """The sample on C cells of the margins; with a numeric margin every row is its own cell.

    Attributes:
        margins: the margins, with p totals altogether.
        index: cell of each row [n].
        weight: total weight of each cell [C]; 0 for combinations that do not occur.
        category: per margin, the category of each cell [C]; −1 = none.
        value: per margin, the numeric value of each cell [C]; None = 1.
        x: auxiliaries [C, p], a column per total: each cell with weight has one entry per margin, at its category.
        names: how messages call the rows [n].
    """

    margins: tuple[Margin, ...]
    index: Numbers
    weight: Floats
    category: tuple[Codes, ...]
    value: tuple[Floats | None, ...]
    x: sparse.csr_array
    names: pd.Index

    @property
    def size(self) -> int:
        """Number of cells C."""
        return len(self.weight)

    @property
    def targets(self) -> Floats:
        """The totals of all margins [p]."""
        return np.concatenate([m.totals for m in self.margins])

    def totals(self, values: Floats) -> Floats:
        """Total of row values [n] in each cell [C]."""
        return _totals(self.index, values, self.size)

    def scaled(self, weights: Floats, g: Floats) -> Floats:
        """Row weights [n] times the factor of their cell [C]."""
        result = np.empty(len(weights))
        for rows in _blocks(len(weights)):
            np.multiply(weights[rows], g.take(self.index[rows]), out=result[rows])
        return result

    def reached(self, i: int) -> Floats:
        """Weight of the sample in each category [K] of margin i."""
        found = np.bincount(self.category[i] + 1, self.weight, len(self.margins[i].totals) + 1)
        return np.asarray(found[1:], dtype=float)


def tabulate(frame: pd.DataFrame, weights: Floats, margins: Sequence[Margin]) -> MarginCells:
    """The rows on the cells that the margins distinguish."""
    names = dict.fromkeys(name for m in margins for name in m.columns)
    columns = {name: _coded(frame[name]) for name in names}
    index, keys = _crossed(list(columns.values()), len(weights))
    coded_cells = zip(columns.items(), keys.T, strict=True)
    labels = {name: [column.levels[k] for k in key] for (name, column), key in coded_cells}
    category = [_categories(m, labels, len(keys)) for m in margins]
    value = [None if m.value is None else frame[m.value].to_numpy(dtype=float) for m in margins]
    if any(v is not None for v in value):
        category, index = [c[index] for c in category], np.arange(len(weights))
    weight = _totals(index, weights, len(category[0]))
    x = _auxiliaries(margins, category, value, weight)
    return MarginCells(tuple(margins), index, weight, tuple(category), tuple(value), x, frame.index)


@dataclass(frozen=True, eq=False)
class CodedColumn:
    """A column by its levels: the level of row i is ``levels[numbers[i] − low]``, None for missing values."""

    numbers: Numbers
    low: int
    levels: Sequence[Any]


def _coded(column: pd.Series) -> CodedColumn:
    """Integers in a narrow range are their own codes: a million rows are not hashed (see ``BLOCK``)."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu" and len(column):
        numbers = column.to_numpy()
        low, high = int(numbers.min()), int(numbers.max())
        if high - low < DENSE_CELLS:
            return CodedColumn(numbers, low, range(low, high + 1))
    try:
        codes, levels = groups.coded(column)
    except DesignError as error:
        raise CalibrationError(*error.problems) from None
    return CodedColumn(np.where(codes < 0, len(levels), codes), 0, [*levels, None])


def _crossed(columns: Sequence[CodedColumn], n: int) -> tuple[Numbers, Codes]:
    """The cell of each row [n], and the code of each column in each cell [cells, columns]."""
    sizes = [len(column.levels) for column in columns]
    cells = math.prod(sizes)
    if cells > DENSE_CELLS:
        return groups.crossed([(c.numbers.astype(np.intp) - c.low, len(c.levels)) for c in columns])
    index = np.empty(n, dtype=np.min_scalar_type(cells))
    for rows in _blocks(n):
        part = np.zeros(len(index[rows]), dtype=np.intp)
        for column, size in zip(columns, sizes, strict=True):
            part *= size
            np.add(part, column.numbers[rows], out=part, casting="unsafe")
            part -= column.low
        index[rows] = part
    return index, np.indices(sizes).reshape(len(sizes), cells).T


def _categories(margin: Margin, labels: dict[str, list[Any]], size: int) -> Codes:
    """Category of the margin each of ``size`` cells falls in; −1 where the margin has none for it."""
    if not margin.columns:
        return np.zeros(size, dtype=np.intp)
    place = {category: k for k, category in enumerate(margin.categories)}
    cells = zip(*(labels[name] for name in margin.columns), strict=True)
    return np.array([place.get(cell, -1) for cell in cells], dtype=np.intp)


def _auxiliaries(
    margins: Sequence[Margin], category: Sequence[Codes], value: Sequence[Floats | None], weight: Floats
) -> sparse.csr_array:
    """x [C, p] as in :class:`MarginCells`."""
    start = np.cumsum([0, *(len(m.totals) for m in margins)])
    cells = [np.flatnonzero((weight > 0) & (c >= 0)) for c in category]
    columns = [c[cell] + first for c, cell, first in zip(category, cells, start, strict=False)]
    entries = [np.ones(len(cell)) if v is None else v[cell] for v, cell in zip(value, cells, strict=True)]
    where = (np.concatenate(cells), np.concatenate(columns))
    return sparse.csr_array((np.concatenate(entries), where), shape=(len(weight), start[-1]))


def _totals(index: Numbers, values: Floats, size: int) -> Floats:
    """Sums of values [n] by cell."""
    parts = _blocks(len(index)) if size <= BLOCK else [slice(None)]
    return np.asarray(sum(np.bincount(index[rows], values[rows], size) for rows in parts), dtype=float)


def _blocks(n: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, n, BLOCK))


# ---- what can be wrong ------------------------------------------------------------------------------------------------


def prepared(
    frame: pd.DataFrame,
    weights: Floats,
    margins: Mapping[Any, Any],
    by: str | Sequence[str] | None = None,
    one_level: bool = False,
) -> MarginCells:
    """The sample on the cells of margins as users write them, ready to work with.

    Raises:
        CalibrationError: with everything that is wrong with the margins, and between them and the sample.
    """
    found, problems = read_margins(margins, by)
    problems += _bad_totals(found)
    problems += [] if one_level else _single_levels(found)
    problems += _disagreeing(found)
    faults = [_column_problems(frame, m) for m in found]
    problems += [fault for part in faults for fault in part]
    usable = [m for m, part in zip(found, faults, strict=True) if not part]
    if not usable:
        raise CalibrationError(*problems)
    cells = tabulate(frame, weights, usable)
    for i in range(len(cells.margins)):
        problems += _unmatched(frame, cells, i)
        problems += _unfilled(cells, i)
    CalibrationError.raise_any(problems)
    return replace(cells, margins=same_total(found))


def _column_problems(frame: pd.DataFrame, margin: Margin) -> list[str]:
    """Columns the frame does not have, and numeric totals of columns that are not numbers."""
    needed = [*margin.columns, *([] if margin.value is None else [margin.value])]
    problems = [
        f"margin {margin.name}: {unknown('column', c, frame.columns)}" for c in needed if c not in frame
    ]
    if not problems and margin.value is not None and not pd.api.types.is_numeric_dtype(frame[margin.value]):
        problems = [
            f"margin {margin.name}: one number is the total of a numeric column, "
            f"{margin.value!r} holds {frame[margin.value].dtype}"
        ]
    return problems


def _bad_totals(margins: Sequence[Margin]) -> list[str]:
    bad = [~np.isfinite(m.totals) | ((m.totals < 0) & (m.value is None)) for m in margins]
    return [
        f"{m.label(k)} has the total {m.totals[k]:g}; a total is a finite number, counts are not negative"
        for m, of_margin in zip(margins, bad, strict=True)
        for k in np.flatnonzero(of_margin)
    ]


def _single_levels(margins: Sequence[Margin]) -> list[str]:
    return [
        f"{m.label(0)} is the only one: a margin of one level fixes nothing but the total "
        f"({m.totals[0]:g}); leave it out, or use poststratify to scale to a total"
        for m in margins
        if m.value is None and len(m.totals) == 1
    ]


def _disagreeing(margins: Sequence[Margin]) -> list[str]:
    sums = [(m.name, m.columns, float(m.totals.sum())) for m in margins if m.value is None]
    first, _, expected = sums[0] if sums else ("", (), 0.0)
    return [
        Fault(
            "totals_differ",
            f"margin {name} adds up to {own:.10g}, margin {first} to {expected:.10g} "
            f"(gap {own - expected:.6g}): margins describe one population, rescale one of them",
            columns=columns, levels=(), found=own, expected=expected, first=first,
        )
        for name, columns, own in sums[1:]
        if not abs(own - expected) <= SAME_TOTAL * abs(expected)
    ]  # fmt: skip


def _unmatched(frame: pd.DataFrame, cells: MarginCells, i: int) -> Iterator[str]:
    """Rows without a finite value, and categories of the sample without a total."""
    m, value, there = cells.margins[i], cells.value[i], cells.weight > 0
    if value is not None and not np.isfinite(value[there]).all():
        bad = np.flatnonzero((there & ~np.isfinite(value))[cells.index])
        yield f"margin {m.name}: {len(bad)} rows have no finite value in {m.value!r} (first: row {cells.names[bad[0]]})"
    lost = there & (cells.category[i] < 0)
    if lost.any():
        labels = frame.loc[lost[cells.index], list(m.columns)].astype(object)
        counts = Counter(labels.where(labels.notna(), None).itertuples(index=False, name=None))
        for key, count in counts.items():
            what = "has no value" if None in key else "has no total"
            sentence = f"margin {m.name}: category {levels_text(key)} of the sample ({count} rows) {what}"
            yield Fault("no_total", sentence, columns=m.columns, levels=key, rows=count)


def _unfilled(cells: MarginCells, i: int) -> list[str]:
    """Totals that have no rows, and rows whose total is zero."""
    m = cells.margins[i]
    reached = cells.reached(i)
    empty = np.flatnonzero((reached == 0) & (m.totals != 0))
    unwanted = np.flatnonzero((reached > 0) & (m.totals == 0) & (m.value is None))
    none = "has the total {0:g} and no rows in the sample (gap {0:g})"
    some = "has the total 0, but rows in the sample; leave those rows out"
    return [
        *(m.fault("no_rows", k, none.format(m.totals[k])) for k in empty),
        *(m.fault("unwanted_rows", k, some) for k in unwanted),
    ]


def bound_problems(cells: MarginCells, bounds: tuple[float, float]) -> Iterator[str]:
    """Counts no g within the bounds can reach."""
    low, high = bounds
    for i, m in enumerate(cells.margins):
        if m.value is not None:
            continue
        reached = cells.reached(i)
        need = m.totals / np.where(reached > 0, reached, 1.0)
        out = (need < low - TOUCHING * abs(low)) | (need > high + TOUCHING * abs(high))
        for k in np.flatnonzero((reached > 0) & out):
            nearest = min(max(need[k], low), high) * reached[k]
            sentence = (
                f"needs w/d = {need[k]:.6g} on average, outside the bounds ({low:g}, {high:g}): "
                f"at best {nearest:.6g} of {m.totals[k]:.6g} (gap {m.totals[k] - nearest:.6g}, after 0 rounds)"
            )
            yield m.fault("outside_bounds", k, sentence, need=need[k], low=low, high=high)
