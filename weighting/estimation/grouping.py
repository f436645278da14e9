"""The rows of a design in domains, and the weighted tables of columns that were made there.

Columns of a few whole numbers (answers on a scale, truth values, categories) go through a weighted table cell ×
level, from which every sum follows and which the design keeps for the next question about the same column.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, absent, listed
from weighting.estimation.tables import (
    BATCH,
    SmallCodes,
    categories_of,
    flag_counts,
    levels_of,
    weighted_tables,
)
from weighting.groups import Codes, Flags, Floats, group_totals
from weighting.variance.cells import ClusterCells

#: Columns of every table, which no by-column can be called.
RESERVED = ("statistic", "estimate", "se", "ci_low", "ci_high", "df", "n", "n_eff", "deff", "note")


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
    _columns: dict[str, pd.Series] = field(default_factory=dict)
    _tables: dict[tuple[str, bool], Tabulation | None] = field(default_factory=dict)

    @cached_property
    def cells(self) -> ClusterCells:
        return self.design.cells(self.domain, self.n_domains)

    def column(self, name: str) -> pd.Series:
        """A column of the design [n], fetched once."""
        if name not in self._columns:
            self._columns[name] = self.design.column(name)
        return self._columns[name]

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
    @np.errstate(divide="ignore", invalid="ignore")
    def worth(self) -> Floats:
        """What a row is worth [J] where answers do not vary: (Σ w)² / (n Σ w² (1 − f)), 1/(1 − f) for equal weights.

        Infinite in a complete census.
        """
        sampled = np.prod([stage.fraction for stage in self.design.stages], axis=0)
        whole, unseen = self.sums(self.design.weights), self.sums(self.squares * (1 - sampled))
        return np.where(whole > 0, whole**2 / (self.rows * unseen), np.nan)

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
            found = {c: read(self.column(c)) for c in wanted[start : start + BATCH]}
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
