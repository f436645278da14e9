"""How near a sample's share comes to the population's, counted over all samples: no approximation by the normal distribution.

Of a population of N with K = pN (rounded) the number in a simple random sample is hypergeometric, of infinitely many binomial.
The probability of being within a margin does not rise evenly with n: shares of whole persons lie 1/n apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special, stats

from weighting.groups import Floats
from weighting.sample_size.planning_values import left
from weighting.sample_size.whole_numbers import ROUNDING, Counts

_SAME = 1e-12


def counted_sizes(margin: Floats, share: Floats, population: Floats, effect: Floats, level: float) -> Counts:
    """Numbers [m] from which on, for every larger one too, the share lies within the margin with at least the probability."""
    cells = zip(margin.ravel(), share.ravel(), population.ravel(), strict=True)
    found = [_size(e, p, people, level) for e, p, people in cells]
    sample = np.array(found, dtype=float).reshape(np.shape(margin))
    # The design effect is one on the variance: deff (1/n − 1/N) = 1/m − 1/N for m of a simple random sample.
    with np.errstate(divide="ignore", invalid="ignore"):
        n = 1.0 / (left(sample, population) / effect + 1.0 / population)
    n = np.where(
        population > 0, np.where(sample >= population, population, np.ceil(n * (1.0 - ROUNDING))), 0.0
    )
    return np.asarray(n, dtype=np.int64)


def counted_margins(n: Floats, share: Floats, population: Floats, effect: Floats, level: float) -> Floats:
    """The smallest margins [m] that the share lies within with at least the probability; infinite for no forms."""
    with np.errstate(divide="ignore", invalid="ignore"):
        sample = 1.0 / (effect * left(n, population) + 1.0 / population)
    sample = np.where(n >= population, population, np.floor(sample * (1.0 + ROUNDING)))
    sample, share, population = np.broadcast_arrays(sample, share, population)
    cells = zip(sample.ravel(), share.ravel(), population.ravel(), strict=True)
    return np.array([_margin(m, p, people, level) for m, p, people in cells]).reshape(sample.shape)


def _distribution(n: Any, share: float, population: float) -> tuple[Any, float]:
    """The distribution of the number in a sample, and the share of the population."""
    if np.isinf(population):
        return stats.binom(n, share), share
    members = round(share * population)
    return stats.hypergeom(int(population), members, n), members / population


def _size(margin: float, share: float, population: float, level: float) -> float:
    if population <= 1:
        return population
    normal = (special.ndtri((1.0 + level) / 2.0) / margin) ** 2 * share * (1.0 - share)
    normal = normal / (1.0 + normal / population)
    around = 4.0 / margin + 20.0 + 0.05 * normal
    n = np.arange(max(1, int(normal - around)), int(min(population, normal + around)) + 1)
    number, p = _distribution(n, share, population)
    above = np.floor(n * (p + margin) + _SAME * n)
    below = np.ceil(n * (p - margin) - _SAME * n)
    short = np.flatnonzero(number.cdf(above) - number.cdf(below - 1.0) < level - _SAME)
    return float(n[short[-1]] + 1) if short.size else float(n[0])


def _margin(n: float, share: float, population: float, level: float) -> float:
    if n >= population:
        return 0.0
    if n < 1:
        return np.inf
    number, p = _distribution(int(n), share, population)
    counts = np.arange(int(n) + 1)
    distance = np.abs(counts / n - p)
    order = np.argsort(distance, kind="stable")
    reached = np.cumsum(number.pmf(counts)[order]) >= level - _SAME
    return float(distance[order][reached.argmax()])
