"""Files of every kind, good and hostile: read as they are, or refused by name within bounds."""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.definitions.study.limits import LIMITS
from surveys.definitions.study.records import ReturnFile
from surveys.problems import SurveyError
from surveys.returns.files import parquet
from surveys.returns.files.file_content import FileContent, Wanted
from surveys.returns.files.opening import read_sheets
from surveys.returns.reading import read_returns
from tests.surveys.returns.files.made_files import write_ods_table

ROWS = [["Mã phiếu", "Đơn vị", "1.1a"], ["P1", "Sở Nội vụ", "5"], ["P2", "STC", "Hài lòng"]]


def workbook(path: Path, rows: Sequence[Any] = ROWS, sheet: str = "A") -> Path:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        for i, row in enumerate(rows):
            page.write_row(i, 0, row)
    return path


def rewritten(path: Path, part: str, change) -> Path:
    """A workbook with one part of its archive changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def refused(path: Path, **options: object) -> list[str]:
    with pytest.raises(SurveyError) as caught:
        read_sheets(path, **options)  # type: ignore[arg-type]
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_files(tmp_path, delimiter, encoding):
    path = tmp_path / "a.xyz"
    path.write_text("\r\n".join(delimiter.join(row) for row in ROWS), encoding=encoding)
    assert read_sheets(path)[0].cells.tolist() == ROWS


def test_workbooks_whatever_their_name_says(tmp_path):
    assert read_sheets(workbook(tmp_path / "a.csv"))[0].cells.tolist() == ROWS


def test_a_csv_that_is_called_xlsx(tmp_path):
    (tmp_path / "a.xlsx").write_text("x,y\n1,2\n", encoding="utf-8")
    assert read_sheets(tmp_path / "a.xlsx")[0].kind == "text"


def test_open_documents(tmp_path):
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(
        f"<table:table-row>{''.join(cell.format(value) for value in row)}"
        '<table:table-cell table:number-columns-repeated="16380"/></table:table-row>'
        for row in ROWS
    )
    assert read_sheets(open_document(tmp_path / "a.ods", rows + EMPTY_END))[0].cells.tolist() == ROWS


def test_an_open_document_that_repeats_a_cell_beyond_bounds(tmp_path):
    cell = '<table:table-cell table:number-columns-repeated="99999999"><text:p>x</text:p></table:table-cell>'
    path = open_document(tmp_path / "a.ods", f"<table:table-row>{cell}</table:table-row>")
    assert refused(path) == ["returns.sheet_too_large"]


EMPTY_END = (
    '<table:table-row table:number-rows-repeated="1048573"><table:table-cell table:number-columns-repeated="16384"/>'
    "</table:table-row>"
)


def open_document(path: Path, rows: str) -> Path:
    write_ods_table(path, "A", rows)
    return path


def test_line_breaks_inside_quotes_do_not_move_the_rows(study, tmp_path):
    text = 'Mã phiếu,Đơn vị,1.1a,1.1b,1.2,F0,K1,K2\nP1,"Sở\nNội vụ",5,5,5,1,1,1\nP2,STC,5,5,5,1,1,1\n'
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    rows = read_returns(study(ReturnFile("r.csv", "so-5"))).rows
    assert rows["source_row"].tolist() == [2, 3]
    assert rows["unit_code"].tolist() == ["SNV", "STC"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "returns.file_empty"),
        (b"%PDF-1.4", "returns.kind_unknown"),
        (b"<html><table><tr><td>1</td></tr></table>", "returns.kind_unknown"),
        (b"PK\x03\x04" + b"\x00" * 50, "returns.kind_unknown"),
        (b"PK\x03\x04 [Content_Types].xml" + b"\x00" * 50, "returns.file_damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "returns.file_damaged"),
        (b"$FL2" + b"\x00" * 300, "returns.file_damaged"),
        (b"<stata_dta>" + b"\x00" * 300, "returns.file_damaged"),
        (b"\xff\xfe\x00", "returns.encoding_undeclared"),
        ("Mã phiếu,Đơn vị".encode()[:-1] + b"\xff\xff\x8a", "returns.encoding_undeclared"),
        (b'a,b\n"1,2\n3,4\n', "returns.csv_broken"),
        (b'a,b\n"1"x,2\n', "returns.csv_broken"),
    ],
)
def test_what_is_not_a_table_is_refused_by_name(tmp_path, content, code):
    (tmp_path / "a").write_bytes(content)
    assert refused(tmp_path / "a") == [code]


def test_a_truncated_workbook(tmp_path):
    path = workbook(tmp_path / "a.xlsx")
    path.write_bytes(path.read_bytes()[:-200])
    assert refused(path) == ["returns.file_damaged"]


def test_a_locked_workbook_is_named_so(tmp_path):
    path = workbook(tmp_path / "a.xlsx")
    raw = bytearray(path.read_bytes())
    for start in (m for m in range(len(raw) - 4) if raw[m : m + 4] == b"PK\x01\x02"):
        raw[start + 8] |= 1
    path.write_bytes(raw)
    assert refused(path) == ["returns.file_locked"]


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    path = rewritten(workbook(tmp_path / "a.xlsx"), "xl/big.xml", lambda _: b" " * 60_000_000)
    assert refused(path) == ["returns.zip_bomb"]


def test_an_archive_that_lies_about_its_sizes(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["x" * 30_000] for _ in range(50)])
    raw = bytearray(path.read_bytes())
    start = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"xl/worksheets/sheet1.xml"))
    raw[start + 24 : start + 28] = (10).to_bytes(4, "little")
    path.write_bytes(raw)
    assert refused(path) == ["returns.file_damaged"]


@pytest.mark.parametrize("reference", [b"XFD1048576", b"ZZZZ9", b"A999999999", b"AAA900000"])
def test_one_far_cell_does_not_make_a_sheet_of_billions(tmp_path, reference):
    far = b'<row r="2"><c r="' + reference + b'"><v>1</v></c></row></sheetData>'
    path = rewritten(
        workbook(tmp_path / "a.xlsx"),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"</sheetData>", far),
    )
    assert refused(path) == ["returns.sheet_too_large"]


@pytest.mark.parametrize(
    "far",
    [
        b"<row r='2'><c r='XFD1048576'><v>1</v></c></row>",
        b'<row r = "2"><c r = "XFD1048576"><v>1</v></c></row>',
        b'<row\nr="2"><c\nr=\n"XFD1048576"><v>1</v></c></row>',
        b'<row r="2"><c r="xfd1048576"><v>1</v></c></row>',
        b'<x:row r="2"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
        b'<row r="2"><c s=\' r="A1"\' r="XFD1048576"><v>1</v></c></row>',
        b'<row r="2"><c s="' + b"1" * 2000 + b'" r="XFD1048576"><v>1</v></c></row>',
        b'<row r="2"><c r="XFD1048576"><v>1</v></c></row>' + b'<row r="3"/>' * 9,
    ],
)
def test_a_far_cell_is_seen_however_it_is_written(tmp_path, far):
    path = rewritten(
        workbook(tmp_path / "a.xlsx"),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"</sheetData>", far + b"</sheetData>"),
    )
    assert refused(path) == ["returns.sheet_too_large"]


def test_a_far_cell_before_a_long_end_is_seen_too(tmp_path):
    far = b'<row r="2"><c r="XFD1048576"><v>1</v></c></row></sheetData><!--' + b" " * 300_000 + b"-->"
    path = rewritten(
        workbook(tmp_path / "a.xlsx"),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"</sheetData>", far),
    )
    assert refused(path) == ["returns.sheet_too_large"]


def test_a_wide_cell_in_the_middle_is_seen_too(tmp_path):
    rows = b'<row r="4"><c r="XFD4"><v>1</v></c></row><row r="100000"><c r="A100000"><v>1</v></c></row></sheetData>'
    path = rewritten(
        workbook(tmp_path / "a.xlsx"),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"</sheetData>", rows),
    )
    assert refused(path) == ["returns.sheet_too_large"]


@pytest.mark.parametrize(
    "formatted",
    [
        b'<row r="1048576" spans="1:16384" s="3" customFormat="1"><c r="A1048576" s="3"/><c r="XFD1048576" s="3"/></row>',
        b'<row r="4" ht="15.75"><c r="XFD4" s="3"/></row><row r="1048576" hidden="1"/>',
        b'<x:row r="1048576"><x:c r="XFD1048576" s="1" /></x:row>',
    ],
)
def test_formats_to_the_last_row_and_column_are_no_values(tmp_path, formatted):
    path = rewritten(
        workbook(tmp_path / "a.xlsx"),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"</sheetData>", formatted + b"</sheetData>"),
    )
    assert read_sheets(path)[0].cells.tolist() == read_sheets(workbook(tmp_path / "b.xlsx"))[0].cells.tolist()


def test_a_value_behind_such_formats_is_seen(tmp_path):
    far = b'<row r="1048576" x="/>"><c r="A1048576" s="3"/><c s="3" t="n"><v>1</v></c><c r="XFD1048576" t="n"><v>1</v></c></row>'
    path = rewritten(
        workbook(tmp_path / "a.xlsx"),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"</sheetData>", far + b"</sheetData>"),
    )
    assert refused(path) == ["returns.sheet_too_large"]


def test_xml_entities_are_refused(tmp_path):
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
    path = rewritten(
        workbook(tmp_path / "a.xlsx"),
        "xl/worksheets/sheet1.xml",
        lambda xml: bomb + xml[xml.index(b"<worksheet") :],
    )
    assert refused(path) == ["returns.xml_entities"]


def test_xml_entities_after_a_long_comment_are_refused(tmp_path):
    bomb = b'<?xml version="1.0"?><!--' + b" " * 300_000 + b'--><!DOCTYPE x [<!ENTITY a "aaaa">]>'
    path = rewritten(
        workbook(tmp_path / "a.xlsx"),
        "xl/worksheets/sheet1.xml",
        lambda xml: bomb + xml[xml.index(b"<worksheet") :],
    )
    assert refused(path) == ["returns.xml_entities"]


def test_a_million_columns(tmp_path):
    (tmp_path / "a.csv").write_text("," * 1_000_000 + "\n", encoding="utf-8")
    assert refused(tmp_path / "a.csv") == ["returns.sheet_too_large"]


def test_a_cell_of_megabytes(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n" + "x" * 10_000_000 + ",1\n", encoding="utf-8")
    assert refused(tmp_path / "a.csv") == ["returns.csv_broken"]


def test_a_file_larger_than_the_limit_is_not_read(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    assert refused(tmp_path / "a.csv", limits=replace(LIMITS, file_bytes=5)) == ["file.too_large"]


def test_formulas_without_a_value_are_named_cell_by_cell(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        page = book.add_worksheet("A")
        page.write_row(0, 0, ["x", "y"])
        page.write_formula(1, 1, "=1+1", None, 7)
        page.write_formula(2, 0, '=""', None, "")
    sheet1 = "xl/worksheets/sheet1.xml"
    rewritten(
        tmp_path / "a.xlsx", sheet1, lambda xml: xml.replace(b'"A3"', b'"A3" t="str"')
    )  # as Excel writes ""
    sheet = read_sheets(tmp_path / "a.xlsx")[0]
    assert sheet.cells.tolist() == [["x", "y"], ["", 7.0]]
    path = rewritten(
        tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<v>7</v>", b"")
    )
    with pytest.raises(SurveyError) as caught:
        read_sheets(path)
    assert [(p.code, p.sheet, p.row, p.column) for p in caught.value.problems] == [
        ("returns.formula_without_value", "A", 2, "B")
    ]


def test_error_cells_are_not_blanks(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        page = book.add_worksheet("A")
        page.write_row(0, 0, ["x", "y"])
        page.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    assert read_sheets(tmp_path / "a.xlsx")[0].cells.tolist() == [["x", "y"], ["", "#DIV/0!"]]


def test_error_cells_are_told_wherever_their_attributes_stand(tmp_path):
    workbook(tmp_path / "a.xlsx", [["x", "y"], ["#N/A", 1]])

    def as_error(xml: bytes) -> bytes:
        return re.sub(rb'<c r="A2"[^>]*>.*?</c>', b'<c t="e" s="0" r="A2"><v>#N/A</v></c>', xml)

    path = rewritten(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", as_error)
    assert read_sheets(path)[0].cells.tolist() == [["x", "y"], ["#N/A", 1.0]]


def test_many_error_cells_without_an_end_do_not_send_the_search_on_and_on(tmp_path):
    """If each of them searched to the end of the sheet for its value, this would not end in minutes."""
    workbook(tmp_path / "a.xlsx", [["x"], [1]])
    cells = b"".join(b'<row r="%d"><c r="A%d" t="e"></c></row>' % (k, k) for k in range(3, 50_003))

    def filled(xml: bytes) -> bytes:
        return xml.replace(b"</sheetData>", cells + b"</sheetData>")

    assert read_sheets(rewritten(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", filled))[0].name == "A"


def test_error_cells_of_an_open_document_are_not_read_as_blanks(tmp_path):
    """As LibreOffice writes them: an empty text whose extended type says that it is an error."""
    cell = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
        'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    path = open_document(tmp_path / "a.ods", f"<table:table-row>{cell}</table:table-row>")
    assert refused(path) == ["returns.error_cells"]


def test_truth_values_are_not_ones(tmp_path):
    sheet = read_sheets(workbook(tmp_path / "a.xlsx", [["x"], [1], [True], [False]]))[0]
    assert sheet.cells[:, 0].tolist() == ["x", 1.0, "TRUE", "FALSE"]


def test_hidden_sheets_are_read_and_marked(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet("A").write(0, 0, "x")
        hidden = book.add_worksheet("B")
        hidden.write(0, 0, "y")
        hidden.hide()
    assert [(sheet.name, sheet.hidden) for sheet in read_sheets(tmp_path / "a.xlsx")] == [
        ("A", False),
        ("B", True),
    ]
    assert refused(tmp_path / "a.xlsx", sheet="C") == ["returns.sheet_missing"]


def test_a_line_cut_short_is_named(study, tmp_path):
    (tmp_path / "r.csv").write_text("Mã phiếu,1.1a,1.1b,1.2\nP1,5,5,5\nP2,5\n", encoding="utf-8")
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("r.csv", "so-1")))
    (problem,) = caught.value.problems
    assert (problem.code, problem.row, dict(problem.params)["found"]) == ("returns.row_width", 3, "2")


def test_an_unknown_encoding_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n", encoding="utf-8")
    assert refused(tmp_path / "a.csv", encoding="utf-99") == ["returns.encoding_unknown"]


def round_of(folder: Path) -> list[list[str]]:
    head = ["Mã phiếu", "Đơn vị", "F0", "1.1a", "1.1b", "1.2", "K1", "K2"]
    return [head, *([f"P{k}", "SNV", "1", str(k % 5 + 1), "5", "4", "1", "0"] for k in range(40))]


@pytest.mark.long
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["csv", "xlsx", "sav"]), st.floats(0, 1), st.integers(0, 255))
def test_damage_gives_an_error_or_the_same_number_of_forms(study, tmp_path, kind, where, flip):
    """Bytes cut from the end or turned over: never a crash, and never silently fewer or more forms."""
    path = tmp_path / f"d.{kind}"
    rows = round_of(tmp_path)
    if kind == "csv":
        path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    elif kind == "xlsx":
        workbook(path, rows)
    else:
        sav(path, rows)
    raw = bytearray(path.read_bytes())
    place = int(where * (len(raw) - 1))
    if flip:
        raw[place] ^= flip
    else:
        del raw[place + 1 :]
    path.write_bytes(bytes(raw))
    try:
        read = read_returns(study(ReturnFile(path.name, "so-5")))
    except SurveyError as error:
        places, forms = {problem.file for problem in error.problems}, 40
    else:
        places, forms = {path.name}, len(read)
    assert places == {path.name}
    assert kind == "csv" or forms == 40


def sav(path: Path, rows: list[list[str]]) -> None:
    import pyreadstat

    frame = pd.DataFrame(rows[1:], columns=[f"V{k}" for k in range(len(rows[0]))])
    pyreadstat.write_sav(frame, str(path), column_labels=list(rows[0]))


def test_the_same_answers_through_every_format(study, tmp_path):
    rows = round_of(tmp_path)
    (tmp_path / "a.csv").write_text("\n".join(";".join(row) for row in rows), encoding="utf-8-sig")
    workbook(tmp_path / "a.xlsx", rows)
    sav(tmp_path / "a.sav", rows)
    read = [read_returns(study(ReturnFile(f"a.{kind}", "so-5"))) for kind in ("csv", "xlsx", "sav")]
    for other in read[1:]:
        assert np.array_equal(read[0].answers, other.answers)
        kept = ["form_code", "unit_code", "group", "block", "identified"]
        pd.testing.assert_frame_equal(read[0].rows[kept], other.rows[kept])
    assert read[2].rows["source_row"].tolist() == list(range(1, 41))


def test_numbers_as_text_and_text_as_numbers_are_one(study, tmp_path):
    head = ["Mã phiếu", "Đơn vị", "F0", "1.1a", "1.1b", "1.2", "K1", "K2"]
    workbook(tmp_path / "a.xlsx", [head, [1001, "SNV", 1, 5, "5", "5.0", "1,0", 0.0]])
    read = read_returns(study(ReturnFile("a.xlsx", "so-5")))
    assert read.answers.tolist() == [[1, 4, 4, 4, 1, 0]]
    assert read.rows["form_code"].tolist() == ["1001"]


def test_archives_of_text_files_are_sheets(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("form.csv", "x,y\n1,2\n")
        archive.writestr("form-unit.csv", "z\n3\n")
    assert [(sheet.name, sheet.cells.tolist()) for sheet in read_sheets(tmp_path / "a.zip")] == [
        ("form", [["x", "y"], ["1", "2"]]),
        ("form-unit", [["z"], ["3"]]),
    ]


def test_archives_of_anything_else_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.exe", "x")
    assert refused(tmp_path / "a.zip") == ["returns.kind_unknown"]


def test_a_parquet_file(study, tmp_path):
    table = pd.DataFrame(
        [["P1", "SNV", 1, 5, None, True]], columns=["Mã phiếu", "Đơn vị", "F0", "1.1a", "x", "y"]
    )
    table.to_parquet(tmp_path / "a.csv", index=False)
    sheet = read_sheets(tmp_path / "a.csv")[0]
    assert (sheet.kind, sheet.cells.tolist()) == (
        "parquet", [["Mã phiếu", "Đơn vị", "F0", "1.1a", "x", "y"], ["P1", "SNV", 1.0, 5.0, None, "TRUE"]],
    )  # fmt: skip


def test_a_parquet_file_beyond_bounds_is_not_unpacked(tmp_path):
    pd.DataFrame({"x": np.arange(200_000.0)}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"x": np.zeros(2_000_000)}).to_parquet(tmp_path / "b.parquet")
    assert refused(tmp_path / "a.parquet", limits=replace(LIMITS, expanded=100_000)) == ["returns.zip_bomb"]
    assert refused(tmp_path / "b.parquet") == ["returns.sheet_too_large"]


def test_a_long_text_in_many_rows_of_a_parquet_file_is_unpacked_once(tmp_path):
    """9,000 letters in each of 100,000 rows are 9 × 10⁸; the file has them once, and each batch of rows the same ones."""
    texts = pa.DictionaryArray.from_arrays(np.zeros(100_000, np.int32), ["x" * 9_000])
    pq.write_table(pa.table({"x": texts}), tmp_path / "a.parquet", store_schema=False)
    content = (tmp_path / "a.parquet").read_bytes()
    (page,) = parquet.read(FileContent(content, "parquet", Wanted("", "a.parquet")))
    assert len({id(row[0]) for row in page.rows[1:]}) == 1


def test_texts_longer_in_all_rows_than_an_unpacked_file_may_be_are_refused(tmp_path):
    """A million letters in each of a million rows took the whole time that a file may take."""
    texts = pa.DictionaryArray.from_arrays(np.zeros(1_000_000, np.int32), ["x" * 1_000_000])
    pq.write_table(pa.table({"x": texts}), tmp_path / "a.parquet", store_schema=False)
    assert refused(tmp_path / "a.parquet") == ["returns.zip_bomb"]


def test_a_parquet_file_of_lists_is_refused(tmp_path):
    pd.DataFrame({"x": [[1, 2], [3]]}).to_parquet(tmp_path / "a.parquet")
    assert refused(tmp_path / "a.parquet") == ["returns.file_damaged"]


def test_a_damaged_parquet_file_is_named(tmp_path):
    pd.DataFrame({"x": ["a", "b"]}).to_parquet(tmp_path / "a.parquet")
    raw = (tmp_path / "a.parquet").read_bytes()
    for cut in range(4, len(raw), 37):
        (tmp_path / "b.parquet").write_bytes(raw[:cut])
        assert refused(tmp_path / "b.parquet") == ["returns.file_damaged"]


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch, read_here):
    pd.DataFrame({"x": ["a", "b"]}).to_parquet(tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert refused(tmp_path / "a.parquet") == ["returns.no_parquet_reader"]
