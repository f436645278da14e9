"""Qualtrics exports: three heading rows, the legacy two, grids written with dashes, time zones, previews."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.definitions.instrument.records import BLANK, DONT_KNOW
from surveys.definitions.study.records import ReturnFile
from surveys.returns.files.opening import read_sheets
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.readers.registry import choose
from surveys.returns.reading import read_returns

OWN = {
    "StartDate": "Start Date", "EndDate": "End Date", "Status": "Response Type", "IPAddress": "IP Address",
    "Progress": "Progress",
    "Duration (in seconds)": "Duration (in seconds)", "Finished": "Finished", "RecordedDate": "Recorded Date",
    "ResponseId": "Response ID", "RecipientLastName": "Recipient Last Name", "UserLanguage": "User Language",
}  # fmt: skip
ABOUT = [
    "2023-10-05 01:00:00", "2023-10-05 01:05:12", "IP Address", "1.2.3.4", "100", "312", "True", "2023-10-05 01:05:13",
    "R_1abc", "", "VI",
]  # fmt: skip
TEXTS = {
    "QID1": "Đơn vị được đánh giá", "QID2": "Ông/Bà có sử dụng dịch vụ không?", "Q3_1": "Đánh giá chung - Chất lượng văn bản",
    "Q3_2": "Đánh giá chung - Tính kịp thời, dễ hiểu", "Q3_3": "Đánh giá - chung - Thái độ phục vụ",
    "Q4": "Kênh thông tin - Selected Choice",
}  # fmt: skip
CHOSEN = ["Sở Nội vụ", "Có", "Rất hài lòng", "Hài lòng", "Bình thường", "Internet,Báo, đài"]


def write(  # noqa: PLR0913
    path: Path, *forms: list[str], texts: dict[str, str] = TEXTS, zone: str = "Z", ids: bool = True,
    about: list[str] = ABOUT, delimiter: str = ",", encoding: str = "utf-8-sig",
) -> None:  # fmt: skip
    import_ids = [
        {"ImportId": name, "timeZone": zone} if "Date" in name else {"ImportId": name} for name in OWN
    ]
    third = [
        json.dumps(i, separators=(",", ":")) for i in [*import_ids, *({"ImportId": name} for name in texts)]
    ]
    rows = [[*OWN, *texts], [*OWN.values(), *texts.values()], *([third] if ids else [])]
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([*rows, *(about + form for form in forms)])


def test_three_heading_rows(study, tmp_path):
    write(tmp_path / "q.csv", CHOSEN)
    read = read_returns(study(ReturnFile("q.csv", "so-5")))
    assert read.answers.tolist() == [[1, 4, 3, 2, 1, 1]]
    assert read.rows["form_code"].tolist() == ["R_1abc"]
    assert read.rows["unit_code"].tolist() == ["SNV"]
    assert read.rows["source_row"].tolist() == [4]
    assert read.warnings == ()


def test_a_tab_separated_file_in_utf_16(study, tmp_path):
    write(tmp_path / "q.tsv", CHOSEN, delimiter="\t", encoding="utf-16")
    assert read_returns(study(ReturnFile("q.tsv", "so-5"))).answers.tolist() == [[1, 4, 3, 2, 1, 1]]


@pytest.mark.parametrize(
    ("zone", "hour"), [("Z", "08:05:12"), ("America/Denver", "14:05:12"), ("Asia/Ho_Chi_Minh", "01:05:12"), ("../x", "01:05:12")]
)  # fmt: skip
def test_times_are_in_the_zone_of_the_import_ids(study, tmp_path, zone, hour):
    write(tmp_path / "q.csv", CHOSEN, zone=zone)
    read = read_returns(study(ReturnFile("q.csv", "so-5")))
    assert read.rows["submitted"].astype(str).tolist() == [f"2023-10-05 {hour}"]
    assert read.rows["seconds"].tolist() == [312]


def test_two_heading_rows_of_a_workbook_or_of_numbers(study, tmp_path):
    write(tmp_path / "q.csv", ["SNV", "1", "5", "4", "3", "Báo, đài"], ids=False)
    read = read_returns(study(ReturnFile("q.csv", "so-5")))
    assert read.answers.tolist() == [[1, 4, 3, 2, 0, 1]]
    assert read.rows["source_row"].tolist() == [3]


def test_the_two_heading_rows_of_the_legacy_export(study, tmp_path):
    names = ["V1", "V2", "V3", "V8", "V9", "V10", *TEXTS]
    texts = ["ResponseID", "ResponseSet", "Name", "StartDate", "EndDate", "Finished", *TEXTS.values()]
    form = ["R_9", "Default", "Anonymous", "2023-10-05 08:00:00", "2023-10-05 08:05:00", "1", *CHOSEN]
    with (tmp_path / "q.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, texts, form])
    read = read_returns(study(ReturnFile("q.csv", "so-5")))
    assert read.answers.tolist() == [[1, 4, 3, 2, 1, 1]]
    assert read.rows["form_code"].tolist() == ["R_9"]
    assert read.rows["seconds"].tolist() == [300]


@pytest.mark.parametrize("status", ["Survey Preview", "1"])
def test_previews_are_left_out_and_told(study, tmp_path, status):
    trial = ["2023-10-04 01:00:00", *ABOUT[1:2], status, *ABOUT[3:8], "R_2xyz", *ABOUT[9:]]
    write(tmp_path / "q.csv", about=trial)
    write(tmp_path / "q2.csv", CHOSEN)
    lines = (tmp_path / "q2.csv").read_text(encoding="utf-8-sig")
    with (tmp_path / "q.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(lines)
        csv.writer(file).writerow([*trial, *CHOSEN])
    read = read_returns(study(ReturnFile("q.csv", "so-5")))
    assert read.rows["state"].tolist() == ["valid", "left_out"]
    assert [(p.code, p.row, p.column) for p in read.warnings] == [("returns.tool_left_out", 5, "Status")]


def test_an_unfinished_form_is_a_form(study, tmp_path):
    write(
        tmp_path / "q.csv", ["SNV", "", "", "", "", ""], about=[*ABOUT[:4], "20", "12", "False", *ABOUT[7:]]
    )
    assert (read_returns(study(ReturnFile("q.csv", "so-5"))).answers == BLANK).all()


def test_a_column_for_each_option(study, tmp_path):
    texts = {k: v for k, v in TEXTS.items() if k != "Q4"} | {
        "Q4_1": "Kênh thông tin - Selected Choice - Internet", "Q4_2": "Kênh thông tin - Selected Choice - Báo, đài",
        "Q4_3_TEXT": "Kênh thông tin - Khác - Text",
    }  # fmt: skip
    forms = [
        [*CHOSEN[:5], *chosen]
        for chosen in (["Internet", "", ""], ["", "1", ""], ["", "", "Loa"], ["", "", ""])
    ]
    write(tmp_path / "q.csv", *forms, texts=texts)
    read = read_returns(study(ReturnFile("q.csv", "so-5")))
    assert read.answers[:, 4:].tolist() == [[1, 0], [0, 1], [0, 0], [BLANK, BLANK]]


def test_a_grid_of_units(study, tmp_path):
    items = ["Chất lượng văn bản", "Tính kịp thời, dễ hiểu", "Thái độ phục vụ"]
    texts = {
        f"Q{i}_{u}": f"{item} - {unit}"
        for i, item in enumerate(items)
        for u, unit in enumerate(["SNV", "STC"])
    }
    write(tmp_path / "q.csv", ["5", "1", "4", "2", "3", "3"], texts=texts)
    read = read_returns(study(ReturnFile("q.csv", "so-1")))
    assert read.rows["unit_code"].tolist() == ["SNV", "STC"]
    assert read.answers[:, 1:4].tolist() == [[4, 3, 2], [0, 1, 2]]


def test_a_form_code_of_the_questionnaire_goes_before_the_product_s(study, tmp_path):
    write(tmp_path / "q.csv", ["P7", *CHOSEN], texts={"Q0": "Mã phiếu"} | TEXTS)
    assert read_returns(study(ReturnFile("q.csv", "so-5"))).rows["form_code"].tolist() == ["P7"]


def test_it_is_recognised_by_its_third_row(instrument, tmp_path):
    write(tmp_path / "q.csv", CHOSEN)
    assert choose(read_sheets(tmp_path / "q.csv"), Vocabulary(instrument)).name == "qualtrics"


LABELS = ["Rất không hài lòng", "2", "Bình thường", "4", "Rất hài lòng", "Không biết", ""]
CODES = [0, 1, 2, 3, 4, DONT_KNOW, BLANK]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=8), st.booleans())
def test_any_answers_come_back(study, tmp_path, answers, ids):
    write(
        tmp_path / "q.csv",
        *([*CHOSEN[:2], *(LABELS[a] for a in row), "Internet"] for row in answers),
        ids=ids,
    )
    read = read_returns(study(ReturnFile("q.csv", "so-5")))
    assert read.answers.tolist() == [[1, *(CODES[a] for a in row), 1, 0] for row in answers]
