"""The results of the units of a block at each node: the mean, who is highest and lowest, and how many lie on each side of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from surveys.definitions.instrument.records import Node
from surveys.reports.analysis_report.block_means import BlockMean, block_means
from surveys.reports.analysis_report.parts import Number
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.worked_out import counted, difference
from surveys.reports.unit_figures import depths_of

#: Fewer nodes next to the root say too little: those next to them are told too.
_FEW_FIELDS = 3


@dataclass(frozen=True)
class NodeResults:
    """A node of a block. ``rows``: the units that have a result there; ``points`` and ``percent``: the means; ``depth``: 0 at the
    root."""

    block: str
    node: Node
    name: str
    depth: int
    is_leaf: bool
    rows: Sequence[QuotedRow]
    points: BlockMean | None
    percent: BlockMean

    @cached_property
    def max_points(self) -> Number | None:
        """Its maximum, where it is the same for all units."""
        found = [row.number("max_points") for row in self.rows]
        return found[0] if found and len({number.text for number in found}) == 1 and found[0].text else None

    @property
    def measure(self) -> Literal["points", "percent"]:
        """In what units are compared there: in points where all have the same maximum."""
        return "points" if self.max_points is not None else "percent"

    @property
    def mean(self) -> Number:
        """The mean of what units are compared in."""
        return (
            self.points.number
            if self.points is not None and self.measure == "points"
            else self.percent.number
        )

    def mean_of(self, column: str) -> Number:
        """The mean of the points or of the percentages; empty where there is none."""
        if column == "percent":
            return self.percent.number
        return self.points.number if self.points is not None else Number("", self.percent.number.source)

    @property
    def lost(self) -> Number:
        """Points that a unit lost on the average."""
        most, mean = self.max_points, self.mean_of("points")
        return difference(
            most or Number("", mean.source), mean, "max_points", "mean", self.block, self.node.code
        )

    def value(self, row: QuotedRow) -> Decimal:
        """What a unit has in what units are compared in."""
        return Decimal(row[self.measure])

    @cached_property
    def highest(self) -> Sequence[QuotedRow]:
        """The units with the best result."""
        best = max(map(self.value, self.rows), default=None)
        return [row for row in self.rows if self.value(row) == best]

    @cached_property
    def lowest(self) -> Sequence[QuotedRow]:
        """The units with the lowest result."""
        worst = min(map(self.value, self.rows), default=None)
        return [row for row in self.rows if self.value(row) == worst]

    def above(self, what: str = "above") -> Number:
        """How many units lie ``above`` or ``below`` the printed mean, or, as far as they have an interval, with all of it
        (``surely_above``, ``surely_below``); empty where no mean is told."""
        if not self.mean.text:
            return Number("", self.mean.source)
        mean = Decimal(self.mean.text)
        count = sum(map(self._sides(mean)[what], self.rows))
        return counted(count, what, self.block, self.node.code)

    def _sides(self, mean: Decimal) -> dict[str, Callable[[QuotedRow], bool]]:
        low, high = self.limits
        return {
            "above": lambda row: self.value(row) > mean,
            "below": lambda row: self.value(row) < mean,
            "surely_above": lambda row: bool(row[low]) and Decimal(row[low]) > mean,
            "surely_below": lambda row: bool(row[high]) and Decimal(row[high]) < mean,
        }

    @property
    def limits(self) -> tuple[str, str]:
        """The columns of the limits of intervals."""
        return ("points_low", "points_high") if self.measure == "points" else ("ci_low", "ci_high")

    @property
    def has_intervals(self) -> bool:
        """Whether any unit has an interval there."""
        return any(row[self.limits[0]] for row in self.rows)

    @cached_property
    def not_told_apart(self) -> Sequence[QuotedRow]:
        """The other units whose interval shares something with that of the one highest unit."""
        low, high = self.limits
        first = self.highest[0]
        others = (row for row in self.rows if row is not first and row[high] and first[low])
        return [row for row in others if Decimal(row[high]) >= Decimal(first[low])]


def block_results(round_: ReportedRound, block: str) -> tuple[NodeResults, ...]:
    """The nodes of a block in the order of the tree, the total first."""
    table = round_.quoted("council-scores")
    if table is None:
        return ()
    of_node: dict[str, list[QuotedRow]] = {}
    for row in table.by("block").get((block,), ()):
        of_node.setdefault(row["node_code"], []).append(row)
    instrument, depths = round_.instrument, depths_of(round_.instrument)
    percent = block_means(table.printed, instrument, "percent")[block]
    points = block_means(table.printed, instrument, "points")[block] if round_.results.kind.points else {}
    return tuple(
        NodeResults(
            block,
            instrument.node[code],
            rows[0]["node_name"],
            depths[code],
            code not in instrument.children,
            [row for row in rows if row["percent"]],
            points.get(code),
            percent[code],
        )
        for code, rows in of_node.items()
    )


def fields_of(nodes: Sequence[NodeResults]) -> tuple[NodeResults, ...]:
    """The nodes next to the total; where these are few, those next to them too."""
    first = tuple(node for node in nodes if node.depth == 1)
    return first if len(first) >= _FEW_FIELDS else tuple(node for node in nodes if node.depth in (1, 2))
