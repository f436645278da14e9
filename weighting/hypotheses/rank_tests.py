"""Rank tests under a sampling design: do groups of the population differ in where their values stand?

A row's rank is the estimated share of the population below its value, half of those with the same value included; a score is a
function of it, and the test asks whether the groups' mean scores are equal (Lumley & Scott, Biometrika 100, 2013). Under equality
the variance is the same as if ranks were known, so the scores are taken as they stand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import special

from weighting import shown
from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, absent, applying, is_number, listed
from weighting.estimation import means
from weighting.estimation.estimates import Estimates
from weighting.estimation.grouping import grouping_of
from weighting.estimation.intervals import NO_VARIATION
from weighting.estimation.study_variables import numeric
from weighting.groups import Flags, Floats
from weighting.hypotheses.hypothesis_test import HypothesisTest, f_p, is_census, left_out, quadratic_form, t_p

#: Scores of ranks r in (0, 1) by the name of the test.
SCORES: dict[str, Callable[[Floats], Floats]] = {
    "wilcoxon": lambda r: r,
    "vanderWaerden": special.ndtri,
    "median": lambda r: (r > 0.5).astype(float),
    "KruskalWallis": lambda r: r,
}
TIES = ("midrank", "rows")

#: What the scores are called in the design.
_SCORE = "rank score"


def ranktest(
    design: SampleDesign,
    column: str,
    by: str,
    test: str = "wilcoxon",
    *,
    ties: str = "midrank",
    df: float | None = None,
) -> HypothesisTest:
    """A rank test of the groups of ``by``: t of the second group less the first; F for more groups, or under ``KruskalWallis``.

    Args:
        column: numbers, truth values or ordered categories.
        by: column with two groups or more.
        test: the scores: ``wilcoxon`` (ranks), ``vanderWaerden`` (normal quantiles), ``median`` (above the median or not),
            ``KruskalWallis`` (ranks, always as F).
        ties: ``midrank``: rows of one value share the middle of their part of the population. ``rows``: the plain mean over the
            places they have in the order of the rows, which R's ``svyranktest`` takes and which depends on that order.
        df: degrees of freedom of the denominator; by default clusters less strata of the rows that count, less one (two
            groups) or less the number of groups less one.

    Raises:
        DesignError: unknown columns, text without an order, one group only.

    >>> from weighting import Design
    >>> d = Design({"q": [1, 2, 2, 3, 4, 5], "g": list("aaabbb")})
    >>> d.ranktest("q", by="g").table()[["comparison", "estimate", "p"]].round(4).to_dict("records")
    [{'comparison': 'g: b − a', 'estimate': 0.5, 'p': 0.0118}]
    """
    names = design.names(listed(column))
    problems = applying(
        (len(names) != 1, "column: one is needed"),
        (len(listed(by)) != 1, "by: one column with groups is needed"),
        (df is not None and not (is_number(df) and float(df) > 0), f"df: {df!r} is no positive number"),
    )
    DesignError.raise_any(
        problems + absent("rank test", [test], SCORES) + absent("way with ties", [ties], TIES)
    )
    values, used = _ordered(design, names[0], by)
    scores = np.full(design.n, np.nan)
    scores[used] = SCORES[test](shares_below(values[used], design.weights[used], ties == "midrank"))
    scored = design.with_columns(pd.DataFrame({_SCORE: scores}, index=design.frame.index))
    lost = int((design.weights > 0).sum() - used.sum())
    found = means.mean(scored, _SCORE, by)
    found = replace(found, remarks=(left_out(names[0], lost),) if lost else ())
    groups = np.flatnonzero(found.n > 0)
    if groups.size < 2:
        raise DesignError(
            f"by: column {str(listed(by)[0])!r} has one group only among the rows with a value of {str(names[0])!r}; "
            "a rank test compares two or more"
        )
    degf = design.weighted_degf(used) - (groups.size - 1) if df is None else float(df)
    if groups.size == 2 and test != "KruskalWallis":
        return _two(found, groups, (test, names[0]), degf)
    return _several(found, groups, (test, names[0]), degf)


def _ordered(design: SampleDesign, column: str, by: str) -> tuple[Floats, Flags]:
    """Values [n] to be ranked, and the rows that count: with a value, a group and a weight."""
    grouping, values = grouping_of(design, by), design.column(column)
    inside = (grouping.domain >= 0) & (design.weights > 0)
    if isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered:
        codes = np.asarray(values.cat.codes, dtype=float)
        return codes, inside & (codes >= 0)
    variable = numeric(grouping, column)
    return variable.rows(), inside & variable.valid


def shares_below(values: Floats, weights: Floats, midranks: bool = True) -> Floats:
    """Estimated share of the population below each value, half of its ties included.

    >>> shares_below(np.array([3.0, 1.0, 3.0]), np.array([1.0, 2.0, 1.0])).tolist()
    [0.75, 0.25, 0.75]
    """
    _, place = np.unique(values, return_inverse=True)
    total = weights.sum()
    if midranks:
        at = np.bincount(place, weights)
        return np.asarray(((np.cumsum(at) - at / 2) / total)[place])
    order = np.argsort(values, kind="stable")
    middle = np.cumsum(weights[order]) - weights[order] / 2
    mean = np.bincount(place[order], middle) / np.bincount(place)
    return np.asarray(mean[place] / total)


def _two(found: Estimates, groups: np.ndarray, named: tuple[str, str], df: float) -> HypothesisTest:
    """The second group's mean score less the first's."""
    (test, column), by = named, found.labels.iloc[:, 0]
    weights = np.zeros((len(found), 1))
    weights[groups, 0] = -1.0, 1.0
    gap = found.linear(weights, pd.DataFrame({"statistic": [column]}))
    note = _note(found, groups, df)
    t = np.where(note != "", np.nan, gap.estimate / np.where(gap.se > 0, gap.se, np.nan))
    first, second = by.iloc[groups]
    comparison = f"{by.name}: {shown.label(second)} − {shown.label(first)}"
    labels = pd.DataFrame({"statistic": [column], "comparison": [comparison]})
    degrees, missing = np.array([df], dtype=float), np.full(1, np.nan)
    return HypothesisTest(
        labels, f"{test} rank test: difference in mean rank score", "t", t, missing, degrees, t_p(t, degrees),
        np.array([found.n.sum()]), (note,), gap.estimate, gap.se, remarks=found.remarks,
    )  # fmt: skip


def _several(found: Estimates, groups: np.ndarray, named: tuple[str, str], df: float) -> HypothesisTest:
    """Whether all groups' mean scores are equal: Wald's statistic of their differences from the first."""
    (test, column), by = named, found.labels.iloc[:, 0]
    weights = np.zeros((len(found), groups.size - 1))
    weights[groups[0]] = -1.0
    weights[groups[1:], np.arange(groups.size - 1)] = 1.0
    gaps = found.linear(weights, pd.DataFrame({"statistic": [str(k) for k in by.iloc[groups[1:]]]}))
    note = _note(found, groups, df)
    ndf = np.array([groups.size - 1.0])
    f = np.array([np.nan if note else quadratic_form(gaps.estimate, gaps.covariance().to_numpy())]) / ndf
    note = note or ("too few clusters to compare so many groups" if np.isnan(f[0]) else "")
    labels = pd.DataFrame({"statistic": [column], "comparison": [f"{by.name}: {groups.size} groups"]})
    degrees = np.array([df], dtype=float)
    return HypothesisTest(
        labels, f"{test} rank test: equal mean rank scores", "F", f, ndf, degrees, f_p(f, ndf, degrees),
        np.array([found.n.sum()]), (note,), remarks=found.remarks,
    )  # fmt: skip


def _note(found: Estimates, groups: np.ndarray, df: float) -> str:
    """Why there is no test."""
    still = found.se[groups] <= NO_VARIATION * np.abs(found.estimate[groups])
    equal = np.ptp(found.estimate[groups]) == 0
    reasons = applying(
        (still.all() and is_census(found), "complete census: no sampling error, nothing to test"),
        (still.all() and equal, "all values are equal: no test"),
        (still.all(), "nothing varies between clusters: no test"),
        (not df > 0, "no degrees of freedom: no test"),
    )
    return reasons[0] if reasons else ""
