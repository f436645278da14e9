"""Published tables as they are printed: codes, maxima and exact decimals, for one unit or for many.

Numbers stay decimals, so that sums and tolerances are exact and the digits that were printed are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from surveys.definitions.csv_tables import Row, TableColumns, read_table
from surveys.definitions.shared_checks import note_doubles
from surveys.problems import Place, Problems

#: What a column may be called in published tables; the first that is there is read.
MAXIMUM = ("max_points", "max_score", "maximum")
POINTS = ("points", "score")
PERCENT = ("satisfaction_percent", "percent")
UNIT = ("unit", "unit_code", "unit_name")
NAME = ("name_vi", "name_en", "name")
_OPTIONAL = (*UNIT, *NAME, *MAXIMUM, *POINTS, *PERCENT, "measured_by")
#: Columns that say nothing about this round, such as targets, are left out with a warning.
COLUMNS = TableColumns({"code": True} | dict.fromkeys(_OPTIONAL, False), others=True)
#: Cells that say that there is no value.
_NOTHING = frozenset({"", "-", "–", "—", "null", "NA", "n/a"})


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One printed row. ``points`` and ``percent`` are exact decimals, None where nothing is printed."""

    place: Place
    unit: str
    code: str
    name: str
    maximum: Decimal | None
    points: Decimal | None
    percent: Decimal | None

    @property
    def in_points(self) -> bool:
        return self.points is not None

    @property
    def value(self) -> Decimal | None:
        """What the row says of its node, points before percent."""
        return self.points if self.in_points else self.percent


def read_published(path: Path, problems: Problems) -> tuple[PublishedRow, ...]:
    """The rows of a published table (columns as in ``data-sample/published``), every fault noted with its row."""
    table = read_table(path, COLUMNS, problems)
    if table is None:
        return ()
    if not {*POINTS, *PERCENT} & set(table.columns):
        problems.add("audit.no_values", file=table.file, accepted=[*POINTS, *PERCENT])
    rows = tuple(_published(row, table.columns) for row in table)
    note_doubles((f"{row.unit} {row.code}".strip(), row.place) for row in rows)
    return rows


def _published(row: Row, columns: Sequence[str]) -> PublishedRow:
    def first(names: Iterable[str]) -> str:
        return next((name for name in names if name in columns), "")

    if not row["code"]:
        row.place.note("record.missing", "code")
    unit, name = (row.cells.get(first(names), "") for names in (UNIT, NAME))
    maximum, points, percent = (_decimal(row, first(names)) for names in (MAXIMUM, POINTS, PERCENT))
    return PublishedRow(row.place, unit, row["code"], name, maximum, points, percent)


def _decimal(row: Row, column: str) -> Decimal | None:
    """The exact decimal of a cell; a decimal comma is one, since these values stay below a thousand."""
    cell = row[column] if column else ""
    if cell in _NOTHING:
        return None
    try:
        value = Decimal(cell.replace(",", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    if value.is_finite() and abs(value) < 10**6:
        return value
    row.place.note("audit.not_number", column, value=cell[:80])
    return None


def by_unit(rows: Iterable[PublishedRow]) -> Mapping[str, Mapping[str, PublishedRow]]:
    """Unit → code → row, in the order of the table."""
    found: dict[str, dict[str, PublishedRow]] = {}
    for row in rows:
        found.setdefault(row.unit, {})[row.code] = row
    return found


def decimals(value: Decimal) -> int:
    """Digits after the point.

    >>> decimals(Decimal("43.9603")), decimals(Decimal("80"))
    (4, 0)
    """
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
