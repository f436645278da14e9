"""The rows of a design in domains, and the weighted tables of columns that were made there.

Columns of a few whole numbers (answers on a scale, truth values, categories) go through a weighted table cell ×
level, from which every sum follows and which the design keeps for the next question about the same column.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, absent, listed
from weighting.estimation.degrees import Span, reached
from weighting.groups import Codes, Flags, Floats, coded, group_totals
from weighting.variance.cells import ClusterCells

SmallCodes = NDArray[np.unsignedinteger]

#: Rows worked on at a time: what they need stays in the processor's cache, columns of few levels share a pass over the rows,
#: and so do the gaps of eight columns (tests/benchmarks/test_weighting_speed.py).
CHUNK = 65_536

#: Columns whose gaps are counted together: one bit of a byte each.
BATCH = 8

#: Whole numbers spread over no more than this many values are tabulated instead of summed one by one.
MOST_LEVELS = 32

#: Columns of every table, which no by-column can be called.
RESERVED = ("statistic", "estimate", "se", "ci_low", "ci_high", "df", "n", "n_eff", "deff", "note")


class Answers(Protocol):
    """A column by its name, and the rows [n] in which it has a value."""

    @property
    def column(self) -> str: ...

    @property
    def valid(self) -> Flags: ...


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

    design: SampleDesign
    domain: Codes
    domains: pd.DataFrame | None
    n_domains: int
    _tables: dict[tuple[str, bool], Tabulation | None] = field(default_factory=dict)

    @cached_property
    def cells(self) -> ClusterCells:
        return self.design.cells(self.domain, self.n_domains)

    def cells_of(self, valid: Flags) -> ClusterCells:
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
    def reached(self) -> tuple[Floats, Floats]:
        """Clusters and strata of the first stage [J, 1] each, in which a domain has a row of positive weight."""
        weighed = (self.design.weights > 0).astype(float)[:, None]
        return reached(self.cells, self.cells.totals(weighed) > 0)

    @cached_property
    def drawn(self) -> Flags:
        """Whether a domain [J] has rows in first-stage clusters that were drawn, not all taken."""
        return np.asarray(self.sums((self.design.stages[0].fraction < 1).astype(float)) > 0)

    @cached_property
    def span(self) -> Span:
        """Which clusters of the first stage hold rows of which domain."""
        return Span.of(self.design.stages[0], self.design.weights, self.domain, self.n_domains)

    @cached_property
    @np.errstate(divide="ignore", invalid="ignore")
    def worth(self) -> Floats:
        """What a row is worth [J] where answers do not vary: (Σ w)² / (n Σ w² (1 − f)), 1/(1 − f) for equal weights.

        Infinite in a complete census.
        """
        sampled = np.prod([stage.fraction for stage in self.design.stages], axis=0)
        whole, unseen = self.sums(self.design.weights), self.sums(self.squares * (1 - sampled))
        return np.where(whole > 0, whole**2 / (self.rows * unseen), np.nan)

    @property
    def even(self) -> bool:
        """Whether n/(n − 1) is all that deviations need."""
        return self.design.even

    def answered(self, answers: Answers, cells: ClusterCells) -> Floats:
        """Rows [M] with a value of a column and a positive weight in each cell."""
        return cells.totals((answers.valid & (self.design.weights > 0)).astype(float))

    @property
    def squares(self) -> Floats:
        """Squared weights [n]."""
        return self.design.weights**2

    def sums(self, values: Floats) -> Floats:
        """Totals [J] of row values [n]."""
        domain = np.where(self.domain < 0, self.n_domains, self.domain)
        return group_totals(values, domain, self.n_domains)

    def count(self, missing: Flags) -> NDArray[np.intp]:
        """Rows [J] with a positive weight that are not ``missing`` [n]."""
        return self.rows - np.bincount(self._counted[missing], minlength=self.n_domains)[: self.n_domains]

    def tabulate(self, columns: Iterable[str], categorical: bool = False) -> None:
        """Make the weighted tables of columns that have none yet, eight at a time."""
        read = categories_of if categorical else levels_of
        wanted = [c for c in dict.fromkeys(columns) if (c, categorical) not in self._tables]
        for start in range(0, len(wanted), BATCH):
            found = {c: read(self.design.column(c)) for c in wanted[start : start + BATCH]}
            made = self._counted_in({c: codes for c, codes in found.items() if codes is not None})
            self._tables.update({(c, categorical): made.get(c) for c in found})

    def tabulation(self, column: str, categorical: bool = False) -> Tabulation | None:
        """The column's weighted table, made once; None where its values are many, or not whole numbers (unless every
        distinct value is a level: ``categorical``)."""
        self.tabulate([column], categorical)
        return self._tables[column, categorical]

    def _counted_in(self, found: dict[str, tuple[SmallCodes, pd.Index]]) -> dict[str, Tabulation]:
        """The columns' tables, empty for those whose table is not smaller than themselves."""
        most = 0 if self.design.counts_presence else (4 * self.design.n + 4096) // max(self.cells.n_cells, 1)
        made = {
            column: Tabulation(levels, np.empty((0, len(levels))), np.empty(0, dtype=np.intp))
            for column, (_, levels) in found.items()
        }
        small = {c: (codes, len(levels)) for c, (codes, levels) in found.items() if len(levels) < most}
        if small:
            gaps = flag_counts(self._counted, self.n_domains, [codes == n for codes, n in small.values()])
            columns = [(codes, n + 1) for codes, n in small.values()]
            cell, n_cells = self.cells.cell, self.cells.n_cells
            tables = weighted_tables(cell, n_cells, columns, self.design.weights)
            for column, table, lost in zip(small, tables, gaps.T, strict=True):
                made[column] = Tabulation(found[column][1], table[:, :-1], self.rows - lost)
        return made


def domains_of(
    design: SampleDesign, by: str | Sequence[str] | None
) -> tuple[Codes, pd.DataFrame | None, int]:
    """Domain of each row [n], the domains' labels, and how many there are."""
    if by is None:
        return design.inside(np.zeros(design.n, dtype=np.intp)), None, 1
    DesignError.raise_any(
        f"by: the table has a column {name!r} of its own: rename this one"
        for name in listed(by)
        if name in RESERVED
    )
    domain, domains = design.codes(by)
    if not len(domains):
        names = ", ".join(repr(name) for name in listed(by))
        raise DesignError(f"by: {names} has no value in any row")
    return design.inside(domain), domains, len(domains)


def grouping_of(design: SampleDesign, by: str | Sequence[str] | None) -> Grouping:
    """The design's rows in domains; the last grouping is kept with the design."""
    names = None if by is None else tuple(listed(by)) or None
    if names is not None and any(not isinstance(name, Hashable) for name in names):
        raise DesignError(*absent("column", names, design.frame.columns))
    if names not in design.kept:
        design.kept.clear()
        design.kept[names] = Grouping(design, *domains_of(design, names))
    kept: Grouping = design.kept[names]
    return kept


# ---- columns of few values as small codes, and their weighted tables: nothing is checked here --------------------------


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
            return codes, pd.RangeIndex(low, high + 1)
    return None


def categories_of(values: pd.Series) -> tuple[SmallCodes, pd.Index]:
    """Level of each row [n] (one past the last: missing) and the levels, for any column: its distinct values.

    >>> codes, levels = categories_of(pd.Series(["b", None, "a"]))
    >>> codes.tolist(), levels.tolist()
    ([1, 2, 0], ['a', 'b'])
    """
    found = levels_of(values)
    if found is not None:
        return found
    place, labels = coded(values)
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


def weighted_table(cell: Codes, n_cells: int, codes: SmallCodes, width: int, weights: Floats) -> Floats:
    """Σ w [n_cells, width] by cell [n] (``n_cells``: in none) and code [n] below ``width``.

    >>> weighted_table(np.array([0, 1, 1]), 2, np.array([1, 0, 1], dtype=np.uint8), 2, np.array([1.0, 2.0, 4.0])).tolist()
    [[0.0, 1.0], [2.0, 4.0]]
    """
    size = (n_cells + 1) * width
    total, step = np.zeros(size), max(CHUNK, 8 * size)
    key = np.empty(min(step, codes.size), dtype=np.intp)
    for start in range(0, codes.size, step):
        rows = slice(start, start + step)
        part = key[: codes[rows].size]
        np.multiply(cell[rows], width, out=part)
        part += codes[rows]
        total += np.bincount(part, weights[rows], size)
    return total[: n_cells * width].reshape(n_cells, width)


def weighted_tables(
    cell: Codes, n_cells: int, columns: Sequence[tuple[SmallCodes, int]], weights: Floats
) -> list[Floats]:
    """:func:`weighted_table` of several columns (codes and width); those of few levels two at a time."""
    tables: list[Floats] = []
    for (first, a), (second, b) in zip(columns[::2], columns[1::2], strict=False):
        if a * b <= 256 and 2 * a * b * n_cells <= cell.size:
            joint = first.astype(np.uint8) * np.uint8(b) + second.astype(np.uint8)
            both = weighted_table(cell, n_cells, joint, a * b, weights).reshape(n_cells, a, b)
            tables += [both.sum(axis=2), both.sum(axis=1)]
        else:
            tables += [
                weighted_table(cell, n_cells, codes, width, weights)
                for codes, width in ((first, a), (second, b))
            ]
    if len(columns) % 2:
        tables.append(weighted_table(cell, n_cells, *columns[-1], weights))
    return tables


def flag_counts(group: NDArray[Any], n_groups: int, flags: Sequence[Flags]) -> NDArray[np.intp]:
    """Number of rows flagged [n_groups, columns] by group [n] (``n_groups``: in none), for up to eight columns.

    The flags of a row are the bits of a byte, so that one pass counts them all.

    >>> flag_counts(np.array([0, 1, 1]), 2, [np.array([True, True, True]), np.array([False, False, True])]).tolist()
    [[1, 0], [2, 1]]
    """
    if len(flags) < 3 or 256 * n_groups > group.size:
        found = [np.bincount(group[f], minlength=n_groups)[:n_groups] for f in flags]
        return np.stack(found, axis=1) if found else np.empty((n_groups, 0), dtype=np.intp)
    size = (n_groups + 1) * 256
    table, step = np.zeros(size, dtype=np.intp), max(CHUNK, 8 * size)
    for start in range(0, group.size, step):
        rows = slice(start, start + step)
        byte = np.zeros(flags[0][rows].size, dtype=np.uint8)
        for bit, f in enumerate(flags):
            byte |= f[rows].view(np.uint8) << np.uint8(bit)
        table += np.bincount((group[rows].astype(np.intp) << 8) + byte, minlength=size)
    bits = np.arange(256)[:, None] >> np.arange(len(flags)) & 1
    return table.reshape(-1, 256)[:n_groups] @ bits
