"""Every rule: the evaluations it finds among clean neighbours, its detail, and the edges of its parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from surveys.definitions.declared_rules import faulty_parameters
from surveys.definitions.instrument.records import (
    BLANK,
    DONT_KNOW,
    NOT_APPLICABLE,
    OUT_OF_SCALE,
    SEVERAL,
    Rule,
    Unit,
)
from surveys.problems import wording
from surveys.validity.evidence import gather
from surveys.validity.rules import RULES
from surveys.validity.screening import broken_rules
from surveys.vocabulary.validity_rules import VALIDITY_RULES
from tests.surveys.validity.validity_round import INSTRUMENT, make_returns, make_study

FLAT = {f"q{k}": 3 for k in range(1, 13)} | {"s1": 3}
MATRIX = {"questionnaire": "wide", "form_code": "w0", "form": 0}
BLANKS = {f"q{k}": BLANK for k in range(1, 13)}
FIRST = {"entry": "first"}
SECOND = {"form_code": "s0", "entry": "second", "like": 0}
BY = {"interviewer": "i"}
ANNA = {"email": 1}

#: Units that exist during a part of the fieldwork only.
ENDED = (
    Unit("gone", "so", "Gone", valid_to="2023-10-31", successors=("new", "a")),
    Unit("new", "so", "New", valid_from="2023-11-01"),
)

Row = dict[str, Any]
Broken = dict[int, str]


def first(count: int, code: int) -> Row:
    """The first ``count`` items answered with ``code``."""
    return {f"q{k}": code for k in range(1, count + 1)}


def find(name: str, params: Row, forms: list[Row]) -> Broken:
    """{evaluation: detail} of the evaluations that break the rule."""
    rule = Rule(name, "flag", tuple(params.items()))
    study = make_study(rule, units=(*INSTRUMENT.units, *ENDED))
    reasons = broken_rules([rule], gather(study, make_returns(*forms)))
    assert (reasons["rule"] == name).all()
    return dict(zip(reasons["row"].tolist(), reasons["detail"].tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "params", "forms", "expected"),
    [
        ("unknown_code", {}, [{}, {"form_code": "zz"}, {"form_code": ""}], {1: ""}),
        ("duplicate_code", {}, [{}, {"form_code": "s0"}, {}, {"form_code": ""}, {"form_code": ""}], {0: "", 1: ""}),
        ("duplicate_code", {"keep": "first"}, [{}, {"form_code": "s0"}, {}], {1: ""}),
        # one matrix form rates many units; a second form with its code for the same unit is a duplicate
        ("duplicate_code", {}, [MATRIX, MATRIX | {"unit_code": "b"}], {}),
        ("duplicate_code", {}, [MATRIX, MATRIX | {"unit_code": "b"}, MATRIX | {"form": 9}], {0: "", 2: ""}),
        ("wrong_questionnaire", {}, [{}, {"form_code": "w1"}], {1: "wide"}),
        ("wrong_questionnaire", {}, [{}, {"unit_code": "b"}, {"unit_code": ""}], {1: "a"}),
        ("wrong_questionnaire", {"unit": False}, [{}, {"unit_code": "b"}], {}),
        ("unknown_unit", {}, [{}, {"unit_code": "", "unit_text": "Sơ A"}, {"unit_code": "", "unit_text": ""}], {1: "", 2: ""}),
        ("unknown_unit", {}, [MATRIX | {"unit_code": "", "unit_text": "", "set": BLANKS}], {}),
        ("unit_without_tones", {}, [{}, {"noticed": "arithmetic_total unit_without_tones"}], {1: "a"}),
        ("arithmetic_total", {}, [{"noticed": "arithmetic_total"}, {"noticed": "unit_without_tones"}], {0: ""}),
        ("ended_unit", {}, [{"unit_code": "gone", "submitted": "2023-10-31T23:59"}, {"unit_code": "gone"}], {1: "new;a"}),
        ("ended_unit", {}, [{"unit_code": "new", "submitted": "2023-10-31"}, {"unit_code": "new"}, {}], {0: "new"}),
        ("ended_unit", {}, [{"unit_code": "gone", "submitted": None}, {"submitted": None}], {0: "new;a"}),
        ("blank_code", {}, [{}, {"form_code": ""}, {"form_code": "s1"}, {"form_code": "zz", "submission": "zz"}], {1: "", 3: ""}),
        ("excluded_unit", {}, [{}, {"unit_code": "x"}], {1: "x"}),
        ("own_unit", {}, [MATRIX | {"own_unit": "b"}, MATRIX | {"own_unit": "b", "unit_code": "b"}], {1: "b"}),
        ("own_unit", {}, [{"own_unit": "a"}], {}),  # this questionnaire declares no such rule
        ("outside_fieldwork", {}, [{"submitted": "2023-09-30"}, {"submitted": "2023-12-16"}], {0: "", 1: ""}),
        ("outside_fieldwork", {}, [{"submitted": "2023-10-01"}, {"submitted": "2023-12-15T23:59:59"}, {"submitted": None}], {}),
        ("missing_identification", {}, [{}, {"identified": False}, {"form_code": ""}], {1: "", 2: ""}),
        ("left_out_by_tool", {}, [{}, {"state": "left_out", "state_text": "Status: 8"}, {"state": "review"}], {1: "Status: 8"}),
        ("unknown_option", {}, [{}, {"cells": {"q3": "unknown_option"}}, {"cells": {"q3": "several"}}], {1: "q3"}),
        ("not_shown", {}, [{}, {"cells": {"q3": "not_shown", "q4": "not_shown"}}, {"cells": {"q3": "several"}}], {1: "q3;q4"}),
        ("held_by_tool", {}, [{"state": "valid"}, {"state": "review", "state_text": "Finished: False"}], {1: "Finished: False"}),
        ("out_of_scale", {}, [{}, {"set": {"q2": OUT_OF_SCALE, "q9": OUT_OF_SCALE}}], {1: "q2;q9"}),
        ("out_of_scale", {"minimum_items": 2}, [{"set": {"q2": OUT_OF_SCALE}}], {}),
        ("out_of_scale", {}, [{"cells": {"q3": "out_of_scale"}}], {0: "q3"}),
        ("out_of_scale", {}, [{"cells": {"q3": "disagrees"}, "set": {"q3": OUT_OF_SCALE}}], {}),
        ("several_answers", {}, [{}, {"set": {"q4": SEVERAL}}, {"cells": {"s0": "several"}}], {1: "q4", 2: "s0"}),
        ("disagreeing_cell", {}, [{}, {"cells": {"q1": "disagrees", "q2": "several"}}], {1: "q1"}),
        # 14 questions, 2/3 of them are 9.33: five blanks leave nine
        ("too_few_answers", {}, [{"set": first(4, BLANK)}, {"set": first(5, BLANK)}], {1: ""}),
        ("too_few_answers", {"minimum_share": 0.5}, [{"set": first(7, BLANK)}], {}),
        ("too_few_answers", {}, [{"set": first(9, DONT_KNOW)}], {}),
        ("too_few_answers", {"dont_know_counts": False}, [{"set": first(9, DONT_KNOW)}], {0: ""}),
        ("too_few_answers", {}, [{"set": first(9, NOT_APPLICABLE)}], {}),
        ("too_few_answers", {"minimum_share": 1.0}, [{"set": {"s0": 1, "s1": BLANK}}, {"set": {"s1": BLANK}}], {1: ""}),
        ("too_few_answers", {"minimum_share": 0.1}, [MATRIX | {"unit_code": "", "set": BLANKS}], {0: ""}),
        # closed or left open by its filter, or said not to be known, a required question is not left blank
        ("missing_required", {}, [{"set": {"s1": BLANK}}, {"set": {"s0": 1, "s1": BLANK}}, {"set": {"s0": BLANK, "s1": BLANK}},
                                  {"set": {"s1": DONT_KNOW}}, {"set": {"q1": BLANK}}], {0: "s1"}),
        ("broken_skip", {}, [{}, {"set": {"s0": 1}}, {"set": {"s0": 1, "s1": BLANK}}, {"set": {"s0": BLANK}}], {1: "s1"}),
        ("straight_line", {}, [{}, {"set": FLAT}, {"set": FLAT | {"q5": 2}}, {"set": FLAT | {"q5": BLANK}}], {1: "", 3: ""}),
        ("straight_line", {"minimum_items": 14}, [{"set": FLAT}], {}),
        ("straight_line", {"share": 0.6}, [{"set": FLAT | {"q5": 2}}, {"set": FLAT | {"q7": 2}}], {0: ""}),
        ("near_duplicate", {}, [{}, {}, {"like": 0}], {0: "s2", 2: "s0"}),
        ("near_duplicate", {}, [{}, {"like": 0, "unit_code": "b"}], {}),
        ("near_duplicate", {"within": "questionnaire"}, [{}, {"like": 0, "unit_code": "b"}], {0: "s1", 1: "s0"}),
        ("near_duplicate", {"within": "interviewer"}, [{}, {"like": 0}], {}),  # no interviewer named: no pile to compare
        ("near_duplicate", {"within": "interviewer"}, [BY, BY | {"like": 0}], {0: "s1", 1: "s0"}),
        ("near_duplicate", {"modes": "different"}, [{}, {"like": 0}, {"like": 0, "mode": "online"}], {0: "s2", 1: "s2", 2: "s0"}),
        # 13 of 14 answers are equal: 0.929
        ("near_duplicate", {"share": 0.93}, [{}, {"like": 0, "set": {"q1": 4}}], {}),
        ("near_duplicate", {"share": 0.92}, [{}, {"like": 0, "set": {"q1": 4}}], {0: "s1", 1: "s0"}),
        ("near_duplicate", {"minimum_items": 15}, [{}, {"like": 0}], {}),
        ("near_duplicate", {}, [MATRIX, MATRIX | {"unit_code": "b", "like": 0}], {}),  # one rater, two units
        ("too_fast", {}, [{"seconds": 27.9}, {"seconds": 28.0}, {"seconds": float("nan")}], {0: ""}),
        ("too_fast", {"minimum_seconds": 60}, [{"seconds": 59.0}, {"seconds": 61.0}], {0: ""}),
        # the time is that of the whole matrix form: 2 × 12 answers need 48 seconds
        ("too_fast", {}, [MATRIX | {"seconds": 47.0}, MATRIX | {"unit_code": "b", "seconds": 47.0}], {0: "", 1: ""}),
        ("double_entry", {}, [FIRST, SECOND], {}),
        ("double_entry", {}, [FIRST, SECOND | {"set": {"q2": 0}}], {0: "q2"}),
        ("double_entry", {"minimum_items": 2}, [FIRST, SECOND | {"set": {"q2": 0}}], {}),
        ("copies_differ", {}, [{}, {"copy": "differs"}, {"copy": "sheet"}, {"copy": "copy"}], {1: ""}),
        ("copied_sheet", {}, [{}, {"copy": "differs"}, {"copy": "sheet"}], {2: ""}),
        ("one_per_person", {}, [ANNA, {"email": 2}, ANNA, {}, {}], {0: "s2", 2: "s0"}),
        ("one_per_person", {"keep": "last"}, [ANNA, ANNA | {"submitted": "2023-11-02"}, ANNA], {0: "s1", 2: "s1"}),
        ("one_per_person", {"keep": "first"}, [ANNA, ANNA | {"submitted": "2023-11-02"}], {1: "s0"}),
        ("one_per_person", {"keep": "first"}, [ANNA, ANNA | {"submitted": None}], {0: "s1", 1: "s0"}),  # no time tells
        ("one_per_person", {"within": "unit"}, [ANNA, ANNA | {"unit_code": "b"}], {}),
        ("one_per_person", {}, [ANNA, MATRIX | ANNA | {"form": 7}], {}),  # one form of each questionnaire
        ("one_per_person", {"within": "study"}, [ANNA, *[MATRIX | ANNA | {"form": 7}] * 2], {0: "w0", 1: "s0", 2: "s0"}),
        ("one_per_person", {"fields": ("email",)}, [MATRIX | ANNA, MATRIX | ANNA | {"unit_code": "b"}], {}),  # one form
    ],
)  # fmt: skip
def test_finds(
    name: str,
    params: Row,
    forms: list[Row],
    expected: Broken,
) -> None:
    assert find(name, params, forms) == expected


def test_every_rule_is_tested_and_named_in_both_languages() -> None:
    marks = test_finds.pytestmark  # type: ignore[attr-defined]
    tested = {case[0] for case in marks[0].args[1]}
    assert tested == set(RULES)
    assert all(wording()[f"rule_label.{name}"].keys() == {"vi", "en"} for name in RULES)


def test_a_matrix_entered_twice_needs_the_same_units() -> None:
    second = {"entry": "second", "form": 5}
    forms = [
        MATRIX,
        MATRIX | {"unit_code": "b", "like": 0},
        MATRIX | second | {"like": 0},
        MATRIX | second | {"unit_code": "x"},
    ]
    # row 2 is the second entry of row 0; unit b was entered once, unit x only in the second entry (evidence rows 0, 1, 3)
    assert find("double_entry", {}, forms) == {1: "", 2: ""}


def test_without_a_list_of_issued_forms_no_code_is_unknown() -> None:
    rule = Rule("unknown_code", "flag")
    evidence = gather(make_study(rule, issued=()), make_returns({"form_code": "zz"}))
    assert broken_rules([rule], evidence).empty


def test_a_rule_for_some_questionnaires_leaves_the_others_alone() -> None:
    rule = Rule("straight_line", "flag", questionnaires=("wide",))
    evidence = gather(make_study(rule), make_returns({"set": FLAT}, MATRIX | {"set": FLAT | {"s1": -5}}))
    assert broken_rules([rule], evidence)["row"].tolist() == [1]


def test_the_order_of_rows_changes_nothing() -> None:
    rules = [Rule(name, "flag") for name in RULES]
    forms = [{"form_code": f"s{k}", "like": k % 5, "form": k, "set": {"q1": k % 5}} for k in range(10)]
    order = np.random.default_rng(1).permutation(len(forms))
    forward = broken_rules(rules, gather(make_study(), make_returns(*forms)))
    shuffled = broken_rules(rules, gather(make_study(), make_returns(*(forms[k] for k in order))))
    found = {(row, rule) for row, rule in zip(forward["row"], forward["rule"], strict=True)}
    again = {(int(order[row]), rule) for row, rule in zip(shuffled["row"], shuffled["rule"], strict=True)}
    assert found == again != set()


@pytest.mark.parametrize(
    ("rule", "params", "code"),
    [
        ("strait_line", (), "validity.unknown_rule"),
        ("straight_line", (("minimum_item", 3),), "validity.unknown_parameter"),
        ("straight_line", (("share", 1.5),), "validity.parameter_range"),
        ("straight_line", (("minimum_items", 2.5),), "validity.parameter_range"),
        ("straight_line", (("minimum_items", True),), "validity.parameter_range"),
        ("too_fast", (("minimum_seconds", float("nan")),), "validity.parameter_range"),
        ("near_duplicate", (("within", "house"),), "validity.parameter_range"),
        ("wrong_questionnaire", (("unit", 1),), "validity.parameter_range"),
    ],
)
def test_names_a_parameter_that_cannot_be(
    rule: str, params: tuple[tuple[str, object], ...], code: str
) -> None:
    (problem,) = faulty_parameters([Rule(rule, "reject", params)], "study.toml")
    assert problem.code == code
    assert dict(problem.params)["rule"] == rule
    assert all(problem.text(language) for language in ("vi", "en"))


def test_accepts_every_default() -> None:
    assert (
        faulty_parameters(Rule(r.name, "flag", tuple(r.defaults.items())) for r in VALIDITY_RULES.values())
        == ()
    )
