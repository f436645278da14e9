"""The rounds of which reports are made are what they say."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import surveys as sv
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.rounds import HIDDEN, SUPPRESSED, Hard, written


def units(folder: Path) -> list[dict[str, str]]:
    with (folder / "council" / "units.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_two_units_share_a_rank(results: Results) -> None:
    assert [row["rank"] for row in units(results("tied"))] == ["1", "2", "2", "4"]


@pytest.mark.parametrize(
    ("key", "ranked"), [("incomplete", "146"), ("lonely", "1"), ("one", "1"), ("renormalised", "1234")]
)
def test_who_has_a_result(results: Results, key: str, ranked: str) -> None:
    assert [row["unit_code"] for row in units(results(key)) if row["rank"]] == [f"u000{k}" for k in ranked]


@pytest.mark.parametrize("hard", [HIDDEN, SUPPRESSED])
def test_a_round_without_a_single_result_is_not_written(tmp_path: Path, hard: Hard) -> None:
    with pytest.raises(sv.SurveyError) as told:
        written(tmp_path, hard)
    assert [problem.code for problem in told.value.problems] == ["handover.no_values"]
