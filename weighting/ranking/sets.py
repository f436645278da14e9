"""Sets of ranks that cannot be excluded, and the probability of being in the top group.

Of each pair of units one is certainly above the other, or neither is (:mod:`weighting.ranking.step_down`); the set of a unit is
all the ranks that this leaves open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from weighting.errors import DesignError, is_whole
from weighting.frozen import freeze
from weighting.groups import Flags, Floats
from weighting.randomness import generator
from weighting.ranking.arguments import Estimated, checked, option_problems
from weighting.ranking.pairs import Degrees, pair_df, pair_variance
from weighting.ranking.ranks import TIED, Whole, as_numbers, competition_ranks, tie_margin
from weighting.ranking.raters import Raters
from weighting.ranking.simulation import (
    MOST_HELD,
    EstimatesDrawn,
    StudentisedDraws,
    found_anew,
    over,
    shared_raters,
)
from weighting.ranking.step_down import Comparisons, Found

#: Draws of the simulation, and so many numbers in it at most where nothing else is asked for; draws for probabilities.
DRAWS, MOST_NUMBERS, DRAWS_OF_TOP = 100_000, 8_000_000, 20_000
#: Of so many units that raters share, raters are drawn anew; more are compared with Bonferroni's critical probability.
MOST_SHARED = 120
#: The same of units with correlated estimates: few pairs can be passed over in a draw, and the cost is that of all of them.
MOST_CORRELATED = 400


@dataclass(frozen=True, eq=False)
class RankSets:
    """Ranks of k units with the ranks that cannot be excluded for them.

    Attributes:
        estimate: the values ranked [k].
        rank: competition rank [k] among the units with an estimate, 1 = best; ties share the better rank; 0 where there is no
            estimate.
        low: best rank that cannot be excluded [k]; 0 where there is no estimate.
        high: worst rank that cannot be excluded [k], the units without an estimate counted: each could stand before any other
            unit; 0 where there is no estimate.
        probability_top: probability of being among the best ``top`` of those with an estimate [k]; NaN where there is none.
        top: size of the top group.
        level: probability that all sets hold at once (of each set by itself where the sets are not joint).
        critical: the multiple of its standard error that a difference must exceed in the first step, for the pair with the most
            degrees of freedom.
        critical_p: the same as a two-sided p-value, for every pair.
        unranked: number of units without an estimate.
        untold: number of units [k] that each is not told apart from because their difference shows no variation.
        notes: what is to be said of each unit [k]; empty where nothing is.
    """

    estimate: Floats
    rank: Whole
    low: Whole
    high: Whole
    probability_top: Floats
    top: int
    level: float
    critical: float
    critical_p: float
    unranked: int
    untold: Whole
    notes: tuple[str, ...]

    def __post_init__(self) -> None:
        freeze(self)

    def table(self, labels: ArrayLike | None = None) -> pd.DataFrame:
        """One row per unit: estimate, rank, rank_low, rank_high, probability_top, note; missing ranks as NA."""
        ranks = pd.DataFrame({"rank": self.rank, "rank_low": self.low, "rank_high": self.high}, dtype="Int64")
        result = ranks.mask(ranks == 0).assign(probability_top=self.probability_top, note=list(self.notes))
        result.insert(0, "estimate", self.estimate)
        return result if labels is None else result.set_axis(pd.Index(np.asarray(labels)), axis=0)

    def among_best(self, tau: int = 1) -> Flags:
        """Units [k] that may be among the ``tau`` best: all that are, with the level of the sets. A unit without an estimate may.

        >>> rank_sets([0.9, 0.51, 0.5], np.eye(3) * 0.01**2).among_best(2).tolist()
        [True, True, True]
        """
        return np.asarray((self.low <= self._number(tau)) | (self.rank == 0))

    def among_worst(self, tau: int = 1) -> Flags:
        """Units [k] that may be among the ``tau`` worst."""
        return np.asarray((self.high > len(self.rank) - self._number(tau)) | (self.rank == 0))

    def _number(self, tau: int) -> int:
        if not is_whole(tau) or not 0 < tau <= len(self.rank):
            raise DesignError(f"tau {tau!r}: a whole number from 1 to {len(self.rank)} is needed")
        return tau


def rank_sets(  # noqa: PLR0913
    estimates: ArrayLike,
    covariance: ArrayLike,
    level: float = 0.95,
    top: float = 0.25,
    df: ArrayLike = np.inf,
    ascending: bool = False,
    draws: int | None = None,
    seed: int | np.random.Generator = 0,
    *,
    raters: Raters | None = None,
    stepdown: bool = True,
    bounds: str = "two-sided",
    joint: bool = True,
) -> RankSets:
    """Ranks of k units, sets of ranks that hold for all units at once, and the probability of the top group.

    Args:
        estimates: values [k]; NaN = no estimate: not ranked, and every other unit's worst rank is one further down.
        covariance: joint covariance [k, k] in squared units of the estimates, or variances [k] of independent estimates.
        level: simultaneous confidence of all sets.
        top: size of the top group: a share of the ranked units (0.25, rounded up) or a number (3).
        df: degrees of freedom: one number for a covariance known up to one factor; [k] of each estimate's own variance (those of
            differences follow from them after Satterthwaite); or [k, k] of each difference. Infinite where a variance is known,
            0 where nothing is known of it.
        ascending: True where small values are good.
        draws: size of the simulation behind the critical value and the probabilities; 100,000, or fewer for many units.
        seed: a seed or a numpy Generator; the same seed gives the same result whatever the order of the units.
        raters: those who judge several units; their part of the covariance is found anew in every draw of the simulation.
        stepdown: tests again the pairs left open with the critical value that fewer pairs allow: smaller sets of the same level.
        bounds: ``two-sided``; ``lower``: only best ranks are bounded; ``upper``: only worst ones.
        joint: False for sets of which each holds by itself with the level.

    Each pair is judged on its own degrees of freedom: all pairs have one critical p-value, never smaller than Bonferroni's, so
    that a unit of few degrees of freedom does not widen the sets of others. A difference of no variance is real where both
    variances are known (infinite ``df``), as of two complete censuses; where they were estimated it tells nothing, the two are
    not told apart, and ``untold`` counts them. The probability of the top group is taken over the joint distribution around the
    estimates.

    Raises:
        DesignError: shapes that do not fit, a level, top, df or number of draws out of range, no covariance.

    >>> sets = rank_sets([0.9, 0.51, 0.5], np.eye(3) * 0.01**2, top=1)
    >>> sets.rank.tolist(), sets.low.tolist(), sets.high.tolist()
    ([1, 2, 3], [1, 2, 2], [1, 3, 3])
    >>> rank_sets([0.8, 0.8, 0.7], np.zeros((3, 3))).rank.tolist()
    [1, 1, 3]
    """
    try:
        given = [np.asarray(each, dtype=float) for each in (estimates, covariance)]
    except (TypeError, ValueError):
        raise DesignError("estimates and covariance: numbers are needed") from None
    estimated = checked(
        Estimated(given[0], given[1], as_numbers("df", df), raters),
        option_problems(level, top, draws, bounds),
    )
    rng, known, sign = generator(seed), estimated.known, -1.0 if ascending else 1.0
    # Units in an order of their own, so that how they are listed does not touch the simulation.
    merit = (estimated.variance[known], sign * estimated.value[known])
    order = np.flatnonzero(known)[np.lexsort(merit)]
    ranked, unranked = estimated.of(order, sign), int((~known).sum())
    size = draws or max(1000, min(DRAWS if joint else 2 * DRAWS, MOST_NUMBERS // max(1, len(order))))
    wanted = np.ceil(top * len(order) - TIED) if top < 1 else top
    found, untold, most = _compared(ranked, level, (stepdown, bounds, joint), size, rng)
    whole = np.zeros((4, len(known)), dtype=np.int64)
    whole[:, order] = (
        competition_ranks(ranked.value),
        1 + found.better,
        len(order) - found.worse + unranked,
        untold,
    )
    probability = np.full(len(known), np.nan)
    probability[order] = _probabilities(ranked, int(min(len(order), wanted)), min(size, DRAWS_OF_TOP), rng)
    rank, low, high, untold = whole
    return RankSets(
        estimated.value,
        rank,
        low,
        high,
        probability,
        int(min(len(order), wanted)),
        level,
        Degrees.of(most).quantile(found.p).item(),
        found.p,
        unranked,
        untold,
        _notes(rank, untold, unranked),
    )


def _notes(rank: Whole, untold: Whole, unranked: int) -> tuple[str, ...]:
    anywhere = f"{unranked} without an estimate could stand anywhere" if unranked else ""
    alike = [f"no variation in the difference from {n}: not told apart" if n else "" for n in untold.tolist()]
    return tuple(
        "; ".join(filter(None, (anywhere, one))) if placed else "no estimate: not ranked"
        for placed, one in zip(rank.tolist(), alike, strict=True)
    )


# --- comparisons of pairs ---------------------------------------------------------------------------------


def _compared(
    of: Estimated, level: float, how: tuple[bool, str, bool], draws: int, rng: np.random.Generator
) -> tuple[Found, Whole, float]:
    """Units certainly better and worse than each, units it is not told apart from, and the most degrees of freedom of a pair."""
    stepdown, bounds, joint = how
    variance, degrees = pair_variance(of.covariance), _degrees(of)
    t = of.value[:, None] - of.value
    t[np.abs(t) <= tie_margin(of.value)[:, None]] = 0.0
    still = variance == 0
    certain = still & degrees.exact & (t > 0)
    untold = (still & ~degrees.exact & (t != 0)).sum(axis=1)
    t = over(t, np.sqrt(variance))
    asked = ~still & degrees.given
    comparisons = Comparisons(t, degrees, _simulation(of, variance, degrees, draws, rng), level, stepdown)
    best, worst = bounds != "upper", bounds != "lower"
    found = comparisons.at_once(asked) if joint else comparisons.by_unit(asked & best, asked & worst)
    better, worse = found.better + certain.sum(axis=0), found.worse + certain.sum(axis=1)
    return Found(best * better, worst * worse, found.p), untold, degrees.most


def _degrees(of: Estimated) -> Degrees:
    """Degrees of freedom of the differences: as given, or from those of the estimates."""
    given = of.df.ndim == 2 or (of.df.ndim == 0 and of.raters is None)
    df = of.df if given else pair_df(of.covariance, np.broadcast_to(of.df, of.value.shape), of.raters)
    degrees = Degrees.of(df)
    if df.ndim == 2:
        np.fill_diagonal(degrees.inverse, np.inf)  # no pairs
    return degrees


def _simulation(
    of: Estimated, variance: Floats, degrees: Degrees, draws: int, rng: np.random.Generator
) -> StudentisedDraws | None:
    """The joint distribution of the studentised differences, as far as it is known."""
    k, own_df = len(of.value), of.df if of.df.ndim < 2 else np.array(np.inf)
    if of.raters is not None:
        if not 0 < k <= MOST_SHARED:
            return None
        some = min(draws, max(1000, MOST_HELD // max(1, k**2)))
        return shared_raters(of.covariance, np.broadcast_to(own_df, k), degrees, of.raters, some, rng)
    if k > MOST_CORRELATED and _correlated(of.covariance):
        return None
    law = of.df if of.df.ndim == 0 else np.array(np.inf)
    deviations = _normal(of.covariance, draws, rng)
    deviations /= np.sqrt(found_anew(law[None], draws, rng))
    return EstimatesDrawn(deviations, Degrees.of(law), variance)


def _correlated(covariance: Floats) -> bool:
    """Whether a covariance [k, k] has more than variances."""
    return covariance.ndim == 2 and bool(np.any(covariance != np.diag(np.diag(covariance))))


def _normal(covariance: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Normal deviations [draws, k] with a covariance [k, k] or variances [k]."""
    z = rng.standard_normal((draws, len(covariance)))
    if covariance.ndim == 2:
        return z @ _root(covariance).T
    z *= np.sqrt(covariance)
    return z


def _root(covariance: Floats) -> Floats:
    """L [k, r] with L L' = covariance, also where it is singular; exact zeros for units without variance."""
    try:
        return np.asarray(np.linalg.cholesky(covariance), dtype=float)
    except np.linalg.LinAlgError:
        value, vector = np.linalg.eigh(covariance)
        root = vector * np.sqrt(np.where(value > TIED * value.max(initial=0.0), value, 0.0))
        return np.asarray(root * (np.diag(covariance) > 0)[:, None])


# --- the top group ----------------------------------------------------------------------------------------


def top_probabilities(
    estimates: ArrayLike,
    covariance: ArrayLike,
    df: ArrayLike = np.inf,
    draws: int = DRAWS_OF_TOP,
    seed: int | np.random.Generator = 0,
) -> Floats:
    """Probability [r, k] that each of k units is among the best 1, 2, … r of the r with an estimate, as in :func:`rank_sets`,
    without the sets; NaN without an estimate.

    Raises:
        DesignError: as :func:`rank_sets`.

    >>> top_probabilities([0.9, 0.5, np.nan], np.eye(3) * 0.01**2).tolist()
    [[1.0, 0.0, nan], [1.0, 1.0, nan]]
    """
    value, of_pairs = as_numbers("estimates", estimates), as_numbers("covariance", covariance)
    estimated = checked(
        Estimated(value, of_pairs, as_numbers("df", df), None), option_problems(0.95, 1, draws, "two-sided")
    )
    order = np.flatnonzero(estimated.known)
    order = order[np.lexsort((estimated.value[order], estimated.variance[order]))]
    k, found = len(order), np.full((len(order), len(value)), np.nan)
    if k:
        drawn = _drawn(estimated.of(order, 1.0), draws, generator(seed))
        rank = k - stats.rankdata(drawn, method="max", axis=1).astype(np.intp)
        counts = np.zeros((k, k))
        np.add.at(counts, (rank, np.broadcast_to(np.arange(k), rank.shape)), 1.0)
        found[:, order] = counts.cumsum(axis=0) / draws
    return found


def _probabilities(of: Estimated, top: int, draws: int, rng: np.random.Generator) -> Floats:
    """Share of the draws around the estimates in which each unit is among the best ``top`` [k]."""
    k = len(of.value)
    if not k:
        return np.empty(0)
    values = _drawn(of, draws, rng)
    threshold = np.partition(values, k - top, axis=1)[:, k - top]
    return np.asarray(np.count_nonzero(values >= threshold[:, None], axis=0) / draws)


def _drawn(of: Estimated, draws: int, rng: np.random.Generator) -> Floats:
    """Draws around the estimates [draws, k]."""
    values = _normal(of.covariance, draws, rng)
    if of.df.ndim < 2 and not np.isinf(of.df).all():
        # One χ² for all: what is correlated stays so.
        df, place = np.unique(np.where(of.df > 0, of.df, np.inf), return_inverse=True)
        finite = np.where(np.isinf(df), 1.0, df)
        share = special.chdtri(finite, rng.uniform(size=(draws, 1))) / finite
        values /= np.sqrt(np.where(np.isinf(df), 1.0, share))[:, place.ravel()]
    values += of.value
    return values
