"""An order of evaluations that depends on what they hold, not on the file or line where they were read.

Sums of floats depend on the order of their terms in the last digit. Weights and scores are summed in this order, so that they
are the same however rows and files of returns are shuffled. Evaluations that hold exactly the same may change places.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.intp]


def ranked(columns: Sequence[NDArray[np.integer]]) -> Codes:
    """Rank of each row by its columns, the first of which counts most, int [n]; equal rows have equal ranks.

    >>> ranked([np.array([1, 0, 1]), np.array([5, 7, 5])]).tolist()
    [1, 0, 1]
    """
    order = np.lexsort(columns[::-1])
    new = np.zeros(len(order), dtype=bool)
    for column in columns:
        sorted_column = column[order]
        new[1:] |= sorted_column[1:] != sorted_column[:-1]
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.cumsum(new)
    return rank


def numbered_raters(rater: Codes, rank: Codes) -> Codes:
    """Raters numbered by the ranks of their evaluations, int [n]; ``rater`` are numbers 0, 1, … in any order, [n].

    >>> numbered_raters(np.array([1, 0, 1, 2]), np.array([0, 2, 3, 1])).tolist()
    [0, 2, 0, 1]
    """
    order = np.lexsort((rank, rater))
    counts = np.bincount(rater)
    place = np.arange(len(rater)) - np.repeat(np.cumsum(counts) - counts, counts)
    ranks = np.full((counts.max(initial=0), len(counts)), -1)
    ranks[place, rater[order]] = rank[order]
    number = np.empty(len(counts), dtype=np.intp)
    number[np.lexsort(ranks[::-1])] = np.arange(len(counts))
    return number[rater]
