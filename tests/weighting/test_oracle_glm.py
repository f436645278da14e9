"""Every number of R's svyglm and regTermTest: linear 1e-9; logistic 1e-9 for coefficients, 1e-8 for errors, where R stops short.

R's dispersion is not one number of the sample: it is multiplied by the mean weight of the rows that count over that of all rows
(by the sums of these weights where the design was raked). Ours is the plain one; both are compared through that factor.
"""

from typing import Any

import numpy as np
import pytest

from tests.weighting.r_reference import assert_same, assert_same_covariance, matrix, second_set, vector
from tests.weighting.second_set import design, numbers
from weighting import Regression

CASES = second_set("glm")
FITS = [name for name in CASES if "Wald test" not in name]
TESTS = [name for name in CASES if "Wald test" in name]

#: glm() leaves weights of the last but one round in its covariance: the largest distance of R's errors from ours.
R_STOPS = 1e-8


def fitted(name: str, **options: Any) -> Regression:
    """The regression that an R formula asks for."""
    of, formula = name.split("/", 1)
    family, formula = formula.split(" ", 1)
    outcome, right = formula.split(" ~ ")
    x: list[Any] = [term.removeprefix("factor(").removesuffix(")") for term in right.split(" + ")]
    if "*" in right:
        x = ["unit", "sex", ("unit", "sex")]
    factors = ["unit"] if "factor(unit)" in right else None
    family = {"gaussian": "linear", "quasibinomial": "logistic"}[family]
    return design(of).regression(outcome, x, family=family, categorical=factors, **options)


def tolerances(name: str) -> tuple[float, float, float]:
    """Relative of errors and statistics, absolute of limits near 0, relative of p-values: exp(−t²/2) at heart, they amplify."""
    return (R_STOPS, R_STOPS, 1e-6) if "quasibinomial" in name else (1e-9, 1e-12, 1e-9)


@pytest.mark.parametrize("name", FITS)
def test_fits(name: str) -> None:
    theirs, ours = CASES[name]["expect"], fitted(name)
    relative, absolute, of_p = tolerances(name)
    table = ours.table()
    assert_same(table["estimate"], numbers(theirs["coef"]))
    assert_same(table["se"], numbers(theirs["se"]), relative)
    assert_same_covariance(ours.covariance(), matrix(theirs["vcov"]), relative)
    assert (table["df"] == theirs["df.residual"]).all()
    assert_same(table["t"], numbers(theirs["t"]), relative)
    assert_same(table["p"], numbers(theirs["p"]), of_p, absolute=0.0)
    limits = ["ci_low", "ci_high"]
    for key, options in (
        ("confint95_default", {}),
        ("confint90_default", {"level": 0.9}),
        ("confint95_degf", {"df": "domain"}),
    ):
        assert_same(fitted(name, **options).table()[limits], matrix(theirs[key]), relative, absolute)
    assert fitted(name, df="domain").df == theirs["degf_design"]
    assert ours.n == theirs["n"]
    check_dispersion(name, ours, theirs)


def check_dispersion(name: str, ours: Regression, theirs: dict[str, Any]) -> None:
    of = name.split("/")[0]
    weights = design(of).weights
    used, inside = ~np.isnan(ours.fitted), weights > 0
    assert_same(weights[used].sum(), theirs["weights_sum"])
    mean = np.sum if of == "govsat_raked" else np.mean
    factor = mean(weights[used]) / mean(weights[inside])
    assert_same(ours.dispersion * factor, theirs["dispersion"])


@pytest.mark.parametrize("name", TESTS)
def test_terms(name: str) -> None:
    theirs = CASES[name]["expect"]
    of, what = name.split("/")
    family, _, term = what.partition(" Wald test of ")
    outcome = "s1" if family == "gaussian" else "t1"
    whole = "sex + age" if of == "govsat_fpc_unit2" else "factor(unit) + sex + age"
    test = fitted(f"{of}/{family} {outcome} ~ {whole}").test("unit" if term == "factor(unit)" else term)
    relative, _, of_p = tolerances(name)
    assert_same(test.statistic, vector(theirs["F"]), relative)
    assert (test.ndf[0], test.ddf[0]) == (theirs["df"], theirs["ddf"])
    assert_same(test.p, vector(theirs["p"]), of_p, absolute=0.0)


def test_no_case_is_left_out() -> None:
    assert len(CASES) == 66
    keys = {key for name in FITS for key in CASES[name]["expect"]}
    compared = {
        "coef", "se", "vcov", "df.residual", "degf_design", "t", "p", "dispersion", "n", "weights_sum",
        "confint95_default", "confint95_degf", "confint90_default",
    }  # fmt: skip
    assert keys == compared
    assert {key for name in TESTS for key in CASES[name]["expect"]} == {
        "F",
        "chisq",
        "df",
        "ddf",
        "p",
        "test.terms",
    }
    assert all(CASES[name]["expect"]["chisq"] is None for name in TESTS)
