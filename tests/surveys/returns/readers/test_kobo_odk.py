"""Exports as KoboToolbox and ODK Central write them."""

from __future__ import annotations

import csv
import dataclasses
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from surveys.definitions.instrument.records import BLANK, DONT_KNOW
from surveys.definitions.study.records import ReturnFile
from surveys.problems import SurveyError
from surveys.returns.reading import read_returns

NAMES = [
    "start", "end", "username", "Mã phiếu", "dich_vu/Đơn vị", "dich_vu/F0", "danh_gia/_1_1a", "danh_gia/_1_1b",
    "danh_gia/nhom/Thái độ phục vụ", "Kênh thông tin", "Kênh thông tin/Internet", "Kênh thông tin/Báo, đài",
    "__version__", "_id", "_uuid", "_submission_time", "_validation_status", "_submitted_by", "_tags", "_index",
]  # fmt: skip
ANSWERS = [
    "2023-10-05T09:00:00.123+07:00", "2023-10-05T09:04:10.000+07:00", "dtv", "P1", "SNV", "1", "5", "Bình thường", "4",
    "Internet", "1", "0", "v1", "881", "u-1", "2023-10-05T02:30:45", "", "dtv01", "", "1",
]  # fmt: skip


def kobo_csv(path: Path, headings: list[str], *rows: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
            [headings, *rows]
        )


def test_groups_options_and_times(study, tmp_path):
    kobo_csv(tmp_path / "k.csv", NAMES, ANSWERS)
    read = read_returns(study(ReturnFile("k.csv", "so-5")))
    assert read.answers.tolist() == [[1, 4, 2, 3, 1, 0]]
    row = read.rows.loc[0]
    assert [str(row["submitted"]), row["seconds"], row["interviewer"]] == [
        "2023-10-05 09:30:45",
        250,
        "dtv01",
    ]
    assert read.warnings == ()


def test_labels_with_slashes_stay_whole(study, tmp_path):
    headings = [name.replace("dich_vu/F0", "Nhóm A/Ông/Bà có sử dụng dịch vụ không?") for name in NAMES]
    kobo_csv(tmp_path / "k.csv", headings, ANSWERS)
    assert read_returns(study(ReturnFile("k.csv", "so-5"))).answers[0, 0] == 1


def test_several_answers_only_in_one_cell(study, tmp_path):
    keep = [k for k, name in enumerate(NAMES) if "thông tin/" not in name]
    row = [*ANSWERS[:9], "Báo, đài Internet", *ANSWERS[10:]]
    kobo_csv(tmp_path / "k.csv", [NAMES[k] for k in keep], [row[k] for k in keep])
    assert read_returns(study(ReturnFile("k.csv", "so-5"))).answers[0, 4:].tolist() == [1, 1]


def test_options_not_asked_stay_blank(study, tmp_path):
    row = [*ANSWERS[:9], "", "", "", *ANSWERS[12:]]
    kobo_csv(tmp_path / "k.csv", NAMES, row)
    assert read_returns(study(ReturnFile("k.csv", "so-5"))).answers[0, 4:].tolist() == [BLANK, BLANK]


def test_zero_and_one_of_an_option_are_no_and_yes_whatever_the_codes(study, tmp_path, instrument):
    scale = instrument.scale["yn"]
    levels = tuple(
        dataclasses.replace(level, code=code) for level, code in zip(scale.levels, "21", strict=True)
    )
    scales = (instrument.scales[0], dataclasses.replace(scale, levels=levels))
    kobo_csv(tmp_path / "k.csv", NAMES, ANSWERS)
    round_ = dataclasses.replace(
        study(ReturnFile("k.csv", "so-5")), instrument=dataclasses.replace(instrument, scales=scales)
    )
    assert read_returns(round_).answers[0, 4:].tolist() == [1, 0]


def test_a_repeated_group_is_one_rater_and_many_units(study, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "k.xlsx", {"strings_to_numbers": False}) as book:
        main = book.add_worksheet("Phiếu")
        main.write_row(0, 0, ["start", "end", "Mã phiếu", "_id", "_uuid", "_submission_time", "_index"])
        for k, code in enumerate(["D1", "D2", "D3"]):
            main.write_row(
                k + 1, 0, [ANSWERS[0], ANSWERS[1], code, 880 + k, f"u{k}", "2023-10-05T02:30:45", k + 1]
            )
        units = book.add_worksheet("danh_gia")
        units.write_row(
            0,
            0,
            [
                "danh_gia/Đơn vị",
                "danh_gia/1.1a",
                "danh_gia/1.1b",
                "danh_gia/1.2",
                "_index",
                "_parent_table_name",
                "_parent_index",
                "_submission__id",
            ],
        )
        rows = [("SNV", "5", "4", "3", 3), ("STC", "1", "2", "3", 1), ("SNV", "2", "2", "2", 1)]
        for k, (*answers, parent) in enumerate(rows):
            units.write_row(k + 1, 0, [*answers, k + 1, "Phiếu", parent, 880])
    read = read_returns(study(ReturnFile("k.xlsx", "so-1")))
    assert read.rows[["form_code", "unit_code"]].values.tolist() == [
        ["D1", "STC"],
        ["D1", "SNV"],
        ["D2", ""],
        ["D3", "SNV"],
    ]
    assert read.rows["form"].tolist() == [0, 0, 1, 2]
    assert read.rows["source_row"].tolist() == [3, 4, 3, 2]
    assert read.answers[:, 1:4].tolist() == [[0, 1, 2], [1, 1, 1], [BLANK] * 3, [4, 3, 2]]
    assert str(read.rows.loc[1, "submitted"]) == "2023-10-05 09:30:45"
    (tmp_path / "again.xlsx").write_bytes((tmp_path / "k.xlsx").read_bytes())
    twice = read_returns(study(ReturnFile("k.xlsx", "so-1"), ReturnFile("again.xlsx", "so-1")))
    assert twice.rows["copy"].tolist() == [""] * len(read) + ["copy"] * len(read)
    assert twice.read[["rows", "forms", "copies"]].values.tolist() == [[4, 4, 0], [4, 0, 4]]


ODK = [
    "SubmissionDate", "start", "end", "chung-Mã phiếu", "chung-Đơn vị", "chung-F0", "danh_gia-_1_1a", "danh_gia-_1_1b",
    "danh_gia-1.2", "K1", "K2", "meta-instanceID", "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent",
    "AttachmentsExpected", "Status", "ReviewState", "DeviceID", "Edits", "FormVersion",
]  # fmt: skip


def odk_row(key: str, state: str) -> list[str]:
    times = ["2023-10-05T02:30:45.123Z", "2023-10-05T09:00:00.000+07:00", "2023-10-05T09:04:10.000+07:00"]
    return [
        *times,
        "P1",
        "SNV",
        "1",
        "5",
        "3",
        "4",
        "1",
        "0",
        key,
        key,
        "7",
        "dtv01",
        "0",
        "0",
        "",
        state,
        "d",
        "0",
        "1",
    ]


def text_of(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def test_central_s_paths_times_and_reviews(study, tmp_path):
    text = text_of([ODK, odk_row("uuid:1", ""), odk_row("uuid:2", "rejected")])
    (tmp_path / "o.csv").write_text(text, encoding="utf-8")
    read = read_returns(study(ReturnFile("o.csv", "so-5")))
    assert read.answers.tolist() == [[1, 4, 2, 3, 1, 0]] * 2
    assert [str(read.rows.loc[0, "submitted"]), read.rows.loc[0, "seconds"]] == ["2023-10-05 09:30:45", 250]
    assert read.rows["state"].tolist() == ["", "left_out"]
    assert [(p.code, p.row, p.column) for p in read.warnings] == [("returns.tool_left_out", 3, "ReviewState")]


@pytest.mark.parametrize("order", [("D1", "D2"), ("D2", "D1")])
def test_central_s_repeats_by_key(study, tmp_path, order):
    main = [
        ["SubmissionDate", "Mã phiếu", "KEY"],
        *(["2023-10-05T02:30:45.123Z", code, f"uuid:{code}"] for code in order),
    ]
    repeat = [
        ["don_vi-Đơn vị", "don_vi-1.1a", "don_vi-1.1b", "don_vi-1.2", "PARENT_KEY", "KEY"],
        ["SNV", "5", "4", "3", "uuid:D1", "uuid:D1/don_vi[1]"],
        ["STC", "1", "1", "1", "uuid:D1", "uuid:D1/don_vi[2]"],
        ["SNV", "2", "2", "2", "uuid:D2", "uuid:D2/don_vi[1]"],
    ]
    with zipfile.ZipFile(tmp_path / "o.zip", "w") as archive:
        archive.writestr("form-don_vi.csv", text_of(repeat))
        archive.writestr("form.csv", text_of(main))
    read = read_returns(study(ReturnFile("o.zip", "so-1")))
    by_code = read.rows.groupby("form_code")["unit_code"].apply(list).to_dict()
    assert by_code == {"D1": ["SNV", "STC"], "D2": ["SNV"]}
    assert read.rows["form"].tolist() == ([0, 0, 1] if order[0] == "D1" else [0, 1, 1])


MAIN = ["start", "end", "Mã phiếu", "_id", "_uuid", "_submission_time", "_index"]
GROUP = ["dg/Đơn vị", "dg/1.1a", "dg/1.1b", "dg/1.2", "_index", "_parent_table_name", "_parent_index"]


def kobo_book(path: Path, sheets: Mapping[str, Sequence[Any]]) -> None:
    with xlsxwriter.Workbook(path) as book:
        for title, rows in sheets.items():
            page = book.add_worksheet(title)
            for k, row in enumerate(rows):
                page.write_row(k, 0, row)


def main_rows(*codes: str) -> list[Any]:
    times = [ANSWERS[0], ANSWERS[1]]
    rows = [[*times, code, 880 + k, f"u{k}", "2023-10-05T02:30:45", k + 1] for k, code in enumerate(codes)]
    return [MAIN, *rows]


def faults(study) -> list[tuple[str, str, int | None, str]]:
    with pytest.raises(SurveyError) as caught:
        read_returns(study)
    return [(p.code, p.sheet, p.row, p.column) for p in caught.value.problems]


def test_names_that_our_forms_give_are_read_as_items_of_units(study, tmp_path):
    """As ``surveys forms`` names them: no header, no questionnaire, and no word about the units that were chosen."""
    own = [
        "start",
        "end",
        "of_questionnaire",
        "form_code",
        "rated_units",
        "rated_units/SNV",
        "rated_units/STC",
    ]
    cells = [
        f"unit_{unit}/section_1/{item}__{unit}"
        for unit in ("SNV", "STC")
        for item in ("_1_1a", "_1_1b", "_1_2")
    ]
    tail = ["_id", "_uuid", "_submission_time", "_index"]
    row = [
        ANSWERS[0],
        ANSWERS[1],
        "so-1",
        "D1",
        "STC",
        "0",
        "1",
        "",
        "",
        "",
        "5",
        "9",
        "1",
        "1",
        "u",
        ANSWERS[15],
        "1",
    ]
    kobo_csv(tmp_path / "k.csv", [*own, *cells, *tail], row)
    read = read_returns(study(ReturnFile("k.csv")))
    assert read.rows[["questionnaire", "form_code", "unit_code"]].values.tolist() == [["so-1", "D1", "STC"]]
    assert read.answers[:, 1:4].tolist() == [[4, DONT_KNOW, 0]]
    assert read.warnings == ()


def test_rows_of_a_group_that_belong_to_no_form_are_a_fault(study, tmp_path):
    group = [GROUP, ["SNV", "5", "4", "3", 1, "Phiếu", 1], ["STC", "1", "1", "1", 2, "Phiếu", 9]]
    kobo_book(tmp_path / "k.xlsx", {"Phiếu": main_rows("D1", "D2"), "dg": group})
    found = faults(study(ReturnFile("k.xlsx", "so-1")))
    assert found == [("returns.repeat_orphan", "dg", 3, "_parent_index")]


def test_without_the_product_s_own_number_of_the_form_nothing_is_joined(study, tmp_path):
    main = [row[:-1] for row in main_rows("D1", "D2")]
    group = [GROUP, ["SNV", "5", "4", "3", 1, "Phiếu", 1]]
    kobo_book(tmp_path / "k.xlsx", {"Phiếu": main, "dg": group})
    found = faults(study(ReturnFile("k.xlsx", "so-1")))
    assert found == [("returns.repeat_orphan", "dg", 2, "_parent_index")]


def test_two_exports_put_together_are_a_fault(study, tmp_path):
    main = [*main_rows("D1", "D2"), main_rows("D3")[1]]
    group = [GROUP, ["SNV", "5", "4", "3", 1, "Phiếu", 2], ["STC", "1", "1", "1", 2, "Phiếu", 1]]
    kobo_book(tmp_path / "k.xlsx", {"Phiếu": main, "dg": group})
    found = faults(study(ReturnFile("k.xlsx", "so-1")))
    assert found == [("returns.repeat_twice", "dg", 3, "_parent_index")]


def test_kobo_s_groups_inside_groups_are_refused(study, tmp_path):
    outer = [["dg/Đơn vị", "_index", "_parent_table_name", "_parent_index"], ["SNV", 1, "Phiếu", 1]]
    inner = [GROUP[1:], ["5", "4", "3", 1, "dg", 1]]
    kobo_book(tmp_path / "k.xlsx", {"Phiếu": main_rows("D1"), "dg": outer, "cau": inner})
    assert faults(study(ReturnFile("k.xlsx", "so-1"))) == [("returns.repeat_deeper", "cau", None, "")]


def test_central_s_groups_inside_groups_are_refused(study, tmp_path):
    outer = [["dv-Đơn vị", "PARENT_KEY", "KEY"], ["SNV", "uuid:1", "uuid:1/dv[1]"]]
    inner = [
        ["cau-1.1a", "cau-1.1b", "cau-1.2", "PARENT_KEY", "KEY"],
        ["5", "4", "3", "uuid:1/dv[1]", "uuid:1/dv[1]/cau[1]"],
    ]
    main = [["SubmissionDate", "Mã phiếu", "KEY"], ["2023-10-05T02:30:45.123Z", "D1", "uuid:1"]]
    with zipfile.ZipFile(tmp_path / "o.zip", "w") as archive:
        for name, rows in (("form", main), ("form-dv", outer), ("form-dv-cau", inner)):
            archive.writestr(f"{name}.csv", text_of(rows))
    assert faults(study(ReturnFile("o.zip", "so-1"))) == [("returns.repeat_deeper", "form-dv-cau", None, "")]


def test_two_groups_of_one_questionnaire_would_count_each_form_twice(study, tmp_path):
    group = [GROUP, ["SNV", "5", "4", "3", 1, "Phiếu", 1]]
    kobo_book(tmp_path / "k.xlsx", {"Phiếu": main_rows("D1"), "dg": group, "dg2": group})
    assert [code for code, *_ in faults(study(ReturnFile("k.xlsx", "so-1")))] == ["returns.repeat_several"]


def test_a_group_without_an_item_is_told(study, tmp_path):
    people = [["nguoi/tuoi", "_index", "_parent_table_name", "_parent_index"], [33, 1, "Phiếu", 1]]
    group = [GROUP, ["SNV", "5", "4", "3", 1, "Phiếu", 1]]
    kobo_book(tmp_path / "k.xlsx", {"Phiếu": main_rows("D1"), "dg": group, "nguoi": people})
    read = read_returns(study(ReturnFile("k.xlsx", "so-1")))
    assert read.answers[:, 1:4].tolist() == [[4, 3, 2]]
    assert [(p.code, p.sheet) for p in read.warnings] == [("returns.sheet_ignored", "nguoi")]


def test_a_heading_of_nothing_but_slashes_is_passed_over_quickly(study, tmp_path):
    """Every pair of its slashes could part a question from an option: some 10⁹ pairs."""
    kobo_csv(tmp_path / "k.csv", [*NAMES, "a/" * 40_000], [*ANSWERS, "x"])
    read = read_returns(study(ReturnFile("k.csv", "so-5")))
    assert read.answers.tolist() == [[1, 4, 2, 3, 1, 0]]
    assert [p.code for p in read.warnings] == ["returns.columns_ignored"]
