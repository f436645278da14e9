"""The other data sets of R's survey package, each with the design its manual gives it (tests/reference/datasets)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.weighting.r_reference import REFERENCE, assert_same, assert_same_covariance, results
from weighting import Design, Estimates, calibrate, poststratify, replicate

FOLDER = "datasets"
SAMPLES = ("nhanes", "hospital", "fpc", "crowd", "election_pps", "apiclus2")


@cache
def frame(name: str) -> pd.DataFrame:
    found = pd.read_csv(REFERENCE / FOLDER / f"{name}.csv")
    return found.assign(high=found["HI_CHOL"].fillna(0.0)) if name == "nhanes" else found


def design(name: str, **declared: Any) -> Design:
    return Design(frame(name), **declared, small_sample="clusters")


STAGES = {"clusters": ["dnum", "snum"]}
PLAIN: dict[str, tuple[Design, list[str]]] = {
    "fpc_sizes": (
        design("fpc", weights="weight", strata="stratid", clusters="psuid", fpc="Nh", nest=True),
        ["x"],
    ),
    "fpc_fractions": (
        design("fpc", weights="weight", strata="stratid", clusters="psuid", fpc="f", nest=True),
        ["x"],
    ),
    "fpc_weightless": (design("fpc", strata="stratid", clusters="psuid", fpc="Nh", nest=True), ["x"]),
    "fpc_none": (design("fpc", weights="weight", strata="stratid", clusters="psuid", nest=True), ["x"]),
    "hospital": (design("hospital", weights="weighta", strata="oblevel", fpc="tothosp"), ["births"]),
    "crowd": (
        design("crowd", weights="weight", strata="stratum", clusters="cluster", nest=True),
        ["rooms", "person"],
    ),
    "election": (design("election_pps", weights="wt"), ["Bush", "Kerry", "Nader"]),
    "clus2_sizes": (design("apiclus2", weights="pw", fpc=["fpc1", "fpc2"], **STAGES), ["api00", "api99"]),
    "clus2_fractions": (design("apiclus2", weights="pw", fpc=["f1", "f2"], **STAGES), ["api00", "api99"]),
    "clus2_weightless": (design("apiclus2", fpc=["fpc1", "fpc2"], **STAGES), ["api00", "api99"]),
    "clus2_first": (design("apiclus2", weights="pw", clusters="dnum", fpc="fpc1"), ["api00", "api99"]),
}


def r(case: str, part: str) -> np.ndarray:
    return np.atleast_1d(results(FOLDER)[case, part])


def assert_statistic(ours: Estimates, case: str) -> None:
    assert_same(ours.estimate, r(case, "est"))
    assert_same_covariance(ours.covariance(), np.reshape(r(case, "vcov"), (len(ours), -1)))
    assert_same(np.column_stack([ours.ci_low, ours.ci_high]), np.reshape(r(case, "ci95_t"), (-1, 2)))


@pytest.mark.parametrize("name", PLAIN)
def test_means_and_totals(name: str) -> None:
    d, columns = PLAIN[name]
    assert d.degf == r(f"{name}/degf", "value")[0]
    assert_statistic(d.mean(columns, df="design"), f"{name}/mean")
    assert_statistic(d.total(columns, df="design"), f"{name}/total")
    if name == "crowd":  # six rows of weight 1: R divides by the variance of a complete census, which is 0
        assert np.isposinf(r("crowd/deff", "value")).all()
        srs = frame("crowd")[columns].var() / 6
        assert_same(d.mean(columns).deff, d.mean(columns).se ** 2 / srs)
    else:
        assert_same(d.mean(columns).deff, r(f"{name}/deff", "value"))


def test_ratios() -> None:
    found = {
        "crowd/ratio": PLAIN["crowd"][0].ratio("person", "rooms"),
        "election/ratio": PLAIN["election"][0].ratio(["Bush", "Kerry"], "votes"),
    }
    for case, ours in found.items():
        assert_same(ours.estimate, r(case, "est"))
        assert_same(ours.se, r(case, "se"))


def test_strata_that_clusters_cross() -> None:
    """The call of the documentation on apiclus2: districts lie in several strata, and labels count within them."""
    d = Design(
        frame("apiclus2"),
        "pw",
        strata="stype",
        clusters=["dnum", "snum"],
        fpc=["fpc1", "fpc2"],
        lonely="adjust",
        nest=True,
        small_sample="clusters",
    )
    assert d.degf == r("contract/degf", "value")[0]
    assert_statistic(d.mean(["api00", "api99"], df="design"), "contract/mean")
    by = d.mean(["api00", "api99"], by=["stype"])
    # R lists statistics slowest, this library domains slowest.
    order = np.arange(6).reshape(3, 2).T.ravel()
    assert_same(by.estimate[order], r("contract/by", "est"))
    assert_same_covariance(by.covariance().to_numpy()[np.ix_(order, order)], r("contract/by", "vcov"))


@cache
def nhanes() -> Design:
    return design("nhanes", weights="WTMEC2YR", strata="SDMVSTRA", clusters="SDMVPSU", nest=True)


def margins() -> dict[str, dict[Any, float]]:
    race = dict(zip(["r1", "r2", "r3", "r4"], r("margins", "race"), strict=True))
    return {"race": race, "RIAGENDR": dict(zip([1, 2], r("margins", "sex"), strict=True))}


@cache
def adjusted(case: str) -> Design:
    if case == "nhanes":
        return nhanes()
    if case == "poststratified":
        size = frame("nhanes").groupby("age")["WTMEC2YR"].sum() * [1, 1.2, 0.9, 1.1]
        return poststratify(nhanes(), {"age": size})
    distance: Any = case.removeprefix("calibrated/")
    bounds = None if distance == "linear" else (0.3, 3.0)
    return calibrate(nhanes(), margins(), distance=distance, bounds=bounds)


@pytest.mark.parametrize("by", ["race", "age", "RIAGENDR"])
def test_joint_covariance_of_domains(by: str) -> None:
    assert nhanes().degf == r("nhanes/degf", "value")[0]
    assert_statistic(nhanes().mean("high", by=by, df="design"), f"nhanes/{by}/complete")


CASES = ["nhanes", "calibrated/linear", "calibrated/raking", "calibrated/logit", "poststratified"]


@pytest.mark.parametrize("case", CASES)
def test_domains_with_gaps(case: str) -> None:
    d = adjusted(case)
    for by in ("race", "age", "RIAGENDR"):
        for what, found in (("mean", d.mean("HI_CHOL", by=by)), ("total", d.total("HI_CHOL", by=by))):
            assert_same(found.estimate, r(f"{case}/{by}/{what}", "est"))
            assert_same(found.se, r(f"{case}/{by}/{what}", "se"))
    crossed = d.mean("HI_CHOL", by=["RIAGENDR", "age", "race"])  # R's first factor varies fastest
    assert_same(crossed.estimate, r(f"{case}/crossed", "est"))
    assert_same(crossed.se, r(f"{case}/crossed", "se"))


@pytest.mark.parametrize("distance", ["linear", "raking", "logit"])
def test_calibrated_weights(distance: str) -> None:
    d = adjusted(f"calibrated/{distance}")
    assert_same(d.weights[::100], r(f"calibrated/{distance}", "weights"))


def test_logit_intervals() -> None:
    found = nhanes().proportion("HI_CHOL", by="race", interval="logit", df="design")
    for i, level in enumerate(["r1", "r2", "r3", "r4"]):
        assert_same(
            [found.estimate[i], found.ci_low[i], found.ci_high[i]], r(f"nhanes/logit/{level}", "value")
        )


def test_jackknife() -> None:
    found = replicate(nhanes(), kind="JKn").mean("high", by="race", df="design")
    assert_statistic(found, "replicates/JKn")


def test_no_case_is_left_out() -> None:
    compared = {f"{name}/{what}" for name in PLAIN for what in ("degf", "mean", "total", "deff")}
    compared |= {
        "crowd/ratio",
        "election/ratio",
        "contract/degf",
        "contract/mean",
        "contract/by",
        "nhanes/degf",
    }
    compared |= {f"nhanes/{by}/complete" for by in ("race", "age", "RIAGENDR")}
    compared |= {
        f"{c}/{by}/{w}" for c in CASES for by in ("race", "age", "RIAGENDR") for w in ("mean", "total")
    }
    compared |= {f"{case}/crossed" for case in CASES} | {"margins", "replicates/JKn"}
    compared |= {f"nhanes/logit/r{i}" for i in range(1, 5)} | {
        f"calibrated/{k}" for k in ("linear", "raking", "logit")
    }
    assert compared == {case for case, _ in results(FOLDER)}
