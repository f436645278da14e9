"""Estimates by domain with everything needed to judge and to combine them.

Every estimator here is a smooth function of weighted totals; its influence values u_i (see
:mod:`weighting.variance.linearization`) are

    total   T = Σ w a y          u = w a y
    mean    θ = Σ w a y / Σ w a  u = w a (y − θ) / Σ w a
    ratio   R = Σ w a y / Σ w a x  u = w a (y − R x) / Σ w a x

with a = 1 where the row is in the domain and has a value. (Woodruff, JASA 66, 1971; Binder, 1983.)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.design.record import Design
from weighting.errors import DesignError, absent, is_number, listed, unknown
from weighting.estimation import intervals
from weighting.estimation.linear import Linear, Request, grouping_of
from weighting.estimation.variable import numeric, shares
from weighting.frozen import freeze, hands_out_copies
from weighting.variance.influence import Influence
from weighting.variance.linearization import Cells, Flags, Floats

INTERVALS = ("wald", "logit", "wilson", "beta", "bounded", "arcsine", "likelihood")
DEGREES = ("design", "domain", "satterthwaite")

#: Names of p-value adjustments: R's on the left, statsmodels' on the right.
ADJUSTMENTS = {
    "holm": "holm",
    "bonferroni": "bonferroni",
    "hochberg": "simes-hochberg",
    "hommel": "hommel",
    "BH": "fdr_bh",
    "BY": "fdr_by",
}


@hands_out_copies("labels")
@dataclass(frozen=True, eq=False, repr=False)
class Estimates:
    """Estimates with standard errors, intervals and their joint covariance; K rows, one per domain and statistic.

    ``labels`` holds the by-columns and the statistic of each row; ``estimate``, ``se``, ``ci_low``, ``ci_high``,
    ``df``, ``n`` (rows with a value), ``n_eff`` (n / deff) and ``deff`` (variance over that of a simple random
    sample without replacement of the same size from Σ w) are arrays [K]. ``note`` [K] says why something does not
    apply. Results are frozen: nothing done to one changes another, or the design.
    """

    labels: pd.DataFrame
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    df: Floats
    n: Floats
    n_eff: Floats
    deff: Floats
    note: tuple[str, ...]
    interval: str = "wald"
    level: float = 0.95
    remarks: tuple[str, ...] = ()
    source: Callable[[], Influence | Floats] | None = field(default=None, repr=False)
    design_df: float = np.inf
    df_rule: str | float = "design"

    def __post_init__(self) -> None:
        for name in ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_eff", "deff"):
            object.__setattr__(self, name, np.array(getattr(self, name), dtype=float))
        freeze(self)

    def __len__(self) -> int:
        return self.estimate.size

    def table(self) -> pd.DataFrame:
        """By-columns, statistic, estimate, se, ci_low, ci_high, df, n, n_eff, deff, note: a fresh frame [K rows]."""
        table = self.labels.copy()
        for name in ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_eff", "deff"):
            table[name] = np.array(getattr(self, name))
        table["n"] = table["n"].astype("int64") if np.isfinite(self.n).all() else table["n"]
        table["note"] = list(self.note)
        return table

    @cached_property
    def _source(self) -> Influence | Floats:
        if self.source is None:
            raise DesignError("these estimates carry no covariance")
        return self.source()

    @cached_property
    def _covariance(self) -> Floats:
        found = self._source.covariance() if isinstance(self._source, Influence) else np.array(self._source)
        diagonal = np.sqrt(np.maximum(np.diag(found), 0))
        scale = np.divide(
            self.se, diagonal, out=np.zeros_like(diagonal), where=(diagonal > 0) & (self.se > 0)
        )
        if (
            np.abs(scale[diagonal > 0] - 1).max(initial=0) > 1e-6
        ):  # a policy that looks at each domain's strata
            found = found * np.outer(scale, scale)
        np.fill_diagonal(found, np.where(np.isnan(self.se), np.nan, self.se**2))
        missing = np.isnan(self.se)
        found[missing, :] = found[:, missing] = np.nan
        found.flags.writeable = False
        return found

    def covariance(self) -> pd.DataFrame:
        """Covariance [K, K] over all rows of the table, labelled like it.

        The diagonal is ``se²``. Where a policy for single clusters looks at the strata of each domain ("average",
        or ``lonely_domains``), the correlations are those on the whole design.
        """
        names = pd.Index(self.keys()) if self.labels.shape[1] == 1 else pd.MultiIndex.from_frame(self.labels)
        return pd.DataFrame(np.array(self._covariance), index=names, columns=names)

    def keys(self) -> list[Hashable]:
        """The name of each row: its statistic, or (by…, statistic)."""
        if self.labels.shape[1] == 1:
            return list(self.labels["statistic"])
        return list(self.labels.itertuples(index=False, name=None))

    def combine(
        self,
        combinations: Mapping[str, Mapping[Any, float]],
        interval: str = "wald",
        level: float | None = None,
        df: str | float | None = None,
    ) -> Estimates:
        """Linear combinations of rows: {"name": {row: coefficient}}, with their joint covariance.

        A row is named by its statistic; by (by…, statistic); or by the by-values alone where there is only one
        statistic. ``df`` "satterthwaite" weighs the strata by their part in the combination's variance.

        >>> d = Design({"y": [1.0, 2, 4, 5], "h": ["a", "a", "b", "b"]})
        >>> gap = d.mean("y", by="h").combine({"gap": {"b": 1, "a": -1}})
        >>> gap.estimate.tolist(), gap.se.round(4).tolist()
        ([3.0], [0.5774])
        """
        _refuse_combinations(combinations)
        weights = self._coefficients(combinations)
        labels = pd.DataFrame({"statistic": list(combinations)})
        return self.linear(weights, labels, interval, self.level if level is None else level, df)

    def linear(
        self,
        weights: Floats,
        labels: pd.DataFrame,
        interval: str = "wald",
        level: float = 0.95,
        df: str | float | None = None,
    ) -> Estimates:
        """The combinations weights′θ, ``weights`` [K, q], named by ``labels`` [q rows, with a statistic column]."""
        rule = self.df_rule if df is None else df
        rule = "design" if rule == "domain" and df is None else rule
        check_options(interval, level, rule)
        used = weights != 0
        estimate = np.where(used, weights * self.estimate[:, None], 0.0).sum(axis=0)
        covariance = np.where(np.isnan(self._covariance), 0.0, self._covariance)
        joint = weights.T @ covariance @ weights
        lost = (used & np.isnan(self.se)[:, None]).any(axis=0)
        joint[lost, :] = joint[:, lost] = np.nan
        se = np.sqrt(np.maximum(np.diag(joint), 0))
        source: Callable[[], Influence | Floats] = lambda: joint  # noqa: E731
        if isinstance(self._source, Influence):
            carried = self._source.linear(weights)
            source = lambda: carried  # noqa: E731
        degrees = _degrees(
            rule, self.design_df, np.full(se.size, self.design_df), lambda: _satterthwaite(source())
        )
        n = np.where(used, np.where(np.isnan(self.n), np.inf, self.n)[:, None], np.inf).min(axis=0)
        flat = (se == 0) & (interval != "wald")
        low, high = limits_of(interval, estimate, se, degrees, n, flat, level)
        missing = np.full(se.size, np.nan)
        note = np.where(
            lost, "a row of this combination has no estimate", "combination: n, n_eff, deff do not apply"
        )
        return Estimates(
            labels, estimate, se, low, high, degrees, missing, missing, missing, tuple(note.tolist()),
            interval, level, self.remarks, source, self.design_df, rule,
        )  # fmt: skip

    def _coefficients(self, combinations: Mapping[str, Mapping[Any, float]]) -> Floats:
        place = self._places
        problems = []
        weights = np.zeros((len(self), len(combinations)))
        for column, (name, terms) in enumerate(combinations.items()):
            for key, coefficient in terms.items():
                if not isinstance(key, Hashable) or key not in place:
                    problems.append(f"{name}: {unknown('row', key, place)}")
                elif not is_number(coefficient) or not np.isfinite(coefficient):
                    problems.append(f"{name}: the coefficient of {key!r} is {coefficient!r}, no number")
                else:
                    weights[place[key], column] += coefficient
        if problems:
            raise DesignError(*problems)
        return weights

    @cached_property
    def _places(self) -> dict[Hashable, int]:
        """Row numbers by every name a row goes by."""
        keys = self.keys()
        places: dict[Hashable, int] = {}
        if self.labels.shape[1] > 1 and self.labels["statistic"].nunique() == 1:
            short = [k[:-1] for k in keys]  # type: ignore[index]
            places.update({k[0] if len(k) == 1 else k: i for i, k in enumerate(short)})
            places.update({k: i for i, k in enumerate(short)})
        return places | {k: i for i, k in enumerate(keys)}

    def pairwise(
        self, adjust: str = "holm", level: float | None = None, df: str | float | None = None
    ) -> pd.DataFrame:
        """Differences of all pairs of rows of the same statistic, with t-tests and adjusted p-values.

        Columns: first, second, statistic, estimate, se, ci_low, ci_high, df, t, p, p_adjusted (over all pairs).
        ``adjust``: holm, bonferroni, hochberg, hommel, BH, BY or none (statsmodels' ``multipletests``).

        >>> d = Design({"y": [1.0, 2, 4, 5], "h": ["a", "a", "b", "b"]})
        >>> d.mean("y", by="h").pairwise()[["first", "second", "estimate"]].to_dict("records")
        [{'first': 'a', 'second': 'b', 'estimate': -3.0}]
        """
        if adjust not in (*ADJUSTMENTS, "none"):
            raise DesignError(unknown("adjustment", adjust, (*ADJUSTMENTS, "none")))
        first, second = self._pairs()
        weights = np.zeros((len(self), first.size))
        weights[first, np.arange(first.size)], weights[second, np.arange(first.size)] = 1.0, -1.0
        labels = pd.DataFrame({"statistic": self.labels["statistic"].to_numpy()[first]})
        gap = self.linear(weights, labels, "wald", self.level if level is None else level, df)
        t = np.divide(gap.estimate, gap.se, out=np.full(first.size, np.nan), where=gap.se > 0)
        p = two_sided_p(t, gap.df)
        table = pd.DataFrame({"first": self._short(first), "second": self._short(second), **labels})
        table = table.assign(
            estimate=gap.estimate, se=gap.se, ci_low=gap.ci_low, ci_high=gap.ci_high, df=gap.df, t=t
        )
        return table.assign(p=p, p_adjusted=adjusted_p(p, adjust))

    def _pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        if self.labels.shape[1] == 1:
            return np.triu_indices(len(self), 1)
        statistic = pd.factorize(self.labels["statistic"])[0]
        first, second = np.triu_indices(len(self), 1)
        same = statistic[first] == statistic[second]
        return first[same], second[same]

    def _short(self, rows: NDArray[np.intp]) -> list[Hashable]:
        if self.labels.shape[1] == 1:
            return list(self.labels["statistic"].to_numpy()[rows])
        by = self.labels.drop(columns="statistic").iloc[rows]
        return list(by.iloc[:, 0]) if by.shape[1] == 1 else list(by.itertuples(index=False, name=None))

    def __repr__(self) -> str:
        return f"{self._title()}\n{self._printed().to_string(index=False)}{self._footer()}"

    def _repr_html_(self) -> str:
        from html import escape

        body = self._printed().to_html(index=False, border=0, escape=True)
        return f"<div><p>{escape(self._title())}</p>{body}<p>{escape(self._footer().strip())}</p></div>"

    def _title(self) -> str:
        df = self.df_rule if isinstance(self.df_rule, str) else f"{self.df_rule:g}"
        return f"{len(self):,} estimates, {100 * self.level:g} % {self.interval} intervals, df: {df}"

    def _printed(self) -> pd.DataFrame:
        table = self.table().head(60)
        for name in ("estimate", "se", "ci_low", "ci_high"):
            table[name] = [f"{v:.4g}" if abs(v) < 1e6 else f"{v:.6g}" for v in table[name]]
        for name, digits in (("df", 1), ("n", 0), ("n_eff", 1), ("deff", 2)):
            table[name] = [f"{v:,.{digits}f}".removesuffix(".0") for v in table[name]]
        return table.drop(columns=[] if any(table["note"]) else "note")

    def _footer(self) -> str:
        more = [f"… and {len(self) - 60:,} more: see table()"] if len(self) > 60 else []
        return "".join(f"\n{line}" for line in (*more, *self.remarks))


def _refuse_combinations(combinations: Any) -> None:
    """Stop where combinations are not {"name": {row: coefficient}}."""
    if not isinstance(combinations, Mapping) or not combinations:
        raise DesignError('combinations: {"name": {row: coefficient}} is needed')
    problems = [
        f"{name}: {{row: coefficient}} is needed, here is {terms!r:.60}"
        for name, terms in combinations.items()
        if not isinstance(terms, Mapping) or not terms
    ]
    if problems:
        raise DesignError(*problems)


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


def mean(
    design: Design,
    columns: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    *,
    interval: str = "wald",
    level: float = 0.95,
    df: str | float = "design",
    listwise: bool = False,
) -> Estimates:
    """Means of columns, by any number of domains.

    Args:
        columns: names of numeric or truth-valued columns.
        by: names of columns whose values make the domains.
        interval: ``wald``; for values between 0 and 1 also ``logit``, ``wilson``, ``beta`` or ``bounded`` (the
            intervals of :mod:`weighting.estimation.intervals`; none of them leaves [0, 1] except ``wald``).
        level: confidence level.
        df: ``design``, ``domain`` (of each domain), ``satterthwaite``, or a number (``inf``: normal).
        listwise: leave out rows in which any of the columns is missing (R's ``svymean`` of several variables);
            otherwise each column counts the rows in which it has a value.

    Raises:
        DesignError: unknown columns, text, infinite values, or a stratum whose variance cannot be known.

    >>> d = Design({"y": [0.0, 0.5, 1.0, None], "g": ["a", "a", "b", "b"]})
    >>> d.mean("y", by="g").table()[["g", "statistic", "estimate", "n"]].to_dict("records")
    [{'g': 'a', 'statistic': 'y', 'estimate': 0.25, 'n': 2}, {'g': 'b', 'statistic': 'y', 'estimate': 1.0, 'n': 1}]
    """
    names, grouping = names_of(design, columns), grouping_of(design, by)
    grouping.tabulate(names)
    found = tuple(numeric(grouping, c) for c in names)
    return estimates_of(Request(grouping, found, None, "mean"), interval, level, df, listwise)


def total(
    design: Design,
    columns: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    *,
    level: float = 0.95,
    df: str | float = "design",
    listwise: bool = False,
) -> Estimates:
    """Population totals of columns, by domain; arguments as for :func:`mean`.

    >>> d = Design({"y": [1, 0, 1, 1]}, weights=[10, 10, 10, 10])
    >>> d.total("y").estimate.tolist()
    [30.0]
    """
    names, grouping = names_of(design, columns), grouping_of(design, by)
    grouping.tabulate(names)
    found = tuple(numeric(grouping, c) for c in names)
    return estimates_of(Request(grouping, found, None, "total"), "wald", level, df, listwise)


def proportion(
    design: Design,
    columns: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    *,
    levels: object | Sequence[object] | None = None,
    interval: str = "bounded",
    level: float = 0.95,
    df: str | float = "design",
    listwise: bool = False,
) -> Estimates:
    """Shares: of truth values, of the answers in ``levels``, or of every category of a column.

    Intervals stay inside [0, 1] and are defined at 0 and 1: where the answers of a domain do not vary, they are
    Korn & Graubard's with the effective size n/(1 − f) (for unequal weights n times (Σ w)² / (n Σ w² (1 − f)));
    "bounded" and "logit" are the same here. Other arguments as for :func:`mean`.

    >>> d = Design({"q": [5, 4, 2, 5, 4, 1], "g": list("aaabbb")})
    >>> d.proportion("q", by="g", levels=[4, 5]).estimate.round(3).tolist()
    [0.667, 0.667]
    """
    names, grouping = names_of(design, columns), grouping_of(design, by)
    grouping.tabulate(names)
    found = tuple(shares(grouping, c, levels) for c in names)
    return estimates_of(Request(grouping, found, None, "proportion"), interval, level, df, listwise)


def ratio(
    design: Design,
    numerator: str | Sequence[str],
    denominator: str,
    by: str | Sequence[str] | None = None,
    *,
    interval: str = "wald",
    level: float = 0.95,
    df: str | float = "design",
    listwise: bool = False,
) -> Estimates:
    """Ratios of totals, over the rows in which both columns have a value; arguments as for :func:`mean`.

    >>> d = Design({"y": [1.0, 2.0, 3.0], "x": [2.0, 4.0, 6.0]})
    >>> e = d.ratio("y", "x")
    >>> e.estimate.tolist(), e.se.tolist(), e.labels["statistic"].tolist()
    ([0.5], [0.0], ['y/x'])
    """
    grouping = grouping_of(design, by)
    found = tuple(numeric(grouping, c) for c in names_of(design, numerator))
    bottom = numeric(grouping, design.known(denominator))
    return estimates_of(Request(grouping, found, bottom, "ratio"), interval, level, df, listwise)


def names_of(design: Design, columns: str | Sequence[str]) -> list[str]:
    names = listed(columns)
    problems = absent("column", names, design.frame.columns) if names else ["columns: none are named"]
    if problems:
        raise DesignError(*problems)
    return names


def estimates_of(
    request: Request, interval: str, level: float, df: str | float, listwise: bool = False
) -> Estimates:
    """The estimates of a request, with errors, intervals and notes."""
    check_options(interval, level, df)
    design, variables = request.design, request.numerators
    if listwise:
        complete = np.logical_and.reduce([v.valid for v in variables])
        variables = tuple(v.where(complete) for v in variables)
        request = replace(request, numerators=variables)
    parts, variances, satterthwaite = [], [], []
    for linear in request.linears():
        parts.append(replace(linear, influence=np.empty((0, linear.estimate.shape[1]))))
        if design.adjustments:
            u = request.row_influence(linear)
            variances.append(design.variance_by(u, request.domain, request.n_domains))
        else:
            variances.append(linear.cells.variance(linear.influence))
            if df == "satterthwaite":
                satterthwaite.append(linear.cells.satterthwaite(linear.influence))
    return _assembled(request, parts, variances, satterthwaite, interval, level, df)


def check_options(interval: str, level: float, df: str | float) -> None:
    """Refuse what no estimator offers."""
    problems = []
    if interval not in INTERVALS:
        problems.append(unknown("interval", interval, INTERVALS))
    if not is_number(level) or not 0 < level < 1:
        problems.append(f"level: {level!r} does not lie between 0 and 1")
    if not is_number(df) and df not in DEGREES:
        problems.append(unknown("degrees of freedom", df, (*DEGREES, "a number")))
    if is_number(df) and not float(df) > 0:
        problems.append(f"df: {df} is not positive")
    if problems:
        raise DesignError(*problems)


def labels_of(domains: pd.DataFrame | None, n_domains: int, names: Sequence[str]) -> pd.DataFrame:
    """By-columns and statistic of every row: domains vary slowest."""
    labels = pd.DataFrame({"statistic": list(names) * n_domains})
    if domains is None:
        return labels
    repeated = domains.loc[domains.index.repeat(len(names))].reset_index(drop=True)
    return pd.concat([repeated, labels], axis=1)


@dataclass(frozen=True, eq=False)
class Figures:
    """Estimates [J, K] of all columns side by side, with their variances and those of simple random samples."""

    estimate: Floats
    variance: Floats
    srs: Floats
    n: Floats
    bounded: bool

    @classmethod
    def of(cls, parts: Sequence[Linear], variances: Sequence[Floats], bounded: bool) -> Figures:
        estimate = np.concatenate([p.estimate for p in parts], axis=1)
        variance = np.concatenate(variances, axis=1)
        return cls(
            estimate,
            np.where(np.isnan(estimate), np.nan, variance),
            np.concatenate([p.srs for p in parts], axis=1),
            np.concatenate([p.count for p in parts], axis=1).astype(float),
            bounded,
        )

    @cached_property
    def se(self) -> Floats:
        return np.sqrt(self.variance)

    @cached_property
    def flat(self) -> Flags:
        """No variation to be seen: a standard error of zero, or a share of exactly 0 or 1."""
        still = self.se <= intervals.NO_VARIATION * np.abs(self.estimate)
        return still | (self.bounded & ((self.estimate <= 0) | (self.estimate >= 1)))

    @cached_property
    def deff(self) -> Floats:
        return np.divide(self.variance, self.srs, out=np.full_like(self.srs, np.nan), where=self.srs > 0)

    def n_eff(self, edge: Floats) -> Floats:
        """n / deff [J, K]; where nothing varies, the size ``edge``."""
        found = np.divide(self.n, self.deff, out=np.full_like(self.n, np.nan), where=self.deff > 0)
        return np.where(self.flat, edge, found)


def _assembled(
    request: Request,
    parts: list[Linear],
    variances: list[Floats],
    satterthwaite: list[Floats],
    interval: str,
    level: float,
    df: str | float,
) -> Estimates:
    """The table of all columns in all domains."""
    names = request.names
    shape = (request.n_domains, len(names))
    found = Figures.of(parts, variances, interval != "wald" or request.kind == "proportion")
    source = influence_source(request)

    def weighed() -> Floats:
        return (
            np.concatenate(satterthwaite, axis=1)
            if satterthwaite
            else _satterthwaite(source()).reshape(shape)
        )

    own = np.repeat(degrees_of_freedom(request, df)[:, None], shape[1], axis=1)
    design_df = float(request.design.degf)
    degrees = _degrees(df, design_df, own, weighed)
    edge = found.n * request.grouping.worth[:, None]
    sizes = np.where(found.flat, edge, np.repeat(request.grouping.held[:, None], shape[1], axis=1))
    limits = limits_of(interval, found.estimate, found.se, degrees, sizes, found.flat, level)
    census = found.flat & np.isposinf(edge)
    if interval == "wald":  # no error, no width, whatever the degrees of freedom
        limits = chosen(census, (found.estimate, found.estimate), limits)
    if request.kind == "proportion" and interval == "wald":
        safe = limits_of("bounded", found.estimate, found.se, degrees, sizes, found.flat, level)
        limits = chosen(found.flat, safe, tuple(np.clip(limit, 0, 1) for limit in limits))
    flat_figures = (found.estimate, found.se, *limits, degrees, found.n, found.n_eff(edge), found.deff)
    estimate, se, low, high, degrees_, n, n_eff, deff = (v.ravel() for v in flat_figures)
    return Estimates(
        labels=labels_of(request.grouping.domains, shape[0], names),
        estimate=estimate,
        se=se,
        ci_low=low,
        ci_high=high,
        df=degrees_,
        n=n,
        n_eff=n_eff,
        deff=deff,
        note=_notes(request, found, degrees, edge),
        interval=interval,
        level=level,
        remarks=_remarks(request, parts),
        source=source,
        design_df=design_df,
        df_rule=df,
    )


def influence_source(request: Request) -> Callable[[], Influence]:
    """Builds the joint influence of all rows of the table when it is first asked for."""

    def build() -> Influence:
        parts: list[tuple[Floats, Cells | None]] = []
        for linear in request.linears():
            if request.design.adjustments:
                parts.append((request.row_influence(linear), None))
            else:
                parts.append((linear.influence, linear.cells))
        return Influence.of(request.design, request.domain, request.n_domains, parts)

    return build


def _satterthwaite(source: Influence | Floats) -> Floats:
    if not isinstance(source, Influence):
        raise DesignError(
            "df='satterthwaite' needs the strata's parts of the variance, which replicates do not keep"
        )
    return source.satterthwaite()


def degrees_of_freedom(request: Request, rule: str | float) -> Floats:
    """Degrees of freedom [J] by a rule that does not look at the estimates."""
    if rule == "domain":
        return request.design.domain_degfs(request.domain, request.n_domains).astype(float)
    return np.full(request.n_domains, float(request.design.degf) if isinstance(rule, str) else float(rule))


def _degrees(rule: str | float, design_df: float, own: Floats, weighed: Callable[[], Floats]) -> Floats:
    if rule == "satterthwaite":
        found = weighed()
        return np.where(np.isnan(found), design_df, found)
    return own if isinstance(rule, str) else np.full(own.shape, float(rule))


def limits_of(
    interval: str, estimate: Floats, se: Floats, df: Floats, n: Floats, flat: Flags, level: float
) -> intervals.Limits:
    """Limits by name; ``n`` holds the number of rows, or what stands for it where nothing varies (``flat``)."""
    if interval == "wald":
        return intervals.wald(estimate, se, df, level)
    outside = (estimate < -1e-12) | (estimate > 1 + 1e-12)
    if outside.any():
        raise DesignError(
            f"interval {interval!r} is for values between 0 and 1, and an estimate is {estimate[outside][0]:g}: "
            "use interval='wald'"
        )
    if interval in intervals.TRANSFORMED:
        kernel = intervals.TRANSFORMED[interval]
        return intervals.bounded(estimate, se, df, n, np.isposinf(n), level, kernel)
    return intervals.SIZED[interval](estimate, np.where(flat, 0.0, se), df, level, n)


def chosen(flat: Flags, safe: Sequence[Floats], limits: Sequence[Floats]) -> intervals.Limits:
    """The ``safe`` limits where nothing varies, the others elsewhere."""
    return np.where(flat, safe[0], limits[0]), np.where(flat, safe[1], limits[1])


def _notes(request: Request, found: Figures, df: Floats, edge: Floats) -> tuple[str, ...]:
    """Why something does not apply, row by row."""
    note = np.full(found.estimate.shape, "", dtype=object)
    census = found.flat & np.isposinf(edge)
    note[found.deff != found.deff] = "no design effect: one row, or answers that do not vary"
    note[found.flat & found.bounded] = "nothing varies between clusters: Korn–Graubard interval"
    note[census] = "complete census: no sampling error"
    note[(df <= 0) & ~census] = "no degrees of freedom: no interval"
    note[np.isnan(found.estimate)] = "the denominator adds up to zero"
    note[(found.n == 0) & np.isnan(found.estimate)] = "no row of this domain has a value"
    return tuple(note.ravel().tolist())


def _remarks(request: Request, parts: list[Linear]) -> tuple[str, ...]:
    remarks = []
    lost = (
        request.domain < 0 if request.design.domain is None else (request.domain < 0) & request.design.domain
    )
    if lost.any():
        remarks.append(f"{int(lost.sum()):,} rows without a value of the by-columns belong to no domain")
    remarks += [
        f"column {v.column!r}: none of the levels asked for is found in any row"
        for v in request.numerators
        if v.levels is not None and v.scores.size and not v.scores.any() and request.kind == "proportion"
    ]
    if any(((p.size <= p.count * (1 + 1e-9)) & (p.count > 0)).any() for p in parts):
        remarks.append("weights do not exceed the sample: design effect against sampling with replacement")
    return tuple(remarks)
