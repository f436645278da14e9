"""What is predicted of the forms at the end holds as often as is said, by simulation of rounds whose pace does not change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from surveys.definitions.study.records import Fieldwork
from surveys.fieldwork.monitoring.fieldwork_days import FieldworkDays, fieldwork_days
from surveys.fieldwork.monitoring.pace import LEVEL, Pace, dispersion

Draw = Callable[[np.random.Generator, float, tuple[int, int]], NDArray[np.int64]]
ARRIVALS: dict[str, Draw] = {
    "one by one": lambda random, rate, size: random.poisson(rate, size),
    "uneven days": lambda random, rate, size: random.negative_binomial(rate / 3, 0.25, size),
    "batches of six": lambda random, rate, size: random.poisson(rate / 6, size) * 6,
    "once a week": lambda random, rate, size: np.where(
        np.arange(size[1]) % 7 == 6, random.poisson(7 * rate, size), 0
    ),
}


def _pace(counted: list[float], gone: int, left: int, most: float = np.inf, factor: float = 1.0) -> Pace:
    size = len(counted)
    return Pace(np.array(counted), gone, left, np.full(size, factor), np.full(size, most))


@pytest.mark.parametrize("left", [10, 50])
@pytest.mark.parametrize("gone", [7, 30])
@pytest.mark.parametrize("rate", [0.1, 0.5, 3.0])
@pytest.mark.parametrize("arrivals", ARRIVALS)
def test_limits_hold_as_often_as_said(arrivals: str, rate: float, gone: int, left: int) -> None:
    random = np.random.default_rng(2)
    cells, held = 60, []
    for _ in range(100):
        by_day = ARRIVALS[arrivals](random, rate, (cells, gone + left))
        so_far = by_day[:, :gone].sum(axis=1).astype(float)
        spread = dispersion(by_day[:, :gone], ["all"] * cells)
        end = Pace(so_far, gone, left, spread, np.full(cells, np.inf)).at_end(so_far)
        total = by_day.sum(axis=1)
        held.append(np.mean((total >= end.low) & (total <= end.high)))
    assert np.mean(held) >= LEVEL - 0.02


@pytest.mark.parametrize("arrivals", ["one by one", "uneven days"])
def test_what_is_called_likely_mostly_happens(arrivals: str) -> None:
    """Wanted numbers around the true pace: of the likely ones most are reached, of the unlikely ones few."""
    random = np.random.default_rng(3)
    cells, gone, left, rate = 60, 20, 30, 1.0
    likely, unlikely = [], []
    for _ in range(60):
        by_day = ARRIVALS[arrivals](random, rate, (cells, gone + left))
        so_far, total = by_day[:, :gone].sum(axis=1).astype(float), by_day.sum(axis=1)
        pace = Pace(so_far, gone, left, dispersion(by_day[:, :gone], ["all"] * cells), np.full(cells, np.inf))
        wanted = np.ceil(rate * (gone + left) * random.uniform(0.6, 1.4, cells))
        still = wanted > so_far
        likely += (total >= wanted)[pace.likely(wanted - so_far) & still].tolist()
        unlikely += (total >= wanted)[pace.unlikely(wanted - so_far) & still].tolist()
    assert np.mean(likely) >= 0.8
    assert np.mean(unlikely) <= 0.2


def test_the_distribution_is_that_of_a_poisson_rate_with_a_gamma_prior() -> None:
    """By hand: 12 forms in 20 days; in 10 days further ones are Poisson with a gamma rate, which is integrated numerically."""
    pace = _pace([12.0], 20, 10)
    rate = np.linspace(1e-6, 6, 400_001)
    weight = stats.gamma.pdf(rate, 12.5, scale=1 / 20)
    expected = np.trapezoid(weight * stats.poisson.sf(8 - 1, rate * 10), rate)
    assert pace.probability(np.array([8.0]))[0] == pytest.approx(expected, rel=1e-6)


def test_the_expected_number_goes_on_in_a_line() -> None:
    end = _pace([12.0, 0.0], 20, 10).at_end(np.array([12.0, 0.0]))
    assert end.expected.tolist() == [18.0, 0.0]
    assert end.low[0] < 18 < end.high[0]
    assert end.low[1] == 0
    assert end.high[1] > 0


def test_not_more_than_there_are_forms_to_come() -> None:
    pace = _pace([12.0], 20, 10, most=3)
    end = pace.at_end(np.array([12.0]))
    assert (end.expected[0], end.high[0]) == (15.0, 15.0)
    assert pace.probability(np.array([4.0]))[0] == 0
    assert pace.unlikely(np.array([4.0]))[0]


def test_at_the_end_nothing_is_chance() -> None:
    pace = _pace([12.0], 30, 0)
    assert pace.probability(np.array([0.0, 1.0])).tolist() == [1.0, 0.0]
    end = pace.at_end(np.array([12.0]))
    assert (end.low[0], end.expected[0], end.high[0]) == (12.0, 12.0, 12.0)


def test_dispersion_is_pearsons_statistic_by_its_degrees_of_freedom() -> None:
    by_day = np.array([[4, 0, 4, 0], [2, 1, 3, 2], [1, 0, 0, 0]])
    chi2 = sum(((row - row.mean()) ** 2 / row.mean()).sum() for row in by_day[:2])
    assert dispersion(by_day, ["a", "a", "a"])[0] == pytest.approx(chi2 / 6)
    assert dispersion(by_day, ["a", "b", "b"])[1:].tolist() == [1.0, 1.0]
    assert dispersion(np.zeros((2, 0), int), ["a", "a"]).tolist() == [1.0, 1.0]


def test_dispersion_by_weeks_tells_what_days_hide() -> None:
    """Whole weeks with and without forms: by days 1.5 times as spread as chance, by weeks much more."""
    by_day = np.tile(np.repeat([[3, 0, 3, 0]], 7, axis=1), (5, 1))
    assert dispersion(by_day, ["a"] * 5)[0] > 10


@pytest.mark.parametrize(
    ("on", "day", "gone", "left"),
    [
        ("", "2026-10-12", 12, 18), ("2026-10-01", "2026-10-01", 1, 29), ("2026-09-20", "2026-09-20", 0, 30),
        ("2026-10-30", "2026-10-30", 30, 0), ("2026-12-01", "2026-12-01", 30, 0),
    ],
)  # fmt: skip
def test_days_of_fieldwork(on: str, day: str, gone: int, left: int) -> None:
    fieldwork = Fieldwork("2026-10-01", "2026-10-30")
    found = fieldwork_days(fieldwork, ["2026-10-03", "2026-10-12", "2026-11-20"], on)
    assert (found.day, found.gone) == (day, gone)
    assert found.left == left


def test_days_that_nobody_declared() -> None:
    assert fieldwork_days(Fieldwork(), ["2026-10-03", "2026-10-12"], "") == FieldworkDays(
        "2026-10-12", "2026-10-03", ""
    )
    none = fieldwork_days(Fieldwork(), [], "")
    assert (none.day, none.gone, none.left) == ("", 0, None)
    only = fieldwork_days(Fieldwork("2026-10-01", "2026-10-30"), ["2025-10-03"], "")
    assert (only.day, only.gone) == ("2025-10-03", 0)
