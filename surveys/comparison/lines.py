"""Units and nodes followed through several rounds: under which code of the newest round each stands, and where its line ends."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from surveys.comparison.compared_round import DIVIDED, ComparedRound, Key
from surveys.comparison.steps import RoundStep
from surveys.vocabulary.levels import ITEM_LEVEL
from surveys.vocabulary.remarks import Remark, remark

Code = TypeVar("Code", bound=Hashable)
#: A node or item by its code, and whether it is an item; the level of a node may be called otherwise in another edition.
NodeKey = tuple[str, bool]


@dataclass(frozen=True)
class Followed(Generic[Code]):
    """The line of a unit or node: its code, the last round that has it, and why the line ends there; None where it reaches the
    newest round."""

    code: Code
    last: int
    ends: Remark | None = None


class Lines:
    """The lines of the units and nodes of k rounds, oldest first; ``steps``: the k − 1 steps between them."""

    def __init__(self, rounds: Sequence[ComparedRound], steps: Sequence[RoundStep]) -> None:
        self._steps = steps
        self.labels = [one.label for one in rounds]
        self._units = [frozenset(one.unit_keys) for one in rounds]
        self._nodes = [_nodes_of(one) for one in rounds]

    def units_of(self, at: int) -> Mapping[Key, Followed[Key]]:
        """The line of every unit of a round."""
        found = ((unit, self.of_unit(unit, at)) for unit in self._units[at])
        return {unit: line for unit, line in found if line is not None}

    def nodes_of(self, at: int) -> Mapping[NodeKey, Followed[NodeKey]]:
        """The line of every node and item of a round."""
        found = ((node, self.of_node(node, at)) for node in self._nodes[at])
        return {node: line for node, line in found if line is not None}

    def of_unit(self, unit: Key, at: int) -> Followed[Key] | None:
        """The line of a unit of the register of a round; None where neither this round nor a later one has it."""
        return self._followed(unit, at, self._units, self._next_unit)

    def of_node(self, node: NodeKey, at: int) -> Followed[NodeKey] | None:
        """The line of a node or item of the edition of a round; None where neither this round nor a later one has it."""
        return self._followed(node, at, self._nodes, self._next_node)

    def _followed(
        self,
        code: Code,
        at: int,
        present: Sequence[frozenset[Code]],
        follow: Callable[[Code, int], tuple[Code | None, Remark]],
    ) -> Followed[Code] | None:
        if at == len(self._steps):
            return Followed(code, at) if code in present[at] else None
        heir, ends = follow(code, at)
        found = None if heir is None else self._followed(heir, at + 1, present, follow)
        if found is None and code in present[at]:
            return Followed(code, at, ends)
        return found

    def _next_unit(self, unit: Key, at: int) -> tuple[Key | None, Remark]:
        """What became of a unit at a step, and what is said where its line ends there."""
        heir = self._steps[at].heir_of(unit)
        if heir == DIVIDED:
            return None, Remark("compare.unit_divided")
        if self._steps[at].is_merged(heir):
            return None, remark("compare.unit_merged", unit=heir[1])
        return heir, Remark("compare.unit_gone")

    def _next_node(self, node: NodeKey, at: int) -> tuple[NodeKey | None, Remark]:
        code, is_item = node
        heir = self._steps[at].code_of(code, is_item=is_item)
        return (heir, is_item) if heir else None, Remark("compare.node_gone")


def _nodes_of(round_: ComparedRound) -> frozenset[NodeKey]:
    """The nodes and items that a round has results of."""
    tables = [part.table[["node_code", "node_level"]].drop_duplicates() for part in round_.parts.values()]
    rows = (row for table in tables for row in zip(table["node_code"], table["node_level"], strict=True))
    return frozenset((code, level == ITEM_LEVEL) for code, level in rows)
