"""Sizes and power as R's power.prop.test and power.t.test give them, probabilities and draws as its package sampling.

Script, versions and raw output: tests/reference/sizes. R's sizes are roots that are not rounded.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.weighting.r_reference import REFERENCE, assert_same, results
from weighting import (
    DifferenceTest,
    PlanningValues,
    detectable_difference,
    draw_systematic,
    inclusion_probabilities,
    joint_probabilities,
    power_of,
    size_for_difference,
)

R = results("sizes")
SIZES = pd.read_csv(REFERENCE / "sizes" / "sizes.csv")


def named(kind: str) -> list[str]:
    return sorted({case for case, _ in R if case.startswith(f"{kind}/")})


def given(case: str) -> list[float]:
    return [float(value) for value in R[case, "given"]]


@pytest.mark.parametrize("case", named("share"))
def test_sizes_for_two_shares(case: str) -> None:
    first, second, alpha, power = given(case)
    how = DifferenceTest(level=1 - alpha, test="pooled")
    n = size_for_difference(second - first, PlanningValues(first), power=power, how=how)
    assert n.tolist() == [int(np.ceil(R[case, "n"][0]))] * 2


@pytest.mark.parametrize("case", named("mean"))
def test_sizes_for_two_means(case: str) -> None:
    delta, deviation, alpha, power = given(case)
    how = DifferenceTest(level=1 - alpha, test="t")
    n = size_for_difference(delta, PlanningValues(deviation=deviation), power=power, how=how)
    assert n.tolist() == [int(np.ceil(R[case, "n"][0]))] * 2


@pytest.mark.parametrize("case", named("share-power"))
def test_power_and_detectable_difference_of_two_shares(case: str) -> None:
    n, first, second = given(case)
    values, how = PlanningValues(first), DifferenceTest(test="pooled")
    assert_same(power_of(second - first, n, n, values, how=how), R[case, "power"][0])
    assert_same(first + detectable_difference(n, n, values, how=how), R[case, "other"][0])


@pytest.mark.parametrize("case", named("mean-power"))
def test_power_and_detectable_difference_of_two_means(case: str) -> None:
    n, delta = given(case)
    values, how = PlanningValues(deviation=0.5), DifferenceTest(test="t")
    assert_same(power_of(delta, n, n, values, how=how), R[case, "power"][0])
    assert_same(detectable_difference(n, n, values, how=how), R[case, "other"][0])


def of_list(case: str) -> tuple[np.ndarray, int]:
    _, name, n = case.split("/")
    return SIZES.loc[SIZES["list"] == name, "size"].to_numpy(dtype=float), int(n)


@pytest.mark.parametrize("case", named("pps"))
def test_inclusion_probabilities(case: str) -> None:
    size, n = of_list(case)
    assert_same(inclusion_probabilities(len(size), n, size), R[case, "probability"])


@pytest.mark.parametrize("case", [case for case, part in R if part == "joint"])
def test_joint_probabilities_of_sampford(case: str) -> None:
    size, n = of_list(case)
    p = inclusion_probabilities(len(size), n, size)
    inside = np.flatnonzero(p < 1)
    assert_same(joint_probabilities(p)[np.ix_(inside, inside)], R[case, "joint"])


class Start(np.random.Generator):
    """A generator whose first number is the random start that R had."""

    def __init__(self, start: float) -> None:
        super().__init__(np.random.PCG64(0))
        self.start = start

    def random(self, size=None, dtype=np.float64, out=None):
        return self.start if size is None else super().random(size, dtype, out)


@pytest.mark.parametrize("case", named("pps"))
@pytest.mark.parametrize("draw", [1, 2, 3])
def test_systematic_samples_from_the_same_start(case: str, draw: int) -> None:
    size, n = of_list(case)
    found = draw_systematic(len(size), n, Start(R[case, f"start{draw}"][0]), sizes=size)
    np.testing.assert_array_equal(found.positions, np.flatnonzero(R[case, f"drawn{draw}"]))


def test_every_case_is_compared() -> None:
    kinds = {kind: len(named(kind)) for kind in ("share", "mean", "share-power", "mean-power", "pps")}
    assert kinds == {"share": 48, "mean": 32, "share-power": 18, "mean-power": 20, "pps": 17}
    assert {part for _, part in R} == {
        *("given", "n", "power", "other", "probability", "joint"),
        *(f"{part}{draw}" for part in ("start", "drawn") for draw in (1, 2, 3)),
    }
