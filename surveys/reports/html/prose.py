"""The text of the report on the page: its headings, paragraphs and tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from surveys.problems import Language
from surveys.reports.analysis_report.labels import labels_of
from surveys.reports.analysis_report.parts import (
    Block,
    Heading,
    Paragraph,
    Report,
    ReportTable,
    Section,
    Text,
)
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

    def numbered(self, part: Section | Heading) -> str:
        """The title of a section, or the text of a heading, behind its number."""
        return f"{self._numbers[id(part)]} {part.title if isinstance(part, Section) else part.text}".strip()

    def parts(self, blocks: Iterable[Block]) -> Iterator[PagePart]:
        """Blocks one by one; figures are left out."""
        for block in blocks:
            if isinstance(block, Heading):
                anchor = self.labels.get(block.key, ("", ""))[0]
                yield PagePart("heading", escape(self.numbered(block)), block.level + 1, anchor=anchor)
            elif isinstance(block, Paragraph):
                html = self._html(block.text)
                if html:
                    yield PagePart("paragraph", html, css=block.style.replace("_", "-"))
            elif isinstance(block, ReportTable):
                yield PagePart("table", table=self._table(block))

    def caption(self, keys: Sequence[str], text: Text) -> Markup:
        """The caption of what is numbered as a table, a figure or several of them."""
        return Markup("<b>{}.</b> {}").format(
            ", ".join(self.labels[key][1] for key in keys), self._html(text)
        )

    def _html(self, text: Text) -> Markup:
        return text_html(text, self.language, self.labels)

    def _table(self, block: ReportTable) -> PageTable:
        rows = tuple(
            PageRow(
                "",
                self._html(row[0]),
                tuple(
                    PageCell(self._html(cell), "" if column.numeric else "w")
                    for cell, column in zip(row[1:], block.columns[1:], strict=True)
                ),
                css="total" if k in block.bold else "",
            )
            for k, row in enumerate(block.rows)
        )
        return PageTable(
            anchor=self.labels[block.key][0],
            source="",
            caption=self.caption([block.key], block.caption),
            heads=tuple(
                PageHead(column.heading, css="" if column.numeric else "w") for column in block.columns
            ),
            rows=rows,
            css="told",
            note=self._html(block.note),
        )
