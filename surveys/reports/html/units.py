"""One unit of a round: its result in words, its fields and sub-criteria, its forms, its changes, and where it lost points."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from surveys.analysis.counted_units import FEWEST
from surveys.handover.official_columns import FUNNEL
from surveys.reports.analysis_report.parts import WORKED_OUT
from surveys.reports.html.lost import Lost
from surveys.reports.html.markup import key_of, text_html
from surveys.reports.html.page_round import SCORES, PageRound, unit_anchor
from surveys.reports.html.since import Since
from surveys.reports.html.tables import PageCell, PageHead, PageRow, PageTable
from surveys.reports.unit_figures import NodeFigures, UnitFigures
from surveys.reports.unit_parts import UnitParts
from surveys.vocabulary.columns import FUNNEL_COLUMNS
from surveys.vocabulary.statuses import OK

_COUNTS = FUNNEL_COLUMNS[4:]
#: Counts of forms that are always told; the others only where something was counted.
_ALWAYS = ("issued", "returned", "valid", "review", "rejected")


@dataclass(frozen=True)
class UnitPanel:
    """What the page tells of a unit: ``facts``: what each is called, and what it is; ``tables``."""

    anchor: str
    name: str
    facts: tuple[tuple[str, Markup], ...]
    tables: tuple[PageTable, ...]


class Panels:
    """The units of a round, read once."""

    def __init__(self, page: PageRound, since: Since, lost: Lost) -> None:
        self.page, self.since, self.lost = page, since, lost

    @cached_property
    def _figures(self) -> Mapping[tuple[str, str], UnitFigures]:
        return self.page.round_.unit_figures

    def of_block(self, block: str) -> Iterator[UnitPanel]:
        """The units of a block in the order of its league."""
        page, settings = self.page, self.page.round_.results.settings
        for row in page.units[block]:
            figures = self._figures[block, row["unit_code"]]
            level, decimals = settings.inference.level, settings.output.percent_decimals
            facts = UnitParts(figures, page.language, level, decimals).facts
            tables = (
                self._nodes(figures),
                self._forms(figures),
                self.since.of_unit(block, figures.code),
                self.lost.of_unit(block, figures.code),
            )
            yield UnitPanel(
                unit_anchor(block, figures.code),
                page.name(row),
                tuple((name, text_html(text, page.language, {})) for name, text in facts.items()),
                tuple(table for table in tables if table is not None),
            )

    def _nodes(self, figures: UnitFigures) -> PageTable:
        page = self.page
        columns = self._columns(figures)
        return PageTable(
            anchor=f"nodes-{figures.block}-{figures.code}",
            source=SCORES,
            caption=page.said("page.nodes.caption", unit=figures.name),
            heads=(
                PageHead(page.said("sheet.column.node")),
                *(PageHead(page.said(code), names) for code, names in columns.items()),
                PageHead(page.said("sheet.column.average")),
            ),
            rows=tuple(
                PageRow(
                    key_of((figures.block, figures.code, node.code)),
                    f"{node.code} {node.name}",
                    tuple(self._cells(figures, node, columns.values())),
                    said="; ".join(filter(None, (_status(page, node), node.note))) if node.depth else "",
                    css=f"d{min(node.depth, 3)}",
                )
                for node in figures.nodes
            ),
            css="of-unit nodes",
            note=page.said("page.nodes.note", fewest=FEWEST),
        )

    def _columns(self, figures: UnitFigures) -> dict[str, str]:
        """Code of the head → columns of the table."""
        if not figures.has_points:
            return {"sheet.column.percent": "percent", "sheet.column.interval": "ci_low ci_high"}
        halves = {
            f"sheet.column.{name}": name for name in ("self_assessed", "council_points", "survey_points")
        }
        return {
            "sheet.column.max_points": "max_points",
            **(halves if figures.has_council else {}),
            "sheet.column.points": "points",
            "sheet.column.interval": "points_low points_high",
            "sheet.column.percent": "percent",
        }

    def _cells(
        self, figures: UnitFigures, node: NodeFigures, columns: Collection[str]
    ) -> Iterator[PageCell | str]:
        page = self.page
        for names in columns:
            if " " in names:
                limits = node.low and node.high and f"{page.read(node.low)}–{page.read(node.high)}"
                yield limits or page.read("")
            else:
                yield page.read(getattr(node, names))
        source = figures.of_node(node, "average").source
        place = key_of((source.table, *source.key, source.column))
        yield PageCell(page.read(node.average), place=place) if node.average else page.read("")

    def _forms(self, figures: UnitFigures) -> PageTable | None:
        page = self.page
        if not figures.forms:
            return None
        counted = [
            name for name in _COUNTS if name in _ALWAYS or any(group.counts[name] for group in figures.forms)
        ]
        return PageTable(
            anchor=f"forms-{figures.block}-{figures.code}",
            source=WORKED_OUT,
            caption=page.said("page.forms.caption", unit=figures.name),
            heads=(
                PageHead(page.said("page.column.group")),
                *(PageHead(page.said(f"page.column.{name}"), name) for name in counted),
            ),
            rows=tuple(
                PageRow(
                    key_of(("sum", FUNNEL.name, figures.block, figures.code, group.code)),
                    group.name,
                    tuple(page.read(figures.of_forms(name, group).text) for name in counted),
                )
                for group in figures.forms
            ),
            css="of-unit",
            note=page.said("sheet.forms.note"),
        )


def _status(page: PageRound, node: NodeFigures) -> str:
    return "" if node.status == OK else page.statuses[node.status]
