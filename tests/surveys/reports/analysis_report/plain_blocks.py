"""Blocks of a report as plain text, for tests that read what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from surveys.problems import Language
from surveys.reports.analysis_report.parts import Block, Heading, Paragraph, ReportTable
from surveys.reports.analysis_report.told import shown


def texts_of(blocks: Iterable[Block], language: Language) -> Iterator[str]:
    """Every text of the blocks in order, cells and captions among them."""
    for block in blocks:
        if isinstance(block, Heading):
            yield block.text
        elif isinstance(block, Paragraph):
            yield shown(block.text, language)
        elif isinstance(block, ReportTable):
            yield shown(block.caption, language)
            yield from (column.heading for column in block.columns)
            yield from (shown(cell, language) for row in block.rows for cell in row)
            yield shown(block.note, language)


def paragraphs(blocks: Iterable[Block], language: Language) -> list[str]:
    """The texts of the paragraphs."""
    return [shown(block.text, language) for block in blocks if isinstance(block, Paragraph)]


def tables(blocks: Iterable[Block], language: Language) -> dict[str, list[list[str]]]:
    """Key of each table → its cells."""
    return {
        block.key: [[shown(cell, language) for cell in row] for row in block.rows]
        for block in blocks
        if isinstance(block, ReportTable)
    }
