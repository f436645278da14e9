"""Means, errors and intervals of 40 five-level items in 52 units beside plain numpy, in the same run.

The work: the mean of every item in every unit with its standard error and interval, and the share of the top two
levels with its logit interval; 52 × 5 strata of 10 clusters, 5 % of the answers missing. The yardstick is numpy over
a weighted cluster × level table, without names, checks, gaps in counts, design effects or covariances; both with n/(n − 1) and
the design's degrees of freedom.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from weighting import Design, Histogram

UNITS, GROUPS, CLUSTERS, ITEMS = 52, 5, 10, 40
STRATA = UNITS * GROUPS
NAMES = [f"q{i + 1}" for i in range(ITEMS)]
WITHIN = 3.0
MILLION = 1_000_000


class Survey:
    """Codes 1–5, 0 for a missing answer, one contiguous column per item; every cluster has rows."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(n)
        self.cluster = rng.permutation(np.arange(n) % (STRATA * CLUSTERS))
        self.stratum = self.cluster // CLUSTERS
        self.unit = self.stratum // GROUPS
        self.weights = rng.uniform(0.5, 3.0, n)
        self.codes = rng.integers(1, 6, (ITEMS, n), dtype=np.int8)
        for column in self.codes:
            column[rng.random(n, dtype=np.float32) < 0.05] = 0

    def frame(self, kind: str) -> pd.DataFrame:
        """As a reader of files gives it: nullable small integers, or floats with NaN."""
        columns: dict[str, Any] = {
            "unit": self.unit,
            "stratum": self.stratum,
            "cluster": self.cluster,
            "w": self.weights,
        }
        for name, column in zip(NAMES, self.codes, strict=True):
            missing = column == 0
            columns[name] = (
                pd.arrays.IntegerArray(column, missing)
                if kind == "Int8"
                else np.where(missing, np.nan, column)
            )
        return pd.DataFrame(columns)


def plain_numpy(survey: Survey) -> list[np.ndarray]:
    """The yardstick: estimates, errors and limits [items, units] of means and of top-two shares."""
    clusters = STRATA * CLUSTERS
    key = survey.cluster * 6
    table = np.stack([np.bincount(key + column, survey.weights, clusters * 6) for column in survey.codes])
    table = table.reshape(ITEMS, clusters, 6)
    weight = table[:, :, 1:].sum(axis=2)
    results = []
    for value in (table[:, :, 1:] @ np.arange(1.0, 6.0), table[:, :, 4:].sum(axis=2)):
        of_unit = [v.reshape(ITEMS, UNITS, -1).sum(axis=2) for v in (value, weight)]
        theta = of_unit[0] / of_unit[1]
        z = value - np.repeat(theta, GROUPS * CLUSTERS, axis=1) * weight
        z = (z / np.repeat(of_unit[1], GROUPS * CLUSTERS, axis=1)).reshape(ITEMS, STRATA, CLUSTERS)
        spread = ((z - z.mean(axis=2, keepdims=True)) ** 2).sum(axis=2) * CLUSTERS / (CLUSTERS - 1)
        results += [theta, np.sqrt(spread.reshape(ITEMS, UNITS, GROUPS).sum(axis=2))]
    mean, mean_se, share, share_se = results
    t = special.stdtrit(STRATA * (CLUSTERS - 1), 0.975)
    centre, half = np.log(share / (1 - share)), t * share_se / (share * (1 - share))
    limits = [
        mean - t * mean_se,
        mean + t * mean_se,
        *(1 / (1 + np.exp(-(centre + s * half))) for s in (-1, 1)),
    ]
    return [*results, *limits]


def by_design(frame: pd.DataFrame) -> list[np.ndarray]:
    design = Design(frame, "w", "stratum", "cluster", small_sample="clusters")
    mean = design.mean(NAMES, by="unit", df="design")
    share = design.proportion(NAMES, by="unit", levels=[4, 5], interval="logit", df="design")
    figures = [mean.estimate, mean.se, share.estimate, share.se]
    figures += [mean.ci_low, mean.ci_high, share.ci_low, share.ci_high]
    return [v.reshape(UNITS, ITEMS).T for v in figures]


def by_histogram(survey: Survey) -> list[np.ndarray]:
    cells = pd.DataFrame({"cluster": np.arange(STRATA * CLUSTERS)})
    cells = cells.assign(stratum=cells["cluster"] // CLUSTERS, unit=cells["cluster"] // CLUSTERS // GROUPS)
    h = Histogram.of(survey.codes.T, survey.weights, survey.cluster, len(cells), range(1, 6), NAMES)
    how: dict[str, Any] = {
        "strata": "stratum",
        "clusters": "cluster",
        "small_sample": "clusters",
        "df": "design",
    }
    mean = h.mean(cells, by="unit", **how)
    share = h.proportion(cells, [4, 5], by="unit", **how)
    figures = [mean.estimate, mean.se, share.estimate, share.se]
    figures += [mean.ci_low, mean.ci_high, share.ci_low, share.ci_high]
    return [v.reshape(UNITS, ITEMS).T for v in figures]


def fastest(*works: Callable[[], object], runs: int = 5) -> list[float]:
    """Least processor time of each, the runs taken in turn so that a busy machine is busy for all."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for found, work in zip(times, works, strict=True):
            start = process_time()
            work()
            found.append(process_time() - start)
    return [min(found) for found in times]


@pytest.fixture(scope="module")
def million() -> Survey:
    return Survey(MILLION)


@pytest.mark.parametrize("way", ["Int8", "float64", "histogram"])
def test_a_million_rows_beside_numpy(benchmark: Any, million: Survey, way: str) -> None:
    if way == "histogram":
        ours = lambda: by_histogram(million)  # noqa: E731
    else:
        frame = million.frame(way)
        ours = lambda: by_design(frame)  # noqa: E731
    for found, expected in zip(ours(), plain_numpy(million), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8)
    seconds, yardstick = fastest(ours, lambda: plain_numpy(million))
    benchmark.extra_info.update(numpy_seconds=yardstick, ratio=seconds / yardstick)
    benchmark.pedantic(ours, rounds=1)
    assert seconds <= WITHIN * yardstick


@pytest.mark.parametrize("way", ["Int8", "float64"])
def test_memory_stays_near_the_input(benchmark: Any, million: Survey, way: str) -> None:
    frame = million.frame(way)
    tracemalloc.start()
    benchmark.pedantic(by_design, args=(frame,), rounds=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    benchmark.extra_info.update(peak_over_input=peak / frame.memory_usage().sum())
    assert peak <= WITHIN * frame.memory_usage().sum()


def test_cost_is_linear(benchmark: Any, million: Survey) -> None:
    """Five million rows cost no more than five times a million, and a quarter for a colder cache."""
    large = Survey(5 * MILLION)
    small_frame, large_frame = million.frame("Int8"), large.frame("Int8")
    del large
    one, five = fastest(lambda: by_design(small_frame), lambda: by_design(large_frame), runs=3)
    benchmark.extra_info.update(ratio=five / one)
    benchmark.pedantic(by_design, args=(large_frame,), rounds=1)
    assert five <= 5 * 1.25 * one


@pytest.mark.parametrize("way", ["Int8", "float64"])
def test_a_table_of_twenty_thousand(benchmark: Any, way: str) -> None:
    """20,000 rows × 40 items in 52 units: means and top-two shares with errors, intervals and design effects."""
    frame = Survey(20_000).frame(way)
    work = lambda: by_design(frame)  # noqa: E731
    (seconds,) = fastest(work, runs=20)
    benchmark.extra_info.update(processor_seconds=seconds)
    benchmark.pedantic(work, rounds=5)
    assert seconds < 0.05


@pytest.mark.skipif(find_spec("svy") is None, reason="svy is not installed")
def test_beside_svy(benchmark: Any) -> None:
    """The other Python package (written against svy 0.35), one item of 100,000 rows: the same errors, not the time."""
    import polars as pl
    import svy

    frame = Survey(100_000).frame("float64")[["unit", "stratum", "cluster", "w", "q1"]].dropna()
    columns = pl.DataFrame({name: frame[name].to_numpy() for name in frame.columns})
    sample = svy.Sample(columns, svy.Design(stratum="stratum", psu="cluster", wgt="w"))
    ours = lambda: Design(frame, "w", "stratum", "cluster").mean("q1", by="unit")  # noqa: E731
    rows = sorted(sample.estimation.mean("q1", by="unit").estimates, key=lambda row: row.by_level)
    np.testing.assert_allclose(ours().estimate, [row.est for row in rows], rtol=1e-9)
    np.testing.assert_allclose(ours().se, [row.se for row in rows], rtol=1e-9)
    theirs, seconds = fastest(lambda: sample.estimation.mean("q1", by="unit"), ours, runs=3)
    benchmark.extra_info.update(svy_seconds=theirs, ratio=seconds / theirs)
    benchmark.pedantic(ours, rounds=3)
    assert seconds < theirs
