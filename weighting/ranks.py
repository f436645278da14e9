"""Ranks with what is not known about them: simultaneous sets and the probability of being in the top group.

Source: Mogstad, Romano, Shaikh & Wilhelm, "Inference for ranks with applications to mobility across neighbourhoods
and academic achievement across countries", Review of Economic Studies 91 (2024), §3: simultaneous intervals for all
pairwise differences give, for every unit at once, the ranks that cannot be excluded. The critical value is the
quantile of max |difference| / se over all pairs, from the joint (t-)distribution of the estimates; with independent
estimates of one variance it is Tukey's studentised range over √2.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from weighting.errors import DesignError, applying, is_number, is_whole
from weighting.frozen import freeze
from weighting.groups import Floats
from weighting.randomness import generator

Whole = NDArray[np.int64]

# Differences below this share of the values are rounding: such units are tied.
TIED = 1e-12
# An upper bound may be too low by rounding: this share of it.
BOUND_SLACK = 1e-9
# A covariance may be off by rounding: this share of the largest variance.
NOT_A_COVARIANCE = 1e-8


@dataclass(frozen=True, eq=False)
class RankSets:
    """Ranks of k units with the ranks that cannot be excluded for them.

    Attributes:
        estimate: the values ranked [k].
        rank: competition rank [k], 1 = best; ties share the better rank; 0 where there is no estimate.
        low: best rank that cannot be excluded [k]; 0 where there is no estimate.
        high: worst rank that cannot be excluded [k]; 0 where there is no estimate.
        probability_top: probability of being among the best ``top`` [k]; NaN where there is no estimate.
        top: size of the top group.
        level: probability that all sets hold at once.
        critical: the multiple of its standard error a difference must exceed.
        notes: why a unit has no rank [k]; empty where it has one.
    """

    estimate: Floats
    rank: Whole
    low: Whole
    high: Whole
    probability_top: Floats
    top: int
    level: float
    critical: float
    notes: tuple[str, ...]

    def __post_init__(self) -> None:
        freeze(self)

    def table(self, labels: ArrayLike | None = None) -> pd.DataFrame:
        """One row per unit: estimate, rank, rank_low, rank_high, probability_top, note; missing ranks as NA."""
        ranks = pd.DataFrame({"rank": self.rank, "rank_low": self.low, "rank_high": self.high}, dtype="Int64")
        result = ranks.mask(ranks == 0).assign(probability_top=self.probability_top, note=list(self.notes))
        result.insert(0, "estimate", self.estimate)
        return result if labels is None else result.set_axis(pd.Index(np.asarray(labels)), axis=0)


def competition_ranks(values: Floats) -> Whole:
    """1 + the number of units clearly above [k]; values [k] in descending order of merit."""
    gap = TIED * np.maximum(1.0, np.abs(values))
    return np.asarray(1 + (values[None, :] > (values + gap)[:, None]).sum(axis=1))


def _root(covariance: Floats) -> Floats:
    """L [k, r] with L L' = covariance, also where it is singular; exact zeros for units without variance."""
    value, vector = np.linalg.eigh(covariance)
    root = vector * np.sqrt(np.where(value > TIED * value.max(initial=0.0), value, 0.0))
    return root * (np.diag(covariance) > 0)[:, None]


def _draws(root: Floats, count: int, df: float, rng: np.random.Generator) -> Floats:
    """Deviations [count, k] from their joint distribution: normal, or t with one common χ² for finite df."""
    z = rng.standard_normal((count, root.shape[1])) @ root.T
    if np.isfinite(df):
        z /= np.sqrt(rng.chisquare(df, count) / df)[:, None]
    return z


def pair_se(covariance: Floats) -> Floats:
    """Standard errors of all differences [k, k]; 0 where two estimates move together."""
    v = np.diag(covariance)
    variance = v[:, None] + v[None, :] - 2.0 * covariance
    return np.sqrt(np.where(variance > TIED * (v[:, None] + v[None, :]), variance, 0.0))


def critical_value(deviations: Floats, se: Floats, level: float) -> float:
    """Quantile ``level`` of max over pairs of |difference| / se; deviations [draws, k], se [k, k].

    Only the largest maxima matter: those of the draws with the largest upper bounds, and of the others whose bound is
    not below the quantile found among these (tests/benchmarks/test_calibration_speed.py).
    """
    with np.errstate(divide="ignore"):
        scale = np.where(se > 0, 1.0 / se, 0.0)
    columns = np.ascontiguousarray(deviations.T)
    bound = _upper_bounds(columns, scale)
    order = np.argsort(-bound)
    wanted = len(order) - int(np.ceil((len(order) - 1) * level))
    first, others = order[: 2 * wanted], order[2 * wanted :]
    found = _largest_ratios(columns.take(first, axis=1), scale)
    others = others[bound[others] > _largest(found, wanted)]
    return _largest(np.concatenate([found, _largest_ratios(columns.take(others, axis=1), scale)]), wanted)


def _largest(values: Floats, which: int) -> float:
    """The largest value (``which`` = 1), the second largest, …"""
    return float(np.partition(values, -which)[-which])


def _upper_bounds(columns: Floats, scale: Floats) -> Floats:
    """What no pair's |difference| · scale can exceed [draws]; columns [k, draws].

    |x − y| ≤ √(x²/a² + y²/b²) · √(a² + b²) for any a and b (Cauchy–Schwarz), here the roots of the mean squares.
    """
    square = np.einsum("kd,kd->k", columns, columns) / columns.shape[1]
    largest, second = np.zeros((2, columns.shape[1]))
    for column, mean in zip(columns, square, strict=True):
        relative = column**2 / (mean if mean > 0 else 1.0)
        np.maximum(second, np.minimum(largest, relative), out=second)
        np.maximum(largest, relative, out=largest)
    widest = (np.sqrt(square[:, None] + square) * scale).max(initial=0.0)
    return np.asarray((1.0 + BOUND_SLACK) * widest * np.sqrt(largest + second))


def _largest_ratios(part: Floats, scale: Floats) -> Floats:
    """Max over pairs of |difference| · scale [draws]; part [k, draws]."""
    most = np.zeros(part.shape[1])
    for i in range(len(scale) - 1):
        ratio = np.abs(part[i + 1 :] - part[i]) * scale[i + 1 :, i, None]
        np.maximum(most, ratio.max(axis=0), out=most)
    return most


def _sets(values: Floats, se: Floats, critical: float) -> tuple[Whole, Whole]:
    """Best and worst rank no pairwise difference excludes."""
    margin = np.maximum(critical * se, TIED * np.maximum(1.0, np.abs(values))[:, None])
    above = values[None, :] - values[:, None] > margin
    return 1 + above.sum(axis=1), len(values) - above.sum(axis=0)


def _problems(
    values: Floats, covariance: Floats, level: float, top: float, df: float, draws: int
) -> list[str]:
    if values.ndim != 1:
        return [f"estimates: one value per unit is needed, the shape is {values.shape}"]
    k = len(values)
    found = applying(
        (covariance.shape != (k, k), f"covariance: shape {covariance.shape} does not fit {k} estimates"),
        (not is_number(level) or not 0 < level < 1, f"level {level!r}: accepted between 0 and 1"),
        (
            not is_number(top) or not top > 0 or (top > 1 and top != np.floor(top)),
            f"top {top!r}: a share below 1 or a number of units",
        ),
        (
            not is_number(df) or not df > 0,
            f"df {df!r}: degrees of freedom must be positive (infinite for the normal distribution)",
        ),
        (not is_whole(draws) or draws < 100, f"draws {draws!r}: at least 100 are needed"),
    )
    return found or _covariance_problems(covariance, np.isfinite(values) & np.isfinite(np.diag(covariance)))


def _covariance_problems(covariance: Floats, known: NDArray[np.bool_]) -> list[str]:
    """What keeps the part of the ranked units from being a covariance."""
    C = covariance[np.ix_(known, known)]
    units = np.flatnonzero(known)
    if not np.isfinite(C).all():
        i, j = np.argwhere(~np.isfinite(C))[0]
        return [f"covariance: {C[i, j]} between units {units[i]} and {units[j]}, whose variances are known"]
    slack = NOT_A_COVARIANCE * np.diag(C).max(initial=0.0)
    uneven = np.argwhere(np.abs(C - C.T) > slack)
    if len(uneven):
        i, j = uneven[0]
        return [
            f"covariance: not symmetric, {C[i, j]:g} and {C[j, i]:g} between units {units[i]} and {units[j]}"
        ]
    least = np.linalg.eigvalsh(C).min(initial=0.0)
    return [f"covariance: some combination has a negative variance ({least:.3g})"] if least < -slack else []


def rank_sets(  # noqa: PLR0913
    estimates: ArrayLike,
    covariance: ArrayLike,
    level: float = 0.95,
    top: float = 0.25,
    df: float = np.inf,
    ascending: bool = False,
    draws: int = 20_000,
    seed: int | np.random.Generator = 0,
) -> RankSets:
    """Ranks of k units, sets of ranks that hold for all units at once, and the probability of the top group.

    Args:
        estimates: values [k]; NaN = no estimate, left out of the ranking and said so.
        covariance: joint covariance [k, k] in squared units of the estimates.
        level: simultaneous confidence of all sets.
        top: size of the top group: a share of the ranked units (0.25, rounded up) or a number (3).
        df: design degrees of freedom of the covariance; infinite for the normal distribution.
        ascending: True where small values are good.
        draws: size of the simulation behind the critical value and the probabilities.
        seed: a seed or a numpy Generator; the same seed gives the same result whatever the order of the units.

    The probability of the top group is taken over the joint distribution around the estimates.

    Raises:
        DesignError: shapes that do not fit, a level, top, df or number of draws out of range.

    >>> sets = rank_sets([0.9, 0.51, 0.5], np.eye(3) * 0.01**2, top=1)
    >>> sets.rank.tolist(), sets.low.tolist(), sets.high.tolist()
    ([1, 2, 3], [1, 2, 2], [1, 3, 3])
    >>> rank_sets([0.8, 0.8, 0.7], np.zeros((3, 3))).rank.tolist()
    [1, 1, 3]
    """
    try:
        values, C = np.asarray(estimates, dtype=float), np.asarray(covariance, dtype=float)
    except (TypeError, ValueError):
        raise DesignError("estimates and covariance: numbers are needed") from None
    DesignError.raise_any(_problems(values, C, level, top, df, draws))
    known = np.isfinite(values) & np.isfinite(np.diag(C))
    sign = -1.0 if ascending else 1.0
    # Units in an order of their own, so that how they are listed does not touch the simulation.
    order = np.flatnonzero(known)[np.lexsort((np.diag(C)[known], sign * values[known]))]
    y, V = sign * values[order], C[np.ix_(order, order)]
    deviations = _draws(_root(V), draws, df, generator(seed))
    wanted = np.ceil(top * len(order) - TIED) if top < 1 else top
    se, size = pair_se(V), int(min(len(order), wanted))
    critical = critical_value(deviations, se, level)
    ranks, probability = np.zeros((3, len(values)), dtype=np.int64), np.full(len(values), np.nan)
    ranks[:, order] = competition_ranks(y), *_sets(y, se, critical)
    probability[order] = _probabilities(y + deviations, size)
    notes = tuple("" if ok else "no estimate: not ranked" for ok in known)
    rank, low, high = ranks
    return RankSets(values, rank, low, high, probability, size, level, critical, notes)


def _probabilities(values: Floats, top: int) -> Floats:
    """Share of the draws [draws, k] in which each unit is among the best ``top`` [k]."""
    if not values.size:
        return np.empty(0)
    place = values.shape[1] - top
    threshold = np.partition(values, place, axis=1)[:, place]
    return np.asarray(np.count_nonzero(values >= threshold[:, None], axis=0) / len(values))
