"""Columns as an estimator sees them: which rows have a value, and the weighted sums of values per cell.

Columns of a few whole numbers (answers on a scale, truth values) go through a weighted table cell × level, from
which every sum follows; other columns are summed as they are. Both give the same sums.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.design import Design, factorize, rows_named
from weighting.errors import DesignError
from weighting.linearization import Cells, Codes, Flags, Floats

#: Whole numbers spread over no more than this many values are tabulated instead of summed one by one.
MOST_LEVELS = 32


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted sums over the rows of each cell that have a value: of 1 [M], of y − shift and its square [M, k].

    The ``shift`` [k] keeps sums of squares exact to rounding where values are far from zero (years, incomes).
    """

    weight: Floats
    value: Floats
    square: Floats
    shift: Floats


@dataclass(frozen=True, eq=False)
class Variable:
    """One column as k numbers per row (its value, or a truth value per category).

    Either ``codes`` [n] (small whole numbers, ``levels`` of them and one more for a missing value) with ``scores``
    [levels, k], or ``numbers`` [n] (NaN: missing), k = 1. ``mask`` [n] restricts the rows that count.
    """

    column: str
    names: tuple[str, ...]
    codes: NDArray[np.integer] = field(default_factory=lambda: np.empty(0, dtype=np.uint8))
    scores: Floats = field(default_factory=lambda: np.empty((0, 1)))
    numbers: Floats = field(default_factory=lambda: np.empty(0))
    mask: Flags | None = None

    @property
    def coded(self) -> bool:
        """Whether the values are codes of a few levels."""
        return len(self.scores) > 0

    @cached_property
    def valid(self) -> Flags:
        """Rows [n] with a value."""
        found = ~np.isnan(self.numbers) if not self.coded else self.codes < len(self.scores)
        return found if self.mask is None else found & self.mask

    def where(self, mask: Flags) -> Variable:
        """The same column, only in the rows of ``mask`` [n]."""
        both = mask if self.mask is None else mask & self.mask
        return replace(self, mask=both)

    def rows(self, k: int = 0) -> Floats:
        """Values [n] of the k-th statistic, 0 where there is none."""
        if not self.coded:
            return np.where(self.valid, self.numbers, 0.0)
        column = np.append(self.scores[:, k], 0.0)
        found = column[self.codes]
        return found if self.mask is None else np.where(self.mask, found, 0.0)

    def moments(self, cells: Cells, weights: Floats) -> Moments:
        """Weighted sums per cell."""
        width = len(self.scores) + 1
        if self.coded and cells.n_cells * width <= 4 * weights.size + 4096:
            return self._tabulated(cells, weights, width)
        return self._summed(cells, weights)

    def _tabulated(self, cells: Cells, weights: Floats, width: int) -> Moments:
        codes = self.codes if self.mask is None else np.where(self.mask, self.codes, width - 1)
        key = cells.wide(width)
        key += codes.astype(np.intp, copy=False)
        table = np.bincount(key, weights=weights, minlength=(cells.n_cells + 1) * width)
        table = table[: cells.n_cells * width].reshape(cells.n_cells, width)[:, :-1]
        shift = self.scores.min(axis=0)
        above = self.scores - shift
        return Moments(table.sum(axis=1), table @ above, table @ above**2, shift)

    def _summed(self, cells: Cells, weights: Floats) -> Moments:
        held = np.where(self.valid, weights, 0.0)
        shift, value, square = [], [], []
        for k in range(len(self.names)):
            y = self.rows(k)
            shift.append(held @ y / max(held.sum(), 1e-300))
            wy = held * (y - shift[-1])
            value.append(cells.totals(wy))
            square.append(cells.totals(wy * (y - shift[-1])))
        return Moments(cells.totals(held), np.stack(value, axis=1), np.stack(square, axis=1), np.array(shift))

    def count(self, design: Design, domain: Codes, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Rows [J] with a value and a positive weight, given the number of ``rows`` [J] with a positive weight."""
        lost = np.flatnonzero(~self.valid)
        lost = lost[(domain[lost] >= 0) & (design.weights[lost] > 0)]
        return rows - np.bincount(domain[lost], minlength=rows.size)


def numeric(design: Design, column: str) -> Variable:
    """A column of numbers or truth values, as its values."""
    values = _column(design, column)
    coded = _small_integers(values)
    if coded is not None:
        codes, levels = coded
        return Variable(column, (column,), codes=codes, scores=levels[:, None].astype(float))
    return Variable(column, (column,), numbers=_numbers(design, values))


def shares(design: Design, column: str, levels: list[object] | None) -> Variable:
    """A column as truth values: of being one of ``levels``; or of being true; or one for each category."""
    values = _column(design, column)
    coded = _small_integers(values)
    if coded is not None and levels is None and np.isin(coded[1], (0, 1)).all():
        return Variable(column, (column,), codes=coded[0], scores=coded[1][:, None].astype(float))
    if coded is not None:
        codes, labels = coded[0], pd.Index(coded[1])
    else:
        found, labels = factorize(values)
        codes = np.where(found < 0, len(labels), found)
    if levels is not None:
        return Variable(column, (column,), codes=codes, scores=labels.isin(levels).astype(float)[:, None])
    if len(labels) > MOST_LEVELS:
        raise DesignError(
            f"column {column!r}: {len(labels)} different values; shares are of truth values or of a few categories "
            "(for values between 0 and 1 ask for the mean with interval='bounded')"
        )
    present = np.isin(np.arange(len(labels)), codes) | isinstance(values.dtype, pd.CategoricalDtype)
    names = tuple(f"{column}={label}" for label in labels[present])
    return Variable(column, names, codes=codes, scores=np.eye(len(labels))[:, present])


def _column(design: Design, column: str) -> pd.Series:
    return design.frame[design.known(column)]


def _small_integers(values: pd.Series) -> tuple[NDArray[np.integer], NDArray[np.int64]] | None:
    """Codes [n] and the levels of a column of few whole numbers; None for any other column."""
    kind = values.dtype.kind if isinstance(values.dtype, np.dtype) else getattr(values.dtype, "kind", "O")
    if kind not in "biuf" or not len(values):
        return None
    if kind == "f":
        return _whole_floats(values)
    missing = None if isinstance(values.dtype, np.dtype) else values.isna().to_numpy()
    if missing is None or not missing.any():
        raw = values.to_numpy(
            dtype=np.int8 if kind == "b" else values.dtype.type if missing is None else np.int64
        )
        return _levels(raw, None)
    if missing.all():
        return None
    fill = values.iloc[int(np.argmin(missing))]
    return _levels(values.to_numpy(dtype=np.int64, na_value=int(fill)), missing)


def _whole_floats(values: pd.Series) -> tuple[NDArray[np.integer], NDArray[np.int64]] | None:
    raw = values.to_numpy(dtype=float, na_value=np.nan)
    for part in (raw[:256], raw):
        missing = np.isnan(part)
        whole = np.where(missing, 0.0, part)
        if np.abs(whole).max(initial=0) > 1e6:
            return None
        small = whole.astype(np.int32)
        if not np.array_equal(small, whole):
            return None
    if missing.all():
        return None
    small[missing] = small[int(np.argmin(missing))]
    return _levels(small, missing)


def _levels(
    raw: NDArray[np.integer], missing: Flags | None
) -> tuple[NDArray[np.integer], NDArray[np.int64]] | None:
    low, high = int(raw.min()), int(raw.max())
    if high - low >= MOST_LEVELS:
        return None
    codes = (raw - raw.dtype.type(low)).astype(np.uint8)
    if missing is not None:
        codes[missing] = high - low + 1
    return codes, np.arange(low, high + 1)


def _numbers(design: Design, values: pd.Series) -> Floats:
    index = design.frame.index
    if isinstance(values.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        numbers = pd.to_numeric(values.astype(object), errors="coerce")
        bad = (numbers.isna() & values.notna()).to_numpy()
        if bad.any():
            raise DesignError(
                f"column {str(values.name)!r}: not a number in {rows_named(bad, index, values.astype(str))}; "
                "ask for proportion() where the column holds categories"
            )
        values = numbers
    found = values.to_numpy(dtype=float, na_value=np.nan)
    infinite = np.isinf(found)
    if infinite.any():
        raise DesignError(f"column {str(values.name)!r}: infinite in {rows_named(infinite, index)}")
    return found
