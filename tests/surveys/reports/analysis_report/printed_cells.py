"""Where the numbers of a report come from: the cells of the package and of what the commands write, by ``csv`` alone.

``Cells(results, earlier)`` knows the table and the row that a number of ``report-numbers.csv`` names; changes and losses are
read from what ``surveys compare`` and ``surveys gaps`` write of the same rounds. :func:`people_read`: how people read a number.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from surveys.cli import main
from surveys.handover.official_columns import TABLES

Row = Mapping[str, str]
COUNCIL = "council-"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def unguarded(text: str) -> str:
    """A text without the apostrophe that keeps spreadsheet programs from running it."""
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@\t\r'") else text


class Cells:
    """The cells of a folder of ``results``, and of its comparison with an ``earlier`` one, worked out in ``scratch``."""

    def __init__(self, results: Path, scratch: Path, earlier: Path | None = None) -> None:
        self.results, self.scratch, self.earlier = results, scratch, earlier
        self.rows = cache(self._rows)
        self.row = cache(self._row)

    def text(self, table: str, key: str, column: str) -> str:
        """What stands in a cell; ``key`` as in ``report-numbers.csv``; the column ``share%`` is the column ``share`` in percent.

        Raises KeyError where there is no such table, row or column.
        """
        return self.row(table)[key][column]

    def _path(self, table: str) -> Path:
        if table.startswith(COUNCIL):
            return self.results / "council" / TABLES[table].path
        if table in ("gaps", "gap-sums"):
            folder = self._written("gaps", str(self.results))
        elif table == "changes":
            assert self.earlier is not None, "no earlier round"
            folder = self._written("compare", str(self.earlier), str(self.results))
        else:
            folder = self.results
        return folder / TABLES[table].path

    def _written(self, command: str, *of: str) -> Path:
        folder = self.scratch / command
        if not folder.exists():
            assert main([command, *of, "--out", str(folder)]) == 0
        return folder

    def _rows(self, table: str) -> list[dict[str, str]]:
        return rows_of(self._path(table))

    def _row(self, table: str) -> dict[str, Row]:
        found: dict[str, Row] = {
            " | ".join(unguarded(row[name]) for name in TABLES[table].key): row for row in self.rows(table)
        }
        assert len(found) == len(self.rows(table)), f"the key of {table} does not tell its rows apart"
        return found


def in_percent(text: str, decimals: int) -> str:
    """A number in [0, 1] in percent, half up."""
    return rounded(100 * Decimal(text), decimals) if text else ""


def rounded(value: Decimal, decimals: int) -> str:
    found = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{found:f}" if found else f"{abs(found):f}"


def people_read(text: str, language: str) -> set[str]:
    """The ways in which a printed number may be shown in a language: as it is and, of a difference, with a plus."""
    if not text:
        return {"–"}
    negative, digits = text.startswith("-"), text.removeprefix("-")
    whole, _, rest = digits.partition(".")
    group, mark = (".", ",") if language == "vi" else (",", ".")
    if not rest:
        whole = f"{int(whole):,}".replace(",", group)
    shown = f"{whole}{mark}{rest}" if rest else whole
    if negative:
        return {f"\u2212{shown}"}
    return {shown, f"+{shown}"}
