"""Trimming: R survey, by hand, and what cannot be trimmed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.weighting.adjustment_reference import table
from weighting import Design, DesignError, trim


def r_values(case: str) -> np.ndarray:
    kept = table("api", "results.csv")
    return kept.loc[kept["case"] == case, "value"].to_numpy(float)


@pytest.mark.parametrize(("case", "strict"), [("trimmed/once", False), ("trimmed/strict", True)])
def test_weights_are_those_of_r(case: str, strict: bool) -> None:
    weights = r_values("calibrated/raking_99/weights")
    done = trim(Design({"y": np.ones(len(weights))}, weights=weights), lower=15, upper=45, strict=strict)
    np.testing.assert_allclose(done.weights, r_values(case), rtol=1e-12)


def weighted(*weights: float, **columns: Any) -> Design:
    return Design(pd.DataFrame({"y": np.arange(len(weights)), **columns}), weights=list(weights))


def test_equal_and_proportional_shares_by_hand() -> None:
    """10 is cut to 6; the 4 left over go to the weights 1, 1 and 2, which take 4/3 each, or 1, 1 and 2."""
    d = weighted(1, 1, 2, 10)
    np.testing.assert_allclose(trim(d, upper=6).weights, [7 / 3, 7 / 3, 10 / 3, 6])
    np.testing.assert_allclose(trim(d, upper=6, share="proportional").weights, [2, 2, 4, 6])


def test_sharing_goes_on_until_all_are_inside() -> None:
    """Once: 3 shared by 2 and 5.9 pushes 5.9 over 6; in the end the small ones take it all."""
    d = weighted(2, 5.9, 9)
    assert trim(d, upper=6, strict=False).weights[1] > 6
    np.testing.assert_allclose(trim(d, upper=6).weights, [4.9, 6, 6], rtol=1e-9)


def test_lower_limit_takes_from_the_others() -> None:
    np.testing.assert_allclose(trim(weighted(1, 6, 8), lower=3).weights, [3, 5, 7])


def test_groups_keep_their_own_totals_and_medians() -> None:
    d = weighted(1, 1, 4, 10, 10, 70, g=["a"] * 3 + ["b"] * 3)
    done = trim(d, upper=3, unit="median", by="g")
    np.testing.assert_allclose(done.weights, [1.5, 1.5, 3, 30, 30, 30])
    mean = trim(d, upper=1.5, unit="mean", by="g")
    np.testing.assert_allclose(mean.weights, [1.5, 1.5, 3, 22.5, 22.5, 45])


def test_rows_without_weight_stay_without() -> None:
    np.testing.assert_allclose(trim(weighted(0, 1, 1, 10), lower=2, upper=6).weights, [0, 3, 3, 6])


@settings(max_examples=60)
@given(st.lists(st.floats(0.01, 100), min_size=3, max_size=30), st.floats(0.2, 0.9), st.floats(1.1, 4.0))
def test_totals_are_kept_and_limits_hold(weights: list[float], low: float, high: float) -> None:
    d = weighted(*weights)
    mean = float(np.mean(weights))
    for share in ("equal", "proportional"):
        done = trim(d, low, high, unit="mean", share=share)
        assert done.weights.sum() == pytest.approx(sum(weights), rel=1e-12)
        assert done.weights.min() >= low * mean * (1 - 1e-9)
        assert done.weights.max() <= high * mean * (1 + 1e-9)


def test_weights_inside_the_limits_are_left_alone() -> None:
    d = weighted(1, 2, 3)
    np.testing.assert_array_equal(trim(d, 0.5, 4).weights, d.weights)
    np.testing.assert_array_equal(trim(d).weights, d.weights)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lower": 5, "upper": 2}, "limits (5, 2)"),
        ({"lower": -1}, "limits (-1, inf)"),
        ({"upper": 2}, "all rows: 4 rows within (0, 2) cannot carry the total 14"),
        ({"lower": 4}, "all rows: 4 rows within (4, inf) cannot carry the total 14"),
        ({"upper": 6, "by": "h"}, "unknown column 'h'"),
        ({"upper": 6, "unit": "mode"}, "unknown unit 'mode'"),
        ({"upper": 6, "share": "fair"}, "unknown share 'fair'"),
    ],
)
def test_what_cannot_be_trimmed(options: dict[str, Any], words: str) -> None:
    with pytest.raises(DesignError) as caught:
        trim(weighted(1, 1, 2, 10), **options)
    assert words in str(caught.value)


def test_the_group_that_cannot_be_trimmed_is_named() -> None:
    with pytest.raises(DesignError, match="'b': 3 rows within \\(0, 20\\) cannot carry the total 90"):
        trim(weighted(1, 1, 4, 10, 10, 70, g=["a"] * 3 + ["b"] * 3), upper=20, by="g")
