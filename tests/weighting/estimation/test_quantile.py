"""Quantiles: the inverse of the distribution function, and Woodruff's limits step by step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from weighting import Adjustment, Design
from weighting.variance.influence import Influence

API = Path(__file__).parents[2] / "reference" / "api"


def schools() -> tuple[pd.DataFrame, Design]:
    frame = pd.read_csv(API / "apistrat.csv")
    return frame, Design(frame, "pw", "stype", fpc="fpc")


def test_against_r() -> None:
    """R 4.2.2, survey 4.1.1: svyquantile(~api00, dstrat, c(.1, .25, .5, .9)), qrule "math", interval "mean"."""
    e = schools()[1].quantile("api00", [0.1, 0.25, 0.5, 0.9])
    assert e.estimate.tolist() == [501, 565, 668, 836]
    assert e.ci_low.tolist() == [476, 535, 642, 806]
    assert e.ci_high.tolist() == [521, 597, 694, 865]
    expected = [11.4092790474477, 15.7194511320391, 13.1840557881618, 14.9588325288759]
    np.testing.assert_allclose(e.se, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("interval", "low", "high"),
    [
        ("wald", [489, 580, 808], [627, 766, 929]),
        ("logit", [502, 580, 807], [645, 756, 903]),
        ("beta", [489, 580, 807], [646, 769, 911]),
    ],
)
def test_intervals_of_the_distribution_function_against_r(
    interval: str, low: list[int], high: list[int]
) -> None:
    """The same with two stages: apiclus2, interval.type "mean", "xlogit", "beta"."""
    frame = pd.read_csv(API / "apiclus2.csv")
    d = Design(frame, clusters=["dnum", "snum"], fpc=["fpc1", "fpc2"], small_sample="clusters")
    e = d.quantile("api00", [0.25, 0.5, 0.9], interval=interval)
    assert e.estimate.tolist() == [545, 653, 861]
    assert e.ci_low.tolist() == low
    assert e.ci_high.tolist() == high


def test_by_domain_step_by_step() -> None:
    frame, d = schools()
    e = d.quantile("api00", 0.5, by="sch.wide")
    for j, value in enumerate(["No", "Yes"]):
        part = frame[frame["sch.wide"] == value].sort_values("api00")
        share = part["pw"].cumsum() / part["pw"].sum()
        median = part["api00"][share >= 0.5].iloc[0]
        below = d.subset(frame["sch.wide"] == value).frame.assign(b=frame["api00"] <= median)
        f = Design(below, "pw", "stype", fpc="fpc").mean("b", by="sch.wide")
        low, high = f.ci_low[j], f.ci_high[j]
        assert e.estimate[j] == median
        assert e.ci_low[j] == part["api00"][share >= low].iloc[0]
        assert e.ci_high[j] == part["api00"][share >= high].iloc[0]


def test_ties_and_rounding() -> None:
    """Ten equal weights of 0.1: the k-tenth quantile is the k-th value although the sums of 0.1 round."""
    d = Design({"y": np.arange(1.0, 11), "w": np.full(10, 0.1)}, "w")
    assert d.quantile("y", [k / 10 for k in range(1, 10)]).estimate.tolist() == list(range(1, 10))


def test_beyond_the_data_says_so() -> None:
    e = Design({"y": [1.0, 2, 3, 4, 5]}).quantile("y", [0.05, 0.95])
    assert e.ci_low[0] == 1.0
    assert "lower limit: the smallest value" in e.note[0]
    assert e.ci_high[1] == 5.0
    assert "upper limit: the largest value" in e.note[1]
    assert np.isfinite(e.se).all()


def test_joint_covariance_has_the_tables_errors() -> None:
    _, d = schools()
    e = d.quantile(["api00", "api99"], 0.5, by="sch.wide")
    np.testing.assert_allclose(np.diag(e.covariance()), e.se**2, rtol=1e-12)
    source = e._source
    assert isinstance(source, Influence)
    np.testing.assert_allclose(np.diag(source.covariance()), e.se**2, rtol=1e-9)
    gap = e.combine({"change": {("Yes", "api00 0.5"): 1, ("Yes", "api99 0.5"): -1}})
    assert gap.se[0] < np.hypot(e.se[2], e.se[3])  # the same schools: positively correlated


def test_calibrated_designs_use_their_residuals() -> None:
    frame, d = schools()
    x = np.column_stack([np.ones(len(frame)), frame["api00"] <= frame["api00"].median()]).astype(float)
    calibrated = d.with_weights(d.weights, Adjustment(x, d.weights))
    assert calibrated.quantile("api00").estimate[0] == d.quantile("api00").estimate[0]
    assert calibrated.quantile("api00").se[0] < d.quantile("api00").se[0]
