"""Returns that are wrong throughout: what is told stays short, what is kept is complete, a long cell is not looked through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import surveys as sv
from surveys.definitions.instrument.records import Level, Scale
from surveys.returns.answers.answer_options import AnswerOptions
from surveys.returns.headings.questions import LONGEST_HEADING, Vocabulary
from tests.campaigns.damaged.layouts import INSTRUMENT
from tests.trouble.trial import HEADINGS, table, told, trial

GOOD = "Hài lòng"
MANY = 300


def row(
    k: int, unit: str = "Xã An Bình", day: str = "2025-10-05 08:00:00", answer: str = GOOD
) -> tuple[str, ...]:
    return f"P{k}", unit, day, answer, GOOD, GOOD


def test_spellings_of_units_beyond_those_with_proposals_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("units.unit_register", "reading"):
        monkeypatch.setattr(f"surveys.returns.{place}.COMPARED", 10)
    path = trial(tmp_path, {"r.csv": table([row(k, f"Xã số {k}") for k in range(30)])})
    screened = sv.load(path).screen()
    (problem,) = (p for p in screened.warnings if p.code == "returns.proposals_bounded")
    assert dict(problem.params) == {"spellings": "30", "compared": "10"}
    assert screened.returns.proposals["text"].nunique() == 30


def test_times_that_cannot_be_read_are_told_up_to_a_bound(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table([row(k, day=f"ngày {k}") for k in range(MANY)])})
    assert len(told(path, "returns.time_unknown")) == 200
    (further,) = told(path, "returns.further")
    assert (further.row, dict(further.params)["text"]) == (202, "ngày 200")


def test_columns_like_an_item_are_told_up_to_a_bound_and_listed_beyond(tmp_path: Path) -> None:
    more = [f"Cán bộ tiếp đón lịch sự, câu {k}" for k in range(MANY)]
    heads = (*HEADINGS[:3], "Câu một", *HEADINGS[4:], *more)
    path = trial(tmp_path, {"r.csv": table([(*row(k), *more) for k in range(3)], heads)})
    assert len(told(path, "returns.column_ignored")) == 50
    (others,) = told(path, "returns.columns_ignored")
    assert dict(others.params)["columns"] == str(MANY + 1 - 50)


def test_a_long_text_is_no_answer_and_is_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one part of it is folded: a text of 100,000 words took a second for every cell."""
    options = AnswerOptions(
        Scale("hl", (Level("4", (0.75,), GOOD, "Satisfied"), Level("5", (1.0,), "Rất hài lòng", "Very")))
    )
    assert options.read(f"{GOOD}; {GOOD}").fault == ""
    asked: list[str] = []
    monkeypatch.setattr(AnswerOptions, "find", lambda self, text: asked.append(text))
    assert options.read("hài lòng; " * 10_000).fault == "out_of_scale"
    assert asked == []


def test_a_pattern_of_headings_is_not_tried_on_a_heading_longer_than_any() -> None:
    """``{item} x {unit} y`` on "x x x …": each x may part item and unit, so that the work grows with the square of the length."""
    text = INSTRUMENT.items[0].text_vi
    many = replace(INSTRUMENT.questionnaires[0], matrix=True)
    vocabulary = Vocabulary(replace(INSTRUMENT, questionnaires=(many,)), "q", header="{item} x {unit} y")
    assert [target.unit.strip() for target in vocabulary._matrix(f"{text} x Sở Nội vụ y")] == ["Sở Nội vụ"]
    assert vocabulary._matrix(f"{text} x {'x ' * LONGEST_HEADING}y") == ()
