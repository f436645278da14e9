"""Inclusion probabilities: equal within a stratum, or in proportion to size with the largest elements taken for certain."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from weighting.groups import Floats
from weighting.selection.drawn import Listed

#: A probability this close to 1 is 1 and rounding.
CERTAIN = 1.0 - 1e-12


def inclusion_probabilities(strata: ArrayLike | int, n: ArrayLike, sizes: ArrayLike | None = None) -> Floats:
    """Probabilities [N] with which each element of a list comes into a sample of n of its stratum.

    Args:
        strata: code of the stratum of each element [N], from 0; or the number of elements of a single stratum.
        n: elements to draw of each stratum [H], or one number for every one.
        sizes: x [N]; π = n x/Σ x, where that reaches 1 the element is certain and the rest is shared by the others, until none
            is above 1. None: n/N.

    Raises:
        DesignError: as :func:`weighting.draw_simple`.

    >>> inclusion_probabilities(4, 2).tolist()
    [0.5, 0.5, 0.5, 0.5]
    >>> inclusion_probabilities(4, 2, [10.0, 1.0, 1.0, 2.0]).tolist()
    [1.0, 0.25, 0.25, 0.5]
    """
    return probabilities(Listed.checked(strata, n, sizes))


def probabilities(listed: Listed) -> Floats:
    """The same of a list that is checked."""
    take = listed.take.astype(float)
    if listed.size is None:
        return np.asarray((take / np.maximum(listed.count, 1))[listed.strata])
    strata, h = listed.strata, len(take)
    certain = np.zeros(len(strata), dtype=bool)
    while True:
        rest = take - np.bincount(strata, certain, minlength=h)
        total = np.bincount(strata, np.where(certain, 0.0, listed.size), minlength=h)
        factor = np.divide(rest, total, out=np.zeros(h), where=total > 0)
        found = np.where(certain, 1.0, factor[strata] * listed.size)
        further = ~certain & (found >= CERTAIN)
        if not further.any():
            return found
        certain |= further
