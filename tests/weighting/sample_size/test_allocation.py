"""Allocations: whole numbers that add up, within limits, the best there are."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weighting import DesignError, allocate


def test_the_methods_by_hand() -> None:
    """STAT 454's strata (N 500, 1000, 1500; S² 100, 200, 225) and 84 forms, quotas by a calculator."""
    population, deviation = [500, 1000, 1500], np.sqrt([100, 200, 225])
    assert allocate(84, population).tolist() == [14, 28, 42]
    assert allocate(84, population, "equal").tolist() == [28, 28, 28]
    # 84 · 5000/41642.1 = 10.09, 84 · 14142.1/41642.1 = 28.53, 84 · 22500/41642.1 = 45.39
    assert allocate(84, population, "neyman", deviation=deviation).tolist() == [10, 29, 45]
    # √500, √1000, √1500 of 92.71: 20.26, 28.65, 35.09
    assert allocate(84, population, "power").tolist() == [20, 29, 35]


def test_power_allocation_between_equal_errors_and_neyman() -> None:
    population, deviation, mean = (
        np.array([4000, 900, 150]),
        np.array([0.3, 0.2, 0.25]),
        np.array([0.5, 0.7, 0.6]),
    )
    cv = deviation / mean
    ends = [
        allocate(400, population, "power", deviation=cv, importance=population * mean, exponent=q)
        for q in (0.0, 1.0)
    ]
    assert ends[0].tolist() == allocate(400, [10**6] * 3, "neyman", deviation=cv).tolist()
    assert ends[1].tolist() == allocate(400, population, "neyman", deviation=deviation).tolist()


def best(total: int, weight: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """The least Σ a²/n of all whole allocations within limits."""
    ranges = [range(max(1, a), b + 1) for a, b in zip(low[:-1], high[:-1], strict=True)]
    found = np.inf
    for some in product(*ranges):
        last = total - sum(some)
        if max(1, low[-1]) <= last <= high[-1]:
            found = min(found, float((weight**2 / np.array([*some, last])).sum()))
    return found


@pytest.mark.parametrize("seed", range(8))
def test_no_whole_allocation_is_better_by_more_than_rounding(seed: int) -> None:
    rng = np.random.default_rng(seed)
    population, deviation = rng.integers(5, 40, 4), rng.uniform(0.1, 1.0, 4)
    low, high = rng.integers(1, 4, 4), rng.integers(8, 30, 4)
    total = int(rng.integers(low.sum() + 10, np.minimum(high, population).sum()))
    ours = allocate(total, population, "neyman", deviation=deviation, minimum=low, maximum=high)
    least = best(total, population * deviation, low, np.minimum(high, population))
    assert ((population * deviation) ** 2 / ours).sum() <= least * 1.01


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.floats(0.0, 2.0)), min_size=1, max_size=30),
    st.floats(0.0, 1.0),
    st.integers(0, 8),
    st.sampled_from(["proportional", "equal", "neyman", "power"]),
)
def test_the_numbers_add_up_within_their_limits(
    cells: list[tuple[int, float]], part: float, minimum: int, method: str
) -> None:
    population, deviation = (np.array(column) for column in zip(*cells, strict=True))
    maximum = np.maximum(minimum, population // 2 + 3)
    low, high = np.minimum(minimum, population), np.minimum(maximum, population)
    total = int(low.sum() + part * (high.sum() - low.sum()))
    found = allocate(total, population, method, deviation=deviation, minimum=minimum, maximum=maximum)
    assert found.sum() == total
    assert (found >= low).all()
    assert (found <= high).all()


def test_ties_and_cells_of_no_weight() -> None:
    assert allocate(10, [300, 300, 300]).tolist() == [4, 3, 3]
    assert allocate(10, [30, 300, 300], "equal").tolist() == [3, 4, 3]
    assert allocate(50, [10, 100, 20], "neyman", deviation=[1.0, 0.0, 0.0]).tolist() == [10, 33, 7]
    assert allocate(0, [5, 5]).tolist() == [0, 0]
    assert allocate(10, [5, 0, 5]).tolist() == [5, 0, 5]


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(DesignError, match="minimum of all cells together is 30"):
        allocate(20, [100, 200, 300], minimum=10)
    with pytest.raises(DesignError, match="take at most 600"):
        allocate(601, [100, 200, 300])
    with pytest.raises(DesignError, match="cell 1: the minimum 9 is above the maximum 5"):
        allocate(20, [100, 200], minimum=9, maximum=[9, 5])
    with pytest.raises(DesignError) as told:
        allocate(2.5, [1.5], "neiman", exponent=2)  # type: ignore[arg-type]
    assert len(told.value.problems) == 4
    with pytest.raises(DesignError, match="needs the standard deviation"):
        allocate(5, [10, 20], "neyman")
    with pytest.raises(DesignError, match="does not fit"):
        allocate(5, [10, 20], "neyman", deviation=[1.0])
