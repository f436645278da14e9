"""Shares of rejected forms: the exact test against R, and who is told to be far from the others."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surveys.fieldwork.monitoring.interviewers import Stratum, holm, rejected_forms, two_sided

REFERENCE = Path(__file__).parents[3] / "reference" / "rejected"


def _strata() -> dict[str, list[Stratum]]:
    found = defaultdict(list)
    with (REFERENCE / "strata.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            sizes = (int(row[name]) for name in ("forms", "rejected", "own", "own_rejected"))
            found[row["case"]].append(Stratum(*sizes))
    return found


def _p_values() -> dict[str, float]:
    with (REFERENCE / "results.csv").open(encoding="utf-8") as file:
        return {row["case"]: float(row["p_value"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize("case", sorted(_strata()))
def test_the_exact_test_is_that_of_r(case: str) -> None:
    assert two_sided(_strata()[case]) == pytest.approx(_p_values()[case], rel=1e-9)


def test_the_correction_is_that_of_r() -> None:
    expected = [float(line) for line in (REFERENCE / "holm.txt").read_text(encoding="utf-8").split()]
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.5, 0.002])), expected, rtol=1e-12)


def test_one_interviewer_alone_is_no_finding() -> None:
    assert two_sided([Stratum(30, 7, 30, 7)]) == 1.0
    assert two_sided([]) == 1.0


def _evaluations(*kinds: tuple[str, str, str, int, int]) -> pd.DataFrame:
    """Forms of (interviewer, questionnaire, mode), so many valid and so many rejected."""
    rows = [
        (who, form, mode, word)
        for who, form, mode, valid, rejected in kinds
        for word in ("valid",) * valid + ("rejected",) * rejected
    ]
    found = pd.DataFrame(rows, columns=["interviewer", "questionnaire", "mode", "disposition"])
    return found.assign(form=np.arange(len(found)))


def test_another_kind_of_forms_is_no_blame() -> None:
    """Paper forms are rejected more often, whoever collects them: within their kind the two are alike."""
    alike = _evaluations(
        ("A", "q", "paper", 30, 30), ("B", "q", "paper", 30, 30), ("C", "q", "online", 200, 2)
    )
    assert rejected_forms(alike)["finding"].tolist() == ["", "", ""]
    pooled = rejected_forms(alike.assign(mode="paper"))
    assert pooled["finding"].tolist() == ["more", "more", "fewer"]


def test_small_numbers_are_no_finding() -> None:
    few = rejected_forms(_evaluations(("A", "q", "paper", 0, 9), ("B", "q", "paper", 300, 0)))
    assert few["p_adjusted"].tolist()[0] < 0.001
    assert few["finding"].tolist() == ["", "fewer"]
    more = rejected_forms(_evaluations(("A", "q", "paper", 0, 10), ("B", "q", "paper", 300, 0)))
    assert more["finding"].tolist() == ["more", "fewer"]


def test_a_form_about_several_units_is_what_the_best_of_its_evaluations_is() -> None:
    forms = pd.DataFrame(
        [
            ("A", "q", "paper", "valid", 0), ("A", "q", "paper", "rejected", 0), ("A", "q", "paper", "rejected", 1),
            ("A", "q", "paper", "rejected", 1), ("A", "q", "paper", "review", 2), ("A", "q", "paper", "left_out", 3),
            ("", "q", "paper", "rejected", 4),
        ],
        columns=["interviewer", "questionnaire", "mode", "disposition", "form"],
    )  # fmt: skip
    (row,) = rejected_forms(forms).to_dict("records")
    assert (row["judged"], row["rejected_forms"], row["rejected_expected"]) == (2, 1, 1.0)


@pytest.mark.long
def test_nobody_is_blamed_more_often_than_said() -> None:
    """Twelve interviewers who are alike: in 5 % of the rounds at most one of them is told to be far."""
    random = np.random.default_rng(7)
    told = []
    for _ in range(200):
        rows = []
        for who in range(12):
            for form, share in (("q1", 0.02), ("q2", 0.2)):
                forms = int(random.integers(0, 30))
                rejected = int(random.binomial(forms, share))
                rows.append((f"I{who:02d}", form, "paper", forms - rejected, rejected))
        told.append((rejected_forms(_evaluations(*rows))["finding"] != "").any())
    assert np.mean(told) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
