"""What must not change the numbers, and two ways of reaching the same number (statistics.md §3: invariants, two routes)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.weighting.r_reference import api_data, cases, data
from weighting import Design, Estimates, Histogram, calibrate, poststratify, rake, replicate, trim

SAME: dict[str, Any] = {"rtol": 1e-10, "atol": 1e-14}


def sample(seed: int, rows: int = 240) -> pd.DataFrame:
    """Unequal weights, 4 strata, 3 to 8 clusters each that reach several units, gaps, a numeric auxiliary."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 4, rows)
    frame = pd.DataFrame(
        {
            "stratum": stratum,
            "psu": rng.integers(0, 3 + stratum, rows),
            "unit": rng.integers(0, 5, rows),
            "sex": rng.choice(["f", "m"], rows),
            "age": rng.integers(1, 4, rows),
            "w": rng.gamma(2.0, 5.0, rows) + 0.5,
            "q": rng.integers(1, 6, rows),
            "x": rng.gamma(4.0, 2.0, rows),
            "N": 40 + 10 * stratum,
        }
    )
    frame["y"] = ((frame["q"] - 1) / 4).where(rng.random(rows) > 0.08)
    return frame


def design(frame: pd.DataFrame, **changes: Any) -> Design:
    how = {"weights": "w", "strata": "stratum", "clusters": "psu", "fpc": "N", "nest": True, **changes}
    return Design(frame, **how)


def answers(d: Design) -> list[Estimates]:
    return [
        d.mean("y"),
        d.mean(["y", "x"], by="unit"),
        d.total("x", by=["unit", "sex"]),
        d.ratio("y", "x", by="unit"),
        d.proportion("y", by="unit"),
        d.quantile("x", [0.25, 0.5]),
    ]


def numbers(e: Estimates) -> np.ndarray:
    return e.table()[["estimate", "se", "ci_low", "ci_high", "df"]].to_numpy(dtype=float)


def same(a: Estimates, b: Estimates) -> None:
    np.testing.assert_allclose(numbers(a), numbers(b), **SAME)
    np.testing.assert_allclose(a.covariance(), b.covariance(), **SAME)


SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=8)


@FEW
@given(SEEDS)
def test_row_order_changes_nothing(seed: int) -> None:
    frame = sample(seed)
    mixed = frame.sample(frac=1.0, random_state=seed)
    for a, b in zip(answers(design(frame)), answers(design(mixed)), strict=True):
        same(a, b)


@pytest.mark.long
@FEW
@given(SEEDS)
def test_labels_change_nothing(seed: int) -> None:
    frame = sample(seed)
    other = frame.assign(
        stratum="tầng " + frame["stratum"].astype(str),
        psu=[f"cụm {99 - p}" for p in frame["psu"]],
        unit=frame["unit"] + 100,
    )
    for a, b in zip(answers(design(frame)), answers(design(other)), strict=True):
        same(a, b)


@FEW
@given(SEEDS, st.floats(1e-3, 1e4))
def test_scale_of_the_weights_changes_only_totals(seed: int, factor: float) -> None:
    frame = sample(seed)
    scaled = frame.assign(w=frame["w"] * factor)
    one, other = design(frame), design(scaled)
    same(one.mean(["y", "x"], by="unit"), other.mean(["y", "x"], by="unit"))
    same(one.ratio("y", "x"), other.ratio("y", "x"))
    np.testing.assert_allclose(
        numbers(one.total("x"))[:, :4] * factor, numbers(other.total("x"))[:, :4], rtol=1e-9
    )


@pytest.mark.long
@FEW
@given(SEEDS)
def test_rows_of_weight_zero_change_nothing(seed: int) -> None:
    frame = sample(seed)
    ghosts = frame.sample(30, random_state=seed).assign(w=0.0, q=5, x=1000.0)
    longer = pd.concat([frame, ghosts], ignore_index=True)
    for a, b in zip(answers(design(frame)), answers(design(longer)), strict=True):
        same(a, b)


@FEW
@given(SEEDS)
def test_a_domain_is_the_same_by_column_by_subset_and_by_zero_weights(seed: int) -> None:
    frame = sample(seed)
    d = design(frame)
    by_unit = d.mean("y", by="unit", df="domain").table()
    for unit, row in by_unit.set_index("unit").iterrows():
        inside = (frame["unit"] == unit).to_numpy()
        part = d.subset(inside).mean("y").table().iloc[0]
        emptied = d.with_weights(np.where(inside, frame["w"], 0.0)).mean("y").table().iloc[0]
        for column in ("estimate", "se", "ci_low", "ci_high", "df", "n"):
            assert part[column] == pytest.approx(row[column], rel=1e-10)
            assert emptied[column] == pytest.approx(row[column], rel=1e-10)


@FEW
@given(SEEDS)
def test_the_mean_is_a_ratio_of_totals_and_a_weighted_regression(seed: int) -> None:
    import statsmodels.api as sm

    frame = sample(seed).dropna(subset=["y"])
    d = design(frame.assign(one=1.0))
    mean = d.mean("y", by="unit")
    ratio = d.ratio("y", "one", by="unit")
    same(mean, ratio)
    dummies = pd.get_dummies(frame["unit"]).astype(float)
    fitted = sm.WLS(frame["y"], dummies, weights=frame["w"]).fit()
    np.testing.assert_allclose(mean.table()["estimate"], fitted.params, rtol=1e-10)


def test_the_linearised_variance_is_the_cluster_robust_one_of_the_regression() -> None:
    """With one stratum and no fpc, statsmodels' cluster-robust variance is ours up to its own small-sample factor."""
    import statsmodels.api as sm

    frame = api_data("apiclus1")
    mean = Design(frame, weights="pw", clusters="dnum").mean("api00", by="stype")
    dummies = pd.get_dummies(frame["stype"]).astype(float)
    fit = sm.WLS(frame["api00"], dummies, weights=frame["pw"]).fit()
    robust = fit.get_robustcov_results("cluster", groups=frame["dnum"], use_correction=False).cov_params()
    clusters = frame["dnum"].nunique()
    np.testing.assert_allclose(mean.covariance(), robust * clusters / (clusters - 1), rtol=1e-9)


@FEW
@given(SEEDS)
def test_the_slow_sum_over_pairs_of_rows(seed: int) -> None:
    """The variance of a total, term by term from its definition."""
    frame = sample(seed, rows=60)
    variance = 0.0
    frame["u"] = frame["w"] * frame["x"]
    for _, stratum in frame.groupby("stratum"):
        totals = [cluster["u"].sum() for _, cluster in stratum.groupby("psu")]
        n, rest = len(totals), 1 - len(totals) / stratum["N"].iloc[0]
        if n == 1:
            continue
        differences = sum((a - b) ** 2 for i, a in enumerate(totals) for b in totals[:i])
        variance += rest * differences / (n - 1)
    se = design(frame, lonely="remove").total("x").table()["se"].iloc[0]
    assert se == pytest.approx(np.sqrt(variance), rel=1e-10)


@FEW
@given(SEEDS)
def test_covariance_of_a_combination_is_that_of_its_influence_values(seed: int) -> None:
    frame = sample(seed)
    d = design(frame, small_sample="clusters")
    c = {0: 0.4, 1: -1.0, 4: 2.5}
    combined = d.mean("x", by="unit").combine({"mix": c}).table().iloc[0]
    w = frame["w"].to_numpy()
    u, value = np.zeros(len(frame)), 0.0
    for unit, weight in c.items():
        a = (frame["unit"] == unit).to_numpy()
        mean = np.average(frame["x"][a], weights=w[a])
        u += weight * w * a * (frame["x"].to_numpy() - mean) / w[a].sum()
        value += weight * mean
    assert combined["estimate"] == pytest.approx(value, rel=1e-12)
    assert combined["se"] == pytest.approx(np.sqrt(d.covariance_of(u[:, None])[0, 0]), rel=1e-10)


@FEW
@given(SEEDS)
def test_covariances_by_domain_are_those_of_the_spread_out_matrix(seed: int) -> None:
    frame = sample(seed)
    margins = {"sex": {"f": 900.0, "m": 1100.0}, "age": {1: 500.0, 2: 700.0, 3: 800.0}}
    plain = design(frame)
    u = frame[["x", "w"]].to_numpy()
    unit = frame["unit"].to_numpy()
    for d in (plain, rake(plain, margins), calibrate(plain, {**margins, "x": 16_500.0})):
        blocks = d.covariance_by(u, unit, 5)
        for j in range(5):
            np.testing.assert_allclose(
                blocks[j], d.covariance_of(u * (unit == j)[:, None]), rtol=1e-9, atol=1e-9
            )


def test_satterthwaite_from_the_variances_of_the_strata() -> None:
    """Two-sample case: the degrees of freedom of Welch's test, from scipy."""
    from scipy import stats

    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 1, 9), rng.normal(0.5, 4, 25)
    frame = {"y": np.concatenate([a, b]), "h": np.repeat(["a", "b"], [9, 25])}
    gap = (
        Design(frame, strata="h")
        .mean("y", by="h")
        .combine({"gap": {"a": 1.0, "b": -1.0}}, df="satterthwaite")
    )
    welch = stats.ttest_ind(a, b, equal_var=False)
    assert gap.df[0] == pytest.approx(welch.df, rel=1e-12)
    np.testing.assert_allclose([gap.ci_low[0], gap.ci_high[0]], welch.confidence_interval(0.95), rtol=1e-10)


@FEW
@given(SEEDS)
def test_a_constant_added_to_all_answers_moves_the_mean_alone(seed: int) -> None:
    frame = sample(seed)
    one = design(frame).mean("x", by="unit")
    other = design(frame.assign(x=frame["x"] + 1e5)).mean("x", by="unit")
    np.testing.assert_allclose(other.estimate - 1e5, one.estimate, atol=1e-8)
    np.testing.assert_allclose(other.se, one.se, rtol=1e-8)
    np.testing.assert_allclose(other.covariance(), one.covariance(), atol=1e-8 * np.max(one.se**2))


def test_splitting_a_stratum_s_sample_into_designs_adds_variances() -> None:
    frame = sample(5)
    whole = design(frame).total("x").table()["se"].iloc[0]
    parts = [design(part).total("x").table()["se"].iloc[0] for _, part in frame.groupby("stratum")]
    assert whole == pytest.approx(np.sqrt(np.sum(np.square(parts))), rel=1e-12)


@FEW
@given(SEEDS)
def test_calibration_meets_its_margins_and_keeps_totals(seed: int) -> None:
    frame = sample(seed)
    d = design(frame)
    total = d.weights.sum()
    sex = {"f": 0.45 * total, "m": 0.55 * total}
    age = {1: 0.3 * total, 2: 0.3 * total, 3: 0.4 * total}
    for c in (
        calibrate(d, {"sex": sex, "age": age}),
        calibrate(d, {"sex": sex, "age": age}, distance="raking"),
        calibrate(d, {"sex": sex, "age": age}, distance="logit", bounds=(0.2, 4.0)),
        rake(d, {"sex": sex, "age": age}),
    ):
        np.testing.assert_allclose(c.weights.sum(), total, rtol=1e-9)
        for column, margin in (("sex", sex), ("age", age)):
            found = pd.Series(c.weights).groupby(frame[column].to_numpy()).sum()
            np.testing.assert_allclose(found, pd.Series(margin)[found.index], rtol=1e-8)


@FEW
@given(SEEDS)
def test_what_the_margins_fix_has_no_error(seed: int) -> None:
    frame = sample(seed).assign(one=1.0)
    d = design(frame)
    total = d.weights.sum()
    c = poststratify(d, {"sex": {"f": 0.4 * total, "m": 0.6 * total}})
    fixed = c.total("one", by="sex").table()
    np.testing.assert_allclose(fixed["estimate"], [0.4 * total, 0.6 * total], rtol=1e-10)
    assert (fixed["se"] < 1e-9 * total).all()


@FEW
@given(SEEDS)
def test_raking_by_proportional_fitting_is_raking_by_calibration(seed: int) -> None:
    frame = sample(seed)
    d = design(frame)
    total = d.weights.sum()
    margins: dict[str, dict[Any, float]] = {
        "sex": {"f": 0.45 * total, "m": 0.55 * total},
        "age": {1: 0.3 * total, 2: 0.3 * total, 3: 0.4 * total},
    }
    w = frame["w"].to_numpy().copy()
    codes = {
        column: pd.Categorical(frame[column], categories=list(margin)).codes
        for column, margin in margins.items()
    }
    for _ in range(200):
        for column, margin in margins.items():
            w *= (np.array(list(margin.values())) / np.bincount(codes[column], w))[codes[column]]
    np.testing.assert_allclose(rake(d, margins).weights, w, rtol=1e-8)
    np.testing.assert_allclose(calibrate(d, margins, distance="raking").weights, w, rtol=1e-8)


@FEW
@given(SEEDS)
def test_trimming_keeps_the_total_and_its_limits(seed: int) -> None:
    d = design(sample(seed))
    trimmed = trim(d, lower=3.0, upper=20.0)
    assert trimmed.weights.sum() == pytest.approx(d.weights.sum(), rel=1e-12)
    assert trimmed.weights.min() >= 3.0 - 1e-9
    assert trimmed.weights.max() <= 20.0 + 1e-9


def test_the_jackknife_comes_near_the_linearisation() -> None:
    frame = data("govsat")
    frame["s"] = (frame["q1"] - 1) / 4
    d = Design(frame, weights="w", strata="stratum", clusters="psu", fpc="Npsu", nest=True)
    by_unit = d.mean("s", by="unit").table()
    jackknife = replicate(d, kind="JKn").mean("s", by="unit").table()
    np.testing.assert_allclose(jackknife["estimate"], by_unit["estimate"], rtol=1e-12)
    np.testing.assert_allclose(jackknife["se"], by_unit["se"], rtol=0.06)


def test_for_totals_the_jackknife_is_the_linearisation() -> None:
    frame = sample(11)
    d = design(frame)
    np.testing.assert_allclose(
        replicate(d, kind="JKn").total("x", by="sex").table()["se"],
        d.total("x", by="sex").table()["se"],
        rtol=1e-9,
    )


def test_the_bootstrap_comes_near_the_linearisation() -> None:
    frame = sample(3, rows=600)
    d = design(frame, fpc=None)
    linear = d.mean("x", by="sex").table()["se"]
    booted = replicate(d, kind="bootstrap", replicates=800, seed=7).mean("x", by="sex").table()["se"]
    np.testing.assert_allclose(booted, linear, rtol=0.12)


def test_a_census_has_no_error_and_a_zero_width() -> None:
    frame = pd.DataFrame({"y": [0.25, 1.0, 0.5, 0.75], "N": 4})
    table = Design(frame, fpc="N").mean("y", interval="bounded").table().iloc[0]
    assert table["estimate"] == 0.625
    assert (table["se"], table["ci_low"], table["ci_high"]) == (0.0, 0.625, 0.625)


def test_estimates_and_designs_cannot_be_changed() -> None:
    d = design(sample(1))
    with pytest.raises(ValueError, match="read-only"):
        d.weights[0] = 5.0
    with pytest.raises(AttributeError):
        d.weights = np.ones(d.n)  # type: ignore[misc]


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_histograms_of_the_parts_of_a_file_add_up_to_the_whole(parts: int) -> None:
    """Means and shares by unit from the added tables are those of the rows, and those that R survey gave."""
    frame = data("govsat")
    items = [f"q{k}" for k in range(1, 7)]
    rows = Design(frame, weights="w", strata="stratum", clusters="psu", fpc="Npsu", nest=True)
    keys = ["stratum", "psu", "unit"]
    cells = frame.groupby(keys)["Npsu"].first().reset_index()
    cell = frame[keys].merge(cells.reset_index(), on=keys, how="left")["index"].to_numpy()
    codes = frame[items].fillna(0).to_numpy(dtype=np.int8)
    order = np.random.default_rng(parts).permutation(len(frame))
    w = frame["w"].to_numpy()
    pieces = [
        Histogram.of(codes[p], w[p], cell[p], len(cells), range(1, 6), items)
        for p in np.array_split(order, parts)
    ]
    whole = sum(pieces[1:], start=pieces[0])
    how: dict[str, Any] = {"strata": "stratum", "clusters": "psu", "fpc": "Npsu", "nest": True}
    mean = whole.mean(cells, by="unit", **how)
    same(mean, rows.mean(items, by="unit"))
    share = whole.proportion(cells, [4, 5], "q1", by="unit", interval="logit", df="domain", **how)
    same(share, rows.proportion("q1", by="unit", levels=[4, 5], interval="logit", df="domain"))
    expected = cases("govsat")["gd/by_unit_s1"]
    of_q1 = whole.mean(cells, by="unit", small_sample="clusters", **how).table().query("statistic == 'q1'")
    np.testing.assert_allclose((of_q1["estimate"] - 1) / 4, expected.vector("est"), rtol=1e-9)
    np.testing.assert_allclose(of_q1["se"] / 4, expected.vector("se"), rtol=1e-9)
