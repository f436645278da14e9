"""Interval kernels: published values, exact distributions, and behaviour at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from weighting.estimation import intervals

BOUNDED = [intervals.logit, intervals.wilson, intervals.beta]


def test_t_quantiles_against_printed_tables() -> None:
    """Fisher & Yates, Statistical Tables, table III: two-sided 5 % points of t."""
    found = intervals.t_quantile([1, 2, 5, 10, 30, np.inf], 0.95)
    np.testing.assert_allclose(found, [12.706, 4.303, 2.571, 2.228, 2.042, 1.960], atol=5e-4)


def test_clopper_pearson_against_the_binomial() -> None:
    """The limits are where the binomial tails hold exactly half of what the level leaves."""
    x, n = np.array([1, 5, 9]), 10
    low, high = intervals.clopper_pearson(x / n, n, 0.9)
    np.testing.assert_allclose(stats.binom.sf(x - 1, n, low), 0.05, rtol=1e-9)
    np.testing.assert_allclose(stats.binom.cdf(x, n, high), 0.05, rtol=1e-9)


def test_clopper_pearson_rule_of_three() -> None:
    """No event in n trials: the upper limit is 1 − (α/2)^(1/n)."""
    low, high = intervals.clopper_pearson(0.0, 30)
    assert low == 0.0
    assert high == pytest.approx(1 - 0.025 ** (1 / 30), rel=1e-12)


def test_wilson_solves_its_equation() -> None:
    """(p − π)² = z² π(1 − π)/n at both limits (Wilson, 1927)."""
    p, n = np.array([0.2, 0.7]), 40
    se = np.sqrt(p * (1 - p) / n)
    for limit in intervals.wilson(p, se, np.inf):
        np.testing.assert_allclose(
            (p - limit) ** 2, 1.959963984540054**2 * limit * (1 - limit) / n, rtol=1e-9
        )


def test_logit_is_symmetric_on_its_scale() -> None:
    low, high = intervals.logit(0.8, 0.04, 12)
    half = stats.t.ppf(0.975, 12) * 0.04 / (0.8 * 0.2)
    assert np.log(low / (1 - low)) == pytest.approx(np.log(4) - half, rel=1e-12)
    assert np.log(high / (1 - high)) == pytest.approx(np.log(4) + half, rel=1e-12)


def test_korn_graubard_scales_the_effective_size() -> None:
    p, se, df, n = 0.3, 0.05, 8, 200
    size = p * (1 - p) / se**2 * (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, df)) ** 2
    low, high = intervals.beta(p, se, df, n=n)
    assert low == pytest.approx(stats.beta.ppf(0.025, size * p, size * (1 - p) + 1), rel=1e-10)
    assert high == pytest.approx(stats.beta.ppf(0.975, size * p + 1, size * (1 - p)), rel=1e-10)


@given(
    estimate=st.floats(0, 1),
    se=st.one_of(st.just(0.0), st.floats(1e-6, 0.5)),
    df=st.integers(1, 500),
    n=st.integers(2, 5000),
    fraction=st.floats(0, 1),
)
@settings(max_examples=300)
def test_bounded_always_has_limits_in_range(
    estimate: float, se: float, df: int, n: int, fraction: float
) -> None:
    low, high = intervals.bounded(estimate, se, df, n, fraction)
    assert 0 <= low <= estimate + 1e-12
    assert estimate - 1e-12 <= high <= 1


def test_limits_of_a_share_just_short_of_a_census_are_the_share() -> None:
    fraction = np.nextafter(1.0, 0.0)
    assert tuple(map(float, intervals.bounded(0.125, 0.0, 2, 9, fraction))) == (0.125, 0.125)


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_at_the_edges(edge: float) -> None:
    """n = 30, half of the population seen: Clopper–Pearson with 60."""
    low, high = intervals.bounded(edge, 0.0, 29, 30, 0.5)
    width = 1 - 0.025 ** (1 / 60)
    assert (low, high) == pytest.approx((0.0, width) if edge == 0 else (1 - width, 1.0), abs=1e-12)
    for kernel in (intervals.wilson, intervals.beta):
        low, high = kernel(edge, 0.0, 29, n=30)
        assert 0 < high - low < 0.15


def test_few_degrees_of_freedom_widen_the_edge() -> None:
    narrow, _ = intervals.bounded(1.0, 0.0, 99, 100)
    wide, _ = intervals.bounded(1.0, 0.0, 3, 100)
    assert wide < narrow


@pytest.mark.parametrize("p", [0.0, 0.4, 1.0])
def test_a_census_has_no_width(p: float) -> None:
    low, high = intervals.bounded(p, 0.0, np.nan, 12, 1.0)
    assert (float(low), float(high)) == (p, p)
    low, high = intervals.beta(p, 0.0, 11, n=np.inf)
    assert (float(low), float(high)) == (p, p)


@pytest.mark.parametrize("df", [0, -1, np.nan])
def test_without_degrees_of_freedom_there_is_no_interval(df: float) -> None:
    for kernel in (intervals.wald, *BOUNDED):
        assert np.isnan(kernel(0.4, 0.1, df)).all()
    assert np.isnan(intervals.bounded(1.0, 0.0, df, 20, 0.1)).all()


def test_shapes_broadcast() -> None:
    p = np.linspace(0.1, 0.9, 6).reshape(2, 3)
    for kernel in (intervals.wald, *BOUNDED):
        low, high = kernel(p, 0.05, np.array([5.0, 10.0, np.inf]))
        assert low.shape == high.shape == (2, 3)
        assert (low < high).all()
