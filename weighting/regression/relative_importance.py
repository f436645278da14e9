"""Relative importance of factors: how R² of a regression divides among them, with design-based errors and intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting import shown
from weighting.collinear import combinations
from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, Fault, applying, quoted
from weighting.estimation.estimates import EXACT, ONE_CLUSTER, Estimates, labels_of
from weighting.estimation.grouping import Grouping, grouping_of
from weighting.estimation.intervals import NO_VARIATION, Confidence, chosen
from weighting.estimation.study_variables import numeric
from weighting.frozen import freeze
from weighting.groups import Codes, Flags, Floats
from weighting.regression.regression import regression
from weighting.regression.shapley import Shares, shares_of
from weighting.reliability.covariances import Covariances
from weighting.variance.influence import Influence

#: The shares of p factors take 2^p regressions.
MOST_FACTORS = 15

#: An R² below this is rounding.
NOTHING = 1e-20

#: What is said of shares of an R² that may be nothing but noise.
NO_ASSOCIATION = "R² cannot be told from 0: how it divides says nothing"


@dataclass(frozen=True, eq=False, repr=False)
class RelativeImportance:
    """How much of an outcome factors explain, and how that divides among them, in each domain.

    ``r2``: R² of the regression on all factors, one row a domain; ``shares``: Shapley shares, which add up to R², and
    ``portions``: the same over R², which add up to 1, one row per domain and factor, each with errors, intervals and joint
    covariance (``combine`` compares factors). ``n`` [J] rows in which outcome and factors have a value, ``dropped`` [J] those
    in which one is missing; ``p`` [J]: of Wald's test that no factor goes with the outcome; ``reason`` [J]: why a domain has no
    shares, a :class:`weighting.errors.Fault` with its code, empty where it has.
    """

    outcome: str
    factors: tuple[str, ...]
    r2: Estimates
    shares: Estimates
    portions: Estimates
    n: NDArray[np.int64]
    dropped: NDArray[np.int64]
    p: Floats
    reason: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self)

    def table(self) -> pd.DataFrame:
        """By-columns, factor, share, share_se, share_low, share_high, portion, portion_se, portion_low, portion_high, df, n,
        note: a fresh frame, one row per domain and factor; shares are parts of the outcome's variance, portions of R²."""
        table = self.shares.labels.rename(columns={"statistic": "factor"})
        for name, found in (("share", self.shares), ("portion", self.portions)):
            table = table.assign(
                **{
                    name: np.array(found.estimate),
                    f"{name}_se": np.array(found.se),
                    f"{name}_low": np.array(found.ci_low),
                    f"{name}_high": np.array(found.ci_high),
                }
            )
        n = np.repeat(self.n, len(self.factors))
        return table.assign(df=np.array(self.shares.df), n=n, note=list(self.portions.note))

    def __repr__(self) -> str:
        return shown.as_text(self._title(), self._printed(), self._below(), len(self.shares))

    def _repr_html_(self) -> str:
        return shown.as_html(self._title(), self._printed(), self._below(), len(self.shares))

    def _title(self) -> str:
        lost = int(self.dropped.sum())
        gone = f" ({lost:,} dropped: values missing)" if lost else ""
        return f"relative importance of {len(self.factors)} factors of {self.outcome}: {int(self.n.sum()):,} rows{gone}"

    def _printed(self) -> pd.DataFrame:
        table = self.table().head(shown.MOST_ROWS).drop(columns="df")
        for name in [part + end for part in ("share", "portion") for end in ("", "_se", "_low", "_high")]:
            table[name] = shown.significant(table[name])
        return table if any(table["note"]) else table.drop(columns="note")

    def _below(self) -> list[str]:
        names = self.r2.labels.drop(columns="statistic")
        where = [f"{', '.join(map(shown.label, row))}: " if len(row) else "" for row in names.to_numpy()]
        numbers = zip(
            *(shown.significant(v) for v in (self.r2.estimate, self.r2.ci_low, self.r2.ci_high)), strict=True
        )
        return [
            *(
                f"{of}R² {r2} ({low} … {high})"
                for of, (r2, low, high) in zip(where[:10], numbers, strict=False)
            ),
            *self.remarks,
        ]


def relative_importance(  # noqa: PLR0913
    design: SampleDesign,
    outcome: str,
    factors: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    *,
    interval: str = "bounded",
    level: float = 0.95,
    df: str | float = "domain",
) -> RelativeImportance:
    """How strongly each factor goes with an outcome: its Shapley share of the weighted R², by domain.

    A factor's share is what it adds to R² averaged over all orders in which the factors can enter a linear regression; the shares
    add up to R², and none is negative. They tell of association, not of cause. The rows in which outcome and all factors
    have a value count. Errors are linearised and follow the design; R² of few rows is too high by about (1 − R²) times factors
    over rows, and so are the shares together.

    Args:
        outcome: a column of numbers.
        factors: columns of numbers, at most 15.
        by: names of columns whose values make domains.
        interval, level, df: of R², shares and portions, as for :func:`weighting.estimation.means.mean`.

    Without shares, and with the reason in ``note``: domains in which the outcome does not vary, in which factors are combinations
    of others, or with fewer rows than factors and two. A factor that does not vary has no share; the others divide R² without it.

    Raises:
        DesignError: unknown columns, text, more than 15 factors, a factor named twice or that is the outcome.

    >>> from weighting import Design
    >>> d = Design({"y": [1.0, 2, 4, 5, 7, 6], "a": [1, 2, 3, 4, 5, 6], "b": [2, 1, 2, 1, 2, 1]})
    >>> found = d.relative_importance("y", ["a", "b"])
    >>> found.table()[["factor", "share", "portion", "n"]].round(4).to_dict("records")
    [{'factor': 'a', 'share': 0.9133, 'portion': 0.9738, 'n': 6}, {'factor': 'b', 'share': 0.0246, 'portion': 0.0262, 'n': 6}]
    >>> found.r2.estimate.round(4).tolist()
    [0.9379]
    """
    confidence = Confidence(interval, level, df)
    if isinstance(outcome, (list, tuple)):
        raise DesignError("outcome: one column is needed")
    target, names = design.names([outcome])[0], design.names(factors)
    _refuse(target, names)
    grouping = grouping_of(design, by)
    columns = [numeric(grouping, name) for name in (*names, target)]
    valid = np.logical_and.reduce([c.valid for c in columns])
    sampled = (design.weights > 0) & (grouping.domain >= 0)
    inside = np.where(sampled & valid, grouping.domain, -1)
    values = np.column_stack([c.rows() for c in columns])
    found = _Domains.of(grouping, inside, values, [str(n) for n in names], confidence)
    counted = np.bincount(grouping.domain[sampled], minlength=grouping.n_domains)
    return RelativeImportance(
        outcome=str(target),
        factors=tuple(str(n) for n in names),
        r2=found.estimates(slice(0, 1), ["R²"]),
        shares=found.estimates(slice(1, 1 + len(names)), names),
        portions=found.estimates(slice(1 + len(names), None), names),
        n=found.n,
        dropped=counted - found.n,
        p=found.p,
        reason=found.reason,
        remarks=found.remarks(),
    )


def _refuse(outcome: Any, factors: list[Any]) -> None:
    twice = sorted({str(name) for name in factors if factors.count(name) > 1})
    DesignError.raise_any(
        applying(
            (twice, f"factors: {quoted(twice)} named more than once"),
            (outcome in factors, f"factors: {str(outcome)!r} is the outcome"),
            (
                len(factors) > MOST_FACTORS,
                f"factors: {len(factors)} are named; at most {MOST_FACTORS} (each one doubles the work): leave some out, "
                "or join them",
            ),
        )
    )


@dataclass(frozen=True, eq=False)
class _Domains:
    """R², p shares and p portions of J domains: their ``values`` [J, 1 + 2p] (NaN where there are none, for a ``reason`` [J]) and
    influence values ``u`` [n, 1 + 2p], each counting in its row's ``domain`` [n] (−1: none); ``still`` [J, p]: factors that do
    not vary; ``p`` [J] of Wald's test that no factor goes with the outcome."""

    grouping: Grouping
    domain: Codes
    confidence: Confidence
    values: Floats
    u: Floats
    reason: tuple[str, ...]
    still: Flags
    p: Floats

    @classmethod
    def of(
        cls, grouping: Grouping, domain: Codes, x: Floats, names: list[str], confidence: Confidence
    ) -> _Domains:
        """From values [n, p + 1] of the factors and, last, the outcome."""
        J, p = grouping.n_domains, len(names)
        values, u = np.full((J, 1 + 2 * p), np.nan), np.zeros((grouping.design.n, 1 + 2 * p))
        still, reasons = np.zeros((J, p), dtype=bool), [""] * J
        for j in range(J):
            rows = np.flatnonzero(domain == j)
            C = Covariances(x[rows], grouping.design.weights[rows])
            varies = np.diag(C.matrix) > 0
            still[j] = ~varies[:-1]
            reasons[j] = _why_none(C, varies, names)
            if not reasons[j]:
                kept = np.flatnonzero(varies)
                scaled = Covariances(C.above[:, kept] / np.sqrt(np.diag(C.matrix)[kept]), C.w)
                places = np.concatenate([[0], 1 + kept[:-1], 1 + p + kept[:-1]])
                found = _with_portions(shares_of(scaled.matrix))
                values[j, places], u[np.ix_(rows, places)] = found.values, scaled.influence(found.gradients)
        tested = _tested(grouping.design, domain, x, still)
        p_values = np.array([np.nan if reasons[j] else tested(j) for j in range(J)])
        return cls(grouping, domain, confidence, values, u, tuple(reasons), still, p_values)

    @property
    def design(self) -> SampleDesign:
        return self.grouping.design

    @property
    def n(self) -> NDArray[np.int64]:
        """Rows [J] that count."""
        return np.bincount(self.domain[self.domain >= 0], minlength=len(self.values)).astype(np.int64)

    def estimates(self, at: slice, names: Sequence[Any]) -> Estimates:
        """Some of the statistics as estimates of the design: their influence values take the way of all others."""
        value, of_domain = self.values[:, at], self._domain_df(len(names))
        u = self._with_leverage(self.u[:, at])
        error = np.sqrt(np.maximum(self.design.variance_by(u, self.domain, len(value)), 0))
        source = partial(_influence, self.design, self.domain, len(value), u)
        df = self._degrees(of_domain, source)
        edge = np.broadcast_to((self.n * self.grouping.worth)[:, None], value.shape)
        flat = (error <= NO_VARIATION) | (value <= 0) | (value >= 1)
        census = flat & np.isposinf(edge)
        alone = (error <= NO_VARIATION) & (of_domain <= 0) & ~census
        se = np.where(np.isnan(value) | alone, np.nan, error)
        n = np.repeat(self.n[:, None], len(names), axis=1).astype(float)
        limits = self.confidence.limits(value, se, df, np.where(flat, edge, n), flat)
        exact = census | (self._alone_in_model & (at.start > self.still.shape[1]))
        low, high = chosen(exact, (value, value), limits)
        missing = np.full(value.size, np.nan)
        return Estimates(
            labels=labels_of(self.grouping.domains, len(value), [str(name) for name in names]),
            estimate=value.ravel(),
            se=se.ravel(),
            ci_low=np.where(alone, np.nan, low).ravel(),
            ci_high=np.where(alone, np.nan, high).ravel(),
            df=df.ravel(),
            n=n.ravel(),
            n_eff=missing,
            deff=missing,
            note=self._notes(at, alone, census, df),
            interval=self.confidence.interval,
            level=self.confidence.level,
            remarks=self.remarks(),
            source=source,
            design_df=float(self.design.degf),
            df_rule=self.confidence.df,
            domain_df=of_domain.ravel(),
            within=self.confidence.within,
            span=self.grouping.span.degrees,
        )

    @property
    def _alone_in_model(self) -> Flags:
        """Domains [J, 1] in which one factor varies: all of R² is its own."""
        return np.asarray((~self.still).sum(axis=1, keepdims=True) == 1)

    def _with_leverage(self, u: Floats) -> Floats:
        weight = np.where(self.domain >= 0, self.design.weights, 0.0)
        return self.design.with_leverage(
            u, self.domain, len(self.values), np.broadcast_to(weight[:, None], u.shape)
        )

    def _domain_df(self, k: int) -> Floats:
        """Degrees of freedom of the domains [J, k]."""
        rows = np.ones((self.design.n, 1), dtype=bool)
        return np.repeat(self.design.weighted_degfs_of(rows, self.domain, len(self.values)), k, axis=1)

    def _degrees(self, of_domain: Floats, source: partial[Influence]) -> Floats:
        """Degrees of freedom by the rule asked for."""
        rule = self.confidence.df
        if rule == "domain":
            return of_domain
        if rule == "satterthwaite":
            found = source().satterthwaite().reshape(of_domain.shape)
            return np.where(np.isnan(found), of_domain, found)
        return np.full(of_domain.shape, float(self.design.degf if isinstance(rule, str) else rule))

    def _notes(self, at: slice, alone: Flags, census: Flags, df: Floats) -> tuple[str, ...]:
        """Why something does not apply, row by row."""
        J, k = alone.shape
        note = np.full((J, k), "", dtype=object)
        weak = np.repeat((self.weak & (at.start > 0))[:, None], k, axis=1)
        note[weak] = NO_ASSOCIATION
        note[(df <= 0) & ~census] = "no degrees of freedom: no interval"
        note[census] = EXACT
        note[alone] = ONE_CLUSTER
        if at.start > 0:
            note[self.still] = "does not vary in the rows that count: left out"
        for j, reason in enumerate(self.reason):
            note[j] = reason or note[j]
        return tuple(note.ravel().tolist())

    @property
    def weak(self) -> Flags:
        """Domains [J] whose R² cannot be told from 0."""
        return np.asarray((self.values[:, 0] <= NOTHING) | (self.p > 1 - self.confidence.level))

    def remarks(self) -> tuple[str, ...]:
        """What has to be said of the whole."""
        lost = np.count_nonzero(
            (self.grouping.domain < 0) & (True if self.design.domain is None else self.design.domain)
        )
        return tuple(applying((lost, f"{lost:,} rows without a value of the by-columns belong to no domain")))


def _why_none(C: Covariances, varies: Flags, names: list[str]) -> str:
    """Why a domain has no shares; empty where it has."""
    factors = np.flatnonzero(varies[:-1])
    rows = C.w.size
    if not rows:
        return Fault("no_rows", "no row has a value of outcome and factors")
    if not varies[-1]:
        return Fault("flat_outcome", "the outcome does not vary in the rows that count")
    if not factors.size:
        return Fault("flat_factors", "no factor varies in the rows that count")
    if rows < factors.size + 2:
        return Fault(
            "few_rows", f"{rows} rows for {factors.size} factors: too few", rows=rows, factors=factors.size
        )
    of = combinations(C.above[:, factors] * np.sqrt(C.w)[:, None], [names[k] for k in factors])
    parts = [f"{name!r} is a combination of {quoted(others)}" for name, others in of]
    sentence = f"{'; '.join(parts)} in the rows that count: leave one of them out"
    return Fault("collinear", sentence, columns=tuple(name for name, _ in of)) if parts else ""


def _with_portions(found: Shares) -> Shares:
    """R², the shares, and the shares over R² [1 + 2p], with their gradients; the latter are NaN where R² is 0."""
    r2, shares = found.values[0], found.values[1:]
    if r2 <= NOTHING:
        return Shares(
            np.concatenate([found.values, np.full(shares.size, np.nan)]),
            np.concatenate([found.gradients, np.zeros_like(found.gradients[1:])]),
        )
    portions = shares / r2
    slopes = (found.gradients[1:] - portions[:, None, None] * found.gradients[0]) / r2
    return Shares(
        np.concatenate([found.values, portions]),
        np.concatenate([found.gradients, slopes]),
    )


def _tested(design: SampleDesign, domain: Codes, x: Floats, still: Flags) -> Callable[[int], float]:
    """p of Wald's test that no factor that varies goes with the outcome, by domain."""
    names = [str(k) for k in range(x.shape[1])]
    known = design.with_columns(pd.DataFrame(np.where((domain >= 0)[:, None], x, np.nan), columns=names))

    def of_domain(j: int) -> float:
        factors = [name for name, unmoved in zip(names, still[j], strict=False) if not unmoved]
        fit = regression(known.subset(domain == j), names[-1], factors)
        return float(fit.test(factors).p[0])

    return of_domain


def _influence(design: SampleDesign, domain: Codes, n_domains: int, u: Floats) -> Influence:
    return design.residuals.influence(domain, n_domains, [(u, None)])
