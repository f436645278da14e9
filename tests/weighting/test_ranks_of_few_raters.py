"""Rank sets where variances are estimated from few raters: each pair on its own degrees of freedom, raters who judge several
units, differences without variation."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from tests.coverage_criterion import LEAST
from tests.weighting.rank_coverage import Setting, below, simulated
from weighting import Design, rank_sets
from weighting.ranking.pairs import pair_df
from weighting.ranking.raters import Raters


def judged(raters: int, units: int, seed: int = 1) -> np.ndarray:
    """Answers of raters who judge all units, some milder than others."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(raters, units)) + rng.normal(size=(raters, 1))


def totals(y: np.ndarray) -> np.ndarray:
    return (y - y.mean(axis=0)) / len(y)


# ---- degrees of freedom of pairs ------------------------------------------------------------------------


@pytest.mark.long
def test_a_pair_is_judged_on_its_own_degrees_of_freedom() -> None:
    """Two units: Welch's test. The set is of one rank where scipy finds p < 0.05, of two where it does not."""
    rng = np.random.default_rng(4)
    for shift in np.linspace(0.0, 2.0, 21):
        a, b = rng.normal(size=6), rng.normal(shift, 3.0, size=12)
        variance = [a.var(ddof=1) / 6, b.var(ddof=1) / 12]
        sets = rank_sets([a.mean(), b.mean()], variance, df=[5, 11], draws=40_000)
        p = stats.ttest_ind(a, b, equal_var=False).pvalue
        if abs(p - 0.05) > 0.003:  # the critical value is simulated
            assert (sets.low == sets.high).all() == (p < 0.05)


def test_degrees_of_freedom_of_pairs_by_hand() -> None:
    """(V₁ + V₂)²/(V₁²/ν₁ + V₂²/ν₂); a shared rater's part has its own; complete censuses add nothing."""
    v, nu = np.array([0.04, 0.01, 0.0]), np.array([4.0, 30.0, np.inf])
    found = pair_df(v, nu, None)
    assert found[0, 1] == pytest.approx(0.05**2 / (0.04**2 / 4 + 0.01**2 / 30))
    assert found[0, 2] == pytest.approx(4.0)
    y = judged(8, 3)
    raters = Raters(totals(y))
    own = np.array([0.01, 0.02, 0.03])
    covariance = raters.covariance() + np.diag(own)
    part = np.diag(raters.covariance())
    nu = (part + own) ** 2 / (part**2 / 7 + own**2 / 20)  # 20 degrees of freedom of what is not the raters'
    found = pair_df(covariance, nu, raters)
    for j, k in combinations(range(3), 2):
        shared = (y[:, j] - y[:, k]).var(ddof=1) / 8
        expected = (shared + own[j] + own[k]) ** 2 / (shared**2 / 7 + own[j] ** 2 / 20 + own[k] ** 2 / 20)
        assert found[j, k] == pytest.approx(expected)


@pytest.mark.long
def test_a_unit_of_few_degrees_of_freedom_does_not_widen_the_sets_of_others() -> None:
    """Twelve units, one with 2 degrees of freedom: the others' sets are those of twelve units with 60."""
    values, variance = np.linspace(0.6, 0.9, 12), np.full(12, 0.012**2)
    many, mixed = np.full(12, 60.0), np.array([2.0, *[60.0] * 11])
    alike, one_few = (rank_sets(values, variance, df=df) for df in (many, mixed))
    least = rank_sets(values, variance, df=2.0)
    size = {
        name: (s.high - s.low + 1)[1:].mean()
        for name, s in (("alike", alike), ("few", one_few), ("least", least))
    }
    assert size["few"] <= size["alike"] + 1.0
    assert size["least"] > size["alike"] + 3.0


def test_a_matrix_of_equal_degrees_of_freedom_is_judged_like_bonferroni_or_better() -> None:
    k, nu = 8, 12.0
    sets = rank_sets(np.zeros(k), np.eye(k), df=np.full((k, k), nu))
    pairs = k * (k - 1) / 2
    normal = stats.studentized_range.ppf(0.95, k, 1e6) / np.sqrt(2)
    assert sets.critical_p == pytest.approx(2 * stats.norm.sf(normal), rel=0.05)
    assert sets.critical_p > 0.05 / pairs
    assert sets.critical == pytest.approx(stats.t.isf(sets.critical_p / 2, nu))


# ---- raters who judge several units ---------------------------------------------------------------------


def test_the_covariance_of_raters_is_that_of_the_design() -> None:
    """Stratified raters with a finite population: the design's covariance of the units' means."""
    y = judged(12, 4)
    strata = np.repeat(["a", "b"], 6)
    frame = {"rater": np.repeat(np.arange(12), 4), "unit": np.tile(np.arange(4), 12), "y": y.ravel()}
    frame["w"] = np.ones(48)
    frame |= {"h": np.repeat(strata, 4), "N": np.repeat(np.where(strata == "a", 10, 30), 4)}
    e = Design(frame, weights="w", strata="h", clusters="rater", fpc="N").mean("y", by="unit")
    raters = Raters((y - y.mean(axis=0)) / 12, strata=strata, fraction=np.where(strata == "a", 0.6, 0.2))
    np.testing.assert_allclose(raters.covariance(), e.covariance(), rtol=1e-12)


@pytest.mark.long
def test_the_critical_value_lies_between_the_studentised_range_and_bonferroni() -> None:
    """All pairs on n − 1 degrees of freedom: wider than for one common variance, never wider than Bonferroni."""
    for n, k in ((8, 10), (20, 22), (84, 22)):
        raters = Raters(totals(judged(n, k)))
        sets = rank_sets(np.zeros(k), raters.covariance(), raters=raters)
        assert stats.studentized_range.ppf(0.95, k, 1e6) / np.sqrt(2) < sets.critical
        assert sets.critical <= stats.t.isf(0.025 / (k * (k - 1) / 2), n - 1) * (1 + 1e-9)


@pytest.mark.long
def test_the_critical_value_against_a_slow_simulation() -> None:
    """Raters' answers drawn one by one, each pair's t by itself."""
    n, k, rng = 10, 6, np.random.default_rng(3)
    y = rng.normal(size=(20_000, n, k))
    largest = np.zeros(len(y))
    for i, j in combinations(range(k), 2):
        d = y[:, :, i] - y[:, :, j]
        largest = np.maximum(largest, np.abs(d.mean(axis=1)) / (d.std(axis=1, ddof=1) / np.sqrt(n)))
    orthogonal = np.linalg.qr(np.random.default_rng(5).normal(size=(n, n)))[0][:, :k]
    even = Raters(totals(orthogonal - orthogonal.mean(axis=0)))
    sets = rank_sets(np.zeros(k), even.covariance(), raters=even)
    assert sets.critical == pytest.approx(np.quantile(largest, 0.95), rel=0.03)


@pytest.mark.long
def test_the_order_of_units_and_raters_does_not_matter() -> None:
    y = judged(9, 7) + np.arange(7)
    raters = Raters(totals(y), strata=[0] * 4 + [1] * 5)
    plain = rank_sets(y.mean(axis=0), raters.covariance(), raters=raters)
    units, rows = np.random.default_rng(0).permutation(7), np.r_[8:-1:-1]
    turned = Raters(totals(y)[rows][:, units], strata=np.array([0] * 4 + [1] * 5)[rows])
    mixed = rank_sets(y.mean(axis=0)[units], turned.covariance(), raters=turned)
    np.testing.assert_array_equal(mixed.low, plain.low[units])
    np.testing.assert_array_equal(mixed.high, plain.high[units])


def test_hundreds_of_units_that_raters_share_are_compared_with_bonferroni() -> None:
    y = judged(30, 130)
    raters = Raters(totals(y))
    sets = rank_sets(y.mean(axis=0), raters.covariance(), raters=raters)
    assert sets.critical_p == pytest.approx(0.05 / (130 * 129 / 2))


# ---- differences without variation ----------------------------------------------------------------------


def test_two_complete_censuses_differ_really() -> None:
    sets = rank_sets([0.8, 0.7], [0.0, 0.0], df=[np.inf, np.inf])
    assert sets.high.tolist() == [1, 2]
    assert sets.untold.tolist() == [0, 0]


def test_samples_without_variation_are_not_told_apart_and_said_so() -> None:
    """Five of five at the top, four of four one level below: nothing is known of how far either varies."""
    sets = rank_sets([1.0, 0.75, 0.2], [0.0, 0.0, 0.01**2], df=[4.0, 3.0, 40.0])
    assert sets.low.tolist() == [1, 1, 3]
    assert sets.high.tolist() == [2, 2, 3]
    assert sets.untold.tolist() == [1, 1, 0]
    assert "no variation in the difference from 1: not told apart" in sets.notes[0]


def test_units_that_the_same_raters_answer_alike_are_not_told_apart() -> None:
    """Each of six raters gives the second unit one level less than the first: their difference shows no variation."""
    first = np.array([1.0, 0.75, 0.5, 1.0, 0.75, 0.75])
    y = np.column_stack([first, first - 0.25, first[::-1] - 0.5])
    raters = Raters(totals(y))
    sets = rank_sets(y.mean(axis=0), raters.covariance(), df=np.full(3, 5.0), raters=raters)
    assert sets.untold.tolist() == [1, 1, 0]
    assert sets.high[0] >= 2


def test_a_unit_of_one_rater_is_told_apart_from_nobody() -> None:
    """0 degrees of freedom: nothing is known of its variance, and it does not widen the others' sets."""
    sets = rank_sets([0.9, 0.5, 0.1], [0.01**2] * 3, df=[0.0, 50.0, 50.0])
    assert (sets.low[0], sets.high[0]) == (1, 3)
    assert (sets.low[2], sets.high[1]) == (2, 2)


def test_where_no_unit_has_an_estimate_nobody_is_ranked() -> None:
    """Also with raters of several units: a round in which every unit lacks a part of its index."""
    raters = Raters(totals(judged(6, 3)))
    sets = rank_sets(np.full(3, np.nan), raters.covariance(), raters=raters)
    assert sets.table()[["rank", "rank_low", "rank_high"]].isna().all(axis=None)
    one = rank_sets(np.array([0.5, np.nan, np.nan]), raters.covariance(), raters=raters)
    assert (one.rank[0], one.low[0], one.high[0]) == (1, 1, 3)


# ---- coverage -------------------------------------------------------------------------------------------


@pytest.mark.long
def test_sets_of_few_shared_raters_hold_for_all_units_at_once() -> None:
    """Settings where one common χ² held in 50 to 90 of 100 rounds, and others: none lies below 93 % (one-sided 1 %, Holm)."""
    settings = [
        Setting(30, 8, True, "tied", "normal"),
        Setting(22, 20, True, "tied", "middle"),
        Setting(22, 84, True, "tied", "normal"),
        Setting(10, 8, True, "groups", "middle"),
        Setting(10, 8, False, "tied", "normal"),
        Setting(10, 0, False, "tied", "high"),
    ]
    rows = [simulated(setting, 400) for setting in settings]
    assert below(rows) == [], [(str(row.setting), row.hits / row.draws, LEAST) for row in rows]
