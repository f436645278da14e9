"""A look at the XML of a workbook before anything parses it: no entities, sheets within bounds, formulas with their values, and
the error cells, which calamine would read as empty, and the rows and columns that are hidden, which it does not tell.

The patterns begin with fixed bytes that are rare in a sheet (``tests/benchmarks/test_score_speed.py``) and are bounded, so that a
hostile part costs no more than a long one.

The area that a sheet states (``<dimension>``) is not held against its rows: it counts rows that are only formatted or hold a
remark (so write openpyxl, XlsxWriter and LibreOffice), and some writers state none. A part that was cut does not pass its
checksum, and one that was packed again without its end is refused by calamine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from posixpath import normpath

from surveys.problems import Problems, SurveyError, fault
from surveys.returns.files.archives import Archive
from surveys.returns.files.binary_workbooks import flaw_of
from surveys.returns.files.file_content import FileContent
from surveys.returns.files.hidden_parts import hidden_columns, hidden_in_tables, hidden_rows


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """What a sheet says beside its values: error cells ((row, column) from 0 → what is shown, such as ``#DIV/0!``), and the rows
    and columns (from 0) that are hidden."""

    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()


NOTHING_SAID = SheetMarks()

_ENTITIES = re.compile(rb"!(?<=<!)(?:DOCTYPE|ENTITY)")
_ROW_OR_CELL = re.compile(rb"[<:](c|row)\s")
_ROW_NUMBER = re.compile(rb"""\br\s*=\s*["'][A-Za-z]*(\d{1,15})""")
_COLUMN = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,6})\d""")
_THREE_LETTERS = re.compile(rb"""=\s*["'][A-Za-z]{3,9}\d""")
_FOUR_LETTERS = re.compile(rb"""=\s*["'][A-Za-z]{4,9}\d""")
_UP_TO_ZZ = 702  # columns with at most two letters
_TAILS = (
    1 << 15,
    1 << 18,
)  # bytes from the end in which the last row and cell are looked for, most often in the first
_CELL = 9_000  # bytes looked at for one cell: a formula has at most 8,192 characters
_TAG = 500  # bytes looked at for its opening tag
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["']""")
_ERROR = re.compile(rb"""(?<=\s)t\s*=\s*["']e["']""")
_QUOTED_E = re.compile(
    rb"""e(?<=["']e)["']"""
)  # tells at a twentieth of the cost that there is no error cell
_EMPTY_TEXT = re.compile(rb"""\bt\s*=\s*["']str["']""")
_VALUE = re.compile(rb"<(?:\w{1,20}:)?v>([^<]{0,20})</")
_CELL_END = re.compile(rb"</(?:\w{1,20}:)?c>")
_NO_VALUE = re.compile(
    rb"f>(?<=[/:]f>)(?:<(?:\w{1,20}:)?v></(?:\w{1,20}:)?v>|<(?:\w{1,20}:)?v ?/>)?</(?:\w{1,20}:)?c>"
)
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REPEATED = re.compile(rb"""-(rows|columns)-repeated\s*=\s*["']\s*\+?(\d{1,18})""")
#: A cell that has only a format, and a row without cells.
_ONLY_FORMATTED = re.compile(rb"""<(?:\w{1,20}:)?c(?:\s[rst]="\w{0,12}")*\s?/>""")
_WITHOUT_CELLS = re.compile(
    rb"""<(?:\w{1,20}:)?row(?:\s[\w:.]{1,30}="[^"<>]{0,100}")*\s?(?:/>|></(?:\w{1,20}:)?row>)"""
)
_MOST_TOLD = 20  # formulas without a value that are told one by one


def inspect(archive: Archive) -> dict[str, SheetMarks]:
    """What each worksheet says beside its values, by its title. Every part is unpacked, which also checks its checksum.

    Raises :class:`~surveys.problems.SurveyError` for XML entities, sheets beyond the limits, formulas without a value, error
    cells of an OpenDocument, and sheets of a binary workbook that are not whole.
    """
    source = archive.source
    titles = _sheet_titles(archive) if source.kind == "xlsx" else {}
    found: dict[str, SheetMarks] = {}
    for part in archive.names:
        if part in titles or part.endswith((".xml", ".rels", ".bin")):
            xml = archive.part(part)
            if _ENTITIES.search(xml):
                raise fault("returns.xml_entities", file=source.file, part=part)
            if flaw := flaw_of(xml):
                raise source.damaged(flaw, part)
            if source.kind == "ods":
                _check_open_document(xml, source)
                hidden = hidden_in_tables(xml, source.limits.rows, source.limits.columns)
                found |= {name: SheetMarks({}, *parts) for name, parts in hidden.items()}
            elif title := titles.get(part):
                _check_area(xml, source, title)
                _check_formulas(xml, source, title)
                columns = hidden_columns(xml, source.limits.columns)
                found[title] = SheetMarks(dict(_error_cells(xml)), hidden_rows(xml), columns)
    return found


def _sheet_titles(archive: Archive) -> dict[str, str]:
    """Part name → title of each worksheet, from the workbook and its relations; a relation is written from the folder of the
    workbook, or from the top."""
    book, relations = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if not {book, relations} <= set(archive.names):
        return {}
    targets = {
        named.get("Id", ""): normpath(f"xl/{target}" if not target.startswith("/") else target.lstrip("/"))
        for named in _attributes(archive.part(relations), "Relationship")
        for target in (unescape(named.get("Target", "")),)
    }
    titles = {}
    for named in _attributes(archive.part(book), "sheet"):
        relation = next((value for name, value in named.items() if name.endswith(":id")), "")
        titles[targets.get(relation, "")] = unescape(named.get("name", ""))
    return titles


def _attributes(xml: bytes, element: str) -> Iterator[dict[str, str]]:
    for tag in re.findall(rf"<(?:\w+:)?{element}\b[^>]*>", xml.decode("utf-8", "replace")):
        yield {name: double or single for name, double, single in _ATTRIBUTE.findall(tag)}


def _check_area(xml: bytes, source: FileContent, title: str) -> None:
    """Raise the fault that a sheet is too large for its values; formats that reach to the last row or column are none."""
    try:
        source.check_size(*_area(xml, source), title)
    except SurveyError:
        values = _WITHOUT_CELLS.sub(b"", _ONLY_FORMATTED.sub(b"", xml))
        source.check_size(*_area(values, source), title)


def _area(xml: bytes, source: FileContent) -> tuple[int, int]:
    """At least the rows and columns that calamine would lay out: down to the row of the last cell and across to the widest
    column. Columns are counted only where a bound on them is not enough."""
    rows = max(map(int, _ROW_NUMBER.findall(xml, _last_row_or_cell(xml))), default=0)
    wide = _THREE_LETTERS.search(xml) is not None
    columns = source.limits.columns if wide else _UP_TO_ZZ
    if rows * columns > source.limits.cells or (wide and _FOUR_LETTERS.search(xml)):
        columns = max(map(_column_number, set(_COLUMN.findall(xml))), default=0)
    return rows, columns


def _last_row_or_cell(xml: bytes) -> int:
    """Where the last row or the last cell begins, whichever comes first; 0 when the end of the part holds none."""
    for tail in _TAILS:
        start = max(len(xml) - tail, 0)
        last = {found[1]: found.start() for found in _ROW_OR_CELL.finditer(xml, start)}
        if start and len(last) == 2:
            return min(last.values())
    return 0


def _check_formulas(xml: bytes, source: FileContent, title: str) -> None:
    """Reject a sheet whose formulas were never calculated: a program wrote it and nobody opened it since."""
    problems = Problems()
    for found in _NO_VALUE.finditer(xml):
        tag = _opening_tag(xml, found.start())
        if _EMPTY_TEXT.search(tag):
            continue  # a formula that gave an empty text
        place = _REFERENCE.search(tag)
        column, row = (place[1].decode(), int(place[2])) if place else ("", 0)
        problems.add("returns.formula_without_value", file=source.file, sheet=title, row=row, column=column)
        if len(problems) == _MOST_TOLD:
            break
    problems.raise_errors()


def _error_cells(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    """(row, column) from 0 and what is shown, of every error cell."""
    for mark in _ERROR.finditer(xml) if _QUOTED_E.search(xml) else ():
        opened = xml.find(b">", mark.end(), mark.end() + _TAG)
        place = _REFERENCE.search(_opening_tag(xml, mark.start())) if opened >= 0 else None
        if place:
            end = _CELL_END.search(xml, opened, opened + _CELL)
            value = _VALUE.search(xml, opened, end.start() if end else opened)
            shown = value[1].decode(errors="replace") if value else "#"
            yield (int(place[2]) - 1, _column_number(place[1]) - 1), shown


def _opening_tag(xml: bytes, at: int) -> bytes:
    """The opening tag of the cell in which byte ``at`` stands; empty when it is not near."""
    first = max(0, at - _CELL)
    start = max(xml.rfind(b"<c ", first, at), xml.rfind(b":c ", first, at))
    return xml[start : xml.find(b">", start, start + _TAG)] if start >= 0 else b""


def _check_open_document(xml: bytes, source: FileContent) -> None:
    """Reject error cells, which calamine reads as texts or nothing, and cells repeated beyond the limits."""
    if b':value-type="error"' in xml:
        raise fault("returns.error_cells", file=source.file)
    for axis, written in _REPEATED.findall(xml):
        count = int(written)
        if count > (source.limits.rows if axis == b"rows" else source.limits.columns):
            raise source.too_large(count, count)


def _column_number(letters: bytes) -> int:
    """The number of a column from 1: A is 1, AA is 27."""
    return sum(26**k * (letter - ord("A") + 1) for k, letter in enumerate(reversed(letters.upper())))
