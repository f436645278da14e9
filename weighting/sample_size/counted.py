"""How near a sample's share comes to the population's, counted over all samples: no approximation by the normal distribution.

Of a population of N with K = pN (rounded) the number in a simple random sample is hypergeometric, of infinitely many binomial.
The probability of being within a margin does not rise evenly with n: shares of whole persons lie 1/n apart.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from weighting.groups import Floats
from weighting.sample_size.planning_values import left
from weighting.sample_size.whole_numbers import ROUNDING, Counts

#: Samples of more are not counted: they are normal to five digits, but for half a person that is allowed for.
_MOST_COUNTED = 60_000
#: Probabilities that differ by less are the same.
_SAME = 1e-10


def counted_sizes(margin: Floats, share: Floats, population: Floats, effect: Floats, level: float) -> Counts:
    """Numbers [m] from which on, for every larger one too, the share lies within the margin with at least the probability."""
    cells, place = np.unique(
        np.stack([margin, share, population], axis=-1).reshape(-1, 3), axis=0, return_inverse=True
    )
    found = np.array([_size(e, p, people, level) for e, p, people in cells])
    sample = found[place.ravel()].reshape(np.shape(margin))
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
    given = np.stack(np.broadcast_arrays(sample, share, population), axis=-1)
    cells, place = np.unique(given.reshape(-1, 3), axis=0, return_inverse=True)
    found = np.array([_margin(m, p, people, level) for m, p, people in cells])
    return found[place.ravel()].reshape(given.shape[:-1])


def _probability(x: Floats, n: Floats, members: float, population: float) -> Floats:
    """Of x in a sample of n of a population with so many members; of infinitely many ``members`` is their share."""
    if np.isinf(population):
        chance = special.xlogy(x, members) + special.xlog1py(n - x, -members)
        return np.where((x >= 0) & (x <= n), np.exp(_choices(n, x) + chance), 0.0)
    others = population - members
    possible = (x >= np.maximum(0.0, n - others)) & (x <= np.minimum(n, members))
    seen = np.where(possible, x, np.maximum(0.0, n - others))
    ways = _choices(members, seen) + _choices(others, n - seen) - _choices(population, n)
    return np.where(possible, np.exp(ways), 0.0)


def _choices(n: Floats | float, k: Floats) -> Floats:
    """Logarithm of the number of ways to choose k of n."""
    k = np.clip(k, 0.0, n)
    return np.asarray(-np.log1p(n) - special.betaln(n - k + 1.0, k + 1.0))


def _members(share: float, population: float) -> tuple[float, float]:
    """Members of the population and their share; the share twice of infinitely many."""
    if np.isinf(population):
        return share, share
    members = float(round(share * population))
    return members, members / population


def _size(margin: float, share: float, population: float, level: float) -> float:
    if population <= 1:
        return population
    normal = _normal_size(margin, share, population, level)
    if normal > _MOST_COUNTED:
        return float(min(population, np.ceil(_normal_size(margin - 0.5 / normal, share, population, level))))
    around = 4.0 / margin + 20.0 + 0.05 * normal
    first = max(1, int(normal - around))
    n = np.arange(first, int(min(population, normal + around)) + 1, dtype=float)
    members, p = _members(share, population)
    lowest = np.ceil(n * (p - margin) - ROUNDING * n)
    near: Floats = lowest[:, None] + np.arange(int(2.0 * margin * n[-1]) + 2, dtype=float)
    near = np.where(near <= (n * (p + margin) + ROUNDING * n)[:, None], near, -1.0)
    within = _probability(near, n[:, None], members, population).sum(axis=1)
    short = np.flatnonzero(within < level - _SAME)
    return float(n[short[-1]] + 1) if short.size else float(first)


def _normal_size(margin: float, share: float, population: float, level: float) -> float:
    size = (special.ndtri((1.0 + level) / 2.0) / margin) ** 2 * share * (1.0 - share)
    return float(size / (1.0 + (size - 1.0) / population))


def _margin(n: float, share: float, population: float, level: float) -> float:
    if n >= population:
        return 0.0
    if n < 1:
        return np.inf
    members, p = _members(share, population)
    if n > _MOST_COUNTED:
        variance = (
            p * (1.0 - p) / n * (1.0 if np.isinf(population) else (population - n) / (population - 1.0))
        )
        return float(special.ndtri((1.0 + level) / 2.0) * np.sqrt(variance) + 0.5 / n)
    x = np.arange(n + 1, dtype=float)
    distance = np.abs(x / n - p)
    order = np.argsort(distance, kind="stable")
    reached = np.cumsum(_probability(x, np.full(1, n), members, population)[order]) >= level - _SAME
    return float(distance[order][reached.argmax()])
