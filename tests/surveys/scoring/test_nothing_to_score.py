"""A study to which nothing came back yet has nothing to score, and says so; what came first is weighed as ever."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import surveys as sv

FIRST = Path(__file__).parents[3] / "data-sample" / "first-survey"


def test_a_study_without_returns_is_told_what_comes_next(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FIRST, tmp_path / "study"))
    text = (folder / "study.toml").read_text("utf-8")
    without = re.sub(r"\[\[returns\]\]\n(?:.+\n)+", "", text)
    assert without != text
    (folder / "study.toml").write_text(without, "utf-8")
    study = sv.load(folder)
    with pytest.raises(sv.SurveyError) as told:
        study.score()
    (problem,) = (found for found in told.value.problems if found.severity == "error")
    assert (problem.code, problem.file, problem.column) == ("score.no_block", "study.toml", "returns")
    assert "surveys add" in problem.text("vi")
    assert len(study.screen().forms) == 0
