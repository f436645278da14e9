"""Files as LimeSurvey writes them: byte order mark, quotes everywhere, CRLF, and its heading styles."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import pytest

from surveys.definitions.instrument.records import NOT_ASKED, OUT_OF_SCALE, Level
from surveys.definitions.study.records import ReturnFile
from surveys.problems import SurveyError
from surveys.returns.reading import read_returns

OWN_CODES = ["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp", "ipaddr"]
OWN_TEXTS = [
    "Response ID", "Date submitted", "Last page", "Start language", "Seed", "Date started", "Date last action", "IP address",
]  # fmt: skip
OWN = [
    "12",
    "2023-10-05 09:12:33",
    "3",
    "vi",
    "1123",
    "2023-10-05 09:10:00",
    "2023-10-05 09:12:33",
    "1.2.3.4",
]
CODES = ["form_code", "unit", "F0", "q[SQ001]", "q[SQ002]", "q[SQ003]", "K1", "K2", "K[other]"]
TEXTS = [
    "Mã phiếu", "Đơn vị", "Ông/Bà có sử dụng dịch vụ không?", "Mức độ hài lòng [Chất lượng văn bản]",
    "Mức độ hài lòng [Tính kịp thời, dễ hiểu]", "Mức độ hài lòng [Thái độ phục vụ]", "Kênh thông tin [Internet]",
    "Kênh thông tin [Báo, đài]", "Kênh thông tin [Khác]",
]  # fmt: skip
ANSWERS = ["P1", "SNV", "Có", "Rất hài lòng", "Bình thường", "Hài lòng", "Y", "", ""]


def lime_csv(path: Path, headings: list[str], *rows: list[str]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([headings, *rows])


def aliased(round_, instrument):
    """The study with the codes of the questions declared as aliases of its items."""
    codes = {"1.1a": "q[SQ001]", "1.1b": "q[SQ002]", "1.2": "q[SQ003]"}
    items = tuple(
        dataclasses.replace(item, aliases=(*item.aliases, codes[item.code])) if item.code in codes else item
        for item in instrument.items
    )
    return dataclasses.replace(round_, instrument=dataclasses.replace(instrument, items=items))


def test_headings_as_codes(study, tmp_path, instrument):
    lime_csv(tmp_path / "l.csv", [*OWN_CODES, *CODES], [*OWN, *ANSWERS[:6], "1", "0", ""])
    read = read_returns(aliased(study(ReturnFile("l.csv", "so-5")), instrument))
    assert read.answers.tolist() == [[1, 4, 2, 3, 1, 0]]
    row = read.rows.loc[0]
    assert [str(row["submitted"]), row["seconds"], row["form_code"]] == ["2023-10-05 09:12:33", 153, "P1"]


def test_headings_as_full_texts(study, tmp_path):
    lime_csv(tmp_path / "l.csv", [*OWN_TEXTS, *TEXTS], [*OWN, *ANSWERS])
    read = read_returns(study(ReturnFile("l.csv", "so-5")))
    assert read.answers.tolist() == [[1, 4, 2, 3, 1, 0]]
    assert "1.2.3.4" not in read.rows.to_csv() + str(read.warnings)


def test_headings_as_codes_and_texts(study, tmp_path):
    own = [f"{code}. {text}" for code, text in zip(OWN_CODES, OWN_TEXTS, strict=True)]
    both = [f"{code}. {text}" for code, text in zip(CODES, TEXTS, strict=True)]
    lime_csv(tmp_path / "l.csv", [*own, *both], [*OWN, *ANSWERS])
    read = read_returns(study(ReturnFile("l.csv", "so-5")))
    assert read.answers.tolist() == [[1, 4, 2, 3, 1, 0]]
    assert str(read.rows.loc[0, "submitted"]) == "2023-10-05 09:12:33"


def test_abbreviated_headings_collide_and_are_refused(study, tmp_path):
    short = [
        "Mã phiếu",
        "Đơn vị",
        "Ông/Bà có sử d.. ",
        *["Mức độ hài lòng.. [Chất lượ..]"] * 3,
        "Kênh thông tin.. [Int..]",
    ]
    lime_csv(tmp_path / "l.csv", [*OWN_TEXTS, *short], [*OWN, *ANSWERS[:7]])
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("l.csv", "so-5")))
    assert {p.code for p in caught.value.problems} == {"returns.heading_abbreviated"}
    assert len(caught.value.problems) == 5


def test_empty_headings_are_passed_over(study, tmp_path):
    lime_csv(tmp_path / "l.csv", [*OWN_TEXTS, *TEXTS, "", ""], [*OWN, *ANSWERS, "", "chữ"])
    read = read_returns(study(ReturnFile("l.csv", "so-5")))
    assert [(p.code, dict(p.params)["headings"]) for p in read.warnings] == [
        ("returns.columns_ignored", "#S")
    ]


def test_other_is_the_scale_s_own_option_or_none(study, tmp_path, instrument):
    lime_csv(tmp_path / "l.csv", [*OWN_TEXTS, *TEXTS], [*OWN, "P1", "SNV", "-oth-", *ANSWERS[3:]])
    read = read_returns(study(ReturnFile("l.csv", "so-5")))
    assert read.answers[0, 0] == OUT_OF_SCALE
    scale = instrument.scale["yn"]
    wider = dataclasses.replace(scale, levels=(*scale.levels, Level("2", (0.5,), "Khác", "Other")))
    round_ = dataclasses.replace(
        study(ReturnFile("l.csv", "so-5")),
        instrument=dataclasses.replace(instrument, scales=(instrument.scales[0], wider)),
    )
    assert read_returns(round_).answers[0, 0] == 2


def test_the_text_of_other_is_no_known_option(study, tmp_path):
    lime_csv(tmp_path / "l.csv", [*OWN_TEXTS, *TEXTS], [*OWN, *ANSWERS[:6], "", "", "Loa phường"])
    read = read_returns(study(ReturnFile("l.csv", "so-5")))
    assert read.answers[0, 4:].tolist() == [0, 0]
    assert "Loa" not in read.cells.to_csv()


def test_a_question_with_several_answers_that_was_not_shown_was_not_asked(study, tmp_path):
    lime_csv(tmp_path / "l.csv", [*OWN_TEXTS, *TEXTS], [*OWN, *ANSWERS[:6], "N/A", "N/A", ""])
    assert read_returns(study(ReturnFile("l.csv", "so-5"))).answers[0, 4:].tolist() == [NOT_ASKED] * 2


def test_a_date_of_1980_is_none_and_an_unfinished_form_is_told(study, tmp_path):
    dates = ("2023-10-05 09:12:33", "1980-01-01 00:00:00", "")
    rows = [[str(k), date, *OWN[2:], *ANSWERS] for k, date in enumerate(dates)]
    lime_csv(tmp_path / "l.csv", [*OWN_TEXTS, *TEXTS], *rows)
    read = read_returns(study(ReturnFile("l.csv", "so-5")))
    assert read.rows["submitted"].notna().tolist() == [True, False, False]
    assert read.rows["state"].tolist() == ["valid", "valid", "review"]
    assert [(p.code, p.row, p.column) for p in read.warnings] == [
        ("returns.tool_review", 4, "Date submitted")
    ]
