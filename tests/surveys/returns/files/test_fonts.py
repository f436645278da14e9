"""Workbooks typed with fonts from before Unicode: the font of a cell tells what its text alone cannot."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import openpyxl
import pytest
from openpyxl.styles import Font

from surveys.definitions.study.records import ReturnFile
from surveys.returns.reading import read_returns
from surveys.vocabulary.legacy_encodings import TCVN3

HEADINGS = ["Mã phiếu", "Đơn vị", "F0", "1.1a", "1.1b", "1.2", "K1", "K2"]
OLD = {letter: written for written, letter in TCVN3.items()}


def tcvn3(text: str) -> str:
    """A text in the letters that a TCVN3 font shows it by."""
    return "".join(str(OLD.get(letter, letter)) for letter in text)


def write(path, font: str, *rows: Sequence[object]) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    for row in rows:
        book.active.append(row)
    for cells in book.active.iter_rows(min_row=2):
        for cell in cells:
            cell.font = Font(name=font)
    book.save(path)


TCVN3_ROWS = [
    ["P1", tcvn3("Sở Nội vụ"), tcvn3("Có"), tcvn3("Hài lòng"), "4", "3", "1", "0"],
    ["P2", tcvn3("Sở Nội vụ"), tcvn3("Có"), tcvn3("Bình thường"), "4", "3", "1", "0"],
]
VNI_ROWS = [["P1", "Sôû Noäi vuï", "Coù", "Haøi loøng", "4", "3", "1", "0"]]


@pytest.mark.parametrize(
    ("font", "rows", "name"), [(".VnTime", TCVN3_ROWS, "tcvn3"), ("VNI-Times", VNI_ROWS, "vni")]
)
def test_a_single_word_is_told_by_its_font(study, tmp_path, font, rows, name):
    """``Có`` is written ``Cã`` in TCVN3: both are words, and only the font says which is meant."""
    write(tmp_path / "r.xlsx", font, *rows)
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers[:, 0].tolist() == [1] * len(rows)
    assert read.answers[:, 1].tolist() == [3, 2][: len(rows)]
    assert set(read.rows["unit_code"]) == {"SNV"}
    log = {(line.column, line.conversion): line.cells for line in read.conversions.itertuples()}
    assert log == {(column, name): len(rows) for column in ("Đơn vị", "F0", "1.1a")}


def test_unicode_in_a_font_of_an_old_name_stays(study, tmp_path):
    row = ["P1", "Sở Nội vụ", "Có", "Hài lòng", "Bình thường", "3", "1", "0"]
    write(
        tmp_path / "r.xlsx", ".VnTime", row, ["P2", "Sở Nội vụ", "Không", "Bình thường", "4", "3", "1", "0"]
    )
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers[:, :2].tolist() == [[1, 3], [0, 2]]
    assert read.rows["unit_code"].tolist() == ["SNV", "SNV"]
    assert read.conversions.empty


def test_without_openpyxl_the_texts_are_told_by_their_columns_and_that_is_said(
    study, tmp_path, monkeypatch, read_here
):
    write(tmp_path / "r.xlsx", ".VnTime", *TCVN3_ROWS)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert read.answers[:, 1].tolist() == [3, 2]
    assert [(p.code, p.sheet) for p in read.warnings] == [
        ("returns.fonts_unseen", "Sheet"), ("returns.cell_out_of_scale", "Sheet"),
    ]  # fmt: skip


def test_a_workbook_beyond_bounds_is_not_looked_at(study, tmp_path, monkeypatch, read_here):
    write(tmp_path / "r.xlsx", ".VnTime", *TCVN3_ROWS)
    monkeypatch.setattr("surveys.returns.files.workbook_fonts.MOST_CELLS", 10)
    read = read_returns(study(ReturnFile("r.xlsx", "so-5")))
    assert "returns.fonts_unseen" in {p.code for p in read.warnings}
