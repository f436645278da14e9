"""Workbooks (.xlsx, .xls, .ods) through calamine, after a look at the archive that keeps hostile files out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from surveys.problems import fault
from surveys.returns.files.archives import Archive
from surveys.returns.files.sheets import FileContent, Sheet, from_rows, without_empty_end
from surveys.returns.files.workbook_fonts import in_unicode
from surveys.returns.files.worksheet_xml import Errors, inspect

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook


def read(source: FileContent) -> list[Sheet]:
    """Sheets of a workbook in order. Hidden sheets are read and marked; formulas give their stored value, and one without
    a stored value is a fault: the workbook was written by a program and never calculated."""
    archive = Archive(source) if source.kind != "xls" else None
    errors = inspect(archive) if archive else {}
    book = _open(source)
    hidden = {about.name for about in book.sheets_metadata if not str(about.visible).endswith(".Visible")}
    sheets = [
        _sheet(source, book, title, title in hidden, errors.get(title, {}))
        for title in source.choose(book.sheet_names)
    ]
    return in_unicode(archive, sheets) if archive and source.kind == "xlsx" else sheets


def _open(source: FileContent) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(source.raw))
    except PasswordError:
        raise fault("returns.file_locked", file=source.file) from None
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the Rust reader is no Exception
        raise source.damaged(error) from None


def _sheet(source: FileContent, book: CalamineWorkbook, title: str, hidden: bool, errors: Errors) -> Sheet:
    with source.reading(title):
        found = book.get_sheet_by_name(title)
        source.check_size(found.total_height, found.total_width, title)
        listed = found.to_python(skip_empty_area=False)
        merged = tuple((*top, *bottom) for top, bottom in found.merged_cell_ranges or ())
    cells = from_rows(_without_truth_values(listed), max(map(len, listed), default=0))
    for (row, column), shown in errors.items():
        if row < cells.shape[0] and column < cells.shape[1]:
            cells[row, column] = shown
    return Sheet(source.file, title, source.kind, without_empty_end(cells), merged=merged, hidden=hidden)


def _without_truth_values(rows: Sequence[Sequence[object]]) -> Sequence[Sequence[object]]:
    """TRUE and FALSE as texts: Python holds True equal to 1, and the two would be told apart no more."""
    if bool not in set(map(type, chain.from_iterable(rows))):
        return rows
    return [[str(cell).upper() if isinstance(cell, bool) else cell for cell in row] for row in rows]
