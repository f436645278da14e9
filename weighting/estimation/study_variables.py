"""Columns as an estimator sees them: which rows have a value, and the weighted sums of values per cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.errors import DesignError, absent, listed, rows_named
from weighting.estimation.grouping import MOST_LEVELS, Grouping, Tabulation, categories_of
from weighting.groups import Flags, Floats
from weighting.variance.cells import ClusterCells


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted ``sums`` [3, M, k] over the rows of each of M cells that have a value: of 1, of y − shift, of its square.

    The ``shift`` [k] keeps sums of squares exact to rounding where values are far from zero (years, incomes).
    """

    sums: Floats
    shift: Floats

    @classmethod
    def of_table(cls, table: Floats, scores: Floats) -> Moments:
        """From Σ w [M, levels] and the k numbers [levels, k] that a level stands for."""
        shift = scores.min(axis=0)
        above = scores - shift
        return cls(table @ np.stack([np.ones_like(above), above, above**2]), shift)

    @classmethod
    def joined(cls, parts: Sequence[Moments]) -> Moments:
        """Several columns side by side."""
        shift = np.concatenate([part.shift for part in parts])
        return cls(np.concatenate([part.sums for part in parts], axis=2), shift)


@dataclass(frozen=True, eq=False)
class StudyVariable:
    """One column as k numbers per row: its value, or a truth value per category.

    ``levels`` [L] and ``scores`` [L, k] for columns of few values, none for others; ``mask`` [n] restricts the
    rows that count; ``categorical``: levels are all distinct values, of whatever kind.
    """

    column: str
    names: tuple[str, ...]
    values: pd.Series
    levels: pd.Index | None = None
    scores: Floats = field(default_factory=lambda: np.empty((0, 1)))
    mask: Flags | None = None
    categorical: bool = False

    @cached_property
    def valid(self) -> Flags:
        """Rows [n] with a value."""
        found = self.values.notna().to_numpy()
        return found if self.mask is None else found & self.mask

    def where(self, mask: Flags) -> StudyVariable:
        """The same column, only in the rows of ``mask`` [n]."""
        return replace(self, mask=mask if self.mask is None else mask & self.mask)

    def rows(self, k: int = 0) -> Floats:
        """Values [n] of the k-th statistic, 0 where there is none."""
        if self.levels is None:
            return np.where(self.valid, self.values.to_numpy(dtype=float, na_value=np.nan), 0.0)
        found = np.append(self.scores[:, k], 0.0)[categories_of(self.values)[0]]
        return found if self.mask is None else np.where(self.mask, found, 0.0)

    def outside(self, grouping: Grouping, lowest: float, highest: float) -> list[str]:
        """What is wrong with values that are declared to lie between two numbers."""
        where = f"column {self.column!r}: not between {lowest:g} and {highest:g}"
        kept, strange = self.table(grouping), np.empty(0)
        if kept is not None:
            found = self.scores[(kept.table > 0).any(axis=0), 0]
            strange = found[(found < lowest) | (found > highest)]
            if not strange.size:
                return []
        values = self.rows()
        bad = self.valid & (grouping.domain >= 0) & ((values < lowest) | (values > highest))
        if bad.any():
            return [f"{where} in {rows_named(bad, self.values.index, values)}"]
        return [f"{where}: {', '.join(f'{value:g}' for value in strange)}"] if strange.size else []

    def table(self, grouping: Grouping) -> Tabulation | None:
        """The grouping's weighted table of this column, where there is one that answers."""
        if self.levels is None or self.mask is not None:
            return None
        kept = grouping.tabulation(self.column, self.categorical)
        return kept if kept is not None and kept.count.size else None

    def moments(self, grouping: Grouping) -> tuple[Moments, NDArray[np.intp], ClusterCells]:
        """Weighted sums per cell, rows with a value [J], and the cells they are of."""
        kept = self.table(grouping)
        if kept is not None:
            return Moments.of_table(kept.table, self.scores), kept.count, grouping.cells
        cells = grouping.cells_of(self.valid) if grouping.design.counts_presence else grouping.cells
        return self._summed(cells, grouping.design.weights), grouping.count(~self.valid), cells

    def _summed(self, cells: ClusterCells, weights: Floats) -> Moments:
        held = np.where(self.valid, weights, 0.0)
        y = np.stack([self.rows(k) for k in range(len(self.names))], axis=1)
        shift = held @ y / max(held.sum(), 1e-300)
        above = y - shift
        weighted = held[:, None] * above
        weight = np.repeat(cells.totals(held)[:, None], shift.size, axis=1)
        return Moments(np.stack([weight, cells.totals(weighted), cells.totals(weighted * above)]), shift)


def numeric(grouping: Grouping, column: str) -> StudyVariable:
    """A column of numbers or truth values, as its values."""
    values, kept = grouping.design.column(column), grouping.tabulation(column)
    if kept is None:
        return StudyVariable(column, (column,), _checked(values))
    scores = kept.levels.to_numpy(dtype=float)[:, None]
    return StudyVariable(column, (column,), values, kept.levels, scores)


def shares(grouping: Grouping, column: str, wanted: object) -> StudyVariable:
    """A column as truth values: of being one of the levels ``wanted``; or of being true; or one for each category."""
    values, categorical = grouping.design.column(column), grouping.tabulation(column) is None
    kept = grouping.tabulation(column, categorical)
    levels = pd.Index([]) if kept is None else kept.levels
    if not len(levels):
        return StudyVariable(column, (column,), pd.Series(np.full(len(values), np.nan), index=values.index))
    names: tuple[str, ...] = (column,)
    if wanted is not None:
        scores = levels.isin(_wanted(values, column, wanted)).astype(float)[:, None]
    elif levels.isin((0, 1)).all() and (not categorical or levels.inferred_type == "boolean"):
        scores = levels.to_numpy(dtype=float)[:, None]
    else:
        present = _present(values, column, levels)
        names = tuple(f"{column}={label}" for label in levels[present])
        scores = np.eye(len(levels))[:, present]
    return StudyVariable(column, names, values, levels, scores, categorical=categorical)


def _present(values: pd.Series, column: str, levels: pd.Index) -> Flags:
    """Levels [L] that are categories to be told apart: those with rows, or all that are declared."""
    if len(levels) > MOST_LEVELS:
        raise DesignError(
            f"column {column!r}: {len(levels)} different values; shares are of truth values or of a few categories "
            "(for values between 0 and 1 ask for the mean with interval='bounded')"
        )
    return levels.isin(values.dropna().unique()) | isinstance(values.dtype, pd.CategoricalDtype)


def _wanted(values: pd.Series, column: str, given: object) -> list[Any]:
    """The levels asked for; a declared category has to exist."""
    wanted = listed(given)
    if not wanted:
        raise DesignError("levels: none are named")
    if isinstance(values.dtype, pd.CategoricalDtype):
        unknown = absent("category", wanted, values.cat.categories)
        DesignError.raise_any(f"column {column!r}: {problem}" for problem in unknown)
    return wanted


#: Larger numbers cannot be squared and added up.
LARGEST = 1e140


def _checked(values: pd.Series) -> pd.Series:
    """The column as finite numbers or missing values, or an error naming the rows."""
    index = values.index
    if values.dtype.kind == "c":
        raise DesignError(f"column {str(values.name)!r}: real numbers are needed, not {values.dtype}")
    if isinstance(values.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        numbers = pd.to_numeric(values.astype(object), errors="coerce")
        bad = (numbers.isna() & values.notna()).to_numpy()
        if bad.any():
            raise DesignError(
                f"column {str(values.name)!r}: not a number in {rows_named(bad, index, values.astype(str))}; "
                "ask for proportion() where the column holds categories"
            )
        values = numbers
    sizes = np.abs(values.to_numpy(dtype=float, na_value=np.nan))
    large = sizes > LARGEST
    if large.any():
        what = "infinite" if np.isinf(sizes[large]).all() else f"beyond {LARGEST:g}"
        raise DesignError(f"column {str(values.name)!r}: {what} in {rows_named(large, index)}")
    return values
