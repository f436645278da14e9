"""Classes of results by thresholds, and how sure it is that a unit belongs to its class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from surveys.definitions.instrument.records import ResultClass
from surveys.scoring.quantities import Floats

#: Digits of percentages that are compared: 90 that floats make 89.99999999999999 is 90.
COMPARED_DIGITS = 9


def classes_of(percent: Floats, classes: Sequence[ResultClass]) -> list[str]:
    """Code of the class of each percentage [U]: the first whose threshold it reaches; empty for NaN, and throughout where no
    classes are declared.

    >>> good, weak = ResultClass("good", 80), ResultClass("weak", 0)
    >>> classes_of(np.array([80.0, 79.99, np.nan]), (good, weak))
    ['good', 'weak', '']
    """
    rounded = np.round(percent, COMPARED_DIGITS).tolist()
    return [next((c.code for c in classes if value >= c.percent_from), "") for value in rounded]


def class_probabilities(percent: Floats, se: Floats, df: Floats, classes: Sequence[ResultClass]) -> Floats:
    """Probability of every class for every unit [K, U]; they add up to 1 over the classes. NaN without a standard error.

    P(l ≤ θ < u) = F((u − x)/s) − F((l − x)/s) for a class from l to below u, where x is the total in percent, s its standard
    error in the same unit and F the distribution function of Student's t with the degrees of freedom of s: the confidence
    distribution of the total (Schweder & Hjort, Confidence, Likelihood, Probability, 2016, ch. 3). The best class has no
    upper end, the last no lower one. Without a standard error of its own (s = 0) a total lies in one class with certainty.

    >>> good, weak = ResultClass("good", 80), ResultClass("weak", 0)
    >>> class_probabilities(np.array([80.0]), np.array([1.5]), np.array([12.0]), (good, weak)).round(4).tolist()
    [[0.5], [0.5]]
    """
    thresholds = np.array([made.percent_from for made in classes])[:, None]
    value, known = np.round(percent, COMPARED_DIGITS), ~np.isnan(percent) & ~np.isnan(se)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        at_least = stats.t.sf((thresholds - value) / se, np.where(df > 0, df, np.nan))
    certain = np.where(value >= thresholds, 1.0, 0.0)
    reached = np.where(se > 0, at_least, certain)  # P(θ ≥ threshold) [K, U]
    reached[-1:] = 1.0
    found = np.diff(reached, axis=0, prepend=0.0)
    return np.where(known, found, np.nan)


def probability_of_own_class(
    percent: Floats, se: Floats, df: Floats, classes: Sequence[ResultClass]
) -> Floats:
    """Probability [U] that a unit belongs to the class that its total stands in; NaN where it has none."""
    codes = [made.code for made in classes]
    own = [codes.index(code) if code else -1 for code in classes_of(percent, classes)]
    if not codes:
        return np.full(len(percent), np.nan)
    found = class_probabilities(percent, se, df, classes)
    return np.array([found[k, u] if k >= 0 else np.nan for u, k in enumerate(own)])
