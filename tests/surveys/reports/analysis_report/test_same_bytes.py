"""The same results give the same report, byte for byte, wherever and whenever it is written; a large round stays in bounds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import surveys as sv
from tests.surveys.reports.analysis_report.conftest import Report, Results

pytestmark = pytest.mark.long
WRITE = "import sys, surveys as sv; sv.report(sys.argv[1], sys.argv[2], sys.argv[3], language='vi')"
SOFFICE = shutil.which("soffice")
#: Of the page of all communes.
BYTES = 10_000_000


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_another_place_zone_language_and_order_of_hashes(
    reported: Report, results: Results, tmp_path: Path
) -> None:
    here = reported("small", "vi", True)
    elsewhere = {
        **os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LC_ALL": "C", "LANG": "C", "SURVEYS_LANG": "en",
        "PYTHONPATH": str(Path(sv.__file__).parents[1]), "MPLCONFIGDIR": str(tmp_path / "config"), "COLUMNS": "40",
    }  # fmt: skip
    work = tmp_path / "elsewhere"
    work.mkdir()
    (work / "matplotlibrc").write_text("font.size: 30\nlines.linewidth: 9\n", encoding="utf-8")
    paths = [str(results("small")), str(tmp_path / "again"), str(results("small-before"))]
    subprocess.run([sys.executable, "-c", WRITE, *paths], cwd=work, env=elsewhere, check=True, timeout=600)
    first, second = content(here.folder), content(tmp_path / "again")
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] == []


def test_the_folder_verifies_and_is_replaced(reported: Report, results: Results, tmp_path: Path) -> None:
    report = reported("small", "vi", True)
    assert not [problem for problem in sv.verify(report.folder) if problem.severity == "error"]
    shutil.copytree(report.folder, tmp_path / "out")
    sv.report(results("small"), tmp_path / "out", results("small-before"), language="vi")
    assert content(tmp_path / "out") == content(report.folder)


def test_all_communes(results: Results, tmp_path: Path) -> None:
    """3,300 units: a document for each, a page under 10 MB. How long it takes: tests/benchmarks/test_report_speed.py."""
    written = sv.report(results("country"), tmp_path / "out")
    assert written.units == len(list((tmp_path / "out" / "units").rglob("*.docx"))) == 3300
    assert (tmp_path / "out" / "bao-cao-phan-tich.html").stat().st_size < BYTES


def test_above_a_hundred_units_each_has_a_document(reported: Report) -> None:
    report = reported("many", "vi", False)
    assert len(list((report.folder / "units" / "xa").glob("*.docx"))) == 104
    assert not (reported("small", "vi", True).folder / "units").exists()


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize(
    ("key", "language", "beside"), [("small", "vi", True), ("one", "en", False), ("named", "vi", False)]
)
def test_libreoffice_makes_a_pdf_of_it(
    reported: Report, tmp_path: Path, key: str, language: str, beside: bool
) -> None:
    """It opens without complaint, and its pages are those of a report."""
    document = reported(key, language, beside).folder / "bao-cao-phan-tich.docx"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [
        str(SOFFICE),
        "--headless",
        profile,
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        str(document),
    ]
    done = subprocess.run(command, capture_output=True, check=True, timeout=300)
    assert b"Error" not in done.stderr
    pdf = (tmp_path / "bao-cao-phan-tich.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    pages = pdf.count(b"/Type/Page") - pdf.count(b"/Type/Pages")
    assert 10 <= pages <= 60
