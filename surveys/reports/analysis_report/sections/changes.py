"""Changes since the earlier round: which are beyond what chance explains, which are not, and what cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from surveys.handover.words import engine_words
from surveys.reports.analysis_report.block_changes import VERDICTS, BlockChanges, Changed, of_verdict
from surveys.reports.analysis_report.parts import Block, Heading, Paragraph, ReportFigure, ReportTable, Text
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.worked_out import counted
from surveys.reports.unit_changes import Verdict
from surveys.vocabulary.levels import TOTAL

#: Units that are named in a sentence or a cell; the others are counted.
NAMED = 8
_IN_CELL = 4
#: What units that changed for certain did, and whether the lowest change comes first.
_DIRECTIONS: tuple[tuple[Verdict, bool], ...] = (("up", False), ("down", True))
_TEXTS = frozenset({"unit", "verdict", "code", "node", "units_up", "units_down", "interval", "ranks"})
_TOTALS = (
    ("unit", 0.26), ("old", 0.09), ("new", 0.09), ("change", 0.1), ("interval", 0.16), ("verdict", 0.14), ("ranks", 0.16),
)  # fmt: skip
_NODES = (
    ("code", 0.08), ("node", 0.3), ("up", 0.08), ("down", 0.08), ("chance", 0.1), ("units_up", 0.18), ("units_down", 0.18),
)  # fmt: skip


def changes(round_: ReportedRound) -> Iterator[Block]:
    """The section about changes; nothing where there is no earlier round."""
    say = Saying("report.changes", round_.language)
    if round_.not_compared:
        yield say.paragraph("refused", why=round_.not_compared)
    if round_.quoted("changes") is None:
        return
    yield say.paragraph("intro", previous=round_.previous)
    for block in round_.blocks:
        of = BlockChanges(round_, block)
        if of.rows:
            yield Heading(2, round_.names.block(block), f"heading-changes-{block}")
            yield from _of_block(of, say)


def _of_block(of: BlockChanges, say: Saying) -> Iterator[Block]:
    figure = f"changes-{of.block}"
    for part in of.parts:
        yield from _told(of, part, say)
        if part == of.parts[0] and figure in of.round.figures:
            yield ReportFigure(figure, say.text("figure", block=of.round.names.block(of.block)))
        yield _totals(of, part, say)
    if not of.parts:
        yield say.paragraph("no_total")
    yield from _ranks(of, say)
    yield from _nodes(of, say)
    yield from _not_compared(of, say)


def _of_part(of: BlockChanges, part: str) -> str:
    """What a part of the index is called, where several are compared."""
    return engine_words("part", of.round.language)[part] if len(of.parts) > 1 else ""


def _told(of: BlockChanges, part: str, say: Saying) -> Iterator[Block]:
    """How many units went up, down, and neither; the names of those that did."""
    compared = [one for one in of.totals(part) if one.row["change"]]
    counts = {
        verdict: counted(len(found), verdict, of.block, part)
        if (found := of_verdict(compared, verdict))
        else ""
        for verdict in VERDICTS
    }
    units = counted(len(compared), "compared", of.block, part)
    clear = "clear" if counts["up"] or counts["down"] else "no_clear"
    words = _of_part(of, part)
    yield say.paragraph(clear, part=words[:1].upper() + words[1:], units=units, **counts)
    for verdict, falls in _DIRECTIONS:
        found = sorted(of_verdict(compared, verdict), key=_size, reverse=not falls)
        if found:
            yield say.paragraph(
                f"named.{verdict}", units=say.listed([_named(of, one, say) for one in found], NAMED)
            )


def _size(one: Changed) -> Decimal:
    return Decimal(one.row["change"])


def _named(of: BlockChanges, one: Changed, say: Saying) -> Text:
    name = of.round.names.unit(of.block, one.row["unit_code"])
    return say.text("unit", unit=name, change=one.percent("change"))


def _totals(of: BlockChanges, part: str, say: Saying) -> ReportTable:
    """A row of every unit: both results, the change with its interval, what may be said of it, and the ranks."""
    found = of.totals(part)
    ranked = any(one.row["rank_old"] or one.row["rank_new"] for one in found)
    columns = [(name, share) for name, share in _TOTALS if ranked or name != "ranks"]
    columns[0] = ("unit", columns[0][1] + 1.0 - sum(share for _, share in columns))
    rows = tuple(tuple(_cell(of, one, name, say) for name, _ in columns) for one in found)
    caption = say.text("caption.totals", block=of.round.names.block(of.block), part=_of_part(of, part))
    key = f"table-changes-{of.block}" if part == of.parts[0] else f"table-changes-{part}-{of.block}"
    whole = say.text("note.whole") if part == TOTAL else ()
    note = say.text("note.totals", whole=whole, ranks=say.text("note.ranks") if ranked else ())
    return ReportTable(key, caption, say.columns(columns, _TEXTS), rows, note=note, wide=ranked)


def _cell(of: BlockChanges, one: Changed, name: str, say: Saying) -> Text:
    if name == "unit":
        return (of.round.names.unit(of.block, one.row["unit_code"]),)
    if name == "interval":
        return (
            say.text("interval", low=one.percent("ci_low"), high=one.percent("ci_high"))
            if one.row["ci_low"]
            else ()
        )
    if name == "verdict":
        return say.text(f"verdict.{one.verdict if one.row['change'] else 'none'}")
    if name == "ranks":
        return _ranks_of(one, say)
    return (one.percent({"old": "score_old", "new": "score_new", "change": "change"}[name]),)


def _ranks_of(one: Changed, say: Saying) -> Text:
    """Both ranks, and the limits of their change."""
    row = one.row
    if not (row["rank_old"] or row["rank_new"]):
        return ()
    low, high = (row.number(f"rank_change_{end}", sign=True) for end in ("low", "high"))
    return say.text("ranks", old=(row.number("rank_old"),), new=(row.number("rank_new"),), low=low, high=high)


def _ranks(of: BlockChanges, say: Saying) -> Iterator[Block]:
    """The units whose rank changed for certain, whatever the error of both rounds."""
    rows = [one for part in of.parts[:1] for one in of.totals(part) if one.row["rank_change_low"]]
    better = [one for one in rows if int(one.row["rank_change_low"]) > 0]
    worse = [one for one in rows if int(one.row["rank_change_high"]) < 0]
    if not rows:
        return
    names = {
        name: say.listed([_moved(of, one, say) for one in found], NAMED)
        for name, found in (("better", better), ("worse", worse))
    }
    for name, text in names.items():
        if text:
            yield say.paragraph(f"rank.{name}", units=text)
    left = len(rows) - len(better) - len(worse)
    if left and len(left_names := better + worse):
        yield say.paragraph("rank.others", units=counted(left, "rank_open", of.block, str(len(left_names))))
    elif left:
        yield say.paragraph("rank.none")


def _moved(of: BlockChanges, one: Changed, say: Saying) -> Text:
    name = of.round.names.unit(of.block, one.row["unit_code"])
    return say.text("rank.unit", unit=name, old=one.row.number("rank_old"), new=one.row.number("rank_new"))


def _nodes(of: BlockChanges, say: Saying) -> Iterator[Block]:
    """The fields and sub-criteria at which some unit changed by more than chance; how many there are at which none did."""
    clear = {
        node: rows for node, rows in of.nodes.items() if of_verdict(rows, "up") or of_verdict(rows, "down")
    }
    others = len(of.nodes) - len(clear)
    if clear:
        rows = tuple(tuple(_cells_of_node(of, node, found, say)) for node, found in clear.items())
        caption = say.text("caption.nodes", block=of.round.names.block(of.block))
        columns = say.columns(_NODES, _TEXTS)
        yield ReportTable(
            f"table-changes-nodes-{of.block}", caption, columns, rows, note=say.text("note.nodes"), wide=True
        )
    if others:
        told = "others" if clear else "no_node"
        yield say.paragraph(f"nodes.{told}", nodes=counted(others, "nodes_without_change", of.block))


def _cells_of_node(of: BlockChanges, node: str, rows: Sequence[Changed], say: Saying) -> Iterator[Text]:
    yield (node,)
    yield (of.round.names.node(node),)
    for verdict in VERDICTS[:3]:
        yield (counted(len(of_verdict(rows, verdict)), verdict, of.block, node),)
    for verdict, falls in _DIRECTIONS:
        found = sorted(of_verdict(rows, verdict), key=_size, reverse=not falls)
        yield say.listed([_named(of, one, say) for one in found], _IN_CELL)


def _not_compared(of: BlockChanges, say: Saying) -> Iterator[Block]:
    """Nodes and units that are not compared, by the reason."""
    nodes = [
        say.text(
            "reason", why=why, those=say.listed([(f"{code} {of.round.names.node(code)}",) for code in codes])
        )
        for why, codes in of.nodes_not_compared()
    ]
    parts = of.parts[:1] or tuple(dict.fromkeys(one.row["part"] for one in of.rows))[:1]
    units = [
        say.text(
            "reason",
            why=why,
            those=say.listed([(of.round.names.unit(of.block, one.row["unit_code"]),) for one in found]),
        )
        for part in parts
        for why, found in of.units_not_compared(part)
    ]
    for name, found in (("nodes", nodes), ("units", units)):
        if found:
            yield say.paragraph(f"not_compared.{name}")
            for text in found:
                yield Paragraph(text, "bullet")
