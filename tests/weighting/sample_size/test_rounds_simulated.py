"""Sizes kept in simulated rounds: finite populations, clusters with their design effect, forms that do not come back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from weighting import PlanningValues, draw_simple, forms_to_issue, size_for_margin

pytestmark = pytest.mark.long

ROUNDS, LEVEL, MARGIN = 8_000, 0.95, 0.05
#: A level that is kept exactly falls below this number of rounds once in a thousand.
LEAST = stats.binom.ppf(1e-3, ROUNDS, LEVEL)


def simple_samples(population: int, n: int, seed: int) -> np.ndarray:
    """Places [r, n] in one list, drawn anew for each round."""
    rounds = 500
    strata, rng = np.repeat(np.arange(rounds), population), np.random.default_rng(seed)
    parts = [
        draw_simple(strata, n, rng).positions.reshape(rounds, n) % population for _ in range(ROUNDS // rounds)
    ]
    return np.concatenate(parts)


@pytest.mark.parametrize(("share", "population"), [(0.5, 300), (0.5, 1000), (0.8, 120), (0.93, 1000)])
def test_an_exact_size_keeps_the_margin_of_a_share(share: float, population: int) -> None:
    n = size_for_margin(MARGIN, PlanningValues(share, population=population), interval="exact").item()
    people = np.arange(population) < round(share * population)
    estimates = people[simple_samples(population, n, 1)].mean(axis=1)
    assert (np.abs(estimates - people.mean()) <= MARGIN + 1e-12).sum() >= LEAST


@pytest.mark.parametrize("population", [80, 500])
def test_the_margin_of_a_mean_of_five_levels(population: int) -> None:
    people = np.random.default_rng(3).choice(
        [0.0, 0.25, 0.5, 0.75, 1.0], population, p=[0.05, 0.1, 0.25, 0.4, 0.2]
    )
    values = PlanningValues(deviation=people.std(ddof=1), population=population)
    n = size_for_margin(MARGIN, values).item()
    estimates = people[simple_samples(population, n, 2)].mean(axis=1)
    assert (np.abs(estimates - people.mean()) <= MARGIN).sum() >= LEAST


def test_clusters_need_as_many_more_as_their_design_effect_says() -> None:
    """150 villages of 20 households; so many villages are drawn as hold the households needed."""
    rng = np.random.default_rng(4)
    villages, households = 150, 20
    people = np.clip(
        0.6 + 0.08 * rng.standard_normal((villages, 1)) + 0.25 * rng.standard_normal((villages, households)),
        0,
        1,
    )
    effect = households * people.mean(axis=1).var(ddof=1) / people.var(ddof=1)
    assert 2 < effect < 4
    deviation = people.std(ddof=1)
    needed = [
        size_for_margin(
            0.03, PlanningValues(deviation=deviation, population=people.size, design_effect=each)
        ).item()
        for each in (effect, 1.0)
    ]
    reached = []
    for n in needed:
        drawn = simple_samples(villages, -(-n // households), 5)
        reached.append((np.abs(people.mean(axis=1)[drawn].mean(axis=1) - people.mean()) <= 0.03).sum())
    assert reached[0] >= LEAST
    assert reached[1] < 0.85 * ROUNDS  # without it the margin is missed


def test_enough_come_back_and_the_margin_is_kept() -> None:
    population, response, valid = 900, 0.75, 0.92
    values = PlanningValues(0.5, population=population)
    n = size_for_margin(MARGIN, values, interval="exact").item()
    issued = forms_to_issue(n, response, valid, population, assurance=0.95).item()
    rng = np.random.default_rng(6)
    back = rng.random((ROUNDS, issued)) < response * valid
    assert (back.sum(axis=1) >= n).sum() >= LEAST
    answers = (np.arange(population) < population // 2)[simple_samples(population, issued, 7)]
    estimates = (answers * back).sum(axis=1) / back.sum(axis=1)
    assert (np.abs(estimates - 0.5) <= MARGIN + 1e-12).sum() >= LEAST
