"""Workbooks of tables for people: a sheet of contents, whose lines lead to the others, and a sheet for every table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from surveys.definitions.study.records import Output
from surveys.handover.official_columns import OfficialTable
from surveys.handover.result_frames import printed
from surveys.handover.words import Words
from surveys.handover.workbook_cells import cells_of, style_of
from surveys.handover.workbook_layout import LINK, WHOLE, Body, Line, LinePart, SheetColumn, WorkbookSheet
from surveys.handover.workbook_writing import PAGE, PAGES, Footer, written
from surveys.problems import Language, phrase
from surveys.vocabulary.printed_text import whole_words

#: What no name of a sheet may hold, and how long it may be.
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\'\s]+")
_LONGEST_NAME = 31


@dataclass(frozen=True, eq=False)
class BookSheet:
    """A sheet of a workbook, and what the contents say of it. ``rows``: those of its tables that count (None: all)."""

    title: str
    sheet: WorkbookSheet
    rows: int | None = None

    def __len__(self) -> int:
        """Rows of its tables."""
        return sum(map(len, self.sheet.bodies)) if self.rows is None else self.rows


def table_book(title: str, about: str, sheets: Sequence[BookSheet], language: Language) -> bytes:
    """A workbook as XLSX bytes, the same every time. ``about``: what the tables were made from, below the title and on every
    page."""
    footer = Footer(about, phrase("handover.workbook.page", language, page=PAGE, pages=PAGES), "")
    contents = _contents(title, about, sheets, language)
    return written([contents, *(each.sheet for each in sheets)], language, footer, title=title)


def sheet_of_table(
    table: OfficialTable, frame: pd.DataFrame, output: Output, words: Words, names: Sequence[str] = ()
) -> BookSheet:
    """An official table, unrounded, as a sheet with a filter: ``names`` of the columns that are shown (all of them otherwise),
    codes by their ``words``: kind → code → word."""
    language, texts = output.language, printed(table, frame, output)
    shown = [table.column[name] for name in names or table.names]
    columns = tuple(SheetColumn(one.heading(language), style_of(one, output)) for one in shown)
    body = Body(tuple(cells_of(one, texts[one.name], words, language) for one in shown))
    title = table.title(language)
    sheet = WorkbookSheet(
        sheet_names([table.sheet(language) or title])[0],
        columns,
        lines_above(title),
        ((body,),),
        filtered=True,
    )
    return BookSheet(title, sheet)


def lines_above(title: str, notes: Iterable[str] = ()) -> tuple[Line, ...]:
    """The title over a table, and ``notes`` below it."""
    said = (Line((LinePart(note, "note"),)) for note in notes)
    return Line((LinePart(title, "subject"),)), *said, Line((LinePart("", "note"),))


def sheet_names(texts: Iterable[str]) -> list[str]:
    """Names of sheets after texts: without what none may hold, short enough, each once.

    >>> sheet_names(["Giới tính: nam/nữ", "Giới tính nam nữ", "Hài lòng chung: Người dân, Tỉnh, thành phố"])
    ['Giới tính nam nữ', 'Giới tính nam nữ 2', 'Hài lòng chung Người dân, Tỉnh']
    """
    found: list[str] = []
    taken: set[str] = set()
    for text in texts:
        plain = _NOT_IN_NAMES.sub(" ", text).strip() or "–"
        name, n = whole_words(plain, _LONGEST_NAME), 1
        while name.casefold() in taken:
            n += 1
            name = f"{whole_words(plain, _LONGEST_NAME - 1 - len(str(n)))} {n}"
        found.append(name)
        taken.add(name.casefold())
    return found


def _contents(title: str, about: str, sheets: Sequence[BookSheet], language: Language) -> WorkbookSheet:
    """The first sheet: every other sheet with what it shows and how many rows it has."""
    cells = (
        [float(n) for n in range(1, len(sheets) + 1)],
        [each.sheet.name for each in sheets],
        [each.title for each in sheets],
        [float(len(each)) for each in sheets],
    )
    styles = {"number": WHOLE, "sheet": LINK, "shows": "text", "rows": WHOLE}
    columns = tuple(
        SheetColumn(phrase(f"handover.contents.{name}", language), style) for name, style in styles.items()
    )
    above = lines_above(title, filter(None, [about]))
    return WorkbookSheet(phrase("handover.contents", language), columns, above, ((Body(cells),),))
