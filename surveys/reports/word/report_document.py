"""The analysis report as a Word document: cover, contents, head block, numbered parts with tables and figures, signatures.

Headings, captions and references are Word's own, so that people go on writing in it: headings count themselves, captions are
fields, a reference follows what it refers to. Every number from the results is a run of the style ``quoted``.

The three lists of contents are written with their entries; only Word knows on what page they stand, so the lists alone are
marked as out of date (``w:dirty``). The setting ``updateFields`` would have every field worked out again, references among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from surveys.problems import phrase
from surveys.reports.analysis_report.labels import labels_of
from surveys.reports.analysis_report.parts import (
    Block,
    Drawing,
    Heading,
    Number,
    PageBreak,
    Paragraph,
    Reference,
    Report,
    ReportFigure,
    ReportSection,
    ReportTable,
    Text,
)
from surveys.reports.analysis_report.told import shown
from surveys.reports.word import markup
from surveys.reports.word.column_widths import room_for
from surveys.reports.word.contents import ContentsEntry, ListsOfContents
from surveys.reports.word.document import SMALL, LetterHead, Picture, TableLook, WordDocument
from surveys.reports.word.document import Paragraph as WrittenParagraph
from surveys.reports.word.stationery import Stationery, stationery
from surveys.reports.word.styles import layout

_BLANK = "…………"


@dataclass(frozen=True, slots=True)
class Placed:
    """A number of a document, and where it stands: the key of the section, and of the table or figure in it (empty: in the text),
    there the row (0: the caption or the note) and the column, from 1."""

    number: Number
    section: str
    within: str = ""
    row: int = 0
    column: int = 0


@dataclass(frozen=True)
class WrittenReport:
    """A document as the bytes of a DOCX file, and its ``numbers`` in the order of its runs of the style ``quoted``."""

    content: bytes
    numbers: tuple[Placed, ...]


def word_report(
    report: Report, drawings: Mapping[str, Drawing], paper: Stationery | None = None
) -> WrittenReport:
    """A report as a Word document with the ``drawings`` of its figures by their keys, on the ``paper`` of a template or our own.

    Raises SurveyError when the package for it (extra ``word``) is not installed.
    """
    return _Writing(report, drawings, paper or stationery(report.language)).written()


class _Writing:
    """A report under way."""

    def __init__(self, report: Report, drawings: Mapping[str, Drawing], paper: Stationery) -> None:
        self.drawings, self.language = drawings, report.language
        in_order = sorted(report.sections, key=lambda section: section.is_annex)
        self.report = replace(report, sections=tuple(in_order))
        self.labels = labels_of(self.report, paper.levels, paper.annex_levels)
        self.publisher = report.publication.publisher.name(report.language)
        title = f"{report.title}: {report.subject}" if report.subject else report.title
        self.document = WordDocument(report.language, title, self.publisher, paper)
        self.contents = ListsOfContents(self.document, self.labels)
        self.numbers: list[Placed] = []
        self.quoted = paper.ids["quoted"]
        #: Where stands what is written, and whether it is to begin a page.
        self.section, self.within, self.row, self.column = "", "", 0, 0
        self.breaks = False

    def written(self) -> WrittenReport:
        if self.report.has_contents:
            self._cover()
            self.contents.write(self._entries())
            self.document.new_section(has_first=True)
        self._begin()
        for section in self.report.sections:
            if not section.is_annex:
                self._part(section)
        if self.report.is_signed:
            self._signatures()
        for section in self.report.sections:
            if section.is_annex:
                self._part(section)
        return WrittenReport(self.document.content(), tuple(self.numbers))

    # --- before the text -----------------------------------------------------------------------------------------------

    def _cover(self) -> None:
        report, publisher = self.report, self.report.publication.publisher
        parent = publisher.parent(self.language)
        lines: list[WrittenParagraph] = [("cover_agency_above", parent)] if parent else []
        place = phrase(
            "word.report.cover_place", self.language, place=publisher.place(self.language) or _BLANK
        )
        lines += [
            ("cover_agency", self.publisher or _BLANK * 2),
            ("agency_rule", ""),
            ("cover_title", report.title),
            ("cover_subject", report.subject),
            ("cover_label", report.label),
            ("cover_place", place),
        ]
        self.document.write(*lines)
        self.document.new_section()

    def _begin(self) -> None:
        publisher = self.report.publication.publisher
        place = publisher.place(self.language) or _BLANK
        head = LetterHead(
            self.publisher or _BLANK * 2,
            phrase("word.report.number", self.language),
            phrase("word.report.place_and_date", self.language, place=place),
            publisher.parent(self.language),
        )
        self.document.head(head)
        self.document.entitled(self.report.title, self.report.subject)

    def _entries(self) -> Iterator[ContentsEntry]:
        """Headings, tables and figures in order, as the lists of contents name them."""
        headings = iter(self.labels.headings)
        kind: Literal["table", "figure"]
        for section in self.report.sections:
            yield ContentsEntry("heading", 1, section.key, f"{next(headings)} {section.title}".strip())
            for block in section.blocks:
                if isinstance(block, Heading):
                    yield ContentsEntry(
                        "heading", block.level, block.key, f"{next(headings)} {block.text}".strip()
                    )
                elif isinstance(block, (ReportTable, ReportFigure)) and block.caption:
                    kind = "table" if isinstance(block, ReportTable) else "figure"
                    yield ContentsEntry(
                        kind,
                        1,
                        block.key,
                        f"{self.labels.named[block.key].text}. {self._plain(block.caption)}",
                    )

    def _plain(self, text: Text) -> str:
        """A text with its numbers and references as words."""
        return "".join(
            self.labels.reference(part.key) if isinstance(part, Reference) else shown((part,), self.language)
            for part in text
        )

    # --- the text ------------------------------------------------------------------------------------------------------

    def _part(self, section: ReportSection) -> None:
        """A section under its title; tables that lie across, and the headings right above them, on pages of their own."""
        self.section = section.key
        title = Heading(2, section.title, section.key)
        for block, across in self._laid([title, *section.blocks]):
            if across != self.document.lies_across:
                self.document.new_section(across)
                self.breaks = False
            if block is title:
                self._heading(title, 1, section.is_annex)
            else:
                self._block(block, section.is_annex)

    def _block(self, block: Block, in_annex: bool) -> None:
        if isinstance(block, Heading):
            self._heading(block, block.level, in_annex)
        elif isinstance(block, Paragraph):
            self._put(block.style, self._runs(block.text))
        elif isinstance(block, ReportTable):
            self._table(block)
        elif isinstance(block, ReportFigure):
            self._figure(block)
        else:
            self.breaks = True

    def _put(self, style: str, content: str, counted: str = "", is_kept: bool = False) -> None:
        """A paragraph, at the top of a page where one was to begin; ``is_kept``: on one page with what follows."""
        kept = "<w:keepNext/>" if is_kept else ""
        breaks = "<w:pageBreakBefore/>" if self.breaks else ""
        self.breaks = False
        self.document.put(self.document.paragraph(style, content, f"{kept}{breaks}{counted}"))

    def _heading(self, heading: Heading, level: int, in_annex: bool) -> None:
        annexes = self.document.paper.annex_list
        counted = (
            f'<w:numPr><w:ilvl w:val="{level - 1}"/><w:numId w:val="{annexes}"/></w:numPr>'
            if in_annex
            else ""
        )
        self.breaks = self.breaks or (in_annex and level == 1)
        text = self.contents.referred(markup.run(markup.plain(heading.text)), heading.key)
        self._put(f"heading_{level}", self.contents.marked(text), counted)

    def _caption(self, key: str, caption: Text) -> None:
        label = self.labels.named[key]
        number = markup.field(rf"SEQ {label.word} \* ARABIC", markup.run(label.number))
        called = self.contents.referred(f"{markup.run(f'{label.word} ')}{number}", key)
        said = self.contents.marked(f"{called}{markup.run('. ')}{self._runs(caption)}")
        self._put("caption", said, is_kept=label.kind == "table")

    def _table(self, table: ReportTable) -> None:
        self.within = table.key
        if table.caption:
            self._caption(table.key, table.caption)
        elif self.breaks:
            self._put("end", "")
        total = sum(column.share for column in table.columns)
        look = TableLook(
            [column.share / total * self.document.text_width for column in table.columns],
            [column.numeric for column in table.columns],
            "small" if table.dense or len(table.columns) > _FEW else "table",
            table.bold,
            self._plain(table.caption),
            bool(table.note),
        )
        headings, texts = self._texts(table)
        self.document.table_of_runs(headings, texts, list(self._rows(table)), look)
        if table.note:
            self._put("note", self._runs(table.note))
        else:
            self._put("table_end", "")
        self.within = ""

    def _laid(self, blocks: Sequence[Block]) -> Iterator[tuple[Block, bool]]:
        """Blocks, and whether each lies across: a wide table does, and the headings right above one."""
        across = False
        laid = []
        for block in reversed(blocks):
            is_above = isinstance(block, (Heading, PageBreak)) and across
            across = is_above or (isinstance(block, ReportTable) and self._needs_width(block))
            laid.append((block, across))
        return reversed(laid)

    def _needs_width(self, table: ReportTable) -> bool:
        """Whether a wide table lies across: not one of few rows for which an upright page is wide enough."""
        if not table.wide or len(table.rows) > SMALL:
            return table.wide
        headings, texts = self._texts(table)
        needed = room_for(headings, texts, layout().styles["small_text"].size)
        return needed > _ENOUGH * self.document.page.text_width

    def _texts(self, table: ReportTable) -> tuple[list[str], list[list[str]]]:
        """What a table shows: its headings, and its cells row by row."""
        cells = [[self._plain(cell) for cell in row] for row in table.rows]
        return [column.heading for column in table.columns], cells

    def _rows(self, table: ReportTable) -> Iterator[list[str]]:
        for self.row, row in enumerate(table.rows, 1):
            cells = []
            for self.column, cell in enumerate(row, 1):
                cells.append(self._runs(cell))
            yield cells
        self.row = self.column = 0

    def _figure(self, figure: ReportFigure) -> None:
        self.within = figure.key
        drawing = self.drawings[figure.key]
        picture = Picture(drawing.png, drawing.width_mm, drawing.about)
        self._put("picture", self.document.picture(picture))
        self._caption(figure.key, figure.caption)
        self.within = ""

    def _runs(self, text: Text) -> str:
        """A text as runs, in which its numbers are noted."""
        return "".join(map(self._run, text))

    def _run(self, part: str | Number | Reference) -> str:
        if isinstance(part, str):
            return markup.run(markup.inner(part))
        if isinstance(part, Number):
            self.numbers.append(Placed(part, self.section, self.within, self.row, self.column))
            return markup.run(part.shown(self.language), self.quoted)
        return self.contents.reference(part.key)

    # --- behind the text -----------------------------------------------------------------------------------------------

    def _signatures(self) -> None:
        """Who signs, and who gets copies: beside each other where one signs."""
        if self.document.lies_across:
            self.document.new_section()
        language = self.language
        said = self.report.publication.signatures
        signs = [(signatory.role(language), signatory.name) for signatory in said] or [
            (phrase("word.report.signs", language), "")
        ]
        parent = self.report.publication.publisher.parent(language)
        copies = [phrase("word.report.copies.above", language, name=parent)] if parent else []
        copies += [phrase(f"word.report.copies.{name}", language) for name in ("blank", "filed")]
        received = [
            ("copies_heading", phrase("word.report.copies", language)),
            *(("copies", line) for line in copies),
        ]
        blocks = [_signed_by(role, name, phrase("word.report.how_to_sign", language)) for role, name in signs]
        half = self.document.text_width / 2
        if len(blocks) == 1:
            self.document.beside([[received, *blocks]], (half, half))
        else:
            rows = [blocks[k : k + 2] for k in range(0, len(blocks), 2)]
            self.document.beside(
                [row if len(row) == 2 else [[("fact", "")], *row] for row in rows], (half, half)
            )
            self.document.write(*received)
        if self.report.fingerprint:
            said_of = phrase("word.report.made_from", language, fingerprint=self.report.fingerprint)
            self.document.write(("note", said_of))


#: Columns of a table with letters of the ordinary size; the share of the page that its words may need.
_FEW, _ENOUGH = 5, 0.9


def _signed_by(role: str, name: str, how: str) -> list[WrittenParagraph]:
    return [("signer", role), ("signer_how", how), ("signer_name", name or _BLANK * 3)]
