"""Systematic sampling: every so many elements, or so much of a size, from a random start on, in the order of the list.

Source: Madow, "On the theory of systematic sampling, II", Annals of Mathematical Statistics 20 (1949).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from weighting.groups import Floats
from weighting.randomness import generator
from weighting.selection.drawn import Drawn, Listed, Positions, in_strata, sample
from weighting.selection.inclusion import probabilities


def draw_systematic(
    strata: ArrayLike | int,
    n: ArrayLike,
    seed: int | np.random.Generator,
    sizes: ArrayLike | None = None,
    replacements: ArrayLike | None = 0,
) -> Drawn:
    """A systematic sample of each stratum in the order of the list, with a random start of its own in each.

    Args:
        strata: code of the stratum of each element [N], from 0; or the number of elements of a single stratum.
        n: elements to draw of each stratum [H], or one number for every one.
        seed: a seed or a numpy Generator.
        sizes: x [N], for probabilities in proportion to size; the largest elements are taken for certain. None: all alike.
        replacements: elements of each stratum that follow, in a random order; None for all that are left.

    Neighbours of the list are never drawn together: no variance can be estimated without a model (a list in a random order is
    treated as a simple random sample).

    Raises:
        DesignError: as :func:`weighting.draw_simple`; sizes below 0, fewer elements with a size than are to be drawn.

    >>> draw_systematic(10, 5, seed=1).positions.tolist()
    [1, 3, 5, 7, 9]
    >>> sample = draw_systematic(4, 2, seed=1, sizes=[10.0, 1.0, 1.0, 2.0])
    >>> int(sample.positions[0]), sample.probability.tolist()
    (0, [1.0, 0.25, 0.25, 0.5])
    """
    listed, rng = Listed.checked(strata, n, sizes), generator(seed)
    found = probabilities(listed)
    return sample(listed, in_strata(listed, found, lambda p: _hit(p, rng)), found, replacements, rng)


def _hit(probability: Floats, rng: np.random.Generator) -> Positions:
    """Places whose part of the line of length Σ π holds one of the points u, u + 1, …"""
    ends = np.cumsum(probability)
    points = round(ends[-1])
    ends *= points / ends[-1]
    ends[-1] = points
    return np.searchsorted(ends, rng.random() + np.arange(points), side="right")
