"""How questions were answered: the share of each answer, as bars from the lowest level to the highest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from surveys.definitions.instrument.records import Scale
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.html.markup import key_of
from surveys.reports.html.page_round import PageRound
from surveys.reports.html.tables import PageCell, PageHead, PageRow, PageTable
from surveys.vocabulary.levels import ALL_GROUPS

#: Colours from the lowest level to the highest: ``page.css`` has as many.
COLOURS = 7
_SHARE = "share%"


def answers(page: PageRound, block: str) -> Iterator[PageTable]:
    """A table for each scale of the questions of a block, in the order of the questionnaire."""
    rows = page.round_.quoted("answers")
    found: dict[str, dict[str, dict[str, QuotedRow]]] = {}
    instrument = page.round_.instrument
    for row in rows.by("block", "group").get((block, ALL_GROUPS), ()) if rows is not None else ():
        item = instrument.item.get(row["item_code"])
        if item is not None:
            of_scale = found.setdefault(item.scale, {})
            of_scale.setdefault(item.code, {})[row["level_code"]] = row
    for scale, items in found.items():
        yield _table(page, block, instrument.scale[scale], items)


def _table(
    page: PageRound, block: str, scale: Scale, items: Mapping[str, Mapping[str, QuotedRow]]
) -> PageTable:
    levels = [str(level.code) for level in scale.levels]
    order = [item.code for item in page.round_.instrument.items if item.code in items]
    words = {level: page.round_.names.level(order[0], level) for level in levels}
    shades = dict(zip(levels, shades_of(len(levels)), strict=True))
    return PageTable(
        anchor=f"answers-{block}-{scale.code}",
        source="answers",
        caption=page.said("page.answers.caption", block=page.round_.names.block(block)),
        heads=(
            PageHead(page.said("page.column.item"), sort="text"),
            *(PageHead(words[level], _SHARE, f"{level}|{ALL_GROUPS}", sort="number") for level in levels),
            PageHead(page.said("page.column.bars"), css="w"),
            PageHead(page.said("page.column.n_valid"), sort="number"),
        ),
        rows=tuple(
            PageRow(
                key_of((block, item)),
                f"{item} {page.round_.names.item(item)}",
                tuple(_cells(page, items[item], shades)),
            )
            for item in order
        ),
        css="answers",
        legend=tuple((f"s{shades[level]}", words[level]) for level in levels),
        note=page.said("page.answers.note"),
    )


def shades_of(levels: int) -> Sequence[int]:
    """The colours of so many levels, spread from the first to the last.

    >>> shades_of(5), shades_of(2), shades_of(1)
    ([0, 2, 3, 4, 6], [0, 6], [3])
    """
    if levels < 2:
        return [COLOURS // 2] * levels
    return [round(k * (COLOURS - 1) / (levels - 1)) for k in range(levels)]


def _cells(
    page: PageRound, levels: Mapping[str, QuotedRow], shades: Mapping[str, int]
) -> Iterator[PageCell | str]:
    decimals = page.round_.output.percent_decimals
    shares = {level: row.percent("share", decimals).text for level, row in levels.items()}
    told = next(iter(levels.values()))
    for level in shades:
        text = shares.get(level, "")
        yield page.read(text) if text else PageCell(page.absent(told) or page.read(""), "w")
    parts = [f"s{shade} {shares[level]}" for level, shade in shades.items() if shares.get(level)]
    yield PageCell("", "stack", ",".join(parts))
    place = key_of(("answers", *told.key, "n_valid"))
    yield PageCell(page.read(told["n_valid"]), place=place if told["n_valid"] else "")
