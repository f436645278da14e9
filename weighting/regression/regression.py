"""Linear and logistic regression: coefficients with their linearised covariance, and tests of terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from weighting import shown
from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, absent, applying, is_number, listed, rows_named
from weighting.estimation.estimates import Estimates
from weighting.estimation.grouping import grouping_of
from weighting.estimation.intervals import Confidence, wald
from weighting.estimation.study_variables import numeric
from weighting.frozen import freeze
from weighting.groups import Flags, Floats
from weighting.hypotheses.hypothesis_test import HypothesisTest, f_p, quadratic_form, t_p
from weighting.regression import fitting
from weighting.regression.leverage import influence
from weighting.regression.model_matrix import ModelMatrix, model_matrix
from weighting.variance.influence import Influence

FAMILIES = ("linear", "logistic")
DEGREES = ("residual", "domain", "design")


@dataclass(frozen=True, eq=False, repr=False)
class Regression:
    """A fitted regression.

    ``coefficients``: estimates with errors, intervals and joint covariance, one per regressor (``combine`` makes contrasts of
    them); ``terms``: names of the coefficients of each term; ``n`` rows that count and ``dropped`` rows in which a value is
    missing; ``df`` degrees of freedom; ``fitted`` means [rows of the design], NaN where a row does not count; ``dispersion``:
    variance of the residuals, in units of what the family has for each.
    """

    family: str
    outcome: str
    coefficients: Estimates
    terms: Mapping[str, tuple[str, ...]]
    n: int
    dropped: int
    df: float
    fitted: Floats
    dispersion: float
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self)

    def table(self) -> pd.DataFrame:
        """Coefficient, estimate, se, ci_low, ci_high, df, t, p, note; odds ratios with their limits for a logistic one."""
        table = self.coefficients.table().rename(columns={"statistic": "coefficient"})
        t = np.divide(table["estimate"], table["se"], out=np.full(len(table), np.nan), where=table["se"] > 0)
        table = table[["coefficient", "estimate", "se", "ci_low", "ci_high", "df"]].assign(
            t=t, p=t_p(t, table["df"].to_numpy())
        )
        if self.family == "logistic":
            with np.errstate(over="ignore"):
                table = table.assign(
                    **{
                        name: np.exp(table[of])
                        for name, of in zip(ODDS, ("estimate", "ci_low", "ci_high"), strict=True)
                    }
                )
        return table.assign(note=list(self.coefficients.note))

    def covariance(self) -> pd.DataFrame:
        """Covariance [p, p] of the coefficients."""
        return self.coefficients.covariance()

    def test(self, terms: str | Sequence[str]) -> HypothesisTest:
        """Wald's F test that all coefficients of one term, or of several together, are zero; a coefficient's name is a term too.

        >>> from weighting import Design
        >>> d = Design({"y": [1.0, 2, 4, 5, 7, 6], "x": [1, 2, 3, 4, 5, 6], "g": list("ababab")})
        >>> d.regression("y", ["x", "g"]).test("g").sentences()
        ['Wald test, g: F(1, 3) = 4.708, p = 0.1185']
        """
        named = listed(terms)
        keys = list(self.coefficients.keys())
        problems = absent("term", named, [*self.terms, *keys]) if named else ["terms: none are named"]
        DesignError.raise_any(problems)
        wanted = [c for name in named for c in self.terms.get(name, (name,))]
        places = [keys.index(c) for c in dict.fromkeys(wanted)]
        return self._wald([" + ".join(map(str, named))], [places])

    @cached_property
    def tests(self) -> HypothesisTest:
        """Wald's F test of every term."""
        keys = list(self.coefficients.keys())
        return self._wald(list(self.terms), [[keys.index(c) for c in names] for names in self.terms.values()])

    def _wald(self, names: list[str], places: list[list[int]]) -> HypothesisTest:
        covariance = self.covariance().to_numpy()
        b = self.coefficients.estimate
        ndf = np.array([float(len(at)) for at in places])
        ddf = np.full(len(places), self.df)
        f = np.array([quadratic_form(b[at], covariance[np.ix_(at, at)]) for at in places]) / ndf
        singular = "the term's covariance is singular: too few clusters, or no sampling error"
        note = np.select([ddf <= 0, np.isnan(f)], ["no degrees of freedom: no test", singular], "")
        p = np.where(note == "", f_p(f, ndf, ddf), np.nan)
        labels = pd.DataFrame({"term": names})
        n = np.full(len(places), float(self.n))
        return HypothesisTest(labels, "Wald test", "F", f, ndf, ddf, p, n, tuple(note.tolist()))

    def __repr__(self) -> str:
        return shown.as_text(self._title(), self._printed(), self._below(), len(self.coefficients))

    def _repr_html_(self) -> str:
        return shown.as_html(self._title(), self._printed(), self._below(), len(self.coefficients))

    def _title(self) -> str:
        terms = ", ".join(self.terms) or "nothing but the intercept"
        lost = f" ({self.dropped:,} dropped: values missing)" if self.dropped else ""
        return f"{self.family} regression of {self.outcome} on {terms}: {self.n:,} rows{lost}, df {self.df:g}"

    def _printed(self) -> pd.DataFrame:
        table = self.table().drop(columns="df").head(shown.MOST_ROWS)
        for name in table.columns.intersection(["estimate", "se", "ci_low", "ci_high", "t", *ODDS]):
            table[name] = shown.significant(table[name])
        table["p"] = shown.p_values(table["p"].to_numpy())
        return table.drop(columns=[] if any(table["note"]) else "note")

    def _below(self) -> list[str]:
        """Tests of terms with several coefficients, and remarks."""
        several = [len(names) > 1 for names in self.terms.values()]
        sentences = self.tests.sentences() if any(several) else []
        return [*(s for s, more in zip(sentences, several, strict=False) if more), *self.remarks]


#: Columns of a logistic regression's table beside the coefficients.
ODDS = ("odds_ratio", "odds_low", "odds_high")


def regression(  # noqa: PLR0913
    design: SampleDesign,
    y: str,
    x: str | Sequence[str | tuple[str, ...]],
    *,
    family: str = "linear",
    categorical: str | Sequence[str] | None = None,
    reference: Mapping[str, Any] | None = None,
    level: float = 0.95,
    df: str | float = "residual",
) -> Regression:
    """Regression of a column on others, in the domain of the design, over the rows in which all of them have a value.

    Args:
        y: numbers or truth values; for ``logistic`` between 0 and 1.
        x: names of columns; a tuple of names is their product: ``["unit", "sex", ("unit", "sex")]``. Columns of text and of
            categories become a column of 0 and 1 for each level but the reference.
        family: ``linear`` or ``logistic``.
        categorical: columns of numbers to be taken as categories.
        reference: reference level by column; the first level by default.
        level: confidence level.
        df: ``residual``: clusters less strata of the rows that count, plus one, less the number of coefficients (as R's
            ``svyglm``; fewer where leverage is made up for and weights are unequal); ``domain``: without the coefficients;
            ``design``: of the whole design; or a number.

    Raises:
        DesignError: unknown columns or levels, text in place of numbers, regressors that are combinations of others, or that
            tell the zeros of a logistic regression from its ones.

    >>> from weighting import Design
    >>> d = Design({"y": [1.0, 2, 4, 5, 7, 6], "x": [1, 2, 3, 4, 5, 6], "g": list("ababab")})
    >>> d.regression("y", ["x", "g"]).table()[["coefficient", "estimate", "se", "p"]].round(4).to_dict("records")
    [{'coefficient': '(intercept)', 'estimate': 0.25, 'se': 0.5224, 'p': 0.665},
     {'coefficient': 'x', 'estimate': 1.25, 'se': 0.1514, 'p': 0.0037},
     {'coefficient': 'g=b', 'estimate': -0.9167, 'se': 0.4225, 'p': 0.1185}]
    """
    if isinstance(y, (list, tuple)):
        raise DesignError("y: one column is needed")
    outcome = design.names([y])[0]
    _refuse(family, df)
    Confidence("wald", level, "design")
    target = numeric(grouping_of(design, None), outcome)
    sampled = design.weights > 0
    matrix = model_matrix(design, x, sampled & target.valid, categorical, reference)
    values, weights = target.rows()[matrix.used], design.weights[matrix.used]
    if family == "linear":
        fit = fitting.linear(matrix.x, values, weights)
    else:
        _refuse_outside(target.rows(), matrix.used, outcome, design.frame.index)
        fit = fitting.logistic(matrix.x, values, weights, matrix.names)
    degrees = _degrees(design, matrix, df)
    fitted = np.full(design.n, np.nan)
    fitted[matrix.used] = fit.means
    return Regression(
        family=family,
        outcome=str(outcome),
        coefficients=_coefficients(design, matrix, fit, level, degrees),
        terms={term: tuple(matrix.names[k] for k in at) for term, at in matrix.terms.items()},
        n=int(matrix.used.sum()),
        dropped=int(sampled.sum() - matrix.used.sum()),
        df=degrees,
        fitted=fitted,
        dispersion=_dispersion(family, values, fit.means, weights),
        remarks=matrix.remarks,
    )


def _refuse(family: Any, df: Any) -> None:
    number = is_number(df)
    problems = applying(
        (
            not number and (not isinstance(df, str) or df not in DEGREES),
            f"df: {df!r} is none of {DEGREES}, and no number",
        ),
        (number and not float(df) > 0, f"df: {df} is not positive"),
    )
    DesignError.raise_any(absent("family", [family], FAMILIES) + problems)


def _refuse_outside(values: Floats, used: Flags, outcome: Any, index: pd.Index) -> None:
    outside = used & ((values < 0) | (values > 1))
    if outside.any():
        raise DesignError(
            f"logistic: column {str(outcome)!r} lies outside 0 … 1 in {rows_named(outside, index, values)}"
        )
    for constant in (0, 1):
        if (values[used] == constant).all():
            raise DesignError(
                f"logistic: every value of {str(outcome)!r} is {constant}: there is nothing to explain"
            )


def _degrees(design: SampleDesign, matrix: ModelMatrix, df: str | float) -> float:
    if not isinstance(df, str):
        return float(df)
    if df == "design":
        return float(design.degf)
    spent = len(matrix.names) - 1 if df == "residual" else 0
    return design.weighted_degf(matrix.used) - spent


def _coefficients(
    design: SampleDesign, matrix: ModelMatrix, fit: fitting.Fitted, level: float, df: float
) -> Estimates:
    """The coefficients as estimates of the design: their influence values take the way of all others."""
    u = influence(design, matrix.used, fit)
    se = np.sqrt(np.maximum(np.diag(design.covariance_of(u, matrix.used)), 0))
    degrees, missing = np.full(se.size, df), np.full(se.size, np.nan)
    low, high = wald(fit.coefficients, se, degrees, level)
    note = np.where(se > 0, "", "no sampling error: a complete census, or nothing varies between clusters")
    note = note if df > 0 else np.full(se.size, "no degrees of freedom: no interval")
    return Estimates(
        labels=pd.DataFrame({"statistic": list(matrix.names)}),
        estimate=fit.coefficients,
        se=se,
        ci_low=low,
        ci_high=high,
        df=degrees,
        n=np.full(se.size, float(matrix.used.sum())),
        n_eff=missing,
        deff=missing,
        note=tuple(note.tolist()),
        level=level,
        source=partial(_influence, design, u),
        design_df=df,
        df_rule=df if df > 0 else "design",
    )


def _influence(design: SampleDesign, u: Floats) -> Influence:
    everyone = design.inside(np.zeros(design.n, dtype=np.intp))
    return design.residuals.influence(everyone, 1, [(u, None)])


def _dispersion(family: str, y: Floats, means: Floats, weights: Floats) -> float:
    """Weighted variance of the residuals, each over the standard deviation its family gives it."""
    rest = y - means
    if family == "logistic":
        spread = np.sqrt(means * (1 - means))
        rest = np.divide(
            rest, spread, out=np.zeros_like(rest), where=spread > 0
        )  # 0 and 1 but for rounding fit
    n, size = len(y), weights.sum()
    centre = (weights * rest).sum() / size
    return float(n / max(n - 1, 1) * (weights * (rest - centre) ** 2).sum() / size)
