"""Binary workbooks (``.xlsb``), which no library at hand writes.

Layout: [MS-XLSB]: an archive of parts, each a row of records (kind and size of up to two and four bytes of seven bits each, then
the content): BrtBundleSh in the workbook, BrtWsDim, BrtRowHdr, BrtCellReal and BrtCellIsst in the sheet, BrtSSTItem in the table
of texts.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_BEGIN_SHEET, _END_SHEET, _BEGIN_BOOK, _END_BOOK = 129, 130, 131, 132
_BEGIN_SHEETS, _END_SHEETS, _SHEET = 143, 144, 156
_BEGIN_DATA, _END_DATA, _AREA, _ROW, _NUMBER, _TEXT = 145, 146, 148, 0, 5, 7
_BEGIN_TEXTS, _END_TEXTS, _ITEM = 159, 160, 19
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PARTS: Mapping[str, str] = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="bin" '
    'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.bin"/></Relationships>',
    "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.bin"/><Relationship Id="rId2" '
    f'Type="{_OFFICE}/sharedStrings" Target="sharedStrings.bin"/></Relationships>',
}


def write_xlsb(path: Path, rows: Sequence[Sequence[object]]) -> None:
    """A workbook of one sheet, ``Phiếu``."""
    texts: dict[str, int] = {}
    sheet = b"".join(_sheet(rows, texts))
    shared = [_record(_ITEM, b"\0" + _text(text)) for text in texts]
    counts = struct.pack("<II", len(texts), len(texts))
    about = struct.pack("<II", 0, 1) + _text("rId1") + _text("Phiếu")
    parts: dict[str, str | bytes] = {
        **_PARTS,
        "xl/workbook.bin": _record(_BEGIN_BOOK) + _record(_BEGIN_SHEETS) + _record(_SHEET, about)
        + _record(_END_SHEETS) + _record(_END_BOOK),
        "xl/worksheets/sheet1.bin": sheet,
        "xl/sharedStrings.bin": _record(_BEGIN_TEXTS, counts) + b"".join(shared) + _record(_END_TEXTS),
    }  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _sheet(rows: Sequence[Sequence[object]], texts: dict[str, int]) -> Iterator[bytes]:
    width = max(map(len, rows), default=0)
    yield _record(_BEGIN_SHEET)
    yield _record(_AREA, struct.pack("<IIII", 0, max(len(rows) - 1, 0), 0, max(width - 1, 0)))
    yield _record(_BEGIN_DATA)
    for k, row in enumerate(rows):
        yield _record(_ROW, struct.pack("<IIHHBIII", k, 0, 300, 0, 0, 1, 0, max(len(row) - 1, 0)))
        for j, cell in enumerate(row):
            place = struct.pack("<II", j, 0)
            if isinstance(cell, (int, float)) and not isinstance(cell, bool):
                yield _record(_NUMBER, place + struct.pack("<d", cell))
            elif cell not in (None, ""):
                yield _record(_TEXT, place + struct.pack("<I", texts.setdefault(str(cell), len(texts))))
    yield _record(_END_DATA) + _record(_END_SHEET)


def _record(kind: int, content: bytes = b"") -> bytes:
    return _sevens(kind) + _sevens(len(content)) + content


def _sevens(number: int) -> bytes:
    """A number in bytes of seven bits, the lowest first; every byte but the last has its highest bit set."""
    low, high = number & 127, number >> 7
    return bytes([low | 128]) + _sevens(high) if high else bytes([low])


def _text(text: str) -> bytes:
    letters = text.encode("utf-16-le")
    return struct.pack("<I", len(letters) // 2) + letters
