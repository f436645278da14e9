"""Detectable changes and probabilities hold what they say, in simulated rounds with a known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from surveys.analysis.standing import Standing
from tests.surveys.analysis.made_rounds import made_round
from tests.surveys.analysis.power import Cell, powers

pytestmark = pytest.mark.long

#: So many standard errors of a simulated share are taken for chance, in each of some twenty comparisons.
CHANCE = 3.5
CELLS = [Cell(5, 5), Cell(12, 12), Cell(40, 40), Cell(5, 20), Cell(20, 5), Cell(12, 12, 15), Cell(60, 95, 95)]


def chance(share: float, number: int) -> float:
    return CHANCE * float(np.sqrt(share * (1 - share) / number))


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_changes_of_the_detectable_size_are_shown_in_eighty_of_a_hundred_rounds(cell: Cell) -> None:
    shown, _ = powers(cell, 10_000, seed=5)
    assert abs(shown - 0.8) < chance(0.8, 10_000)


def test_the_plain_sum_of_quantiles_would_not_do_in_small_cells() -> None:
    _, plain = powers(Cell(5, 5), 10_000, seed=5)
    assert plain < 0.8 - 2 * chance(0.8, 10_000)


def standing(percent: np.ndarray, se: np.ndarray, df: float) -> Standing:
    """Units of a block with totals and standard errors in percent [U]."""
    units = [f"u{k:02d}" for k in range(len(percent))]
    table = pd.DataFrame(
        {"unit_code": units, "points": percent, "max_points": 100.0, "rank": np.arange(1, len(percent) + 1)}
    )
    survey = table.assign(score=percent / 100, se=se / 100, df=df)
    return Standing(made_round({"a": (1, 1, 1)}), "b", "0", table, survey, np.diag((se / 100) ** 2))


@pytest.mark.parametrize(("forms", "population"), [(8, np.inf), (30, np.inf), (36, 40)])
def test_at_the_threshold_every_probability_is_as_frequent(forms: int, population: float) -> None:
    """A unit whose true total is just what is wanted: a probability below u is found in u of the rounds."""
    rounds, rng = 8_000, np.random.default_rng(31)
    people = forms if np.isinf(population) else int(population)
    answers = 60.0 + 12.0 * rng.standard_normal((rounds, people))
    truth = 60.0 if np.isinf(population) else answers.mean(axis=1)
    sample = answers[:, :forms]
    percent = sample.mean(axis=1) - truth + 60.0
    se = sample.std(axis=1, ddof=1) * np.sqrt(1 / forms - 1 / population)
    found = standing(percent, se, forms - 1.0).probability_at_least(60.0)
    for u in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert abs(np.mean(found < u) - u) < chance(u, rounds)


def test_probabilities_of_ranks_are_the_shares_of_rounds() -> None:
    """24 units whose true totals lie anywhere in a range of 24 standard errors: of those with a probability of about p to be
    among the best twelve, p are."""
    rng, found, there = np.random.default_rng(77), [], []
    for _ in range(250):
        true = 40.0 + 24.0 * rng.random(24)
        estimate = true + rng.standard_normal(24)
        found.append(standing(estimate, np.ones(24), np.inf).probability_of_top(12))
        there.append(true >= np.sort(true)[-12])
    p, is_there = np.concatenate(found), np.concatenate(there)
    for low, high in ((0.02, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.98)):
        inside = (p > low) & (p <= high)
        expected = p[inside].mean()
        assert inside.sum() > 100
        assert abs(is_there[inside].mean() - expected) < chance(expected, int(inside.sum()))
