"""What R survey says of samples in several stages, plain and calibrated, under the policies for lonely units.

Sample, scripts and raw output: tests/reference/stages. The sample has strata at two stages, a certainty stratum whose
later stages still vary, a lonely second-stage unit and a census at the second stage.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest

from tests.weighting.r_reference import REFERENCE, assert_same, assert_same_covariance, results
from weighting import Design, DesignError, Estimates, calibrate, poststratify, rake, replicate

R = results("stages")
STAGES = ["psu", "ssu", "person"]
SEXES = {"f": 6000.0, "m": 5500.0}
AGES = {1: 3000.0, 2: 2500.0, 3: 3200.0, 4: 2800.0}
CLASSES = {"a": 6100.0, "b": 500.0, "c": 3600.0, "d": 1300.0}
CROSSED = dict(
    zip([(s, d) for d in "PQR" for s in "fm"], [2000.0, 2100.0, 1900.0, 1800.0, 1850.0, 1850.0], strict=True)
)
WITH_X = {"sex": {"f": 6000.0, "m": 5500.0}, "x": 275_000.0}
POLICIES = ["remove", "certainty", "average"]
ADJUSTED: dict[str, tuple[str, Callable[[Design], Design]]] = {
    "raked": ("three", lambda d: rake(d, {"sex": SEXES, "age": AGES})),
    "poststratified": ("two", lambda d: poststratify(d, {"sex": SEXES})),
    "crossed": ("three", lambda d: poststratify(d, {("sex", "dom"): CROSSED})),
    "linear": ("three", lambda d: calibrate(d, WITH_X)),
    "twice": ("one", lambda d: calibrate(poststratify(d, {"sex": SEXES}), {"h": CLASSES}, distance="raking")),
    "bounded": ("one", lambda d: calibrate(d, WITH_X, distance="logit", bounds=(0.3, 3.0))),
}
NAMES = ["three", "three_fractions", "two", "one", "none", *ADJUSTED]


@cache
def frame() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "stages" / "stages.csv")


@cache
def design(name: str, policy: str) -> Design:
    if name in ADJUSTED:
        source, adjust = ADJUSTED[name]
        return adjust(design(source, policy))
    depth = {"three": 3, "three_fractions": 3, "two": 2, "one": 1, "none": 2}[name]
    size = "f" if name == "three_fractions" else "N"
    return Design(
        frame(),
        weights="w",
        strata=["h", "g"][:depth],
        clusters=STAGES[:depth],
        nest=True,
        fpc=None if name == "none" else [f"{size}{s}" for s in range(1, depth + 1)],
        lonely=policy,  # type: ignore[arg-type]
        small_sample="clusters",
    )


def agrees(case: str, e: Estimates) -> None:
    assert_same(e.estimate, np.atleast_1d(R[case, "est"]))
    assert_same_covariance(
        e.covariance(), np.reshape(R[case, "vcov"], (len(e), -1)), zero=1e-8 * np.abs(e.estimate)
    )


def fixed_is_zero(e: Estimates, theirs: np.ndarray) -> None:
    """Standard errors, where what calibration fixes has one of nothing in both."""
    zero = 1e-8 * np.abs(e.estimate)
    assert ((theirs < zero) == (e.se < zero)).all()
    assert_same(e.se[theirs >= zero], theirs[theirs >= zero])


EVERYWHERE = [(policy, name) for policy in POLICIES for name in NAMES]
everywhere = pytest.mark.parametrize(("policy", "name"), EVERYWHERE, ids=["-".join(p) for p in EVERYWHERE])


@everywhere
def test_estimates(policy: str, name: str) -> None:
    d, at = design(name, policy), f"{policy}/{name}"
    assert d.degf == R[f"{at}/degf", "value"]
    assert_same([d.weights.sum(), (d.weights**2).sum()], R[f"{at}/weights", "value"])
    agrees(f"{at}/mean", d.mean(["y", "x", "b"]))
    agrees(f"{at}/mean_na", d.mean("y_na"))
    agrees(f"{at}/total", d.total(["y", "b"]))
    agrees(f"{at}/ratio", d.ratio("y", "x"))
    assert_same(d.mean(["y", "b"]).deff, R[f"{at}/deff", "value"])


@everywhere
@pytest.mark.parametrize("by", ["dom", "h", "sex"])
def test_domains(policy: str, name: str, by: str) -> None:
    e, case = design(name, policy).mean("y", by=by), f"{policy}/{name}/by_{by}"
    assert_same(e.estimate, R[case, "est"])
    fixed_is_zero(e, R[case, "se"])


@everywhere
def test_a_domain_of_two_columns(policy: str, name: str) -> None:
    at = f"{policy}/{name}"
    inside = ((frame()["dom"] == "Q") & (frame()["sex"] == "f")).to_numpy()
    part = design(name, policy).subset(inside)
    assert part.degf == R[f"{at}/subset_degf", "value"]
    agrees(f"{at}/subset", part.mean(["y", "x"]))
    agrees(f"{at}/subset_total", part.total("y"))
    assert_same(part.mean("y").deff, np.atleast_1d(R[f"{at}/subset_deff", "value"]))
    for method, interval in (("xlogit", "logit"), ("beta", "beta_untruncated")):
        e = part.proportion("b", interval=interval, df="design")
        assert_same([e.ci_low[0], e.ci_high[0]], R[f"{at}/subset_ciprop_{method}", "ci95"])


@everywhere
def test_intervals_and_quantiles(policy: str, name: str) -> None:
    d, at = design(name, policy), f"{policy}/{name}"
    for method, interval in (("xlogit", "logit"), ("beta", "beta_untruncated")):
        e = d.proportion("b", interval=interval, df="design")
        assert_same([e.ci_low[0], e.ci_high[0]], R[f"{at}/ciprop_{method}", "ci95"])
    table = d.quantile("y", [0.25, 0.5, 0.75], df="design").table()
    assert_same(table[["estimate", "ci_low", "ci_high", "se"]], R[f"{at}/quantile", "table"])


def test_a_lonely_unit_of_the_second_stage_is_refused() -> None:
    assert R["fail/three/mean", "refused"] == 1
    assert R["fail/one/mean", "refused"] == 0
    with pytest.raises(DesignError, match="stage 2"):
        design("three", "fail").mean("y")
    assert len(design("one", "fail").mean("y")) == 1


def test_jackknife_plain_and_calibrated_again_in_every_replicate() -> None:
    one = design("one", "fail")
    agrees("replicates/JKn/mean", replicate(one, kind="JKn").mean(["y", "x"]))
    raked = replicate(rake(one, {"sex": SEXES, "age": AGES}), kind="JKn")
    agrees("replicates/JKn_raked/mean", raked.mean(["y", "x"]))
    agrees("replicates/JKn_raked/total", raked.total("y"))
    # A difference on purpose: R 4.1's svytotal does not use the replicate weights that its rake made, whose totals
    # (R's own withReplicates) are ours. All replicates weigh 11,500, so the total moves as 11,500 times the mean does.
    estimate, se = R["replicates/JKn_raked/total", "svytotal"]
    assert_same(raked.total("y").estimate[0], estimate)
    assert_same(raked.total("y").se[0], 11_500 * raked.mean("y").se[0])
    assert se > 1.03 * raked.total("y").se[0]


def test_no_case_is_left_out() -> None:
    parts = [
        "degf",
        "weights",
        "mean",
        "mean_na",
        "total",
        "ratio",
        "deff",
        "by_dom",
        "by_h",
        "by_sex",
        "quantile",
    ]
    parts += ["subset", "subset_degf", "subset_total", "subset_deff"]
    parts += [f"{where}ciprop_{m}" for where in ("", "subset_") for m in ("xlogit", "beta")]
    expected = {f"{policy}/{name}/{part}" for policy, name in EVERYWHERE for part in parts}
    expected |= {"fail/three/mean", "fail/one/mean"}
    expected |= {"replicates/JKn/mean", "replicates/JKn_raked/mean", "replicates/JKn_raked/total"}
    assert {case for case, _ in R} == expected
