"""What is not said of a domain by default: degrees of freedom, ranges of values, one cluster, and what is made of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from weighting import Design, DesignError, Histogram, replicate
from weighting.estimation.estimates import ONE_CLUSTER

LIMITS = ["ci_low", "ci_high"]


def few() -> pd.DataFrame:
    """3 strata of 5 clusters of 4 rows. Domains: a: two clusters of one stratum; b: one cluster; c: a cluster in each of two
    strata; rest. In domain d no row has a value but in one cluster."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"h": np.repeat([0, 1, 2], 20), "c": np.tile(np.repeat(np.arange(5), 4), 3)})
    key = frame["h"] * 10 + frame["c"]
    domain = {0: "a", 1: "a", 2: "b", 3: "c", 10: "c", 11: "d", 12: "d", 13: "d"}
    frame["g"] = key.map(domain).fillna("rest")
    frame["y"] = rng.uniform(0.2, 1.0, len(frame)).round(3)
    frame.loc[(frame["g"] == "d") & (frame["c"] > 1), "y"] = np.nan
    frame["w"], frame["x"] = rng.uniform(1, 3, len(frame)), rng.uniform(1, 2, len(frame))
    return frame


def design(**options: Any) -> Design:
    return Design(few(), "w", "h", "c", nest=True, small_sample="clusters", **options)


def test_degrees_of_freedom_are_those_of_the_rows_with_a_value() -> None:
    e = design().mean("y", by="g")
    assert e.labels["g"].tolist() == ["a", "b", "c", "d", "rest"]
    assert e.df.tolist() == [
        1,
        0,
        0,
        0,
        4,
    ]  # rest: one cluster of stratum 0 and 1 each, all five of stratum 2
    t = stats.t.ppf(0.975, [1, 4])
    np.testing.assert_allclose(e.ci_high[[0, 4]], e.estimate[[0, 4]] + t * e.se[[0, 4]], rtol=1e-12)
    assert design().mean("y", by="g", df="design").df.tolist() == [12] * 5
    assert design().quantile("y", by="g").df.tolist() == [1, 0, 0, 0, 4]
    assert design().ratio("y", "x", by="g").df.tolist() == [1, 0, 0, 0, 4]
    assert design().total("y", by="g").df.tolist() == [1, 0, 0, 0, 4]
    assert design().mean("y").df.tolist() == [10]  # two clusters have no value
    assert design().mean("x").df.tolist() == [12]


@pytest.mark.parametrize("what", ["mean", "ratio", "quantile", "proportion"])
@pytest.mark.parametrize("df", ["domain", "design", 50])
def test_a_domain_in_one_cluster_of_several_has_no_interval(what: str, df: Any) -> None:
    d = design().with_columns(pd.DataFrame({"yes": few()["y"].notna()}))
    of: dict[str, Any] = {"mean": ("y",), "ratio": ("y", "x"), "quantile": ("y",), "proportion": ("yes",)}
    e = getattr(d, what)(*of[what], by="g", df=df)
    alone = [1, 3] if what != "proportion" else [1]  # whether somebody answered is known in all clusters of d
    for k in alone:
        assert np.isfinite(e.estimate[k])
        assert np.isnan([e.se[k], e.ci_low[k], e.ci_high[k]]).all()
        assert e.note[k] == ONE_CLUSTER
    others = (
        [0, 4] if what == "quantile" and df == "domain" else [0, 2, 4]
    )  # quantiles' errors come from their limits
    assert np.isfinite(e.se[others]).all()


@pytest.mark.parametrize("interval", ["wald", "bounded", "wilson", "beta", "beta_untruncated", "likelihood"])
def test_not_even_where_all_answers_are_the_same(interval: str) -> None:
    d = design().with_columns(pd.DataFrame({"one": np.ones(60)}))
    e = d.proportion("one", by="g", interval=interval, df="design")
    assert np.isnan(e.ci_low[1])
    assert e.note[1] == ONE_CLUSTER
    assert (e.ci_high[[0, 2, 4]] > e.ci_low[[0, 2, 4]]).all()


def test_the_second_stage_does_not_stand_for_the_first() -> None:
    """A domain in one of 3 clusters drawn from 9: units within it vary, clusters cannot be seen to; where all clusters are taken
    the second stage is all there is, with degrees of freedom by Satterthwaite."""
    frame = pd.DataFrame(
        {"c": np.repeat([0, 1, 2], 6), "u": np.arange(18), "M": 20, "y": np.arange(18) % 4 / 3}
    )
    frame["g"] = np.where(frame["c"] == 0, "one", "rest")
    how: dict[str, Any] = {"clusters": ["c", "u"]}
    drawn = Design(frame, fpc=[np.full(18, 9), "M"], **how).mean("y", by="g", df="design")
    assert np.isnan(drawn.se[0])
    assert drawn.note[0] == ONE_CLUSTER
    assert drawn.se[1] > 0
    taken = Design(frame, fpc=[np.full(18, 3), "M"], **how).mean("y", by="g", df="satterthwaite")
    y = frame["y"][:6]
    assert taken.se[0] == pytest.approx(np.sqrt((1 - 6 / 20) * y.var() / 6), rel=1e-12)
    assert taken.df[0] == 5


def test_a_total_in_one_cluster_has_a_standard_error_but_no_degrees_of_freedom() -> None:
    """Whether the other clusters hold rows of the domain is known, so its total varies: R's interval stays on request."""
    by, r = design().total("y", by="g"), design().total("y", by="g", df="design")
    assert by.se[1] > 0
    assert np.isnan([by.ci_low[1], by.ci_high[1]]).all()
    assert by.note[1] == "no degrees of freedom: no interval"
    np.testing.assert_allclose(r.ci_high[1], r.estimate[1] + stats.t.ppf(0.975, 12) * r.se[1], rtol=1e-12)


def test_what_is_made_of_such_a_domain_says_so() -> None:
    e = design().mean("y", by="g")
    mixed = e.combine({"all": {"a": 0.5, "b": 0.25, "rest": 0.25}, "known": {"a": 1, "rest": -1}})
    assert np.isfinite(mixed.estimate).all()
    assert np.isnan([mixed.se[0], mixed.ci_low[0]]).all()
    assert mixed.note[0] == f"no standard error: 'b': {ONE_CLUSTER}"
    assert np.isfinite(mixed.ci_low[1])
    again = mixed.combine({"parent": {"all": 0.5, "known": 0.5}})
    assert "'all': no standard error: 'b'" in again.note[0]
    curved = e.nonlinear({"odds": lambda t: t["b"] / (1 - t["b"])})
    assert np.isnan(curved.se[0])
    assert "'b'" in curved.note[0]
    pairs = e.pairwise().set_index(["first", "second"])
    assert "'b'" in str(pairs.loc[("a", "b"), "note"])
    assert pairs.loc[("a", "b"), ["se", "p", "p_adjusted"]].isna().all()
    assert pairs.loc[("a", "rest"), "note"] == ""


def test_a_completely_taken_cluster_has_an_interval_of_no_width_and_says_so() -> None:
    frame = few().assign(N=lambda f: f["h"].map({0: 5, 1: 9, 2: 9}))
    e = Design(frame, "w", "h", "c", "N", nest=True).mean("y", by="g")
    assert e.note[1] == "complete census: no sampling error"
    assert e.ci_low[1] == e.ci_high[1] == e.estimate[1]
    gap = e.combine({"gap": {"a": 1, "b": -1}})  # a lies in the same census stratum
    assert gap.note[0] == "complete census: no sampling error"
    assert gap.ci_low[0] == gap.ci_high[0] == gap.estimate[0]


def test_two_of_two_in_a_file_of_200() -> None:
    """One-sided 97.5 % limit of 2 of 2 by Clopper and Pearson: √0.025; R's factor with 199 degrees of freedom gives 0.957."""
    frame = {"y": np.r_[1.0, 1.0, np.tile([0.0, 1.0], 99)], "g": np.r_[0, 0, np.ones(198)]}
    for interval in ("bounded", "beta", "wald", "wilson"):
        e = Design(frame).proportion("y", by="g", interval=interval)
        assert e.ci_high[0] == 1.0
        assert e.ci_low[0] < 0.16
    for df in ("domain", "design", 1000, np.inf):
        e = Design(frame).proportion("y", by="g", interval="beta", df=df)
        assert e.ci_low[0] == pytest.approx(np.sqrt(0.025), rel=1e-12)
    r = Design(frame).proportion("y", by="g", interval="beta_untruncated", df="design")
    factor = (stats.t.ppf(0.975, 1) / stats.t.ppf(0.975, 199)) ** 2
    assert r.ci_low[0] == pytest.approx(0.025 ** (1 / (2 * factor)), rel=1e-12)
    assert r.ci_low[0] == pytest.approx(0.957, abs=5e-4)


# ---- ranges of values ----------------------------------------------------------------------------------------------


def scale() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    q = rng.choice([4, 5], p=[0.15, 0.85], size=40)
    return pd.DataFrame(
        {"q": q, "s": (q - 1) / 4, "w": rng.uniform(1, 2, 40), "g": np.repeat([0, 1], [4, 36])}
    )


def test_values_of_a_range_are_those_of_0_to_1_carried_back() -> None:
    d = Design(scale(), "w")
    for interval in (None, "logit", "wilson", "beta", "arcsine", "likelihood"):
        five = d.mean("q", by="g", within=(1, 5), interval=interval)
        unit = d.mean("s", by="g", within=(0, 1), interval=interval)
        np.testing.assert_allclose(five.table()[LIMITS], 1 + 4 * unit.table()[LIMITS], rtol=1e-12)
        assert (five.ci_high <= 5).all()
    plain, share = d.mean("s", by="g", within=(0, 1)), d.mean("s", by="g", interval="bounded")
    np.testing.assert_array_equal(plain.table()[LIMITS], share.table()[LIMITS])
    assert plain.interval == "bounded"
    assert d.mean("q", by="g").interval == "wald"
    assert d.mean("q", by="g").ci_high.max() > 5
    joint = d.mean("q", by="g", within=(1, 5)).combine({"both": {0: 0.5, 1: 0.5}}, "bounded", within=(1, 5))
    assert 1 < joint.ci_low[0] < joint.ci_high[0] < 5


def test_answers_that_are_all_at_one_end_have_an_interval_with_a_width() -> None:
    frame = pd.DataFrame({"q": [5] * 6, "one": [1.0] * 6})
    top = Design(frame).mean("q", within=(1, 5))
    assert top.ci_high[0] == 5
    assert top.ci_low[0] == pytest.approx(1 + 4 * 0.025 ** (1 / 6), rel=1e-12)
    bare = Design(frame).mean("q")
    assert bare.ci_low[0] == bare.ci_high[0] == 5
    assert "within" in bare.note[0]


@pytest.mark.parametrize("values", [[1, 2, 6, 9], [1.5, 2, 6.25, 9]], ids=["whole", "others"])
def test_values_outside_of_their_range_are_named(values: list[float]) -> None:
    d = Design(pd.DataFrame({"q": values}, index=list("klmn")))
    with pytest.raises(DesignError) as error:
        d.mean("q", within=(1, 5))
    assert error.value.problems == (
        f"column 'q': not between 1 and 5 in row m ({float(values[2])}), row n (9.0)",
    )
    with pytest.raises(DesignError, match=r"within=\(lowest, highest\)"):
        d.mean("q", interval="logit")
    with pytest.raises(DesignError, match="row n"):
        replicate(d, kind="JK1").mean("q", within=(1, 5))
    for wrong in ((5, 1), (1,), "ab", (0, np.inf), 3):
        with pytest.raises(DesignError, match="is no range"):
            d.mean("q", within=wrong)
    assert d.mean("q", within=(1, 9)).ci_high[0] < 9


def test_a_histogram_keeps_to_the_range_too() -> None:
    frame = scale()
    h = Histogram.of(frame[["q"]].to_numpy(dtype=int), np.ones(40), np.arange(40), 40, range(1, 6), ["q"])
    rows = Design(frame).mean("q", by="g", within=(1, 5))
    np.testing.assert_allclose(
        h.mean(frame, by="g", within=(1, 5)).table()[LIMITS], rows.table()[LIMITS], rtol=1e-12
    )
    with pytest.raises(DesignError, match="column 'q': not between 1 and 4: 5"):
        h.mean(frame, by="g", within=(1, 4))


# ---- combinations ------------------------------------------------------------------------------------------------


def test_two_strata_have_welchs_degrees_of_freedom() -> None:
    rng = np.random.default_rng(8)
    a, b = rng.normal(0, 3, 6), rng.normal(0, 1, 25)
    d = Design({"y": np.r_[a, b], "h": np.r_[np.zeros(6), np.ones(25)]}, strata="h")
    pairs = d.mean("y", by="h").pairwise(adjust="none")
    welch = stats.ttest_ind(a, b, equal_var=False)
    assert pairs["df"][0] == pytest.approx(welch.df, rel=1e-12)
    assert pairs["p"][0] == pytest.approx(welch.pvalue, rel=1e-12)


def test_domains_in_the_same_clusters_have_no_more_than_those() -> None:
    """Women and men of the same 6 clusters: a paired difference has 5 degrees of freedom, not 10."""
    rng = np.random.default_rng(9)
    frame = pd.DataFrame({"c": np.repeat(np.arange(12), 10), "sex": np.tile([0, 1], 60)})
    frame["half"], frame["y"] = frame["c"] >= 6, rng.normal(size=120)
    e = Design(frame, clusters="c").mean("y", by=["half", "sex"])
    gap = e.combine({"sex": {(False, 0): 1, (False, 1): -1}, "half": {(False, 0): 1, (True, 0): -1}})
    assert gap.df[0] == 5
    assert 5 <= gap.df[1] <= 10
    whole = e.combine({"all": dict.fromkeys([(h, s) for h in (False, True) for s in (0, 1)], 0.25)})
    assert 5 <= whole.df[0] <= 11
    assert e.combine({"one": {(False, 0): 2.0}}).df[0] == 5
    assert gap.combine({"both": {"sex": 1, "half": 1}}).df[0] == 5
    assert e.combine({"sex": {(False, 0): 1, (False, 1): -1}}, df="design").df[0] == 11


def test_a_difference_of_rows_in_which_nothing_varies_has_no_interval_of_no_width() -> None:
    d = Design({"y": [1.0] * 5 + [0.0] * 5 + [0.0, 1, 1], "g": list("aaaaabbbbbccc")})
    e = d.proportion("y", by="g")
    pairs = e.pairwise().set_index(["first", "second"])
    assert pairs.loc[("a", "b"), ["ci_low", "ci_high", "p"]].isna().all()
    assert pairs.loc[("a", "b"), "note"] == "nothing varies in 'a', 'b': no interval"
    assert pairs.loc[("a", "c"), "note"] == "nothing varies in 'a': its error counts as 0"
    assert pairs.loc[("a", "c"), ["ci_low", "ci_high"]].notna().all()


def test_smooth_functions() -> None:
    d = design()
    e = d.mean(["y", "x"], by="h")
    product = e.nonlinear({"p": lambda t: t[0, "y"] * t[1, "x"] ** 2, "q": lambda t: np.exp(t[0, "y"])})
    y, x = e.estimate[0], e.estimate[3]
    slopes = np.zeros((6, 2))
    slopes[0, 0], slopes[3, 0], slopes[0, 1] = x**2, 2 * y * x, np.exp(y)
    expected = slopes.T @ e.covariance().to_numpy() @ slopes
    np.testing.assert_allclose(product.covariance(), expected, rtol=1e-12)
    np.testing.assert_allclose(product.estimate, [y * x**2, np.exp(y)], rtol=1e-14)
    double = product.combine({"d": {"p": 2.0}})
    assert double.se[0] == pytest.approx(2 * product.se[0], rel=1e-12)
    same = e.nonlinear({"gap": lambda t: t[0, "y"] - t[1, "y"]})
    linear = e.combine({"gap": {(0, "y"): 1, (1, "y"): -1}})
    np.testing.assert_allclose(same.table().iloc[:, 1:6], linear.table().iloc[:, 1:6], rtol=1e-12)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda t: abs(t["y"] - 2), "derivative cannot be found"),
        (lambda t: math.log(t["y"]), "exp, log, sqrt of numpy \\(not of math\\)"),
        (lambda t: t["z"], "f: unknown row 'z'"),
        (lambda t: [t["y"], 1], "one number is needed"),
        (lambda t: "text", "gives no number"),
        (lambda t: t["y"].nothing, "gives no number"),
    ],
)
def test_functions_that_are_none(function: Any, words: str) -> None:
    with pytest.raises(DesignError, match=words):
        design().mean(["y", "x"]).nonlinear({"f": function})


def test_what_is_no_function() -> None:
    nothing: tuple[Any, ...] = ({}, {"f": 3}, [len])
    for given in nothing:
        with pytest.raises(DesignError, match="function of the rows"):
            design().mean("y").nonlinear(given)


def test_replicates_take_the_degrees_of_freedom_of_the_domain_too() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"h": np.repeat(np.arange(6), 8), "c": np.tile(np.repeat([0, 1], 4), 6), "y": rng.uniform(size=48)}
    )
    frame["g"] = np.select([frame["h"] == 0, (frame["h"] == 1) & (frame["c"] == 0)], ["two", "one"], "rest")
    d = Design(frame, strata="h", clusters="c", nest=True)
    e = replicate(d, kind="Fay", rho=0.5).mean("y", by="g", within=(0, 1))
    assert e.labels["g"].tolist() == ["one", "rest", "two"]
    assert e.df.tolist() == [0, 4, 1]
    assert np.isnan(e.ci_low[0])
    assert "no degrees of freedom" in e.note[0]
    assert replicate(d, kind="Fay", rho=0.5).mean("y", by="g", df="design").df.tolist() == [6, 6, 6]
    assert e.pairwise()["df"].max() <= 5
