"""Numbers and codes in the tables of a study: read by one rule for the file and told, or refused with both readings."""

from __future__ import annotations

from pathlib import Path

import pytest

import surveys as sv
from tests.trouble.trial import table, trial

ROWS = [
    ("P1", "Xã An Bình", "2025-10-05 08:00:00", 4, 4, 3),
    ("P2", "Phường Hòa Thuận", "2025-10-06 08:00:00", 5, 3, 2),
    ("P3", "Xã Long Mỹ", "2025-10-07 08:00:00", 2, 5, 4),
]
RETURNS = '[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\n'
UNITS_IN_ORDER = ("an-binh", "hoa-thuan", "long-my")


def study(
    folder: Path, name: str, text: str, parts: dict[str, str] | None = None, between: str = ","
) -> Path:
    """A study with one more table, weighted by its populations where these are the table."""
    path = trial(
        folder,
        {"r.csv": table(ROWS), f"{name}.csv": text},
        RETURNS,
        f'[files]\n{name} = "{name}.csv"\n',
        parts=parts,
    )
    if name == "frames":
        toml = path / "study.toml"
        toml.write_text(toml.read_text("utf-8").replace('base = "equal"', 'base = "frame"'), "utf-8")
    return path


def frames(populations: tuple[str, ...], between: str = ",", quote: str = "") -> str:
    lines = [between.join(("block", "unit", "group", "population"))]
    for unit, number in zip(UNITS_IN_ORDER, populations, strict=True):
        lines.append(between.join(("xa", unit, "dan", f"{quote}{number}{quote}")))
    return "\n".join(lines) + "\n"


def populations(path: Path) -> list[float]:
    return [frame.population for frame in sv.load(path).definition.frames]


def found(path: Path, code: str) -> list[sv.Problem]:
    return [problem for problem in sv.check(path) if problem.code == code]


# --- one decimal mark for a file --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "quote", "expected"),
    [
        (("12500", "9750", "950"), "", [12500, 9750, 950]),
        (("1 234", "9 750", "12 500"), "", [1234, 9750, 12500]),
        (("1\u00a0234", "950", "12\u202f500"), "", [1234, 950, 12500]),
        (("1\u2009234", "950", "1"), "", [1234, 950, 1]),
        (("12'500", "9’750", "950"), "", [12500, 9750, 950]),
        (("1.234.567", "12.500", "950"), "", [1234567, 12500, 950]),
        (("1,234,567", "12,500", "950"), '"', [1234567, 12500, 950]),
        (("12.500,5", "9.750", "950"), '"', [12500.5, 9750, 950]),
        (("12,500.5", "9,750", "950"), '"', [12500.5, 9750, 950]),
        (("12.5", "9.750", "950.25"), "", [12.5, 9.75, 950.25]),  # the column shows decimals
        (("12500.0", "9750.0", "950.0"), "", [12500, 9750, 950]),
        (("1.25e4", "9750", "950"), "", [12500, 9750, 950]),
    ],
)
def test_populations_are_read_as_a_careful_person_would(
    written: tuple[str, ...], quote: str, expected: list[float], tmp_path: Path
) -> None:
    path = study(tmp_path, "frames", frames(written, quote=quote))
    assert populations(path) == expected
    grouped = any(
        len(text) > 4 and not text.replace(".", "", 1).replace("e", "").isdecimal() for text in written
    )
    assert len(found(path, "table.grouped_numbers")) == grouped


@pytest.mark.parametrize(
    ("written", "between"),
    [
        (("12.500", "9.750", "950"), ","),
        (("12.500", "9.750", "950"), ";"),
        (("12,500", "9,750", "950"), ";"),
        (("12.500", "3.0", "950"), ","),  # a program that writes 3.0 writes no 12.500, a person may
    ],
)
def test_counts_that_may_be_two_numbers_are_refused_with_both(
    written: tuple[str, ...], between: str, tmp_path: Path
) -> None:
    path = study(tmp_path, "frames", frames(written, between))
    first = found(path, "table.ambiguous_number")[0]
    assert (first.file, first.row, first.column, first.severity) == ("frames.csv", 2, "population", "error")
    assert dict(first.params)["readings"] == "12500, 12.500"
    with pytest.raises(sv.SurveyError):
        sv.load(path)
    assert not found(path, "record.missing")


def test_what_proves_the_reading_is_said(tmp_path: Path) -> None:
    (told,) = found(
        study(tmp_path, "frames", frames(("12.500", "1.234.567", "950"))), "table.grouped_numbers"
    )
    assert (told.file, told.row, told.severity) == ("frames.csv", 2, "warning")
    assert dict(told.params) == {"value": "12.500", "number": "12500", "cells": "2", "proof": "1.234.567"}


def test_a_decimal_comma_among_semicolons_settles_the_thousands(tmp_path: Path) -> None:
    path = study(tmp_path, "frames", frames(("12.500", "950,5", "1"), ";"))
    assert populations(path) == [12500, 950.5, 1]


def test_two_decimal_marks_in_one_file_are_refused(tmp_path: Path) -> None:
    path = study(tmp_path, "frames", frames(("12.5", "1.234.567", "950")))
    (told,) = found(path, "table.mixed_numbers")
    assert (told.row, dict(told.params)) == (3, {"value": "1.234.567", "other": "12.5", "first": "2"})


def externals(score: str, n: str, se: str = "", between: str = ",") -> str:
    head = between.join(("block", "unit", "node", "group", "score", "se", "n", "document"))
    return f"{head}\n{between.join(('xa', 'an-binh', '2', '', score, se, n, 'Báo cáo'))}\n"


@pytest.mark.parametrize(
    ("score", "n", "between", "expected"),
    [
        ("0.83", "1200", ",", (0.83, 1200)),
        ("0,83", "1.200", ";", (0.83, 1200)),
        ("0.83", '"1,200"', ",", (0.83, 1200)),
        ("0.125", "1200", ",", (0.125, 1200)),  # no group begins with 0
        (".5", "300", ",", (0.5, 300)),
    ],
)
def test_shares_and_counts_of_one_table_agree_about_the_mark(
    score: str, n: str, between: str, expected: tuple[float, float], tmp_path: Path
) -> None:
    path = study(tmp_path, "externals", externals(score, n, between=between))
    (external,) = sv.load(path).definition.externals
    assert (external.score, external.n) == expected


def test_a_count_that_contradicts_the_shares_beside_it_is_refused(tmp_path: Path) -> None:
    """0.83 has a decimal point; 1.200 forms would be one form and a fifth."""
    (told,) = found(study(tmp_path, "externals", externals("0.83", "1.200")), "table.ambiguous_number")
    assert told.column == "n"


def test_points_of_definitions_may_have_three_decimals(tmp_path: Path) -> None:
    """In a table with commas a point divides decimals, but for counts."""
    text = "block,unit,node,final\nxa,an-binh,3,1.250\n"
    tree = (
        "code,parent,level,rule,measured_by,weight,max_points,groups,label_vi,label_en,source\n"
        "0,,index,sum,total,1,4,,Chỉ số,Index,tu-dat\n1,0,part,mean,survey,1,1,dan,Tiếp nhận,Reception,tu-dat\n"
        "2,0,part,mean,survey,1,1.000,dan,Trả kết quả,Results,tu-dat\n3,0,part,,assessment,1,2,,Khác,Other,tu-dat\n"
    )
    path = study(tmp_path, "assessments", text, {"tree": tree})
    assert [a.final for a in sv.load(path).definition.assessments] == [1.25]


def test_the_reading_does_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    first = populations(study(tmp_path / "a", "frames", frames(("12.500", "1.234.567", "950"))))
    other = populations(study(tmp_path / "b", "frames", frames(("950", "12.500", "1.234.567"))))
    assert sorted(first) == sorted(other)


@pytest.mark.parametrize("text", ["12.50.0", "1,23,4", "12 50", "mười", "--3", "1..2", "12.5.0"])
def test_what_is_no_number_is_named(text: str, tmp_path: Path) -> None:
    path = study(tmp_path, "frames", frames((text, "950", "1"), quote='"'))
    (told,) = found(path, "record.not_number")
    assert (told.row, told.column, dict(told.params)["value"]) == (2, "population", text)


# --- codes that a program took for numbers ----------------------------------------------------------------------------

NUMBERED = (
    "code,block,name_vi,name_en,aliases,valid_from,valid_to,successors\n"
    "1,xa,Xã An Bình,An Binh,,,,\n2,xa,Phường Hòa Thuận,Hoa Thuan,,,,\n3,xa,Xã Long Mỹ,Long My,,,,\n"
)


def numbered(*units: str) -> str:
    return "block,unit,group,population\n" + "".join(f"xa,{unit},dan,500\n" for unit in units)


def test_codes_written_as_numbers_are_the_codes_and_told(tmp_path: Path) -> None:
    path = study(tmp_path, "frames", numbered("1.0", "2.0", "3.0"), {"units": NUMBERED})
    assert [frame.unit for frame in sv.load(path).definition.frames] == ["1", "2", "3"]
    (told,) = found(path, "table.codes_as_numbers")
    assert (told.file, told.column, dict(told.params)) == (
        "frames.csv",
        "unit",
        {"value": "1.0", "meant": "1"},
    )


@pytest.mark.parametrize("units", [("1.0", "2.0", "4.0"), ("1.0", "2", "3.0"), ("1.5", "2.0", "3.0")])
def test_codes_that_are_not_all_such_numbers_are_refused(units: tuple[str, ...], tmp_path: Path) -> None:
    path = study(tmp_path, "frames", numbered(*units), {"units": NUMBERED})
    assert found(path, "reference.unit")
    assert not found(path, "table.codes_as_numbers")


def test_a_code_with_a_point_of_its_own_stays(tmp_path: Path) -> None:
    units = NUMBERED.replace("\n1,", "\n1.0,").replace("\n2,", "\n2.0,").replace("\n3,", "\n3.0,")
    path = study(tmp_path, "frames", numbered("1.0", "2.0", "3.0"), {"units": units})
    assert [frame.unit for frame in sv.load(path).definition.frames] == ["1.0", "2.0", "3.0"]
    assert not found(path, "table.codes_as_numbers")


def test_nodes_and_parents_written_as_numbers(tmp_path: Path) -> None:
    """pandas writes a column of whole numbers with a gap as 0.0, 1.0: the parents of a tree, whose root has none."""
    parts = {
        "tree": "code,parent,level,rule,measured_by,weight,max_points,groups,label_vi,label_en,source\n"
        "0,,index,sum,total,1.0,2.0,,Chỉ số,Index,tu-dat\n1,0.0,part,mean,survey,1.0,1.0,dan,A,A,tu-dat\n"
        "2,0.0,part,mean,survey,1.0,1.0,dan,B,B,tu-dat\n",
        "items": "code,node,questionnaires,scale,reverse,weight,text_vi,text_en,aliases,source\n"
        "A1,1.0,p1,hl,0.0,1.0,Cán bộ tiếp đón lịch sự,Polite,,tu-dat\n"
        "A2,1.0,p1,hl,0.0,1.0,Cán bộ hướng dẫn dễ hiểu,Clear,,tu-dat\n"
        "B1,2.0,p1,hl,1.0,1.0,Hồ sơ được trả đúng hẹn,In time,,tu-dat\n",
    }
    path = trial(tmp_path, {"r.csv": table(ROWS)}, parts=parts)
    instrument = sv.load(path).instrument
    assert [node.parent for node in instrument.nodes] == ["", "0", "0"]
    assert [(item.node, item.reverse) for item in instrument.items] == [
        ("1", False),
        ("1", False),
        ("2", True),
    ]
    assert {p.column for p in found(path, "table.codes_as_numbers")} == {"parent", "node"}


def test_codes_of_nodes_in_the_results_of_another_survey(tmp_path: Path) -> None:
    path = study(tmp_path, "externals", externals("0.83", "300").replace(",2,", ",2.0,"))
    assert [external.node for external in sv.load(path).definition.externals] == ["2"]
