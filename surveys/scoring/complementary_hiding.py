"""Which hidden cells of a published table can be computed back from the others, and which more must be hidden so that none can.

The n cells of a table are bound by linear relations R x = c (a total and its parts, a parent and its children): the printed
cells are known, the hidden ones are not. A hidden cell is determined exactly where its unit vector lies in the row space of R
restricted to the hidden cells: where no vector d ≠ 0 in the null space of that restriction moves it. Printed digits count as
known: rounding is no protection, and a cell that can only move by less than is told apart counts as determined too.

Source: Fellegi, I. P. (1972), "On the question of statistical confidentiality", *JASA* 67, 7–18 (the rank test); Willenborg,
L. & de Waal, T. (2001), *Elements of Statistical Disclosure Control*, Springer (secondary suppression).
"""

from __future__ import annotations

import numpy as np

from surveys.scoring.quantities import Bools, Floats

#: A cell that can move by no more than this share of its range is determined; printed digits of a score are ten.
TOLERANCE = 1e-9
_RANK = 1e-11  # singular values below this share of the largest are the noise of float arithmetic


def determined(relations: Floats, hidden: Bools, tolerance: float = TOLERANCE) -> Bools:
    """Hidden cells [n] that follow from the others by the relations [m, n].

    ``tolerance``: the largest difference that tells nothing, as a share of the range of a cell (a unit of the last digit printed,
    or :data:`TOLERANCE`); relations between cells of unlike range are to be scaled to one.

    >>> row_total = np.array([[1.0, 1.0, 1.0, -1.0]])  # three cells and their total
    >>> determined(row_total, np.array([True, False, False, False])).tolist()
    [True, False, False, False]
    >>> determined(row_total, np.array([True, True, False, False])).tolist()
    [False, False, False, False]
    """
    found = np.zeros(len(hidden), dtype=bool)
    found[hidden] = np.linalg.norm(_free(relations[:, hidden]), axis=1) <= tolerance
    return found


def complement(relations: Floats, hidden: Bools, costs: Floats, tolerance: float = TOLERANCE) -> Bools:
    """Further cells [n] to hide, so that the relations [m, n] determine no hidden cell, those further ones included.

    ``costs`` [n]: what it costs to hide each cell; infinite for one that must be printed. In each step the cell is hidden that
    leaves the fewest determined, of these the cheapest, of these the first; at the end none stays that is not needed. Raises
    ValueError where cells that must be printed determine a hidden one.

    >>> cells = np.array([[1.0, 1.0, 0, 0, -1, 0, 0, 0],   # rows of a 2 × 2 table and their totals
    ...                   [0.0, 0, 1, 1, 0, -1, 0, 0],
    ...                   [1.0, 0, 1, 0, 0, 0, -1, 0],     # columns and their totals
    ...                   [0.0, 1, 0, 1, 0, 0, 0, -1]])
    >>> hidden = np.array([True] + [False] * 7)
    >>> complement(cells, hidden, np.array([1.0, 1, 1, 1, 9, 9, 9, 9])).tolist()
    [False, True, True, True, False, False, False, False]
    """
    closed = np.array(hidden, dtype=bool)
    while (exposed := determined(relations, closed, tolerance)).any():
        usable = _involved(relations, closed, exposed) & np.isfinite(costs)
        if not usable.any():
            raise ValueError(
                f"cells {np.flatnonzero(exposed).tolist()} follow from cells that must be printed"
            )
        closed[_best(relations, closed, costs, np.flatnonzero(usable), tolerance)] = True
    extra = closed & ~hidden
    for cell in sorted(np.flatnonzero(extra).tolist(), key=lambda k: (-costs[k], -k)):
        closed[cell] = False
        if determined(relations, closed, tolerance).any():
            closed[cell] = True
    return np.asarray(closed & ~hidden)


def relations_of(combinations: Floats) -> Floats:
    """The relations [m, n] of n cells that are linear combinations [n, k] of the same k unknown numbers: r with rᵀC = 0.

    >>> mean_of_two = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    >>> relation = relations_of(mean_of_two)[0]
    >>> (relation / relation[2]).round(12).tolist()
    [-0.5, -0.5, 1.0]
    """
    return _free(combinations.T).T


def _free(restricted: Floats) -> Floats:
    """An orthonormal basis [n, f] of the vectors that relations [m, n] leave free."""
    size = np.linalg.norm(restricted, axis=1, keepdims=True)
    restricted = restricted[size[:, 0] > 0] / size[size[:, 0] > 0]
    if not restricted.size:
        return np.eye(restricted.shape[1])
    _, values, right = np.linalg.svd(restricted)
    rank = int((values > _RANK * values[0]).sum())
    return np.asarray(right[rank:].T)


def _involved(relations: Floats, hidden: Bools, exposed: Bools) -> Bools:
    """Printed cells [n] from which an exposed one is computed: y with yᵀR = its unit vector among the hidden cells."""
    multipliers = np.linalg.pinv(relations[:, hidden], rcond=_RANK)[exposed[hidden]]
    used = np.abs(multipliers @ relations).max(axis=0)
    return np.asarray((used > _RANK * max(used.max(), 1.0)) & ~hidden)


def _best(relations: Floats, hidden: Bools, costs: Floats, candidates: np.ndarray, tolerance: float) -> int:
    """The candidate whose hiding leaves the fewest cells determined; of these the cheapest, then the first."""
    left: list[tuple[int, float, int]] = []
    for cell in candidates.tolist():
        closed = hidden.copy()
        closed[cell] = True
        left.append((int(determined(relations, closed, tolerance).sum()), float(costs[cell]), cell))
    return min(left)[2]
