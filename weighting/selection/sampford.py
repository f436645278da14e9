"""Sampford's sampling in proportion to size: exact inclusion probabilities, joint probabilities that are positive and known.

A sample s of n has probability C Π_s ω_k Σ_s (1 − π_k), ω = π/(1 − π). It is drawn from Pareto sampling (the n smallest of
U/(1 − U)/ω), under which s has probability Π_s ω_k Σ_s c_k with

    c_k = ∫₀^∞ x^{n−1} Π_i (1 + ω_i x)⁻¹ (1 + ω_k x)⁻¹ dx,

and accepted with probability Σ_s (1 − π_k)/(M Σ_s c_k), M = max (1 − π_k)/c_k: nearly always, and after a time that is linear in
the list. Joint probabilities, with D_m the sum over all samples of m without k and l of Π ω:

    π_kl = K ω_k ω_l Σ_{t=2}^n (t − π_k − π_l) D_{n−t}(k̄, l̄),   K⁻¹ = Σ_{t=1}^n t D_{n−t},

D read off the generating function Π (1 + ω_i z) on the unit circle, where nothing cancels.

Sources: Sampford, "On sampling without replacement with unequal probabilities of selection", Biometrika 54 (1967);
Bondesson, Traat & Lundqvist, "Pareto sampling versus Sampford and conditional Poisson sampling", Scandinavian Journal of
Statistics 33 (2006).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from weighting.errors import DesignError, applying
from weighting.groups import Floats
from weighting.randomness import generator
from weighting.selection.drawn import Drawn, Listed, Positions, in_strata, sample
from weighting.selection.inclusion import CERTAIN, probabilities

Complexes = NDArray[np.complex128]

#: What is smaller than e to minus this, against the largest, is no part of a sum.
_NEGLIGIBLE = 45.0
#: Elements worked on at a time.
_AT_ONCE = 65_536
#: Σ π may differ from a whole number by rounding: this much.
_WHOLE = 1e-6


def draw_sampford(
    strata: ArrayLike | int,
    n: ArrayLike,
    seed: int | np.random.Generator,
    sizes: ArrayLike,
    replacements: ArrayLike | None = 0,
) -> Drawn:
    """A sample of each stratum with probabilities in proportion to size, after Sampford.

    Args:
        strata: code of the stratum of each element [N], from 0; or the number of elements of a single stratum.
        n: elements to draw of each stratum [H], or one number for every one.
        seed: a seed or a numpy Generator.
        sizes: x [N]; the largest elements are taken for certain, those of 0 never.
        replacements: elements of each stratum that follow, in a random order of all that are left; None for all.

    Raises:
        DesignError: as :func:`weighting.draw_simple`; sizes below 0, fewer elements with a size than are to be drawn.

    >>> sample = draw_sampford(5, 2, seed=1, sizes=[5.0, 1.0, 2.0, 2.0, 2.0])
    >>> len(sample.positions), sample.probability.round(3).tolist()
    (2, [0.833, 0.167, 0.333, 0.333, 0.333])
    """
    listed, rng = Listed.checked(strata, n, sizes), generator(seed)
    found = probabilities(listed)
    return sample(listed, in_strata(listed, found, lambda p: _sampford(p, rng)), found, replacements, rng)


def _sampford(probability: Floats, rng: np.random.Generator) -> Positions:
    """Places of one sample of Σ π elements, of which none is certain."""
    n = round(probability.sum())
    omega, wanted = probability / (1.0 - probability), 1.0 - probability
    ratio = _ratios(omega, n)
    pareto, most = wanted / ratio, float(ratio.max())
    while True:
        u = rng.random(len(probability))
        drawn = np.argpartition(u / ((1.0 - u) * omega), n - 1)[:n]
        if rng.random() * most * pareto[drawn].sum() <= wanted[drawn].sum():
            return drawn


def _ratios(omega: Floats, n: int) -> Floats:
    """(1 − π_k)/c_k of each element [N], up to one factor."""
    different, place, count = np.unique(omega, return_inverse=True, return_counts=True)
    u, log_density = _nodes(different, count, n)
    density, x = np.exp(log_density - special.logsumexp(log_density)), np.exp(u)
    c = np.empty(len(different))
    for first in range(0, len(different), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        c[part] = 1.0 / (1.0 + np.outer(different[part], x)) @ density
    return np.asarray((1.0 / ((1.0 + different) * c))[place])


def _nodes(omega: Floats, count: NDArray[np.intp], n: int) -> tuple[Floats, Floats]:
    """Equally spaced log x [q] that the integrals run over, and the logarithm of x^n Π 1/(1 + ω_i x) there.

    The trapezoidal rule on them is right to rounding: the integrand has no pole within π of the line, and falls off at both ends.
    """
    spread = np.sqrt((omega / (1.0 + omega) ** 2) @ count)
    step = min(0.5, 0.6 / float(spread))
    at_once = max(1, min(32, _AT_ONCE // len(omega)))
    here = np.log1p(omega) @ count
    points: list[Floats] = [np.zeros(1)]
    values: list[Floats] = [np.zeros(1)]
    for sign in (-1.0, 1.0):
        beyond = sign * step * np.arange(1, at_once + 1)
        while True:
            value = n * beyond - (count @ np.log1p(np.outer(omega, np.exp(beyond))) - here)
            points.append(np.asarray(beyond, dtype=float))
            values.append(np.asarray(value, dtype=float))
            if value[-1] < -_NEGLIGIBLE:  # the integrand has its maximum near 0
                break
            beyond = beyond + sign * step * at_once
    return np.concatenate(points), np.concatenate(values)


# --- joint probabilities ------------------------------------------------------------------------------------


def joint_probabilities(probability: ArrayLike, at: ArrayLike | None = None) -> Floats:
    """Probabilities [m, m] with which two elements are both in a sample of Sampford; the diagonal holds their own.

    Args:
        probability: inclusion probabilities [N] of one stratum, as the draw has them; Σ π is the size of the sample.
        at: places [m] of the elements wanted (those drawn, for a variance); None for all.

    Raises:
        DesignError: numbers beyond 0 and 1, a sum that is no whole number, places that do not exist.

    >>> joint_probabilities([0.5, 0.5, 0.5, 0.5]).round(4)[0].tolist()
    [0.5, 0.1667, 0.1667, 0.1667]
    """
    p, places = _joint_arguments(probability, at)
    result = np.outer(p[places], p[places])
    uncertain = (p > 0) & (p < CERTAIN)
    inside = np.flatnonzero(uncertain[places])
    of = np.flatnonzero(uncertain)
    if inside.size:
        among = np.searchsorted(of, places[inside])
        result[np.ix_(inside, inside)] = _joint(p[of], among)
    np.fill_diagonal(result, p[places])
    return result


def _joint(p: Floats, at: Positions) -> Floats:
    """π_kl [m, m] of places among elements [N] of which none is certain; the diagonal has no meaning."""
    n = round(p.sum())
    if n < 2:
        return np.zeros((len(at), len(at)))
    # Sizes of the Poisson sample further than this from n have no part in any sum [Chernoff].
    bound = _NEGLIGIBLE / 3
    reach = int(bound + np.sqrt(bound**2 + 2.0 * _NEGLIGIBLE * (p * (1.0 - p)).sum())) + 4
    terms = np.arange(1, min(n, reach) + 1)
    points = (
        min(len(p), 2 * reach) + len(terms) + 1
    ) | 1  # odd: -1, where an element of 1/2 has a root, is none of them
    half = np.arange(points // 2 + 1)
    half = half[(p * (1.0 - p)).sum() * (1.0 - np.cos(2.0 * np.pi * half / points)) < 2.0 * _NEGLIGIBLE]
    z = np.exp(2j * np.pi * half / points)
    size = _sizes_of_poisson(p, z) * np.exp(-2j * np.pi * (half * n % points) / points)
    size *= np.where(half == 0, 1.0, 2.0) / points
    powers = np.exp(2j * np.pi * (np.outer(half, terms) % points) / points)
    normal = (size * (powers @ terms)).real.sum()
    without = 1.0 / (1.0 + p[at] * (z[:, None] - 1.0))
    by = size * (powers[:, 1:] @ terms[1:]), size * powers[:, 1:].sum(axis=1)
    first, zeroth = (((without * weight[:, None]).T @ without).real for weight in by)
    own = p[at]
    return np.asarray(np.outer(own, own) * (first - (own[:, None] + own) * zeroth) / normal)


def _sizes_of_poisson(p: Floats, z: Complexes) -> Complexes:
    """Generating function Π (1 − π_i + π_i z) of the size of a Poisson sample at points z [q]."""
    different, count = np.unique(p, return_counts=True)
    found = np.zeros(len(z), dtype=complex)
    for first in range(0, len(different), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        found += np.array([np.log1p(different[part] * (point - 1.0)) @ count[part] for point in z])
    return np.exp(found)


def _joint_arguments(probability: ArrayLike, at: ArrayLike | None) -> tuple[Floats, Positions]:
    try:
        p = np.asarray(probability, dtype=float)
    except (TypeError, ValueError):
        raise DesignError("probability: numbers are needed") from None
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise DesignError("probability: numbers from 0 to 1 are needed, one for each element [N]")
    places = np.arange(len(p)) if at is None else np.asarray(at)
    wrong = not np.issubdtype(places.dtype, np.integer) or places.ndim != 1
    wrong = wrong or bool(((places < 0) | (places >= len(p))).any())
    total = p.sum()
    DesignError.raise_any(
        applying(
            (wrong, f"at: places from 0 to {len(p) - 1} are needed"),
            (
                abs(total - round(total)) > _WHOLE,
                f"probability: the sum {total:g} is no whole number of elements",
            ),
        )
    )
    return p, places.astype(np.intp)
