"""The heat map of a block: units by the nodes of one level of the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surveys.problems import phrase
from surveys.reports.analysis_report.parts import Number
from surveys.reports.figures.canvas import (
    SMALL,
    TALLEST,
    WIDTH,
    DrawingSheet,
    styled,
    text_width,
    ticks,
    two_columns,
)
from surveys.reports.figures.colours import BEHIND, HIDDEN, STEPS, WHITE, text_on
from surveys.reports.figures.drawn_round import DrawnRound, value
from surveys.reports.figures.league import league_by_code
from surveys.reports.figures.rows import DrawnRows, all_sizes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: More units than these are not drawn; so many columns are, of few units or of many, whose rows need the room of the key.
MOST_UNITS, FEW_UNITS, MOST_NODES, FEW_NODES = 66, 45, 30, 12
_NAMES, _TOP, _KEY_LINE = 44.0, 8.0, 3.1


@dataclass(frozen=True)
class HeatMap:
    """``cells`` by unit and node, as printed; none where the unit has no such node."""

    units: Mapping[str, str]
    nodes: Sequence[str]
    cells: Mapping[tuple[str, str], Number]

    @property
    def told(self) -> list[float]:
        """The numbers that are published."""
        return [value(number) for number in self.cells.values() if number.text]


def heat_map(round_: DrawnRound, block: str) -> HeatMap | None:
    """The map of a block; None where it has too many units, one column, or nothing published."""
    units = league_by_code(round_, block)
    most = MOST_NODES if len(units) <= FEW_UNITS else FEW_NODES
    nodes = _nodes(round_, block, most) if len(units) <= MOST_UNITS else []
    if len(nodes) < 2:
        return None
    wanted = set(nodes)
    cells = {
        (row["unit_code"], row["node_code"]): row.number("percent")
        for row in round_.of_block("council-scores", block)
        if row["node_code"] in wanted
    }
    found = HeatMap({code: unit.name for code, unit in units.items()}, nodes, cells)
    return found if found.told else None


def _nodes(round_: DrawnRound, block: str, most: int) -> list[str]:
    """The nodes of the lowest level of the index with at most so many, those that end above it among them."""
    present = {row["node_code"] for row in round_.of_block("council-scores", block)}
    declared = round_.children(block)
    children = {above: [code for code in below if code in present] for above, below in declared.items()}
    level = children.get("", [])
    fits: list[str] = []
    while len(level) <= most:
        fits = level
        level = [code for node in level for code in children.get(node) or [node]]
        if level == fits:
            break
    return fits


def draw_heat(round_: DrawnRound, block: str) -> Figure:
    """The figure of a block that has a :func:`heat_map`."""
    with styled():
        found = heat_map(round_, block)
        assert found is not None
        key = two_columns([f"{node}  {round_.names.node(node)}" for node in found.nodes], 7)
        below = 12 + _KEY_LINE * len(key)
        least = 4.6 if len(found.units) <= 40 else 3.9
        names = list(found.units.values())
        sizes = all_sizes(names, _NAMES - 2, least)
        rows = next((r for r in sizes if r.total <= TALLEST - _TOP - below), sizes[-1])
        sheet = DrawingSheet(_TOP + rows.total + below)
        rows.name(sheet, _TOP, _NAMES - 1.5)
        axes = sheet.rows(_NAMES, _TOP, WIDTH - _NAMES, rows.total)
        _paint(axes, round_, found, rows)
        _heads(sheet, found.nodes)
        _legend(sheet, round_, found, _TOP + rows.total + 3)
        for k, line in enumerate(key):
            sheet.text(0, sheet.height - _KEY_LINE * (len(key) - k) + 1.2, line[0], fontsize=7)
            sheet.text(WIDTH / 2 + 1, sheet.height - _KEY_LINE * (len(key) - k) + 1.2, line[1], fontsize=7)
        return sheet.figure


def _edges(found: HeatMap) -> list[float]:
    """Where one colour ends and the next begins."""
    return ticks(min(found.told), max(found.told), len(STEPS))


def _paint(axes: Axes, round_: DrawnRound, found: HeatMap, rows: DrawnRows) -> None:
    """One path for all cells of a colour; cells without a number are hatched."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    edges, width = _edges(found), (WIDTH - _NAMES) / len(found.nodes)
    places: dict[str, list[Any]] = {}
    texts = []
    for y, height, unit in zip(rows.tops, rows.heights, found.units, strict=True):
        for k, node in enumerate(found.nodes):
            number = found.cells.get((unit, node))
            box = [(k, y), (k + 1, y), (k + 1, y + height), (k, y + height), (k, y)]
            colour = "" if number is None or not number.text else _colour(value(number), edges)
            places.setdefault(colour, []).extend(box)
            if colour and number is not None:
                texts.append((k + 0.5, y + height / 2, number.shown(round_.language), text_on(colour)))
    for colour, corners in places.items():
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * (len(corners) // 5)
        look = {"fc": colour, "ec": WHITE, "lw": 0.5} if colour else HIDDEN
        axes.add_patch(PathPatch(Path(corners, codes), label=colour or "hidden", **look))
    axes.set_xlim(0, len(found.nodes))
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    size = min(rows.size, 7.5)
    if max(text_width(text, size) for _, _, text, _ in texts) + 1 <= width:
        for x, y, text, colour in texts:
            axes.text(x, y, text, ha="center", va="center", fontsize=size, color=colour)


def _colour(percent: float, edges: Sequence[float]) -> str:
    """The colour of a number; the class that it begins, the last one with its upper end."""
    k = int(np.searchsorted(edges, percent, side="right")) - 1
    steps = _steps(len(edges) - 1)
    return steps[min(max(k, 0), len(steps) - 1)]


def _steps(n: int) -> list[str]:
    """``n`` colours over the whole range of them."""
    return [STEPS[round(k * (len(STEPS) - 1) / max(n - 1, 1))] for k in range(n)]


def _heads(sheet: DrawingSheet, nodes: Sequence[str]) -> None:
    """The codes of the nodes above their columns, upright where they do not fit."""
    width = (WIDTH - _NAMES) / len(nodes)
    across = max(text_width(node, 7.5) for node in nodes) + 0.8 <= width
    for k, node in enumerate(nodes):
        look: dict[str, Any] = {} if across else {"rotation": 90, "fontsize": SMALL}
        sheet.text(
            _NAMES + (k + 0.5) * width,
            _TOP - 1,
            node,
            **{"fontsize": 7.5, "ha": "center", "va": "bottom", **look},
        )


def _legend(sheet: DrawingSheet, round_: DrawnRound, found: HeatMap, top: float) -> None:
    """The colours with the numbers between them, and what hatching says."""
    edges = _edges(found)
    steps = _steps(len(edges) - 1)
    width = min(10.0, 64 / len(steps))
    for k, colour in enumerate(steps):
        sheet.box(_NAMES + k * width, top + 1.5, (width, 3), fc=colour, ec=BEHIND, lw=0.4)
    for k, edge in enumerate(edges):
        sheet.text(_NAMES + k * width, top + 5, round_.shown(f"{edge:g}"), ha="center", fontsize=7)
    sheet.text(_NAMES - 2.5, top + 1.5, phrase("figures.percent", round_.language), ha="right", fontsize=7)
    if len(found.told) < len(found.units) * len(found.nodes):
        left = _NAMES + len(steps) * width + 6
        sheet.box(left, top + 1.5, (6, 3), **HIDDEN)
        sheet.text(left + 7.5, top + 1.5, phrase("figures.not_published", round_.language), fontsize=7)


def about_heat(round_: DrawnRound, block: str) -> str:
    """What the figure shows, in words: its size, the highest and the lowest number, how many are not published."""
    found = heat_map(round_, block)
    assert found is not None
    told = {place: number for place, number in found.cells.items() if number.text}
    ends: dict[str, str] = {}
    for end, which in (("high", max), ("low", min)):
        unit, node = place = which(told, key=lambda at: value(told[at]))
        name = f"{node} {round_.names.node(node)}"
        ends |= {
            end: told[place].shown(round_.language),
            f"{end}_unit": found.units[unit],
            f"{end}_node": name,
        }
    hidden = len(found.units) * len(found.nodes) - len(told)
    said = phrase(
        "figures.about.heat",
        round_.language,
        block=round_.names.block(block),
        units=str(len(found.units)),
        nodes=str(len(found.nodes)),
        **ends,
    )
    cells = phrase("figures.about.hidden_cells", round_.language, cells=str(hidden)) if hidden else ""
    return f"{said} {cells}".strip()
