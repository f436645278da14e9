"""Review files: the one writer and the one reader of the tables in which people decide.

CSV with a byte order mark, which spreadsheet programs need to show Vietnamese. No cell is a formula there: texts are guarded
when they are written, and come back as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from surveys.definitions.tables import Row, TableColumns, read_table
from surveys.problems import Problems
from surveys.review.layouts import ReviewTable
from surveys.vocabulary.csv import csv_bytes


def review_bytes(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    """The content of a review file, or of a file of decisions.

    >>> review_bytes(("block", "text"), [("so", "=1+1")]).decode("utf-8-sig")
    "block,text\\r\\nso,'=1+1\\r\\n"
    """
    return csv_bytes(columns, rows)


def read_review(path: Path, table: ReviewTable, problems: Problems, file: str = "") -> tuple[Row, ...]:
    """The rows of a completed review file; every fault is noted with its row and column. ``file``: the name shown to users."""
    needed = {name: name not in table.optional for name in table.columns}
    return tuple(
        read_table(path, TableColumns(needed, others=table.others, guarded=True), problems, file) or ()
    )
