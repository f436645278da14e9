"""A workbook that shows something else than the tables beside it, in whatever way, although every checksum was made anew."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.cell import MergedCell

from surveys.handover.verification import verify_folder as verify
from surveys.problems import LANGUAGES, Problem
from tests.surveys.handover.forging import forge, reseal

BOOK, UNITS, SCORES = "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"
STYLES, STRINGS = "xl/styles.xml", "xl/sharedStrings.xml"
POINTS, SUMMARY = "Chi tiết", "Tổng hợp"


@pytest.fixture
def council(out: Path, tmp_path: Path) -> Path:
    """The council's folder on its own."""
    return (out / "council").rename(tmp_path / "council")


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive_of(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def told(council: Path, change: Callable[[dict[str, bytes]], object]) -> list[Problem]:
    """What verification says when the parts of the workbook were changed and all checksums made anew."""
    path = council / "survey-scores.xlsx"
    parts = parts_of(path.read_bytes())
    change(parts)
    path.write_bytes(archive_of(parts))
    reseal(council)
    found = list(verify(council))
    assert all(problem.text(language) for problem in found for language in LANGUAGES)
    assert {problem.file for problem in found} <= {"survey-scores.xlsx"}
    return found


def within(part: str, old: str, new: str, count: int = 1) -> Callable[[dict[str, bytes]], None]:
    """Put ``new`` in the place of ``old`` in a part."""

    def change(parts: dict[str, bytes]) -> None:
        text = parts[part].decode()
        assert old in text
        parts[part] = text.replace(old, new, count).encode()

    return change


def test_an_archive_packed_anew_is_the_same_workbook(council: Path) -> None:
    assert told(council, lambda parts: None) == []


#: What a forger does to the parts of the workbook → code, sheet, row and column of what is told (first of all, of one sheet).
FORGERIES = {
    "number": (
        within(SCORES, "<v>0.6</v>", "<v>0.7</v>"), "verify.sheet_cell", POINTS, 7, "Điểm"),
    "number as text": (
        within(SCORES, '<c r="D7" s="16"><v>0.6</v>', '<c r="D7" s="16" t="str"><v>0.6</v>'),
        "verify.sheet_kind", POINTS, 7, "Điểm"),
    "formula": (
        within(SCORES, "<v>0.6</v>", "<f>0.5+0.2</f><v>0.6</v>"), "verify.sheet_formula", POINTS, 7, "Điểm"),
    "text typed in place": (
        within(SCORES, '<c r="D7" s="16"><v>0.6</v>', '<c r="D7" s="16" t="inlineStr"><is><t>0.7</t></is>'),
        "verify.sheet_cell", POINTS, 7, "Điểm"),
    "another style": (
        within(SCORES, '<c r="D7" s="16"', '<c r="D7" s="1"'), "verify.sheet_format", POINTS, 7, "Điểm"),
    "a number added": (
        within(SCORES, "</row>", '<c r="Z1"><v>3</v></c></row>'), "verify.sheet_cell", POINTS, 1, "Z"),
    "an empty cell with a style": (
        within(SCORES, "</row>", '<c r="Z1" s="2"/></row>'), "verify.sheet_format", POINTS, 1, "Z"),
    "hidden row": (
        within(UNITS, '<row r="3"', '<row r="3" hidden="1"'), "verify.sheet_element", SUMMARY, 3, ""),
    "row without height": (
        within(UNITS, '<row r="3" spans="1:12" ht="', '<row r="3" spans="1:12" ht="0" x="'),
        "verify.sheet_element", SUMMARY, 3, ""),
    "hidden column": (
        within(UNITS, '<col min="9"', '<col hidden="1" min="9"'), "verify.sheet_element", SUMMARY, None, ""),
    "column without width": (
        within(UNITS, 'max="9" width="', 'max="9" width="0'), "verify.sheet_element", SUMMARY, None, ""),
    "row twice": (
        within(UNITS, "</sheetData>", '<row r="14"><c r="E14"><v>9</v></c></row></sheetData>'),
        "verify.sheet_cell", SUMMARY, 14, "Điểm"),
    "merged cells": (
        within(UNITS, "<mergeCell ref", '<mergeCell ref="E14:E15"/><mergeCell ref'),
        "verify.sheet_element", SUMMARY, None, ""),
    "conditional format": (
        within(UNITS, "<pageMargins", '<conditionalFormatting sqref="E2"/><pageMargins'),
        "verify.sheet_element", SUMMARY, None, ""),
    "data validation": (
        within(UNITS, "<pageMargins", '<dataValidations><dataValidation sqref="E2" prompt="9"/></dataValidations><pageMargins'),
        "verify.sheet_element", SUMMARY, None, ""),
    "picture": (
        within(UNITS, "</worksheet>", '<drawing r:id="rId1"/></worksheet>'), "verify.sheet_element", SUMMARY, None, ""),
    "filtered": (
        within(SCORES, "<autoFilter ", '<autoFilter x="1" '), "verify.sheet_element", POINTS, None, ""),
    "another footer": (
        within(UNITS, "&amp;P/", "1/"), "verify.sheet_element", SUMMARY, None, ""),
    "another agency in the head": (
        within(STRINGS, "<t>VIỆN</t>", "<t>VIÊN</t>"), "verify.sheet_cell", SUMMARY, 2, "A"),
    "another heading above headings": (
        within(STRINGS, "<t>Khoảng hạng</t>", "<t>Khoảng</t>"), "verify.sheet_cell", SUMMARY, 10, "Khoảng hạng: Từ"),
    "shared text": (
        within(STRINGS, "trả lời quá ít câu hỏi</t>", "</t>"), "verify.sheet_cell", "Phiếu bị loại", 5, "Lý do"),
    "text with another inside": (
        within(STRINGS, "<t>Một</t>", "<r><t>Mộ</t></r><r><t>t</t></r>"), "verify.workbook_part", "", None, ""),
    "format that shows another number": (
        within(STYLES, 'formatCode="[$-42A]0.0000"', 'formatCode="&quot;0.9500&quot;"'), "verify.workbook_part", "", None, ""),
    "white on white": (
        within(STYLES, "<color ", '<color rgb="FFFFFFFF" '), "verify.workbook_part", "", None, ""),
    "days from 1904": (
        within(BOOK, "<workbookPr ", '<workbookPr date1904="1" '), "verify.workbook_part", "", None, ""),
    "defined name": (
        within(BOOK, "</definedNames>", '<definedName name="x">1</definedName></definedNames>'),
        "verify.workbook_part", "", None, ""),
    "hidden sheet": (
        within(BOOK, f'<sheet name="{POINTS}"', f'<sheet state="hidden" name="{POINTS}"'),
        "verify.sheet_hidden", POINTS, None, ""),
    "very hidden sheet": (
        within(BOOK, f'<sheet name="{POINTS}"', f'<sheet state="veryHidden" name="{POINTS}"'),
        "verify.sheet_hidden", POINTS, None, ""),
    "sheet of the same look": (
        within(BOOK, "</sheets>", f'<sheet name="{POINTS} " sheetId="9" r:id="rId1"/></sheets>'),
        "verify.sheet_extra", f"{POINTS} ", None, ""),
    "two sheets change places": (
        within(BOOK, "rId1", "rId2"), "verify.workbook_part", "", None, ""),
    "sheet renamed": (
        within(BOOK, f'name="{SUMMARY}"', 'name="X"'), "verify.sheet_missing", SUMMARY, None, ""),
    "picture in the file": (
        lambda parts: parts.update({"xl/media/image1.png": b"x"}), "verify.workbook_part_extra", "", None, ""),
    "macros": (
        lambda parts: parts.update({"xl/vbaProject.bin": b"x"}), "verify.workbook_part_extra", "", None, ""),
    "link to another file": (
        lambda parts: parts.update({"xl/externalLinks/externalLink1.xml": b"<x/>"}),
        "verify.workbook_part_extra", "", None, ""),
    "comments": (
        lambda parts: parts.update({"xl/comments1.xml": b"<comments/>"}), "verify.workbook_part_extra", "", None, ""),
    "no identity": (
        lambda parts: parts.pop("docProps/core.xml"), "verify.workbook_part_missing", "", None, ""),
    "study renamed in the properties": (
        within("docProps/core.xml", "<dc:title>", "<dc:title>x"), "verify.workbook_part", "", None, ""),
    "declared entities": (
        within(SCORES, "<worksheet", "<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet"), "verify.workbook_unreadable", "", None, ""),
    "no XML": (within(SCORES, "</worksheet>", ""), "verify.workbook_unreadable", "", None, ""),
    "very deep": (
        within(SCORES, "</worksheet>", "<a>" * 30 + "</a>" * 30 + "</worksheet>"),
        "verify.workbook_unreadable", "", None, ""),
    "far too large": (
        within(SCORES, "</worksheet>", " " * 5_000_000 + "</worksheet>"), "verify.workbook_unreadable", "", None, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_what_the_writer_does_not_do_is_told_with_its_place(name: str, council: Path) -> None:
    change, *expected = FORGERIES[name]
    found = told(council, change)
    assert tuple(expected) in [(p.code, p.sheet, p.row, p.column) for p in found]
    assert len(found) <= 12


#: Cells whose word is first met there, by which the code is called everywhere else; then the others are told.
FIRST_MET = {SUMMARY: {(12, 1)}, "Theo nhóm đối tượng": {(8, 3), (9, 3)}, "Số phiếu": {(6, 3), (7, 3)}}
SHEETS = (SUMMARY, POINTS, "Theo nhóm đối tượng", "Số phiếu", "Phiếu bị loại", "Phương pháp", "Nhận dạng")


@pytest.mark.long
@pytest.mark.parametrize("sheet", SHEETS)
def test_every_cell_of_every_sheet_counts(sheet: str, council: Path) -> None:
    """Another text in each cell in turn, headings, words of codes, explanations and identity included; but for words that stand
    once and that only the instrument knows, which is not in this folder."""
    path = council / "survey-scores.xlsx"
    original = path.read_bytes()
    table = openpyxl.load_workbook(io.BytesIO(original))[sheet]
    cells = [cell for row in table.iter_rows() for cell in row if not isinstance(cell, MergedCell)]
    places = [(cell.row, cell.column) for cell in cells]
    places = [place for place in places if place not in FIRST_MET.get(sheet, ())]
    chosen = places if len(places) < 40 else places[:: len(places) // 40]
    for place in chosen:
        book = openpyxl.load_workbook(io.BytesIO(original))
        book[sheet].cell(*place).value = "x"
        book.save(path)
        reseal(council)
        told = [
            (p.sheet, p.row, dict(p.params)["found"])
            for p in verify(council)
            if p.code == "verify.sheet_cell"
        ]
        assert (sheet, place[0], "x") in told


def test_a_workbook_that_was_saved_again_is_one_message(council: Path) -> None:
    path = council / "survey-scores.xlsx"
    book = openpyxl.load_workbook(path)
    book.save(path)
    assert [p.code for p in verify(council)] == ["verify.file_changed", "verify.workbook_saved_again"]
    reseal(council)
    assert [p.code for p in verify(council)] == ["verify.workbook_saved_again"]


def test_what_was_hidden_merged_or_added_before_it_was_saved_again_is_told(council: Path) -> None:
    path = council / "survey-scores.xlsx"
    book = openpyxl.load_workbook(path)
    book[SUMMARY].row_dimensions[3].hidden = True
    book[SUMMARY].column_dimensions["I"].hidden = True
    book[POINTS].merge_cells("T2:T3")
    book.create_sheet("Bảng mới")
    book["Phương pháp"].sheet_state = "hidden"
    book.save(path)
    reseal(council)
    found = {(p.code, p.sheet, dict(p.params).get("places")) for p in verify(council)}
    assert found == {
        ("verify.workbook_saved_again", "", None),
        ("verify.sheet_parts_hidden", SUMMARY, "3, I"),
        ("verify.sheet_merged", POINTS, "T2"),
        ("verify.sheet_extra", "Bảng mới", None),
        ("verify.sheet_hidden", "Phương pháp", None),
    }


def test_many_other_cells_are_counted_not_listed(council: Path) -> None:
    def change(parts: dict[str, bytes]) -> None:
        parts[SCORES] = parts[SCORES].replace(b"<v>", b"<v>1")

    found = [p for p in told(council, change) if p.sheet == POINTS]
    assert len(found) == 21
    assert found[-1].code == "verify.further"


@pytest.mark.parametrize("where", ["before", "behind", "between", "remark", "twice"])
def test_nothing_stands_around_the_parts_of_the_archive(where: str, council: Path) -> None:
    """Programs differ in where they begin to look: what one skips another may show."""
    path = council / "survey-scores.xlsx"
    content = path.read_bytes()
    if where == "twice":
        buffer = io.BytesIO(content)
        with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(SCORES, parts_of(content)[SCORES])
        content = buffer.getvalue()
    elif where == "between":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, part in parts_of(content).items():
                archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
                buffer.seek(0, 2)
                buffer.write(b"PK")
                archive.start_dir = buffer.tell()
        content = buffer.getvalue()
    elif where == "remark":
        buffer = io.BytesIO(content)
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.comment = b"x"
        content = buffer.getvalue()
    else:
        content = b"x" * 64 + content if where == "before" else content + b"x" * 64
    path.write_bytes(content)
    reseal(council)
    expected = "verify.workbook_unreadable" if where == "twice" else "verify.workbook_archive"
    assert [p.code for p in verify(council)] == [expected]


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04" + bytes(100), bytes(2_000_000)])
def test_what_is_no_workbook_is_a_fault(content: bytes, council: Path) -> None:
    (council / "survey-scores.xlsx").write_bytes(content)
    reseal(council)
    assert [p.code for p in verify(council)] == ["verify.workbook_unreadable"]


@pytest.mark.parametrize(("word", "expected"), [("Trưởng phòng", []), ("Người dân", ["verify.word_twice"])])
def test_two_codes_of_one_word_are_told_where_no_instrument_is_at_hand(
    word: str, expected: list[str], council: Path
) -> None:
    """The folder of the council alone does not hold this instrument: that both groups are called the same is at least seen."""
    words = {
        "block": {"so": "Sở"},
        "group": {"heads": word, "citizens": "Người dân"},
        "questionnaire": {"so-2": "Mẫu 2", "so-5": "Mẫu 5"},
    }
    forge(council, words)
    assert [p.code for p in verify(council)] == expected
