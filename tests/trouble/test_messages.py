"""Where scoring stops, everything that reading noticed is told, since it may explain why."""

from __future__ import annotations

from pathlib import Path

import pytest

import surveys as sv
from surveys.cli import main
from tests.trouble.trial import FIELDS, HEADINGS, table, told, trial

DAY = "2025-10-05 08:00:00"


def rows(answer: object, unit: str = "Xã An Bình") -> list[tuple[object, ...]]:
    return [(f"P{k}", unit, DAY, answer, answer, 4) for k in range(1, 5)]


@pytest.mark.parametrize("answer", ["NA", "#N/A", "?", "NULL"])
def test_cells_that_are_no_answer_are_named_when_no_form_is_valid(answer: str, tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table(rows(answer))})
    with pytest.raises(sv.SurveyError) as stopped:
        sv.load(path).score()
    codes = [problem.code for problem in stopped.value.problems]
    assert "sampling.no_valid_form" in codes
    assert {problem.column for problem in stopped.value.problems if problem.file} >= set(HEADINGS[3:5])


def test_spellings_of_units_explain_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = trial(tmp_path / "s", {"r.csv": table(rows(4, "Xã An Bìn"))})
    assert main(["score", str(path), "--out", str(tmp_path / "out"), "--lang", "en"]) == 1
    assert "no valid form" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert len(sv.load(path).screen().returns.proposals) > 0


def test_a_decimal_comma_in_the_time_taken_is_told_beside_the_scores(tmp_path: Path) -> None:
    taken = '\n[[fields]]\ncode = "giay"\nrole = "seconds"\nheaders = ["Số giây"]\nlabel_vi = "Số giây"\nlabel_en = "Seconds"\n'
    said = [(*row, seconds) for row, seconds in zip(rows(4), ("61,5", "chưa rõ", "70", "80"), strict=True)]
    path = trial(tmp_path, {"r.csv": table(said, (*HEADINGS, "Số giây"))}, parts={"fields": FIELDS + taken})
    (unknown,) = told(path, "returns.number_unknown")
    assert (unknown.file, unknown.row, unknown.column) == ("r.csv", 3, "Số giây")
