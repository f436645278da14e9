"""Cells of official tables in workbooks: numbers as numbers, codes that have words by these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from surveys.definitions.study.records import Output
from surveys.handover.official_columns import OfficialColumn
from surveys.handover.words import Words, engine_words, is_of_engine, rule_words
from surveys.handover.workbook_layout import PLAIN, TEXT
from surveys.problems import Language
from surveys.vocabulary.dates import written_date

#: Columns of codes that are shown by words here and stand as codes elsewhere, with the kind of the codes.
_SAID = {"measured_by": "measured_by", "class": "class"}


def style_of(column: OfficialColumn, output: Output) -> str:
    """How the cells of a column are set: ``text``, ``plain`` or ``decimals-N``."""
    if not column.is_number:
        return TEXT
    decimals = column.decimals(output)
    return PLAIN if decimals is None else f"decimals-{decimals}"


def cells_of(
    column: OfficialColumn, texts: Sequence[str], words: Words, language: Language
) -> Sequence[object]:
    """The cells of a printed column: numbers (None for a gap), words of codes, dates as they are written, texts."""
    if column.is_number:
        return [float(text) if text else None for text in texts]
    if column.name == "reasons":
        return [rule_words(text, language) for text in texts]
    if column.name == "decided_on":
        return [written_date(text, language) for text in texts]
    said = _words(column, words, language)
    return texts if said is None else [said.get(code, code) for code in texts]


def _words(column: OfficialColumn, words: Words, language: Language) -> Mapping[str, str] | None:
    """The words of the codes of a column; None where it holds texts."""
    kind = _SAID.get(column.name, column.words)
    return engine_words(kind, language) if is_of_engine(kind) else words.get(kind)
