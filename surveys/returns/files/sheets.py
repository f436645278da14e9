"""The raw table layer: a file of returns as sheets of cells, whatever its kind, and the bounds within which it is read.

Nothing is interpreted here: a sheet holds the cells as written (text, numbers, dates, ``None`` or ``""`` for nothing), and knows
which row its users see each of them in. One module beside this one reads each kind of file; :mod:`surveys.returns.files.opening`
chooses among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from surveys.problems import Problem, SurveyError, fault

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
_SMALLEST_BOUND = 50_000_000  # bytes that any file may have once unpacked


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file to be read: its bytes, how messages call it, its kind, the sheet that is wanted (all when empty), the encoding that
    the study declares (empty: told from the bytes), and the bounds."""

    raw: bytes
    file: str
    kind: Kind
    sheet: str = ""
    encoding: str = ""
    limits: Limits = LIMITS

    @property
    def most_unpacked(self) -> int:
        """Bytes that the file may have once unpacked."""
        return min(self.limits.expanded, max(self.limits.ratio * len(self.raw), _SMALLEST_BOUND))

    def damaged(self, reason: str | BaseException, sheet: str = "") -> SurveyError:
        """The fault that the file is damaged, with the reason or the first line of a library's error."""
        return fault("returns.file_damaged", file=self.file, sheet=sheet, reason=first_line(reason))

    @contextmanager
    def reading(self, sheet: str = "") -> Iterator[None]:
        """Turn whatever a library raises within into the fault that the file is damaged; none of it may reach the user."""
        try:
            yield
        except SurveyError:
            raise
        except Exception as error:
            raise self.damaged(error, sheet) from None

    def check_size(self, rows: int, columns: int, sheet: str = "") -> None:
        """Raise the fault that a sheet is too large when it is."""
        if rows > self.limits.rows or columns > self.limits.columns or rows * columns > self.limits.cells:
            raise self.too_large(rows, columns, sheet)

    def too_large(self, rows: int, columns: int, sheet: str = "") -> SurveyError:
        """The fault that a sheet is too large."""
        place = {"file": self.file, "sheet": sheet}
        return fault("returns.sheet_too_large", **place, rows=rows, columns=columns, limit=self.limits.cells)

    def choose(self, names: Sequence[str]) -> list[str]:
        """The sheet that is wanted, or all; a fault with the names there are when it is not among them."""
        if self.sheet and self.sheet not in names:
            raise fault("returns.sheet_missing", file=self.file, sheet=self.sheet, accepted=", ".join(names))
        return [self.sheet] if self.sheet else list(names)


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
    that a whole text file was decoded by, ``fonts`` counts the cells of each column (from 0) that were typed with old fonts,
    ``notes`` are warnings about the sheet, and ``row_texts`` keeps the texts of rows that were asked for.
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
    row_texts: dict[int, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def warning(self, code: str, row: int | None = None, column: str = "", **params: object) -> Problem:
        """A note about this sheet; ``row`` as its users see it."""
        named = tuple((name, str(value)) for name, value in params.items())
        return Problem(code, "warning", self.file, self.name, row, column, named)

    def warning_of_rows(
        self, code: str, about: Sequence[int] | np.ndarray, column: str = "", **params: object
    ) -> tuple[Problem, ...]:
        """A note ``about`` rows, numbered as their users see them, at the first of them; none without rows."""
        return (self.warning(code, int(about[0]), column, **params),) if len(about) else ()

    def problem(self, code: str, **place: object) -> SurveyError:
        """A fault in this sheet, ready to raise."""
        return fault(code, file=self.file, sheet=self.name, **place)


def first_line(error: str | BaseException) -> str:
    """The first line of what an error says, for a message."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def from_rows(rows: Sequence[Sequence[object]], columns: int) -> np.ndarray:
    """Rows of unequal length as one object array [rows, columns], the missing ends filled with ``""``."""
    if not all(len(row) == columns for row in rows):
        rows = [[*row, *[""] * (columns - len(row))] for row in rows]
    return np.array(rows, dtype=object).reshape(len(rows), columns)


def without_empty_end(cells: np.ndarray) -> np.ndarray:
    """The cells up to the last row and column that hold anything."""
    rows, columns = cells.shape
    while rows and not any(map(is_filled, cells[rows - 1])):
        rows -= 1
    while columns and not any(map(is_filled, cells[:rows, columns - 1])):
        columns -= 1
    return cells[:rows, :columns]


def is_filled(cell: object) -> bool:
    """Whether a cell holds anything but white space.

    >>> [is_filled(cell) for cell in (None, float("nan"), " ", "", 0, "x")]
    [False, False, False, False, True, True]
    """
    return not (cell is None or cell != cell or (isinstance(cell, str) and not cell.strip()))


def _within(value: object, low: object, high: object) -> bool:
    try:
        return bool(low <= value <= high)  # type: ignore[operator]
    except TypeError:
        return False
