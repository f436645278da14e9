"""Dates: their order is told from all of a file and its fieldwork, never cell by cell, or the file is not scored."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
from openpyxl import Workbook

import surveys as sv
from surveys.returns.text.times import read_times
from tests.trouble.trial import A1, A2, B1, FIELDS, HEADINGS, STUDY, forms, reasons, table, told, trial

KEYED = '\n[[returns]]\npath = "{path}"\nquestionnaire = "p1"\n{key}\n'
STARTED = """
[[fields]]
code = "bat-dau"
role = "started"
headers = ["Bắt đầu"]
label_vi = "Bắt đầu"
label_en = "Started"
"""


def dated(*days: object) -> str:
    return table((f"P{k}", "Xã An Bình", day, 4, 3, 5) for k, day in enumerate(days, 1))


def workbook(*days: object) -> bytes:
    book, kept = Workbook(), io.BytesIO()
    book.active.append(HEADINGS)
    for k, day in enumerate(days, 1):
        book.active.append((f"P{k}", "Xã An Bình", day, 4, 3, 5))
    book.save(kept)
    return kept.getvalue()


def days(path: Path) -> list[str]:
    """The days on which the forms were answered, as read."""
    return sv.load(path).screen().returns.rows["submitted"].dt.strftime("%Y-%m-%d").fillna("").tolist()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        # months first, beside a cell that is no date, one left blank, and one typed the other way round
        (("10/06/2025", "10/27/2025", "sáng thứ hai"), ["2025-10-06", "2025-10-27", ""]),
        (("10/06/2025", "11/03/2025", ""), ["2025-10-06", "2025-11-03", ""]),
        (
            ("10/06/2025", "10/27/2025", "10/07/2025", "28/10/2025"),
            ["2025-10-06", "2025-10-27", "2025-10-07", "2025-10-28"],
        ),
        # the country's own order, one day after the fieldwork: not turned to bring it inside
        (("05/10/2025", "12/11/2025", "11/12/2025"), ["2025-10-05", "2025-11-12", "2025-12-11"]),
        # collected before the fieldwork: days beyond 12 show the order, however many turned days would fall inside
        (
            (*(f"{day}/08/2025" for day in range(20, 32)), "10/09/2025", "11/09/2025"),
            [*(f"2025-08-{day}" for day in range(20, 32)), "2025-09-10", "2025-09-11"],
        ),
        # two-digit years: the last number, or the first
        (("14/10/25", "05/10/25", "26/12/25"), ["2025-10-14", "2025-10-05", "2025-12-26"]),
        (("25-10-05", "25-11-14"), ["2025-10-05", "2025-11-14"]),
        (("10/14/25 9:05 PM", "11/2/25 9:05 AM"), ["2025-10-14", "2025-11-02"]),
    ],
)
def test_the_whole_file_and_the_fieldwork_show_the_order(
    tmp_path: Path, written: tuple[str, ...], meant: list[str]
) -> None:
    assert days(trial(tmp_path, {"r.csv": dated(*written)})) == meant


def test_a_cell_that_is_no_date_is_told_and_judged_by_no_rule(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": dated("10/06/2025", "10/27/2025", "không nhớ")})
    assert set(forms(path).values()) == {"valid"}
    assert [(p.row, p.column) for p in told(path, "returns.time_unknown")] == [(4, "Ngày trả lời")]
    assert ["m/d/Y", 2] in sv.load(path).screen().returns.conversions[["conversion", "cells"]].values.tolist()


def test_a_cell_typed_the_other_way_round_is_told_with_what_it_was_read_as(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": dated("06/10/2025", "27/10/2025", "07/10/2025", "10/28/2025")})
    (problem,) = told(path, "returns.time_in_other_order")
    assert (problem.row, dict(problem.params)["read"]) == (5, "2025-10-28")


def test_the_order_is_decided_over_all_columns_of_dates_together(tmp_path: Path) -> None:
    rows = [
        ("P1", "Xã An Bình", "10/12/2025 23:55", "10/13/2025 0:05", 4, 3, 5),
        ("P2", "Xã An Bình", "11/2/2025 9:00", "11/2/2025 9:10", 4, 3, 5),
    ]
    content = table(rows, ("Mã phiếu", "Đơn vị", "Bắt đầu", "Ngày trả lời", A1, A2, B1))
    path = trial(tmp_path, {"r.csv": content}, parts={"fields": FIELDS + STARTED})
    assert sv.load(path).screen().returns.rows["seconds"].tolist() == [600.0, 600.0]


def test_sheets_of_one_file_share_their_order(tmp_path: Path) -> None:
    book = Workbook()
    for sheet, day in ((book.active, "10/06/2025"), (book.create_sheet("Hai"), "10/27/2025")):
        sheet.append(HEADINGS)
        sheet.append((f"P-{sheet.title}", "Xã An Bình", day, 4, 3, 5))
    kept = io.BytesIO()
    book.save(kept)
    open_window = STUDY.replace('end = "2025-11-30"\n', "")
    path = trial(tmp_path, {"r.xlsx": kept.getvalue()})
    (path / "study.toml").write_text(
        (path / "study.toml").read_text().replace(STUDY, open_window.replace("2025-10-01", "2025-01-01"))
    )
    assert days(path) == ["2025-10-06", "2025-10-27"]


@pytest.mark.parametrize("written", [("10/11/2025", "11/10/2025"), ("10/11/25", "11/10/25 08:00")])
def test_an_order_that_stays_open_is_a_fault_that_shows_both_readings(
    tmp_path: Path, written: tuple[str, ...]
) -> None:
    path = trial(tmp_path, {"r.csv": dated(*written)})
    (problem,) = told(path, "returns.date_order_open")
    assert (problem.severity, problem.file, problem.row, problem.column) == (
        "error", "r.csv", 2, "Ngày trả lời",
    )  # fmt: skip
    said = problem.text("en")
    assert all(part in said for part in ("2025-11-10", "2025-10-11", 'date_order = "dmy"'))


@pytest.mark.parametrize(
    ("key", "meant"), [("dmy", ["2025-11-10", "2025-10-11"]), ("mdy", ["2025-10-11", "2025-11-10"])]
)
def test_the_key_settles_the_order_of_a_file(tmp_path: Path, key: str, meant: list[str]) -> None:
    returns = KEYED.format(path="r.csv", key=f'date_order = "{key}"')
    assert days(trial(tmp_path, {"r.csv": dated("10/11/2025", "11/10/2025")}, returns)) == meant


def test_without_fieldwork_an_open_order_is_told_and_its_dates_are_left_empty(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": dated("10/11/2025", "11/10/2025")})
    study = (path / "study.toml").read_text()
    (path / "study.toml").write_text(study.replace('start = "2025-10-01"\nend = "2025-11-30"\n', ""))
    (problem,) = told(path, "returns.date_order_unused")
    assert (problem.severity, problem.file, problem.column) == ("warning", "r.csv", "Ngày trả lời")
    assert days(path) == ["", ""]


TURNED = (dt.datetime(2025, 5, 10, 9), "25/10/2025 10:00", dt.datetime(2025, 11, 10, 8), "13/10/2025 08:00")


def test_dates_that_excel_turned_are_told_with_their_cells(tmp_path: Path) -> None:
    (problem,) = told(trial(tmp_path, {"r.xlsx": workbook(*TURNED)}), "returns.dates_turned")
    assert (problem.severity, problem.file, problem.row, problem.column) == (
        "error",
        "r.xlsx",
        2,
        "Ngày trả lời",
    )
    assert dict(problem.params)["rows"] == "2, 4"
    assert all(day in problem.text() for day in ("2025-05-10", "2025-10-05", "true_dates"))


@pytest.mark.parametrize(("key", "first"), [("swapped", "2025-10-05"), ("right", "2025-05-10")])
def test_the_key_says_whether_stored_dates_are_right(tmp_path: Path, key: str, first: str) -> None:
    returns = KEYED.format(path="r.xlsx", key=f'true_dates = "{key}"')
    path = trial(tmp_path, {"r.xlsx": workbook(*TURNED)}, returns)
    assert [days(path)[0], days(path)[1]] == [first, "2025-10-25"]


def test_turned_dates_saved_as_a_text_file_are_told_too(tmp_path: Path) -> None:
    content = dated("2025-05-10 09:00", "25/10/2025 10:00", "2025-06-11 08:00", "20/11/2025 09:00")
    assert [p.row for p in told(trial(tmp_path, {"r.csv": content}), "returns.dates_turned")] == [2]


def test_a_column_of_stored_dates_alone_that_all_fall_inside_when_turned_is_told(tmp_path: Path) -> None:
    stored = [dt.datetime(2025, day, 10) for day in (1, 2, 3, 4, 5)]
    assert told(trial(tmp_path, {"r.xlsx": workbook(*stored)}), "returns.dates_turned")


@pytest.mark.parametrize(
    "written",
    [
        (dt.datetime(2025, 10, 5), dt.datetime(2025, 11, 25), dt.datetime(2025, 12, 11)),
        (dt.datetime(2025, 10, 5), dt.datetime(2025, 10, 7), "25/10/2025"),
    ],
)
def test_stored_dates_within_the_fieldwork_are_right(tmp_path: Path, written: tuple[object, ...]) -> None:
    assert told(trial(tmp_path, {"r.xlsx": workbook(*written)}), "returns.dates_turned") == []


def test_a_day_outside_is_still_found(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": dated("05/10/2025", "12/11/2025", "11/12/2025")})
    assert reasons(path, 4) == {"outside_fieldwork"}


@pytest.mark.parametrize(
    "text",
    [
        "05 Oct 2025 21:12", "5-Oct-25 9:12 PM", "October 5th, 2025 9:12 pm", "Sun, Oct 5, 2025 21:12",
        "ngày 5 tháng 10 năm 2025 21:12", "5 thg 10, 2025 9:12 CH", "05 Tháng Mười 2025 21:12:00", "21h12 ngày 5/10/2025",
        "Chủ nhật, 05/10/2025 9:12 CH", "CN 05.10.2025 lúc 21:12", "05/Th10/2025 21:12", "2025/10/05 9:12:00 CH GMT+7",
        "Sun Oct 05 2025 21:12:00 GMT+0700 (Indochina Time)", "2025-10-05T14:12:00Z", "45935.88333333333", "45935,88333333333",
    ],
)  # fmt: skip
def test_a_time_is_read_however_it_is_written(text: str) -> None:
    said = read_times([], [text], "Asia/Ho_Chi_Minh")
    assert said.by_order["dmy"].astype(str).tolist() == ["2025-10-05T21:12:00"]


@pytest.mark.parametrize(
    "text", ["", "không rõ", "5/10", "2025", "31/02/2025", "12345", "x" * 200, "5/13/14/2025"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    said = read_times([], [text], "Asia/Ho_Chi_Minh")
    assert all(str(times[0]) == "NaT" for times in said.by_order.values())
