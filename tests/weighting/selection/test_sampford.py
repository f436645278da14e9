"""Sampford's draws: every sample counted by hand, how often each is drawn, and variances from the joint probabilities."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from weighting import DesignError, draw_sampford, inclusion_probabilities, joint_probabilities

SIZES = {
    "mild": [3.0, 2.0, 2.5, 4.0, 1.0, 3.5, 2.2],
    "wide": [100.0, 1.0, 40.0, 7.0, 0.5, 60.0, 22.0, 3.0],
    "few": [5.0, 4.0, 4.0],
    "halves": [1.0, 1.0, 1.0, 1.0],
}


def all_samples(p: np.ndarray) -> dict[tuple[int, ...], float]:
    """Probability of each sample: the first element with π/n, the others with replacement with π/(1 − π), kept if all differ."""
    omega = p / (1 - p)
    found = {
        s: float(omega[list(s)].prod() * (1 - p[list(s)]).sum())
        for s in combinations(range(len(p)), round(p.sum()))
    }
    return {s: value / sum(found.values()) for s, value in found.items()}


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_joint_probabilities_over_all_samples(name: str, n: int) -> None:
    size = SIZES[name]
    if n >= len(size):
        return
    p = inclusion_probabilities(len(size), n, size)
    sure = np.flatnonzero(p == 1)
    expected = np.outer(p, p)
    inside = np.flatnonzero(p < 1)
    counted = np.zeros((len(inside), len(inside)))
    for s, value in all_samples(p[inside]).items():
        counted[np.ix_(s, s)] += value
    np.testing.assert_allclose(np.diag(counted), p[inside], rtol=1e-12)
    expected[np.ix_(inside, inside)] = counted
    expected[sure, sure] = 1.0
    np.testing.assert_allclose(joint_probabilities(p), expected, rtol=1e-11, atol=1e-15)
    some = np.array([len(p) - 1, 0])
    np.testing.assert_allclose(
        joint_probabilities(p, some), joint_probabilities(p)[np.ix_(some, some)], rtol=1e-12
    )


@pytest.mark.long
@pytest.mark.parametrize(("name", "n"), [("mild", 3), ("wide", 2), ("few", 2), ("mild", 1)])
def test_every_sample_is_drawn_as_often_as_it_should(name: str, n: int) -> None:
    size, draws = SIZES[name], 10_000
    strata = np.repeat(np.arange(draws), len(size))
    drawn = draw_sampford(strata, n, 16, np.tile(size, draws)).positions.reshape(-1, n) % len(size)
    counts = Counter(map(tuple, drawn.tolist()))
    p = inclusion_probabilities(len(size), n, size)
    inside, sure = np.flatnonzero(p < 1), np.flatnonzero(p == 1).tolist()
    expected = {
        tuple(sorted([*sure, *inside[list(s)].tolist()])): q for s, q in all_samples(p[inside]).items()
    }
    assert set(counts) <= set(expected)
    rare = {s for s, q in expected.items() if q * draws < 5}
    seen = np.array(
        [*(counts.get(s, 0) for s in expected if s not in rare), sum(counts.get(s, 0) for s in rare)]
    )
    wanted = (
        np.array([*(q for s, q in expected.items() if s not in rare), sum(expected[s] for s in rare)]) * draws
    )
    chi2 = ((seen - wanted)[wanted > 0] ** 2 / wanted[wanted > 0]).sum()
    assert stats.chi2.sf(chi2, (wanted > 0).sum() - 1) > 1e-3


def test_the_estimator_of_sen_yates_and_grundy_is_unbiased() -> None:
    """Over all samples, with our joint probabilities, it has the variance of the Horvitz-Thompson total as its mean."""
    p = inclusion_probabilities(7, 3, SIZES["mild"])
    y = np.array([2.0, 5.0, 1.0, 7.0, 0.5, 3.0, 4.0])
    joint, samples = joint_probabilities(p), all_samples(p)
    totals, variances = [], []
    for s in map(list, samples):
        z = y[s] / p[s]
        pair = joint[np.ix_(s, s)]
        totals.append(z.sum())
        variances.append(((np.outer(p[s], p[s]) - pair) / pair * (z[:, None] - z) ** 2).sum() / 2)
    weight = np.array(list(samples.values()))
    mean = weight @ totals
    np.testing.assert_allclose(mean, y.sum(), rtol=1e-12)
    np.testing.assert_allclose(weight @ variances, weight @ (np.array(totals) - mean) ** 2, rtol=1e-10)
    assert min(variances) >= 0


@pytest.mark.parametrize(("elements", "n"), [(400, 60), pytest.param(3000, 900, marks=pytest.mark.long)])
def test_joint_probabilities_of_long_lists(elements: int, n: int) -> None:
    """Σ_l π_kl = n π_k, and no pair is likelier than if it were independent [Sampford; Gabler]."""
    p = inclusion_probabilities(elements, n, np.random.default_rng(3).lognormal(0, 0.8, elements))
    rows = np.flatnonzero(p < 1)
    joint = joint_probabilities(p, rows)
    np.testing.assert_allclose(joint.sum(axis=1) + (p == 1).sum() * p[rows], n * p[rows], rtol=1e-9)
    outside = ~np.eye(len(rows), dtype=bool)
    assert (joint < np.outer(p[rows], p[rows]) * (1 + 1e-12))[outside].all()
    assert (joint > 0).all()


def test_a_simple_sample_is_a_sampford_sample_of_equal_sizes() -> None:
    joint = joint_probabilities(np.full(500, 0.25))
    np.testing.assert_allclose(joint[0, 1:], 125 * 124 / (500 * 499), rtol=1e-12)


def test_samples_have_their_size_and_the_seed_says_which() -> None:
    size = np.random.default_rng(2).lognormal(0, 1.5, 2000)
    strata = np.arange(2000) % 7
    first = draw_sampford(strata, [5, 50, 100, 200, 0, 1, 285], 4, size, replacements=3)
    again = draw_sampford(strata, [5, 50, 100, 200, 0, 1, 285], 4, size, replacements=3)
    np.testing.assert_array_equal(first.positions, again.positions)
    np.testing.assert_array_equal(first.replacements, again.replacements)
    assert np.bincount(strata[first.positions], minlength=7).tolist() == [5, 50, 100, 200, 0, 1, 285]
    assert np.bincount(strata[first.replacements], minlength=7).tolist() == [3, 3, 3, 3, 3, 3, 0]
    assert not set(first.positions) & set(first.replacements)
    np.testing.assert_allclose(
        np.bincount(strata, first.probability), [5, 50, 100, 200, 0, 1, 285], rtol=1e-9
    )


def test_extreme_sizes() -> None:
    size = [1e12, 1e-9, 1.0, 1.0, 0.0]
    drawn = draw_sampford(5, 2, 1, size)
    assert drawn.positions[0] == 0
    assert drawn.probability[0] == 1
    assert drawn.probability[4] == 0
    assert draw_sampford(5, 4, 1, size).positions.tolist() == [0, 1, 2, 3]
    nearly = inclusion_probabilities(4, 2, [0.999999, 0.999998, 1e-6, 2e-6])
    assert 0 < joint_probabilities(nearly).min() < 1e-10


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(DesignError, match="stratum 0: 3 are to be drawn of 2 elements of a size above 0"):
        draw_sampford(4, 3, 1, [1.0, 2.0, 0.0, 0.0])
    with pytest.raises(DesignError, match=r"-1\.0 of element 2"):
        draw_sampford(3, 1, 1, [1.0, 2.0, -1.0])
    with pytest.raises(DesignError, match="does not fit a list of 3"):
        draw_sampford(3, 1, 1, [1.0, 2.0])
    with pytest.raises(DesignError, match="no whole number"):
        joint_probabilities([0.5, 0.6])
    with pytest.raises(DesignError, match="from 0 to 1"):
        joint_probabilities([0.5, 1.5])
    with pytest.raises(DesignError, match="places from 0 to 1"):
        joint_probabilities([0.5, 0.5], [2])
