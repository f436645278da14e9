"""Cells by which a product says that a question was not shown, or that it was shown and left without an answer."""

from __future__ import annotations

from surveys.definitions.instrument.records import BLANK, NOT_ASKED
from surveys.returns.answers.answer_options import Answer, AnswerOptions
from surveys.returns.headings.columns import Column
from surveys.returns.headings.tool_states import title_of, words_for
from surveys.returns.table_reading import TableReading
from surveys.vocabulary.folding import fold


def no_answer(reading: TableReading, options: AnswerOptions, text: str) -> Answer | None:
    """What a product's text for no answer says; None for any other text, and for one that the scale knows as an answer."""
    folded, product = fold(text), reading.table.said.product
    if not product or options.find(text) is not None:
        return None
    if folded in words_for(product, "not_shown"):
        return Answer(NOT_ASKED)
    return Answer(BLANK) if folded in words_for(product, "seen") else None


def tell_not_shown(reading: TableReading) -> None:
    """One warning for each text by which the product says that questions were not shown."""
    told: dict[str, list[tuple[Column, int]]] = {}
    for column, k in reading.hidden:
        told.setdefault(column.distinct.texts[k], []).append((column, k))
    product = title_of(reading.table.said.product)
    for text, found in told.items():
        rows = [int(reading.table.row_numbers[column.distinct.first[k]]) for column, k in found]
        cells = sum(int(column.distinct.counts[k]) for column, k in found)
        reading.note(
            "returns.not_shown", row=min(rows), column=found[0][0].heading, text=text, product=product, cells=cells,
            columns=len({column.heading for column, _ in found}),
        )  # fmt: skip
    reading.hidden.clear()
    if reading.marks_seen:
        reading.note("returns.unseen", product=product)
