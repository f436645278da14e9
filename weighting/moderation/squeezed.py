"""Variances of many cells, each drawn towards what the others tell: empirical Bayes (:mod:`weighting.moderation.prior`).

The variance of a cell given all of them is (d₀ s₀² + ν s²)/(d₀ + ν): Smyth, Statistical Applications in Genetics and Molecular
Biology 3 (2004), equation 5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from weighting.errors import DesignError, applying
from weighting.frozen import freeze
from weighting.groups import Floats
from weighting.moderation.prior import NO_DF, Prior, fitted, share_of_prior


@dataclass(frozen=True, eq=False)
class Squeezed:
    """Variances given all cells.

    Attributes:
        variance: (d₀ s₀² + ν s²)/(d₀ + ν) [k].
        df: d₀ + ν [k], and never more than all cells have together.
        borrowed: d₀/(d₀ + ν) [k], the part of the variance that comes from the other cells.
        prior_df: d₀ [k]; the same for all, or less for outliers.
        prior: d₀ and s₀².
    """

    variance: Floats
    df: Floats
    borrowed: Floats
    prior_df: Floats
    prior: Prior

    def __post_init__(self) -> None:
        freeze(self)


def squeezed(
    variances: ArrayLike, df: ArrayLike, covariate: ArrayLike | None = None, robust: bool = False
) -> Squeezed:
    """Variances s² [k] on ν degrees of freedom ([k] or one number), each drawn towards the others'.

    ``covariate`` [k]: a number on which the variance may depend. ``robust``: outliers neither move the prior nor are drawn
    towards it (:mod:`weighting.moderation.robust`); not together with a covariate. A cell without a variance (NaN, or ν = 0)
    tells nothing and receives the prior's. Variances of zero are raised to 1e-5 of the median before the prior is fitted
    (1e-12, if robust): where many are zero for want of observations, use
    :func:`weighting.moderation.cells_in_range.moderated`.

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
    DesignError.raise_any(_problems(s2, nu, x, robust))
    if robust:
        from weighting.moderation.robust import robust_prior  # scipy.stats takes its time to load

        prior, d0 = robust_prior(s2, nu)
    else:
        prior = fitted(s2, nu, x)
        d0 = np.full(s2.shape, prior.df)
    borrowed = np.where(np.isnan(s2) | (nu == 0), 1.0, share_of_prior(d0, nu))
    own = np.where(borrowed < 1.0, s2, 0.0)
    posterior = borrowed * prior.variance + (1.0 - borrowed) * own
    return Squeezed(posterior, np.minimum(d0 + nu, nu.sum()), borrowed, d0, prior)


def _problems(s2: Floats, nu: Floats, x: Floats | None, robust: bool) -> list[str]:
    return applying(
        (s2.ndim != 1, f"variances: one per cell is needed, the shape is {s2.shape}"),
        (bool((s2 < 0).any()), f"variances: {np.nanmin(s2, initial=0.0):g} is negative"),
        (not (nu >= 0).all(), "df: degrees of freedom must not be negative"),
        (x is not None and robust, "robust: not together with a covariate"),
        (x is not None and x.shape != s2.shape, "covariate: one value per cell is needed"),
        (x is not None and not np.isfinite(x).all(), "covariate: a value that is not a finite number"),
        (not (np.isfinite(s2) & (nu > NO_DF)).any(), "variances: no cell has one with degrees of freedom"),
    )
