"""The rows of a design in domains, and the weighted tables of columns that were made there.

Columns of a few whole numbers (answers on a scale, truth values, categories) go through a weighted table cell ×
level, from which every sum follows and which the design keeps for the next question about the same column.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.design.record import Design, factorize
from weighting.estimation.tables import BATCH, CHUNK, SmallCodes, flag_counts, weighted_tables
from weighting.variance.linearization import Cells, Codes, Flags, Floats, group_totals

#: Whole numbers spread over no more than this many values are tabulated instead of summed one by one.
MOST_LEVELS = 32


@dataclass(frozen=True, eq=False)
class Tabulation:
    """One column in the cells of a grouping: its levels, Σ w [M, levels], and rows with a value [J].

    Table and counts are empty where they would not be smaller than the column itself.
    """

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
    _columns: dict[str, pd.Series] = field(default_factory=dict)
    _tables: dict[str, Tabulation | None] = field(default_factory=dict)
    _categories: dict[str, Tabulation] = field(default_factory=dict)

    @cached_property
    def cells(self) -> Cells:
        return self.design.cells(self.domain, self.n_domains)

    def column(self, name: str) -> pd.Series:
        """A column of the design [n], fetched once."""
        if name not in self._columns:
            self._columns[name] = self.design.column(name)
        return self._columns[name]

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

    @cached_property
    def worth(self) -> Floats:
        """What a row is worth [J] where answers do not vary: (Σ w)² / (n Σ w² (1 − f)), 1/(1 − f) for equal weights.

        Infinite in a complete census.
        """
        sampled = np.ones(self.design.n)
        for stage in self.design.stages:
            sampled = sampled * (1 - stage.rest)[stage.stratum][stage.cluster]
        whole, unseen = self._sums(self.design.weights), self._sums(self.squares * (1 - sampled))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(whole > 0, whole**2 / (self.rows * unseen), np.nan)

    @property
    def squares(self) -> Floats:
        """Squared weights [n]."""
        return self.design.weights**2

    def _sums(self, values: Floats) -> Floats:
        """Totals [J] of row values [n]."""
        domain = np.where(self.domain < 0, self.n_domains, self.domain)
        return group_totals(values, domain, self.n_domains)

    def count(self, missing: Flags) -> NDArray[np.intp]:
        """Rows [J] with a positive weight that are not ``missing`` [n]."""
        return self.rows - np.bincount(self._counted[missing], minlength=self.n_domains)[: self.n_domains]

    def tabulate(self, columns: Iterable[str]) -> None:
        """Make the weighted tables of columns that have none yet, eight at a time."""
        wanted = [c for c in dict.fromkeys(columns) if c not in self._tables]
        for start in range(0, len(wanted), BATCH):
            found = {c: levels_of(self.column(c)) for c in wanted[start : start + BATCH]}
            self._tables.update({c: None for c, codes in found.items() if codes is None})
            self._tables.update(
                self._counted_in({c: codes for c, codes in found.items() if codes is not None})
            )

    def tabulation(self, column: str) -> Tabulation | None:
        """The column's weighted table, made once; None where its values are many, or not whole numbers."""
        if column not in self._tables:
            self.tabulate([column])
        return self._tables[column]

    def categories(self, column: str) -> Tabulation:
        """The weighted table of any column, each distinct value a level."""
        kept = self.tabulation(column)
        if kept is not None:
            return kept
        if column not in self._categories:
            self._categories.update(self._counted_in({column: categories_of(self.column(column))}))
        return self._categories[column]

    def _counted_in(self, found: dict[str, tuple[SmallCodes, pd.Index]]) -> dict[str, Tabulation]:
        """The columns' tables, empty for those whose table is not smaller than themselves."""
        most = 0 if self.design.counts_presence else (4 * self.design.n + 4096) // max(self.cells.n_cells, 1)
        small = [c for c, (_, levels) in found.items() if len(levels) < most]
        gaps = flag_counts(self._counted, self.n_domains, [found[c][0] == len(found[c][1]) for c in small])
        columns = [(found[c][0], len(found[c][1]) + 1) for c in small]
        cells = self.cells if small else None
        tables = weighted_tables(cells.cell, cells.n_cells, columns, self.design.weights) if cells else []
        made = {
            column: Tabulation(levels, np.empty((0, len(levels))), np.empty(0, dtype=np.intp))
            for column, (_, levels) in found.items()
        }
        for column, table, lost in zip(small, tables, gaps.T, strict=True):
            made[column] = Tabulation(found[column][1], table[:, :-1], self.rows - lost)
        return made


def levels_of(values: pd.Series) -> tuple[SmallCodes, pd.Index] | None:
    """Level of each row [n] (one past the last: missing) and the levels, for columns of few whole numbers.

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
            return codes, _whole_levels(low, high)
    return None


@cache
def _whole_levels(low: int, high: int) -> pd.Index:
    return pd.Index(np.arange(low, high + 1))


def categories_of(values: pd.Series) -> tuple[SmallCodes, pd.Index]:
    """Level of each row [n] (one past the last: missing) and the levels, for any column: its distinct values.

    >>> codes, levels = categories_of(pd.Series(["b", None, "a"]))
    >>> codes.tolist(), levels.tolist()
    ([1, 2, 0], ['a', 'b'])
    """
    found = levels_of(values)
    if found is not None:
        return found
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
    held = values.array
    missing = np.asarray(held.isna())
    if missing.all():
        return None
    return held.to_numpy(dtype=dtype, na_value=held[int(np.argmin(missing))]), missing


def _whole_floats(raw: NDArray[np.floating]) -> tuple[NDArray[np.integer], Flags] | None:
    whole, missing = np.empty(raw.size, dtype=np.int8), np.empty(raw.size, dtype=bool)
    for start in range(0, raw.size, CHUNK):
        rows = slice(start, start + CHUNK)
        part = raw[rows]
        np.isnan(part, out=missing[rows])
        with np.errstate(invalid="ignore"):
            whole[rows] = part.astype(np.int8)  # what cannot be held differs from the value, and is seen to
        if not ((whole[rows] == part) | missing[rows]).all():
            return None
    if missing.all():
        return None
    known = whole[int(np.argmin(missing))]
    filled = (whole - known) * (~missing).view(np.int8) + known  # known where missing, without a branch
    return filled, missing
