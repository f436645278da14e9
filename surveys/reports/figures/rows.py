"""Rows of a figure under each other, their names at the left; names of many words take several lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.reports.figures.canvas import LINE, SIZE, SMALL, DrawingSheet, wrapped
from surveys.reports.figures.colours import INK

#: Points of the names, and by how much the rows shrink with them.
_SIZES = ((SIZE, 1.0), (7.5, 0.8), (SMALL, 0.6))
_BETWEEN = 0.2


@dataclass(frozen=True)
class DrawnRows:
    """``names`` in lines, at ``size`` points; ``tops`` and ``middles`` of the rows in millimetres from the first, and their
    ``total``."""

    names: tuple[str, ...]
    size: float
    heights: tuple[float, ...]

    @property
    def tops(self) -> list[float]:
        return [sum(self.heights[:k]) for k in range(len(self.heights))]

    @property
    def middles(self) -> list[float]:
        return [top + height / 2 for top, height in zip(self.tops, self.heights, strict=True)]

    @property
    def total(self) -> float:
        return sum(self.heights)

    def name(self, sheet: DrawingSheet, top: float, right: float, colours: Sequence[str] = ()) -> None:
        """Write the names so that they end at ``right``."""
        for k, (text, middle) in enumerate(zip(self.names, self.middles, strict=True)):
            colour = colours[k] if colours else INK
            sheet.text(right, top + middle, text, ha="right", fontsize=self.size, color=colour)


def all_sizes(names: Sequence[str], width: float, least: float) -> list[DrawnRows]:
    """Rows at least ``least`` millimetres tall, their names at most ``width`` wide: in large letters, and in smaller ones."""
    found = []
    for size, shrunk in _SIZES:
        lines = [wrapped(name, width, size) for name in names]
        heights = (max(least * shrunk, size * LINE * len(of_row) + _BETWEEN) for of_row in lines)
        found.append(DrawnRows(tuple("\n".join(of_row) for of_row in lines), size, tuple(heights)))
    return found


def rows_of(names: Sequence[str], width: float, least: float, room: float) -> DrawnRows | None:
    """The largest of :func:`all_sizes` that fits into ``room`` of height; None where none does."""
    return next((rows for rows in all_sizes(names, width, least) if rows.total <= room), None)
