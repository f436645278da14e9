"""Workbooks in which people decide: what is offered where, and how they are read back however they were saved."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from surveys.problems import Problems
from surveys.returns.files.filled_tables import filled_table, filled_tables
from surveys.review.columns_and_words import ENTRIES, MAPPING, UNITS
from surveys.review.review_file import review_rows
from surveys.review.review_workbook import WorkbookTexts, review_workbook

ROW = ("xa", "Xã Bính", 3, "x1", "Xã Bình", 0.9, "", "", "", "")


def texts(*choices: tuple[str, ...]) -> WorkbookTexts:
    return WorkbookTexts("vi", "Điền cột decision.", {"decision": "x hoặc không"}, {"decision": choices})


def rows_of(path: Path) -> list[dict[str, str]]:
    problems = Problems()
    filled = filled_table(path, problems)
    assert filled
    rows = review_rows(filled, UNITS)
    problems.raise_errors()
    return [dict(row.cells) for row in rows]


def lists_of(content: bytes) -> dict[str, list[str]]:
    """Cells → the words that they offer, wherever these are kept."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    found = {}
    for rule in book.worksheets[0].data_validations.dataValidation:
        if rule.type == "list" and rule.formula1.startswith('"'):
            found[str(rule.sqref)] = rule.formula1.strip('"').split(",")
        elif rule.type == "list":
            name, _, cells = rule.formula1.partition("!")
            column = book[name.strip("='")][cells.replace("$", "")]
            found[str(rule.sqref)] = [cell.value for (cell,) in column]
    return found


def test_each_run_of_rows_offers_its_own_words() -> None:
    short, other = ("x", "không"), ("x", "không", "Xã Bình")
    content = review_workbook(UNITS, [ROW] * 5, texts(short, short, other, (), short))
    assert lists_of(content) == {"G2:G3 G6": list(short), "G4": list(other)}


def test_sheets_are_printed_a_page_wide_and_rows_are_as_high_as_their_text() -> None:
    long = "Nội dung đúng theo phiếu gốc, do người phân xử điền. " * 4  # 212 characters in a column of 90
    said = WorkbookTexts("vi", long, {"decision": long})
    book = openpyxl.load_workbook(io.BytesIO(review_workbook(UNITS, [ROW], said)))
    for sheet in book.worksheets:
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    heights = {
        row[0].value: book.worksheets[1].row_dimensions[row[0].row].height for row in book.worksheets[1]
    }
    assert heights["decision"] == 45  # three lines of 15 points
    assert heights["reviewer"] in (None, 15)


def test_rules_of_many_rows_hold_so_many_ranges_as_programs_take() -> None:
    one, other = ("1", "2"), ("0", "1")
    offered = lists_of(review_workbook(UNITS, [ROW] * 1200, texts(*[one, other] * 600)))
    assert [len(cells.split()) for cells in offered] == [500, 100] * 2
    assert sorted(cell for cells in offered for cell in cells.split()) == sorted(
        f"G{k}" for k in range(2, 1202)
    )


@pytest.mark.parametrize(
    "words",
    [tuple(f"Xã số {k}" for k in range(200)), ("Xã A, khu B", "x"), ('Xã "A"', "x")],
    ids=["many", "comma", "quote"],
)
def test_lists_that_a_cell_cannot_hold_stand_in_a_hidden_sheet(words: tuple[str, ...]) -> None:
    content = review_workbook(UNITS, [ROW, ROW], texts(words, words))
    assert lists_of(content) == {"G2:G3": list(words)}
    assert [sheet.sheet_state for sheet in openpyxl.load_workbook(io.BytesIO(content))] == [
        "visible",
        "visible",
        "hidden",
    ]


def test_a_workbook_is_read_as_it_was_written(tmp_path: Path) -> None:
    row = ("xa", "=1+1", 3, "x1", "'=Bình", 0.9, "", "", "", "")
    (tmp_path / "units.xlsx").write_bytes(review_workbook(UNITS, [row], texts(("x",))))
    (found,) = rows_of(tmp_path / "units.xlsx")
    assert tuple(found.values()) == tuple(map(str, row))


def test_titles_above_and_sheets_before_the_headings_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "units.xlsx").write_bytes(review_workbook(UNITS, [ROW], texts(("x",))))
    book = openpyxl.load_workbook(tmp_path / "units.xlsx")
    book.worksheets[0].insert_rows(1, 2)
    book.worksheets[0]["A1"] = "Danh sách tên đơn vị cần xác nhận"
    book.move_sheet(book.sheetnames[1], -1)
    book.save(tmp_path / "units.xlsx")
    problems = Problems()
    filled = filled_table(tmp_path / "units.xlsx", problems)
    assert filled
    (row,) = review_rows(filled, UNITS)
    assert (row["text"], row.line, row.place.sheet) == ("Xã Bính", 4, "Xem xét")


def test_hidden_sheets_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "units.xlsx").write_bytes(review_workbook(UNITS, [ROW], texts(("x",))))
    book = openpyxl.load_workbook(tmp_path / "units.xlsx")
    old = book.copy_worksheet(book.worksheets[0])
    old["B2"], old.sheet_state = "Xã cũ", "hidden"
    book.move_sheet(old.title, -2)
    book.save(tmp_path / "units.xlsx")
    assert [row["text"] for row in rows_of(tmp_path / "units.xlsx")] == ["Xã Bính"]


def test_a_workbook_of_no_visible_sheet_with_headings_is_told(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "units.xlsx")
    problems = Problems()
    (filled,) = filled_tables(tmp_path / "units.xlsx", problems)
    assert review_rows(filled, UNITS) == ()
    assert [problem.code for problem in problems] == ["table.empty"]


@pytest.mark.parametrize("table", [UNITS, ENTRIES, MAPPING], ids=["units", "entries", "mapping"])
def test_words_are_those_of_the_language_and_bytes_are_the_same(table) -> None:
    english = WorkbookTexts("en", "Fill in.", {}, {table.decision: [("x",)]})
    row = tuple(f"t{k}" for k in range(len(table.columns)))
    content = review_workbook(table, [row], english)
    assert content == review_workbook(table, [row], english)
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == ["Review", "Instructions"]
