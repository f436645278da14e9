"""Rows and columns that are hidden in an ``.xls`` workbook, which calamine does not tell.

Sources: [MS-CFB] (the sectors of a compound file) and [MS-XLS]: records ``BoundSheet8`` (0x85), ``Row`` (0x208, bit ``fDyZero``)
and ``ColInfo`` (0x7D, bit ``fHidden``). A file that cannot be followed tells nothing here; calamine says what is wrong with it.
But calamine takes whatever a sheet holds up to the first record that it cannot follow: that a sheet has its beginning and its end
is looked at here, and that no cell stands in the place of another or outside the columns that its row declares. A file that ends
before the last sector of its table of sectors is told even where every sheet is whole.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from surveys.problems import Problem
from surveys.returns.files.file_content import FileContent
from surveys.returns.files.worksheet_xml import SheetMarks

_SHEET, _ROW, _COLUMNS, _END = 0x85, 0x208, 0x7D, 0x0A
#: Cells: formula, blank, number, text (three kinds), truth value or error, number in 30 bits.
_CELLS = frozenset((0x06, 0x201, 0x203, 0x204, 0xFD, 0xD6, 0x205, 0x27E))
_BEGINNINGS = (0x809, 0x409, 0x209, 0x09)  # of BIFF8 and the versions before it
_CHART = b"\x20\x00"  # what begins
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x20, 0x01
_NAMES = ("Workbook", "Book")
_NO_SECTOR = 0xFFFFFFFA  # from here on numbers of sectors have other meanings
_FREE = 0xFFFFFFFF  # what the table of sectors says of one that is not used


def hidden_in(source: FileContent) -> dict[str, SheetMarks]:
    """The hidden rows and columns of each sheet by its title. Raises SurveyError when a sheet has no beginning or no end."""
    try:
        stream = _workbook_stream(source.raw)
        sheets = [content for kind, content in _records(stream, 0) if kind == _SHEET]
        starts = {_title(content): struct.unpack_from("<I", content)[0] for content in sheets}
        for title, start in starts.items():
            if flaw := _flaw(stream, start):
                raise source.damaged(flaw, title)
        return {title: _marks(stream, start) for title, start in starts.items()}
    except (struct.error, IndexError, UnicodeDecodeError):
        return {}


def shorter(source: FileContent) -> tuple[Problem, ...]:
    """The warning that the file is shorter than its table of sectors says."""
    size = _sector_size(source.raw)
    try:
        table = _table(source.raw, size)
    except struct.error:
        return ()
    used = [sector for sector, entry in enumerate(table) if entry != _FREE]
    stated = size * (max(used, default=-1) + 2)  # the header takes the place of a sector
    short = len(source.raw) < stated
    return (source.note("returns.file_shorter", stated=stated, size=len(source.raw)),) if short else ()


def _flaw(stream: bytes, start: int) -> str:
    """What is wrong with the records of a sheet; empty when nothing is. A chart in it has a beginning of its own, and numbers
    that stand in no row."""
    kind, begun, at, seen, spans = 0, list[int](), -1, set[int](), dict[int, tuple[int, int]]()
    for kind, content in _records(stream, start):
        if kind in _BEGINNINGS or not begun:
            begun.append(kind if content[2:4] != _CHART else 0)
        elif len(begun) > 1 or not begun[0]:
            continue
        elif kind == _ROW:
            row, begin, end = struct.unpack_from("<HHH", content)
            spans[row] = (begin, end) if end > begin else (0, 0xFFFF)  # some programs declare no columns
        elif kind in _CELLS:
            row, column = struct.unpack_from("<HH", content)
            if row != at:  # the cells of a row follow one another
                at, seen, (begin, end) = row, set(), spans.get(row, (0, 0xFFFF))
            if column in seen:
                return f"two cells in row {row + 1}, column {column + 1}"
            if not begin <= column <= end:  # the end is that of the last cell, or one more
                return f"a cell outside the columns of row {row + 1}"
            seen.add(column)
    return "" if kind == _END and begun[0] in (0, *_BEGINNINGS) else "a sheet is not whole"


def _title(content: bytes) -> str:
    letters, wide = content[6], content[7] & 1
    return content[8 : 8 + letters * (1 + wide)].decode("utf-16-le" if wide else "latin-1")


def _marks(stream: bytes, start: int) -> SheetMarks:
    rows, columns = [], set[int]()
    for kind, content in _records(stream, start):
        if kind == _ROW and struct.unpack_from("<H", content, 12)[0] & _HIDDEN_ROW:
            rows.append(struct.unpack_from("<H", content)[0])
        elif kind == _COLUMNS and struct.unpack_from("<H", content, 8)[0] & _HIDDEN_COLUMN:
            first, last = struct.unpack_from("<HH", content)
            columns.update(range(first, min(last, 255) + 1))
    return SheetMarks(hidden_rows=tuple(rows), hidden_columns=tuple(sorted(columns)))


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Kind and content of the records from a place up to the end of the part that begins there."""
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        if kind == _END:
            return
        at += 4 + size


def _sector_size(raw: bytes) -> int:
    return 1 << (int.from_bytes(raw[30:32], "little") & 15)


def _table(raw: bytes, size: int) -> list[int]:
    """The table of sectors: for each the next one of its chain."""
    places: list[int] = list(struct.unpack_from("<109I", raw, 76))
    further = struct.unpack_from("<I", raw, 68)[0]
    while further < _NO_SECTOR and len(places) * size <= len(raw) + 109 * size:
        *more, further = struct.unpack_from(f"<{size // 4}I", raw, size * (further + 1))
        places += more
    return [
        entry
        for place in places
        if place < _NO_SECTOR
        for entry in struct.unpack_from(f"<{size // 4}I", raw, size * (place + 1))
    ]


def _workbook_stream(raw: bytes) -> bytes:
    """The stream of the workbook in a compound file; nothing where it is not found."""
    size = _sector_size(raw)
    table = _table(raw, size)
    folder = _chain(raw, table, struct.unpack_from("<I", raw, 48)[0], size)
    for entry in range(0, len(folder) - 127, 128):
        letters = struct.unpack_from("<H", folder, entry + 64)[0]
        name = folder[entry : entry + max(letters - 2, 0)].decode("utf-16-le", "replace")
        if name in _NAMES:
            start, length = struct.unpack_from("<II", folder, entry + 116)
            return _chain(raw, table, start, size)[:length]
    return b""


def _chain(raw: bytes, table: list[int], start: int, size: int) -> bytes:
    """The sectors of a chain, one after another; no chain is longer than the file."""
    found, seen = [], 0
    while start < _NO_SECTOR and seen * size <= len(raw):
        found.append(raw[size * (start + 1) : size * (start + 2)])
        start, seen = table[start], seen + 1
    return b"".join(found)
