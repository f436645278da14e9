"""Quantiles by domain, with intervals carried back from the distribution function.

The q-quantile is the smallest value at which the weighted distribution function F reaches q. Its limits are the
quantiles at the limits of an interval for F at the estimate, and its standard error half their distance over t.
(Woodruff, JASA 47, 1952; Francisco & Fuller, Annals of Statistics 19, 1991.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from weighting.design.record import Design
from weighting.errors import DesignError, is_number, listed
from weighting.estimation import intervals
from weighting.estimation.estimate import (
    Estimates,
    Request,
    check_options,
    chosen,
    degrees_of_freedom,
    grouping_of,
    labels_of,
    limits_of,
    names_of,
)
from weighting.estimation.variable import Variable, numeric
from weighting.variance.influence import Influence
from weighting.variance.linearization import Codes, Flags, Floats

#: Weighted sums that reach their target but for rounding do reach it.
ROUNDING = 1e-12


def quantile(
    design: Design,
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
        design, columns, by, level, df: as for :func:`weighting.estimation.estimate.mean` (``satterthwaite`` does not apply).
        q: one or several numbers between 0 and 1.
        interval: how F at the estimate gets its limits: ``wald``, ``logit``, ``wilson``, ``beta`` or ``bounded``.

    Raises:
        DesignError: as for :func:`weighting.estimation.estimate.mean`; numbers that do not lie between 0 and 1.

    Where a limit of F passes 0 or 1 the smallest or largest value stands, the note says so, and the standard error
    comes from the other side. Covariances use the slope of F that the interval implies.

    >>> d = Design({"y": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]})
    >>> e = d.quantile("y", [0.25, 0.5])
    >>> e.labels["statistic"].tolist(), e.estimate.tolist()
    (['y 0.25', 'y 0.5'], [3.0, 5.0])
    """
    check_options(interval, level, df)
    points = np.array([p if is_number(p) else np.nan for p in listed(q)], dtype=float)
    if df == "satterthwaite":
        raise DesignError(
            "df='satterthwaite' does not apply to quantiles: use 'design', 'domain' or a number"
        )
    if not points.size or not ((points > 0) & (points < 1)).all():
        raise DesignError(f"q: {q} does not lie between 0 and 1")
    grouping = grouping_of(design, by)
    found = tuple(numeric(grouping, c) for c in names_of(design, columns))
    request = Request(grouping, found, None, "mean")
    degrees = degrees_of_freedom(request, df)
    parts = [_column(request, v, points, interval, level, degrees) for v in found]
    names = [f"{v.column} {p:g}" for v in found for p in points]
    estimate, se, low, high, n = (
        np.concatenate([getattr(p, a) for p in parts], axis=1).ravel() for a in _FIGURES
    )
    missing = np.full(estimate.size, np.nan)
    return Estimates(
        labels=labels_of(grouping.domains, request.n_domains, names),
        estimate=estimate,
        se=se,
        ci_low=low,
        ci_high=high,
        df=np.repeat(degrees, len(names)),
        n=n,
        n_eff=missing,
        deff=missing,
        note=tuple(np.concatenate([p.note for p in parts], axis=1).ravel().tolist()),
        interval=f"Woodruff ({interval})",
        level=level,
        source=_source(request, parts),
        design_df=float(design.degf),
        df_rule=df,
    )


_FIGURES = ("estimate", "se", "low", "high", "n")


@dataclass(frozen=True, eq=False)
class Column:
    """One column's quantiles [J, number of q] with what the joint covariance needs: width of F's interval over t."""

    variable: Variable
    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    n: Floats
    note: np.ndarray
    share_se: Floats


@dataclass(frozen=True, eq=False)
class Distribution:
    """Rows with a value, sorted by domain and value: the weighted distribution functions of J domains."""

    values: Floats
    running: Floats
    first: Codes
    last: Codes

    @classmethod
    def of(cls, request: Request, variable: Variable) -> Distribution:
        w = request.design.weights
        inside = np.flatnonzero(variable.valid & (request.domain >= 0) & (w > 0))
        y, domain = variable.rows()[inside], request.domain[inside]
        order = np.lexsort((y, domain))
        edges = np.searchsorted(domain[order], np.arange(request.n_domains + 1))
        running = np.concatenate([[0.0], np.cumsum(w[inside][order])])
        return cls(y[order], running, edges[:-1], edges[1:])

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
        return np.where(
            empty,
            np.nan,
            self.values[np.minimum(place, self.values.size - 1)] if self.values.size else np.nan,
        )


def _column(
    request: Request, variable: Variable, points: Floats, interval: str, level: float, df: Floats
) -> Column:
    distribution = Distribution.of(request, variable)
    n = (distribution.last - distribution.first).astype(float)
    parts = [_one(request, variable, distribution, p, interval, level, df) for p in points]
    figures = [np.stack(part, axis=1) for part in zip(*parts, strict=True)]
    estimate, se, low, high, note, share_se = figures
    return Column(
        variable, estimate, se, low, high, np.repeat(n[:, None], points.size, axis=1), note, share_se
    )


def _one(
    request: Request,
    variable: Variable,
    distribution: Distribution,
    point: float,
    interval: str,
    level: float,
    df: Floats,
) -> tuple[Floats, Floats, Floats, Floats, np.ndarray, Floats]:
    """One quantile [J]: estimate, se, limits, note, and the standard error of F at the estimate."""
    estimate = distribution.at(np.full(request.n_domains, point))
    share, share_se = _share_below(request, variable, estimate)
    flat = (share_se <= intervals.NO_VARIATION) | (share >= 1)
    grouping = request.grouping
    edge = grouping.count(~variable.valid) * grouping.worth
    safe = intervals.bounded(np.clip(share, 0, 1), 0.0, df, edge, np.isposinf(edge), level)
    found = limits_of(interval, share, share_se, df, np.where(flat, edge, grouping.held), flat, level)
    share_low, share_high = chosen(flat, safe, found)
    low, high = distribution.at(share_low), distribution.at(share_high)
    t = intervals.t_quantile(df, level)
    below, above = share_low <= 0, (share_high > 1) | (share >= 1)
    se = (
        np.select(
            [below & above, above, below],
            [(high - low) / 2, estimate - low, high - estimate],
            (high - low) / 2,
        )
        / t
    )
    note = np.full(estimate.shape, "quantile: n_eff, deff do not apply", dtype=object)
    note[below] = "lower limit: the smallest value; the interval of F passes 0"
    note[above] = "upper limit: the largest value; the interval of F passes 1"
    note[df <= 0] = "no degrees of freedom: no interval"
    census = flat & np.isposinf(edge)
    se[census], note[census] = 0.0, "complete census: no sampling error"
    note[np.isnan(estimate)] = "no row of this domain has a value"
    return estimate, se, low, high, note, share_se


def _share_below(request: Request, variable: Variable, estimate: Floats) -> tuple[Floats, Floats]:
    """F at the estimates [J] and its standard error."""
    u, share = _indicator_influence(request, variable, estimate)
    domain = request.domain
    if request.design.counts_presence and not request.design.adjustments:
        domain = np.where(variable.valid, domain, -1)
    return share, np.sqrt(request.design.variance_by(u[:, None], domain, request.n_domains)[:, 0])


def _indicator_influence(request: Request, variable: Variable, estimate: Floats) -> tuple[Floats, Floats]:
    """Influence values [n] of the shares not above the estimates [J], and the shares."""
    inside: Flags = variable.valid & (request.domain >= 0)
    domain = request.domain[inside]
    w = request.design.weights[inside]
    below = variable.rows()[inside] <= estimate[domain]
    size = np.bincount(domain, weights=w, minlength=request.n_domains)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.bincount(domain, weights=w * below, minlength=request.n_domains) / size
        u = np.zeros(request.design.n)
        u[inside] = np.nan_to_num(w * (below - share[domain]) / size[domain])
    return u, share


def _source(request: Request, parts: list[Column]) -> Callable[[], Influence]:
    """The joint influence of all quantiles: that of F at the estimates, over the slope of F."""

    def build() -> Influence:
        columns: list[tuple[Floats, None]] = []
        for part in parts:
            u = np.zeros((request.design.n, part.estimate.shape[1]))
            for k in range(part.estimate.shape[1]):
                raw, _ = _indicator_influence(request, part.variable, part.estimate[:, k])
                slope = np.divide(
                    part.se[:, k],
                    part.share_se[:, k],
                    out=np.zeros(request.n_domains),
                    where=part.share_se[:, k] > 0,
                )
                u[:, k] = -raw * np.nan_to_num(slope)[request.domain]
            columns.append((u, None))
        return Influence.of(request.design, request.domain, request.n_domains, columns)

    return build
