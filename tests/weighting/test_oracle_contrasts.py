"""R's svyby with covariance, svycontrast (linear and nonlinear) and svyratio, on items of the same respondents."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.weighting.r_reference import assert_same, assert_same_covariance, matrix, second_set, vector
from tests.weighting.second_set import design
from weighting import Estimates

CASES = second_set("contrasts")
R_CHOICE: dict[str, Any] = {"df": "design"}
SIX = [f"s{k}" for k in range(1, 7)]
COMPOSITE = dict(zip(SIX, (0.3, 0.2, 0.2, 0.1, 0.1, 0.1), strict=True))
Ask = Callable[[str, dict[str, Any]], Estimates]


def joint(items: list[str]) -> Ask:
    return lambda name, o: design(name).mean(items, listwise=True, **o)


def by(column: str, of: str) -> Ask:
    return lambda name, o: design(name).mean(of, by=column, **o)


def by_unit_two(name: str, o: dict[str, Any]) -> Estimates:
    return design(name).mean(["s1", "s2"], by="unit", listwise=True, **o)


def ratio_by(column: str) -> Ask:
    return lambda name, o: design(name).ratio("s1", "s3", by=column, **o)


def services(name: str, o: dict[str, Any]) -> Estimates:
    return design(name).total(["alive", "arrests"], **o)


def linear(ask: Ask, combinations: dict[str, dict[Any, float]]) -> Ask:
    return lambda name, o: ask(name, o).combine(combinations)


def nonlinear(ask: Ask, functions: dict[str, Callable[[Any], Any]]) -> Ask:
    return lambda name, o: ask(name, o).nonlinear(functions)


UNITS: dict[str, dict[Any, float]] = {
    "u1": {(1, "s1"): 1, (1, "s2"): -1},
    "u4": {(4, "s1"): 1, (4, "s2"): -1},
    "did": {(1, "s1"): 1, (1, "s2"): -1, (4, "s1"): -1, (4, "s2"): 1},
}
SEVERAL: dict[str, Callable[[Any], Any]] = {
    "logit": lambda t: np.log(t["s1"] / (1 - t["s1"])),
    "geo": lambda t: (t["s1"] * t["s2"] * t["s3"]) ** (1 / 3),
    "rel": lambda t: (t["s1"] - t["s2"]) / t["s2"],
    "lor": lambda t: np.log(t["s1"] / (1 - t["s1"])) - np.log(t["s2"] / (1 - t["s2"])),
}
QUESTIONS: dict[str, Ask] = {
    "joint_mean": joint(SIX),
    "by_unit_two": by_unit_two,
    "by_sex": by("sex", "s1"),
    "by_age_total": lambda name, o: design(name).total("t1", by="age3", **o),
    "lin_s1_s2": linear(joint(["s1", "s2"]), {"contrast": {"s1": 1, "s2": -1}}),
    "lin_composite": linear(joint(SIX), {"comp": COMPOSITE, "d14": {"s1": 1, "s4": -1}}),
    "lin_unit_items": linear(by_unit_two, UNITS),
    "lin_sex": linear(by("sex", "s1"), {"diff": {1: 1, 2: -1}, "half": {1: 0.5, 2: 0.5}}),
    "nl_ratio": nonlinear(joint(["s1", "s2"]), {"contrast": lambda t: t["s1"] / t["s2"]}),
    "nl_several": nonlinear(joint(["s1", "s2", "s3"]), SEVERAL),
    "nl_sex": nonlinear(by("sex", "t1"), {"contrast": lambda t: t[1] / t[2]}),
    "nl_sex_logrr": nonlinear(by("sex", "t1"), {"contrast": lambda t: np.log(t[1] / t[2])}),
    "ratio": lambda name, o: design(name).ratio(["s1", "s2"], "s3", listwise=True, **o),
    "ratio_by_unit": ratio_by("unit"),
    "ratio_by_sex_diff": linear(ratio_by("sex"), {"contrast": {1: 1, 2: -1}}),
}
OF_SERVICES: dict[str, Ask] = {
    "ratio": lambda name, o: design(name).ratio("alive", "arrests", **o),
    "nl": nonlinear(services, {"contrast": lambda t: t["alive"] / t["arrests"]}),
    "lin": linear(services, {"contrast": {"alive": 1, "arrests": -0.15}}),
}


def in_order_of_r(name: str, e: Estimates) -> np.ndarray:
    """R lists statistics slowest, this library domains slowest."""
    width = 2 if name.endswith("/by_unit_two") else 1
    return np.arange(len(e)).reshape(-1, width).T.ravel()


def asked(name: str, **options: Any) -> Estimates:
    of, question = name.split("/")
    return (OF_SERVICES if of.startswith("scd") else QUESTIONS)[question](of, options)


def numbers(kept: Any) -> np.ndarray:
    """A named vector, a matrix of one row or column, or a scalar."""
    if isinstance(kept, dict) and "rows" in kept:
        return matrix(kept).ravel()
    return vector(list(kept.values()) if isinstance(kept, dict) else kept)


def _ratios_of_totals(name: str) -> Estimates:
    """A second route to ``ratio``."""
    items = ["alive", "arrests"] if name.startswith("scd") else ["s1", "s2", "s3"]
    totals = design(name.split("/")[0]).total(items, listwise=True)
    return totals.nonlinear({top: _over(top, items[-1]) for top in items[:-1]})


def _over(top: str, bottom: str) -> Callable[[Any], Any]:
    return lambda t: t[top] / t[bottom]


@pytest.mark.parametrize("name", CASES)
def test_contrasts(name: str) -> None:
    e, theirs = asked(name, **R_CHOICE), CASES[name]["expect"]
    order = in_order_of_r(name, e)
    assert_same(e.estimate[order], numbers(theirs["est"]))
    assert_same(e.se[order], numbers(theirs["se"]))
    done = {"est", "se", "table"} & set(theirs)
    if "vcov" in theirs:
        covariance = e.covariance().to_numpy()[np.ix_(order, order)]
        expected = np.reshape(numbers(theirs["vcov"]), covariance.shape)
        if name.endswith("/ratio"):  # R has no covariance of two ratios: by the delta method on their totals
            expected = np.where(np.isnan(expected), _ratios_of_totals(name).covariance(), expected)
        assert_same_covariance(covariance, expected)
        done.add("vcov")
    if "df" in theirs:
        assert (e.df == theirs["df"]).all()
        done.add("df")
    for key, df in (("ci95_z", np.inf), ("ci95_t", "design")):
        if key in theirs:
            found = asked(name, df=df)
            assert_same(np.column_stack([found.ci_low, found.ci_high])[order], matrix(theirs[key]))
            done.add(key)
    assert set(theirs) == done


def test_no_case_is_left_out() -> None:
    designs = ("strat", "clus", "nofpc", "fpc", "twostage", "raked")
    expected = {f"govsat_{d}/{q}" for d in designs for q in QUESTIONS} - {"govsat_raked/ratio_by_sex_diff"}
    assert set(CASES) == expected | {f"{d}/{q}" for d in ("scd", "scd_clus") for q in OF_SERVICES}
    assert len(CASES) == 95
    assert all(re.search("svyby|svycontrast|svymean|svyratio", case["call"]) for case in CASES.values())
