"""What a format itself tells of its being whole is looked at: records of sheets, places of cells, names of parts."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from surveys.problems import SurveyError
from surveys.returns.files.opening import read_sheets
from surveys.returns.writing import parquet_bytes
from tests.surveys.returns.files.made_files import write_ods, write_xls
from tests.surveys.returns.files.made_xlsb import write_xlsb

ROWS: list[list[object]] = [["Mã phiếu", "Đơn vị", "A"], ["P1", "Sở Nội vụ", 3], ["P2", "Sở Tài chính", 4]]
NUMBER = struct.pack("<HH", 0x203, 14)  # the head of the record of a number


def damaged(path: Path) -> bool:
    """Whether a file is refused as damaged, by its name."""
    with pytest.raises(SurveyError) as failure:
        read_sheets(path)
    return {(p.code, p.file) for p in failure.value.problems} == {("returns.file_damaged", path.name)}


def with_part(path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change a part of an archive and pack it again, with its checksum."""
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, change(content) if part == name else content)


def test_a_binary_workbook_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_xlsb(tmp_path / "a.xlsb", ROWS)
    (sheet,) = read_sheets(tmp_path / "a.xlsb")
    assert (sheet.name, sheet.cells.tolist()) == ("Phiếu", ROWS)


@pytest.mark.parametrize("kept", [3, 20, 60, -7, -1])
def test_a_binary_workbook_whose_sheet_ends_too_early_is_damaged(kept: int, tmp_path: Path) -> None:
    """Calamine gives the rows before the place where the records end."""
    path = tmp_path / "a.xlsb"
    write_xlsb(path, ROWS)
    with_part(path, "xl/worksheets/sheet1.bin", lambda part: part[:kept])
    assert damaged(path)


def test_a_binary_workbook_with_a_row_twice_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsb"
    write_xlsb(path, ROWS)
    second, third = (struct.pack("<III", row, 0, 300)[:10] for row in (1, 2))
    with_part(path, "xl/worksheets/sheet1.bin", lambda part: part.replace(third, second))
    assert damaged(path)


@pytest.mark.parametrize("column", [1, 10])
def test_a_cell_of_an_old_workbook_in_the_place_of_another_or_outside_its_row_is_damaged(
    column: int, tmp_path: Path
) -> None:
    """One turned bit moved an answer into the next column, or out of the table, and nothing was said."""
    path = tmp_path / "a.xls"
    write_xls(path, ROWS)
    raw = path.read_bytes()
    place = NUMBER + struct.pack("<HH", 1, 2)
    assert raw.count(place) == 1
    path.write_bytes(raw.replace(place, NUMBER + struct.pack("<HH", 1, column)))
    assert damaged(path)


@pytest.mark.parametrize("kind", [0x10, 0x20])
def test_numbers_of_a_chart_in_an_old_workbook_stand_in_no_row(kind: int, tmp_path: Path) -> None:
    """A chart has a beginning and an end of its own; the numbers that it draws have places that cells have too."""
    path = tmp_path / "a.xls"
    write_xls(path, ROWS)
    raw = path.read_bytes()
    number = NUMBER + struct.pack("<HHHd", 1, 2, 15, 3.0)
    chart = struct.pack("<HHHHHHII", 0x809, 16, 0x600, kind, 0, 0, 0, 6) + number + struct.pack("<HH", 10, 0)
    end = raw.index(b"\x0a\0\0\0", raw.index(number))
    path.write_bytes(raw[:end] + chart + raw[end : len(raw) - len(chart)])
    (sheet,) = read_sheets(path)
    assert sheet.cells.tolist() == ROWS


@pytest.mark.parametrize("ending", ["xlsb", "ods", "zip"])
def test_an_archive_with_two_parts_of_one_name_is_damaged(ending: str, tmp_path: Path) -> None:
    """Programs differ in which of the two they take."""
    path = tmp_path / f"a.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.csv", "x,y\n1,2\n")
    else:
        {"xlsb": write_xlsb, "ods": write_ods}[ending](path, ROWS)
    read_sheets(path)
    target = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(archive.namelist()[-1], "x,y\n1,3\n")
    path.write_bytes(target.getvalue())
    assert damaged(path)


@pytest.mark.parametrize("checksums", [True, False])
def test_parquet_pages_are_held_against_their_checksums(checksums: bool, tmp_path: Path) -> None:
    """Without them a turned bit in a page of numbers gives another number, and nothing can tell."""
    path = tmp_path / "a.parquet"
    table = pa.table({"x": [1.0, 2.0, 3.0, 4.0, 5.0] * 40})
    pq.write_table(table, path, compression="none", use_dictionary=False, write_page_checksum=checksums)
    raw = bytearray(path.read_bytes())
    raw[raw.index(struct.pack("<ddd", 2.0, 3.0, 4.0)) + 6] ^= 4
    path.write_bytes(raw)
    if checksums:
        assert damaged(path)
    else:
        assert read_sheets(path)[0].cells[2][0] not in (1.0, 2.0, 3.0, 4.0, 5.0)


def test_parquet_that_is_written_here_has_checksums(tmp_path: Path) -> None:
    raw = parquet_bytes(pd.DataFrame({"x": [number / 7 for number in range(200)]}), "x.parquet")
    pages = range(4, raw.rindex(b"schema") - 200, 3)
    read = []
    for place in pages:
        changed = bytearray(raw)
        changed[place] ^= 4
        (tmp_path / "a.parquet").write_bytes(changed)
        try:
            read.append(read_sheets(tmp_path / "a.parquet")[0].cells.tolist())
        except SurveyError:
            continue
    (tmp_path / "a.parquet").write_bytes(raw)
    assert all(found == read_sheets(tmp_path / "a.parquet")[0].cells.tolist() for found in read)
    assert len(read) < len(pages) / 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_text_with_bytes_that_were_lost_is_damaged(encoding: str, tmp_path: Path) -> None:
    """Zeros in place of two rows: they were read as one, whose form had another code and another's answers."""
    path = tmp_path / "a.csv"
    rows = [f"P{k},Sở Nội vụ,{k % 5 + 1}\n" for k in range(9)]
    path.write_bytes("".join(rows).encode(encoding))
    assert len(read_sheets(path)[0].cells) == 9
    lost = "\0" * (len(rows[3]) + len(rows[4]) - 8)
    path.write_bytes("".join((*rows[:3], "P3", lost, ",1\n", *rows[5:])).encode(encoding))
    assert damaged(path)
