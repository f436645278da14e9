"""Shapley shares of R² as functions of a covariance matrix, with their gradients: arithmetic on arrays.

R²_S of the regression of y on the factors of a subset S is c′A⁻¹c/v, with A the covariances of these factors, c theirs with
y and v the variance of y. Factor j's share is what it adds to R², averaged over all orders in which factors can enter:

    φ_j = Σ_{S ∌ j} |S|! (p − 1 − |S|)!/p! · (R²_{S ∪ j} − R²_S)

(Lindeman, Merenda & Gold 1980; Grömping, Journal of Statistical Software 17, 2006.)
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from weighting.groups import Flags, Floats


@dataclass(frozen=True, eq=False)
class Shares:
    """R² and the p factors' shares of it [1 + p], R² first, with their ``gradients`` [1 + p, p + 1, p + 1] (symmetric) by the
    covariances of the factors and, last, the outcome."""

    values: Floats
    gradients: Floats


def shares_of(C: Floats) -> Shares:
    """The shares of the factors from the covariances C [p + 1, p + 1] of factors and, last, the outcome.

    >>> shares_of(np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.3], [0.6, 0.3, 1.0]])).values.round(12).tolist()
    [0.45, 0.36, 0.09]
    """
    member, beta, explained = _subsets(C)
    weight: Floats = np.column_stack([member.all(axis=1), _coefficients(member)]).astype(float)
    p, v = len(C) - 1, C[-1, -1]
    values = weight.T @ explained
    gradients = np.zeros((p + 1, p + 1, p + 1))
    products = (beta[:, :, None] * beta[:, None, :]).reshape(len(beta), -1)
    gradients[:, :p, :p] = -(weight.T @ products).reshape(p + 1, p, p) / v
    gradients[:, :p, p] = gradients[:, p, :p] = weight.T @ beta / v
    gradients[:, p, p] = -values / v
    return Shares(values, gradients)


def _subsets(C: Floats) -> tuple[Flags, Floats, Floats]:
    """Which factors each of the 2^p subsets holds [2^p, p], their coefficients (0 for the others), and R² [2^p]."""
    p = len(C) - 1
    member, beta, explained = [np.zeros((1, p), dtype=bool)], [np.zeros((1, p))], [np.zeros(1)]
    for size in range(1, p + 1):
        of = np.array(list(combinations(range(p), size)))
        c = C[of, p]
        solved = np.linalg.solve(C[of[:, :, None], of[:, None, :]], c[:, :, None])[:, :, 0]
        rows = np.arange(len(of))[:, None]
        held, coefficients = np.zeros((len(of), p), dtype=bool), np.zeros((len(of), p))
        held[rows, of], coefficients[rows, of] = True, solved
        member.append(held)
        beta.append(coefficients)
        explained.append((solved * c).sum(axis=1) / C[p, p])
    return np.concatenate(member), np.concatenate(beta), np.concatenate(explained)


def _coefficients(member: Flags) -> Floats:
    """With what R² of each subset counts in each factor's share [2^p, p]."""
    p, size = member.shape[1], member.sum(axis=1)
    of_size = np.array([factorial(s) * factorial(p - 1 - s) / factorial(p) for s in range(p)])
    enters = of_size[np.minimum(size, p - 1)][:, None]
    held = of_size[np.maximum(size - 1, 0)][:, None]
    return np.asarray(np.where(member, held, -enters), dtype=float)
