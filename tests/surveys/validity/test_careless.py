"""Every number of R ``careless`` 1.2.2 in tests/reference/r-survey/careless.json, none let off."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surveys.validity import careless_indices

REFERENCE = Path(__file__).parents[2] / "reference" / "r-survey"
CASES = json.loads((REFERENCE / "careless.json").read_text())["cases"]
SCALE = pd.read_csv(REFERENCE / "data" / "careless_dataset.csv")
ANSWERS = SCALE.to_numpy(float)
GOVSAT = pd.read_csv(REFERENCE / "data" / "govsat.csv")[["q1", "q2", "q3", "q4", "q5", "q6"]].to_numpy(float)
COMPLETE = GOVSAT[~np.isnan(GOVSAT).any(axis=1)]


def printed(case: str, column: str = "") -> np.ndarray:
    result = CASES[case]["result"]
    values = result[column] if column else result
    return np.array([np.nan if isinstance(value, str) else value for value in values], float)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (careless_indices.longest_run(ANSWERS), printed("longstring")),
        (careless_indices.longest_run(ANSWERS), printed("longstring_avg", "longstr")),
        (careless_indices.average_run(ANSWERS), printed("longstring_avg", "avgstr")),
        (careless_indices.longest_run(GOVSAT), printed("govsat_longstring")),
        (careless_indices.longest_run(COMPLETE), printed("govsat_longstring_complete", "longstr")),
        (careless_indices.average_run(COMPLETE), printed("govsat_longstring_complete", "avgstr")),
        (careless_indices.individual_variability(ANSWERS), printed("irv")),
        (careless_indices.individual_variability(ANSWERS), printed("irv_split3", "irvTotal")),
        (careless_indices.split_variability(ANSWERS, 3)[:, 0], printed("irv_split3", "irv1")),
        (careless_indices.split_variability(ANSWERS, 3)[:, 1], printed("irv_split3", "irv2")),
        (careless_indices.split_variability(ANSWERS, 3)[:, 2], printed("irv_split3", "irv3")),
        (careless_indices.individual_variability(GOVSAT), printed("govsat_irv")),
        (careless_indices.mahalanobis(ANSWERS), printed("mahad")),
        (careless_indices.mahalanobis(ANSWERS), printed("mahad_flag", "d_sq")),
        (careless_indices.even_odd(ANSWERS, (5,) * 10), printed("evenodd")),
        (careless_indices.psychometric_synonyms(ANSWERS, 0.6), printed("psychsyn_.6")),
    ],
    ids=lambda value: "",
)
def test_agrees_with_r_careless(ours: np.ndarray, theirs: np.ndarray) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_flags_the_rows_r_flags() -> None:
    ours = careless_indices.outlying(careless_indices.mahalanobis(ANSWERS), ANSWERS.shape[1], 0.99)
    assert ours.tolist() == CASES["mahad_flag"]["result"]["flagged"]


def test_item_pairs_in_the_order_of_r() -> None:
    first, second, correlation = careless_indices.item_pairs(ANSWERS)
    theirs = CASES["psychsyn_critval"]["result"]
    assert SCALE.columns[first[:40]].tolist() == theirs["var1"]
    assert SCALE.columns[second[:40]].tolist() == theirs["var2"]
    np.testing.assert_allclose(correlation[:40], theirs["cor"], rtol=1e-9)


def test_synonyms_where_r_draws_at_random() -> None:
    """R exchanges items within pairs at random for a row without variance on one side (row 88); ours has no value there."""
    ours, theirs = careless_indices.psychometric_synonyms(ANSWERS, 0.5), printed("psychsyn_.5")
    differing = np.flatnonzero(np.isnan(ours) != np.isnan(theirs))
    assert differing.tolist() == [88]
    assert np.isnan(ours[88])
    assert theirs[88] == -0.0148087219439773
    rest = np.arange(len(ours)) != 88
    np.testing.assert_allclose(ours[rest], theirs[rest], rtol=1e-9)


def test_no_pair_beyond_the_critical_value_gives_no_index() -> None:
    """R: "No Psychometric Antonyms found." for pairs below −0.5; here the lowest correlation is above that as well."""
    assert CASES["psychant_-.5"]["result"] == {"error": "No Psychometric Antonyms found."}
    correlation = careless_indices.item_pairs(ANSWERS)[2]
    assert correlation[-1] > -0.5
    assert np.isnan(careless_indices.psychometric_synonyms(ANSWERS, 1.0)).all()


def test_a_gap_breaks_a_run() -> None:
    assert careless_indices.longest_run(np.array([[4.0, 4.0, np.nan, 4.0]])).tolist() == [2]
    assert careless_indices.longest_run(np.array([[np.nan, np.nan, np.nan]])).tolist() == [1]
