"""The council's workbook: one header row, plain numeric cells, Vietnamese headers, the same bytes every time.

Sheets: scores per unit and sub-criterion, summary per unit, rejected forms with reasons, explanations, identity with
checksums. Numbers are the rounded numbers of the CSV files beside it. All that it says comes from files delivered with it
(tables, ``run.json``) and from the words of codes, so that whoever has these can make it again and compare.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from surveys.definitions.study.publication import Publication
from surveys.definitions.study.records import Output
from surveys.handover.fingerprint import fingerprint_of
from surveys.handover.official_columns import COUNCIL_SCORES, COUNCIL_UNITS, OfficialColumn, OfficialTable
from surveys.handover.read_back import RunSettings
from surveys.handover.result_frames import Texts
from surveys.handover.words import Words
from surveys.problems import Language, phrase
from surveys.vocabulary.levels import TOTAL
from surveys.vocabulary.xlsx import height_of, new_workbook, on_paper

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_WIDEST = 80
_MARGIN = 3
_WORDS = ("text", "wrap")
_EXPLAINED = (
    "points", "percent", "n_valid", "status", "rank", "rejected", "numbers", "rounding", "incomplete", "verify",
)  # fmt: skip


@dataclass(frozen=True)
class WorkbookSheet:
    """One sheet: name, headings, and columns of cells (text, number or None), all of one length."""

    name: str
    headings: tuple[str, ...]
    columns: tuple[Sequence[object], ...]
    formats: tuple[str, ...]

    def widths(self) -> list[int]:
        """Column widths in characters, from the longest cell up to a limit."""
        longest = [
            max(len(str(cell)) for cell in {heading, *cells} if cell is not None)
            for heading, cells in zip(self.headings, self.columns, strict=True)
        ]
        return [min(length + _MARGIN, _WIDEST) for length in longest]


@dataclass(frozen=True)
class WorkbookFacts:
    """What a workbook says beside its tables. ``identity``: what :func:`facts_of_run` tells of the study; ``output``: language
    and decimals; ``publication``: with whose name and about which period it goes out; ``words``: kind of code → code → word."""

    identity: Mapping[str, str]
    output: Output
    publication: Publication
    words: Words


def facts_of_run(run: Mapping[str, Any], settings: RunSettings, words: Words) -> WorkbookFacts:
    """What the record of a run says of itself in its workbook; ``settings``: its own."""
    study, fieldwork, language = run["study"], run["settings"]["fieldwork"], settings.output.language
    facts = {
        "study": study["code"],
        "label": study[f"label_{language}"] or study["label_vi"],
        "instrument": run["instrument"],
        "edition": run["instrument"].partition("/")[2],
        "fieldwork": f"{fieldwork['start']} – {fieldwork['end']}" if fieldwork["start"] else "",
        "publisher": settings.publication.publisher.name(language),
    }
    return WorkbookFacts(facts, settings.output, settings.publication, words)


def workbook_bytes(
    facts: WorkbookFacts, tables: Mapping[OfficialTable, Texts], digests: Mapping[str, str]
) -> bytes:
    """The workbook as XLSX bytes, in the language of the official files.

    ``tables``: the council's tables as printed; ``digests``: path → SHA-256 of the CSV and JSON files beside the workbook, which
    the identity sheet shows with the fingerprint that they make.
    """
    sheets = [table_sheet(table, texts, facts) for table, texts in tables.items()]
    sheets += [explanations(facts.output.language, largest_gap(tables)), identity(facts, digests)]
    buffer = io.BytesIO()
    about = {"title": facts.identity["label"], "author": facts.identity["publisher"]}
    with new_workbook(buffer, **about) as book:
        styles = _styles(book)
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, styles)
    return buffer.getvalue()


def table_sheet(table: OfficialTable, texts: Texts, facts: WorkbookFacts) -> WorkbookSheet:
    """A council table as a sheet; codes that have words are shown by them."""
    language = facts.output.language
    return WorkbookSheet(
        table.sheet(language),
        tuple(column.heading(language) for column in table.columns),
        tuple(_cells(column, texts[column.name], facts.words) for column in table.columns),
        tuple(_number_format(column, facts.output) for column in table.columns),
    )


def largest_gap(tables: Mapping[OfficialTable, Texts]) -> str:
    """The most by which printed points of a unit differ from the sum of the printed points of its nodes; empty where they do
    not, and of units whose nodes are not all printed or do not make up its maximum."""
    by_name = {table.name: texts for table, texts in tables.items()}
    scores, leagues = by_name[COUNCIL_SCORES.name], by_name[COUNCIL_UNITS.name]
    if "points" not in leagues:
        return ""
    columns = ("block", "unit_code", "points", "max_points")
    parts, units = (zip(*(texts[name] for name in columns), strict=True) for texts in (scores, leagues))
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for measured_by, (block, unit, *printed) in zip(scores["measured_by"], parts, strict=True):
        if measured_by == TOTAL:
            continue
        values = [Decimal(text or "NaN") for text in printed]
        known = sums.setdefault((block, unit), [Decimal(0), Decimal(0)])
        sums[block, unit] = [a + b for a, b in zip(known, values, strict=True)]
    gaps = [
        abs(Decimal(points) - sums[block, unit][0])
        for block, unit, points, most in units
        if points
        and all(part.is_finite() for part in sums.get((block, unit), [Decimal("NaN")]))
        and sums[block, unit][1] == Decimal(most or "NaN")
    ]
    return str(max((gap for gap in gaps if gap > 0), default=""))


def explanations(language: Language, most: str) -> WorkbookSheet:
    """What each column means and how the numbers were made; ``most``: the largest gap that rounding leaves in this package."""
    terms = [phrase(f"handover.explained.{name}", language) for name in _EXPLAINED]
    texts = [phrase(f"handover.explained.{name}.text", language, most=most) for name in _EXPLAINED]
    headings = (phrase("handover.workbook.term", language), phrase("handover.workbook.explanation", language))
    return WorkbookSheet(
        phrase("handover.sheet.explanations", language), headings, (terms, texts), ("text", "wrap")
    )


def identity(facts: WorkbookFacts, digests: Mapping[str, str]) -> WorkbookSheet:
    """Which study and edition this is, the fingerprint, and the checksums of the files delivered with it (path → SHA-256)."""
    language = facts.output.language
    shown = {**facts.identity, "fingerprint": fingerprint_of(digests)}
    names = [phrase(f"handover.identity.{key}", language) for key in shown]
    names += [phrase("handover.identity.checksum", language, path=path) for path in sorted(digests)]
    values = [*shown.values(), *(digests[path] for path in sorted(digests))]
    headings = (phrase("handover.workbook.term", language), phrase("handover.workbook.value", language))
    return WorkbookSheet(
        phrase("handover.sheet.identity", language), headings, (names, values), ("text", "text")
    )


def _cells(column: OfficialColumn, texts: Sequence[str], words: Words) -> Sequence[object]:
    if column.is_number:
        return [float(text) if text else None for text in texts]
    if column.words and not column.source:
        return [words[column.words].get(code, code) for code in texts]
    return texts


def _number_format(column: OfficialColumn, output: Output) -> str:
    if not column.is_number:
        return "text"
    decimals = column.decimals(output)
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


def _write(worksheet: Worksheet, sheet: WorkbookSheet, styles: Mapping[str, Any]) -> None:
    worksheet.freeze_panes(1, 0)
    on_paper(worksheet)
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
                worksheet.set_row(row, height_of(str(cell), width))
    if sheet.columns and len(sheet.columns[0]):
        worksheet.autofilter(0, 0, len(sheet.columns[0]), len(sheet.columns) - 1)
