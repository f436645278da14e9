"""Means, totals, shares and ratios by domain.

Every estimator here is a smooth function of weighted totals; its influence values u_i (see
:mod:`weighting.variance.cells`) are

    total   T = Σ w a y          u = w a y
    mean    θ = Σ w a y / Σ w a  u = w a (y − θ) / Σ w a
    ratio   R = Σ w a y / Σ w a x  u = w a (y − R x) / Σ w a x

with a = 1 where the row is in the domain and has a value. (Woodruff, JASA 66, 1971; Binder, 1983.)
"""

from collections.abc import Sequence

from weighting.design.sample_design import SampleDesign
from weighting.estimation.estimates import Estimates
from weighting.estimation.grouping import grouping_of
from weighting.estimation.intervals import Confidence
from weighting.estimation.requests import Request, estimates_of
from weighting.estimation.study_variables import numeric, shares


def mean(  # noqa: PLR0913
    design: SampleDesign,
    columns: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    *,
    interval: str | None = None,
    level: float = 0.95,
    df: str | float = "domain",
    listwise: bool = False,
    within: tuple[float, float] | None = None,
) -> Estimates:
    """Means of columns, by any number of domains.

    Args:
        columns: names of numeric or truth-valued columns.
        by: names of columns whose values make the domains.
        interval: ``wald``; for values between 0 and 1 also ``logit``, ``wilson``, ``beta`` or ``bounded`` (the
            intervals of :mod:`weighting.estimation.intervals`; none of them leaves [0, 1] except ``wald``). By default
            ``bounded`` for values of a declared range, ``wald`` for others.
        level: confidence level.
        df: ``domain``: clusters less strata among those that hold rows of the domain with a value; ``design``: those of
            the whole design (R's choice); ``satterthwaite``; or a number (``inf``: normal).
        listwise: leave out rows in which any of the columns is missing (R's ``svymean`` of several variables);
            otherwise each column counts the rows in which it has a value.
        within: the lowest and the highest value that the columns can have, such as ``(1, 5)``: intervals keep to it.

    A domain that lies in one cluster of several has no standard error: its note says so, and so do combinations of it.

    Raises:
        DesignError: unknown columns, text, infinite values, values outside of their range, or a stratum whose variance
            cannot be known.

    >>> from weighting import Design
    >>> d = Design({"y": [0.0, 0.5, 1.0, None], "g": ["a", "a", "b", "b"]})
    >>> d.mean("y", by="g").table()[["g", "statistic", "estimate", "n"]].to_dict("records")
    [{'g': 'a', 'statistic': 'y', 'estimate': 0.25, 'n': 2}, {'g': 'b', 'statistic': 'y', 'estimate': 1.0, 'n': 1}]
    """
    confidence = Confidence.of_means(interval, level, df, within)
    return estimates_of(request_of(design, "mean", columns, by), confidence, listwise)


def total(
    design: SampleDesign,
    columns: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    *,
    level: float = 0.95,
    df: str | float = "domain",
    listwise: bool = False,
) -> Estimates:
    """Population totals of columns, by domain; arguments as for :func:`mean`.

    >>> from weighting import Design
    >>> d = Design({"y": [1, 0, 1, 1]}, weights=[10, 10, 10, 10])
    >>> d.total("y").estimate.tolist()
    [30.0]
    """
    confidence = Confidence("wald", level, df)
    return estimates_of(request_of(design, "total", columns, by), confidence, listwise)


def request_of(
    design: SampleDesign,
    kind: str,
    columns: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    denominator: str | None = None,
    levels: object | Sequence[object] | None = None,
) -> Request:
    """What :func:`mean`, :func:`total`, :func:`proportion` and :func:`ratio` ask for, by their name ``kind``."""
    names, grouping = design.names(columns), grouping_of(design, by)
    grouping.tabulate(names)
    found = [shares(grouping, c, levels) if kind == "proportion" else numeric(grouping, c) for c in names]
    bottom = None if denominator is None else numeric(grouping, design.names([denominator])[0])
    return Request(grouping, tuple(found), bottom, kind)


def proportion(  # noqa: PLR0913
    design: SampleDesign,
    columns: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    *,
    levels: object | Sequence[object] | None = None,
    interval: str = "bounded",
    level: float = 0.95,
    df: str | float = "domain",
    listwise: bool = False,
) -> Estimates:
    """Shares: of truth values, of the answers in ``levels``, or of every category of a column.

    Intervals stay inside [0, 1] and are defined at 0 and 1: where the answers of a domain do not vary, they are
    Korn & Graubard's with the effective size n/(1 − f) (for unequal weights n times (Σ w)² / (n Σ w² (1 − f)));
    "bounded" and "logit" are the same here. Other arguments as for :func:`mean`.

    >>> from weighting import Design
    >>> d = Design({"q": [5, 4, 2, 5, 4, 1], "g": list("aaabbb")})
    >>> d.proportion("q", by="g", levels=[4, 5]).estimate.round(3).tolist()
    [0.667, 0.667]
    """
    confidence = Confidence(interval, level, df)
    return estimates_of(request_of(design, "proportion", columns, by, levels=levels), confidence, listwise)


def ratio(  # noqa: PLR0913
    design: SampleDesign,
    numerator: str | Sequence[str],
    denominator: str,
    by: str | Sequence[str] | None = None,
    *,
    interval: str = "wald",
    level: float = 0.95,
    df: str | float = "domain",
    listwise: bool = False,
) -> Estimates:
    """Ratios of totals, over the rows in which both columns have a value; arguments as for :func:`mean`.

    >>> from weighting import Design
    >>> d = Design({"y": [1.0, 2.0, 3.0], "x": [2.0, 4.0, 6.0]})
    >>> e = d.ratio("y", "x")
    >>> e.estimate.tolist(), e.se.tolist(), e.labels["statistic"].tolist()
    ([0.5], [0.0], ['y/x'])
    """
    confidence = Confidence(interval, level, df)
    return estimates_of(request_of(design, "ratio", numerator, by, denominator), confidence, listwise)
