"""What the units of a block lost on the average, from what the tables of losses print of every unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

import pandas as pd

from surveys.analysis.lost_sums import FIELD, SUMS_BY
from surveys.handover.gap_tables import gap_words
from surveys.handover.read_back import PrintedTable
from surveys.problems import phrase
from surveys.reports.analysis_report.block_means import BlockMean, block_means
from surveys.reports.analysis_report.parts import WORKED_OUT, Number, NumberSource, Text
from surveys.reports.analysis_report.quoting import Quoted, QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.worked_out import counted
from surveys.reports.block_averages import block_averages
from surveys.vocabulary.levels import ITEM_LEVEL
from surveys.vocabulary.measures import AGENCY, PERCENT, SOURCE

#: Between the kind and the code of a sum, in keys of averages.
_OF = ":"


@dataclass(frozen=True, slots=True)
class NodeLoss:
    """What the units of a block lost at a node: the mean, the node's ``maximum`` (none where units have different ones), agencies
    (none where units have different ones), of how many units with a target so many miss it."""

    code: str
    mean: BlockMean
    maximum: Number
    lead: str
    coordinating: str
    below_target: Text
    rows: Sequence[QuotedRow]


class BlockLosses:
    """The losses of one block; ``units`` by code, in the order of the results; ``in_percent``: the index has no points."""

    def __init__(self, round_: ReportedRound, block: str) -> None:
        self.round, self.block = round_, block
        gaps = round_.tables["gaps"]
        self._nodes = rows_where(
            gaps, (gaps.frame["block"] == block) & (gaps.frame["node_level"] != ITEM_LEVEL)
        )
        self.rows = Quoted(self._nodes).rows
        units = (row["unit_code"] for row in Quoted(round_.results.units) if row["block"] == block)
        self.units = tuple(dict.fromkeys(units))

    @cached_property
    def in_percent(self) -> bool:
        return {row["measure"] for row in self.rows} == {PERCENT}

    @cached_property
    def totals(self) -> dict[str, QuotedRow]:
        """Unit → the row of its whole loss, where it is told."""
        found: dict[str, QuotedRow] = {}
        for row in self.rows:
            found.setdefault(row["unit_code"], row)
        return {unit: found[unit] for unit in self.units if unit in found and found[unit]["lost"]}

    @cached_property
    def means(self) -> dict[str, BlockMean]:
        """Node → the mean loss of the units that count there."""
        return block_means(self._nodes, self.round.instrument, "lost").get(self.block, {})

    def maximum(self, node: str) -> Number:
        """The maximum points of a node; none where units have different ones, or the index has none."""
        found = self._maxima.get(node, [])
        if len({number.text for number in found}) == 1:
            return found[0]
        return Number("", NumberSource(WORKED_OUT, ("maximum", self.block, node), "max_points"))

    @cached_property
    def _maxima(self) -> dict[str, list[Number]]:
        found: dict[str, list[Number]] = {}
        for row in Quoted(self.round.results.scores).rows if self.round.results.kind.points else ():
            if row["block"] == self.block and row["max_points"]:
                found.setdefault(row["node_code"], []).append(row.number("max_points"))
        return found

    @cached_property
    def root(self) -> str:
        return self.rows[0]["node_code"] if self.rows else ""

    @cached_property
    def nodes(self) -> tuple[NodeLoss, ...]:
        """The nodes at which units lost, each loss once, the largest mean first; those whose mean is told."""
        by_node: dict[str, list[QuotedRow]] = {}
        for row in self.rows:
            by_node.setdefault(row["node_code"], []).append(row)
        lowest = [code for code, rows in by_node.items() if any(row["order"] for row in rows)]
        found = [self._node(code, by_node[code]) for code in lowest if self.means[code].number.text]
        return tuple(sorted(found, key=lambda node: -Decimal(node.mean.number.text)))

    def _node(self, code: str, rows: Sequence[QuotedRow]) -> NodeLoss:
        leads, others = ({row[name] for row in rows} for name in ("lead_agency", "coordinating_agencies"))
        aimed = [row for row in rows if row["distance"]]
        missed = sum(Decimal(row["distance"]) > 0 for row in aimed)
        of = ("below_target", self.block, code)
        return NodeLoss(
            code,
            self.means[code],
            self.maximum(code),
            leads.pop() if len(leads) == 1 else "",
            others.pop() if len(others) == 1 else "",
            (counted(missed, *of), "/", counted(len(aimed), "aimed", *of[1:])) if aimed else (),
            rows,
        )

    # --- sums ---------------------------------------------------------------------------------------------------------

    @cached_property
    def sums(self) -> dict[str, list[tuple[str, BlockMean]]]:
        """By field, source and agency → name and mean loss of each sum that is told, the largest first."""
        table, words = self.round.quoted("gap-sums"), self._sum_words
        rows = [row for row in table or () if row["block"] == self.block]
        values: dict[str, dict[str, str]] = {unit: {"": row["lost"]} for unit, row in self.totals.items()}
        names, digits = dict[str, str](), dict[str, int]()
        for row in rows:
            key = f"{row['sum_by']}{_OF}{row['sum_code']}"
            names[key] = words[row["sum_by"]].get(row["sum_code"], "") or row["sum_name"]
            digits[key] = max(digits.get(key, 0), len(row["lost"].partition(".")[2]))
            values.setdefault(row["unit_code"], {"": ""})[key] = row["lost"]
        averages = block_averages(values, dict.fromkeys(names, ""), {"": 0, **digits})
        found: dict[str, list[tuple[str, BlockMean]]] = {by: [] for by in SUMS_BY}
        for key, name in names.items():
            by, _, code = key.partition(_OF)
            average = averages[key]
            source = NumberSource(WORKED_OUT, ("mean", "gap-sums", self.block, by, code), "lost")
            if average.text:
                found[by].append((name, BlockMean(Number(average.text, source), average.units)))
        ordered = {by: sorted(sums, key=lambda s: -Decimal(s[1].number.text)) for by, sums in found.items()}
        return {by: sums for by, sums in ordered.items() if sums}

    @property
    def _sum_words(self) -> Mapping[str, Mapping[str, str]]:
        """By what losses are summed → code → what it is called in the language of the report."""
        language, instrument = self.round.language, self.round.instrument
        nodes = {node.code: self.round.names.node(node.code) for node in instrument.nodes}
        sources = gap_words(instrument, language)["source"]
        return {FIELD: nodes, SOURCE: sources, AGENCY: {"": phrase("gaps.no_agency", language)}}


def rows_where(table: PrintedTable, kept: pd.Series) -> PrintedTable:
    """The rows of a printed table of which ``kept`` [n] is true."""
    chosen = kept.to_numpy(dtype=bool)
    return replace(table, frame=table.frame[chosen].reset_index(drop=True), lines=table.lines[chosen])
