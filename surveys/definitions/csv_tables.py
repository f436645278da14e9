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
from typing import Any, TypeVar

from surveys.definitions.text_files import read_text
from surveys.problems import Place, Problems, nearest, shortened
from surveys.vocabulary.csv import CsvError, delimiter_of, records
from surveys.vocabulary.formula_guard import unguarded
from surveys.vocabulary.numbers import POINT, DecimalMark, WrittenNumber, decimal_mark

P = TypeVar("P")
#: Lines of a table: where each stands, and its cells.
Lines = Iterable[tuple[Place, list[str]]]

#: More columns than this are no table of definitions.
MOST_COLUMNS = 500
#: After so many faults in one table the rest of its rows is not looked at.
MOST_FAULTS = 1000
#: A question mark between letters, several before one, or the sign of a letter that could not be read.
_LOST_LETTERS = re.compile(r"[^\W\d_]\?[^\W\d_]|\?\?[^\W\d_]|\ufffd")


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The headings of a table. ``accepted``: heading → whether it must be there. ``numbers``: columns whose numbers are
    read by one decimal mark for the file (:mod:`surveys.vocabulary.numbers`); ``counts``: those of them that hold counts.
    ``others``: unknown headings are left out with a warning, not rejected (tables that come from elsewhere). ``guarded``: a file
    that people fill in: its texts are guarded against formulas, and it may be a spreadsheet's "Unicode text" (UTF-16, tabs)."""

    accepted: Mapping[str, bool]
    numbers: Collection[str] = ()
    counts: Collection[str] = ()
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
        else:
            _note_lost_letters(row, place)
        rows.append(Row(place, row))
    if not has_rows and not columns.may_be_empty:
        top.note("table.no_rows")
    rows = _with_numbers(rows, columns, "" if decimal_comma else POINT)
    return CsvTable(top.file, tuple(present), tuple(rows))


def _note_lost_letters(cells: Mapping[str, str], place: Place) -> None:
    """Note texts whose letters became question marks when the file was saved in an encoding that lacks them."""
    for name, cell in cells.items():
        if lost_letters(cell):
            place.note("table.lost_letters", name, text=shortened(cell))


def lost_letters(text: str) -> bool:
    """Whether letters of a text became question marks.

    >>> lost_letters("Ti?p c?n"), lost_letters("Có không?")
    (True, False)
    """
    marked = "?" in text or "\ufffd" in text
    return marked and _LOST_LETTERS.search(text) is not None and "://" not in text


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


def _with_numbers(rows: list[Row], columns: TableColumns, usual: str) -> list[Row]:
    """The rows with their numbers as programs write them. A number that may be two is noted and its row left out; so are all rows
    where the numbers contradict one another about the decimal mark."""
    written = [
        (row, WrittenNumber(row[name], name, name in columns.counts))
        for row in rows
        for name in columns.numbers
        if row[name] and not row[name].isdecimal()
    ]
    if not written:
        return rows
    mark = decimal_mark([number for _, number in written], usual)
    if mark.against is not None and mark.proof is not None:
        of = {id(number): row.place for row, number in written}
        place, other = of[id(mark.against)], of[id(mark.proof)]
        told: dict[str, Any] = {"value": mark.against.text, "other": mark.proof.text, "first": other.row}
        place.note("table.mixed_numbers", mark.against.column, **told)
        return []
    unclear = set()
    for row, number in written:
        found, readings = mark.read(number), number.readings
        if found:
            row.cells = {**row.cells, number.column: found}
        elif readings:
            unclear.add(id(row))
            row.place.note("table.ambiguous_number", number.column, value=number.text, readings=readings)
    _note_grouped(written, mark)
    return [row for row in rows if id(row) not in unclear]


def _note_grouped(written: Iterable[tuple[Row, WrittenNumber]], mark: DecimalMark) -> None:
    """Tell the first number whose group marks were left out, and how many others there are."""
    grouped = [
        (row.place, number, found)
        for row, number in written
        if (found := mark.read(number)) and number.text.lstrip("+-−") not in _plain(found)
    ]
    if grouped:
        place, number, found = grouped[0]
        proof = mark.proof.text if mark.proof and len(number.readings) > 1 else ""
        facts: dict[str, Any] = {"value": number.text, "number": found, "cells": len(grouped), "proof": proof}
        place.note("table.grouped_numbers", number.column, severity="warning", **facts)


def _plain(number: str) -> tuple[str, ...]:
    """How a number is written without group marks, with either decimal mark."""
    text = number.lstrip("-")
    return text, text.replace(".", ","), text.removeprefix("0"), text.removeprefix("0").replace(".", ",")
