"""The rows of one unit in a published table, re-added over the tree of its instrument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from surveys.problems import Severity
from surveys.published.amounts import HUNDRED, Amount, short
from surveys.published.published_table import PublishedRow
from surveys.published.table_layout import PERCENT, POINTS
from surveys.published.table_tree import TableTree
from surveys.vocabulary.statuses import (
    COMPUTED,
    CONTRADICTS,
    EXACT,
    PARTIAL,
    PRINTED,
    ROUNDING,
    UNEQUAL_ANSWERS,
)

Parts = Mapping[str, Amount]  # by code


class UnitAudit:
    """The rows of one unit re-added; every contradiction is noted when it is built."""

    def __init__(self, unit: str, rows: Mapping[str, PublishedRow], tree: TableTree) -> None:
        self.unit, self.rows, self.tree = unit, rows, tree
        self._best: dict[str, Amount] = {}
        self._combined: dict[str, Amount] = {}
        self._status: dict[str, str] = {}
        for code, row in rows.items():
            self._check_row(code, row)
        for code in tree.order():
            self._settle(code)

    def nodes(self) -> Iterator[tuple[object, ...]]:
        """Rows of ``AuditReport.nodes``, in the order of the table, then what was computed beside it."""
        for code in dict.fromkeys((*self.rows, *self.tree.order())):
            printed, computed = self._printed(code), self._combined.get(code)
            if printed is None and computed is None:
                continue
            own = computed.scaled(self._maximum(code), printed.points) if computed and printed else computed
            node = self.tree.instrument.node.get(code)
            yield (
                self.unit, code, node.level if node else "", self._name(code),
                float(printed.value) if printed else None,
                float(own.value) if own else None,
                float(printed.value - own.value) if printed and own else None,
                float(printed.error + own.error) if printed and own else None,
                self._status.get(code, PRINTED),
            )  # fmt: skip

    def _name(self, code: str) -> str:
        row, node = self.rows.get(code), self.tree.instrument.node.get(code)
        return (row.name if row else "") or (node.label_vi if node else "")

    def _maximum(self, code: str) -> Decimal | None:
        return self.tree.maximum(code, self.rows.get(code))

    def _printed(self, code: str) -> Amount | None:
        """What the table says of a node."""
        row = self.rows.get(code)
        if row is None or row.value is None:
            return None
        return Amount(row.value, self._half(code, row.in_points), row.in_points)

    def _half(self, code: str, points: bool) -> Decimal:
        return self.tree.half_unit(self.unit, code, POINTS if points else PERCENT)

    def _note(self, kind: str, code: str, severity: Severity = "error", **params: Any) -> None:
        name = " ".join(filter(None, (self._name(code), f"({self.unit})" if self.unit else "")))
        self.rows[code].note(kind, severity=severity, **{"node": code, "name": name, **params})

    def _check_row(self, code: str, row: PublishedRow) -> None:
        """Ranges, the maximum, and percentages against points of one row."""
        node, maximum = self.tree.instrument.node.get(code), self._maximum(code)
        low = Decimal(repr(node.low)) if node and node.low is not None else Decimal(0)
        if row.points is not None and not low <= row.points <= (maximum or row.points):
            self._note("audit.out_of_range", code, value=row.points, low=low, high=maximum or "–")
        if row.percent is not None and not 0 <= row.percent <= HUNDRED:
            self._note("audit.out_of_range", code, value=row.percent, low=0, high=HUNDRED)
        if node and row.maximum is not None and node.max_points not in (None, float(row.maximum)):
            self._note(
                "audit.maximum", code, "warning", value=row.maximum, expected=f"{node.max_points:g}",
                instrument=self.tree.instrument.name,
            )  # fmt: skip
        if row.points is not None and row.percent is not None and maximum:
            self._check_percent(code, row.points, row.percent, maximum)

    def _check_percent(self, code: str, points: Decimal, percent: Decimal, maximum: Decimal) -> None:
        half = self._half(code, False) * maximum / HUNDRED
        expected = Amount(percent * maximum / HUNDRED, half, True)
        if not expected.explains(Amount(points, self._half(code, True), True)):
            self._note(
                "audit.percent", code, expected=short(expected.value), percent=percent, maximum=maximum,
                points=points,
            )  # fmt: skip

    def _settle(self, code: str) -> None:
        """Combine the parts of a node, compare with what is printed, and keep the better known of the two."""
        printed = self._printed(code)
        parts = self._parts(code)
        if parts and self.tree.is_whole(code, parts, self._maximum):
            self._combined[code] = self._combine(code, parts)
            self._status[code] = self._judge(code, printed, parts) if printed else COMPUTED
        elif parts and printed:
            self._status[code] = self._judge_partial(code, printed, parts)
        if best := printed or self._combined.get(code):
            self._best[code] = best

    def _parts(self, code: str) -> Parts:
        """Known parts of a node in the terms of its rule: points for sums, percent for means."""
        points = self.tree.combination(code).points
        known = {child: self._best[child] for child in self.tree.children(code) if child in self._best}
        scaled = {child: part.scaled(self._maximum(child), points) for child, part in known.items()}
        return {child: part for child, part in scaled.items() if part is not None}

    def _combine(self, code: str, parts: Parts) -> Amount:
        """Parts added up as points, or as the mean of percentages with the weights of the definition."""
        points = self.tree.combination(code).points
        weights = {
            child: Decimal(1) if points else self.tree.weight(code, child)
            for child in parts
            if points or child in self.tree.instrument.node
        }
        total = Decimal(1) if points else sum(weights.values(), Decimal(0))
        value, error = (
            sum((weight * getattr(parts[child], name) for child, weight in weights.items()), Decimal(0))
            for name in ("value", "error")
        )
        return Amount(value / total, error / total, points)

    def _judge(self, code: str, printed: Amount, parts: Parts) -> str:
        """How a printed value and its combined parts agree; noted when rounding cannot explain the difference."""
        computed = self._combined[code].scaled(self._maximum(code), printed.points)
        if computed is None:
            return PRINTED
        if computed.explains(printed):
            return EXACT if printed.value == computed.value else ROUNDING
        rule = self.tree.combination(code)
        shown: dict[str, Any] = {
            "printed": self._shown(code, printed),
            "computed": short(computed.value),
            "difference": short(abs(printed.value - computed.value)),
        }
        swapped = self._swapped_parts(code, printed, parts)
        if rule.pooled and not swapped and _between(printed, parts):
            self._note("audit.unequal_answers", code, "warning", **shown)
            return UNEQUAL_ANSWERS
        shown["tolerance"] = short(printed.error + computed.error)
        if rule.points:
            self._note("audit.sum", code, **shown)
        else:
            self._note("audit.combined", code, rule=rule.name, **shown)
        for where, before, after in swapped:
            self._note("audit.digits_swapped", code, "warning", node=where, printed=before, swapped=after)
        return CONTRADICTS

    def _shown(self, code: str, amount: Amount) -> str:
        """A printed value with the digits of its column."""
        kind = POINTS if amount.points else PERCENT
        return f"{amount.value:.{self.tree.digits_of(self.unit, code, kind)}f}"

    def _swapped_parts(self, code: str, printed: Amount, parts: Parts) -> list[tuple[str, str, str]]:
        """(node, printed, exchanged) of neighbouring digits whose exchange mends the whole; of the parts only in sums,
        where every part counts in full."""
        text = self._shown(code, printed)
        found = [
            (code, text, other)
            for other in swaps(text)
            if self._agrees(code, replace(printed, value=Decimal(other)), parts)
        ]
        for child in parts if self.tree.combination(code).points else ():
            own = self._printed(child)
            if own is None:
                continue
            text = self._shown(child, own)
            for other in swaps(text):
                swapped = replace(own, value=Decimal(other)).scaled(self._maximum(child), True)
                if swapped and self._agrees(code, printed, {**parts, child: swapped}):
                    found.append((child, text, other))
        return found

    def _agrees(self, code: str, whole: Amount, parts: Parts) -> bool:
        """Whether ``whole``, as the value of a node, agrees with the parts."""
        computed = self._combine(code, parts).scaled(self._maximum(code), whole.points)
        return computed is not None and computed.explains(whole)

    def _judge_partial(self, code: str, printed: Amount, parts: Parts) -> str:
        """With parts missing, a sum lies between the parts at hand and those plus the maxima of the others."""
        whole = printed.scaled(self._maximum(code), True)
        if not self.tree.combination(code).points or whole is None:
            return PARTIAL
        known = self._combine(code, parts)
        others = [self._maximum(child) for child in self.tree.children(code) if child not in parts]
        most = known.value + sum((Decimal("Infinity") if m is None else m for m in others), Decimal(0))
        tolerance = known.error + whole.error
        if known.value - tolerance < whole.value < most + tolerance:
            return PARTIAL
        shown = self._shown(code, printed)
        self._note("audit.partial", code, printed=shown, low=short(known.value), high=short(most))
        return CONTRADICTS


def _between(printed: Amount, parts: Parts) -> bool:
    """Whether a mean in percent lies between its smallest and largest part, as any weights would make it."""
    lowest = min(part.value - part.error for part in parts.values())
    highest = max(part.value + part.error for part in parts.values())
    return not printed.points and lowest - printed.error < printed.value < highest + printed.error


def swaps(text: str) -> Iterator[str]:
    """Every number that two neighbouring, different digits of a printed number become when exchanged.

    >>> list(swaps("3.20"))
    ['2.30', '3.02']
    """
    places = [k for k, letter in enumerate(text) if letter.isdigit()]
    for a, b in pairwise(places):
        if text[a] != text[b]:
            yield text[:a] + text[b] + text[a + 1 : b] + text[a] + text[b + 1 :]
