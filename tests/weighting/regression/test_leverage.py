"""Leverage of regressions: the same as that of means where a regression is a mean, and measured by moving answers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.weighting.r_reference import assert_same, data
from tests.weighting.second_set import DESIGNS, MARGINS, survey
from tests.weighting.second_set import design as as_r
from weighting import Design, rake
from weighting.regression.fitting import linear
from weighting.regression.leverage import Moves


@cache
def design(name: str) -> Design:
    """The designs of the second set with leverage, our default."""
    if name == "govsat_raked":
        margins = {m: dict(data(f"govsat_margin_{m}").to_numpy()) for m in MARGINS}
        return rake(design("govsat_fpc"), margins)
    return Design(survey(), weights="w", **DESIGNS[name])


NAMES = (*DESIGNS, "govsat_raked")


@pytest.mark.parametrize("name", NAMES)
def test_domain_means_are_regression_coefficients(name: str) -> None:
    d = design(name)
    for column, levels in (("unit", range(1, 7)), ("sex", (1, 2))):
        fit, means = d.regression("s1", column, categorical=column), d.mean("s1", by=column)
        first, *others = levels
        rows: dict[str, dict[Any, float]] = {str(first): {"(intercept)": 1}}
        rows |= {str(u): {"(intercept)": 1, f"{column}={u}": 1} for u in others}
        again = fit.coefficients.combine(rows)
        assert_same(again.se, means.se)
        scale = np.outer(means.se, means.se)
        assert np.abs((again.covariance() - means.covariance().to_numpy()).to_numpy() / scale).max() < 1e-9
        assert (again.se > fit_as_r(name, column).se).any()


def fit_as_r(name: str, column: str) -> Any:
    return as_r(name).mean("s1", by=column)


@pytest.mark.parametrize("name", NAMES)
def test_two_groups_are_the_regression_on_the_group(name: str) -> None:
    d = design(name)
    assert_same(d.ttest("t2", by="sex").se, d.regression("t2", "sex").coefficients.se[1:])


def test_any_coding_of_the_regressors_gives_the_same_errors() -> None:
    d = design("govsat_raked")
    one = d.regression("t1", ["unit", "sex", "age"], family="logistic", categorical="unit")
    other = d.regression(
        "t1", ["age", "unit", "sex"], family="logistic", categorical="unit", reference={"unit": 4}
    )
    for column in ("sex", "age"):
        rows = (fit.table().set_index("coefficient").loc[column] for fit in (one, other))
        first, second = ([row["estimate"], row["se"]] for row in rows)
        assert_same(first, second, 1e-8)
    assert_same(one.test("unit").statistic, other.test("unit").statistic, 1e-8)


def test_equal_weights_change_nothing() -> None:
    frame = survey().assign(w=1 + survey()["stratum"])
    for strata in ("stratum", None):
        options: dict[str, Any] = {"strata": strata, "clusters": "cl"}
        if strata is None:
            frame = frame.assign(w=2.0)
        plain = Design(frame, "w", small_sample="clusters", **options)
        same = Design(frame, "w", **options)
        for family, outcome in (("linear", "s1"), ("logistic", "t1")):
            a, b = (
                x.regression(outcome, ["sex", "age"], family=family).coefficients.se for x in (plain, same)
            )
            assert (a == b).all()


@pytest.mark.parametrize("name", ["govsat_clus", "govsat_nofpc", "govsat_raked"])
def test_what_is_left_of_a_shift_is_what_moving_answers_shows(name: str) -> None:
    """Answers of a cluster are moved along each regressor, the regression fitted anew, and the deviation of the cluster's scores
    measured, after calibration: it has to move by K B."""
    d = design(name)
    frame = survey()
    used = frame["s1"].notna().to_numpy()
    x = np.column_stack([np.ones(601), frame["sex"], frame["age"]])[used]
    y, w = frame["s1"].to_numpy()[used], d.weights[used]
    fit = linear(x, y, w)
    moves = Moves.of(d, used, fit)
    own, left, _ = moves.matrices(slice(0, moves.leverage.spread.pair.size))

    def deviation(answers: np.ndarray) -> np.ndarray:
        scores = np.zeros((601, 3))
        again = linear(fit.orthonormal, answers, w)
        scores[used] = fit.orthonormal * again.rest[:, None]
        found = moves.leverage.spread.deviations(moves.leverage.gathered(moves.cells.totals(scores)))[0]
        return found - moves.fitted(scores) if d.adjustments else found

    before = deviation(y)
    for cluster in (0, 5, moves.leverage.spread.pair.size - 1):
        rows = moves.cluster[used] == cluster
        for direction in range(3):
            moved = y + np.where(rows, fit.orthonormal[:, direction], 0.0)
            change = deviation(moved)[cluster] - before[cluster]
            np.testing.assert_allclose(change, (left[cluster] @ own[cluster])[:, direction], atol=1e-12)


def test_errors_lie_between_n_over_n_less_1_and_the_jackknife_where_weights_are_unequal() -> None:
    """Few single rows with very unequal weights: leaving each out in turn shows more error than n/(n − 1) makes up for,
    and more than there is (the jackknife is too large by as much again)."""
    rng = np.random.default_rng(12)
    n = 25
    w = np.exp(rng.normal(size=n))
    x, y = rng.normal(size=n), rng.normal(size=n)
    levered = Design({"y": y, "x": x}, w).regression("y", "x").coefficients
    plain = Design({"y": y, "x": x}, w, small_sample="clusters").regression("y", "x").coefficients
    left_out = np.array(
        [
            linear(*(np.delete(v, i, axis=0) for v in (np.column_stack([np.ones(n), x]), y, w))).coefficients
            for i in range(n)
        ]
    )
    jackknife = np.sqrt((n - 1) / n * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    assert (plain.se < levered.se).all()
    assert (levered.se < jackknife).all()


def test_blocks_of_clusters_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    d = design("govsat_raked")
    whole = d.regression("s1", ["sex", "age"]).coefficients.se
    monkeypatch.setattr("weighting.regression.leverage.BLOCK", 50)
    assert_same(d.regression("s1", ["sex", "age"]).coefficients.se, whole)
