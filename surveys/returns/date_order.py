"""The order of day and month of a file: decided once for all its columns of dates together.

What counts, in this order: the key of the study; the cells that are dates in one order only, and the order that puts strictly
more dates within the fieldwork (where the two contradict each other, the one with many times more cells); the product's habit.
An order that stays open is a fault, and so are stored dates that look as if a program had taken day for month.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from surveys.definitions.study.records import Fieldwork, ReturnFile
from surveys.problems import the_first
from surveys.returns.headings.columns import Column
from surveys.returns.table_fields import TIME_ROLES, columns_by_role
from surveys.returns.table_reading import TableReading
from surveys.returns.text.times import DAY_FIRST, ORDERS, Readings, read_times, turned

OUTVOTES = 5  # cells that outvote one cell which says otherwise
LONGEST_ROUND = (
    3  # years between the first and the last date of a file; a longer time is no reading of two-digit years
)
FEW = 10  # texts of one order for each text that may be either, in a column whose stored dates may be turned
FEWEST = 5  # dates by which a column of stored dates alone can look as if day and month had changed places
_NAMES = {"dmy": "d/m/Y", "mdy": "m/d/Y", "ymd": "Y/m/d"}  # in the log of conversions
_SHOWN = 20  # rows listed in a message


@dataclass(frozen=True)
class _DateColumn:
    """A column of dates of a file, and what its distinct cells say."""

    table: TableReading
    role: str
    column: Column
    readings: Readings

    @cached_property
    def counts(self) -> np.ndarray:
        return self.column.distinct.counts

    @cached_property
    def ordered(self) -> np.ndarray:
        """Cells whose date depends on the order, bool."""
        first, second, third = (self.readings.by_order[order] for order in ORDERS)
        return np.asarray(_differ(first, second) | _differ(first, third))


def settle_times(file: ReturnFile, tables: Sequence[TableReading]) -> None:
    """Give every table of a file its times, ``TableReading.times``: role → datetime64[s], one per row.

    An order that stays open and stored dates that may be turned are noted as errors, cells that are no time as warnings.
    """
    columns = [column for table in tables for column in _date_columns(table)]
    if not columns:
        return
    order, evident = _order_of(file, columns)
    for column in columns:
        if not file.true_dates and _look_turned(column):
            _note_turned(column)
        times = _times(column, order, file.true_dates == "swapped")
        column.table.times[column.role] = column.column.distinct.spread(times, np.datetime64("NaT", "s"))
        _log(column, order, evident)


def _date_columns(table: TableReading) -> Iterator[_DateColumn]:
    local = table.study.study.fieldwork.timezone
    for role, found in columns_by_role(table).items():
        if role in TIME_ROLES:
            cells = found[0].distinct
            yield _DateColumn(
                table, role, found[0], read_times(cells.values, cells.texts, local, found[0].zone)
            )


def _order_of(file: ReturnFile, columns: Sequence[_DateColumn]) -> tuple[str, bool]:
    """The order of a file, and whether its cells alone show it; empty when it stays open (noted)."""
    concerned = [column for column in columns if column.ordered.any()]
    if file.date_order or not concerned:
        return file.date_order or DAY_FIRST, not concerned
    votes = _Votes.of(concerned)
    habits = {column.column.order for column in concerned}
    order = votes.order() or (habits.pop() if len(habits) == 1 else "")
    if not order and votes.differ():
        _note_open(columns[0].table, concerned)
    return order or ("" if votes.differ() else DAY_FIRST), votes.plain(order)


@dataclass(frozen=True)
class _Votes:
    """The cells whose date depends on the order: their times in each order, and how many cells each stands for."""

    times: Mapping[str, np.ndarray]
    counts: np.ndarray
    fieldwork: Fieldwork

    @classmethod
    def of(cls, columns: Sequence[_DateColumn]) -> _Votes:
        times = {
            order: np.concatenate([c.readings.by_order[order][c.ordered] for c in columns])
            for order in ORDERS
        }
        counts = np.concatenate([column.counts[column.ordered] for column in columns])
        return cls(times, counts, columns[0].table.study.study.fieldwork)

    @cached_property
    def readable(self) -> Mapping[str, int]:
        """Cells that are dates in an order; none for an order that spreads a round over many years where another does not."""
        said = {order: self._cells(~np.isnat(times)) for order, times in self.times.items()}
        short = {order for order in ORDERS if said[order] and _years(self.times[order]) <= LONGEST_ROUND}
        return {order: said[order] if order in short or not short else 0 for order in ORDERS}

    @cached_property
    def inside(self) -> Mapping[str, int]:
        """Cells whose date in an order lies within the fieldwork."""
        return {
            order: self._cells(within(times, self.fieldwork)) if self.readable[order] else 0
            for order, times in self.times.items()
        }

    def order(self) -> str:
        """The order that the cells and the fieldwork show; empty when they do not."""
        by_cells, by_window = _most(self.readable), _most(self.inside)
        order = by_cells or by_window
        if by_cells and by_window and by_cells != by_window:
            cells = self.readable[by_cells] - self.readable[by_window]
            window = self.inside[by_window] - self.inside[by_cells]
            order = (
                by_cells if cells >= OUTVOTES * window else by_window if window >= OUTVOTES * cells else ""
            )
        against = self.outvoted(order)
        return order if against <= 1 or OUTVOTES * against <= self.readable[order] else ""

    def outvoted(self, order: str) -> int:
        """Cells that are dates in some other order only."""
        return self._cells(np.isnat(self.times[order])) if order else 0

    def differ(self) -> bool:
        """Whether some cell is one date in one order and another date in another."""
        return any(_apart(first, second).any() for first, second in combinations(self.times.values(), 2))

    def plain(self, order: str) -> bool:
        """Whether every cell is a date in this order, and some in no other."""
        others = [self.readable[other] for other in ORDERS if other != order]
        return bool(order) and not self.outvoted(order) and self.readable[order] > max(others)

    def _cells(self, where: np.ndarray) -> int:
        return int(self.counts[where].sum())


def within(times: np.ndarray, fieldwork: Fieldwork) -> np.ndarray:
    """Which times lie within the fieldwork, boolean [n]; none where no fieldwork is declared.

    >>> within(np.array(["2025-10-05", "NaT"], "datetime64[s]"), Fieldwork("2025-10-01", "2025-10-31")).tolist()
    [True, False]
    """
    if not (fieldwork.start or fieldwork.end):
        return np.zeros(len(times), dtype=bool)
    days = times.astype("datetime64[D]")
    first, last = fieldwork.start or "0001-01-01", fieldwork.end or "9999-12-31"
    return np.asarray((days >= np.datetime64(first)) & (days <= np.datetime64(last)))


def _differ(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Where two arrays of times are not the same, two unknown times being the same."""
    return np.asarray((first != second) & ~(np.isnat(first) & np.isnat(second)))


def _apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Where two arrays of times are both known and not the same."""
    return np.asarray((first != second) & ~np.isnat(first) & ~np.isnat(second))


def _most(cells: Mapping[str, int]) -> str:
    """The order with strictly more cells than any other; empty when none has."""
    best, second = sorted(cells, key=lambda order: -cells[order])[:2]
    return best if cells[best] > cells[second] else ""


def _years(times: np.ndarray) -> int:
    years = times[~np.isnat(times)].astype("datetime64[Y]").astype(int)
    return int(years.max() - years.min())


def _look_turned(column: _DateColumn) -> bool:
    """Whether a program may have stored dates of a column with day and month in each other's place.

    A spreadsheet program of another country stores the texts that are dates to it, with a day up to 12, and leaves the others as
    texts: then no text is a date in two orders. Where the texts do not show it, the fieldwork may.
    """
    stored = column.readings.by_order[DAY_FIRST]
    other = turned(stored)
    turnable = column.readings.stored & ~np.isnat(other) & (other != stored)
    if not turnable.any():
        return False
    fieldwork, counts = column.table.study.study.fieldwork, column.counts
    inside, inside_turned = within(stored, fieldwork), within(other, fieldwork)
    gained = int(counts[turnable & inside_turned & ~inside].sum())
    lost = int(counts[turnable & inside & ~inside_turned].sum())
    beyond = bool((column.readings.stored & np.isnat(other) & ~np.isnat(stored)).any())
    texts, clear = int(counts[column.ordered].sum()), _of_one_order(column)
    if not texts:
        return not beyond and not lost and gained >= FEWEST
    if clear < FEW * (texts - clear):
        return False
    return gained > max(lost, 1) if beyond else gained >= lost


def _of_one_order(column: _DateColumn) -> int:
    """Cells that are a date in the one or the other order of day and month, not in both."""
    unknown = [np.isnat(column.readings.by_order[order]) for order in ("dmy", "mdy")]
    return int(column.counts[column.ordered & (unknown[0] ^ unknown[1])].sum())


def _times(column: _DateColumn, order: str, swapped: bool) -> np.ndarray:
    """The time of every distinct cell. One that is a date in another order only is read in that, and noted; one that is no time
    is noted, unless it is open in which order it was written."""
    readings = column.readings.by_order
    times = readings[order or DAY_FIRST].copy()
    times[column.ordered & (not order)] = np.datetime64("NaT")
    if swapped:
        other = turned(times)
        times = np.where(column.readings.stored & ~np.isnat(other), other, times)
    for k in np.flatnonzero(np.isnat(times)).tolist():
        meant = {readings[other][k] for other in ORDERS if not np.isnat(readings[other][k])}
        if order and meant:
            times[k] = meant.pop() if len(meant) == 1 else times[k]
            read = _day(times[k]) if not np.isnat(times[k]) else ""
            column.table.warn(column.column, k, "returns.time_in_other_order", order=_NAMES[order], read=read)
        elif not meant:
            column.table.warn(column.column, k, "returns.time_unknown")
    return times


def _log(column: _DateColumn, order: str, evident: bool) -> None:
    """Count in the log what a cell does not say itself: the order in which it was read, two-digit years, day numbers."""
    done: Counter[str] = Counter()
    if order and (not evident or order != DAY_FIRST):
        done[_NAMES[order]] = int(column.counts[column.ordered].sum())
    for name, where in column.readings.guessed.items():
        done[name] = int(column.counts[where].sum())
    log = column.table.table.conversions
    for name, cells in done.items():
        if cells:
            log[name] = log.get(name, 0) + cells


def _note_open(table: TableReading, columns: Sequence[_DateColumn]) -> None:
    """The fault that the order is open, shown by the first cell that means two days. Where no fieldwork is declared and no unit
    has its days, nothing asks for the date: a warning, and the dates are not used."""
    column, a, b, k = next(
        (column, a, b, int(k))
        for column in columns
        for a, b in combinations(ORDERS, 2)
        for k in np.flatnonzero(_apart(column.readings.by_order[a], column.readings.by_order[b]))
    )
    first, second = (_day(column.readings.by_order[order][k]) for order in (a, b))
    study = table.study.study
    needed = (
        study.fieldwork.start or study.fieldwork.end or any(u.valid_from or u.valid_to for u in study.units)
    )
    cells, headings = column.column.distinct, dict.fromkeys(c.column.heading for c in columns)
    table.study.problems.add(
        "returns.date_order_open" if needed else "returns.date_order_unused",
        severity="error" if needed else "warning", file=column.table.table.file, sheet=column.table.table.sheet,
        row=int(column.table.table.row_numbers[cells.first[k]]), column=", ".join(headings),
        text=cells.texts[k], first=first, first_order=a, second=second, second_order=b,
    )  # fmt: skip


def _note_turned(column: _DateColumn) -> None:
    """The fault that stored dates may be turned, with their rows and the two readings of the first."""
    stored = column.readings.by_order[DAY_FIRST]
    other = turned(stored)
    where = column.readings.stored & ~np.isnat(other) & (other != stored)
    cells, table = column.column.distinct, column.table.table
    rows = table.row_numbers[np.append(where, False)[cells.codes]].tolist()
    k = int(np.flatnonzero(where)[0])
    column.table.study.problems.add(
        "returns.dates_turned", file=table.file, sheet=table.sheet, row=rows[0], column=column.column.heading,
        rows=the_first(rows, _SHOWN), text=cells.texts[k],
        stored=_day(stored[k]), turned=_day(other[k]),
    )  # fmt: skip


def _day(moment: np.datetime64) -> str:
    """A day as messages show it, ``2025-10-05``."""
    return str(moment.astype("datetime64[D]"))
