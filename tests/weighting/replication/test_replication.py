"""Replicates: R survey, the linearised variance of totals, exact moments, and what each kind refuses."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.weighting.adjustment_reference import reference, table
from weighting import CalibrationError, Design, DesignError, calibrate, poststratify, replicate, trim
from weighting.replication.factors import bootstrap
from weighting.replication.hadamard import hadamard, order_above
from weighting.replication.replicates import Replicates


def pairs() -> Design:
    """Ten strata with two clusters of two rows."""
    return Design(table("adjustment", "pairs.csv"), weights="w", strata="h", clusters="c", nest=True)


def lonely(policy: Any, finite: bool = False) -> Design:
    frame = table("r-survey", "data", "lonely.csv")
    fpc = "N" if finite else None
    return Design(frame, weights="w", strata="stratum", clusters="psu", fpc=fpc, lonely=policy, nest=True)


def schools() -> Design:
    return Design(table("api", "apiclus1.csv"), weights="pw", clusters="dnum", fpc="fpc")


SCHOOLS: dict[Any, Any] = {"stype": {"E": 4421.0, "H": 755.0, "M": 1018.0}}


# ---- R survey -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["BRR", "Fay", "JKn"])
def test_ten_strata_of_pairs(kind: Any) -> None:
    r = replicate(pairs(), kind=kind, rho=0.3)
    assert r.degf == reference(f"pairs/{kind}/degf")[0]
    assert len(r.rscales) == reference(f"pairs/{kind}/replicates")[0]
    asked = {"total": r.total(["y", "x"]), "mean": r.mean(["y", "x"]), "ratio": r.ratio("y", "x")}
    for what, estimates in asked.items():
        np.testing.assert_allclose(estimates.estimate, reference(f"pairs/{kind}/{what}/est"), rtol=1e-9)
        np.testing.assert_allclose(estimates.se, reference(f"pairs/{kind}/{what}/se"), rtol=1e-9)


@pytest.mark.parametrize("policy", ["remove", "certainty", "adjust", "average"])
@pytest.mark.parametrize("finite", [False, True])
def test_jackknife_with_lonely_strata(policy: str, finite: bool) -> None:
    case = f"JKn/{policy}/{'fpc' if finite else 'nofpc'}"
    r = replicate(lonely(policy, finite), kind="JKn")
    assert r.degf == reference(f"{case}/degf")[0]
    estimates = r.mean(["y", "x"])
    np.testing.assert_allclose(estimates.estimate, reference(f"{case}/est"), rtol=1e-9)
    np.testing.assert_allclose(estimates.se, reference(f"{case}/se"), rtol=1e-9)


def test_replicates_of_a_calibrated_design_are_calibrated_again() -> None:
    """R calibrates replicates when told to; ``as.svrepdesign`` of a calibrated design leaves them."""
    done = calibrate(schools(), SCHOOLS)
    again = replicate(done, kind="JK1")
    np.testing.assert_allclose(
        again.mean(["api00", "api99"]).se, reference("replicates_calibrated/se"), rtol=1e-9
    )
    totals = pd.DataFrame(again.weights()).groupby(schools().frame["stype"].to_numpy()).sum()
    np.testing.assert_allclose(totals, np.tile([[4421.0], [755.0], [1018.0]], 15), rtol=1e-9)
    left = replicate(done, kind="JK1", recalibrate=False)
    np.testing.assert_allclose(
        left.mean(["api00", "api99"]).se, reference("replicates_of_calibrated/se"), rtol=1e-9
    )


@pytest.mark.parametrize("strata", [3, 7, 11, 15, 19, 23, 39, 43, 59])
def test_hadamard_matrices_are_those_of_r(strata: int) -> None:
    ours = hadamard(order_above(strata))
    np.testing.assert_array_equal(ours.ravel(order="F"), reference(f"hadamard/{strata}"))


# ---- exact properties -----------------------------------------------------------------------------------


def test_every_reachable_order_up_to_200_is_a_hadamard_matrix() -> None:
    for order in sorted({order_above(strata) for strata in range(1, 200)}):
        H = hadamard(order).astype(int)
        np.testing.assert_array_equal(H @ H.T, order * np.eye(order, dtype=int))
        assert (H[0] == 1).all()
        assert (H[:, 0] == 1).all()
    with pytest.raises(ValueError, match="92"):
        hadamard(92)


@pytest.mark.parametrize("kind", ["BRR", "Fay", "JKn"])
def test_totals_have_the_linearised_variance(kind: Any) -> None:
    d = pairs()
    np.testing.assert_allclose(
        replicate(d, kind=kind, rho=0.4).total(["y", "x"], by="h").covariance(),
        d.total(["y", "x"], by="h").covariance(),
        rtol=1e-10,
        atol=1e-8,
    )


def test_census_strata_do_not_vary() -> None:
    frame = table("api", "apistrat.csv")
    frame.loc[frame["stype"] == "H", "fpc"] = (frame["stype"] == "H").sum()
    d = Design(frame, weights="pw", strata="stype", fpc="fpc")
    for kind in ("JKn", "bootstrap"):
        r = replicate(d, kind=kind, replicates=40)
        assert r.mean("api00", by="stype").se[1] == 0
    np.testing.assert_allclose(replicate(d).total("enroll").se, d.total("enroll").se, rtol=1e-10)


def test_bootstrap_has_the_linearised_variance_over_all_samples_it_can_draw() -> None:
    """Two strata, every way to draw n − 1 of n clusters with its probability: E(θ*) = θ, Var(θ*) = the linearised one."""
    y, h = np.array([1.0, 4.0, 2.0, 7.0, 9.0]), np.array([0, 0, 1, 1, 1])
    rest = np.array([0.8, 0.5])
    sampled = np.array([2.0, 3.0])
    draws_first = [np.eye(2)[i] for i in range(2)]
    draws_second = [np.eye(3)[i] + np.eye(3)[j] for i, j in product(range(3), repeat=2)]
    values = []
    for a, b in product(draws_first, draws_second):
        shrink = np.sqrt(rest)[h]
        n = sampled[h]
        factor = 1 - shrink + shrink * n / (n - 1) * np.concatenate([a, b])
        values.append(factor @ y)
    assert np.mean(values) == pytest.approx(y.sum(), rel=1e-12)
    frame = {"y": y, "h": h, "N": np.array([10, 10, 6, 6, 6])}
    d = Design(frame, weights=np.ones(5), strata="h", fpc="N")
    assert np.std(values) == pytest.approx(d.total("y").se[0], rel=1e-12)
    seen = {round(v, 9) for v in values}
    made = bootstrap(h, sampled, rest, 200, np.random.default_rng(3))
    assert {round(v, 9) for v in y @ made.table} <= seen


def test_bootstrap_is_seeded() -> None:
    d = pairs()
    a, b, c = (replicate(d, kind="bootstrap", replicates=30, seed=s).factors for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()
    generator = np.random.default_rng(1)
    np.testing.assert_array_equal(replicate(d, kind="bootstrap", replicates=30, seed=generator).factors, a)


def test_trimming_after_calibration_is_kept_in_the_replicates() -> None:
    done = trim(poststratify(schools(), SCHOOLS), upper=37.0)
    r = replicate(done, kind="JK1")
    np.testing.assert_allclose(r.mean("api00").estimate, done.mean("api00").estimate, rtol=1e-12)
    ratio = done.weights / poststratify(schools(), SCHOOLS).weights
    again = replicate(poststratify(schools(), SCHOOLS), kind="JK1")
    np.testing.assert_allclose(r.weights(), again.weights() * ratio[:, None], rtol=1e-9)


# ---- estimates ------------------------------------------------------------------------------------------


def by_hand(r: Replicates, statistic: Any) -> float:
    """Standard error from the full matrix of replicate weights, one replicate at a time."""
    values = np.array([statistic(w) for w in r.weights().T])
    return float(np.sqrt(r.scale * (r.rscales * (values - values[r.rscales > 0].mean()) ** 2).sum()))


def test_estimates_by_domain_with_gaps_are_those_of_the_full_matrix() -> None:
    frame = table("api", "apiclus1.csv")
    r = replicate(Design(frame, weights="pw", clusters="dnum"), kind="JK1")
    y, x = frame["api00_na"].to_numpy(), frame["enroll"].to_numpy(float)
    there = ~np.isnan(y)
    wide, award = ((frame[c] == "Yes").to_numpy() for c in ("sch.wide", "awards"))
    mean = r.mean("api00_na", by="sch.wide")
    ratio = r.ratio("api00_na", "enroll", by="sch.wide")
    share = r.proportion("awards", by="sch.wide", levels=["Yes"])
    for j, inside in enumerate((~wide, wide)):
        rows = inside & there
        assert mean.se[j] == pytest.approx(by_hand(r, lambda w, k=rows: w[k] @ y[k] / w[k].sum()), rel=1e-10)
        assert ratio.se[j] == pytest.approx(
            by_hand(r, lambda w, k=rows: w[k] @ y[k] / (w[k] @ x[k])), rel=1e-10
        )
        won = inside & award
        assert share.se[j] == pytest.approx(
            by_hand(r, lambda w, k=inside, a=won: w[a].sum() / w[k].sum()), rel=1e-10
        )
    value, covariance = r.estimate(lambda w: [np.average(x, weights=w)])
    assert value[0] == pytest.approx(np.average(x, weights=frame["pw"]))
    assert covariance[0, 0] == pytest.approx(r.mean("enroll").se[0] ** 2, rel=1e-10)


def test_quantiles_from_the_full_matrix_and_not_from_a_jackknife() -> None:
    frame = pairs().frame
    r = replicate(pairs(), kind="BRR")
    y, order = frame["y"].to_numpy(), np.argsort(frame["y"].to_numpy())

    def median(w: np.ndarray) -> float:
        running = np.cumsum(w[order])
        return float(y[order][np.searchsorted(running, 0.5 * running[-1] * (1 - 1e-12))])

    found = r.quantile("y", 0.5)
    assert found.estimate[0] == median(pairs().weights)
    assert found.se[0] == pytest.approx(by_hand(r, median), rel=1e-12)
    assert found.ci_low[0] < found.estimate[0] < found.ci_high[0]
    with pytest.raises(DesignError, match="quantiles have no JKn variance"):
        replicate(pairs(), kind="JKn").quantile("y")


def test_the_result_is_of_the_same_kind() -> None:
    r = replicate(schools(), kind="JK1")
    e = r.mean(["api00", "api99"])
    assert e.df.tolist() == [14.0, 14.0]
    gap = e.combine({"gain": {"api00": 1.0, "api99": -1.0}})
    frame = schools().frame
    gains = (frame["api00"] - frame["api99"]).to_numpy(float)
    assert gap.se[0] == pytest.approx(by_hand(r, lambda w: np.average(gains, weights=w)), rel=1e-9)
    assert len(r.mean("api00", by="stype").pairwise()) == 3
    part = Replicates.from_weights(schools().subset((frame["stype"] == "E").to_numpy()), r.weights() * 0 + 1)
    assert part.mean("api00").n[0] == (frame["stype"] == "E").sum()
    with pytest.raises(ValueError, match="satterthwaite"):
        r.mean("api00", df="satterthwaite")


def test_centre_at_the_full_sample() -> None:
    d = schools()
    plain, mse = (replicate(d, kind="JK1", mse=m) for m in (False, True))
    values = mse.weights().T @ d.frame["api00"].to_numpy() / mse.weights().sum(axis=0)
    full = d.mean("api00").estimate[0]
    expected = np.sqrt(mse.scale * (mse.rscales * (values - full) ** 2).sum())
    assert mse.mean("api00").se[0] == pytest.approx(expected, rel=1e-12)
    assert mse.mean("api00").se[0] > plain.mean("api00").se[0]


def test_shares_of_all_or_nothing_have_an_interval() -> None:
    frame = pd.DataFrame(
        {"y": [1] * 12 + [0, 1] * 6, "g": ["all"] * 12 + ["half"] * 12, "c": np.arange(24) % 8}
    )
    e = replicate(Design(frame, clusters="c"), kind="JK1").proportion("y", by="g")
    assert e.estimate[0] == 1
    assert 0.5 < e.ci_low[0] < 1
    assert e.ci_high[0] == 1
    assert 0 < e.ci_low[1] < 0.5 < e.ci_high[1] < 1


def test_a_domain_that_a_replicate_empties_says_so() -> None:
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4, 5], "g": ["a", "a", "b", "b", "b"], "c": [1, 1, 2, 3, 4]})
    e = replicate(Design(frame, clusters="c"), kind="JK1").mean("y", by="g")
    assert np.isnan(e.se[0])
    assert "a replicate leaves no rows" in e.note[0]
    assert e.se[1] > 0


# ---- replicates that came with the data -----------------------------------------------------------------


def test_given_weights_combined_or_factors_as_columns_or_array() -> None:
    made = replicate(pairs(), kind="BRR")
    frame = pairs().frame.assign(**{f"r{k}": column for k, column in enumerate(made.weights().T)})
    names = [f"r{k}" for k in range(len(made.rscales))]
    plain = Design(frame, weights="w")
    for r in (
        Replicates.from_weights(plain, names, kind="BRR"),
        Replicates.from_weights(plain, made.weights() / pairs().weights[:, None], kind="BRR", combined=False),
    ):
        np.testing.assert_allclose(r.ratio("y", "x").se, made.ratio("y", "x").se, rtol=1e-12)
        assert r.degf == made.degf
    jack = replicate(pairs(), kind="JKn")
    given = Replicates.from_weights(plain, jack.weights(), kind="JKn", rscales=jack.rscales)
    np.testing.assert_allclose(given.mean("y").se, jack.mean("y").se, rtol=1e-12)


@pytest.mark.parametrize(
    ("weights", "options", "words"),
    [
        (np.ones((3, 4)), {}, "shape (3, 4); 40 rows"),
        (np.ones((40, 1)), {}, "at least two columns"),
        (np.full((40, 3), -1.0), {"kind": "BRR"}, "-1.0 in row 0, replicate 1 (120 such values)"),
        (np.full((40, 3), np.nan), {}, "nan in row 0"),
        (np.ones((40, 3)), {"kind": "JKn"}, "rscales are needed"),
        (np.ones((40, 3)), {"kind": "jk"}, "unknown kind 'jk'"),
        (np.ones((40, 3)), {"rscales": [1.0]}, "rscales: 3 values are needed"),
        (np.ones((40, 3)), {"kind": "Fay", "rho": 1.0}, "rho 1.0"),
        (["y", "z"], {}, "unknown column 'z'"),
    ],
)
def test_given_weights_that_do_not_fit(weights: Any, options: Any, words: str) -> None:
    with pytest.raises(DesignError) as caught:
        Replicates.from_weights(pairs(), weights, **options)
    assert words in str(caught.value)


# ---- what each kind refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("design", "kind", "options", "words"),
    [
        (lambda: lonely("fail"), "JKn", {}, "stratum '4', '6' has a single cluster"),
        (lambda: lonely("adjust"), "bootstrap", {}, "bootstrap is not defined there with lonely='adjust'"),
        (lambda: lonely("remove"), "BRR", {}, "stratum '1', '2', '3', '5' does not have two clusters"),
        (pairs, "JK1", {}, "JK1 is for designs without strata, this one has 10"),
        (pairs, "Fay", {"rho": 1.0}, "rho 1.0"),
        (pairs, "bootstrap", {"replicates": 1}, "replicates 1"),
        (pairs, "JK", {}, "unknown kind 'JK'"),
    ],
)
def test_kinds_that_do_not_fit_the_design(design: Any, kind: Any, options: Any, words: str) -> None:
    with pytest.raises(DesignError) as caught:
        replicate(design(), kind=kind, **options)
    assert words in str(caught.value)


def test_a_replicate_without_a_category_is_named() -> None:
    frame = pd.DataFrame({"g": ["a", "a", "b", "b", "b"], "c": [1, 1, 2, 3, 4]})
    done = poststratify(Design(frame, clusters="c"), {"g": {"a": 10.0, "b": 20.0}})
    with pytest.raises(CalibrationError, match="replicate 1: margin g: category 'a' is at 0 of 10"):
        replicate(done, kind="JK1")
