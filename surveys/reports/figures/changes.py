"""The change of every unit of a block since the earlier round: clear changes stand out, the others stay behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
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
    text_width,
    tick_texts,
    ticks,
    wrapped,
)
from surveys.reports.figures.colours import BEHIND, INK, MAIN, STANDS_OUT
from surveys.reports.figures.drawn_round import DrawnRound, is_over_groups, value
from surveys.vocabulary.levels import PARTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: A change is told from noise where its corrected p-value is at most this.
_LEVEL = 0.05
#: From so many units on, only those whose change is clear are named.
_ALL_NAMED = 30
#: Of more units within the noise than these, lines are finer.
_AS_WIDE = 80
_LEFT, _RIGHT, _LINE = 14.0, 100.0, 3.4
UP, DOWN, NOISE, UNTOLD = "up", "down", "noise", "untold"


@dataclass(frozen=True)
class UnitChange:
    """The result of a unit in both rounds in percent, and what its change is: :data:`UP`, :data:`DOWN`, within the
    :data:`NOISE`, or :data:`UNTOLD` where its error is not known."""

    name: str
    old: Number
    new: Number
    change: Number
    what: str


@dataclass(frozen=True)
class DrawnChanges:
    """Units that are compared, the highest of the new round first; how many are not; the rounds."""

    units: list[UnitChange]
    not_compared: int
    rounds: tuple[str, str]
    part: str


def block_changes(round_: DrawnRound, block: str) -> DrawnChanges | None:
    """The changes of the whole index, of both halves where those are compared; None where nothing is."""
    root = round_.root(block)
    rows = [
        row for row in round_.of_block("changes", block) if row["node_code"] == root and is_over_groups(row)
    ]
    for part in reversed(PARTS):
        of_part = [row for row in rows if row["part"] == part]
        compared = [row for row in of_part if row["change"]]
        if compared:
            break
    else:
        return None
    units = []
    for row in compared:
        old, new, change = (
            row.percent(name, round_.decimals, sign=name == "change")
            for name in ("score_old", "score_new", "change")
        )
        name = round_.names.unit(block, row["unit_code"])
        units.append(UnitChange(name, old, new, change, _what(row["p_adjusted"], value(change))))
    units.sort(key=lambda unit: -value(unit.new))
    rounds = round_.rounds or (compared[0]["round_old"], compared[0]["round_new"])
    return DrawnChanges(units, len(of_part) - len(compared), rounds, part)


def _what(p: str, change: float) -> str:
    """What a change is, by its corrected p-value as printed."""
    if not p:
        return UNTOLD
    if float(p) > _LEVEL:
        return NOISE
    return UP if change > 0 else DOWN


def draw_changes(round_: DrawnRound, block: str) -> Figure:
    """The figure of a block that has :func:`block_changes`."""
    with styled():
        found = block_changes(round_, block)
        assert found is not None
        named = [unit for unit in found.units if unit.what in (UP, DOWN) or len(found.units) <= _ALL_NAMED]
        labels = [(unit, _label(round_, unit)) for unit in named]
        needed = sum(len(lines) * _LINE for _, lines in labels)
        height = min(max(80.0, needed + 6), TALLEST - 32)
        is_cut = needed > height
        if is_cut:
            labels = _largest(labels, height)
        heads = [wrapped(label, (_RIGHT - _LEFT) / 2 - 2, 8) for label in found.rounds]
        top = max(map(len, heads)) * _LINE + 3
        sheet = DrawingSheet(top + height + (14 if is_cut or _more(found) else 9))
        axes = sheet.axes(_LEFT, top, _RIGHT - _LEFT, height)
        for lines, at, align in zip(heads, (_LEFT, _RIGHT), ("left", "right"), strict=True):
            sheet.text(at, top / 2 - 0.5, "\n".join(lines), ha=align, fontsize=8)
        _slopes(axes, round_, found)
        _names(sheet, axes, labels, (top, height))
        _key(sheet, round_, found, is_cut)
        return sheet.figure


def _label(round_: DrawnRound, unit: UnitChange) -> list[str]:
    return wrapped(f"{unit.name} {unit.change.shown(round_.language)}", WIDTH - _RIGHT - 7, 7.5)


def _largest(labels: list[tuple[UnitChange, list[str]]], height: float) -> list[tuple[UnitChange, list[str]]]:
    """The labels of the largest changes, as many as fit, in their order."""
    kept, used = set(), 0.0
    for unit, lines in sorted(labels, key=lambda label: -abs(value(label[0].change))):
        used += len(lines) * _LINE
        if used <= height:
            kept.add(id(unit))
    return [label for label in labels if id(label[0]) in kept]


def _slopes(axes: Axes, round_: DrawnRound, found: DrawnChanges) -> None:
    ends = [value(number) for unit in found.units for number in (unit.old, unit.new)]
    at = ticks(min(ends), max(ends), 8)
    axes.set_xlim(0, 1)
    axes.set_ylim(at[0], at[-1])
    axes.set_yticks(at, tick_texts(at, round_.language))
    axes.set_ylabel(phrase("figures.percent", round_.language))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    for spine in ("left", "right"):
        axes.spines[spine].set_visible(True)
    for what, look in _LOOKS.items():
        pairs = [[value(unit.old), value(unit.new), nan] for unit in found.units if unit.what == what]
        if pairs:
            finer = {"lw": look["lw"] * min(1.0, _AS_WIDE / len(pairs))} if what == NOISE else {}
            of_kind = {**look, **finer, "label": what}
            axes.plot([0, 1, nan] * len(pairs), np.ravel(pairs), clip_on=False, **of_kind)


_LOOKS: dict[str, dict[str, Any]] = {
    UNTOLD: {"color": BEHIND, "lw": 0.8, "ls": (0, (1, 1.5)), "zorder": 1},
    NOISE: {"color": BEHIND, "lw": 0.6, "alpha": 0.75, "zorder": 1},
    DOWN: {"color": STANDS_OUT, "lw": 1.5, "ls": (0, (4, 1.5)), "marker": "v", "ms": 4, "zorder": 3},
    UP: {"color": MAIN, "lw": 1.5, "marker": "^", "ms": 4, "zorder": 3},
}


def _names(
    sheet: DrawingSheet,
    axes: Axes,
    labels: Sequence[tuple[UnitChange, list[str]]],
    place: tuple[float, float],
) -> None:
    """Names beside the ends of the slopes, moved apart where they would lie over each other, each with a line to its end;
    ``place``: where the axes begin, and their height."""
    low, high = axes.get_ylim()
    top, height = place
    wanted = [height * (high - value(unit.new)) / (high - low) for unit, _ in labels]
    middles = apart(wanted, [len(lines) * _LINE for _, lines in labels], height)
    for (unit, lines), end, y in zip(labels, wanted, middles, strict=True):
        colour = _LOOKS[unit.what]["color"]
        sheet.text(_RIGHT + 6, top + y, "\n".join(lines), fontsize=7.5, color=colour)
        at = [1.01, 1 + 4 / (_RIGHT - _LEFT), 1 + 5.4 / (_RIGHT - _LEFT)]
        levels = [high - place * (high - low) / height for place in (end, y, y)]
        axes.plot(at, levels, color=colour, lw=0.4, clip_on=False, label="leader")


def _key(sheet: DrawingSheet, round_: DrawnRound, found: DrawnChanges, is_cut: bool) -> None:
    """How many units changed how, how many are not compared; ``is_cut``: only the largest changes are named."""
    at, below = 0.0, sheet.height - (8 if is_cut or _more(found) else 3)
    for what, look in reversed(_LOOKS.items()):
        n = sum(unit.what == what for unit in found.units)
        if what == UNTOLD:
            at, below = 0.0, below + 5
        if what != UNTOLD or n:
            sheet.mark(at + 2, at + 9, below, **look)
            text = phrase(f"figures.change.{what}", round_.language, units=round_.shown(str(n)))
            sheet.text(at + 11.5, below, text, fontsize=7.5)
            at += 48
    if found.not_compared:
        text = phrase("figures.not_compared", round_.language, units=round_.shown(str(found.not_compared)))
        sheet.text(at, below, text, fontsize=7.5, color=INK)
        at += text_width(text, 7.5) + 4
    if is_cut:
        sheet.text(at, below, phrase("figures.largest_named", round_.language), fontsize=7.5, color=INK)


def _more(found: DrawnChanges) -> bool:
    """Whether the key has a second line."""
    return bool(found.not_compared) or any(unit.what == UNTOLD for unit in found.units)


def about_changes(round_: DrawnRound, block: str) -> str:
    """What the figure shows, in words: how many changed clearly, and the largest clear change up and down."""
    found = block_changes(round_, block)
    assert found is not None
    language = round_.language
    numbers = {what: sum(unit.what == what for unit in found.units) for what in _LOOKS}
    counts = {what: round_.shown(str(n)) if n or what != UNTOLD else "" for what, n in numbers.items()}
    old, new = found.rounds
    said = [
        phrase("figures.about.changes", language, block=round_.names.block(block), old=old, new=new, **counts)
    ]
    for what, pick in ((UP, max), (DOWN, min)):
        clear = [unit for unit in found.units if unit.what == what]
        if clear:
            unit = pick(clear, key=lambda one: value(one.change))
            change = unit.change.shown(language)
            said.append(phrase(f"figures.about.largest_{what}", language, unit=unit.name, change=change))
    if found.not_compared:
        said.append(phrase("figures.not_compared", language, units=round_.shown(str(found.not_compared))))
    return " ".join(said)
