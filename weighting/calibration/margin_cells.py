"""The sample coded against the margins.

Rows that share their categories share their factor g, so everything is worked out on the cells of the cross-table and
only carried back to the rows at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from weighting.calibration.margins import Margin
from weighting.errors import CalibrationError, DesignError
from weighting.groups import coded as factorize
from weighting.groups import compact

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Numbers = NDArray[np.integer]

# Above this many cells the cross-table keeps only the combinations that occur.
DENSE_CELLS = 1 << 18
# Rows worked on at once.
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
    weight: Array
    category: tuple[Codes, ...]
    value: tuple[Array | None, ...]
    x: sparse.csr_array
    names: pd.Index

    @property
    def size(self) -> int:
        """Number of cells C."""
        return len(self.weight)

    @property
    def targets(self) -> Array:
        """The totals of all margins [p]."""
        return np.concatenate([m.totals for m in self.margins])

    @property
    def labels(self) -> list[str]:
        """The p totals in words."""
        return [m.label(k) for m in self.margins for k in range(len(m.totals))]

    def totals(self, values: Array) -> Array:
        """Total of row values [n] in each cell [C]."""
        return group_sums(self.index, values, self.size)

    def scaled(self, weights: Array, g: Array) -> Array:
        """Row weights [n] times the factor of their cell [C]."""
        result = np.empty(len(weights))
        for rows in blocks(len(weights)):
            np.multiply(weights[rows], g.take(self.index[rows]), out=result[rows])
        return result

    def reached(self, i: int) -> Array:
        """Weight of the sample in each category [K] of margin i."""
        found = np.bincount(self.category[i] + 1, self.weight, len(self.margins[i].totals) + 1)
        return np.asarray(found[1:], dtype=float)


def tabulate(frame: pd.DataFrame, weights: Array, margins: Sequence[Margin]) -> MarginCells:
    """The rows on the cells that the margins distinguish."""
    names = list(dict.fromkeys(name for m in margins for name in m.columns))
    columns = [coded(frame[name]) for name in names]
    index, keys = crossed(
        [codes for codes, _ in columns], [len(levels) for _, levels in columns], len(weights)
    )
    labels = {
        name: [levels[k] for k in key] for name, (_, levels), key in zip(names, columns, keys.T, strict=True)
    }
    category = [_categories(m, labels, len(keys)) for m in margins]
    value = [None if m.value is None else frame[m.value].to_numpy(dtype=float) for m in margins]
    if any(v is not None for v in value):
        category, index = [c[index] for c in category], np.arange(len(weights))
    weight = group_sums(index, weights, len(category[0]))
    x = _auxiliaries(margins, category, value, weight)
    return MarginCells(tuple(margins), index, weight, tuple(category), tuple(value), x, frame.index)


def _auxiliaries(
    margins: Sequence[Margin], category: Sequence[Codes], value: Sequence[Array | None], weight: Array
) -> sparse.csr_array:
    """x [C, p] as in :class:`MarginCells`."""
    start = np.cumsum([0, *(len(m.totals) for m in margins)])
    cells = [np.flatnonzero((weight > 0) & (c >= 0)) for c in category]
    columns = [c[cell] + first for c, cell, first in zip(category, cells, start, strict=False)]
    entries = [np.ones(len(cell)) if v is None else v[cell] for v, cell in zip(value, cells, strict=True)]
    where = (np.concatenate(cells), np.concatenate(columns))
    return sparse.csr_array((np.concatenate(entries), where), shape=(len(weight), start[-1]))


def _categories(margin: Margin, labels: dict[str, list[Any]], size: int) -> Codes:
    """Category of the margin each of ``size`` cells falls in; −1 where the margin has none for it."""
    if not margin.columns:
        return np.zeros(size, dtype=np.intp)
    place = {category: k for k, category in enumerate(margin.categories)}
    cells = zip(*(labels[name] for name in margin.columns), strict=True)
    return np.array([place.get(cell, -1) for cell in cells], dtype=np.intp)


def coded(column: pd.Series[Any]) -> tuple[Numbers, Sequence[Any]]:
    """A column as codes [n] into its levels; the last level is None, for missing values.

    Integers in a narrow range are coded by their distance from the smallest, without hashing a million rows
    (tests/benchmarks/test_calibration_speed.py).
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu" and len(column):
        numbers = column.to_numpy()
        low, high = int(numbers.min()), int(numbers.max())
        if high - low < DENSE_CELLS:
            codes = np.empty(len(numbers), dtype=np.min_scalar_type(high - low))
            np.subtract(numbers, low, out=codes, casting="unsafe")
            return codes, [*range(low, high + 1), None]
    try:
        places, levels = factorize(column)
    except DesignError:
        raise CalibrationError(
            f"column {str(column.name)!r}: holds values that are no categories (lists?)"
        ) from None
    return np.where(places < 0, len(levels), places), [*levels, None]


def crossed(columns: Sequence[Numbers], sizes: Sequence[int], n: int) -> tuple[Numbers, Codes]:
    """Coded columns -> cell of each row [n], and the codes of each cell [cells, columns]."""
    cells = math.prod(sizes)
    if cells > DENSE_CELLS or not columns:
        return _occurring(columns, sizes, n)
    index = np.empty(n, dtype=np.min_scalar_type(cells))
    for rows in blocks(n):
        part = columns[0][rows].astype(np.intp)
        for codes, size in zip(columns[1:], sizes[1:], strict=True):
            part *= size
            part += codes[rows]
        index[rows] = part
    return index, np.stack(np.unravel_index(np.arange(cells), sizes), axis=1)


def _occurring(columns: Sequence[Numbers], sizes: Sequence[int], n: int) -> tuple[Codes, Codes]:
    """As :func:`crossed`, for more combinations than a table may have: only those that occur."""
    index, keys = np.zeros(n, dtype=np.intp), np.zeros((1, 0), dtype=np.intp)
    for codes, size in zip(columns, sizes, strict=True):
        used, index = compact(index * size + codes, len(keys) * size)
        keys = np.column_stack([keys[used // size], used % size])
    return index, keys


def group_sums(index: Numbers, values: Array, size: int) -> Array:
    """Sums of values [n] by cell."""
    parts = blocks(len(index)) if size <= BLOCK else [slice(None)]
    return np.asarray(sum(np.bincount(index[rows], values[rows], size) for rows in parts), dtype=float)


def blocks(n: int) -> Iterator[slice]:
    """Rows in blocks that stay in the processor's cache (tests/benchmarks/test_calibration_speed.py)."""
    return (slice(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK))
