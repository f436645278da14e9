"""Fay–Herriot models: areas that are not like the others, benchmarking, refusals, what the result shows."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.weighting.r_reference import assert_same, data, second_set, vector
from weighting import Design, DesignError, fay_herriot
from weighting.small_areas.model_variance import Equation, solved

MILK = second_set("fayherriot")["milk_major/REML/tight"]["inputs"]
Y, D = vector(MILK["direct"]), vector(MILK["vardir"])
REGION = np.repeat(["1", "2", "3", "4"], [7, 7, 11, 18])


def test_categories_are_coded_as_r_codes_them() -> None:
    areas = fay_herriot(Y, D, {"region": REGION})
    expected = second_set("fayherriot")["milk_major/REML/tight"]["expect"]
    assert areas.terms == ("(intercept)", "region=2", "region=3", "region=4")
    assert_same(areas.beta, expected["estcoef"]["beta"])
    assert_same(areas.eblup, expected["eblup"])


@pytest.mark.parametrize("method", ["reml", "ml", "moments"])
def test_an_area_without_a_direct_estimate_gets_the_synthetic_value(method: str) -> None:
    """It takes no part in the fit; its error is A + x′Var(β)x, less the bias of A."""
    whole = fay_herriot(Y[1:], D[1:], {"region": REGION[1:]}, method)
    for y, variance in ((np.nan, D[0]), (Y[0], np.nan)):
        areas = fay_herriot(np.append(y, Y[1:]), np.append(variance, D[1:]), {"region": REGION}, method)
        assert areas.note[0] == "no direct estimate with a variance: synthetic value"
        assert (areas.eblup[0], areas.gamma[0]) == (areas.synthetic[0], 0.0)
        assert np.isnan([areas.direct[0], areas.pull[0], areas.variance[0]]).all()
        assert_same(areas.eblup[1:], whole.eblup)
        assert_same(areas.mse[1:], whole.mse)
        V = whole.model_variance + D[1:]
        X = np.column_stack([np.ones(42), *(REGION[1:, None] == ["2", "3", "4"]).T])
        bias = {
            "reml": 0.0,
            "ml": -np.trace(whole.beta_covariance @ X.T @ np.diag(V**-2.0) @ X) / (V**-2.0).sum(),
            "moments": 2 * (42 * (V**-2.0).sum() - (1 / V).sum() ** 2) / (1 / V).sum() ** 3,
        }[method]
        assert_same(areas.mse[0], whole.model_variance + whole.beta_covariance[0, 0] - bias)


def test_a_variance_of_zero_lets_the_direct_estimate_stand() -> None:
    whole = fay_herriot(Y[1:], D[1:], {"region": REGION[1:]})
    areas = fay_herriot(Y, np.append(0.0, D[1:]), {"region": REGION})
    assert areas.note[0] == "variance zero: the direct estimate stands"
    assert (areas.eblup[0], areas.gamma[0], areas.mse[0], areas.pull[0]) == (Y[0], 1.0, 0.0, 0.0)
    assert_same(areas.eblup[1:], whole.eblup)
    assert areas.n_fitted == 42


@pytest.mark.parametrize("method", ["reml", "ml", "moments"])
def test_the_rounding_of_a_zero_variance_is_zero(method: str) -> None:
    """1e-33 is what floats make of a variance of nothing; the equations have no answer for it."""
    rounded, zero = (
        fay_herriot(Y, np.append(noise, D[1:]), {"region": REGION}, method) for noise in (1e-33, 0.0)
    )
    assert rounded.note == zero.note
    assert_same(rounded.eblup, zero.eblup)


def test_on_the_boundary_a_zero_variance_still_stands() -> None:
    areas = fay_herriot([5.0, 5.0, 5.0, 9.0], [1.0, 1.0, 1.0, 0.0])
    assert areas.model_variance == 0.0
    assert areas.gamma.tolist() == [0.0, 0.0, 0.0, 1.0]
    assert areas.eblup.tolist() == pytest.approx([5.0, 5.0, 5.0, 9.0])


def test_a_correction_that_exceeds_the_error_is_left_out_and_said() -> None:
    """Moments at A = 0 with very unequal variances: g₁ + g₂ + 2 g₃ less the bias is below 0 for the precise area."""
    V = np.array([0.01, 1.0, 1.0, 1.0, 1.0])
    areas = fay_herriot([1.0, 1.1, 0.9, 1.0, 1.0], V, method="moments")
    assert areas.model_variance == 0.0
    g2, g3 = 1 / (1 / V).sum(), 2 * 5 / (1 / V).sum() ** 2 / V
    bias = 2 * (5 * (V**-2.0).sum() - (1 / V).sum() ** 2) / (1 / V).sum() ** 3
    corrected = g2 + 2 * g3 - bias
    assert (corrected[1:] < 0).all()
    assert corrected[0] > 0
    assert_same(areas.mse, np.where(corrected > 0, corrected, g2 + 2 * g3))
    assert [note[:14] for note in areas.note] == [""] + 4 * ["the correction"]


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize(("far", "which"), [(40.0, 0), (60.0, 1)])
def test_the_largest_maximum_is_taken(far: float, which: int, method: str) -> None:
    """A likelihood with two maxima: ten precise areas close together, three imprecise ones far away."""
    y = np.array([*[0.2, -0.2] * 5, far, -far, far])
    V = np.array([0.01] * 10 + [100.0] * 3)
    grid = np.append(0.0, np.geomspace(1e-6, 1e4, 20_001))
    total = grid[:, None] + V
    mean = (y / total).sum(axis=1, keepdims=True) / (1 / total).sum(axis=1, keepdims=True)
    heights = -(np.log(total) + (y - mean) ** 2 / total).sum(axis=1)
    heights -= np.log((1 / total).sum(axis=1)) if method == "reml" else 0.0
    tops = np.flatnonzero((heights[1:-1] > heights[:-2]) & (heights[1:-1] > heights[2:])) + 1
    assert len(tops) == 2
    assert heights[tops].argmax() == which
    assert fay_herriot(y, V, method=method).model_variance == pytest.approx(grid[tops[which]], rel=2e-3)


def test_equal_variances_have_an_answer_in_closed_form() -> None:
    """A = Σ (y − ȳ)²/(K − 1) − D by restricted likelihood and by moments, with K in place of K − 1 by likelihood."""
    squares = ((Y - Y.mean()) ** 2).sum()
    for method, size in (("reml", 42), ("moments", 42), ("ml", 43)):
        areas = fay_herriot(Y, np.full(43, 0.02), method=method)
        assert_same(areas.model_variance, squares / size - 0.02)
        assert_same(areas.beta, [Y.mean()])


def test_scale_and_order_change_nothing() -> None:
    areas = fay_herriot(Y, D, {"region": REGION, "x": D * 2021})
    scaled = fay_herriot(1000 * Y, 1e6 * D, {"region": REGION, "x": D * 5})
    assert_same(scaled.eblup, 1000 * areas.eblup)
    assert_same(scaled.mse, 1e6 * areas.mse)
    order = np.random.default_rng(1).permutation(43)
    shuffled = fay_herriot(Y[order], D[order], {"region": REGION[order], "x": D[order] * 2021})
    assert_same(shuffled.eblup, areas.eblup[order])
    assert_same(shuffled.model_variance, areas.model_variance)


# ---- benchmarking -------------------------------------------------------------------------------------------------


def test_benchmarked_values_add_up_to_the_direct_total() -> None:
    weights = np.arange(1.0, 44.0)
    areas = fay_herriot(Y, D, weights=weights)
    assert_same(weights @ areas.benchmarked, weights @ Y)
    assert areas.benchmark is not None
    assert_same(areas.benchmarked, areas.eblup * areas.benchmark.factor)
    assert f"× {areas.benchmark.factor:.6g}" in repr(areas)
    assert "benchmarked" in areas.table()


def test_areas_without_a_direct_estimate_are_no_part_of_the_direct_total() -> None:
    y, weights = np.append(np.nan, Y[1:]), np.ones(43)
    areas = fay_herriot(y, D, weights=weights)
    assert_same(areas.benchmarked[1:].sum(), Y[1:].sum())
    assert areas.benchmark is not None
    assert areas.benchmark.areas == 42
    assert_same(fay_herriot(y, D, weights=weights, total=50.0).benchmarked.sum(), 50.0)


def test_nothing_is_benchmarked_unless_asked() -> None:
    areas = fay_herriot(Y, D)
    assert np.isnan(areas.benchmarked).all()
    assert "benchmarked" not in areas.table()


# ---- input --------------------------------------------------------------------------------------------------------


def test_frames_are_matched_by_the_names_of_areas() -> None:
    names = [f"unit {i}" for i in range(43)]
    y, rest = pd.Series(Y, index=names), pd.DataFrame({"v": D, "region": REGION}, index=names)
    areas = fay_herriot(y, rest["v"].sample(frac=1, random_state=1), rest[["region"]].iloc[::-1])
    assert areas.labels["area"].tolist() == names
    assert_same(areas.eblup, fay_herriot(Y, D, {"region": REGION}).eblup)


def test_estimates_of_a_design_bring_their_variances() -> None:
    frame = data("govsat")
    frame["s1"] = (frame["q1"] - 1) / 4
    design = Design(frame, weights="w", strata="stratum", clusters="psu", nest=True)
    direct = design.mean("s1", by=["unit", "group"], df="domain")
    areas = fay_herriot(direct)
    assert_same(areas.direct, direct.estimate)
    known = direct.se > 0
    assert_same(areas.eblup, fay_herriot(direct.estimate, direct.se**2).eblup)
    assert list(areas.table().columns[:4]) == ["unit", "group", "direct", "se"]
    assert f"rests on {direct.df[known].min():g} degrees of freedom" in repr(areas)


def test_correlated_estimates_are_said_to_be_taken_as_independent() -> None:
    """Two respondents rate every unit: the errors of the units move together."""
    frame = pd.DataFrame({"unit": np.repeat(range(6), 8), "rater": np.tile(range(8), 6)})
    frame["y"] = frame["rater"] + 0.1 * frame["unit"] + 0.05 * (frame["unit"] * frame["rater"] % 3)
    areas = fay_herriot(Design(frame, clusters="rater").mean("y", by="unit"))
    assert any("taken as independent" in remark for remark in areas.remarks)


FAULTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "negative": ({"variances": np.append(-1.0, D[1:])}, ["variances: negative for area '1'"]),
    "infinite": ({"estimates": np.append(np.inf, Y[1:])}, ["estimates: infinite for area '1'"]),
    "method": ({"method": "mle"}, ["unknown method 'mle'; did you mean 'ml'?"]),
    "no variances": ({"variances": None}, ["variances: the variance of each direct estimate is needed"]),
    "length": ({"variances": D[:4]}, ["variances: 4 rows for 43 areas"]),
    "words": ({"variances": ["x"] * 43}, ["variances: numbers are needed, one per area"]),
    "repeated": (
        {"covariates": {"x": D, "one": np.full(43, 2.0), "y": 3 * D - 1}},
        [
            "covariates: 'one' is a combination of '(intercept)' in the areas that count: leave one out",
            "covariates: 'y' is a combination of '(intercept)', 'x' in the areas that count: leave one out",
        ],
    ),
    "zero": ({"covariates": {"x": np.zeros(43)}}, ["covariates: 'x' is 0 in all areas that count"]),
    "gap": ({"covariates": {"x": np.append(np.nan, D[1:])}}, ["covariates: 'x' has no value for area '1'"]),
    "too few": (
        {"variances": np.where(np.arange(43) < 2, D, 0.0), "covariates": {"x": D}},
        [
            "estimates: 2 areas have a direct estimate and a positive variance; 2 coefficients ('(intercept)', 'x') and "
            "the model variance need at least 3"
        ],
    ),
    "nothing to fit": (
        {"intercept": False},
        ["covariates: none are given, and no intercept"],
    ),
    "weights": ({"weights": np.append(-1.0, D[1:])}, ["weights: missing or negative for area '1'"]),
    "total": ({"total": 3.0}, ["total: weights are needed to benchmark by"]),
    "no factor": (
        {"weights": np.zeros(43)},
        ["weights: the weighted sum of the EBLUPs is 0; no factor makes it 0"],
    ),
    "names": (
        {"covariates": pd.DataFrame({"x": D}, index=range(43, 86))},
        ["covariates: no row for area '1', '2', '3', '4', '5'"],
    ),
}


@pytest.mark.parametrize("name", list(FAULTS))
def test_faults_are_named(name: str) -> None:
    changed, expected = FAULTS[name]
    given = {"estimates": Y, "variances": D} | changed
    if name == "names":
        given["covariates"] = given["covariates"].set_axis([f"a{i}" for i in range(43)])
    with pytest.raises(DesignError) as error:
        fay_herriot(**given)
    assert list(error.value.problems) == expected


def test_estimates_of_several_statistics_are_refused() -> None:
    design = Design({"y": [1.0, 2, 3, 4], "x": [1.0, 2, 2, 5], "g": ["a", "a", "b", "b"]})
    with pytest.raises(DesignError, match="one statistic by domain"):
        fay_herriot(design.mean(["y", "x"], by="g"))
    with pytest.raises(DesignError, match="one statistic by domain"):
        fay_herriot(design.mean("y"))
    with pytest.raises(DesignError, match="bring their own"):
        fay_herriot(design.mean("y", by="g"), [1.0, 2.0])


# ---- what it shows --------------------------------------------------------------------------------------------------


def test_the_result_shows_both_side_by_side() -> None:
    areas = fay_herriot(pd.Series(Y, index=[f"<{i}>" for i in range(43)]), D)
    table = areas.table()
    assert list(table.columns) == [
        *("area", "direct", "se", "eblup", "rmse", "gamma", "synthetic", "pull", "note")
    ]
    assert_same(table["pull"], table["eblup"] - table["direct"])
    assert "second opinion" in repr(areas)
    assert "&lt;1&gt;" in areas._repr_html_()
    assert "<1>" not in areas._repr_html_()
    with pytest.raises(ValueError, match="read-only"):
        areas.eblup[0] = 0.0


def test_the_picture_has_one_line_per_area_in_the_words_given() -> None:
    areas = fay_herriot(np.append(np.nan, Y[1:]), D, {"region": REGION})
    figure = areas.plot(labels={"title": "Mức kéo của mô hình", "axis": "điểm"})
    (axes,) = figure.axes
    assert (axes.get_title(), axes.get_xlabel()) == ("Mức kéo của mô hình", "điểm")
    assert len(axes.get_yticklabels()) == 43
    placed = [label.get_text() for label in axes.get_yticklabels()]
    direct, eblup = axes.lines[0].get_xdata(), axes.lines[2].get_xdata()
    assert_same(np.asarray(eblup, dtype=float), areas.eblup[[int(name) - 1 for name in placed]])
    known = np.asarray(direct, dtype=float)
    assert (np.diff(known[~np.isnan(known)]) >= 0).all()
    assert areas.plot(axes) is figure
    with pytest.raises(DesignError, match="unknown label 'titel'"):
        areas.plot(labels={"titel": ""})


def test_without_matplotlib_the_picture_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(DesignError, match=r"survey-scoring\[report\]"):
        fay_herriot(Y, D).plot()


# ---- does it hold -----------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("method", ["reml", "ml", "moments"])
def test_mean_squared_errors_are_true_on_average(method: str) -> None:
    """30 areas, 2,000 draws from the model: the mean of the estimated errors is that of the true ones within 5 %, and
    the EBLUP errs less than the direct estimate."""
    rng = np.random.default_rng(11)
    V = np.repeat([0.3, 0.6, 1.0, 2.0, 4.0], 6)
    x, truth_A = np.linspace(-1, 1, 30), 1.0
    squared, estimated = np.zeros(30), np.zeros(30)
    X = np.column_stack([np.ones(30), x])
    for _ in range(2_000):
        theta = 5 + 2 * x + np.sqrt(truth_A) * rng.standard_normal(30)
        areas = fay_herriot(theta + np.sqrt(V) * rng.standard_normal(30), V, X, method, intercept=False)
        squared += (areas.eblup - theta) ** 2 / 2_000
        estimated += areas.mse / 2_000
    by_variance = (estimated / squared).reshape(5, 6).mean(axis=1)
    assert (np.abs(by_variance - 1) < 0.05).all()
    assert (squared < V).all()


@pytest.mark.long
def test_three_thousand_areas() -> None:
    rng = np.random.default_rng(2)
    V = rng.uniform(0.1, 2.0, 3_300)
    y = 1.5 * rng.standard_normal(3_300) + np.sqrt(V) * rng.standard_normal(3_300)
    A = solved(Equation(y, V, np.full((3_300, 1), 3_300**-0.5), "reml"))
    assert pytest.approx(2.25, rel=0.1) == A
