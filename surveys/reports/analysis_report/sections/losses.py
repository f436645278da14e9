"""Points lost: where the units of a block lost most, who is in charge, how far the targets are; sums by field, source, agency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from surveys.problems import phrase
from surveys.reports.analysis_report.block_losses import BlockLosses, NodeLoss
from surveys.reports.analysis_report.parts import (
    Block,
    Heading,
    Number,
    Paragraph,
    Reference,
    ReportColumn,
    ReportTable,
    Text,
)
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.told import told
from surveys.reports.analysis_report.worked_out import share_of, summed

#: Rows of a table of the nodes at which most was lost.
MOST = 15
#: Of these it is told which part of the whole loss they make.
_FIRST = 5
_TEXTS = frozenset({"code", "node", "agency", "coordinating"})


def losses(round_: ReportedRound) -> Iterator[Block]:
    """The section about points lost; nothing where no unit of any block has a result."""
    say = Saying("report.losses", round_.language)
    found = [BlockLosses(round_, block) for block in round_.blocks]
    lost = [each for each in found if each.rows]
    if lost:
        percent = all(each.in_percent for each in lost)
        yield say.paragraph("intro_percent" if percent else "intro")
    for each in lost:
        yield Heading(2, round_.names.block(each.block), f"losses-{each.block}")
        yield from _of_block(each, say)


def _of_block(of: BlockLosses, say: Saying) -> Iterator[Block]:
    yield from _whole(of, say)
    if of.nodes:
        yield from _most(of, say)
        yield from _sums(of, say)
    else:
        yield from _of_units(of, say)


def _whole(of: BlockLosses, say: Saying) -> Iterator[Block]:
    """The mean loss of the block, the units that lost most and least."""
    if not of.totals:
        yield say.paragraph("no_total")
        return
    ordered = sorted(of.totals.values(), key=lambda row: -Decimal(row["lost"]))
    mean = of.means.get(of.root)
    kind = "percent" if of.in_percent else "points"
    if mean is not None and mean.number.text:
        yield say.paragraph(f"mean.{kind}", mean=mean.number, maximum=of.maximum(of.root))
    if len(ordered) > 1 and ordered[0]["lost"] != ordered[-1]["lost"]:
        most, least = (_at(ordered, row["lost"], say) for row in (ordered[0], ordered[-1]))
        lost = ordered[0].number("lost"), ordered[-1].number("lost")
        yield Paragraph(
            told(
                f"report.losses.extremes.{kind}",
                say.language,
                most=most,
                lost=lost[0],
                least=least,
                lost_least=lost[1],
            )
        )
    untold = [unit for unit in of.units if unit not in of.totals]
    if untold:
        names = say.listed([(of.round.names.unit(of.block, unit),) for unit in untold], MOST)
        yield say.paragraph("untold", units=names)


def _at(rows: Sequence[QuotedRow], lost: str, say: Saying) -> Text:
    """The units that lost so much."""
    return say.listed([(row["unit_name"],) for row in rows if row["lost"] == lost], 3)


def _most(of: BlockLosses, say: Saying) -> Iterator[Block]:
    """The nodes at which most was lost, with their agencies and targets."""
    key, name = f"table-losses-{of.block}", of.round.names.block(of.block)
    whole, first = of.means[of.root], of.nodes[:_FIRST]
    alike = {node.mean.units for node in first} == {whole.units}
    if not of.in_percent and alike and len(of.nodes) > _FIRST and whole.number.text:
        parts = summed([node.mean.number for node in first], "losses", of.block)
        decimals = of.round.output.percent_decimals
        share = share_of(parts, whole.number, decimals, "losses", of.block)
        named = say.listed([(f"{node.code} {of.round.names.node(node.code)}",) for node in first])
        yield say.paragraph("first", table=Reference(key), nodes=named, share=share)
    columns = [("code", 0.08), ("node", 0.0)]
    columns += [("mean", 0.12)] if of.in_percent else [("maximum", 0.08), ("mean", 0.1)]
    columns += [("agency", 0.16)] if any(node.lead for node in of.nodes) else []
    columns += [("coordinating", 0.18)] if any(node.coordinating for node in of.nodes) else []
    columns += [("below", 0.11)] if any(node.below_target for node in of.nodes) else []
    columns[1] = ("node", 1.0 - sum(share for _, share in columns))
    wanted = [name for name, _ in columns]
    rows = tuple(tuple(_cell(of, node, name, say) for name in wanted) for node in of.nodes[:MOST])
    kind = "percent" if of.in_percent else "points"
    note = say.text("note.differ") if any(_differs(node) for node in of.nodes[:MOST]) else ()
    caption = say.text(f"caption.{kind}", block=name)
    yield ReportTable(key, caption, say.columns(columns, _TEXTS), rows, note=note, wide=len(columns) > 5)


def _differs(node: NodeLoss) -> bool:
    """Whether units have different agencies at a node."""
    return not node.lead and any(row["lead_agency"] for row in node.rows)


def _cell(of: BlockLosses, node: NodeLoss, name: str, say: Saying) -> Text:
    cells: dict[str, Text] = {
        "code": (node.code,),
        "node": (of.round.names.node(node.code),),
        "maximum": (node.maximum,),
        "mean": (node.mean.number,),
        "agency": say.text("differs") if _differs(node) else (node.lead,),
        "coordinating": (node.coordinating,),
        "below": node.below_target,
    }
    return cells[name]


def _sums(of: BlockLosses, say: Saying) -> Iterator[Block]:
    """A table of each kind of sums."""
    whole = of.means[of.root]
    decimals = of.round.output.percent_decimals
    for by, sums in of.sums.items():
        rows: list[tuple[Text, ...]] = []
        for name, mean in sums:
            alike = mean.units == whole.units
            share = share_of(mean.number, whole.number if alike else _NOTHING, decimals, by, of.block, name)
            rows.append(((name[:1].upper() + name[1:],), (mean.number,), (share,)))
        columns = (
            ReportColumn(phrase(f"gaps.by.{by}", say.language), 0.6),
            *say.columns([("mean", 0.2), ("share", 0.2)], _TEXTS),
        )
        caption = say.text(f"caption.{by}", block=of.round.names.block(of.block))
        yield ReportTable(f"table-losses-{by}-{of.block}", caption, columns, tuple(rows))


#: No number at all.
_NOTHING = summed([])


# --- blocks of one or two units, whose means would tell one unit of the other ----------------------------------------------


def _of_units(of: BlockLosses, say: Saying) -> Iterator[Block]:
    """What each unit lost most."""
    for unit in of.totals:
        rows = [row for row in of.rows if row["unit_code"] == unit and row["order"]]
        rows.sort(key=lambda row: int(row["order"]))
        lost = [row for row in rows if Decimal(row["lost"]) > 0]
        name = of.round.names.unit(of.block, unit)
        if lost:
            yield _table_of_unit(of, unit, lost[:MOST], say)
        else:
            yield say.paragraph("nothing", unit=name)


def _table_of_unit(of: BlockLosses, unit: str, rows: Sequence[QuotedRow], say: Saying) -> ReportTable:
    columns = [
        ("code", 0.08),
        ("node", 0.0),
        *([] if of.in_percent else [("maximum", 0.09)]),
        ("value", 0.1),
        ("lost", 0.1),
    ]
    columns += [("target", 0.1), ("distance", 0.1)] if any(row["target"] for row in rows) else []
    columns += [("agency", 0.18)] if any(row["lead_agency"] for row in rows) else []
    columns[1] = ("node", 1.0 - sum(share for _, share in columns))
    wanted = [name for name, _ in columns]
    cells = tuple(tuple(_cell_of_unit(of, row, name) for name in wanted) for row in rows)
    kind = "percent" if of.in_percent else "points"
    caption = told(
        f"report.losses.caption.unit.{kind}", say.language, unit=of.round.names.unit(of.block, unit)
    )
    key = f"table-losses-{of.block}-{unit}"
    return ReportTable(key, caption, say.columns(columns, _TEXTS), cells, wide=len(columns) > 6)


def _cell_of_unit(of: BlockLosses, row: QuotedRow, name: str) -> Text:
    words = {"code": "node_code", "node": "node_name", "agency": "lead_agency"}
    if name == "maximum":
        return (of.maximum(row["node_code"]),)
    if name in words:
        return (row[words[name]],)
    number: Number = row.number(name)
    sign = f"{row['sign']} " if name == "target" and row["sign"] and row["target"] else ""
    return (sign, number) if sign else (number,)
