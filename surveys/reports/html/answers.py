"""How questions were answered: bars beside the shares that the tables of the report print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.reports.analysis_report.parts import Number, ReportTable, Text
from surveys.reports.html.tables import PageCell

#: Colours from the lowest level to the highest: ``page.css`` has as many.
COLOURS = 7
#: How the keys of the tables of answers begin, and the column of their shares.
TABLES_OF_ANSWERS = "table-answers-"
_SHARES = ("answers", "share%")


@dataclass(frozen=True)
class AnswerBars:
    """The bar of each row of a table, and what its colours mean, as class and words; nothing where the table has no shares."""

    cells: tuple[PageCell, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()


def answer_bars(table: ReportTable) -> AnswerBars:
    """The bars of a table of answers: levels beside each other are parts of one bar, single shares bars of their own."""
    if not table.key.startswith(TABLES_OF_ANSWERS):
        return AnswerBars()
    columns = [k for k in range(len(table.columns)) if any(_share(row[k]) for row in table.rows)]
    if not columns:
        return AnswerBars()
    if len(columns) == 1:
        shares = [_share(row[columns[0]]) for row in table.rows]
        return AnswerBars(tuple(PageCell("", "share", f"--v:{share}" if share else "") for share in shares))
    shades = dict(zip(columns, shades_of(len(columns)), strict=True))
    parts = [
        [f"s{shade} {_share(row[k])}" for k, shade in shades.items() if _share(row[k])] for row in table.rows
    ]
    legend = tuple((f"s{shade}", table.columns[k].heading) for k, shade in shades.items())
    return AnswerBars(tuple(PageCell("", "stack", ",".join(part)) for part in parts), legend)


def shades_of(levels: int) -> Sequence[int]:
    """The colours of so many levels, spread from the first to the last.

    >>> shades_of(5), shades_of(2), shades_of(1)
    ([0, 2, 3, 4, 6], [0, 6], [3])
    """
    if levels < 2:
        return [COLOURS // 2] * levels
    return [round(k * (COLOURS - 1) / (levels - 1)) for k in range(levels)]


def _share(cell: Text) -> str:
    """The share that a cell shows by itself; empty where it shows something else, or nothing."""
    (part,) = cell if len(cell) == 1 else ("",)
    is_share = isinstance(part, Number) and (part.source.table, part.source.column) == _SHARES
    return part.text if isinstance(part, Number) and is_share else ""
