"""The project's own layout: one heading row with item codes or texts and field headings, one row per form below it.

Also what any program writes that exports a plain table: CSV and workbooks with one heading row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.form_table import FormTable, first_filled, heading_texts, plain_table
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.headings.tool_states import said_by_tool


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """40 when the first row that holds anything names at least one item; 1 otherwise, so that a file nobody knows is
    reported by its headings."""
    return 40 if any(_knows(sheet, vocabulary) for sheet in sheets) else 1


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[FormTable]:
    """One table for each sheet that names an item; all sheets when none does."""
    known = [sheet for sheet in sheets if _knows(sheet, vocabulary)]
    tables = [plain_table(sheet) for sheet in known or sheets if sheet.cells.size]
    return [replace(table, said=said_by_tool(table.columns)) for table in tables]


def _knows(sheet: Sheet, vocabulary: Vocabulary) -> bool:
    return bool(sheet.cells.size) and vocabulary.names_items(heading_texts(sheet, first_filled(sheet)))
