"""Groups of respondents beside each other: a dot for each with its interval, a row for each unit or field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from surveys.problems import phrase
from surveys.reports.analysis_report.parts import Number
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.figures.canvas import TALLEST, WIDTH, DrawingSheet, styled, text_width, tick_texts, ticks
from surveys.reports.figures.colours import GUIDE, MARKERS, SERIES
from surveys.reports.figures.drawn_round import DrawnRound, value
from surveys.reports.figures.league import MOST_NAMED, league_by_code
from surveys.reports.figures.rows import DrawnRows, all_sizes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMES, _LINE = 50.0, 4.2
#: The smallest row with a name on one line, and by how much rows shrink at most.
_SMALLEST, _SHRUNK = 3.1, 0.6


@dataclass(frozen=True)
class GroupDots:
    """``rows``: code → name; ``groups`` by code, in the order of the instrument; ``dots``: (row, group) → result and limits."""

    rows: dict[str, str]
    groups: list[str]
    dots: dict[tuple[str, str], tuple[Number, Number, Number]]


def group_dots(round_: DrawnRound, block: str, unit: str = "") -> GroupDots | None:
    """Units of a block by the results of the whole index, or fields of one ``unit``; None where there is nothing to compare."""
    if unit:
        fields = round_.children(block).get(round_.root(block), [])
        names = {code: f"{code}  {round_.names.node(code)}" for code in fields}
        rows = [row for row in round_.of_block("council-groups", block) if row["unit_code"] == unit]
        return _dots(round_, names, [(row["node_code"], row) for row in rows])
    units = league_by_code(round_, block)
    if len(units) > MOST_NAMED:
        return None
    root = round_.root(block)
    rows = [row for row in round_.of_block("council-groups", block) if row["node_code"] == root]
    return _dots(
        round_, {code: row.name for code, row in units.items()}, [(row["unit_code"], row) for row in rows]
    )


def _dots(
    round_: DrawnRound, names: dict[str, str], rows: Sequence[tuple[str, QuotedRow]]
) -> GroupDots | None:
    dots = {
        (code, row["group"]): (row.number("percent"), row.number("ci_low"), row.number("ci_high"))
        for code, row in rows
        if code in names and row["percent"]
    }
    present = {group for _, group in dots}
    groups = [group.code for group in round_.names.instrument.groups if group.code in present]
    shown = {code: name for code, name in names.items() if any((code, group) in dots for group in groups)}
    fits = len(shown) * max(_SMALLEST, _SHRUNK * _height(groups)) <= TALLEST
    return GroupDots(shown, groups, dots) if len(groups) > 1 and fits else None


def _height(groups: Sequence[str]) -> float:
    """Millimetres of a row with a dot for each group, in large letters."""
    return 1.3 * len(groups) + 0.6


def draw_groups(round_: DrawnRound, block: str, unit: str = "") -> Figure:
    """The figure of :func:`group_dots`."""
    with styled():
        found = group_dots(round_, block, unit)
        assert found is not None
        key = _key_places(round_, found.groups)
        top = _LINE * (max(line for line, _ in key) + 1) + 2
        sizes = all_sizes(list(found.rows.values()), _NAMES - 3, _height(found.groups))
        rows = next((r for r in sizes if r.total <= TALLEST - top - 10), sizes[-1])
        sheet = DrawingSheet(top + rows.total + 10)
        rows.name(sheet, top, _NAMES - 2)
        _key(sheet, round_, found.groups, key)
        _draw(sheet, round_, found, rows, top)
        return sheet.figure


def _draw(sheet: DrawingSheet, round_: DrawnRound, found: GroupDots, rows: DrawnRows, top: float) -> None:
    axes = sheet.rows(_NAMES, top, WIDTH - _NAMES - 4, rows.total)
    ends = [value(number) for dot in found.dots.values() for number in dot if number.text]
    at = ticks(min(ends), max(ends), 8)
    axes.set_xlim(at[0], at[-1])
    axes.set_xticks(at, tick_texts(at, round_.language))
    axes.grid(axis="x")
    axes.hlines(rows.tops[1:], at[0], at[-1], colors=GUIDE, linewidth=0.6, zorder=0)
    axes.set_xlabel(phrase("figures.percent_with_interval", round_.language, level=round_.level_shown))
    for k, group in enumerate(found.groups):
        colour, marker = SERIES[k % len(SERIES)], MARKERS[k % len(MARKERS)]
        placed = [
            (top_of + height * (k + 0.7) / (len(found.groups) + 0.4), found.dots[code, group])
            for top_of, height, code in zip(rows.tops, rows.heights, found.rows, strict=True)
            if (code, group) in found.dots
        ]
        spread = [(y, value(low), value(high)) for y, (_, low, high) in placed if low.text and high.text]
        if spread:
            y, low, high = zip(*spread, strict=True)
            axes.hlines(y, low, high, colors=colour, linewidth=0.9, zorder=2, label=f"interval {group}")
        x = [value(percent) for _, (percent, _, _) in placed]
        axes.plot(x, [y for y, _ in placed], marker, color=colour, ms=3.6, ls="", zorder=3, label=group)


def _key_places(round_: DrawnRound, groups: Sequence[str]) -> list[tuple[int, float]]:
    """The line and the place of each group in the key."""
    places, line, at = [], 0, 0.0
    for group in groups:
        needed = text_width(round_.names.group(group), 8) + 9
        if at and at + needed > WIDTH:
            line, at = line + 1, 0.0
        places.append((line, at))
        at += needed
    return places


def _key(
    sheet: DrawingSheet, round_: DrawnRound, groups: Sequence[str], places: Sequence[tuple[int, float]]
) -> None:
    for k, (group, (line, at)) in enumerate(zip(groups, places, strict=True)):
        y = _LINE * (line + 0.5)
        colour, marker = SERIES[k % len(SERIES)], MARKERS[k % len(MARKERS)]
        sheet.mark(at + 2, at + 2, y, marker=marker, color=colour, ms=4.5, ls="")
        sheet.text(at + 4.5, y, round_.names.group(group), fontsize=8)


def about_groups(round_: DrawnRound, block: str, unit: str = "") -> str:
    """What the figure shows, in words: the row in which the groups lie furthest apart."""
    found = group_dots(round_, block, unit)
    assert found is not None
    spans = {}
    for code in found.rows:
        told = {group: found.dots[code, group][0] for group in found.groups if (code, group) in found.dots}
        low, high = min(told, key=lambda g: value(told[g])), max(told, key=lambda g: value(told[g]))
        spans[code] = (value(told[high]) - value(told[low]), (high, told[high]), (low, told[low]))
    widest = max(spans, key=lambda code: spans[code][0])
    apart, (high, most), (low, least) = spans[widest]
    language = round_.language
    of = round_.names.unit(block, unit) if unit else round_.names.block(block)
    groups = ", ".join(round_.names.group(group) for group in found.groups)
    said = phrase("figures.about.groups", language, of=of, groups=groups)
    if apart > 0:
        shown = {"high": most.shown(language), "low": least.shown(language)}
        names = {"high_group": round_.names.group(high), "low_group": round_.names.group(low)}
        said += " " + phrase(
            "figures.about.furthest_apart", language, where=found.rows[widest], **shown, **names
        )
    return said
