"""Files made to harm the program or its users: refused, or read as the texts that they are, within bounds."""

from __future__ import annotations

import csv
import os
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from surveys.definitions.study.limits import LIMITS
from surveys.definitions.study.records import Adjudication, ReturnFile
from surveys.problems import Problems, SurveyError
from surveys.returns.files.filled_tables import filled_table
from surveys.returns.files.opening import read_sheets
from surveys.returns.mapping.mapping_file import write_mapping
from surveys.returns.mapping.mapping_proposal import propose_mapping
from surveys.returns.reading import read_returns
from surveys.returns.submissions.entry_agreement import disagreements
from surveys.review.columns_and_words import ENTRIES
from surveys.review.review_file import review_bytes, review_rows
from tests.surveys.returns.files.made_files import write_ods

HEADINGS = ["Mã phiếu", "Đơn vị", "F0", "1.1a", "1.1b", "1.2", "K1", "K2"]
FORM = ["P1", "SNV", "1", "5", "4", "3", "1", "0"]


def write(path: Path, *rows: Sequence[object]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def refused(path: Path, **options: object) -> list[str]:
    with pytest.raises(SurveyError) as caught:
        read_sheets(path, **options)  # type: ignore[arg-type]
    assert {problem.file for problem in caught.value.problems} == {path.name}
    return [problem.code for problem in caught.value.problems]


def problems_of(study) -> list[tuple[str, str]]:
    with pytest.raises(SurveyError) as caught:
        read_returns(study)
    return [(problem.code, problem.file) for problem in caught.value.problems]


@pytest.fixture
def sav(tmp_path):
    table = pd.DataFrame({"V1": ["a" * 200, *[""] * 99], "V2": np.arange(100.0)})
    pyreadstat.write_sav(table, tmp_path / "a.sav", row_compress=True)
    return tmp_path / "a.sav"


def with_cases(path: Path, cases: int) -> None:
    """The number of cases stands in bytes 80 to 83 of a .sav file."""
    raw = bytearray(path.read_bytes())
    raw[80:84] = struct.pack("<i", cases)
    path.write_bytes(raw)


def test_a_header_that_promises_more_cases_than_memory_holds(sav):
    with_cases(sav, 90_000_000)
    assert refused(sav) == ["returns.sheet_too_large"]


@pytest.mark.parametrize(
    "options", [{}, {"row_compress": True}, {"compress": True}], ids=["sav", "row", "zsav"]
)
@pytest.mark.parametrize("cases", [0, 1, 99, 101])
def test_a_header_that_declares_another_number_of_cases(tmp_path, options, cases):
    table = pd.DataFrame({"V1": ["a"] * 100, "V2": np.arange(100.0)})
    pyreadstat.write_sav(table, tmp_path / "a.sav", **options)
    with_cases(tmp_path / "a.sav", cases)
    assert refused(tmp_path / "a.sav") == ["returns.file_damaged"]


def test_a_header_that_does_not_say_how_many_cases_there_are(sav):
    with_cases(sav, -1)
    assert read_sheets(sav)[0].cells.shape == (101, 2)
    assert refused(sav, limits=replace(LIMITS, rows=50)) == ["returns.sheet_too_large"]


def test_compressed_texts_that_would_fill_the_memory(sav):
    """100 cases of 200 and 8 bytes are more than 20,000."""
    assert refused(sav, limits=replace(LIMITS, expanded=20_000)) == ["returns.sheet_too_large"]
    assert len(read_sheets(sav, limits=replace(LIMITS, expanded=22_000))[0].cells) == 101


@pytest.mark.parametrize("name", ["/etc/hostname", "../outside.csv", "link.csv", "folder/../../outside.csv"])
def test_paths_and_links_that_leave_the_folder(study, tmp_path, name):
    (tmp_path.parent / "outside.csv").write_text("x", encoding="utf-8")
    os.symlink(tmp_path.parent / "outside.csv", tmp_path / "link.csv")
    assert problems_of(study(ReturnFile(name, "so-5"))) == [("file.outside", name)]


def test_a_folder_is_no_file(study, tmp_path):
    (tmp_path / "r.csv").mkdir()
    assert problems_of(study(ReturnFile("r.csv", "so-5"))) == [("file.missing", "r.csv")]


@pytest.mark.long
@pytest.mark.parametrize("size", [200_000, 20_000_000])
def test_a_cell_of_many_letters_is_refused_by_file(study, tmp_path, size):
    write(tmp_path / "r.csv", HEADINGS, [*FORM[:3], "x" * size, *FORM[4:]])
    ((code, file),) = problems_of(study(ReturnFile("r.csv", "so-5")))
    assert (code in ("returns.cell_too_long", "returns.csv_broken"), file) == (True, "r.csv")


def workbook(path: Path, *rows: Sequence[object], merges: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    areas = "".join(f'<mergeCell ref="{area}"/>' for area in merges)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(
        b"</sheetData>", f"</sheetData><mergeCells>{areas}</mergeCells>".encode()
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_merged_area_as_large_as_a_sheet(study, tmp_path):
    workbook(
        tmp_path / "r.xlsx",
        ["Bảng"],
        HEADINGS,
        FORM,
        ["P2", *FORM[1:]],
        merges=("A1:XFD1", "J3:XFD1048576", "B3:B1048576"),
    )
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.rows["form_code"].tolist() == ["P1", "P2"]


def test_merged_areas_over_each_other(study, tmp_path):
    rows = [[f"P{k}", *FORM[1:]] for k in range(20)]
    workbook(tmp_path / "r.xlsx", ["Bảng"], HEADINGS, *rows, merges=("B3:B22",) * 20)
    assert problems_of(study(ReturnFile("r.xlsx", "so-5"))) == [("returns.file_damaged", "r.xlsx")]


def test_formulas_in_headings_stay_texts_in_the_files_a_person_opens(study, tmp_path):
    heading = '=HYPERLINK("http://x")'
    write(tmp_path / "r.csv", [*HEADINGS[:5], heading, *HEADINGS[6:]], FORM)
    mapping = propose_mapping(tmp_path / "r.csv", study(ReturnFile("r.csv", "so-5")))
    mapping.loc[mapping["column"] == "F", ["kind", "target", "decision"]] = ["item", "1.2", "x"]
    write_mapping(mapping, tmp_path / "m.csv")
    with (tmp_path / "m.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@")]
    read = read_returns(study(ReturnFile("r.csv", "so-5", mapping="m.csv")))
    assert read.answers[0, 3] == 2


def test_formulas_in_cells_stay_texts_in_the_files_a_person_opens(study, tmp_path):
    write(tmp_path / "a.csv", HEADINGS, [*FORM[:3], "=1+1", *FORM[4:]])
    write(tmp_path / "b.csv", HEADINGS, FORM)
    files = (ReturnFile("a.csv", "so-5", entry="first"), ReturnFile("b.csv", "so-5", entry="second"))
    listed = disagreements(read_returns(study(*files)))
    (tmp_path / "d.csv").write_bytes(review_bytes(ENTRIES, listed.itertuples(index=False)))
    with (tmp_path / "d.csv").open(encoding="utf-8-sig", newline="") as file:
        (line,) = list(csv.DictReader(file))
    assert line["first"] == "'=1+1"
    filled = filled_table(tmp_path / "d.csv", Problems())
    assert filled
    (row,) = review_rows(filled, ENTRIES)
    decided = Adjudication(row["form"], row["field"], row["first"], row["second"], "5", "Chi")
    assert read_returns(study(*files, adjudication=(decided,))).answers[:, 1].tolist() == [4, 4]


@pytest.mark.parametrize(
    "cell",
    ["1" * 90_000, f"{'9' * 5000} - Hài lòng", f"Hài lòng ({'1' * 5000})", "(1" * 45_000, ". " * 45_000],
)
def test_a_cell_of_digits_without_end_is_no_answer(study, tmp_path, cell):
    """Python refuses to turn more than 4,300 digits into a number."""
    write(tmp_path / "r.csv", HEADINGS, [*FORM[:3], cell, *FORM[4:]])
    read = read_returns(study(ReturnFile("r.csv", "so-5")))
    assert read.cells[["item", "fault"]].values.tolist() in (
        [["1.1a", "out_of_scale"]], [["1.1a", "disagrees"]],
    )  # fmt: skip


@pytest.mark.parametrize(
    "time", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "9" * 5000]
)
def test_a_time_beyond_the_calendar_is_none(study, tmp_path, time):
    write(tmp_path / "r.csv", ["Dấu thời gian", *HEADINGS], [time, *FORM])
    read = read_returns(study(ReturnFile("r.csv", "so-5")))
    assert read.rows["submitted"].isna().all()
    assert [p.code for p in read.warnings] == ["returns.time_unknown"]


def test_a_question_of_nothing_but_dashes_is_passed_over_quickly(study, tmp_path):
    """Every dash could part a question from its row, and each part is compared with every name there is."""
    names = ["StartDate", "ResponseId", *(f"Q{k}" for k in range(len(HEADINGS) + 1))]
    texts = ["Start Date", "Response ID", *HEADINGS, " - a" * 20_000]
    ids = [f'{{"ImportId":"{name}"}}' for name in names]
    write(tmp_path / "r.csv", names, texts, ids, ["2023-10-05 09:00:00", "R_1", *FORM, "x"])
    read = read_returns(study(ReturnFile("r.csv", "so-5")))
    assert read.rows["form_code"].tolist() == ["P1"]
    assert [p.code for p in read.warnings] == ["returns.columns_ignored"]


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """An archive with its parts changed; the first part of an OpenDocument stays as it is packed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return path


@pytest.mark.long
def test_one_long_text_in_a_million_cells(tmp_path):
    """85 kB that unpack to 33 MB and would take 48 GB: the cells name one shared text, which is laid out for each."""
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'

    def change(parts: dict[str, bytes]) -> None:
        text = b"x" * 32_000
        parts["xl/sharedStrings.xml"] = b"<sst " + space + b"><si><t>" + text + b"</t></si></sst>"
        row = b"<row>" + b'<c t="s"><v>0</v></c>' * 1000 + b"</row>"
        parts["xl/worksheets/sheet1.xml"] = (
            b"<worksheet " + space + b"><sheetData>" + row * 1500 + b"</sheetData></worksheet>"
        )

    path = rewritten(workbook(tmp_path / "r.xlsx", ["x"]), change)
    assert refused(path, limits=replace(LIMITS, memory_bytes=300_000_000)) in (
        ["returns.file_fatal"], ["returns.file_memory"],
    )  # fmt: skip


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("gap", ["", " "])
def test_repeats_of_an_open_document_however_they_are_written(tmp_path, quote, gap):
    def change(parts: dict[str, bytes]) -> None:
        repeats = f"<table:table-row table:number-rows-repeated{gap}={gap}{quote}1048577{quote} "
        parts["content.xml"] = parts["content.xml"].replace(b"<table:table-row ", repeats.encode(), 1)

    write_ods(tmp_path / "r.ods", [["x"]])
    assert refused(rewritten(tmp_path / "r.ods", change)) == ["returns.sheet_too_large"]


@pytest.mark.long
def test_a_filled_cell_repeated_over_a_whole_sheet(tmp_path):
    """Neither number is beyond its bound; both together are 17 thousand million cells."""

    def change(parts: dict[str, bytes]) -> None:
        rows = b"<table:table-row table:number-rows-repeated='1048576' "
        cells = b"<table:table-cell table:number-columns-repeated='16384' "
        content = parts["content.xml"].replace(b"<table:table-row ", rows, 1)
        parts["content.xml"] = content.replace(b"<table:table-cell ", cells, 1)

    write_ods(tmp_path / "r.ods", [["x"]])
    (code,) = refused(rewritten(tmp_path / "r.ods", change), limits=replace(LIMITS, seconds=20))
    kinds = {f"returns.file_{kind}" for kind in ("damaged", "fatal", "memory", "slow")}
    assert code in {"returns.sheet_too_large"} | kinds


def test_a_sheet_whose_part_has_another_ending(tmp_path):
    far = b"<row r='1048576'><c r = 'XFD1048576'><v>1</v></c></row></sheetData>"

    def change(parts: dict[str, bytes]) -> None:
        sheet = parts.pop("xl/worksheets/sheet1.xml")
        parts["xl/worksheets/sheet.dat"] = sheet.replace(b"</sheetData>", far)
        for name in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
            parts[name] = parts[name].replace(b"sheet1.xml", b"sheet.dat").replace(b'"', b"'")

    path = rewritten(workbook(tmp_path / "r.xlsx", ["x"]), change)
    assert refused(path) == ["returns.sheet_too_large"]


def test_a_panic_of_a_library_is_a_fault(tmp_path, monkeypatch, read_here):
    """A library written in Rust raises what is no Exception."""
    import python_calamine

    class Panic(BaseException):
        pass

    def panicking(*_: object) -> None:
        raise Panic("index out of bounds")

    monkeypatch.setattr(python_calamine.CalamineWorkbook, "from_filelike", panicking, raising=True)
    assert refused(workbook(tmp_path / "r.xlsx", ["x"])) == ["returns.file_damaged"]
