"""Classes of results: thresholds are met from below, probabilities add up to one and are those of Student's t."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from surveys.definitions.instrument.records import ResultClass
from surveys.scoring.result_classes import class_probabilities, classes_of, probability_of_own_class

CLASSES = tuple(ResultClass(code, least) for code, least in (("a", 90), ("b", 80), ("c", 50), ("d", 0)))


def test_a_unit_at_a_threshold_belongs_to_the_better_class() -> None:
    percent = np.array([90.0, 89.99999, 61.2 + 28.8, 100 * (0.1 + 0.2) / 0.3 * 0.9, 0.0, 100.0, np.nan])
    assert classes_of(percent, CLASSES) == ["a", "b", "a", "a", "d", "a", ""]
    assert classes_of(percent, ()) == [""] * 7


@given(st.floats(0, 100), st.floats(0, 30), st.floats(1, 500))
def test_probabilities_of_all_classes_add_up_to_one(percent: float, se: float, df: float) -> None:
    found = class_probabilities(np.array([percent]), np.array([se]), np.array([df]), CLASSES)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1, abs=1e-12)


def test_probability_by_numerical_integration_of_the_density() -> None:
    percent, se, df = 84.0, 4.5, 7.3
    found = class_probabilities(np.array([percent]), np.array([se]), np.array([df]), CLASSES)[:, 0]
    density = stats.t(df, percent, se).pdf
    for low, high, probability in ((90, 1000, found[0]), (80, 90, found[1]), (50, 80, found[2])):
        assert integrate.quad(density, low, high, limit=200)[0] == pytest.approx(probability, abs=1e-6)


def test_without_variation_a_unit_is_in_its_class_with_certainty_and_without_an_error_nobody_knows() -> None:
    percent, se = np.array([80.0, 79.0, 85.0, np.nan]), np.array([0.0, 0.0, np.nan, 1.0])
    found = probability_of_own_class(percent, se, np.array([np.nan, 5.0, 5.0, 5.0]), CLASSES)
    assert found[:2].tolist() == [1.0, 1.0]
    assert np.isnan(found[2:]).all()


def test_many_degrees_of_freedom_are_a_normal_distribution() -> None:
    found = class_probabilities(np.array([80.0]), np.array([5.0]), np.array([np.inf]), CLASSES)[:, 0]
    assert found[1] == pytest.approx(stats.norm.cdf(2) - 0.5, abs=1e-12)
