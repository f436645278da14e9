"""The prior of many variances where a few of them are outliers.

Source: Phipson, Lee, Majewski, Alexander & Smyth, "Robust hyperparameter estimation protects against hypervariable genes and
improves power to detect differential expression", Annals of Applied Statistics 10 (2016), §3. The logarithms of the
variances are winsorized, and d₀ is the one with which log F(ν, d₀), winsorized alike, has their variance. A variance further
out than its rank explains keeps few prior degrees of freedom, so that it is drawn towards the others only a little.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, special, stats

from weighting.groups import Floats
from weighting.moderation.prior import Prior, fitted

#: Shares of the logarithms that are pulled in at the lower and the upper end.
LOWER, UPPER = 0.05, 0.1
#: Variances below this share of the median are raised to it.
LEAST = 1e-12
#: Nodes of the quadrature over the winsorized range.
NODES = 128


@dataclass(frozen=True)
class Winsorized:
    """Mean and variance of winsorized logarithms."""

    mean: float
    variance: float


def robust_prior(s2: Floats, nu: Floats) -> tuple[Prior, Floats]:
    """The prior of variances s² [k] on ν [k] degrees of freedom, and the prior degrees of freedom of each [k].

    Where no variance is an outlier and they differ no more than chance lets them, it is that of :func:`fitted`.
    """
    told = np.isfinite(s2) & (nu > 1e-6)
    variance, df = s2[told], nu[told]
    variance = np.maximum(variance, LEAST * np.median(variance))
    plain = fitted(variance, df)
    as_plain = Prior(plain.df, np.full(s2.shape, plain.variance[0])), np.full(s2.shape, plain.df)
    if variance.size <= 2:
        return as_plain
    same, most = _on_most_df(variance, df, plain), float(df.max())
    z = np.log(same)
    centre = float(stats.trim_mean(z, UPPER))
    found = _winsorized(z - centre)
    at_most = _of_f(most, np.inf).variance
    if np.isposinf(plain.df) and found.variance > at_most:
        return as_plain
    d0 = np.inf if found.variance <= at_most else _degrees(found, most, plain.df)
    scale = np.exp(centre + found.mean - _of_f(most, d0).mean)
    each = np.full(s2.shape, d0)
    each[told] = _of_each(same / scale, most, d0)
    if np.isposinf(each).all():
        return as_plain
    return Prior(d0, np.full(s2.shape, scale)), each


def _on_most_df(variance: Floats, df: Floats, plain: Prior) -> Floats:
    """Variances as they would be on the most degrees of freedom that one of them has: equal tails of F."""
    most, scale = df.max(), plain.variance[0]
    fewer = df < most - 1e-14
    f, own = variance[fewer] / scale, df[fewer]
    law, wanted = _law(own, plain.df), _law(np.full(own.shape, most), plain.df)
    upper, lower = law.logsf(f), law.logcdf(f)
    moved = variance.copy()
    moved[fewer] = scale * np.where(upper < lower, wanted.isf(np.exp(upper)), wanted.ppf(np.exp(lower)))
    return moved


def _law(df: Floats, d0: float) -> Any:
    """F(ν, d₀); χ²_ν/ν where d₀ is infinite."""
    return stats.chi2(df, scale=1.0 / df) if np.isposinf(d0) else stats.f(df, d0)


def _winsorized(z: Floats) -> Winsorized:
    low, high = np.quantile(z, [LOWER, 1.0 - UPPER])
    pulled = np.clip(z, low, high)
    return Winsorized(float(pulled.mean()), float(pulled.var(ddof=1)))


def _of_f(nu: float, d0: float) -> Winsorized:
    """Moments of winsorized log F(ν, d₀), integrated over F/(1 + F)."""
    law = _law(np.array(nu), d0)
    ends = law.ppf([LOWER, 1.0 - UPPER])
    low, high = ends / (1.0 + ends)
    node, weight = special.roots_legendre(NODES)
    x = low + (high - low) * (node + 1.0) / 2.0
    f = x / (1.0 - x)
    mass = (high - low) * weight / 2.0 * law.pdf(f) / (1.0 - x) ** 2
    tails = np.array([LOWER, UPPER])
    mean = (mass * np.log(f)).sum() + (tails * np.log(ends)).sum()
    variance = (mass * (np.log(f) - mean) ** 2).sum() + (tails * (np.log(ends) - mean) ** 2).sum()
    return Winsorized(float(mean), float(variance))


def _degrees(found: Winsorized, nu: float, least: float) -> float:
    """d₀ at which log F has the variance found; not below that of the plain fit."""

    def surplus(share: float) -> float:
        d0 = np.inf if share >= 1.0 else share / (1.0 - share)
        return float(np.log(found.variance / _of_f(nu, d0).variance))

    start = least / (1.0 + least)
    if surplus(start) >= 0:
        return least
    root = optimize.brentq(surplus, start, 1.0, xtol=1e-15, rtol=1e-14)
    return float(root / (1.0 - root))


def _of_each(f: Floats, nu: float, d0: float) -> Floats:
    """Prior degrees of freedom of each variance, given F = s²/s₀² [k]: few for one that is an outlier."""
    k = f.size
    tail: Floats = _law(np.array(nu), d0).logsf(f)
    expected = np.log(k - stats.rankdata(f) + 0.5) - np.log(k)
    inlier = np.exp(np.minimum(tail - expected, 0.0))
    if (inlier == 1.0).all():
        return np.full(k, d0)
    order = np.argsort(tail, kind="stable")
    if np.isposinf(d0):
        each: Floats = np.where(inlier < 1.0, inlier * k * nu, np.inf)
        each[order] = np.maximum.accumulate(each[order])
        return each
    each = inlier * d0 + (1.0 - inlier) * _of_the_furthest(float(f.max()), float(tail.min()), nu, d0)
    ordered = each[order]
    running = np.cumsum(ordered) / np.arange(1, k + 1)
    lowest = int(running.argmin())
    ordered[: lowest + 1] = running[lowest]
    each[order] = np.maximum.accumulate(ordered)
    return each


def _of_the_furthest(f: float, tail: float, nu: float, d0: float) -> float:
    """Degrees of freedom with which the largest F would be about a median: two steps of scaling by its log tail probability."""
    if np.isneginf(tail):
        return 0.0
    first = np.log(0.5) / tail * d0
    return float(np.log(0.5) / stats.f.logsf(f, nu, first) * first)
