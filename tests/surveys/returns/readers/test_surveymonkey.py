"""SurveyMonkey exports: two heading rows, options as columns, months first."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.definitions.instrument.records import BLANK, DONT_KNOW, SEVERAL
from surveys.definitions.study.records import ReturnFile
from surveys.returns.files.opening import read_sheets
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.readers.registry import choose
from surveys.returns.reading import read_returns

OWN = [
    "Respondent ID", "Collector ID", "Date Created", "Date Modified", "IP Address", "Email Address",
    "First Name", "Last Name", "Custom Data 1",
]  # fmt: skip
ABOUT = ["118", "44", "10/05/2023 09:12:33 AM", "10/13/2023 02:20:00 PM", "1.2.3.4", "", "", "", ""]
QUESTIONS = [
    "Đơn vị được đánh giá", "Ông/Bà có sử dụng dịch vụ không?", "Chất lượng văn bản", "Tính kịp thời, dễ hiểu", "Thái độ phục vụ",
    "Kênh thông tin", "", "",
]  # fmt: skip
PARTS = [
    "Response",
    "Response",
    "Response",
    "Response",
    "Response",
    "Internet",
    "Báo, đài",
    "Other (please specify)",
]
CHOSEN = ["Sở Nội vụ", "Có", "Rất hài lòng", "Hài lòng", "Bình thường", "Internet", "", ""]


def write(
    path: Path, questions: list[str], parts: list[str], *forms: list[str], own: list[str] = OWN
) -> None:
    rows = [own + questions, [""] * len(own) + parts, *(ABOUT + form for form in forms)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


def test_questions_and_parts(study, tmp_path):
    write(tmp_path / "s.csv", QUESTIONS, PARTS, CHOSEN)
    read = read_returns(study(ReturnFile("s.csv", "so-5")))
    assert read.answers.tolist() == [[1, 4, 3, 2, 1, 0]]
    assert read.rows["unit_code"].tolist() == ["SNV"]
    assert read.rows["source_row"].tolist() == [3]
    assert read.rows["form_code"].tolist() == ["118"]


def test_dates_are_month_first_even_when_a_day_would_fit(study, tmp_path):
    write(tmp_path / "s.csv", QUESTIONS, PARTS, CHOSEN)
    read = read_returns(study(ReturnFile("s.csv", "so-5")))
    assert read.rows["submitted"].astype(str).tolist() == ["2023-10-13 14:20:00"]
    assert read.rows["seconds"].tolist() == [8 * 86400 + 5 * 3600 + 7 * 60 + 27]


@pytest.mark.parametrize("own", [
    ["RespondentID", "CollectorID", "StartDate", "EndDate", "IP Address", "Email Address", "FirstName", "LastName", "CustomData"],
    ["respondent_id", "collector_id", "date_created", "date_modified", "ip_address",
     "email_address", "first_name", "last_name", "custom_1"],
])  # fmt: skip
def test_older_and_newer_names_of_its_own_columns(study, tmp_path, own):
    write(tmp_path / "s.csv", QUESTIONS, PARTS, CHOSEN, own=own)
    read = read_returns(study(ReturnFile("s.csv", "so-5")))
    assert read.rows["form_code"].tolist() == ["118"]
    assert [p.code for p in read.warnings] == []


def test_nothing_chosen_is_blank_and_another_choice_is_no(study, tmp_path):
    other = [*CHOSEN[:5], "", "", "Loa phường"]
    write(
        tmp_path / "s.csv",
        QUESTIONS,
        PARTS,
        [*CHOSEN[:5], "", "", ""],
        other,
        [*CHOSEN[:5], "Internet", "Báo, đài", ""],
    )
    read = read_returns(study(ReturnFile("s.csv", "so-5")))
    assert read.answers[:, 4:].tolist() == [[BLANK, BLANK], [0, 0], [1, 1]]


def test_one_column_for_each_option_of_a_question(study, tmp_path):
    levels = ["Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng", "Không biết"]
    questions = [*QUESTIONS[:2], "Chất lượng văn bản", *[""] * 5, *QUESTIONS[3:]]
    parts = [*PARTS[:2], *levels, *PARTS[3:]]
    forms = [
        [*CHOSEN[:2], *(level if level in chosen else "" for level in levels), *CHOSEN[3:]]
        for chosen in (["Hài lòng"], ["Không biết"], [], levels[:2])
    ]
    write(tmp_path / "s.csv", questions, parts, *forms)
    read = read_returns(study(ReturnFile("s.csv", "so-5")))
    assert read.answers[:, 1].tolist() == [3, DONT_KNOW, BLANK, SEVERAL]


def test_a_grid_of_units(study, tmp_path):
    questions = ["Mã phiếu", "Chất lượng văn bản", "", "Tính kịp thời, dễ hiểu", "", "Thái độ phục vụ", ""]
    parts = ["Open-Ended Response", *["Sở Nội vụ", "Sở Tài chính"] * 3]
    write(tmp_path / "s.csv", questions, parts, ["D1", "5", "1", "4", "2", "3", "3"])
    read = read_returns(study(ReturnFile("s.csv", "so-1")))
    assert read.rows[["form_code", "unit_code"]].values.tolist() == [["D1", "SNV"], ["D1", "STC"]]
    assert read.answers[:, 1:4].tolist() == [[4, 3, 2], [0, 1, 2]]


def test_it_is_recognised_by_its_headings(instrument, tmp_path):
    write(tmp_path / "s.csv", QUESTIONS, PARTS, CHOSEN)
    assert choose(read_sheets(tmp_path / "s.csv"), Vocabulary(instrument)).name == "surveymonkey"


LABELS = ["Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng", "Không biết", ""]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3, st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_any_answers_come_back(study, tmp_path, answers):
    forms = [
        [
            *CHOSEN[:2],
            *(LABELS[a] for a in row[:3]),
            "Internet" if row[3] else "",
            "Báo, đài" if row[4] else "",
            "",
        ]
        for row in answers
    ]
    write(tmp_path / "s.csv", QUESTIONS, PARTS, *forms)
    read = read_returns(study(ReturnFile("s.csv", "so-5")))
    codes = [0, 1, 2, 3, 4, DONT_KNOW, BLANK]
    channels = [[int(n), int(b)] if n or b else [BLANK, BLANK] for *_, n, b in answers]
    assert read.answers.tolist() == [
        [1, *(codes[a] for a in row[:3]), *chosen] for row, chosen in zip(answers, channels, strict=True)
    ]
