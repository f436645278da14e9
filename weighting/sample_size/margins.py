"""Sizes for a wanted half-width of an interval, and the half-width that given sizes reach.

Sources: Cochran, *Sampling Techniques* (1977), §4.4 and §4.6; with an assurance, for means, Kupper & Hafner, "How appropriate are
popular sample size formulas?", American Statistician 43 (1989). The intervals are those of :mod:`weighting.estimation.intervals`,
put at the share or mean that is expected: what is planned is what is printed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from weighting.errors import DesignError, unknown
from weighting.estimation import intervals
from weighting.groups import Floats
from weighting.sample_size.counted import counted_margins, counted_sizes
from weighting.sample_size.planning_values import (
    PlanningValues,
    fitting,
    left,
    not_between,
    out_of_range,
    shapes_of,
    sizes,
)
from weighting.sample_size.whole_numbers import ROUNDING, Counts, smallest

#: ``normal``: estimate ± z √V with the variance of the population, the formula of the textbooks; ``exact``: of shares, counted
#: over all samples; the others as they are printed, with Student's t and the variance that a sample shows.
INTERVALS_PLANNED = ("normal", "exact", "wald", "bounded", "wilson", "beta")


def margin_of(
    n: ArrayLike,
    values: PlanningValues | None = None,
    level: float = 0.95,
    interval: str = "normal",
    assurance: float | None = None,
) -> Floats:
    """Half-width of the interval that ``n`` valid forms give, in the units of the answers; 0 where all are asked.

    Args:
        n: valid forms of each cell.
        values: what is expected: share or mean, deviation, population, design effect.
        level: confidence level of the interval.
        interval: ``normal``: the textbooks' z √V; ``exact``, for shares: what the estimate of a simple random sample lies within
            of the expected share with the probability ``level``, counted; ``wald``, ``bounded`` (the printed default of scores
            and shares), ``wilson``, ``beta``: half the width of the printed interval, the last three for values in [0, 1].
        assurance: probability with which the half-width is no larger than this; None for the half-width at what is expected.

    Raises:
        DesignError: numbers out of range, shapes that do not fit, more forms than there are people.

    >>> margin_of([96, 384], PlanningValues(population=[np.inf, 384])).round(3).tolist()
    [0.1, 0.0]
    >>> margin_of(30, PlanningValues(expected=0.9), interval="wilson").round(3).item()
    0.118
    """
    values = PlanningValues() if values is None else values
    DesignError.raise_any(
        [
            *sizes("n", n, 0),
            *fitting(n=n, **shapes_of(values)),
            *_option_problems(values, level, interval, assurance),
        ]
    )
    forms = np.asarray(n, dtype=float)
    if (forms > values.size).any():
        raise DesignError(f"n {n!r}: more forms than the population {values.population!r}")
    return half_width(forms, values, level, interval, assurance)


def size_for_margin(
    margin: ArrayLike,
    values: PlanningValues | None = None,
    level: float = 0.95,
    interval: str = "normal",
    assurance: float | None = None,
) -> Counts:
    """The smallest number of valid forms whose interval is no wider than estimate ± ``margin``.

    Args:
        margin: wanted half-width, in the units of the answers (0.05 for five points of a share).
        values: as :func:`margin_of`, as are ``level``, ``interval`` and ``assurance``.

    Returns:
        whole numbers of the shape of what is given; at most the population, which has no error; 0 where there is nobody, or
        where no size below 2^50 is enough.

    Raises:
        DesignError: numbers out of range, shapes that do not fit.

    >>> size_for_margin(0.05, PlanningValues(population=[1000, 10_000, np.inf])).tolist()
    [278, 370, 385]
    >>> size_for_margin(1.9, PlanningValues(deviation=85.6**0.5, population=430)).item()
    76
    >>> size_for_margin(0.05, PlanningValues(population=1000), interval="exact").item()
    290
    >>> size_for_margin(0.05, PlanningValues(expected=0.8), assurance=0.9).item()
    275
    """
    values = PlanningValues() if values is None else values
    DesignError.raise_any(
        [
            *out_of_range("margin", margin, 0.0, np.inf, open_=True),
            *fitting(margin=margin, **shapes_of(values)),
            *_option_problems(values, level, interval, assurance),
        ]
    )
    given = np.broadcast_arrays(np.asarray(margin, dtype=float), *map(np.asarray, shapes_of(values).values()))
    wanted, population = given[0], np.asarray(given[3], dtype=float)
    if interval == "exact":
        return counted_sizes(wanted, given[1], population, given[4], level)
    at_least = np.minimum(population, _fewest(interval, assurance))
    return smallest(
        lambda n: half_width(n, values, level, interval, assurance) <= wanted * (1.0 + ROUNDING),
        at_least,
        population,
    )


def half_width(
    n: Floats, values: PlanningValues, level: float, interval: str, assurance: float | None
) -> Floats:
    """Half-width [m] of the interval of ``n`` [m] forms; nothing is checked."""
    if interval == "exact":
        return counted_margins(n, np.asarray(values.expected, dtype=float), values.size, values.effect, level)
    fewest = _fewest(interval, assurance)
    one = np.maximum(n, fewest)
    factor = np.sqrt(values.effect * left(one, values.size))
    centre = np.asarray(values.expected, dtype=float)
    if values.deviation is None and assurance is not None:
        centre = _likely_share(one, values, assurance)
    se = factor * _deviation_seen(one, values, centre, interval, assurance)
    if interval == "normal":
        width = special.ndtri((1.0 + level) / 2.0) * se
    else:
        low, high = _limits(interval, centre, se, one, values, level)
        width = (high - low) / 2.0
    return np.asarray(np.where(n >= values.size, 0.0, np.where(n < fewest, np.inf, width)))


def _fewest(interval: str, assurance: float | None) -> float:
    """The fewest forms with an interval: a variance that a sample shows needs two."""
    return 1.0 if interval == "normal" and assurance is None else 2.0


def _deviation_seen(
    n: Floats, values: PlanningValues, centre: Floats, interval: str, assurance: float | None
) -> Floats:
    """Standard deviation of the answers that a sample shows [m]: of a share that of the binomial, of a mean the expected one,
    or what it stays below with the assurance."""
    if values.deviation is None:
        return np.sqrt(
            values.variance(centre) if interval == "normal" else centre * (1.0 - centre) * n / (n - 1.0)
        )
    above: Floats = np.ones(())
    if assurance is not None:
        above = np.sqrt(special.chdtri(np.maximum(n - 1.0, 1.0), 1.0 - assurance) / np.maximum(n - 1.0, 1.0))
    return np.asarray(np.sqrt(values.variance()) * above)


def _likely_share(n: Floats, values: PlanningValues, assurance: float) -> Floats:
    """The share [m] that a sample stays on the outer side of with the assurance, seen from 1/2: expected, moved inwards by its
    error and half a form."""
    p = np.asarray(values.expected, dtype=float)
    moved = special.ndtri(assurance) * np.sqrt(values.error_variance(n)) + 0.5 / n
    return np.where(p < 0.5, np.clip(p + moved, 0.0, 0.5), np.clip(p - moved, 0.5, 1.0))


def _limits(
    interval: str, centre: Floats, se: Floats, n: Floats, values: PlanningValues, level: float
) -> intervals.Limits:
    """Limits as they are printed, with n − 1 degrees of freedom and, where nothing varies, what stands for n there."""
    df = np.where(n > 1, n - 1.0, np.nan)
    if interval == "wald":
        return intervals.wald(centre, se, df, level)
    unasked = np.where(n < values.size, 1.0 - n / np.maximum(values.size, 1.0), 1.0)
    rows = np.where(se > 0, n, n / (values.effect * unasked))
    if interval == "bounded":
        return intervals.bounded(centre, se, df, rows, 0.0, level)
    kernel = intervals.wilson if interval == "wilson" else intervals.beta
    # A census has no variance: any other value, which is not looked at, spares it a division by 0.
    return kernel(centre, np.where(n < values.size, se, 1.0), df, level, rows)


def _option_problems(
    values: PlanningValues, level: float, interval: str, assurance: float | None
) -> list[str]:
    problems = [
        *not_between("level", level),
        *([] if assurance is None else not_between("assurance", assurance)),
    ]
    if interval not in INTERVALS_PLANNED:
        problems.append(unknown("interval", interval, INTERVALS_PLANNED))
    if interval == "exact" and values.deviation is not None:
        problems.append("interval 'exact' is one of shares; for a mean take 'normal' or a printed one")
    if interval == "exact" and assurance is not None:
        problems.append("interval 'exact' is no printed width: it takes no assurance")
    return problems
