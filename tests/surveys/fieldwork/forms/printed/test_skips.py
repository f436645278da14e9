"""Who follows the words on the paper answers the questions that the definitions ask, and no others."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

import pytest

from surveys.definitions.instrument.shelf import shipped
from surveys.fieldwork.forms.form_content import FormCondition, FormOption, FormQuestion, form_content
from surveys.fieldwork.forms.printed.skips import condition_notes, jumps
from tests.surveys.fieldwork.forms.printed.paper import study_of

YES, NO, UNSURE = (
    FormOption("1", "Yes", "level"),
    FormOption("2", "No", "level"),
    FormOption("9", "Don't know", "dont_know"),
)
GOES = re.compile(r"(If you chose|Unless you chose) (.*), go on to (?:question (\d+)|the end of the form)[.]")
ONLY = re.compile(
    r"Question ([\d–, ]+): only if you chose (.*) in question (\d+)(?:; otherwise .* (\d+))?[.]"
)


def question(number: int, after: int = 0, wanted: Sequence[FormOption] = (YES,)) -> FormQuestion:
    condition = FormCondition(after, f"Q{after}", tuple(wanted)) if after else None
    return FormQuestion(number, f"Q{number}", f"Question {number}?", (YES, NO, UNSURE), condition=condition)


def test_after_an_answer_that_leaves_questions_out() -> None:
    asked = [question(1), question(2, 1), question(3, 1), question(4)]
    assert jumps(asked, "en")[1] == ("If you chose “No” or “Don't know”, go on to question 4.",)
    assert jumps(asked, "vi")[1] == ("Nếu chọn “No” hoặc “Don't know”, chuyển đến câu 4.",)
    assert jumps(asked, "en")[2] == ()
    assert condition_notes(asked, "en") == {
        2: "Question 2–3: only if you chose “Yes” in question 1; otherwise go on to question 4."
    }


def test_to_the_end_when_nothing_follows() -> None:
    asked = [question(1), question(2, 1), question(3, 1)]
    assert jumps(asked, "vi")[1] == ("Nếu chọn “No” hoặc “Don't know”, chuyển đến phần cuối phiếu.",)
    assert condition_notes(asked, "vi") == {2: "Câu 2–3: chỉ trả lời nếu chọn “Yes” ở câu 1."}


def test_questions_for_those_who_were_not_asked_are_left_out_too() -> None:
    asked = [question(1), question(2, 1), question(3, 2, (NO,)), question(4)]
    assert jumps(asked, "en")[1] == ("If you chose “No” or “Don't know”, go on to question 4.",)
    assert jumps(asked, "en")[2] == ("If you chose “Yes” or “Don't know”, go on to question 4.",)


def test_different_answers_go_on_at_different_questions() -> None:
    asked = [question(1), question(2, 1), question(3, 1, (NO,)), question(4)]
    assert jumps(asked, "en")[1] == (
        "If you chose “No”, go on to question 3.",
        "If you chose “Don't know”, go on to question 4.",
    )


def test_questions_for_those_who_did_not_choose_an_option() -> None:
    papers, radio = FormOption("k1", "Papers", "item"), FormOption("k2", "Radio", "item")
    which = FormQuestion(1, "k1", "How do you get news?", (papers, radio), several=True)
    why = FormQuestion(
        2, "w", "Why no papers?", (YES, NO), condition=FormCondition(1, "k1", (papers,), chosen=False)
    )
    last = FormQuestion(3, "l", "Last?", (YES, NO))
    assert condition_notes([which, why, last], "en") == {
        2: "Question 2: only if you did not choose “Papers” in question 1; otherwise go on to question 3."
    }


@pytest.mark.parametrize("edition", shipped())
def test_the_paper_asks_what_the_definitions_ask(edition: str) -> None:
    study, chance = study_of(edition), random.Random(20)
    for questionnaire in study.instrument.questionnaires:
        asked = form_content(study, questionnaire.code, "en").questions
        going_on, notes = jumps(asked, "en"), condition_notes(asked, "en")
        for _ in range(20):
            answers = {q.number: chance.choice(q.options) for q in asked}
            assert walked(asked, answers, going_on, notes) == wanted(asked, answers)


def wanted(asked: Sequence[FormQuestion], answers: Mapping[int, FormOption]) -> list[int]:
    """The questions whose conditions hold, of those that are asked themselves."""
    found: list[int] = []
    for each in asked:
        condition = each.condition
        if condition is None or (
            condition.number in found and answers[condition.number] in condition.options
        ):
            found.append(each.number)
    return found


def walked(
    asked: Sequence[FormQuestion],
    answers: Mapping[int, FormOption],
    going_on: Mapping[int, Sequence[str]],
    notes: Mapping[int, str],
) -> list[int]:
    """The questions that somebody answers who goes from one to the next and does what the printed lines say."""
    found: list[int] = []
    at, last = 1, asked[-1].number
    while at <= last:
        if not may_answer(at, found, answers, notes):
            at += 1
            continue
        found.append(at)
        at = next_after(at, answers[at], going_on.get(at, ())) or last + 1
    return found


def may_answer(
    at: int, found: Sequence[int], answers: Mapping[int, FormOption], notes: Mapping[int, str]
) -> bool:
    for note in notes.values():
        told = ONLY.fullmatch(note)
        assert told
        first, _, end = told[1].partition("–")
        if int(first) <= at <= int(end or first):
            before = int(told[3])
            return before in found and f"“{answers[before].label}”" in told[2]
    return True


def next_after(at: int, answer: FormOption, lines: Sequence[str]) -> int:
    """The question to go on with; 0: the end of the form."""
    for line in lines:
        told = GOES.fullmatch(line)
        assert told
        if (f"“{answer.label}”" in told[2]) == (told[1] == "If you chose"):
            return int(told[3] or 0)
    return at + 1
