"""Calibration: a printed table, R survey, slow second derivations, and everything that can be wrong with margins."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, sparse

from tests.weighting.adjustment_reference import govsat, govsat_margins, reference, table
from weighting import Adjustment, CalibrationError, Design, calibrate, poststratify, rake, trim
from weighting.calibration.distance import distance
from weighting.calibration.margin_cells import DENSE_CELLS

KALTON = table("kalton2003", "kalton2003.csv")


# ---- Kalton & Flores-Cervantes (2003), to the printed two decimals --------------------------------------


def kalton_sample() -> pd.DataFrame:
    rows = KALTON.loc[KALTON.index.repeat(KALTON["sample_count"]), ["a", "b"]].reset_index(drop=True)
    return rows.assign(one=1.0)


def kalton_margins() -> dict[Any, Any]:
    return {m: KALTON.groupby(m)["population_count"].sum().to_dict() for m in ("a", "b")}


def kalton_cells() -> dict[Any, Any]:
    return {
        ("a", "b"): {(a, b): t for a, b, t in KALTON[["a", "b", "population_count"]].itertuples(index=False)}
    }


def kalton_scores() -> dict[Any, Any]:
    population = KALTON["population_count"]
    return {
        "one": float(population.sum()),
        "a": float((population * KALTON["a"]).sum()),
        "b": float((population * KALTON["b"]).sum()),
    }


METHODS = {
    "poststratify": lambda d: poststratify(d, kalton_cells()),
    "raking": lambda d: rake(d, kalton_margins()),
    "linear": lambda d: calibrate(d, kalton_margins(), distance="linear"),
    "linear_scores": lambda d: calibrate(d, kalton_scores(), distance="linear"),
    "logit_0.5_2.2": lambda d: calibrate(d, kalton_margins(), distance="logit", bounds=(0.5, 2.2)),
    "linear_0.5_2.2": lambda d: calibrate(d, kalton_margins(), distance="linear", bounds=(0.5, 2.2)),
}


@pytest.mark.parametrize("column", list(METHODS))
def test_printed_table_of_kalton_and_flores_cervantes(column: str) -> None:
    frame = kalton_sample()
    weights = pd.Series(METHODS[column](Design(frame)).weights).groupby([frame["a"], frame["b"]])
    assert (weights.max() - weights.min()).max() < 1e-12  # one factor per cell
    ours = weights.first().loc[list(KALTON[["a", "b"]].itertuples(index=False, name=None))].to_numpy()
    rounded_half_up = np.floor(ours * 100 + 0.5 + 1e-9) / 100
    np.testing.assert_allclose(rounded_half_up, KALTON[column], atol=1e-12)


# ---- R survey -------------------------------------------------------------------------------------------


def survey() -> Design:
    """With the factor n/(n − 1) that R takes."""
    return Design(govsat(), "w", "stratum", "psu", "Npsu", nest=True, small_sample="clusters")


def margins(*names: str) -> dict[Any, Any]:
    return {name: govsat_margins()[name] for name in names}


STEPS = {
    "poststratified": lambda d: poststratify(d, margins("age")),
    "poststratified_twice": lambda d: poststratify(poststratify(d, margins("age")), margins("sex")),
    "calibrated_linear": lambda d: calibrate(d, govsat_margins()),
    "calibrated_raking": lambda d: calibrate(d, govsat_margins(), distance="raking"),
    "calibrated_bounded": lambda d: calibrate(d, govsat_margins(), bounds=(0.7, 1.4)),
    "calibrated_logit": lambda d: calibrate(d, govsat_margins(), distance="logit", bounds=(0.7, 1.4)),
    "calibrated_after_poststratified": lambda d: calibrate(
        poststratify(d, margins("age")), margins("sex", "unit")
    ),
}


@pytest.mark.parametrize("case", list(STEPS))
def test_weights_and_standard_errors_are_those_of_r(case: str) -> None:
    done = STEPS[case](survey())
    np.testing.assert_allclose(done.weights, reference(f"{case}/weights"), rtol=1e-9)
    for part, estimates in (("mean", done.mean("s1")), ("mean_by", done.mean("s1", by="unit"))):
        np.testing.assert_allclose(estimates.estimate, reference(f"{case}/{part}/est"), rtol=1e-9)
        np.testing.assert_allclose(estimates.se, reference(f"{case}/{part}/se"), rtol=1e-9)


def test_rake_and_calibrate_have_the_same_weights_and_each_its_own_residuals() -> None:
    """R's rake takes residuals with equal weights, R's calibrate with design weights; both can be had from either."""
    raked = rake(survey(), govsat_margins())
    calibrated = calibrate(survey(), govsat_margins(), distance="raking")
    np.testing.assert_allclose(raked.weights, calibrated.weights, rtol=1e-12)
    assert raked.mean("s1").se[0] == pytest.approx(0.0106136625078785, rel=1e-9)  # gr/mean_s1 of govsat.json
    assert calibrated.mean("s1").se[0] == pytest.approx(reference("calibrated_raking/mean/se")[0], rel=1e-9)
    other = rake(survey(), govsat_margins(), residuals="design")
    assert other.mean("s1").se[0] == pytest.approx(calibrated.mean("s1").se[0], rel=1e-12)
    equal = calibrate(survey(), govsat_margins(), distance="raking", residuals="equal")
    assert equal.mean("s1").se[0] == pytest.approx(raked.mean("s1").se[0], rel=1e-12)


def test_standard_errors_do_not_ignore_calibration() -> None:
    """A total the margins fix has no sampling error left; taking the weights as given would leave all of it."""
    frame = govsat().assign(one=1.0)
    plain = Design(frame, weights="w", strata="stratum", clusters="psu", fpc="Npsu", nest=True)
    done = calibrate(plain, govsat_margins(), distance="raking")
    assert done.total("one", by="sex").se.max() < 1e-8
    assert done.with_weights(done.weights).adjustments == done.adjustments
    assert plain.with_weights(done.weights).total("one", by="sex").se.min() > 10


def test_factors_of_several_calibrations_are_multiplied() -> None:
    plain = survey()
    once = poststratify(plain, margins("age"))
    done = trim(calibrate(once, margins("sex", "unit")), upper=1e6)
    np.testing.assert_allclose(once.g, once.weights / plain.weights, rtol=1e-12)
    np.testing.assert_allclose(done.g, done.weights / plain.weights, rtol=1e-12)
    assert [len(d.calibrations) for d in (plain, once, done)] == [0, 1, 2]
    assert (plain.g == 1).all()


@pytest.mark.parametrize("sparse_x", [False, True])
def test_auxiliaries_by_cell_are_those_of_the_rows(sparse_x: bool) -> None:
    """Rows that share their auxiliaries may name the cell that holds them: slopes, totals and products are the same."""
    rng = np.random.default_rng(4)
    cell, domain = rng.integers(0, 5, 60), rng.integers(-1, 3, 60)
    x, w, u = rng.normal(size=(5, 3)), rng.uniform(1, 2, 60), rng.normal(size=(60, 2))
    kind: Any = sparse.csr_array if sparse_x else np.asarray
    by_cell, by_row = (
        Adjustment(kind(x), w, weights=1.1 * w, index=cell),
        Adjustment(x[cell], w, weights=1.1 * w),
    )
    np.testing.assert_allclose(by_cell.slopes(u, domain, 3), by_row.slopes(u, domain, 3), rtol=1e-12)
    np.testing.assert_allclose(by_cell.cross(w, by_row), (x[cell].T * w) @ x[cell], rtol=1e-12)
    np.testing.assert_allclose(by_row.cross(w, by_cell), (x[cell].T * w) @ x[cell], rtol=1e-12)


# ---- slow second derivations ----------------------------------------------------------------------------


def proportional_fitting(
    frame: pd.DataFrame, weights: np.ndarray, wanted: dict[str, dict[Any, float]]
) -> np.ndarray:
    """Deming & Stephan, one margin after the other, one row after the other."""
    w = weights.astype(float).tolist()
    for _ in range(400):
        for column, totals in wanted.items():
            labels = frame[column].tolist()
            sums = dict.fromkeys(totals, 0.0)
            for label, weight in zip(labels, w, strict=True):
                sums[label] += weight
            w = [weight * totals[label] / sums[label] for label, weight in zip(labels, w, strict=True)]
    return np.array(w)


def test_raking_by_fitting_is_raking_by_calibration() -> None:
    frame = govsat()
    slow = proportional_fitting(frame, frame["w"].to_numpy(), govsat_margins())
    np.testing.assert_allclose(rake(survey(), govsat_margins()).weights, slow, rtol=1e-10)


def test_linear_weights_are_the_closed_form() -> None:
    """w = d (1 + x'(Σ d x x')⁻ (T − Σ d x))."""
    frame, d = govsat(), govsat()["w"].to_numpy()
    x = pd.get_dummies(frame["unit"]).to_numpy(float)
    x = np.column_stack([x, (frame["sex"] == 1).to_numpy(float), frame["age"].to_numpy(float)])
    wanted = govsat_margins()
    T = np.array([*wanted["unit"].values(), wanted["sex"][1], 40_000.0])
    lam = np.linalg.solve((x * d[:, None]).T @ x, T - x.T @ d)
    given = {"unit": wanted["unit"], "sex": wanted["sex"], "age": 40_000.0}
    np.testing.assert_allclose(calibrate(survey(), given).weights, d * (1 + x @ lam), rtol=1e-10)


@pytest.mark.parametrize("name", ["linear", "raking"])
def test_bounded_weights_are_the_nearest_within_the_bounds(name: str) -> None:
    """The same problem handed to a general optimiser: least distance under the margins and the bounds."""
    cells = KALTON["sample_count"].to_numpy(float)
    x = np.column_stack([pd.get_dummies(KALTON[m]).to_numpy(float) for m in ("a", "b")])[:, :-1]
    T = x.T @ KALTON["population_count"].to_numpy(float)

    def linear(g: np.ndarray) -> float:
        return float((cells * (g - 1) ** 2).sum() / 1000)

    def entropy(g: np.ndarray) -> float:
        return float((cells * (g * np.log(g) - g + 1)).sum() / 1000)

    low, high = 0.8, 2.16
    found: Any = optimize.minimize(  # type: ignore[call-overload]
        linear if name == "linear" else entropy,
        np.full(12, 1.5),
        method="SLSQP",
        bounds=[(low, high)] * 12,
        constraints={"type": "eq", "fun": lambda g: (x.T @ (cells * g) - T) / 100},
        options={"ftol": 1e-15, "maxiter": 2000},
    )
    frame = kalton_sample()
    done = calibrate(Design(frame), kalton_margins(), distance=name, bounds=(low, high))  # type: ignore[arg-type]
    ours: Any = pd.Series(done.weights).groupby([frame["a"], frame["b"]]).first()
    ours = ours.loc[list(KALTON[["a", "b"]].itertuples(index=False, name=None))].to_numpy()
    assert np.isclose(ours, high).any()  # a bound is at work
    np.testing.assert_allclose(ours, found.x, atol=2e-5)


def test_logit_lies_within_its_bounds_and_meets_the_first_order_condition() -> None:
    """The odds of g between its bounds are log-linear in the margins: no interaction of a and b is left."""
    low, high = 0.5, 2.2
    frame = kalton_sample()
    weights = pd.Series(METHODS["logit_0.5_2.2"](Design(frame)).weights)
    g = weights.groupby([frame["a"], frame["b"]]).first().unstack().to_numpy()
    assert g.min() > low
    assert g.max() < high
    u = np.log((g - low) / (high - g))
    interaction = u - u.mean(axis=0) - u.mean(axis=1, keepdims=True) + u.mean()
    np.testing.assert_allclose(interaction, 0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("linear", None),
        ("raking", None),
        ("linear", (0.4, 2.5)),
        ("raking", (0.4, 2.5)),
        ("logit", (0.4, 2.5)),
    ],
)
def test_derivatives_of_the_distances(name: str, bounds: Any) -> None:
    record = distance(name, bounds)
    u, h = np.linspace(-0.5, 0.7, 25), 1e-6
    np.testing.assert_allclose(record.dF(u), (record.F(u + h) - record.F(u - h)) / (2 * h), atol=1e-8)
    np.testing.assert_allclose(record.F(np.zeros(1)), 1.0, rtol=1e-15)


# ---- margins of every form ------------------------------------------------------------------------------


def random_sample(seed: int, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "unit": rng.integers(0, 6, n),
            "sex": rng.choice(["nam", "nữ"], n),
            "income": rng.gamma(2.0, 3.0, n),
            "w": rng.uniform(0.5, 4.0, n),
        }
    )


def totals(frame: pd.DataFrame, weights: Any, *columns: str) -> dict[Any, float]:
    return pd.Series(np.asarray(weights)).groupby([frame[c].to_numpy() for c in columns]).sum().to_dict()


def known_population(frame: pd.DataFrame, seed: int = 1) -> np.ndarray:
    return frame["w"].to_numpy() * np.exp(np.random.default_rng(seed).normal(0, 0.3, len(frame)))


def test_crossed_numeric_and_single_margins_together() -> None:
    frame = random_sample(1)
    wanted = known_population(frame)
    given: dict[Any, Any] = {
        ("unit", "sex"): totals(frame, wanted, "unit", "sex"),
        "income": float(wanted @ frame["income"]),
    }
    for name in ("linear", "raking"):
        done = calibrate(Design(frame, weights="w"), given, distance=name)
        for cell, total in given[("unit", "sex")].items():
            inside = ((frame["unit"] == cell[0]) & (frame["sex"] == cell[1])).to_numpy()
            assert done.weights[inside].sum() == pytest.approx(total, rel=1e-9)
        assert done.weights @ frame["income"] == pytest.approx(given["income"], rel=1e-9)


def test_by_calibrates_each_group_to_margins_of_its_own() -> None:
    frame = random_sample(2)
    wanted = known_population(frame)
    given = {
        u: {
            "sex": totals(part, wanted[part.index], "sex"),
            "income": float(wanted[part.index] @ part["income"]),
        }
        for u, part in frame.groupby("unit")
    }
    whole = calibrate(Design(frame, weights="w"), given, distance="raking", by="unit")
    for u, part in frame.groupby("unit"):
        own = calibrate(Design(part.reset_index(drop=True), weights="w"), given[u], distance="raking")
        np.testing.assert_allclose(whole.weights[part.index], own.weights, rtol=1e-9)


@pytest.mark.parametrize("form", ["int8", "float64", "Int64", "category", "str", "object"])
def test_how_a_column_is_stored_does_not_matter(form: Any) -> None:
    frame = random_sample(3)
    given = {"unit": totals(frame, known_population(frame), "unit")}
    plain = calibrate(Design(frame, weights="w"), given).weights
    if form in ("str", "object"):
        stored = frame.assign(unit=frame["unit"].map(str).astype(form))
        given = {"unit": {str(k): t for k, t in given["unit"].items()}}
    else:
        stored = frame.assign(unit=frame["unit"].astype(form))
    np.testing.assert_array_equal(calibrate(Design(stored, weights="w"), given).weights, plain)


def test_labels_far_apart_and_many_cells_give_the_same_weights() -> None:
    """Codes too far apart for a table, and more combinations than the table may have."""
    frame = random_sample(4)
    frame["area"] = np.random.default_rng(4).integers(0, 5, len(frame))
    wanted = known_population(frame)
    given = {c: totals(frame, wanted, c) for c in ("unit", "sex", "area")}
    near = rake(Design(frame, weights="w"), given).weights
    wide = 10 * DENSE_CELLS
    far = frame.assign(unit=frame["unit"] * wide, area=frame["area"] * (DENSE_CELLS // 8))
    given |= {
        "unit": {k * wide: t for k, t in given["unit"].items()},
        "area": {k * (DENSE_CELLS // 8): t for k, t in given["area"].items()},
    }
    np.testing.assert_allclose(rake(Design(far, weights="w"), given).weights, near, rtol=1e-12)


def test_order_of_rows_and_scale_of_weights() -> None:
    frame = random_sample(5)
    given = {c: totals(frame, known_population(frame), c) for c in ("unit", "sex")}
    plain = rake(Design(frame, weights="w"), given).weights
    order = np.random.default_rng(5).permutation(len(frame))
    mixed = rake(Design(frame.iloc[order].reset_index(drop=True), weights="w"), given)
    np.testing.assert_allclose(mixed.weights, plain[order], rtol=1e-12)
    scaled = rake(Design(frame.assign(w=frame["w"] * 1000), weights="w"), given)
    np.testing.assert_allclose(scaled.weights, plain, rtol=1e-9)


def test_rows_without_weight_need_no_category_and_stay_at_zero() -> None:
    frame = random_sample(6)
    given = {"sex": totals(frame, known_population(frame), "sex")}
    longer = pd.concat(
        [frame, pd.DataFrame({"unit": [99], "sex": [None], "income": [np.nan], "w": [0.0]})],
        ignore_index=True,
    )
    plain, done = (calibrate(Design(f, weights="w"), given) for f in (frame, longer))
    np.testing.assert_array_equal(done.weights[:-1], plain.weights)
    assert done.weights[-1] == 0


def test_bounds_of_one_side_only() -> None:
    done = calibrate(Design(kalton_sample()), kalton_margins(), distance="raking", bounds=(None, 2.16))
    assert done.weights.max() == pytest.approx(2.16)
    done = calibrate(Design(kalton_sample()), kalton_margins(), distance="linear", bounds=(0.9, None))
    assert done.weights.min() == pytest.approx(0.9)


def test_margins_that_differ_by_rounding_are_one_total() -> None:
    given = kalton_margins()
    given["b"][3] += 5e-6
    assert rake(Design(kalton_sample()), given).weights.sum() == pytest.approx(1500, rel=1e-10)


def test_the_design_itself_is_not_changed() -> None:
    d = Design(kalton_sample())
    before = d.weights.copy()
    rake(d, kalton_margins())
    np.testing.assert_array_equal(d.weights, before)
    assert d.adjustments == ()


# ---- what cannot be done --------------------------------------------------------------------------------


def refusal(*arguments: Any, how: Any = calibrate, **options: Any) -> str:
    with pytest.raises(CalibrationError) as caught:
        how(*arguments, **options)
    return str(caught.value)


def test_every_problem_is_named_at_once() -> None:
    frame = kalton_sample().assign(sex=pd.Series([*["f"] * 999, None], dtype=object))
    given = {
        "a": {1: 175, 2: 550, 3: 430, "x": 345},
        "b": {1: 365, 2: -415, 3: 0},
        "sex": {"f": 1500, "m": 0},
        "region": {"n": 1, "s": 2},
        "c": {1: "many"},
    }
    message = refusal(Design(frame), given)
    for pattern in (
        r"margin region: unknown column 'region'",
        r"margin c: category 1 has the total 'many'; a number is needed",
        r"margin b: category 2 has the total -415",
        r"margin b adds up to -50, margin a to 1500 \(gap -1550\)",
        r"margin a: category 4 of the sample \(200 rows\) has no total",
        r"margin a: category 'x' has the total 345 and no rows in the sample \(gap 345\)",
        r"margin b: category 3 has the total 0, but rows",
        r"margin sex: category None of the sample \(1 rows\) has no value",
    ):
        assert re.search(pattern, message), pattern


def test_labels_of_another_type_are_shown_as_they_are() -> None:
    message = refusal(Design(kalton_sample()), {"a": {"1": 375, "2": 375, "3": 375, "4": 375}})
    assert "category '1' has the total 375 and no rows" in message
    assert "category 1 of the sample (100 rows) has no total" in message


def test_one_level_margins() -> None:
    frame = kalton_sample().assign(country="VN")
    message = refusal(Design(frame), {**kalton_margins(), "country": {"VN": 1500}})
    assert "margin country: category 'VN' is the only one" in message
    assert poststratify(Design(frame), {"country": {"VN": 1500}}).weights.sum() == pytest.approx(1500)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_totals_that_are_not_numbers(bad: float) -> None:
    message = refusal(Design(kalton_sample()), {"b": {1: 365, 2: bad, 3: 720}})
    assert f"margin b: category 2 has the total {bad:g}" in message


def test_bounds_that_a_category_cannot_meet() -> None:
    for name in ("linear", "raking", "logit"):
        message = refusal(Design(kalton_sample()), kalton_margins(), distance=name, bounds=(0.9, 2.05))
        assert "margin a: category 3 needs w/d = 2.15 on average" in message
        assert "at best 410 of 430 (gap 20, after 0 rounds)" in message


@pytest.mark.parametrize("name", ["linear", "raking", "logit"])
def test_bounds_that_only_the_margins_together_cannot_meet(name: str) -> None:
    """Each category alone is within reach; a = 1 wants w/d = 0.5, b = 1 wants 2, and they share their rows."""
    frame = pd.DataFrame({"a": [1] * 50 + [2] * 50, "b": [1] * 49 + [2] * 51})
    given = {"a": {1: 30.0, 2: 70.0}, "b": {1: 45.0, 2: 55.0}}
    message = refusal(Design(frame), given, distance=name, bounds=(0.5, 1.5), max_rounds=60)
    assert re.search(r"margin [ab]: category [12] is at .* of .* \(gap .*\) after 60 rounds", message)
    assert "w/d within (0.5, 1.5)" in message


def test_raking_that_contradicts_the_sample() -> None:
    """All rows of a = 1 have b = 1, so b = 1 cannot be smaller than a = 1."""
    frame = pd.DataFrame({"a": [1, 1, 2, 2], "b": [1, 1, 1, 2]})
    message = refusal(Design(frame), {"a": {1: 60, 2: 40}, "b": {1: 50, 2: 50}}, how=rake)
    assert "after 100 rounds of raking" in message
    assert "category" in message


def test_numeric_margins_that_cannot_be_met() -> None:
    frame = kalton_sample().assign(income=np.where(np.arange(1000) == 7, np.nan, 1.0), nothing=0.0)
    assert "margin income: 1 rows have no finite value in 'income' (first: row 7)" in refusal(
        Design(frame), {"income": 1500.0}
    )
    assert "margin nothing is at 0 of 5 (gap 5)" in refusal(Design(frame), {"nothing": 5.0})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"distance": "chi"}, "accepted: linear, raking, logit"),
        ({"distance": "logit"}, "logit needs two finite limits"),
        ({"distance": "logit", "bounds": (1.1, 2.0)}, "around 1"),
        ({"bounds": (2.0, 0.5)}, "the lower limit must be below the upper"),
        ({"residuals": "none"}, "residuals"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"max_rounds": 0}, "max_rounds"),
    ],
)
def test_options_that_do_not_exist(options: dict[str, Any], words: str) -> None:
    assert words in refusal(Design(kalton_sample()), kalton_margins(), **options)


@pytest.mark.parametrize(
    ("margins", "options", "words"),
    [
        ([("a", 1)], {}, "a mapping from columns to totals is needed, here is list"),
        ({"a": [1, 2]}, {}, "margin a: totals are a mapping from levels to numbers, or one number"),
        ({"a": None}, {}, "here is None"),
        ({("a", "b"): 5.0}, {}, "not of 2"),
        ({("a", "b"): {1: 5.0}}, {}, "margin a × b: category 1 has 1 levels, 2 are needed"),
        ({"a": pd.Series([1.0, 2.0], index=[1, 1])}, {}, "margin a: category 1 is given twice"),
        ({"a": {}}, {}, "margin a has no category"),
        ({1: {"b": {1: 2.0}}, 2: 7.0}, {"by": "a"}, "margins of group 2: a mapping"),
        ({"name": 5.0}, {}, "'name' holds"),
        ({"a": {1: 5.0, 2: True}}, {}, "has the total True; a number is needed"),
    ],
)
def test_margins_that_cannot_be_read(margins: Any, options: Any, words: str) -> None:
    assert words in refusal(Design(kalton_sample().assign(name="x")), margins, **options)


def test_linear_weights_below_zero_are_refused_with_advice() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    message = refusal(Design(frame), {"x": 0.0})
    assert "makes weights negative: row 2 (-0.285714)" in message
    assert "bounds=(0, None)" in message


def test_poststratification_takes_one_margin() -> None:
    assert "one margin of counts" in refusal(Design(kalton_sample()), kalton_margins(), how=poststratify)
    assert "no margin is given" in refusal(Design(kalton_sample()), {})


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("lonely", ["remove", "adjust"])
def test_many_clusters_are_never_spread_out(
    monkeypatch: pytest.MonkeyPatch, clustered: bool, lonely: Any
) -> None:
    """Beyond a size the auxiliaries' totals stay sparse: errors as from full matrices, by domain and jointly."""
    rng = np.random.default_rng(9)
    n = 3000
    frame = pd.DataFrame({k: rng.integers(0, size, n) for k, size in (("a", 7), ("b", 4), ("h", 5))})
    frame["h"] = np.where(np.arange(n) == 0, 5, frame["h"])  # a stratum of one
    frame = frame.assign(w=rng.uniform(1, 3, n), y=frame["a"] + rng.normal(size=n), c=rng.integers(0, 400, n))
    frame["kept"] = frame["a"] == 3
    sums = {k: frame.groupby(k)["w"].sum() for k in ("a", "b")}
    margins = {
        "a": (sums["a"] * rng.uniform(0.8, 1.2, 7)).pipe(lambda s: s / s.sum() * 9000),
        "b": (sums["b"] * rng.uniform(0.8, 1.2, 4)).pipe(lambda s: s / s.sum() * 9000),
    }
    start = Design(frame, "w", "h", "c" if clustered else None, lonely=lonely, nest=True)

    def figures() -> list[Any]:
        done = calibrate(start, margins, distance="raking")
        by, joint = done.mean(["y", "b"], by="b"), done.mean(["y", "a"])
        part = done.subset("kept").total("y", by="h")
        fixed = done.mean("kept")
        return [by.se, part.se, joint.covariance().to_numpy(), fixed.se, done.quantile("y", by="a").se]

    full = figures()
    monkeypatch.setattr("weighting.variance.adjustment.MOST_FILLED", 0)
    monkeypatch.setattr("weighting.variance.influence.DENSE", 0)
    for found, expected in zip(figures(), full, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
