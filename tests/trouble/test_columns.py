"""Columns: a question in several of them, names that only look like an item, labels of other questions, rows of other rounds."""

from __future__ import annotations

from pathlib import Path

import pytest

import surveys as sv
from tests.trouble.trial import A1, A2, B1, HEADINGS, forms, reasons, score_of, table, told, trial

BRANCHES = (*HEADINGS, *HEADINGS[3:])
SPREAD = [
    ("P1", "Xã An Bình", "2025-10-05", "Hài lòng", 5, 3, "", "", ""),
    ("P2", "Xã Long Mỹ", "2025-10-06", "", "", "", "Rất hài lòng", 4, 1),
]
BY_KEY = """
[[returns]]
path = "r.csv"
questionnaire = "p1"
[returns.columns]
A1 = ["#D", "#G"]
A2 = ["#E", "#H"]
B1 = ["#F", "#I"]
"""
BY_MAPPING = '\n[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\nmapping = "m.csv"\n'
MAPPED = table(
    [(letter, heading, "item", item, "x") for letter, heading, item in zip(
        "DEFGHI", BRANCHES[3:], ("A1", "A2", "B1") * 2, strict=True
    )],
    ("column", "heading", "kind", "target", "decision"),
)  # fmt: skip


@pytest.mark.parametrize("returns", [BY_KEY, BY_MAPPING])
def test_the_first_filled_column_of_a_question_is_its_answer(tmp_path: Path, returns: str) -> None:
    path = trial(tmp_path, {"r.csv": table(SPREAD, BRANCHES), "m.csv": MAPPED}, returns)
    result = sv.load(path).score()
    assert score_of(result, "an-binh", "1") == (0.75 + 1) / 2
    assert score_of(result, "long-my", "1") == (1 + 0.75) / 2
    assert score_of(result, "long-my", "2") == 0.0
    assert [warning.code for warning in result.warnings if "column" in warning.code] == []


def test_one_question_in_two_columns_is_refused_with_the_key_that_settles_it(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table(SPREAD, BRANCHES)})
    twice = told(path, "returns.column_twice")
    assert [dict(p.params)["key"] for p in twice] == ['"#D", "#G"', '"#E", "#H"', '"#F", "#I"']
    assert {p.file for p in twice} == {"r.csv"}


@pytest.mark.parametrize("returns", [BY_KEY, BY_MAPPING])
def test_two_filled_columns_that_differ_are_a_fault_of_the_cell(tmp_path: Path, returns: str) -> None:
    rows = [(*SPREAD[0][:6], "Không hài lòng", 5, ""), SPREAD[1]]
    path = trial(tmp_path, {"r.csv": table(rows, BRANCHES), "m.csv": MAPPED}, returns)
    (problem,) = told(path, "returns.columns_disagree")
    assert (problem.file, problem.row, problem.column) == ("r.csv", 2, f"{A1} (D, G)")
    assert dict(problem.params)["text"] == "Hài lòng ≠ Không hài lòng"
    assert forms(path) == {("r.csv", 2): "review", ("r.csv", 3): "valid"}
    assert reasons(path, 2) == {"several_answers"}


def test_one_answer_written_in_two_ways_does_not_differ(tmp_path: Path) -> None:
    rows = [(*SPREAD[0][:6], 4, "Very satisfied", "3 - Bình thường")]
    path = trial(tmp_path, {"r.csv": table(rows, BRANCHES)}, BY_KEY)
    assert told(path, "returns.columns_disagree") == []
    assert score_of(sv.load(path).score(), "an-binh", "1") == (0.75 + 1) / 2


def test_a_unit_asked_in_each_district_is_read_from_the_first_filled(tmp_path: Path) -> None:
    headings = ("Mã phiếu", "Xã của huyện Đông", "Xã của huyện Tây", "Ngày trả lời", A1, A2, B1)
    rows = [
        ("P1", "Xã An Bình", "", "2025-10-05", 4, 5, 3),
        ("P2", "", "Xã Long Mỹ", "2025-10-05", 4, 5, 3),
        ("P3", "Xã An Bình", "an-binh", "2025-10-05", 2, 1, 3),
        ("P4", "Xã An Bình", "Xã Long Mỹ", "2025-10-05", 1, 1, 1),
    ]
    columns = '[returns.columns]\ndv = ["Xã của huyện Đông", "Xã của huyện Tây"]\n'
    path = trial(tmp_path, {"r.csv": table(rows, headings)}, f'[[returns]]\npath = "r.csv"\n{columns}')
    assert forms(path) == {("r.csv", row): "valid" for row in (2, 3, 4)} | {("r.csv", 5): "review"}
    assert [(p.row, p.column) for p in told(path, "returns.columns_disagree")] == [
        (5, "Xã của huyện Đông; Xã của huyện Tây")
    ]
    assert score_of(sv.load(path).score(), "long-my", "2") == 0.5


def test_a_heading_of_the_key_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table(SPREAD, BRANCHES)}, BY_KEY.replace('"#I"', '"Câu 9"'))
    assert [dict(p.params)["heading"] for p in told(path, "returns.assigned_missing")] == ["Câu 9"]


def test_columns_that_are_not_read_are_told_in_one_line(tmp_path: Path) -> None:
    others = [f"Câu phụ số {k}" for k in range(40)]
    path = trial(tmp_path, {"r.csv": table([(*SPREAD[0][:6], *range(1, 41))], (*HEADINGS, *others))})
    (problem,) = told(path, "returns.columns_ignored")
    assert dict(problem.params)["columns"] == "40"
    assert dict(problem.params)["headings"].startswith("Câu phụ số 0; Câu phụ số 1; ")


def test_a_column_like_an_item_without_one_is_told_by_itself(tmp_path: Path) -> None:
    headings = (*HEADINGS[:3], "Cán bộ tiếp đón khá lịch sự", A2, B1, "Ghi chú")
    path = trial(tmp_path, {"r.csv": table([(*SPREAD[0][:6], "")], headings)})
    assert [(p.column, dict(p.params)["item"]) for p in told(path, "returns.column_ignored")] == [
        ("Cán bộ tiếp đón khá lịch sự", A1)
    ]
    assert [dict(p.params)["item"] for p in told(path, "returns.item_missing")] == ["A1"]
