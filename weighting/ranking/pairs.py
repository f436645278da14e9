"""Differences of all pairs of units: their variances and their degrees of freedom.

Degrees of freedom after Satterthwaite (1946): (Σ v)² / Σ v²/ν over the independent parts v of a difference's variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from weighting.groups import Flags, Floats
from weighting.ranking.ranks import TIED
from weighting.ranking.raters import Raters

#: So many different degrees of freedom have quantiles of their own; more are read off between so many.
MOST_DEGREES = 1000


@dataclass(frozen=True, eq=False)
class Degrees:
    """Degrees of freedom ν of pairs [k, k], or one number for all, as ``inverse`` = 1/ν: 0 for the normal distribution, infinite
    where not known (ν = 0)."""

    inverse: Floats

    @classmethod
    def of(cls, df: ArrayLike) -> Self:
        """From ν itself."""
        with np.errstate(divide="ignore"):
            return cls(np.asarray(1.0 / np.asarray(df, dtype=float)))

    @property
    def exact(self) -> Flags:
        """Where variances are known: ν infinite."""
        return np.asarray(self.inverse == 0)

    @property
    def given(self) -> Flags:
        """Where something is known of ν."""
        return np.isfinite(self.inverse)

    def of_unit(self, j: int) -> Degrees:
        """Those of one unit's pairs [k], or the one number for all."""
        return Degrees(self.inverse[j]) if self.inverse.ndim else self

    @cached_property
    def _known(self) -> Floats:
        """1/ν where quantiles are worked out: all that occur, or a grid over them."""
        known = self.inverse[self.given]
        if known.size > MOST_DEGREES**2:
            return np.unique(np.linspace(known.min(), known.max(), MOST_DEGREES))
        found = np.unique(known)
        return found if len(found) <= MOST_DEGREES else np.linspace(found[0], found[-1], MOST_DEGREES)

    @cached_property
    def _of_known(self) -> Floats:
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / self._known)

    @property
    def usual(self) -> float:
        """The median of ν among its different values; infinite where none is known."""
        return float(self._of_known[len(self._known) // 2]) if len(self._known) else np.inf

    @property
    def most(self) -> float:
        """The largest ν; infinite where none is known."""
        return float(self._of_known[0]) if len(self._known) else np.inf

    @property
    def differ(self) -> bool:
        return len(self._known) > 1

    def quantile(self, p: float) -> Floats:
        """What |t| exceeds with probability ``p``; infinite where ν is not known.

        >>> Degrees.of([10.0, np.inf, 0.0]).quantile(0.05).round(3).tolist()
        [2.228, 1.96, inf]
        """
        if not len(self._known):
            return np.full(self.inverse.shape, np.inf)
        return np.asarray(np.interp(self.inverse, self._known, t_quantile(self._of_known, p), right=np.inf))


def t_quantile(df: Floats, p: float) -> Floats:
    """What |t| exceeds with probability ``p``; exact far in the tail too."""
    with np.errstate(divide="ignore", invalid="ignore"):
        normal = np.isinf(df)
        t = -special.stdtrit(np.where(normal, 1.0, df), p / 2)
    return np.asarray(np.where(normal, -special.ndtri(p / 2), t))


def t_probability(df: float, t: float) -> float:
    """Probability that |t| exceeds ``t``."""
    return float(2 * (special.ndtr(-t) if np.isinf(df) else special.stdtr(df, -t)))


def pair_variance(covariance: Floats) -> Floats:
    """Variances [k, k] of all differences, from a covariance [k, k] or the variances [k] of independent estimates; 0 where two
    estimates move together."""
    if covariance.ndim == 1:
        total = covariance[:, None] + covariance
        np.fill_diagonal(total, 0.0)
        return np.asarray(total)
    v = np.diag(covariance)
    total = v[:, None] + v
    variance = total - covariance - covariance.T
    variance[variance <= TIED * total] = 0.0
    return np.asarray(variance)


def pair_df(covariance: Floats, df: Floats, raters: Raters | None) -> Floats:
    """Degrees of freedom of all differences [k, k] from those of the estimates [k].

    What is not of the raters is independent between units; without raters, two estimates that are correlated have the smaller of
    their degrees of freedom, and so has a difference without variance.
    """
    smaller = np.minimum(df[:, None], df)
    if raters is None:
        v = covariance if covariance.ndim == 1 else np.diag(covariance)
        welch = _welch(v[:, None] + v, per_df(v**2, df))
        if covariance.ndim == 2:
            welch[covariance != 0] = np.nan
    else:
        rest, rest_df = beside(covariance, df, raters)
        total, spread = rest[:, None] + rest, per_df(rest**2, rest_df)
        shared = np.zeros_like(total)
        for part in raters.by_stratum():
            variance = pair_variance(part.covariance)
            total += variance
            shared += variance**2 / part.df
        welch = _welch(total, spread, shared)
    return np.where(np.isnan(welch), smaller, welch)


def _welch(variance: Floats, spread: Floats, shared: Floats | float = 0.0) -> Floats:
    """v²/Σ v²/ν of pairs [k, k], given Σ v²/ν of the parts of each unit [k] and of those of pairs; NaN without variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(variance**2 / (spread[:, None] + spread + shared))


def beside(covariance: Floats, df: Floats, raters: Raters) -> tuple[Floats, Floats]:
    """Variance [k] that the raters do not explain, and its degrees of freedom [k], such that each estimate has its own ``df``."""
    v = covariance if covariance.ndim == 1 else np.diag(covariance)
    explained, spread = np.zeros((2, len(v)))
    for part in raters.by_stratum():
        own = np.diag(part.covariance)
        explained += own
        spread += own**2 / part.df
    rest = np.where(v - explained > TIED * v, v - explained, 0.0)
    left = per_df(v**2, df) - spread
    with np.errstate(divide="ignore", invalid="ignore"):
        return rest, np.where(left > TIED * spread, rest**2 / left, np.inf)


def per_df(square: Floats, df: Floats) -> Floats:
    """v²/ν; 0 where there is no variance, whatever ν."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(square > 0, square / df, 0.0)
