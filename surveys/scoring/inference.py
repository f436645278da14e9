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

from surveys.definitions.study.records import External, Inference
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch
from surveys.scoring.quantities import Bools, Floats, Quantity
from surveys.scoring.values import Values
from weighting.estimation import intervals
from weighting.groups import group_totals

ROUNDING = 1e-12  # a standard error below this is the noise of adding floats: no variation


@dataclass(frozen=True)
class Inferred:
    """R branches as they are published. ``value``, ``se``, ``df``, ``low`` and ``high`` float [2, R, U] of the score and of the
    satisfied share; ``forms`` [R, U]: evaluations with a valid answer; ``effective``: Kish's effective number of them, with the
    size of external surveys where it is known."""

    branches: Sequence[Branch]
    forms: Floats
    effective: Floats
    value: Floats
    se: Floats
    df: Floats
    low: Floats
    high: Floats


class Contribution(NamedTuple):
    """What one independent sample adds to R branches; nothing (0 and False) where a branch has none of it.

    ``variance`` and ``used`` [2, R, U] of the score and of the satisfied share; the others [R, U]: ``share`` is the weight of
    the sample in the score and ``inverse`` share²/n*, with n* its effective size for a result without variation.
    """

    variance: Floats
    used: Bools
    df: Floats
    forms: Floats
    effective: Floats
    n: Floats
    share: Floats
    inverse: Floats


def inferred(block: BlockInputs, branches: Sequence[Branch]) -> Inferred:
    """Standard error and interval of every branch, for score and satisfied share.

    Groups are independent of each other and of the external estimates: variances add.
    """
    groups = {group for branch in branches for group in branch.score.alpha}
    parts = [of_group(block.values[group], branches, group) for group in block.values if group in groups]
    parts.append(of_externals(block, branches))
    variance, used, df = (
        np.array([getattr(part, name) for part in parts]) for name in ("variance", "used", "df")
    )
    forms, effective, n, share, inverse = (
        np.array([getattr(part, name) for part in parts]).sum(axis=0)
        for name in ("forms", "effective", "n", "share", "inverse")
    )
    variance = np.where(variance < ROUNDING**2, 0.0, variance)
    total = variance.sum(axis=0)
    plain = np.where(used & np.isfinite(df)[:, None], df[:, None], 0.0).sum(axis=0)
    value = np.array([[getattr(b, name).value for b in branches] for name in ("score", "satisfied")])
    se, df = np.sqrt(total), np.where(total > 0, satterthwaite(variance, df[:, None]), plain)
    low, high = limits(block.study.inference, (value, se, df), n, without_variation(n, share, inverse))
    return Inferred(branches, forms, effective, value, se, df, low, high)


# --- a group ----------------------------------------------------------------------------------------------------------


def of_group(values: Values, branches: Sequence[Branch], group: str) -> Contribution:
    """What the sample of one group adds to R branches, of which at least one rests on it.

    The influence values of item k are w a (y − θ) and, where some of the branches is ``pooled``, w a; their covariance is
    worked out unit by unit, for the score and for the satisfied share.
    """
    mine = [r for r, branch in enumerate(branches) if group in branch.score.alpha]
    both = [[branches[r].score for r in mine], [branches[r].satisfied for r in mine]]
    pooled = any(group in quantity.delta for quantities in both for quantity in quantities)
    if all(score.derived_as(satisfied) for score, satisfied in zip(*both, strict=True)):
        both = both[:1]
    slopes = np.array([[_slopes(q, group, pooled) for q in quantities] for quantities in both])
    items, sample = len(values.items), values.sample
    used = np.broadcast_to((slopes[..., :items] != 0).any(axis=-1), (2, *slopes.shape[1:3]))
    slopes = np.broadcast_to(slopes, (2, *slopes.shape[1:]))
    forms, effective, df = counts(values, np.array([branches[r].columns[group] for r in mine]))
    forms = np.where(used[0], forms, 0.0)
    share = (slopes[0, ..., :items] * values.answers).sum(axis=-1)
    found = Contribution(
        np.array([_variances(q, c) for q, c in zip(slopes, _covariances(values, pooled), strict=True)]),
        used,
        df,
        forms,
        np.where(used[0], effective, 0.0),
        forms,
        share,
        np.where(used[0], share**2 * (1.0 - sample.fraction) / np.maximum(forms, 1.0), 0.0),
    )
    return Contribution(*(_among(len(branches), mine, array) for array in found))


def _slopes(quantity: Quantity, group: str, pooled: bool) -> Floats:
    """Derivative of a quantity by the item totals of a group, [U, I]; also by their numbers of answers, [U, 2I], if pooled."""
    alpha = quantity.alpha[group]
    return np.hstack([alpha, quantity.delta.get(group, np.zeros_like(alpha))]) if pooled else alpha


def _covariances(values: Values, pooled: bool) -> list[Floats]:
    """Covariance [U, K, K] of the influence of item totals, of the score and of the satisfied share."""
    sample = values.sample
    found = []
    for y, theta in ((values.value, values.theta), (values.satisfied, values.satisfied_share)):
        columns = influence(values, y, theta)
        if pooled:
            columns = np.hstack([columns, presence(values)])
        found.append(sample.design.covariance_by(columns, sample.unit, len(sample.population)))
    return found


def _variances(slopes: Floats, covariance: Floats) -> Floats:
    """Variances q′Cq [R, U] of linear quantities with derivatives q [R, U, K]; covariance [U, K, K]."""
    by_unit = slopes.transpose(1, 0, 2)
    return np.asarray(((by_unit @ covariance) * by_unit).sum(axis=-1).T)


def counts(values: Values, sets: Bools) -> Floats:
    """Evaluations, effective number and degrees of freedom [3, R, U] of those who answered any item of sets [R, I] that enters
    the result; any item at all where none does."""
    sample, w = values.sample, values.weight
    distinct, which = np.unique(sets, axis=0, return_inverse=True)
    some = _answered(values, distinct)
    units = len(sample.population)
    forms, total, squares = (
        group_totals(np.where(some, factor, 0.0), sample.unit, units) for factor in (1.0, w, w**2)
    )
    effective = np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)
    df = np.maximum(sample.design.domain_degfs_of(some, sample.unit, units), 0.0)
    return np.array([forms, effective, df])[:, :, which].transpose(0, 2, 1)


def _answered(values: Values, sets: Bools) -> Bools:
    """Rows that answered an item of sets [S, I] which is shown in their unit, or any item of those without such items."""
    items = sets.T.astype(float)
    some = np.asarray(values.entering.astype(float) @ items > 0)
    if values.shown.all():
        return some
    none_shown = values.shown.astype(float) @ items == 0
    return np.asarray(some | (none_shown[values.sample.unit] & (values.valid.astype(float) @ items > 0)))


def _among(size: int, mine: Sequence[int], array: NDArray[Any]) -> NDArray[Any]:
    """Rows ``mine`` of an array [..., size, U] that is 0 elsewhere."""
    found = np.zeros((*array.shape[:-2], size, array.shape[-1]), dtype=array.dtype)
    found[..., mine, :] = array
    return found


def influence(values: Values, y: Floats, theta: Floats) -> Floats:
    """w a (y − θ) per row and item [n, I], θ being that of the row's unit."""
    centred = y - np.where(np.isnan(theta), 0.0, theta)[values.sample.unit]
    return np.where(values.valid, values.weight * centred, 0.0)


def presence(values: Values) -> Floats:
    """w a per row and item [n, I]."""
    return values.weight * values.valid


# --- external estimates -----------------------------------------------------------------------------------------------


def of_externals(block: BlockInputs, branches: Sequence[Branch]) -> Contribution:
    """What the external estimates add to R branches; their degrees of freedom are the smallest among those used."""
    slopes = np.array([[getattr(b, name).external for b in branches] for name in ("score", "satisfied")])
    used = slopes != 0
    sizes = np.array([np.nan if e.n is None else e.n for e in block.slots])
    df = np.array([_df(e) for e in block.slots])
    sized = np.isfinite(sizes)
    n = used[0][..., sized] @ sizes[sized]
    return Contribution(
        variances_of_externals(block, slopes),
        used.any(axis=-1),
        np.where(used[0], df, np.inf).min(axis=-1, initial=np.inf),
        np.zeros_like(n),
        n,
        n,
        slopes[0][..., sized].sum(axis=-1),
        (slopes[0][..., sized] ** 2 / sizes[sized]).sum(axis=-1),
    )


def variances_of_externals(block: BlockInputs, slopes: Floats) -> Floats:
    """Variance [...] of quantities with derivatives ``slopes`` [..., E] by the external estimates of a block.

    Within a unit and document these are correlated as the study declares, otherwise independent.
    """
    se = np.array([external_se(e) for e in block.slots])
    sources = [(e.unit, e.document) for e in block.slots]
    source = np.array([sources.index(one) for one in sources])
    same = source[:, None] == source
    correlation = np.where(same, block.study.inference.external_correlation, 0.0)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(((slopes @ (correlation * np.outer(se, se))) * slopes).sum(axis=-1))


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


# --- intervals --------------------------------------------------------------------------------------------------------


def satterthwaite(variance: Floats, df: Floats) -> Floats:
    """(Σ V)²/Σ V²/df over independent parts, which stand along the first axis; infinite where no part has a variance.

    >>> satterthwaite(np.array([1.0, 1.0]), np.array([10.0, 10.0])).tolist()
    20.0
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(variance > 0, variance**2 / df, 0.0).sum(axis=0)
        return np.asarray(np.where(spread > 0, variance.sum(axis=0) ** 2 / spread, np.inf))


def without_variation(n: Floats, weight: Floats, inverse: Floats) -> Floats:
    """The fraction f of a population seen by a result without variation, such that n/(1 − f) = 1/Σ_g (c_g²/n*_g).

    c_g is the weight of group g in the result and n*_g = n_g/(1 − f_g) its effective n: the variance p(1 − p)/n* of a
    weighted mean of independent groups. A result whose groups are all complete censuses has f = 1. Arrays [R, U]:
    Σ n_g, Σ c_g and Σ c_g²/n*_g.
    """
    inverse = np.divide(inverse, weight**2, out=np.zeros_like(n), where=weight > 0)
    return np.where(n > 0, 1.0 - n * inverse, 0.0)


def limits(
    plan: Inference, estimates: tuple[Floats, Floats, Floats], n: Floats, fraction: Floats
) -> tuple[Floats, Floats]:
    """Lower and upper limits of score and satisfied share; NaN without a value. The interval is the one that a study plans
    (``bounded`` by default). ``estimates``: value, standard error and degrees of freedom [2, R, U], or of any one shape;
    ``n`` and ``fraction`` [R, U] are for a result without variation."""
    level, kind = plan.level, plan.interval
    if kind == "bounded":
        return intervals.bounded(*estimates, n, fraction, level)
    if kind == "wald":
        return intervals.wald(*estimates, level)
    if kind == "logit":
        return intervals.logit(*estimates, level)
    sized = intervals.wilson if kind == "wilson" else intervals.beta
    return sized(*estimates, level, n / np.maximum(1.0 - fraction, ROUNDING))
