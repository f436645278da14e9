"""The questions of a block with the shares of their answers, as the table of answers prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from surveys.definitions.instrument.records import Item, Level, Scale
from surveys.reports.analysis_report.parts import Number
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.vocabulary.combination_names import SHARES
from surveys.vocabulary.levels import ALL_GROUPS


@dataclass(frozen=True)
class AnsweredItems:
    """The ``rows`` of the table of answers that are of one ``block``."""

    round_: ReportedRound
    block: str
    rows: Sequence[QuotedRow]

    @cached_property
    def by_item(self) -> Mapping[str, Mapping[str, Mapping[str, QuotedRow]]]:
        """Question → group → level → its row."""
        found: dict[str, dict[str, dict[str, QuotedRow]]] = {}
        for row in self.rows:
            of_group = found.setdefault(row["item_code"], {}).setdefault(row["group"], {})
            of_group[row["level_code"]] = row
        return found

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The questions in the order of the instrument."""
        return tuple(item for item in self.round_.instrument.items if item.code in self.by_item)

    @cached_property
    def scored(self) -> tuple[Item, ...]:
        """Those that enter the index."""
        return tuple(item for item in self.items if item.node and not self._is_beside(item))

    @cached_property
    def beside(self) -> Mapping[str, tuple[Item, ...]]:
        """Those that enter no index, by their node (empty: none, which come last)."""
        nodes = [node.code for node in self.round_.instrument.nodes if node.rule == SHARES]
        found = {
            node: tuple(item for item in self.items if item.node == node and self._is_beside(item))
            for node in (*nodes, "")
        }
        return {node: items for node, items in found.items() if items}

    def _is_beside(self, item: Item) -> bool:
        node = self.round_.instrument.node.get(item.node)
        return node is None or node.rule == SHARES

    @cached_property
    def hidden(self) -> tuple[Item, ...]:
        """Those of which no shares are published over the groups."""
        return tuple(i for i in self.items if not any(row["share"] for row in self.over_groups(i).values()))

    def over_groups(self, item: Item) -> Mapping[str, QuotedRow]:
        """Level → its row over the groups."""
        return self.by_item[item.code].get(ALL_GROUPS, {})

    def scale(self, item: Item) -> Scale:
        return self.round_.instrument.scale[item.scale]

    def levels(self, item: Item) -> tuple[Level, ...]:
        """The answers that are told of a question: of options that may be chosen together, that they were chosen."""
        scale = self.scale(item)
        chosen = tuple(level for level in scale.levels if level.chosen)
        return chosen if scale.kind == "multiple" and chosen else scale.levels

    def share(self, row: QuotedRow | None, column: str = "share") -> Number | None:
        """A share in percent; None where the table has no such row."""
        return None if row is None else row.percent(column, self.round_.output.percent_decimals)

    def named(self, item: Item) -> str:
        """A question by its code and its text."""
        return f"{item.code}. {self.round_.names.item(item.code)}"


def of_one_scale(items: Sequence[Item]) -> list[list[Item]]:
    """Questions apart by their scales, in the order in which these come first."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.scale, []).append(item)
    return list(found.values())
