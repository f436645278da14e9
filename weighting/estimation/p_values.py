"""p-values of t statistics, and their correction where many are looked at together."""

import numpy as np

from weighting.groups import Floats

#: Names of p-value adjustments: R's on the left, statsmodels' on the right.
ADJUSTMENTS = {
    "holm": "holm",
    "bonferroni": "bonferroni",
    "hochberg": "simes-hochberg",
    "hommel": "hommel",
    "BH": "fdr_bh",
    "BY": "fdr_by",
}


def two_sided_p(t: Floats, df: Floats) -> Floats:
    """Two-sided p-values of t statistics (df infinite: normal).

    >>> two_sided_p(np.array([1.959964]), np.array([np.inf])).round(4).tolist()
    [0.05]
    """
    from scipy import special

    finite = np.where(np.isfinite(df) & (df > 0), df, 1.0)
    tail = np.where(np.isposinf(df), special.ndtr(-np.abs(t)), special.stdtr(finite, -np.abs(t)))
    return np.where(df > 0, 2 * tail, np.nan)


def adjusted_p(p: Floats, adjust: str = "holm") -> Floats:
    """p-values corrected for their number; NaN stay NaN and do not count.

    >>> adjusted_p(np.array([0.01, 0.04, np.nan])).tolist()
    [0.02, 0.04, nan]
    """
    result = np.array(p, dtype=float)
    known = ~np.isnan(result)
    if adjust == "holm":
        result[known] = _holm(result[known])
    elif adjust != "none" and known.any():
        from statsmodels.stats.multitest import multipletests

        result[known] = multipletests(result[known], method=ADJUSTMENTS[adjust])[1]
    return result


def _holm(p: Floats) -> Floats:
    """Holm, Scandinavian Journal of Statistics 6 (1979). Here because it is the default for hundreds of small families,
    and statsmodels collects garbage at each call of it (0.1 s beside large tables)."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected
