"""What SPSS and Stata files state of their own size, which shows that one was cut where its library is content.

Sources: "System File Format" in the developer's guide of GNU PSPP: the header's number of cases (bytes 80 to 83, −1 where it is
not known) and the extended number of cases (record 7, subtype 16); "Stata file formats .dta", release 117 and later: the last of
the fourteen places in ``<map>`` is the end of the file. Earlier releases state the number of observations only, which their
library checks.
"""

from __future__ import annotations

import struct
from typing import Literal

#: Places in the header of a .sav file: 2 or 3 in the order of its bytes; the number of cases.
_LAYOUT, _CASES = 64, 80
_EARLIER = (113, 114, 115)  # releases of Stata files without a map
#: Bytes in those of the header, of a name, of a label, and of a table's size and name.
_HEADER, _NAME, _LABEL, _TABLE_HEAD = 109, 33, 81, 40
_TABLE = 8  # bytes of the two numbers with which a table begins
_FORMAT = {113: 12}  # bytes of a format there; 49 in the others
#: Bytes of numbers by their type; a smaller type is the length of a text.
_WIDTHS = {251: 1, 252: 2, 253: 4, 254: 4, 255: 8}
_MAP = b"<map>"
_MAP_WITHIN = 2_000  # bytes in which the map begins: the texts before it are bounded


def stated_cases(raw: bytes) -> int | None:
    """The number of cases that a .sav file states; None when it states none.

    >>> stated_cases(bytes(64) + struct.pack("<5i", 2, 0, 0, 0, 12)), stated_cases(bytes(64) + struct.pack("<5i", 2, 0, 0, 0, -1))
    (12, None)
    """
    order = "<" if struct.unpack_from("<i", raw, _LAYOUT)[0] in (2, 3) else ">"
    cases: int = struct.unpack_from(f"{order}i", raw, _CASES)[0]
    record = struct.pack(f"{order}4i", 7, 16, 8, 2)
    at = raw.find(record) + len(record)
    if cases < 0 and len(record) <= at <= len(raw) - 16:
        cases = struct.unpack_from(f"{order}2q", raw, at)[1]
    return cases if cases >= 0 else None


def stated_size(raw: bytes) -> int:
    """The bytes that a .dta file states to have; 0 when it states nothing.

    >>> stated_size(b"<stata_dta><byteorder>LSF</byteorder><map>" + struct.pack("<14q", *range(14)))
    13
    """
    at = raw.find(_MAP, 0, _MAP_WITHIN) + len(_MAP)
    if at < len(_MAP) or at + 112 > len(raw):
        return 0
    order = ">" if b"<byteorder>MSF<" in raw[:at] else "<"
    end: int = struct.unpack_from(f"{order}14q", raw, at)[13]
    return end


def flaw_of_labels(raw: bytes) -> str:
    """Why the observations and value labels of a .dta file of an earlier release do not fill it; empty when they do, or nothing
    is known of it. A number of observations that is too high takes labels for observations, and one that is too low the reverse.

    >>> flaw_of_labels(b"<stata_dta>")
    ''
    """
    if raw[:1] == b"" or raw[0] not in _EARLIER:
        return ""
    order: Literal["little", "big"] = "little" if raw[1:2] == b"\2" else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(raw[at : at + size], order)

    variables, observations = number(4, 2), number(6, 4)
    types = raw[_HEADER : _HEADER + variables]
    described = 1 + _NAME + 2 + _FORMAT.get(raw[0], 49) + _NAME + _LABEL
    at = _HEADER + variables * described + 2
    while number(at, 5) > 0 and at < len(raw):  # characteristics, up to one of kind and size 0
        at += 5 + number(at + 1, 4)
    at += 5 + observations * sum(_WIDTHS.get(kind, kind) for kind in types)
    while at < len(raw) and number(at, 4) >= _TABLE:
        at += _TABLE_HEAD + number(at, 4)
    return "" if at == len(raw) else "its observations and value labels do not fill it"
