"""A look inside the archive of a workbook before anything parses it: within bounds, undamaged, and without what calamine
would silently read as nothing (error cells, formulas never calculated)."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from surveys.problems import Problems, fault
from surveys.returns.files import delimited
from surveys.returns.files.sheets import Limits, Sheet, choose_sheets

_ROW_NUMBER = re.compile(rb'\br="[A-Z]*(\d+)"')
_COLUMN = re.compile(rb'<(?:\w+:)?c [^>]{0,300}?\br="([A-Z]+)(\d+)"')
_NO_VALUE = re.compile(rb"</(?:\w+:)?f>(?:<(?:\w+:)?v></(?:\w+:)?v>|<(?:\w+:)?v ?/>)?</(?:\w+:)?c>")
_ERROR = re.compile(rb'\st="e"')
_VALUE = re.compile(rb"<(?:\w{1,20}:)?v>([^<]{0,20})</")
_CELL_END = re.compile(rb"</(?:\w{1,20}:)?c>")
_CELL = 9_000  # bytes looked at for the value of an error cell: a formula has at most 8,192 characters
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_REPEATED = re.compile(rb'number-(rows|columns)-repeated="(\d{1,18})')
_ARCHIVE_DAMAGE = (
    zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, ValueError, NotImplementedError, RuntimeError,
)  # fmt: skip
# A piece fits the processor's cache, and stays below the size from which memory is mapped anew each time.
_PIECE = 1 << 16
_NARROW = 702  # columns A to ZZ
_CAPITALS = bytes(65 if 65 <= code <= 90 else 34 if code == 34 else 32 for code in range(256))
_NO_REFERENCE = bytes(code for code in range(256) if not (65 <= code <= 90 or code == 34))


@dataclass(frozen=True)
class About:
    """What is known of a sheet before it is parsed: its error cells, (row, column) from 0 → ``#DIV/0!``, which calamine reads
    as empty, and whether some cells hold TRUE or FALSE."""

    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)
    truth_values: bool = True


def read(raw: bytes, path: Path, name: str, sheet: str, encoding: str, limits: Limits) -> list[Sheet]:
    """The text files of a ZIP as sheets named after them, the one with the shortest name first."""
    inspect(raw, "zip", name, limits)
    archive = zipfile.ZipFile(io.BytesIO(raw))
    titles = {Path(part).stem: part for part in archive.namelist() if part.endswith(".csv")}
    wanted = choose_sheets(sorted(titles, key=lambda title: (len(title), title)), sheet, name)
    found = {
        title: delimited.read(_part(archive, titles[title], name), path, name, "", encoding, limits)
        for title in wanted
    }
    return [dataclasses.replace(only, name=title) for title, sheets in found.items() for only in sheets]


def inspect(raw: bytes, kind: str, name: str, limits: Limits) -> dict[str, About]:
    """What is known of each sheet by its title. Unpacks every part within bounds, which also checks its checksum.

    Raises :class:`~surveys.problems.SurveyError` for archives that are damaged, locked, too large once unpacked, or hold XML
    entities, sheets beyond the limits or formulas without a value.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        parts = archive.infolist()
    except _ARCHIVE_DAMAGE as error:
        raise fault("returns.file_damaged", file=name, reason=first_line(error)) from None
    expanded = sum(part.file_size for part in parts)
    largest = min(limits.expanded, max(limits.ratio * len(raw), 50_000_000))
    if len(parts) > limits.entries or expanded > largest:
        raise fault("returns.zip_bomb", file=name, size=expanded, limit=largest)
    if any(part.flag_bits & 1 for part in parts):
        raise fault("returns.file_locked", file=name)
    return _look_inside(archive, kind, name, limits)


def first_line(error: BaseException) -> str:
    """The first line of what an error says, for a message."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


@dataclass
class Glance:
    """What one pass over a part of an archive saw: the last row it names, and whether it needs a closer look."""

    rows: int = 0
    wide: bool = False
    far: bool = False
    formulas: bool = False
    errors: bool = False
    truth_values: bool = False
    repeats: bool = False
    open_errors: bool = False

    def look_at(self, piece: bytes) -> None:
        """Note what a piece holds. Plain cells are written without most letters, and one letter is found to be absent many times
        faster than a word: the words are looked for where their letter is."""
        self.rows = max(self.rows, _last_reference(piece, b"row"), _last_reference(piece, b"c"))
        sought = b'"AAAA' if self.wide else b'"AAA'
        if not self.far and sought in piece.translate(_CAPITALS, _NO_REFERENCE):
            capitals = piece.translate(_CAPITALS)
            self.wide = self.wide or b'"AAA' in capitals
            self.far = self.far or b'"AAAA' in capitals
        if b"f" in piece:
            self.formulas = self.formulas or b"f>" in piece
        if b"e" in piece:
            self.errors = self.errors or b'"e"' in piece
            self.repeats = self.repeats or b"-repeated=" in piece
            self.open_errors = self.open_errors or b':value-type="error"' in piece
        if b"b" in piece:
            self.truth_values = self.truth_values or b'"b"' in piece


def _look_inside(archive: zipfile.ZipFile, kind: str, name: str, limits: Limits) -> dict[str, About]:
    titles = _sheet_titles(archive, name) if kind == "xlsx" else {}
    found: dict[str, About] = {}
    for part in archive.namelist():
        if part.endswith((".xml", ".rels", ".bin")):
            seen = _glance(archive, part, name)
            if part in titles:
                found[titles[part]] = _look_at_sheet(archive, part, seen, titles[part], name, limits)
            elif kind == "ods" and seen.open_errors:
                raise fault("returns.error_cells", file=name)
            elif seen.repeats:
                _look_at_repeats(_part(archive, part, name), name, limits)
    return found


def _glance(archive: zipfile.ZipFile, part: str, name: str) -> Glance:
    """Read a part in pieces that fit the processor's cache; each piece is looked at with the end of the one before."""
    seen, before, in_cells = Glance(), b"", False
    try:
        with archive.open(part) as unpacked:
            while piece := unpacked.read(_PIECE):
                piece = before + piece
                if not in_cells and b"!" in piece and (b"<!DOCTYPE" in piece or b"<!ENTITY" in piece):
                    raise fault("returns.xml_entities", file=name, part=part)
                start = 0 if in_cells else max(piece.find(b"sheetData"), 0)
                in_cells = in_cells or start > 0
                seen.look_at(piece[start:])
                before = piece[-100:]
    except _ARCHIVE_DAMAGE as error:
        raise fault("returns.file_damaged", file=name, reason=first_line(error)) from None
    return seen


def _part(archive: zipfile.ZipFile, part: str, name: str) -> bytes:
    try:
        return archive.read(part)
    except _ARCHIVE_DAMAGE as error:
        raise fault("returns.file_damaged", file=name, reason=first_line(error)) from None


def _look_at_sheet(
    archive: zipfile.ZipFile, part: str, seen: Glance, title: str, name: str, limits: Limits
) -> About:
    """Bound the area a sheet claims, refuse formulas never calculated, and collect the error cells. Calamine lays out the
    rectangle down to the last row written and across to the widest cell."""
    rows = seen.rows
    columns = limits.columns if seen.wide else _NARROW
    closer = seen.far or rows * columns > limits.cells
    xml = _part(archive, part, name) if closer or seen.formulas or seen.errors else b""
    if closer:
        rows = max(rows, _last_reference(xml, b"row"), _last_reference(xml, b"c"))
        columns = max(map(_column_number, {column for column, _ in _COLUMN.findall(xml)}), default=0)
    if rows > limits.rows or columns > limits.columns or rows * columns > limits.cells:
        raise fault(
            "returns.sheet_too_large", file=name, sheet=title, rows=rows, columns=columns, limit=limits.cells
        )
    if seen.formulas:
        _refuse_uncalculated(xml, title, name)
    errors = dict(_error_cells(xml)) if seen.errors else {}
    return About(errors, seen.truth_values)


def _error_cells(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    """(row, column) from 0 and what is shown, of every error cell. Each cell is looked at within bounds of its own: one without
    an end or a value must not send the search through the rest of the sheet."""
    for mark in _ERROR.finditer(xml):
        start = xml.rfind(b"<", max(0, mark.start() - 300), mark.start())
        opened = xml.find(b">", mark.end(), mark.end() + 300)
        place = _REFERENCE.search(xml, start, opened) if 0 <= start < opened else None
        if place:
            end = _CELL_END.search(xml, opened, opened + _CELL)
            value = _VALUE.search(xml, opened, end.start() if end else opened)
            shown = value[1].decode(errors="replace") if value else "#"
            yield (int(place[2]) - 1, _column_number(place[1]) - 1), shown


def _last_reference(xml: bytes, tag: bytes) -> int:
    """The row number that the last element called ``tag`` names; 0 when it names none."""
    start = xml.rfind(b"<" + tag + b" ")
    if b":" in xml:  # names of elements may have a prefix
        start = max(start, xml.rfind(b":" + tag + b" "))
    named = _ROW_NUMBER.search(xml, start, start + 400) if start >= 0 else None
    return int(named[1]) if named else 0


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
