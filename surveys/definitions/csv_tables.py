"""Tables kept as CSV: definitions, frames, issued forms, decisions.

Spreadsheet users edit them, so UTF-8 with or without BOM, ``,`` or ``;`` between cells and a decimal comma in files with
``;`` are all read. The columns are closed: an unknown, missing or repeated heading is rejected with the nearest accepted name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from surveys.definitions.text_files import read_text
from surveys.problems import Place, Problems, nearest
from surveys.vocabulary.csv import CsvError, delimiter_of, records
from surveys.vocabulary.formula_guard import unguarded

P = TypeVar("P")
#: Lines of a table: where each stands, and its cells.
Lines = Iterable[tuple[Place, list[str]]]

#: More columns than this are no table of definitions.
MOST_COLUMNS = 500
#: After so many faults in one table the rest of its rows is not looked at.
MOST_FAULTS = 1000
#: A number that a reader of `;` files cannot tell: 1.250 may be twelve hundred and fifty or one and a quarter.
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The headings of a table. ``accepted``: heading → whether it must be there. ``numbers``: columns in which a decimal comma is
    turned into a point when cells are divided by ``;``; there a number such as 1.250 is rejected as ``table.ambiguous_number``.
    ``others``: unknown headings are left out with a warning, not rejected (tables that come from elsewhere). ``guarded``: a file
    that people fill in: its texts are guarded against formulas, and it may be a spreadsheet's "Unicode text" (UTF-16, tabs)."""

    accepted: Mapping[str, bool]
    numbers: Collection[str] = ()
    may_be_empty: bool = False
    others: bool = False
    guarded: bool = False


@dataclass(slots=True)
class Row:
    """One row: its place, and its cells by column (stripped; absent columns are empty)."""

    place: Place
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    @property
    def line(self) -> int:
        """The 1-based line on which the row starts."""
        return self.place.row or 0


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A table that was read. ``columns`` are those present, in the order of the file."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)


def read_table(path: Path, columns: TableColumns, problems: Problems, file: str = "") -> CsvTable | None:
    """Read a CSV with closed columns, noting every fault with its row and column.

    ``file``: the name shown to users. Returns None when nothing could be read.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "frames.csv"
    >>> _ = path.write_text("unit;population\\nba-dinh;12,5\\n", encoding="utf-8-sig")
    >>> problems = Problems()
    >>> table = read_table(path, TableColumns({"unit": True, "population": True}, {"population"}), problems)
    >>> table.rows[0].line, dict(table.rows[0].cells), len(problems)
    (2, {'unit': 'ba-dinh', 'population': '12.5'}, 0)
    """
    top = Place(problems, file or path.name)
    lines, delimiter = csv_lines(path, columns, top)
    return None if lines is None else table_of(lines, columns, top, decimal_comma=delimiter == ";")


def csv_lines(path: Path, columns: TableColumns, top: Place) -> tuple[Lines | None, str]:
    """The lines of a CSV that hold anything, headings first, and the mark between its cells; None when it cannot be read."""
    text = read_text(path, top.problems, top.file, wide=columns.guarded)
    if text is None:
        return None, ""
    delimiter, declaring, *_ = delimiter_of(text, ",;\t" if columns.guarded else ",;", columns.accepted)
    return islice(_lines(text, delimiter, top), declaring, None), delimiter


def table_of(
    lines: Lines, columns: TableColumns, top: Place, *, decimal_comma: bool = False
) -> CsvTable | None:
    """The table that lines of cells make, the first of them its headings, noting every fault; None when there are no headings."""
    lines = iter(lines)
    place, cells = next(lines, (top, []))
    if not cells:
        top.note("table.empty", accepted=list(columns.accepted))
        return None
    if len(cells) > MOST_COLUMNS:
        place.note("table.too_wide", found=len(cells), limit=MOST_COLUMNS)
        return None
    header = _header(cells, columns, place)
    present = {name: k for k, name in enumerate(header) if name in columns.accepted}
    numbers = [name for name in present if name in columns.numbers and decimal_comma]
    position = dict.fromkeys(columns.accepted, -1) | present  # the last cell stands for absent columns
    rows, has_rows = [], False
    for place, cells in bounded(lines, itemgetter(0), top.problems):
        has_rows = True
        if len(cells) < len(header) or any(cells[len(header) :]):
            place.note("table.cells", found=len(cells), expected=len(header))
            continue
        cells.append("")
        row = {name: cells[k] for name, k in position.items()}
        if columns.guarded:
            row = {name: unguarded(cell) for name, cell in row.items()}
        for name in numbers:
            row[name] = _number(row[name], name, place)
        rows.append(Row(place, row))
    if not has_rows and not columns.may_be_empty:
        top.note("table.no_rows")
    return CsvTable(top.file, tuple(present), tuple(rows))


def bounded(rows: Iterable[P], place_of: Callable[[P], Place], problems: Problems) -> Iterator[P]:
    """The rows, until they have so many faults that the rest is left out; then that is noted too, at the last of them."""
    most = len(problems) + MOST_FAULTS
    for row in rows:
        yield row
        if len(problems) >= most:
            place_of(row).note("table.too_many_faults", limit=MOST_FAULTS)
            return


def _lines(text: str, delimiter: str, top: Place) -> Iterator[tuple[Place, list[str]]]:
    """Place and stripped cells of every record that is not blank."""
    try:
        for line, cells in records(text, delimiter):
            stripped = list(map(str.strip, cells))
            if any(stripped):
                yield Place(top.problems, top.file, line), stripped
    except CsvError as error:
        Place(top.problems, top.file, error.line).note("table.malformed", reason=error.reason)


def _header(cells: list[str], columns: TableColumns, place: Place) -> tuple[str, ...]:
    """The headings without empty cells at the end, with which spreadsheets pad rows."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    accepted = columns.accepted
    for position, name in enumerate(cells):
        if name in cells[:position] and name:
            place.note("table.duplicate_column", name, name=name)
        elif name not in accepted and columns.others:
            place.note("table.ignored_column", name, severity="warning", name=name)
        elif name not in accepted:
            heading, near = name or str(position + 1), nearest(name, accepted)
            place.note("table.unknown_column", heading, name=name, accepted=list(accepted), nearest=near)
    for name, needed in accepted.items():
        if needed and name not in cells:
            place.note("table.missing_column", name, name=name)
    return tuple(cells)


def _number(cell: str, column: str, place: Place) -> str:
    """A number of a `;` file with a decimal point instead of a comma."""
    if _THOUSANDS.fullmatch(cell):
        place.note("table.ambiguous_number", column, value=cell)
        return ""
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell
