"""Published tables as they are printed: codes, maxima and exact decimals, for one unit or for many.

Numbers stay decimals, so that sums and tolerances are exact and the digits that were printed are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.shared_checks import note_doubles
from surveys.problems import Place, Problems, Severity
from surveys.published.amounts import HUNDRED
from surveys.published.table_layout import (
    CODE,
    COORDINATING,
    LEAD,
    LOST,
    MAXIMUM,
    MEASURED,
    NAME,
    PERCENT,
    POINTS,
    PREVIOUS,
    SIGN,
    TARGET,
    UNIT,
    VALUE,
    KnownNames,
    Line,
    PublishedCells,
    TableLayout,
    layout_of,
    of_several_years,
    roles_of,
)
from surveys.published.table_lines import lines_of
from surveys.returns.text.totals import says_total

#: Columns of values as messages name them.
_VALUES = ("points", "score", "satisfaction_percent", "percent", "value")
#: Cells that say that there is no value.
_NOTHING = frozenset({"", "-", "–", "—", "null", "NA", "n/a"})
_SIGNS = (">=", "≥", "<=", "≤", ">", "<")


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """What is printed of one node of one unit. ``points`` and ``percent`` are exact decimals, None where nothing is printed, and
    so are ``lost``, ``previous`` (last year's value) and ``target``, in the terms of the value; ``sign``: what stands before the
    target (``>``), ``due`` the year that its heading names; ``lead`` and ``coordinating``: the agencies as printed;
    ``measured_by``: likewise; ``column``: the heading above the value in a table with several columns of values."""

    place: Place
    unit: str
    code: str
    name: str
    maximum: Decimal | None
    points: Decimal | None
    percent: Decimal | None
    target: Decimal | None = None
    sign: str = ""
    due: str = ""
    lost: Decimal | None = None
    previous: Decimal | None = None
    lead: str = ""
    coordinating: str = ""
    measured_by: str = ""
    column: str = ""

    @property
    def in_points(self) -> bool:
        return self.points is not None

    @property
    def value(self) -> Decimal | None:
        """What the row says of its node, points before percent."""
        return self.points if self.in_points else self.percent

    @property
    def is_number(self) -> bool:
        """Whether the row holds a value or a target; others are headings."""
        return self.value is not None or self.target is not None

    def note(self, code: str, column: str = "", **params: Any) -> None:
        """Note a fault at the row, in the column of its value where there are several."""
        self.place.note(code, column or self.column, **params)


def read_published(path: Path, instrument: Instrument, problems: Problems) -> tuple[PublishedRow, ...]:
    """The rows of a published table, every fault noted with its place: one row a code (columns as in
    ``data-sample/published``), one row a unit with a column for each node, or one row a code with a column for each unit; the
    headings may stand below titles and in Vietnamese. Rows that name no unit in a table of units are left out, and told."""
    names = KnownNames(instrument)
    sheets = {sheet: lines for sheet, lines in lines_of(path, problems).items() if lines}
    layouts = {sheet: found for sheet, lines in sheets.items() if (found := layout_of(lines, names))}
    if not layouts:
        if not problems.errors:
            _note_no_layout(path.name, sheets, problems)
        return ()
    (sheet, layout), *others = layouts.items()
    place = sheets[sheet][layout.heading][0]
    if others:
        place.note("audit.other_sheets", severity="warning", used=sheet, others=[name for name, _ in others])
    if not sheet:
        _note_joined(sheets[sheet][layout.heading :])
    years = of_several_years(sheets[sheet][layout.heading][1])
    if years:
        place.note("audit.several_years", columns=years)
    if layout.unused:
        place.note("audit.columns_not_used", severity="warning", columns=list(layout.unused[:40]))
    rows = tuple(_Reading(names, layout, sheets[sheet]).rows())
    note_doubles((f"{row.unit} {row.code}".strip(), row.place) for row in rows)
    return rows


def _note_no_layout(file: str, sheets: Mapping[str, Sequence[Line]], problems: Problems) -> None:
    """Say what is missing of the table: values, codes, or everything."""
    lines = next(iter(sheets.values()), ())
    if not lines:
        problems.add("table.empty", file=file, accepted=[CODE, *_VALUES])
        return
    roles = set().union(*(roles_of(cells).keys() for _, cells in lines[:1]))
    if {POINTS, PERCENT, VALUE} & roles:
        problems.add("table.missing_column", file=file, row=lines[0][0].row, column=CODE, name=CODE)
    else:
        problems.add("audit.no_values", file=file, accepted=list(_VALUES))


def _note_joined(lines: Sequence[Line]) -> None:
    """Rows of a CSV with cells beyond the headings: two rows became one."""
    width = len(lines[0][1])
    for place, cells in lines[1:]:
        if any(cells[width:]):
            place.note("table.cells", found=len(cells), expected=width)


class _Reading:
    """Cells become rows; what is no unit, no node or no number is told."""

    def __init__(self, names: KnownNames, layout: TableLayout, lines: Sequence[Line]) -> None:
        self.names, self.layout = names, layout
        self.cells = tuple(layout.cells(lines))
        self.of_units = any(cells[UNIT] for cells in self.cells)
        self.printed: dict[str, str] = {}  # code of a unit → as it was printed first

    def rows(self) -> Iterator[PublishedRow]:
        left_out: dict[int, tuple[Place, str]] = {}
        for cells in self.cells:
            if self.of_units and self.names.is_no_unit(cells[UNIT]):
                if any(cells[role] not in _NOTHING for role in (POINTS, PERCENT, VALUE)):
                    left_out.setdefault(cells.place.row or 0, (cells.place, cells[UNIT]))
                continue
            if row := self._row(cells):
                yield row
        if left_out:
            first = next(iter(left_out.values()))[0]
            texts = dict.fromkeys(text or "–" for _, text in left_out.values())
            first.note("audit.no_unit", severity="warning", rows=list(left_out)[:40], texts=list(texts)[:10])

    def _row(self, cells: PublishedCells) -> PublishedRow | None:
        code = self._code(cells)
        maximum, points, percent, value = (
            _decimal(cells, role) for role in (MAXIMUM, POINTS, PERCENT, VALUE)
        )
        lost, previous = (_decimal(cells, role, "warning") for role in (LOST, PREVIOUS))
        if not code:
            if any(number is not None for number in (points, percent, value)):
                cells.place.note("record.missing", CODE)
            return None
        if value is not None:
            if self._has_points(code, maximum):
                points = value if points is None else points
            else:
                percent = value if percent is None else percent
        target, sign = _target(cells)
        unit = self.names.unit_of(cells[UNIT])
        return PublishedRow(
            cells.place, self.printed.setdefault(unit, cells[UNIT]), code, cells[NAME], maximum, points, percent,
            target, sign, self.layout.due, lost, previous, cells[LEAD], cells[COORDINATING], cells[MEASURED], cells.column,
        )  # fmt: skip

    def _code(self, cells: PublishedCells) -> str:
        """The code without a closing full stop; a row that is called a total is the root of the tree."""
        code = cells[CODE].rstrip(". ")
        if code in self.names.instrument.node or not says_total(code or cells[NAME]):
            return code
        children = self.names.instrument.children
        roots = [root.code for root in children.get("", ()) if root.code in children]
        return roots[0] if len(roots) == 1 else code

    def _has_points(self, code: str, maximum: Decimal | None) -> bool:
        """Whether a value of which the heading says nothing else is in points: where there is a maximum, but for a maximum of 100
        in an index without points."""
        node = self.names.instrument.node.get(code)
        most = None if node is None else node.max_points
        return most is not None or (maximum is not None and (node is None or maximum != HUNDRED))


def _target(cells: PublishedCells) -> tuple[Decimal | None, str]:
    """The target and the sign before it; a target in words is none of the values."""
    written = cells[TARGET]
    sign = next((sign for sign in _SIGNS if written.startswith(sign)), "")
    return _number(written.removeprefix(sign).removesuffix("%").strip()), cells[SIGN] or sign


def _decimal(cells: PublishedCells, role: str, severity: Severity = "error") -> Decimal | None:
    """The exact decimal of a cell; a decimal comma is one, since these values stay below a thousand."""
    cell = cells[role]
    if cell in _NOTHING:
        return None
    value = _number(cell.removesuffix("%").strip())
    if value is None:
        cells.place.note("audit.not_number", cells.column or role, severity=severity, value=cell[:80])
    return value


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < 10**6 else None


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
