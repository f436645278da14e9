"""Workbooks as people make them by hand: every habit named in the reader, one test each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.definitions.instrument.records import BLANK, DONT_KNOW, NOT_ASKED, OUT_OF_SCALE, SEVERAL
from surveys.definitions.study.records import ReturnFile
from surveys.problems import SurveyError
from surveys.returns.files.opening import read_sheets
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.readers.registry import choose
from surveys.returns.reading import read_returns

HEADINGS = ["STT", "Mã phiếu", "Đơn vị", "F0", "1.1a", "1.1b", "1.2", "K1", "K2"]
FORMS = [
    [1, "P1", "Sở Nội vụ", 1, 5, 4, 3, 1, 0],
    [2, "P2", "Sở Tài chính", 1, 1, 2, 3, 0, 1],
]
ANSWERS = [[1, 4, 3, 2, 1, 0], [1, 0, 1, 2, 0, 1]]


def write(
    path: Path, sheets: Mapping[str, Sequence[Any]], merges: dict[str, list[str]] | None = None
) -> None:
    """A workbook with these rows; merged areas keep the value of their first cell."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for area in (merges or {}).get(title, []):
            sheet.merge_cells(area)
    book.save(path)


def warned(read, code):
    return [(p.row, dict(p.params)["rows"]) for p in read.warnings if p.code == code]


def test_title_rows_are_above_the_headings(study, tmp_path):
    rows = [["UBND THÀNH PHỐ"], [], ["BẢNG TỔNG HỢP PHIẾU KHẢO SÁT"], [], HEADINGS, *FORMS]
    write(tmp_path / "r.xlsx", {"Sheet1": rows}, {"Sheet1": ["A3:I3"]})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers.tolist() == ANSWERS
    assert read.rows["source_row"].tolist() == [6, 7]
    assert read.rows["unit_code"].tolist() == ["SNV", "STC"]
    assert warned(read, "returns.rows_title") == [(1, "1, 3")]


def test_a_text_file_may_have_title_rows_too(study, tmp_path):
    lines = ["Kết quả khảo sát;;;;;;;;", ";".join(HEADINGS), *(";".join(map(str, form)) for form in FORMS)]
    (tmp_path / "r.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    read = read_returns(study(ReturnFile("r.csv", "so-5")))
    assert read.answers.tolist() == ANSWERS
    assert read.rows["source_row"].tolist() == [3, 4]


UPPER = [
    "STT",
    "Mã phiếu",
    "Đơn vị",
    "I. Sử dụng dịch vụ",
    "II. Chất lượng",
    None,
    None,
    "Kênh thông tin",
    None,
]
LOWER = [None, None, None, "F0", "1.1a", "1.1b", "1.2", "Internet", "Báo, đài"]


@pytest.mark.parametrize(
    "merges", [["A1:A2", "B1:B2", "C1:C2", "E1:G1", "H1:I1"], []], ids=["merged", "not merged"]
)
def test_headings_on_two_levels(study, tmp_path, merges):
    write(tmp_path / "r.xlsx", {"S": [UPPER, LOWER, *FORMS]}, {"S": merges})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers.tolist() == ANSWERS
    assert read.rows["form_code"].tolist() == ["P1", "P2"]
    assert read.rows["source_row"].tolist() == [3, 4]


def test_fields_below_a_section_heading(study, tmp_path):
    upper = ["Thông tin chung", None, None, "Nội dung", *[None] * 5]
    merges = {"S": ["A1:C1", "D1:I1"]}
    write(tmp_path / "r.xlsx", {"S": [upper, HEADINGS, *FORMS]}, merges)
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers.tolist() == ANSWERS
    assert read.rows["form_code"].tolist() == ["P1", "P2"]


UNITS_ABOVE = [
    ["Mã phiếu", "Sở Nội vụ", None, None, "Sở Ngoại vụ", None, None],
    [None, *["1.1a", "1.1b", "1.2"] * 2],
]


def test_a_matrix_with_units_above_items(study, tmp_path):
    rows = [*UNITS_ABOVE, ["D1", 5, 4, 3, 1, 2, 9]]
    write(tmp_path / "m.xlsx", {"S": rows}, {"S": ["A1:A2", "B1:D1", "E1:G1"]})
    read = read_returns(study(ReturnFile("m.xlsx", "so-1")))
    assert read.rows["unit_code"].tolist() == ["SNV", "SNgV"]
    assert read.answers[:, 1:4].tolist() == [[4, 3, 2], [0, 1, DONT_KNOW]]


def test_a_matrix_with_items_above_units(study, tmp_path):
    upper = ["Mã phiếu", "Chất lượng văn bản", None, "Tính kịp thời, dễ hiểu", None, "1.2", None]
    rows = [upper, [None, *["SNV", "SNgV"] * 3], ["D1", 5, 1, 4, 2, 3, 3]]
    write(tmp_path / "m.xlsx", {"S": rows})
    read = read_returns(study(ReturnFile("m.xlsx", "so-1")))
    assert read.answers[:, 1:4].tolist() == [[4, 3, 2], [0, 1, 2]]


def tick_rows(marks: list[list[str]]) -> list[Any]:
    items = ["1.1a", "1.1b", "1.2"]
    upper = ["Mã phiếu", "Đơn vị", "F0", "K1", "K2", *(cell for i in items for cell in (i, *[None] * 5))]
    levels = ["Rất không hài lòng", "2", "Bình thường", "4 - Hài lòng", "Rất hài lòng (5)", "Không biết"]
    return [upper, [None] * 5 + levels * 3, *([f"P{k}", "SNV", 1, 1, 0, *m] for k, m in enumerate(marks))]


TICK_MERGES = {"S": ["A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:E2", "F1:K1", "L1:Q1", "R1:W1"]}


def ticks(*chosen: int | None, mark: str = "x") -> list[str]:
    return [mark if level == answer else "" for answer in chosen for level in range(6)]


def test_one_column_per_level_with_ticks(study, tmp_path):
    marks = [ticks(0, 1, 2), ticks(3, 4, 5, mark="X"), ticks(4, None, 0, mark="✓")]
    write(tmp_path / "t.xlsx", {"S": tick_rows(marks)}, TICK_MERGES)
    read = read_returns(study(ReturnFile("t.xlsx", "so-5")))
    assert read.answers[:, 1:4].tolist() == [[0, 1, 2], [3, 4, DONT_KNOW], [4, BLANK, 0]]


def test_two_ticks_in_a_row_are_several_answers(study, tmp_path):
    two = ticks(0, 1, 2)
    two[1] = "x"
    write(tmp_path / "t.xlsx", {"S": tick_rows([two, ticks(4, 4, 4)])}, TICK_MERGES)
    read = read_returns(study(ReturnFile("t.xlsx", "so-5")))
    assert read.answers[:, 1:4].tolist() == [[SEVERAL, 1, 2], [4, 4, 4]]
    assert read.cells[["row", "item", "fault"]].values.tolist() == [[0, "1.1a", "several"]]


def test_a_mark_nobody_knows_is_no_tick(study, tmp_path):
    odd = ticks(0, 1, 2)
    odd[0] = "?"
    write(tmp_path / "t.xlsx", {"S": tick_rows([odd])}, TICK_MERGES)
    read = read_returns(study(ReturnFile("t.xlsx", "so-5")))
    assert read.answers[0, 1:4].tolist() == [OUT_OF_SCALE, 1, 2]
    assert [p.code for p in read.warnings if p.row == 3] == ["returns.mark_unknown"]


def test_ticks_of_a_matrix_stand_below_unit_and_item(study, tmp_path):
    levels = ["1", "2", "3", "4", "5"]
    units = ["SNV", "STC"]
    top = ["Mã phiếu", *(c for unit in units for c in (unit, *[None] * 14))]
    middle = [None, *(c for _ in units for i in ("1.1a", "1.1b", "1.2") for c in (i, *[None] * 4))]
    marked = [level == answer for answer in (5, 4, 3, 1, 2, 3) for level in range(1, 6)]
    rows = [top, middle, [None, *levels * 6], ["D1", *("x" if m else None for m in marked)]]
    write(tmp_path / "t.xlsx", {"S": rows}, {"S": ["A1:A3", "B1:P1", "Q1:AE1"]})
    read = read_returns(study(ReturnFile("t.xlsx", "so-1")))
    assert read.rows["unit_code"].tolist() == ["SNV", "STC"]
    assert read.answers[:, 1:4].tolist() == [[4, 3, 2], [0, 1, 2]]


@pytest.mark.parametrize(
    "total",
    [["Tổng", None, None, 2, 6, 6, 6, 1, 1], [None, "Tổng cộng:", None, 2, 6, 6, 6, 1, 1],
     [999, "Highest", None, 1, 5, 4, 3, 1, 1],
     ["999 Highest", None, None, 1, 5, 4, 3, 1, 1], ["Trung bình", None, None, 1, 3, 3, 3, 0.5, 0.5],
     [None, None, "TỔNG SỐ PHIẾU: 2", 2, 2, 2, 2, 2, 2]],
)  # fmt: skip
def test_total_rows_are_no_forms(study, tmp_path, total):
    write(tmp_path / "r.xlsx", {"S": [HEADINGS, *FORMS, total]})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers.tolist() == ANSWERS
    assert warned(read, "returns.rows_total") == [(4, "4")]


def test_a_word_for_a_total_among_the_answers_leaves_the_form(study, tmp_path):
    rows = [
        ["Giới tính", "Đơn vị", *HEADINGS[3:]],
        ["Trung bình", "SNV", *FORMS[0][3:]],
        [7, "STC", *FORMS[1][3:]],
    ]
    write(tmp_path / "r.xlsx", {"S": [["Phiếu"], *rows]})
    assert len(read_returns(study(ReturnFile("r.xlsx", "so-5")))) == 2


def test_repeated_headings_column_numbers_and_signatures_are_no_forms(study, tmp_path):
    numbers = [f"({k})" for k in range(1, 10)]
    end = [[], [*[None] * 6, "Hà Nội, ngày 5 tháng 10"], ["Người lập bảng"]]
    write(tmp_path / "r.xlsx", {"S": [HEADINGS, numbers, FORMS[0], HEADINGS, FORMS[1], *end]})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.rows["source_row"].tolist() == [3, 5]
    assert warned(read, "returns.rows_numbering") == [(2, "2")]
    assert warned(read, "returns.rows_heading_again") == [(4, "4")]


def test_signatures_below_are_no_forms(study, tmp_path):
    end = [
        [],
        ["Người lập bảng", None, "Thủ trưởng"],
        [None, None, None, None, None, None, None, None, None, "(đã ký)"],
    ]
    write(tmp_path / "r.xlsx", {"S": [HEADINGS, *FORMS, *end]})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers.tolist() == ANSWERS
    assert warned(read, "returns.rows_footer") == [(5, "5, 6")]


@pytest.mark.parametrize(
    "total", [[], [["Tổng cộng", None, 6, 6, 6, 6, 1, 1]]], ids=["no total", "after a total"]
)
def test_signatures_below_the_form_codes_are_no_forms(study, tmp_path, total):
    head = HEADINGS[1:]
    end = [
        [],
        ["Hà Nội, ngày 5 tháng 10 năm 2023"],
        ["Người lập biểu", None, None, "Thủ trưởng đơn vị"],
        ["Trần Văn A"],
    ]
    write(tmp_path / "r.xlsx", {"S": [head, *(form[1:] for form in FORMS), *total, *end]})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers.tolist() == ANSWERS
    assert len(warned(read, "returns.rows_footer")) == 1


def test_a_form_without_answers_is_a_form(study, tmp_path):
    empty = [3, "P3", *[None] * 7]
    write(tmp_path / "r.xlsx", {"S": [["Tên bảng"], HEADINGS, *FORMS, empty]})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.rows["form_code"].tolist() == ["P1", "P2", "P3"]
    assert (read.answers[2] == BLANK).all()


def test_numbers_as_text_and_numbers_with_labels(study, tmp_path):
    form = [1, "P1", "SNV", "1", "5 - Rất hài lòng", " 4 ", "3.0", "Có", "0"]
    write(tmp_path / "r.xlsx", {"S": [["Bảng"], HEADINGS, form]})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers.tolist() == [[1, 4, 3, 2, 1, 0]]


def test_a_decimal_comma_is_no_level_and_no_two_levels(study, tmp_path):
    form = [1, "P1", "SNV", 1, "4,5", 4.5, "4,0", 1, 0]
    write(tmp_path / "r.xlsx", {"S": [["Bảng"], HEADINGS, form]})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers.tolist() == [[1, OUT_OF_SCALE, OUT_OF_SCALE, 3, 1, 0]]
    assert read.cells["text"].tolist() == ["4,5", "4.5"]


def test_dates_are_day_first_as_cells_and_as_text(study, tmp_path):
    head = [*HEADINGS, "Thời gian gửi"]
    rows = [[*FORMS[0], "05/11/2023"], [*FORMS[1], dt.datetime(2023, 11, 6, 8, 30)]]
    write(tmp_path / "r.xlsx", {"S": [["Bảng"], head, *rows]})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.rows["submitted"].astype(str).tolist() == ["2023-11-05 00:00:00", "2023-11-06 08:30:00"]


def test_a_formula_gives_its_stored_value(study, tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "r.xlsx")
    sheet = book.add_worksheet("S")
    for i, row in enumerate([["Bảng"], HEADINGS, *FORMS]):
        sheet.write_row(i, 0, row)
    sheet.write_formula("E3", "=2+3", None, 5)
    book.close()
    assert read_returns(study(ReturnFile("r.xlsx", "so-5"))).answers.tolist() == ANSWERS


def test_a_formula_never_calculated_is_a_fault_with_its_place(study, tmp_path):
    form = [1, "P1", "SNV", 1, "=2+3", 4, 3, 1, 0]
    write(tmp_path / "r.xlsx", {"S": [["Bảng"], HEADINGS, form]})
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert [(p.code, p.sheet, p.row, p.column) for p in caught.value.problems] == [
        ("returns.formula_without_value", "S", 3, "E")
    ]


def test_an_error_cell_is_no_answer_and_no_blank(study, tmp_path):
    form = [1, "P1", "SNV", 1, "#DIV/0!", 4, "#N/A", 1, 0]
    write(tmp_path / "r.xlsx", {"S": [["Bảng"], HEADINGS, form]})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers.tolist() == [[1, OUT_OF_SCALE, 3, OUT_OF_SCALE, 1, 0]]
    assert read.cells["text"].tolist() == ["#DIV/0!", "#N/A"]


def test_hidden_rows_are_forms(study, tmp_path):
    write(tmp_path / "r.xlsx", {"S": [["Bảng"], HEADINGS, *FORMS]})
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    book["S"].row_dimensions[3].hidden = True
    book.save(tmp_path / "r.xlsx")
    assert read_returns(study(ReturnFile("r.xlsx", "so-5"))).answers.tolist() == ANSWERS


def test_several_sheets_with_forms_and_one_without(study, tmp_path):
    sheets: dict[str, Any] = {
        "Đợt 1": [["B"], HEADINGS, FORMS[0]],
        "Đợt 2": [["B"], HEADINGS, FORMS[1]],
        "Ghi chú": [["Hướng dẫn"]],
    }
    write(tmp_path / "r.xlsx", sheets)
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers.tolist() == ANSWERS
    assert read.rows["source_sheet"].tolist() == ["Đợt 1", "Đợt 2"]
    assert [p.sheet for p in read.warnings if p.code == "returns.sheet_ignored"] == ["Ghi chú"]


def test_one_sheet_per_unit(study, tmp_path):
    head, form = [HEADINGS[1], *HEADINGS[3:]], [FORMS[0][1], *FORMS[0][3:]]
    sheets: dict[str, Any] = {
        "Sở Nội vụ": [head, form],
        "2": [["Đơn vị: Sở Ngoại vụ"], head, form],
        "3": [["Đơn vị được đánh giá:", None, "STC"], head, form],
        "Sở Nội vu": [head, form],
    }
    write(tmp_path / "r.xlsx", sheets)
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.rows["unit_code"].tolist() == ["SNV", "SNgV", "STC", "SNV"]
    assert read.rows["noticed"].tolist() == ["", "", "", "unit_without_tones"]
    assert read.proposals["text"].unique().tolist() == ["Sở Nội vu"]


def test_one_sheet_per_unit_of_raters_who_rate_them_all(study, tmp_path):
    head = ["Mã phiếu", "1.1a", "1.1b", "1.2"]
    sheets: dict[str, Any] = {
        "Sở Nội vụ": [head, ["D1", 5, 4, 3], ["D2", 1, 1, 1]],
        "Sở Tài chính": [head, ["D2", 2, 2, 2], ["D1", 5, 5, 5]],
    }
    write(tmp_path / "r.xlsx", sheets)
    (tmp_path / "s.csv").write_text("Mã phiếu,Đơn vị,1.1a,1.1b,1.2\nD3,SNV,1,2,3\n", encoding="utf-8")
    read = read_returns(study(ReturnFile("r.xlsx", "so-1"), ReturnFile("s.csv", "so-1")))
    assert read.rows["form_code"].tolist() == ["D1", "D2", "D2", "D1", "D3"]
    assert read.rows["form"].tolist() == [0, 1, 1, 0, 2]
    assert read.rows["unit_code"].tolist() == ["SNV", "SNV", "STC", "STC", "SNV"]


def test_forms_without_codes_on_several_sheets_are_different_forms(study, tmp_path):
    sheets: dict[str, Any] = {
        "Đợt 1": [["B"], HEADINGS[2:], FORMS[0][2:]],
        "Đợt 2": [["B"], HEADINGS[2:], FORMS[1][2:]],
    }
    write(tmp_path / "r.xlsx", sheets)
    rows = read_returns(study(ReturnFile("r.xlsx", "so-5"))).rows
    assert rows["form_code"].nunique() == len(rows) == 2
    assert rows["rater"].tolist() == rows["form_code"].tolist()


def test_a_merged_cell_stands_for_all_its_rows(study, tmp_path):
    second = [2, "P2", None, *FORMS[1][3:]]
    write(tmp_path / "r.xlsx", {"S": [HEADINGS, FORMS[0], second]}, {"S": ["C2:C3"]})
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.rows["unit_code"].tolist() == ["SNV", "SNV"]


def test_a_plain_sheet_is_not_handmade(instrument, tmp_path):
    write(tmp_path / "r.xlsx", {"S": [HEADINGS, *FORMS]})
    sheets = read_sheets(tmp_path / "r.xlsx")
    assert choose(sheets, Vocabulary(instrument, "so-5")).name == "native"


ANSWER = st.integers(0, 6)
WRITTEN = ["1", 2, "Bình thường", "4 - Hài lòng", "Rất hài lòng (5)", "Không biết", None]
READ = [0, 1, 2, 3, 4, DONT_KNOW, BLANK]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ANSWER, ANSWER, ANSWER), min_size=1, max_size=8), st.integers(0, 5), st.booleans())
def test_any_answers_come_back(study, tmp_path, answers, title_rows, ticked):
    if ticked:
        marks = [ticks(*(None if a == 6 else a for a in row)) for row in answers]
        rows, merges = tick_rows(marks), list[str]()
    else:
        rows = [
            HEADINGS,
            *([k, f"P{k}", "SNV", 1, *(WRITTEN[a] for a in row), 1, 0] for k, row in enumerate(answers)),
        ]
        merges = []
    total = ["Tổng", None, None, *[3] * 6]
    write(
        tmp_path / "r.xlsx", {"S": [*([f"Dòng {k}"] for k in range(title_rows)), *rows, total]}, {"S": merges}
    )
    read = read_returns(study(ReturnFile("r.xlsx", "so-5", reader="handmade")))
    expected = [[READ[a] for a in row] for row in answers]
    assert read.answers[:, 1:4].tolist() == expected
    assert np.array_equal(read.answers[:, 0], np.ones(len(answers)))
    assert not (read.answers == NOT_ASKED).any()
