"""The raw table layer: a file of returns as sheets of cells, whatever its kind.

Nothing is interpreted here: a sheet holds the cells as written (text, numbers, dates, ``None`` or ``""`` for nothing), and knows
which row its users see each of them in. One module beside this one reads each kind of file into pages;
:mod:`surveys.returns.files.opening` turns these into sheets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal

from surveys.problems import Problem, SurveyError, fault, runs, the_first

if TYPE_CHECKING:
    import numpy as np

Kind = Literal["text", "xlsx", "xls", "ods", "sav", "por", "dta", "zip", "parquet"]


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


@dataclass(frozen=True, kw_only=True)
class SheetFacts:
    """What is known of a sheet beside its cells.

    ``variables`` describe the columns of a statistical file, whose first row of cells holds the variable names, and ``sets`` its
    multiple-response sets. ``merged`` are the merged areas of a workbook as (top, left, bottom, right), inclusive, from 0;
    ``hidden_rows`` and ``hidden_columns`` those that a filter or a person hid, as rows and columns of cells. ``conversion`` names
    the old table that a whole text file was decoded by, ``open_end`` says that it lacks its last line end, ``fonts`` counts the
    cells of each column (from 0) that were typed with old fonts, and ``notes`` are warnings about the sheet.
    """

    first_row: int = 1
    variables: tuple[Variable, ...] = ()
    sets: tuple[ResponseSet, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    conversion: str = ""
    open_end: bool = False
    fonts: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Page(SheetFacts):
    """A sheet as it is read from a file: its name, and rows of cells, which may be of unequal length. The fields of each line of
    a text file are counted (``lines``). ``kind`` is filled in by whoever chose the opener."""

    name: str
    rows: Sequence[Sequence[object]]
    lines: bool = False
    kind: Kind | None = None


@dataclass(frozen=True)
class Sheet(SheetFacts):
    """One sheet: ``cells`` is an object array [rows, columns]; cell [i, j] stands in row ``i + first_row`` of the file.
    ``widths`` are the numbers of fields of each line of a text file (None elsewhere); ``row_texts`` keeps the texts of rows that
    were asked for."""

    file: str
    name: str
    kind: Kind
    cells: np.ndarray
    widths: np.ndarray | None = None
    row_texts: dict[int, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def warning(self, code: str, row: int | None = None, column: str = "", **params: object) -> Problem:
        """A note about this sheet; ``row`` as its users see it."""
        return note(self.file, self.name, code, row, column, **params)

    def warning_of_rows(
        self, code: str, about: Sequence[int] | np.ndarray, column: str = "", **params: object
    ) -> tuple[Problem, ...]:
        """A note ``about`` rows, numbered as their users see them, at the first of them; none without rows."""
        return (self.warning(code, int(about[0]), column, **params),) if len(about) else ()

    def problem(self, code: str, **place: object) -> SurveyError:
        """A fault in this sheet, ready to raise."""
        return fault(code, file=self.file, sheet=self.name, **place)

    def without_rows(self, rows: Sequence[int]) -> Sheet:
        """The sheet with nothing in some rows of cells."""
        cells = self.cells.copy()
        cells[rows] = ""
        return replace(self, cells=cells)


#: The names of what is known of a sheet beside its cells.
FACTS = tuple(about.name for about in fields(SheetFacts))


def note(
    file: str, sheet: str, code: str, row: int | None = None, column: str = "", **params: object
) -> Problem:
    """A warning about a sheet of a file."""
    named = tuple((name, str(value)) for name, value in params.items())
    return Problem(code, "warning", file, sheet, row, column, named)


def first_line(error: str | BaseException) -> str:
    """The first line of what an error says, for a message."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def ranges(numbers: Sequence[int], most: int = 12) -> str:
    """Rising numbers for a message, neighbours together.

    >>> ranges([3, 5, 6, 7, 9])
    '3, 5–7, 9'
    """
    return the_first(("–".join(map(str, dict.fromkeys((run[0], run[-1])))) for run in runs(numbers)), most)


def without_empty_end(rows: Sequence[Sequence[object]]) -> Sequence[Sequence[object]]:
    """Rows of equal length up to the last row and column that hold anything.

    >>> without_empty_end([["x", "", None], ["", 1, " "], ["", "", ""]])
    [['x', ''], ['', 1]]
    """
    end = len(rows)
    while end and not any(map(is_filled, rows[end - 1])):
        end -= 1
    kept = rows[:end]
    columns = width = len(kept[0]) if kept else 0
    while columns and not any(is_filled(row[columns - 1]) for row in kept):
        columns -= 1
    return kept if columns == width else [row[:columns] for row in kept]


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
