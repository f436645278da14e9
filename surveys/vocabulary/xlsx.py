"""Workbooks out: the same bytes every time, and no text that a spreadsheet program would run or link."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from xlsxwriter import Workbook

#: A workbook carries a date of creation; a fixed one, so that two runs give the same bytes.
_CREATED = datetime(2000, 1, 1)
#: Rows and characters of a cell that a sheet can hold.
MOST_ROWS, MOST_CHARACTERS = 1_048_576, 32_767


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

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(target, options) as book:
        book.set_properties({**properties, "created": _CREATED})
        yield book
