"""5,820 real evaluations of courses: more than half the students gave one answer to all 28 items."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from surveys.definitions.instrument.records import (
    Block,
    Field,
    Group,
    Instrument,
    Item,
    Level,
    Node,
    Questionnaire,
    Rule,
    Scale,
    Unit,
)
from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.returns.reading import read_returns
from surveys.validity.screening import screen
from tests.real.real_files import real_file

NAME = "turkiye-student-evaluation_generic.csv"
FIRST_ITEM = 5  # columns before the items: instructor, course, repeat, attendance, difficulty


@pytest.fixture(scope="module")
def lines() -> list[list[str]]:
    with real_file(NAME).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def study(lines) -> StudyDefinition:
    scale = Scale(
        "s", tuple(Level(str(k), ((k - 1) / 4,), f"Mức {k}", f"Level {k}", k >= 4) for k in range(1, 6))
    )
    items = tuple(
        Item(f"Q{k + 1}", "0", "s", ("q",), text, text) for k, text in enumerate(lines[0][FIRST_ITEM:])
    )
    units = tuple(Unit(str(k), "gv", f"Instructor {k}") for k in (1, 2, 3))
    instrument = Instrument(
        "turkiye", "2013", "Đánh giá môn học", "Course evaluation", (Block("gv", "Giảng viên", "Instructors"),),
        (Group("students", "Sinh viên", "Students"),), (Questionnaire("q", "gv", "students", "Phiếu", "Form"),), (scale,),
        (Node("0", "", "unit", "mean", "Điểm", "Score", "survey", groups=(("students", 1.0),)),), items, units,
        (Field("unit", "unit", ("instcode",)), Field("course", "cluster", ("course code",))), (), (),
    )  # fmt: skip
    rules = (Rule("straight_line", "reject", (("minimum_items", 10),)),)
    return StudyDefinition(
        "turkiye",
        "t",
        "t",
        instrument,
        real_file(NAME).parent,
        units,
        returns=(ReturnFile(NAME, "q"),),
        rules=rules,
    )


def test_every_answer_is_read(study, lines):
    read = read_returns(study)
    given = np.array(lines[1:], dtype=int)
    assert len(read) == len(given) == 5820
    assert (read.answers == given[:, FIRST_ITEM:] - 1).all()
    assert read.rows["unit_code"].tolist() == [str(k) for k in given[:, 0]]
    assert read.rows["course"].tolist() == [str(k) for k in given[:, 1]]


def test_the_straight_lined_forms_are_exactly_those_with_one_answer(study, lines):
    read = read_returns(study)
    rejected = screen(study, read).disposition == "rejected"
    constant = np.array([len(set(line[FIRST_ITEM:])) == 1 for line in lines[1:]])
    assert (rejected == constant).all()
    assert round(100 * rejected.mean(), 1) == 51.3
