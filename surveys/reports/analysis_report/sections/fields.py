"""The results of each block by field and by sub-criterion: means, who is highest and lowest, where most is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Literal

from surveys.analysis.counted_units import FEWEST
from surveys.reports.analysis_report.block_results import NodeResults, block_results, fields_of
from surveys.reports.analysis_report.parts import (
    Block,
    Heading,
    Number,
    Paragraph,
    Reference,
    ReportFigure,
    ReportTable,
    Text,
)
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.sections.units import parts_of
from surveys.reports.analysis_report.told import joined
from surveys.reports.analysis_report.worked_out import counted
from surveys.vocabulary.levels import ASSESSMENT

#: Sub-criteria that are named, and units that are named of those that share a place.
_NAMED, _SHARING = 10, 2
#: Columns that an upright page has room for.
_UPRIGHT = 8
_TEXTS = frozenset({"node", "highest", "lowest"})
#: Columns with their shares of the width in thousandths.
_FIELDS = {
    "node": 230, "max_points": 70, "points": 110, "percent": 80, "highest": 185, "lowest": 185, "above": 70, "below": 70,
}  # fmt: skip
_NODES = {
    "node": 360, "max_points": 70, "units": 65, "points": 85, "percent": 80, "highest_value": 85, "lowest_value": 85, "lost": 85,
    "above": 65, "below": 65,
}  # fmt: skip


def fields(round_: ReportedRound) -> Iterator[Block]:
    """The section about fields and sub-criteria, block by block."""
    for block in round_.blocks:
        told = _Fields(round_, block)
        if any(node.rows for node in told.nodes):
            if len(round_.blocks) > 1:
                yield Heading(2, round_.names.block(block), f"fields-of-{block}")
            yield from told.blocks()


@dataclass(frozen=True)
class _Fields:
    """The nodes of a block."""

    round_: ReportedRound
    block: str

    @cached_property
    def say(self) -> Saying:
        return Saying("report.fields", self.round_.language)

    @cached_property
    def nodes(self) -> Sequence[NodeResults]:
        return block_results(self.round_, self.block)

    @cached_property
    def leaves(self) -> Sequence[NodeResults]:
        """The sub-criteria in which any unit has a result."""
        return [node for node in self.nodes if node.is_leaf and node.rows]

    def blocks(self) -> Iterator[Block]:
        """Total and fields; then the sub-criteria."""
        if len(units := {row["unit_code"] for node in self.nodes for row in node.rows}) == 1:
            yield from self._alone(*units)
            return
        yield self._total()
        if self.shown:
            yield from self._between()
            yield from (self._field(node) for node in self.shown if len(node.rows) > 1)
            yield self._table("fields", _FIELDS, [self.nodes[0], *self.shown], frozenset({0}))
        if self.leaves:
            yield from self._sub_criteria()

    def _alone(self, unit: str) -> Iterator[Block]:
        """The results of the only unit that has any: there is nobody to compare it with."""
        parts = parts_of(self.round_, self.round_.unit_figures[self.block, unit])
        key, name = self._key("nodes"), parts.figures.name
        yield self.say.paragraph("alone", unit=name, table=Reference(key))
        yield replace(parts.every_node, key=key, caption=self.say.text("alone.caption", unit=name))

    @cached_property
    def shown(self) -> Sequence[NodeResults]:
        """The fields in which any unit has a result."""
        return [node for node in fields_of(self.nodes) if node.rows]

    @cached_property
    def has_more(self) -> bool:
        """Whether there are nodes beside the total and the fields."""
        return len(self.nodes) > 1 + len(self.shown)

    # --- the total and the fields ----------------------------------------------------------------------------------------------

    def _total(self) -> Paragraph:
        total = self.nodes[0]
        if not total.mean.text:
            return self.say.paragraph("total.untold", fewest=FEWEST)
        sides = {name: total.above(name) for name in ("above", "below", "surely_above", "surely_below")}
        if not total.has_intervals:
            sides |= {name: Number("", number.source) for name, number in sides.items() if "surely" in name}
        units = counted(total.percent.units, "averaged", self.block, total.node.code)
        return self.say.paragraph(
            f"total.{total.measure}",
            units=units,
            percent=total.percent.number,
            points=total.mean_of("points"),
            **sides,
        )

    def _between(self) -> Iterator[Block]:
        """Which field has the highest mean percentage, which the lowest."""
        known = sorted(
            (n for n in self.shown if n.percent.number.text), key=lambda n: Decimal(n.percent.number.text)
        )
        key = Reference(self._key("fields"))
        if len(known) < 2 or known[0].percent.number.text == known[-1].percent.number.text:
            yield self.say.paragraph("fields", table=key)
            return
        yield self.say.paragraph(
            "between",
            table=key,
            best=self._named(known[-1]),
            best_percent=known[-1].percent.number,
            worst=self._named(known[0]),
            worst_percent=known[0].percent.number,
        )

    def _field(self, node: NodeResults) -> Paragraph:
        """One field in a sentence or two."""
        numbers = {name: node.mean_of(name) for name in ("points", "percent")}
        text = self.say.text(
            f"field.{node.measure}" if node.mean.text else "field.untold",
            node=self._named(node),
            max_points=node.max_points or "",
            highest=self._units(node.highest),
            highest_value=node.highest[0].number(node.measure),
            lowest=self._units(node.lowest),
            lowest_value=node.lowest[0].number(node.measure),
            above=node.above("above"),
            below=node.above("below"),
            **numbers,
        )
        return Paragraph(joined(text, self._noise(node), by=" "), "bullet")

    def _noise(self, node: NodeResults) -> Text:
        """What the intervals leave open of who is highest."""
        if len(node.highest) > 1 or not node.highest[0][node.limits[0]]:
            return ()
        others, first = node.not_told_apart, node.highest[0]
        kind = "open_named" if 0 < len(others) <= _SHARING else "open" if others else "clear"
        return self.say.text(
            f"field.{kind}",
            unit=first["unit_name"],
            low=first.number(node.limits[0]),
            high=first.number(node.limits[1]),
            others=self._units(others),
            units=counted(len(others), "not_told_apart", self.block, node.node.code),
        )

    # --- sub-criteria ----------------------------------------------------------------------------------------------------------

    def _sub_criteria(self) -> Iterator[Block]:
        level: Literal[2, 3] = 3 if len(self.round_.blocks) > 1 else 2
        yield Heading(level, self.say.words("leaves"), f"sub-criteria-of-{self.block}")
        yield from self._lists()
        figure = f"heat-{self.block}"
        if figure in self.round_.figures:
            yield ReportFigure(figure, self.say.text("figure", block=self.round_.names.block(self.block)))
        if self.has_more:
            bold = frozenset(k for k, node in enumerate(self.nodes) if node.depth < 2)
            yield self._table("nodes", _NODES, self.nodes, bold)

    def _lists(self) -> Iterator[Block]:
        """Where most is lost on the average, and where the percentages are lowest."""
        table = Reference(self._key("nodes" if self.has_more else "fields"))
        losing = [leaf for leaf in self.leaves if leaf.lost.text and Decimal(leaf.lost.text) > 0]
        if losing:
            yield self.say.paragraph("most_lost", table=table)
            yield from self._listed("lost", sorted(losing, key=lambda leaf: -Decimal(leaf.lost.text)))
        known = [leaf for leaf in self.leaves if leaf.percent.number.text]
        if known:
            yield self.say.paragraph("lowest", table=table)
            yield from self._listed("low", sorted(known, key=lambda leaf: Decimal(leaf.percent.number.text)))
        else:
            yield self.say.paragraph("leaves.untold", table=table, fewest=FEWEST)

    def _listed(self, what: str, leaves: Sequence[NodeResults]) -> Iterator[Block]:
        for leaf in leaves[: _NAMED if len(leaves) > 2 * _NAMED else _NAMED // 2]:
            yield self.say.paragraph(
                f"{what}.one",
                "bullet",
                node=self._named(leaf),
                lost=leaf.lost,
                max_points=leaf.max_points or "",
                percent=leaf.percent.number,
                lowest=self._units(leaf.lowest),
                lowest_value=leaf.lowest[0].number("percent"),
                assessed=self.say.words("assessed") if leaf.node.measured_by == ASSESSMENT else "",
            )

    # --- tables ----------------------------------------------------------------------------------------------------------------

    def _table(
        self, what: str, shares: dict[str, int], nodes: Iterable[NodeResults], bold: frozenset[int]
    ) -> ReportTable:
        lacking = (
            frozenset() if self.round_.results.kind.points else frozenset({"max_points", "points", "lost"})
        )
        names = [name for name in shares if name not in lacking]
        whole = sum(shares[name] for name in names)
        columns = self.say.columns([(name, shares[name] / whole) for name in names], _TEXTS)
        rows = tuple(tuple(self._cell(node, name) for name in names) for node in nodes)
        caption = self.say.text(f"{what}.caption", block=self.round_.names.block(self.block))
        note = self.say.text("note", fewest=FEWEST)
        return ReportTable(self._key(what), caption, columns, rows, bold, note, wide=len(names) > _UPRIGHT)

    def _cell(self, node: NodeResults, column: str) -> Text:
        if column == "node":
            return (self._named(node),)
        if column == "units":
            return (counted(len(node.rows), "with_result", self.block, node.node.code),)
        if column in ("points", "percent"):
            return (node.mean_of(column),)
        if column in ("above", "below"):
            return (node.above(column),)
        if column == "lost":
            return (node.lost,)
        nothing = Number("", node.percent.number.source)
        if column == "max_points":
            return (node.max_points or nothing,)
        rows = node.highest if column.startswith("highest") else node.lowest
        if not rows:
            return (nothing,)
        if column.endswith("_value"):
            return (rows[0].number(node.measure),)
        return joined(self._units(rows), (" (",), (rows[0].number(node.measure), ")"))

    def _units(self, rows: Sequence[QuotedRow]) -> Text:
        return self.say.listed([(row["unit_name"],) for row in rows], _SHARING)

    def _named(self, node: NodeResults) -> str:
        return node.name if not node.depth else f"{node.node.code}. {node.name}"

    def _key(self, what: str) -> str:
        return f"table-{what}-{self.block}"
