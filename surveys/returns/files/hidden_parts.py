"""Rows and columns that a filter or a person hid, as the XML of a workbook says it.

Sources: ECMA-376, part 1, 18.3.1.73 (``row``) and 18.3.1.13 (``col``): ``hidden``; OpenDocument 1.2, part 1, 19.749
(``table:visibility``): ``collapse`` and ``filter``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

_HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")
_TAG = 2_000  # bytes looked at for an opening tag
_NUMBERED = re.compile(rb"""\br\s*=\s*["'](\d{1,7})["']""")
_ANY_ROW = re.compile(rb"<(?:\w{1,20}:)?row[\s/>]")
_RANGE = re.compile(rb"""\b(min|max)\s*=\s*["'](\d{1,7})["']""")
_PART = re.compile(rb"<(?:\w{1,20}:)(table|table-row|table-column)(?=[\s/>])([^>]{0,2000})>")
_REPEATED = re.compile(rb"""-(?:rows|columns)-repeated\s*=\s*["']\s*\+?(\d{1,18})""")
_INVISIBLE = re.compile(rb"""\bvisibility\s*=\s*["'](?:collapse|filter)["']""")
_NAME = re.compile(rb"""table:name\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def hidden_rows(xml: bytes) -> tuple[int, ...]:
    """The hidden rows of a worksheet, from 0.

    >>> hidden_rows(b'<row r="2" hidden="1"><c/></row><row r="3"/>')
    (1,)
    """
    found = []
    for start, tag in _hidden_tags(xml, rb"row"):
        number = _NUMBERED.search(tag)
        found.append(int(number[1]) - 1 if number else len(_ANY_ROW.findall(xml, 0, start)))
    return tuple(dict.fromkeys(found))


def hidden_columns(xml: bytes, most: int) -> tuple[int, ...]:
    """The hidden columns of a worksheet among the first ``most``, from 0.

    >>> hidden_columns(b'<col min="2" max="16384" hidden="1"/>', 4)
    (1, 2, 3)
    """
    found: set[int] = set()
    for _, tag in _hidden_tags(xml, rb"col"):
        ends = {name: int(number) for name, number in _RANGE.findall(tag)}
        found.update(range(ends.get(b"min", 1) - 1, min(ends.get(b"max", 0), most)))
    return tuple(sorted(found))


def _hidden_tags(xml: bytes, element: bytes) -> Iterator[tuple[int, bytes]]:
    """Place and text of the opening tags of an element that say that it is hidden."""
    opened = re.compile(rb"<(?:\w{1,20}:)?" + element + rb"\s")
    for found in _HIDDEN.finditer(xml) if b"hidden" in xml else ():
        start = xml.rfind(b"<", max(0, found.start() - _TAG), found.start())
        if start >= 0 and opened.match(xml, start):
            yield start, xml[start : xml.find(b">", found.end(), found.end() + _TAG)]


def hidden_in_tables(
    xml: bytes, rows: int, columns: int
) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """The hidden rows and columns of each table of an OpenDocument by its name, within the first ``rows`` and ``columns``."""
    hidden: dict[str, dict[bytes, list[int]]] = {}
    at: dict[bytes, int] = {}
    now: dict[bytes, list[int]] = {}
    most = {b"table-row": rows, b"table-column": columns}
    for part, attributes in _PART.findall(xml) if b"visibility" in xml else ():
        if part == b"table":
            name = _NAME.search(attributes)
            title = unescape((name[1] or name[2] or b"").decode("utf-8", "replace")) if name else ""
            at, now = dict.fromkeys(most, 0), {key: [] for key in most}
            hidden[title] = now
        elif now:
            repeated = _REPEATED.search(attributes)
            start = at[part]
            at[part] = start + (int(repeated[1]) if repeated else 1)
            if _INVISIBLE.search(attributes):
                now[part].extend(range(start, min(at[part], most[part])))
    return {
        title: (tuple(found[b"table-row"]), tuple(found[b"table-column"])) for title, found in hidden.items()
    }
