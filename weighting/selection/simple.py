"""Simple random sampling without replacement within strata."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from weighting.randomness import generator
from weighting.selection.drawn import Drawn, Listed, replacement_numbers
from weighting.selection.inclusion import probabilities


def draw_simple(
    strata: ArrayLike | int,
    n: ArrayLike,
    seed: int | np.random.Generator,
    replacements: ArrayLike | None = 0,
) -> Drawn:
    """A simple random sample without replacement of each stratum: a random order, of which the first n are drawn.

    Args:
        strata: code of the stratum of each element [N], from 0; or the number of elements of a single stratum.
        n: elements to draw of each stratum [H], or one number for every one.
        seed: a seed or a numpy Generator.
        replacements: further elements of that order for each stratum; None for all that are left.

    The same seed with a larger n draws the same elements and further ones.

    Raises:
        DesignError: codes that are no whole numbers from 0, more elements than a stratum has, no seed.

    >>> sample = draw_simple([0, 0, 0, 1, 1, 1], [2, 1], seed=1, replacements=1)
    >>> len(sample.positions), len(sample.replacements), sample.weights.tolist()
    (3, 2, [1.5, 1.5, 3.0])
    """
    listed, rng = Listed.checked(strata, n), generator(seed)
    numbers = replacement_numbers(replacements, listed)
    order, start = listed.order(rng.random(len(listed.strata)))
    stratum = listed.strata[order]
    place = np.arange(len(order)) - start[stratum]
    drawn = place < listed.take[stratum]
    after = ~drawn & (place < (listed.take + numbers)[stratum])
    return Drawn(np.sort(order[drawn]), order[after], probabilities(listed))
