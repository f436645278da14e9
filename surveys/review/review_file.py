"""Review files: the one writer and the one reader of the tables in which people decide.

CSV with a byte order mark, which spreadsheet programs need to show Vietnamese, and a workbook beside it
(:mod:`surveys.review.review_workbook`). No cell is a formula there: texts are guarded when they are written, and come back as
they were, from whichever of the two was filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from surveys.definitions.csv_tables import Row, TableColumns, table_of
from surveys.problems import Place
from surveys.review.columns_and_words import ENTRIES, EXPLANATIONS, FORMS, MAPPING, UNITS, ReviewTable
from surveys.review.dates import readings
from surveys.vocabulary.csv import csv_bytes
from surveys.vocabulary.folding import fold

_KNOWN = (FORMS, UNITS, ENTRIES, MAPPING, EXPLANATIONS)
#: Headings by which a table of decisions is told from anything else.
HEADINGS = dict.fromkeys(name for table in _KNOWN for name in table.columns)


@dataclass(frozen=True)
class FilledTable:
    """A table that people filled in, as cells: ``lines`` from its headings on, ``top`` the place of the file."""

    top: Place
    lines: Sequence[tuple[Place, list[str]]]

    @property
    def headings(self) -> frozenset[str]:
        return frozenset(self.lines[0][1]) if self.lines else frozenset()

    def holds(self, table: ReviewTable) -> bool:
        """Whether its headings are those of a review table, all that are needed or all but one."""
        return len({*table.columns} - {*table.optional} - self.headings) <= 1


def review_bytes(table: ReviewTable, rows: Iterable[Iterable[object]]) -> bytes:
    """The content of a review file; ``rows`` hold the columns of the table in their order.

    >>> from surveys.review.columns_and_words import ENTRIES
    >>> review_bytes(ENTRIES, [("P1", "1.1a", "=1+1", "5", "", "", "", "")]).decode("utf-8-sig").splitlines()[1]
    "P1,1.1a,'=1+1,5,,,,"
    """
    return csv_bytes(table.columns, rows)


def review_rows(filled: FilledTable, table: ReviewTable) -> tuple[Row, ...]:
    """The rows of a completed review file; every fault is noted with its row and column."""
    needed = {name: name not in table.optional for name in table.columns}
    columns = TableColumns(needed, others=table.others, guarded=True)
    return tuple(table_of([(place, [*cells]) for place, cells in filled.lines], columns, filled.top) or ())


def decided_rows(found: Sequence[FilledTable], table: ReviewTable) -> tuple[Row, ...]:
    """The rows of a review file and of its twin (the CSV and the workbook) in which anything was filled in.

    A row that says one thing in the one and another in the other is noted at both of its places.
    """
    chosen: dict[tuple[str, ...], Row] = {}
    rows: list[Row] = []
    for k, filled in enumerate(found):
        for row in review_rows(filled, table):
            key = tuple(row[name] for name in table.key)
            other = chosen.get(key) if k else None
            if not any(row[name] for name in table.filled):
                continue
            if other is None:
                rows.append(row)
            elif _said(row, table) != _said(other, table):
                there = other.place.file
                row.place.note("review.filled_twice", table.decision, other=there, line=other.line)
            if not k:
                chosen.setdefault(key, row)
    return tuple(rows)


def _day(text: str) -> str:
    day_first, month_first = readings(text)
    return day_first or month_first or fold(text)


def _said(row: Row, table: ReviewTable) -> list[str]:
    """What people wrote in a row, however they wrote it."""
    return [
        _day(row[name]) if name in table.days else table.meaning(row[name], name) or fold(row[name])
        for name in table.filled
    ]
