"""Files as Google Forms writes them: the CSV of a form, the workbook of its sheet, and each pitfall by name."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest
import xlsxwriter

from surveys.definitions.instrument.records import BLANK, OUT_OF_SCALE
from surveys.definitions.study.records import ReturnFile
from surveys.problems import SurveyError
from surveys.returns.reading import read_returns

HEADINGS = [
    "Dấu thời gian", "Địa chỉ email", "Mã phiếu", "Đơn vị được đánh giá", "Ông/Bà có sử dụng dịch vụ không?",
    "Mức độ hài lòng [Thái độ phục vụ]", "Mức độ hài lòng [Chất lượng văn bản]", "Mức độ hài lòng [Tính kịp thời, dễ hiểu]",
    "Kênh thông tin",
]  # fmt: skip
FIRST = ["a@b.vn", "P1", "Sở Nội vụ", "Có", "Hài lòng", "Rất hài lòng", "Bình thường"]


def form_csv(path: Path, rows: list[list[str]], headings: list[str] = HEADINGS) -> None:
    """Every field quoted, UTF-8 without byte order mark, no line break at the end."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([headings, *rows])


def read_csv(study, folder: Path, rows: list[list[str]], headings: list[str] = HEADINGS):
    form_csv(folder / "g.csv", rows, headings)
    return read_returns(study(ReturnFile("g.csv", "so-5")))


def test_grids_are_told_by_their_rows_in_whatever_order(study, tmp_path):
    read = read_csv(study, tmp_path, [["2023/10/05 9:12:33 SA GMT+7", *FIRST, "Internet;Báo, đài"]])
    assert read.answers.tolist() == [[1, 4, 2, 3, 1, 1]]
    assert read.rows.loc[0, ["form_code", "unit_code"]].tolist() == ["P1", "SNV"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2023/10/05 9:12:33 SA GMT+7", "2023-10-05 09:12:33"),
        ("2023/10/05 9:12:33 CH GMT+7", "2023-10-05 21:12:33"),
        ("2023/10/05 12:05:00 SA GMT+7", "2023-10-05 00:05:00"),
        ("2023/10/05 12:05:00 PM GMT+7", "2023-10-05 12:05:00"),
        ("2023/10/05 9:12:33 AM UTC", "2023-10-05 16:12:33"),
        ("05/10/2023 21:12:33", "2023-10-05 21:12:33"),
    ],
)
def test_twelve_hour_times_with_their_zone(study, tmp_path, written, meant):
    read = read_csv(study, tmp_path, [[written, *FIRST, "Internet"]])
    assert str(read.rows.loc[0, "submitted"]) == meant


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("Internet;Báo, đài", [1, 1]),
        ("Báo, đài, Internet", [1, 1]),
        ("Báo, đài", [0, 1]),
        ("Internet", [1, 0]),
        ("", [BLANK, BLANK]),
    ],
)
def test_check_boxes_are_matched_against_the_options_not_split(study, tmp_path, cell, codes):
    read = read_csv(study, tmp_path, [["2023/10/05 9:12:33 SA GMT+7", *FIRST, cell]])
    assert read.answers[:, 4:].tolist() == [codes]
    assert read.cells.empty


def test_an_option_nobody_declared_is_kept_and_told(study, tmp_path):
    read = read_csv(study, tmp_path, [["2023/10/05 9:12:33 SA GMT+7", *FIRST, "Internet, Loa phường"]])
    assert read.answers[:, 4:].tolist() == [[1, 0]]
    assert read.cells[["text", "fault"]].values.tolist() == [["loa phường", "unknown_option"]]
    assert "returns.option_unknown" in {p.code for p in read.warnings}


def test_the_empty_column_of_a_deleted_question_is_passed_over(study, tmp_path):
    headings = [*HEADINGS, "Thái độ phục vụ"]
    read = read_csv(study, tmp_path, [["2023/10/05 9:12:33 SA GMT+7", *FIRST, "Internet", ""]], headings)
    assert read.answers[0, 3] == 3


def test_two_questions_with_one_title_are_a_fault_that_the_study_can_settle(study, tmp_path):
    headings = [*HEADINGS, "Thái độ phục vụ"]
    form_csv(
        tmp_path / "g.csv", [["2023/10/05 9:12:33 SA GMT+7", *FIRST, "Internet", "Bình thường"]], headings
    )
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("g.csv", "so-5")))
    assert [(p.code, dict(p.params)) for p in caught.value.problems] == [
        (
            "returns.column_twice",
            {"target": "1.2", "columns": "F, J", "key": '"1.2" = ["#F", "#J"]', "rows": "1"},
        )
    ]
    read = read_returns(study(ReturnFile("g.csv", "so-5", columns=(("1.2", "#J"),))))
    assert read.answers[0, 3] == 2


def test_the_workbook_of_the_sheet_has_dates_and_numbers(study, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "g.xlsx") as book:
        sheet = book.add_worksheet("Câu trả lời biểu mẫu 1")
        sheet.write_row(0, 0, ["Timestamp", *HEADINGS[1:]])
        sheet.write_datetime(
            1,
            0,
            dt.datetime(2023, 10, 5, 9, 12, 33, 744000),
            book.add_format({"num_format": "d/m/yyyy h:mm"}),
        )
        sheet.write_row(1, 1, ["a@b.vn", "P1", "Sở Nội vụ", "Có", 4, 5, 3, "Internet, Báo, đài"])
        book.add_worksheet("Biểu đồ").write(0, 0, "Tổng hợp")
    read = read_returns(study(ReturnFile("g.xlsx", "so-5")))
    assert read.answers.tolist() == [[1, 4, 2, 3, 1, 1]]
    assert str(read.rows.loc[0, "submitted"]) == "2023-10-05 09:12:33"
    assert read.rows.loc[0, "source_sheet"] == "Câu trả lời biểu mẫu 1"


def test_addresses_are_never_kept(study, tmp_path):
    read = read_csv(study, tmp_path, [["2023/10/05 9:12:33 SA GMT+7", *FIRST, "Internet"]])
    assert "a@b.vn" not in read.rows.to_csv() + read.conversions.to_csv() + str(read.warnings)


def test_a_scale_with_words_at_its_ends_gives_numbers(study, tmp_path):
    row = [
        "2023/10/05 9:12:33 SA GMT+7",
        "a@b.vn",
        "P1",
        "SNV",
        "Có",
        "4",
        "6",
        "5 - Rất hài lòng",
        "Internet",
    ]
    read = read_csv(study, tmp_path, [row])
    assert read.answers[0, 1:4].tolist() == [OUT_OF_SCALE, 4, 3]


@pytest.mark.parametrize("order", ["{item} [{unit}]", "{unit} [{item}]"])
def test_one_rater_many_units_in_grids(study, tmp_path, order):
    cells = [
        (i, u)
        for u in ("Sở Nội vụ", "Sở Tài chính")
        for i in ("Chất lượng văn bản", "1.1b", "Thái độ phục vụ")
    ]
    headings = ["Timestamp", "Mã phiếu", *(order.format(item=i, unit=u) for i, u in cells)]
    form_csv(tmp_path / "g.csv", [["2023/10/05 9:12:33 SA GMT+7", "D1", *"543", "", "", ""]], headings)
    read = read_returns(study(ReturnFile("g.csv", "so-1")))
    assert read.rows["unit_code"].tolist() == ["SNV"]
    assert read.answers[0, 1:4].tolist() == [4, 3, 2]
