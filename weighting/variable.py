"""Columns as an estimator sees them: which rows have a value, and the weighted sums of values per cell.

Columns of a few whole numbers (answers on a scale, truth values, categories) go through a weighted table cell ×
level, from which every sum follows and which one design keeps for the next question about the same column; other
columns are summed as they are. Both give the same sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.design import Design, factorize, rows_named
from weighting.errors import DesignError
from weighting.linearization import Cells, Codes, Flags, Floats

#: Whole numbers spread over no more than this many values are tabulated instead of summed one by one.
MOST_LEVELS = 32

SmallCodes = NDArray[np.unsignedinteger]


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted sums over the rows of each cell that have a value: of 1, of y − shift, of its square; all [M, k].

    The ``shift`` [k] keeps sums of squares exact to rounding where values are far from zero (years, incomes).
    """

    weight: Floats
    value: Floats
    square: Floats
    shift: Floats

    @classmethod
    def of_table(cls, table: Floats, scores: Floats) -> Moments:
        """From Σ w [M, levels] and the k numbers [levels, k] that a level stands for."""
        shift = scores.min(axis=0)
        above = scores - shift
        weight = np.repeat(table.sum(axis=1)[:, None], shift.size, axis=1)
        return cls(weight, table @ above, table @ above**2, shift)

    @classmethod
    def joined(cls, parts: Sequence[Moments]) -> Moments:
        """Several columns side by side."""
        if len(parts) == 1:
            return parts[0]
        names = ("weight", "value", "square", "shift")
        return cls(*(np.concatenate([getattr(p, name) for p in parts], axis=-1) for name in names))


@dataclass(frozen=True, eq=False)
class Tabulation:
    """One column in the cells of a grouping: its levels, Σ w [M, levels], and rows with a value [J]."""

    levels: pd.Index
    table: Floats
    count: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Grouping:
    """The rows of a design in domains, and what was already counted there."""

    design: Design
    domain: Codes
    domains: pd.DataFrame | None
    n_domains: int
    _tables: dict[str, Tabulation | None] = field(default_factory=dict)

    @cached_property
    def cells(self) -> Cells:
        return self.design.cells(self.domain, self.n_domains)

    def cells_of(self, valid: Flags) -> Cells:
        """Cells of the rows that have a value, for policies that ask which strata a domain has rows in."""
        return self.design.cells(np.where(valid, self.domain, -1), self.n_domains)

    @cached_property
    def held(self) -> Floats:
        """Rows [J] the design holds for a domain, with a value or not: of a calibrated design all, as R counts."""
        if self.design.adjustments:
            return np.full(self.n_domains, float(self.design.n))
        return np.bincount(self.domain[self.domain >= 0], minlength=self.n_domains).astype(float)

    @cached_property
    def _counted(self) -> NDArray[np.unsignedinteger]:
        """Domain of each row [n] with a positive weight, J for the others; as small as the type can be."""
        inside = (self.domain >= 0) & (self.design.weights > 0)
        return np.where(inside, self.domain, self.n_domains).astype(np.min_scalar_type(self.n_domains))

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Rows [J] with a positive weight."""
        return np.bincount(self._counted, minlength=self.n_domains)[: self.n_domains]

    def count(self, missing: Flags) -> NDArray[np.intp]:
        """Rows [J] with a positive weight that are not ``missing`` [n]."""
        return self.rows - np.bincount(self._counted[missing], minlength=self.n_domains)[: self.n_domains]

    def tabulation(self, column: str, always: bool = False) -> Tabulation | None:
        """The column's weighted table, made once; None where its values are many, or not whole numbers.

        ``always`` tabulates any column, as categories.
        """
        if column not in self._tables or (always and self._tables[column] is None):
            self._tables[column] = self._tabulated(column, always)
        return self._tables[column]

    def _tabulated(self, column: str, always: bool) -> Tabulation | None:
        found = levels_of(self.design.frame[column], always)
        if found is None:
            return None
        codes, levels = found
        width = len(levels) + 1
        if self.design.counts_presence or self.cells.n_cells * width > 4 * self.design.n + 4096:
            return Tabulation(levels, np.empty((0, len(levels))), np.empty(0, dtype=np.intp))
        table = self.cells.table(codes, width, self.design.weights)[:, :-1]
        return Tabulation(levels, table, self.count(codes == len(levels)))


@dataclass(frozen=True, eq=False)
class Variable:
    """One column as k numbers per row: its value, or a truth value per category.

    ``levels`` [L] and ``scores`` [L, k] for columns of few values, none for others; ``mask`` [n] restricts the
    rows that count.
    """

    column: str
    names: tuple[str, ...]
    values: pd.Series
    levels: pd.Index | None = None
    scores: Floats = field(default_factory=lambda: np.empty((0, 1)))
    mask: Flags | None = None

    def codes(self) -> SmallCodes:
        """Level of each row [n]; L where there is none."""
        found = levels_of(self.values, always=True)
        assert found is not None
        return found[0]

    @cached_property
    def valid(self) -> Flags:
        """Rows [n] with a value."""
        found = self.values.notna().to_numpy()
        return found if self.mask is None else found & self.mask

    def where(self, mask: Flags) -> Variable:
        """The same column, only in the rows of ``mask`` [n]."""
        return replace(self, mask=mask if self.mask is None else mask & self.mask)

    def rows(self, k: int = 0) -> Floats:
        """Values [n] of the k-th statistic, 0 where there is none."""
        if self.levels is None:
            return np.where(self.valid, self.values.to_numpy(dtype=float, na_value=np.nan), 0.0)
        found = np.append(self.scores[:, k], 0.0)[self.codes()]
        return found if self.mask is None else np.where(self.mask, found, 0.0)

    def tabulated(self, grouping: Grouping) -> bool:
        """Whether the grouping's weighted table answers for this variable."""
        if self.levels is None or self.mask is not None:
            return False
        kept = grouping.tabulation(self.column)
        return kept is not None and kept.count.size > 0

    def moments(self, grouping: Grouping) -> tuple[Moments, NDArray[np.intp], Cells]:
        """Weighted sums per cell, rows with a value [J], and the cells they are of."""
        kept = grouping.tabulation(self.column) if self.tabulated(grouping) else None
        if kept is not None:
            return Moments.of_table(kept.table, self.scores), kept.count, grouping.cells
        cells = grouping.cells_of(self.valid) if grouping.design.counts_presence else grouping.cells
        return self._summed(cells, grouping.design.weights), grouping.count(~self.valid), cells

    def _summed(self, cells: Cells, weights: Floats) -> Moments:
        held = np.where(self.valid, weights, 0.0)
        shift, value, square = [], [], []
        for k in range(len(self.names)):
            y = self.rows(k)
            shift.append(held @ y / max(held.sum(), 1e-300))
            wy = held * (y - shift[-1])
            value.append(cells.totals(wy))
            square.append(cells.totals(wy * (y - shift[-1])))
        weight = np.repeat(cells.totals(held)[:, None], len(shift), axis=1)
        return Moments(weight, np.stack(value, axis=1), np.stack(square, axis=1), np.array(shift))


def numeric(rows: Design | Grouping, column: str) -> Variable:
    """A column of numbers or truth values, as its values."""
    frame = _frame(rows)
    values, levels = frame[column], _levels(rows, column)
    if levels is not None:
        return Variable(column, (column,), values, levels, levels.to_numpy(dtype=float)[:, None])
    return Variable(column, (column,), _checked(values, frame.index))


def shares(rows: Design | Grouping, column: str, wanted: list[object] | None) -> Variable:
    """A column as truth values: of being one of ``wanted``; or of being true; or one for each category."""
    values, levels = _frame(rows)[column], _levels(rows, column)
    if levels is not None and wanted is None and levels.isin((0, 1)).all():
        return Variable(column, (column,), values, levels, levels.to_numpy(dtype=float)[:, None])
    if levels is None:
        levels = _levels(rows, column, always=True)
    assert levels is not None
    if wanted is not None:
        return Variable(column, (column,), values, levels, levels.isin(wanted).astype(float)[:, None])
    if len(levels) > MOST_LEVELS:
        raise DesignError(
            f"column {column!r}: {len(levels)} different values; shares are of truth values or of a few categories "
            "(for values between 0 and 1 ask for the mean with interval='bounded')"
        )
    present = levels.isin(values.dropna().unique()) | isinstance(values.dtype, pd.CategoricalDtype)
    names = tuple(f"{column}={label}" for label in levels[present])
    return Variable(column, names, values, levels, np.eye(len(levels))[:, present])


def _frame(rows: Design | Grouping) -> pd.DataFrame:
    return rows.frame if isinstance(rows, Design) else rows.design.frame


def _levels(rows: Design | Grouping, column: str, always: bool = False) -> pd.Index | None:
    """Levels of a column of few whole numbers, from its table where rows are grouped; ``always``: of any column."""
    if isinstance(rows, Grouping):
        table = rows.tabulation(column, always)
        return None if table is None else table.levels
    found = levels_of(rows.frame[column], always)
    return None if found is None else found[1]


def levels_of(values: pd.Series, always: bool = False) -> tuple[SmallCodes, pd.Index] | None:
    """Level of each row [n] (one past the last: missing) and the levels, for columns of few whole numbers.

    ``always`` does it for any column, with its distinct values as levels.

    >>> codes, levels = levels_of(pd.Series([5.0, None, 3.0]))
    >>> codes.tolist(), levels.tolist()
    ([2, 3, 0], [3, 4, 5])
    """
    found = _whole_numbers(values)
    if found is not None:
        raw, missing = found
        low, high = int(raw.min()), int(raw.max())
        if high - low < MOST_LEVELS:
            codes = (raw - raw.dtype.type(low)).astype(np.uint8)
            if missing is not None:
                np.maximum(codes, missing.view(np.uint8) * np.uint8(high - low + 1), out=codes)
            return codes, pd.Index(np.arange(low, high + 1))
    if not always:
        return None
    place, labels = factorize(values)
    return np.where(place < 0, len(labels), place).astype(np.uint32), labels


def _whole_numbers(values: pd.Series) -> tuple[NDArray[np.integer], Flags | None] | None:
    """A numeric column as whole numbers with the rows that are missing (held there: any value of the column)."""
    nullable = not isinstance(values.dtype, np.dtype)
    found = getattr(values.dtype, "numpy_dtype", None) if nullable else values.dtype
    if found is None or found.kind not in "biuf" or not len(values):
        return None
    dtype: Any = np.int8 if found.kind == "b" else found
    if found.kind == "f":
        return _whole_floats(values.to_numpy(dtype=dtype, na_value=np.nan))
    if not nullable:
        return values.to_numpy(dtype=dtype), None
    missing = values.isna().to_numpy()
    if missing.all():
        return None
    return values.to_numpy(dtype=dtype, na_value=values.iloc[int(np.argmin(missing))]), missing


def _whole_floats(raw: NDArray[np.floating]) -> tuple[NDArray[np.integer], Flags] | None:
    for part in (raw[:512], raw):
        missing = np.isnan(part)
        with np.errstate(invalid="ignore"):
            whole = part.astype(np.int8)  # what cannot be held differs from the value, and is seen to
        if not ((whole == part) | missing).all():
            return None
    if missing.all():
        return None
    known = whole[int(np.argmin(missing))]
    return (whole - known) * (~missing).view(
        np.int8
    ) + known, missing  # known where missing, without a branch


def _checked(values: pd.Series, index: pd.Index) -> pd.Series:
    """The column as finite numbers or missing values, or an error naming the rows."""
    if isinstance(values.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        numbers = pd.to_numeric(values.astype(object), errors="coerce")
        bad = (numbers.isna() & values.notna()).to_numpy()
        if bad.any():
            raise DesignError(
                f"column {str(values.name)!r}: not a number in {rows_named(bad, index, values.astype(str))}; "
                "ask for proportion() where the column holds categories"
            )
        values = numbers
    infinite = np.isinf(values.to_numpy(dtype=float, na_value=np.nan))
    if infinite.any():
        raise DesignError(f"column {str(values.name)!r}: infinite in {rows_named(infinite, index)}")
    return values
