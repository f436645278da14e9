"""The smallest true change that the next round would show, with a wanted probability, as a change.

The comparison of two rounds calls a change one where it is more than t standard errors of the difference (Welch). The minimum
detectable change is a multiple M of that standard error (Bloom, Minimum detectable effects, Evaluation Review 19, 1995: M =
t_{1−α/2} + t_power). Here the standard error is an estimate of the present round, scaled to the forms that are planned, and the
next round estimates its own anew; with the plain sum of quantiles cells of 5 forms would show such a change in 71 of 100 rounds
in place of 80. M is therefore the multiple at which the power is the wanted one over both estimates:

    E[ Φ( M √X₀ − t_{1−α/2, ν} √((X₀ + r X₁)/(1 + r)) ) ] = power,    X ~ χ²/df of each round,  r = se₁²/se₀²,
    ν = (X₀ + r X₁)² / (X₀²/df₀ + r² X₁²/df₁).

For r = 0 (the next round a census) it is t_{1−α/2, df₀} + t_{power, df₀} exactly (Stein, Annals of Mathematical Statistics 16,
1945); for many degrees of freedom it is Bloom's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from surveys.scoring.quantities import Floats
from weighting.estimation.intervals import t_quantile

#: Probability with which the change is shown.
POWER = 0.8
#: Points of Gauss and Legendre for each round's variance, at which M is right to a thousandth from 4 degrees of freedom on.
_POINTS = 16
#: Steps towards M at most, and how near two of them are at its end.
_STEPS, _NEAR = 100, 1e-12
#: Triples worked on at a time.
_AT_ONCE = 2_000


def detectable_multiple(
    df_now: Floats, ratio: Floats, df_next: Floats, level: float = 0.95, power: float = POWER
) -> Floats:
    """M [m] of changes between a round whose variance has ``df_now`` degrees of freedom and a next one, ``ratio`` = se₁²/se₀²,
    with ``df_next``; arrays [m]. NaN where a ratio is missing or degrees of freedom are 0.

    >>> detectable_multiple(np.array([np.inf, 4.0]), np.array([1.0, 0.0]), np.array([np.inf, 4.0])).round(3).tolist()
    [2.802, 3.717]
    """
    given = np.stack(np.broadcast_arrays(df_now, ratio, df_next), axis=-1).astype(float)
    known = np.isfinite(given[:, 1]) & (given[:, 0] > 0) & ((given[:, 2] > 0) | (given[:, 1] == 0))
    found = np.full(len(given), np.nan)
    different, place = np.unique(given[known], axis=0, return_inverse=True)
    parts = [different[first : first + _AT_ONCE] for first in range(0, len(different), _AT_ONCE)]
    if parts:
        found[known] = np.concatenate([_multiple(part, level, power) for part in parts])[place.ravel()]
    return found


def _multiple(given: Floats, level: float, power: float) -> Floats:
    """M [m] of triples [m, 3]."""
    df_now, r, df_next = (column[:, None, None] for column in given.T)
    nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
    upper = (1.0 - nodes) / 2.0
    now, later = _variances(given[:, 0], upper)[:, :, None], r * _variances(given[:, 2], upper)[:, None, :]
    total = now + later
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(r > 0, later**2 / df_next, 0.0)
        df = np.where(np.isinf(df_now) & (part == 0), np.inf, total**2 / (now**2 / df_now + part))
    critical = t_quantile(df, level) * np.sqrt(total / (1.0 + r))
    weight, root = weights[:, None] * weights / 4.0, np.sqrt(now)

    def missing(multiple: Floats) -> tuple[Floats, Floats]:
        """Power that is missing, and its derivative [m] each."""
        z = multiple[:, None, None] * root - critical
        density = weight * root * np.exp(-(z**2) / 2.0) / np.sqrt(2.0 * np.pi)
        return power - (special.ndtr(z) * weight).sum(axis=(1, 2)), -density.sum(axis=(1, 2))

    return _root(missing, len(given))


def _root(of: Callable[[Floats], tuple[Floats, Floats]], m: int) -> Floats:
    """Where a falling function [m] is 0: Newton's steps, and the middle of what is left where one of them leads out of it."""
    low, high, at = np.zeros(m), np.full(m, np.inf), np.full(m, 3.0)
    for _ in range(_STEPS):
        value, slope = of(at)
        low, high = np.where(value > 0, at, low), np.where(value > 0, high, at)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = at - value / slope
        middle = np.where(np.isinf(high), 2.0 * at, (low + high) / 2.0)
        following = np.where((newton >= low) & (newton <= np.minimum(high, 4.0 * at)), newton, middle)
        if np.all(np.abs(following - at) <= _NEAR * at):
            break
        at = following
    return following


def _variances(df: Floats, upper: Floats) -> Floats:
    """χ²/df at upper probabilities [q], [m, q]; 1 for infinitely many degrees of freedom."""
    finite = np.where(np.isfinite(df) & (df > 0), df, 1.0)[:, None]
    return np.where(np.isfinite(df)[:, None], special.chdtri(finite, upper) / finite, 1.0)
