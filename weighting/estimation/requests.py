"""What one call asks for, and the table that answers it: means, totals and ratios in every domain with their influence
values, from weighted sums per cell; variances, design effects, limits and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, applying
from weighting.estimation import intervals
from weighting.estimation.degrees import reached
from weighting.estimation.estimates import ONE_CLUSTER, Estimates, labels_of
from weighting.estimation.grouping import Grouping
from weighting.estimation.intervals import Confidence, chosen
from weighting.estimation.study_variables import Moments, StudyVariable
from weighting.groups import Codes, Flags, Floats
from weighting.variance.cells import ClusterCells
from weighting.variance.influence import Influence
from weighting.variance.leverage import Leverage

#: Differences below this share of their terms are rounding: such answers are all equal.
EQUAL = 1e-13

#: So many numbers of tabulated columns are worked on at a time.
BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class Statistics:
    """Estimates of k statistics in J domains: what a table needs, and the influence values behind it.

    ``estimate`` [J, k]; ``influence`` [M, k] totals per cell; ``srs`` [J, k] the variance under simple random
    sampling; ``count`` and ``size`` [J, k] rows with a value and their Σ w; ``weight`` [M, k] that sum in each of the ``cells``;
    ``evenness`` [J, k] the share of the degrees of freedom that unequal weights leave.
    """

    variables: Sequence[StudyVariable]
    estimate: Floats
    influence: Floats
    srs: Floats
    count: NDArray[np.intp]
    size: Floats
    weight: Floats
    cells: ClusterCells
    evenness: Floats | None = None

    def with_leverage(self, weight: Floats, even: Floats, hidden: bool) -> Statistics:
        """The same with the share of degrees of freedom that unequal weights leave and, where it is ``hidden``, what leverage
        hides of the influence totals; ``weight`` and ``even`` [M, k]: Σ w a and Σ a (for a ratio Σ w a x and Σ a x)."""
        leverage = Leverage.of(self.cells)
        kept = replace(self, evenness=leverage.evenness(weight, even))
        if not hidden:
            return kept
        lacking = leverage.lacking(self.influence, weight, even)
        return replace(kept, influence=self.influence + lacking * weight)

    @property
    def left(self) -> Floats:
        """:meth:`weighting.variance.leverage.Leverage.evenness` [J, k]; 1 where nothing is to be made up for."""
        return np.ones_like(self.estimate) if self.evenness is None else self.evenness


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

    def degrees_of_freedom(self, rule: str | float, of_domain: Floats) -> Floats:
        """Degrees of freedom by a rule that does not look at the estimates: those ``of_domain``, the design's, or a number."""
        if rule == "domain":
            return of_domain
        return np.full(of_domain.shape, float(self.design.degf if isinstance(rule, str) else rule))

    def reached(self, cells: ClusterCells, weight: Floats, count: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Clusters and strata of the first stage [J, k] each, in which a domain has a row with a value: from Σ w [M, k] in its
        cells, and the number [J, k] of such rows."""
        if (count == self.grouping.rows[:, None]).all():
            clusters, strata = (np.broadcast_to(v, count.shape) for v in self.grouping.reached)
            return clusters, strata
        return reached(cells, weight > 0)

    def outside(self, lowest: float, highest: float) -> list[str]:
        """What is wrong with columns of values declared to lie between two numbers."""
        return [fault for v in self.numerators for fault in v.outside(self.grouping, lowest, highest)]

    def statistics(self) -> Iterator[Statistics]:
        """A few columns after the other, so that no more are in memory: tabulated ones in blocks."""
        if self.denominator is not None:
            for variable in self.numerators:
                both = variable.valid & self.denominator.valid
                yield self._ratio(variable.where(both), self.denominator.where(both))
            return
        run: list[StudyVariable] = []
        for variable in self.numerators:
            if run and not self._fit([*run, variable]):
                yield self._simple(run)
                run = []
            run.append(variable)
        yield self._simple(run)

    def _fit(self, run: list[StudyVariable]) -> bool:
        """Whether these variables can be worked on together: tabulated ones, as many as fit into memory."""
        tabulated = all(v.table(self.grouping) is not None for v in (run[0], run[-1]))
        return tabulated and sum(len(v.names) for v in run) * self.grouping.cells.n_cells <= BLOCK

    def _simple(self, variables: list[StudyVariable]) -> Statistics:
        """Means, shares or totals of variables that share their cells."""
        moments, counts, cells = zip(*(v.moments(self.grouping) for v in variables), strict=True)
        count = np.repeat(np.stack(counts, axis=1), [len(v.names) for v in variables], axis=1)
        joined = Moments.joined(moments)
        found = _from_moments(variables, joined, count, cells[0], self.kind)
        if self.grouping.even:
            return found
        even = [self.grouping.answered(v, cells[0]) for v in variables for _ in v.names]
        return found.with_leverage(joined.sums[0], np.stack(even, axis=1), self._hidden)

    @property
    def _hidden(self) -> bool:
        """Whether totals by cell have to be brought to full size; calibrated designs take rows, and uncalibrated totals are not
        measured from an estimate."""
        return not (self.design.adjustments or self.kind == "total")

    @np.errstate(divide="ignore", invalid="ignore")
    def _ratio(self, top: StudyVariable, bottom: StudyVariable) -> Statistics:
        design = self.design
        cells = self.grouping.cells_of(top.valid) if design.counts_presence else self.grouping.cells
        y, x, w = top.rows(), bottom.rows(), np.where(top.valid, design.weights, 0.0)
        size, total_y, total_x = (cells.by_domain(cells.totals(v)) for v in (w, w * y, w * x))
        count = self.grouping.count(~top.valid)
        ratio = np.where((count > 0) & (total_x != 0), total_y / total_x, np.nan)
        rest = _remainder(y, np.where(self.domain >= 0, np.nan_to_num(ratio)[self.domain], 0.0) * x)
        totals = cells.totals(w * rest)
        z = np.nan_to_num(totals / total_x[cells.domain])
        mean_rest = np.nan_to_num(cells.by_domain(totals) / size)
        spread = cells.by_domain(cells.totals(w * rest**2)) - size * mean_rest**2
        srs = simple_random_variance(spread, size, count) * (size / total_x) ** 2
        held = cells.totals(w)[:, None]
        found = Statistics(
            (top,), ratio[:, None], z[:, None], srs[:, None], count[:, None], size[:, None], held, cells
        )
        if self.grouping.even:
            return found
        weight, even = cells.totals(w * x), cells.totals(np.where(w > 0, x, 0.0))
        return found.with_leverage(weight[:, None], even[:, None], self._hidden)

    def row_influence(self, found: Statistics) -> Floats:
        """Influence values [n, k] row by row: what calibrated designs regress on the auxiliaries."""
        numbers = [(v, k) for v in found.variables for k in range(len(v.names))]
        weights = [self._weights_in(v) for v, _ in numbers]
        columns = [
            self._row_influence(v, k, estimate, weight)
            for (v, k), estimate, weight in zip(numbers, found.estimate.T, weights, strict=True)
        ]
        u, weight, estimated = np.stack(columns, axis=1), np.stack(weights, axis=1), self.kind != "total"
        return self.design.with_leverage(u, self.domain, self.n_domains, weight, estimated)

    def _weights_in(self, variable: StudyVariable) -> Floats:
        """w a [n] of a mean, share or total; w a x of a ratio."""
        bottom, inside = self.denominator, self.domain >= 0
        if bottom is None:
            return np.where(variable.valid & inside, self.design.weights, 0.0)
        return np.where(variable.valid & bottom.valid & inside, self.design.weights * bottom.rows(), 0.0)

    @np.errstate(divide="ignore", invalid="ignore")
    def _row_influence(self, variable: StudyVariable, k: int, estimate: Floats, weight: Floats) -> Floats:
        if self.kind == "total":
            return weight * variable.rows(k)
        bottom = self.denominator
        x = np.ones(self.design.n) if bottom is None else bottom.rows()
        valid = variable.valid if bottom is None else variable.valid & bottom.valid
        w = np.where(valid & (self.domain >= 0), self.design.weights, 0.0)
        rest = _remainder(variable.rows(k), np.nan_to_num(estimate)[self.domain] * x)
        return np.where(w > 0, w * rest / self.grouping.sums(weight)[self.domain], 0.0)


@np.errstate(divide="ignore", invalid="ignore")
def _from_moments(
    variables: list[StudyVariable], moments: Moments, count: NDArray[np.intp], cells: ClusterCells, kind: str
) -> Statistics:
    weight, total, _ = moments.sums
    size, value, square = (cells.by_domain(m) for m in moments.sums)
    above = value / size
    theta = above[cells.domain]
    rest = _remainder(total, theta * weight, np.abs(theta + moments.shift) * weight)
    flat = cells.by_domain(np.abs(rest)) == 0
    spread = np.maximum(square - above * value, 0.0)
    spread = np.where(flat & (spread <= EQUAL * square), 0.0, spread)
    srs = simple_random_variance(spread, size, count)
    estimate, z = above + moments.shift, np.nan_to_num(rest / size[cells.domain])
    if kind == "total":
        estimate, srs = value + moments.shift * size, srs * size**2
        z = total + moments.shift * weight
    return Statistics(variables, np.where(count > 0, estimate, np.nan), z, srs, count, size, weight, cells)


def _remainder(value: Floats, fitted: Floats, terms: Floats | None = None) -> Floats:
    """value − fitted, exactly 0 where what is left is rounding of the terms."""
    rest = value - fitted
    scale = np.abs(value) + (np.abs(fitted) if terms is None else terms)
    return np.where(np.abs(rest) <= EQUAL * scale, 0.0, rest)


@np.errstate(divide="ignore", invalid="ignore")
def simple_random_variance(spread: Floats, size: Floats, count: NDArray[np.intp]) -> Floats:
    """Variance of a mean of ``count`` rows drawn from Σ w = ``size``; ``spread`` = Σ w (y − ȳ)².

    (N − n)/(N n) · n/(n − 1) · Σ w (y − ȳ)² / Σ w; where Σ w does not exceed n, as if drawn with replacement.
    """
    element = spread / size * count / (count - 1)
    finite = np.where(size > count * (1 + 1e-9), 1 - count / size, 1.0)
    return np.where(count > 1, element * finite / count, np.nan)


def estimates_of(request: Request, confidence: Confidence, listwise: bool = False) -> Estimates:
    """The estimates of a request, with errors, intervals and notes."""
    request = request.listwise() if listwise else request
    if confidence.bounds is not None and request.kind == "mean":
        ends = f"; {confidence.interval!r} is for values between 0 and 1, unless within=(lowest, highest) is given"
        why = "" if confidence.within is not None else ends
        DesignError.raise_any(fault + why for fault in request.outside(*confidence.bounds))
    found = Figures.of(request, confidence)
    low, high = found.limits
    columns = {
        "estimate": found.estimate,
        "se": found.se,
        "ci_low": low,
        "ci_high": high,
        "df": found.df,
        "n": found.n,
        "n_eff": found.n_eff,
        "deff": found.deff,
    }
    return Estimates(
        labels=labels_of(request.grouping.domains, request.n_domains, request.names),
        **{name: values.ravel() for name, values in columns.items()},
        note=found.notes(),
        interval=confidence.interval,
        level=confidence.level,
        remarks=found.remarks(),
        source=partial(joint_influence, request),
        design_df=float(request.design.degf),
        df_rule=confidence.df,
        domain_df=found.of_domain.ravel(),
        within=confidence.within,
        span=request.grouping.span.degrees,
    )


def joint_influence(request: Request) -> Influence:
    """The joint influence of all rows of the table."""
    parts: list[tuple[Floats, ClusterCells | None]] = [
        (request.row_influence(found), None) if request.design.adjustments else (found.influence, found.cells)
        for found in request.statistics()
    ]
    return request.design.residuals.influence(request.domain, request.n_domains, parts)


@dataclass(frozen=True, eq=False)
class Figures:
    """Estimates of all columns side by side [J, K], and what is worked out from them.

    ``variance``; ``srs`` the variance under simple random sampling; ``n`` and ``size`` rows with a value and their
    Σ w; ``clusters`` and ``strata`` of the first stage with such rows; ``evenness``: share of the degrees of freedom that
    unequal weights leave; ``weighed``: Satterthwaite's degrees of freedom, where they were asked for.
    """

    request: Request
    confidence: Confidence
    estimate: Floats
    variance: Floats
    srs: Floats
    n: Floats
    size: Floats
    clusters: Floats
    strata: Floats
    evenness: Floats
    weighed: Floats

    @classmethod
    def of(cls, request: Request, confidence: Confidence) -> Figures:
        """Column after column, so that only a few columns' influence values are in memory."""
        weighs = confidence.df == "satterthwaite" and not request.design.adjustments
        parts = []
        for found in request.statistics():
            if request.design.adjustments:
                u = request.row_influence(found)
                variance = request.design.variance_by(u, request.domain, request.n_domains)
            else:
                variance = found.cells.variance(found.influence)
            variance = np.where(np.isnan(found.estimate), np.nan, variance)
            weighed = found.cells.satterthwaite(found.influence) if weighs else np.empty_like(variance)
            reach = request.reached(found.cells, found.weight, found.count)
            parts.append(
                (found.estimate, variance, found.srs, found.count, found.size, *reach, found.left, weighed)
            )
        joined = [np.concatenate(part, axis=1).astype(float) for part in zip(*parts, strict=True)]
        if confidence.df == "satterthwaite" and not weighs:
            joined[-1] = joint_influence(request).satterthwaite().reshape(joined[0].shape)
        return cls(request, confidence, *joined)

    @cached_property
    def _error(self) -> Floats:
        """Standard error by the formula."""
        return np.sqrt(self.variance)

    @property
    def se(self) -> Floats:
        """Standard error; not known where the domain is seen in a single cluster of several."""
        return np.where(self.alone, np.nan, self._error)

    @property
    def _bounds(self) -> tuple[float, float] | None:
        """What limits must stay between, if they must."""
        return (0.0, 1.0) if self.request.kind == "proportion" else self.confidence.bounds

    @cached_property
    def flat(self) -> Flags:
        """No variation to be seen: a standard error of zero, or a value at an end of its range."""
        still = self._error <= intervals.NO_VARIATION * np.abs(self.estimate)
        if self._bounds is None:
            return still
        return still | (self.estimate <= self._bounds[0]) | (self.estimate >= self._bounds[1])

    @cached_property
    def alone(self) -> Flags:
        """Domains in one cluster that is not completely taken: a mean or ratio has a residual total of zero there, whatever the
        variance is, so that the first stage adds nothing to it; unless a policy for single clusters in domains does."""
        design, grouping = self.request.design, self.request.grouping
        unseen = self._error <= intervals.NO_VARIATION * np.abs(self.estimate)
        if not (design.adjustments or design.policy.in_domains):
            unseen = unseen | grouping.drawn[:, None]
        return np.asarray(unseen & (self.clusters == 1) & ~self._census & (self.request.kind != "total"))

    @cached_property
    def deff(self) -> Floats:
        known = (self.srs > 0) & ~self.alone
        return np.divide(self.variance, self.srs, out=np.full_like(self.srs, np.nan), where=known)

    @cached_property
    def _edge(self) -> Floats:
        """Effective size where nothing varies; infinite for a complete census."""
        return self.n * self.request.grouping.worth[:, None]

    @cached_property
    def _census(self) -> Flags:
        return self.flat & np.isposinf(self._edge)

    @property
    def n_eff(self) -> Floats:
        """n / deff; where nothing varies, the size that limits are made with."""
        found = np.divide(self.n, self.deff, out=np.full_like(self.n, np.nan), where=self.deff > 0)
        return np.where(self.flat & ~self.alone, self._edge, found)

    @property
    def of_domain(self) -> Floats:
        """Degrees of freedom of the domains."""
        return (self.clusters - self.strata) * self.evenness

    @cached_property
    def df(self) -> Floats:
        """Degrees of freedom by the rule asked for."""
        if self.confidence.df == "satterthwaite":
            return np.where(np.isnan(self.weighed), self.of_domain, self.weighed)
        return self.request.degrees_of_freedom(self.confidence.df, self.of_domain)

    @property
    def limits(self) -> intervals.Limits:
        """Lower and upper limits; without any error no width, and shares between 0 and 1, whatever was asked for."""
        rows = self.request.grouping.held[:, None] if self.confidence.counts_all_rows else self.n
        given = (self.estimate, self.se, self.df, np.where(self.flat, self._edge, rows), self.flat)
        low, high = self.confidence.limits(*given)
        if self.confidence.interval == "wald" and self.request.kind == "proportion":
            safe = replace(self.confidence, interval="bounded").limits(*given)
            low, high = chosen(self.flat, safe, (np.clip(low, 0, 1), np.clip(high, 0, 1)))
        low, high = chosen(self._census, (self.estimate, self.estimate), (low, high))
        return np.where(self.alone, np.nan, low), np.where(self.alone, np.nan, high)

    def notes(self) -> tuple[str, ...]:
        """Why something does not apply, row by row."""
        note = np.full(self.estimate.shape, "", dtype=object)
        note[np.isnan(self.deff)] = "no design effect: one row, or answers that do not vary"
        if self._bounds is None and self.request.kind == "mean":
            note[self.flat] = "answers do not vary: an interval without width; declare their range (within=)"
        if self._bounds is not None:
            note[self.flat] = "nothing varies between clusters: Korn–Graubard interval"
        note[self._census] = "complete census: no sampling error"
        note[(self.df <= 0) & ~self._census] = "no degrees of freedom: no interval"
        note[self.alone] = ONE_CLUSTER
        note[np.isnan(self.estimate)] = "the denominator adds up to zero"
        note[(self.n == 0) & np.isnan(self.estimate)] = "no row of this domain has a value"
        return tuple(note.ravel().tolist())

    def remarks(self) -> tuple[str, ...]:
        """What has to be said of the table as a whole."""
        request, inside = self.request, self.request.design.domain
        lost = np.count_nonzero((request.domain < 0) & (True if inside is None else inside))
        unfound = [
            (
                v.levels is not None
                and v.scores.size
                and not v.scores.any()
                and request.kind == "proportion",
                f"column {v.column!r}: none of the levels asked for is found in any row",
            )
            for v in request.numerators
        ]
        replaced = (self.size <= self.n * (1 + 1e-9)) & (self.n > 0)
        words = "weights do not exceed the sample: design effect against sampling with replacement"
        rows = f"{lost:,} rows without a value of the by-columns belong to no domain"
        return tuple(applying((lost, rows), *unfound, (replaced.any(), words)))
