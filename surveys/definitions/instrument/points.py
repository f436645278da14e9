"""Maximum points: the children of a node add up to it, the roots to ``total_points``, but for the rounding of what is printed.

A maximum printed with decimals may be rounded by half a unit of its last digit (three times 3.33 make 10); one printed without
them is exact. All arithmetic is on the printed digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from surveys.definitions.draft import InstrumentDraft
from surveys.definitions.instrument.records import Block, Node, Questionnaire
from surveys.problems import Place
from surveys.vocabulary.combination_names import SHARES, SUM


@dataclass(frozen=True, slots=True)
class Sum:
    """Printed maxima of parts against that of their whole."""

    parts: tuple[Decimal, ...]
    whole: Decimal

    @property
    def found(self) -> Decimal:
        return sum(self.parts, Decimal(0))

    def is_whole(self) -> bool:
        """Whether the parts sum to the whole, or are each its equal share as printed.

        >>> [Sum(parts, Decimal(10)).is_whole() for parts in ((Decimal(4), Decimal(6)), (Decimal("3.33"),) * 3)]
        [True, True]
        """
        share = self.whole / len(self.parts)
        equal = all(_digits(part) and part == round(share, _digits(part)) for part in self.parts)
        return self.found == self.whole or equal

    def rounds_to_whole(self) -> bool:
        """Whether the rounding of the parts can explain the difference.

        >>> rounded, exact = (Decimal("3.3"), Decimal("3.3"), Decimal("3.3")), (Decimal(4), Decimal(5))
        >>> [Sum(parts, Decimal(10)).rounds_to_whole() for parts in (rounded, exact)]
        [True, False]
        """
        halves = [Decimal(1).scaleb(-_digits(part)) / 2 for part in self.parts if _digits(part)]
        return abs(self.found - self.whole) <= sum(halves)


def _digits(number: Decimal) -> int:
    """Decimals with which a number is printed."""
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def check_points(draft: InstrumentDraft) -> None:
    """Note children whose maxima do not add up to their parent's, and roots that do not to ``total_points``."""
    if Node in draft.broken:
        return
    instrument, places = draft.instrument, {node.code: place for node, place in draft.of(Node)}
    printed = {node.code: _printed(draft, node, place) for node, place in draft.of(Node)}
    for node, place in draft.of(Node):
        whole = printed[node.code] if node.code not in instrument.items_of_node else None
        for block, parts in _by_block(draft, instrument.children.get(node.code, ())):
            scored = whole is not None and (node.rule == SUM or _needs_sum(parts, node))
            if whole is not None and scored and _have_points(parts, node.code, places):
                rows = [places[part.code].row for part in parts]
                told = {"node": node.code, "block": block, "rows": rows}
                found = Sum(tuple(printed[part.code] or Decimal(0) for part in parts), whole)
                _note(found, place, "max_points", "tree.points_sum", told)
    if instrument.total_points is None:
        return
    for block, parts in _by_block(draft, instrument.children.get("", ())):
        if _have_points(parts, "total_points", places):
            told = {"node": [part.code for part in parts], "block": block}
            whole = Decimal(f"{instrument.total_points:.12g}")
            found = Sum(tuple(printed[part.code] or Decimal(0) for part in parts), whole)
            _note(found, draft.place.below("identity"), "total_points", "tree.total_points", told)


def _note(found: Sum, place: Place, column: str, code: str, told: Mapping[str, Any]) -> None:
    if found.is_whole():
        return
    sums: dict[str, Any] = {"found": f"{found.found:f}", "expected": f"{found.whole:f}"}
    if found.rounds_to_whole():
        place.note("tree.points_rounded", column, severity="warning", node=told["node"], **sums)
    else:
        place.note(code, column, **told, **sums)


def _needs_sum(parts: Sequence[Node], whole: Node) -> bool:
    """Whether parts that are no sum carry points of their own, not the scale of their whole."""
    maxima = {part.max_points for part in parts}
    return None not in maxima and maxima != {whole.max_points}


def _by_block(draft: InstrumentDraft, nodes: Sequence[Node]) -> Iterator[tuple[str, tuple[Node, ...]]]:
    """The nodes that carry points together: all of them, or where some stand in some blocks only, those of each block."""
    scored = tuple(node for node in nodes if node.rule != SHARES)
    asked = dict.fromkeys(q.block for q in draft.all(Questionnaire) if q.block in draft.known(Block))
    for block in asked if any(node.blocks for node in scored) else ("",):
        found = tuple(node for node in scored if not (block and node.blocks) or block in node.blocks)
        if found:
            yield block, found


def _have_points(parts: Sequence[Node], parent: str, places: Mapping[str, Place]) -> bool:
    """Whether every part has a maximum; those without are noted."""
    without = [part.code for part in parts if part.max_points is None]
    for code in without:
        places[code].note("tree.no_points", "max_points", node=code, parent=parent)
    return not without


def _printed(draft: InstrumentDraft, node: Node, place: Place) -> Decimal | None:
    """The maximum of a node with the digits of its file."""
    if node.max_points is None:
        return None
    return Decimal(draft.printed(place, "max_points") or repr(node.max_points))
