"""What changed in a block since the earlier round: which changes chance does not explain, what is not compared, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from surveys.reports.analysis_report.parts import Number
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.unit_changes import Verdict, verdict_of
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL, SURVEY, TOTAL
from surveys.vocabulary.statuses import INCOMPARABLE, OK

#: The verdicts in the order in which they are told.
VERDICTS: tuple[Verdict, ...] = ("up", "down", "chance", "untold")
#: Parts of the index, the whole first.
_PARTS = (TOTAL, SURVEY)


@dataclass(frozen=True, slots=True)
class Changed:
    """A row of the table of changes with its ``verdict``; numbers in percent of the range of the node."""

    row: QuotedRow
    verdict: Verdict
    decimals: int

    def percent(self, column: str) -> Number:
        """A score in percent, differences with their sign."""
        return self.row.percent(column, self.decimals, sign=not column.startswith("score"))

    @property
    def rank_change(self) -> Number:
        return self.row.number("rank_change", sign=True)


class BlockChanges:
    """The changes of a block over all groups, questions left out."""

    def __init__(self, round_: ReportedRound, block: str) -> None:
        self.round, self.block = round_, block
        table = round_.quoted("changes")
        self.rows = [
            Changed(row, verdict_of(row), round_.output.percent_decimals)
            for row in table or ()
            if row["block"] == block and row["group"] == ALL_GROUPS and row["node_level"] != ITEM_LEVEL
        ]

    @cached_property
    def root(self) -> str:
        return self.rows[0].row["node_code"] if self.rows else ""

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The parts of the index in which the total of some unit is compared, the whole first."""
        found = {
            one.row["part"] for one in self.rows if one.row["node_code"] == self.root and one.row["change"]
        }
        return tuple(part for part in _PARTS if part in found)

    def totals(self, part: str) -> list[Changed]:
        """The totals of a part, in the order of the units in the results of the round."""
        order = {code: k for k, code in enumerate(self._units)}
        found = [one for one in self.rows if one.row["node_code"] == self.root and one.row["part"] == part]
        return sorted(found, key=lambda one: order.get(one.row["unit_code"], len(order)))

    @cached_property
    def _units(self) -> Sequence[str]:
        table = self.round.results.units
        of_block = table.frame["block"] == self.block
        return list(table.frame.loc[of_block, "unit_code"])

    @cached_property
    def nodes(self) -> dict[str, list[Changed]]:
        """The nodes below the total that some unit's surveyed part compares → its rows, in the order of the tree."""
        found: dict[str, list[Changed]] = {}
        for one in self.rows:
            if one.row["part"] == SURVEY and one.row["node_code"] != self.root:
                found.setdefault(one.row["node_code"], []).append(one)
        return {node: rows for node, rows in found.items() if any(one.row["change"] for one in rows)}

    def nodes_not_compared(self) -> Iterator[tuple[str, list[str]]]:
        """Why → the nodes of which no unit is compared for that reason, those above which stands another such node left out."""
        reasons: dict[str, str] = {}
        for one in self.rows:
            if one.row["status"] == INCOMPARABLE:
                reasons.setdefault(one.row["node_code"], one.row["note"])
        found: dict[str, list[str]] = {}
        for node, why in reasons.items():
            found.setdefault(why, []).append(node)
        yield from found.items()

    def units_not_compared(self, part: str) -> Iterator[tuple[str, list[Changed]]]:
        """Why → the units whose total of a part is not compared for that reason."""
        found: dict[str, list[Changed]] = {}
        for one in self.totals(part):
            if one.row["status"] not in (OK, INCOMPARABLE):
                found.setdefault(one.row["note"], []).append(one)
        yield from found.items()


def of_verdict(rows: Sequence[Changed], verdict: Verdict) -> list[Changed]:
    """Those of a verdict."""
    return [one for one in rows if one.verdict == verdict]
