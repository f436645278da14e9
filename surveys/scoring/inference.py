"""Standard errors, degrees of freedom and intervals of the branches of a tree.

One pass over the rows of each group gives, unit by unit, the covariance of the influence of its item totals; every branch is
then a quadratic form of it (statistics.md §1). Groups are independent samples, so their variances add; external
estimates of a unit that come from one document are taken as correlated (cautiously, fully so by default).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surveys.definitions.study.records import External, StudyDefinition
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch
from surveys.scoring.quantities import Bools, Floats, Quantity
from surveys.scoring.values import Values
from weighting.estimation import intervals
from weighting.groups import group_totals

_AT_ONCE = 64  # branches worked on together: enough for whole-array arithmetic, few enough to stay small
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


def estimates(block: BlockInputs, branches: Sequence[Branch]) -> list[Estimate]:
    """Standard error and interval of every branch, for score and satisfied share."""
    if not branches:
        return []
    groups = [GroupCovariance(values, branches, g) for g, values in block.values.items()]
    outside = Outside(block)
    starts = range(0, len(branches), _AT_ONCE)
    parts = (_errors(branches[start : start + _AT_ONCE], groups, outside) for start in starts)
    e = _Errors(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    limits = _limits(block.study, branches, e)
    return [
        Estimate(branch, e.forms[r], e.effective[r], e.se[r], low[0], high[0], e.df[r], low[1], high[1])
        for r, (branch, low, high) in enumerate(zip(branches, *limits, strict=True))
    ]


class _Errors(NamedTuple):
    """What the limits of R branches need, float [R, U] each; ``n`` and ``fraction`` are for a result without variation."""

    forms: Floats
    effective: Floats
    se: Floats
    df: Floats
    se_satisfied: Floats
    df_satisfied: Floats
    n: Floats
    fraction: Floats


class _Part(NamedTuple):
    """What one independent sample adds to R branches, [R, U] each; nothing (0 and False) where a branch has none of it.

    ``variance`` and ``used`` of the score, ``*_satisfied`` of the satisfied share; ``share`` is the weight of the sample
    in the score and ``inverse`` share²/n*, with n* its effective size for a result without variation.
    """

    variance: Floats
    used: Bools
    variance_satisfied: Floats
    used_satisfied: Bools
    df: Floats
    forms: Floats
    effective: Floats
    n: Floats
    share: Floats
    inverse: Floats


class GroupCovariance:
    """Covariance, unit by unit, of the influence of the item totals of one group.

    The influence values of item k are w a (y − θ) and, where some of the branches is ``pooled``, w a; the result is [U, I, I]
    or [U, 2I, 2I], computed once for the score and once for the satisfied share.
    """

    def __init__(self, values: Values, branches: Sequence[Branch], group: str) -> None:
        self.values = values
        self.group = group
        mine = [branch for branch in branches if group in branch.score.alpha]
        self.pooled = any(group in linear.delta for b in mine for linear in (b.score, b.satisfied))
        self._score = self._covariance(values.value, values.theta)
        self._satisfied = self._covariance(values.satisfied, values.satisfied_share)
        self._counts = self._counted([branch.columns[group] for branch in mine])

    def _covariance(self, y: Floats, theta: Floats) -> Floats:
        columns = influence(self.values, y, theta)
        if self.pooled:
            columns = np.concatenate([columns, presence(self.values)], axis=1)
        sample = self.values.sample
        return np.asarray(sample.design.covariance_by(columns, sample.unit, len(sample.population)))

    def part(self, branches: Sequence[Branch]) -> _Part | None:
        """What this group adds to R branches; None where it adds to none of them."""
        mine = [r for r, branch in enumerate(branches) if self.group in branch.score.alpha]
        if not mine:
            return None
        score = np.array([self._derivative(branches[r].score) for r in mine])
        satisfied = score
        if not all(branches[r].one_derivative for r in mine):
            satisfied = np.array([self._derivative(branches[r].satisfied) for r in mine])
        counts = [self._counts[branches[r].columns[self.group].tobytes()] for r in mine]
        forms, effective, df = np.array(counts).transpose(1, 0, 2)
        items = len(self.values.items)
        used = np.asarray((score[:, :, :items] != 0).any(axis=2))
        share = (score[:, :, :items] * self.values.answers).sum(axis=2)
        rest = 1.0 - self.values.sample.fraction
        found = _Part(
            self.variance(score, self._score),
            used,
            self.variance(satisfied, self._satisfied),
            used if satisfied is score else np.asarray((satisfied[:, :, :items] != 0).any(axis=2)),
            df,
            np.where(used, forms, 0.0),
            np.where(used, effective, 0.0),
            np.where(used, forms, 0.0),
            share,
            np.where(used, share**2 * rest / np.maximum(forms, 1.0), 0.0),
        )
        return _Part(*(_among(len(branches), mine, values) for values in found))

    def _derivative(self, linear: Quantity) -> Floats:
        alpha = linear.alpha[self.group]
        if not self.pooled:
            return alpha
        delta = linear.delta.get(self.group)
        return np.concatenate([alpha, np.zeros_like(alpha) if delta is None else delta], axis=1)

    @staticmethod
    def variance(q: Floats, covariance: Floats) -> Floats:
        """Variances q′Cq [R, U] of linear quantities with derivatives q [R, U, K]; covariance [U, K, K]."""
        by_unit = q.transpose(1, 0, 2)
        return ((by_unit @ covariance) * by_unit).sum(axis=2).T

    def _counted(self, columns: Sequence[Bools]) -> dict[bytes, Floats]:
        """Evaluations, effective number and degrees of freedom [3, U] of those who answered any item of each different
        set of items [I], by the set's bytes."""
        sets = {column.tobytes(): column for column in columns}
        distinct = list(sets.values())
        found = [
            self.counts(np.array(distinct[start : start + _AT_ONCE]))
            for start in range(0, len(distinct), _AT_ONCE)
        ]
        return dict(zip(sets, np.concatenate(found), strict=True)) if found else {}

    def counts(self, sets: Bools) -> Floats:
        """Evaluations, effective number and degrees of freedom [S, 3, U] of those who answered any item of sets [S, I]."""
        sample = self.values.sample
        units, w = len(sample.population), self.values.weight
        # counts of answers: small whole numbers, which single precision holds exactly
        some = (self.values.valid.astype(np.float32) @ sets.T.astype(np.float32)) > 0
        forms, total, squares = (
            group_totals(np.where(some, factor, 0.0), sample.unit, units) for factor in (1.0, w, w**2)
        )
        effective = np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)
        df = np.maximum(sample.design.domain_degfs_of(some, sample.unit, units), 0.0)
        return np.stack([forms, effective, df]).transpose(2, 0, 1)


def _among(size: int, mine: Sequence[int], values: NDArray[Any]) -> NDArray[Any]:
    """Rows ``mine`` of an array [size, U] that is 0 elsewhere."""
    if len(mine) == size:
        return values
    found = np.zeros((size, *values.shape[1:]), dtype=values.dtype)
    found[mine] = values
    return found


def influence(values: Values, y: Floats, theta: Floats) -> Floats:
    """w a (y − θ) per row and item [n, I], θ being that of the row's unit."""
    centred = y - np.where(np.isnan(theta), 0.0, theta)[values.sample.unit]
    return np.where(values.valid, values.weight * centred, 0.0)


def presence(values: Values) -> Floats:
    """w a per row and item [n, I]."""
    return values.weight * values.valid


class Outside:
    """The external estimates of a block: covariance [E, E], sizes (NaN where not known) and degrees of freedom [E].

    Within a unit and document they are correlated as the study declares, otherwise independent.
    """

    def __init__(self, block: BlockInputs) -> None:
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

    def variance(self, external: Floats) -> Floats:
        """Variance [...] of quantities with derivatives ``external`` [..., E]."""
        return np.asarray(((external @ self.covariance) * external).sum(axis=-1))

    def part(self, branches: Sequence[Branch]) -> _Part:
        """What the external estimates add to R branches; their degrees of freedom are the smallest among those used."""
        score, satisfied = (
            np.stack([linear.external for linear in linears])
            for linears in ([b.score for b in branches], [b.satisfied for b in branches])
        )
        sized = np.isfinite(self.sizes)
        n = (score != 0)[..., sized] @ self.sizes[sized]
        return _Part(
            self.variance(score),
            np.asarray((score != 0).any(axis=2)),
            self.variance(satisfied),
            np.asarray((satisfied != 0).any(axis=2)),
            np.where(score != 0, self.df, np.inf).min(axis=2, initial=np.inf),
            np.zeros_like(n),
            n,
            n,
            score[..., sized].sum(axis=2),
            (score[..., sized] ** 2 / self.sizes[sized]).sum(axis=2),
        )


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


def _errors(branches: Sequence[Branch], groups: Sequence[GroupCovariance], outside: Outside) -> _Errors:
    """Groups are independent of each other and of the external estimates: variances add."""
    found = [group.part(branches) for group in groups]
    parts = [part for part in found if part is not None] + [outside.part(branches)]
    df = np.array([part.df for part in parts])

    def added(name: str) -> Floats:
        return np.asarray(sum(getattr(part, name) for part in parts))

    return _Errors(
        added("forms"),
        added("effective"),
        *_error(np.array([p.variance for p in parts]), np.array([p.used for p in parts]), df),
        *_error(
            np.array([p.variance_satisfied for p in parts]), np.array([p.used_satisfied for p in parts]), df
        ),
        *_certainty(added("n"), added("share"), added("inverse")),
    )


def _error(variance: Floats, used: Bools, df: Floats) -> tuple[Floats, Floats]:
    """Standard error, and Satterthwaite's degrees of freedom (Σ V)²/Σ V²/df over independent parts [parts, R, U]."""
    variance = np.where(variance < ROUNDING**2, 0.0, variance)
    total = variance.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        satterthwaite = total**2 / np.where(variance > 0, variance**2 / df, 0.0).sum(axis=0)
    plain = np.where(used & np.isfinite(df), df, 0.0).sum(axis=0)
    return np.sqrt(total), np.where(total > 0, satterthwaite, plain)


def _certainty(n: Floats, weight: Floats, inverse: Floats) -> tuple[Floats, Floats]:
    """n and the fraction f for a result without variation, such that n/(1 − f) = 1/Σ_g (c_g²/n*_g).

    c_g is the weight of group g in the result and n*_g = n_g/(1 − f_g) its effective n: the variance p(1 − p)/n* of a
    weighted mean of independent groups. A result whose groups are all complete censuses has f = 1. Arrays [R, U]:
    Σ n_g, Σ c_g and Σ c_g²/n*_g.
    """
    inverse = np.divide(inverse, weight**2, out=np.zeros_like(n), where=weight > 0)
    return n, np.where(n > 0, 1.0 - n * inverse, 0.0)


def _limits(study: StudyDefinition, branches: Sequence[Branch], errors: _Errors) -> tuple[Floats, Floats]:
    """Lower and upper limits [R, 2, U] of all branches at once, of the score and of the satisfied share; NaN without a
    value. The interval is the one that the study asks for (``bounded`` by default)."""
    value = np.array([(b.score.value, b.satisfied.value) for b in branches])
    se = np.stack([errors.se, errors.se_satisfied], axis=1)
    df = np.stack([errors.df, errors.df_satisfied], axis=1)
    n = np.stack([errors.n, errors.n], axis=1)
    fraction = np.stack([errors.fraction, errors.fraction], axis=1)
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
