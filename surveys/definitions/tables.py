"""Tables kept as CSV: definitions, frames, issued forms, decisions.

Spreadsheet users edit them, so UTF-8 with or without BOM, ``,`` or ``;`` between cells and a decimal comma in files with
``;`` are all read. The columns are closed: an unknown, missing or repeated heading is refused with the nearest accepted name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from surveys.definitions.texts import read_text
from surveys.problems import Problems, nearest

#: More columns than this are no table of definitions.
MOST_COLUMNS = 500
#: After so many faults in one table the rest of its rows is not looked at.
MOST_FAULTS = 1000
#: A number that a reader of `;` files cannot tell: 1.250 may be twelve hundred and fifty or one and a quarter.
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its 1-based line as a user sees it, and its cells by column (stripped; absent columns are empty)."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


@dataclass(frozen=True, slots=True)
class Lines:
    """A table as its lines: ``header`` as it stands in the file, and for every row its 1-based line and its cells
    (stripped), as many as there are headings."""

    header: tuple[str, ...]
    rows: Sequence[tuple[int, Sequence[str]]]
    delimiter: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was read. ``columns`` are those present, in the order of the file."""

    file: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    delimiter: str = ","

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def read_table(
    path: Path,
    columns: Mapping[str, bool],
    problems: Problems,
    *,
    file: str = "",
    numbers: Collection[str] = (),
    may_be_empty: bool = False,
    others: bool = False,
) -> Table | None:
    """Read a CSV with closed columns, noting every fault with its row and column.

    ``columns``: accepted heading → whether the file must have it. ``numbers``: columns in which a decimal comma is
    turned into a point when the file is delimited by ``;``; there a number such as 1.250 is refused as
    ``table.ambiguous_number``. ``others``: unknown headings are left out with a warning, not refused
    (tables that come from elsewhere). ``file``: the name shown to users. Returns None when nothing could be read.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "frames.csv"
    >>> _ = path.write_text("unit;population\\nba-dinh;12,5\\n", encoding="utf-8-sig")
    >>> problems = Problems()
    >>> table = read_table(path, {"unit": True, "population": True}, problems, numbers={"population"})
    >>> table.rows[0].line, dict(table.rows[0].cells), len(problems)
    (2, {'unit': 'ba-dinh', 'population': '12.5'}, 0)
    """
    file = file or path.name
    lines = read_lines(
        path, columns, problems, file=file, numbers=numbers, may_be_empty=may_be_empty, others=others
    )
    if lines is None:
        return None
    blank = dict.fromkeys(columns, "")
    rows = (
        Row(
            line,
            blank | {name: cell for name, cell in zip(lines.header, cells, strict=True) if name in blank},
        )
        for line, cells in lines.rows
    )
    return Table(file, tuple(name for name in lines.header if name in columns), tuple(rows), lines.delimiter)


def read_lines(
    path: Path,
    columns: Mapping[str, bool],
    problems: Problems,
    *,
    file: str,
    numbers: Collection[str] = (),
    may_be_empty: bool = False,
    others: bool = False,
) -> Lines | None:
    """Read a CSV as :func:`read_table` does; rows that do not fit the header are noted and left out."""
    text = read_text(path, problems, file)
    if text is None:
        return None
    delimiter = _delimiter(text, columns)
    lines = _lines(text, delimiter, problems, file)
    if not lines:
        problems.add("table.empty", file=file, accepted=list(columns))
        return None
    if len(lines[0][1]) > MOST_COLUMNS:
        problems.add("table.too_wide", file=file, row=lines[0][0], found=len(lines[0][1]), limit=MOST_COLUMNS)
        return None
    header = _header(lines[0][1], columns, problems, file, lines[0][0], others)
    if len(lines) == 1 and not may_be_empty:
        problems.add("table.no_rows", file=file)
    wanted = frozenset(numbers) if delimiter == ";" else frozenset()
    in_numbers = [k for k, name in enumerate(header) if name in wanted and name in columns]
    before = len(problems)
    rows: list[tuple[int, Sequence[str]]] = []
    for line in lines[1:]:
        if not in_numbers and len(line[1]) == len(header):
            rows.append(line)
            continue
        row = _fitted(line, header, in_numbers, problems, file)
        rows += [row] if row is not None else []
        if too_many(problems, before, file, line[0]):
            break
    return Lines(header, rows, delimiter)


def too_many(problems: Problems, before: int, file: str, line: int) -> bool:
    """Whether a table has so many faults that its remaining rows are left out; then that is noted too."""
    if len(problems) - before < MOST_FAULTS:
        return False
    problems.add("table.too_many_faults", file=file, row=line, limit=MOST_FAULTS)
    return True


def _delimiter(text: str, columns: Mapping[str, bool]) -> str:
    """The delimiter under which the first line holds more accepted headings; a comma when that does not tell."""
    first = text.lstrip("\n").split("\n", 1)[0]
    known = {d: sum(cell.strip(' "\t') in columns for cell in first.split(d)) for d in (",", ";")}
    return max((",", ";"), key=lambda d: (known[d], first.count(d)))


def _lines(text: str, delimiter: str, problems: Problems, file: str) -> list[tuple[int, list[str]]]:
    """(1-based line on which the record starts, stripped cells) of every record that is not blank."""
    # Lists of codes have no white space but their line ends: then every line is a record with nothing to strip.
    unbroken = text.removesuffix("\n").split("\n")
    stripped = '"' not in text and text.split() == unbroken
    source = unbroken if stripped else io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    found = []
    start = 1
    try:
        for cells in reader if stripped else (list(map(str.strip, record)) for record in reader):
            if any(cells):
                found.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        problems.add("table.malformed", file=file, row=start, reason=str(error))
    return found


def _header(
    cells: list[str], columns: Mapping[str, bool], problems: Problems, file: str, line: int, others: bool
) -> tuple[str, ...]:
    while cells and not cells[-1]:  # spreadsheets pad rows with empty cells
        cells = cells[:-1]
    for position, name in enumerate(cells):
        if name in cells[:position] and name:
            problems.add("table.duplicate_column", file=file, row=line, column=name, name=name)
        elif name not in columns and others:
            problems.add(
                "table.ignored_column", severity="warning", file=file, row=line, column=name, name=name
            )
        elif name not in columns:
            problems.add(
                "table.unknown_column", file=file, row=line, column=name or str(position + 1),
                name=name, accepted=list(columns), nearest=nearest(name, columns) or "–",
            )  # fmt: skip
    for name, needed in columns.items():
        if needed and name not in cells:
            problems.add("table.missing_column", file=file, row=line, column=name, name=name)
    return tuple(cells)


def _fitted(
    row: tuple[int, Sequence[str]],
    header: Sequence[str],
    in_numbers: Sequence[int],
    problems: Problems,
    file: str,
) -> tuple[int, list[str]] | None:
    """A row with as many cells as headings and decimal points in its numbers; None (noted) when it has too few cells or
    too many."""
    line, cells = row
    if len(cells) < len(header) or any(cells[len(header) :]):
        problems.add("table.cells", file=file, row=line, found=len(cells), expected=len(header))
        return None
    fitted = list(cells[: len(header)])
    for k in in_numbers:
        fitted[k] = _number(fitted[k], line, header[k], problems, file)
    return line, fitted


def _number(cell: str, line: int, column: str, problems: Problems, file: str) -> str:
    """A number of a `;` file with a decimal point instead of a comma."""
    if _THOUSANDS.fullmatch(cell):
        problems.add("table.ambiguous_number", file=file, row=line, column=column, value=cell)
        return ""
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell
