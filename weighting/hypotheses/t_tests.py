"""Student's t tests of means: against a value, between two groups, of paired differences.

t = (θ − θ₀)/s with θ a mean, a difference of two domain means or a mean difference, and s its linearised standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from weighting import shown
from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, absent, applying, is_number, listed, quoted
from weighting.estimation import means
from weighting.estimation.estimates import ONE_CLUSTER, Estimates
from weighting.estimation.grouping import grouping_of
from weighting.estimation.intervals import DEGREES, NO_VARIATION, Confidence, t_quantile
from weighting.estimation.study_variables import numeric
from weighting.groups import Flags, Floats
from weighting.hypotheses.hypothesis_test import ALTERNATIVES, HypothesisTest, is_census, left_out, t_p


def ttest(  # noqa: PLR0913
    design: SampleDesign,
    columns: str | Sequence[str],
    by: str | None = None,
    *,
    against: float | None = None,
    paired: str | Sequence[str] | None = None,
    alternative: str = "two-sided",
    level: float = 0.95,
    df: str | float | None = None,
) -> HypothesisTest:
    """t tests of the means of columns: against a value; between the two groups of ``by`` (second less first); or, with
    ``paired``, of the differences column less second column.

    Args:
        columns: names of numeric or truth-valued columns, a test for each.
        by: name of a column with two groups among the rows that count.
        against: the value under test; for differences 0 by default.
        paired: the second column of each pair; rows in which both have a value count.
        alternative: ``two-sided``; ``greater`` ("is it 90 % or more?") or ``less``, with a limit on one side only.
        level: confidence level of the limits.
        df: ``design``, ``domain``, ``satterthwaite`` or a number. By default, for a mean, those of
            :meth:`weighting.Design.mean` (R's ``svyttest`` takes one fewer); for two groups clusters less strata of the
            rows that count, less one, as a regression on the group has it.

    Raises:
        DesignError: unknown columns, text, not two groups, an alternative or a value that cannot be.

    >>> from weighting import Design
    >>> d = Design({"y": [0.9, 1.0, 1.0, 0.95, 0.5, 0.6], "g": list("aaabbb")})
    >>> d.ttest("y", against=0.9, alternative="greater").p.round(3).tolist()
    [0.781]
    >>> d.ttest("y", by="g").table()[["comparison", "estimate", "df", "p"]].round(3).to_dict("records")
    [{'comparison': 'g: b − a', 'estimate': -0.283, 'df': 4.0, 'p': 0.087}]
    """
    names = design.names(columns)
    _refuse(by, against, paired, alternative, df)
    Confidence("wald", level, "design" if df is None else df)
    if paired is not None:
        design, names = _with_differences(design, names, paired)
    what = "mean" if paired is None else "mean difference"
    parts = [_mean(design, n, what, df) if by is None else _difference(design, n, by, df) for n in names]
    return _answer(parts, int((design.weights > 0).sum()), alternative, level, against or 0.0)


@dataclass(frozen=True)
class Compared:
    """A number under test: what it is, its error, degrees of freedom and rows; why no test applies, if none does."""

    statistic: str
    comparison: str
    estimate: float
    se: float
    df: float
    n: float
    note: str


def _refuse(by: object, against: object, paired: object, alternative: object, df: object) -> None:
    number = against is None or (is_number(against) and np.isfinite(float(against)))  # type: ignore[arg-type]
    problems = applying(
        (not number, f"against: {against!r} is no number"),
        (
            against is None and by is None and paired is None,
            "a value (against), two groups (by) or second columns (paired) to compare with are needed",
        ),
        (by is not None and len(listed(by)) != 1, "by: one column with two groups is needed"),
        (
            df is not None and not is_number(df) and df not in DEGREES,
            f"df: {df!r} is none of {quoted(DEGREES)}, and no number",
        ),
    )
    DesignError.raise_any(problems + absent("alternative", [alternative], ALTERNATIVES))


def _with_differences(
    design: SampleDesign, names: list[str], paired: str | Sequence[str]
) -> tuple[SampleDesign, list[str]]:
    """The design with columns less second columns, and what these are called."""
    seconds = design.names(paired)
    if len(seconds) != len(names):
        raise DesignError(f"paired: {len(seconds)} second columns for {len(names)} columns")
    grouping = grouping_of(design, None)
    made = {}
    for first, second in zip(names, seconds, strict=True):
        a, b = numeric(grouping, first), numeric(grouping, second)
        made[f"{first} − {second}"] = np.where(a.valid & b.valid, a.rows() - b.rows(), np.nan)
    return design.with_columns(pd.DataFrame(made, index=design.frame.index)), list(made)


def _mean(design: SampleDesign, name: str, what: str, df: str | float | None) -> Compared:
    """A mean, or a mean difference, of all rows of the domain."""
    found = means.mean(design, name) if df is None else means.mean(design, name, df=df)
    return _compared(found, name, what, float(found.df[0]), found)


def _difference(design: SampleDesign, name: str, by: str, df: str | float | None) -> Compared:
    """The mean of the second group less that of the first."""
    found = means.mean(design, name, by)
    groups = found.labels.iloc[:, 0]
    present = np.flatnonzero(found.n > 0)
    _two_groups(str(groups.name), name, groups.iloc[present].tolist())
    weights = np.zeros((len(found), 1))
    weights[present, 0] = -1.0, 1.0
    weighs = df == "satterthwaite"
    gap = found.linear(
        weights, pd.DataFrame({"statistic": [name]}), df="satterthwaite" if weighs else "design"
    )
    degrees = float(gap.df[0]) if weighs else _degrees(design, name, by, df)
    first, second = groups.iloc[present]
    return _compared(
        gap, name, f"{groups.name}: {shown.label(second)} − {shown.label(first)}", degrees, found
    )


def _degrees(design: SampleDesign, name: str, by: str, df: str | float | None) -> float:
    """A number that was given, or clusters less strata less one: of the design, or of the rows that count."""
    if df == "design":
        return float(design.degf - 1)
    if df is None or isinstance(df, str):
        grouping = grouping_of(design, by)
        return design.weighted_degf(numeric(grouping, name).valid & (grouping.domain >= 0)) - 1
    return float(df)


def _two_groups(by: str, column: str, groups: list[object]) -> None:
    """Stop where the rows that count do not lie in two groups."""
    if len(groups) < 2:
        only = f"all lie in {str(groups[0])!r}" if groups else "there are none"
        raise DesignError(
            f"by: column {by!r} has one group only among the rows with a value of {column!r} ({only}); a t test compares two"
        )
    if len(groups) > 2:
        raise DesignError(
            f"by: column {by!r} has {len(groups)} groups ({quoted(groups[:8])}{', …' if len(groups) > 8 else ''}); a t test "
            "compares two: take a subset, or mean(…, by=…).pairwise(), or ranktest() for all at once"
        )


def _compared(tested: Estimates, name: str, what: str, df: float, means: Estimates) -> Compared:
    """One number under test, and why there is no test of it."""
    estimate, se = float(tested.estimate[0]), float(tested.se[0])
    counted = means.n > 0
    flat = se <= NO_VARIATION * np.abs(means.estimate[counted]).max(initial=0)
    reasons = applying(
        (not counted.any(), "no row has a value"),
        (counted.any() and np.isnan(se), ONE_CLUSTER),
        (flat and is_census(means), "complete census: no sampling error, nothing to test"),
        (flat, "nothing varies between clusters: no test"),
        (not df > 0, "no degrees of freedom: no test"),
    )
    note = reasons[0] if reasons else ""
    return Compared(name, what, estimate, 0.0 if flat else se, df, float(means.n.sum()), note)


def _answer(
    parts: list[Compared], sampled: int, alternative: str, level: float, against: float
) -> HypothesisTest:
    """The tests of all columns in one table."""
    estimate, se, df, n = (np.array([getattr(p, k) for p in parts]) for k in ("estimate", "se", "df", "n"))
    note = tuple(part.note for part in parts)
    stopped = np.array([bool(text) for text in note])
    t = np.divide(estimate - against, se, out=np.full(len(parts), np.nan), where=(se > 0) & ~stopped)
    labels = {
        "statistic": [part.statistic for part in parts],
        "comparison": [part.comparison for part in parts],
        "against": np.full(len(parts), against),
    }
    low, high = _limits(estimate, se, df, stopped, alternative, level)
    sides = "" if alternative == "two-sided" else f", alternative: {alternative}"
    return HypothesisTest(
        labels=pd.DataFrame(labels),
        method=f"t test{sides}, {100 * level:g} % limits",
        letter="t",
        statistic=t,
        ndf=np.full(len(parts), np.nan),
        ddf=df,
        p=t_p(t, df, alternative),
        n=n,
        note=note,
        estimate=estimate,
        se=se,
        ci_low=low,
        ci_high=high,
        remarks=tuple(left_out(part.statistic, sampled - int(part.n)) for part in parts if part.n < sampled),
    )


def _limits(
    estimate: Floats, se: Floats, df: Floats, stopped: Flags, alternative: str, level: float
) -> tuple[Floats, Floats]:
    """Limits that exclude a value exactly where its test would; none where there is no test."""
    two_sided = alternative == "two-sided"
    half = np.where(stopped, np.nan, t_quantile(df, level if two_sided else 2 * level - 1) * se)
    low = np.full_like(estimate, -np.inf) if alternative == "less" else estimate - half
    high = np.full_like(estimate, np.inf) if alternative == "greater" else estimate + half
    unknown = np.isnan(half)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
