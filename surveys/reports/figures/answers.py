"""Answers on ordered scales over a whole block: levels against to the left, the middle, levels for to the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from surveys.definitions.instrument.records import Item, Scale
from surveys.problems import phrase
from surveys.reports.analysis_report.parts import Number
from surveys.reports.figures.canvas import (
    TALLEST,
    WIDTH,
    DrawingSheet,
    styled,
    text_width,
    tick_texts,
    ticks,
    wrapped,
)
from surveys.reports.figures.colours import BEHIND, INK, of_answers, text_on
from surveys.reports.figures.drawn_round import DrawnRound, is_over_groups, value
from surveys.reports.figures.rows import DrawnRows, all_sizes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Questions on one figure at most; further ones stand on further figures.
A_PAGE = 24
_NAMES, _COUNTS, _LEGEND_LINE = 66.0, 12.0, 4.0
_EDGE = "#4D4D4D"


@dataclass(frozen=True)
class AnsweredItem:
    """A question with the share of each level in percent, from the least level to the most, and how many answered it."""

    code: str
    shares: tuple[Number, ...]
    n_valid: Number

    @property
    def told(self) -> bool:
        """Whether its shares are published."""
        return all(share.text for share in self.shares)


@dataclass(frozen=True)
class Panel:
    """Questions of one scale, their levels in the same order: its labels, and its values from the least to the most."""

    labels: tuple[str, ...]
    values: tuple[float, ...]
    items: tuple[AnsweredItem, ...]


def answer_pages(round_: DrawnRound, block: str) -> list[list[Panel]]:
    """The figures of a block: panels of published questions, so many questions that they fit on a page each."""
    panels = list(_panels(round_, block))
    n = sum(len(panel.items) for panel in panels)
    if not n:
        return []
    share = -(-n // -(-n // A_PAGE))  # pages of about equal length
    pages: list[list[Panel]] = [[]]
    room = share
    for panel in panels:
        items = panel.items
        while items:
            if not room:
                pages.append([])
                room = share
            pages[-1].append(Panel(panel.labels, panel.values, items[:room]))
            items, room = items[room:], room - len(items[:room])
    return pages


def hidden_items(round_: DrawnRound, block: str) -> int:
    """How many questions on ordered scales have no published shares."""
    return sum(not item.told for _, _, items in _scales(round_, block) for item in items)


def _panels(round_: DrawnRound, block: str) -> Iterator[Panel]:
    """The scales of a block with most questions first; levels turned where the questions are reversed."""
    for scale, is_reversed, items in _scales(round_, block):
        told = tuple(item for item in items if item.told)
        if told:
            values = _values(scale, is_reversed)
            order = np.argsort(values, kind="stable").tolist()
            labels = [round_.names.level(told[0].code, str(scale.levels[k].code)) for k in order]
            yield Panel(tuple(labels), tuple(values[k] for k in order), told)


def _values(scale: Scale, is_reversed: bool) -> list[float]:
    return [1.0 - v if is_reversed else v for v in scale.values()]


def _scales(round_: DrawnRound, block: str) -> list[tuple[Scale, bool, list[AnsweredItem]]]:
    """Ordered scales with their questions in the order of the instrument."""
    rows: dict[str, dict[str, tuple[Number, Number]]] = {}
    for row in round_.of_block("answers", block):
        if is_over_groups(row):
            told = (row.percent("share", round_.decimals), row.number("n_valid"))
            rows.setdefault(row["item_code"], {})[row["level_code"]] = told
    instrument = round_.names.instrument
    found: dict[tuple[str, bool], list[AnsweredItem]] = {}
    for item in instrument.items:
        if item.code in rows and instrument.scale[item.scale].kind == "ordinal":
            answered = _answered(item, instrument.scale[item.scale], rows[item.code])
            found.setdefault((item.scale, item.reverse), []).append(answered)
    ordered = sorted(found.items(), key=lambda of_scale: -len(of_scale[1]))
    return [(instrument.scale[scale], turned, items) for (scale, turned), items in ordered]


def _answered(item: Item, scale: Scale, rows: dict[str, tuple[Number, Number]]) -> AnsweredItem:
    values = _values(scale, item.reverse)
    codes = [str(scale.levels[k].code) for k in np.argsort(values, kind="stable").tolist()]
    none = next(iter(rows.values()))[0]
    missing = Number("", none.source)
    shares = tuple(rows[code][0] if code in rows else missing for code in codes)
    return AnsweredItem(item.code, shares, next(iter(rows.values()))[1])


def draw_answers(round_: DrawnRound, block: str, page: int = 0) -> Figure:
    """One of the figures of a block that has :func:`answer_pages`."""
    with styled():
        panels = answer_pages(round_, block)[page]
        keys = [_legend_lines(panel) for panel in panels]
        around = sum(_LEGEND_LINE * len(key) + 11 for key in keys)
        names = [[f"{i.code}  {round_.names.item(i.code)}" for i in panel.items] for panel in panels]
        rows = _together(names, TALLEST - around)
        sheet = DrawingSheet(sum(r.total for r in rows) + around)
        sides = _reach(panels)
        top = 0.0
        for panel, key, of_panel in zip(panels, keys, rows, strict=True):
            _legend(sheet, panel, key, top)
            top += _LEGEND_LINE * len(key) + 2
            _panel(sheet, round_, panel, of_panel, (top, *sides))
            top += of_panel.total + 9
        return sheet.figure


def _together(names: Sequence[Sequence[str]], room: float) -> list[DrawnRows]:
    """The rows of all panels in the largest letters in which they fit into ``room`` together, else in the smallest."""
    sizes = [all_sizes(of_panel, _NAMES - 2, 5.4) for of_panel in names]
    *larger, smallest = zip(*sizes, strict=True)
    fitting = (rows for rows in larger if sum(r.total for r in rows) <= room)
    return list(next(fitting, smallest))


def _reach(panels: Sequence[Panel]) -> tuple[list[float], list[float]]:
    """Round percents to the left and to the right of the middle that hold all bars."""
    left, right = zip(*(_sides(panel, item) for panel in panels for item in panel.items), strict=True)
    step = ticks(0, max(*left, *right), 4)[1]
    return _ticks_to(max(left), step), _ticks_to(max(right), step)


def _ticks_to(end: float, step: float) -> list[float]:
    return [step * k for k in range(max(ceil(end / step - 1e-9), 1) + 1)]


def _sides(panel: Panel, item: AnsweredItem) -> tuple[float, float]:
    """Percent to the left and to the right of the middle."""
    pairs = list(zip(panel.values, (value(share) for share in item.shares), strict=True))
    middle = sum(share for v, share in pairs if v == 0.5) / 2
    return sum(s for v, s in pairs if v < 0.5) + middle, sum(s for v, s in pairs if v > 0.5) + middle


def _panel(
    sheet: DrawingSheet,
    round_: DrawnRound,
    panel: Panel,
    rows: DrawnRows,
    place: tuple[float, list[float], list[float]],
) -> None:
    """The bars of one scale; ``place``: where it begins, and the ticks to the left and to the right of the middle."""
    top, to_left, to_right = place
    width = WIDTH - _NAMES - _COUNTS
    rows.name(sheet, top, _NAMES - 1.5)
    axes = sheet.rows(_NAMES, top, width, rows.total)
    axes.set_xlim(-to_left[-1], to_right[-1])
    shares = np.array([[value(share) for share in item.shares] for item in panel.items])
    left = -np.array([_sides(panel, item)[0] for item in panel.items])
    thick = [height * 0.72 for height in rows.heights]
    axes.axvline(0, color=INK, lw=0.7, zorder=3)
    for k, colour in enumerate(of_answers(panel.values)):
        look: dict[str, Any] = {"fc": colour, "ec": _EDGE, "lw": 0.35, "label": panel.labels[k]}
        axes.barh(rows.middles, shares[:, k], thick, left=left, **look)
        for item, x, y in zip(panel.items, left, rows.middles, strict=True):
            bar = (x, y, value(item.shares[k]))
            a_millimetre = (to_left[-1] + to_right[-1]) / width
            _share(axes, item.shares[k].shown(round_.language), bar, colour, a_millimetre)
        left = left + shares[:, k]
    at = [-x for x in to_left[:0:-1]] + to_right
    axes.set_xticks(at, tick_texts(np.abs(at).tolist(), round_.language))
    axes.set_xlabel(phrase("figures.answers_percent", round_.language), labelpad=1)
    for item, y in zip(panel.items, rows.middles, strict=True):
        sheet.text(WIDTH, top + y, item.n_valid.shown(round_.language), ha="right", fontsize=7, color=BEHIND)
    sheet.text(WIDTH, top - 1.6, "n", ha="right", fontsize=7, color=BEHIND)


def _share(axes: Axes, text: str, bar: tuple[float, float, float], colour: str, a_millimetre: float) -> None:
    """The printed share inside its bar where it fits."""
    x, y, share = bar
    if share / a_millimetre > text_width(text, 6.5) + 0.8:
        ground = {"fc": colour, "lw": 0, "pad": 0.6}  # the line in the middle does not run through the number
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 6.5, "bbox": ground, "zorder": 4}
        axes.text(x + share / 2, y, text, color=text_on(colour), **look)


def _legend_lines(panel: Panel) -> list[list[tuple[float, int, str]]]:
    """Lines of (place, level, label) that fit the width."""
    lines: list[list[tuple[float, int, str]]] = [[]]
    at = 0.0
    for k, label in enumerate(panel.labels):
        (first, *more) = wrapped(label, WIDTH - 10, 7.5)
        text = " ".join([first, *more])
        needed = 5 + text_width(text, 7.5) + 4
        if lines[-1] and at + needed > WIDTH:
            lines.append([])
            at = 0.0
        lines[-1].append((at, k, text))
        at += needed
    return lines


def _legend(sheet: DrawingSheet, panel: Panel, lines: list[list[tuple[float, int, str]]], top: float) -> None:
    """The levels in their order, from against to for."""
    colours = of_answers(panel.values)
    for number, line in enumerate(lines):
        y = top + _LEGEND_LINE * (number + 0.5)
        for at, k, text in line:
            sheet.box(at + 0.2, y, (3.6, 2.4), fc=colours[k], ec=_EDGE, lw=0.35)
            sheet.text(at + 4.8, y, text, fontsize=7.5)


def about_answers(round_: DrawnRound, block: str, page: int = 0) -> str:
    """What the figure shows, in words: the questions with the largest share against and for."""
    panels = answer_pages(round_, block)[page]
    pairs = [(panel, item) for panel in panels for item in panel.items]
    said = phrase(
        "figures.about.answers", round_.language, block=round_.names.block(block), items=str(len(pairs))
    )
    for side, code in ((1, "figures.about.most_for"), (0, "figures.about.most_against")):
        panel, item = max(pairs, key=lambda pair: _sides(*pair)[side] - _sides(*pair)[1 - side])
        shares = "; ".join(
            f"{label} {share.shown(round_.language)} %"
            for label, share in zip(panel.labels, item.shares, strict=True)
        )
        name = f"{item.code} {round_.names.item(item.code)}"
        said += " " + phrase(code, round_.language, item=name, shares=shares)
    hidden = hidden_items(round_, block)
    if hidden:
        said += " " + phrase("figures.about.hidden_items", round_.language, items=str(hidden))
    return said
