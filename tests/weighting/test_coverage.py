"""Do 95 % intervals cover 95 %? Simulated from known truths, with binomial bounds on the simulation itself.

Each repetition is a stratum of one large design, so that thousands of surveys are estimated by one call: `by` the
repetition, with the repetition's own degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from weighting import Design, Estimates, poststratify, rank_sets

pytestmark = pytest.mark.long

REPETITIONS = 3000
#: A correct test fails by chance once in a hundred thousand runs of one bound (and the seeds are fixed).
CHANCE = 1e-5
LEVELS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


def bounds(at_least: float, at_most: float, repetitions: int = REPETITIONS) -> tuple[float, float]:
    """Counts between which the coverage of an interval with true coverage in [at_least, at_most] lies."""
    return (
        stats.binom.ppf(CHANCE, repetitions, at_least),
        stats.binom.ppf(1 - CHANCE, repetitions, at_most),
    )


def covered(estimates: Estimates, truth: np.ndarray) -> int:
    """How many intervals hold their truth; each is inside [0, 1] and none is missing."""
    low, high = estimates.ci_low, estimates.ci_high
    assert len(estimates) == len(truth)
    assert not np.isnan(low).any()
    assert not np.isnan(high).any()
    return int(((low <= truth + 1e-12) & (truth <= high + 1e-12)).sum())


@dataclass(frozen=True)
class Cell:
    """A finite population and a sample of it: answers on five levels with these shares, `items` averaged."""

    name: str
    population: int
    sample: int
    shares: tuple[float, ...]
    items: int = 1


MIDDLE = (0.05, 0.10, 0.20, 0.40, 0.25)  # score 0.675
HIGH = (0.0, 0.01, 0.04, 0.30, 0.65)  # score 0.8975
NEAR_1 = (0.0, 0.0, 0.01, 0.10, 0.89)  # score 0.97
YES_NO = (0.03, 0.0, 0.0, 0.0, 0.97)

CELLS = (
    Cell("small-middle", 1000, 8, MIDDLE),
    Cell("small-high", 1000, 8, HIGH, items=3),
    Cell("small-near-1", 1000, 12, NEAR_1),
    Cell("tiny-population", 6, 5, HIGH),
    Cell("near-census-middle", 60, 48, MIDDLE),
    Cell("near-census-high", 95, 80, HIGH, items=3),
    Cell("near-census-near-1", 95, 80, NEAR_1),
    Cell("usual-middle", 1000, 30, MIDDLE),
    Cell("usual-near-1", 1000, 30, NEAR_1, items=3),
    Cell("large-near-1", 1000, 300, NEAR_1),
    Cell("share-near-1", 1000, 60, YES_NO),
)


def finite_samples(cell: Cell, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """A population and a simple random sample of it per repetition, and each population's mean."""
    size = (REPETITIONS, cell.population, cell.items)
    values = rng.choice(LEVELS, p=cell.shares, size=size).mean(axis=2)
    truth = values.mean(axis=1)
    # The rows of a population are exchangeable: its first ones are a random sample.
    drawn = values[:, : cell.sample]
    frame = pd.DataFrame(
        {
            "repetition": np.repeat(np.arange(REPETITIONS), cell.sample),
            "y": drawn.ravel(),
            "N": cell.population,
            "w": cell.population / cell.sample,
        }
    )
    return frame, truth


@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.name)
def test_default_interval_of_a_finite_population(cell: Cell) -> None:
    frame, truth = finite_samples(cell, np.random.default_rng(20231015 + cell.sample))
    d = Design(frame, weights="w", strata="repetition", fpc="N")
    hits = covered(d.mean("y", by="repetition", interval="bounded", df="domain"), truth)
    low, high = bounds(0.93, 0.975 if cell.sample >= 24 else 1.0)
    assert low <= hits <= high, hits / REPETITIONS


def test_wald_does_not_cover_near_1_which_is_why_it_is_not_the_default() -> None:
    cell = next(c for c in CELLS if c.name == "share-near-1")
    frame, truth = finite_samples(cell, np.random.default_rng(20231015 + cell.sample))
    d = Design(frame, weights="w", strata="repetition", fpc="N")
    hits = covered(d.mean("y", by="repetition", df="domain"), truth)
    assert hits < bounds(0.93, 1.0)[0]


@pytest.mark.parametrize("interval", ["bounded", "wilson", "beta"])
@pytest.mark.parametrize(("clusters", "size"), [(4, 15), (6, 10), (12, 8)])
def test_few_clusters(interval: str, clusters: int, size: int) -> None:
    """Clusters of a beta-binomial population: mean 0.8, correlation within clusters 0.1."""
    rng = np.random.default_rng(clusters)
    mean, correlation = 0.8, 0.1
    spread = 1 / correlation - 1
    p = rng.beta(mean * spread, (1 - mean) * spread, size=(REPETITIONS, clusters))
    frame = pd.DataFrame(
        {
            "repetition": np.repeat(np.arange(REPETITIONS), clusters * size),
            "psu": np.tile(np.repeat(np.arange(clusters), size), REPETITIONS),
            "y": rng.binomial(1, np.repeat(p.ravel(), size)).astype(float),
        }
    )
    d = Design(frame, strata="repetition", clusters="psu", nest=True)
    hits = covered(
        d.proportion("y", by="repetition", interval=interval, df="domain"), np.full(REPETITIONS, mean)
    )
    low, high = bounds(0.93, 0.99)
    assert low <= hits <= high, hits / REPETITIONS


@pytest.mark.parametrize("size", [1, 10])
@pytest.mark.parametrize("clusters", [2, 3, 5, 10])
@pytest.mark.parametrize("mean", [0.5, 0.8, 0.95])
def test_domains_of_a_few_clusters_among_others(mean: float, clusters: int, size: int) -> None:
    """A domain holds 2 to 10 of its stratum's clusters (correlation 0.1), or rows: its own degrees of freedom by default. With
    the design's, and R's factor for two of two, coverage falls far below."""
    rng = np.random.default_rng([clusters, size])
    others, spread = 10, 9.0
    p = rng.beta(mean * spread, (1 - mean) * spread, size=(REPETITIONS, clusters + others))
    cluster = np.tile(np.repeat(np.arange(clusters + others), size), REPETITIONS)
    repetition = np.repeat(np.arange(REPETITIONS), (clusters + others) * size)
    frame = pd.DataFrame(
        {"h": repetition, "psu": cluster, "domain": np.where(cluster < clusters, repetition, np.nan)}
    )
    frame["y"] = rng.binomial(4, np.repeat(p.ravel(), size)) / 4
    d, truth = Design(frame, strata="h", clusters="psu", nest=True), np.full(REPETITIONS, mean)
    low, high = bounds(0.93, 1.0)
    assert low <= covered(d.mean("y", by="domain", within=(0, 1)), truth) <= high
    if clusters < 5:
        assert covered(d.mean("y", by="domain", interval="wald", df="design"), truth) < bounds(0.85, 1.0)[0]
        if size == 1:
            r = d.mean("y", by="domain", interval="beta_untruncated", df="design")
            assert covered(r, truth) < bounds(0.93, 1.0)[0]


def test_unequal_weights() -> None:
    """A population whose opinion depends on the chance to be asked; weights undo it."""
    rng = np.random.default_rng(7)
    n, population = 80, 200_000
    chance = rng.gamma(3.0, 1.0, population) + 0.3
    y = rng.binomial(4, 0.5 + 0.35 * stats.norm.cdf(chance - 3.0)) / 4
    drawn = rng.choice(population, p=chance / chance.sum(), size=REPETITIONS * n)
    frame = pd.DataFrame(
        {"repetition": np.repeat(np.arange(REPETITIONS), n), "y": y[drawn], "w": 1 / chance[drawn]}
    )
    d = Design(frame, weights="w", strata="repetition")
    hits = covered(
        d.mean("y", by="repetition", interval="bounded", df="domain"), np.full(REPETITIONS, y.mean())
    )
    low, high = bounds(0.93, 0.975)
    assert low <= hits <= high, hits / REPETITIONS


def test_difference_of_two_units_rated_by_the_same_people() -> None:
    """Raters are the clusters. Their common mildness leaves the difference, so its interval is the shorter one."""
    rng = np.random.default_rng(11)
    raters, repetitions = 25, 400
    hits, shorter = 0, 0
    for _ in range(repetitions):
        mildness = rng.normal(0, 0.8, raters)
        answers = [
            np.clip(np.round(3.6 + shift + mildness + rng.normal(0, 0.6, raters)), 1, 5)
            for shift in (0.0, 0.25)
        ]
        frame = pd.DataFrame(
            {
                "rater": np.tile(np.arange(raters), 2),
                "unit": np.repeat(["a", "b"], raters),
                "y": (np.concatenate(answers) - 1) / 4,
            }
        )
        e = Design(frame, clusters="rater").mean("y", by="unit")
        gap = e.combine({"gap": {"b": 1.0, "a": -1.0}})
        hits += gap.ci_low[0] <= rated_gap() <= gap.ci_high[0]
        shorter += gap.se[0] < np.sqrt((e.se**2).sum())
    low, high = bounds(0.94, 0.96, repetitions)
    assert low <= hits <= high, hits / repetitions
    assert shorter > 0.99 * repetitions


def rated_gap() -> float:
    """The true difference of the means above: expected rounded and clipped answers."""
    cuts = np.array([1.5, 2.5, 3.5, 4.5])
    means = [1 + stats.norm.sf(cuts, loc=3.6 + shift, scale=1.0).sum() for shift in (0.0, 0.25)]
    return (means[1] - means[0]) / 4


def test_poststratified_total_covers_and_is_more_precise() -> None:
    rng = np.random.default_rng(3)
    repetitions, n, population = 400, 120, 10_000
    group = rng.choice(["f", "m"], p=[0.4, 0.6], size=population)
    y = rng.normal(np.where(group == "f", 10.0, 4.0), 1.5)
    margin = {"group": {level: float((group == level).sum()) for level in ("f", "m")}}
    hits, shorter = 0, 0
    for _ in range(repetitions):
        drawn = rng.choice(population, size=n, replace=False)
        frame = pd.DataFrame({"group": group[drawn], "y": y[drawn], "N": population})
        plain = Design(frame, fpc="N")
        total = poststratify(plain, margin).total("y")
        hits += total.ci_low[0] <= y.sum() <= total.ci_high[0]
        shorter += total.se[0] < plain.total("y").se[0]
    low, high = bounds(0.93, 0.965, repetitions)
    assert low <= hits <= high, hits / repetitions
    assert shorter == repetitions


@pytest.mark.parametrize("p", [0.25, 0.5, 0.9])
def test_quantiles(p: float) -> None:
    rng = np.random.default_rng(13)
    n = 100
    y = rng.lognormal(0.0, 1.0, size=REPETITIONS * n)
    frame = pd.DataFrame({"repetition": np.repeat(np.arange(REPETITIONS), n), "y": y})
    d = Design(frame, strata="repetition")
    truth = np.full(REPETITIONS, stats.lognorm.ppf(p, 1.0))
    hits = covered(d.quantile("y", p, by="repetition", df="domain"), truth)
    low, high = bounds(0.925, 0.98)
    assert low <= hits <= high, hits / REPETITIONS


def test_rank_sets_hold_the_true_ranks_of_all_units_at_once() -> None:
    rng = np.random.default_rng(17)
    truth = np.array([0.71, 0.74, 0.74, 0.78, 0.80, 0.83, 0.88, 0.90])
    ranks = 1 + (truth[:, None] < truth[None, :]).sum(axis=1)
    common = 0.015**2
    covariance = np.diag(np.linspace(0.02, 0.035, 8) ** 2) + common
    repetitions = 300
    hits = 0
    for draw in rng.multivariate_normal(truth, covariance, size=repetitions):
        sets = rank_sets(draw, covariance, draws=5000)
        hits += bool(((sets.low <= ranks) & (ranks <= sets.high)).all())
    assert hits >= bounds(0.95, 1.0, repetitions)[0], hits / repetitions
