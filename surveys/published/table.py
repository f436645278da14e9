"""Published tables as they are printed: codes, maxima and exact decimals, for one unit or for many.

Numbers stay decimals, so that sums and tolerances are exact and the digits that were printed are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from surveys.definitions.csv_tables import Row, TableColumns, read_table
from surveys.problems import Problems

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
class Line:
    """One printed row. ``points`` and ``percent`` are exact decimals, None where nothing is printed."""

    unit: str
    code: str
    name: str
    maximum: Decimal | None
    points: Decimal | None
    percent: Decimal | None
    row: int


def read_published(path: Path, problems: Problems) -> tuple[Line, ...]:
    """The rows of a published table (columns as in ``data-sample/published``), every fault noted with its row.

    Columns that say nothing about this round, such as targets, are left out with a warning.
    """
    table = read_table(path, COLUMNS, problems)
    if table is None:
        return ()
    if not {*POINTS, *PERCENT} & set(table.columns):
        problems.add("audit.no_values", file=table.file, accepted=[*POINTS, *PERCENT])
    lines = [_line(row, table.columns, problems, table.file) for row in table]
    _note_doubles(lines, problems, table.file)
    return tuple(lines)


def _line(row: Row, columns: Sequence[str], problems: Problems, file: str) -> Line:
    def number(names: Iterable[str]) -> Decimal | None:
        column = _first(names, columns)
        return _decimal(row[column], row.line, column, problems, file) if column else None

    unit, name = (_first(names, columns) for names in (UNIT, NAME))
    if not row["code"]:
        problems.add("record.missing", file=file, row=row.line, column="code")
    return Line(
        unit=row[unit] if unit else "",
        code=row["code"],
        name=row[name] if name else "",
        maximum=number(MAXIMUM),
        points=number(POINTS),
        percent=number(PERCENT),
        row=row.line,
    )


def _first(names: Iterable[str], columns: Sequence[str]) -> str:
    return next((name for name in names if name in columns), "")


def _decimal(cell: str, row: int, column: str, problems: Problems, file: str) -> Decimal | None:
    """The exact decimal of a cell; a decimal comma is one, since these values stay below a thousand."""
    if cell in _NOTHING:
        return None
    try:
        value = Decimal(cell.replace(",", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    if value.is_finite() and abs(value) < 10**6:
        return value
    problems.add("audit.not_number", file=file, row=row, column=column, value=cell[:80])
    return None


def _note_doubles(lines: Sequence[Line], problems: Problems, file: str) -> None:
    first: dict[tuple[str, str], int] = {}
    for line in lines:
        before = first.setdefault((line.unit, line.code), line.row)
        if before != line.row:
            value = f"{line.unit} {line.code}".strip()
            problems.add(
                "record.duplicate", file=file, row=line.row, column="code", value=value, first=before
            )


def by_unit(lines: Iterable[Line]) -> Mapping[str, Mapping[str, Line]]:
    """Unit → code → row, in the order of the table."""
    found: dict[str, dict[str, Line]] = {}
    for line in lines:
        found.setdefault(line.unit, {})[line.code] = line
    return found


def decimals(value: Decimal) -> int:
    """Digits after the point.

    >>> decimals(Decimal("43.9603")), decimals(Decimal("80"))
    (4, 0)
    """
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
