"""How people answered: the shares of each answer to the questions of the index and to those that enter no index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import count
from typing import Literal

from surveys.definitions.instrument.records import Item
from surveys.handover.rounding import exact_texts
from surveys.handover.words import label_of
from surveys.reports.analysis_report.parts import (
    WORKED_OUT,
    Block,
    Number,
    NumberSource,
    Paragraph,
    ReportColumn,
    ReportFigure,
    ReportTable,
    Text,
)
from surveys.reports.analysis_report.quoting import IN_PERCENT, QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.sections.answered_items import AnsweredItems, of_one_scale
from surveys.reports.analysis_report.sections.answers_by_group import answers_by_group
from surveys.reports.analysis_report.told import joined
from surveys.reports.analysis_report.worked_out import counted
from surveys.vocabulary.levels import ALL_GROUPS

#: Answers that stand beside each other in a table; of more they stand one below the other.
_ACROSS = 5
#: Questions that are named for most and for fewest satisfied answers, and contents that are named first.
_NAMED = 3
#: Shares of a table's width.
_COUNT, _INTERVAL, _OF_LEVELS = 0.1, 0.18, 0.5


def answers(round_: ReportedRound) -> Iterator[Block]:
    """The section about single questions; nothing where the round has no table of answers."""
    table = round_.quoted("answers")
    if table is None:
        return
    say = Saying("report.answers", round_.language)
    yield say.paragraph("intro")
    by_block = table.by("block")
    blocks = [block for block in round_.blocks if (block,) in by_block]
    for block in blocks:
        if len(blocks) > 1:
            yield say.heading("block", block=round_.names.block(block))
        yield from _of_block(AnsweredItems(round_, block, by_block[block,]), 3 if len(blocks) > 1 else 2, say)


def _of_block(found: AnsweredItems, level: Literal[2, 3], say: Saying) -> Iterator[Block]:
    names, block = found.round_.names, found.block
    if found.scored:
        yield say.heading("scored", level)
        yield from _extremes(found, say)
        yield from _figures(found, say)
        scales = of_one_scale(found.scored)
        for k, alike in enumerate(scales):
            title = names.block(block)
            if len(scales) > 1:
                title = say.words(
                    "of_scale", block=title, scale=_scale_name(found, alike[0]), number=str(k + 1)
                )
            yield from _tables(found, alike, f"{block}-part-{k + 1}" if k else block, title, say)
        yield from answers_by_group(found, say)
    for node, items in found.beside.items():
        title = names.node(node) if node else say.words("of_no_node")
        yield say.heading("beside", level, node=title)
        for k, alike in enumerate(of_one_scale(items)):
            key = f"{block}-of-{node}" + (f"-part-{k + 1}" if k else "")
            yield from _most_chosen(found, alike, say)
            yield from _tables(found, alike, key, title, say)
    if found.hidden:
        yield say.paragraph("hidden", items=counted(len(found.hidden), "items", "hidden", block))


def _scale_name(found: AnsweredItems, item: Item) -> str:
    return label_of(found.scale(item), found.round_.language)


def _figures(found: AnsweredItems, say: Saying) -> Iterator[Block]:
    """The figures of a block: one or, of many questions, several."""
    name = found.round_.names.block(found.block)
    for page in count(1):
        key = f"answers-{found.block}" + (f"-{page}" if page > 1 else "")
        if key not in found.round_.figures:
            return
        yield ReportFigure(key, say.text("figure" if page == 1 else "figure_more", block=name))


# --- tables ----------------------------------------------------------------------------------------------------------------


def _tables(
    found: AnsweredItems, items: Sequence[Item], key: str, title: str, say: Saying
) -> Iterator[ReportTable]:
    """The shares of each answer to questions of one scale."""
    if len(found.levels(items[0])) > _ACROSS:
        for k, item in enumerate(items):
            yield _down(found, item, f"table-answers-{key}" + (f"-item-{k + 1}" if k else ""), say)
        return
    yield _across(found, items, f"table-answers-{key}", title, say)


def _across(found: AnsweredItems, items: Sequence[Item], key: str, title: str, say: Saying) -> ReportTable:
    """Questions below each other, nodes above theirs where there are several; their answers across."""
    levels = found.levels(items[0])
    width = min(0.15, _OF_LEVELS / len(levels))
    columns = [
        ReportColumn(say.words("column.item"), 1.0 - _COUNT - width * len(levels)),
        *(
            ReportColumn(found.round_.names.level(items[0].code, str(one.code)), width, True)
            for one in levels
        ),
        ReportColumn(say.words("column.n_valid"), _COUNT, True),
    ]
    rows: list[tuple[Text, ...]] = []
    bold: set[int] = set()
    has_nodes = len({item.node for item in items}) > 1
    for before, item in zip((None, *items[:-1]), items, strict=True):
        if has_nodes and item.node and (before is None or before.node != item.node):
            bold.add(len(rows))
            name = f"{item.node}. {found.round_.names.node(item.node)}"
            rows.append(((name,), *(() for _ in columns[1:])))
        of_levels = found.over_groups(item)
        cells = [found.share(of_levels.get(str(one.code))) for one in levels]
        n = next((row.number("n_valid") for row in of_levels.values()), None)
        rows.append(((found.named(item),), *(() if cell is None else (cell,) for cell in (*cells, n))))
    caption = say.text("table", title=title)
    return ReportTable(key, caption, tuple(columns), tuple(rows), frozenset(bold), say.text("in_percent"))


def _down(found: AnsweredItems, item: Item, key: str, say: Saying) -> ReportTable:
    """The answers to one question below each other."""
    rows: list[tuple[Text, ...]] = []
    for level in found.levels(item):
        row = found.over_groups(item).get(str(level.code))
        share, low, high = (found.share(row, name) for name in ("share", "ci_low", "ci_high"))
        if share is not None and low is not None and high is not None:
            interval: Text = (low, "–", high) if low.text and high.text else ()
            rows.append(((found.round_.names.level(item.code, str(level.code)),), (share,), interval))
    columns = (
        ReportColumn(say.words("column.answer"), 1.0 - 2 * _INTERVAL),
        ReportColumn(say.words("column.share"), _INTERVAL, True),
        ReportColumn(say.words("column.interval"), _INTERVAL, True),
    )
    n = next((row.number("n_valid") for row in found.over_groups(item).values()), "")
    return ReportTable(
        key,
        say.text("table_item", item=found.named(item)),
        columns,
        tuple(rows),
        note=say.text("of_forms", n=n),
    )


# --- sentences -------------------------------------------------------------------------------------------------------------


def _extremes(found: AnsweredItems, say: Saying) -> Iterator[Paragraph]:
    """The questions of the most usual scale with the largest and the smallest shares of satisfied answers; those whose scale is
    turned aside."""
    kinds = [
        items
        for items in of_one_scale([item for item in found.scored if not item.reverse])
        if found.scale(items[0]).kind == "ordinal" and any(one.satisfied for one in found.levels(items[0]))
    ]
    items: Sequence[Item] = max(kinds, key=len, default=[])
    shares = [(item, share) for item in items if (share := _satisfied(found, item)).text]
    if len(shares) < 2 * _NAMED:
        return
    shares.sort(key=lambda pair: -Decimal(pair[1].text))
    first = items[0]
    levels = [
        (f"“{found.round_.names.level(first.code, str(one.code))}”",)
        for one in found.levels(first)
        if one.satisfied
    ]
    yield say.paragraph("satisfied", levels=say.listed(levels))
    for code, named in (("most", shares[:_NAMED]), ("fewest", shares[: -_NAMED - 1 : -1])):
        told = [say.text("item_share", item=found.named(item), share=share) for item, share in named]
        yield say.paragraph(code, "bullet", items=joined(*told, by="; "))


def _satisfied(found: AnsweredItems, item: Item) -> Number:
    """The share of the satisfied answers to a question, the sum of what is printed of them; empty where one is not told."""
    rows = found.over_groups(item)
    texts = [
        rows[str(one.code)]["share"] if str(one.code) in rows else ""
        for one in found.levels(item)
        if one.satisfied
    ]
    source = NumberSource(
        WORKED_OUT, ("sum", "answers", found.block, item.code, ALL_GROUPS), f"share{IN_PERCENT}"
    )
    if not all(texts):
        return Number("", source)
    (text,) = exact_texts([100 * sum(map(Decimal, texts), Decimal())], found.round_.output.percent_decimals)
    return Number(text, source)


def _most_chosen(found: AnsweredItems, items: Sequence[Item], say: Saying) -> Iterator[Paragraph]:
    """Which answer to one question is given most often, or of several questions of one scale which are answered most often by its
    last level; which of them is first is said only where the intervals leave no doubt."""
    if len(items) > 1:
        last = str(found.levels(items[0])[-1].code)
        told = [(found.named(item), found.over_groups(item).get(last)) for item in items]
        level = found.round_.names.level(items[0].code, last)
    else:
        rows = found.over_groups(items[0])
        told = [(found.round_.names.level(items[0].code, code), row) for code, row in rows.items()]
        level = ""
    known = [(name, row) for name, row in told if row is not None and row["share"]]
    if len(known) < _NAMED:
        return
    known.sort(key=lambda pair: -Decimal(pair[1]["share"]))
    digits = found.round_.output.percent_decimals
    shown = [
        say.text("item_share", item=name, share=row.percent("share", digits)) for name, row in known[:_NAMED]
    ]
    code = "most_chosen_level" if level else "most_chosen"
    doubt = () if _is_first(known[0][1], [row for _, row in known[1:]]) else say.text("no_first")
    said = say.text(code, level=level, items=joined(*shown, by="; "))
    yield Paragraph(joined(said, doubt, by=" "))


def _is_first(first: QuotedRow, others: Sequence[QuotedRow]) -> bool:
    """Whether the interval of the largest share lies above all others."""
    low = first["ci_low"]
    return bool(low) and all(row["ci_high"] and Decimal(row["ci_high"]) < Decimal(low) for row in others)
