"""Workbooks as Microsoft Forms writes them, in English and in Vietnamese."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import xlsxwriter

from surveys.definitions.study.records import ReturnFile
from surveys.problems import SurveyError
from surveys.returns.reading import read_returns

OWN = {
    "en": ["ID", "Start time", "Completion time", "Email", "Name"],
    "vi": ["ID", "Thời gian Bắt đầu", "Thời gian hoàn thành", "Email", "Tên", "Thời gian sửa đổi lần cuối"],
}
QUESTIONS = [
    "Mã phiếu", "Đơn vị\xa0được đánh giá\xa0", "Ông/Bà có sử dụng dịch vụ không?", "Chất lượng văn bản",
    "Tính kịp thời, dễ hiểu", "Thái độ phục vụ", "Kênh thông tin",
]  # fmt: skip
ANSWERS = ["P1", "Sở Nội vụ", "Có", "Rất hài lòng", "Bình thường", "Hài lòng", "Internet;Báo, đài;"]


def workbook(
    path: Path, language: str, questions: list[str] = QUESTIONS, answers: list[str] = ANSWERS
) -> None:
    own = [7, None, None, "anonymous", "Nguyễn Văn A", ""][: len(OWN[language])]
    with xlsxwriter.Workbook(path) as book:
        sheet, date = book.add_worksheet("Sheet1"), book.add_format({"num_format": "m/d/yy h:mm:ss"})
        sheet.write_row(0, 0, [*OWN[language], *questions])
        sheet.write_row(1, 0, [*own, *answers])
        sheet.write_datetime(1, 1, dt.datetime(2023, 10, 5, 9, 0, 0), date)
        sheet.write_datetime(1, 2, dt.datetime(2023, 10, 5, 9, 5, 30), date)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_the_leading_columns_are_its_own(study, tmp_path, language):
    workbook(tmp_path / "m.xlsx", language)
    read = read_returns(study(ReturnFile("m.xlsx", "so-5")))
    assert read.answers.tolist() == [[1, 4, 2, 3, 1, 1]]
    assert str(read.rows.loc[0, "submitted"]) == "2023-10-05 09:05:30"
    assert read.rows.loc[0, "seconds"] == 330
    assert "Nguyễn" not in read.rows.to_csv()
    assert read.warnings == ()


def test_several_answers_end_with_a_semicolon(study, tmp_path):
    workbook(tmp_path / "m.xlsx", "en", answers=[*ANSWERS[:-1], "Báo, đài;"])
    assert read_returns(study(ReturnFile("m.xlsx", "so-5"))).answers[0, 4:].tolist() == [0, 1]


def test_without_a_form_code_the_number_and_the_beginning_stand_for_it(study, tmp_path):
    workbook(tmp_path / "m.xlsx", "en", QUESTIONS[1:], ANSWERS[1:])
    assert (
        read_returns(study(ReturnFile("m.xlsx", "so-5"))).rows.loc[0, "form_code"] == "7@2023-10-05T09:00:00"
    )


def test_a_number_glued_to_a_repeated_title_is_not_part_of_it(study, tmp_path):
    """The first question with that title was deleted together with its answers."""
    workbook(tmp_path / "m.xlsx", "en", [*QUESTIONS[:5], "Thái độ phục vụ2", "Kênh thông tin"])
    assert read_returns(study(ReturnFile("m.xlsx", "so-5"))).answers[0, 3] == 3


def test_two_answered_questions_with_one_title_are_a_fault(study, tmp_path):
    workbook(tmp_path / "m.xlsx", "en", [*QUESTIONS, "Thái độ phục vụ2"], [*ANSWERS, "Hài lòng"])
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("m.xlsx", "so-5")))
    assert [(p.code, dict(p.params)["target"]) for p in caught.value.problems] == [
        ("returns.column_twice", "1.2")
    ]
