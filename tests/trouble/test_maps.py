"""Proposals for the columns of a file: what is called settled is what reading takes, and cells count as well as headings."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

import surveys as sv
from surveys.returns.mapping.mapping_file import write_mapping
from surveys.returns.mapping.mapping_proposal import propose_mapping
from tests.trouble.trial import A1, A2, B1, HEADINGS, ITEMS, forms, score_of, table, told, trial

FORM = ("P1", "Xã An Bình", "2025-10-05", 4, 5, 3)
OTHER = ("P2", "Xã Long Mỹ", "2025-10-06", 2, 1, 5)
BRANCHES = (*HEADINGS, *HEADINGS[3:])
MAPPED = '\n[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\nmapping = "m.csv"\n'


def proposed(path: Path, name: str = "r.csv") -> pd.DataFrame:
    return propose_mapping(path / name, sv.load(path).definition, "en")


def meant(path: Path, name: str = "r.csv") -> dict[str, tuple[str, str]]:
    """Column letter → target and decision."""
    found = proposed(path, name)
    said = found.loc[found["column"] != "", ["column", "target", "decision"]].values.tolist()
    return {column: (target, decision) for column, target, decision in said}


def accepted(path: Path, mapping: pd.DataFrame) -> Path:
    """The study with a mapping file in which the rows about items the file does not ask are accepted as well."""
    decided = mapping["decision"].where(mapping["kind"] != "absent", "x")
    (path / "m.csv").unlink(missing_ok=True)
    write_mapping(mapping.assign(decision=decided), path / "m.csv")
    study = (path / "study.toml").read_text("utf-8")
    (path / "study.toml").write_text(study[: study.index("\n[[returns]]")] + MAPPED, "utf-8")
    return path


def test_branches_are_proposed_as_one_question_and_read_when_a_person_accepts(tmp_path: Path) -> None:
    rows = [(*FORM, "", "", ""), (*OTHER[:3], "", "", "", *OTHER[3:])]
    path = trial(tmp_path, {"r.csv": table(rows, BRANCHES)})
    mapping = proposed(path)
    items = mapping[mapping["kind"] == "item"]
    assert items["target"].tolist() == ["A1", "A2", "B1"] * 2
    assert items["decision"].tolist() == [""] * 6
    assert all(
        "D, G" in reason and "first that is filled" in reason for reason in items["reason"].iloc[[0, 3]]
    )
    path = accepted(path, mapping.assign(decision="x"))
    assert score_of(sv.load(path).score(), "long-my", "2") == 1.0


def test_columns_filled_together_are_told_apart_from_branches(tmp_path: Path) -> None:
    mapping = proposed(trial(tmp_path, {"r.csv": table([(*FORM, 4, 5, 3), (*OTHER, "", "", "")], BRANCHES)}))
    reasons = mapping.loc[mapping["target"] == "A1", "reason"]
    assert all("filled together in 1 rows" in reason for reason in reasons)


def test_branches_with_other_words_are_proposed_as_one_question_too(tmp_path: Path) -> None:
    headings = (*HEADINGS, *(f"{text} (nhánh B)" for text in HEADINGS[3:]))
    rows = [(*FORM, "", "", ""), (*OTHER[:3], "", "", "", *OTHER[3:])]
    found = meant(trial(tmp_path, {"r.csv": table(rows, headings)}))
    assert found["A"] == ("ma", "x")
    assert [found[letter] for letter in "DEF"] == [("A1", "x"), ("A2", "x"), ("B1", "x")]
    assert all(found[letter][1] == "" for letter in "GHI")


@pytest.mark.parametrize("heading", ["Nơi nhận kết quả", "Xã/phường", "cot2"])
def test_a_column_of_units_is_proposed_as_the_unit(tmp_path: Path, heading: str) -> None:
    headings = ("Mã phiếu", heading, "Lúc gửi", *HEADINGS[3:])
    path = trial(tmp_path, {"r.csv": table([FORM, OTHER], headings)})
    found = meant(path)
    assert (found["B"], found["C"]) == (("dv", ""), ("ngay", ""))
    path = accepted(path, proposed(path).assign(decision="x"))
    assert forms(path) == {("r.csv", 2): "valid", ("r.csv", 3): "valid"}


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        (3, ("ý kiến tự do", "rất tốt")), (3, ("Xã An Bình", "Xã Long Mỹ")), (4, (85, 92)),
        (1, ("Nguyễn Văn A", "Trần B")), (2, ("có", "không")),
    ],
)  # fmt: skip
def test_a_name_whose_cells_are_something_else_is_not_settled(
    tmp_path: Path, column: int, cells: tuple[object, ...]
) -> None:
    rows = [[*FORM], [*OTHER]]
    for row, cell in zip(rows, cells, strict=True):
        row[column] = cell
    found = proposed(trial(tmp_path, {"r.csv": table(rows)}))
    assert found["decision"].tolist() == ["" if k == column else "x" for k in range(6)]
    assert "0 of 2 cells" in found["reason"].iloc[column]


def test_a_few_wrong_cells_leave_a_column_settled(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table([(*FORM[:3], 55, 4, 4), *[OTHER] * 12])})
    assert {decision for _, decision in meant(path).values()} == {"x"}


def test_a_column_that_is_like_an_item_but_holds_something_else_is_not_proposed(tmp_path: Path) -> None:
    headings = (*HEADINGS[:3], f"Vì sao {A1.lower()}?", A2, B1)
    rows = [(*FORM[:3], "vì họ niềm nở", 4, 4), (*OTHER[:3], "không rõ", 4, 4)]
    assert meant(trial(tmp_path, {"r.csv": table(rows, headings)}))["D"] == ("", "")


NUMBERED = ITEMS.replace("\nA1,", "\n11,").replace("\nA2,", "\n12,").replace("\nB1,", "\n21,")


@pytest.mark.parametrize(
    ("names", "targets"),
    [
        (("q11", "q12", "q21"), ["11", "12", "21"]), (("V11", "V12", "V21"), ["11", "12", "21"]),
        (("c11", "q12", "q21"), ["", "", ""]),
    ],
)  # fmt: skip
def test_letters_in_front_of_numbers_are_proposed_only_where_all_items_have_them(
    tmp_path: Path, names: tuple[str, ...], targets: list[str]
) -> None:
    path = trial(tmp_path, {"r.csv": table([FORM], (*HEADINGS[:3], *names))}, parts={"items": NUMBERED})
    assert [meant(path)[letter] for letter in "DEF"] == [(target, "") for target in targets]


def test_a_variable_whose_label_is_another_question_is_not_settled(tmp_path: Path) -> None:
    rows = pd.DataFrame([FORM[:2] + FORM[3:]], columns=["ma", "dv", "A1", "A2", "B1"])
    pyreadstat.write_sav(rows, tmp_path / "r.sav", column_labels=["", "", "Lối vào dễ đi", A2, ""])
    path = trial(tmp_path, {"r.sav": (tmp_path / "r.sav").read_bytes()})
    assert [meant(path, "r.sav")[letter][1] for letter in "ABCDE"] == ["x", "x", "", "x", "x"]


FILES = {
    "branches": table([(*FORM, "", "", ""), (*OTHER[:3], "", "", "", *OTHER[3:])], BRANCHES),
    "together": table([(*FORM, 1, 2, 3)], BRANCHES),
    "letters": table([FORM], (*HEADINGS[:3], "q11", "q12", "q21")),
    "other cells": table([("x", 1, 2, "a", "b", "c"), FORM]),
    "units in headings": table([("P1", 4, 5)], ("Mã phiếu", f"{A1} [Xã An Bình]", f"{A1} [Xã Lạ]")),
    "plain": table([FORM, OTHER]),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_called_settled_is_what_reading_takes(tmp_path: Path, name: str) -> None:
    """With nothing but the settled rows, and the items without any said to be absent, no heading is refused."""
    path = trial(tmp_path, {"r.csv": FILES[name]})
    mapping = proposed(path)
    settled = mapping[mapping["decision"] == "x"]
    left = [code for code in ("A1", "A2", "B1") if code not in set(settled["target"])]
    others = mapping[(mapping["decision"] == "") & (mapping["kind"] != "absent")].assign(
        kind="ignore", decision="x"
    )
    absent = pd.DataFrame([("", "", "absent", code, "", "", "x") for code in left], columns=mapping.columns)
    path = accepted(path, pd.concat([settled, others.assign(target=""), absent]))
    try:
        sv.load(path).screen()
    except sv.SurveyError as error:
        refused = {p.code for p in error.problems if p.severity == "error"}
        assert refused <= {"returns.no_rows", "screen.no_forms"}, refused
    assert told(path, "returns.column_twice") == told(path, "returns.heading_unit") == []
