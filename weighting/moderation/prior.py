"""What many variances have in common: the prior of empirical Bayes.

Source: Smyth, "Linear models and empirical Bayes methods for assessing differential expression in microarray
experiments", Statistical Applications in Genetics and Molecular Biology 3 (2004), §6. A variance s² on ν degrees of
freedom is σ² χ²_ν/ν, and 1/σ² is drawn from χ²_{d₀}/(d₀ s₀²). Then s²/s₀² follows F(ν, d₀), whose logarithm gives d₀ and s₀²:

    z = log s² − ψ(ν/2) + log(ν/2),   E z = log s₀² − ψ(d₀/2) + log(d₀/2),   Var z = ψ′(ν/2) + ψ′(d₀/2)

and the variance given the data is (d₀ s₀² + ν s²)/(d₀ + ν). With a covariate E z is a natural cubic spline of it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from weighting.frozen import freeze
from weighting.groups import Floats

#: Variances below this share of the median are raised to it: their logarithm would drag the prior down.
FLOOR = 1e-5
#: Degrees of freedom below this are none.
NO_DF = 1e-15


@dataclass(frozen=True, eq=False)
class Prior:
    """What the cells have in common: ``df`` d₀ (0: nothing, infinite: one variance), ``variance`` s₀² [k]."""

    df: float
    variance: Floats

    def __post_init__(self) -> None:
        freeze(self)


def fitted(s2: Floats, nu: Floats, covariate: Floats | None = None) -> Prior:
    """The prior of variances s² [k] on ν [k] degrees of freedom; cells without are left out.

    Where the variances differ no more than chance lets them, d₀ is infinite and s₀² their plain mean (with a covariate, the
    spline). One cell alone has no prior: d₀ = 0.
    """
    told = np.isfinite(s2) & np.isfinite(nu) & (nu > NO_DF)
    variance, nu = s2[told], nu[told]
    if variance.size == 1:
        return Prior(0.0, np.full(s2.shape, variance[0]))
    variance = np.maximum(variance, FLOOR * (np.median(variance) or 1.0))
    z = np.log(variance) - special.digamma(nu / 2) + np.log(nu / 2)
    basis = np.ones((s2.size, 1)) if covariate is None else natural_spline(covariate, told)
    coefficient, _, rank, _ = np.linalg.lstsq(basis[told], z, rcond=None)
    centre = basis @ coefficient
    spread = float(((z - centre[told]) ** 2).sum() / (z.size - rank)) if z.size > rank else 0.0
    surplus = spread - special.polygamma(1, nu / 2).mean()
    if surplus <= 0:
        return Prior(np.inf, np.full(s2.shape, variance.mean()) if covariate is None else np.exp(centre))
    d0 = 2.0 * inverse_trigamma(surplus)
    return Prior(d0, np.exp(centre + special.digamma(d0 / 2) - np.log(d0 / 2)))


def share_of_prior(d0: ArrayLike, nu: Floats) -> Floats:
    """d₀/(d₀ + ν) [k], what the prior counts beside a cell's own variance; 1 for infinite d₀, 0 where both are 0."""
    d0 = np.broadcast_to(np.asarray(d0, dtype=float), nu.shape)
    endless = np.isposinf(d0)
    share = np.divide(d0, d0 + nu, out=endless.astype(float), where=~endless & (d0 + nu > 0))
    return np.asarray(share)


def inverse_trigamma(value: float) -> float:
    """x with ψ′(x) = value > 0, by Newton's method on 1/ψ′, which is nearly linear in x (Smyth 2004, appendix).

    >>> round(inverse_trigamma(np.pi**2 / 6), 12)
    1.0
    """
    x = 0.5 + 1.0 / value
    for _ in range(100):
        trigamma = special.polygamma(1, x)
        step = trigamma * (1.0 - trigamma / value) / special.polygamma(2, x)
        x += step
        if abs(step) < 1e-14 * x:
            break
    return float(x)


def natural_spline(x: Floats, told: NDArray[np.bool_]) -> Floats:
    """Basis [k, p] of natural cubic splines with knots at the quantiles of the cells ``told``; p grows from 1 to 4 columns.

    Truncated powers made linear beyond the outer knots: Hastie, Tibshirani & Friedman, The Elements of Statistical
    Learning (2009), equations 5.4 and 5.5.
    """
    inside = x[told]
    size = min(1 + (inside.size >= 3) + (inside.size >= 6) + (inside.size >= 30), np.unique(inside).size)
    if size == 1:
        return np.ones((x.size, 1))
    low, high = inside.min(), inside.max()
    knots = (np.quantile(inside, np.linspace(0, 1, size)) - low) / (high - low)
    u = (x - low) / (high - low)
    cubes = np.maximum(u[:, None] - knots, 0.0) ** 3
    slopes = (cubes[:, :-1] - cubes[:, -1:]) / (1.0 - knots[:-1])
    return np.column_stack([np.ones_like(u), u, slopes[:, :-1] - slopes[:, -1:]])
