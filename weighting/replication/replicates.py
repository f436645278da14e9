"""Replicate weights, and estimates with the variance they give.

V = scale · Σ_r rscale_r (θ_r − θ̄)(θ_r − θ̄)′ with θ_r the estimate under the weights of replicate r and θ̄ the mean of
the θ_r (of the full-sample estimate with ``mse``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from weighting.errors import DesignError, absent, applying
from weighting.estimation import intervals
from weighting.estimation.degrees import Span
from weighting.estimation.estimates import Estimates
from weighting.estimation.grouping import Grouping, grouping_of
from weighting.estimation.intervals import Confidence
from weighting.estimation.means import request_of
from weighting.estimation.requests import Request, estimates_of
from weighting.facade import Design
from weighting.frozen import freeze
from weighting.groups import Codes, Floats
from weighting.replication.factors import BOOTSTRAP, BRR, FAY, JACKKNIFES, JK1, JKN, KINDS, rank, rho_problems

# Deviations below this share of the estimate are rounding: the replicates agree.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Replicates:
    """A sample with replicate weights, and the same estimates as a design gives, with their replicate variance.

    Attributes:
        design: the full sample.
        kind: how the replicates were made.
        group: group of each row [n]; rows of a group share their factors.
        factors: replicate weight over full-sample weight of each group in each replicate [G, R].
        scale, rscales: multiples of the squared deviations, common and per replicate [R].
        mse: whether deviations are from the full-sample estimate instead of the mean of the replicates.
        degf: degrees of freedom: clusters − strata, or rank of the replicate weights − 1 where these were given.
        remarks: what the replicates leave out of the variance.
    """

    design: Design
    kind: str
    group: Codes
    factors: Floats
    scale: float
    rscales: Floats
    mse: bool
    degf: int
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self)

    @classmethod
    def from_weights(  # noqa: PLR0913
        cls,
        design: Design,
        weights: ArrayLike | Sequence[str],
        kind: Literal["JK1", "JKn", "BRR", "Fay", "bootstrap"] = "bootstrap",
        combined: bool = True,
        rho: float = 0.0,
        scale: float | None = None,
        rscales: ArrayLike | None = None,
        mse: bool = False,
    ) -> Replicates:
        """Replicates that came with the data.

        Args:
            design: the full sample with its weights (strata and clusters are not needed).
            weights: replicate weights [n, R], or the names of their columns. Those of a bootstrap of several stages may
                be negative (Preston 2009).
            kind: how they were made: it sets ``scale`` and ``rscales`` where these are not given.
            combined: True for weights that contain the full-sample weight, False for factors to multiply it with.
            rho: Fay's factor.
            scale, rscales: multiples of the squared deviations, common and per replicate [R]; JKn needs ``rscales``.
            mse: deviations from the full-sample estimate.

        Raises:
            DesignError: shapes that do not fit, values that are not finite or, but for a bootstrap, negative; rscales that
                are missing.

        >>> d = Design({"y": [1.0, 2.0, 4.0]})
        >>> r = Replicates.from_weights(d, 1.5 * (1 - np.eye(3)), kind="JK1")
        >>> r.mean("y").se.round(6).tolist() == d.mean("y").se.round(6).tolist()
        True
        """
        table = _read_weights(design.frame, weights)
        given = None if rscales is None else np.asarray(rscales, dtype=float)
        DesignError.raise_any(_given_problems(table, design.n, kind, rho, given))
        R, full = table.shape[1], design.weights[:, None]
        factors = np.divide(table, full, out=np.zeros_like(table), where=full > 0) if combined else table
        own = {
            JK1: (R - 1) / R,
            JKN: 1.0,
            BRR: 1.0 / R,
            FAY: 1.0 / (R * (1 - rho) ** 2),
            BOOTSTRAP: 1.0 / (R - 1),
        }
        return cls(
            design=design,
            kind=kind,
            group=np.arange(design.n),
            factors=factors,
            scale=own[kind] if scale is None else float(scale),
            rscales=np.ones(R) if given is None else given,
            mse=mse,
            degf=rank(factors * full) - 1,
        )

    def weights(self) -> Floats:
        """Replicate weights [n, R], full-sample weights included."""
        return self.design.weights[:, None] * self.factors[self.group]

    def __repr__(self) -> str:
        made = (
            f"{self.factors.shape[1]} {self.kind} replicates of {self.design.n:,} rows, "
            f"{self.degf} degrees of freedom"
        )
        return "\n".join((made, *self.remarks))

    def mean(
        self, columns: str | Sequence[str], by: str | Sequence[str] | None = None, **options: Any
    ) -> Estimates:
        """Means by domain; arguments as for :meth:`weighting.Design.mean`."""
        return self._estimates(request_of(self._plain, "mean", columns, by), **options)

    def total(
        self, columns: str | Sequence[str], by: str | Sequence[str] | None = None, **options: Any
    ) -> Estimates:
        """Totals by domain; arguments as for :meth:`weighting.Design.total`."""
        return self._estimates(request_of(self._plain, "total", columns, by), **options)

    def proportion(
        self,
        columns: str | Sequence[str],
        by: str | Sequence[str] | None = None,
        levels: object | Sequence[object] | None = None,
        interval: str = "bounded",
        **options: Any,
    ) -> Estimates:
        """Shares by domain; arguments as for :meth:`weighting.Design.proportion`."""
        request = request_of(self._plain, "proportion", columns, by, levels=levels)
        return self._estimates(request, interval, **options)

    def ratio(
        self,
        numerator: str | Sequence[str],
        denominator: str,
        by: str | Sequence[str] | None = None,
        **options: Any,
    ) -> Estimates:
        """Ratios of totals by domain; arguments as for :meth:`weighting.Design.ratio`."""
        return self._estimates(request_of(self._plain, "ratio", numerator, by, denominator), **options)

    def quantile(
        self,
        columns: str | Sequence[str],
        q: float | Sequence[float] = 0.5,
        by: str | Sequence[str] | None = None,
        level: float = 0.95,
    ) -> Estimates:
        """Quantiles by domain, with the variance of the replicates' quantiles.

        Raises:
            DesignError: jackknife replicates, whose variance does not settle for quantiles however large the sample;
                replicates with negative weights, under which a distribution function can fall.
        """
        if self.kind in JACKKNIFES:
            raise DesignError(
                f"quantiles have no {self.kind} variance: use BRR, Fay or bootstrap replicates, or Design.quantile"
            )
        if (self.factors < 0).any():
            raise DesignError(
                "quantiles need weights that are not negative, and these replicates have some: use Design.quantile"
            )
        base = self._plain.quantile(columns, q, by, level=level)
        under = [self._plain.with_weights(w).quantile(columns, q, by).estimate for w in self._columns]
        base = replace(base, interval="wald", note=("quantile: n_eff, deff do not apply",) * len(base))
        return self._replaced(base, np.array(under).reshape(-1, len(base)), grouping_of(self._plain, by))

    def estimate(self, statistic: Callable[[Floats], ArrayLike]) -> tuple[Floats, Floats]:
        """Any statistic of the weights: its values [k] on the full sample and their covariance [k, k].

        >>> from weighting import replicate
        >>> d = Design({"y": [1.0, 2.0, 4.0]})
        >>> value, covariance = replicate(d, kind="JK1").estimate(lambda w: np.average([1.0, 2.0, 4.0], weights=w))
        >>> bool(np.isclose(covariance[0, 0], d.mean("y").se[0] ** 2))
        True
        """
        try:
            full = np.atleast_1d(np.asarray(statistic(self.design.weights), dtype=float))
        except (TypeError, ValueError) as error:
            raise DesignError(f"statistic: numbers are needed ({error})") from None
        under = np.array([statistic(w) for w in self._columns], dtype=float)
        return full, self.covariance(full, under.reshape(-1, full.size))

    def covariance(self, full: Floats, under: Floats) -> Floats:
        """Covariance [k, k] of estimates [k] from their values under the replicates [R, k]."""
        used = self.rscales > 0
        if not used.any():  # a census: nothing varies
            return np.zeros((full.size, full.size))
        centre = full if self.mse else under[used].mean(axis=0)
        deviation = under[used] - centre
        deviation[np.abs(deviation) <= ROUNDING * np.abs(centre)] = 0.0
        weighted = deviation * np.sqrt(self.rscales[used])[:, None]
        return np.asarray(self.scale * weighted.T @ weighted)

    @property
    def _columns(self) -> Iterator[Floats]:
        """The weights [n] of one replicate after the other."""
        return (self.design.weights * factor[self.group] for factor in self.factors.T)

    @cached_property
    def _plain(self) -> Design:
        """Rows as clusters without strata: for what does not depend on the variance."""
        plain = Design(self.design.frame, weights=self.design.weights, small_sample="clusters")
        return plain if self.design.domain is None else plain.subset(self.design.domain)

    def _estimates(
        self,
        request: Request,
        interval: str | None = None,
        level: float = 0.95,
        df: str | float = "domain",
        listwise: bool = False,
        within: tuple[float, float] | None = None,
    ) -> Estimates:
        """The estimates of a request with the replicates' errors."""
        if df == "satterthwaite":
            raise DesignError(
                "df='satterthwaite' needs the strata's parts of the variance, which replicates lack"
            )
        request = request.listwise() if listwise else request
        base = estimates_of(request, Confidence.of_means(interval, level, df, within))
        return self._replaced(base, self._under(request), request.grouping, request.kind == "proportion")

    def _under(self, request: Request) -> Floats:
        """Every estimate under every replicate [R, K], in the order of the table: domains vary slowest."""
        bottom, parts = request.denominator, []
        for variable in request.numerators:
            valid = variable.valid if bottom is None else variable.valid & bottom.valid
            below = np.ones(self.design.n) if bottom is None else bottom.rows()
            scale = self._totals(np.where(valid, below, 0.0), request.grouping)
            for k in range(len(variable.names)):
                top = self._totals(np.where(valid, variable.rows(k), 0.0), request.grouping)
                with np.errstate(divide="ignore", invalid="ignore"):
                    parts.append(top if request.kind == "total" else top / scale)
        return np.stack(parts, axis=2).reshape(len(self.rscales), request.n_domains * len(parts))

    def _totals(self, values: Floats, grouping: Grouping) -> Floats:
        """Weighted totals of values [n] by replicate and domain [R, J]."""
        G, J, inside = len(self.factors), grouping.n_domains, grouping.domain >= 0
        key = self.group[inside] * J + grouping.domain[inside]
        by_group = np.bincount(key, (self.design.weights * values)[inside], G * J).reshape(G, J)
        return np.asarray(self.factors.T @ by_group)

    def _replaced(
        self, base: Estimates, under: Floats, grouping: Grouping, shares: bool = False
    ) -> Estimates:
        """The table with the replicates' standard errors, limits and design effects; ``under`` [R, K]."""
        covariance = self.covariance(base.estimate, under)
        lost = np.isnan(base.estimate)
        span = Span.of(self.design.stages[0], self.design.weights, grouping.domain, grouping.n_domains)
        own = self._domain_degrees(span, grouping, len(base))
        covariance[lost, :] = covariance[:, lost] = np.nan
        se, df = np.sqrt(np.diag(covariance)), self._degrees(base, own)
        with np.errstate(divide="ignore", invalid="ignore"):
            deff = se**2 / (base.se**2 / base.deff)
            n_eff = np.where(deff > 0, base.n / deff, np.nan)
        low, high = _limits(base, se, df, shares)
        emptied = np.isnan(under).any(axis=0) & ~lost
        words = "a replicate leaves no rows in this domain: no standard error"
        note = np.where(df <= 0, "no degrees of freedom: no interval", np.array(base.note, dtype=object))
        return replace(
            base,
            se=se,
            df=df,
            ci_low=low,
            ci_high=high,
            deff=deff,
            n_eff=n_eff,
            note=tuple(np.where(emptied, words, note).tolist()),
            remarks=(*base.remarks, *self.remarks),
            source=lambda: covariance,
            design_df=float(self.degf),
            domain_df=own,
            span=span.degrees,
        )

    def _domain_degrees(self, span: Span, grouping: Grouping, rows: int) -> Floats:
        """Degrees of freedom [K] of each row's domain: of its clusters, or those of the replicates where these are fewer."""
        own = np.minimum(span.degrees(np.eye(grouping.n_domains, dtype=bool)), self.degf)
        return np.repeat(own, rows // grouping.n_domains)

    def _degrees(self, base: Estimates, own: Floats) -> Floats:
        """Degrees of freedom of each row by the rule that was asked for."""
        if not isinstance(base.df_rule, str):
            return base.df
        return own if base.df_rule == "domain" else np.full(len(base), float(self.degf))


def _limits(base: Estimates, se: Floats, df: Floats, shares: bool) -> intervals.Limits:
    """Intervals around the estimates; values at an end of their range, or without variation, keep those of the full sample's
    sizes, where there are degrees of freedom."""
    confidence = Confidence(base.interval, base.level, "design", base.within)
    lowest, highest = (0.0, 1.0) if shares or confidence.bounds is None else confidence.bounds
    flat = (se <= intervals.NO_VARIATION) | (base.estimate <= lowest) | (base.estimate >= highest)
    low, high = confidence.limits(base.estimate, se, df, base.n, flat)
    if base.interval == "wald":
        if not shares:
            return low, high
        low, high = np.clip(low, 0, 1), np.clip(high, 0, 1)
    flat &= df > 0
    return np.where(flat, base.ci_low, low), np.where(flat, base.ci_high, high)


def _read_weights(frame: pd.DataFrame, weights: ArrayLike | Sequence[str]) -> Floats:
    """Replicate weights [n, R] from an array or from the names of columns.

    Raises:
        DesignError: columns that do not exist, values that are not numbers, another shape, negative or infinite values.
    """
    names = weights if isinstance(weights, Sequence) and not isinstance(weights, str) else [None]
    if all(isinstance(name, str) for name in names):
        DesignError.raise_any(absent("column", names, frame.columns))
        weights = frame[list(names)].to_numpy(dtype=float)
    try:
        return np.asarray(weights, dtype=float)
    except (TypeError, ValueError):
        raise DesignError(
            "replicate weights: numbers [n, R] are needed, or the names of their columns"
        ) from None


def _given_problems(table: Floats, n: int, kind: str, rho: float, rscales: Floats | None) -> list[str]:
    """What is wrong with replicate weights [n, R] and what is said of them."""
    if table.ndim != 2 or len(table) != n or table.shape[1] < 2:
        return [f"replicate weights: shape {table.shape}; {n} rows and at least two columns are needed"]
    bad = np.argwhere(~(np.isfinite(table) & ((table >= 0) | (kind == BOOTSTRAP))))
    given = np.ones(table.shape[1]) if rscales is None else rscales
    return [
        *absent("kind", [kind], KINDS),
        *rho_problems(rho),
        *applying(
            (
                kind == JKN and rscales is None,
                "JKn: rscales are needed, (n_h − 1)/n_h of the stratum left a cluster out of",
            ),
            (given.shape != table.shape[1:], f"rscales: {table.shape[1]} values are needed"),
            (not (given >= 0).all(), "rscales: must not be negative"),
        ),
        *(
            f"replicate weights: {table[row, column]} in row {row}, replicate {column + 1} ({len(bad)} such values)"
            for row, column in bad[:1]
        ),
    ]
