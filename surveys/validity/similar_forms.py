"""Near-duplicates: for every form, the other form of its cell that agrees with it on the largest share of answers.

All pairs are compared exactly. The number of equal answers of all pairs is one matrix product of one-hot codes, and pairs are
formed only within cells (a questionnaire × unit, an interviewer's pile), so that 12,000 forms in small cells cost less than
reading them. Kernels: arrays in, arrays out, no checks. After Kuriakose & Robbins (2016), Stat. J. IAOS 32 (percent match).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

Array = np.ndarray
CHUNK = 1024  # rows compared at a time with the whole cell: bounds the memory to CHUNK × cell size
BATCH = 1 << 14  # rows made one-hot at a time
_SLACK = 1e-3  # of an answer: what single precision may lose when counts are bounded


def one_hot(codes: Array) -> Array:
    """One column per level that occurs and item, float32 [n, columns]; negative codes (no answer) give zeros.

    >>> one_hot(np.array([[0, 1], [0, -1]], dtype=np.int8))
    array([[1., 0., 0., 1.],
           [1., 0., 0., 0.]], dtype=float32)
    """
    levels = np.arange(max(int(codes.max(initial=0)), 0) + 1, dtype=codes.dtype)
    return (codes[:, None, :] == levels[:, None]).reshape(len(codes), -1).astype(np.float32)


def shares(equal: Array, common: Array, items: int, minimum_items: int, over_all: bool) -> Array:
    """Share of ``equal`` answers, float [rows, n]: among the ``common`` items that both answered, or among all ``items``
    where ``over_all``; 0 where fewer than ``minimum_items`` items were answered by both."""
    share = np.divide(equal, float(items) if over_all else np.maximum(common, 1), dtype=float)
    share[common < max(minimum_items, 1)] = 0.0
    return share


def nearest(
    codes: Array, owner: Array, minimum_items: int = 1, over_all: bool = False, at_least: float = 0.0
) -> tuple[Array, Array]:
    """For every row the other row with the highest share of equal answers.

    ``codes`` int [n, K] (negative: no answer), ``owner`` int [n]: rows of one owner are not compared with each other;
    ``at_least``: a row that shares less is no partner.
    Returns the partner's row, int [n] (−1: none), and the share, float [n].

    >>> partner, share = nearest(np.array([[1, 2, 3, 4], [1, 2, 3, 0], [0, 0, 0, 1]]), np.arange(3))
    >>> partner.tolist(), share.tolist()
    ([1, 0, -1], [0.75, 0.75, 0.0])
    """
    hot, answered = one_hot(codes), (codes >= 0).astype(np.float32)
    return _nearest(hot, answered, owner, minimum_items, over_all, at_least)


def _nearest(
    hot: Array, answered: Array, owner: Array, minimum_items: int, over_all: bool, at_least: float
) -> tuple[Array, Array]:
    """:func:`nearest`, given the answers one-hot and where there are any, float32 [n, K].

    Two rows have at least as many common items as both answered beyond K; only rows of which some pair has enough equal
    answers for that are compared in full.
    """
    size, items = answered.shape
    partner, share = np.full(size, -1), np.zeros(size)
    given = at_least * answered.sum(axis=1)
    beyond = given - (at_least * items + _SLACK)
    lowest = at_least * (items if over_all else minimum_items) - _SLACK
    for start in range(0, size, CHUNK):
        rows = slice(start, start + CHUNK)
        equal = hot[rows] @ hot.T
        near = equal >= (lowest if over_all else np.maximum(lowest, given[rows, None] + beyond))
        near.flat[start :: size + 1] = False  # a row and itself
        close = np.flatnonzero(near.any(axis=1))
        if not len(close):
            continue
        mine = start + close
        found = shares(equal[close], answered[mine] @ answered.T, items, minimum_items, over_all)
        found[(owner[mine, None] == owner) | (found < at_least)] = 0.0
        best = found.argmax(axis=1)
        share[mine] = found[np.arange(len(close)), best]
        partner[mine] = np.where(share[mine] > 0, best, -1)
    return partner, share


def cells(cell: Array) -> Iterator[Array]:
    """Row numbers of each cell with at least two rows, in the order of the cell numbers.

    >>> [rows.tolist() for rows in cells(np.array([1, 0, 1, 2]))]
    [[0, 2]]
    """
    order = np.argsort(cell, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(cell[order])) + 1):
        if len(rows) > 1:
            yield rows


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
    for asked, alike in _alike(codes, list(cells(cell))):
        together = np.concatenate(alike)
        part = codes.take(together, axis=0).take(asked, axis=1)
        hot, answered = one_hot(part), (part >= 0).astype(np.float32)
        start = 0
        for rows in alike:
            mine = slice(start, start + len(rows))
            start = mine.stop
            here, found = _nearest(hot[mine], answered[mine], owner[rows], minimum_items, over_all, at_least)
            partner[rows] = np.where(here >= 0, rows[here], -1)
            share[rows] = found
    return partner, share


def _alike(codes: Array, cells: list[Array]) -> Iterable[tuple[Array, list[Array]]]:
    """Cells in which the same items were answered, about ``BATCH`` rows at a time, with these items: their answers are made
    one-hot together."""
    alike: dict[tuple[int, bytes], tuple[Array, list[Array]]] = {}
    if cells:
        starts = np.cumsum([0, *(len(rows) for rows in cells[:-1])])
        given = np.maximum.reduceat(codes.take(np.concatenate(cells), axis=0), starts, axis=0) >= 0
        for rows, start, asked in zip(cells, starts.tolist(), given, strict=True):
            _, members = alike.setdefault((start // BATCH, asked.tobytes()), (np.flatnonzero(asked), []))
            members.append(rows)
    return alike.values()
