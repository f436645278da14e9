"""Short tables for people: what they show of a small round whose numbers are made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import surveys as sv
from surveys.problems import LANGUAGES, Language
from surveys.reports.summaries import (
    change_summaries,
    funnel_summary,
    index_summaries,
    league_summaries,
    mapping_summary,
)
from surveys.scoring.scored_round import ScoredRound
from surveys.screening import Screening
from surveys.vocabulary.remarks import remark
from tests.indices.test_both_halves import round_of


def test_the_funnel_is_added_up_by_questionnaire(small_round: ScoredRound) -> None:
    """Issued 3 × 8 and 3 × 10 forms; of the second questionnaire 17 came back: 15 valid, 1 under review, 1 rejected."""
    counts = Screening(small_round.screened).counts
    forms = counts["forms"].tolist()
    found = funnel_summary(counts, small_round.study.instrument, "en")
    assert found.headings == (
        "Questionnaire",
        "Forms returned",
        "Issued",
        "Returned",
        "Valid",
        "Under review",
        "Rejected",
    )
    assert found.rows == (
        ("Form 2", str(forms[0]), "24", "18", "18", "0", "0"),
        ("Form 5", "17", "30", "17", "15", "1", "1"),
        ("Total", str(sum(forms)), "54", "35", "33", "1", "1"),
    )
    assert len(found.remarks) == 1  # a form of the first questionnaire rates every unit


def test_the_league_stands_by_rank_with_rounded_numbers(small_round: ScoredRound) -> None:
    """Points by hand: tru 3/8 + 2, y-te 0.79166… + 1.1, noi-vu 0.6 + 2/3; its interval from p = 0.42222…, s = 0.01 and
    t = 2.1893: 1/(1 + exp(0.31366 ± 2.1893 · 0.01/(p(1 − p))))."""
    (found,) = league_summaries(small_round.scores.units, small_round.study, "en")
    assert found.title == "League table: Departments (maximum 3 points)"
    assert [row[:3] for row in found.rows] == [
        ("1", "Sở Y tế", "1.8917"),
        ("2", "Sở Nội vụ", "1.2667"),
        ("", "=Trụ sở, “khu A”", "2.3750"),  # without its citizens, and not ranked
    ]
    assert found.rows[1][3:6] == ("42.22", "40.05 – 44.43", "1 – 3")
    assert [("pointwise" in text, "joint" in text) for text in found.remarks] == [(True, True)]


def test_totals_of_both_halves_stand_with_their_classes(tmp_path: Path) -> None:
    """Of the round worked out by hand: a 5.5 + 4 · (5/6 + 0.8)/2, c 4.5 + 4 · (0.75 + 0.7)/2, b 4.25 + 4 · (0.55 + 0.6)/2;
    d lacks the council's points, e is hidden."""
    result = sv.load(round_of(tmp_path / "round")).score()
    (found,) = index_summaries(result.index_units, result.round.study, "en")
    assert found.title.endswith("(maximum 10 points)")
    assert found.headings[2] == "Points"
    assert [(row[0], row[1], row[2], row[6], row[7]) for row in found.rows] == [
        ("1", "Xã An", "8.7667", "Good", "ok"),
        ("2", "Xã Cao", "7.4000", "Fair", "ok"),
        ("3", "Xã Bình", "6.5500", "Weak", "provisional"),
        ("", "Xã Dương", "", "", "incomplete"),
        ("", "Xã Én", "", "", "incomplete"),
    ]
    assert any("council" in text for text in found.remarks)
    assert index_summaries(result.index_units[:0], result.round.study, "en") == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_changes_are_told_in_the_language_asked_for(small_round: ScoredRound, language: Language) -> None:
    changes = pd.DataFrame(
        {
            "block": "so", "unit_code": ["noi-vu", "y-te"], "unit_name": ["Sở Nội vụ", "Sở Y tế"], "node_code": "0",
            "group": "all", "part": "survey", "round_old": "r1", "round_new": "r2",
            "score_old": [0.5, 0.4], "score_new": [0.625, np.nan], "change": [0.125, np.nan],
            "ci_low": [0.1, np.nan], "ci_high": [0.15, np.nan], "p_adjusted": [0.01, np.nan],
            "rank_change": [1.0, np.nan], "note": [(), (remark("compare.no_value"),)],
        }
    )  # fmt: skip
    (found,) = change_summaries(changes, small_round.study.instrument, language)
    first = ("Sở Nội vụ", "50.00", "62.50", "12.50", "10.00 – 15.00", "0.0100", "1", "")
    assert found.rows[0] == first
    assert found.rows[1][:4] == ("Sở Y tế", "40.00", "", "")
    assert found.rows[1][7] != ""
    assert found.numeric == (False, True, True, True, True, True, True, False)


def test_a_mapping_counts_what_is_settled_and_what_waits() -> None:
    mapping = pd.DataFrame({"kind": ["item", "item", "field"], "decision": ["x", "", ""]})
    assert mapping_summary(mapping, "en").rows == (("field", "0", "1"), ("item", "1", "1"))
