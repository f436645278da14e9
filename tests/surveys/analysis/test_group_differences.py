"""Differences between groups of respondents against Welch's test of scipy and the corrections of statsmodels."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from surveys.analysis.group_differences import DIFFERENCE_COLUMNS, group_differences

Row = tuple[str, str, str, str, str, float, float, float]
NAMES = ["block", "unit_code", "node_code", "group", "asked", "score", "se", "df"]
#: Group → mean, standard deviation and number of rows of one cell.
SAMPLES = {"g": (0.82, 0.20, 40), "h": (0.71, 0.25, 25), "k": (0.80, 0.10, 9)}


def cells(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=NAMES)


def of_samples(unit: str = "a", block: str = "so", asked: str = "x") -> list[Row]:
    return [
        (block, unit, "1", group, asked, mean, sd / sqrt(n), float(n - 1))
        for group, (mean, sd, n) in SAMPLES.items()
    ]


def test_a_difference_is_tested_as_welch_does() -> None:
    found = group_differences(cells(of_samples()), 0.9)
    assert tuple(found.columns) == DIFFERENCE_COLUMNS
    assert list(zip(found["group"], found["other"], strict=True)) == [("g", "h"), ("g", "k"), ("h", "k")]
    for row in found.to_dict("records"):
        (m1, s1, n1), (m2, s2, n2) = SAMPLES[row["group"]], SAMPLES[row["other"]]
        expected = stats.ttest_ind_from_stats(m1, s1, n1, m2, s2, n2, equal_var=False)
        v1, v2 = s1**2 / n1, s2**2 / n2
        df = (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
        half = stats.t.ppf(0.95, df) * sqrt(v1 + v2)
        assert row["p_value"] == pytest.approx(expected.pvalue, rel=1e-10)
        assert row["df"] == pytest.approx(df)
        limits = m1 - m2 - half, m1 - m2 + half
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(limits)


def test_p_values_are_corrected_over_the_comparisons_of_a_block_only() -> None:
    rows = [*of_samples(), *of_samples("b"), *of_samples("a", "huyen")]
    found = group_differences(cells(rows))
    for block, number in (("so", 6), ("huyen", 3)):
        own = found[found["block"] == block]
        assert len(own) == number
        corrected = multipletests(own["p_value"], method="holm")[1]
        np.testing.assert_allclose(own["p_adjusted"], corrected)


def test_groups_that_were_asked_something_else_are_not_compared() -> None:
    first, second, third = of_samples()
    other: Row = (*second[:4], "y", *second[5:])
    found = group_differences(cells([first, other, third]))
    assert found[["group", "other"]].to_numpy().tolist() == [["g", "k"]]


@pytest.mark.parametrize(("se", "df"), [(0.0, 10.0), (float("nan"), 10.0), (0.1, float("nan")), (0.1, 0.0)])
def test_without_an_error_nothing_is_said_and_nothing_is_corrected_for(se: float, df: float) -> None:
    first, second, third = of_samples()
    found = group_differences(cells([first, second, (*third[:6], se, df)]))
    assert found["p_value"].isna().tolist() == [False, True, True]
    assert found["p_adjusted"].iloc[0] == found["p_value"].iloc[0]
    assert found[["ci_low", "ci_high"]].iloc[1:].isna().all(axis=None)


def test_a_census_has_normal_degrees_of_freedom() -> None:
    first, second, _ = of_samples()
    both = [(*row[:7], float("inf")) for row in (first, second)]
    (p,) = group_differences(cells(both))["p_value"]
    z = (first[5] - second[5]) / sqrt(first[6] ** 2 + second[6] ** 2)
    assert p == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_of_one_group_nothing_is_compared() -> None:
    assert not len(group_differences(cells(of_samples()[:1])))
