"""Rows of a printed table whose numbers know where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

from surveys.handover.official_columns import OfficialTable
from surveys.handover.read_back import PrintedTable
from surveys.handover.rounding import decimal_texts, numbers_of
from surveys.reports.analysis_report.parts import Key, Number, NumberSource

#: Behind the name of a column in [0, 1] that is shown in percent.
IN_PERCENT = "%"


@dataclass(frozen=True, slots=True)
class QuotedRow:
    """One row: texts by the names of its columns, numbers with their place, the values of its key columns."""

    table: OfficialTable
    places: Mapping[str, int]
    cells: tuple[str, ...]
    key: Key

    def __getitem__(self, column: str) -> str:
        """The text of a column."""
        return self.cells[self.places[column]]

    def get(self, column: str) -> str:
        """The text of a column; empty where the table has no such column."""
        place = self.places.get(column)
        return "" if place is None else self.cells[place]

    def number(self, column: str, *, sign: bool = False) -> Number:
        """The number of a column as it is printed; ``sign``: with a plus."""
        return Number(self.get(column), NumberSource(self.table.name, self.key, column), sign)

    def percent(self, column: str, decimals: int, *, sign: bool = False) -> Number:
        """The score or share of a column in percent, with ``decimals`` digits."""
        (text,) = decimal_texts(100.0 * numbers_of([self.get(column)]), decimals)
        return Number(text, NumberSource(self.table.name, self.key, f"{column}{IN_PERCENT}"), sign)


class Quoted:
    """A printed table by rows, read once."""

    def __init__(self, printed: PrintedTable) -> None:
        self.printed = printed
        self._places = {name: k for k, name in enumerate(printed.table.names)}
        self._by: dict[Key, dict[Key, list[QuotedRow]]] = {}

    def __len__(self) -> int:
        return len(self.printed)

    def __iter__(self) -> Iterator[QuotedRow]:
        return iter(self.rows)

    @cached_property
    def rows(self) -> Sequence[QuotedRow]:
        """Every row in the order of the file."""
        texts, table = self.printed.texts(), self.printed.table
        cells = zip(*(texts[name] for name in table.names), strict=True)
        keys = zip(*(texts[name] for name in table.key), strict=True) if table.key else repeat(())
        return [QuotedRow(table, self._places, *row) for row in zip(cells, keys, strict=False)]

    def by(self, *columns: str) -> dict[Key, list[QuotedRow]]:
        """Values of some columns → the rows that have them, in the order of the file; put together once, not to be written to."""
        if columns not in self._by:
            found: dict[Key, list[QuotedRow]] = {}
            for row in self.rows:
                found.setdefault(tuple(row[name] for name in columns), []).append(row)
            self._by[columns] = found
        return self._by[columns]
