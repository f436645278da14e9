"""Workbooks (.xlsx, .xls, .ods) through calamine, after a look at the archive that keeps hostile files out."""

from __future__ import annotations

import io
from itertools import chain
from pathlib import Path

from surveys.problems import fault
from surveys.returns.files.archives import About, first_line, inspect
from surveys.returns.files.fonts import in_unicode
from surveys.returns.files.sheets import Limits, Sheet, choose_sheets, from_rows, kind_of, without_empty_end


def read(raw: bytes, path: Path, name: str, sheet: str, encoding: str, limits: Limits) -> list[Sheet]:
    """Sheets of a workbook in order. Hidden sheets are read and marked; formulas give their stored value, and one without
    a stored value is a fault: the workbook was written by a program and never calculated."""
    kind = kind_of(raw)
    assert kind in ("xlsx", "xls", "ods")
    known = inspect(raw, kind, name, limits) if kind != "xls" else {}
    book = _open(raw, name)
    hidden = {about.name for about in book.sheets_metadata if not str(about.visible).endswith(".Visible")}
    wanted = choose_sheets(book.sheet_names, sheet, name)
    sheets = [
        _sheet(book, title, name, kind, title in hidden, known.get(title, About()), limits)
        for title in wanted
    ]
    return in_unicode(raw, sheets) if kind == "xlsx" else sheets


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
        raise fault("returns.file_damaged", file=name, reason=first_line(error)) from None


def _sheet(  # type: ignore[no-untyped-def]
    book, title: str, name: str, kind, hidden: bool, about: About, limits: Limits
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
        raise fault("returns.file_damaged", file=name, sheet=title, reason=first_line(error)) from None
    if about.truth_values:
        listed = _without_truth_values(listed)
    cells = from_rows(listed, max(map(len, listed), default=0))
    for (row, column), shown in about.errors.items():
        if row < cells.shape[0] and column < cells.shape[1]:
            cells[row, column] = shown
    return Sheet(name, title, kind, without_empty_end(cells), merged=merged, hidden=hidden)


def _without_truth_values(rows: list[list[object]]) -> list[list[object]]:
    """TRUE and FALSE as texts: Python holds True equal to 1, and the two would be told apart no more."""
    if bool not in set(map(type, chain.from_iterable(rows))):
        return rows
    return [[str(cell).upper() if isinstance(cell, bool) else cell for cell in row] for row in rows]
