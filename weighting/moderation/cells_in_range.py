"""Variances of cells with values in [0, 1], also where all answers are equal.

The variance of values in [0, 1] with mean p is at most p(1 − p) (Bhatia & Davis, American Mathematical Monthly 107, 2000;
times the effect of the design, where it is clustered) and falls with it towards both ends. So what cells of one kind have
in common is the ratio φ = σ²/(p(1 − p)), and its prior is fitted (:mod:`weighting.moderation.prior`) on s²/(p̂(1 − p̂)) of the
cells whose answers differ: a flat cell has no such ratio, and zeros would drag the prior down.

A flat cell does not say that everybody would answer alike. Its variance is φ E[p(1 − p) | data], with p of the cells drawn
from a beta distribution (a, b) by moments, T = a + b:

    E[p(1 − p) | p̂, n] = (a + n p̂)(b + n(1 − p̂)) / ((T + n)(T + n + 1))
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from weighting.errors import DesignError, applying
from weighting.frozen import freeze
from weighting.groups import Flags, Floats
from weighting.moderation.prior import fitted, share_of_prior

#: A variance below this share of the largest possible one is rounding: the cell is flat.
FLAT = 1e-12
#: Weight of the prior where no other cell tells one: Jeffreys' beta distribution (½, ½).
ALONE = 1.0


@dataclass(frozen=True, eq=False)
class Moderated:
    """Variances of the values of k cells, given all cells.

    Attributes:
        variance: σ² [k] given all cells; NaN for a cell that is left out.
        df: degrees of freedom of ``variance`` [k].
        borrowed: the part of ``variance`` that comes from the other cells [k]; 1 where the cell is flat.
        flat: cells whose answers are all equal [k].
        prior_df: d₀, how many degrees of freedom the other cells are worth; never more than they have together.
        ratio: φ, the prior's σ²/(p(1 − p)).
    """

    variance: Floats
    df: Floats
    borrowed: Floats
    flat: Flags
    prior_df: float
    ratio: float

    def __post_init__(self) -> None:
        freeze(self)


def moderated(means: ArrayLike, variances: ArrayLike, sizes: ArrayLike, df: ArrayLike) -> Moderated:
    """Variances of k cells of one kind with values in [0, 1].

    Args:
        means: p̂ [k]; NaN leaves a cell out.
        variances: s² [k] of the values, 0 where all are equal. From a design: Var(p̂) · n/(1 − f).
        sizes: effective number of answers n [k].
        df: degrees of freedom ν of s² [k]; a cell with none tells no ratio.

    Where fewer than two cells have answers that differ nothing can be learnt of φ: it is 1, its largest value for answers drawn
    one by one, or the ratio of the one cell.

    Raises:
        DesignError: shapes that do not fit, means outside [0, 1], negative variances, sizes or degrees of freedom.

    >>> found = moderated([0.8, 0.9, 1.0, 0.7], [0.05, 0.04, 0.0, 0.07], [10, 10, 5, 12], [9, 9, 4, 11])
    >>> found.variance.round(4).tolist(), found.flat.tolist()
    ([0.0581, 0.0327, 0.038, 0.0763], [False, False, True, False])
    """
    try:
        p, s2, n, nu = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(v, dtype=float)) for v in (means, variances, sizes, df))
        )
    except (TypeError, ValueError):
        raise DesignError("means, variances, sizes and df: numbers in shapes that fit are needed") from None
    known = np.isfinite(p)
    DesignError.raise_any(_problems(p[known], s2[known], n[known], nu[known]))
    largest = p * (1.0 - p)
    flat = known & ~(s2 > FLAT * np.maximum(largest, FLAT))
    varied = known & ~flat & (largest > 0)
    ratios = np.divide(s2, largest, out=np.full(p.shape, np.nan), where=varied)
    prior_df, ratio, most = _prior(ratios, nu)
    base = ratio * np.where(varied, largest, _expected(p, s2, n, known))
    borrowed = np.where(varied, share_of_prior(prior_df, nu), 1.0)
    variance = borrowed * base + (1.0 - borrowed) * np.where(varied, s2, 0.0)
    total = np.minimum(prior_df + nu, np.maximum(most, nu))
    return Moderated(np.where(known, variance, np.nan), total, borrowed, flat, min(prior_df, most), ratio)


def _problems(p: Floats, s2: Floats, n: Floats, nu: Floats) -> list[str]:
    return applying(
        (not ((p >= 0) & (p <= 1)).all(), "means: values between 0 and 1 are needed"),
        (not (s2 >= 0).all(), "variances: numbers that are not negative are needed"),
        (not (n > 0).all(), "sizes: positive numbers are needed"),
        (not (nu >= 0).all(), "df: numbers that are not negative are needed"),
    )


def _prior(ratios: Floats, nu: Floats) -> tuple[float, float, float]:
    """d₀, φ and the degrees of freedom of all cells together; 0 and φ = 1 without any ratio."""
    told = np.isfinite(ratios) & (nu > 0)
    if not told.any():
        return 0.0, 1.0, 0.0
    prior = fitted(ratios, np.where(told, nu, 0.0))
    return prior.df, float(prior.variance[0]), float(nu[told].sum())


def _expected(p: Floats, s2: Floats, n: Floats, known: Flags) -> Floats:
    """E[p(1 − p) | data] of every cell [k]: p of the cells has a beta distribution with their mean m and the variance between
    them, whose weight T is at most the size of the other cells."""
    if not known.any():
        return np.full(p.shape, np.nan)
    total = n[known].sum()
    m = ((n * p)[known].sum() + 0.5) / (total + 1.0)
    between = _between(p[known], s2[known], n[known])
    weight = m * (1.0 - m) / between - 1.0 if between > 0 else np.inf
    T = np.clip(weight, ALONE, np.maximum(total - n, ALONE))
    a, b = np.where(total > n, m * T, T / 2), np.where(total > n, (1.0 - m) * T, T / 2)
    return np.asarray((a + n * p) * (b + n * (1.0 - p)) / ((T + n) * (T + n + 1.0)))


def _between(p: Floats, s2: Floats, n: Floats) -> float:
    """Variance of p between cells by moments, what their samples explain taken away."""
    return float(p.var(ddof=1) - (s2 / n).mean()) if p.size > 1 else np.inf
