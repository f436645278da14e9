"""An option that is called as one that is not chosen is written: what a cell says is told by the columns of the other options."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.surveys.fieldwork.xlsform_import.made_forms import taken
from tests.surveys.fieldwork.xlsform_import.test_read_back import read_as, study_of

SURVEY = "type | name | label\nselect_one dv | don_vi | Đơn vị\nselect_multiple k | q | Gặp khó khăn gì"
CHOICES = "list_name | name | label\ndv | a | Sở A\nk | co | Giấy tờ\nk | khong | Không\n"
ENGLISH = CHOICES.replace("khong | Không", "no | No")


def answers(folder: Path, choices: str, headings: list[str], *rows: list[str]) -> dict[str, int]:
    """What the first row of a file says of the options: the second is called no."""
    study_of(taken(SURVEY, choices), folder, "r.csv")
    with (folder / "r.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([headings, *rows])
    return read_as(folder)[1]


@pytest.mark.parametrize(("choices", "name"), [(CHOICES, "khong"), (ENGLISH, "no")])
@pytest.mark.parametrize("chosen", [["1", "0"], ["0", "1"], ["1", "1"]])
def test_kobo_writes_ones_and_noughts(tmp_path: Path, choices: str, name: str, chosen: list[str]) -> None:
    headings = ["don_vi", "q/co", f"q/{name}", "_id", "_uuid", "_submission_time", "_index"]
    row = ["a", *chosen, "1", "u1", "2025-10-05T02:05:00", "1"]
    assert list(answers(tmp_path, choices, headings, row).values()) == [int(text) for text in chosen]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (["Có", "Không"], ["Không", "Có"], [1, 0]),  # every cell says yes or no
        (["Có", "Không"], ["Có", "Không"], [1, 0]),
        (["Không", "Không"], ["Không", "Không"], [0, 0]),
        (["Giấy tờ", ""], ["", "Không"], [1, 0]),  # cells repeat what was chosen
        (["", "Không"], ["Giấy tờ", ""], [0, 1]),
        (["x", ""], ["", "x"], [1, 0]),
    ],
)
def test_tables_of_offices(tmp_path: Path, first: list[str], second: list[str], expected: list[int]) -> None:
    headings = ["Đơn vị", "Gặp khó khăn gì [Giấy tờ]", "Gặp khó khăn gì [Không]"]
    found = answers(tmp_path, CHOICES, headings, ["a", *first], ["a", *second])
    assert list(found.values()) == expected
