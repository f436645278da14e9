"""Workbooks (.xlsx, .xlsb, .xls, .ods) through calamine, after a look at the archive that keeps hostile files out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from surveys.problems import fault
from surveys.returns.files.archives import Archive
from surveys.returns.files.file_content import FileContent
from surveys.returns.files.old_workbooks import hidden_in, shorter
from surveys.returns.files.sheets import Page, without_empty_end
from surveys.returns.files.workbook_fonts import in_unicode
from surveys.returns.files.worksheet_xml import NOTHING_SAID, SheetMarks, inspect
from surveys.vocabulary.composition import composed

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook


def read(source: FileContent) -> list[Page]:
    """Sheets of a workbook in order. Hidden sheets, rows and columns are read and marked; formulas give their stored value, and
    one without a stored value is a fault: the workbook was written by a program and never calculated."""
    archive = Archive(source) if source.kind != "xls" else None
    marks = inspect(archive) if archive else hidden_in(source)
    book = _open(source)
    hidden = {about.name for about in book.sheets_metadata if not str(about.visible).endswith(".Visible")}
    pages = [
        _page(source, book, title, title in hidden, marks.get(title, NOTHING_SAID))
        for title in source.choose(book.sheet_names)
    ]
    if archive is None:
        notes = shorter(source)
        return [replace(page, notes=notes if k == 0 else ()) for k, page in enumerate(pages)]
    return in_unicode(archive, pages) if source.kind == "xlsx" else pages


def _open(source: FileContent) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook, PasswordError

    with source.reading():
        try:
            return CalamineWorkbook.from_filelike(io.BytesIO(source.raw))
        except PasswordError:
            raise fault("returns.file_locked", file=source.file) from None


def _page(source: FileContent, book: CalamineWorkbook, title: str, hidden: bool, marks: SheetMarks) -> Page:
    with source.reading(title):
        found = book.get_sheet_by_name(title)
        source.check_size(found.total_height, found.total_width, title)
        listed = found.to_python(skip_empty_area=False)
        merged = tuple((*top, *bottom) for top, bottom in found.merged_cell_ranges or ())
    for (row, column), shown in marks.errors.items():
        if row < len(listed) and column < len(listed[row]):
            listed[row][column] = shown
    rows = without_empty_end(_without_truth_values(listed))
    width = len(rows[0]) if rows else 0
    return Page(
        composed(title), rows, merged=merged, hidden=hidden,
        hidden_rows=tuple(row for row in marks.hidden_rows if row < len(rows)),
        hidden_columns=tuple(column for column in marks.hidden_columns if column < width),
    )  # fmt: skip


def _without_truth_values(rows: Sequence[Sequence[object]]) -> Sequence[Sequence[object]]:
    """TRUE and FALSE as texts: Python holds True equal to 1, and the two would be told apart no more."""
    if bool not in set(map(type, chain.from_iterable(rows))):
        return rows
    return [[str(cell).upper() if isinstance(cell, bool) else cell for cell in row] for row in rows]
