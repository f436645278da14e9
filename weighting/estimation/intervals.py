"""Confidence limits: arithmetic on arrays that broadcast, where nothing is checked, and the choice among them.

Every kernel returns ``(low, high)``. ``df`` are the degrees of freedom of Student's t, infinite for the
normal distribution; where they are not positive no interval exists and both limits are NaN.

Sources: Korn & Graubard, "Confidence intervals for proportions with small expected number of positive
counts estimated from survey data", Survey Methodology 24 (1998); Wilson, JASA 22 (1927), with the effective
sample size for n, as Dean & Pagano, J. Survey Statistics and Methodology 3 (2015), compare them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from weighting.errors import DesignError, applying, is_number, unknown
from weighting.groups import Flags, Floats

INTERVALS = ("wald", "logit", "wilson", "beta", "beta_untruncated", "bounded", "arcsine", "likelihood")
DEGREES = ("domain", "design", "satterthwaite")

Limits = tuple[Floats, Floats]

#: A standard error below this share of the value's range is rounding, not variation.
NO_VARIATION = 1e-14
#: Observations beyond which the exact binomial limits cannot be computed and no longer differ from the estimate.
MOST_SIZE = 1e15


def t_quantile(df: ArrayLike, level: float = 0.95) -> Floats:
    """Two-sided quantile of Student's t: half the width of a Wald interval in standard errors.

    >>> t_quantile([12, np.inf]).round(4).tolist()
    [2.1788, 1.96]
    """
    df = np.asarray(df, dtype=float)
    different, place = np.unique(df, return_inverse=True)  # most rows of a table share their df
    tail, finite = (1 + level) / 2, np.isfinite(different) & (different > 0)
    t = special.stdtrit(np.where(finite, different, 1.0), tail)
    t = np.select([finite, np.isposinf(different)], [t, special.ndtri(tail)], np.nan)
    return np.asarray(t, dtype=float)[place].reshape(df.shape)


def wald(estimate: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95) -> Limits:
    """Estimate plus and minus t standard errors.

    >>> low, high = wald(0.5, 0.1, np.inf)
    >>> round(float(low), 4), round(float(high), 4)
    (0.304, 0.696)
    """
    estimate = np.asarray(estimate, dtype=float)
    half = t_quantile(df, level) * np.asarray(se, dtype=float)
    return estimate - half, estimate + half


def logit(estimate: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95) -> Limits:
    """Wald on the logit scale by the delta method, carried back; for 0 < estimate < 1.

    logit(θ) ± t · se / (θ(1 − θ)). At 0 and 1 the limits are NaN: :func:`bounded` is defined there.

    >>> low, high = logit(0.9, 0.05, 30)
    >>> round(float(low), 4), round(float(high), 4)
    (0.7432, 0.9655)
    """
    estimate = np.asarray(estimate, dtype=float)
    inside = (estimate > 0) & (estimate < 1)
    p = np.where(inside, estimate, np.nan)
    with np.errstate(over="ignore"):  # a share of 1e-300: the whole range is the answer
        half = t_quantile(df, level) * np.asarray(se, dtype=float) / (p * (1 - p))
    centre = special.logit(p)
    return special.expit(centre - half), special.expit(centre + half)


def wilson(
    estimate: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95, n: ArrayLike | None = None
) -> Limits:
    """Wilson's score interval with the effective sample size p(1 − p)/se² (or ``n`` where se is zero).

    >>> low, high = wilson(0.0, 0.0, np.inf, n=30)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0, 0.1135)
    """
    p = np.asarray(estimate, dtype=float)
    n_eff = _effective_size(p, np.asarray(se, dtype=float), n)
    t = t_quantile(df, level)
    shrink = 1 / (1 + t**2 / n_eff)
    centre = (p + t**2 / (2 * n_eff)) * shrink
    half = t * shrink * np.sqrt(np.maximum(p * (1 - p), 0) / n_eff + t**2 / (4 * n_eff**2))
    low = np.where(p <= 0, np.where(np.isnan(half), np.nan, 0.0), centre - half)
    high = np.where(p >= 1, np.where(np.isnan(half), np.nan, 1.0), centre + half)
    return low, high


def arcsine(estimate: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95) -> Limits:
    """Wald on the scale asin √θ, which evens out the variance of a share, carried back; for 0 < estimate < 1.

    >>> low, high = arcsine(0.9, 0.05, 30)
    >>> round(float(low), 4), round(float(high), 4)
    (0.7769, 0.9772)
    """
    estimate = np.asarray(estimate, dtype=float)
    p = np.where((estimate > 0) & (estimate < 1), estimate, np.nan)
    centre = np.arcsin(np.sqrt(p))
    half = t_quantile(df, level) * np.asarray(se, dtype=float) / (2 * np.sqrt(p * (1 - p)))
    low, high = np.maximum(centre - half, 0.0), np.minimum(centre + half, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


def likelihood(
    estimate: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95, n: ArrayLike | None = None
) -> Limits:
    """All x whose binomial likelihood with effective n = p(1 − p)/se² is near that of the estimate.

    2 n_eff (p log(p/x) + (1 − p) log((1 − p)/(1 − x))) ≤ t²: Rao & Scott, Annals of Statistics 12 (1984),
    with t² for χ². ``n`` takes the place of the effective n where se is zero, so 0 and 1 have limits too.

    >>> low, high = likelihood([0.9, 0.0], [0.05, 0.0], [30, 30], n=[40, 40])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.7689, 0.0], [0.972, 0.0508])
    """
    p, se = np.asarray(estimate, dtype=float), np.asarray(se, dtype=float)
    n_eff, t = _effective_size(p, se, n), t_quantile(df, level)
    p, n_eff, t = np.broadcast_arrays(p, n_eff, t)
    unknown = np.isnan(p) | np.isnan(n_eff) | np.isnan(t)
    limits = []
    for end in (0.0, 1.0):
        near, far = p.copy(), np.full(p.shape, end)
        for _ in range(100):
            x = (near + far) / 2
            inside = 2 * n_eff * (special.rel_entr(p, x) + special.rel_entr(1 - p, 1 - x)) <= t**2
            near, far = np.where(inside, x, near), np.where(inside, far, x)
        limits.append(np.where(unknown, np.nan, near))
    return limits[0], limits[1]


def beta(
    estimate: ArrayLike,
    se: ArrayLike,
    df: ArrayLike,
    level: float = 0.95,
    n: ArrayLike | None = None,
    truncated: bool = True,
) -> Limits:
    """Korn & Graubard: Clopper–Pearson with effective n = p(1 − p)/se² · (t[n − 1]/t[df])².

    ``n`` is the number of observations; where se is zero, the effective n before the factor of t. The factor is at most 1:
    degrees of freedom beyond n − 1 (of a whole file, for the few rows of a domain) say nothing about those rows.
    ``truncated=False`` leaves it as it is, as R does.

    >>> low, high = beta(1.0, 0.0, [29, 199], n=[30, 2])
    >>> low.round(4).tolist(), high.tolist()
    ([0.8843, 0.1581], [1.0, 1.0])
    >>> beta(1.0, 0.0, 199, n=2, truncated=False)[0].round(3).item()
    0.957
    """
    p = np.asarray(estimate, dtype=float)
    size = np.full(p.shape, np.inf) if n is None else np.asarray(n, dtype=float)
    n_eff = _effective_size(p, np.asarray(se, dtype=float), n)
    factor = _t_factor(size, df, level) if truncated else _t_ratio(size, df, level)
    return clopper_pearson(p, np.where(np.isposinf(n_eff), np.inf, n_eff * factor), level)


def clopper_pearson(estimate: ArrayLike, n: ArrayLike, level: float = 0.95) -> Limits:
    """Exact binomial limits for a share of ``n`` (not necessarily whole) observations.

    Clopper & Pearson, Biometrika 26 (1934). With infinite n the limits are the estimate, and with n above ``MOST_SIZE`` too:
    they would lie within 1e-7 of it, where the incomplete beta function has no digits left.

    >>> low, high = clopper_pearson(0.5, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.1871, 0.8129)
    """
    p, n = np.broadcast_arrays(np.asarray(estimate, dtype=float), np.asarray(n, dtype=float))
    census = n > MOST_SIZE
    finite = np.where(census, 1.0, n)
    x, rest = finite * p, finite * (1 - p)
    tail = (1 - level) / 2
    low = special.betaincinv(np.maximum(x, 1e-300), rest + 1, tail)
    high = special.betaincinv(x + 1, np.maximum(rest, 1e-300), 1 - tail)
    low, high = np.where(p <= 0, 0.0, low), np.where(p >= 1, 1.0, high)
    unknown = np.isnan(n) | np.isnan(p)
    low, high = np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
    return np.where(census, p, low), np.where(census, p, high)


def bounded(  # noqa: PLR0913
    estimate: ArrayLike,
    se: ArrayLike,
    df: ArrayLike,
    n: ArrayLike,
    fraction: ArrayLike = 0.0,
    level: float = 0.95,
    varied: Callable[..., Limits] = logit,
) -> Limits:
    """The default for values bounded in [0, 1]: never leaves [0, 1], defined at exactly 0 and 1.

    :func:`logit` (or the kernel ``varied``) wherever the answers vary. Where they do not (standard error zero, or
    an estimate of exactly 0 or 1): Korn–Graubard with effective n = n/(1 − fraction), ``fraction`` = n/N. A complete
    census (fraction 1) has no sampling error and gets a width of zero.

    Shapes: all arguments broadcast. ``df`` NaN or not positive gives NaN limits, except for a census.

    >>> low, high = bounded([0.9, 1.0, 1.0], [0.05, 0.0, 0.0], [30, 29, 9], [31, 30, 10], [0.0, 0.5, 1.0])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.7432, 0.9404, 1.0], [0.9655, 1.0, 1.0])
    """
    p, se, df, n, fraction = np.broadcast_arrays(
        *(np.asarray(v, dtype=float) for v in (estimate, se, df, n, fraction))
    )
    low, high = varied(p, se, df, level)
    flat = (se <= NO_VARIATION) | (p <= 0) | (p >= 1)
    if not flat.any():
        return low, high
    low, high = np.array(low), np.array(high)
    low[flat], high[flat] = _without_variation(p[flat], df[flat], n[flat], fraction[flat], level)
    return low, high


def _without_variation(
    p: Floats,
    df: Floats,
    n: Floats,
    fraction: Floats,
    level: float,
) -> Limits:
    """Korn–Graubard with effective n = n/(1 − fraction); infinite for a census."""
    rest = np.where(fraction >= 1, 1.0, 1 - fraction)
    size = np.where(fraction >= 1, np.inf, n / rest * _t_factor(n, df, level))
    return clopper_pearson(np.clip(p, 0, 1), size, level)


#: Kernels by name: those that carry a Wald interval back from another scale, and those that need a sample size.
TRANSFORMED: dict[str, Callable[..., Limits]] = {"logit": logit, "bounded": logit, "arcsine": arcsine}
SIZED: dict[str, Callable[..., Limits]] = {
    "wilson": wilson,
    "beta": beta,
    "beta_untruncated": partial(beta, truncated=False),
    "likelihood": likelihood,
}


def _effective_size(p: Floats, se: Floats, n: ArrayLike | None) -> Floats:
    varies = (se > NO_VARIATION) & (p > 0) & (p < 1)
    size = p * (1 - p) / np.where(varies, se, 1.0) ** 2
    return np.where(varies, size, np.nan if n is None else np.asarray(n, dtype=float))


def _t_ratio(n: Floats, df: ArrayLike, level: float) -> Floats:
    """(t[n − 1]/t[df])²: what a variance known with few degrees of freedom costs in sample size."""
    few = np.maximum(np.asarray(n, dtype=float) - 1, 1.0)
    return (t_quantile(few, level) / t_quantile(df, level)) ** 2


def _t_factor(n: Floats, df: ArrayLike, level: float) -> Floats:
    """The same, at most 1: a variance is never known better than by its own n observations."""
    return np.minimum(_t_ratio(n, df, level), 1.0)


@dataclass(frozen=True)
class Confidence:
    """Which limits are asked for: ``interval`` is one of ``INTERVALS``, ``level`` that of confidence, ``df`` one of ``DEGREES``
    or a number; values are declared to lie ``within`` two numbers.

    Raises:
        DesignError: what no estimator offers.
    """

    interval: str
    level: float
    df: str | float
    within: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        inside = is_number(self.level) and 0 < self.level < 1
        number = is_number(self.df)
        problems = applying(
            (self.interval not in INTERVALS, unknown("interval", self.interval, INTERVALS)),
            (not inside, f"level: {self.level!r} does not lie between 0 and 1"),
            (
                not number and self.df not in DEGREES,
                unknown("degrees of freedom", self.df, (*DEGREES, "a number")),
            ),
            (number and not float(self.df) > 0, f"df: {self.df} is not positive"),
            (
                self.within is not None and not _is_range(self.within),
                f"within: {self.within!r} is no range (lowest, highest)",
            ),
        )
        DesignError.raise_any(problems)

    @classmethod
    def of_means(
        cls, interval: str | None, level: float, df: str | float, within: tuple[float, float] | None
    ) -> Confidence:
        """What is asked for where no interval need be named: "bounded" for values of a declared range, "wald" for others."""
        return cls(interval or ("wald" if within is None else "bounded"), level, df, within)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The range that values and limits keep to: the declared one, else [0, 1] for every interval but "wald"."""
        return (0.0, 1.0) if self.within is None and self.interval != "wald" else self.within

    @property
    def counts_all_rows(self) -> bool:
        """Whether the size of the sample is that of all rows the design holds for a domain, as in R, instead of those with a
        value."""
        return self.interval == "beta_untruncated"

    def limits(self, estimate: Floats, se: Floats, df: Floats, n: Floats, flat: Flags) -> Limits:
        """Limits of estimates; ``n`` holds the number of rows, or what stands for it where nothing varies (``flat``)."""
        if self.interval == "wald" or self.bounds is None:
            return wald(estimate, se, df, self.level)
        lowest, highest = self.bounds
        width = highest - lowest
        p, error = (estimate - lowest) / width, se / width
        outside = (p < -1e-12) | (p > 1 + 1e-12)
        if outside.any():
            raise DesignError(
                f"interval {self.interval!r} is for values between {lowest:g} and {highest:g}, and an estimate is "
                f"{estimate[outside][0]:g}: use interval='wald', or declare the range: within=(lowest, highest)"
            )
        if self.interval in TRANSFORMED:
            kernel = TRANSFORMED[self.interval]
            low, high = bounded(p, error, df, n, np.isposinf(n), self.level, kernel)
        else:
            low, high = SIZED[self.interval](p, np.where(flat, 0.0, error), df, self.level, n)
        return lowest + width * low, lowest + width * high


def _is_range(given: object) -> bool:
    """Whether this is a pair of numbers, the lower one first."""
    pair = given if isinstance(given, (tuple, list)) else ()
    return len(pair) == 2 and all(is_number(v) and np.isfinite(v) for v in pair) and pair[0] < pair[1]


def chosen(flat: Flags, safe: Limits, limits: Limits) -> Limits:
    """The ``safe`` limits where nothing varies, the others elsewhere."""
    return np.where(flat, safe[0], limits[0]), np.where(flat, safe[1], limits[1])
