"""Whole numbers of forms: rounding up that rounding errors do not reach, and the smallest number that is enough."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weighting.groups import Flags, Floats

Counts = NDArray[np.int64]

#: A need this much above a whole number, relatively, is that number and rounding.
ROUNDING = 1e-11
#: No size beyond this one is looked for.
LARGEST = 2.0**50


def whole_up(values: ArrayLike) -> Counts:
    """Values rounded up to whole numbers; one that rounding alone puts above a whole number is that number.

    >>> whole_up([222.2, 7 / 0.7, 0.0]).tolist()
    [223, 10, 0]
    """
    values = np.asarray(values, dtype=float)
    return np.asarray(np.ceil(values - ROUNDING * np.abs(values)), dtype=np.int64)


def smallest(enough: Callable[[Floats], Flags], low: ArrayLike, high: ArrayLike) -> Counts:
    """The smallest whole number from ``low`` to ``high`` [m] that is ``enough``; 0 where ``high`` is not enough.

    What is enough stays enough for every larger number. ``high`` may be infinite.

    >>> smallest(lambda n: n**2 >= np.array([50.0, 50.0]), [1, 1], [np.inf, 7]).tolist()
    [8, 0]
    """
    low, high = (np.array(each, dtype=float) for each in np.broadcast_arrays(low, high))
    below, above = low - 1.0, np.minimum(high, np.maximum(low, 2.0))
    found = enough(above)
    while (open_ := ~found & (above < np.minimum(high, LARGEST))).any():
        below = np.where(open_, above, below)
        above = np.where(open_, np.minimum(high, 2.0 * above), above)
        found = enough(above)
    while (above - below > 1.0).any():
        middle = np.where(above - below > 1.0, np.floor((below + above) / 2.0), above)
        reached = enough(middle)
        below, above = np.where(reached, below, middle), np.where(reached, middle, above)
        below = np.minimum(below, above - 1.0)
    return np.asarray(np.where(found, above, 0.0), dtype=np.int64)
