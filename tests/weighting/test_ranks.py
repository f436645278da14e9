"""Rank sets: by hand, against printed tables of the studentised range, and by simulated coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from weighting import DesignError, rank_sets
from weighting.ranking.ranks import competition_ranks, tied_ranks
from weighting.ranking.raters import Raters
from weighting.ranking.sets import top_probabilities

# ---- by hand --------------------------------------------------------------------------------------------


def test_three_units_by_hand() -> None:
    """Standard error of a difference √2·0.01 = 0.0141; critical value near 3.31/√2 = 2.34; so a gap above 0.0331 counts."""
    sets = rank_sets([0.90, 0.80, 0.78], np.eye(3) * 0.01**2, top=1)
    assert sets.rank.tolist() == [1, 2, 3]
    assert sets.low.tolist() == [1, 2, 2]
    assert sets.high.tolist() == [1, 3, 3]
    apart = rank_sets([0.90, 0.80, 0.76], np.eye(3) * 0.01**2)
    assert apart.low.tolist() == apart.high.tolist() == [1, 2, 3]
    together = rank_sets([0.90, 0.88, 0.895], np.eye(3) * 0.01**2)
    assert together.low.tolist() == [1, 1, 1]
    assert together.high.tolist() == [3, 3, 3]


def test_two_units_need_no_correction() -> None:
    """One pair: the two-sided t or normal test; the probability of being first is Φ(gap / se)."""
    se = np.hypot(0.03, 0.04)
    for df, quantile in ((np.inf, stats.norm.ppf(0.975)), (7.0, stats.t.ppf(0.975, 7))):
        sets = rank_sets([0.6, 0.5], np.diag([0.03**2, 0.04**2]), top=1, df=df, draws=200_000)
        assert sets.critical == pytest.approx(quantile, rel=0.015)
    sets = rank_sets([0.6, 0.5], np.diag([0.03**2, 0.04**2]), top=1, draws=200_000)
    assert sets.probability_top[0] == pytest.approx(stats.norm.cdf(0.1 / se), abs=0.003)
    assert sets.probability_top.sum() == pytest.approx(1.0)


# Upper 5 % points of the studentised range q(k, df), as printed in textbooks (e.g. Pearson & Hartley, table 29).
STUDENTISED_RANGE = [
    (3, np.inf, 3.314),
    (5, np.inf, 3.858),
    (10, np.inf, 4.474),
    (3, 10, 3.877),
    (5, 20, 4.232),
]


@pytest.mark.long
@pytest.mark.parametrize(("k", "df", "printed"), STUDENTISED_RANGE)
def test_critical_value_is_the_studentised_range(k: int, df: float, printed: float) -> None:
    """Equal variances, independent units: max |difference| / se is the studentised range over √2."""
    sets = rank_sets(np.zeros(k), np.eye(k) * 0.2, df=df, draws=200_000)
    assert sets.critical * np.sqrt(2) == pytest.approx(printed, rel=0.01)


def test_units_that_move_together_are_compared_with_their_correlation() -> None:
    """A common error of 0.1 cancels from every difference: what separates the units is their own 0.001."""
    covariance = 0.1**2 + np.eye(3) * 0.001**2
    sets = rank_sets([0.80, 0.79, 0.78], covariance, top=1)
    assert sets.low.tolist() == sets.high.tolist() == [1, 2, 3]
    assert sets.probability_top.tolist() == [1.0, 0.0, 0.0]
    alone = rank_sets([0.80, 0.79, 0.78], np.diag(np.diag(covariance)))
    assert alone.high.tolist() == [3, 3, 3]


def test_a_covariance_without_variance_gives_the_plain_ranks() -> None:
    sets = rank_sets([0.7, 0.9, 0.9, 0.1], np.zeros((4, 4)), top=2)
    assert sets.rank.tolist() == sets.low.tolist() == [3, 1, 1, 4]
    assert sets.high.tolist() == [3, 2, 2, 4]
    assert sets.probability_top.tolist() == [0.0, 1.0, 1.0, 0.0]
    assert sets.critical == 0


# ---- ties, order, missing -------------------------------------------------------------------------------


def test_ties_share_the_better_rank() -> None:
    assert competition_ranks(np.array([0.5, 0.9, 0.5, 0.1])).tolist() == [2, 1, 2, 4]
    third = 0.1 + 0.2
    assert competition_ranks(np.array([third, 0.3, 0.2])).tolist() == [1, 1, 3]


def test_ascending_turns_the_order() -> None:
    values, covariance = [3.0, 1.0, 2.0], np.eye(3) * 0.1**2
    up, down = rank_sets(values, covariance, ascending=True), rank_sets(-np.array(values), covariance)
    assert up.rank.tolist() == [3, 1, 2]
    for name in ("rank", "low", "high", "probability_top"):
        np.testing.assert_array_equal(getattr(up, name), getattr(down, name))


def test_the_order_of_units_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    root = rng.normal(size=(12, 12))
    values, covariance = rng.normal(size=12), root @ root.T / 20
    plain = rank_sets(values, covariance)
    order = rng.permutation(12)
    mixed = rank_sets(values[order], covariance[np.ix_(order, order)])
    for name in ("rank", "low", "high", "probability_top"):
        np.testing.assert_array_equal(getattr(mixed, name), getattr(plain, name)[order])


def test_the_same_seed_gives_the_same_result() -> None:
    values, covariance = np.linspace(0.6, 0.9, 20), np.eye(20) * 0.05**2
    a, b, other = (rank_sets(values, covariance, seed=s) for s in (0, np.random.default_rng(0), 1))
    assert a.critical == b.critical != other.critical
    np.testing.assert_array_equal(a.probability_top, b.probability_top)


def test_units_without_an_estimate_are_not_ranked_but_could_stand_anywhere() -> None:
    """Whoever has no estimate may be before any other: every worst rank is one further down, and said so."""
    values = [0.9, np.nan, 0.8, 0.7]
    sets = rank_sets(values, np.eye(4) * 1e-8, top=0.5)
    assert sets.rank.tolist() == [1, 0, 2, 3]
    assert sets.top == 2
    assert np.isnan(sets.probability_top[1])
    assert sets.notes[1] == "no estimate: not ranked"
    assert sets.low.tolist() == [1, 0, 2, 3]
    assert sets.high.tolist() == [2, 0, 3, 4]
    assert sets.unranked == 1
    assert sets.notes[0] == "1 without an estimate could stand anywhere"
    table = sets.table(labels=["a", "b", "c", "d"])
    assert table["rank"].isna().tolist() == [False, True, False, False]
    assert table.loc["d", "rank_high"] == 4
    assert rank_sets([np.nan], [[1.0]]).rank.tolist() == [0]
    assert rank_sets([0.5], [[1.0]]).high.tolist() == [1]


@pytest.mark.parametrize(
    ("top", "k", "size"), [(0.25, 22, 6), (0.25, 30, 8), (0.25, 4, 1), (3, 22, 3), (9, 4, 4)]
)
def test_size_of_the_top_group(top: float, k: int, size: int) -> None:
    sets = rank_sets(np.arange(k), np.eye(k), top=top, draws=200)
    assert sets.top == size
    assert sets.probability_top.sum() == pytest.approx(size)


# ---- coverage -------------------------------------------------------------------------------------------


def true_sets(truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ranks a unit may be given when ties are broken in any way."""
    above = (truth[None, :] > truth[:, None]).sum(axis=1)
    return 1 + above, len(truth) - (truth[None, :] < truth[:, None]).sum(axis=1)


@pytest.mark.long
@pytest.mark.parametrize(
    ("truth", "df"),
    [
        (np.zeros(8), np.inf),
        (np.repeat([0.0, 1.0], 4), np.inf),
        (np.linspace(0, 3, 8), np.inf),
        (np.zeros(8), 9.0),
    ],
)
def test_all_sets_together_cover_the_true_ranks(truth: np.ndarray, df: float) -> None:
    """600 draws: fewer than 551 hits have probability below 0.0005 if the true coverage is 95 %."""
    rng = np.random.default_rng(17)
    root = np.linalg.cholesky(0.3 + 0.7 * np.eye(8)) * np.linspace(0.5, 1.5, 8)[:, None]
    low, high = true_sets(truth)
    hits = 0
    for _ in range(600):
        shrink = 1.0 if np.isinf(df) else rng.chisquare(df) / df
        seen = truth + root @ rng.standard_normal(8)
        sets = rank_sets(seen, root @ root.T * shrink, df=df, draws=2000)
        hits += bool(((sets.low <= low) & (sets.high >= high)).all())
    assert hits >= stats.binom.ppf(0.0005, 600, 0.95)


def test_clear_differences_are_seen() -> None:
    """Sets are not trivially wide: units far apart get a single rank."""
    values = np.arange(10.0)
    sets = rank_sets(values, np.eye(10) * 0.15**2)
    assert (sets.low == sets.high).all()


# ---- what cannot be ranked ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"covariance": np.eye(2)}, "shape (2, 2) does not fit 3 estimates"),
        ({"level": 95}, "level 95"),
        ({"top": 0}, "top 0"),
        ({"top": 2.5}, "top 2.5"),
        ({"df": 0}, "df 0"),
        ({"df": [1.0, 2.0]}, "df: shape (2,) does not fit 3 estimates"),
        ({"df": [1.0, -2.0, 3.0]}, "df: -2.0 at 1"),
        (
            {"df": [[1.0, 2.0, 3.0], [5.0, 1.0, 1.0], [3.0, 1.0, 1.0]]},
            "df: not symmetric, 2 and 5 between units 0 and 1",
        ),
        ({"draws": 10}, "draws 10"),
        ({"bounds": "both"}, "unknown bounds 'both'"),
        ({"raters": Raters(np.ones((4, 2)))}, "raters: totals of 2 estimates for 3"),
        ({"raters": Raters(np.eye(3) * 9)}, "raters: the variance that they explain in unit 0 is larger"),
        ({"covariance": [-1.0, 1.0, 1.0]}, "covariance: some combination has a negative variance (-1)"),
    ],
)
def test_arguments_out_of_range(options: dict[str, Any], words: str) -> None:
    arguments: dict[str, Any] = {"estimates": [1.0, 2.0, 3.0], "covariance": np.eye(3), **options}
    with pytest.raises(DesignError) as caught:
        rank_sets(**arguments)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"totals": [1.0, 2.0]}, "raters: totals [raters, units] are needed"),
        ({"totals": "x"}, "raters: totals: numbers are needed"),
        ({"totals": [[np.nan, 1.0]]}, "raters: totals: missing or infinite"),
        ({"strata": ["a"]}, "raters: strata: one label for each of 2 raters"),
        ({"strata": ["a", None]}, "raters: strata: missing for rater 1"),
        ({"fraction": 2.0}, "raters: fraction: accepted from 0 to 1"),
        ({"fraction": [0.1, 0.2, 0.3]}, "raters: fraction: one number, or one for each of 2 raters"),
        ({"strata": ["a", "a"], "fraction": [0.1, 0.2]}, "raters: fraction: differs within stratum 'a'"),
    ],
)
def test_raters_that_cannot_be(options: dict[str, Any], words: str) -> None:
    with pytest.raises(DesignError) as caught:
        Raters(**{"totals": np.ones((2, 3)), **options})
    assert words in str(caught.value)


@pytest.mark.parametrize("wrong", [{"values": ["x"]}, {"values": [np.nan]}, {"values": [1.0], "share": 2}])
def test_numbers_that_have_no_ranks(wrong: dict[str, Any]) -> None:
    with pytest.raises(DesignError):
        tied_ranks(**wrong)


def test_numbers_of_best_units_out_of_range() -> None:
    with pytest.raises(DesignError, match="tau 0"):
        rank_sets([1.0, 2.0], np.eye(2)).among_best(0)


def test_the_probability_of_the_top_without_the_sets() -> None:
    """The same as beside the sets, to the error of both simulations; and of two units Φ of their studentised difference."""
    rng = np.random.default_rng(4)
    root = rng.standard_normal((6, 6))
    covariance, estimates = root @ root.T * 1e-4, 0.5 + 0.02 * rng.standard_normal(6)
    for top in (1, 3):
        beside = rank_sets(estimates, covariance, top=top, df=12).probability_top
        assert top_probabilities(estimates, covariance, df=12)[top - 1] == pytest.approx(beside, abs=0.02)
    two = top_probabilities([0.8, 0.79], [1e-4, 3e-4])[0]
    assert two == pytest.approx(stats.norm.cdf([0.5, -0.5]), abs=4 * 0.5 / np.sqrt(20_000))
