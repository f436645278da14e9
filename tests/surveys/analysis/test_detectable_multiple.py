"""The multiple of a standard error that the next round shows as a change in 80 of 100 rounds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from surveys.analysis.detectable_change import detectable_multiple


def one(df_now: float, ratio: float, df_next: float, **options: float) -> float:
    return float(
        detectable_multiple(np.array([df_now]), np.array([ratio]), np.array([df_next]), **options)[0]
    )


@pytest.mark.parametrize("df", [4.0, 7.0, 19.0, 59.0])
def test_before_a_census_it_is_steins_sum_of_quantiles(df: float) -> None:
    assert one(df, 0.0, 0.0) == pytest.approx(stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df), abs=2e-3)


def test_with_known_variances_it_is_blooms_sum_of_quantiles() -> None:
    assert one(np.inf, 1.0, np.inf) == pytest.approx(1.959964 + 0.841621, abs=1e-6)
    assert one(np.inf, 0.3, np.inf, level=0.9, power=0.9) == pytest.approx(1.644854 + 1.281552, abs=1e-6)


@pytest.mark.parametrize(
    ("df_now", "ratio", "df_next"), [(4, 1, 4), (4, 0.25, 19), (9, 2, 4), (19, 4, 4), (39, 8, 4), (19, 1, 19)]
)
def test_the_power_is_the_wanted_one_over_both_estimates(df_now: int, ratio: float, df_next: int) -> None:
    """Welch's test of 200,000 pairs of rounds whose true difference is the multiple of the first one's estimate."""
    rounds, draw = 200_000, np.random.default_rng(20231114)
    now = draw.chisquare(df_now, rounds) / df_now
    later = ratio * draw.chisquare(df_next, rounds) / df_next
    true = one(df_now, ratio, df_next) * np.sqrt(now * (1.0 + ratio))
    found = true + np.sqrt(1.0 + ratio) * draw.standard_normal(rounds)
    df = (now + later) ** 2 / (now**2 / df_now + later**2 / df_next)
    shown = found > stats.t.ppf(0.975, df) * np.sqrt(now + later)
    assert abs(shown.mean() - 0.8) < 4 * np.sqrt(0.16 / rounds)


def test_nothing_is_told_where_nothing_is_known() -> None:
    found = detectable_multiple(
        np.array([0.0, 4.0, 4.0]), np.array([1.0, np.nan, 1.0]), np.array([4.0, 4.0, 0.0])
    )
    assert np.isnan(found).all()


def test_a_bigger_next_round_shows_smaller_changes() -> None:
    found = detectable_multiple(
        np.full(4, 9.0), np.array([2.0, 1.0, 0.5, 0.1]), np.array([4.0, 9.0, 19.0, 99.0])
    )
    assert (np.diff(found * np.sqrt(1.0 + np.array([2.0, 1.0, 0.5, 0.1]))) < 0).all()
