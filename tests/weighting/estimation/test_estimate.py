"""Estimates: formulas by hand, two routes to one number, edges, gaps, and the words of refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from weighting import Adjustment, Design, DesignError
from weighting.variance.influence import Influence


def survey(seed: int = 11, n: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"h": rng.integers(0, 4, n), "c": rng.integers(0, 6, n), "w": rng.uniform(1, 9, n)})
    frame["unit"] = rng.choice(["u1", "u2", "u3"], n)
    frame["q"] = rng.integers(1, 6, n).astype(float)
    frame["y"] = rng.normal(2000, 3, n)
    frame["x"] = rng.uniform(1, 2, n)
    frame.loc[rng.random(n) < 0.1, "q"] = np.nan
    frame.loc[rng.random(n) < 0.1, "y"] = np.nan
    frame["kind"] = rng.choice(["low", "mid", "high"], n)
    return frame


def design(frame: pd.DataFrame, **options: Any) -> Design:
    return Design(frame, "w", "h", "c", nest=True, **options)


def test_mean_by_hand() -> None:
    """Two clusters: θ = 22/7; residual totals z = ±; V = 2 Σ (z − z̄)²."""
    d = Design(
        {"y": [1.0, 2.0, 5.0], "w": [1.0, 2.0, 4.0], "c": [1, 1, 2]},
        "w",
        clusters="c",
        small_sample="clusters",
    )
    theta = (1 + 4 + 20) / 7
    z = np.array([(1 - theta) + 2 * (2 - theta), 4 * (5 - theta)]) / 7
    e = d.mean("y")
    assert e.estimate[0] == pytest.approx(theta, rel=1e-15)
    assert e.se[0] == pytest.approx(np.sqrt(2 * ((z - z.mean()) ** 2).sum()), rel=1e-13)
    assert (e.n[0], e.df[0]) == (3, 1)


def test_simple_random_sample_of_a_finite_population() -> None:
    """Cochran (1977), theorem 2.2: V = (1 − n/N) s²/n; then the design effect is 1 and n_eff is n."""
    y = np.array([3.0, 5, 8, 9, 12])
    e = Design({"y": y, "N": 20}, fpc="N").mean("y")
    assert e.se[0] ** 2 == pytest.approx((1 - 5 / 20) * y.var(ddof=1) / 5, rel=1e-13)
    assert e.deff[0] == pytest.approx(1.0, rel=1e-12)
    assert e.n_eff[0] == pytest.approx(5.0, rel=1e-12)


def test_domain_mean_is_a_ratio_and_a_regression_coefficient() -> None:
    frame = survey()
    frame["y"] = frame["y"].fillna(2001.0)
    for u in ("u1", "u2", "u3"):
        frame[u] = (frame["unit"] == u).astype(float)
        frame[f"y_{u}"] = frame["y"] * frame[u]
    d = design(frame, small_sample="clusters")
    means = d.mean("y", by="unit")
    for j, u in enumerate(("u1", "u2", "u3")):
        ratio = d.ratio(f"y_{u}", u)
        assert ratio.estimate[0] == pytest.approx(means.estimate[j], rel=1e-12)
        assert ratio.se[0] == pytest.approx(means.se[j], rel=1e-9)
    X = frame[["u1", "u2", "u3"]].to_numpy()
    bread = np.linalg.inv(X.T @ (X * d.weights[:, None]))
    beta = bread @ X.T @ (d.weights * frame["y"])
    scores = (frame["y"].to_numpy() - X @ beta)[:, None] * X * d.weights[:, None]
    np.testing.assert_allclose(means.estimate, beta, rtol=1e-12)
    np.testing.assert_allclose(means.covariance(), d.covariance_of(scores @ bread), rtol=1e-8, atol=1e-15)


def test_totals_of_domains_add_up() -> None:
    d = design(survey())
    parts, whole = d.total("y", by="unit"), d.total("y")
    summed = parts.combine({"all": dict.fromkeys(("u1", "u2", "u3"), 1)})
    assert summed.estimate[0] == pytest.approx(whole.estimate[0], rel=1e-13)
    assert summed.se[0] == pytest.approx(whole.se[0], rel=1e-10)


def test_gaps_are_domains_not_lost_rows() -> None:
    """A row without y still counts for x, and its cluster for the variance of y."""
    frame = survey()
    d = design(frame)
    both = d.mean(["y", "x"])
    assert both.n.tolist() == [frame["y"].notna().sum(), len(frame)]
    assert both.estimate[1] == pytest.approx(np.average(frame["x"], weights=frame["w"]), rel=1e-13)
    alone = d.subset(frame["y"].notna()).mean("y")
    assert both.se[0] == pytest.approx(alone.se[0], rel=1e-12)
    listwise = d.mean(["y", "x"], listwise=True)
    assert listwise.n.tolist() == [frame["y"].notna().sum()] * 2
    assert listwise.se[1] == pytest.approx(d.subset(frame["y"].notna()).mean("x").se[0], rel=1e-12)


@pytest.mark.parametrize("dtype", ["Int8", "float32", "float64", "Float64", "object"])
def test_a_scale_in_any_type_gives_the_same_numbers(dtype: Any) -> None:
    frame = survey()
    d = design(frame)
    other = design(
        frame.assign(
            q=frame["q"].astype("Int8").astype(dtype) if dtype == "Int8" else frame["q"].astype(dtype)
        )
    )
    slow = design(frame.assign(q=frame["q"] + 0.5))  # not whole: summed row by row
    for name in ("se", "deff", "n", "n_eff", "df"):
        expected = getattr(d.mean("q", by="unit"), name)
        np.testing.assert_allclose(getattr(other.mean("q", by="unit"), name), expected, rtol=1e-12)
        np.testing.assert_allclose(getattr(slow.mean("q", by="unit"), name), expected, rtol=1e-9)
    np.testing.assert_allclose(
        slow.mean("q", by="unit").estimate, d.mean("q", by="unit").estimate + 0.5, rtol=1e-13
    )


def test_many_columns_at_once_or_one_by_one() -> None:
    """Nine columns share passes over the rows; the numbers are those of each alone."""
    rng = np.random.default_rng(5)
    frame = survey(n=6000)
    names = [f"q{i}" for i in range(9)]
    for i, name in enumerate(names):
        frame[name] = rng.integers(1, 3 + i, len(frame)).astype(float)
        frame.loc[rng.random(len(frame)) < 0.07, name] = np.nan
    together = design(frame).mean(names, by="unit").table()
    for name in names:
        alone = design(frame).mean(name, by="unit").table()
        part = together[together["statistic"] == name].reset_index(drop=True)
        np.testing.assert_allclose(
            part.iloc[:, 2:10].to_numpy(float), alone.iloc[:, 2:10].to_numpy(float), rtol=1e-11
        )
        assert (alone["n"] == frame.groupby("unit")[name].count().to_numpy()).all()


def test_shares_of_levels_truth_values_and_categories() -> None:
    frame = survey()
    frame["top"] = np.where(frame["q"].isna(), np.nan, frame["q"] >= 4)
    frame["flag"] = frame["x"] > 1.5
    d = design(frame)
    np.testing.assert_allclose(
        d.proportion("q", by="unit", levels=[4, 5]).table().iloc[:, 2:10].to_numpy(float),
        d.proportion("top", by="unit").table().iloc[:, 2:10].to_numpy(float),
        rtol=1e-12,
    )
    assert d.proportion("flag").estimate[0] == pytest.approx(d.mean("flag").estimate[0], rel=1e-14)
    kinds = d.proportion("kind", by="unit")
    assert kinds.labels["statistic"].unique().tolist() == ["kind=high", "kind=low", "kind=mid"]
    np.testing.assert_allclose(kinds.estimate.reshape(3, 3).sum(axis=1), 1.0, rtol=1e-13)
    assert d.proportion("kind", levels=["low"]).estimate[0] == pytest.approx(
        d.proportion("kind").estimate[1], rel=1e-13
    )


def test_interval_names_are_the_kernels() -> None:
    from weighting.estimation import intervals

    d = design(survey(), small_sample="clusters")
    e = d.proportion("q", levels=[4, 5], interval="wald")
    p, se, df = e.estimate[0], e.se[0], d.degf
    for name, kernel in (("logit", intervals.logit), ("wilson", intervals.wilson)):
        found = d.proportion("q", levels=[4, 5], interval=name)
        assert (found.ci_low[0], found.ci_high[0]) == pytest.approx(
            tuple(map(float, kernel(p, se, df))), rel=1e-12
        )
    bounded = d.mean("x", interval="wald", level=0.9, df=np.inf)
    assert bounded.ci_high[0] - bounded.estimate[0] == pytest.approx(
        1.6448536269514722 * bounded.se[0], rel=1e-9
    )


@pytest.mark.parametrize("interval", ["bounded", "logit", "wilson", "beta", "wald"])
def test_shares_of_exactly_one(interval: str) -> None:
    frame = pd.DataFrame({"sat": [1] * 20 + [0] * 10, "u": ["a"] * 20 + ["b"] * 10, "w": 3.0})
    e = Design(frame, "w").proportion("sat", by="u", interval=interval)
    assert e.estimate.tolist() == [1.0, 0.0]
    assert e.se.tolist() == [0.0, 0.0]
    assert 0.7 < e.ci_low[0] < 1 == e.ci_high[0]
    assert 0 == e.ci_low[1] < e.ci_high[1] < 0.4
    assert all("Korn–Graubard" in note for note in e.note)


def test_equal_answers_have_no_variance_even_when_products_round() -> None:
    frame = pd.DataFrame({"y": 0.1, "h": [1, 1, 2, 2, 2], "w": [0.3, 0.7, 1.1, 1.3, 1.7]})
    e = Design(frame, "w", "h").mean("y")
    assert e.se[0] == 0.0


def test_a_census_says_so() -> None:
    frame = pd.DataFrame({"q": [4, 2, 5, 5], "h": list("aabb"), "N": [2, 2, 40, 40]})
    e = Design(frame, strata="h", fpc="N").proportion("q", levels=[4, 5], by="h")
    assert (e.ci_low[0], e.estimate[0], e.ci_high[0]) == (0.5, 0.5, 0.5)
    assert e.note[0] == "complete census: no sampling error"
    assert e.ci_low[1] < 1


def test_wald_shares_stay_inside() -> None:
    frame = pd.DataFrame({"sat": [1] * 14 + [0], "w": 2.0})
    d = Design(frame, "w")
    assert d.proportion("sat", interval="wald").ci_high[0] == 1.0
    assert d.mean("sat").ci_high[0] > 1.0


def test_empty_domains_say_why() -> None:
    frame = survey()
    frame["unit"] = pd.Categorical(frame["unit"], categories=["u1", "u2", "u3", "u4"])
    frame.loc[frame["unit"] == "u2", "q"] = np.nan
    for e in (
        design(frame).mean("q", by="unit"),
        design(frame).total("y", by="unit"),
        design(frame).quantile("y", by="unit"),
    ):
        assert e.table()["unit"].tolist() == ["u1", "u2", "u3", "u4"]
        assert np.isnan(e.estimate[3])
        assert e.n[3] == 0
        assert e.note[3] == "no row of this domain has a value"
    e = design(frame).mean("q", by="unit")
    assert (e.note[1], e.n[1]) == ("no row of this domain has a value", 0)
    silent = e.table().loc[e.table()["estimate"].isna(), "note"]
    assert (silent != "").all()
    assert np.isnan(e.combine({"gap": {"u1": 1, "u4": -1}}).estimate[0])


def test_rows_without_a_domain_are_told() -> None:
    frame = survey()
    frame.loc[:9, "unit"] = None
    assert (
        "10 rows without a value of the by-columns belong to no domain"
        in design(frame).mean("x", by="unit").remarks
    )


def test_weights_that_are_no_population_are_told() -> None:
    e = Design({"y": [1.0, 2.0, 4.0]}).mean("y")
    assert e.deff[0] == pytest.approx(1.0)
    assert "weights do not exceed the sample" in e.remarks[0]


def test_order_scale_and_labels_change_nothing() -> None:
    frame = survey()
    e = design(frame).mean(["q", "y"], by=["unit", "kind"])
    shuffled = design(frame.sample(frac=1, random_state=1)).mean(["q", "y"], by=["unit", "kind"])
    scaled = design(frame.assign(w=frame["w"] * 7)).mean(["q", "y"], by=["unit", "kind"])
    relabelled = design(frame.assign(h=frame["h"].map(dict(enumerate("zyxw"))), c=-frame["c"]))
    for other in (shuffled, scaled, relabelled.mean(["q", "y"], by=["unit", "kind"])):
        np.testing.assert_allclose(other.estimate, e.estimate, rtol=1e-13)
        np.testing.assert_allclose(other.se, e.se, rtol=1e-10)


def test_covariance_is_that_of_the_expanded_rows() -> None:
    frame = survey()
    d = design(frame, fpc=np.full(len(frame), 9), small_sample="clusters")
    e = d.mean(["q", "y"], by="unit")
    u = []
    for unit in ("u1", "u2", "u3"):
        for column in ("q", "y"):
            a = ((frame["unit"] == unit) & frame[column].notna()).to_numpy()
            y, w = frame[column].fillna(0).to_numpy(), np.where(a, frame["w"], 0.0)
            u.append(w * (y - (w @ y) / w.sum()) / w.sum())
    expected = d.covariance_of(np.column_stack(u))
    found = e.covariance()
    scale = np.outer(e.se, e.se)
    np.testing.assert_allclose(found.to_numpy() / scale, expected / scale, atol=1e-10)
    np.testing.assert_array_equal(np.diag(found), e.se**2)
    assert found.index.names == ["unit", "statistic"]


@pytest.mark.parametrize("lonely", ["remove", "adjust"])
@pytest.mark.parametrize("calibrated", [False, True])
def test_sparse_and_dense_covariance_agree(lonely: Any, calibrated: bool) -> None:
    frame = survey().query("h != 3 or c == 1").reset_index(drop=True)
    frame["N"] = np.where(frame["h"] == 0, frame.groupby("h")["c"].transform("nunique"), 20)
    d = design(frame, fpc="N", lonely=lonely)
    if calibrated:
        x = pd.get_dummies(frame["kind"]).to_numpy(dtype=float)
        d = d.with_weights(d.weights * 1.1, Adjustment(x, d.weights))
    e = d.mean(["q", "x"], by="unit")
    source = e._source
    assert isinstance(source, Influence)
    scale = np.outer(e.se, e.se)
    np.testing.assert_allclose(source.sparse_covariance() / scale, source.covariance() / scale, atol=1e-9)
    np.testing.assert_allclose(np.diag(source.covariance()), e.se**2, rtol=1e-9)


def test_two_stages_in_domains() -> None:
    """Stage two inside each cluster; the joint covariance is the same whether filled in or sparse."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"c": np.repeat(np.arange(8), 6), "i": np.tile(np.arange(6), 8), "N": 30, "M": 15})
    frame["y"], frame["g"] = rng.normal(size=48), rng.choice(["a", "b"], 48)
    d = Design(frame, clusters=["c", "i"], fpc=["N", "M"])
    e = d.mean("y", by="g")
    source = e._source
    assert isinstance(source, Influence)
    np.testing.assert_allclose(source.sparse_covariance(), source.covariance(), rtol=1e-9)
    np.testing.assert_allclose(e.se**2, np.diag(source.covariance()), rtol=1e-10)


def test_combinations() -> None:
    d = design(survey())
    e = d.mean(["q", "y"], by="unit")
    c = e.combine({"gap": {("u1", "q"): 1, ("u2", "q"): -1}, "sum": {("u1", "q"): 0.5, ("u1", "y"): 2}})
    A = np.zeros((6, 2))
    A[[0, 2], 0], A[[0, 1], 1] = (1, -1), (0.5, 2)
    np.testing.assert_allclose(c.estimate, A.T @ e.estimate, rtol=1e-13)
    np.testing.assert_allclose(c.covariance().to_numpy(), A.T @ e.covariance().to_numpy() @ A, rtol=1e-9)
    again = c.combine({"diff": {"gap": 1, "sum": -1}})
    assert again.estimate[0] == pytest.approx(c.estimate[0] - c.estimate[1])
    assert again.se[0] == pytest.approx(
        np.sqrt(np.array([1, -1]) @ c.covariance().to_numpy() @ [1, -1]), rel=1e-9
    )


def test_satterthwaite_by_hand() -> None:
    """Two strata of 3 and 4 rows: (v₁ + v₂)²/(v₁²/2 + v₂²/3)."""
    y = np.array([1.0, 4, 6, 10, 20, 35, 15])
    frame = pd.DataFrame({"y": y, "h": list("aaabbbb"), "w": [2.0] * 3 + [5.0] * 4})
    d = Design(frame, "w", "h")
    v = np.array([3 * 4 * y[:3].var(ddof=1), 4 * 25 * y[3:].var(ddof=1)])
    assert d.total("y", df="satterthwaite").df[0] == pytest.approx(
        v.sum() ** 2 / (v**2 / [2, 3]).sum(), rel=1e-12
    )
    by = d.mean("y", by="h", df="satterthwaite")
    np.testing.assert_allclose(by.df, [2, 3], rtol=1e-12)
    welch = by.combine({"gap": {"a": 1, "b": -1}})
    v = np.array([y[:3].var(ddof=1) / 3, y[3:].var(ddof=1) / 4])
    assert welch.df[0] == pytest.approx(v.sum() ** 2 / (v**2 / [2, 3]).sum(), rel=1e-12)


def test_pairwise_agrees_with_combine() -> None:
    e = design(survey()).mean("y", by="unit")
    table = e.pairwise("bonferroni")
    gap = e.combine({"g": {"u1": 1, "u3": -1}})
    row = table[(table["first"] == "u1") & (table["second"] == "u3")].iloc[0]
    assert row["se"] == pytest.approx(gap.se[0], rel=1e-12)
    assert row["p_adjusted"] == pytest.approx(min(1, 3 * row["p"]), rel=1e-12)


def test_text_and_html_faces() -> None:
    e = design(survey()).mean(["q", "y"], by=["unit", "kind"])
    assert repr(e).startswith("18 estimates, 95 % wald intervals (pointwise), df: domain\n")
    assert "u1" in repr(e)
    html = Design({"y": [1.0, 2.0], "g": ["<b>", "a"]}, lonely="remove").mean("y", by="g")._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "Design: 240 rows" in repr(design(survey()))


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("mean", {"columns": "yy"}, "unknown column 'yy'"),
    ("mean", {"columns": ["q", "uint"]}, "unknown column 'uint'; did you mean 'unit'?"),
    ("mean", {"columns": "kind"}, "column 'kind': not a number in row 0"),
    ("mean", {"columns": []}, "columns: none are named"),
    ("mean", {"columns": "y", "interval": "logit"}, "is for values between 0 and 1"),
    ("mean", {"columns": "y", "interval": "wlad"}, "did you mean 'wald'"),
    ("mean", {"columns": "y", "df": "satterthwait"}, "did you mean 'satterthwaite'"),
    ("mean", {"columns": "y", "level": 95}, "level: 95 does not lie between 0 and 1"),
    ("mean", {"columns": "y", "df": -3}, "df: -3 is not positive"),
    ("mean", {"columns": "y", "by": "unti"}, "did you mean 'unit'"),
    ("mean", {"columns": "far"}, "column 'far': infinite in row 2"),
    ("proportion", {"columns": "y"}, "different values; shares are of truth values or of a few categories"),
    ("ratio", {"numerator": "y", "denominator": "xx"}, "unknown column 'xx'"),
    ("quantile", {"columns": "y", "q": 1.5}, "q: 1.5 does not lie between 0 and 1"),
]


@pytest.mark.parametrize(("method", "arguments", "words"), REFUSED)
def test_refusals(method: str, arguments: dict[str, Any], words: str) -> None:
    frame = survey()
    frame["far"] = np.where(frame.index == 2, np.inf, 1.0)
    with pytest.raises(DesignError) as error:
        getattr(design(frame), method)(**arguments)
    assert words in str(error.value)


def test_unknown_rows_of_a_combination_are_all_named() -> None:
    e = design(survey()).mean("q", by="unit")
    with pytest.raises(DesignError) as error:
        e.combine({"a": {"u9": 1}, "b": {"u1": np.nan}})
    assert len(error.value.problems) == 2
    assert "unknown row 'u9'" in error.value.problems[0]


def test_a_ratio_over_nothing_says_so() -> None:
    e = Design({"y": [1.0, 2.0, 3.0], "x": [0.0, 0.0, 1.0], "g": list("aab")}, lonely="remove").ratio(
        "y", "x", by="g"
    )
    assert np.isnan(e.estimate[0])
    assert e.note[0] == "the denominator adds up to zero"
    assert e.estimate[1] == 3.0
