"""Assessment and recommendations: headings that people fill in, each above what the numbers of the round show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from surveys.definitions.instrument.records import Node
from surveys.reports.analysis_report.block_changes import BlockChanges, of_verdict
from surveys.reports.analysis_report.block_losses import BlockLosses, NodeLoss, rows_where
from surveys.reports.analysis_report.block_means import block_means
from surveys.reports.analysis_report.parts import Block, Heading, Number, Paragraph, Text
from surveys.reports.analysis_report.quoting import Quoted, QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.told import told
from surveys.reports.analysis_report.worked_out import share_of
from surveys.reports.unit_changes import Verdict
from surveys.vocabulary.measures import AGENCY

#: Nodes and units that are named, and nodes under the heading of an agency.
_NODES, _UNITS, _OF_AGENCY = 3, 5, 5
#: From so many nodes next to the root these say where a block is strong or weak; else the lowest nodes do.
_FEW_FIELDS = 3
#: From so many nodes some are called the highest or the lowest.
_FEWEST = 4


def recommendations(round_: ReportedRound) -> Iterator[Block]:
    """The section that people fill in."""
    say = Saying("report.recommendations", round_.language)
    blocks = [_Block(round_, block) for block in round_.blocks]
    yield say.paragraph("intro")
    for name, facts in (("strengths", _strengths), ("weaknesses", _weaknesses), ("causes", _causes)):
        yield say.heading(name)
        for block in blocks:
            yield from facts(block, say)
        yield say.paragraph("fill", "to_fill")
    yield say.heading("proposals")
    yield from _proposals(blocks, say)


class _Mean(NamedTuple):
    """The mean result of a node in percent."""

    code: str
    mean: Number


class _Block:
    """What the facts of one block are taken from."""

    def __init__(self, round_: ReportedRound, block: str) -> None:
        self.round, self.code, self.name = round_, block, round_.names.block(block)
        self.losses, self.changes = BlockLosses(round_, block), BlockChanges(round_, block)
        self.league = [row for row in Quoted(round_.results.units) if row["block"] == block]

    def means(self) -> list[_Mean]:
        """The fields by their means, the highest first; the lowest nodes where there are few fields."""
        instrument = self.round.instrument
        roots = instrument.scored_children("", self.code)
        nodes: Sequence[Node] = instrument.scored_children(roots[0].code, self.code) if roots else ()
        if len(nodes) < _FEW_FIELDS:
            nodes = instrument.leaves(self.code)
        table = self.round.results.scores
        found = block_means(table, instrument, "percent").get(self.code, {})
        means = [_Mean(node.code, found[node.code].number) for node in nodes if node.code in found]
        return sorted((one for one in means if one.mean.text), key=lambda one: -Decimal(one.mean.text))

    def units(self, rows: Sequence[QuotedRow], say: Saying) -> Text:
        return say.listed([(self.round.names.unit(self.code, row["unit_code"]),) for row in rows], _UNITS)


def _strengths(of: _Block, say: Saying) -> Iterator[Block]:
    means = of.means()
    if len(means) >= _FEWEST:
        yield say.paragraph("highest", "bullet", block=of.name, nodes=_nodes(of, means[: _half(means)], say))
    first = [row for row in of.league if row["rank_low"] == "1"]
    if first and len(of.league) > 1:
        yield say.paragraph("first", "bullet", block=of.name, units=of.units(first, say))
    yield from _changed(of, "up", say)


def _weaknesses(of: _Block, say: Saying) -> Iterator[Block]:
    means = of.means()
    if len(means) >= _FEWEST:
        lowest = means[::-1][: _half(means)]
        yield say.paragraph("lowest", "bullet", block=of.name, nodes=_nodes(of, lowest, say))
    ranked = [row for row in of.league if row["rank_high"]]
    worst = max((int(row["rank_high"]) for row in ranked), default=0)
    last = [row for row in ranked if int(row["rank_high"]) == worst]
    if len(ranked) > 1:
        yield say.paragraph("last", "bullet", block=of.name, units=of.units(last, say))
    untold = [row for row in of.league if not row["rank"]]
    if untold:
        yield say.paragraph("untold", "bullet", block=of.name, units=of.units(untold, say))
    yield from _changed(of, "down", say)


def _half(means: Sequence[_Mean]) -> int:
    """How many nodes are called the highest, so that none is called the lowest too."""
    return min(_NODES, len(means) // 2)


def _nodes(of: _Block, means: Sequence[_Mean], say: Saying) -> Text:
    names = of.round.names
    return say.listed(
        [say.text("node", node_code=one.code, node=names.node(one.code), mean=one.mean) for one in means]
    )


def _changed(of: _Block, verdict: Verdict, say: Saying) -> Iterator[Block]:
    """Units whose total changed by more than chance, the largest change first."""
    rows = of_verdict(of.changes.totals(of.changes.parts[0]), verdict) if of.changes.parts else []
    rows.sort(key=lambda one: -abs(Decimal(one.row["change"])))
    if rows:
        yield say.paragraph(verdict, "bullet", block=of.name, units=of.units([one.row for one in rows], say))


# --- causes that the survey can show -----------------------------------------------------------------------------------


def _causes(of: _Block, say: Saying) -> Iterator[Block]:
    """The nodes at which most was lost, and where groups of respondents differ most."""
    if of.losses.nodes:
        kind = "percent" if of.losses.in_percent else "points"
        yield say.paragraph(f"most_lost.{kind}", "bullet", block=of.name)
        yield from _lost(of, of.losses.nodes[:_NODES], say)
    for row in [] if of.losses.nodes else _lost_by_units(of)[:_NODES]:
        yield _lost_by_unit(of, row, say)
    yield from _groups(of, say)


def _lost(of: _Block, nodes: Sequence[NodeLoss], say: Saying) -> Iterator[Paragraph]:
    """Nodes with what was lost there on the average, a line each."""
    kind = "percent" if of.losses.in_percent else "points"
    for node in nodes:
        yield say.paragraph(
            f"lost.{kind}",
            "bullet",
            node_code=node.code,
            node=of.round.names.node(node.code),
            mean=node.mean.number,
            maximum=node.maximum,
            below=node.below_target,
        )


def _groups(of: _Block, say: Saying) -> Iterator[Block]:
    """The lowest node at which the means of two groups are furthest apart."""
    table = of.round.tables["council-groups"]
    leaves = {node.code for node in of.round.instrument.leaves(of.code)}
    found: dict[str, list[tuple[Decimal, str, Number]]] = {}
    for group in dict.fromkeys(table.frame["group"]):
        kept = (
            (table.frame["block"] == of.code)
            & (table.frame["group"] == group)
            & table.frame["node_code"].isin(leaves)
        )
        means = block_means(rows_where(table, kept), of.round.instrument, "percent").get(of.code, {})
        for node, mean in means.items():
            if mean.number.text:
                place = replace(mean.number.source, key=(*mean.number.source.key, group))
                number = replace(mean.number, source=place)
                found.setdefault(node, []).append((Decimal(number.text), group, number))
    apart = {node: (min(groups), max(groups)) for node, groups in found.items() if len(groups) > 1}
    if not apart:
        return
    node = max(apart, key=lambda code: apart[code][1][0] - apart[code][0][0])
    low, high = apart[node]
    if low[0] < high[0]:
        names = of.round.names
        yield say.paragraph(
            "groups",
            "bullet",
            block=of.name,
            node_code=node,
            node=names.node(node),
            low_group=names.group(low[1]),
            low=low[2],
            high_group=names.group(high[1]),
            high=high[2],
        )


# --- recommendations ---------------------------------------------------------------------------------------------------


def _proposals(blocks: Sequence[_Block], say: Saying) -> Iterator[Block]:
    """A heading for each agency that leads where points were lost, for the units and for those who run the survey."""
    agencies = _agencies(blocks)
    if not agencies:
        yield say.paragraph("no_agency")
    for agency in agencies:
        yield Heading(3, say.words("agency", agency=agency))
        for block in blocks:
            yield from _of_agency(block, agency, say)
        yield say.paragraph("fill", "to_fill")
    for name in ("to_units", "to_publisher"):
        yield say.heading(name, 3)
        yield say.paragraph("fill", "to_fill")


def _agencies(blocks: Sequence[_Block]) -> list[str]:
    """The lead agencies, those first under whom the most was lost by the units of the blocks on the average."""
    lost: dict[str, Decimal] = {}
    for block in blocks:
        amounts = [(node.lead, Decimal(node.mean.number.text)) for node in block.losses.nodes]
        units = len(block.losses.units)
        amounts += [(row["lead_agency"], Decimal(row["lost"]) / units) for row in _lost_by_units(block)]
        for agency, amount in amounts:
            if agency and amount > 0:
                lost[agency] = lost.get(agency, Decimal()) + amount
    return sorted(lost, key=lambda agency: (-lost[agency], agency))


def _lost_by_units(of: _Block) -> list[QuotedRow]:
    """What units lost where no mean says it: where means are not told, and at nodes with another lead agency for every unit; the
    largest losses of the units first."""
    means = {
        node.code for node in of.losses.nodes if node.lead or not any(row["lead_agency"] for row in node.rows)
    }
    rows = [row for row in of.losses.rows if row["order"] and row["node_code"] not in means]
    return sorted((row for row in rows if Decimal(row["lost"]) > 0), key=lambda row: int(row["order"]))


def _of_agency(of: _Block, agency: str, say: Saying) -> Iterator[Block]:
    """What a block lost where an agency leads, and where most."""
    nodes = [node for node in of.losses.nodes if node.lead == agency and Decimal(node.mean.number.text) > 0]
    rows = [row for row in _lost_by_units(of) if row["lead_agency"] == agency]
    if nodes:
        sums = dict(of.losses.sums.get(AGENCY, ()))
        whole = of.losses.means[of.losses.root]
        if agency in sums and sums[agency].units == whole.units:
            lost = sums[agency].number
            share = share_of(lost, whole.number, of.round.output.percent_decimals, AGENCY, of.code, agency)
            yield say.paragraph("agency_leads", "bullet", block=of.name, lost=lost, share=share)
        else:
            yield say.paragraph("agency_where", "bullet", block=of.name)
    yield from _lost(of, nodes[:_OF_AGENCY], say)
    for row in rows[:_OF_AGENCY]:
        yield _lost_by_unit(of, row, say)


def _lost_by_unit(of: _Block, row: QuotedRow, say: Saying) -> Paragraph:
    kind = "percent" if of.losses.in_percent else "points"
    text = told(
        f"report.recommendations.unit_lost.{kind}",
        say.language,
        unit=of.round.names.unit(of.code, row["unit_code"]),
        node_code=row["node_code"],
        node=of.round.names.node(row["node_code"]),
        lost=row.number("lost"),
        maximum=of.losses.maximum(row["node_code"]),
    )
    return Paragraph(text, "bullet")
