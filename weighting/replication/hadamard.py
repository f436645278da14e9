"""Hadamard matrices: the balanced sets of half samples.

Sources: Sylvester (1867) for doubling; Paley, "On orthogonal matrices", Journal of Mathematics and Physics 12 (1933),
311-320, for his two constructions from quadratic residues; Wolter, Introduction to Variance Estimation (2007), ch. 3.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Signs = NDArray[np.int8]


def _is_prime(q: int) -> bool:
    return q > 1 and all(q % k for k in range(2, int(q**0.5) + 1))


def _character(q: int) -> Signs:
    """χ of 0 … q − 1: 1 for squares, −1 for non-squares, 0 for 0."""
    chi = np.full(q, -1, dtype=np.int8)
    chi[np.unique(np.arange(1, q) ** 2 % q)] = 1
    chi[0] = 0
    return chi


def _paley_first(q: int) -> Signs:
    """Order q + 1 for a prime q of the form 4k + 3, with rows and columns of ones in front."""
    i = np.arange(q)
    matrix = np.ones((q + 1, q + 1), dtype=np.int8)
    matrix[1:, 1:] = np.where(_character(q)[(i[:, None] + i) % q] == -1, 1, -1)
    return matrix


def _paley_second(q: int) -> Signs:
    """Order 2(q + 1) for a prime q of the form 4k + 1: the conference matrix with 2 × 2 blocks put in."""
    i = np.arange(q)
    conference = np.ones((q + 1, q + 1), dtype=np.int8)
    conference[0, 0] = 0
    conference[1:, 1:] = _character(q)[(i[:, None] - i) % q]
    matrix = np.kron(conference, np.array([[1, 1], [1, -1]])) + np.kron(
        np.eye(q + 1), np.array([[1, -1], [-1, -1]])
    )
    signs = (matrix * matrix[0]).astype(np.int8)
    return np.asarray(signs * signs[:, :1])


@cache
def _constructible(order: int) -> bool:
    if order % 4:
        return order in (1, 2)
    half = order // 2 - 1
    return _constructible(order // 2) or _is_prime(order - 1) or (half % 4 == 1 and _is_prime(half))


def order_above(strata: int) -> int:
    """The smallest order above ``strata``, a multiple of 4, that the constructions reach.

    >>> [order_above(3), order_above(4), order_above(17)]
    [4, 8, 20]
    """
    order = 4 * (strata // 4 + 1)
    while not _constructible(order):
        order += 4
    return order


def hadamard(order: int) -> Signs:
    """A matrix [order, order] of ±1 with orthogonal rows, and a first row and column of ones.

    Doubling is tried first, then Paley's constructions; R's ``survey::hadamard`` chooses alike.

    Raises:
        ValueError: an order the constructions do not reach.

    >>> hadamard(4).tolist()
    [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]
    """
    if not _constructible(order):
        raise ValueError(f"no construction for a Hadamard matrix of order {order}")
    if order == 1:
        return np.ones((1, 1), dtype=np.int8)
    if order == 2 or _constructible(order // 2):
        return np.kron(np.array([[1, 1], [1, -1]], dtype=np.int8), hadamard(order // 2))
    return _paley_first(order - 1) if _is_prime(order - 1) else _paley_second(order // 2 - 1)
