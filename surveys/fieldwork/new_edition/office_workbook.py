"""The office workbook as it is handed out: what is to be done, every column with an example, then the sheets to fill in."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from surveys.fieldwork.new_edition.office_sheets import (
    GENERAL,
    NOTE,
    SHEET,
    SHEETS,
    OfficeColumn,
    OfficeSheet,
    column_name,
    sheet_name,
    word_text,
)
from surveys.problems import Language, phrase
from surveys.vocabulary.xlsx import height_of, new_workbook, on_paper

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

#: Sheet → entries, each column → text.
OfficeEntries = Mapping[str, Sequence[Mapping[str, str]]]
#: The last row that lists to choose from reach.
_LAST_ROW = 1000
#: Widths of columns in characters, by the kind of their cells; of long texts; and of what explains.
_WIDTHS: Mapping[str, int] = {
    "code": 12,
    "number": 12,
    "mark": 12,
    "day": 16,
    "word": 24,
    "names": 28,
    "text": 30,
}
_LONG = {("questions", "text"): 60, ("questions", "text_en"): 50, ("respondents", "heading"): 40}
_GENERAL_WIDTHS, _ABOUT_WIDTHS = (34, 46, 80), (20, 30, 18, 84, 40)
_MESSAGE, _TITLE, _FILL = 255, 32, 0.9
#: Sheets without which nothing can be scored.
_NEEDED = (GENERAL, "units", "questions")
#: What may be done with the sheets, whose headings are locked.
_ALLOWED = dict.fromkeys(
    (
        "format_cells", "format_columns", "format_rows", "insert_rows", "delete_rows", "sort", "autofilter",
        "select_locked_cells",
    ),
    True,
)  # fmt: skip


def office_workbook(entries: OfficeEntries, language: Language = "vi") -> bytes:
    """The workbook as XLSX: empty, or with ``entries`` filled in; the same entries give the same bytes."""
    target = io.BytesIO()
    with new_workbook(target, title=phrase("new.guide.title", language)) as book:
        styles = _styles(book)
        _write_guide(book.add_worksheet(phrase("new.sheet.guide", language)), language, styles)
        for layout in SHEETS:
            sheet = book.add_worksheet(sheet_name(layout.key, language))
            rows = entries.get(layout.key, ())
            if layout.key == GENERAL:
                _write_general(sheet, next(iter(rows), {}), language, styles)
            else:
                _write_sheet(sheet, layout, rows, language, styles)
            sheet.set_tab_color("#BF9000" if layout.key in _NEEDED else "#A6A6A6")
            sheet.protect("", _ALLOWED)
    return target.getvalue()


@cache
def _examples() -> Mapping[str, Mapping[str, str]]:
    """Sheet → column → an example of what may stand there."""
    text = (resources.files("surveys") / "fieldwork/new_edition/examples.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _styles(book: Workbook) -> dict[str, Any]:
    wrapped = {"text_wrap": True, "valign": "top"}
    heading = {**wrapped, "bold": True, "bottom": 1}
    filled = {"num_format": "@", "locked": False, "valign": "top", "text_wrap": True}
    return {
        "title": book.add_format({**wrapped, "bold": True, "font_size": 14}),
        "needed": book.add_format({**heading, "bg_color": "#FFD966"}),
        "heading": book.add_format({**heading, "bg_color": "#E7E6E6"}),
        "about": book.add_format({**wrapped, "font_color": "#404040"}),
        "name": book.add_format({**wrapped, "bold": True}),
        "filled": book.add_format(filled),
        "answer": book.add_format({**filled, "bg_color": "#FFF9E5", "border": 4, "border_color": "#BFBFBF"}),
        "example": book.add_format({**wrapped, "italic": True, "num_format": "@", "font_color": "#1F4E79"}),
    }


def _write_guide(sheet: Worksheet, language: Language, styles: Mapping[str, Any]) -> None:
    """What is to be done, then every column of every sheet with what it holds and an example."""
    for k, width in enumerate(_ABOUT_WIDTHS):
        sheet.set_column(k, k, width)
    sheet.merge_range(0, 0, 0, 4, phrase("new.guide.title", language), styles["title"])
    sheet.set_row(0, 22)
    howto = phrase("new.guide.howto", language)
    sheet.merge_range(1, 0, 1, 4, howto, styles["about"])
    sheet.set_row(1, height_of(howto, _FILL * sum(_ABOUT_WIDTHS)))
    for k, name in enumerate(("sheet", "column", "needed", "about", "example")):
        sheet.write_string(3, k, phrase(f"new.guide.{name}", language), styles["heading"])
    row = 4
    for layout in SHEETS:
        for column in layout.columns:
            if column != NOTE:
                _write_guide_row(sheet, row, layout, column, language, styles)
                row += 1
    sheet.freeze_panes(4, 0)
    on_paper(sheet)
    sheet.repeat_rows(3)
    sheet.protect("", _ALLOWED)


def _write_guide_row(
    sheet: Worksheet,
    row: int,
    layout: OfficeSheet,
    column: OfficeColumn,
    language: Language,
    styles: Mapping[str, Any],
) -> None:
    about = phrase(f"new.about.{layout.key}.{column.key}", language)
    is_needed = column.needed and layout.key in _NEEDED
    needed = phrase(f"new.guide.{'yes' if is_needed else 'if_sheet' if column.needed else 'no'}", language)
    texts = (sheet_name(layout.key, language), column_name(layout.key, column.key, language), needed, about)
    example = _examples().get(layout.key, {}).get(column.key, "")
    for k, text in enumerate(texts):
        sheet.write_string(row, k, text, styles["name" if k == 1 else "about"])
    sheet.write_string(row, 4, example, styles["example"])
    heights = (
        height_of(text, _FILL * width) for text, width in zip((*texts, example), _ABOUT_WIDTHS, strict=True)
    )
    sheet.set_row(row, max(heights))


def _write_general(
    sheet: Worksheet, facts: Mapping[str, str], language: Language, styles: Mapping[str, Any]
) -> None:
    """One fact in each line: what is asked, the answer, and what it is for."""
    for k, (name, width) in enumerate(zip(("fact", "answer", "about"), _GENERAL_WIDTHS, strict=True)):
        sheet.set_column(k, k, width)
        sheet.write_string(0, k, phrase(f"new.guide.{name}", language), styles["heading"])
    for row, column in enumerate(SHEET[GENERAL].columns, start=1):
        about = phrase(f"new.about.{GENERAL}.{column.key}", language)
        example = _examples()[GENERAL].get(column.key, "")
        about += f" {phrase('new.guide.for_example', language, example=example)}" if example else ""
        name = column_name(GENERAL, column.key, language)
        sheet.write_string(row, 0, name, styles["needed" if column.needed else "name"])
        _write_cell(sheet, row, 1, facts.get(column.key, ""), styles["answer"])
        sheet.write_string(row, 2, about, styles["about"])
        sheet.set_row(row, height_of(about, _FILL * _GENERAL_WIDTHS[2]))
    sheet.freeze_panes(1, 0)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    on_paper(sheet)


def _write_sheet(
    sheet: Worksheet,
    layout: OfficeSheet,
    rows: Sequence[Mapping[str, str]],
    language: Language,
    styles: Mapping[str, Any],
) -> None:
    """The headings, the entries, and what is offered and told where somebody writes."""
    for k, column in enumerate(layout.columns):
        name = column_name(layout.key, column.key, language)
        width = _LONG.get((layout.key, column.key), max(_WIDTHS[column.kind], len(name) // 2))
        sheet.set_column(k, k, width, styles["filled"])
        sheet.write_string(0, k, name, styles["needed" if column.needed else "heading"])
        for row, entry in enumerate(rows, start=1):
            _write_cell(sheet, row, k, entry.get(column.key, ""), styles["filled"])
        if column != NOTE:
            sheet.data_validation(1, k, _LAST_ROW, k, _validation(layout, column, name, language))
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 1)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    on_paper(sheet)
    sheet.repeat_rows(0)


def _write_cell(sheet: Worksheet, row: int, column: int, text: str, style: Any) -> None:
    if text:
        sheet.write_string(row, column, text, style)
    else:
        sheet.write_blank(row, column, None, style)


def _validation(layout: OfficeSheet, column: OfficeColumn, name: str, language: Language) -> dict[str, Any]:
    """What a cell offers to choose from, and what it tells. Nothing is refused here: reading names every fault."""
    about = phrase(f"new.about.{layout.key}.{column.key}", language)
    rule: dict[str, Any] = {
        "validate": "any",
        "input_title": name[:_TITLE],
        "input_message": about[:_MESSAGE],
    }
    if column.kind == "mark":
        return rule | {"validate": "list", "source": ["x"], "show_error": False}
    if column.words and not column.of:
        # Excel takes a list of at most 255 characters
        words = [word_text(word, language) for word in column.words]
        short = sum(map(len, words)) + len(words) <= _MESSAGE
        return rule | ({"validate": "list", "source": words, "show_error": False} if short else {})
    if column.of and column.of != layout.key:
        other = sheet_name(column.of, language)
        return rule | {"validate": "list", "source": f"='{other}'!$A$2:$A${_LAST_ROW}", "show_error": False}
    return rule
