"""Tail probabilities of mixtures of χ² against closed forms and a slow integral of another kind."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import integrate, special, stats

from weighting.tables.mixtures import exact, saddlepoint

FACTORS = (0.05, 0.5, 0.95, 1.0, 1.05, 2.0, 5.0, 20.0)


@pytest.mark.parametrize(("k", "m"), list(itertools.product((1, 2, 5, 20, 100), (1, 2, 5, 42, 577, 10_000))))
def test_equal_parts_are_f(k: int, m: int) -> None:
    found = [exact(f * k * 3.0, np.full(k, 3.0), m) for f in FACTORS]
    expected = special.fdtrc(k, m, FACTORS)
    kept = expected > 1e-280
    np.testing.assert_allclose(np.array(found)[kept], expected[kept], rtol=1e-9)


@pytest.mark.parametrize("k", [1, 2, 5, 20])
def test_equal_parts_without_a_denominator_are_chi_squared(k: int) -> None:
    found = [exact(f * k, np.ones(k), np.inf) for f in FACTORS]
    np.testing.assert_allclose(found, special.chdtrc(k, np.array(FACTORS) * k), rtol=1e-10)


@pytest.mark.parametrize("sizes", [(1.0, 3.0, 7.0), (1e-3, 1.0, 1e3), (1.0, 1.5, 2.0, 9.0)])
def test_parts_in_pairs_have_a_closed_form(sizes: tuple[float, ...]) -> None:
    """λ(χ²₁ + χ²₁) is exponential with mean 2λ; a sum of different ones is hypoexponential."""
    a = np.array(sizes)
    weights = np.array([np.prod([x / (x - y) for y in sizes if y != x]) for x in sizes])
    for quantile in (0.1, 1.0, 2.0, 5.0, 30.0):
        x = quantile * 2 * a.sum()
        expected = float((weights * np.exp(-x / (2 * a))).sum())
        assert exact(x, np.repeat(a, 2), np.inf) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def by_imhof(x: float, parts: np.ndarray, m: int) -> float:
    """½ + (1/π) ∫ sin θ(u)/(u ρ(u)) du for Q = Σ λ χ²₁ − (x/m) χ²_m (Imhof 1961)."""
    sizes, times = np.append(parts, -x / m), np.append(np.ones(parts.size), m)

    def integrand(u: float) -> float:
        theta = (times * np.arctan(sizes * u)).sum() / 2
        return float(np.sin(theta) / (u * np.exp((times * np.log1p((sizes * u) ** 2)).sum() / 4)))

    return 0.5 + float(integrate.quad(integrand, 0, np.inf, limit=2000, epsabs=1e-12)[0]) / np.pi


@pytest.mark.parametrize("m", [3, 10, 42])
@pytest.mark.parametrize("parts", [(0.5, 1.0, 4.0), (0.1, 0.1, 0.2, 3.0, 5.0), (1.0, 2.0)])
def test_unequal_parts_with_a_denominator(parts: tuple[float, ...], m: int) -> None:
    lam = np.array(parts)
    for x in (0.3 * lam.sum(), lam.sum(), 2 * lam.sum(), 6 * lam.sum()):
        assert exact(x, lam, m) == pytest.approx(by_imhof(x, lam, m), rel=1e-6, abs=1e-9)


def test_degrees_of_freedom_are_rounded_down() -> None:
    """The denominator χ²_⌊ν⌋/ν, as R takes it: x stands over ν."""
    assert exact(8.0, np.ones(3), 10.7) == pytest.approx(exact(8.0 * 10 / 10.7, np.ones(3), 10), rel=1e-12)
    assert exact(8.0, np.ones(3), 10.7) > exact(8.0, np.ones(3), 10)


def test_parts_that_are_rounding_do_not_count() -> None:
    assert exact(3.0, np.array([1.0, 1e-17, 0.0]), 12) == exact(3.0, np.array([1.0]), 12)


@pytest.mark.parametrize("tail", [exact, saddlepoint])
def test_nothing_is_larger_than_nothing(tail: object) -> None:
    assert tail(0.0, np.ones(2), 5) == 1.0  # type: ignore[operator]


@pytest.mark.parametrize("m", [5, 50, 5000])
def test_the_saddlepoint_is_near(m: int) -> None:
    lam = np.array([0.5, 1.0, 1.5, 4.0])
    for x in np.linspace(0.2, 5, 25) * lam.sum():
        assert saddlepoint(x, lam, m) == pytest.approx(exact(x, lam, m), rel=0.06)


def test_the_saddlepoint_passes_the_mean_without_a_jump() -> None:
    """At the mean the formula is 0/0; its limit Φ(−κ₃/6) stands there."""
    lam = np.array([1.0, 2.0])
    mean = 3.0  # of Q, with the denominator's mean 1
    around = [saddlepoint(mean + step, lam, 40) for step in (-1e-3, -1e-9, 0.0, 1e-9, 1e-3)]
    assert (np.diff(around) <= 1e-9).all()
    assert around[0] - around[-1] < 1e-3
    skewness = 8 * (lam**3).sum() - 8 * 40 * (3 / 40) ** 3
    spread = 2 * (lam**2).sum() + 2 * 40 * (3 / 40) ** 2
    assert around[2] == pytest.approx(stats.norm.sf(skewness / spread**1.5 / 6), rel=1e-9)
