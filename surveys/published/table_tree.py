"""The tree behind a published table: the instrument's nodes, and codes it does not know hung where they belong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from surveys.definitions.instrument.records import Instrument
from surveys.published.printed_digits import Key, printed_digits
from surveys.published.published_table import PublishedRow
from surveys.scoring.combination_rules import COMBINATIONS, Combination, items_below, rule_of
from surveys.vocabulary.combination_names import SUM

HALF = Decimal("0.5")


@dataclass(frozen=True)
class TableTree:
    """Nodes of an instrument and of a table. ``extras``: code unknown to the instrument → the node it is counted in
    (the longest beginning of its dotted code that is a node); ``digits``: digits after the point of every value that is
    printed, by unit, code and kind (see :mod:`surveys.published.printed_digits`)."""

    instrument: Instrument
    extras: Mapping[str, str] = field(default_factory=dict)
    digits: Mapping[Key, int] = field(default_factory=dict)

    def children(self, code: str) -> tuple[str, ...]:
        """Parts of a node, the instrument's first."""
        own = tuple(node.code for node in self.instrument.children.get(code, ()))
        return own + tuple(extra for extra, parent in self.extras.items() if parent == code)

    def depth(self, code: str) -> int:
        """Steps up to a root; 0 for a root and for a code that hangs nowhere."""
        parent = self.parent(code)
        return 1 + self.depth(parent) if parent else 0

    def parent(self, code: str) -> str:
        """The node that a code is counted in; empty for none."""
        node = self.instrument.node.get(code)
        return node.parent if node else self.extras.get(code, "")

    def digits_of(self, unit: str, code: str, kind: str) -> int:
        """Digits after the point with which a value is printed."""
        return self.digits.get((unit, code, kind), 0)

    def half_unit(self, unit: str, code: str, kind: str) -> Decimal:
        """Half a unit of the last digit of a value: the most that rounding moved it."""
        return HALF.scaleb(-self.digits_of(unit, code, kind))

    def maximum(self, code: str, row: PublishedRow | None) -> Decimal | None:
        """Maximum points: as printed, or else as defined."""
        if row is not None and row.maximum is not None:
            return row.maximum
        node = self.instrument.node.get(code)
        return Decimal(repr(node.max_points)) if node and node.max_points is not None else None

    def is_whole(self, code: str, parts: Collection[str], maximum: Callable[[str], Decimal | None]) -> bool:
        """Whether all parts of a node are there: every child of the definition, or as many maxima as the whole has."""
        own = [child.code for child in self.instrument.children.get(code, ())]
        if own and all(child in parts for child in own):
            return True
        maxima = [maximum(child) for child in parts]
        known = [most for most in maxima if most is not None]
        return self.combination(code).points and len(known) == len(maxima) and sum(known) == maximum(code)

    def combination(self, code: str) -> Combination:
        """The rule that combines the children of a node; codes unknown to the instrument are sums."""
        node = self.instrument.node.get(code)
        return rule_of(self.instrument, node) if node else COMBINATIONS[SUM]

    def weight(self, parent: str, child: str) -> Decimal:
        """Weight of a child in a mean of its parent; pooled nodes weigh by their number of items, that is as if every
        item had the same number of answers."""
        rule = self.combination(parent)
        weight = items_below if rule.pooled else rule.weight
        return Decimal(repr(float(weight(self.instrument, self.instrument.node[child]))))

    def order(self, code: str = "") -> tuple[str, ...]:
        """All codes below a node (the roots, when none is named), children before their parents."""
        below = self.children(code) if code else [root.code for root in self.instrument.children.get("", ())]
        return tuple(each for child in below for each in (*self.order(child), child))


def tree_of(instrument: Instrument, rows: Sequence[PublishedRow]) -> TableTree:
    """The tree of a table: unknown codes are hung by their dots."""
    extras: dict[str, str] = {}
    for code in sorted({row.code for row in rows} - instrument.node.keys(), key=lambda c: (c.count("."), c)):
        extras[code] = _parent(code, instrument.node.keys() | extras.keys())
    bare = TableTree(instrument, extras)
    digits = printed_digits(rows, bare.depth, bare.parent, lambda row: bare.maximum(row.code, row))
    return replace(bare, digits=digits)


def _parent(code: str, known: Collection[str]) -> str:
    """The longest beginning of a dotted code that is known."""
    parts = code.split(".")
    beginnings = (".".join(parts[:k]) for k in range(len(parts) - 1, 0, -1))
    return next((beginning for beginning in beginnings if beginning in known), "")
