"""Review files: the one writer and the one reader of the tables in which people decide.

CSV with a byte order mark, which spreadsheet programs need to show Vietnamese. No cell is a formula there: texts are guarded
when they are written, and come back as they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from surveys.definitions.csv_tables import Row, TableColumns, read_table
from surveys.problems import Problems
from surveys.review.columns_and_words import ReviewTable
from surveys.vocabulary.csv import csv_bytes


def review_bytes(table: ReviewTable, rows: Iterable[Iterable[object]]) -> bytes:
    """The content of a review file; ``rows`` hold the columns of the table in their order.

    >>> from surveys.review.columns_and_words import ENTRIES
    >>> review_bytes(ENTRIES, [("P1", "1.1a", "=1+1", "5", "", "")]).decode("utf-8-sig").splitlines()[1]
    "P1,1.1a,'=1+1,5,,"
    """
    return csv_bytes(table.columns, rows)


def read_review(path: Path, table: ReviewTable, problems: Problems, file: str = "") -> tuple[Row, ...]:
    """The rows of a completed review file; every fault is noted with its row and column. ``file``: the name shown to users."""
    needed = {name: name not in table.optional for name in table.columns}
    return tuple(
        read_table(path, TableColumns(needed, others=table.others, guarded=True), problems, file) or ()
    )
