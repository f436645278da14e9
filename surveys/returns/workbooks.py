"""Workbooks (.xlsx, .xls, .ods) through calamine, after a look at the archive that keeps hostile files out."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from surveys.problems import Problems, fault
from surveys.returns.sheets import Limits, Sheet, choose_sheets, from_rows, kind_of, without_empty_end

_ROW = re.compile(rb'<(?:\w+:)?row [^>]{0,300}?\br="(\d+)"')
_WIDE = re.compile(rb'<(?:\w+:)?c r="([A-Z]{3,})\d')
_COLUMN = re.compile(rb'<(?:\w+:)?c [^>]{0,300}?\br="([A-Z]+)')
_NO_VALUE = re.compile(rb"</(?:\w+:)?f>(?:<(?:\w+:)?v></(?:\w+:)?v>|<(?:\w+:)?v ?/>)?</(?:\w+:)?c>")
_ERROR = re.compile(
    rb'<(?:\w+:)?c r="([A-Z]+)(\d+)"[^>]{0,300}? t="e"[^>]*>.*?<(?:\w+:)?v>([^<]{0,20})</', re.DOTALL
)
_REFERENCE = re.compile(rb'r="([A-Z]+)(\d+)"')
_REPEATED = re.compile(rb'number-(rows|columns)-repeated="(\d+)"')
_ARCHIVE_DAMAGE = (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
_NARROW = 702  # columns A to ZZ


class Errors(dict[tuple[int, int], str]):
    """Error cells of one sheet, (row, column) from 0 → ``#DIV/0!``; calamine reads them as empty."""


def read(raw: bytes, path: Path, name: str, sheet: str, encoding: str, limits: Limits) -> list[Sheet]:
    """Sheets of a workbook in order. Hidden sheets are read and marked; formulas give their stored value, and one without
    a stored value is a fault: the workbook was written by a program and never calculated."""
    kind = kind_of(raw)
    assert kind in ("xlsx", "xls", "ods")
    errors = _inspect(raw, kind, name, limits) if kind != "xls" else {}
    book = _open(raw, name)
    hidden = {about.name for about in book.sheets_metadata if "Visible" not in str(about.visible)}
    wanted = choose_sheets(book.sheet_names, sheet, name)
    return [
        _sheet(book, title, name, kind, title in hidden, errors.get(title, {}), limits) for title in wanted
    ]


def _open(raw: bytes, name: str):  # type: ignore[no-untyped-def]
    from python_calamine import CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(raw))
    except PasswordError:
        raise fault("returns.file_locked", file=name) from None
    except (KeyboardInterrupt, SystemExit):
        raise
    except (
        BaseException
    ) as error:  # a damaged file may stop the Rust reader with a panic, which is no Exception
        raise fault("returns.file_damaged", file=name, reason=_first_line(error)) from None


def _sheet(  # type: ignore[no-untyped-def]
    book, title: str, name: str, kind, hidden: bool, errors: Mapping[tuple[int, int], str], limits: Limits
) -> Sheet:
    try:
        found = book.get_sheet_by_name(title)
        rows, columns = found.total_height, found.total_width
        if rows > limits.rows or columns > limits.columns or rows * columns > limits.cells:
            raise fault(
                "returns.sheet_too_large",
                file=name,
                sheet=title,
                rows=rows,
                columns=columns,
                limit=limits.cells,
            )
        listed = found.to_python(skip_empty_area=False)
        merged = tuple((*top, *bottom) for top, bottom in found.merged_cell_ranges or ())
    except Exception as error:
        if hasattr(error, "problems"):
            raise
        raise fault("returns.file_damaged", file=name, sheet=title, reason=_first_line(error)) from None
    cells = from_rows(listed, max(map(len, listed), default=0))
    for (row, column), shown in errors.items():
        if row < cells.shape[0] and column < cells.shape[1]:
            cells[row, column] = shown
    return Sheet(name, title, kind, without_empty_end(cells), merged=merged, hidden=hidden)


def _inspect(raw: bytes, kind: str, name: str, limits: Limits) -> dict[str, Errors]:
    """Unpack every part within bounds, which also checks its checksum, and look at what calamine would not tell."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        parts = archive.infolist()
    except _ARCHIVE_DAMAGE as error:
        raise fault("returns.file_damaged", file=name, reason=_first_line(error)) from None
    expanded = sum(part.file_size for part in parts)
    largest = max(limits.ratio * len(raw), 50_000_000)
    if len(parts) > limits.entries or expanded > min(limits.expanded, largest):
        raise fault("returns.zip_bomb", file=name, size=expanded, limit=min(limits.expanded, largest))
    if any(part.flag_bits & 1 for part in parts):
        raise fault("returns.file_locked", file=name)
    return _look_inside(archive, kind, name, limits)


def _look_inside(archive: zipfile.ZipFile, kind: str, name: str, limits: Limits) -> dict[str, Errors]:
    titles = _sheet_titles(archive, name) if kind == "xlsx" else {}
    found: dict[str, Errors] = {}
    for part in archive.namelist():
        if not part.endswith((".xml", ".rels", ".bin")):
            continue
        xml = _part(archive, part, name)
        if b"<!DOCTYPE" in xml[:20_000] or b"<!ENTITY" in xml[:20_000]:
            raise fault("returns.xml_entities", file=name, part=part)
        if part in titles:
            found[titles[part]] = _look_at_sheet(xml, titles[part], name, limits)
        elif part == "content.xml":
            _look_at_repeats(xml, name, limits)
    return found


def _part(archive: zipfile.ZipFile, part: str, name: str) -> bytes:
    try:
        return archive.read(part)
    except Exception as error:  # zlib.error, BadZipFile and KeyError alike: the archive is damaged
        raise fault("returns.file_damaged", file=name, reason=_first_line(error)) from None


def _look_at_sheet(xml: bytes, title: str, name: str, limits: Limits) -> Errors:
    """Bound the area a sheet claims, refuse formulas never calculated, and collect the error cells."""
    rows = max(map(int, _ROW.findall(xml)), default=0)
    columns = max((_column_number(c) for c in set(_WIDE.findall(xml))), default=_NARROW)
    if columns == _NARROW and rows * columns > limits.cells:
        columns = max((_column_number(c) for c in set(_COLUMN.findall(xml))), default=0)
    if rows > limits.rows or columns > limits.columns or rows * columns > limits.cells:
        raise fault(
            "returns.sheet_too_large", file=name, sheet=title, rows=rows, columns=columns, limit=limits.cells
        )
    _refuse_uncalculated(xml, title, name)
    if b't="e"' not in xml:
        return Errors()
    return Errors(
        {
            (int(row) - 1, _column_number(column) - 1): shown.decode()
            for column, row, shown in _ERROR.findall(xml)
        }
    )


def _refuse_uncalculated(xml: bytes, title: str, name: str) -> None:
    problems = Problems()
    for match in _NO_VALUE.finditer(xml):
        if b't="str"' in xml[max(0, match.start() - 2000) : match.start()].rpartition(b"<c ")[2]:
            continue  # a formula that gave an empty text
        column, row = (_REFERENCE.findall(xml, max(0, match.start() - 2000), match.start()) or [(b"", b"0")])[
            -1
        ]
        problems.add(
            "returns.formula_without_value", file=name, sheet=title, row=int(row), column=column.decode()
        )
        if len(problems) == 20:
            break
    problems.raise_errors()


def _look_at_repeats(xml: bytes, name: str, limits: Limits) -> None:
    for axis, count in _REPEATED.findall(xml):
        if int(count) > (limits.rows if axis == b"rows" else limits.columns):
            raise fault(
                "returns.sheet_too_large", file=name, rows=int(count), columns=int(count), limit=limits.cells
            )


def _sheet_titles(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """Part name → title of each worksheet, from the workbook and its relations."""
    from html import unescape

    listed = archive.namelist()
    if "xl/workbook.xml" not in listed or "xl/_rels/workbook.xml.rels" not in listed:
        return {}
    book = _part(archive, "xl/workbook.xml", name).decode("utf-8", "replace")
    relations = _part(archive, "xl/_rels/workbook.xml.rels", name).decode("utf-8", "replace")
    targets = {}
    for tag in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", relations):
        named = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        targets[named.get("Id", "")] = named.get("Target", "").removeprefix("/xl/")
    titles = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book):
        named = dict(re.findall(r'([\w:]+)="([^"]*)"', tag))
        relation = next((v for k, v in named.items() if k.endswith(":id")), "")
        titles["xl/" + targets.get(relation, "")] = unescape(named.get("name", ""))
    return titles


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:6]:
        number = number * 26 + letter - 64
    return number


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
