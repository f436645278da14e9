"""The correction for leverage: against derivatives taken by trying, against expectations, and what it must leave alone."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from weighting import Design, DesignError, Histogram, calibrate, rake

MARGINS: dict[Any, Any] = {"a": {0: 400.0, 1: 600.0}, "b": {0: 300.0, 1: 300.0, 2: 400.0}}


def sample(seed: int = 3, n: int = 42) -> pd.DataFrame:
    """Rows in three strata, four to seven clusters of one to four rows each, two domains, gaps, unequal weights."""
    rng = np.random.default_rng(seed)
    h = np.sort(rng.integers(0, 3, n))
    frame = pd.DataFrame({"h": h, "c": rng.integers(0, 5, n), "row": np.arange(n), "N": 20 + 10 * h})
    frame["a"], frame["b"] = rng.integers(0, 2, n), np.arange(n) % 3
    frame["w"] = rng.lognormal(2.0, 0.8, n)
    frame["unit"] = rng.integers(0, 2, n)
    frame["q"] = np.where(rng.random(n) < 0.15, np.nan, rng.integers(1, 6, n))
    frame["y"] = np.where(frame["q"].isna(), np.nan, rng.random(n))
    frame["x"] = rng.uniform(1, 2, n)
    return frame


def made(how: str, frame: pd.DataFrame, **options: Any) -> Design:
    """Designs whose calibrations regress with different weights, one after the other, in one or several strata."""
    strata = None if how.startswith("one") else "h"
    clusters = None if how.endswith("rows") else "c"
    plain = Design(frame, "w", strata, clusters, None if strata is None else "N", nest=True, **options)
    if "calibrated" in how:
        return calibrate(plain, MARGINS)
    if "raked" in how:
        return rake(plain, MARGINS)
    if "twice" in how:
        return calibrate(rake(plain, {"a": MARGINS["a"]}), {"b": MARGINS["b"]}, distance="raking")
    return plain


HOW = [
    "one rows",
    "one clusters",
    "strata rows",
    "strata clusters",
    "one calibrated rows",
    "one raked clusters",
    "strata calibrated clusters",
    "strata raked rows",
    "strata twice clusters",
]


def deviations(d: Design, y: np.ndarray, inside: np.ndarray, x: np.ndarray | None) -> np.ndarray:
    """z − z̄ [C] of the mean (x: of the ratio) of the rows ``inside``, with every regression done by least squares."""
    x = np.ones(d.n) if x is None else x
    w = np.where(inside, d.weights, 0.0)
    u = w * (y - (w @ y) / (w @ x) * x) / (w @ x)
    for step in d.adjustments:
        X = np.asarray(step.x.toarray() if hasattr(step.x, "toarray") else step.x)[step.cell]
        after = np.asarray(step.weights)
        root = np.sqrt(np.asarray(step.base_weights, dtype=float))
        b = np.linalg.lstsq(X * root[:, None], root * u / after, rcond=1e-12)[0]
        u = u - after * (X @ b)
    stage = d.stages[0]
    z = np.bincount(stage.cluster, u, stage.n_clusters)
    return z - (np.bincount(stage.stratum, z) / stage.sampled)[stage.stratum]


def by_trial(d: Design, y: np.ndarray, inside: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
    """(φ − 1)(z − z̄) [C], with 1 − h seen by raising the values of one cluster after the other."""
    stage, X = d.stages[0], np.ones(d.n) if x is None else x
    w = np.where(inside, d.weights, 0.0)
    stratum = stage.stratum[stage.cluster]
    level = np.bincount(stratum, w * X) / np.maximum(np.bincount(stratum, inside * X), 1e-300)
    even = np.where(inside, level[stratum], 0.0)
    base, lacking = deviations(d, y, inside, x), np.zeros(stage.n_clusters)
    v, flat = (np.bincount(stage.cluster, k * X) / (w @ X) for k in (w, even))
    for c in np.flatnonzero(v):
        h, n = stage.stratum[c], stage.sampled[stage.stratum[c]]
        kept = (deviations(d, y + X * (stage.cluster == c), inside, x) - base)[c] / v[c]
        reference = 1 - 1 / n - (flat[c] - flat[stage.stratum == h].mean())
        lacking[c] = (np.sqrt(reference / kept) - 1) * base[c]
    return lacking


@pytest.mark.parametrize("ratio", [False, True])
@pytest.mark.parametrize("how", HOW)
def test_deviations_are_brought_to_full_size(how: str, ratio: bool) -> None:
    frame = sample()
    d = made(how, frame)
    valid, unit = frame["y"].notna().to_numpy(), frame["unit"].to_numpy()
    y = frame["y"].fillna(0.0).to_numpy()
    x = frame["x"].to_numpy() if ratio else np.ones(d.n)
    weight = np.where(valid, d.weights * x, 0.0)
    size, total = (np.bincount(unit, v)[unit] for v in (weight, np.where(valid, d.weights * y, 0.0)))
    u = np.where(valid, d.weights * (y - total / size * x) / size, 0.0)
    found = d.with_leverage(u[:, None], unit, 2, weight[:, None])[:, 0] - u
    for j in (0, 1):
        mine = np.where(unit == j, found, 0.0)
        totals = np.bincount(d.stages[0].cluster, mine, d.stages[0].n_clusters)
        expected = by_trial(d, y, valid & (unit == j), frame["x"].to_numpy() if ratio else None)
        np.testing.assert_allclose(totals, expected, rtol=1e-8, atol=1e-14)
        assert np.abs(totals).max() > 1e-6


@pytest.mark.parametrize("rows", [1, 3])
def test_the_variance_is_not_biased_where_values_vary_alike(rows: int) -> None:
    """Values with one variance σ² in clusters of one size: E Σ z²/(1 − v) with E z² = σ² v² (1 − 2v + Σ v²), beside the variance
    σ² Σ v² of the mean and n/(n − 1) Σ z²."""
    v = sample()["w"].to_numpy()[: 42 // rows]
    v = v / v.sum()
    n, squares, hidden = v.size, (v**2).sum(), 1 - 2 * v + (v**2).sum()
    frame = {"w": np.repeat(v, rows), "c": np.repeat(np.arange(n), rows)}
    found = []
    for choice in ("leverage", "clusters"):
        d = Design(pd.DataFrame(frame), "w", clusters="c", small_sample=choice)
        quadratic = []
        for k in range(n):  # the trace of the quadratic form: the variance of each unit vector
            y = np.repeat((np.arange(n) == k).astype(float), rows)
            quadratic.append(d.with_columns(pd.DataFrame({"y": y})).mean("y").se[0] ** 2)
        found.append(sum(quadratic))
    assert found[1] == pytest.approx(n / (n - 1) * (v**2 * hidden).sum(), rel=1e-12)
    bare = (v**2 * hidden / (1 - v)).sum()
    assert found[0] == pytest.approx(
        bare, rel=0.01
    )  # the centres of the stretched deviations are taken out once more
    assert abs(found[0] / squares - 1) < 0.6 * abs(found[1] / squares - 1)


def test_unequal_weights_leave_fewer_degrees_of_freedom() -> None:
    """ν (Σ w²)²/(m Σ w⁴) for rows; equal weights leave all, in clusters of any size, and strata of different weights too."""
    frame = sample()
    w, valid = frame["w"].to_numpy(), frame["y"].notna().to_numpy()
    for j, df in enumerate(Design(frame, "w").mean("y", by="unit").df):
        mine = w[valid & (frame["unit"] == j)]
        share = (mine**2).sum() ** 2 / (mine.size * (mine**4).sum())
        assert df == pytest.approx((mine.size - 1) * share, rel=1e-12)
    e = Design(frame, "w").quantile("y", 0.5, by="unit")
    np.testing.assert_allclose(e.df, Design(frame, "w").mean("y", by="unit").df, rtol=1e-12)
    strata = made("strata clusters", frame.assign(w=1.0 + frame["h"]))
    assert strata.mean("y").df[0] == strata.domain_degf(valid)
    d = made("strata raked clusters", frame)
    rows = np.stack([valid, np.ones(d.n, dtype=bool)], axis=1)
    found = d.weighted_degfs_of(rows, frame["unit"].to_numpy(), 2)
    np.testing.assert_allclose(found[:, 0], d.mean("y", by="unit").df, rtol=1e-12)
    assert (found < d.domain_degfs_of(rows, frame["unit"].to_numpy(), 2)).all()
    assert d.mean("y", df="design").df[0] == d.degf
    plain = made("strata raked clusters", frame, small_sample="clusters")
    assert plain.mean("y").df[0] == plain.domain_degf(valid)


@pytest.mark.parametrize("how", ["one rows", "one clusters", "strata rows", "strata clusters"])
def test_where_weights_are_equal_nothing_changes(how: str) -> None:
    """Equal within strata: also in domains, with gaps, in clusters of several sizes, for every estimator."""
    frame = sample().assign(w=lambda f: 2.0 + (f["h"] if how.startswith("strata") else 0))
    corrected, plain = made(how, frame), made(how, frame, small_sample="clusters")
    for d in (corrected, corrected.subset(frame["a"] == 1)):
        other = plain if d is corrected else plain.subset(frame["a"] == 1)
        for ask in (
            lambda d: d.mean(["q", "y"], by="unit"),
            lambda d: d.total("y", by="unit"),
            lambda d: d.proportion("q", levels=[4, 5]),
            lambda d: d.ratio("y", "x", by="unit"),
            lambda d: d.quantile("y", 0.5, by="unit"),
        ):
            np.testing.assert_array_equal(ask(d).se, ask(other).se)
    mixed = made(how, frame.assign(w=np.where(frame["unit"] == 0, 3.0, frame["x"])))
    unmixed = made(
        how, frame.assign(w=np.where(frame["unit"] == 0, 3.0, frame["x"])), small_sample="clusters"
    )
    first, second = mixed.mean("y", by="unit"), unmixed.mean("y", by="unit")
    assert first.se[0] == pytest.approx(second.se[0], rel=1e-13)  # a domain of equal weights beside another
    assert first.se[1] != pytest.approx(second.se[1], rel=1e-6)


@pytest.mark.parametrize("how", HOW)
def test_one_correction_for_tables_covariances_and_combinations(how: str) -> None:
    frame = sample()
    d = made(how, frame)
    e = d.mean(["q", "y"], by="unit")
    np.testing.assert_allclose(np.diag(e.covariance()), e.se**2, rtol=1e-10)
    assert np.linalg.eigvalsh(e.covariance().to_numpy()).min() > -1e-15
    alone = d.subset(frame["y"].notna()).mean("y", by="unit")
    np.testing.assert_allclose(alone.se, d.mean("y", by="unit").se, rtol=1e-10)
    one = d.mean("y").combine({"same": {"y": 1.0}})
    assert one.se[0] == pytest.approx(d.mean("y").se[0], rel=1e-10)
    share = d.proportion("q", levels=[5]).se[0]
    with_columns = d.with_columns(pd.DataFrame({"top": np.where(frame["q"].isna(), np.nan, frame["q"] == 5)}))
    assert with_columns.mean("top").se[0] == pytest.approx(share, rel=1e-10)
    assert not d.even
    assert made(how, frame, small_sample="clusters").mean("y").se[0] != pytest.approx(d.mean("y").se[0])


def test_totals_of_weights_that_are_not_calibrated_are_left_alone() -> None:
    frame = sample()
    d, plain = made("strata rows", frame), made("strata rows", frame, small_sample="clusters")
    np.testing.assert_array_equal(d.total("y", by="unit").se, plain.total("y", by="unit").se)
    full = frame.assign(y=frame["y"].fillna(0.5))
    calibrated = made("one calibrated rows", full)
    mean, total = calibrated.mean("y"), calibrated.total("y")
    assert total.se[0] == pytest.approx(1000 * mean.se[0], rel=1e-9)  # the margins fix Σ w


def test_what_margins_fix_does_not_vary() -> None:
    frame = sample().assign(b2=lambda f: np.where(np.arange(len(f)) == 5, 3, f["b"]))
    d = Design(frame.assign(one=1.0), "w")
    done = rake(
        d.with_columns(frame[["y"]].fillna(0.5)),
        {"b2": {0: 300.0, 1: 300.0, 2: 390.0, 3: 10.0}, "a": MARGINS["a"]},
    )
    assert done.total("one", by="b2").se.max() < 1e-9
    assert np.isfinite(done.mean("y", by="b2").se).tolist() == [
        True,
        True,
        True,
        False,
    ]  # the last has one row


def test_histograms_make_up_for_the_same() -> None:
    frame = sample()
    rows = Design(frame, "w", "h", "c", nest=True)
    keys = ["h", "c", "unit"]
    cells = frame[keys].drop_duplicates().reset_index(drop=True)
    cell = frame[keys].merge(cells.reset_index(), on=keys, how="left")["index"].to_numpy()
    codes, w = frame[["q"]].fillna(0).to_numpy(dtype=np.int8), frame["w"].to_numpy()
    parts = [
        Histogram.of(codes[p], w[p], cell[p], len(cells), range(1, 6), ["q"])
        for p in (slice(0, 20), slice(20, None))
    ]
    whole = parts[0] + parts[1]
    how: dict[str, Any] = {"strata": "h", "clusters": "c", "nest": True}
    choices: list[dict[str, Any]] = [{}, {"small_sample": "clusters"}]
    for options in choices:
        d = Design(frame, "w", "h", "c", nest=True, **options)
        found = whole.mean(cells, by="unit", **how, **options)
        np.testing.assert_allclose(found.se, d.mean("q", by="unit").se, rtol=1e-12)
    assert rows.mean("q").se[0] == pytest.approx(whole.mean(cells, **how).se[0], rel=1e-12)


def test_row_order_and_scale_change_nothing() -> None:
    frame = sample()
    e = made("strata raked rows", frame).mean("y", by="unit")
    mixed = frame.sample(frac=1.0, random_state=1).reset_index(drop=True)
    np.testing.assert_allclose(made("strata raked rows", mixed).mean("y", by="unit").se, e.se, rtol=1e-9)
    scaled = frame.assign(w=frame["w"] * 1000)
    np.testing.assert_allclose(
        Design(scaled, "w", "h").mean("y", by="unit").se,
        Design(frame, "w", "h").mean("y", by="unit").se,
        rtol=1e-11,
    )


def test_several_stages_are_corrected_at_the_first() -> None:
    """The part of the second stage stays; a census at the first stage leaves nothing to correct."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"c": np.repeat(np.arange(6), 5), "i": np.arange(30), "N": 6.0, "M": 50.0})
    frame["y"], frame["w"] = rng.random(30), np.repeat(rng.lognormal(0, 1, 6), 5)
    how: dict[str, Any] = {"weights": "w", "clusters": ["c", "i"], "fpc": ["N", "M"]}
    census, plain = Design(frame, **how), Design(frame, **how, small_sample="clusters")
    assert census.mean("y").se[0] == pytest.approx(plain.mean("y").se[0], rel=1e-12)
    half = frame.assign(N=12.0)
    two, first = Design(half, **how).mean("y"), Design(half, "w", clusters="c", fpc="N").mean("y")
    plain_two, plain_first = (
        Design(half, **how, small_sample="clusters").mean("y"),
        Design(half, "w", clusters="c", fpc="N", small_sample="clusters").mean("y"),
    )
    assert two.se[0] ** 2 - plain_two.se[0] ** 2 == pytest.approx(
        first.se[0] ** 2 - plain_first.se[0] ** 2, rel=1e-9
    )


def test_the_choice_is_checked() -> None:
    with pytest.raises(DesignError, match="small_sample 'none'"):
        Design(sample(), "w", small_sample="none")  # type: ignore[arg-type]
