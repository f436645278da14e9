"""The project's own layout: one heading row with item codes or texts and field headings, one row per form below it.

Also what any program writes that exports a plain table: CSV and workbooks with one heading row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import Column, Table, body_rows, columns_of, heading_texts
from surveys.returns.headings.questions import Vocabulary

NAME = "native"
NO_VALUES = np.zeros(0, dtype=object)


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """40 when the first row that holds anything names at least one item; 1 otherwise, so that a file nobody knows is
    reported by its headings."""
    return 40 if any(_knows(sheet, vocabulary) for sheet in sheets) else 1


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[Table]:
    """One table for each sheet that names an item; all sheets when none does."""
    known = [sheet for sheet in sheets if _knows(sheet, vocabulary)]
    return [table(sheet) for sheet in known or sheets if sheet.cells.size]


def table(sheet: Sheet, heading_row: int | None = None) -> Table:
    """A sheet with one heading row (by default the first row that holds anything) as a table."""
    row = first_filled(sheet) if heading_row is None else heading_row
    rows = body_rows(sheet, row + 1)
    columns = columns_of(sheet, heading_texts(sheet, row), rows)
    conversions = {sheet.conversion: int(rows.size)} if sheet.conversion else {}
    return Table(sheet.file, sheet.name, columns, rows + sheet.first_row, conversions=conversions)


def first_filled(sheet: Sheet) -> int:
    """The first row of cells that holds anything."""
    rows = enumerate(sheet.cells[:100])
    return next((i for i, row in rows if any(str(cell).strip() for cell in row if cell is not None)), 0)


def _knows(sheet: Sheet, vocabulary: Vocabulary) -> bool:
    if not sheet.cells.size:
        return False
    return names_items(heading_texts(sheet, first_filled(sheet)), vocabulary)


def names_items(headings: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Whether one of these texts, as a heading, names an item or the options of one."""
    return any(
        target.kind != "field"
        for text in dict.fromkeys(headings)
        if text.strip()
        for target in vocabulary.targets(Column(text, NO_VALUES))
    )
