"""The weighted histogram of coded items: all that means, shares, their errors and intervals need of the rows.

With answers on a scale of a few levels, Σ w by cell × item × level is sufficient for every mean and share and for
its linearised variance. Histograms of the parts of a file add up, so a file that does not fit in memory, or lies
in several places, gives exactly what one pass over all of it would give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from weighting.design.arguments import Arguments
from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, absent, is_whole, listed
from weighting.estimation.estimates import Estimates
from weighting.estimation.grouping import (
    BATCH,
    Answers,
    Grouping,
    SmallCodes,
    Tabulation,
    domains_of,
    flag_counts,
    weighted_tables,
)
from weighting.estimation.intervals import Confidence
from weighting.estimation.requests import Request, estimates_of
from weighting.estimation.study_variables import numeric, shares
from weighting.frozen import freeze
from weighting.groups import Floats, group_totals
from weighting.variance.cells import ClusterCells
from weighting.variance.leverage import LEVERAGE, SMALL_SAMPLE

#: The sums of a histogram.
_SUMS = ("table", "count", "rows", "weight", "square")


@dataclass(frozen=True, eq=False)
class Histogram:
    """Weighted counts of items' levels in cells; a cell is the part of a cluster that lies in one domain.

    ``table`` [cells, items, levels] Σ w; ``count`` [cells, items] rows with an answer; ``rows``, ``weight`` and
    ``square`` [cells] all rows, their Σ w and Σ w². Adding two histograms of the same cells, items and levels is
    the histogram of both files.

    >>> h = Histogram.of(np.array([[1, 5], [2, 0]]), [1.0, 3.0], cell=[0, 1], n_cells=2, levels=range(1, 6))
    >>> h.table[:, 0].tolist()
    [[1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0, 0.0]]
    >>> (h + h).count.tolist()
    [[2, 2], [2, 0]]
    """

    items: tuple[str, ...]
    levels: tuple[int, ...]
    table: Floats
    count: NDArray[np.intp]
    rows: NDArray[np.intp]
    weight: Floats
    square: Floats

    def __post_init__(self) -> None:
        freeze(self)

    @classmethod
    def of(
        cls,
        codes: NDArray[np.integer],
        weights: ArrayLike,
        cell: ArrayLike,
        n_cells: int,
        levels: Sequence[int],
        items: Sequence[str] | None = None,
    ) -> Histogram:
        """Count whole-number answers.

        Args:
            codes: integers [n, items]; a value outside ``levels`` is a missing answer. Columns that are contiguous
                in memory (``order="F"``) are read fastest.
            weights: [n], not negative. Weights of a calibrated design give its estimates, but errors that do not
                know of the calibration: those need the rows (:meth:`weighting.Design.mean`).
            cell: [n] 0 … n_cells − 1.
            levels: consecutive whole numbers.
            items: names; by default "1", "2", …

        Raises:
            DesignError: shapes that do not fit, codes or cells that are no whole numbers, weights that cannot be.
        """
        try:
            codes, w, cells = np.asarray(codes), np.asarray(weights, dtype=float), np.asarray(cell)
            scale = tuple(int(level) for level in levels)
        except (TypeError, ValueError) as error:
            raise DesignError(f"weights and levels: numbers are needed ({error})") from None
        columns = codes.shape[-1] if codes.ndim else 0
        names = tuple(str(i + 1) for i in range(columns)) if items is None else tuple(items)
        _refuse(codes, w, cells, n_cells, scale, names)
        cells = cells.astype(np.intp, copy=False)
        table = np.empty((n_cells, len(names), len(scale)))
        count = np.empty((n_cells, len(names)), dtype=np.intp)
        counted = np.where(w > 0, cells, n_cells)
        rows = np.bincount(counted, minlength=n_cells)[:n_cells]
        for start in range(0, len(names), BATCH):
            batch = [_small(codes[:, i], scale) for i in range(start, min(start + BATCH, len(names)))]
            gaps = [c == len(scale) for c in batch]
            count[:, start : start + len(batch)] = rows[:, None] - flag_counts(counted, n_cells, gaps)
            tables = weighted_tables(cells, n_cells, [(c, len(scale) + 1) for c in batch], w)
            table[:, start : start + len(batch)] = np.stack(tables, axis=1)[:, :, :-1]
        weight, square = (group_totals(v, cells, n_cells) for v in (w, w * w))
        return cls(names, scale, table, count, rows, weight, square)

    def __add__(self, other: Histogram) -> Histogram:
        if (self.items, self.levels, self.rows.size) != (other.items, other.levels, other.rows.size):
            raise DesignError("histograms of different items, levels or cells do not add up")
        sums = {name: getattr(self, name) + getattr(other, name) for name in _SUMS}
        return replace(self, **sums)

    def mean(  # noqa: PLR0913
        self,
        cells: pd.DataFrame,
        items: str | Sequence[str] | None = None,
        by: str | Sequence[str] | None = None,
        *,
        strata: Any = None,
        clusters: Any = None,
        fpc: Any = None,
        lonely: Any = "fail",
        nest: bool | None = None,
        small_sample: Any = LEVERAGE,
        interval: str | None = None,
        level: float = 0.95,
        df: str | float = "domain",
        within: tuple[float, float] | None = None,
    ) -> Estimates:
        """Means of items; ``cells`` has one row per cell, and the columns that ``strata``, ``clusters``, ``fpc``
        and ``by`` name (``nest`` and ``small_sample`` as for a :class:`weighting.Design`). The same numbers as
        :func:`weighting.estimation.means.mean` on the rows.

        >>> h = Histogram.of(np.array([[1], [2], [5], [4]]), np.ones(4), cell=[0, 0, 1, 1], n_cells=2, levels=range(1, 6))
        >>> h.mean(pd.DataFrame({"cluster": ["a", "b"]}), clusters="cluster").table()[["estimate", "se"]].to_dict("records")
        [{'estimate': 3.0, 'se': 1.5}]
        """
        confidence = Confidence.of_means(interval, level, df, within)
        how = {"strata": strata, "clusters": clusters, "fpc": fpc, "nest": nest}
        grouping = self._grouping(cells, by, how, lonely, small_sample)
        found = tuple(numeric(grouping, item) for item in self._named(items))
        return estimates_of(Request(grouping, found, None, "mean"), confidence)

    def proportion(  # noqa: PLR0913
        self,
        cells: pd.DataFrame,
        levels: Sequence[int],
        items: str | Sequence[str] | None = None,
        by: str | Sequence[str] | None = None,
        *,
        strata: Any = None,
        clusters: Any = None,
        fpc: Any = None,
        lonely: Any = "fail",
        nest: bool | None = None,
        small_sample: Any = LEVERAGE,
        interval: str = "bounded",
        level: float = 0.95,
        df: str | float = "domain",
    ) -> Estimates:
        """Shares of the answers in ``levels``; the same numbers as :func:`weighting.estimation.means.proportion`."""
        confidence = Confidence(interval, level, df)
        how = {"strata": strata, "clusters": clusters, "fpc": fpc, "nest": nest}
        grouping = self._grouping(cells, by, how, lonely, small_sample)
        found = tuple(shares(grouping, item, levels) for item in self._named(items))
        return estimates_of(Request(grouping, found, None, "proportion"), confidence)

    def _named(self, items: str | Sequence[str] | None) -> list[str]:
        names = listed(self.items if items is None else items)
        DesignError.raise_any(absent("item", names, self.items))
        return names

    def _grouping(
        self,
        cells: pd.DataFrame,
        by: str | Sequence[str] | None,
        how: Mapping[str, Any],
        lonely: Any,
        small_sample: Any,
    ) -> Grouping:
        """The cells as the rows of a design, with the tables of the items already made."""
        if len(cells) != self.rows.size:
            raise DesignError(f"cells: {len(cells)} rows for a histogram of {self.rows.size} cells")
        given = Arguments(cells)
        given.problems += absent("small_sample", [small_sample], SMALL_SAMPLE)
        policy, found = given.policy(lonely, False), given.stages(**how)
        weights = given.weights(self.weight, ())
        DesignError.raise_any(given.problems)
        design = SampleDesign(given.frame, weights, found, policy, small_sample=small_sample)
        if design.counts_presence:
            raise DesignError(
                "lonely='average' asks which rows have an answer: use the rows, not their histogram"
            )
        blank = {item: np.zeros(len(cells), dtype=np.int8) for item in self.items}
        design = design.with_columns(pd.DataFrame(blank, index=cells.index))
        grouping = HistogramGrouping(design, *domains_of(design, by), histogram=self)
        grouping.fill()
        return grouping


@dataclass(frozen=True, eq=False)
class HistogramGrouping(Grouping):
    """A grouping of cells instead of rows: counts come from the histogram."""

    histogram: Histogram = field(kw_only=True)

    def fill(self) -> None:
        """Sum the histogram's cells to the clusters × domains of the grouping, item by item."""
        h = self.histogram
        for i, item in enumerate(h.items):
            table = group_totals(h.table[:, i], self.cells.cell, self.cells.n_cells)
            self._tables[item, False] = Tabulation(pd.Index(h.levels), table, self._by_domain(h.count[:, i]))

    def _by_domain(self, counts: NDArray[np.intp]) -> NDArray[np.intp]:
        return np.rint(self.sums(counts.astype(float))).astype(np.intp)

    @property
    def rows(self) -> NDArray[np.intp]:
        return self._by_domain(self.histogram.rows)

    @property
    def even(self) -> bool:
        return self.design.small_sample != LEVERAGE  # one weight or several: the cells' sums do not tell

    def answered(self, answers: Answers, cells: ClusterCells) -> Floats:
        item = self.histogram.items.index(answers.column)
        return cells.totals(self.histogram.count[:, item].astype(float))

    @property
    def held(self) -> Floats:
        return self.rows.astype(float)

    @property
    def squares(self) -> Floats:
        return self.histogram.square


def _small(codes: NDArray[np.integer], levels: tuple[int, ...]) -> SmallCodes:
    """Level of each row [n], one past the last where there is none."""
    if codes.dtype.itemsize == 1:
        return np.asarray(np.minimum(codes.view(np.uint8) - np.uint8(levels[0] % 256), np.uint8(len(levels))))
    inside = (codes >= levels[0]) & (codes <= levels[-1])
    return np.where(inside, codes - levels[0], len(levels)).astype(np.uint8)


def _refuse(
    codes: NDArray[Any],
    weights: Floats,
    cell: NDArray[Any],
    n_cells: int,
    levels: tuple[int, ...],
    names: tuple[str, ...],
) -> None:
    problems = []
    if codes.ndim != 2 or codes.dtype.kind not in "iu":
        problems.append(
            f"codes: whole numbers of shape [rows, items] are needed, not {codes.dtype} {codes.shape}"
        )
    elif codes.shape[1] != len(names):
        problems.append(f"items: {len(names)} names for {codes.shape[1]} columns")
    if not levels or levels != tuple(range(levels[0], levels[0] + len(levels))) or len(levels) > 200:
        problems.append(f"levels: {list(levels)[:8]} are not consecutive whole numbers")
    if weights.shape != cell.shape or weights.ndim != 1 or weights.shape != codes.shape[:1]:
        problems.append(
            f"{codes.shape[0] if codes.ndim else 0} rows of codes, weights {weights.shape}, cell {cell.shape}"
        )
    elif not (np.isfinite(weights) & (weights >= 0)).all():
        row = int(np.argmin(np.isfinite(weights) & (weights >= 0)))
        problems.append(f"weights: negative, missing or infinite in row {row} ({weights[row]})")
    elif not is_whole(n_cells):
        problems.append(f"n_cells: {n_cells!r} is not a whole number")
    elif cell.dtype.kind not in "iu" or (cell.size and (cell.min() < 0 or cell.max() >= n_cells)):
        problems.append(f"cell: whole numbers from 0 to {n_cells - 1} are needed")
    DesignError.raise_any(problems)
