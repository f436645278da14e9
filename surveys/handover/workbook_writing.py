"""The sheets of the council's workbook written with XlsxWriter: the same bytes every time, texts as texts, numbers as numbers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveys.handover.workbook_layout import (
    BOTTOM,
    LINE_TYPE,
    LINK,
    SIDE,
    SIZE,
    TEXT,
    TOP,
    WHOLE,
    Body,
    Line,
    PictureLine,
    WorkbookSheet,
)
from surveys.handover.workbook_pictures import draw
from surveys.problems import Language
from surveys.vocabulary.printed_text import whole_words
from surveys.vocabulary.xlsx import MOST_CHARACTERS, new_workbook, on_paper

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_FONT = "Times New Roman"
#: In a format for numbers: the language by whose marks programs show them that do not follow the system's.
_MARKS: Mapping[Language, str] = {"vi": "[$-42A]", "en": "[$-409]"}
#: How the lines are set beside their type; a tint marks the bands between tables and the headings.
_LINES: Mapping[str, Mapping[str, object]] = {
    "title": {"align": "center"},
    "agency": {"align": "center", "underline": 1},
    "nation": {"align": "center"},
    "above": {"align": "center"},
    "motto": {"align": "center", "underline": 1},
    "number": {"align": "center"},
    "place": {"align": "center", "italic": True},
    "subject": {"align": "center"},
    "body": {"align": "left"},
    "note": {"align": "left"},
    "band": {"align": "left", "border": 1, "bg_color": "#EDEDED"},
    "role": {"align": "center"},
    "how": {"align": "center", "italic": True},
    "name": {"align": "center"},
}
#: Where the number of the page stands in a footer, and that of all pages.
PAGE, PAGES = "&P", "&N"
_FOOTER_SIZE, _FOOTER_LENGTH = 9, 45
_POINTS_A_PIXEL, _POINTS_AN_INCH, _USUAL_ROW = 0.75, 72, 20


def written(sheets: Sequence[WorkbookSheet], language: Language, footer: Footer, **about: str) -> bytes:
    """A workbook of the sheets as XLSX bytes. ``footer``: what stands below every page; ``about``: title, author."""
    buffer = io.BytesIO()
    with new_workbook(buffer, **about) as book:
        styles = _Styles(book, language)
        for sheet in sheets:
            worksheet = book.add_worksheet(sheet.name)
            _on_page(worksheet, sheet, footer.code)
            _write(worksheet, sheet, styles)
            for row, part in sheet.placed():
                if isinstance(part, PictureLine):
                    draw(book, worksheet, sheet, row, part)
    return buffer.getvalue()


@dataclass(frozen=True)
class Footer:
    """What stands below every page: two texts, and between them the number of the page with :data:`PAGE` and :data:`PAGES`."""

    left: str
    page: str
    right: str

    @property
    def code(self) -> str:
        """As spreadsheet programs write it.

        >>> Footer("a&b", f"{PAGE}/{PAGES}", "").code
        '&L&9&"Times New Roman,Regular"a&&b&C&9&"Times New Roman,Regular"&P/&N&R&9&"Times New Roman,Regular"'
        """
        left, right = (
            whole_words(text, _FOOTER_LENGTH).replace("&", "&&") for text in (self.left, self.right)
        )
        look = f'&{_FOOTER_SIZE}&"{_FONT},Regular"'
        return f"&L{look}{left}&C{look}{self.page}&R{look}{right}"


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook, language: Language) -> None:
        self._book, self._marks = book, _MARKS[language]
        self._made: dict[tuple[str, bool], Format] = {}

    def cell(self, style: str, strong: bool = False) -> Format:
        """Of a cell of a table: ``text``, ``link``, ``plain`` or ``decimals-N``."""
        if (style, strong) not in self._made:
            decimals = style.removeprefix("decimals-")
            number = f"0.{'0' * int(decimals)}".rstrip(".") if decimals.isdigit() else "General"
            is_text = style in (TEXT, LINK)
            look = {"num_format": "@" if is_text else f"{self._marks}{number}", "bold": strong}
            aligned = "left" if is_text else "center" if style == WHOLE else "right"
            look |= {"align": aligned} | ({"indent": 1, "text_wrap": True} if is_text else {})
            look |= {"underline": 1} if style == LINK else {}
            self._made[style, strong] = self._format(SIZE, border=1, **look)
        return self._made[style, strong]

    def heading(self) -> Format:
        if ("heading", True) not in self._made:
            look = {"bold": True, "text_wrap": True, "align": "center", "num_format": "@"}
            self._made["heading", True] = self._format(SIZE, border=1, bg_color="#EDEDED", **look)
        return self._made["heading", True]

    def line(self, style: str) -> Format:
        if (style, False) not in self._made:
            size, bold = LINE_TYPE[style]
            look = {"bold": bold, "text_wrap": True, "num_format": "@", **_LINES[style]}
            self._made[style, False] = self._format(size, **look)
        return self._made[style, False]

    def _format(self, size: float, **look: Any) -> Format:
        return self._book.add_format({"font_name": _FONT, "font_size": size, "valign": "vcenter", **look})


def _on_page(worksheet: Worksheet, sheet: WorkbookSheet, footer: str) -> None:
    """Paper, margins, what is repeated on every page and what stays in sight on the screen."""
    first, last = sheet.heading_rows
    on_paper(worksheet)
    inches = [margin / _POINTS_AN_INCH for margin in (SIDE, SIDE, TOP, BOTTOM)]
    worksheet.set_margins(*inches)
    worksheet.set_footer(footer, {"margin": 0.25})
    worksheet.hide_gridlines(2)
    worksheet.repeat_rows(first, last)
    if sheet.paged:
        worksheet.freeze_panes(0, sheet.frozen)
    else:
        worksheet.freeze_panes(last + 1, sheet.frozen)
    for k, width in enumerate(sheet.widths):
        worksheet.set_column_pixels(k, k, round(width / _POINTS_A_PIXEL))
    heights = list(sheet.rows())
    for row, height in enumerate(heights):
        pixels = round(height / _POINTS_A_PIXEL)
        # Of the height that rows have anyway nothing would be written, and programs would choose one.
        worksheet.set_row_pixels(row, pixels + (pixels == _USUAL_ROW))
    worksheet.print_area(0, 0, len(heights) - 1, len(sheet.columns) - 1)
    worksheet.set_h_pagebreaks(sheet.breaks())


def _write(worksheet: Worksheet, sheet: WorkbookSheet, styles: _Styles) -> None:
    for row, line in enumerate(sheet.above):
        _write_line(worksheet, sheet, row, line, styles)
    _write_headings(worksheet, sheet, styles.heading())
    row = sheet.heading_rows[1] + 1
    for first, part in sheet.placed():
        if isinstance(part, Body):
            _write_body(worksheet, sheet, first, part, styles)
            row = first + len(part)
        elif isinstance(part, Line):
            _write_line(worksheet, sheet, first, part, styles)
    if sheet.filtered and row > sheet.heading_rows[1] + 1:
        worksheet.autofilter(sheet.heading_rows[1], 0, row - 1, len(sheet.columns) - 1)


def _write_line(worksheet: Worksheet, sheet: WorkbookSheet, row: int, line: Line, styles: _Styles) -> None:
    for span in line.spans:
        first, last = sheet.columns_of(span.part)
        _over(worksheet, (row, first, row, last), span.text, styles.line(span.style))


def _write_headings(worksheet: Worksheet, sheet: WorkbookSheet, look: Format) -> None:
    first, last = sheet.heading_rows
    for over, columns in sheet.overs():
        if over:
            _over(worksheet, (first, columns[0], first, columns[-1]), over, look)
        for k in columns:
            _over(worksheet, (last if over else first, k, last, k), sheet.columns[k].heading, look)


def _write_body(worksheet: Worksheet, sheet: WorkbookSheet, top: int, body: Body, styles: _Styles) -> None:
    for k, (cells, column) in enumerate(zip(body.cells, sheet.columns, strict=True)):
        for n, cell in enumerate(cells):
            style = column.style if column.is_text else body.styles.get(n, column.style)
            look = styles.cell(style, n in body.strong)
            # Text is text whatever it begins with; nothing is an empty cell with its borders.
            if cell is None or cell == "":
                worksheet.write_blank(top + n, k, None, look)
            elif column.style == LINK:
                worksheet.write_url(top + n, k, f"internal:'{cell}'!A1", look, str(cell))
            elif column.is_text or isinstance(cell, str):
                worksheet.write_string(top + n, k, str(cell)[:MOST_CHARACTERS], look)
            else:
                worksheet.write_number(top + n, k, cell, look)


def _over(worksheet: Worksheet, place: tuple[int, int, int, int], text: str, look: Format) -> None:
    """A text over one cell or over several that are merged."""
    top, left, bottom, right = place
    if (top, left) != (bottom, right):
        worksheet.merge_range(top, left, bottom, right, "", look)
    if text:
        worksheet.write_string(top, left, text[:MOST_CHARACTERS], look)
