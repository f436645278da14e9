"""Points lost as short tables for people: of one unit what it lost most and its sums, of many units a line each."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from surveys.analysis.lost_sums import SUMS_BY
from surveys.analysis.points_lost import in_order_of_loss
from surveys.gap_report import Gaps
from surveys.handover.gap_tables import GAP_SUMS, GAPS
from surveys.handover.official_columns import OfficialTable
from surveys.handover.result_frames import printed
from surveys.handover.words import words_of
from surveys.problems import Language, numbers_shown, phrase
from surveys.reports.summaries import Summary
from surveys.vocabulary.measures import PERCENT

#: Rows that are shown of one unit, and nodes that are named of each of many.
_MOST, _NAMED = 15, 3
_OF_UNIT = (
    "order",
    "node_code",
    "node_name",
    "maximum",
    "value",
    "lost",
    "share_of_loss",
    "change",
    "target",
    "distance",
)
_OF_SUM = ("sum_name", "leaves", "maximum", "value", "lost", "share_of_loss", "target", "distance")
_TEXTS = frozenset({"node_code", "node_name", "sum_name"})


def gap_summaries(gaps: Gaps, language: Language) -> Iterator[Summary]:
    """For each block: of its one unit what was lost most, and the sums; of several units the loss of each with the nodes at which
    it lost most."""
    blocks = words_of("block", gaps.instrument, language)
    for block, rows in gaps.nodes.groupby("block", sort=False):
        units = rows["unit_code"].unique()
        label = blocks.get(str(block), str(block)) or gaps.label
        if len(units) > 1:
            yield _of_block(gaps, rows, label, language)
        else:
            yield from _of_unit(gaps, rows, label, language)


def _of_unit(gaps: Gaps, rows: pd.DataFrame, label: str, language: Language) -> Iterator[Summary]:
    most = in_order_of_loss(rows[rows["lost"] > 0])
    named = rows["unit_name"].iloc[0] or label
    title = phrase("summary.gaps.unit", language, unit=named)
    yield _table(
        gaps, GAPS, most.head(_MOST), _OF_UNIT, (title, language), _remarks(gaps, rows, len(most), language)
    )
    sums = gaps.sums[(gaps.sums["block"] == rows["block"].iloc[0])]
    for by in SUMS_BY:
        shown = sums[sums["sum_by"] == by]
        if len(shown):
            yield _table(
                gaps, GAP_SUMS, shown, _OF_SUM, (phrase(f"summary.gaps.{by}", language), language), ()
            )


def _remarks(gaps: Gaps, rows: pd.DataFrame, number: int, language: Language) -> tuple[str, ...]:
    """The whole loss, and how many rows are not shown."""
    said = []
    texts = printed(GAPS, rows.head(1), gaps.tables.output)
    if texts["lost"][0]:
        said.append(phrase("summary.gaps.whole", language, node=texts["node_code"][0], lost=texts["lost"][0]))
    if set(rows["measure"]) == {PERCENT}:
        said.append(phrase("summary.gaps.percent", language))
    if number > _MOST:
        said.append(phrase("summary.gaps.more", language, more=number - _MOST))
    return tuple(said)


def _table(
    gaps: Gaps,
    table: OfficialTable,
    rows: pd.DataFrame,
    names: tuple[str, ...],
    title: tuple[str, Language],
    remarks: tuple[str, ...],
) -> Summary:
    """The columns of a table that hold anything."""
    texts = printed(table, rows, gaps.tables.output)
    if "target" in texts:
        texts = {**texts, "target": [f"{s}{t}" for s, t in zip(texts["sign"], texts["target"], strict=True)]}
    held = [name for name in names if any(texts[name])]
    headings = tuple(table.column[name].heading(title[1]) for name in held)
    lines = tuple(zip(*(texts[name] for name in held), strict=True))
    return Summary(title[0], headings, tuple(name not in _TEXTS for name in held), lines, remarks)


def _of_block(gaps: Gaps, rows: pd.DataFrame, label: str, language: Language) -> Summary:
    """One line a unit, the largest loss first: what it lost in all, and where most."""
    totals = rows.groupby("unit_code", sort=False).head(1)
    totals = totals.sort_values("lost", ascending=False, kind="stable", na_position="last")
    texts = printed(GAPS, totals, gaps.tables.output)
    most = in_order_of_loss(rows[rows["lost"] > 0])
    named = most[most["order"] <= _NAMED]
    lost = printed(GAPS, named, gaps.tables.output)["lost"]
    of_unit: dict[str, list[str]] = {}
    for unit, node, text in zip(named["unit_code"], named["node_code"], lost, strict=True):
        of_unit.setdefault(unit, []).append(f"{node} −{numbers_shown(text, language)}")
    ranges = [
        f"{low} – {high}" if low else ""
        for low, high in zip(texts["lost_low"], texts["lost_high"], strict=True)
    ]
    columns = {
        GAPS.column["rank"].heading(language): texts["rank"],
        GAPS.column["unit_name"].heading(language): texts["unit_name"],
        GAPS.column["lost"].heading(language): texts["lost"],
        phrase("summary.interval", language): ranges,
        GAPS.column["distance"].heading(language): texts["distance"],
        phrase("summary.gaps.most", language): [
            "; ".join(of_unit.get(unit, ())) for unit in totals["unit_code"]
        ],
    }
    held = {heading: cells for heading, cells in columns.items() if any(cells)}
    last = phrase("summary.gaps.most", language)
    numeric = tuple(h not in (GAPS.column["unit_name"].heading(language), last) for h in held)
    lines = tuple(zip(*held.values(), strict=True))
    return Summary(phrase("summary.gaps.block", language, block=label), tuple(held), numeric, lines)
