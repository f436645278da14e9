"""Layouts of review files: every accepted word has one meaning, however a person writes it."""

from __future__ import annotations

import pytest

from surveys.review.columns_and_words import (
    ACCEPTED,
    ENTRIES,
    EXPLANATIONS,
    FORMS,
    MAPPING,
    REFUSED,
    UNITS,
    ReviewTable,
)
from surveys.vocabulary.folding import without_marks

TABLES = (UNITS, FORMS, ENTRIES, MAPPING, EXPLANATIONS)
WORDS = [
    (table, column, word, meaning)
    for table in TABLES
    for column in table.filled
    for meaning, words in table.words_of(column).items()
    for word in (*words.vi, *words.en)
]


@pytest.mark.parametrize(("table", "column", "word", "meaning"), WORDS, ids=[word for _, _, word, _ in WORDS])
def test_every_word_has_its_meaning(table: ReviewTable, column: str, word: str, meaning: str) -> None:
    assert table.meaning(word, column) == meaning
    assert table.meaning(f"  {word.upper()} ", column) == meaning
    assert not without_marks(word) or table.meaning(without_marks(word), column) == meaning


def test_other_texts_are_no_words() -> None:
    assert [UNITS.meaning(text) for text in ("SNV", "", "xx", "không biết")] == [""] * 4
    assert (UNITS.meaning("Đúng"), UNITS.meaning("–"), MAPPING.meaning("KHÔNG")) == (
        ACCEPTED,
        REFUSED,
        REFUSED,
    )


@pytest.mark.parametrize("table", TABLES, ids=["units", "forms", "entries", "mapping", "explanations"])
def test_keys_and_decisions_are_columns_that_must_be_there_or_may_be_missing(table: ReviewTable) -> None:
    assert {*table.key, *table.filled, *table.optional} <= set(table.columns)
    assert table.decision not in table.optional
