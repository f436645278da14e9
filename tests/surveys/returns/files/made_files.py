"""Files that no library at hand writes, made byte by byte: ``.xls`` and ``.ods`` workbooks, with rows and columns hidden.

Layouts: [MS-CFB] and [MS-XLS] (BIFF8: BOF, CodePage, BoundSheet8, Row, ColInfo, Label, Number, EOF), OpenDocument 1.2.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Collection, Iterator, Sequence
from html import escape
from pathlib import Path

SECTOR = 512
Rows = Sequence[Sequence[object]]


def write_xls(
    path: Path, rows: Rows, hidden_rows: Collection[int] = (), hidden_columns: Collection[int] = ()
) -> None:
    """A workbook of one sheet, ``Phiếu``."""
    path.write_bytes(_compound_file(_workbook(rows, hidden_rows, hidden_columns)))


def _record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _text(text: str) -> bytes:
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def _workbook(rows: Rows, hidden_rows: Collection[int], hidden_columns: Collection[int]) -> bytes:
    title = "Phiếu"
    before = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 6)) + _record(0x42, b"\xb0\x04")
    name = struct.pack("<BB", len(title), 1) + title.encode("utf-16-le")
    start = len(before) + 4 + 6 + len(name) + 4
    globals_ = before + _record(0x85, struct.pack("<IH", start, 0) + name) + _record(0x0A)
    return globals_ + b"".join(_sheet(rows, hidden_rows, hidden_columns)) + _record(0x0A)


def _sheet(rows: Rows, hidden_rows: Collection[int], hidden_columns: Collection[int]) -> Iterator[bytes]:
    yield _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 6))
    for column in hidden_columns:
        yield _record(0x7D, struct.pack("<HHHHHH", column, column, 2304, 15, 1, 0))
    for k, row in enumerate(rows):
        yield _record(
            0x208, struct.pack("<HHHHHHI", k, 0, len(row), 255, 0, 0, 0x100 | 0x20 * (k in hidden_rows))
        )
    for k, row in enumerate(rows):
        for j, cell in enumerate(row):
            place = struct.pack("<HHH", k, j, 15)
            if isinstance(cell, (int, float)) and not isinstance(cell, bool):
                yield _record(0x203, place + struct.pack("<d", cell))
            elif cell not in (None, ""):
                yield _record(0x204, place + _text(str(cell)))


def _compound_file(stream: bytes) -> bytes:
    """A compound file whose only stream is the workbook: header, table of sectors, folder, stream."""
    stream = stream.ljust(max(4096, -(-len(stream) // SECTOR) * SECTOR), b"\0")
    count = len(stream) // SECTOR
    tables = next(n for n in range(1, 100) if n * SECTOR // 4 >= n + 1 + count)
    entries = [0xFFFFFFFD] * tables + [0xFFFFFFFE]
    entries += [tables + 2 + k for k in range(count - 1)] + [0xFFFFFFFE]
    entries += [0xFFFFFFFF] * (tables * SECTOR // 4 - len(entries))
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
    )
    header += struct.pack("<IIIIIIIII", 0, tables, tables, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", *range(tables), *[0xFFFFFFFF] * (109 - tables))
    folder = _entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + _entry(
        "Workbook", 2, 0xFFFFFFFF, tables + 1, len(stream)
    )
    return header + struct.pack(f"<{len(entries)}I", *entries) + folder.ljust(SECTOR, b"\0") + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    letters = name.encode("utf-16-le") + b"\0\0"
    about = struct.pack("<HBBIII", len(letters), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return letters.ljust(64, b"\0") + about + bytes(36) + struct.pack("<III", start, size, 0)


def write_ods(
    path: Path, rows: Rows, hidden_rows: Collection[int] = (), hidden_columns: Collection[int] = ()
) -> None:
    """A spreadsheet of one table, ``Phiếu``."""
    width = max(map(len, rows), default=0)
    shown = {False: "visible", True: "collapse"}
    columns = "".join(
        f'<table:table-column table:visibility="{shown[j in hidden_columns]}"/>' for j in range(width)
    )
    shown[True] = "filter"
    lines = "".join(
        f'<table:table-row table:visibility="{shown[k in hidden_rows]}">{"".join(map(_cell, row))}</table:table-row>'
        for k, row in enumerate(rows)
    )
    write_ods_table(path, "Phiếu", columns + lines)


def write_ods_table(path: Path, name: str, table: str) -> None:
    """A spreadsheet of one table, whose columns and rows are given as they stand in the file."""
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="{name}">{table}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content, zipfile.ZIP_DEFLATED)


def _cell(cell: object) -> str:
    if cell in (None, ""):
        return "<table:table-cell/>"
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return f'<table:table-cell office:value-type="float" office:value="{cell!r}"><text:p>{cell}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}</text:p></table:table-cell>'
