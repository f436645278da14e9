"""Workbooks of tables: contents that lead to the sheets, words in place of codes, numbers as numbers, the same bytes twice."""

from __future__ import annotations

import io
import zipfile

import pandas as pd
from openpyxl import load_workbook

from surveys.definitions.study.records import Output
from surveys.handover.official_columns import FUNNEL
from surveys.handover.table_book import sheet_of_table, table_book

FRAME = pd.DataFrame(
    {
        "block": ["so"],
        "unit_code": ["noi-vu"],
        "group": ["citizens"],
        "questionnaire": ["so-5"],
        **{name: [7] for name in ("issued", "returned", "valid", "review", "rejected")},
    }
).reindex(columns=list(FUNNEL.names), fill_value=0)
WORDS = {"block": {"so": "Khối sở"}, "group": {"citizens": "Người dân"}}


def book() -> bytes:
    sheet = sheet_of_table(FUNNEL, FRAME, Output(), WORDS)
    return table_book("Bảng phiếu", "Đợt 2023", [sheet], "vi")


def test_contents_lead_to_the_sheets() -> None:
    found = load_workbook(io.BytesIO(book()))
    assert found.sheetnames[0] == "Mục lục"
    contents, table = found.worksheets
    last = list(contents.rows)[-1]
    assert [cell.value for cell in last] == [1, table.title, FUNNEL.title("vi"), 1]
    assert last[1].hyperlink.location == f"'{table.title}'!A1"


def test_words_stand_for_codes_and_numbers_are_numbers() -> None:
    table = load_workbook(io.BytesIO(book())).worksheets[1]
    values = [cell.value for cell in list(table.rows)[-1]]
    assert values[:3] == ["Khối sở", "noi-vu", "Người dân"]
    assert values[FUNNEL.names.index("returned")] == 7


def test_the_same_bytes_twice_and_no_formula() -> None:
    assert book() == book()
    with zipfile.ZipFile(io.BytesIO(book())) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist())
