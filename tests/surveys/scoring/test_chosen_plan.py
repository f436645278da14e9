"""A study may choose another numerator or aggregation than its instrument."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from surveys.definitions.study.reading import load_study
from surveys.problems import SurveyError

ROUND = Path(__file__).parents[2] / "rounds" / "small"


def with_scoring(folder: Path, lines: str) -> Path:
    shutil.copytree(ROUND, folder / "round")
    toml = folder / "round" / "study.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + f"\n[scoring]\n{lines}\n", encoding="utf-8")
    return toml


def test_the_study_chooses(tmp_path: Path) -> None:
    plan = load_study(with_scoring(tmp_path, 'numerator = "satisfied"')).instrument.scoring
    assert (plan.numerator, plan.ladder, plan.rule) == ("satisfied", "", "")


def test_unknown_aggregation_is_named(tmp_path: Path) -> None:
    with pytest.raises(SurveyError) as failure:
        load_study(with_scoring(tmp_path, 'rule = "mean_of_item"'))
    (problem,) = failure.value.problems
    assert (problem.code, problem.column) == ("tree.rule", "scoring.rule")
    assert dict(problem.params)["nearest"] == "mean_of_items"
