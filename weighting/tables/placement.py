"""Where each row of a sample lies in a cross-table, and what has to be asked to estimate its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, applying
from weighting.estimation.grouping import Grouping, domains_of
from weighting.estimation.requests import BLOCK, Request
from weighting.estimation.study_variables import StudyVariable
from weighting.groups import Codes, coded

#: Cells of a table, all groups together, beyond which nobody reads it and its covariance fills the memory.
MOST_CELLS = 4000

#: What a table holds of each cell, by the attribute, in the order of its columns.
MEASURES = {
    "total": "total",
    "cell_share": "cell share",
    "row_share": "row share",
    "column_share": "column share",
}


@dataclass(frozen=True, eq=False)
class Placement:
    """Which cell of which table each row of the sample lies in.

    ``design`` with the places of each row as columns; ``group``, ``row`` and ``column`` [n] (−1: none); labels of each; ``n``
    [groups, rows, columns] rows that count.
    """

    design: SampleDesign
    names: tuple[Any, Any]
    group: Codes
    row: Codes
    column: Codes
    groups: pd.DataFrame | None
    row_labels: pd.Index
    column_labels: pd.Index
    n: NDArray[np.intp]
    lost: int

    @classmethod
    def of(cls, design: SampleDesign, names: Sequence[Any], by: Any) -> Placement:
        group, groups, n_groups = domains_of(design, by)
        both = [coded(design.column(name)) for name in names]
        inside = (group >= 0) & (design.weights > 0)
        counted = inside & (both[0][0] >= 0) & (both[1][0] >= 0)
        if not counted.any():
            raise DesignError(f"crosstab: no row has a value of both {names[0]!r} and {names[1]!r}")
        (row, row_labels), (column, column_labels) = (
            _present(design.column(name), codes, labels, counted)
            for name, (codes, labels) in zip(names, both, strict=True)
        )
        shape = (n_groups, len(row_labels), len(column_labels))
        if np.prod(shape) > MOST_CELLS:
            raise DesignError(
                f"crosstab: {shape[1]:,} values of {names[0]!r} × {shape[2]:,} of {names[1]!r}"
                + (f" in {shape[0]:,} groups" if n_groups > 1 else "")
                + f" make more than {MOST_CELLS:,} cells; join values, or take a subset"
            )
        at = np.ravel_multi_index((group[counted], row[counted], column[counted]), shape)
        n = np.bincount(at, minlength=int(np.prod(shape))).reshape(shape)
        cell = np.where((row >= 0) & (column >= 0), row * shape[2] + column, -1)
        codes = {"cell": (cell, shape[1] * shape[2]), "row": (row, shape[1]), "column": (column, shape[2])}
        places = {
            what: pd.Categorical.from_codes(code, categories=pd.RangeIndex(size))
            for what, (code, size) in codes.items()
        }
        placed = design.with_columns(pd.DataFrame(places, index=design.frame.index))
        lost = int(((design.weights > 0) & ~counted).sum())
        return cls(
            placed, (names[0], names[1]), group, row, column, groups, row_labels, column_labels, n, lost
        )

    def request(self, what: str, domain: Codes, n_domains: int, kind: str) -> Request:
        """Shares (or totals) of the places ``what`` in domains [n]."""
        values = self.design.column(what)
        levels = values.cat.categories
        grouping = Grouping(self.design, domain, None, n_domains)
        together = max(1, BLOCK // max(1, grouping.cells.n_cells))
        variables = tuple(
            StudyVariable(
                column=what,
                names=tuple(str(level) for level in levels[first : first + together]),
                values=values,
                levels=levels,
                scores=np.eye(len(levels))[:, first : first + together],
                categorical=True,
            )
            for first in range(0, len(levels), together)
        )
        return Request(grouping, variables, None, kind)

    def cells(self, kind: str) -> Request:
        """Shares or totals of the cells of every table."""
        return self.request("cell", self.group, len(self.n), kind)

    def within(self, margin: str) -> Request:
        """Shares of the columns in every row of every table, or of the rows in every column."""
        own, other = (self.row, "column") if margin == "row" else (self.column, "row")
        size = self.n.shape[1] if margin == "row" else self.n.shape[2]
        domain = np.where((self.group >= 0) & (own >= 0), self.group * size + own, -1)
        return self.request(other, domain, len(self.n) * size, "proportion")

    def labels(self, measure: str) -> pd.DataFrame:
        """By-columns, row, column and statistic of every cell; down the columns for column shares."""
        G, R, C = self.n.shape
        group, row, column = np.indices((G, R, C)).reshape(3, -1)
        if measure == "column_share":
            group, column, row = np.indices((G, C, R)).reshape(3, -1)
        labels = pd.DataFrame(index=range(G)) if self.groups is None else self.groups
        labels = labels.iloc[group].reset_index(drop=True)
        labels[self.names[0]], labels[self.names[1]] = self.row_labels[row], self.column_labels[column]
        labels["statistic"] = MEASURES[measure]
        return labels

    def remarks(self) -> tuple[str, ...]:
        """What was left out."""
        counts = self.n.sum(axis=0)
        empty = int((counts == 0).sum())
        return tuple(
            applying(
                (self.lost, f"{self.lost:,} rows without a value of some column are left out"),
                (empty, f"{empty} of {counts.size} cells are empty"),
            )
        )


def _present(values: pd.Series, codes: Codes, labels: pd.Index, counted: Any) -> tuple[Codes, pd.Index]:
    """Codes [n] among the values that occur in the rows that count, or among all declared categories."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return codes, labels
    used = np.unique(codes[counted])
    place = np.full(len(labels) + 1, -1, dtype=np.intp)
    place[used] = np.arange(used.size)
    return place[codes], labels[used]
