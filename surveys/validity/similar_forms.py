"""Near-duplicates: for every form, the other form of its cell that agrees with it on the largest share of answers.

All pairs are compared exactly. The number of equal answers of all pairs is one matrix product of one-hot codes, and pairs are
formed only within cells (a questionnaire × unit, an interviewer's pile), so that 12,000 forms in small cells cost less than
reading them. Kernels: arrays in, arrays out, no checks. After Kuriakose & Robbins (2016), Stat. J. IAOS 32 (percent match).
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray
CHUNK = 1024  # rows compared at a time with the whole cell: bounds the memory to CHUNK × cell size


def one_hot(codes: Array) -> Array:
    """One column per level that occurs and item, float32 [n, columns]; negative codes (no answer) give zeros.

    >>> one_hot(np.array([[0, 1], [0, -1]], dtype=np.int8))
    array([[1., 0., 0., 1.],
           [1., 0., 0., 0.]], dtype=float32)
    """
    levels = np.arange(codes.max(initial=0) + 1, dtype=codes.dtype)
    return np.asarray((codes[:, None, :] == levels[:, None]).reshape(len(codes), -1).astype(np.float32))


def nearest(
    codes: Array, owner: Array, minimum_items: int = 1, over_all: bool = False, at_least: float = 0.0
) -> tuple[Array, Array]:
    """For every row the other row with the highest share of equal answers: among the items that both answered, or among all
    items where ``over_all``.

    ``codes`` int [n, K] (negative: no answer), ``owner`` int [n]: rows of one owner are not compared with each other; rows with
    fewer than ``minimum_items`` common items are not either; ``at_least``: a row that shares less is no partner.
    Returns the partner's row, int [n] (−1: none), and the share, float [n].

    >>> partner, share = nearest(np.array([[1, 2, 3, 4], [1, 2, 3, 0], [0, 0, 0, 1]]), np.arange(3))
    >>> partner.tolist(), share.tolist()
    ([1, 0, -1], [0.75, 0.75, 0.0])
    """
    hot, answered = one_hot(codes), (codes >= 0).astype(np.float32)
    partner, share = np.full(len(codes), -1), np.zeros(len(codes))
    for start in range(0, len(codes), CHUNK):
        rows = slice(start, start + CHUNK)
        common = answered[rows] @ answered.T
        items = codes.shape[1] if over_all else np.maximum(common, 1)
        found = np.divide(hot[rows] @ hot.T, items, dtype=float)
        apart = (owner[rows, None] != owner) & (common >= max(minimum_items, 1))
        found[~apart | (found < at_least)] = 0.0
        best = found.argmax(axis=1)
        share[rows] = found[np.arange(len(best)), best]
        partner[rows] = np.where(share[rows] > 0, best, -1)
    return partner, share


def nearest_in_cells(
    codes: Array,
    cell: Array,
    owner: Array,
    minimum_items: int = 1,
    over_all: bool = False,
    at_least: float = 0.0,
) -> tuple[Array, Array]:
    """:func:`nearest` within each cell of ``cell`` int [n]; items nobody in the cell answered are left out.

    Returns the partner's row in the whole array, int [n] (−1: none), and the share, float [n].
    """
    partner, share = np.full(len(codes), -1), np.zeros(len(codes))
    order = np.argsort(cell, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(cell[order])) + 1):
        if len(rows) > 1:
            part = codes[rows]
            part = part[:, (part >= 0).any(axis=0)]
            here, share[rows] = nearest(part, owner[rows], minimum_items, over_all, at_least)
            partner[rows] = np.where(here >= 0, rows[here], -1)
    return partner, share


def expected_pairs(codes: Array, share: float) -> float:
    """How many pairs of rows would agree on at least ``share`` of the items by chance, if every answer were drawn by itself from
    the answers that the item got (codes int [n, K], negative: no answer; items nobody answered are left out).

    The number of equal answers of two rows is then a sum of independent indicators, item i with probability sum of squared
    frequencies; its distribution is built up item by item. Answers of one person hang together, so that chance gives rather more.

    >>> expected_pairs(np.array([[0, 0], [0, 0], [1, 1], [1, 1]]), 1.0)  # 6 pairs, each with probability 1/4
    1.5
    """
    answered = codes[:, (codes >= 0).any(axis=0)]
    distribution = np.ones(1)  # of the number of equal answers
    for column in answered.T:
        given = column[column >= 0]
        equal = float(((np.bincount(given) / len(given)) ** 2).sum())
        distribution = np.convolve(distribution, [1 - equal, equal])
    needed = int(np.ceil(share * answered.shape[1] - 1e-9))
    return float(len(codes) * (len(codes) - 1) / 2 * distribution[needed:].sum())
