"""Standard errors, degrees of freedom and intervals of the branches of a tree, from what each independent sample adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surveys.definitions.study.records import Inference
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch, in_some
from surveys.scoring.contributions import of_externals, of_group
from surveys.scoring.quantities import Bools, Floats
from surveys.vocabulary.levels import ALL_GROUPS
from weighting.estimation import intervals
from weighting.estimation.intervals import Limits

ROUNDING = 1e-12  # a standard error below this is the noise of adding floats: no variation


@dataclass(frozen=True)
class Inferred:
    """R branches as they are published. ``value``, ``se``, ``df``, ``low`` and ``high`` float [2, R, U] of the score and of the
    satisfied share; [R, U] each: ``forms`` evaluations with a valid answer; ``effective`` (Σ|aᵢ|)²/Σaᵢ² over the respondents'
    coefficients in the score, an external estimate being one; ``borrowed`` the share of the score's variance that comes
    from other units; ``prior_df`` what these are worth (NaN but for one item of one group). ``alone``, by group: whether its
    sample is one cluster and not the whole population."""

    branches: Sequence[Branch]
    forms: Floats
    effective: Floats
    value: Floats
    se: Floats
    df: Floats
    low: Floats
    high: Floats
    borrowed: Floats
    prior_df: Floats
    alone: dict[str, Bools]


def inferred(block: BlockInputs, branches: Sequence[Branch]) -> Inferred:
    """Standard error and interval of every branch, for score and satisfied share.

    Groups are independent of each other and of the external estimates: variances add. A result of one cluster has no interval;
    nor has one that such a group enters, unless its variance is taken from other units.
    """
    groups = {group for branch in branches for group in branch.score.alpha}
    of_groups = {g: of_group(values, branches, g) for g, values in block.values.items() if g in groups}
    parts = [*of_groups.values(), of_externals(block, branches)]

    def stacked(name: str) -> Floats:
        return np.array([getattr(part, name) for part in parts])

    variance = stacked("variance")
    variance = np.where(variance < ROUNDING**2, 0.0, variance)
    used, df, total = stacked("used"), stacked("df"), variance.sum(axis=0)
    plain = np.where(used & np.isfinite(df), df, 0.0).sum(axis=0)
    value = np.array([[getattr(b, name).value for b in branches] for name in ("score", "satisfied")])
    se, df = np.sqrt(total), np.where(total > 0, satterthwaite(variance, df), plain)
    n = stacked("n").sum(axis=0)
    unvaried = without_variation(n, stacked("share").sum(axis=0), stacked("inverse").sum(axis=0))
    low, high = limits(block.study.inference, (value, se, df), n, unvaried)
    unknown = _unknown(block, branches, in_some(np.array([part.alone for part in parts])))
    return Inferred(
        branches,
        stacked("forms").sum(axis=0),
        _ratio(stacked("absolute").sum(axis=0) ** 2, stacked("squares").sum(axis=0)),
        value,
        np.where(unknown, np.nan, se),
        df,
        np.where(unknown, np.nan, low),
        np.where(unknown, np.nan, high),
        _ratio(stacked("borrowed").sum(axis=0), total[0]),
        np.where(_of_one_item(branches), stacked("prior_df").sum(axis=0), np.nan),
        {group: part.alone for group, part in of_groups.items()},
    )


def _unknown(block: BlockInputs, branches: Sequence[Branch], alone: Bools) -> Bools:
    """Results [R, U] whose variance nobody can know: ``alone`` [R, U] tells those that rest on a sample of one cluster."""
    if any(not values.moderate for values in block.values.values()):
        return alone
    single = np.array([branch.group != ALL_GROUPS for branch in branches])
    return np.asarray(alone & single[:, None])


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)


def _of_one_item(branches: Sequence[Branch]) -> Bools:
    """Results [R, 1] of one item in one group."""
    return np.array([[b.group != ALL_GROUPS and np.sum(b.columns.get(b.group, 0)) == 1] for b in branches])


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


def limits(plan: Inference, estimates: tuple[Floats, Floats, Floats], n: Floats, fraction: Floats) -> Limits:
    """Lower and upper limits of score and satisfied share; NaN without a value. The interval is the one that a study plans
    (``bounded`` by default). ``estimates``: value, standard error and degrees of freedom [2, R, U], or of any one shape;
    ``n`` and ``fraction`` [R, U] are for a result without variation."""
    level, kind = plan.level, plan.interval
    if kind == "bounded":
        found = intervals.bounded(*estimates, n, fraction, level)
        return found if plan.variances == "own" else _near_an_end(*estimates, level, found)
    if kind == "wald":
        return intervals.wald(*estimates, level)
    if kind == "logit":
        return intervals.logit(*estimates, level)
    sized = intervals.wilson if kind == "wilson" else intervals.beta
    return sized(*estimates, level, n / np.maximum(1.0 - fraction, ROUNDING))


def _near_an_end(value: Floats, se: Floats, df: Floats, level: float, found: Limits) -> Limits:
    """Wilson's limits in place of the logit's where less than one effective answer lies away from 0 or 1: p(1 − p)/se² · p(1 − p)
    < 1. There the logit's slope is that of p̂, and a variance from other units, which is not as small, would make the interval
    as wide as the range."""
    near = (value > 0) & (value < 1) & (se > value * (1.0 - value))
    return intervals.chosen(near, intervals.wilson(value, se, df, level), found)
