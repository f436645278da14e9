"""Dispositions, decisions and the funnel of a small round, each count worked out by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.definitions.instrument.records import BLANK, Rule
from surveys.definitions.study.records import Decision
from surveys.problems import SurveyError, wording
from surveys.validity.rules import RULES
from surveys.validity.screening import outcome, screen
from surveys.vocabulary.columns import FUNNEL_COLUMNS, REASON_COLUMNS
from tests.surveys.validity.validity_round import make_returns, make_study

FLAT = {f"q{k}": 3 for k in range(1, 13)} | {"s1": 3}


def test_every_reason_is_kept_and_the_severest_decides() -> None:
    study = make_study(
        Rule("straight_line", "reject"), Rule("too_fast", "review"), Rule("unknown_unit", "flag")
    )
    forms: list[Any] = [{}, {"set": FLAT, "seconds": 1}, {"seconds": 1}, {"unit_code": ""}]
    result = screen(study, make_returns(*forms))
    assert result.disposition.tolist() == ["valid", "rejected", "review", "valid"]
    assert tuple(result.reasons.columns) == REASON_COLUMNS
    assert result.reasons[["row", "rule", "severity"]].to_numpy().tolist() == [
        [1, "straight_line", "reject"],
        [1, "too_fast", "review"],
        [2, "too_fast", "review"],
        [3, "unknown_unit", "flag"],
    ]
    assert result.valid.tolist() == [True, False, False, True]


def test_decisions_lift_review_but_never_a_rejection() -> None:
    decisions = (
        Decision("s0", "", "valid", "R", "seen the paper"),
        Decision("s1", "", "valid", "R", "overruled"),
        Decision("s2", "", "rejected", "R", "made up"),
        Decision("s3", "", "rejected", "R", "first thought"),
        Decision("s3", "a", "valid", "R", "second thought"),
        Decision("s4", "b", "valid", "R", "another unit"),
        Decision("s99", "", "valid", "R", "no such form"),
    )
    study = make_study(Rule("too_fast", "review"), Rule("straight_line", "reject"), decisions=decisions)
    forms: list[Any] = [{"seconds": 1}, {"set": FLAT}, {}, {"seconds": 1}, {"seconds": 1}]
    result = screen(study, make_returns(*forms))
    assert result.disposition.tolist() == ["valid", "rejected", "rejected", "valid", "review"]
    decided = result.reasons[result.reasons["rule"] == "decision"]
    assert decided[["row", "severity", "detail"]].to_numpy().tolist() == [
        [0, "flag", "valid"], [1, "flag", "valid"], [2, "reject", "rejected"], [3, "flag", "valid"],
    ]  # fmt: skip
    assert [(p.code, p.severity, dict(p.params)["form"]) for p in result.warnings] == [
        ("validity.decision_overruled", "warning", "s1"),
        ("validity.decision_unmatched", "warning", "s4"),
        ("validity.decision_unmatched", "warning", "s99"),
    ]


def test_the_funnel_reconciles() -> None:
    blanks = {f"q{k}": BLANK for k in range(1, 13)}
    wide = {"questionnaire": "wide", "form_code": "w0", "form": 7}
    study = make_study(
        Rule("excluded_unit", "reject"),
        Rule("unknown_unit", "review"),
        Rule("too_few_answers", "reject"),
        Rule("straight_line", "flag"),
    )
    returns = make_returns(
        {}, {}, {"set": FLAT}, {"unit_code": "", "unit_text": "?"}, {"form_code": "s6", "unit_code": "b"},
        wide, wide | {"unit_code": "b"}, wide | {"unit_code": "x"},
        {"questionnaire": "wide", "form_code": "w1", "unit_code": "", "unit_text": "", "set": blanks},
    )  # fmt: skip
    table = screen(study, returns).funnel
    assert tuple(table.columns) == FUNNEL_COLUMNS
    # issued: s0…s5 for unit a, s6…s11 for b; four wide forms for each assessed unit. The form whose unit could not be read is
    # s3, which went to unit a: it waits there.
    assert table.to_numpy().tolist() == [
        ["so", "a", "deputies", "wide", 4, 1, 1, 0, 0, 0],
        ["so", "a", "citizens", "single", 6, 4, 3, 1, 0, 0],
        ["so", "b", "deputies", "wide", 4, 1, 1, 0, 0, 0],
        ["so", "b", "citizens", "single", 6, 1, 1, 0, 0, 0],
        ["so", "x", "deputies", "wide", 0, 1, 0, 0, 1, 0],
        ["so", "", "deputies", "wide", 0, 1, 0, 0, 1, 0],
    ]


def test_issued_forms_that_never_came_back_have_a_row() -> None:
    table = screen(make_study(), make_returns({})).funnel
    assert table["issued"].sum() == 12 + 2 * 4
    assert table["returned"].sum() == 1
    assert table[["block", "unit_code", "group", "questionnaire"]].to_numpy().tolist()[-1] == [
        "so", "b", "citizens", "single",
    ]  # fmt: skip


def test_a_study_without_issued_forms_or_returns() -> None:
    no_list = screen(make_study(issued=()), make_returns({}, {"unit_code": "b"})).funnel
    assert no_list[["issued", "returned", "valid"]].to_numpy().tolist() == [[0, 1, 1], [0, 1, 1]]
    returns = make_returns({})
    empty = type(returns)(returns.instrument, returns.rows.iloc[:0], returns.answers[:0])
    rules = [Rule(name, "reject") for name in RULES]
    result = screen(make_study(*rules), empty)
    assert len(result.disposition) == len(result.reasons) == result.funnel["returned"].sum() == 0


def test_a_second_entry_is_no_form_of_its_own() -> None:
    study = make_study(
        Rule("double_entry", "review"), Rule("duplicate_code", "reject"), Rule("near_duplicate", "reject")
    )
    returns = make_returns(
        {"entry": "first"},
        {"entry": "first"},
        {"form_code": "s0", "entry": "second", "like": 0},
        {"form_code": "s1", "entry": "second", "like": 1, "set": {"q1": 2, "q7": 1}},
        {"form_code": "s4", "entry": "second"},
    )
    result = screen(study, returns)
    assert result.disposition.tolist() == ["valid", "review", "second_entry", "second_entry", "second_entry"]
    assert result.counted.tolist() == [True, True, False, False, False]
    assert result.reasons.to_numpy().tolist() == [[1, "double_entry", "review", "q1;q7"]]
    assert result.funnel["returned"].sum() == 2


def test_every_impossible_parameter_is_reported_at_once() -> None:
    study = make_study(Rule("no_rule", "reject"), Rule("too_fast", "reject", (("minimum_seconds", -1),)))
    with pytest.raises(SurveyError) as caught:
        screen(study, make_returns({}))
    assert [p.code for p in caught.value.problems] == ["validity.unknown_rule", "validity.parameter_range"]


def test_wording_has_both_languages() -> None:
    for code, texts in wording().items():
        if code.startswith("validity."):
            assert texts.keys() >= {"vi", "en"}, code


@pytest.mark.long
@settings(max_examples=40)
@given(st.data())
def test_counts_always_reconcile(data: st.DataObject) -> None:
    unit = st.sampled_from(["a", "b", "x", ""])
    form = st.fixed_dictionaries(
        {
            "unit_code": unit,
            "form": st.integers(0, 6),
            "form_code": st.sampled_from(["s1", "s2", "w0", "", "zz"]),
        },
        optional={
            "entry": st.sampled_from(["first", "second"]),
            "questionnaire": st.sampled_from(["single", "wide"]),
            "seconds": st.floats(0, 100),
            "set": st.just(FLAT),
        },
    )
    forms: list[Any] = data.draw(st.lists(form, min_size=1, max_size=12))
    rules = [Rule(name, data.draw(st.sampled_from(["reject", "review", "flag"]))) for name in RULES]
    returns = make_returns(*forms)
    result = screen(make_study(*rules), returns)
    table, counted = result.funnel, result.counted
    assert (table["returned"] == table["valid"] + table["review"] + table["rejected"]).all()
    assert table["returned"].sum() == counted.sum()
    issued_for_a = ("so", "a", "citizens", "single")  # where s1 and s2 went
    cells = Counter(
        issued_for_a if code in ("s1", "s2") and outcome != "valid" and cell[3] != "wide" else cell
        for code, outcome, *cell_parts in zip(
            returns.rows["form_code"],
            result.disposition,
            *(returns.rows[name] for name in ("block", "unit_code", "group", "questionnaire")),
            strict=True,
        )
        if outcome != "second_entry"
        for cell in [tuple(cell_parts)]
    )
    found = {tuple(row[:4]): row[5] for row in table.to_numpy().tolist() if row[5]}
    assert found == dict(cells)
    reasons = result.reasons
    assert set(reasons["row"]) <= set(counted.nonzero()[0])
    rejected = set(reasons.loc[reasons["severity"] == "reject", "row"])
    assert rejected == set((result.disposition == "rejected").nonzero()[0])


def test_what_is_left_out_is_lifted_by_a_decision_and_goes_before_rejection() -> None:
    reasons = pd.DataFrame(
        [
            (0, "near_duplicate", "leave_out", ""),
            (1, "near_duplicate", "leave_out", ""),
            (1, "decision", "flag", "valid"),
            (2, "too_few_answers", "reject", ""),
            (2, "near_duplicate", "leave_out", ""),
        ],
        columns=["row", "rule", "severity", "detail"],
    )
    assert outcome(4, reasons).tolist() == ["left_out", "valid", "left_out", "valid"]
