"""What stands on the page, section by section: the text of the report, and what is explored in place of its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

from markupsafe import Markup

from surveys.reports.analysis_report.parts import (
    Block,
    Drawing,
    Heading,
    Paragraph,
    Report,
    ReportFigure,
    ReportSection,
    ReportTable,
)
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.html.collection import days, funnel
from surveys.reports.html.heat_map import heat_maps
from surveys.reports.html.large import results_json
from surveys.reports.html.league import groups, league
from surveys.reports.html.lost import Lost
from surveys.reports.html.page_round import PageRound
from surveys.reports.html.pictures import picture
from surveys.reports.html.prose import PagePart, Prose, heading_anchor
from surveys.reports.html.since import Since
from surveys.reports.html.tables import PageTable
from surveys.reports.html.units import Panels, UnitPanel

#: Section of the report → what is explored in it, each of every block.
_OF_BLOCKS: Mapping[str, str] = {
    "league": "league",
    "fields": "heat",
    "groups": "groups",
    "changes": "changes",
    "losses": "lost",
}
#: What is explored of the round as a whole.
_DAYS = "days"
_OF_ROUND: Mapping[str, tuple[str, ...]] = {"conduct": ("funnel", _DAYS)}
#: Figures that stand as pictures above the tables to explore.
_DRAWN = (_DAYS,)
#: Tables of the report in whose place the page has one to explore, by what stands before the block in their keys.
_REPLACED = "table-league-"
#: Figures in whose place the tables have bars.
_ANSWERS = "answers-"
#: Sections that people fill in, and that which the panels of units take the place of.
_LEFT_OUT, _UNITS = ("recommendations",), "units"


@dataclass(frozen=True)
class BlockPanels:
    """The units of a block."""

    name: str
    panels: tuple[UnitPanel, ...]


@dataclass(frozen=True)
class PageSection:
    """A section of the page. ``results``: block → results of its units that are drawn on demand; ``is_printed``: not on the
    screen alone."""

    key: str
    title: str
    parts: tuple[PagePart, ...]
    panels: tuple[BlockPanels, ...] = ()
    results: tuple[tuple[str, Markup], ...] = ()
    is_printed: bool = True

    @property
    def anchor(self) -> str:
        return f"s/{self.key}"


class PageContent:
    """The sections of a page, and what words of the template they need."""

    def __init__(self, round_: ReportedRound, report: Report, drawings: Mapping[str, Drawing]) -> None:
        self.drawings = drawings
        self.page, self.report = PageRound(round_), report
        self._since, self._lost = Since(self.page), Lost(self.page)
        self.prose = Prose(report, self._anchors())

    def sections(self) -> Iterator[PageSection]:
        """The sections in the order of the report; one that has nothing to say is left out."""
        for section in self.report.sections:
            if section.key in _LEFT_OUT:
                continue
            if section.key == _UNITS:
                yield self._units(section)
            elif parts := tuple(self._parts(section)):
                yield PageSection(section.key, self.prose.numbered(section), parts)

    @cached_property
    def explored(self) -> Mapping[str, Sequence[PageTable]]:
        """Key of a figure of the report → tables that take its place; only of sections that the report has."""
        wanted = {section.key for section in self.report.sections}
        found: dict[str, Sequence[PageTable | None]] = {}
        for section, what in _OF_BLOCKS.items():
            if section in wanted:
                found |= {f"{what}-{block}": self._explored(what, block) for block in self.page.round_.blocks}
        if "conduct" in wanted:
            found["funnel"] = [funnel(self.page, block) for block in self.page.round_.blocks]
            found[_DAYS] = [days(self.page, block) for block in self.page.round_.blocks]
        return {key: [table for table in tables if table is not None] for key, tables in found.items()}

    def _explored(self, what: str, block: str) -> Sequence[PageTable | None]:
        match what:
            case "league":
                return [league(self.page, block)]
            case "heat":
                return list(heat_maps(self.page, block))
            case "groups":
                return [groups(self.page, block)]
            case "changes":
                return [self._since.of_block(block)]
            case _:
                return [self._lost.by_field(block)]

    def _anchors(self) -> dict[str, str]:
        """Key of a part of the report → where it, or what takes its place, stands on the page."""
        found = {}
        for section in self.report.sections:
            if section.key not in _LEFT_OUT:
                found[section.key] = f"s/{section.key}"
                for block in section.blocks if section.key != _UNITS else ():
                    if isinstance(block, (Heading, ReportTable, ReportFigure)) and block.key:
                        found[block.key] = self._anchor(block)
        return found

    def _anchor(self, block: Heading | ReportTable | ReportFigure) -> str:
        """Where a block is on the page; empty where it is not."""
        if isinstance(block, Heading):
            return heading_anchor(block)
        if isinstance(block, ReportFigure) and block.key.startswith(_ANSWERS):
            return ""
        key = explored_by(block)
        tables = self.explored.get(key, ()) if key not in _DRAWN else ()
        return tables[0].anchor if tables else f"b/{block.key}"

    def _parts(self, section: ReportSection) -> Iterator[PagePart]:
        placed: dict[str, list[ReportTable | ReportFigure]] = {}
        for block in section.blocks:
            if isinstance(block, (ReportTable, ReportFigure)):
                placed.setdefault(explored_by(block), []).append(block)
        above = section.title
        for block in section.blocks:
            key = explored_by(block)
            above = block.text if isinstance(block, Heading) else above
            if isinstance(block, ReportFigure) and (key in _DRAWN or key not in self.explored):
                if (anchor := self._anchor(block)) and block.key in self.drawings:
                    caption = self.prose.caption([block.key], block.caption)
                    yield PagePart("picture", picture(self.drawings[block.key], anchor, caption))
                yield from (PagePart("table", table=table) for table in self.explored.get(key, ()))
            elif key and key in self.explored:
                if block is placed[key][0]:
                    yield from self._tables(key, placed[key])
            else:
                yield from self.prose.parts([block], above)
        for key in self._keys(section.key):
            if key not in placed:
                yield from (PagePart("table", table=table) for table in self.explored.get(key, ()))

    def _keys(self, section: str) -> Iterator[str]:
        """Keys of what is explored in a section."""
        yield from _OF_ROUND.get(section, ())
        if section in _OF_BLOCKS:
            yield from (f"{_OF_BLOCKS[section]}-{block}" for block in self.page.round_.blocks)

    def _tables(self, key: str, blocks: Sequence[ReportTable | ReportFigure]) -> Iterator[PagePart]:
        """The tables in the place of tables and figures of the report, the first under their numbers and one caption."""
        first, *others = self.explored[key] or (None,)
        if first is not None:
            named = sorted(blocks, key=lambda block: isinstance(block, ReportFigure))
            numbered = self.prose.caption([block.key for block in named], named[0].caption)
            yield PagePart("table", table=replace(first, caption=numbered))
        yield from (PagePart("table", table=table) for table in others)

    def _units(self, section: ReportSection) -> PageSection:
        page = self.page
        before = takewhile(lambda block: isinstance(block, Paragraph), section.blocks)
        parts = tuple(self.prose.parts(before, section.title))
        if page.is_large:
            results = tuple((block, results_json(page, block)) for block in page.round_.blocks)
            return PageSection(section.key, self.prose.numbered(section), parts, results=results)
        panels = Panels(page, self._since, self._lost)
        blocks = tuple(
            BlockPanels(page.round_.names.block(block), tuple(panels.of_block(block)))
            for block in page.round_.blocks
        )
        return PageSection(section.key, self.prose.numbered(section), parts, blocks)


def explored_by(block: Block) -> str:
    """The key of what the page explores in place of a table or figure; empty where it has it as it is.

    >>> from surveys.reports.analysis_report.parts import ReportFigure
    >>> explored_by(ReportFigure("heat-so", ())), explored_by(Heading(2, "Sở"))
    ('heat-so', '')
    """
    if isinstance(block, ReportFigure):
        return block.key
    if isinstance(block, ReportTable) and block.key.startswith(_REPLACED):
        return block.key.removeprefix("table-")
    return ""
