"""Relative importance as R gives it: R² of `lm` over all orders, errors from the covariance of `svyvar`.

Script, versions and raw output: tests/reference/shapley. R's derivatives are numerical (Richardson), good to about 1e-10.
"""

import numpy as np
import pytest

from tests.weighting.r_reference import assert_same, results
from tests.weighting.second_set import design

R = results("shapley")
FACTORS = {"two": ["q1", "q2"], "five": ["q1", "q2", "q3", "q4", "q5"]}
CASES = sorted({case for case, _ in R})


def theirs(case: str, part: str) -> np.ndarray:
    return np.atleast_1d(R[case, part]).ravel()


@pytest.mark.parametrize("case", CASES)
def test_shares_and_errors_are_those_of_r(case: str) -> None:
    sample, model, part = case.split("/")
    factors = FACTORS[model]
    by, place = (None, 0) if part == "all" else ("unit", 1)
    found = design(f"govsat_{sample}").relative_importance("q6", factors, by)
    at = slice(place * len(factors), (place + 1) * len(factors))
    assert found.n[place] == theirs(case, "n")[0]
    assert_same(found.r2.estimate[place], theirs(case, "r2")[0])
    assert_same(found.shares.estimate[at], theirs(case, "shares"))
    assert_same(found.portions.estimate[at], theirs(case, "portions"))
    errors = [found.r2.se[[place]], found.shares.se[at], found.portions.se[at]]
    assert_same(np.concatenate(errors), theirs(case, "se"))


def test_every_case_has_every_part() -> None:
    assert len(CASES) == 16
    assert {part for _, part in R} == {"n", "r2", "shares", "portions", "se"}
    assert len(R) == 16 * 5
