"""Relative importance: by all orders, by derivatives in the weights, by the jackknife, and where there is none."""

from __future__ import annotations

from itertools import permutations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.weighting.r_reference import assert_same
from weighting import Design, DesignError, rake, replicate
from weighting.regression.relative_importance import MOST_FACTORS, NO_ASSOCIATION

FACTORS = ["a", "b", "c", "d"]
COLLINEAR = "'sum' is a combination of 'a', 'c' in the rows that count: leave one of them out"


def sample(n: int = 240, seed: int = 5) -> pd.DataFrame:
    """Four factors that go together, in clusters of 5 and two strata, with unequal weights and gaps."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n // 5, 1)).repeat(5, axis=0) + rng.normal(size=(n, 1))
    x = shared + rng.normal(size=(n, 4))
    y = x @ [1.0, 0.5, 0.2, 0.0] + 2 * rng.normal(size=n)
    frame = pd.DataFrame(x, columns=FACTORS).assign(
        y=y,
        w=rng.uniform(1, 4, n),
        stratum=np.repeat([1, 2], n // 2),
        psu=np.repeat(np.arange(n // 5), 5),
        part=rng.integers(0, 2, n),
        sex=rng.integers(1, 3, n),
    )
    frame.loc[::17, "b"] = np.nan
    frame.loc[5::19, "y"] = np.nan
    return frame


def design(**changed: Any) -> Design:
    return Design(sample(), "w", "stratum", "psu", **changed)


def explained(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    """R² of least squares on the columns of x, by residuals."""
    root = np.sqrt(w)
    full = np.column_stack([np.ones(len(y)), x])
    beta = np.linalg.lstsq(full * root[:, None], y * root, rcond=None)[0]
    rest, whole = y - full @ beta, y - np.average(y, weights=w)
    return float(1 - (w * rest**2).sum() / (w * whole**2).sum())


def by_all_orders(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """What each factor adds to R² on its entry, the mean of all p! orders."""
    p = x.shape[1]
    gains = np.zeros(p)
    for order in permutations(range(p)):
        before = 0.0
        for k, factor in enumerate(order):
            after = explained(x[:, order[: k + 1]], y, w)
            gains[factor] += (after - before) / factorial(p)
            before = after
    return gains


def complete(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    kept = frame.dropna(subset=[*FACTORS, "y"])
    return kept[FACTORS].to_numpy(), kept["y"].to_numpy(), kept["w"].to_numpy()


@pytest.mark.parametrize("by", [None, "part"])
def test_shares_are_the_mean_of_all_orders(by: str | None) -> None:
    found = design().relative_importance("y", FACTORS, by)
    frames = [sample()] if by is None else [part for _, part in sample().groupby(by)]
    expected = np.array([by_all_orders(*complete(frame)) for frame in frames])
    assert np.abs(found.shares.estimate.reshape(-1, 4) - expected).max() < 1e-13
    assert_same(found.r2.estimate, expected.sum(axis=1))
    assert_same(found.portions.estimate, (expected / expected.sum(axis=1, keepdims=True)).ravel())
    assert found.n.tolist() == [len(complete(frame)[1]) for frame in frames]
    assert found.dropped.tolist() == [len(frame) - len(complete(frame)[1]) for frame in frames]


def test_errors_are_those_of_derivatives_in_the_weights() -> None:
    """u_i = w_i ∂φ/∂w_i for a function of weighted totals that no factor of all weights changes."""
    frame = sample(n=40)
    d = Design(frame, "w", "stratum", "psu", small_sample="clusters")
    kept = frame.dropna(subset=[*FACTORS, "y"]).index
    u = np.zeros((len(frame), 9))
    for i in kept:
        step = 1e-5 * frame.loc[i, "w"]
        ends = []
        for change in (step, -step):
            moved = frame.assign(w=frame["w"].mask(frame.index == i, frame["w"] + change))
            x, y, w = complete(moved)
            C = np.cov(np.column_stack([x, y]).T, aweights=w)
            ends.append(of_subsets(C))
        u[i] = frame.loc[i, "w"] * (ends[0] - ends[1]) / (2 * step)
    variance = np.diag(d.covariance_of(u))
    found = d.relative_importance("y", FACTORS)
    se = np.concatenate([found.r2.se, found.shares.se, found.portions.se])
    assert np.abs(se / np.sqrt(variance) - 1).max() < 1e-6


def of_subsets(C: np.ndarray) -> np.ndarray:
    """R², shares and portions from covariances, the outcome last, by the weights of subsets."""
    p = len(C) - 1

    def r2(S: tuple[int, ...]) -> float:
        return float(C[S, p] @ np.linalg.solve(C[np.ix_(S, S)], C[S, p]) / C[p, p]) if S else 0.0

    shares = np.zeros(p)
    for order in permutations(range(p)):
        for k, factor in enumerate(order):
            shares[factor] += (r2(order[: k + 1]) - r2(order[:k])) / factorial(p)
    return np.concatenate([[shares.sum()], shares, shares / shares.sum()])


@pytest.mark.parametrize("margins", [None, {"sex": {1: 300.0, 2: 310.0}, "part": {0: 290.0, 1: 320.0}}])
def test_the_jackknife_gives_nearly_the_same_errors(margins: Any) -> None:
    d = design(small_sample="clusters")
    d = d if margins is None else rake(d, margins)
    x = sample()[FACTORS].to_numpy()
    y = sample()["y"].to_numpy()
    known = ~np.isnan(np.column_stack([x, y])).any(axis=1)

    def statistic(w: np.ndarray) -> np.ndarray:
        used = known & (w > 0)
        return of_subsets(np.cov(np.column_stack([x, y])[used].T, aweights=w[used]))

    value, covariance = replicate(d, kind="JKn").estimate(statistic)
    found = d.relative_importance("y", FACTORS)
    ours = np.concatenate([found.r2.estimate, found.shares.estimate, found.portions.estimate])
    se = np.concatenate([found.r2.se, found.shares.se, found.portions.se])
    assert_same(ours, value)
    assert np.abs(se / np.sqrt(np.diag(covariance)) - 1).max() < 0.08


def test_shares_add_up_and_do_not_change_with_units_of_measure_or_the_order_of_anything() -> None:
    found = design().relative_importance("y", FACTORS)
    whole = found.shares.combine({"all": dict.fromkeys(FACTORS, 1.0)})
    assert_same([whole.estimate[0], whole.se[0]], [found.r2.estimate[0], found.r2.se[0]])
    turned = sample().assign(
        a=lambda f: 1e6 - 250 * f["a"], y=lambda f: 3 * f["y"] + 1e5, w=lambda f: 7 * f["w"]
    )
    other = Design(turned.iloc[::-1], "w", "stratum", "psu").relative_importance("y", FACTORS[::-1])
    assert np.abs(other.shares.estimate[::-1] / found.shares.estimate - 1).max() < 1e-9
    assert np.abs(other.portions.se[::-1] / found.portions.se - 1).max() < 1e-8


def test_two_factors_are_compared_with_their_covariance() -> None:
    found = design().relative_importance("y", FACTORS)
    gap = found.portions.combine({"a − b": {"a": 1, "b": -1}})
    V = found.portions.covariance().to_numpy()
    assert_same(gap.se[0], np.sqrt(V[0, 0] + V[1, 1] - 2 * V[0, 1]))


def test_a_domain_is_the_subset() -> None:
    d = design()
    found, alone = d.relative_importance("y", FACTORS, "part"), d.subset(sample()["part"] == 1)
    again = alone.relative_importance("y", FACTORS)
    for name in ("estimate", "se", "ci_low", "ci_high", "df"):
        assert_same(getattr(found.shares, name)[4:], getattr(again.shares, name))
        assert_same(getattr(found.portions, name)[4:], getattr(again.portions, name))


def test_one_factor_has_all_of_r2() -> None:
    found = design().relative_importance("y", "a")
    table = found.table()
    assert table[["portion", "portion_low", "portion_high"]].to_numpy().tolist() == [[1.0, 1.0, 1.0]]
    assert_same(found.shares.estimate, found.r2.estimate)
    assert_same(found.shares.se, found.r2.se)


def test_a_factor_that_does_not_vary_has_no_share() -> None:
    d = design().with_columns(pd.DataFrame({"still": np.full(240, 0.7)}))
    found, without = (d.relative_importance("y", names) for names in ([*FACTORS, "still"], FACTORS))
    assert_same(found.shares.estimate[:4], without.shares.estimate)
    assert np.isnan(found.shares.estimate[4])
    assert np.isnan(found.portions.ci_low[4])
    assert found.shares.note[4] == found.portions.note[4] == "does not vary in the rows that count: left out"
    assert found.shares.note[0] == ""


@pytest.mark.parametrize(
    ("columns", "factors", "reason"),
    [
        ({"sum": lambda f: f["a"] + 2 * f["c"]}, ["a", "c", "sum"], COLLINEAR),
        ({"y": lambda f: 0 * f["a"] + 1}, ["a"], "the outcome does not vary in the rows that count"),
        ({"a": lambda f: 0 * f["a"] + 1}, ["a"], "no factor varies in the rows that count"),
        ({"y": lambda f: f["y"].where(f.index < 5)}, FACTORS, "4 rows for 4 factors: too few"),
        ({"y": lambda f: np.nan * f["y"]}, FACTORS, "no row has a value of outcome and factors"),
    ],
    ids=["collinear", "outcome", "factors", "few", "none"],
)  # fmt: skip
def test_why_there_are_no_shares(columns: dict[str, Any], factors: list[str], reason: str) -> None:
    found = Design(sample().assign(**columns), "w", "stratum", "psu").relative_importance("y", factors)
    assert np.isnan(found.shares.estimate).all()
    assert np.isnan(found.r2.estimate).all()
    assert np.isnan(found.portions.se).all()
    assert np.isnan(found.portions.ci_high).all()
    assert set(found.shares.note) == set(found.portions.note) == set(found.r2.note) == {reason}


def test_an_r2_of_nothing_says_so() -> None:
    rng = np.random.default_rng(1)
    noise = Design({"y": rng.normal(size=60), "a": rng.normal(size=60), "b": rng.normal(size=60)})
    found = noise.relative_importance("y", ["a", "b"])
    assert found.p[0] > 0.05
    assert set(found.portions.note) == {NO_ASSOCIATION}
    assert found.r2.note == ("",)
    none = Design({"y": [1.0, 2, 1, 2], "a": [1.0, 1, 2, 2]}).relative_importance("y", "a")
    assert none.r2.estimate[0] < 1e-30
    assert np.isnan(none.portions.estimate[0])
    assert none.portions.note == (NO_ASSOCIATION,)


def test_the_test_of_no_association_is_that_of_the_regression() -> None:
    d = design()
    assert_same(d.relative_importance("y", FACTORS).p[0], d.regression("y", FACTORS).test(FACTORS).p[0])


def test_a_complete_census_has_no_sampling_error() -> None:
    d = Design(sample().assign(N=48 // 2), "w", "stratum", "psu", fpc="N")
    found = d.relative_importance("y", FACTORS)
    assert_same(found.shares.ci_low, found.shares.estimate)
    assert_same(found.portions.ci_high, found.portions.estimate)
    assert set(found.shares.note) == {"complete census: no sampling error"}


def test_a_domain_in_one_cluster_has_no_interval() -> None:
    frame = sample(n=400).assign(one=lambda f: (f.index >= 40).astype(int), psu=lambda f: f.index // 40)
    found = Design(frame.assign(stratum=1), "w", "stratum", "psu").relative_importance("y", ["a", "b"], "one")
    assert np.isnan(found.shares.se[:2]).all()
    assert np.isnan(found.shares.ci_low[:2]).all()
    assert found.shares.note[0].startswith("one cluster")
    assert (found.shares.se[2:] > 0).all()


@pytest.mark.parametrize(
    ("factors", "problem"),
    [
        (["a", "y"], "factors: 'y' is the outcome"),
        (["a", "a"], "factors: 'a' named more than once"),
        (["a", "bb"], "unknown column 'bb'; did you mean 'b'?"),
    ],
)
def test_faults_of_the_question(factors: list[str], problem: str) -> None:
    with pytest.raises(DesignError) as error:
        design().relative_importance("y", factors)
    assert error.value.problems == (problem,)


def test_too_many_factors_are_refused_with_the_way_out() -> None:
    names = [f"x{k}" for k in range(MOST_FACTORS + 1)]
    d = design().with_columns(pd.DataFrame(np.ones((240, len(names))), columns=names))
    with pytest.raises(DesignError, match="16 are named; at most 15") as error:
        d.relative_importance("y", names)
    assert "leave some out" in str(error.value)


def test_it_shows_itself() -> None:
    text = repr(design().relative_importance("y", FACTORS, "part"))
    assert text.startswith("relative importance of 4 factors of y: 213 rows (27 dropped: values missing)")
    assert "1: R² " in text


@pytest.mark.long
@pytest.mark.parametrize(("n", "clustered"), [(300, False), (600, True)])
def test_intervals_cover(n: int, clustered: bool) -> None:
    """Five-level answers, five factors of known shares; of 1,000 samples no interval covers fewer than 92 % or more than 98.5 %,
    which lies beyond chance (3 standard errors: 2 points) around 94 to 96.5 %."""
    rng = np.random.default_rng(11)
    N = 60_000
    village = rng.normal(size=N // 12).repeat(12)
    shared = (0.5 * village + rng.normal(size=N))[:, None]
    x = np.clip(np.round(3.4 + 0.6 * (shared + rng.normal(size=(N, 5)))), 1, 5)
    b = np.array([0.4, 0.3, 0.2, 0.1, 0.0])
    y = np.clip(np.round(0.4 + x @ b + 0.1 * village + 0.6 * rng.normal(size=N)), 1, 5)
    truth = of_subsets(np.cov(np.column_stack([x, y]).T))
    hits, draws = np.zeros(11), 1000
    for _ in range(draws):
        rows = rng.choice(N, n, replace=False)
        if clustered:
            rows = (12 * rng.choice(N // 12, n // 12, replace=False)[:, None] + np.arange(12)).ravel()
        frame = pd.DataFrame(x[rows], columns=list("abcde")).assign(y=y[rows], psu=rows // 12)
        d = Design(frame, clusters="psu" if clustered else None)
        found = d.relative_importance("y", list("abcde"))
        limits = [(e.ci_low, e.ci_high) for e in (found.r2, found.shares, found.portions)]
        low, high = (np.concatenate(part) for part in zip(*limits, strict=True))
        hits += (low <= truth) & (truth <= high)
    assert (hits / draws).min() >= 0.92, hits / draws
    assert (hits / draws).max() <= 0.985, hits / draws
