"""Mapping files: what is exact is accepted, what is only alike is proposed, and only what someone accepted is read."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from surveys.definitions.study.records import ReturnFile
from surveys.problems import SurveyError
from surveys.returns.mapping.mapping_file import write_mapping
from surveys.returns.mapping.mapping_proposal import propose_mapping
from surveys.returns.reading import read_returns
from surveys.review.columns_and_words import MAPPING

HEADINGS = [
    "Số phiếu",
    "Ten don vi",
    "F0",
    "Chat luong van ban",
    "1.1b",
    "C3. Thái độ phục vụ của cán bộ",
    "K1",
    "K2",
    "zzz",
]
ROW = ["P1", "SNV", "1", "5", "4", "3", "1", "0", "?"]


def write(path: Path, *rows: Sequence[object]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def proposed(study, tmp_path):
    write(tmp_path / "r.csv", HEADINGS, ROW)
    return propose_mapping(tmp_path / "r.csv", study(ReturnFile("r.csv", "so-5")))


def decide(mapping: pd.DataFrame, **decisions: tuple[str, ...]) -> pd.DataFrame:
    """Decisions by column letter: (decision, kind, target), the last two where they change."""
    for letter, (decision, *changed) in decisions.items():
        row = mapping["column"] == letter
        mapping.loc[row, "decision"] = decision
        for name, value in zip(("kind", "target", "unit"), changed, strict=False):
            mapping.loc[row, name] = value
    return mapping


def test_equal_names_are_accepted_and_alike_ones_are_left_to_a_person(proposed):
    assert list(proposed.columns) == list(MAPPING.columns)
    found = proposed.set_index("column")
    assert found.loc[["C", "E", "G", "H"], ["target", "decision"]].values.tolist() == [
        ["F0", "x"], ["1.1b", "x"], ["K1", "x"], ["K2", "x"],
    ]  # fmt: skip
    assert found.loc[["D", "F"], ["kind", "target", "decision"]].values.tolist() == [
        ["item", "1.1a", ""], ["item", "1.2", ""],
    ]  # fmt: skip
    assert found.loc["I", ["kind", "target", "decision"]].tolist() == ["", "", ""]
    assert "1/1" in found.loc["D", "reason"]
    assert (proposed["reason"] != "").all()


def test_nothing_proposed_is_applied_by_itself(study, tmp_path, proposed):
    write_mapping(proposed, tmp_path / "m.csv")
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("r.csv", "so-5", mapping="m.csv")))
    missing = [dict(p.params)["item"] for p in caught.value.problems if p.code == "returns.item_missing"]
    assert missing == ["1.1a", "1.2"]


def test_accepted_rows_are_read(study, tmp_path, proposed):
    decided = decide(
        proposed,
        A=("x", "field", "form_code"),
        B=("có", "field", "unit"),
        D=("x",),
        F=("yes",),
        I=("x", "ignore", ""),
    )
    write_mapping(decided, tmp_path / "m.csv")
    read = read_returns(study(ReturnFile("r.csv", "so-5", mapping="m.csv")))
    assert read.answers.tolist() == [[1, 4, 3, 2, 1, 0]]
    assert read.rows[["form_code", "unit_code"]].values.tolist() == [["P1", "SNV"]]
    assert read.warnings == ()


def test_the_file_a_spreadsheet_saves_is_read_too(study, tmp_path, proposed):
    decided = decide(proposed, D=("x",), F=("x",))
    decided.to_csv(tmp_path / "m.csv", sep=";", index=False, encoding="utf-8")
    read = read_returns(study(ReturnFile("r.csv", "so-5", mapping="m.csv")))
    assert read.answers.tolist() == [[1, 4, 3, 2, 1, 0]]


def test_an_item_that_the_file_does_not_ask(study, tmp_path):
    write(
        tmp_path / "r.csv",
        [h for h in HEADINGS if h != "K2"],
        [c for h, c in zip(HEADINGS, ROW, strict=True) if h != "K2"],
    )
    mapping = propose_mapping(tmp_path / "r.csv", study(ReturnFile("r.csv", "so-5")))
    assert mapping.iloc[-1][["column", "kind", "target", "decision"]].tolist() == ["", "absent", "K2", ""]
    mapping.loc[mapping.index[-1], "decision"] = "x"
    write_mapping(decide(mapping, D=("x",), F=("x",)), tmp_path / "m.csv")
    read = read_returns(study(ReturnFile("r.csv", "so-5", mapping="m.csv")))
    assert read.answers.tolist() == [[1, 4, 3, 2, 1, -5]]


def test_items_of_units_are_proposed_for_a_matrix(study, tmp_path):
    head = [
        "Mã phiếu",
        *(
            f"{u} - {i}"
            for u in ("So Noi vu", "So Tai chinh")
            for i in ("Chat luong van ban", "Tinh kip thoi", "Thai do")
        ),
    ]
    write(tmp_path / "m1.csv", head, ["D1", "5", "4", "3", "1", "2", "3"])
    mapping = propose_mapping(tmp_path / "m1.csv", study(ReturnFile("m1.csv", "so-1")))
    cells = mapping[mapping["unit"] != ""]
    assert cells[["target", "unit"]].values.tolist() == [
        [i, u] for u in ("SNV", "STC") for i in ("1.1a", "1.1b", "1.2")
    ]
    assert (cells["decision"] == "").all()
    write_mapping(mapping.assign(decision="x"), tmp_path / "m.csv")
    read = read_returns(study(ReturnFile("m1.csv", "so-1", mapping="m.csv")))
    assert read.rows["unit_code"].tolist() == ["SNV", "STC"]
    assert read.answers[:, 1:4].tolist() == [[4, 3, 2], [0, 1, 2]]


def test_ticks_by_hand(study, tmp_path):
    write(tmp_path / "t.csv", ["c1", "c2"], ["x", ""], ["", "x"])
    rows = [("A", "c1", "tick", "1.2=1", "", "", "x"), ("B", "c2", "tick", "1.2=5", "", "", "x")]
    rows += [("", "", "absent", code, "", "", "x") for code in ("F0", "1.1a", "1.1b", "K1", "K2")]
    write_mapping(pd.DataFrame(rows, columns=list(MAPPING.columns)), tmp_path / "m.csv")
    read = read_returns(study(ReturnFile("t.csv", "so-5", mapping="m.csv")))
    assert read.answers[:, 3].tolist() == [0, 4]


def test_two_columns_with_one_heading_are_told_by_their_letters(study, tmp_path):
    head, row = [*HEADINGS[:8], "Chat luong van ban"], [*ROW[:8], "1"]
    write(tmp_path / "r.csv", head, row)
    mapping = propose_mapping(tmp_path / "r.csv", study(ReturnFile("r.csv", "so-5")))
    write_mapping(
        decide(mapping, D=("x", "ignore", ""), I=("x", "item", "1.1a"), F=("x",)), tmp_path / "m.csv"
    )
    read = read_returns(study(ReturnFile("r.csv", "so-5", mapping="m.csv")))
    assert read.answers[0, 1] == 0


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [({"decision": "maybe"}, "mapping.decision", "decision"), ({"kind": "question"}, "mapping.kind", "kind"),
     ({"target": "1.9"}, "mapping.target", "target"), ({"kind": "tick", "target": "1.2=6"}, "mapping.target", "target"),
     ({"heading": "", "column": ""}, "mapping.no_heading", "heading"),
     ({"heading": "khác"}, "mapping.column_missing", "heading")],
)  # fmt: skip
def test_rows_that_cannot_be_carried_out_are_named(study, tmp_path, proposed, change, code, column):
    decided = decide(proposed, D=("x",), F=("x",))
    for name, value in change.items():
        decided.loc[3, name] = value
    write_mapping(decided, tmp_path / "m.csv")
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("r.csv", "so-5", mapping="m.csv")))
    assert (code, "m.csv", 5, column) in [(p.code, p.file, p.row, p.column) for p in caught.value.problems]


def test_a_column_decided_twice_is_a_fault(study, tmp_path, proposed):
    decided = decide(proposed, D=("x",), F=("x",))
    write_mapping(pd.concat([decided, decided.iloc[[3]]]), tmp_path / "m.csv")
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("r.csv", "so-5", mapping="m.csv")))
    assert [p.code for p in caught.value.problems] == ["mapping.decided_twice"]


def test_a_mapping_outside_the_folder_is_refused(study, tmp_path, proposed):
    made = study(ReturnFile("r.csv", "so-5"))
    with pytest.raises(SurveyError) as caught:
        read_returns(replace(made, returns=(ReturnFile("r.csv", "so-5", mapping="../m.csv"),)))
    assert [p.code for p in caught.value.problems] == ["file.outside"]
