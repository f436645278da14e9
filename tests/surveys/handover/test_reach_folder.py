"""The folder of what it takes: it verifies, the same bytes twice, and every number that is changed in it is found."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pytest

import surveys as sv
from surveys.cli import main
from surveys.handover.reach_folder import Asked, Reach, reach_of
from surveys.problems import wording
from tests.surveys.analysis.made_rounds import made_round
from tests.surveys.handover.forging import edit, reseal

POINTS = {"a": (1.4, 2.0, 1.7), "b": (1.2, 2.2, 1.4), "c": (0.9, 1.8, 1.2), "d": (0.8, 1.2, 1.0)}
SMALL = str(Path(__file__).parents[2] / "rounds" / "small")


def reached() -> Reach:
    return reach_of(made_round(POINTS), Asked("percent", "84"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "reach"
    reached().write(out)
    return out


def test_it_verifies_and_is_the_same_twice(folder: Path, tmp_path: Path) -> None:
    assert sv.verify(folder) == ()
    reached().write(tmp_path / "again")
    first, second = ({p.name: p.read_bytes() for p in f.iterdir()} for f in (folder, tmp_path / "again"))
    assert first == second
    assert {"reach.csv", "ways.csv", "detectable.csv", "reach.xlsx", "run.json"} <= first.keys()


def test_the_workbook_has_words_in_place_of_codes(folder: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO((folder / "reach.xlsx").read_bytes()))
    assert len(book.worksheets) == 4
    ways = [[cell.value for cell in row] for row in book.worksheets[2].iter_rows()]
    said = {value for row in ways for value in row if isinstance(value, str)}
    assert {"tỷ lệ %", "lên mức cao nhất", "cao nhất của khối"} <= said
    assert not {"percent", "upper_quarter", "best", "any"} & said


CHANGES = [
    ("reach.csv", "distance", "1.23", "verify.reach"),
    ("reach.csv", "ways", "1", "verify.reach"),
    ("reach.csv", "status", "out_of_reach", "verify.reach_status"),
    ("ways.csv", "gain", "0.0001", "verify.reach"),
    ("ways.csv", "step", "7", "verify.reach"),
    ("ways.csv", "respondents", "21", "verify.reach"),
    ("ways.csv", "detectable_points", "0.0001", "verify.reach"),
    ("ways.csv", "larger_than_noise", "", "verify.reach_noise"),
    ("ways.csv", "gain_percent", "0.01", "verify.reach_short"),
    ("detectable.csv", "detectable_percent", "0.10", "verify.reach"),
]


@pytest.mark.parametrize(("table", "column", "value", "code"), CHANGES, ids=lambda value: str(value))
def test_what_is_changed_is_found(folder: Path, table: str, column: str, value: str, code: str) -> None:
    edit(folder / table, lambda rows: next(r for r in rows if r["unit_code"] == "c").update({column: value}))
    reseal(folder)
    assert code in {problem.code for problem in sv.verify(folder)}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "reach.no_target"),
        (["--rank", "1", "--top", "1"], "reach.several"),
        (["--rank", "1.5"], "reach.not_whole"),
        (["--percent", "101"], "reach.not_a_number"),
        (["--class", "tot"], "reach.no_classes"),
        (["--top", "1", "--unit", "p7"], "reach.unknown_unit"),
    ],
    ids=lambda value: str(value),
)
def test_what_cannot_be_reached_is_told(
    arguments: list[str], code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "500")
    assert main(["reach", SMALL, *arguments]) == 1
    fixed = max(re.split(r"[{}⟦⟧]", wording()[code]["vi"]), key=len)
    assert fixed in capsys.readouterr().err


def test_an_unknown_measure_or_class_is_told() -> None:
    for measure, target, code in (
        ("procent", 80, "reach.unknown_measure"),
        ("class", "top", "reach.unknown_class"),
    ):
        with pytest.raises(sv.SurveyError) as stopped:
            reach_of(made_round(POINTS), Asked(measure, target))
        assert [problem.code for problem in stopped.value.problems] == [code]
