"""Quantiles by domain, with intervals carried back from the distribution function.

The q-quantile is the smallest value at which the weighted distribution function F reaches q. Its limits are the
quantiles at the limits of an interval for F at the estimate, and its standard error half their distance over t.
(Woodruff, JASA 47, 1952; Francisco & Fuller, Annals of Statistics 19, 1991.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, is_number, listed
from weighting.estimation import intervals
from weighting.estimation.estimates import Estimates, labels_of
from weighting.estimation.grouping import grouping_of
from weighting.estimation.options import Options, chosen
from weighting.estimation.requests import Request
from weighting.estimation.study_variables import StudyVariable, numeric
from weighting.groups import Codes, Flags, Floats
from weighting.variance.influence import Influence

#: Weighted sums that reach their target but for rounding do reach it.
ROUNDING = 1e-12


def quantile(
    design: SampleDesign,
    columns: str | Sequence[str],
    q: float | Sequence[float] = 0.5,
    by: str | Sequence[str] | None = None,
    *,
    interval: str = "wald",
    level: float = 0.95,
    df: str | float = "design",
) -> Estimates:
    """Quantiles of columns, by domain.

    Args:
        design, columns, by, level, df: as for :func:`weighting.estimation.means.mean` (``satterthwaite`` does not apply).
        q: one or several numbers between 0 and 1.
        interval: how F at the estimate gets its limits: ``wald``, ``logit``, ``wilson``, ``beta`` or ``bounded``.

    Raises:
        DesignError: as for :func:`weighting.estimation.means.mean`; numbers that do not lie between 0 and 1.

    Where a limit of F passes 0 or 1 the smallest or largest value stands, the note says so, and the standard error
    comes from the other side. Covariances use the slope of F that the interval implies.

    >>> from weighting import Design
    >>> d = Design({"y": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]})
    >>> e = d.quantile("y", [0.25, 0.5])
    >>> e.labels["statistic"].tolist(), e.estimate.tolist()
    (['y 0.25', 'y 0.5'], [3.0, 5.0])
    """
    options = Options(interval, level, df)
    points = np.array([p if is_number(p) else np.nan for p in listed(q)], dtype=float)
    if df == "satterthwaite":
        raise DesignError(
            "df='satterthwaite' does not apply to quantiles: use 'design', 'domain' or a number"
        )
    if not points.size or not ((points > 0) & (points < 1)).all():
        raise DesignError(f"q: {q} does not lie between 0 and 1")
    grouping = grouping_of(design, by)
    found = tuple(numeric(grouping, c) for c in design.names(columns))
    request = Request(grouping, found, None, "mean")
    degrees = request.degrees_of_freedom(df)
    parts = []
    for variable in found:
        distribution = Distribution.of(request, variable)
        parts += [DomainQuantiles(request, options, distribution, degrees, float(p)) for p in points]
    names = [f"{v.column} {p:g}" for v in found for p in points]
    missing = np.full(request.n_domains * len(parts), np.nan)
    low, high = zip(*(part.limits for part in parts), strict=True)
    return Estimates(
        labels=labels_of(grouping.domains, request.n_domains, names),
        estimate=_by_row([part.estimate for part in parts]),
        se=_by_row([part.se for part in parts]),
        ci_low=_by_row(low),
        ci_high=_by_row(high),
        df=np.repeat(degrees, len(names)),
        n=_by_row([part.distribution.n for part in parts]),
        n_eff=missing,
        deff=missing,
        note=tuple(_by_row([part.notes() for part in parts]).tolist()),
        interval=f"Woodruff ({interval})",
        level=level,
        source=_source(request, parts),
        design_df=float(design.degf),
        df_rule=df,
    )


def _by_row(columns: Sequence[np.ndarray]) -> np.ndarray:
    """One value per row of the table, from one array [J] per statistic: domains vary slowest."""
    return np.stack(columns, axis=1).ravel()


@dataclass(frozen=True, eq=False)
class Distribution:
    """Rows with a value, sorted by domain and value: the weighted distribution functions of J domains."""

    variable: StudyVariable
    values: Floats
    running: Floats
    first: Codes
    last: Codes

    @classmethod
    def of(cls, request: Request, variable: StudyVariable) -> Distribution:
        w = request.design.weights
        inside = np.flatnonzero(variable.valid & (request.domain >= 0) & (w > 0))
        y, domain = variable.rows()[inside], request.domain[inside]
        order = np.lexsort((y, domain))
        edges = np.searchsorted(domain[order], np.arange(request.n_domains + 1))
        running = np.concatenate([[0.0], np.cumsum(w[inside][order])])
        return cls(variable, y[order], running, edges[:-1], edges[1:])

    @property
    def n(self) -> Floats:
        """Rows with a value and a positive weight [J]."""
        return (self.last - self.first).astype(float)

    @property
    def size(self) -> Floats:
        """Σ w [J]."""
        return self.running[self.last] - self.running[self.first]

    def at(self, share: Floats) -> Floats:
        """Smallest values [J] at which the distribution functions reach the shares [J]; NaN without rows."""
        target = self.running[self.first] + (np.clip(share, 0, 1) - ROUNDING) * self.size
        place = np.searchsorted(self.running[1:], np.nan_to_num(target))
        place = np.clip(place, self.first, np.maximum(self.last - 1, self.first))
        empty = (self.last == self.first) | np.isnan(share)
        found = np.append(self.values, np.nan)[np.minimum(place, max(self.values.size - 1, 0))]
        return np.where(empty, np.nan, found)


@dataclass(frozen=True, eq=False)
class DomainQuantiles:
    """One quantile of one column in every domain, all [J]: the value at which the distribution F reaches ``point``."""

    request: Request
    options: Options
    distribution: Distribution
    df: Floats
    point: float

    @cached_property
    def estimate(self) -> Floats:
        return self.distribution.at(np.full(self.request.n_domains, self.point))

    def share_influence(self) -> tuple[Floats, Floats]:
        """Influence values [n] of F at the estimates, and F there."""
        request, variable = self.request, self.distribution.variable
        inside: Flags = variable.valid & (request.domain >= 0)
        domain, w = request.domain[inside], request.design.weights[inside]
        below = variable.rows()[inside] <= self.estimate[domain]
        size = np.bincount(domain, weights=w, minlength=request.n_domains)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.bincount(domain, weights=w * below, minlength=request.n_domains) / size
            u = np.zeros(request.design.n)
            u[inside] = np.nan_to_num(w * (below - share[domain]) / size[domain])
        return u, share

    @cached_property
    def _share_and_se(self) -> tuple[Floats, Floats]:
        """F at the estimates, and its standard error."""
        u, share = self.share_influence()
        design, domain = self.request.design, self.request.domain
        if design.counts_presence and not design.adjustments:
            domain = np.where(self.distribution.variable.valid, domain, -1)
        return share, np.sqrt(design.variance_by(u[:, None], domain, self.request.n_domains)[:, 0])

    @cached_property
    def _edge(self) -> Floats:
        """Effective size where nothing varies; infinite for a complete census."""
        grouping = self.request.grouping
        return grouping.count(~self.distribution.variable.valid) * grouping.worth

    @cached_property
    def _flat(self) -> Flags:
        share, se = self._share_and_se
        return (se <= intervals.NO_VARIATION) | (share >= 1)

    @cached_property
    def _share_limits(self) -> intervals.Limits:
        """Limits of F at the estimates."""
        share, se = self._share_and_se
        census = np.isposinf(self._edge)
        safe = intervals.bounded(np.clip(share, 0, 1), 0.0, self.df, self._edge, census, self.options.level)
        sizes = np.where(self._flat, self._edge, self.request.grouping.held)
        return chosen(self._flat, safe, self.options.limits(share, se, self.df, sizes, self._flat))

    @cached_property
    def limits(self) -> intervals.Limits:
        """The values at which F reaches its limits."""
        low, high = self._share_limits
        return self.distribution.at(low), self.distribution.at(high)

    @property
    def _passes(self) -> tuple[Flags, Flags]:
        """Whether the limits of F pass 0 and 1."""
        low, high = self._share_limits
        return low <= 0, (high > 1) | (self._share_and_se[0] >= 1)

    @property
    def _census(self) -> Flags:
        return self._flat & np.isposinf(self._edge)

    @cached_property
    def se(self) -> Floats:
        """Half the distance of the limits over t; from one side where the other passes 0 or 1."""
        low, high = self.limits
        below, above = self._passes
        one_sided = [above & ~below, below & ~above]
        half = np.select(one_sided, [self.estimate - low, high - self.estimate], (high - low) / 2)
        return np.where(self._census, 0.0, half / intervals.t_quantile(self.df, self.options.level))

    def notes(self) -> np.ndarray:
        """What does not apply, or stands at an end of the values."""
        below, above = self._passes
        note = np.full(self.estimate.shape, "quantile: n_eff, deff do not apply", dtype=object)
        note[below] = "lower limit: the smallest value; the interval of F passes 0"
        note[above] = "upper limit: the largest value; the interval of F passes 1"
        note[self.df <= 0] = "no degrees of freedom: no interval"
        note[self._census] = "complete census: no sampling error"
        note[np.isnan(self.estimate)] = "no row of this domain has a value"
        return note

    def influence(self) -> Floats:
        """Influence values [n] of the quantiles: those of F over its slope."""
        raw, share_se = self.share_influence()[0], self._share_and_se[1]
        slope = np.divide(self.se, share_se, out=np.zeros_like(self.se), where=share_se > 0)
        return -raw * np.nan_to_num(slope)[self.request.domain]


def _source(request: Request, parts: Sequence[DomainQuantiles]) -> Callable[[], Influence]:
    """Builds the joint influence of all quantiles when it is first asked for."""

    def build() -> Influence:
        columns = [(part.influence()[:, None], None) for part in parts]
        return request.design.influence(request.domain, request.n_domains, columns)

    return build
