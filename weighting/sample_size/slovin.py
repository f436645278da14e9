"""Slovin's formula, as the ministries use it: one size for a population and a margin, whatever is measured.

It is the size for a share of one half at a level of 95.45 % (z = 2), with 1/N in place of 1/(N − 1). Source: Yamane, *Statistics:
An Introductory Analysis*, 2nd ed., Harper & Row (1967).
"""

import numpy as np
from numpy.typing import ArrayLike

from weighting.errors import DesignError
from weighting.sample_size.planning_values import PlanningValues, fitting, out_of_range
from weighting.sample_size.whole_numbers import Counts, whole_up


def slovin(population: ArrayLike, margin: ArrayLike = 0.05) -> Counts:
    """n = N/(1 + N e²), rounded up; 1/e² for an infinite population.

    Args:
        population: N of each cell.
        margin: e, as a share.

    Raises:
        DesignError: a population that is no whole number from 0, a margin outside (0, 1], shapes that do not fit.

    >>> slovin([500, 1000, 2000, 5000, 10_000]).tolist()
    [223, 286, 334, 371, 385]
    """
    size = PlanningValues(population=population).size
    problems = [
        *out_of_range("margin", margin, 0.0, 1.0, open_=True),
        *fitting(population=population, margin=margin),
    ]
    DesignError.raise_any(problems)
    square = np.asarray(margin, dtype=float) ** 2
    with np.errstate(divide="ignore"):
        return whole_up(1.0 / (1.0 / size + square))
