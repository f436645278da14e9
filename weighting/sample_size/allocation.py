"""Allocation of a fixed total to cells: whole numbers that add up to it exactly.

Each cell gets n_h = c a_h, held between its minimum and its maximum (at most N_h), c such that the numbers add up; then the
whole parts, and one form more by the largest remainders. Of numbers between such limits these c a_h have the least Σ a_h²/n_h.

Sources: Neyman, "On the two different aspects of the representative method", JRSS 97 (1934); Bankier, "Power allocations:
determining sample sizes for subnational areas", American Statistician 42 (1988); Cochran (1977), §5.5 and §5.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weighting.errors import DesignError, is_whole, unknown
from weighting.groups import Floats
from weighting.sample_size.planning_values import fitting, out_of_range, sizes
from weighting.sample_size.whole_numbers import ROUNDING, Counts

#: A cell of less weight than this, against the largest, has none: all forms there are would not give it one.
_NO_WEIGHT = 1e-15
ALLOCATIONS = ("proportional", "equal", "neyman", "power")


def allocate(  # noqa: PLR0913
    total: int,
    population: ArrayLike,
    method: str = "proportional",
    *,
    deviation: ArrayLike | None = None,
    importance: ArrayLike | None = None,
    exponent: float = 0.5,
    minimum: ArrayLike = 0,
    maximum: ArrayLike | None = None,
) -> Counts:
    """Forms of each of H cells that add up to ``total``.

    Args:
        total: forms for all cells together.
        population: N_h of the cells [H].
        method: ``proportional`` (a_h = N_h), ``equal`` (1), ``neyman`` (N_h S_h) or ``power`` (X_h^q CV_h).
        deviation: standard deviations S_h [H] for ``neyman``; coefficients of variation CV_h [H] for ``power`` (all alike where
            None).
        importance: X_h [H] for ``power``; the population where None.
        exponent: q for ``power``, from 0 (equal errors in the cells) to 1 (Neyman's allocation of X).
        minimum: fewest forms of a cell, [H] or one for all; a cell that has fewer people is asked wholly.
        maximum: most forms of a cell; None for none but the population.

    Of equal remainders that of the larger population comes first, then the earlier one. What cells of no weight (a_h = 0) must
    take, because the others are asked wholly, is shared by population.

    Raises:
        DesignError: a total that the limits cannot hold, numbers out of range, shapes that do not fit, no deviation for Neyman.

    >>> allocate(100, [1000, 2000, 3000]).tolist()
    [17, 33, 50]
    >>> allocate(100, [20, 2000, 3000], "neyman", deviation=[9.0, 0.2, 0.1], minimum=5).tolist()
    [20, 46, 34]
    """
    DesignError.raise_any(_problems(total, population, method, (deviation, importance), exponent))
    people = np.asarray(population, dtype=float)
    DesignError.raise_any(_limit_problems(people, minimum, maximum))
    low = np.minimum(np.broadcast_to(np.asarray(minimum, dtype=float), people.shape), people)
    high = people if maximum is None else np.minimum(np.asarray(maximum, dtype=float), people)
    high = np.broadcast_to(high, people.shape)
    DesignError.raise_any(_total_problems(total, low, high))
    weight = _weights(people, method, (deviation, importance), exponent)
    return _whole(_shared(float(total), weight, people, low, high), total, people, high)


def _weights(
    people: Floats, method: str, given: tuple[ArrayLike | None, ArrayLike | None], q: float
) -> Floats:
    """a_h [H]."""
    deviation, importance = (None if each is None else np.asarray(each, dtype=float) for each in given)
    if method == "equal":
        return np.ones(people.shape)
    if method == "neyman" and deviation is not None:
        return np.asarray(people * deviation)
    if method == "power":
        size = people if importance is None else importance
        return np.asarray(size**q * (1.0 if deviation is None else deviation), dtype=float)
    return people


def _shared(total: float, weight: Floats, people: Floats, low: Floats, high: Floats) -> Floats:
    """Numbers [H] in proportion to weights within limits; cells of no weight take what the others have no room for."""
    counted = weight > _NO_WEIGHT * weight.max(initial=0.0)
    rest = low[~counted].sum()
    if total - rest <= high[counted].sum():
        found = np.where(counted, 0.0, low)
        found[counted] = proportional_within(total - rest, weight[counted], low[counted], high[counted])
        return found
    found = np.where(counted, high, 0.0)
    some = ~counted & (high > 0)
    found[some] = proportional_within(total - high[counted].sum(), people[some], low[some], high[some])
    return found


def proportional_within(total: float, weight: Floats, low: Floats, high: Floats) -> Floats:
    """clip(c a, low, high) [k] with the c that makes the sum ``total``, which the limits can hold; weights are positive.

    >>> proportional_within(10.0, np.array([1.0, 1.0, 8.0]), np.full(3, 2.0), np.full(3, 4.0)).tolist()
    [3.0, 3.0, 4.0]
    """
    if not weight.size:
        return np.zeros(0)
    # The sum rises in c, straight between the places where a cell leaves its minimum or reaches its maximum.
    places = np.unique(np.concatenate([low / weight, high / weight]))
    first, last = 0, places.size - 1
    while first < last:
        middle = (first + last) // 2
        reached = np.clip(places[middle] * weight, low, high).sum() >= total
        first, last = (first, middle) if reached else (middle + 1, last)
    c = places[first]
    before = places[first - 1] if first else 0.0
    moving = (low / weight <= before) & (high / weight >= c)
    fixed = np.where(low / weight > before, low, high)
    if moving.any():
        c = (total - fixed[~moving].sum()) / weight[moving].sum()
    return np.where(moving, c * weight, fixed)


def _whole(shares: Floats, total: int, people: Floats, high: Floats) -> Counts:
    """Whole numbers [H] that add up: whole parts, and one more by the largest remainders."""
    whole = np.floor(shares * (1.0 + ROUNDING) + ROUNDING)
    remainder = np.round(np.maximum(shares - whole, 0.0), 9)
    remainder[whole >= high] = -1.0
    order = np.lexsort((np.arange(len(shares)), -people, -remainder))
    whole[order[: int(total - whole.sum())]] += 1.0
    return whole.astype(np.int64)


# --- checks ---------------------------------------------------------------------------------------------------


def _problems(
    total: Any, population: Any, method: str, given: tuple[Any, Any], exponent: Any
) -> Iterator[str]:
    if not is_whole(total) or total < 0:
        yield f"total {total!r}: a whole number from 0 is needed"
    wrong = list(sizes("population", population, 0))
    yield from wrong
    if not wrong and np.ndim(population) != 1:
        yield f"population: shape {np.shape(population)}; one number for each cell [H] is needed"
    if method not in ALLOCATIONS:
        yield unknown("allocation", method, ALLOCATIONS)
    yield from out_of_range("exponent", exponent, 0.0, 1.0)
    deviation, importance = given
    if method == "neyman" and deviation is None:
        yield "deviation: the allocation 'neyman' needs the standard deviation of each cell"
    for name, values in (("deviation", deviation), ("importance", importance)):
        if values is not None:
            yield from out_of_range(name, values, 0.0, np.inf)
            if np.shape(values) != np.shape(population):
                yield f"{name}: shape {np.shape(values)} does not fit {np.shape(population)} of population"


def _limit_problems(people: NDArray[Any], minimum: Any, maximum: Any) -> Iterator[str]:
    for name, values in (("minimum", minimum), ("maximum", maximum)):
        if values is not None:
            yield from sizes(name, values, 0)
            yield from (fitting(**{"population": people, name: values}))


def _total_problems(total: int, low: Floats, high: Floats) -> Iterator[str]:
    crossed = np.flatnonzero(low > high)
    if crossed.size:
        at = crossed[0]
        yield f"cell {at}: the minimum {low[at]:.0f} is above the maximum {high[at]:.0f}"
    elif total < low.sum():
        yield f"total {total}: the minimum of all cells together is {low.sum():.0f}; raise the total or lower the minimum"
    elif total > high.sum():
        yield f"total {total}: all cells together take at most {high.sum():.0f}; lower the total or raise the maximum"
