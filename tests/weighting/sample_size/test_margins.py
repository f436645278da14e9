"""Sizes for a margin: printed tables, the intervals of the engine itself, all samples counted."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from scipy import stats

from weighting import Design, DesignError, PlanningValues, margin_of, size_for_margin, slovin

#: z = 2, with which the textbooks count.
TWO = 2 * stats.norm.cdf(2) - 1

#: Krejcie & Morgan, "Determining sample size for research activities", Educational and Psychological Measurement 30 (1970),
#: 607–610, table 1: population and sample, rounded to the nearest; χ² = 3.841, P = 0.5, margin 0.05.
KREJCIE_MORGAN = """
10 10 15 14 20 19 25 24 30 28 35 32 40 36 45 40 50 44 55 48 60 52 65 56 70 59 75 63 80 66 85 70 90 73 95 76 100 80 110 86
120 92 130 97 140 103 150 108 160 113 170 118 180 123 190 127 200 132 210 136 220 140 230 144 240 148 250 152 260 155
270 159 280 162 290 165 300 169 320 175 340 181 360 186 380 191 400 196 420 201 440 205 460 210 480 214 500 217 550 226
600 234 650 242 700 248 750 254 800 260 850 265 900 269 950 274 1000 278 1100 285 1200 291 1300 297 1400 302 1500 306
1600 310 1700 313 1800 317 1900 320 2000 322 2200 327 2400 331 2600 335 2800 338 3000 341 3500 346 4000 351 4500 354
5000 357 6000 361 7000 364 8000 367 9000 368 10000 370 15000 375 20000 377 30000 379 40000 380 50000 381 75000 382 100000 384
"""


def test_table_of_krejcie_and_morgan() -> None:
    population, printed = np.array(KREJCIE_MORGAN.split(), dtype=int).reshape(-1, 2).T
    ours = size_for_margin(0.05, PlanningValues(population=population))
    assert [n - there for n, there in zip(ours, printed, strict=True) if n - there not in (0, 1)] == [-1]
    # Of 100,000 (382.7) 384 is printed; every other number is the nearest one, with 3.841 for 3.8415.
    for chi2, whole, expected in ((3.841, np.round, printed), (stats.chi2.ppf(0.95, 1), np.ceil, ours)):
        unrounded = chi2 * population * 0.25 / (0.05**2 * (population - 1) + chi2 * 0.25)
        np.testing.assert_array_equal(whole(unrounded)[:-1], expected[:-1])


@pytest.mark.parametrize(
    ("margin", "values", "printed"),
    [
        (0.05, PlanningValues(), 400),  # §4.4: 2400/2500 ≈ 1 of the island's blood groups at P = 50 %
        (0.05, PlanningValues(population=3200), 356),
        (
            1.9,
            PlanningValues(deviation=85.6**0.5),
            95,
        ),  # §4.6: seedlings per foot of bed, S² = 85.6, mean 19, 10 %
        (1.9, PlanningValues(deviation=85.6**0.5, population=430), 78),
    ],
)
def test_examples_of_cochran(margin: float, values: PlanningValues, printed: int) -> None:
    """Cochran, Sampling Techniques, 3rd ed. (1977), §4.4 and §4.6."""
    assert size_for_margin(margin, values, level=TWO).item() == printed


def test_slovin_as_the_ministries_print_it() -> None:
    assert slovin([500, 1000, 2000, 5000, 10_000]).tolist() == [223, 286, 334, 371, 385]
    assert slovin([np.inf, 0, 1, 400]).tolist() == [400, 0, 1, 200]


INTERVALS = ("normal", "exact", "wald", "bounded", "wilson", "beta")


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("effect", [1.0, 1.7])
def test_a_size_is_the_smallest(interval: str, effect: float) -> None:
    margin, share, population = map(
        np.ravel, np.meshgrid([0.03, 0.1], [0.02, 0.3, 0.5, 0.9], [2, 60, 2000, np.inf])
    )
    values = PlanningValues(share, population=population, design_effect=effect)
    n = size_for_margin(margin, values, interval=interval)
    assert (n <= population).all()
    assert (margin_of(n, values, interval=interval) <= margin * (1 + 1e-9)).all()
    fewer = np.maximum(n - 1, 0)
    if interval != "exact":  # counted, fewer may do by chance, and one more not
        assert (margin_of(fewer, values, interval=interval)[fewer > 1] > margin[fewer > 1]).all()


@pytest.mark.parametrize("interval", ["wald", "bounded", "wilson", "beta"])
@pytest.mark.parametrize(
    ("n", "yes", "population"), [(40, 20, 100), (40, 36, 10_000), (12, 3, 12), (9, 9, 30)]
)
def test_the_margin_is_that_of_the_printed_interval(interval: str, n: int, yes: int, population: int) -> None:
    answers = np.repeat([1.0, 0.0], [yes, n - yes])
    design = Design({"y": answers, "N": np.full(n, population)}, weights=np.full(n, population / n), fpc="N")
    printed = design.mean("y", interval=interval)
    ours = margin_of(n, PlanningValues(yes / n, population=population), interval=interval)
    if yes < n or interval == "bounded":
        np.testing.assert_allclose(ours, (printed.ci_high - printed.ci_low)[0] / 2, rtol=1e-12)


def counted(n: int, members: int, population: int, margin: float) -> float:
    """Probability that a sample's share lies within the margin: whole numbers, no floats."""
    near = [
        x
        for x in range(n + 1)
        if abs(x * population - members * n) * 1000 <= round(margin * 1000) * n * population
    ]
    ways = sum(comb(members, x) * comb(population - members, n - x) for x in near)
    return ways / comb(population, n)


@pytest.mark.parametrize(
    ("population", "members", "margin"), list(product([20, 57, 200], [0.5, 0.8], [0.05, 0.1, 0.2]))
)
def test_exact_sizes_count_all_samples(population: int, members: float, margin: float) -> None:
    values = PlanningValues(members, population=population)
    whole = round(members * population)
    n = size_for_margin(margin, values, interval="exact").item()
    assert all(counted(m, whole, population, margin) >= 0.95 for m in range(n, population + 1))
    assert n == 1 or counted(n - 1, whole, population, margin) < 0.95


@pytest.mark.parametrize("population", [np.inf, 1_000_000])
def test_exact_sizes_too_large_to_be_counted(population: float) -> None:
    """Beyond 60,000 forms the normal distribution, with half a person more on each side; the binomial says the same."""
    values = PlanningValues(0.3, population=population)
    n = size_for_margin([0.003, 0.0001], values, interval="exact")
    assert n[0] > 60_000
    for m in range(n[0], n[0] + 40):
        number = stats.binom(m, 0.3) if np.isinf(population) else stats.hypergeom(10**6, 300_000, m)
        within = number.cdf(np.floor(m * 0.303 + 1e-9)) - number.cdf(np.ceil(m * 0.297 - 1e-9) - 1)
        assert within >= 0.95 - 1e-5
    assert (margin_of(n, values, interval="exact") <= np.array([0.003, 0.0001]) * (1 + 1e-6)).all()


@pytest.mark.long
@pytest.mark.parametrize(("share", "population"), [(0.8, np.inf), (0.3, 800), (0.5, 800), (0.93, np.inf)])
def test_an_assured_width_is_met_as_often_as_wanted(share: float, population: float) -> None:
    values, margin, assurance = PlanningValues(share, population=population), 0.05, 0.9
    n = size_for_margin(margin, values, interval="bounded", assurance=assurance).item()
    draws = 20_000
    rng = np.random.default_rng(7)
    yes = (
        rng.binomial(n, share, draws)
        if np.isinf(population)
        else rng.hypergeometric(round(share * population), round((1 - share) * population), n, draws)
    )
    widths = margin_of(n, PlanningValues(yes / n, population=population), interval="bounded")
    assert (widths <= margin).mean() >= assurance - 3 * np.sqrt(0.09 / draws)


@pytest.mark.long
def test_an_assured_width_of_a_mean() -> None:
    n = size_for_margin(0.1, PlanningValues(deviation=0.4), interval="wald", assurance=0.9).item()
    answers = np.random.default_rng(7).normal(0.0, 0.4, (20_000, n))
    widths = stats.t.ppf(0.975, n - 1) * answers.std(axis=1, ddof=1) / np.sqrt(n)
    assert abs((widths <= 0.1).mean() - 0.9) < 0.02  # one form more or less is as much
    assert (widths <= 0.1).mean() >= 0.9 - 3 * np.sqrt(0.09 / 20_000)


def test_census_nobody_and_no_forms() -> None:
    assert size_for_margin(0.05, PlanningValues(population=[0, 1, 2])).tolist() == [0, 1, 2]
    assert margin_of([0, 0, 5], PlanningValues(population=[0, 5, 5])).tolist() == [0.0, np.inf, 0.0]


def test_what_cannot_be_is_told_at_once() -> None:
    with pytest.raises(DesignError) as told:
        size_for_margin([0.05, 0.0], PlanningValues(), level=95, interval="walt")
    assert len(told.value.problems) == 3
    with pytest.raises(DesignError) as told:
        PlanningValues(expected=1.2, deviation=-1, population=10.5, design_effect=0)
    assert len(told.value.problems) == 4
    with pytest.raises(DesignError, match="more forms than the population"):
        margin_of(11, PlanningValues(population=10))
    with pytest.raises(DesignError, match="do not fit together"):
        size_for_margin([0.1, 0.2], PlanningValues(population=[1, 2, 3]))
    with pytest.raises(DesignError, match="exact"):
        size_for_margin(0.1, PlanningValues(deviation=1.0), interval="exact", assurance=0.9)
