"""Simple and systematic draws: how often elements and pairs come in, strata, replacements, seeds."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from weighting import DesignError, draw_simple, draw_systematic, inclusion_probabilities

MANY = 12_000


def test_every_simple_sample_is_equally_likely() -> None:
    drawn = draw_simple(np.repeat(np.arange(MANY), 5), 2, seed=9).positions.reshape(MANY, 2) % 5
    counts = [int((drawn == pair).all(axis=1).sum()) for pair in combinations(range(5), 2)]
    assert sum(counts) == MANY
    assert stats.chisquare(counts).pvalue > 1e-3


def test_replacements_are_a_random_order_of_those_not_drawn() -> None:
    found = draw_simple(np.repeat(np.arange(MANY), 4), 1, seed=10, replacements=2)
    orders = np.column_stack([found.positions, found.replacements.reshape(MANY, 2)]) % 4
    codes = orders @ [16, 4, 1]
    counts = np.bincount(codes, minlength=64)
    assert [np.count_nonzero(counts), counts.sum()] == [24, MANY]
    assert stats.chisquare(counts[counts > 0]).pvalue > 1e-3


def test_a_larger_sample_holds_the_smaller_and_its_replacements_come_next() -> None:
    few, more = (draw_simple([0] * 30 + [1] * 20, n, seed=3, replacements=4) for n in (5, 7))
    assert set(few.positions) < set(more.positions)
    first = few.replacements[:2].tolist()
    assert set(first) <= set(more.positions)


def systematic_by_hand(p: np.ndarray) -> dict[tuple[int, ...], float]:
    """Samples by the part of [0, 1) in which the random start gives them."""
    ends = np.concatenate([[0.0], np.cumsum(p)])
    cuts = np.unique(np.concatenate([ends % 1.0, [0.0, 1.0]]).round(12))
    found: dict[tuple[int, ...], float] = {}
    for low, high in pairwise(cuts):
        points = (low + high) / 2 + np.arange(round(p.sum()))
        s = tuple((np.searchsorted(ends, points, side="right") - 1).tolist())
        found[s] = found.get(s, 0.0) + high - low
    return found


@pytest.mark.parametrize(
    ("size", "n"),
    [(None, 3), ([3.0, 1.0, 2.0, 4.0, 2.0, 1.0, 0.0], 3), ([50.0, 1.0, 2.0, 2.0, 3.0, 1.0, 1.0], 3)],
)
def test_systematic_samples_are_those_of_every_start(size: list[float] | None, n: int) -> None:
    strata = np.repeat(np.arange(MANY), 7)
    found = draw_systematic(strata, n, 8, None if size is None else np.tile(size, MANY))
    drawn = found.positions.reshape(MANY, n) % 7
    p = inclusion_probabilities(7, n, size)
    inside, sure = np.flatnonzero((p < 1) & (p > 0)), np.flatnonzero(p == 1).tolist()
    by_hand = {
        tuple(sorted([*sure, *inside[list(s)].tolist()])): q
        for s, q in systematic_by_hand(p[inside]).items()
        if q > 1e-9
    }
    counts = {s: int((drawn == s).all(axis=1).sum()) for s in by_hand}
    assert sum(counts.values()) == MANY
    assert stats.chisquare(list(counts.values()), np.array(list(by_hand.values())) * MANY).pvalue > 1e-3
    came = np.bincount(drawn.ravel(), minlength=7) / MANY
    np.testing.assert_allclose(came, p, atol=4 * np.sqrt(0.25 / MANY))


def test_probabilities_in_proportion_with_certain_elements() -> None:
    """10 of 14: 4 · 10/14 > 1 is certain; of the rest 3 · 2/4 = 1.5 too; 2 · 1/2 = 1 are the others."""
    assert inclusion_probabilities(4, 4, [10.0, 2.0, 1.0, 1.0]).tolist() == [1.0, 1.0, 1.0, 1.0]
    assert inclusion_probabilities(5, 3, [10.0, 2.0, 1.0, 1.0, 1.0]).tolist() == [1.0, 0.8, 0.4, 0.4, 0.4]
    assert inclusion_probabilities([0, 1, 0, 1, 1], [1, 2]).round(3).tolist() == [
        0.5,
        0.667,
        0.5,
        0.667,
        0.667,
    ]
    assert inclusion_probabilities([0, 0, 2], [1, 0, 0]).tolist() == [0.5, 0.5, 0.0]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(1e-6, 1e6)), min_size=1, max_size=60),
    st.floats(0.0, 1.0),
    st.integers(0, 5),
    st.sampled_from(["simple", "systematic"]),
)
def test_samples_have_the_sizes_asked_for(
    elements: list[tuple[int, float]], part: float, replacements: int, how: str
) -> None:
    strata, size = (np.array(column) for column in zip(*elements, strict=True))
    count = np.bincount(strata)
    n = np.floor(count * part).astype(int)
    simple = how == "simple"
    found = (
        draw_simple(strata, n, 1, replacements)
        if simple
        else draw_systematic(strata, n, 1, size, replacements)
    )
    np.testing.assert_array_equal(np.bincount(strata[found.positions], minlength=len(n)), n)
    left = np.minimum(count - n, replacements)
    np.testing.assert_array_equal(np.bincount(strata[found.replacements], minlength=len(n)), left)
    both = np.concatenate([found.positions, found.replacements])
    assert len(np.unique(both)) == len(both)
    np.testing.assert_allclose(np.bincount(strata, found.probability), n, rtol=1e-9, atol=1e-9)
    if simple:
        represented = np.bincount(strata[found.positions], found.weights, minlength=len(n))
        np.testing.assert_allclose(represented, np.where(n > 0, count, 0))


def test_the_same_seed_draws_the_same_and_another_not() -> None:
    first, same, other = (draw_systematic(1000, 50, seed, replacements=None) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.positions, same.positions)
    np.testing.assert_array_equal(first.replacements, same.replacements)
    assert len(first.replacements) == 950
    assert first.replacements.tolist() != other.replacements.tolist()
    rng = np.random.default_rng(1)
    np.testing.assert_array_equal(draw_systematic(1000, 50, rng).positions, first.positions)


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(DesignError) as told:
        draw_simple([0, 1, 1, 2], [2, 3, 1], 1)
    assert told.value.problems == (
        "stratum 0: 2 are to be drawn of 1 elements",
        "stratum 1: 3 are to be drawn of 2 elements",
    )
    with pytest.raises(DesignError, match="1 numbers for 3 strata"):
        draw_simple([0, 2], [1], 1)
    with pytest.raises(DesignError, match="a code from 0"):
        draw_simple(["a", "b"], 1, 1)
    with pytest.raises(DesignError, match="whole numbers from 0"):
        draw_simple(5, 2.5, 1)
    with pytest.raises(DesignError, match="replacements"):
        draw_simple(5, 2, 1, replacements=-1)
    with pytest.raises(DesignError, match="seed"):
        draw_simple(5, 2, -1)
