"""Variances of many cells, each drawn towards what the others tell: empirical Bayes.

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

from weighting.errors import DesignError, applying
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


@dataclass(frozen=True, eq=False)
class Squeezed:
    """Variances given all cells.

    Attributes:
        variance: (d₀ s₀² + ν s²)/(d₀ + ν) [k].
        df: d₀ + ν [k], and never more than all cells have together.
        borrowed: d₀/(d₀ + ν) [k], the part of the variance that comes from the other cells.
        prior: d₀ and s₀².
    """

    variance: Floats
    df: Floats
    borrowed: Floats
    prior: Prior

    def __post_init__(self) -> None:
        freeze(self)


def squeezed(variances: ArrayLike, df: ArrayLike, covariate: ArrayLike | None = None) -> Squeezed:
    """Variances s² [k] on ν degrees of freedom ([k] or one number), each drawn towards the others'.

    ``covariate`` [k]: a number on which the variance may depend. A cell without a variance (NaN, or ν = 0) tells nothing and
    receives the prior's. Variances of zero are raised to 1e-5 of the median before the prior is fitted: where many are zero
    for want of observations, use :func:`weighting.moderation.cells_in_range.moderated`.

    Raises:
        DesignError: shapes that do not fit, negative variances or degrees of freedom, no cell with a variance.

    >>> found = squeezed([1.0, 2.0, 9.0, 4.0, 0.5], 4)
    >>> round(found.prior.df, 3), found.variance.round(3).tolist()
    (4.022, [1.527, 2.025, 5.516, 3.023, 1.278])
    """
    try:
        s2 = np.atleast_1d(np.asarray(variances, dtype=float))
        nu = np.broadcast_to(np.asarray(df, dtype=float), s2.shape)
        x = None if covariate is None else np.asarray(covariate, dtype=float)
    except (TypeError, ValueError):
        raise DesignError("variances, df and covariate: numbers in shapes that fit are needed") from None
    DesignError.raise_any(_problems(s2, nu, x))
    prior = fitted(s2, nu, x)
    weight = np.where(np.isnan(s2), 0.0, nu)
    borrowed = _share(prior.df, weight)
    own = np.where(borrowed < 1.0, s2, 0.0)
    posterior = borrowed * prior.variance + (1.0 - borrowed) * own
    return Squeezed(posterior, np.minimum(prior.df + nu, nu.sum()), borrowed, prior)


def _problems(s2: Floats, nu: Floats, x: Floats | None) -> list[str]:
    return applying(
        (s2.ndim != 1, f"variances: one per cell is needed, the shape is {s2.shape}"),
        (bool((s2 < 0).any()), f"variances: {np.nanmin(s2, initial=0.0):g} is negative"),
        (not (nu >= 0).all(), "df: degrees of freedom must not be negative"),
        (x is not None and x.shape != s2.shape, "covariate: one value per cell is needed"),
        (x is not None and not np.isfinite(x).all(), "covariate: a value that is not a finite number"),
        (not (np.isfinite(s2) & (nu > NO_DF)).any(), "variances: no cell has one with degrees of freedom"),
    )


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


def _share(d0: float, nu: Floats) -> Floats:
    """d₀/(d₀ + ν); 1 for infinite d₀."""
    if np.isposinf(d0):
        return np.ones_like(nu)
    return np.divide(d0, d0 + nu, out=np.ones_like(nu), where=d0 + nu > 0)


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
