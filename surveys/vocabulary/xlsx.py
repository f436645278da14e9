"""Workbooks out: the same bytes every time, and no text that a spreadsheet program would run or link."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import ceil
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

#: A workbook carries a date of creation; a fixed one, so that two runs give the same bytes.
_CREATED = datetime(2000, 1, 1)
#: Rows and characters of a cell that a sheet can hold.
MOST_ROWS, MOST_CHARACTERS = 1_048_576, 32_767
#: The type by whose digits the widths of columns are counted: every system has it, or one as wide.
_NORMAL = {"font_name": "Arial", "font_size": 10, "font_scheme": "none"}
_A4 = 9
_LINE_HEIGHT = 15  # points


@contextmanager
def new_workbook(target: IO[bytes], **properties: str) -> Iterator[Workbook]:
    """A workbook that is written to ``target`` at the end. ``properties``: title, author.

    >>> import io
    >>> one, other = io.BytesIO(), io.BytesIO()
    >>> for target in (one, other):
    ...     with new_workbook(target, title="Phiếu") as book:
    ...         _ = book.add_worksheet("Phiếu").write_string(0, 0, "=1+1")
    >>> one.getvalue() == other.getvalue()
    True
    """
    from xlsxwriter import Workbook

    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_format_properties": {**_NORMAL},
    }
    with Workbook(target, options) as book:
        book.set_properties({**properties, "created": _CREATED})
        yield book


def on_paper(sheet: Worksheet) -> None:
    """Print a sheet on A4 lying across, as wide as one page."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def height_of(text: str, width: float) -> int:
    """The height, in points, of a row whose text is wrapped in a column of so many characters; programs other than Excel do not
    find it themselves, nor does Excel where cells are merged.

    >>> height_of("Mã in trên phiếu.", 90), height_of("a" * 200, 90)
    (15, 45)
    """
    lines = (max(1, ceil(len(line) / width)) for line in text.split("\n"))
    return _LINE_HEIGHT * sum(lines)
