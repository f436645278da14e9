"""Questions to which groups of respondents give an answer unequally often, by more than their intervals leave open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from surveys.definitions.instrument.records import Item
from surveys.reports.analysis_report.parts import Block, ReportTable, Text
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.sections.answered_items import AnsweredItems
from surveys.reports.analysis_report.worked_out import counted
from surveys.vocabulary.levels import ALL_GROUPS

#: Questions that are listed, those whose intervals are farthest apart.
_LISTED = 10
_COLUMNS = (
    ("item", 0.32),
    ("answer", 0.16),
    ("higher", 0.16),
    ("higher_share", 0.1),
    ("lower", 0.16),
    ("lower_share", 0.1),
)
_TEXTS = frozenset({"item", "answer", "higher", "lower"})


@dataclass(frozen=True)
class _Apart:
    """An answer that one group gives more often than another: ``gap`` between their intervals."""

    item: Item
    higher: QuotedRow
    lower: QuotedRow
    gap: Decimal


def answers_by_group(found: AnsweredItems, say: Saying) -> Iterator[Block]:
    """How many questions of several groups have an answer whose intervals do not meet in two groups, and which; nothing where no
    question is asked in several groups."""
    several = [item for item in found.scored if len(_groups(found, item)) > 1]
    if not several:
        return
    apart = [most for item in several if (most := _farthest(found, item)) is not None]
    apart.sort(key=lambda one: -one.gap)
    numbers = {
        "asked": counted(len(several), "items", "several-groups", found.block),
        "apart": counted(len(apart), "items", "groups-apart", found.block),
    }
    if not apart:
        yield say.paragraph("groups_alike", asked=numbers["asked"])
        return
    yield say.paragraph("groups_apart", **numbers)
    caption = say.text("table_groups", block=found.round_.names.block(found.block))
    rows = tuple(_row(found, one) for one in apart[:_LISTED])
    listed = counted(len(rows), "items", "listed", found.block) if len(apart) > _LISTED else ""
    key = f"table-answers-groups-{found.block}"
    yield ReportTable(
        key, caption, say.columns(_COLUMNS, _TEXTS), rows, note=say.text("groups_note", listed=listed)
    )


def _groups(found: AnsweredItems, item: Item) -> list[str]:
    return [group for group in found.by_item[item.code] if group != ALL_GROUPS]


def _farthest(found: AnsweredItems, item: Item) -> _Apart | None:
    """The answer whose intervals are farthest apart in two groups; None where all of them meet."""
    best: _Apart | None = None
    for level in found.levels(item):
        rows = [of_group.get(str(level.code)) for of_group in _of_groups(found, item)]
        told = [row for row in rows if row is not None and row["ci_low"] and row["ci_high"]]
        if len(told) < 2:
            continue
        higher = max(told, key=lambda row: Decimal(row["ci_low"]))
        lower = min(told, key=lambda row: Decimal(row["ci_high"]))
        gap = Decimal(higher["ci_low"]) - Decimal(lower["ci_high"])
        if gap > 0 and (best is None or gap > best.gap):
            best = _Apart(item, higher, lower, gap)
    return best


def _of_groups(found: AnsweredItems, item: Item) -> list[dict[str, QuotedRow]]:
    return [dict(found.by_item[item.code][group]) for group in _groups(found, item)]


def _row(found: AnsweredItems, one: _Apart) -> tuple[Text, ...]:
    names, digits = found.round_.names, found.round_.output.percent_decimals
    return (
        (found.named(one.item),),
        (names.level(one.item.code, one.higher["level_code"]),),
        (names.group(one.higher["group"]),),
        (one.higher.percent("share", digits),),
        (names.group(one.lower["group"]),),
        (one.lower.percent("share", digits),),
    )
