"""Quantiles by domain, with intervals carried back from the distribution function.

The q-quantile is the smallest value at which the weighted distribution function F reaches q. Its limits are the
quantiles at the limits of an interval for F at the estimate, and its standard error half their distance over t.
(Woodruff, JASA 47, 1952; Francisco & Fuller, Annals of Statistics 19, 1991.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, is_number, listed
from weighting.estimation import intervals
from weighting.estimation.estimates import ONE_CLUSTER, Estimates, labels_of
from weighting.estimation.grouping import grouping_of
from weighting.estimation.intervals import Confidence, chosen
from weighting.estimation.requests import Request
from weighting.estimation.study_variables import StudyVariable, numeric
from weighting.groups import Codes, Flags, Floats
from weighting.variance.influence import Influence
from weighting.variance.leverage import Leverage

#: Weighted sums that reach their target but for rounding do reach it.
ROUNDING = 1e-12


def quantile(  # noqa: PLR0913
    design: SampleDesign,
    columns: str | Sequence[str],
    q: float | Sequence[float] = 0.5,
    by: str | Sequence[str] | None = None,
    *,
    interval: str = "wald",
    level: float = 0.95,
    df: str | float = "domain",
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
    confidence = Confidence(interval, level, df)
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
    distributions = (Distribution.of(request, variable) for variable in found)
    parts = [_one(request, confidence, d, p) for d in distributions for p in points]
    names = [f"{v.column} {p:g}" for v in found for p in points]
    missing = np.full(request.n_domains * len(parts), np.nan)
    estimate, se, low, high, degrees, own, n, note = (
        np.stack([getattr(part, name) for part in parts], axis=1).ravel() for name in _FIGURES
    )
    return Estimates(
        labels=labels_of(grouping.domains, request.n_domains, names),
        estimate=estimate,
        se=se,
        ci_low=low,
        ci_high=high,
        df=degrees,
        n=n,
        n_eff=missing,
        deff=missing,
        note=tuple(note.tolist()),
        interval=f"Woodruff ({interval})",
        level=level,
        source=partial(_joint_influence, request, parts),
        design_df=float(design.degf),
        df_rule=df,
        domain_df=own,
        span=grouping.span.degrees,
    )


_FIGURES = ("estimate", "se", "low", "high", "df", "domain_df", "n", "note")


@dataclass(frozen=True, eq=False)
class DomainQuantiles:
    """One quantile of one column in every domain, all [J]; ``share`` is the distribution function F at the estimates."""

    variable: StudyVariable
    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    df: Floats
    domain_df: Floats
    n: Floats
    note: np.ndarray
    share_se: Floats


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

    def at(self, share: Floats) -> Floats:
        """Smallest values [J] at which the distribution functions reach the shares [J]; NaN without rows."""
        size = self.running[self.last] - self.running[self.first]
        target = self.running[self.first] + (np.clip(share, 0, 1) - ROUNDING) * size
        place = np.searchsorted(self.running[1:], np.nan_to_num(target))
        place = np.clip(place, self.first, np.maximum(self.last - 1, self.first))
        empty = (self.last == self.first) | np.isnan(share)
        found = np.append(self.values, np.nan)[np.minimum(place, max(self.values.size - 1, 0))]
        return np.where(empty, np.nan, found)


def _one(
    request: Request, confidence: Confidence, distribution: Distribution, point: float
) -> DomainQuantiles:
    """One quantile in every domain."""
    variable, grouping = distribution.variable, request.grouping
    clusters, own = _reached(request, variable)
    df = request.degrees_of_freedom(confidence.df, own)
    estimate = distribution.at(np.full(request.n_domains, point))
    share, share_se = _share_below(request, variable, estimate)
    flat = (share_se <= intervals.NO_VARIATION) | (share >= 1)
    answered = grouping.count(~variable.valid)
    edge = answered * grouping.worth
    census = flat & np.isposinf(edge)
    alone = (share_se <= intervals.NO_VARIATION) & (clusters == 1) & ~census
    safe = intervals.bounded(np.clip(share, 0, 1), 0.0, df, edge, np.isposinf(edge), confidence.level)
    sizes = np.where(flat, edge, grouping.held if confidence.counts_all_rows else answered)
    share_low, share_high = chosen(flat, safe, confidence.limits(share, share_se, df, sizes, flat))
    below, above = share_low <= 0, (share_high > 1) | (share >= 1)
    low, high = (np.where(alone, np.nan, distribution.at(share)) for share in (share_low, share_high))
    half = _half_width(estimate, low, high, below, above)
    se = np.where(census, 0.0, half / intervals.t_quantile(df, confidence.level))
    note = np.full(estimate.shape, "quantile: n_eff, deff do not apply", dtype=object)
    note[below] = "lower limit: the smallest value; the interval of F passes 0"
    note[above] = "upper limit: the largest value; the interval of F passes 1"
    note[df <= 0] = "no degrees of freedom: no interval"
    note[alone] = ONE_CLUSTER
    note[census] = "complete census: no sampling error"
    note[np.isnan(estimate)] = "no row of this domain has a value"
    n = (distribution.last - distribution.first).astype(float)
    return DomainQuantiles(variable, estimate, se, low, high, df, own, n, note, share_se)


def _reached(request: Request, variable: StudyVariable) -> tuple[Floats, Floats]:
    """Clusters of the first stage [J] in which a domain has a row with a value, and its degrees of freedom."""
    grouping, cells = request.grouping, request.grouping.cells
    weight = cells.totals(np.where(variable.valid, request.design.weights, 0.0))[:, None]
    clusters, strata = request.reached(cells, weight, request.grouping.count(~variable.valid)[:, None])
    own = clusters - strata
    if not grouping.even:
        own = own * Leverage.of(cells).evenness(weight, grouping.answered(variable, cells)[:, None])
    return clusters[:, 0], own[:, 0]


def _half_width(estimate: Floats, low: Floats, high: Floats, below: Flags, above: Flags) -> Floats:
    """Half the distance of the limits [J]; from one side where the interval of F passes 0 (``below``) or 1 (``above``)."""
    one_sided = [above & ~below, below & ~above]
    return np.select(one_sided, [estimate - low, high - estimate], (high - low) / 2)


def _share_below(request: Request, variable: StudyVariable, estimate: Floats) -> tuple[Floats, Floats]:
    """F at the estimates [J] and its standard error."""
    u, share = _share_influence(request, variable, estimate)
    domain = request.domain
    if request.design.counts_presence and not request.design.adjustments:
        domain = np.where(variable.valid, domain, -1)
    return share, np.sqrt(request.design.variance_by(u[:, None], domain, request.n_domains)[:, 0])


@np.errstate(invalid="ignore", divide="ignore")
def _share_influence(request: Request, variable: StudyVariable, estimate: Floats) -> tuple[Floats, Floats]:
    """Influence values [n] of F at the estimates [J], and F there."""
    inside: Flags = variable.valid & (request.domain >= 0)
    of_row = np.maximum(request.domain, 0)
    w = np.where(inside, request.design.weights, 0.0)
    below = variable.rows() <= estimate[of_row]
    size = request.grouping.sums(w)
    share = request.grouping.sums(w * below) / size
    u = np.nan_to_num(w * (below - share[of_row]) / size[of_row])
    return request.design.with_leverage(u[:, None], request.domain, request.n_domains, w[:, None])[
        :, 0
    ], share


def _joint_influence(request: Request, parts: Sequence[DomainQuantiles]) -> Influence:
    """The joint influence of all quantiles: that of F at the estimates, over the slope of F."""
    columns = []
    for part in parts:
        u, _ = _share_influence(request, part.variable, part.estimate)
        slope = np.divide(part.se, part.share_se, out=np.zeros_like(part.se), where=part.share_se > 0)
        columns.append(-u * np.nan_to_num(slope)[request.domain])
    return request.design.residuals.influence(
        request.domain, request.n_domains, [(np.column_stack(columns), None)]
    )
