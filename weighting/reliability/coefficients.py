"""Cronbach's alpha and item–rest correlations as functions of a covariance matrix, with their gradients.

Sources: Cronbach, Psychometrika 16 (1951), 297–334; van Zyl, Neudecker & Nel, ibid. 65 (2000), 271–280; Feldt, ibid. 30
(1965), 357–370; Guttman, ibid. 10 (1945), 255–282.
"""

from __future__ import annotations

import numpy as np

from weighting.groups import Floats


def alpha_of(C: Floats) -> float:
    """k/(k − 1) (1 − tr C/1′C1); NaN for a single item, or a sum that does not vary.

    >>> alpha_of(np.array([[2.0, 1.0], [1.0, 2.0]]))  # 2 (1 − 4/6)
    0.6666666666666667
    """
    k, total = len(C), C.sum()
    return float(k / (k - 1) * (1 - np.trace(C) / total)) if k > 1 and total > 0 else np.nan


def alpha_gradient(C: Floats) -> Floats:
    """Derivatives of :func:`alpha_of` [k, k]."""
    k, total = len(C), C.sum()
    return np.asarray(-k / (k - 1) * (np.eye(k) / total - np.trace(C) / total**2))


def normal_variance(C: Floats, n: float) -> float:
    """Variance of alpha from n rows of normal answers (van Zyl, Neudecker & Nel)."""
    k, total, trace = len(C), C.sum(), np.trace(C)
    if k < 2 or total <= 0:
        return np.nan
    squares = C @ C
    Q = 2 * k**2 / ((k - 1) ** 2 * total**3)
    return float(Q * (total * (np.trace(squares) + trace**2) - 2 * trace * squares.sum()) / n)


def without(C: Floats, item: int) -> Floats:
    """The covariances of the other items."""
    return np.delete(np.delete(C, item, 0), item, 1)


@np.errstate(divide="ignore", invalid="ignore")
def item_rest(C: Floats) -> Floats:
    """Correlation of each item with the sum of the others [k]; NaN where one of them does not vary."""
    own, row = np.diag(C), C.sum(axis=1)
    rest = C.sum() - 2 * row + own
    return np.where((own > 0) & (rest > 0), (row - own) / np.sqrt(own * rest), np.nan)


def item_rest_gradient(C: Floats, item: int) -> Floats:
    """Derivatives of one of :func:`item_rest` [k, k]."""
    own, row = C[item, item], C[item].sum()
    rest = C.sum() - 2 * row + own
    r = (row - own) / np.sqrt(own * rest)
    found = np.full_like(C, -r / (2 * rest))
    found[item, :] = found[:, item] = 1 / (2 * np.sqrt(own * rest))
    found[item, item] = -r / (2 * own)
    return found


@np.errstate(divide="ignore", invalid="ignore")
def correlations(C: Floats) -> Floats:
    """Correlations [k, k]; NaN where an item does not vary."""
    sd = np.sqrt(np.diag(C))
    return np.asarray(C / np.outer(sd, sd))


def explained(R: Floats) -> Floats:
    """Squared multiple correlation of each item with the others [k]; NaN where they determine each other."""
    if np.isnan(R).any() or np.linalg.cond(R) > 1e12:
        return np.full(len(R), np.nan)
    return np.asarray(1 - 1 / np.diag(np.linalg.inv(R)))


@np.errstate(invalid="ignore")
def item_total(R: Floats, diagonal: Floats) -> Floats:
    """Correlation of each standardised item with their sum [k], with ``diagonal`` [k] in place of the variances of 1."""
    own = R.copy()
    np.fill_diagonal(own, diagonal)
    return np.asarray(own.sum(axis=1) / np.sqrt(own.sum()))
