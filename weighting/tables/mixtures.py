"""Tail probabilities of Σ λ_i χ²₁ / (χ²_ν/ν): what a χ² statistic follows when its parts vary each in its own measure.

With b = x/ν the event is Q = Σ λ_i χ²₁ − b χ²_m > 0, and the cumulant function of Q is
K(s) = −½ Σ log(1 − 2λ_i s) − (m/2) log(1 + 2bs), or −½ Σ log(1 − 2λ_i s) − xs for infinite ν. The χ² of the denominator has
m = ⌊ν⌋ degrees of freedom, as in R, whose algorithm takes whole ones: p-values a little too large rather than too small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from weighting.groups import Floats

#: The integral is summed at so many points on either side, this far apart on a doubly exponential scale.
_POINTS = np.arange(-450, 451) / 100

#: λ below this share of the largest are rounding.
_ROUNDING = 1e-12

#: A saddlepoint so near 0, in units of the distribution's spread, is taken as 0, where the formula is 0/0.
_AT_MEAN = 1e-5


@dataclass(frozen=True, eq=False)
class Mixture:
    """Q = Σ λ χ²₁ − b χ²_m, or Σ λ χ²₁ − x with m infinite."""

    parts: Floats
    x: float
    b: float
    m: float

    @classmethod
    def of(cls, x: float, parts: Floats, df: float) -> Mixture:
        kept = parts[parts > _ROUNDING * parts.max(initial=0)]
        return cls(kept, x, x / df, max(np.floor(df), 1.0) if np.isfinite(df) else np.inf)

    def cumulant(self, s: np.ndarray) -> np.ndarray:
        """K(s) for real or complex s [n], real parts between the singularities or off the real axis."""
        terms = -np.log(1 - 2 * np.multiply.outer(s, self.parts)).sum(axis=-1) / 2
        if np.isposinf(self.m):
            return np.asarray(terms - self.x * s)
        return np.asarray(terms - self.m / 2 * np.log(1 + 2 * self.b * s))

    def derivatives(self, s: float) -> tuple[float, float, float]:
        """K′, K″ and K‴ at a real s."""
        up = self.parts / (1 - 2 * s * self.parts)
        if np.isposinf(self.m):
            return float(up.sum() - self.x), float(2 * (up**2).sum()), float(8 * (up**3).sum())
        down = self.b / (1 + 2 * self.b * s)
        return (
            float(up.sum() - self.m * down),
            float(2 * (up**2).sum() + 2 * self.m * down**2),
            float(8 * (up**3).sum() - 8 * self.m * down**3),
        )

    @property
    def ends(self) -> tuple[float, float]:
        """Where K is finite on the real axis."""
        low = -np.inf if np.isposinf(self.m) else -1 / (2 * self.b)
        return low, float(1 / (2 * self.parts.max()))


def exact(x: float, parts: Floats, df: float) -> float:
    """P(Σ λ χ²₁ > x χ²_ν/ν) by inversion: an integral along a hyperbola through the saddlepoint, where nothing oscillates.

    P(Q > 0) = (1/2πi) ∫ e^{K(s)}/s ds to the right of 0; to its left, less one.

    >>> round(exact(20.0, np.ones(4), 10), 12) == round(float(special.fdtrc(4, 10, 5.0)), 12)
    True
    >>> round(exact(9.0, np.ones(3), np.inf), 12) == round(float(special.chdtrc(3, 9.0)), 12)
    True
    """
    if not x > 0:
        return 1.0
    q = Mixture.of(x, parts, df)
    right = q.derivatives(0.0)[0] <= 0  # the mean of Q is not positive: the tail beyond 0 is the smaller one
    low, high = q.ends
    centre = _root(q, (0.0, high) if right else (low, 0.0), pole=True)
    near = (high if right else 0.0) - centre
    tilt = min(1.0, 2 / np.sqrt(q.parts.size))  # steeper for many parts, whose singularities are strong
    scale = 1 / np.sqrt(q.derivatives(centre)[1] + 1 / centre**2)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        t = scale * np.sinh(np.pi / 2 * np.sinh(_POINTS))
        step = scale * np.pi / 2 * np.cosh(np.pi / 2 * np.sinh(_POINTS)) * np.cosh(_POINTS) / 100
        bend = np.sqrt(near**2 + (tilt * t) ** 2)
        s = centre + (bend - near) + 1j * t
        values = np.exp(q.cumulant(s)) / s * (1 - 1j * tilt**2 * t / bend)
        area = float(np.nansum((values * step).real) / (2 * np.pi))
    return min(max(area if right else 1 + area, 0.0), 1.0)


def saddlepoint(x: float, parts: Floats, df: float) -> float:
    """The same by the saddlepoint approximation (Kuonen, Biometrika 86, 1999).

    Φ(−r − log(v/r)/r), r = sign(ŝ) √(−2K(ŝ)), v = ŝ √K″(ŝ), K′(ŝ) = 0.

    >>> round(saddlepoint(20.0, np.ones(4), 10), 4), round(float(special.fdtrc(4, 10, 5.0)), 4)
    (0.018, 0.0178)
    """
    if not x > 0:
        return 1.0
    q = Mixture.of(x, parts, df)
    s = _root(q, q.ends, pole=False)
    _, second, third = q.derivatives(s)
    if abs(s) * np.sqrt(second) < _AT_MEAN:
        return float(special.ndtr(-third / second**1.5 / 6))
    r = np.sign(s) * np.sqrt(-2 * float(q.cumulant(np.array([s]))[0]))
    v = s * np.sqrt(second)
    return float(special.ndtr(-(r + np.log(v / r) / r)))


def _root(q: Mixture, ends: tuple[float, float], pole: bool) -> float:
    """Where K′ is 0, or with the ``pole`` K′(s) − 1/s: it grows from one end to the other."""
    low, high = ends
    if np.isinf(low):
        low = -1.0
        while _slope(q, low, pole) > 0:
            low *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if _slope(q, middle, pole) > 0 else (middle, high)
    return (low + high) / 2


def _slope(q: Mixture, s: float, pole: bool) -> float:
    return q.derivatives(s)[0] - (1 / s if pole else 0.0)
