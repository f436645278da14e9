"""Review files as workbooks: what is filled in stands in unlocked cells with lists to choose from, the rest is locked.

The first sheet holds the table as the CSV has it, headings in its first row; the second says what each column means. Texts are
guarded as in the CSV, so that a workbook that is saved as CSV is read in the same way.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from surveys.problems import Language, phrase
from surveys.review.columns_and_words import ReviewTable
from surveys.vocabulary.formula_guard import guarded
from surveys.vocabulary.xlsx import MOST_CHARACTERS, height_of, new_workbook, on_paper

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_NARROWEST, _WIDEST, _MARGIN = 8, 60, 3
_TEXT = 30  # where people write texts of their own
#: Widths of the columns that explain, and the share of a width that text wrapped at words fills at least.
_ABOUT, _FILL = (18, 22, 90), 0.85
#: Characters of a list, of a message and of its title that a cell can hold itself.
_LIST, _MESSAGE, _TITLE = 255, 255, 32
#: Ranges of cells under one rule.
_RANGES = 500
#: What may be done with the locked sheet.
_ALLOWED = dict.fromkeys(
    ("format_cells", "format_columns", "format_rows", "sort", "autofilter", "select_locked_cells"), True
)
Choice = tuple[str, ...]


@dataclass(frozen=True)
class WorkbookTexts:
    """What a workbook of a review table shows beside the rows: ``howto`` what is to be done, ``about`` column → what it holds,
    ``choices`` column → what is offered in each row (nothing: any text)."""

    language: Language
    howto: str
    about: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Sequence[Choice]] = field(default_factory=dict)


def review_workbook(table: ReviewTable, rows: Sequence[Sequence[object]], texts: WorkbookTexts) -> bytes:
    """The content of a review file as XLSX; ``rows`` hold the columns of the table in their order."""
    target = io.BytesIO()
    cells = [[guarded("" if cell is None else str(cell))[:MOST_CHARACTERS] for cell in row] for row in rows]
    with new_workbook(target, title=texts.howto[:MOST_CHARACTERS]) as book:
        styles = _styles(book)
        sheet = book.add_worksheet(phrase("review.sheet.table", texts.language))
        _write_table(sheet, table, cells, styles)
        _write_about(book, table, texts, styles)
        lists = _Lists(book, texts.language)
        for k, name in enumerate(table.columns):
            if name in table.filled:
                _offer(
                    sheet, k, texts.choices.get(name, [()] * len(cells)), _message(table, name, texts), lists
                )
    return target.getvalue()


def _styles(book: Workbook) -> dict[str, Any]:
    text = {"num_format": "@", "valign": "top"}
    return {
        "heading": book.add_format({"bold": True, "bottom": 1, "bg_color": "#E7E6E6"}),
        "filled_heading": book.add_format({"bold": True, "bottom": 1, "bg_color": "#FFE699"}),
        "given": book.add_format({**text, "font_color": "#404040"}),
        "filled": book.add_format({**text, "locked": False, "bg_color": "#FFF9E5", "border": 4, "border_color": "#BFBFBF"}),
        "text": book.add_format(text),
        "wrapped": book.add_format({**text, "text_wrap": True}),
    }  # fmt: skip


def _write_table(
    sheet: Worksheet, table: ReviewTable, cells: Sequence[Sequence[str]], styles: Mapping[str, Any]
) -> None:
    for k, name in enumerate(table.columns):
        is_filled = name in table.filled
        longest = max([len(name), *(len(row[k]) for row in cells)])
        is_text = table.grows and name in table.about and name not in (*table.key, *table.days, *table.beside)
        least = _TEXT if is_text else 2 * _NARROWEST if is_filled else _NARROWEST
        width = min(max(longest, least) + _MARGIN, _WIDEST)
        style = styles["filled" if is_filled else "given"]
        sheet.set_column(k, k, width, styles["text"] if table.grows else None)
        sheet.write_string(0, k, name, styles["filled_heading" if is_filled else "heading"])
        for number, row in enumerate(cells, start=1):
            if row[k]:
                sheet.write_string(number, k, row[k], style)
            else:
                sheet.write_blank(number, k, None, style)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(cells), len(table.columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    on_paper(sheet)
    sheet.repeat_rows(0)
    if not table.grows:
        sheet.protect("", _ALLOWED)


def _write_about(book: Workbook, table: ReviewTable, texts: WorkbookTexts, styles: Mapping[str, Any]) -> None:
    """The sheet that says what is to be done and what each column holds."""
    sheet = book.add_worksheet(phrase("review.sheet.about", texts.language))
    for k, width in enumerate(_ABOUT):
        sheet.set_column(k, k, width)
    sheet.merge_range(0, 0, 0, 2, texts.howto, styles["wrapped"])
    sheet.set_row(0, height_of(texts.howto, _FILL * sum(_ABOUT)))
    on_paper(sheet)
    for k, heading in enumerate(("column", "who", "about")):
        sheet.write_string(2, k, phrase(f"review.about.{heading}", texts.language), styles["heading"])
    for number, name in enumerate(table.columns, start=3):
        who = phrase(f"review.about.{'filled' if name in table.filled else 'given'}", texts.language)
        about = texts.about.get(name, "")
        sheet.set_row(number, height_of(about, _FILL * _ABOUT[-1]))
        for k, text in enumerate((name, who, about)):
            sheet.write_string(number, k, text, styles["wrapped"])


def _message(table: ReviewTable, name: str, texts: WorkbookTexts) -> dict[str, str]:
    """What is shown when a cell of a column is chosen, and when something else than offered is written there."""
    shown = {"input_title": name[:_TITLE], "input_message": texts.about.get(name, "")[:_MESSAGE]}
    if name == table.decision:
        shown["error_title"] = name[:_TITLE]
        shown["error_message"] = phrase("review.not_offered", texts.language)[:_MESSAGE]
    return {key: text for key, text in shown.items() if shown["input_message"] or key.startswith("error")}


def _offer(
    sheet: Worksheet, column: int, choices: Sequence[Choice], message: Mapping[str, str], lists: _Lists
) -> None:
    """Lists to choose from, for all runs of rows that offer the same; whoever writes something else is asked once more."""
    runs: dict[Choice, list[list[int]]] = {}
    start = 0
    for end in range(1, len(choices) + 1):
        if end == len(choices) or choices[end] != choices[start]:
            runs.setdefault(choices[start], []).append([start + 1, column, end, column])
            start = end
    for words, ranges in runs.items():
        rule: dict[str, Any] = {"validate": "any", **message}
        if words:
            rule |= {"validate": "list", "source": lists.source(words), "error_type": "warning"}
        for k in range(0, len(ranges), _RANGES):
            sheet.data_validation(*ranges[k], {**rule, "other_cells": ranges[k + 1 : k + _RANGES]})


class _Lists:
    """The lists that are too long for a cell's own rule, in columns of a hidden sheet."""

    def __init__(self, book: Workbook, language: Language) -> None:
        self._book, self._name = book, phrase("review.sheet.lists", language)
        self._sheet: Worksheet | None = None
        self._found: dict[Choice, str | list[str]] = {}

    def source(self, words: Choice) -> str | list[str]:
        if words not in self._found:
            short = sum(map(len, words)) + len(words) <= _LIST and not {",", '"'} & {*"".join(words)}
            self._found[words] = list(words) if short else self._written(words)
        return self._found[words]

    def _written(self, words: Choice) -> str:
        from xlsxwriter.utility import xl_col_to_name

        if self._sheet is None:
            self._sheet = self._book.add_worksheet(self._name)
            self._sheet.hide()
        column = sum(isinstance(place, str) for place in self._found.values())
        for k, word in enumerate(words):
            self._sheet.write_string(k, column, word)
        letter = xl_col_to_name(column)
        return f"='{self._name}'!${letter}$1:${letter}${len(words)}"
