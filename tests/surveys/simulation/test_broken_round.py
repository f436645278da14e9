"""data-sample/broken: every fault is named with its place, all at once, and nothing else is."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import surveys as sv
from surveys.problems import Problem

BROKEN = Path(__file__).parents[3] / "data-sample" / "broken"
with (BROKEN / "expected-problems.csv").open(encoding="utf-8", newline="") as lines:
    EXPECTED = list(csv.DictReader(lines))
ROUNDS = sorted({line["round"] for line in EXPECTED})


def line_of(problem: Problem) -> tuple[str, ...]:
    row = "" if problem.row is None else str(problem.row)
    return (problem.code, problem.severity, problem.file, row, problem.column)


@pytest.mark.parametrize("name", ROUNDS)
def test_names_every_fault_and_its_place(name: str) -> None:
    expected = sorted(tuple(line.values())[1:] for line in EXPECTED if line["round"] == name)
    assert sorted(line_of(problem) for problem in sv.check(BROKEN / name)) == expected


@pytest.mark.parametrize("name", ROUNDS)
def test_every_message_reads_in_both_languages(name: str) -> None:
    for problem in sv.check(BROKEN / name):
        vietnamese, english = problem.text("vi"), problem.text("en")
        assert vietnamese != english
        assert "{" not in vietnamese + english


def test_the_round_is_broken_in_many_ways() -> None:
    assert len({line["code"] for line in EXPECTED}) >= 80


def test_reading_changes_no_file() -> None:
    before = {path: path.read_bytes() for path in BROKEN.rglob("*") if path.is_file()}
    for name in ROUNDS:
        sv.check(BROKEN / name)
    assert before == {path: path.read_bytes() for path in BROKEN.rglob("*") if path.is_file()}
