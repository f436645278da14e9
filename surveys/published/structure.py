"""The tree behind a printed table: the instrument's nodes, and codes it does not know hung where they belong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from surveys.definitions.instrument.records import Instrument
from surveys.published.table import Line, decimals
from surveys.scoring.combinations import COMBINATIONS, items_below, rule_of

HALF = Decimal("0.5")


@dataclass(frozen=True)
class Structure:
    """Nodes of an instrument and of a table. ``extras``: code unknown to the instrument → the node it is counted in
    (the longest beginning of its dotted code that is a node); ``digits``: digits printed at each depth of the tree, in
    points (True) and in percent (False)."""

    instrument: Instrument
    extras: Mapping[str, str] = field(default_factory=dict)
    digits: Mapping[tuple[int, bool], int] = field(default_factory=dict)

    def children(self, code: str) -> tuple[str, ...]:
        """Parts of a node, the instrument's first."""
        own = tuple(node.code for node in self.instrument.children.get(code, ()))
        return own + tuple(extra for extra, parent in self.extras.items() if parent == code)

    def depth(self, code: str) -> int:
        """Steps up to a root; 0 for a root and for a code that hangs nowhere."""
        node = self.instrument.node.get(code)
        parent = node.parent if node else self.extras.get(code, "")
        return 1 + self.depth(parent) if parent else 0

    def digits_of(self, code: str, points: bool) -> int:
        """Digits after the point with which values at the depth of a node are printed."""
        return self.digits.get((self.depth(code), points), 0)

    def half_unit(self, code: str, points: bool) -> Decimal:
        """Half a unit of the last digit printed at the depth of a node: the most that rounding moved it."""
        return HALF.scaleb(-self.digits_of(code, points))

    def maximum(self, code: str, line: Line | None) -> Decimal | None:
        """Maximum points: as printed, or else as defined."""
        if line is not None and line.maximum is not None:
            return line.maximum
        node = self.instrument.node.get(code)
        return Decimal(repr(node.max_points)) if node and node.max_points is not None else None

    def rule(self, code: str) -> str:
        """Name of the rule that combines the children of a node."""
        return (
            rule_of(self.instrument, self.instrument.node[code]).name
            if code in self.instrument.node
            else "sum"
        )

    def adds_points(self, code: str) -> bool:
        return COMBINATIONS[self.rule(code)].points

    def is_pooled(self, code: str) -> bool:
        return COMBINATIONS[self.rule(code)].pooled

    def weight(self, parent: str, child: str) -> Decimal:
        """Weight of a child in a mean of its parent; pooled nodes weigh by their number of items, that is as if every
        item had the same number of answers."""
        rule = COMBINATIONS[self.rule(parent)]
        node = self.instrument.node[child]
        return Decimal(repr(float((items_below if rule.pooled else rule.weight)(self.instrument, node))))

    def order(self) -> tuple[str, ...]:
        """All codes, children before their parents."""
        found: list[str] = []

        def visit(code: str) -> None:
            for child in self.children(code):
                visit(child)
            found.append(code)

        for root in self.instrument.children.get("", ()):
            visit(root.code)
        return tuple(found)


def structure_of(instrument: Instrument, lines: Sequence[Line]) -> Structure:
    """The tree of a table: unknown codes are hung by their dots, digits are counted by depth."""
    codes = dict.fromkeys(line.code for line in lines)
    extras: dict[str, str] = {}
    for code in sorted(codes.keys() - instrument.node.keys(), key=lambda c: c.count(".")):
        extras[code] = _parent(code, instrument.node.keys() | extras.keys())
    bare = Structure(instrument, extras)
    return Structure(instrument, extras, _digits(bare, lines))


def _parent(code: str, known: Iterable[str]) -> str:
    accepted = frozenset(known)
    parts = code.split(".")
    return next((p for k in range(len(parts) - 1, 0, -1) if (p := ".".join(parts[:k])) in accepted), "")


def _digits(structure: Structure, lines: Iterable[Line]) -> dict[tuple[int, bool], int]:
    """(depth, points or percent) → most digits of any value there: spreadsheets drop closing zeros, print does not."""
    found: dict[tuple[int, bool], int] = {}
    for line in lines:
        for value, points in ((line.points, True), (line.percent, False)):
            if value is not None:
                key = (structure.depth(line.code), points)
                found[key] = max(found.get(key, 0), decimals(value))
    return found
