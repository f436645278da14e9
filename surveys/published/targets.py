"""Targets beside published values: none below what was reached, none above the maximum, sums that add up.

A target with a sign (``>92.00``) is a bound: parts that add up to more keep it, but are told where they are far apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from surveys.problems import Severity
from surveys.published.amounts import HUNDRED, Amount, added, short
from surveys.published.published_table import PublishedRow
from surveys.published.table_layout import PERCENT, POINTS, TARGET
from surveys.published.table_tree import TableTree

_AT_LEAST, _AT_MOST = frozenset({">", ">=", "≥"}), frozenset({"<", "<=", "≤"})


class TargetAudit:
    """The targets of one unit; every contradiction is noted when it is built."""

    def __init__(self, unit: str, rows: Mapping[str, PublishedRow], tree: TableTree) -> None:
        self.unit, self.tree = unit, tree
        self.rows = {code: row for code, row in rows.items() if row.target is not None}
        below = [code for code in self.rows if self._check_row(code)]
        added = {code for code in tree.order() if code in self.rows and self._adds_up(code)}
        for code in below:
            if (parent := tree.parent(code)) in added:
                self._note(
                    "audit.target_carried", parent, "warning", target=self.rows[parent].target, part=code
                )

    def _note(self, kind: str, code: str, severity: Severity = "error", **params: Any) -> None:
        row = self.rows[code]
        name = " ".join(filter(None, (row.name, f"({self.unit})" if self.unit else "")))
        row.note(kind, TARGET, severity=severity, **{"node": code, "name": name, **params})

    def _amount(self, code: str) -> Amount | None:
        row = self.rows.get(code)
        if row is None or row.target is None:
            return None
        points = row.in_points or (row.value is None and self._maximum(code) is not None)
        return Amount(row.target, self.tree.half_unit(self.unit, code, TARGET), points)

    def _maximum(self, code: str) -> Decimal | None:
        return self.tree.maximum(code, self.rows.get(code))

    def _check_row(self, code: str) -> bool:
        """Whether the target lies below the value; that is noted, as is a target above the maximum."""
        row, target = self.rows[code], self._amount(code)
        assert target is not None
        most = self._maximum(code) if target.points else HUNDRED
        if most is not None and target.value > most:
            self._note("audit.target_above", code, target=row.target, high=most)
        if row.value is None or row.sign in _AT_MOST:
            return False
        half = self.tree.half_unit(self.unit, code, POINTS if row.in_points else PERCENT)
        reached = Amount(row.value, half, row.in_points)
        if target.value > reached.value or target.explains(reached):
            return False
        self._note("audit.target_below", code, target=row.target, value=row.value)
        return True

    def _adds_up(self, code: str) -> bool:
        """Whether the target of a sum is that of its parts, as far as rounding lets one say; a contradiction is noted."""
        whole = self._amount(code)
        parts = {child: part for child in self.tree.children(code) if (part := self._amount(child))}
        if not (whole and whole.points and self.tree.combination(code).points and parts):
            return False
        in_points = all(part.points for part in parts.values())
        if not (in_points and self.tree.is_whole(code, parts, self._maximum)):
            return False
        computed = added(parts.values())
        if not computed.explains(whole):
            self._note_apart(code, whole, computed, {self.rows[part].sign for part in parts} - {""})
            return False
        return True

    def _note_apart(self, code: str, whole: Amount, computed: Amount, bounds: set[str]) -> None:
        """A target that is not the sum of its parts: no contradiction where a sign makes one of them a bound that is kept."""
        row, gap = self.rows[code], short(abs(whole.value - computed.value))
        target, total = f"{row.sign}{row.target}", short(computed.value)
        kept = computed.value > whole.value if row.sign in _AT_LEAST else bool(bounds) and not row.sign
        if kept:
            self._note("audit.target_apart", code, "warning", target=target, computed=total, difference=gap)
        else:
            limit = short(whole.error + computed.error)
            self._note(
                "audit.target_sum", code, target=target, computed=total, difference=gap, tolerance=limit
            )
