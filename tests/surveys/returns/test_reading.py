"""Reading whole files of the project's own layout: every cell ends in the tidy table or in a list of what it was."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter

from surveys.definitions.instrument.records import (
    BLANK,
    DONT_KNOW,
    NOT_APPLICABLE,
    NOT_ASKED,
    OUT_OF_SCALE,
    REFUSED,
    SEVERAL,
)
from surveys.definitions.study.records import ReturnFile, UnitDecision
from surveys.problems import SurveyError
from surveys.returns.mapping.mapping_proposal import propose_mapping
from surveys.returns.reading import read_returns

HEADINGS = [
    "Mã phiếu", "Đơn vị", "Dấu thời gian", "Họ và tên", "Số điện thoại", "Giới tính",
    "F0", "1.1a", "1.1b", "1.2", "K1", "K2",
]  # fmt: skip
ROWS = [
    ["P1", "Sở Nội vụ", "05/10/2023 09:12:33", "A", "091", "Nam", "1", "5", "4", "3", "Có", "0"],
    ["P2", "sở  nội vụ", "2023-10-06 08:00:00", "B", "", "Nữ", "0", "Rất hài lòng", "", "9", "", ""],
    ["P3", "SNgV", "", "C", "093", "x", "1", "5 - Hài lòng", "4; 5", "6", "1", "1"],
    ["P4", "So Noi vu", "", "D", "094", "1", "1", "8", "7", "", "1", "1"],
]


def write_csv(path: Path, rows: Sequence[Sequence[object]], **options: Any) -> None:
    with path.open("w", encoding=options.pop("encoding", "utf-8"), newline="") as file:
        csv.writer(file, **options).writerows(rows)


@pytest.fixture
def read(study, tmp_path):
    write_csv(tmp_path / "r.csv", [HEADINGS, *ROWS])
    return read_returns(study(ReturnFile("r.csv", "so-5", mode="online", batch="1")))


def test_answers_are_positions_of_levels_or_the_reason_for_none(read):
    expected = [
        [1, 4, 3, 2, 1, 0],
        [0, 4, NOT_ASKED, DONT_KNOW, BLANK, BLANK],
        [1, OUT_OF_SCALE, SEVERAL, OUT_OF_SCALE, 1, 1],
        [1, REFUSED, NOT_APPLICABLE, BLANK, 1, 1],
    ]
    assert read.answers.tolist() == expected
    assert read.answers.dtype == np.int8


def test_every_cell_that_is_no_answer_is_kept_with_its_text(read):
    assert read.cells.to_dict("list") == {
        "row": [2, 2, 2],
        "item": ["1.1a", "1.1b", "1.2"],
        "text": ["5 - Hài lòng", "4; 5", "6"],
        "fault": ["disagrees", "several", "out_of_scale"],
    }
    codes = [(p.code, p.row, p.column) for p in read.warnings if p.code.startswith("returns.cell")]
    assert codes == [
        ("returns.cell_disagrees", 4, "1.1a"),
        ("returns.cell_several", 4, "1.1b"),
        ("returns.cell_out_of_scale", 4, "1.2"),
    ]


def test_rows_keep_where_they_came_from(read):
    rows = read.rows
    assert rows["form_code"].tolist() == ["P1", "P2", "P3", "P4"]
    assert rows["source_row"].tolist() == [2, 3, 4, 5]
    assert set(rows["source_file"]) == {"r.csv"}
    assert set(rows["mode"]) == {"online"}
    assert rows["submitted"].dt.strftime("%Y-%m-%d %H:%M:%S").fillna("").tolist() == [
        "2023-10-05 09:12:33",
        "2023-10-06 08:00:00",
        "",
        "",
    ]
    assert rows["identified"].tolist() == [True, False, True, True]
    assert rows["gender"].tolist() == ["male", "female", "x", "male"]
    assert read.read.to_dict("records") == [
        {
            "file": "r.csv", "sheet": "", "rows": 4, "forms": 4, "copies": 0, "second_entries": 0, "no_forms": 0,
            "evaluations": 4,
        }
    ]  # fmt: skip


def test_personal_data_are_nowhere(read):
    everything = read.rows.to_csv() + read.cells.to_csv() + read.proposals.to_csv() + str(read.warnings)
    assert "Họ và tên" not in everything
    assert "091" not in everything
    assert "full_name" not in read.rows.columns
    assert "phone" not in read.rows.columns


def test_unit_names_are_exact_or_proposed_never_guessed(read):
    assert read.rows["unit_code"].tolist() == ["SNV", "SNV", "SNgV", "SNV"]
    assert read.rows["noticed"].tolist() == ["", "", "", "unit_without_tones"]
    assert read.rows["unit_text"].tolist()[3] == "So Noi vu"
    first = read.proposals.iloc[0]
    assert (first["text"], first["forms"], first["proposed_code"], first["decision"]) == (
        "So Noi vu",
        1,
        "SNV",
        "",
    )


def test_a_confirmed_spelling_is_a_unit(study, tmp_path):
    write_csv(tmp_path / "r.csv", [HEADINGS, *ROWS])
    decided = (UnitDecision("so", "so noi vu", "SNV"),)
    read = read_returns(study(ReturnFile("r.csv", "so-5"), unit_decisions=decided))
    assert read.rows["unit_code"].tolist() == ["SNV", "SNV", "SNgV", "SNV"]
    assert read.proposals.empty


def test_a_spelling_confirmed_to_be_no_unit_is_not_proposed_again(study, tmp_path):
    write_csv(tmp_path / "r.csv", [HEADINGS, *ROWS])
    read = read_returns(
        study(ReturnFile("r.csv", "so-5"), unit_decisions=(UnitDecision("so", "So Noi vu", ""),))
    )
    assert read.rows["unit_code"].tolist()[3] == ""
    assert read.proposals.empty


MATRIX = [
    "Mã phiếu",
    *(f"{i} [{u}]" for u in ("SNV", "Sở Ngoại vụ") for i in ("1.1a", "Tính kịp thời, dễ hiểu", "1.2")),
]


def test_a_matrix_gives_one_evaluation_per_unit_rated(study, tmp_path):
    rows: list[list[Any]] = [
        ["D1", 5, 4, 3, 1, 2, 3],
        ["D2", "", "", "", 9, "", ""],
        ["D3", "", "", "", "", "", ""],
    ]
    write_csv(tmp_path / "m.csv", [MATRIX, *rows])
    read = read_returns(study(ReturnFile("m.csv", "so-1")))
    assert read.rows["form"].tolist() == [0, 0, 1, 2]
    assert read.rows["form_code"].tolist() == ["D1", "D1", "D2", "D3"]
    assert read.rows["unit_code"].tolist() == ["SNV", "SNgV", "SNgV", ""]
    assert read.answers[:, 1:4].tolist() == [[4, 3, 2], [0, 1, 2], [DONT_KNOW, BLANK, BLANK], [BLANK] * 3]
    assert (read.answers[:, [0, 4, 5]] == NOT_ASKED).all()
    assert read.read[["rows", "forms", "evaluations"]].iloc[0].tolist() == [3, 3, 4]


def test_a_faulty_cell_of_a_matrix_belongs_to_its_evaluation(study, tmp_path):
    write_csv(tmp_path / "m.csv", [MATRIX, ["D1", 5, 5, 5, 5, 5, 77]])
    read = read_returns(study(ReturnFile("m.csv", "so-1")))
    assert read.cells.values.tolist() == [[1, "1.2", "77", "out_of_scale"]]


def test_a_matrix_written_one_row_per_unit_groups_rows_into_forms(study, tmp_path):
    head = ["Mã phiếu", "Đơn vị", "1.1a", "1.1b", "1.2"]
    rows = [["D1", "SNV", 5, 5, 5], ["D1", "STC", 4, 4, 4], ["D2", "SNV", 3, 3, 3], ["D1", "SNV", 1, 1, 1]]
    write_csv(tmp_path / "m.csv", [head, *rows])
    read = read_returns(study(ReturnFile("m.csv", "so-1")))
    assert read.rows["form"].tolist() == [0, 0, 1, 2]


def test_the_heading_pattern_is_the_study_s(study, tmp_path):
    head = ["Mã phiếu", "SNV: 1.1a", "SNV: 1.1b", "SNV: 1.2"]
    write_csv(tmp_path / "m.csv", [head, ["D1", 5, 5, 5]])
    read = read_returns(study(ReturnFile("m.csv", "so-1", header="{unit}: {item}")))
    assert read.rows["unit_code"].tolist() == ["SNV"]


def test_a_unit_in_a_heading_that_nobody_knows_is_a_fault(study, tmp_path):
    head = ["Mã phiếu", *(f"{i} [Sở Nội vu]" for i in ("1.1a", "1.1b", "1.2"))]
    write_csv(tmp_path / "m.csv", [head, ["D1", 5, 5, 5]])
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("m.csv", "so-1")))
    assert [(p.code, dict(p.params)) for p in caught.value.problems if p.severity == "error"] == [
        ("returns.heading_unit", {"text": "Sở Nội vu", "nearest": "Sở Nội vụ"})
    ]


def test_all_headings_at_fault_are_reported_at_once_with_the_nearest(study, tmp_path):
    head = ["Mã phiếu", "Đơn vị", "F0", "Chất lượng văn bả", "1.1b", "1.2", "1.2", "K1"]
    write_csv(tmp_path / "r.csv", [head, ["P1", "SNV", 1, 5, 5, 5, 4, 1]])
    with pytest.raises(SurveyError) as caught:
        read_returns(
            study(
                ReturnFile("r.csv", "so-5"),
            )
        )
    found = {(p.code, dict(p.params).get("item") or p.column) for p in caught.value.problems}
    assert found == {
        ("returns.column_twice", "1.2"),
        ("returns.item_missing", "1.1a"),
        ("returns.item_missing", "K2"),
        ("returns.column_ignored", "Chất lượng văn bản"),
    }
    missing = next(p for p in caught.value.problems if dict(p.params).get("item") == "1.1a")
    assert dict(missing.params)["nearest"] == "Chất lượng văn bả"


def test_the_study_may_assign_headings_and_declare_items_absent(study, tmp_path):
    head = ["Mã phiếu", "Đơn vị", "F0", "cot 1", "1.1b", "1.2", "K1"]
    write_csv(tmp_path / "r.csv", [head, ["P1", "SNV", 1, 5, 5, 5, 1]])
    read = read_returns(study(ReturnFile("r.csv", "so-5", columns=(("1.1a", "cot 1"), ("K2", "")))))
    assert read.answers.tolist() == [[1, 4, 4, 4, 1, NOT_ASKED]]


def test_the_questionnaire_is_told_by_the_items_when_only_one_fits(study, tmp_path):
    write_csv(tmp_path / "r.csv", [HEADINGS, *ROWS])
    assert set(read_returns(study(ReturnFile("r.csv"))).rows["questionnaire"]) == {"so-5"}


def test_an_unclear_questionnaire_is_a_fault(study, tmp_path):
    write_csv(tmp_path / "r.csv", [["Mã phiếu", "1.1a", "1.1b", "1.2"], ["P", 1, 1, 1]])
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("r.csv")))
    assert dict(caught.value.problems[0].params) == {"accepted": "so-1, so-5"}


def test_a_path_that_leaves_the_folder_is_refused(study, tmp_path):
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("../r.csv", "so-5"), ReturnFile("absent.csv", "so-5")))
    assert [p.code for p in caught.value.problems] == ["file.outside", "file.missing"]


def test_without_a_form_code_the_content_stands_for_it_and_no_place(study, tmp_path):
    rows = [row[1:] for row in ROWS]
    write_csv(tmp_path / "r.csv", [HEADINGS[1:], *rows])
    read = read_returns(study(ReturnFile("r.csv", "so-5"))).rows
    assert read["form_code"].tolist() == read["rater"].tolist() == read["submission"].tolist()
    assert read["form_code"].nunique() == len(rows)
    write_csv(tmp_path / "r.csv", [HEADINGS[1:], rows[2], *rows])
    again = read_returns(study(ReturnFile("r.csv", "so-5"))).rows
    assert set(again["submission"]) == {*read["submission"], f"{read['submission'][2]}-2"}


def test_progress_is_told_per_file(study, tmp_path):
    write_csv(tmp_path / "r.csv", [HEADINGS, *ROWS])
    seen = []
    read_returns(study(ReturnFile("r.csv", "so-5")), lambda *told: seen.append(told))
    assert seen == [("r.csv", 0, 1), ("", 1, 1)]


def test_an_empty_round_has_the_columns_of_a_full_one(study):
    read = read_returns(study())
    assert len(read) == 0
    assert read.answers.shape == (0, 6)


def test_a_file_with_headings_and_no_forms_is_read_with_a_warning(study, tmp_path):
    write_csv(tmp_path / "r.csv", [HEADINGS])
    read = read_returns(study(ReturnFile("r.csv", "so-5")))
    assert (len(read), [p.code for p in read.warnings]) == (0, ["returns.no_rows"])
    assert read.read[["rows", "forms", "evaluations"]].iloc[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["05/10/2023 09:12:33", "31/12/2023 23:59"], ["2023-10-05 09:12:33", "2023-12-31 23:59:00"]),
        (["2023-10-05 09:12", "2023-10-06T00:00:01"], ["2023-10-05 09:12:00", "2023-10-06 00:00:01"]),
        (["05/10/2023", "5/10/2023 9h05"], ["2023-10-05 00:00:00", "2023-10-05 09:05:00"]),
        (["10/05/2023 09:00", "10/25/2023 10:00"], ["2023-10-05 09:00:00", "2023-10-25 10:00:00"]),
        (["25/10/2023 09:00", "10/25/2023 10:00"], ["2023-10-25 09:00:00", "2023-10-25 10:00:00"]),
        (["31/02/2023 09:00", "05/10/2023 09:00"], ["", "2023-10-05 09:00:00"]),
        (["9:12:33 05/10/2023", "lâu"], ["2023-10-05 09:12:33", ""]),
    ],
)
def test_times_are_read_in_the_order_that_the_file_and_the_fieldwork_show(study, tmp_path, written, meant):
    rows: list[Any] = [[*row[:2], time, *row[3:]] for row, time in zip(ROWS, written, strict=False)]
    write_csv(tmp_path / "r.csv", [HEADINGS, *rows])
    read = read_returns(study(ReturnFile("r.csv", "so-5")))
    assert read.rows["submitted"].dt.strftime("%Y-%m-%d %H:%M:%S").fillna("").tolist() == meant


def test_letters_lost_before_the_file_arrived_are_told(study, tmp_path):
    write_csv(tmp_path / "r.csv", [HEADINGS, [ROWS[0][0], "S\ufffd Nội vụ", *ROWS[0][2:]]])
    read = read_returns(study(ReturnFile("r.csv", "so-5")))
    assert [(p.code, p.row, p.column) for p in read.warnings] == [("returns.text_damaged", 2, "Đơn vị")]


def test_a_column_that_was_decoded_wrongly_is_read_again_and_logged(study, tmp_path):
    garbled = "Sở Nội vụ".encode().decode("cp1252", errors="replace")
    assert "\ufffd" not in garbled
    write_csv(tmp_path / "r.csv", [HEADINGS, [ROWS[0][0], garbled, *ROWS[0][2:]]])
    read = read_returns(study(ReturnFile("r.csv", "so-5")))
    assert read.rows["unit_code"].tolist() == ["SNV"]
    assert ["r.csv", "", "Đơn vị", "mojibake", 1] in read.conversions.values.tolist()


def test_a_column_typed_with_an_old_font_is_read_and_logged(study, tmp_path):
    write_csv(tmp_path / "r.csv", [HEADINGS, *([f"P{k}", "Së Néi vô", *ROWS[0][2:]] for k in range(2))])
    read = read_returns(study(ReturnFile("r.csv", "so-5")))
    assert read.rows["unit_code"].tolist() == ["SNV", "SNV"]
    assert ["r.csv", "", "Đơn vị", "tcvn3", 2] in read.conversions.values.tolist()


def test_a_reader_nobody_knows_is_a_fault_of_its_file_with_the_nearest(study, tmp_path):
    (tmp_path / "r.csv").write_text("Mã phiếu\nP1\n", encoding="utf-8")
    for read in (
        lambda: read_returns(study(ReturnFile("r.csv", "so-5", reader="google_form"))),
        lambda: propose_mapping(tmp_path / "r.csv", study(ReturnFile("r.csv", "so-5", reader="google_form"))),
    ):
        with pytest.raises(SurveyError) as caught:
            read()
        (problem,) = caught.value.problems
        assert (problem.code, problem.file) == ("returns.reader_unknown", "r.csv")
        assert dict(problem.params)["nearest"] == "google_forms"


def test_a_sheet_that_was_not_read_is_told(study, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "r.xlsx") as book:
        page = book.add_worksheet("Phiếu")
        page.write_row(0, 0, ["Dấu thời gian", "Mã phiếu", "Đơn vị", "F0", "1.1a", "1.1b", "1.2", "K1", "K2"])
        page.write_row(1, 0, ["05/10/2023 9:12:33", "P1", "SNV", "1", "5", "4", "3", "1", "0"])
        book.add_worksheet("Biểu đồ").write_row(0, 0, ["Câu", "Số phiếu"])
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert [(p.code, p.sheet) for p in read.warnings] == [("returns.sheet_ignored", "Biểu đồ")]


def test_a_column_of_other_texts_is_told_within_bounds_and_kept_whole(study, tmp_path):
    rows = "".join(f"P{k},SNV,1,câu {k},4,3,1,0\n" for k in range(500))
    (tmp_path / "r.csv").write_text(f"Mã phiếu,Đơn vị,F0,1.1a,1.1b,1.2,K1,K2\n{rows}", encoding="utf-8")
    read = read_returns(study(ReturnFile("r.csv", "so-5")))
    assert (read.answers[:, 1] == OUT_OF_SCALE).all()
    assert len(read.cells) == 500
    *each, last = read.warnings
    assert {p.code for p in each} == {"returns.cell_out_of_scale"}
    assert (last.code, last.row, last.column) == ("returns.cells_further", len(each) + 2, "1.1a")
    assert int(dict(last.params)["texts"]) + len(each) == 500
