"""Screening in proportion: near-duplicates and all rules beside the plain numpy work they cannot do without."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from surveys.validity.similar_forms import nearest, nearest_in_cells

FORMS, ITEMS, CELL = 12_000, 40, 40


def seconds_of(work: Callable[[], object]) -> float:
    """The fastest of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    return np.random.default_rng(12).integers(-1, 5, (FORMS, ITEMS)).astype(np.int8)


def test_small_cells_cost_a_small_part_of_all_pairs(
    benchmark: Callable[..., object], codes: np.ndarray
) -> None:
    """12,000 forms in cells of 40 cost less than 3,000 forms that are all compared with each other."""
    cell, owner = np.arange(FORMS) // CELL, np.arange(FORMS)
    one_cell = seconds_of(lambda: nearest(codes[:3000], owner[:3000]))
    benchmark(nearest_in_cells, codes, cell, owner, 10)
    assert seconds_of(lambda: nearest_in_cells(codes, cell, owner, 10)) < one_cell


def test_all_pairs_cost_little_more_than_the_matrix_product(
    benchmark: Callable[..., object], codes: np.ndarray
) -> None:
    """3,000 forms against each other: within twelve times the bare product of their one-hot codes (measured: four to five)."""
    part, owner = codes[:3000], np.arange(3000)
    hot = (part[:, :, None] == np.arange(5)).reshape(len(part), -1).astype(np.float32)
    product = seconds_of(lambda: hot @ hot.T)
    benchmark(nearest, part, owner)
    assert seconds_of(lambda: nearest(part, owner)) < 12 * product
