"""Standard errors, degrees of freedom and intervals of the branches of a tree.

One pass over the rows of each group gives, unit by unit, the covariance of the influence of its item totals; every branch is
then a quadratic form of it (statistics.md §1). Groups are independent samples, so their variances add; external
estimates of a unit that come from one document are taken as correlated (cautiously, fully so by default).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from surveys.definitions.study import External, Study
from surveys.scoring.linear import Bools, Floats, Linear
from surveys.scoring.tree import Block, Branch
from surveys.scoring.values import Values
from weighting import intervals

ROUNDING = 1e-12  # a standard error below this is the noise of adding floats: no variation


@dataclass(frozen=True)
class Estimate:
    """One branch as it is published; float [U] each. ``forms``: evaluations with a valid answer; ``effective``: Kish's
    effective number of them, with the size of external surveys where it is known."""

    branch: Branch
    forms: Floats
    effective: Floats
    se: Floats
    low: Floats
    high: Floats
    df: Floats
    satisfied_low: Floats
    satisfied_high: Floats


def estimates(block: Block, branches: Sequence[Branch]) -> list[Estimate]:
    """Standard error and interval of every branch, for score and satisfied share."""
    groups = {g: GroupCovariance(values, _pools(branches, g)) for g, values in block.values.items()}
    outside = Outside(block)
    errors = [_errors(branch, groups, outside) for branch in branches]
    limits = _limits(block.study, branches, errors)
    return [
        Estimate(branch, e.forms, e.effective, e.se, low[0], high[0], e.df, low[1], high[1])
        for branch, e, low, high in zip(branches, errors, *limits, strict=True)
    ]


@dataclass(frozen=True)
class _Errors:
    """What the limits of one branch need; ``n`` and ``fraction`` are for a result without variation."""

    forms: Floats
    effective: Floats
    se: Floats
    df: Floats
    se_satisfied: Floats
    df_satisfied: Floats
    n: Floats
    fraction: Floats


class GroupCovariance:
    """Covariance, unit by unit, of the influence of the item totals of one group.

    The influence values of item k are w a (y − θ) and, where some branch is ``pooled``, w a; the result is [U, I, I] or
    [U, 2I, 2I], computed once for the score and once for the satisfied share.
    """

    def __init__(self, values: Values, pooled: bool) -> None:
        self.values = values
        self.pooled = pooled
        self._score = self._covariance(values.value, values.theta)
        self._satisfied = self._covariance(values.satisfied, values.satisfied_share)
        self._counts: dict[bytes, tuple[Floats, Floats, Floats]] = {}

    def _covariance(self, y: Floats, theta: Floats) -> Floats:
        columns = influence(self.values, y, theta)
        columns = columns if self.pooled else columns[:, : len(self.values.items)]
        sample = self.values.sample
        return np.asarray(sample.design.covariance_by(columns, sample.unit, len(sample.population)))

    def variance(self, linear: Linear, group: str, *, satisfied: bool) -> Floats:
        """Variance of a linear quantity's part in this group [U]."""
        alpha, delta = linear.alpha[group], linear.delta[group]
        q = np.concatenate([alpha, delta], axis=1) if self.pooled else alpha
        used = np.flatnonzero((q != 0).any(axis=0))
        C = (self._satisfied if satisfied else self._score)[:, used[:, None], used]
        return np.einsum("ui,uij,uj->u", q[:, used], C, q[:, used])

    def counts(self, column: Bools) -> tuple[Floats, Floats, Floats]:
        """Evaluations, effective number and degrees of freedom of those who answered any item of ``column`` [U]."""
        key = column.tobytes()
        if key not in self._counts:
            self._counts[key] = self._count(column)
        return self._counts[key]

    def _count(self, column: Bools) -> tuple[Floats, Floats, Floats]:
        sample = self.values.sample
        units = len(sample.population)
        some = self.values.valid[:, column].any(axis=1)
        unit, w = sample.unit[some], sample.design.weights[some]
        forms = np.bincount(unit, minlength=units).astype(float)
        total = np.bincount(unit, w, minlength=units)
        squares = np.bincount(unit, w**2, minlength=units)
        effective = np.divide(total**2, squares, out=np.zeros(units), where=squares > 0)
        df = sample.design.domain_degfs(np.where(some, sample.unit, -1), units)
        return forms, effective, np.maximum(df, 0).astype(float)


def _pools(branches: Sequence[Branch], group: str) -> bool:
    """Whether any branch depends on the group's answers otherwise than through the items' θ."""
    linear = (part for branch in branches for part in (branch.score, branch.satisfied))
    return any(group in part.delta and bool(np.any(part.delta[group])) for part in linear)


def influence(values: Values, y: Floats, theta: Floats) -> Floats:
    """w a (y − θ) and w a per row and item [n, 2I], θ being that of the row's unit."""
    centred = np.where(values.valid, y - np.nan_to_num(theta)[values.sample.unit], 0.0)
    return np.concatenate([values.weight * centred, values.weight * values.valid], axis=1)


class Outside:
    """The external estimates of a block: covariance [E, E], sizes (NaN where not known) and degrees of freedom [E].

    Within a unit and document they are correlated as the study declares, otherwise independent.
    """

    def __init__(self, block: Block) -> None:
        slots = block.slots
        se = np.array([external_se(e) for e in slots])
        same = np.array([[_related(a, b) for b in slots] for a in slots], dtype=bool)
        correlation = np.where(
            same.reshape(len(slots), len(slots)), block.study.inference.external_correlation, 0.0
        )
        np.fill_diagonal(correlation, 1.0)
        self.covariance: Floats = correlation * np.outer(se, se)
        self.sizes = np.array([np.nan if e.n is None else e.n for e in slots])
        self.df = np.array([_df(e) for e in slots])

    def variance(self, linear: Linear) -> Floats:
        """Variance of a quantity's external part [U]."""
        return np.einsum("ue,ef,uf->u", linear.external, self.covariance, linear.external)

    def degrees(self, linear: Linear) -> Floats:
        """The smallest degrees of freedom among the external estimates used [U]."""
        return np.where(linear.external != 0, self.df, np.inf).min(axis=1, initial=np.inf)


def _related(a: External, b: External) -> bool:
    return (a.unit, a.document) == (b.unit, b.document)


def external_se(external: External) -> float:
    """Standard error as given, or √(p(1 − p)/n): the largest a mean of values in [0, 1] can have with n answers.

    >>> e = External("so", "u", "8.1.1", "", 0.8, "report", n=400)
    >>> round(external_se(e), 6)
    0.02
    """
    if external.se is not None:
        return external.se
    return float(np.sqrt(external.score * (1.0 - external.score) / (external.n or np.nan)))


def _df(external: External) -> float:
    """As declared, n − 1 where only n is, else infinite."""
    if external.df is not None:
        return external.df
    return np.inf if external.n is None else external.n - 1.0


def _errors(branch: Branch, groups: Mapping[str, GroupCovariance], outside: Outside) -> _Errors:
    counts = {g: groups[g].counts(branch.columns[g]) for g in branch.score.alpha}
    own = {g: (alpha != 0).any(axis=1) for g, alpha in branch.score.alpha.items()}
    zero = np.zeros(len(branch.complete))
    forms = sum((np.where(own[g], counts[g][0], 0.0) for g in own), zero)
    effective = sum((np.where(own[g], counts[g][1], 0.0) for g in own), zero)
    effective = effective + np.nan_to_num((branch.score.external != 0) * outside.sizes).sum(axis=1)
    return _Errors(
        forms,
        effective,
        *_error(branch.score, groups, counts, outside, satisfied=False),
        *_error(branch.satisfied, groups, counts, outside, satisfied=True),
        *_certainty(branch, groups, counts, own, outside.sizes),
    )


def _error(
    linear: Linear,
    groups: Mapping[str, GroupCovariance],
    counts: Mapping[str, tuple[Floats, Floats, Floats]],
    outside: Outside,
    *,
    satisfied: bool,
) -> tuple[Floats, Floats]:
    """Standard error, and Satterthwaite's degrees of freedom (Σ V)²/Σ V²/df over the independent parts."""
    variances = [groups[g].variance(linear, g, satisfied=satisfied) for g in linear.alpha]
    variance = np.array([*variances, outside.variance(linear)])
    variance[variance < ROUNDING**2] = 0.0
    df = np.array([*(counts[g][2] for g in linear.alpha), outside.degrees(linear)])
    total = variance.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        satterthwaite = total**2 / np.where(variance > 0, variance**2 / df, 0.0).sum(axis=0)
    concerned = np.array(
        [*((a != 0).any(axis=1) for a in linear.alpha.values()), linear.external.any(axis=1)]
    )
    plain = np.where(concerned & np.isfinite(df), df, 0.0).sum(axis=0)
    return np.sqrt(total), np.where(total > 0, satterthwaite, plain)


def _certainty(
    branch: Branch,
    groups: Mapping[str, GroupCovariance],
    counts: Mapping[str, tuple[Floats, Floats, Floats]],
    own: Mapping[str, Bools],
    sizes: Floats,
) -> tuple[Floats, Floats]:
    """n and the fraction f for a result without variation, such that n/(1 − f) = 1/Σ_g (c_g²/n*_g).

    c_g is the weight of group g in the result and n*_g = n_g/(1 − f_g) its effective n: the variance p(1 − p)/n* of a
    weighted mean of independent groups. A result whose groups are all complete censuses has f = 1.
    """
    n = np.zeros(len(branch.complete))
    inverse, weight = np.zeros(len(n)), np.zeros(len(n))
    for g, mine in own.items():
        share = (branch.score.alpha[g] * groups[g].values.answers).sum(axis=1)
        forms, fraction = counts[g][0], groups[g].values.sample.fraction
        n += np.where(mine, forms, 0.0)
        weight += share
        inverse += np.where(mine, share**2 * (1.0 - fraction) / np.maximum(forms, 1.0), 0.0)
    for k in np.flatnonzero(np.isfinite(sizes)):
        share = branch.score.external[:, k]
        n += np.where(share != 0, sizes[k], 0.0)
        weight += share
        inverse += share**2 / sizes[k]
    inverse = np.divide(inverse, weight**2, out=np.zeros_like(n), where=weight > 0)
    return n, np.where(n > 0, 1.0 - n * inverse, 0.0)


def _limits(study: Study, branches: Sequence[Branch], errors: Sequence[_Errors]) -> tuple[Floats, Floats]:
    """Lower and upper limits [R, 2, U] of all branches at once, of the score and of the satisfied share; NaN without a
    value. The interval is the one that the study asks for (``bounded`` by default)."""
    value = np.array([(b.score.value, b.satisfied.value) for b in branches])
    se = np.array([(e.se, e.se_satisfied) for e in errors])
    df = np.array([(e.df, e.df_satisfied) for e in errors])
    n = np.array([(e.n, e.n) for e in errors])
    fraction = np.array([(e.fraction, e.fraction) for e in errors])
    level, kind = study.inference.level, study.inference.interval
    if kind == "bounded":
        return intervals.bounded(value, se, df, n, fraction, level)
    if kind == "wald":
        return intervals.wald(value, se, df, level)
    if kind == "logit":
        return intervals.logit(value, se, df, level)
    size = n / np.maximum(1.0 - fraction, ROUNDING)
    sized = intervals.wilson if kind == "wilson" else intervals.beta
    return sized(value, se, df, level, size)
