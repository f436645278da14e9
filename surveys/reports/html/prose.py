"""The text of the report on the page: its headings, paragraphs and tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from surveys.problems import Language, phrase
from surveys.reports.analysis_report.labels import labels_of
from surveys.reports.analysis_report.parts import (
    Block,
    Heading,
    Paragraph,
    Report,
    ReportSection,
    ReportTable,
    Text,
)
from surveys.reports.html.answers import answer_bars
from surveys.reports.html.markup import text_html
from surveys.reports.html.tables import PageCell, PageHead, PageRow, PageTable


@dataclass(frozen=True)
class PagePart:
    """One thing on the page. ``kind``: heading, paragraph or table; ``level`` of a heading; ``css`` of a paragraph."""

    kind: str
    html: Markup | str = ""
    level: int = 0
    css: str = ""
    anchor: str = ""
    table: PageTable | None = None


class Prose:
    """The sections of a report as parts of the page. ``anchors``: key of what is referred to → where it is on the page."""

    def __init__(self, report: Report, anchors: Mapping[str, str]) -> None:
        labels = labels_of(report)
        self.language: Language = report.language
        self.labels = {key: (anchors.get(key, ""), labels.reference(key)) for key in labels.named}
        numbers = iter(labels.headings)
        self._numbers = {
            id(part): next(numbers)
            for section in report.sections
            for part in (section, *(b for b in section.blocks if isinstance(b, Heading)))
        }

    def numbered(self, part: ReportSection | Heading) -> str:
        """The title of a section, or the text of a heading, behind its number."""
        return f"{self._numbers[id(part)]} {part.title if isinstance(part, ReportSection) else part.text}".strip()

    def parts(self, blocks: Iterable[Block], above: str) -> Iterator[PagePart]:
        """Blocks one by one; figures are left out. ``above``: the heading that they stand under."""
        for block in blocks:
            if isinstance(block, Heading):
                above = block.text
                number, anchor = escape(self.numbered(block)), heading_anchor(block)
                yield PagePart("heading", number, block.level + 1, anchor=anchor)
            elif isinstance(block, Paragraph):
                html = self._html(block.text)
                if html:
                    yield PagePart("paragraph", html, css=block.style.replace("_", "-"))
            elif isinstance(block, ReportTable):
                yield PagePart("table", table=self._table(block, above))

    def caption(self, keys: Sequence[str], text: Text) -> Markup:
        """The caption of what is numbered as a table, a figure or several of them."""
        return Markup("<b>{}.</b> {}").format(
            ", ".join(self.labels[key][1] for key in keys), self._html(text)
        )

    def _html(self, text: Text) -> Markup:
        return text_html(text, self.language, self.labels)

    def _table(self, block: ReportTable, above: str) -> PageTable:
        """A table of the report; one without a caption is called by the heading ``above``."""
        bars = answer_bars(block)
        rows = tuple(
            PageRow(
                "",
                self._html(row[0]),
                (*self._cells(block, row), *bars.cells[k : k + 1]),
                css="total" if k in block.bold else "",
            )
            for k, row in enumerate(block.rows)
        )
        heads = [PageHead(column.heading, css="" if column.numeric else "w") for column in block.columns]
        if bars.cells:
            heads.append(PageHead(phrase("page.column.bars", self.language), css="w"))
        return PageTable(
            anchor=f"b/{block.key}",
            source="",
            caption=self.caption([block.key], block.caption) if block.caption else above,
            heads=tuple(heads),
            rows=rows,
            css="told",
            note=self._html(block.note),
            legend=bars.legend,
        )

    def _cells(self, block: ReportTable, row: tuple[Text, ...]) -> Iterator[PageCell]:
        for cell, column in zip(row[1:], block.columns[1:], strict=True):
            yield PageCell(self._html(cell), "" if column.numeric else "w")


def heading_anchor(heading: Heading) -> str:
    """Where a heading is on the page; empty where nothing refers to it."""
    return f"h/{heading.key}" if heading.key else ""
