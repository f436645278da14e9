"""Draws from long lists: four times the list costs about four times as much, and Sampford's no more than some sortings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.benchmarks.test_growth import MOST, TIMES, cost
from weighting import Drawn, draw_sampford, draw_simple, draw_systematic

LIST = 150_000
Draw = Callable[[int], Drawn]
SIZES = np.random.default_rng(1).lognormal(0, 1, LIST * TIMES)
DRAWS: dict[str, Draw] = {
    "simple": lambda n: draw_simple(n, n // 50, 1, replacements=n // 50),
    "systematic": lambda n: draw_systematic(n, n // 50, 1, SIZES[:n], replacements=n // 50),
    "Sampford": lambda n: draw_sampford(n, n // 50, 1, SIZES[:n], replacements=n // 50),
    "strata": lambda n: draw_sampford(np.arange(n) // 1000, 20, 1, SIZES[:n]),
}


@pytest.mark.parametrize("kind", DRAWS)
def test_draws_grow_with_the_list(kind: str) -> None:
    few, many = (cost(lambda n=n: DRAWS[kind](n)) for n in (LIST, LIST * TIMES))  # type: ignore[misc]
    assert many < MOST * few


def test_sampford_is_a_small_multiple_of_a_sorting() -> None:
    sorting = cost(lambda: np.argsort(SIZES, kind="stable"))
    assert cost(lambda: DRAWS["Sampford"](LIST * TIMES)) < 40 * sorting
