"""Sizes for a wanted difference between two units or two rounds, and what given sizes show: power, detectable difference.

V_j = deff_j (1/n_j − 1/N_j) S_j²; the difference is found where it exceeds c standard errors, in the direction it has:

    power = Φ((|δ| − c √V₀)/√V),   V = V₁ + V₂ − 2 Cov,   Cov = ρ √(deff₁ deff₂) S₁ S₂ (n₁₂/(n₁ n₂) − 1/N) of a panel,

c the two-sided quantile and V₀ = V, but for ``pooled`` (V₀ with the share of both together). ``t``: the non-central t with
|δ|/√V, degrees of freedom of Welch. Sources: Fleiss, Levin & Paik (2003), §4.3; Cohen, *Statistical Power Analysis for the
Behavioral Sciences*, 2nd ed., Erlbaum (1988), chapter 2; overlapping samples: Cochran (1977), §12.11; Tam, "On covariances from
overlapping samples", American Statistician 38 (1984).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from weighting.errors import DesignError, applying
from weighting.estimation.intervals import t_quantile
from weighting.groups import Flags, Floats
from weighting.sample_size.planning_values import (
    DifferenceTest,
    PlanningValues,
    fitting,
    not_between,
    out_of_range,
    shapes_of,
    sizes,
)
from weighting.sample_size.whole_numbers import LARGEST, Counts, smallest, whole_up

#: A power this little below the wanted one is that power and rounding.
_ROUNDING = 1e-10
#: Halvings of the range of a detectable difference.
_HALVINGS = 80


def power_of(
    difference: ArrayLike,
    n: ArrayLike,
    other_n: ArrayLike,
    first: PlanningValues | None = None,
    other: PlanningValues | None = None,
    how: DifferenceTest | None = None,
) -> Floats:
    """Probability with which a true difference is found, as one in its direction, by samples of ``n`` and ``other_n`` forms.

    Args:
        difference: true value of the second less that of the first, in the units of the answers.
        n: valid forms of the first.
        other_n: valid forms of the second.
        first: what is expected of the first; where it has no deviation, shares are compared, ``expected`` the first of them.
        other: what is expected of the second, the same where None; its share is the first one's and the difference.
        how: level, test, overlap of the samples.

    Raises:
        DesignError: numbers out of range, shares beyond 0 or 1, shapes that do not fit.

    >>> power_of(0.1, 388, 388).round(3).item(), power_of(0.1, 388, 388, how=DifferenceTest(test="pooled")).round(3).item()
    (0.803, 0.801)
    >>> power_of(0.1, 388, 388, PlanningValues(population=1000)).round(3).item()
    0.949
    """
    first, other, how = _sides(first, other, how)
    problems = _problems(difference, first, other, how, n=n, other_n=other_n)
    DesignError.raise_any([*sizes("n", n), *sizes("other_n", other_n), *problems])
    forms, other_forms = np.asarray(n, dtype=float), np.asarray(other_n, dtype=float)
    DesignError.raise_any(
        applying(
            ((forms > first.size).any(), f"n {n!r}: more forms than the population {first.population!r}"),
            (
                (other_forms > other.size).any(),
                f"other_n {other_n!r}: more than the population {other.population!r}",
            ),
        )
    )
    return _power(np.asarray(difference, dtype=float), forms, other_forms, (first, other), how)


def size_for_difference(
    difference: ArrayLike,
    first: PlanningValues | None = None,
    other: PlanningValues | None = None,
    power: float = 0.8,
    ratio: float = 1.0,
    how: DifferenceTest | None = None,
) -> Counts:
    """The smallest numbers of valid forms with which a true difference is found with the wanted power.

    Args:
        difference: as :func:`power_of`, as are ``first``, ``other`` and ``how``; not 0.
        power: probability with which it is found.
        ratio: forms of the second for each of the first, rounded up; a side that is wholly asked stays so, and the other grows.

    Returns:
        [..., 2]: forms of the first and of the second; 0 and 0 where no size below 2^50 is enough.

    Raises:
        DesignError: as :func:`power_of`; a difference of 0.

    >>> size_for_difference(0.1, how=DifferenceTest(test="pooled")).tolist()
    [388, 388]
    >>> size_for_difference([0.05, 0.1], PlanningValues(deviation=0.25), ratio=2).tolist()
    [[295, 590], [74, 148]]
    """
    first, other, how = _sides(first, other, how)
    problems = [*_problems(difference, first, other, how), *not_between("power", power)]
    problems += list(out_of_range("ratio", ratio, 0.0, 1e6, open_=True))
    if not problems and (np.asarray(difference, dtype=float) == 0).any():
        problems.append(f"difference {difference!r}: no number of forms finds a difference of 0")
    DesignError.raise_any(problems)
    delta, population, other_population = _shaped(difference, first, other)
    most = np.maximum(population, other_population / ratio)

    def both(n: Floats) -> tuple[Floats, Floats]:
        return np.minimum(n, population), np.minimum(whole_up(ratio * n).astype(float), other_population)

    def enough(n: Floats) -> Flags:
        return _power(delta, *both(n), (first, other), how) >= power - _ROUNDING

    n = smallest(enough, np.where(most >= 2.0, 2.0, 1.0), np.ceil(np.minimum(most, LARGEST)))
    found = np.stack(both(n.astype(float)), axis=-1)
    return np.asarray(np.where((n > 0)[..., None], found, 0.0), dtype=np.int64)


def size_beside(
    difference: ArrayLike,
    n: ArrayLike,
    first: PlanningValues | None = None,
    other: PlanningValues | None = None,
    power: float = 0.8,
    how: DifferenceTest | None = None,
) -> Counts:
    """The smallest number of forms of the second with which a difference from a first is found, of which ``n`` are known.

    So many forms a coming round needs beside the last one, whose forms are counted. Arguments as :func:`size_for_difference`.

    Returns:
        whole numbers; 0 where not even the whole second population (or 2^50) is enough beside so small a first sample.

    Raises:
        DesignError: as :func:`size_for_difference`; more forms than the first population.

    >>> size_beside(0.1, [388, 1000, 100], how=DifferenceTest(test="pooled")).tolist()
    [387, 241, 0]
    """
    first, other, how = _sides(first, other, how)
    problems = _problems(difference, first, other, how, n=n)
    DesignError.raise_any([*sizes("n", n), *not_between("power", power), *problems])
    delta, population, other_population, forms = np.broadcast_arrays(
        *_shaped(difference, first, other), np.asarray(n, dtype=float)
    )
    DesignError.raise_any(
        applying(
            ((forms > population).any(), f"n {n!r}: more forms than the population {first.population!r}")
        )
    )
    return smallest(
        lambda m: _power(delta, forms, m, (first, other), how) >= power - _ROUNDING,
        np.minimum(other_population, 2.0),
        other_population,
    )


def detectable_difference(
    n: ArrayLike,
    other_n: ArrayLike,
    first: PlanningValues | None = None,
    other: PlanningValues | None = None,
    power: float = 0.8,
    how: DifferenceTest | None = None,
) -> Floats:
    """The smallest true difference upwards that is found with the wanted power; arguments as :func:`power_of`.

    Returns:
        differences in the units of the answers; 0 where every one is found (all are asked); NaN where none is found so often:
        of shares, none up to 1.

    Raises:
        DesignError: as :func:`power_of`.

    >>> detectable_difference(388, [388, 100], how=DifferenceTest(test="pooled")).round(4).tolist()
    [0.0999, 0.155]
    >>> detectable_difference(20, 20, PlanningValues(deviation=1.0), how=DifferenceTest(test="t")).round(4).item()
    0.9091
    """
    first, other, how = _sides(first, other, how)
    problems = [*sizes("n", n), *sizes("other_n", other_n), *not_between("power", power)]
    DesignError.raise_any([*problems, *_problems(0.0, first, other, how, n=n, other_n=other_n)])
    forms, other_forms, *_ = np.broadcast_arrays(
        np.asarray(n, dtype=float), np.asarray(other_n, dtype=float), *_shaped(0.0, first, other)
    )
    enough = _wanted(forms, other_forms, (first, other), power, how)
    if first.deviation is None:
        most = np.broadcast_to(1.0 - np.asarray(first.expected, dtype=float), forms.shape)
    else:
        deviation = np.sqrt(np.maximum(first.variance(), other.variance()))
        most = np.where(deviation > 0, 1e3 * deviation, 1.0) + np.zeros(forms.shape)
    low, high = np.zeros(forms.shape), most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        found = enough(middle)
        low, high = np.where(found, low, middle), np.where(found, middle, high)
    # What is left of the range by halving alone is nothing: any difference is found.
    high = np.where(high > most * 2.0 ** (2 - _HALVINGS), high, 0.0)
    return np.asarray(np.where(enough(most), high, np.nan))


def _wanted(
    n: Floats,
    other_n: Floats,
    sides: tuple[PlanningValues, PlanningValues],
    power: float,
    how: DifferenceTest,
) -> Callable[[Floats], Flags]:
    return lambda delta: _power(delta, n, other_n, sides, how) >= power


# --- the power itself -------------------------------------------------------------------------------------


def _power(
    delta: Floats,
    n: Floats,
    other_n: Floats,
    sides: tuple[PlanningValues, PlanningValues],
    how: DifferenceTest,
) -> Floats:
    """Power of a difference; nothing is checked. Where the difference has no variance, it is found."""
    first, other = sides
    share = np.asarray(first.expected, dtype=float)
    parts = first.error_variance(n, share), other.error_variance(other_n, share + delta)
    deviations = np.sqrt(first.variance(share) * other.variance(share + delta))
    variance = sum(parts) - 2.0 * _covariance(n, other_n, deviations, sides, how)
    variance = np.maximum(variance, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.abs(delta) / np.sqrt(variance)
        if how.test == "t":
            found = _student(distance, _welch(parts, n, other_n), how.level)
        else:
            spread = (
                1.0 if how.test == "z" else np.sqrt(_pooled(n, other_n, share, delta, sides, how) / variance)
            )
            found = special.ndtr(distance - t_quantile(np.inf, how.level) * spread)
    return np.asarray(np.where(variance > 0, found, np.where(delta != 0, 1.0, 0.0)))


def _covariance(
    n: Floats,
    other_n: Floats,
    deviations: Floats,
    sides: tuple[PlanningValues, PlanningValues],
    how: DifferenceTest,
) -> Floats:
    """Covariance of the estimates of two overlapping samples of one population; 0 of independent ones."""
    if how.overlap is None or how.correlation == 0:
        return np.zeros(())
    first, other = sides
    fewer, more = np.minimum(n, other_n), np.maximum(n, other_n)
    common = how.overlap / more - 1.0 / np.maximum(first.size, other.size)
    common = np.where((n >= first.size) | (other_n >= other.size), 0.0, common)
    return np.asarray(
        how.correlation * np.sqrt(first.effect * other.effect) * deviations * common * (fewer > 0)
    )


def _pooled(
    n: Floats,
    other_n: Floats,
    share: Floats,
    delta: Floats,
    sides: tuple[PlanningValues, PlanningValues],
    how: DifferenceTest,
) -> Floats:
    """Variance of the difference of two shares where there is none: both have the share of the two samples together."""
    first, other = sides
    together = (n * share + other_n * (share + delta)) / (n + other_n)
    deviations = np.sqrt(first.variance(together) * other.variance(together))
    variance = first.error_variance(n, together) + other.error_variance(other_n, together)
    return np.maximum(variance - 2.0 * _covariance(n, other_n, deviations, sides, how), 0.0)


def _welch(parts: tuple[Floats, Floats], n: Floats, other_n: Floats) -> Floats:
    """Degrees of freedom of V₁ + V₂ [Welch], of which each has n − 1."""
    below = np.zeros(())
    for part, forms in zip(parts, (n, other_n), strict=True):
        below = below + np.where(part > 0, part**2 / (forms - 1.0), 0.0)
    return np.where(np.isfinite(below) & (below > 0), sum(parts) ** 2 / below, np.nan)


def _student(distance: Floats, df: Floats, level: float) -> Floats:
    """Probability that a non-central t exceeds the two-sided quantile; 0 without degrees of freedom."""
    df, distance = np.broadcast_arrays(df, distance)
    known = np.isfinite(df) & (df > 0) & np.isfinite(distance)
    # The non-central distribution has no digits left so far out, nor for so many degrees of freedom that it is normal.
    degrees, far = np.where(known, np.minimum(df, 1e7), 1.0), np.where(known, np.minimum(distance, 30.0), 0.0)
    found = 1.0 - special.nctdtr(degrees, far, t_quantile(degrees, level))
    return np.where(known, found, 0.0)


# --- arguments --------------------------------------------------------------------------------------------


def _sides(
    first: PlanningValues | None, other: PlanningValues | None, how: DifferenceTest | None
) -> tuple[PlanningValues, PlanningValues, DifferenceTest]:
    first = PlanningValues() if first is None else first
    return first, first if other is None else other, DifferenceTest() if how is None else how


def _shaped(
    difference: ArrayLike, first: PlanningValues, other: PlanningValues
) -> tuple[Floats, Floats, Floats]:
    """Difference and both populations in the common shape."""
    given = np.broadcast_arrays(
        np.asarray(difference, dtype=float),
        first.size,
        other.size,
        *map(np.asarray, (*shapes_of(first).values(), *shapes_of(other).values())),
    )
    return given[0], given[1], given[2]


def _problems(
    difference: ArrayLike,
    first: PlanningValues,
    other: PlanningValues,
    how: DifferenceTest,
    **forms: ArrayLike,
) -> list[str]:
    problems = list(out_of_range("difference", difference, -np.inf, np.inf))
    problems += fitting(
        difference=difference, **forms, **shapes_of(first, "first "), **shapes_of(other, "other ")
    )
    shares = [values.deviation is None for values in (first, other)]
    problems += applying(
        (
            shares[0] != shares[1],
            "first and other: a share cannot be compared with a mean (one has a deviation, one not)",
        ),
        (how.test == "pooled" and not all(shares), "test 'pooled' is one of shares; means take 'z' or 't'"),
        (
            how.overlap is not None and not np.array_equal(first.size, other.size),
            "overlap: samples that overlap come from one population; the two have different sizes",
        ),
    )
    if not problems and all(shares):
        second = np.asarray(first.expected, dtype=float) + np.asarray(difference, dtype=float)
        if ((second < -1e-12) | (second > 1 + 1e-12)).any():
            problems.append(
                f"difference {difference!r}: leads from the share {first.expected!r} beyond 0 or 1"
            )
    return problems
