"""Means, totals and ratios in every domain, with their influence values, from weighted sums per cell."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.design.record import Design
from weighting.errors import DesignError, absent, listed
from weighting.estimation.grouping import Grouping
from weighting.estimation.variable import Moments, Variable
from weighting.variance.linearization import Cells, Codes, Floats

#: Differences below this share of their terms are rounding: such answers are all equal.
EQUAL = 1e-13

#: Columns of every table, which no by-column can be called.
RESERVED = ("statistic", "estimate", "se", "ci_low", "ci_high", "df", "n", "n_eff", "deff", "note")

#: So many numbers of tabulated columns are worked on at a time.
BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class Linear:
    """Estimates of k statistics in J domains: what a table needs, and the influence values behind it.

    ``estimate`` [J, k]; ``influence`` [M, k] totals per cell; ``srs`` [J, k] the variance under simple random
    sampling; ``count`` and ``size`` [J, k] rows with a value and their Σ w.
    """

    variables: tuple[Variable, ...]
    estimate: Floats
    influence: Floats
    srs: Floats
    count: NDArray[np.intp]
    size: Floats
    cells: Cells

    @property
    def statistics(self) -> list[tuple[Variable, int]]:
        """The variable of each statistic [k], and which of its numbers it is."""
        return [(v, k) for v in self.variables for k in range(len(v.names))]


@dataclass(frozen=True, eq=False)
class Request:
    """What one call asks for: columns of a design, by domain. ``kind``: mean, total, proportion or ratio."""

    grouping: Grouping
    numerators: tuple[Variable, ...]
    denominator: Variable | None
    kind: str

    @property
    def design(self) -> Design:
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

    def linears(self) -> Iterator[Linear]:
        """A few columns after the other, so that no more are in memory: tabulated ones in blocks."""
        if self.denominator is not None:
            for variable in self.numerators:
                both = variable.valid & self.denominator.valid
                yield self._ratio(variable.where(both), self.denominator.where(both))
            return
        run: list[Variable] = []
        for variable in self.numerators:
            if variable.tabulated(self.grouping):
                run.append(variable)
                if sum(len(v.names) for v in run) * self.grouping.cells.n_cells > BLOCK:
                    yield self._simple(run)
                    run = []
                continue
            if run:
                yield self._simple(run)
                run = []
            yield self._simple([variable])
        if run:
            yield self._simple(run)

    def _simple(self, variables: list[Variable]) -> Linear:
        """Means, shares or totals of variables that share their cells."""
        moments, counts, cells = zip(*(v.moments(self.grouping) for v in variables), strict=True)
        count = np.repeat(np.stack(counts, axis=1), [len(v.names) for v in variables], axis=1)
        return _from_moments(tuple(variables), Moments.joined(moments), count, cells[0], self.kind)

    def _ratio(self, top: Variable, bottom: Variable) -> Linear:
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
        return Linear((top,), ratio[:, None], z[:, None], srs[:, None], count[:, None], size[:, None], cells)

    def row_influence(self, linear: Linear) -> Floats:
        """Influence values [n, k] row by row: what calibrated designs regress on the auxiliaries."""
        found = [
            self._row_influence(v, k, linear.estimate[:, i]) for i, (v, k) in enumerate(linear.statistics)
        ]
        return np.stack(found, axis=1)

    def _row_influence(self, variable: Variable, k: int, estimate: Floats) -> Floats:
        bottom, inside = self.denominator, self.domain >= 0
        valid = variable.valid if bottom is None else variable.valid & bottom.valid
        w = np.where(valid & inside, self.design.weights, 0.0)
        if self.kind == "total":
            return w * variable.rows(k)
        x = np.ones(self.design.n) if bottom is None else bottom.rows()
        scale = np.bincount(self.domain[inside], weights=(w * x)[inside], minlength=self.n_domains)
        rest = _remainder(variable.rows(k), np.nan_to_num(estimate)[self.domain] * x)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(w > 0, w * rest / scale[self.domain], 0.0)


def _from_moments(
    variables: tuple[Variable, ...], moments: Moments, count: NDArray[np.intp], cells: Cells, kind: str
) -> Linear:
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
        return Linear(variables, totals * empty, z, srs * size**2, count, size, cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.nan_to_num(rest / size[cells.domain])
    return Linear(variables, (above + moments.shift) * empty, z, srs, count, size, cells)


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


def domains_of(design: Design, by: str | Sequence[str] | None) -> tuple[Codes, pd.DataFrame | None, int]:
    """Domain of each row [n], the domains' labels, and how many there are."""
    if by is None:
        return (
            np.zeros(design.n, dtype=np.intp) if design.domain is None else np.where(design.domain, 0, -1),
            None,
            1,
        )
    taken = [name for name in listed(by) if name in RESERVED]
    if taken:
        raise DesignError(
            *(f"by: the table has a column {name!r} of its own: rename this one" for name in taken)
        )
    domain, domains = design.codes(by)
    if not len(domains):
        names = ", ".join(repr(name) for name in listed(by))
        raise DesignError(f"by: {names} has no value in any row")
    return domain if design.domain is None else np.where(design.domain, domain, -1), domains, len(domains)


def grouping_of(design: Design, by: str | Sequence[str] | None) -> Grouping:
    """The design's rows in domains; the last grouping is kept with the design."""
    names = None if by is None else tuple(listed(by)) or None
    if names is not None and any(not isinstance(name, Hashable) for name in names):
        raise DesignError(*absent("column", names, design.frame.columns))
    if names not in design.kept:
        found = Grouping(design, *domains_of(design, names))
        design.kept.clear()
        design.kept[names] = found
    return design.kept[names]
