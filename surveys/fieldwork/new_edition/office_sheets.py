"""The sheets of the office workbook and their columns: one layout for writing the empty workbook and for reading a filled one.

What sheets, columns and words are called stands in ``surveys/wording/new.toml``; every name is accepted in both languages, and as
the key itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from surveys.problems import LANGUAGES, Language, phrase
from surveys.vocabulary.folding import fold_name, without_marks
from surveys.vocabulary.roles import FIELD_ROLES

#: What the cells of a column hold. A name refers to an entry of another sheet or of the same.
CellKind = Literal["text", "code", "number", "day", "mark", "word", "names"]
GENERAL = "general"


@dataclass(frozen=True, slots=True)
class OfficeColumn:
    """A column of a sheet. ``words``: what a cell may say (codes of :func:`word_texts`); ``of``: the sheet whose entries a cell
    names."""

    key: str
    kind: CellKind = "text"
    needed: bool = False
    words: tuple[str, ...] = ()
    of: str = ""


@dataclass(frozen=True, slots=True)
class OfficeSheet:
    """A sheet: its key and columns. Of the sheet of general facts the columns are the lines, each with one answer."""

    key: str
    columns: tuple[OfficeColumn, ...]

    def column(self, key: str) -> OfficeColumn:
        return next(column for column in self.columns if column.key == key)


#: Why an option is no answer, and what the sheet calls it.
NoAnswer = Literal["dont_know", "refused", "not_applicable"]
NO_ANSWER: tuple[NoAnswer, ...] = get_args(NoAnswer)
NOT_SCORED = "not_scored"
NOTE = OfficeColumn("remark")
#: Columns that lists of offices call by one word.
_SHORT = ("name", "code")

SHEETS: tuple[OfficeSheet, ...] = (
    OfficeSheet(GENERAL, (
        OfficeColumn("name", needed=True), OfficeColumn("start", "day"), OfficeColumn("end", "day"),
        OfficeColumn("unit_heading"), OfficeColumn("time_heading"), OfficeColumn("publisher"),
        OfficeColumn("period_start", "day"), OfficeColumn("period_end", "day"), OfficeColumn("points", "number"),
        OfficeColumn("document"), OfficeColumn("code", "code"), OfficeColumn("edition", "code"),
        OfficeColumn("name_en"), OfficeColumn("publisher_en"),
    )),
    OfficeSheet("units", (
        OfficeColumn("name", needed=True), OfficeColumn("block"), OfficeColumn("other_names", "names"),
        OfficeColumn("code", "code"), OfficeColumn("name_en"), NOTE,
    )),
    OfficeSheet("groups", (
        OfficeColumn("name", needed=True), OfficeColumn("weight", "number"), OfficeColumn("code", "code"),
        OfficeColumn("name_en"), NOTE,
    )),
    OfficeSheet("questions", (
        OfficeColumn("text", needed=True), OfficeColumn("criterion", of="criteria", words=(NOT_SCORED,)),
        OfficeColumn("scale", of="scales"), OfficeColumn("several", "mark"),
        OfficeColumn("reversed", "mark"), OfficeColumn("groups", "names", of="groups"),
        OfficeColumn("blocks", "names"), OfficeColumn("only_if"), OfficeColumn("required", "mark"),
        OfficeColumn("code", "code"), OfficeColumn("other_texts", "names"), OfficeColumn("text_en"), NOTE,
    )),
    OfficeSheet("criteria", (
        OfficeColumn("name", needed=True), OfficeColumn("points", "number"), OfficeColumn("above", of="criteria"),
        OfficeColumn("code", "code"), OfficeColumn("name_en"), NOTE,
    )),
    OfficeSheet("scales", (
        OfficeColumn("scale", needed=True), OfficeColumn("option", needed=True), OfficeColumn("points", "number"),
        OfficeColumn("satisfied", "mark"), OfficeColumn("no_answer", "word", words=NO_ANSWER),
        OfficeColumn("other_texts", "names"), OfficeColumn("code", "code"), OfficeColumn("option_en"), NOTE,
    )),
    OfficeSheet("questionnaires", (
        OfficeColumn("group", needed=True, of="groups"), OfficeColumn("block"), OfficeColumn("name"),
        OfficeColumn("many_units", "mark"), OfficeColumn("modes", "names"), OfficeColumn("code", "code"),
        OfficeColumn("name_en"), NOTE,
    )),
    OfficeSheet("respondents", (
        OfficeColumn("heading", needed=True), OfficeColumn("options", "names", needed=True), OfficeColumn("code", "code"),
        OfficeColumn("name_en"), NOTE,
    )),
    OfficeSheet("tool_columns", (
        OfficeColumn("holds", "word", needed=True, words=FIELD_ROLES), OfficeColumn("heading", "names", needed=True),
        OfficeColumn("code", "code"), NOTE,
    )),
)  # fmt: skip
SHEET: Mapping[str, OfficeSheet] = {sheet.key: sheet for sheet in SHEETS}


def sheet_name(key: str, language: Language) -> str:
    """What a sheet is called."""
    return phrase(f"new.sheet.{key}", language)


def column_name(sheet: str, key: str, language: Language) -> str:
    """The heading of a column, or of the general sheet what stands before the answer."""
    return phrase(f"new.{sheet}.{key}", language) if key != NOTE.key else phrase("new.remark", language)


def word_text(word: str, language: Language) -> str:
    """What a word that cells may hold is called."""
    return phrase(f"new.word.{word}", language)


def key_of(text: str, names: Mapping[str, Sequence[str]]) -> str:
    """The key of which ``text`` is a name, whatever its letters and marks; without tones where it is the name of one alone; empty
    where it is none.

    >>> names = {"units": ("Đơn vị", "Units"), "scales": ("Thang đo",)}
    >>> key_of("ĐƠN VỊ ", names), key_of("don vi", names), key_of("đồn vì", names)
    ('units', 'units', '')
    """
    folded = fold_name(text)
    for form in (fold_name, without_marks):
        found = [key for key, known in names.items() if folded in map(form, (key, *known))]
        if (folded and len(found) == 1) or (found and form is fold_name):
            return found[0]
    return ""


def sheet_names() -> dict[str, tuple[str, ...]]:
    """Sheet → its names."""
    return {key: tuple(sheet_name(key, language) for language in LANGUAGES) for key in SHEET}


def column_names(sheet: OfficeSheet) -> dict[str, tuple[str, ...]]:
    """Column of a sheet → its names."""
    return {c.key: tuple(column_name(sheet.key, c.key, one) for one in LANGUAGES) for c in sheet.columns}


def short_names(sheet: OfficeSheet) -> dict[str, tuple[str, ...]]:
    """Column of a sheet of entries → what it is called where only one such column can be meant."""
    found = [c.key for c in sheet.columns if c.key in _SHORT and sheet.key != GENERAL]
    return {key: tuple(phrase(f"new.short.{key}", one) for one in LANGUAGES) for key in found}


def word_texts(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Word that a cell may hold → what it is called."""
    return {word: tuple(word_text(word, language) for language in LANGUAGES) for word in words}
