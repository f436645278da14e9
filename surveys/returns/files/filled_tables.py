"""Tables that people fill in (review files, mappings) as lines of cells, whether they lie there as CSV or as a workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from surveys.definitions.csv_tables import TableColumns, csv_lines
from surveys.definitions.study.limits import LIMITS
from surveys.definitions.text_files import is_file
from surveys.problems import Place, Problems, SurveyError
from surveys.returns.files.kinds import kind_of
from surveys.returns.files.opening import read_sheets
from surveys.returns.files.sheets import Sheet
from surveys.returns.text.cell_text import cell_text
from surveys.review.review_file import HEADINGS, FilledTable
from surveys.vocabulary.composition import composed

#: Kinds of workbooks, and the ending that a workbook beside a CSV has.
WORKBOOKS, TWINS = ("xlsx", "xls", "ods"), {".csv": ".xlsx", ".xlsx": ".csv"}
#: Rows of a sheet among which its headings are looked for.
_ROWS_ABOVE = 20


def filled_table(path: Path, problems: Problems, file: str = "") -> FilledTable | None:
    """A table that people filled in; None, and the reason noted, when it cannot be read. ``file``: the name shown to users."""
    top = Place(problems, file or path.name)
    kind = kind_of(path.read_bytes()) if _is_bounded(path) else "text"  # whose reader says what is wrong
    if kind == "text":
        lines, _ = csv_lines(path, TableColumns(dict.fromkeys(HEADINGS, False), guarded=True), top)
        return None if lines is None else FilledTable(top, list(lines))
    if kind not in WORKBOOKS:
        top.note("review.kind")
        return None
    try:
        sheets = read_sheets(path, top.file)
    except SurveyError as unread:
        problems.extend(unread.problems)
        return None
    return _of_workbook([sheet for sheet in sheets if not sheet.hidden], top)


def filled_tables(path: Path, problems: Problems) -> list[FilledTable]:
    """A file that people filled in, and after it the workbook or CSV of the same name beside it, where there is one."""
    twin = path.with_suffix(TWINS.get(path.suffix.lower(), path.suffix))
    if not is_file(path):
        problems.add("review.missing", file=str(path))
        return []
    there = [path] if twin == path or not is_file(twin) else [path, twin]
    return [filled for one in there if (filled := filled_table(one, problems))]


def _is_bounded(path: Path) -> bool:
    try:
        return is_file(path) and path.stat().st_size <= LIMITS.file_bytes
    except OSError:
        return False


def _of_workbook(sheets: Sequence[Sheet], top: Place) -> FilledTable:
    """The first sheet that has headings of a review file, from them on; else the first sheet as it is."""
    found = next(((sheet, k) for sheet in sheets if (k := _headings(sheet)) is not None), None)
    if found is None and not sheets:
        return FilledTable(top, [])
    sheet, first = found or (sheets[0], 0)
    at = Place(top.problems, top.file, sheet=sheet.name)
    lines = []
    for k, row in enumerate(sheet.cells[first:], sheet.first_row + first):
        cells = texts_of(row)
        if any(cells):
            lines.append((Place(at.problems, at.file, k, sheet=at.sheet), cells))
    return FilledTable(at, lines)


def _headings(sheet: Sheet) -> int | None:
    """The first row of a sheet in which two cells are headings of a review file."""
    rows = enumerate(sheet.cells[:_ROWS_ABOVE])
    return next((k for k, row in rows if len(HEADINGS.keys() & {*texts_of(row)}) > 1), None)


def texts_of(row: np.ndarray) -> list[str]:
    """The cells as texts; a true date has its midnight behind it, which tells it from a text."""
    midnight = dt.time()
    dated = (dt.datetime.combine(cell, midnight) if type(cell) is dt.date else cell for cell in row)
    return [composed(cell_text(cell)).strip() for cell in dated]
