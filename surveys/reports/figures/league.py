"""The league of a block: results with their intervals, and the ranks that cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surveys.problems import phrase
from surveys.reports.analysis_report.parts import Number
from surveys.reports.figures.canvas import (
    TALLEST,
    WIDTH,
    DrawingSheet,
    apart,
    styled,
    tick_texts,
    ticks,
    wrapped,
)
from surveys.reports.figures.colours import BEHIND, GUIDE, INK, MAIN, STANDS_OUT, WHITE
from surveys.reports.figures.drawn_round import DrawnRound, value
from surveys.reports.figures.rows import DrawnRows, rows_of
from surveys.vocabulary.statuses import PROVISIONAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Above so many units they are drawn without their names.
MOST_NAMED = 70
_LEAST = 5.0
#: Millimetres of the labels of quartiles, and the height of the axes, where units are many.
_LABELS, _TALL = 26.0, 82.0


@dataclass(frozen=True)
class LeagueRow:
    """A unit of the league; numbers as printed."""

    name: str
    status: str
    percent: Number
    low: Number
    high: Number
    rank: Number
    rank_low: Number
    rank_high: Number

    @property
    def told(self) -> bool:
        """Whether a result of the unit is published."""
        return bool(self.percent.text)

    @property
    def spread(self) -> bool:
        """Whether its result has an interval."""
        return bool(self.told and self.low.text and self.high.text)

    @property
    def has_ranks(self) -> bool:
        """Whether the unit has a rank and a set of ranks."""
        return bool(self.rank.text and self.rank_low.text and self.rank_high.text)


def league_by_code(round_: DrawnRound, block: str) -> dict[str, LeagueRow]:
    """The units of a block by rank, then those without a rank, last those whose result is not published."""
    names = ("percent", "ci_low", "ci_high", "rank", "rank_low", "rank_high")
    rows = {
        row["unit_code"]: LeagueRow(
            round_.names.unit(block, row["unit_code"]), row["status"], *(row.number(name) for name in names)
        )
        for row in round_.of_block("council-units", block)
    }
    return dict(sorted(rows.items(), key=lambda of_code: _order(of_code[1])))


def _order(unit: LeagueRow) -> tuple[bool, int, float]:
    return (not unit.told, int(unit.rank.text or 10**9), -value(unit.percent) if unit.told else 0.0)


def league_rows(round_: DrawnRound, block: str) -> list[LeagueRow]:
    """The units as :func:`league_by_code` orders them."""
    return list(league_by_code(round_, block).values())


def has_league(round_: DrawnRound, block: str) -> bool:
    """Whether any unit of the block has a published result."""
    return any(row.told for row in league_rows(round_, block))


def draw_league(round_: DrawnRound, block: str) -> Figure:
    """The figure of a block that :func:`has_league`."""
    with styled():
        units = league_rows(round_, block)
        names = [unit.name for unit in units]
        rows = rows_of(names, 46, _LEAST, TALLEST - 21) if len(units) <= MOST_NAMED else None
        if rows is None:
            return _many(round_, [unit for unit in units if unit.told])
        return _named(round_, units, rows)


def _named(round_: DrawnRound, units: Sequence[LeagueRow], rows: DrawnRows) -> Figure:
    top, tells = 7.0, any(unit.has_ranks for unit in units)
    marked = any(unit.told and unit.status == PROVISIONAL for unit in units)
    sheet = DrawingSheet(top + rows.total + (14 if marked else 10))
    rows.name(sheet, top, 46, [INK if unit.told else BEHIND for unit in units])
    results = sheet.rows(48, top, 52 if tells else 92, rows.total)
    _intervals(results, round_, units, rows)
    _percents(sheet, round_, units, rows, (top, 114 if tells else 155))
    if tells:
        ranks = sheet.rows(118, top, 22, rows.total)
        _rank_sets(sheet, ranks, round_, units, rows, top)
    if marked:
        _provisional(sheet, round_)
    return sheet.figure


def _intervals(axes: Axes, round_: DrawnRound, units: Sequence[LeagueRow], rows: DrawnRows) -> None:
    """Points with their intervals, one unit a row."""
    told = [(unit, y) for unit, y in zip(units, rows.middles, strict=True) if unit.told]
    _scale(axes, round_, [unit for unit, _ in told])
    axes.hlines(rows.middles, *axes.get_xlim(), colors=GUIDE, linewidth=0.5, zorder=0)
    spread = [(value(u.low), value(u.high), y) for u, y in told if u.spread]
    if spread:
        low, high, y = zip(*spread, strict=True)
        axes.hlines(y, low, high, colors=MAIN, linewidth=1.6, zorder=2, label="interval")
    for provisional in (False, True):
        of_kind = [(value(u.percent), y) for u, y in told if (u.status == PROVISIONAL) == provisional]
        if of_kind:
            x, y = zip(*of_kind, strict=True)
            fill = WHITE if provisional else MAIN
            axes.plot(x, y, "o", ms=4.2, mfc=fill, mec=MAIN, mew=1.1, ls="", zorder=3, label="result")


def _scale(axes: Axes, round_: DrawnRound, told: Sequence[LeagueRow]) -> None:
    """An axis of percent that holds every result and interval, and 0 to 100 at most."""
    ends = [value(number) for unit in told for number in (unit.percent, unit.low, unit.high) if number.text]
    at = ticks(min(ends), max(ends), 5)
    axes.set_xlim(at[0], at[-1])
    axes.set_xticks(at, tick_texts(at, round_.language))
    axes.grid(axis="x")
    level = round_.level_shown
    axes.set_xlabel(phrase("figures.percent_with_interval", round_.language, level=level))


def _percents(
    sheet: DrawingSheet,
    round_: DrawnRound,
    units: Sequence[LeagueRow],
    rows: DrawnRows,
    at: tuple[float, float],
) -> None:
    """The printed percentages, a column of text that begins at the height and ends at the width ``at``."""
    top, right = at
    sheet.text(right, top - 4, "%", ha="right", fontweight="bold", fontsize=8)
    hidden = phrase("figures.not_published", round_.language)
    for unit, middle in zip(units, rows.middles, strict=True):
        if unit.told:
            sheet.text(
                right, top + middle, unit.percent.shown(round_.language), ha="right", fontsize=rows.size
            )
        else:
            sheet.text(50, top + middle, hidden, fontsize=min(rows.size, 7.5), color=BEHIND, style="italic")


def _rank_sets(
    sheet: DrawingSheet,
    axes: Axes,
    round_: DrawnRound,
    units: Sequence[LeagueRow],
    rows: DrawnRows,
    top: float,
) -> None:
    """The ranks that each unit may have, as a bar and as text."""
    ranked = [(unit, y) for unit, y in zip(units, rows.middles, strict=True) if unit.has_ranks]
    most = max(int(unit.rank_high.text) for unit, _ in ranked)
    axes.set_xlim(0.2, most + 0.8)
    axes.set_xticks(sorted({1, (most + 1) // 2, most}))
    axes.hlines(rows.middles, *axes.get_xlim(), colors=GUIDE, linewidth=0.5, zorder=0)
    lows, highs = (
        [int(n.text) for n in numbers]
        for numbers in zip(*((u.rank_low, u.rank_high) for u, _ in ranked), strict=True)
    )
    y = [middle for _, middle in ranked]
    width = min(2.4, min(rows.heights) * 0.55) * 72 / 25.4
    axes.hlines(
        y,
        np.subtract(lows, 0.45),
        np.add(highs, 0.45),
        colors="#A9CAE4",
        linewidth=width,
        zorder=1,
        label="ranks",
    )
    axes.plot([int(u.rank.text) for u, _ in ranked], y, "|", color=INK, ms=5, mew=1.4, zorder=2, label="rank")
    axes.set_xlabel(phrase("figures.rank", round_.language))
    heading = phrase("figures.rank_and_set", round_.language)
    sheet.text(WIDTH, top - 4, heading, ha="right", fontweight="bold", fontsize=8)
    for unit, middle in ranked:
        sheet.text(WIDTH, top + middle, rank_text(round_, unit), ha="right", fontsize=rows.size)


def rank_text(round_: DrawnRound, unit: LeagueRow) -> str:
    """A rank with its set: ``5 (4–6)``."""
    low, high = (number.shown(round_.language) for number in (unit.rank_low, unit.rank_high))
    return f"{unit.rank.shown(round_.language)} ({low}–{high})"


def _provisional(sheet: DrawingSheet, round_: DrawnRound) -> None:
    """What an open marker says, at the foot."""
    sheet.mark(50, 50, sheet.height - 2.5, marker="o", ms=4.2, mfc=WHITE, mec=MAIN, mew=1.1, ls="")
    sheet.text(52.5, sheet.height - 2.5, phrase("figures.provisional", round_.language), fontsize=7.5)


def _many(round_: DrawnRound, units: Sequence[LeagueRow]) -> Figure:
    """Sorted intervals of many units, quartiles of the results as lines, the first and the last unit by name."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    sheet = DrawingSheet(105)
    axes = sheet.axes(16, 8, WIDTH - 16 - _LABELS, _TALL)
    results = np.array([value(unit.percent) for unit in units])
    order = np.argsort(-results, kind="stable")
    x = np.arange(1, len(units) + 1)
    spread = [
        (k, value(units[place].low), value(units[place].high))
        for k, place in zip(x.tolist(), order.tolist(), strict=True)
        if units[place].spread
    ]
    ends = [*results.tolist(), *(end for _, *both in spread for end in both)]
    at = ticks(min(ends), max(ends))
    if spread:
        points = np.array([(k, end) for k, *both in spread for end in both])
        strokes = np.tile([Path.MOVETO, Path.LINETO], len(spread))
        axes.add_patch(PathPatch(Path(points, strokes), ec="#74A9D2", fc="none", lw=0.6, label="interval"))
    axes.plot(x, results[order], color=MAIN, lw=1.6, label="result")
    axes.set_xlim(0, len(units) + 1)
    along = [tick for tick in ticks(0, len(units)) if tick <= len(units)]
    axes.set_xticks(along, tick_texts(along, round_.language))
    axes.set_ylim(at[0], at[-1])
    axes.set_yticks(at, tick_texts(at, round_.language))
    axes.set_xlabel(phrase("figures.units_in_order", round_.language, units=round_.shown(str(len(units)))))
    axes.set_ylabel(phrase("figures.percent_with_interval", round_.language, level=round_.level_shown))
    _quartiles(axes, round_, results)
    for place, code, left in ((0, "figures.highest", True), (-1, "figures.lowest", False)):
        unit = units[int(order[place])]
        text = phrase(code, round_.language, unit=unit.name, percent=unit.percent.shown(round_.language))
        lines = "\n".join(wrapped(text, 66, 8))
        sheet.text(16 if left else WIDTH, 4.5, lines, ha="left" if left else "right", fontsize=8)
        axes.plot([x[place]], [value(unit.percent)], "o", color=MAIN, ms=4, clip_on=False, label="end")
    return sheet.figure


def _quartiles(axes: Axes, round_: DrawnRound, results: np.ndarray) -> None:
    """Lines at the quartiles of the results that are shown, the results at the places ⌈share · n⌉, with their names."""
    ascending = np.sort(results)
    marks = {
        code: float(ascending[int(np.ceil(share * len(ascending))) - 1])
        for share, code in ((0.75, "upper_quarter"), (0.5, "median"), (0.25, "lower_quarter"))
    }
    low, high = axes.get_ylim()
    wanted = [_TALL * (high - at) / (high - low) for at in marks.values()]
    for (code, at), middle in zip(marks.items(), apart(wanted, [3.6] * 3, _TALL), strict=True):
        axes.axhline(at, color=STANDS_OUT, lw=0.8, ls=(0, (4, 3)), zorder=3, label=code)
        text = phrase(f"figures.{code}", round_.language)
        look: dict[str, Any] = {"va": "center", "fontsize": 7.5, "color": STANDS_OUT}
        axes.text(1.012, 1 - middle / _TALL, text, transform=axes.transAxes, **look)


def about_league(round_: DrawnRound, block: str) -> str:
    """What the figure shows, in words."""
    units = league_rows(round_, block)
    told = [unit for unit in units if unit.told]
    language = round_.language
    said = [
        phrase(
            "figures.about.league",
            language,
            block=round_.names.block(block),
            units=round_.shown(str(len(told))),
            level=round_.level_shown,
        ),
        _said(round_, max(told, key=lambda u: value(u.percent)), "highest"),
    ]
    if len(told) > 1:
        said.append(_said(round_, min(told, key=lambda u: value(u.percent)), "lowest"))
    if len(told) < len(units):
        hidden = round_.shown(str(len(units) - len(told)))
        said.append(phrase("figures.about.hidden_units", language, units=hidden))
    return " ".join(said)


def _said(round_: DrawnRound, unit: LeagueRow, which: str) -> str:
    """One unit with its result, interval and ranks."""
    language = round_.language
    numbers = {
        "percent": unit.percent.shown(language),
        "low": unit.low.shown(language) if unit.spread else "",
        "high": unit.high.shown(language) if unit.spread else "",
        "ranks": rank_text(round_, unit) if unit.has_ranks else "",
    }
    return phrase(f"figures.about.{which}", language, unit=unit.name, **numbers)
