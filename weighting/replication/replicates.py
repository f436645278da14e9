"""Replicate weights: jackknife, balanced half samples, Fay's variant and the rescaled bootstrap.

V = scale · Σ_r rscale_r (θ_r − θ̄)(θ_r − θ̄)′ with θ_r the estimate under the weights of replicate r and θ̄ the mean of
the θ_r (of the full-sample estimate with ``mse``).

Sources: McCarthy, Review of the International Statistical Institute 37 (1969), balanced half samples; Judkins, Journal
of Official Statistics 6 (1990), Fay's method; Rao & Wu, JASA 83 (1988), and Rao, Wu & Yue, Survey Methodology 18 (1992),
rescaled bootstrap; Rust & Rao, Statistical Methods in Medical Research 5 (1996), the jackknife.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from weighting.calibration.calibration import Calibration
from weighting.calibration.margins import Coded, crossed
from weighting.errors import CalibrationError, DesignError, is_number, is_whole, listed, unknown
from weighting.estimation import intervals
from weighting.estimation.estimates import Estimates
from weighting.estimation.grouping import grouping_of
from weighting.estimation.study_variables import StudyVariable, numeric, shares
from weighting.facade import Design
from weighting.frozen import freeze
from weighting.randomness import generator
from weighting.replication.hadamard import hadamard, order_above
from weighting.variance.stages import Stage

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

JK1, JKN, BRR, FAY, BOOTSTRAP = "JK1", "JKn", "BRR", "Fay", "bootstrap"
KINDS = (JK1, JKN, BRR, FAY, BOOTSTRAP)
LEAVE_OUT = ("remove", "certainty")
# A jackknife holds clusters × clusters factors: 800 MB at this number.
MOST_CLUSTERS = 10_000
# Deviations below this share of the estimate are rounding: the replicates agree.
ROUNDING = 1e-12


# ---- factors by cluster: arrays in, arrays out ----------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Factors:
    """What each replicate does to the clusters.

    Attributes:
        table: factor of each cluster in each replicate [C, R].
        scale: common multiple of the squared deviations.
        rscales: multiple of each replicate's [R].
    """

    table: Array
    scale: float
    rscales: Array


def jackknife(stratum: Codes, sampled: Array, rest: Array, lonely: str = "remove") -> Factors:
    """Leave one cluster out: its factor is 0, that of the others in its stratum n_h/(n_h − 1).

    Args:
        stratum: stratum of each cluster [C].
        sampled: clusters per stratum n_h [H].
        rest: 1 − f_h [H].
        lonely: strata of one cluster: left out (remove, certainty), their cluster left out against all others (adjust),
            or given the mean variance of the other clusters (average).

    >>> f = jackknife(np.array([0, 0]), np.array([2.0]), np.array([1.0]))
    >>> f.table.tolist(), f.scale, f.rscales.tolist()
    ([[0.0, 2.0], [2.0, 0.0]], 1.0, [0.5, 0.5])
    """
    alone, census = sampled == 1, rest == 0
    left_out = np.flatnonzero((~alone & ~census)[stratum] | (alone & ~census & (lonely == "adjust"))[stratum])
    own = stratum[left_out]
    strata, at = np.float64(len(sampled)), np.arange(len(left_out))
    with np.errstate(divide="ignore", invalid="ignore"):
        within = np.where(alone, strata / (strata - 1.0), sampled / (sampled - 1.0))
        share = np.where(alone, (strata - 1.0) / strata, (sampled - 1.0) / sampled * rest)
    touched = (stratum[:, None] == own) | alone[own]
    table = np.where(touched, within[own], 1.0)
    table[left_out, at] = 0.0
    scale = len(stratum) / (~alone)[stratum].sum() if lonely == "average" else 1.0
    return Factors(table, float(scale), share[own])


def half_samples(stratum: Codes, sampled: Array, rho: float = 0.0, order: Codes | None = None) -> Factors:
    """Balanced half samples: one cluster of each pair gets 2 − ρ, the other ρ; strata of one cluster keep theirs.

    Args:
        stratum: stratum of each cluster [C].
        sampled: clusters per stratum [H], 1 or 2.
        rho: Fay's factor, 0 for plain half samples.
        order: the strata in the order in which they take the rows of the Hadamard matrix [H].

    >>> half_samples(np.array([0, 0]), np.array([2.0])).table.tolist()
    [[2.0, 0.0, 2.0, 0.0], [0.0, 2.0, 0.0, 2.0]]
    """
    listed = np.arange(len(sampled)) if order is None else order
    pairs = listed[sampled[listed] == 2]
    signs = hadamard(order_above(len(pairs)))
    row = np.full(len(sampled), 0)
    row[pairs] = np.arange(1, len(pairs) + 1)
    first = np.zeros(len(stratum), dtype=bool)
    first[np.unique(stratum, return_index=True)[1]] = True
    side = np.where(sampled[stratum] == 2, np.where(first, 1.0, -1.0), 0.0)
    R = signs.shape[1]
    table = 1.0 + (1.0 - rho) * side[:, None] * signs[row[stratum]]
    return Factors(table, 1.0 / (R * (1.0 - rho) ** 2), np.ones(R))


def bootstrap(
    stratum: Codes, sampled: Array, rest: Array, replicates: int, rng: np.random.Generator
) -> Factors:
    """Rao & Wu's rescaled bootstrap: n_h − 1 clusters of each stratum drawn with replacement.

    With r* the times a cluster is drawn its factor is 1 − λ_h + λ_h n_h/(n_h − 1) r*, λ_h = √(1 − f_h).

    >>> f = bootstrap(np.array([0, 0]), np.array([2.0]), np.array([1.0]), 3, np.random.default_rng(0))
    >>> sorted(set(f.table.ravel().tolist())), f.table.sum(axis=0).tolist()
    ([0.0, 2.0], [2.0, 2.0, 2.0])
    """
    table = np.ones((len(stratum), replicates))
    for h in np.flatnonzero((sampled > 1) & (rest > 0)):
        n, shrink = int(sampled[h]), np.sqrt(rest[h])
        drawn = rng.multinomial(n - 1, np.full(n, 1.0 / n), size=replicates).T
        table[stratum == h] = 1.0 - shrink + shrink * n / (n - 1) * drawn
    return Factors(table, 1.0 / (replicates - 1), np.ones(replicates))


# ---- replicates of a design -----------------------------------------------------------------------------


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
        degf: degrees of freedom: rank of the replicate weights − 1.
    """

    design: Design
    kind: str
    group: Codes
    factors: Array
    scale: float
    rscales: Array
    mse: bool
    degf: int

    def __post_init__(self) -> None:
        freeze(self)

    @classmethod
    def from_weights(
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
            weights: replicate weights [n, R], or the names of their columns.
            kind: how they were made: it sets ``scale`` and ``rscales`` where these are not given.
            combined: True for weights that contain the full-sample weight, False for factors to multiply it with.
            rho: Fay's factor.
            scale, rscales: multiples of the squared deviations, common and per replicate [R]; JKn needs ``rscales``.
            mse: deviations from the full-sample estimate.

        Raises:
            DesignError: shapes that do not fit, values that are negative or not finite, rscales that are missing.

        >>> d = Design({"y": [1.0, 2.0, 4.0]})
        >>> r = Replicates.from_weights(d, 1.5 * (1 - np.eye(3)), kind="JK1")
        >>> r.mean("y").se.round(6).tolist() == d.mean("y").se.round(6).tolist()
        True
        """
        table = _columns(design, weights)
        R = table.shape[1] if table.ndim == 2 else 0
        given = None if rscales is None else np.asarray(rscales, dtype=float)
        problems = _given_problems(design, table, kind, rho, given)
        if problems:
            raise DesignError(*problems)
        if combined:
            full = design.weights[:, None]
            table = np.divide(table, full, out=np.zeros_like(table), where=full > 0)
        own = {
            JK1: (R - 1) / R,
            JKN: 1.0,
            BRR: 1.0 / R,
            FAY: 1.0 / (R * (1 - rho) ** 2),
            BOOTSTRAP: 1.0 / (R - 1),
        }
        return cls(
            design, kind, np.arange(design.n), table, own[kind] if scale is None else float(scale),
            np.ones(R) if given is None else given, mse, _rank(table * design.weights[:, None]) - 1,
        )  # fmt: skip

    def weights(self) -> Array:
        """Replicate weights [n, R], full-sample weights included."""
        return self.design.weights[:, None] * self.factors[self.group]

    def __repr__(self) -> str:
        return (
            f"{self.factors.shape[1]} {self.kind} replicates of {self.design.n:,} rows, "
            f"{self.degf} degrees of freedom"
        )

    def mean(
        self, columns: str | Sequence[str], by: str | Sequence[str] | None = None, **options: Any
    ) -> Estimates:
        """Means by domain; arguments as for :meth:`weighting.Design.mean`."""
        return self._estimates("mean", columns, by, options)

    def total(
        self, columns: str | Sequence[str], by: str | Sequence[str] | None = None, **options: Any
    ) -> Estimates:
        """Totals by domain; arguments as for :meth:`weighting.Design.total`."""
        return self._estimates("total", columns, by, options)

    def proportion(
        self, columns: str | Sequence[str], by: str | Sequence[str] | None = None, **options: Any
    ) -> Estimates:
        """Shares by domain; arguments as for :meth:`weighting.Design.proportion`."""
        return self._estimates("proportion", columns, by, options)

    def ratio(
        self,
        numerator: str | Sequence[str],
        denominator: str,
        by: str | Sequence[str] | None = None,
        **options: Any,
    ) -> Estimates:
        """Ratios of totals by domain; arguments as for :meth:`weighting.Design.ratio`."""
        return self._estimates("ratio", numerator, by, options, denominator)

    def quantile(
        self,
        columns: str | Sequence[str],
        q: float | Sequence[float] = 0.5,
        by: str | Sequence[str] | None = None,
        level: float = 0.95,
    ) -> Estimates:
        """Quantiles by domain, with the variance of the replicates' quantiles.

        Raises:
            DesignError: jackknife replicates, whose variance does not settle for quantiles however large the sample.
        """
        if self.kind in (JK1, JKN):
            raise DesignError(
                f"quantiles have no {self.kind} variance: use BRR, Fay or bootstrap replicates, or Design.quantile"
            )
        base = self._plain.quantile(columns, q, by, level=level)
        weights = (self.design.weights * self.factors[self.group, r] for r in range(len(self.rscales)))
        under = np.array([self._plain.with_weights(w).quantile(columns, q, by).estimate for w in weights])
        base = replace(base, interval="wald", note=("quantile: n_eff, deff do not apply",) * len(base))
        return self._replaced(base, self._checked(base, under), "quantile", _gaps(base, under), by)

    def estimate(self, statistic: Callable[[Array], ArrayLike]) -> tuple[Array, Array]:
        """Any statistic of the weights: its values [k] on the full sample and their covariance [k, k].

        >>> d = Design({"y": [1.0, 2.0, 4.0]})
        >>> value, covariance = replicate(d, kind="JK1").estimate(lambda w: np.average([1.0, 2.0, 4.0], weights=w))
        >>> bool(np.isclose(covariance[0, 0], d.mean("y").se[0] ** 2))
        True
        """
        try:
            full = np.atleast_1d(np.asarray(statistic(self.design.weights), dtype=float))
        except (TypeError, ValueError) as error:
            raise DesignError(f"statistic: numbers are needed ({error})") from None
        under = [
            statistic(self.design.weights * self.factors[self.group, r]) for r in range(len(self.rscales))
        ]
        return full, self.covariance(full, np.array(under, dtype=float).reshape(len(self.rscales), -1))

    def covariance(self, full: Array, under: Array) -> Array:
        """Covariance [k, k] of estimates [k] from their values under the replicates [R, k]."""
        used = self.rscales > 0
        centre = full if self.mse else under[used].mean(axis=0)
        deviation = under[used] - centre
        deviation[np.abs(deviation) <= ROUNDING * np.abs(centre)] = 0.0
        weighted = deviation * np.sqrt(self.rscales[used])[:, None]
        return np.asarray(self.scale * weighted.T @ weighted)

    def _estimates(
        self,
        kind: str,
        columns: str | Sequence[str],
        by: str | Sequence[str] | None,
        options: dict[str, Any],
        denominator: str | None = None,
    ) -> Estimates:
        if options.get("df") == "satterthwaite":
            raise DesignError(
                "df='satterthwaite' needs the strata's parts of the variance, which replicates lack"
            )
        arguments = [columns] if denominator is None else [columns, denominator]
        base: Estimates = getattr(self._plain, kind)(*arguments, by=by, **options)
        under = self._under(kind, columns, by, options, denominator)
        return self._replaced(base, self._checked(base, under), kind, _gaps(base, under), by)

    def _checked(self, base: Estimates, under: Array) -> Array:
        """The covariance, missing where there is no estimate."""
        covariance = self.covariance(base.estimate, under)
        lost = np.isnan(base.estimate)
        covariance[lost, :] = covariance[:, lost] = np.nan
        return covariance

    @cached_property
    def _plain(self) -> Design:
        """Rows as clusters without strata: for what does not depend on the variance."""
        plain = Design(self.design.frame, weights=self.design.weights)
        return plain if self.design.domain is None else plain.subset(self.design.domain)

    def _under(
        self,
        kind: str,
        columns: str | Sequence[str],
        by: str | Sequence[str] | None,
        options: dict[str, Any],
        denominator: str | None,
    ) -> Array:
        """Every estimate under every replicate [R, K], in the order of the table: domains vary slowest."""
        domain, J = self._domains(by)
        variables = self._variables(kind, columns, by, options)
        bottom = None if denominator is None else numeric(grouping_of(self._plain, by), denominator)
        parts = []
        for variable in variables:
            valid = variable.valid if bottom is None else variable.valid & bottom.valid
            below = np.ones(self.design.n) if bottom is None else bottom.rows()
            scale = self._totals(np.where(valid, below, 0.0), domain, J)
            for k in range(len(variable.names)):
                top = self._totals(np.where(valid, variable.rows(k), 0.0), domain, J)
                with np.errstate(divide="ignore", invalid="ignore"):
                    parts.append(top if kind == "total" else top / scale)
        return np.stack(parts, axis=2).reshape(len(self.rscales), -1)

    def _domains(self, by: str | Sequence[str] | None) -> tuple[Codes, int]:
        if by is None:
            domain, J = np.zeros(self.design.n, dtype=np.intp), 1
        else:
            domain, labels = self.design.codes(by)
            J = len(labels)
        return (domain if self.design.domain is None else np.where(self.design.domain, domain, -1)), J

    def _variables(
        self,
        kind: str,
        columns: str | Sequence[str],
        by: str | Sequence[str] | None,
        options: dict[str, Any],
    ) -> tuple[StudyVariable, ...]:
        names, grouping = listed(columns), grouping_of(self._plain, by)
        if kind == "proportion":
            found = tuple(shares(grouping, c, options.get("levels")) for c in names)
        else:
            found = tuple(numeric(grouping, c) for c in names)
        if not options.get("listwise"):
            return found
        complete = np.logical_and.reduce([v.valid for v in found])
        return tuple(v.where(complete) for v in found)

    def _totals(self, values: Array, domain: Codes, J: int) -> Array:
        """Weighted totals of values [n] by replicate and domain [R, J]."""
        G = len(self.factors)
        inside = domain >= 0
        key = self.group[inside] * J + domain[inside]
        by_group = np.bincount(key, (self.design.weights * values)[inside], G * J).reshape(G, J)
        return self.factors.T @ by_group

    def _degrees(self, base: Estimates, by: str | Sequence[str] | None) -> Array:
        """Degrees of freedom of each row: the replicates', or those of the domain's clusters where these are fewer."""
        if not isinstance(base.df_rule, str):
            return base.df
        if base.df_rule != "domain":
            return np.full(len(base), float(self.degf))
        domain, J = self._domains(by)
        own = np.minimum(self.design.domain_degfs(domain, J), self.degf)
        return np.repeat(own.astype(float), len(base) // J)

    def _replaced(
        self,
        base: Estimates,
        covariance: Array,
        kind: str,
        gap: NDArray[np.bool_],
        by: str | Sequence[str] | None,
    ) -> Estimates:
        """The table with the replicates' standard errors, limits and design effects."""
        se = np.sqrt(np.diag(covariance))
        df = self._degrees(base, by)
        with np.errstate(divide="ignore", invalid="ignore"):
            deff = se**2 / (base.se**2 / base.deff)
            n_eff = np.where(deff > 0, base.n / deff, np.nan)
        low, high = self._limits(base, se, df, kind)
        note = np.where(
            gap, "a replicate leaves no rows in this domain: no standard error", np.array(base.note)
        )
        return replace(
            base, se=se, df=df, ci_low=low, ci_high=high, deff=deff, n_eff=n_eff, note=tuple(note.tolist()),
            source=lambda: covariance, design_df=float(self.degf),
        )  # fmt: skip

    def _limits(self, base: Estimates, se: Array, df: Array, kind: str) -> tuple[Array, Array]:
        """Intervals around the estimates; at 0 and 1, or without variation, those of the full sample's sizes."""
        estimate = base.estimate
        if base.interval == "wald":
            low, high = intervals.wald(estimate, se, df, base.level)
            if kind != "proportion":
                return low, high
            low, high = np.clip(low, 0, 1), np.clip(high, 0, 1)
        elif base.interval in intervals.TRANSFORMED:
            low, high = intervals.TRANSFORMED[base.interval](estimate, se, df, base.level)
        else:
            low, high = intervals.SIZED[base.interval](estimate, se, df, base.level, base.n)
        flat = (se <= intervals.NO_VARIATION) | (estimate <= 0) | (estimate >= 1)
        return np.where(flat, base.ci_low, low), np.where(flat, base.ci_high, high)


def _gaps(base: Estimates, under: Array) -> NDArray[np.bool_]:
    """Estimates [K] that some replicate cannot make."""
    return np.isnan(under).any(axis=0) & ~np.isnan(base.estimate)


def _columns(design: Design, weights: ArrayLike | Sequence[str]) -> Array:
    """Replicate weights [n, R] from an array or from the names of columns."""
    if (
        isinstance(weights, Sequence)
        and not isinstance(weights, str)
        and all(isinstance(name, str) for name in weights)
    ):
        lost = [unknown("column", name, design.frame.columns) for name in weights if name not in design.frame]
        if lost:
            raise DesignError(*lost)
        return design.frame[list(weights)].to_numpy(dtype=float)
    try:
        return np.asarray(weights.to_numpy() if isinstance(weights, pd.DataFrame) else weights, dtype=float)
    except (TypeError, ValueError):
        raise DesignError(
            "replicate weights: numbers [n, R] are needed, or the names of their columns"
        ) from None


def _given_problems(design: Design, table: Array, kind: str, rho: float, rscales: Array | None) -> list[str]:
    if table.ndim != 2 or len(table) != design.n or table.shape[1] < 2:
        return [
            f"replicate weights: shape {table.shape}; {design.n} rows and at least two columns are needed"
        ]
    bad = np.argwhere(~(np.isfinite(table) & (table >= 0)))
    checks = [
        (kind not in KINDS, unknown("kind", kind, KINDS)),
        (not is_number(rho) or not 0 <= rho < 1, f"rho {rho!r}: accepted from 0 to below 1"),
        (
            kind == JKN and rscales is None,
            "JKn: rscales are needed, (n_h − 1)/n_h of the stratum left a cluster out of",
        ),
        (
            rscales is not None and rscales.shape != table.shape[1:],
            f"rscales: {table.shape[1]} values are needed",
        ),
        (rscales is not None and not (rscales >= 0).all(), "rscales: must not be negative"),
    ]
    problems = [message for wrong, message in checks if wrong]
    if len(bad):
        row, column = bad[0]
        problems.append(
            f"replicate weights: {table[row, column]} in row {row}, replicate {column + 1} ({len(bad)} such values)"
        )
    return problems


def _rank(table: Array) -> int:
    """Rank of replicate weights [G, R], to R's tolerance of 1e-5 on the scale of singular values."""
    gram = table @ table.T if len(table) < table.shape[1] else table.T @ table
    value = np.linalg.eigvalsh(gram)
    return int((value > 1e-10 * value[-1]).sum())


def replicate(
    design: Design,
    kind: Literal["JK1", "JKn", "BRR", "Fay", "bootstrap"] = "JKn",
    rho: float = 0.5,
    replicates: int = 500,
    seed: int | np.random.Generator = 0,
    mse: bool = False,
    recalibrate: bool = True,
) -> Replicates:
    """Replicates of a design, by the clusters of its first stage.

    Args:
        design: the design; it is not changed.
        kind: ``JKn`` leaves out one cluster of one stratum, ``JK1`` the same without strata; ``BRR`` and ``Fay`` take
            half samples of strata with two clusters; ``bootstrap`` draws clusters with replacement (rescaled).
        rho: Fay's factor.
        replicates: number of bootstrap replicates.
        seed: a seed or a numpy Generator for the bootstrap.
        mse: deviations from the full-sample estimate instead of the mean of the replicates.
        recalibrate: meet the margins of a calibrated design again in every replicate; False leaves the calibrated
            weights as they are.

    Census strata (sampling fraction 1) do not vary and get no replicates. Strata of one cluster follow the design's
    policy: ``fail`` refuses; ``remove`` and ``certainty`` keep them fixed; ``adjust`` and ``average`` are defined for the
    jackknife, as in R's ``survey::as.svrepdesign``.

    Raises:
        DesignError: strata the kind cannot handle, named; too few replicates.
        CalibrationError: a replicate in which the margins cannot be met.

    >>> d = Design({"y": [1.0, 2, 4, 5], "h": ["a", "a", "b", "b"]}, strata="h")
    >>> r = replicate(d, kind="JKn")
    >>> r.mean("y").se.round(9).tolist() == d.mean("y").se.round(9).tolist()
    True
    """
    stage = design.stages[0]
    problems = _kind_problems(stage, kind, rho, replicates, design.lonely)
    if problems:
        raise DesignError(*problems)
    # R takes strata in the order of their names as text; ratios depend on it in the last digits.
    by_name = np.argsort(np.asarray(stage.names, dtype=str), kind="stable")
    made = {
        JK1: lambda: jackknife(stage.stratum, stage.sampled, stage.rest),
        JKN: lambda: jackknife(stage.stratum, stage.sampled, stage.rest, design.lonely),
        BRR: lambda: half_samples(stage.stratum, stage.sampled, order=by_name),
        FAY: lambda: half_samples(stage.stratum, stage.sampled, rho, by_name),
        BOOTSTRAP: lambda: bootstrap(stage.stratum, stage.sampled, stage.rest, replicates, generator(seed)),
    }[kind]()
    degf = _degf(stage, kind, made, design.lonely)
    if design.domain is not None:
        degf = min(degf, design.degf)
    group, factors = stage.cluster, made.table
    if recalibrate and design.adjustments:
        group, factors = _recalibrated(design, made.table)
    return Replicates(design, kind, group, factors, made.scale, made.rscales, mse, degf)


def _degf(stage: Stage, kind: str, made: Factors, lonely: str) -> int:
    """Rank − 1; for the jackknife without lonely strata that is clusters − strata, census strata included."""
    own = stage.sampled - 1
    if kind not in (JK1, JKN):
        return _rank(made.table) - 1
    if lonely != "adjust":
        return int(own.sum())
    return _rank(made.table) - 1 + int(own[stage.rest == 0].sum())


def _kind_problems(stage: Stage, kind: str, rho: float, replicates: int, lonely: str) -> list[str]:
    """What a kind of replicate cannot do with the strata of the first stage."""
    if kind not in KINDS:
        return [unknown("kind", kind, KINDS)]
    problems = []
    census = stage.rest == 0
    alone = stage.lonely
    if alone.any() and (lonely == "fail" or (lonely not in LEAVE_OUT and kind != JKN)):
        problems.append(
            f"stratum {_listed(stage, alone)} has a single cluster: {kind} is not defined there with lonely={lonely!r}; "
            f"use lonely='remove' or 'certainty', or merge strata"
        )
    if kind in (JK1, JKN) and stage.n_clusters > MOST_CLUSTERS:
        problems.append(
            f"{kind} would make {stage.n_clusters:,} replicates, one per cluster; more than {MOST_CLUSTERS:,} are refused: "
            f"use bootstrap, or the linearised variance"
        )
    if kind == JK1 and stage.n_strata > 1:
        problems.append(f"JK1 is for designs without strata, this one has {stage.n_strata}: use JKn")
    if kind in (BRR, FAY):
        odd = (stage.sampled > 2) | (census & (stage.sampled > 1))
        if odd.any():
            problems.append(
                f"stratum {_listed(stage, odd)} does not have two clusters of a larger population: {kind} needs that; "
                f"use JKn or bootstrap"
            )
        if (stage.rest < 1).any() and not odd.any():
            problems.append(
                f"{kind} takes no finite population correction: leave fpc out, or use JKn or bootstrap"
            )
    if kind == FAY and (not is_number(rho) or not 0 <= rho < 1):
        problems.append(f"rho {rho!r}: accepted from 0 to below 1")
    if kind == BOOTSTRAP and (not is_whole(replicates) or replicates < 2):
        problems.append(f"replicates {replicates!r}: a whole number, at least 2")
    return problems


def _listed(stage: Stage, which: NDArray[np.bool_]) -> str:
    names = [repr(str(stage.names[h])) for h in np.flatnonzero(which)]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _recalibrated(design: Design, table: Array) -> tuple[Codes, Array]:
    """Groups [n] of cluster × calibration cells, and their factors [G, R] when every replicate is calibrated again.

    Steps between calibrations (trimming, nonresponse) are repeated as the ratios they were.
    """
    steps = design.adjustments
    if not all(isinstance(step, Calibration) for step in steps):
        raise DesignError(
            "an adjustment of this design cannot be repeated in the replicates: use recalibrate=False"
        )
    chain = [step for step in steps if isinstance(step, Calibration)]
    cluster = design.stages[0].cluster
    parts = [Coded(cluster, 0, len(table)), *(Coded(step.cells.index, 0, step.cells.size) for step in chain)]
    index, _ = crossed(parts, design.n)
    _, first, group = np.unique(index, return_index=True, return_inverse=True)
    factors = np.empty((len(first), table.shape[1]))
    for r in range(table.shape[1]):
        weights = chain[0].before * table[cluster, r]
        after = chain[0].before
        for step in chain:
            weights = weights * _ratio(step.before, after)
            weights, after = _again(step, weights, r), step.after
        weights = weights * _ratio(design.weights, after)
        factors[:, r] = _ratio(weights, design.weights)[first]
    return group.astype(np.intp), factors


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom != 0)


def _again(step: Calibration, weights: Array, r: int) -> Array:
    try:
        return step.again(weights)
    except CalibrationError as error:
        raise CalibrationError(
            *(f"replicate {r + 1}: {problem}" for problem in error.problems),
            "a replicate with few or no rows of a category cannot meet its total: join categories, widen the bounds, "
            "or use recalibrate=False",
        ) from None
