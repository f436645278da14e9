"""Means, totals and ratios in every domain, with their influence values, from weighted sums per cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from weighting.design.sample_design import SampleDesign
from weighting.estimation.grouping import Grouping
from weighting.estimation.study_variables import Moments, StudyVariable
from weighting.groups import Codes, Floats
from weighting.variance.cells import ClusterCells

#: Differences below this share of their terms are rounding: such answers are all equal.
EQUAL = 1e-13

#: So many numbers of tabulated columns are worked on at a time.
BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class Statistics:
    """Estimates of k statistics in J domains: what a table needs, and the influence values behind it.

    ``estimate`` [J, k]; ``influence`` [M, k] totals per cell; ``srs`` [J, k] the variance under simple random
    sampling; ``count`` and ``size`` [J, k] rows with a value and their Σ w.
    """

    variables: tuple[StudyVariable, ...]
    estimate: Floats
    influence: Floats
    srs: Floats
    count: NDArray[np.intp]
    size: Floats
    cells: ClusterCells


@dataclass(frozen=True, eq=False)
class Request:
    """What one call asks for: columns of a design, by domain. ``kind``: mean, total, proportion or ratio."""

    grouping: Grouping
    numerators: tuple[StudyVariable, ...]
    denominator: StudyVariable | None
    kind: str

    @property
    def design(self) -> SampleDesign:
        return self.grouping.design

    @property
    def domain(self) -> Codes:
        return self.grouping.domain

    @property
    def n_domains(self) -> int:
        return self.grouping.n_domains

    @property
    def names(self) -> list[str]:
        """Names of the statistics."""
        if self.denominator is not None:
            return [f"{v.column}/{self.denominator.column}" for v in self.numerators]
        return [name for v in self.numerators for name in v.names]

    def listwise(self) -> Request:
        """The same over the rows in which every column has a value."""
        complete = np.logical_and.reduce([v.valid for v in self.numerators])
        return replace(self, numerators=tuple(v.where(complete) for v in self.numerators))

    def degrees_of_freedom(self, rule: str | float) -> Floats:
        """Degrees of freedom [J] by a rule that does not look at the estimates."""
        if rule == "domain":
            return self.design.domain_degfs(self.domain, self.n_domains).astype(float)
        return np.full(self.n_domains, float(self.design.degf if isinstance(rule, str) else rule))

    def statistics(self) -> Iterator[Statistics]:
        """A few columns after the other, so that no more are in memory: tabulated ones in blocks."""
        if self.denominator is not None:
            for variable in self.numerators:
                both = variable.valid & self.denominator.valid
                yield self._ratio(variable.where(both), self.denominator.where(both))
            return
        run: list[StudyVariable] = []
        for variable in self.numerators:
            if run and not (variable.tabulated(self.grouping) and self._fits([*run, variable])):
                yield self._simple(run)
                run = []
            run.append(variable)
        yield self._simple(run)

    def _fits(self, run: list[StudyVariable]) -> bool:
        """Whether tabulated variables can be worked on together."""
        tabulated = run[0].tabulated(self.grouping)
        return tabulated and sum(len(v.names) for v in run) * self.grouping.cells.n_cells <= BLOCK

    def _simple(self, variables: list[StudyVariable]) -> Statistics:
        """Means, shares or totals of variables that share their cells."""
        moments, counts, cells = zip(*(v.moments(self.grouping) for v in variables), strict=True)
        count = np.repeat(np.stack(counts, axis=1), [len(v.names) for v in variables], axis=1)
        return _from_moments(tuple(variables), Moments.joined(moments), count, cells[0], self.kind)

    def _ratio(self, top: StudyVariable, bottom: StudyVariable) -> Statistics:
        design = self.design
        cells = self.grouping.cells_of(top.valid) if design.counts_presence else self.grouping.cells
        y, x, w = top.rows(), bottom.rows(), np.where(top.valid, design.weights, 0.0)
        size, total_y, total_x = (cells.by_domain(cells.totals(v)) for v in (w, w * y, w * x))
        count = self.grouping.count(~top.valid)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where((count > 0) & (total_x != 0), total_y / total_x, np.nan)
        rest = _remainder(y, np.where(self.domain >= 0, np.nan_to_num(ratio)[self.domain], 0.0) * x)
        totals = cells.totals(w * rest)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.nan_to_num(totals / total_x[cells.domain])
            mean_rest = np.nan_to_num(cells.by_domain(totals) / size)
            spread = cells.by_domain(cells.totals(w * rest**2)) - size * mean_rest**2
            srs = simple_random_variance(spread, size, count) * (size / total_x) ** 2
        return Statistics(
            (top,), ratio[:, None], z[:, None], srs[:, None], count[:, None], size[:, None], cells
        )

    def row_influence(self, found: Statistics) -> Floats:
        """Influence values [n, k] row by row: what calibrated designs regress on the auxiliaries."""
        numbers = [(v, k) for v in found.variables for k in range(len(v.names))]
        columns = [
            self._row_influence(v, k, estimate)
            for (v, k), estimate in zip(numbers, found.estimate.T, strict=True)
        ]
        return np.stack(columns, axis=1)

    def _row_influence(self, variable: StudyVariable, k: int, estimate: Floats) -> Floats:
        bottom, inside = self.denominator, self.domain >= 0
        valid = variable.valid if bottom is None else variable.valid & bottom.valid
        w = np.where(valid & inside, self.design.weights, 0.0)
        if self.kind == "total":
            return w * variable.rows(k)
        x = np.ones(self.design.n) if bottom is None else bottom.rows()
        scale = self.grouping.sums(w * x)
        rest = _remainder(variable.rows(k), np.nan_to_num(estimate)[self.domain] * x)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(w > 0, w * rest / scale[self.domain], 0.0)


def _from_moments(
    variables: tuple[StudyVariable, ...],
    moments: Moments,
    count: NDArray[np.intp],
    cells: ClusterCells,
    kind: str,
) -> Statistics:
    size, value, square = (cells.by_domain(m) for m in (moments.weight, moments.value, moments.square))
    with np.errstate(divide="ignore", invalid="ignore"):
        above = value / size
        spread = np.maximum(square - above * value, 0.0)
    theta = above[cells.domain]
    rest = _remainder(moments.value, theta * moments.weight, np.abs(theta + moments.shift) * moments.weight)
    flat = cells.by_domain(np.abs(rest)) == 0
    spread = np.where(flat & (spread <= EQUAL * square), 0.0, spread)
    srs = simple_random_variance(spread, size, count)
    empty = np.where(count > 0, 1.0, np.nan)
    if kind == "total":
        totals, z = value + moments.shift * size, moments.value + moments.shift * moments.weight
        return Statistics(variables, totals * empty, z, srs * size**2, count, size, cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.nan_to_num(rest / size[cells.domain])
    return Statistics(variables, (above + moments.shift) * empty, z, srs, count, size, cells)


def _remainder(value: Floats, fitted: Floats, terms: Floats | None = None) -> Floats:
    """value − fitted, exactly 0 where what is left is rounding of the terms."""
    rest = value - fitted
    scale = np.abs(value) + (np.abs(fitted) if terms is None else terms)
    return np.where(np.abs(rest) <= EQUAL * scale, 0.0, rest)


def simple_random_variance(spread: Floats, size: Floats, count: NDArray[np.intp]) -> Floats:
    """Variance of a mean of ``count`` rows drawn from Σ w = ``size``; ``spread`` = Σ w (y − ȳ)².

    (N − n)/(N n) · n/(n − 1) · Σ w (y − ȳ)² / Σ w; where Σ w does not exceed n, as if drawn with replacement.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        element = spread / size * count / (count - 1)
        finite = np.where(size > count * (1 + 1e-9), 1 - count / size, 1.0)
        return np.where(count > 1, element * finite / count, np.nan)
