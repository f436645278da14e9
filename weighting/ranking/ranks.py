"""Ranks as whole numbers, with ties."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weighting.errors import DesignError, is_number
from weighting.groups import Floats

Whole = NDArray[np.int64]

#: Differences below this share of the values are rounding: such units are tied.
TIED = 1e-12


def tie_margin(values: Floats) -> Floats:
    """What a difference from each value [k] must exceed to be one."""
    return TIED * np.maximum(1.0, np.abs(values))


def competition_ranks(values: Floats) -> Whole:
    """1 + the number of units clearly above [k]; values [k] in descending order of merit."""
    ordered = np.sort(values)
    return np.asarray(1 + len(values) - np.searchsorted(ordered, values + tie_margin(values), side="right"))


def tied_ranks(values: ArrayLike, share: float = 0.0, ascending: bool = False) -> Floats:
    """Ranks of k values, where ties get (1 − share) · their best rank + share · their worst one.

    Args:
        values: numbers [k].
        share: 0 for the best of the ranks that ties take up, 1 for the worst, 0.5 for their mean.
        ascending: True where the smallest value has rank 1.

    Raises:
        DesignError: values that are not numbers; a share outside [0, 1].

    >>> [tied_ranks([4, 1, 3, 3], share).tolist() for share in (0, 0.5, 1)]
    [[1.0, 4.0, 2.0, 2.0], [1.0, 4.0, 2.5, 2.5], [1.0, 4.0, 3.0, 3.0]]
    """
    y = as_numbers("values", values)
    if y.ndim != 1 or not np.isfinite(y).all():
        raise DesignError("values: one number per unit is needed")
    if not is_number(share) or not 0 <= share <= 1:
        raise DesignError(f"share {share!r}: accepted from 0 to 1")
    best = competition_ranks(-y if ascending else y)
    worst = 1 + len(y) - competition_ranks(y if ascending else -y)
    return np.asarray((1.0 - share) * best + share * worst)


def as_numbers(what: str, given: ArrayLike) -> Floats:
    """The same as an array of floats; None is NaN.

    Raises:
        DesignError: anything that is not a number.
    """
    try:
        return np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise DesignError(f"{what}: numbers are needed") from None
