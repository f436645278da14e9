"""What the collecting tool decided about the forms of a table, and what the study says of its words instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from surveys.problems import the_first
from surveys.returns.headings.columns import Column
from surveys.returns.headings.tool_states import ToolColumn, title_of
from surveys.returns.table_reading import TableReading
from surveys.returns.text.cell_text import SHOWN
from surveys.vocabulary.folding import fold
from surveys.vocabulary.statuses import REVIEW, TOOL_STATES

_LISTED = 20  # rows and submissions that a message names


def decided_by_tool(reading: TableReading) -> dict[str, np.ndarray]:
    """``state`` and ``state_text`` of every row of the table; every word that keeps forms out, or that nobody knows, is told."""
    states, texts = reading.same(""), reading.same("")
    rank = np.zeros(len(reading), dtype=int)
    own = {fold(word): state for word, state in reading.file.states}
    met: set[str] = set()
    for of_tool, column in reading.table.said.columns:
        for text, code, rows in _words(of_tool, column):
            key = next((k for k in _keys(column, text) if k in own), "")
            met.add(key)
            known = own.get(key) or of_tool.state(text) or of_tool.state(code)
            state = known or REVIEW
            stronger = rows[rank[rows] < TOOL_STATES.index(state) + 1]
            rank[stronger] = TOOL_STATES.index(state) + 1
            states[stronger], texts[stronger] = state, f"{column.heading}: {text or '–'}"
            if not key and state in TOOL_STATES[1:]:
                _tell(reading, of_tool, column, text, rows, state if known else "unknown")
    for word in [word for word, _ in reading.file.states if fold(word) not in met]:
        reading.note("returns.tool_word_unmatched", word=word)
    return {"state": states, "state_text": texts}


def _words(of_tool: ToolColumn, column: Column) -> Iterable[tuple[str, str, np.ndarray]]:
    """Every word of a column (in a statistical file its label), its code, and its rows; the empty one where it says something."""
    cells = column.distinct
    labels: Mapping[object, str] = column.variable.value_labels if column.variable else {}
    for k, (value, text) in enumerate(zip(cells.values, cells.texts, strict=True)):
        yield labels.get(value) or text, text, cells.rows_of(k)
    if of_tool.reads_blanks and (cells.codes < 0).any():
        yield "", "", cells.rows_of(-1)


def _keys(column: Column, text: str) -> tuple[str, ...]:
    """How the study may name a word."""
    of_column = (fold(f"{name}={text}") for name in (column.heading, *column.names) if name)
    return (*of_column, fold(text)) if text else tuple(of_column)


def _tell(
    reading: TableReading, of_tool: ToolColumn, column: Column, text: str, rows: np.ndarray, state: str
) -> None:
    response = reading.table.roles.get("response")
    named = response.each(str)[rows[:_LISTED]].tolist() if response else []
    more = ["…"] if len(named) < len(rows) else []
    reading.note(
        f"returns.tool_{state}", row=int(reading.table.row_numbers[rows[0]]), column=column.heading, forms=len(rows),
        product=title_of(of_tool.product), text=text[:SHOWN], blank="" if text else column.heading,
        rows=the_first(reading.table.row_numbers[rows], _LISTED),
        submissions=[*filter(None, named), *(more if named else [])], key=text[:SHOWN] or f"{column.heading}=",
    )  # fmt: skip
