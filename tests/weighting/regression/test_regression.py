"""Regression: by other routes, coding of categories, what cannot be fitted, and what it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from tests.weighting.r_reference import assert_same
from tests.weighting.second_set import design, survey
from weighting import Design, DesignError
from weighting.regression.fitting import FAR


def test_a_domain_mean_is_a_regression_coefficient() -> None:
    """Without an intercept's help: the mean of the reference, and differences from it, with their covariance."""
    d = design("govsat_raked")
    fit = d.regression("s1", "unit", categorical="unit")
    means = d.mean("s1", by="unit", df="design")
    levels = {"1": {"(intercept)": 1}} | {str(u): {"(intercept)": 1, f"unit={u}": 1} for u in range(2, 7)}
    again = fit.coefficients.combine(levels)
    assert_same(again.estimate, means.estimate)
    assert_same(again.se, means.se)
    joint = again.covariance().to_numpy()
    scale = np.outer(means.se, means.se)
    assert np.abs((joint - means.covariance().to_numpy()) / scale).max() < 1e-9


def test_an_intercept_alone_is_the_mean() -> None:
    for d in (design("govsat_raked"), Design(survey(), "w", "stratum", "psu", nest=True)):
        fit, mean = d.regression("s1", []), d.mean("s1")
        assert_same([fit.coefficients.estimate[0], fit.coefficients.se[0]], [mean.estimate[0], mean.se[0]])
        assert_same(fit.df, mean.df[0])
        assert repr(fit).startswith("linear regression of s1 on nothing but the intercept: 552 rows")


def test_without_weights_and_clusters_coefficients_are_least_squares() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(80, 2))
    y = 1 + x @ [0.5, -2.0] + rng.normal(size=80)
    fit = Design({"y": y, "a": x[:, 0], "b": x[:, 1]}).regression("y", ["a", "b"])
    theirs = sm.OLS(y, sm.add_constant(x)).fit()
    assert_same(fit.coefficients.estimate, theirs.params)
    robust = theirs.get_robustcov_results("HC0", use_t=True)
    assert_same(fit.coefficients.se, robust.bse * np.sqrt(80 / 79))
    assert fit.df == 77
    assert_same(fit.fitted, theirs.fittedvalues)


def test_logistic_coefficients_are_those_of_statsmodels() -> None:
    frame = survey().dropna(subset=["t1", "s3"])
    d = Design(frame, "w", "stratum", "psu", nest=True)
    fit = d.regression("t1", ["s3", "age"], family="logistic")
    x = sm.add_constant(frame[["s3", "age"]].to_numpy())
    theirs = sm.GLM(
        frame["t1"].to_numpy(), x, sm.families.Binomial(), freq_weights=frame["w"].to_numpy()
    ).fit(tol=1e-14)
    assert_same(fit.coefficients.estimate, theirs.params, 1e-8)
    table = fit.table()
    assert_same(table["odds_ratio"], np.exp(theirs.params), 1e-8)
    assert_same(table["odds_low"], np.exp(table["ci_low"]))


def test_shares_between_0_and_1_have_a_logistic_regression() -> None:
    """Its estimating equations hold: Σ w x (y − μ) = 0."""
    d = design("govsat_fpc")
    fit = d.regression("s1", ["sex", "age"], family="logistic")
    used = ~np.isnan(fit.fitted)
    rest = d.weights[used] * (survey()["s1"].to_numpy()[used] - fit.fitted[used])
    x = np.column_stack([np.ones(used.sum()), survey()[["sex", "age"]].to_numpy()[used]])
    assert np.abs(x.T @ rest).max() < 1e-8 * np.abs(x.T @ np.abs(rest)).max()


def test_any_reference_gives_the_same_fit() -> None:
    d = design("govsat_fpc")
    first = d.regression("s1", ["unit", "sex"], categorical="unit")
    other = d.regression("s1", ["unit", "sex"], categorical="unit", reference={"unit": 4})
    assert "unit=4" not in other.table()["coefficient"].tolist()
    assert "unit: reference 4" in other.remarks
    gap = first.coefficients.combine({"1 − 4": {"unit=4": -1}})
    row = other.table().set_index("coefficient").loc["unit=1"]
    assert_same([gap.estimate[0], gap.se[0]], [row["estimate"], row["se"]])
    assert_same(first.test("unit").statistic, other.test("unit").statistic)
    assert_same(first.fitted, other.fitted)


def test_text_categories_and_truth_values() -> None:
    frame = survey()
    words = frame.assign(
        place=frame["unit"].map(lambda u: f"tỉnh {u}"),
        kind=pd.Categorical(frame["age3"].map({1: "a", 2: "b", 3: "c"}), categories=list("zabc")),
        woman=(frame["sex"] == 2),
        perhaps=pd.Series([True, False, None] * 200 + [True], dtype=object),
    )
    d = Design(words, "w", "stratum", "psu", nest=True)
    fit = d.regression("s1", ["place", "kind", "woman", "perhaps"])
    assert fit.terms["place"] == tuple(f"place=tỉnh {u}" for u in range(2, 7))
    assert fit.terms["kind"] == ("kind=b", "kind=c")
    assert (fit.terms["woman"], fit.terms["perhaps"]) == (("woman",), ("perhaps",))
    assert "column 'kind': no row that counts is 'z'; left out" in fit.remarks
    numbers = d.regression("s1", ["unit", "woman"], categorical="unit")
    text = d.regression("s1", ["place", "woman"])
    assert_same(text.coefficients.estimate, numbers.coefficients.estimate)
    assert fit.n + fit.dropped == 601


def test_a_domain_is_a_domain_and_not_a_smaller_sample() -> None:
    d = design("govsat_fpc")
    inside = (survey()["unit"] == 2).to_numpy()
    fit = d.subset(inside).regression("s1", "sex")
    means = d.mean("s1", by=["unit", "sex"], df="design")
    gap = means.combine({"gap": {(2, 2, "s1"): 1, (2, 1, "s1"): -1}})
    row = fit.table().iloc[1]
    assert_same([row["estimate"], row["se"]], [gap.estimate[0], gap.se[0]])
    assert fit.n + fit.dropped == inside.sum()
    assert np.isnan(fit.fitted[~inside]).all()


def test_order_and_scale_of_rows_and_weights_change_nothing() -> None:
    frame = survey()
    turned = frame.sample(frac=1, random_state=1).assign(w=lambda f: f["w"] * 1e4)
    for family, outcome in (("linear", "s1"), ("logistic", "t1")):
        one, other = (
            Design(f, "w", "stratum", "psu", nest=True).regression(
                outcome, ["unit", "age"], family=family, categorical="unit"
            )
            for f in (frame, turned)
        )
        assert_same(one.coefficients.estimate, other.coefficients.estimate)
        assert_same(one.coefficients.se, other.coefficients.se)
        assert_same(one.dispersion, other.dispersion)


def test_regressors_far_from_zero_keep_their_digits() -> None:
    """Years, incomes: a shift and a scale of a regressor change its coefficient by that scale alone."""
    d = design("govsat_fpc").with_columns(
        pd.DataFrame({"year": 2000.0 + survey()["age"], "money": 1e7 * survey()["age"]})
    )
    for family, outcome in (("linear", "s1"), ("logistic", "t1")):
        plain = d.regression(outcome, ["age", "sex"], family=family).table().iloc[1]
        for column, scale in (("year", 1), ("money", 1e7)):
            other = d.regression(outcome, [column, "sex"], family=family).table().iloc[1]
            assert_same(np.array([other["estimate"], other["se"]]) * scale, plain[["estimate", "se"]], 1e-8)


def test_no_degrees_of_freedom_no_interval() -> None:
    d = Design({"y": [1.0, 2, 4], "x": [1.0, 2, 5], "z": [0.0, 1, 0], "c": [1, 2, 2]}, clusters="c")
    fit = d.regression("y", ["x", "z"])
    assert fit.df == -1
    table = fit.table()
    assert np.isnan(table[["ci_low", "ci_high", "p"]].to_numpy()).all()
    assert (table["note"] == "no degrees of freedom: no interval").all()
    assert fit.tests.note == ("no degrees of freedom: no test",) * 2


def test_more_coefficients_than_clusters_make_a_singular_test() -> None:
    rng = np.random.default_rng(9)
    d = Design(
        {"y": rng.normal(size=60), "g": np.repeat(list("abcdef"), 10), "c": np.tile([1, 2, 3], 20)},
        clusters="c",
    )
    test = d.regression("y", "g", df=5).test("g")
    assert np.isnan(test.p[0])
    assert "too few clusters" in test.note[0]


def test_what_it_shows() -> None:
    fit = design("govsat_fpc").regression("t1", ["unit", "sex"], family="logistic", categorical="unit")
    lines = repr(fit).splitlines()
    assert lines[0] == "logistic regression of t1 on unit, sex: 552 rows (49 dropped: values missing), df 36"
    assert lines[1].split() == [
        "coefficient", "estimate", "se", "ci_low", "ci_high", "t", "p", "odds_ratio", "odds_low", "odds_high",
    ]  # fmt: skip
    assert lines[-2].startswith("Wald test, unit: F(5, 36) = ")
    assert lines[-1] == "unit: reference 1"
    assert "<td>unit=2</td>" in fit._repr_html_()
    assert fit.tests.table()["term"].tolist() == ["unit", "sex"]


def test_it_cannot_be_changed() -> None:
    fit = design("govsat_fpc").regression("s1", "sex")
    with pytest.raises(ValueError, match="read-only"):
        fit.fitted[0] = 0
    with pytest.raises(AttributeError):
        fit.n = 0  # type: ignore[misc]


FAULTS: list[tuple[Any, str]] = [
    (lambda d: d.regression("s", "sex"), "unknown column 's'"),
    (lambda d: d.regression("s1", "sexx"), "unknown column 'sexx'; did you mean 'sex'?"),
    (lambda d: d.regression("s1", ["sex", ("unit", "agee")]), "unknown column 'agee'; did you mean 'age'?"),
    (lambda d: d.regression(["s1"], "sex"), "y: one column is needed"),
    (lambda d: d.regression("text", "sex"), "column 'text': not a number in row 0"),
    (lambda d: d.regression("s1", "sex", family="probit"), "unknown family 'probit'"),
    (lambda d: d.regression("s1", "sex", df="x"), "df: 'x' is none of"),
    (lambda d: d.regression("s1", "sex", df=0), "df: 0 is not positive"),
    (lambda d: d.regression("s1", "sex", level=0), "level: 0 does not lie between 0 and 1"),
    (lambda d: d.regression("s1", ["sex", "sex"]), "x: 'sex' is named twice"),
    (lambda d: d.regression("s1", ["sex", ()]), "x: a term without columns"),
    (lambda d: d.regression("s1", "sex", categorical="unit"), "categorical: column 'unit' is no regressor"),
    (lambda d: d.regression("s1", "sex", categorical="unitt"), "unknown column 'unitt'"),
    (lambda d: d.regression("s1", "unit", reference={"unit": 2}), "column 'unit' is no categorical regressor"),
    (lambda d: d.regression("s1", "unit", categorical="unit", reference={"unit": 9}), "unknown level '9'"),
    (lambda d: d.regression("s1", "unit", reference="unit"), "reference: {column: level} is needed"),
    (lambda d: d.regression("s1", "one"), "x: 'one' is a combination of '(intercept)' in the rows that count"),
    (lambda d: d.regression("s1", "zero"), "x: 'zero' is 0 in every row that counts"),
    (lambda d: d.regression("s1", ["sex", "age", "both"]), "x: 'both' is a combination of 'sex', 'age'"),
    (lambda d: d.regression("s1", "same"), "x: column 'same' has one level only among the rows that count ('x')"),
    (lambda d: d.regression("s1", "blank"), "no row has a value in every column"),
    (lambda d: d.regression("blank", "sex"), "no row has a value in every column"),
    (lambda d: d.regression("s1", "rid", categorical="rid"), "column 'rid' has 552 levels: is it a number?"),
    (lambda d: d.regression("s1", "lists"), "column 'lists'"),
    (lambda d: d.regression("s1", "when"), "column 'when': not a number in row 0"),
    (lambda d: d.regression("q1", "sex", family="logistic"), "logistic: column 'q1' lies outside 0 … 1 in row"),
    (lambda d: d.regression("one", "sex", family="logistic"), "every value of 'one' is 1"),
    (lambda d: d.regression("zero", "sex", family="logistic"), "every value of 'zero' is 0"),
    (lambda d: d.regression("t1", "told", family="logistic"), "'told' tell zeros from ones without error"),
    (lambda d: d.regression("t1", ["sex", "half"], family="logistic"), "'half' tell zeros from ones without error"),
    (lambda d: d.regression("t1", ["age", "part"], family="logistic"), "'part=c' tell zeros from ones"),
    (lambda d: d.regression("s1", "sex").test("age"), "unknown term 'age'"),
    (lambda d: d.regression("s1", "sex").test([]), "terms: none are named"),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "words"), FAULTS, ids=[words[:45] for _, words in FAULTS])
def test_mistakes_are_named(ask: Any, words: str) -> None:
    frame = survey()
    rng = np.random.default_rng(6)
    part = np.where(frame["t1"] == 1, rng.choice(list("abc"), 601), rng.choice(list("ab"), 601))
    more = pd.DataFrame(
        {
            "one": 1,
            "zero": 0,
            "both": 2 * frame["sex"] - 3 * frame["age"],
            "same": "x",
            "text": ["a", "b"] * 300 + ["c"],
            "blank": np.nan,
            "lists": [[1]] * 601,
            "when": pd.date_range("2020-01-01", periods=601),
            "told": frame["t1"].fillna(0) * 3
            + rng.uniform(size=601),  # ones above, zeros below, nothing between
            "half": np.where(
                (frame["t1"] == 1) & (frame["rid"] % 9 == 0), 1.0, 0.0
            ),  # where it is 1 all are ones
            "part": part,
        }
    )
    with pytest.raises(DesignError) as error:
        ask(design("govsat_fpc").with_columns(more))
    assert words in str(error.value)


def test_a_large_but_finite_coefficient_is_no_separation() -> None:
    """One zero among the ones, just beyond a wide gap: shares of rows far out are 1 but for 1e-20, and the estimate exists."""
    x = np.concatenate([np.linspace(-3, -1, 500), np.linspace(1, 30, 500), [1.1]])
    y = np.concatenate([np.zeros(500), np.ones(500), [0.0]])
    fit = Design({"x": x, "y": y}).regression("y", "x", family="logistic")
    b = fit.coefficients.estimate
    assert b[0] + 30 * b[1] > FAR
    theirs = sm.Logit(y, sm.add_constant(x)).fit(disp=0, tol=1e-14, maxiter=200)
    assert_same(b, theirs.params, 1e-6)
    steep = Design({"x": x * 1e-3, "y": y}).regression("y", "x", family="logistic")
    assert_same(steep.coefficients.estimate[1], 1e3 * b[1], 1e-8)


def test_a_boundary_with_rows_of_both_kinds_is_separation_too() -> None:
    """All below are zeros, all above ones, and at the boundary both: quasi-complete."""
    with pytest.raises(DesignError, match="'x' tell zeros from ones"):
        Design({"x": [1.0, 2, 3, 3, 4, 5], "y": [0, 0, 0, 1, 1, 1]}).regression("y", "x", family="logistic")
