"""The council's workbook: one header row, plain numeric cells, Vietnamese headers, the same bytes every time.

Sheets: scores per unit and sub-criterion, summary per unit, rejected forms with reasons, explanations, identity with
checksums. Numbers are the rounded numbers of the CSV files beside it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.codebook import COUNCIL_SCORES, COUNCIL_UNITS, REJECTED, Column, Table, decimals_of
from surveys.handover.manifest import digest_of
from surveys.handover.rounding import numbers_of, texts_of
from surveys.handover.tables import Cells, Words, status_words
from surveys.problems import phrase

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

#: A workbook carries a date of creation; a fixed one, so that two runs give the same bytes.
_CREATED = datetime(2000, 1, 1)
_WIDEST = 80
_MARGIN = 3
_LINE_HEIGHT = 15  # points
_WORDS = ("text", "wrap")
_EXPLAINED = (
    "points", "percent", "n_valid", "status", "rank", "rejected", "rounding", "incomplete", "verify",
)  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """One sheet: name, headings, and columns of cells (text, number or None), all of one length."""

    name: str
    headings: tuple[str, ...]
    columns: tuple[Sequence[object], ...]
    formats: tuple[str, ...]

    def widths(self) -> list[int]:
        """Column widths in characters, from the longest cell up to a limit."""
        longest = [
            max([len(heading), *(len(str(cell)) for cell in set(cells) if cell is not None)])
            for heading, cells in zip(self.headings, self.columns, strict=True)
        ]
        return [min(length + _MARGIN, _WIDEST) for length in longest]


def workbook_bytes(
    study: StudyDefinition, tables: Mapping[str, Mapping[str, Cells]], files: Mapping[str, bytes]
) -> bytes:
    """The workbook as XLSX bytes.

    ``tables``: printed columns of the council tables by name (``council-scores``, ``council-units``, ``council-rejected``);
    ``files``: the council's CSV files, whose checksums the identity sheet shows.
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    with Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties(
            {"title": study.label_vi, "author": study.output.publisher_vi, "created": _CREATED}
        )
        styles = _styles(book)
        for sheet in sheets(study, tables, files):
            _write(book.add_worksheet(sheet.name), sheet, styles)
    return buffer.getvalue()


def sheets(
    study: StudyDefinition, tables: Mapping[str, Mapping[str, Cells]], files: Mapping[str, bytes]
) -> tuple[Sheet, ...]:
    """All sheets in order."""
    return (
        table_sheet(COUNCIL_SCORES, tables[COUNCIL_SCORES.name], study),
        table_sheet(COUNCIL_UNITS, tables[COUNCIL_UNITS.name], study),
        table_sheet(REJECTED, tables[REJECTED.name], study),
        explanations(),
        identity(study, files),
    )


def table_sheet(table: Table, printed: Mapping[str, Cells], study: StudyDefinition) -> Sheet:
    """A council table as a sheet; codes of blocks, groups and statuses in words beside or instead of the code."""
    columns = [_cells(column, printed[column.name], study.instrument) for column in table.columns]
    return Sheet(
        phrase(f"handover.sheet.{table.name}", "vi"),
        tuple(phrase(f"handover.column.{column.name}", "vi") for column in table.columns),
        tuple(columns),
        tuple(_number_format(column, study) for column in table.columns),
    )


def explanations() -> Sheet:
    """What each column means and how the numbers were made."""
    terms = [phrase(f"handover.explained.{name}", "vi") for name in _EXPLAINED]
    texts = [phrase(f"handover.explained.{name}.text", "vi") for name in _EXPLAINED]
    headings = (phrase("handover.workbook.term", "vi"), phrase("handover.workbook.explanation", "vi"))
    return Sheet(phrase("handover.sheet.explanations", "vi"), headings, (terms, texts), ("text", "wrap"))


def identity(study: StudyDefinition, files: Mapping[str, bytes]) -> Sheet:
    """Which study and edition this is, and the checksums of the files delivered with it."""
    facts = {
        "study": study.code,
        "label": study.label_vi,
        "instrument": study.instrument.name,
        "edition": study.instrument.edition,
        "fieldwork": f"{study.fieldwork.start} – {study.fieldwork.end}" if study.fieldwork.start else "",
        "publisher": study.output.publisher_vi,
    }
    names = [phrase(f"handover.identity.{key}", "vi") for key in facts]
    names += [phrase("handover.identity.checksum", "vi", path=path) for path in sorted(files)]
    values = [*facts.values(), *(digest_of(files[path]) for path in sorted(files))]
    headings = (phrase("handover.workbook.term", "vi"), phrase("handover.workbook.value", "vi"))
    return Sheet(phrase("handover.sheet.identity", "vi"), headings, (names, values), ("text", "text"))


def _cells(column: Column, cells: Cells, instrument: Instrument) -> list[object]:
    if not isinstance(cells, Words):
        return [None if number != number else number for number in numbers_of(texts_of(cells)).tolist()]
    words = {
        "block": {block.code: block.label_vi for block in instrument.blocks},
        "group": {group.code: group.label_vi for group in instrument.groups},
        "questionnaire": {q.code: q.label_vi for q in instrument.questionnaires},
        "status": {code: status_words(code) for code in column.accepted},
    }.get(column.name, {})
    return [words.get(text, text) for text in cells.texts()]


def _number_format(column: Column, study: StudyDefinition) -> str:
    decimals = decimals_of(column.kind, study.output)
    if not column.is_number:
        return "text"
    return "plain" if decimals is None else f"decimals-{decimals}"


def _styles(book: Workbook) -> dict[str, Any]:
    styles: dict[str, Any] = {
        "header": book.add_format({"bold": True, "bottom": 1, "align": "left", "indent": 1}),
        "header-number": book.add_format({"bold": True, "bottom": 1, "align": "right"}),
        "text": book.add_format({"num_format": "@", "align": "left", "indent": 1, "valign": "top"}),
        "wrap": book.add_format(
            {"num_format": "@", "align": "left", "indent": 1, "valign": "top", "text_wrap": True}
        ),
        "plain": book.add_format({"num_format": "General"}),
    }
    for decimals in range(16):
        places = "0." + "0" * decimals if decimals else "0"
        styles[f"decimals-{decimals}"] = book.add_format({"num_format": places})
    return styles


def _write(worksheet: Worksheet, sheet: Sheet, styles: Mapping[str, Any]) -> None:
    worksheet.freeze_panes(1, 0)
    worksheet.set_landscape()
    worksheet.set_paper(9)  # A4
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(0)
    for k, (cells, style, width) in enumerate(zip(sheet.columns, sheet.formats, sheet.widths(), strict=True)):
        worksheet.set_column(k, k, width)
        worksheet.write_string(
            0, k, sheet.headings[k], styles["header" if style in _WORDS else "header-number"]
        )
        # Text is text whatever it begins with; nothing is an empty cell.
        write = worksheet.write_string if style in _WORDS else worksheet.write_number
        for row, cell in enumerate(cells, start=1):
            if cell is not None and cell != "":
                write(row, k, cell, styles[style])
            if style == "wrap":
                worksheet.set_row(row, _LINE_HEIGHT * ceil(len(str(cell)) / width))
    if sheet.columns and len(sheet.columns[0]):
        worksheet.autofilter(0, 0, len(sheet.columns[0]), len(sheet.columns) - 1)
