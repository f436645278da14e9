"""The council's workbook opened by other programs: the numbers of the files beside it, texts that stay texts, pages that can be
read."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine

import surveys as sv
from surveys.definitions.instrument.shelf import shipped
from surveys.definitions.study.records import Output
from surveys.handover.package import package
from surveys.problems import LANGUAGES, Language, phrase
from surveys.scoring.scored_round import ScoredRound
from surveys.simulation.simulate import simulate
from tests.surveys.handover.small_round import under

SOFFICE, PDFTOTEXT = shutil.which("soffice"), shutil.which("pdftotext")
#: Columns that the files have and the sheets of results leave out, and those that hold no numbers.
LEFT_OUT = {"points_low", "points_high"}
TEXTS = {
    "block", "unit_code", "unit_name", "node_code", "node_name", "node_level", "measured_by", "council_basis", "group",
    "questionnaire", "counted", "class", "status", "note", "form_code", "reasons", "reasons_vi", "decided_by",
    "decided_on", "decision_reason",
}  # fmt: skip
OF_SUMMARY = (
    "rank", "council_points", "survey_points", "points", "percent", "ci_low", "ci_high", "rank_low", "rank_high",
    "probability_class",
)  # fmt: skip
Rows = list[dict[str, str]]


def council_of(files: Mapping[str, bytes]) -> tuple[bytes, dict[str, Rows]]:
    """The workbook of a package, and its tables by name."""
    tables = {}
    for path, content in files.items():
        folder, _, name = path.partition("/")
        if folder == "council" and name.endswith(".csv"):
            text = content.decode("utf-8-sig")
            tables[name.removesuffix(".csv")] = list(csv.DictReader(io.StringIO(text, newline="")))
    return files["council/survey-scores.xlsx"], tables


def numbers_of(row: Mapping[str, str], names: Sequence[str] = ()) -> list[float]:
    """The numbers of a row of a file, in order of size."""
    chosen = names or [name for name in row if name not in TEXTS | LEFT_OUT]
    return sorted(float(row[name]) for name in chosen if row.get(name))


def rows_by(cells: Sequence[Sequence[Any]], *codes: int) -> dict[tuple[str, ...], list[float]]:
    """The rows of a sheet that end in codes: codes → numbers in order of size."""
    found = {}
    for row in cells:
        key = tuple(str(row[k] or "") for k in codes)
        numbers = sorted(
            float(cell) for cell in row if isinstance(cell, (int, float)) and not isinstance(cell, bool)
        )
        if all(key) and numbers:
            found[key] = numbers
    return found


def assert_same_numbers(sheets: Sequence[Sequence[Sequence[Any]]], tables: Mapping[str, Rows]) -> None:
    """Every number of the sheets is the one of the files, row by row; ``sheets`` in their order."""
    summary, detail, groups, forms, rejected, *_ = sheets
    scores = {(row["unit_code"], row["node_code"]): numbers_of(row) for row in tables["scores"]}
    assert {k: v for k, v in rows_by(detail, -2, -1).items() if k in scores} == {
        k: v for k, v in scores.items() if v
    }
    by_group: dict[tuple[str, str], list[float]] = {}
    for row in tables["groups"]:
        by_group.setdefault((row["unit_code"], row["node_code"]), []).extend(numbers_of(row))
    found: dict[tuple[str, str], list[float]] = {}
    for cells in groups:
        key = (str(cells[-2] or ""), str(cells[-1] or ""))
        if key in by_group:
            found.setdefault(key, []).extend(float(c) for c in cells if isinstance(c, (int, float)))
    assert {k: sorted(v) for k, v in found.items()} == {k: sorted(v) for k, v in by_group.items()}
    levels = [row["node_level"] for row in tables["scores"]]
    top = next(level for level in levels if level != levels[0])
    kind = "points" if "points" in tables["scores"][0] else "percent"
    fields: dict[str, list[float]] = {}
    for row in tables["scores"]:
        if row["node_level"] == top and row[kind]:
            fields.setdefault(row["unit_code"], []).append(float(row[kind]))
    units = {(row["unit_code"],): sorted([*numbers_of(row, OF_SUMMARY), *fields.get(row["unit_code"], [])])
             for row in tables["units"]}  # fmt: skip
    assert {k: v for k, v in rows_by(summary, -1).items() if k in units} == {
        k: v for k, v in units.items() if v
    }
    cells_of_forms = [row for row in forms if any(isinstance(cell, (int, float)) for cell in row)]
    of_file = sorted(numbers_of(row) for row in tables["forms"])
    of_sheet = sorted(sorted(float(c) for c in row if isinstance(c, (int, float))) for row in cells_of_forms)
    assert all(numbers in of_sheet for numbers in of_file)
    assert len(of_sheet) == len(of_file) + 2  # the sums of both parts
    counted = [[float(c) for c in row if isinstance(c, (int, float))] for row in rejected]
    assert sorted(sorted(row) for row in counted if row) == sorted(
        numbers_of(row) for row in tables["rejected"]
    )


def smallest_type(content: bytes) -> dict[str, float]:
    """The smallest type of each sheet, in points, when it is as narrow as A4 lying across."""
    found = {}
    for sheet in openpyxl.load_workbook(io.BytesIO(content)):
        columns = sheet.column_dimensions.values()
        pixels = sum(
            round(one.width * 7) * (one.max - one.min + 1) for one in columns
        )  # Arial 10: 7 pixels a digit
        margins = 72 * (sheet.page_margins.left + sheet.page_margins.right)
        scale = min(1.0, (841.89 - margins) / (pixels * 0.75))
        sizes = [cell.font.size for row in sheet.iter_rows() for cell in row if cell.value is not None]
        found[sheet.title] = min(sizes) * scale
    return found


@pytest.fixture(scope="module", params=LANGUAGES)
def files(request: pytest.FixtureRequest, small_round: ScoredRound) -> dict[str, bytes]:
    study = replace(small_round.study, output=Output(language=request.param))
    return package(under(study, small_round))


def test_other_programs_read_the_numbers_of_the_files(files: dict[str, bytes]) -> None:
    content, tables = council_of(files)
    opened = openpyxl.load_workbook(io.BytesIO(content))
    assert_same_numbers([[[c.value for c in row] for row in sheet.iter_rows()] for sheet in opened], tables)
    read = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    named = [read.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in read.sheet_names]
    assert_same_numbers(named, tables)


def test_texts_stay_texts_and_nothing_is_run(files: dict[str, bytes]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files["council/survey-scores.xlsx"]))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert sum(cell.value == "=Trụ sở, “khu A”" for cell in cells) >= 4
    assert not any(cell.hyperlink for cell in cells)


def test_every_sheet_can_be_read_on_paper(files: dict[str, bytes]) -> None:
    content = files["council/survey-scores.xlsx"]
    sizes = smallest_type(content)
    assert min(sizes.values()) >= 8
    for sheet in openpyxl.load_workbook(io.BytesIO(content)):
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows
        assert sheet.print_area
        assert "&P/&N" in sheet.oddFooter.center.text or "&[Page]/&N" in sheet.oddFooter.center.text


def test_the_head_says_who_what_and_on_what_basis(small_round: ScoredRound) -> None:
    book = openpyxl.load_workbook(io.BytesIO(package(small_round)["council/survey-scores.xlsx"]))
    said = [str(c.value) for row in book.worksheets[0].iter_rows() for c in row if c.value is not None]
    for text in (
        "UBND THÀNH PHỐ", "VIỆN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Số: 12/BC-V",
        "Hà Nội, ngày 05 tháng 01 năm 2024", "KẾT QUẢ CHỈ SỐ", "Đợt nhỏ 2023", "Thời kỳ đánh giá: 01/01/2023 – 31/12/2023",
        "Căn cứ Kế hoạch Chỉ số; số 243/KH ngày 05/10/2023 của UBND", "NGƯỜI LẬP BIỂU", "VIỆN TRƯỞNG", "Nguyễn Văn A",
    ):  # fmt: skip
        assert text in said


def test_units_stand_in_order_of_rank_and_those_without_one_last(small_round: ScoredRound) -> None:
    book = openpyxl.load_workbook(io.BytesIO(package(small_round)["council/survey-scores.xlsx"]))
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    units = [row[1] for row in rows if row[-1] in ("noi-vu", "y-te", "tru")]
    assert units == ["Sở Y tế", "Sở Nội vụ", "=Trụ sở, “khu A”"]  # 1.8917, 1.2667, and one without a rank
    reasons = [row[0] for row in rows if str(row[0]).startswith("(2)")]
    assert reasons == ["(2) có thành phần chưa đầy đủ: 1"]


def edition_files(edition: str, language: Language, folder: Path) -> dict[str, bytes]:
    """The package of a simulated round of an edition."""
    scale = (
        0.5 if edition == "ha-noi/2025" else 0.2
    )  # in small rounds communes have too few forms for any result
    simulate(edition, 3, folder / "round", scale=scale)
    study = sv.load(folder / "round").replace(output={"language": language})
    study.score().write(folder / "results")
    paths = [path for path in (folder / "results").rglob("*") if path.is_file()]
    return {path.relative_to(folder / "results").as_posix(): path.read_bytes() for path in paths}


@pytest.mark.long
@pytest.mark.parametrize("edition", shipped())
def test_workbooks_of_every_edition_hold_the_numbers_and_can_be_read(edition: str, tmp_path: Path) -> None:
    content, tables = council_of(edition_files(edition, "vi", tmp_path))
    read = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    named = [read.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in read.sheet_names]
    assert_same_numbers(named, tables)
    sizes = smallest_type(content)
    assert min(sizes.values()) >= 8, sizes


def pages_of(content: bytes, folder: Path) -> list[str]:
    """The pages of a workbook that LibreOffice prints, as text."""
    assert SOFFICE is not None
    assert PDFTOTEXT is not None
    (folder / "book.xlsx").write_bytes(content)
    home = f"-env:UserInstallation={(folder / 'home').as_uri()}"
    command = [
        SOFFICE,
        home,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder),
        str(folder / "book.xlsx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    text = subprocess.run(
        [PDFTOTEXT, "-layout", str(folder / "book.pdf"), "-"], check=True, capture_output=True
    )
    return text.stdout.decode().removesuffix("\f").split("\f")


@pytest.mark.long
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.skipif(PDFTOTEXT is None, reason="pdftotext (poppler) is not installed")
@pytest.mark.parametrize("language", LANGUAGES)
def test_libreoffice_prints_every_page_with_its_heading_and_number(
    language: Language, tmp_path: Path
) -> None:
    files = edition_files("sipas/2022", language, tmp_path)
    content, tables = council_of(files)
    pages = pages_of(content, tmp_path)
    assert not any("###" in page for page in pages)
    number = phrase("handover.workbook.page", language, page="(\\d+)", pages=str(len(pages)))
    assert [int(re.findall(number, page)[0]) for page in pages] == list(range(1, len(pages) + 1))
    names = {row["unit_name"] for row in tables["units"]}
    heading = {"vi": "Tên đơn vị", "en": "Unit name"}[language]
    of_units = [
        page for page in pages if any(re.search(rf"^ .*{name}", page, re.MULTILINE) for name in names)
    ]
    assert all(
        heading in " ".join(page.split()) or "Mẫu" in page or "Questionnaire" in page for page in of_units
    )
    assert len(pages) < 120
    comma = "," if language == "vi" else "."
    assert re.search(rf"\d\d\{comma}\d\d\b", pages[0])
    method = phrase("handover.sheet.method", language).upper()
    at = next(k for k, page in enumerate(pages) if method in page)
    assert phrase("handover.sheet.identity", language).upper() in pages[at + 1]  # the method is one page
