"""Damage that people and programs do to tables: rows, columns and cells that are lost, doubled or moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.campaigns.damaged.changed_bytes import Generator

Cells = list[list[Any]]
ODD: tuple[object, ...] = (
    None, "", " ", 0, 6, -1, 4.5, 1e307, float("nan"), float("inf"), True, "5 - Không hài lòng", "4;5", "4,5", "x" * 3000,
    "😀", "#DIV/0!", "=1+1", "05/10/2023", "rất hài lòng", "5", "\t", "a\nb", 'a"b', "a,b;c", "\u200b5", "Rất hài lo\u0300ng",
    "NULL", "1e5",
)  # fmt: skip


def _row(generator: Generator, cells: Cells) -> int:
    """A row below the headings."""
    return int(generator.integers(1, max(len(cells), 2)))


def row_gone(generator: Generator, cells: Cells) -> None:
    del cells[_row(generator, cells)]


def row_double(generator: Generator, cells: Cells) -> None:
    cells.insert(_row(generator, cells), list(cells[_row(generator, cells)]))


def rows_swapped(generator: Generator, cells: Cells) -> None:
    j, k = _row(generator, cells), _row(generator, cells)
    cells[j], cells[k] = cells[k], cells[j]


def row_blank(generator: Generator, cells: Cells) -> None:
    cells.insert(_row(generator, cells), [""] * len(cells[0]))


def _column(generator: Generator, cells: Cells) -> int:
    return int(generator.integers(len(cells[0])))


def column_gone(generator: Generator, cells: Cells) -> None:
    j = _column(generator, cells)
    for row in cells:
        del row[j]


def column_double(generator: Generator, cells: Cells) -> None:
    j = _column(generator, cells)
    for row in cells:
        row.append(row[j])


def columns_swapped(generator: Generator, cells: Cells) -> None:
    """Headings and cells together: another order."""
    j, k = _column(generator, cells), _column(generator, cells)
    for row in cells:
        row[j], row[k] = row[k], row[j]


def headings_swapped(generator: Generator, cells: Cells) -> None:
    """Headings alone: each column holds what the other says."""
    j, k = _column(generator, cells), _column(generator, cells)
    cells[0][j], cells[0][k] = cells[0][k], cells[0][j]


def heading_changed(generator: Generator, cells: Cells) -> None:
    j = _column(generator, cells)
    cells[0][j] = "" if generator.random() < 0.3 else f"{cells[0][j]} khác"


def column_added(generator: Generator, cells: Cells) -> None:
    j = _column(generator, cells)
    for i, row in enumerate(cells):
        row.insert(j, "Ghi chú" if i == 0 else str(generator.integers(9)))


def cell_odd(generator: Generator, cells: Cells) -> None:
    i, j = _row(generator, cells), _column(generator, cells)
    cells[i][j] = ODD[int(generator.integers(len(ODD)))]


def cells_swapped(generator: Generator, cells: Cells) -> None:
    """Two cells of one column change places."""
    i, k, j = _row(generator, cells), _row(generator, cells), _column(generator, cells)
    cells[i][j], cells[k][j] = cells[k][j], cells[i][j]


def cell_gone(generator: Generator, cells: Cells) -> None:
    """A cell is lost, and those right of it move to the left."""
    row = cells[_row(generator, cells)]
    del row[int(generator.integers(len(row)))]
    row.append("")


def cell_double(generator: Generator, cells: Cells) -> None:
    """A cell stands there twice; the last of its row is lost."""
    row = cells[_row(generator, cells)]
    j = int(generator.integers(len(row)))
    row.insert(j, row[j])
    del row[-1]


def cells_gone(generator: Generator, cells: Cells) -> None:
    """A cell is lost, and those below it move up."""
    i, j = _row(generator, cells), _column(generator, cells)
    for k in range(i, len(cells) - 1):
        cells[k][j] = cells[k + 1][j]
    cells[-1][j] = ""


#: Kind of damage → the change, made in place; the first row holds the headings.
TABLES: Mapping[str, Callable[[Generator, Cells], None]] = {
    "row gone": row_gone, "row double": row_double, "rows swapped": rows_swapped, "row blank": row_blank,
    "column gone": column_gone, "column double": column_double, "columns swapped": columns_swapped,
    "headings swapped": headings_swapped, "heading changed": heading_changed, "column added": column_added,
    "cell odd": cell_odd, "cells swapped": cells_swapped, "cell gone": cell_gone, "cell double": cell_double,
    "cells gone": cells_gone,
}  # fmt: skip
