"""Importance for the overall judgement beside performance, in the four fields that their means divide."""

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
    styled,
    tick_texts,
    ticks,
    two_columns,
    wrapped,
)
from surveys.reports.figures.colours import BEHIND, INK, MAIN, STANDS_OUT, WHITE
from surveys.reports.figures.drawn_round import DrawnRound, value
from surveys.vocabulary.statuses import DRIVER_FIELDS, IMPROVE_FIRST, KEEP, LOW_PRIORITY, POSSIBLE_EXCESS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL, _KEY_LINE = 72.0, 3.3
#: Field → the corner it has, and how its points look.
_CORNERS = {
    IMPROVE_FIRST: (0.02, 0.985, "left", "top"),
    KEEP: (0.98, 0.985, "right", "top"),
    LOW_PRIORITY: (0.02, 0.015, "left", "bottom"),
    POSSIBLE_EXCESS: (0.98, 0.015, "right", "bottom"),
}
_LOOKS: dict[str, dict[str, Any]] = {
    IMPROVE_FIRST: {"color": STANDS_OUT, "marker": "D"},
    KEEP: {"color": MAIN, "marker": "o"},
    LOW_PRIORITY: {"color": BEHIND, "marker": "s"},
    POSSIBLE_EXCESS: {"color": BEHIND, "marker": "^"},
}


@dataclass(frozen=True)
class DrivingNode:
    """A node of a model; numbers as printed, in percent."""

    code: str
    importance: Number
    performance: Number
    field: str


@dataclass(frozen=True)
class DriverPanel:
    """A model of one group, with the means at which its fields are divided."""

    group: str
    nodes: tuple[DrivingNode, ...]
    mean_importance: Number
    mean_performance: Number


def driver_panels(round_: DrawnRound, block: str, model: str) -> list[DriverPanel]:
    """The panels of a model in a block, one for each group that has results."""
    found = []
    for row in round_.of_block("driver-models", block):
        if row["model"] == model and row["mean_importance"] and row["mean_performance"]:
            nodes = tuple(
                DrivingNode(
                    node["node_code"], node.number("importance"), node.number("performance"), node["field"]
                )
                for node in round_.of_block("drivers", block)
                if (node["model"], node["group"]) == (model, row["group"])
                and node["importance"]
                and node["performance"]
                and node["field"] in DRIVER_FIELDS
            )
            if nodes:
                means = (row.number("mean_importance"), row.number("mean_performance"))
                found.append(DriverPanel(row["group"], nodes, *means))
    return found


def models_of(round_: DrawnRound, block: str) -> list[str]:
    """The models of a block, in the order of the table."""
    return list(dict.fromkeys(row["model"] for row in round_.of_block("driver-models", block)))


def draw_importance(round_: DrawnRound, block: str, model: str) -> Figure:
    """The figure of a model that has :func:`driver_panels`."""
    with styled():
        panels = driver_panels(round_, block, model)
        codes = list(dict.fromkeys(node.code for panel in panels for node in panel.nodes))
        key = _key_lines(round_, codes)
        across = 1 if len(panels) == 1 else 2
        down = -(-len(panels) // across)
        room = (TALLEST - _KEY_LINE * len(key)) / down - 18
        tall = min(96.0 if across == 1 else _PANEL, room)
        sheet = DrawingSheet(down * (tall + 18) + _KEY_LINE * len(key) + 2)
        width = (WIDTH - 14 * across - 2) / across
        for k, panel in enumerate(panels):
            left = 14 + (k % across) * (width + 14)
            top = 6 + (k // across) * (tall + 18)
            axes = sheet.axes(left, top, width, tall)
            sheet.text(
                left,
                top - 3,
                "\n".join(wrapped(round_.names.group(panel.group), width, 8)),
                fontsize=8,
            )
            _panel(axes, round_, panel, (width, tall))
        first = sheet.height - _KEY_LINE * len(key)
        for k, (one, other) in enumerate(key):
            sheet.text(0, first + _KEY_LINE * (k + 0.4), one, fontsize=7.5)
            sheet.text(WIDTH / 2 + 1, first + _KEY_LINE * (k + 0.4), other, fontsize=7.5)
        return sheet.figure


def _panel(axes: Axes, round_: DrawnRound, panel: DriverPanel, size: tuple[float, float]) -> None:
    y = [value(node.importance) for node in panel.nodes]
    x = [value(node.performance) for node in panel.nodes]
    for numbers, mean, set_limits, axis in (
        (y, panel.mean_importance, axes.set_ylim, axes.set_yticks),
        (x, panel.mean_performance, axes.set_xlim, axes.set_xticks),
    ):
        ends = [*numbers, value(mean)]
        margin = 0.12 * max(max(ends) - min(ends), 1.0)
        at = ticks(min(ends) - margin, max(ends) + margin, 6)
        set_limits(at[0], at[-1])
        axis([t for t in at if 0 <= t <= 100], tick_texts([t for t in at if 0 <= t <= 100], round_.language))
    axes.set_ylabel(phrase("figures.importance", round_.language))
    axes.set_xlabel(phrase("figures.performance", round_.language))
    axes.axhline(
        value(panel.mean_importance), color=INK, lw=0.7, ls=(0, (4, 3)), zorder=1, label="mean importance"
    )
    axes.axvline(
        value(panel.mean_performance), color=INK, lw=0.7, ls=(0, (4, 3)), zorder=1, label="mean performance"
    )
    for field, (at_x, at_y, ha, va) in _CORNERS.items():
        text = phrase(f"handover.driver_field.{field}", round_.language)
        axes.text(
            at_x,
            at_y,
            text,
            transform=axes.transAxes,
            ha=ha,
            va=va,
            fontsize=7.5,
            color=BEHIND,
            style="italic",
        )
        of_field = [node for node in panel.nodes if node.field == field]
        if of_field:
            xs, ys = (
                [value(n) for n in numbers]
                for numbers in zip(*((n.performance, n.importance) for n in of_field), strict=True)
            )
            axes.plot(xs, ys, ls="", ms=5, zorder=3, label=field, **_LOOKS[field])
    _codes(axes, panel, size)


#: Where a code may stand from its point, in millimetres beyond half its own width and in height; the first that is free.
_SIDES = (
    (1.4, 0.0),
    (-1.4, 0.0),
    (0.0, 2.6),
    (0.0, -2.6),
    (0.8, 2.4),
    (-0.8, 2.4),
    (0.8, -2.4),
    (-0.8, -2.4),
)


def _codes(axes: Axes, panel: DriverPanel, size: tuple[float, float]) -> None:
    """The code of each node beside its point, on a side where it meets no other point or code."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    scale = np.array([size[0] / (right - left), size[1] / (high - low)])
    points = [np.array([value(n.performance), value(n.importance)]) * scale for n in panel.nodes]
    codes: list[tuple[np.ndarray, float]] = []
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8}
    ground = {"fc": WHITE, "lw": 0, "pad": 0.4}  # the lines of the means do not run through a code
    for node, point in zip(panel.nodes, points, strict=True):
        half = 0.8 * len(node.code) + 0.2
        places = [point + np.array([np.sign(x) * half + x, y]) for x, y in _SIDES]
        others = [(other, 1.5) for other in points if other is not point]
        free = [place for place in places if all(_is_clear(place, half, *it) for it in (*others, *codes))]
        place = (free or places)[0]
        codes.append((place, half))
        at = place / scale
        axes.text(at[0], at[1], node.code, bbox=ground, zorder=2, **look)


def _is_clear(place: np.ndarray, half: float, other: np.ndarray, other_half: float) -> bool:
    """Whether text at a place, ``half`` wide to each side, leaves something else alone."""
    across, down = np.abs(place - other)
    return bool(across >= half + other_half or down >= 2.3)


def _key_lines(round_: DrawnRound, codes: Sequence[str]) -> list[tuple[str, str]]:
    """What the codes stand for, in lines of two columns."""
    return two_columns([f"{code}  {round_.names.node(code)}" for code in codes], 7.5)


def about_importance(round_: DrawnRound, block: str, model: str) -> str:
    """What the figure shows, in words: of every group, which nodes stand in which field."""
    said = []
    for panel in driver_panels(round_, block, model):
        fields = []
        for field in DRIVER_FIELDS:
            nodes = [f"{n.code} {round_.names.node(n.code)}" for n in panel.nodes if n.field == field]
            if nodes:
                fields.append(
                    f"{phrase(f'handover.driver_field.{field}', round_.language)}: {', '.join(nodes)}"
                )
        group = round_.names.group(panel.group)
        said.append(
            phrase("figures.about.importance", round_.language, group=group, fields="; ".join(fields))
        )
    return " ".join(said)
