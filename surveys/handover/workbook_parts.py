"""A workbook against the one that the program writes from the same tables: every part, element and attribute.

What the writer does not use is a difference, whatever it is: a formula, a hidden row, a number format that shows another number,
a picture, a macro. So nobody has to list what a spreadsheet program can be made to show. The found file is read within bounds
that follow from the expected one; nothing in it is followed or run.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple
from xml.parsers import expat

from surveys.handover.first_faults import SHOWN, first_of_each
from surveys.problems import Problem, shortened, the_first

#: A file, or a part of it, that is larger than the expected one by more than this is not read.
_TIMES, _MORE = 4, 1_000_000
_DEEPEST = 20  # elements within elements; the writer's go down to nine
_LOCAL_HEADER, _CENTRAL_HEADER, _END = (
    30,
    46,
    22,
)  # bytes of a ZIP archive beside names and contents (APPNOTE 4.3)
_STRINGS, _STYLES, _BOOK = "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"
_CELL = "worksheet/sheetData/row/c"
_ROW = "worksheet/sheetData/row"


class DamagedWorkbookError(Exception):
    """A file that is no workbook as this program writes them; the message says why."""


class Element(NamedTuple):
    """One element: the names from the root down to it, its attributes, its text."""

    path: str
    attributes: tuple[tuple[str, str], ...]
    text: str

    def __str__(self) -> str:
        named = "".join(f' {name}="{value}"' for name, value in self.attributes)
        return shortened(f"<{self.path.rpartition('/')[2]}{named}>{self.text}")


class Cell(NamedTuple):
    """What a cell holds: its value as text, ``t`` (s: a text, empty: a number), its formula, its style, and what else is said."""

    value: str
    kind: str
    formula: str
    style: str
    others: tuple[Element, ...]

    @property
    def shown(self) -> str:
        """The value as a message shows it: numbers with the digits that spreadsheet programs show.

        >>> Cell("92.79000000000001", "", "", "", ()).shown
        '92.79'
        """
        try:
            return shortened(self.value if self.kind else f"{float(self.value):.15g}")
        except ValueError:
            return shortened(self.value)


class Headings(NamedTuple):
    """What the columns of a sheet are called, from the ``row`` (from 1) of their headings on."""

    row: int
    names: tuple[str, ...]

    def of(self, place: str) -> str:
        """What the column of a cell is called; above the headings and beside them its letter.

        >>> [Headings(3, ("Unit", "Points")).of(place) for place in ("B4", "B1", "C4")]
        ['Points', 'B', 'C']
        """
        letters = _column(place)
        number = 0
        for letter in letters:
            number = number * 26 + ord(letter) - ord("A") + 1
        known = 0 < number <= len(self.names) and (row_of(place) or 0) >= self.row
        return self.names[number - 1] if known else letters


@dataclass(frozen=True, eq=False)
class Workbook:
    """Parts of a workbook by name, the names of its sheets in order, and those of hidden ones."""

    parts: Mapping[str, bytes]
    sheets: tuple[str, ...]
    hidden: frozenset[str]

    @cached_property
    def strings(self) -> list[str]:
        """The shared texts in order."""
        texts: list[str] = []
        for element in self.elements(_STRINGS):
            if element.path == "sst/si":
                texts.append("")
            elif element.path in ("sst/si/t", "sst/si/r/t"):
                texts[-1] += element.text
        return texts

    @cached_property
    def formats(self) -> list[str]:
        """The number format of each style: its code, or its number where that says all."""
        elements = [(element.path, dict(element.attributes)) for element in self.elements(_STYLES)]
        codes = {
            about.get("numFmtId"): about.get("formatCode", "")
            for _, about in elements
            if "formatCode" in about
        }
        numbers = [about.get("numFmtId", "") for path, about in elements if path == "styleSheet/cellXfs/xf"]
        return [shortened(codes.get(number, number)) for number in numbers]

    def elements(self, part: str) -> list[Element]:
        """The elements of a part; none of one that is not there."""
        return elements_of(self.parts[part]) if self.parts.get(part) else []

    def format_of(self, style: str) -> str:
        """The number format of a style of a cell; what it says where it is none."""
        known = style.isascii() and style.isdigit() and int(style) < len(self.formats)
        return self.formats[int(style)] if known else shortened(style)


def workbook_of(content: bytes, like: Mapping[str, bytes] | None = None) -> Workbook:
    """A workbook from its bytes; ``like``: the parts of the expected one, by which those of ``content`` are bounded.

    Raises DamagedWorkbookError for what is no plain archive, is larger than it may be, or holds no workbook.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            parts = {entry.filename: _part(archive, entry, like) for entry in entries}
    except (
        zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError, NotImplementedError, OverflowError,
    ) as error:  # fmt: skip
        raise DamagedWorkbookError(shortened(error)) from None
    if len(parts) < len(entries):
        raise DamagedWorkbookError(_doubled(entry.filename for entry in entries))
    elements = elements_of(parts.get(_BOOK, b""))
    named = [dict(element.attributes) for element in elements if element.path == "workbook/sheets/sheet"]
    hidden = frozenset(about.get("name", "") for about in named if about.get("state", "visible") != "visible")
    return Workbook(parts, tuple(about.get("name", "") for about in named), hidden)


def is_plain(content: bytes) -> bool:
    """True where an archive is what the directory at its end says, from the first byte to the last: nothing before, between or
    behind its parts, no remark, no field that the writer does not use."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        at = directory = 0
        for entry in archive.infolist():
            size = len(entry.filename.encode())
            if entry.header_offset != at or entry.extra or entry.comment or entry.flag_bits & ~0x800:
                return False
            if (
                content[at + 28 : at + _LOCAL_HEADER] != b"\0\0"
            ):  # no further field in front of the part either
                return False
            at += _LOCAL_HEADER + size + entry.compress_size
            directory += _CENTRAL_HEADER + size
        return not archive.comment and len(content) == at + directory + _END


def is_too_large(size: int, expected: int) -> bool:
    """True for a file too large to be the expected one, however it was packed; both in bytes."""
    return size > _TIMES * expected + _MORE


def _part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, like: Mapping[str, bytes] | None) -> bytes:
    """The content of a part; nothing of one that the expected workbook has not."""
    if like is None:
        return archive.read(entry)
    if entry.filename not in like:
        return b""
    most = _TIMES * len(like[entry.filename]) + _MORE
    with archive.open(entry) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise DamagedWorkbookError(f"{entry.filename}: > {most} bytes")
    return content


def _doubled(names: Iterator[str]) -> str:
    return the_first((name for name, number in Counter(names).items() if number > 1), 5)


def elements_of(xml: bytes) -> list[Element]:
    """The elements of a part in their order. Raises DamagedWorkbookError for what is no XML, for declarations of entities and for
    elements deeper than a workbook's."""
    found: list[tuple[str, tuple[tuple[str, str], ...], list[str]]] = []
    open_ones: list[tuple[str, list[str]]] = []

    def start(name: str, attributes: Sequence[str]) -> None:
        if len(open_ones) >= _DEEPEST:
            raise DamagedWorkbookError(f"<{shortened(name)}>")
        path = f"{open_ones[-1][0]}/{name}" if open_ones else name
        pairs = tuple(zip(attributes[::2], attributes[1::2], strict=True))
        found.append((path, pairs, []))
        open_ones.append((path, found[-1][2]))

    def end(_name: str) -> None:
        open_ones.pop()

    def text(content: str) -> None:
        if open_ones:
            open_ones[-1][1].append(content)

    def refuse(*_said: object) -> None:
        raise DamagedWorkbookError("<!DOCTYPE>")

    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = parser.ProcessingInstructionHandler = refuse
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DamagedWorkbookError(shortened(error)) from None
    return [Element(path, attributes, "".join(texts)) for path, attributes, texts in found]


def is_saved_again(found: Workbook, expected: Workbook) -> bool:
    """True where most parts are not those that the program writes: another program opened and saved the file."""
    other = [name for name, content in expected.parts.items() if found.parts.get(name) != content]
    return 2 * len(other) > len(expected.parts)


def sheets_differ(found: Sequence[str], hidden: frozenset[str], expected: Sequence[str]) -> Iterator[Problem]:
    """Sheets that are missing, too many or hidden."""
    for name in expected:
        if name not in found:
            yield Problem("verify.sheet_missing", sheet=name)
    for name in list(dict.fromkeys(found))[: len(expected) + SHOWN]:
        if name not in expected:
            yield Problem("verify.sheet_extra", sheet=shortened(name))
        if name in hidden:
            yield Problem("verify.sheet_hidden", sheet=shortened(name))


def differences(found: Workbook, expected: Workbook, headings: Mapping[str, Headings]) -> Iterator[Problem]:
    """Every difference of two workbooks, the place in the first; the first of each kind in a part. ``headings``: by sheet."""
    yield from sheets_differ(found.sheets, found.hidden, expected.sheets)
    for name in sorted(found.parts.keys() - expected.parts.keys())[:SHOWN]:
        yield Problem("verify.workbook_part_extra", params=(("part", shortened(name)),))
    for name in sorted(expected.parts.keys() - found.parts.keys()):
        yield Problem("verify.workbook_part_missing", params=(("part", name),))
    in_cells = False
    for number, sheet in enumerate(expected.sheets, start=1):
        name = f"xl/worksheets/sheet{number}.xml"
        if name in found.parts and (
            found.parts[name] != expected.parts[name] or found.strings != expected.strings
        ):
            for problem in _sheet_differs(found, expected, name, (sheet, headings[sheet])):
                in_cells |= problem.code == "verify.sheet_cell"
                yield problem
    for name in expected.parts:
        sheet_part = name.startswith("xl/worksheets/")
        same = found.parts.get(name) in (None, expected.parts[name])
        if not same and not sheet_part and not (name == _STRINGS and in_cells):
            yield from _part_differs(elements_of(found.parts[name]), elements_of(expected.parts[name]), name)


def _part_differs(found: list[Element], expected: list[Element], part: str) -> Iterator[Problem]:
    """Elements that one of two parts has and the other has not, or has in another order."""
    more, less = (
        [str(element) for element in (Counter(a) - Counter(b)).elements()]
        for a, b in ((found, expected), (expected, found))
    )
    if not more and not less and found != expected:
        more, less = next(([str(a)], [str(b)]) for a, b in zip(found, expected, strict=True) if a != b)
    if more or less:
        params = (("part", part), ("found", the_first(more, 3)), ("expected", the_first(less, 3)))
        yield Problem("verify.workbook_part", params=params)


# --- a sheet ----------------------------------------------------------------------------------------------------------


def _sheet_differs(
    found: Workbook, expected: Workbook, part: str, named: tuple[str, Headings]
) -> Iterator[Problem]:
    """Differences of one sheet: its cells, its rows, and everything else that stands in its part."""
    sheet, headings = named
    mine, other = found.elements(part), expected.elements(part)
    cells, wanted = (
        dict(cells_of(elements, book.strings)) for elements, book in ((mine, found), (other, expected))
    )
    faults = (
        Problem(code, sheet=sheet, row=row_of(place), column=headings.of(place), params=said)
        for place in sorted(cells.keys() | wanted.keys(), key=place_order)
        for code, said in _cell_differs(cells.get(place), wanted.get(place), found, expected)
    )  # fmt: skip
    yield from first_of_each(faults, lambda fault: fault.code, lambda fault: Problem(fault.code, sheet=sheet))
    doubled = len([e for e in mine if e.path == _CELL]) - len(cells)
    if doubled:
        params = (("found", f"{doubled} × <c>"), ("expected", ""))
        yield Problem("verify.sheet_element", sheet=sheet, params=params)
    yield from _frame_differs(mine, other, part, sheet)


def _frame_differs(
    found: Sequence[Element], expected: Sequence[Element], part: str, sheet: str
) -> Iterator[Problem]:
    """Differences of a sheet around its cells: rows, columns, panes, filters, and what else it may have."""
    frame, wanted = (
        [e for e in elements if e.path != _CELL and not e.path.startswith(f"{_CELL}/")]
        for elements in (found, expected)
    )
    known = set(wanted)
    row = next((e for e in frame if e.path == _ROW and e not in known), None)
    number = row_of(dict(row.attributes).get("r", "")) if row else None
    for problem in _part_differs(frame, wanted, part):
        yield replace(
            problem, code="verify.sheet_element", sheet=sheet, row=number, params=problem.params[1:]
        )


def merged_in(elements: Sequence[Element]) -> frozenset[str]:
    """The first cells of the ranges of a sheet that are merged."""
    ranges = [
        dict(e.attributes).get("ref", "") for e in elements if e.path == "worksheet/mergeCells/mergeCell"
    ]
    return frozenset(ref.partition(":")[0] for ref in ranges)


def cells_of(elements: Sequence[Element], strings: Sequence[str]) -> Iterator[tuple[str, Cell]]:
    """The cells of a sheet by place (``B3``)."""
    k = 0
    while k < len(elements):
        if elements[k].path != _CELL:
            k += 1
            continue
        about, inside = dict(elements[k].attributes), []
        k += 1
        while k < len(elements) and elements[k].path.startswith(f"{_CELL}/"):
            inside.append(elements[k])
            k += 1
        yield about.pop("r", ""), _cell(about, inside, strings)


def _cell(about: dict[str, str], inside: Sequence[Element], strings: Sequence[str]) -> Cell:
    texts = {element.path.rpartition("/")[2]: element.text for element in inside}
    kind, style, value = about.pop("t", ""), about.pop("s", ""), texts.get("v", "")
    if kind == "s" and value.isascii() and value.isdigit() and int(value) < len(strings):
        value = strings[int(value)]
    elif kind != "s" and "t" in texts:
        value = texts["t"]
    others = tuple(e for e in inside if e.path.rpartition("/")[2] not in ("v", "f") or e.attributes)
    if about:
        others = (Element(_CELL, tuple(about.items()), ""), *others)
    return Cell(value, kind, texts.get("f", ""), style, others)


def _cell_differs(
    found: Cell | None, wanted: Cell | None, book: Workbook, expected: Workbook
) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """Codes and parameters of what is different in one cell."""
    nothing = Cell("", "", "", "", ())
    mine, other = found or nothing, wanted or nothing
    if mine.formula:
        yield "verify.sheet_formula", (("found", shortened(mine.formula)),)
    if mine.value != other.value and not _same_number(mine, other):
        yield "verify.sheet_cell", (("expected", other.shown), ("found", mine.shown))
    elif found and wanted and mine.kind != other.kind:
        yield "verify.sheet_kind", (("found", mine.shown),)
    if mine.style != other.style and (mine.value == other.value or (found and wanted)):
        formats = (expected.format_of(other.style), book.format_of(mine.style))
        yield "verify.sheet_format", (("expected", formats[0]), ("found", formats[1]))
    if mine.others != other.others:
        said = the_first(map(str, mine.others), 3)
        yield "verify.sheet_element", (("found", said), ("expected", the_first(map(str, other.others), 3)))


def _same_number(one: Cell, other: Cell) -> bool:
    """True for two ways to write the same number, as versions of the writer may."""
    try:
        return one.kind == other.kind == "" and float(one.value) == float(other.value)
    except ValueError:
        return False


def _column(place: str) -> str:
    return place.rstrip("0123456789")


def row_of(place: str) -> int | None:
    digits = place[len(_column(place)) :]
    return int(digits[:9]) if digits else None


def place_order(place: str) -> tuple[int, int, str]:
    column = _column(place)
    return row_of(place) or 0, len(column), column
