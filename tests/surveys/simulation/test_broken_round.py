"""data-sample/broken: every fault is named with its place, all at once, and nothing else is."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from surveys.definitions.check import check
from surveys.definitions.study.reading import load_study
from surveys.problems import Problem, SurveyError
from surveys.returns.reading import read_returns
from surveys.sampling.samples import draw_samples
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen

BROKEN = Path(__file__).parents[3] / "data-sample" / "broken"
with (BROKEN / "expected-problems.csv").open(encoding="utf-8", newline="") as lines:
    EXPECTED = list(csv.DictReader(lines))
ROUNDS = sorted({line["round"] for line in EXPECTED})


def problems_of(path: Path) -> tuple[Problem, ...]:
    """What a user is told: the faults of the definitions, or those of the first later stage that cannot go on."""
    found = check(path)
    if any(problem.severity == "error" for problem in found):
        return found
    study = load_study(path)
    try:
        returns = read_returns(study)
        found += returns.warnings
        draw_samples(ScreenedRound(study, returns, screen(study, returns)))
    except SurveyError as stopped:
        return (*found, *stopped.problems)
    raise AssertionError(f"{path} can be weighted")


def line_of(problem: Problem) -> tuple[str, ...]:
    row = "" if problem.row is None else str(problem.row)
    return (problem.code, problem.severity, problem.file, row, problem.column)


@pytest.mark.parametrize("name", ROUNDS)
def test_names_every_fault_and_its_place(name: str) -> None:
    expected = sorted(tuple(line.values())[1:] for line in EXPECTED if line["round"] == name)
    assert sorted(line_of(problem) for problem in problems_of(BROKEN / name)) == expected


@pytest.mark.parametrize("name", ROUNDS)
def test_every_message_reads_in_both_languages(name: str) -> None:
    for problem in problems_of(BROKEN / name):
        vietnamese, english = problem.text("vi"), problem.text("en")
        assert vietnamese != english
        assert "{" not in vietnamese + english


def test_the_round_is_broken_in_many_ways() -> None:
    assert len({line["code"] for line in EXPECTED}) >= 80


def test_reading_changes_no_file() -> None:
    before = {path: path.read_bytes() for path in BROKEN.rglob("*") if path.is_file()}
    for name in ROUNDS:
        problems_of(BROKEN / name)
    assert before == {path: path.read_bytes() for path in BROKEN.rglob("*") if path.is_file()}
