"""The raw table layer: any file of returns as sheets of cells, within fixed bounds, whatever its name says.

The kind of a file is told by its first bytes, never by its extension. Nothing is interpreted here: a sheet holds the cells
as written (text, numbers, dates, ``None`` or ``""`` for nothing), and knows which row its users see each of them in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np

from surveys.problems import Problem, SurveyError, fault
from surveys.returns.text.repair import cell_text

Kind = Literal["text", "xlsx", "xls", "ods", "sav", "por", "dta", "zip", "parquet"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost. ``cells`` bounds rows × columns of one sheet, empty cells included; ``expanded`` the bytes of
    a compressed file once unpacked, and ``ratio`` how many times larger that may be than the file."""

    file_bytes: int = 300_000_000
    expanded: int = 1_000_000_000
    ratio: int = 250
    entries: int = 5_000
    rows: int = 1_048_576
    columns: int = 16_384
    cells: int = 30_000_000
    characters: int = 100_000


LIMITS = Limits()
_HEADING_ROWS = 3  # no product writes more


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of a statistical file: its name, label, labels of its values, and which values are declared missing
    (closed ranges; a single value is a range of itself)."""

    name: str
    label: str = ""
    value_labels: Mapping[object, str] = field(default_factory=dict)
    missing: tuple[tuple[object, object], ...] = ()

    def is_missing(self, value: object) -> bool:
        """Whether the file itself declares ``value`` missing.

        >>> Variable("q1", missing=((97.0, 99.0),)).is_missing(98.0)
        True
        """
        return any(_within(value, low, high) for low, high in self.missing)

    @property
    def reading(self) -> tuple[object, ...]:
        """What decides how its values are read: variables with equal labels and missing values are read alike."""
        return (tuple(self.value_labels.items()), self.missing)


@dataclass(frozen=True, slots=True)
class ResponseSet:
    """A question with several answers in a statistical file: its label and its variables. ``counted`` is the value that says
    that the option of a variable was chosen; None when each variable holds one of the chosen options."""

    label: str
    variables: tuple[str, ...]
    counted: object = None


@dataclass(frozen=True)
class Sheet:
    """One sheet: ``cells`` is an object array [rows, columns]; cell [i, j] stands in row ``i + first_row`` of the file.

    ``widths`` are the numbers of fields of each line of a text file (None elsewhere). ``variables`` describe the columns of a
    statistical file, whose first row of cells holds the variable names, and ``sets`` its multiple-response sets. ``merged``
    are the merged areas of a workbook as (top, left, bottom, right), inclusive, from 0. ``conversion`` names the old table
    that a whole text file was decoded by, ``fonts`` counts the cells of each column (from 0) that were typed with old fonts, and
    ``notes`` are warnings about the sheet.
    """

    file: str
    name: str
    kind: Kind
    cells: np.ndarray
    first_row: int = 1
    widths: np.ndarray | None = None
    variables: tuple[Variable, ...] = ()
    sets: tuple[ResponseSet, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: bool = False
    conversion: str = ""
    fonts: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()

    @cached_property
    def first_rows(self) -> tuple[tuple[str, ...], ...]:
        """The first rows as texts: every reader looks there for its headings."""
        return tuple(tuple(map(cell_text, row)) for row in self.cells[:_HEADING_ROWS].tolist())

    def problem(self, code: str, **place: object) -> SurveyError:
        """A fault in this sheet, ready to raise."""
        return fault(code, file=self.file, sheet=self.name, **place)


def read_sheets(
    path: Path, name: str = "", *, sheet: str = "", encoding: str = "", limits: Limits = LIMITS
) -> tuple[Sheet, ...]:
    """All sheets of a file, or the one named ``sheet``.

    ``name`` is how messages call the file. Raises :class:`~surveys.problems.SurveyError` when the file is absent, empty,
    too large, damaged, locked, of no known kind, or has no sheet of that name.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.csv").write_text("x;y\\n1;2\\n", encoding="utf-8")
    ...     read_sheets(Path(folder) / "a.csv")[0].cells.tolist()
    [['x', 'y'], ['1', '2']]
    """
    name = name or path.name
    raw = _content(path, name, limits)
    kind = kind_of(raw)
    if kind is None:
        raise fault("returns.kind_unknown", file=name)
    sheets = _reader(kind)(raw, path, name, sheet, encoding, limits)
    for found in sheets:
        _check_size(found, limits)
    return tuple(sheets)


def kind_of(raw: bytes) -> Kind | None:
    """The kind of a file by its first bytes; None when it is none of those that are read."""
    if raw.startswith(b"PK"):
        return _kind_of_archive(raw)
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    if raw.startswith((b"$FL2", b"$FL3")):
        return "sav"
    if raw.startswith(b"PAR1"):
        return "parquet"
    if b"SPSS PORT FILE" in raw[:500]:
        return "por"
    if raw.startswith(b"<stata_dta>") or (
        raw[:1] in (b"q", b"r", b"s") and raw[1:3] in (b"\x01\x01", b"\x02\x01")
    ):
        return "dta"
    if raw.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"GIF8", b"Rar!", b"7z\xbc\xaf")):
        return None
    start = raw[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return None if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml")) else "text"


def from_rows(rows: Sequence[Sequence[object]], columns: int) -> np.ndarray:
    """Rows of unequal length as one object array [rows, columns], the missing ends filled with ``""``."""
    if not all(len(row) == columns for row in rows):
        rows = [[*row, *[""] * (columns - len(row))] for row in rows]
    cells = np.fromiter(chain.from_iterable(rows), dtype=object, count=len(rows) * columns)
    return cells.reshape(len(rows), columns)


def without_empty_end(cells: np.ndarray) -> np.ndarray:
    """The cells up to the last row and column that hold anything."""
    rows, columns = cells.shape
    while rows and _empty(cells[rows - 1]):
        rows -= 1
    while columns and _empty(cells[:rows, columns - 1]):
        columns -= 1
    return cells[:rows, :columns]


def choose_sheets(names: Sequence[str], wanted: str, file: str) -> list[str]:
    """The sheet a study asks for, or all; a fault with the names there are when it is not among them."""
    if not wanted:
        return list(names)
    if wanted not in names:
        raise fault("returns.sheet_missing", file=file, sheet=wanted, accepted=", ".join(names))
    return [wanted]


def _content(path: Path, name: str, limits: Limits) -> bytes:
    if not path.is_file():
        raise fault("file.missing", file=name)
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise fault("file.too_large", file=name, size=size, limit=limits.file_bytes)
    if size == 0:
        raise fault("returns.file_empty", file=name)
    return path.read_bytes()


def _kind_of_archive(raw: bytes) -> Kind | None:
    if b"xl/workbook" in raw or b"xl/_rels" in raw or b"[Content_Types].xml" in raw[:4000]:
        return "xlsx"
    if b".csv" in raw[-4000:]:
        return "zip"
    return "ods" if b"opendocument.spreadsheet" in raw[:4000] or b"content.xml" in raw else None


Reading = Callable[[bytes, Path, str, str, str, Limits], Sequence[Sheet]]


def _reader(kind: Kind) -> Reading:
    from surveys.returns.files import archives, delimited, parquet, statistical, workbooks

    if kind == "parquet":
        return parquet.read
    if kind in ("text", "zip"):
        return delimited.read if kind == "text" else archives.read
    return statistical.read if kind in ("sav", "por", "dta") else workbooks.read


def _check_size(sheet: Sheet, limits: Limits) -> None:
    rows, columns = sheet.cells.shape
    if rows > limits.rows or columns > limits.columns or rows * columns > limits.cells:
        raise sheet.problem("returns.sheet_too_large", rows=rows, columns=columns, limit=limits.cells)


def _empty(cells: np.ndarray) -> bool:
    return all(cell is None or cell == "" or cell != cell for cell in cells)


def _within(value: object, low: object, high: object) -> bool:
    try:
        return bool(low <= value <= high)  # type: ignore[operator]
    except TypeError:
        return False
