"""Indices of careless responding, one number per respondent.

Every function takes answers as a float array [n, K] (NaN where there is no answer) and checks nothing. Names and conventions
follow the literature (Curran 2016, J. Exp. Soc. Psychol. 66; Meade & Craig 2012, Psychol. Methods 17) and agree with the R
package ``careless`` 1.2.2. They describe; whether a form counts is decided by the declared rules (:mod:`surveys.validity.rules`).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

Array = np.ndarray


def run_starts(answers: Array) -> Array:
    """Where a run of equal neighbouring answers begins: boolean [n, K]; a missing answer is a run of its own."""
    changed = answers[:, 1:] != answers[:, :-1]
    return np.concatenate([np.ones((len(answers), 1), bool), changed], axis=1)


def longest_run(answers: Array) -> Array:
    """Longest run of identical consecutive answers, int [n] (long string index).

    >>> longest_run(np.array([[1, 1, 1, 2, 2], [1, 2, 1, 2, 1.0]]))
    array([3, 1])
    """
    position = np.arange(answers.shape[1])
    start = np.maximum.accumulate(np.where(run_starts(answers), position, 0), axis=1)
    return np.asarray((position - start).max(axis=1, initial=-1) + 1)


def closed_up(answers: Array) -> tuple[Array, Array]:
    """Answers of each row moved together over the gaps, float [m, K] with NaN behind them, and their number [m].

    >>> closed_up(np.array([[3, -1, 3, 2]]))[0].tolist()
    [[3.0, 3.0, 2.0, nan]]
    """
    order = np.argsort(answers < 0, axis=1, kind="stable")
    moved = np.take_along_axis(answers, order, axis=1).astype(float)
    return np.where(moved < 0, np.nan, moved), (answers >= 0).sum(axis=1)


def average_run(answers: Array) -> Array:
    """Mean length of the runs of identical consecutive answers, float [n].

    >>> average_run(np.array([[1, 1, 1, 2, 2], [1, 2, 1, 2, 1.0]]))
    array([2.5, 1. ])
    """
    return np.asarray(answers.shape[1] / run_starts(answers).sum(axis=1))


def individual_variability(answers: Array) -> Array:
    """Intra-individual response variability: standard deviation (n − 1) over a person's answers, float [n].

    Missing answers are left out; NaN with fewer than two answers (Dunn et al. 2018, J. Bus. Psychol. 33).

    >>> individual_variability(np.array([[1, 1, 1], [1, 2, 3.0]]))
    array([0., 1.])
    """
    given = ~np.isnan(answers)
    count = given.sum(axis=1)
    mean = np.nansum(answers, axis=1) / np.maximum(count, 1)
    squares = np.where(given, answers - mean[:, None], 0.0) ** 2
    return np.where(count > 1, np.sqrt(squares.sum(axis=1) / np.maximum(count - 1, 1)), np.nan)


def split_variability(answers: Array, parts: int) -> Array:
    """:func:`individual_variability` of ``parts`` consecutive stretches of the form, float [n, parts].

    Stretches are as equal as whole items allow: item k belongs to the part whose share of the range 1…K holds it.
    """
    K = answers.shape[1]
    part = np.ceil((np.arange(K)) * parts / (K - 1)).astype(int).clip(1, parts) - 1
    return np.stack([individual_variability(answers[:, part == p]) for p in range(parts)], axis=1)


def row_correlation(x: Array, y: Array) -> Array:
    """Pearson correlation of row i of ``x`` with row i of ``y`` over the pairs both have, float [n]; NaN without variance.

    >>> row_correlation(np.array([[1, 2, 3.0]]), np.array([[2, 4, 6.0]]))
    array([1.])
    """
    both = ~(np.isnan(x) | np.isnan(y))
    count = np.maximum(both.sum(axis=1, keepdims=True), 1)
    dx, dy = (
        np.where(both, v - np.where(both, v, 0).sum(axis=1, keepdims=True) / count, 0.0) for v in (x, y)
    )
    scale = np.sqrt((dx**2).sum(axis=1) * (dy**2).sum(axis=1))
    flat = scale <= 1e-12 * np.maximum(count[:, 0], 1)
    return np.where(flat, np.nan, (dx * dy).sum(axis=1) / np.where(flat, 1.0, scale))


def even_odd(answers: Array, sizes: tuple[int, ...]) -> Array:
    """Even–odd inconsistency, float [n] in [−1, 1]; higher means more careless.

    The items stand in scales of the given ``sizes`` one after another. Each scale is split in its even and odd items; the means
    of the halves are correlated over the scales, and the correlation r is stepped up to −2r/(1 + r) (Spearman–Brown, with the
    sign turned).
    """
    edges = np.cumsum((0, *sizes))
    scales = [answers[:, a:b] for a, b in pairwise(edges)]
    even = np.stack([np.nanmean(scale[:, 1::2], axis=1) for scale in scales], axis=1)
    odd = np.stack([np.nanmean(scale[:, 0::2], axis=1) for scale in scales], axis=1)
    r = row_correlation(even, odd)
    with np.errstate(divide="ignore"):
        return np.asarray(-np.clip(2 * r / (1 + r), -1.0, 1.0))


def mahalanobis(answers: Array) -> Array:
    """Squared Mahalanobis distance of each row from the mean, float [n]; rows with gaps use the items they have.

    Compare with the upper quantile of χ² with K degrees of freedom to flag outlying rows.

    >>> mahalanobis(np.array([[0, 0], [2, 0], [0, 2], [2, 2.0]]))
    array([1.5, 1.5, 1.5, 1.5])
    """
    centred = answers - np.nanmean(answers, axis=0)
    filled = np.where(np.isnan(centred), 0.0, centred)
    both = (~np.isnan(centred)).astype(float)
    covariance = filled.T @ filled / np.maximum(both.T @ both - 1, 1)
    return np.asarray(np.einsum("ik,kl,il->i", filled, np.linalg.pinv(covariance), filled))


def outlying(distance: Array, items: int, confidence: float = 0.99) -> Array:
    """Rows whose squared Mahalanobis ``distance`` exceeds the χ² quantile with ``items`` degrees of freedom, bool [n]."""
    from scipy.stats import chi2

    return distance > chi2.ppf(confidence, items)


def item_pairs(answers: Array) -> tuple[Array, Array, Array]:
    """All pairs of items (first > second) with their correlation, highest first: int [p], int [p], float [p]."""
    correlation = np.corrcoef(answers, rowvar=False)
    first, second = np.tril_indices(answers.shape[1], -1)
    order = np.argsort(-correlation[first, second], kind="stable")
    return first[order], second[order], correlation[first, second][order]


def psychometric_synonyms(answers: Array, critical: float = 0.6) -> Array:
    """Within-person correlation over the item pairs that correlate above ``critical`` in the sample, float [n].

    Low values say that items which go together for everybody else do not for this person. NaN when there is no such pair or one
    side of the pairs does not vary (R then exchanges items within pairs at random; a result must not depend on chance).
    """
    first, second, correlation = item_pairs(answers)
    chosen = correlation > critical
    return row_correlation(answers[:, first[chosen]], answers[:, second[chosen]])
