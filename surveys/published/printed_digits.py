"""With how many digits each value of a table is printed: its own, and the zeros that a spreadsheet took from its end.

A value may be off by half a unit of its own last digit. But 3.4 among many values with two digits is 3.40 without its zero, and
a full mark of 1 is 1.00. So a value that has fewer digits than are usual at its depth of the tree (or, where few values stand
there, in the whole table) is taken to have lost one or two closing zeros, or more of them where it is nothing, a quarter, a half
or a whole mark. A table of few values makes nothing usual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from surveys.published.published_table import PublishedRow, decimals
from surveys.published.table_layout import LOST, PERCENT, POINTS, PREVIOUS, TARGET

#: Kinds of values whose digits are counted apart.
KINDS: Mapping[str, Callable[[PublishedRow], Decimal | None]] = {
    POINTS: lambda row: row.points,
    PERCENT: lambda row: row.percent,
    TARGET: lambda row: row.target,
    LOST: lambda row: row.lost,
    PREVIOUS: lambda row: row.previous,
}
#: So many values at a depth (or in the whole table), and this share of them, make a number of digits usual there.
_MANY, _MANY_IN_ALL, _SHARE = 7, 20, 0.125
#: So many closing zeros may be missing of any value.
_LOST = 2
_QUARTER = Decimal("0.25")
Key = tuple[str, str, str]  # unit, code, kind


@dataclass(frozen=True, slots=True)
class _Value:
    unit: str
    code: str
    depth: int
    parent: str
    value: Decimal
    maximum: Decimal | None

    @property
    def digits(self) -> int:
        return decimals(self.value)

    @property
    def is_extreme(self) -> bool:
        """Nothing, or the full mark."""
        return self.value in (0, self.maximum)

    @property
    def keeps_zeros(self) -> bool:
        return self.digits > 1 and self.value.as_tuple().digits[-1] == 0


def printed_digits(
    rows: Iterable[PublishedRow],
    depth: Callable[[str], int],
    parent: Callable[[str], str],
    maximum: Callable[[PublishedRow], Decimal | None],
) -> Mapping[Key, int]:
    """(unit, code, kind) → digits after the point. ``depth`` and ``parent`` of a code in the tree, ``maximum`` of a row."""
    rows = tuple(rows)
    found: dict[Key, int] = {}
    for kind, number in KINDS.items():
        values = [
            _Value(row.unit, row.code, depth(row.code), parent(row.code), value, maximum(row))
            for row in rows
            if (value := number(row)) is not None
        ]
        found |= {(v.unit, v.code, kind): digits for v, digits in _of_kind(values)}
    return found


def _of_kind(values: list[_Value]) -> Iterable[tuple[_Value, int]]:
    by_depth: dict[int, list[int]] = {}
    of_unit: dict[str, int] = {}
    of_siblings: dict[tuple[str, str], int] = {}
    for v in values:
        by_depth.setdefault(v.depth, []).append(v.digits)
        of_unit[v.unit] = max(of_unit.get(v.unit, 0), v.digits)
        key = (v.unit, v.parent)
        of_siblings[key] = max(of_siblings.get(key, 0), v.digits)
    usual = {depth: _usual(digits, _MANY) for depth, digits in by_depth.items()}
    in_all = _usual([digits for of_depth in by_depth.values() for digits in of_depth], _MANY_IN_ALL)
    usual = {depth: max(usual[depth], in_all if len(by_depth[depth]) < _MANY else 0) for depth in by_depth}
    for v in values:
        yield v, _digits(v, min(usual[v.depth], of_unit[v.unit]), of_siblings[v.unit, v.parent])


def _usual(digits: list[int], many: int) -> int:
    """The most digits that many values have.

    >>> _usual([2, 2, 2, 2, 2, 1, 4], 5), _usual([4, 4, 6], 5)
    (2, 0)
    """
    enough = max(many, _SHARE * len(digits))
    return max((d for d in set(digits) if sum(each >= d for each in digits) >= enough), default=0)


def _digits(v: _Value, usual: int, of_siblings: int) -> int:
    if v.keeps_zeros or v.digits > usual:
        return max(v.digits, of_siblings) if v.is_extreme and not v.keeps_zeros else v.digits
    if v.is_extreme:
        return max(usual, of_siblings)
    return usual if usual - v.digits <= _LOST or v.value % _QUARTER == 0 else v.digits
