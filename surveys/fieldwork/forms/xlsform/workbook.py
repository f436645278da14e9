"""A form as a workbook: the sheets ``survey``, ``choices`` and ``settings``, every cell a text, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from surveys.fieldwork.forms.xlsform.both_languages import Texts
from surveys.fieldwork.forms.xlsform.rows import ENGLISH, VIETNAMESE, SurveyRow, XlsForm
from surveys.vocabulary.xlsx import height_of, new_workbook

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_SURVEY = (
    "type", "name", "label", "hint", "required", "required_message", "relevant", "constraint", "constraint_message",
    "appearance", "choice_filter", "calculation",
)  # fmt: skip
_TRANSLATED = ("label", "hint", "required_message", "constraint_message")
#: Widths of columns by the first word of their heading, in characters; of texts, and of all others.
_WIDTHS = {"type": 34, "name": 34, "relevant": 34, "constraint": 34}
_TEXT, _OTHER = 48, 16
#: A reference to a question begins so; in a text it would be one.
_REFERENCE, _NO_REFERENCE = "${", "$\u200b{"


def workbook(form: XlsForm) -> bytes:
    """The form as XLSX bytes."""
    target = io.BytesIO()
    with new_workbook(target, title=form.settings["form_title"]) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for name, table in _tables(form):
            _write(book.add_worksheet(name), table, bold, wrapped)
    return target.getvalue()


def _tables(form: XlsForm) -> Iterator[tuple[str, list[list[str]]]]:
    """The sheets, each with its headings first; columns in which nothing stands are left out."""
    yield "survey", _filled([_headings(_SURVEY), *(_survey_cells(row) for row in form.survey)])
    options = [
        [listed, choice.name, *map(plain, choice.label)]
        for listed, choices in form.choices.items()
        for choice in choices
    ]
    yield "choices", [["list_name", "name", *_headings(["label"])], *options]
    yield "settings", [list(form.settings), list(form.settings.values())]


def _headings(columns: Sequence[str]) -> list[str]:
    return [
        heading
        for column in columns
        for heading in (
            (f"{column}::{VIETNAMESE}", f"{column}::{ENGLISH}") if column in _TRANSLATED else (column,)
        )
    ]


def _survey_cells(row: SurveyRow) -> list[str]:
    found: list[str] = []
    for column in _SURVEY:
        value = getattr(row, column)
        if isinstance(value, Texts):
            found += map(plain, value)
        else:
            found.append(("yes" if value else "") if isinstance(value, bool) else value)
    return found


def plain(text: str) -> str:
    """A text in which nothing is a reference to a question."""
    return text.replace(_REFERENCE, _NO_REFERENCE)


def _filled(table: list[list[str]]) -> list[list[str]]:
    kept = [k for k in range(len(table[0])) if any(row[k] for row in table[1:])]
    return [[row[k] for k in kept] for row in table]


def _write(sheet: Worksheet, table: Sequence[Sequence[str]], bold: Format, wrapped: Format) -> None:
    widths = [_TEXT if "::" in heading else _WIDTHS.get(heading, _OTHER) for heading in table[0]]
    for k, width in enumerate(widths):
        sheet.set_column(k, k, width, wrapped)
    for number, row in enumerate(table):
        sheet.set_row(number, max(map(height_of, row, widths)), wrapped)
        for k, text in enumerate(row):
            if text:
                sheet.write_string(number, k, text, bold if number == 0 else wrapped)
    sheet.freeze_panes(1, 0)
