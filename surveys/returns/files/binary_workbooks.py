"""The sheets of an ``.xlsb`` workbook, of which calamine takes whatever stands before the first record that it cannot follow.

Source: [MS-XLSB] 2.1.4: a record is its kind (one or two bytes of seven bits), its size (up to four such bytes) and its content;
a sheet stands between ``BrtBeginSheet`` (129) and ``BrtEndSheet`` (130), its rows (``BrtRowHdr``, 0) rise.
"""

from __future__ import annotations

from collections.abc import Iterator

_ROW, _END = 0, 130
_BEGIN = b"\x81\x01"  # the kind 129


def flaw_of(part: bytes) -> str:
    """What is wrong with the records of a part that is a sheet; empty when nothing is, or it is none.

    >>> flaw_of(bytes([0x81, 0x01, 0, 0x82, 0x01, 0])), flaw_of(bytes([0x81, 0x01, 0, 0]))
    ('', 'a sheet is not whole')
    """
    kind, last = _END, -1
    for kind, start in _records(part) if part.startswith(_BEGIN) else ():
        if kind == _ROW:
            row = int.from_bytes(part[start : start + 4], "little")
            if row <= last:
                return f"row {row + 1} follows row {last + 1}"
            last = row
    return "" if kind == _END else "a sheet is not whole"


def _records(part: bytes) -> Iterator[tuple[int, int]]:
    """Kind of each record and where its content begins; −1 at last where the last one is not whole."""
    at, length = 0, len(part)
    while at < length:
        kind, at = _number(part, at, 2)
        size, at = _number(part, at, 4)
        if at + size > length or kind < 0 or size < 0:
            yield -1, length
            return
        yield kind, at
        at += size


def _number(part: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of up to ``most`` bytes of seven bits and where it ends; −1 where the part ends within it."""
    value = 0
    for k in range(most):
        if at >= len(part):
            return -1, at
        byte, at = part[at], at + 1
        value |= (byte & 127) << 7 * k
        if byte < 128:
            break
    return value, at
