"""Estimates by domain with everything needed to judge and to combine them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from weighting import shown
from weighting.errors import DesignError, absent, is_number, unknown
from weighting.estimation.degrees import of_combinations
from weighting.estimation.delta_method import differentiated
from weighting.estimation.intervals import Confidence
from weighting.frozen import freeze, hands_out_copies
from weighting.groups import Flags, Floats
from weighting.variance.influence import Influence

#: Names of p-value adjustments: R's on the left, statsmodels' on the right.
ADJUSTMENTS = {
    "holm": "holm",
    "bonferroni": "bonferroni",
    "hochberg": "simes-hochberg",
    "hommel": "hommel",
    "BH": "fdr_bh",
    "BY": "fdr_by",
}

#: Why an estimate has no standard error although its formula gives 0.
ONE_CLUSTER = "one cluster that is not completely taken: no standard error can be seen, no interval"
#: What is said of every combination for which nothing else has to be said.
COMBINATION = "combination: n, n_eff, deff do not apply"
#: What makes an estimate of zero error exact.
EXACT = "complete census: no sampling error"

#: The numbers of a table, in the order of its columns.
NUMBERS = ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_eff", "deff")


@hands_out_copies("labels")
@dataclass(frozen=True, eq=False, repr=False)
class Estimates:
    """Estimates with standard errors, intervals and their joint covariance; K rows, one per domain and statistic.

    ``labels`` holds the by-columns and the statistic of each row; ``estimate``, ``se``, ``ci_low``, ``ci_high``,
    ``df``, ``n`` (rows with a value), ``n_eff`` (n / deff) and ``deff`` (variance over that of a simple random
    sample without replacement of the same size from Σ w) are arrays [K]. ``note`` [K] says why something does not
    apply. ``domain_df`` [K]: clusters less strata of each row's domain, whatever ``df`` goes by; ``within``: the range
    that values were declared to lie in. Results are frozen: nothing done to one changes another, or the design.
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
    df_rule: str | float = "domain"
    domain_df: Floats | None = None
    within: tuple[float, float] | None = None
    span: Callable[[Flags], Floats] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in NUMBERS:
            object.__setattr__(self, name, np.array(getattr(self, name), dtype=float))
        own = self.df if self.domain_df is None else np.array(self.domain_df, dtype=float)
        object.__setattr__(self, "domain_df", own)
        freeze(self)

    def __len__(self) -> int:
        return self.estimate.size

    def table(self) -> pd.DataFrame:
        """By-columns, statistic, estimate, se, ci_low, ci_high, df, n, n_eff, deff, note: a fresh frame [K rows]. Intervals are
        pointwise: each covers its own row at the level, not all rows at once."""
        numbers = {name: np.array(getattr(self, name)) for name in NUMBERS}
        table = self.labels.assign(**numbers, note=list(self.note))
        return table.astype({"n": "int64"}) if np.isfinite(self.n).all() else table

    @cached_property
    def _source(self) -> Influence | Floats:
        if self.source is None:
            raise DesignError("these estimates carry no covariance")
        return self.source()

    @cached_property
    def _covariance(self) -> Floats:
        found = self._source.covariance() if isinstance(self._source, Influence) else np.array(self._source)
        own = np.sqrt(np.maximum(np.diag(found), 0))
        scale = np.divide(self.se, own, out=np.zeros_like(own), where=(own > 0) & (self.se > 0))
        if np.abs(scale[own > 0] - 1).max(initial=0) > 1e-6:  # a policy that looks at each domain's strata
            found = found * np.outer(scale, scale)
        missing = np.isnan(self.se)
        np.fill_diagonal(found, self.se**2)
        found[missing, :] = found[:, missing] = np.nan
        found.flags.writeable = False
        return found

    def covariance(self) -> pd.DataFrame:
        """Covariance [K, K] over all rows of the table, labelled like it.

        The diagonal is ``se²``. Where a policy for single clusters looks at the strata of each domain ("average",
        or ``lonely_domains``), the correlations are those on the whole design.
        """
        by = self.labels.shape[1] > 1
        names = pd.MultiIndex.from_frame(self.labels) if by else pd.Index(self.keys())
        return pd.DataFrame(np.array(self._covariance), index=names, columns=names)

    def keys(self) -> list[Hashable]:
        """The name of each row: its statistic, or (by…, statistic)."""
        return _row_names(self.labels)

    def combine(
        self,
        combinations: Mapping[str, Mapping[Any, float]],
        interval: str = "wald",
        level: float | None = None,
        df: str | float | None = None,
        within: tuple[float, float] | None = None,
    ) -> Estimates:
        """Linear combinations of rows: {"name": {row: coefficient}}, with their joint covariance.

        A row is named by its statistic; by (by…, statistic); or by the by-values alone where there is only one
        statistic. ``df``: by default as the rows' own; "domain" is Welch's formula over the domains (never more than the
        clusters less strata that they reach together), "satterthwaite" weighs the strata by their part in the
        combination's variance. ``within``: the range of the combinations, for intervals that keep to it.

        >>> from weighting import Design
        >>> d = Design({"y": [1.0, 2, 4, 5], "h": ["a", "a", "b", "b"]})
        >>> gap = d.mean("y", by="h").combine({"gap": {"b": 1, "a": -1}})
        >>> gap.estimate.tolist(), gap.se.round(4).tolist(), gap.df.tolist()
        ([3.0], [0.5774], [2.0])
        """
        _refuse_combinations(combinations)
        weights = self._coefficients(combinations)
        own, degrees = self.level if level is None else level, self.df_rule if df is None else df
        labels = pd.DataFrame({"statistic": list(combinations)})
        return self._combined(
            weights, self._sums(weights), labels, Confidence(interval, own, degrees, within)
        )

    def linear(
        self,
        weights: Floats,
        labels: pd.DataFrame,
        interval: str = "wald",
        level: float = 0.95,
        df: str | float | None = None,
    ) -> Estimates:
        """The combinations weights′θ, ``weights`` [K, q], named by ``labels`` [q rows, with a statistic column]."""
        confidence = Confidence(interval, level, self.df_rule if df is None else df)
        return self._combined(weights, self._sums(weights), labels, confidence)

    def _sums(self, weights: Floats) -> Floats:
        """The combinations [q] of the estimates."""
        parts = np.where(weights != 0, weights * self.estimate[:, None], 0.0)
        return np.asarray(parts.sum(axis=0), dtype=float)

    def nonlinear(
        self,
        functions: Mapping[str, Callable[[Mapping[Any, Any]], Any]],
        interval: str = "wald",
        level: float | None = None,
        df: str | float | None = None,
    ) -> Estimates:
        """Smooth functions of rows by the delta method: {"name": function}, with their joint covariance.

        A function takes the rows by name, as in :meth:`combine`, and returns one number: sums, products, quotients, powers
        and numpy's exp, log, sqrt and the like. Derivatives are exact to rounding (complex steps).

        Raises:
            DesignError: functions that cannot be differentiated so (abs, max, comparisons), or ask for an unknown row.

        >>> from weighting import Design
        >>> e = Design({"y": [1.0, 2, 4, 5], "x": [1.0, 1, 2, 3]}).total(["y", "x"])
        >>> r = e.nonlinear({"y/x": lambda t: t["y"] / t["x"]})
        >>> bool(np.isclose(r.se[0], Design({"y": [1.0, 2, 4, 5], "x": [1.0, 1, 2, 3]}).ratio("y", "x").se[0]))
        True
        """
        value, slopes = differentiated(functions, self.estimate, self._places)
        labels = pd.DataFrame({"statistic": list(functions)})
        own = self.df_rule if df is None else df
        confidence = Confidence(interval, self.level if level is None else level, own)
        return self._combined(slopes, value, labels, confidence)

    def _combined(
        self, weights: Floats, estimate: Floats, labels: pd.DataFrame, confidence: Confidence
    ) -> Estimates:
        """Functions of the rows with these values [q] and derivatives [K, q]."""
        used = weights != 0
        known = np.where(np.isnan(self._covariance), 0.0, self._covariance)
        lost = (used & np.isnan(self.se)[:, None]).any(axis=0)
        se = np.where(lost, np.nan, np.sqrt(np.maximum(((known @ weights) * weights).sum(axis=0), 0)))
        source = partial(_joint, self._source, known, weights)
        own = self._welch(weights)
        degrees = self._degrees(confidence.df, source, own)
        n = np.where(used, np.where(np.isnan(self.n), np.inf, self.n)[:, None], np.inf).min(axis=0)
        flat = (se == 0) & (confidence.interval != "wald")
        low, high = confidence.limits(estimate, se, degrees, n, flat)
        still = used & ((self.se == 0) & (self.ci_high > self.ci_low))[:, None]
        unseen = (se == 0) & still.any(axis=0) & (confidence.interval == "wald")
        exact = (se == 0) & ~unseen & ~still.any(axis=0)
        low, high = np.where(exact, estimate, low), np.where(exact, estimate, high)
        missing = np.full(se.size, np.nan)
        span = None if self.span is None else partial(_span_of, self.span, used)
        return Estimates(
            labels, estimate, se, np.where(unseen, np.nan, low), np.where(unseen, np.nan, high),
            degrees, missing, missing, missing, self._notes(used, lost, still, degrees),
            confidence.interval, confidence.level, self.remarks, source, self.design_df, confidence.df,
            own, confidence.within, span,
        )  # fmt: skip

    def _notes(self, used: Flags, lost: Flags, still: Flags, degrees: Floats) -> tuple[str, ...]:
        """Why something does not apply to combinations [q] of the rows ``used`` [K, q]: ``lost`` [q] have one without standard
        error, in ``still`` [K, q] nothing varies, ``degrees`` [q] of freedom."""
        names, exact = self._short_names(), (self.se == 0) & (self.ci_high == self.ci_low)
        whole = used.any(axis=0) & (exact[:, None] | ~used).all(axis=0)
        notes = np.where(degrees <= 0, "no degrees of freedom: no interval", COMBINATION).tolist()
        for q in np.flatnonzero(lost | still.any(axis=0) | whole):
            rows, unmoved = np.flatnonzero(used[:, q]), np.flatnonzero(still[:, q])
            if lost[q]:
                gone = rows[np.isnan(self.se[rows])][0]
                notes[q] = f"no standard error: {names[gone]!r}: {self.note[gone] or 'none is known'}"
            elif unmoved.size:
                of = ", ".join(repr(names[k]) for k in unmoved[:3])
                ends = "no interval" if (self.se[rows] == 0).all() else "its error counts as 0"
                notes[q] = f"nothing varies in {of}: {ends}"
            else:
                notes[q] = EXACT if all(self.note[k] == EXACT for k in rows) else "no part of it varies"
        return tuple(notes)

    def _welch(self, weights: Floats) -> Floats:
        """Degrees of freedom [q] of combinations of domains: :mod:`weighting.estimation.degrees`."""
        by = self.labels.drop(columns="statistic")
        place = np.zeros(len(self), dtype=np.intp)
        if by.shape[1]:
            place = np.asarray(by.groupby(list(by.columns), sort=False, dropna=False).ngroup(), dtype=np.intp)
        found = of_combinations(weights, self._covariance, self._domain_df, place)
        together = self.design_df if self.span is None else self.span(weights != 0)
        return np.minimum(found, np.minimum(together, self.design_df))

    @property
    def _domain_df(self) -> Floats:
        return self.df if self.domain_df is None else self.domain_df

    def _degrees(self, rule: str | float, source: Callable[[], Influence | Floats], welch: Floats) -> Floats:
        """Degrees of freedom [q] of combinations with this joint influence."""
        if rule == "satterthwaite":
            found = by_strata(source())
            return np.where(np.isnan(found), welch, found)
        if rule == "domain":
            return welch
        return np.full(welch.size, self.design_df if isinstance(rule, str) else float(rule))

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
        DesignError.raise_any(problems)
        return weights

    @cached_property
    def _places(self) -> dict[Hashable, int]:
        """Row numbers by every name a row goes by."""
        by = self.labels.drop(columns="statistic")
        places: dict[Hashable, int] = {}
        if by.shape[1] and self.labels["statistic"].nunique() == 1:
            places.update({key: i for i, key in enumerate(by.itertuples(index=False, name=None))})
            places.update({key: i for i, key in enumerate(_row_names(by))})
        return places | {key: i for i, key in enumerate(self.keys())}

    def pairwise(
        self, adjust: str = "holm", level: float | None = None, df: str | float | None = None
    ) -> pd.DataFrame:
        """Differences of all pairs of rows of the same statistic, with t-tests and adjusted p-values.

        Columns: first, second, statistic, estimate, se, ci_low, ci_high, df, t, p, p_adjusted (over all pairs), note (why
        there is no standard error or interval).
        ``adjust``: holm, bonferroni, hochberg, hommel, BH, BY or none (statsmodels' ``multipletests``).

        >>> from weighting import Design
        >>> d = Design({"y": [1.0, 2, 4, 5], "h": ["a", "a", "b", "b"]})
        >>> d.mean("y", by="h").pairwise()[["first", "second", "estimate"]].to_dict("records")
        [{'first': 'a', 'second': 'b', 'estimate': -3.0}]
        """
        DesignError.raise_any(absent("adjustment", [adjust], (*ADJUSTMENTS, "none")))
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
        plain = np.array(gap.note) == COMBINATION
        return table.assign(p=p, p_adjusted=adjusted_p(p, adjust), note=np.where(plain, "", gap.note))

    def _pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The rows of each pair: any two of a table without by-columns, else two of the same statistic."""
        first, second = np.triu_indices(len(self), 1)
        if self.labels.shape[1] == 1:
            return first, second
        statistic = pd.factorize(self.labels["statistic"])[0]
        same = statistic[first] == statistic[second]
        return first[same], second[same]

    def _short_names(self) -> list[Hashable]:
        """The by-values of all rows where they tell them apart, else their keys."""
        return self._short(np.arange(len(self))) if self.labels["statistic"].nunique() == 1 else self.keys()

    def _short(self, rows: NDArray[np.intp]) -> list[Hashable]:
        """The by-values of some rows; their statistic without by-columns."""
        by = self.labels.drop(columns="statistic")
        return _row_names((by if by.shape[1] else self.labels).iloc[rows])

    def __repr__(self) -> str:
        return shown.as_text(self._title(), self._printed(), self.remarks, len(self))

    def _repr_html_(self) -> str:
        return shown.as_html(self._title(), self._printed(), self.remarks, len(self))

    def _title(self) -> str:
        df = self.df_rule if isinstance(self.df_rule, str) else f"{self.df_rule:g}"
        return (
            f"{len(self):,} estimates, {100 * self.level:g} % {self.interval} intervals (pointwise), df: {df}"
        )

    def _printed(self) -> pd.DataFrame:
        table = self.table().head(shown.MOST_ROWS)
        for name in ("estimate", "se", "ci_low", "ci_high"):
            table[name] = shown.significant(table[name])
        for name, digits in (("df", 1), ("n", 0), ("n_eff", 1), ("deff", 2)):
            table[name] = shown.decimals(table[name], digits)
        return table.drop(columns=[] if any(table["note"]) else "note")


def _joint(source: Influence | Floats, covariance: Floats, weights: Floats) -> Influence | Floats:
    """The joint influence of combinations ``weights`` [K, q], or their covariance [q, q] where no influence is kept."""
    return source.linear(weights) if isinstance(source, Influence) else weights.T @ covariance @ weights


def _span_of(span: Callable[[Flags], Floats], used: Flags, again: Flags) -> Floats:
    """Clusters less strata [r] under combinations ``again`` [q, r] of combinations ``used`` [K, q]."""
    return span((used.astype(float) @ again.astype(float)) > 0)


def _row_names(labels: pd.DataFrame) -> list[Hashable]:
    """The only label of each row, or all of them as a tuple."""
    several = labels.shape[1] > 1
    return list(labels.itertuples(index=False, name=None) if several else labels.iloc[:, 0])


def _refuse_combinations(combinations: Any) -> None:
    """Stop where combinations are not {"name": {row: coefficient}}."""
    if not isinstance(combinations, Mapping) or not combinations:
        raise DesignError('combinations: {"name": {row: coefficient}} is needed')
    DesignError.raise_any(
        f"{name}: {{row: coefficient}} is needed, here is {terms!r:.60}"
        for name, terms in combinations.items()
        if not isinstance(terms, Mapping) or not terms
    )


def by_strata(source: Influence | Floats) -> Floats:
    """Satterthwaite's degrees of freedom [K] of estimates with this joint influence."""
    if not isinstance(source, Influence):
        raise DesignError(
            "df='satterthwaite' needs the strata's parts of the variance, which replicates do not keep"
        )
    return source.satterthwaite()


def labels_of(domains: pd.DataFrame | None, n_domains: int, names: Sequence[str]) -> pd.DataFrame:
    """By-columns and statistic of every row: domains vary slowest."""
    labels = pd.DataFrame({"statistic": list(names) * n_domains})
    if domains is None:
        return labels
    repeated = domains.loc[domains.index.repeat(len(names))].reset_index(drop=True)
    return pd.concat([repeated, labels], axis=1)


def two_sided_p(t: Floats, df: Floats) -> Floats:
    """Two-sided p-values of t statistics (df infinite: normal).

    >>> two_sided_p(np.array([1.959964]), np.array([np.inf])).round(4).tolist()
    [0.05]
    """
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
