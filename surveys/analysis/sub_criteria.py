"""The sub-criteria of a block as steps of a way: what each unit has, what it may be raised to, and what that gives the total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from surveys.analysis.block_marks import block_marks
from surveys.analysis.counted_units import counted_units
from surveys.analysis.standing import WHOLE, Standing, last_digits
from surveys.definitions.instrument.records import Node
from surveys.scoring.combination_rules import rule_of
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL

#: A total and its parts differ by half a unit of the last digit each; more is another way of adding.
_ROUNDING = 0.5
#: Where answers are pooled, their weights may move the total by so much of its maximum; more is another way of adding.
_POOLED = 0.01


@dataclass(frozen=True)
class SubCriterion:
    """A leaf of the index in one unit. ``points`` and ``maximum`` in units of the last printed digit (percent in an index without
    points); ``marks``: mark of the block → result there; ``gives``: points of the total for one of its points."""

    code: str
    points: int
    maximum: int
    marks: Mapping[str, int]
    gives: float

    def gain(self, mark: str) -> int:
        """What the total gains where it is raised to a mark of the block; 0 where it is there or the block has none."""
        return max(0, int(np.floor(self.gives * (self.raised_to(mark) - self.points) + 1e-9)))

    def raised_to(self, mark: str) -> int:
        return min(self.marks.get(mark, self.points), self.maximum)


class BlockTree:
    """The results of a block over its groups, node by node, of both halves where there are two."""

    def __init__(self, standing: Standing) -> None:
        self.standing, self.instrument = standing, standing.round.instrument
        self.decimals = standing.round.output.points_decimals
        rows = self._rows()
        self.codes = list(rows["node_code"].unique())
        self.points = self._by_node(rows, "points")
        self.maximum = self._by_node(rows, "max_points")

    def _rows(self) -> pd.DataFrame:
        of, block = self.standing.round, self.standing.block
        if "council_points" in self.standing.table:
            return of.index[of.index["block"] == block]
        rows = of.scores[(of.scores["block"] == block) & (of.scores["group"] == ALL_GROUPS)]
        rows = rows[rows["node_level"] != ITEM_LEVEL]
        without = ~rows["max_points"].gt(0)
        return rows.assign(
            points=rows["points"].mask(without, WHOLE * rows["score"]),
            max_points=rows["max_points"].mask(without, WHOLE),
        )

    def _by_node(self, rows: pd.DataFrame, column: str) -> dict[str, list[int | None]]:
        """Node → its numbers [U] in units of the last digit."""
        table = rows.pivot(index="node_code", columns="unit_code", values=column)
        table = table.reindex(index=self.codes, columns=self.standing.units)
        return {
            code: last_digits(table.loc[code].to_numpy(dtype=float), self.decimals) for code in self.codes
        }

    def children(self, code: str) -> list[Node]:
        below = self.instrument.scored_children(code, self.standing.block)
        return [node for node in below if node.code in self.points]

    @cached_property
    def leaves(self) -> list[str]:
        return [code for code in self.codes if not self.children(code)]

    @cached_property
    def marks(self) -> dict[str, Mapping[str, int]]:
        """Leaf → marks of the block."""
        units = self.standing.units
        shown = {
            unit: {code: self.points[code][k] is not None for code in self.codes}
            for k, unit in enumerate(units)
        }
        parents = {code: self.instrument.node[code].parent for code in self.codes}
        counted = counted_units(shown, parents)
        return {
            code: block_marks(
                [
                    p
                    for unit, p in zip(units, self.points[code], strict=True)
                    if p is not None and unit in counted[code]
                ]
            )
            for code in self.leaves
        }

    def of_unit(self, unit: int) -> list[SubCriterion]:
        """The leaves of a unit that have a result, in the order of the tree; none where its total is not made of them by their
        weights or, pooled, by the numbers of their answers."""
        gives = self._gives(unit)
        found = []
        for code in self.leaves:
            points, maximum = self.points[code][unit], self.maximum[code][unit]
            if points is not None and maximum and code in gives:
                found.append(SubCriterion(code, points, maximum, self.marks[code], gives[code]))
        off, slack = self._off(unit, found)
        most = _POOLED * (self.maximum[self.standing.root][unit] or 0) if self.is_pooled else 0.0
        return found if off <= max(slack, most) else []

    def is_near(self, unit: int) -> bool:
        """Whether the leaves make the total by the numbers of their answers only nearly."""
        off, slack = self._off(unit, self.of_unit(unit))
        return self.is_pooled and slack < off < np.inf

    @cached_property
    def is_pooled(self) -> bool:
        """Whether answers are pooled somewhere above the leaves."""
        above = [self.instrument.node[code] for code in self.codes if self.children(code)]
        return any(rule_of(self.instrument, node).pooled for node in above)

    def _off(self, unit: int, found: list[SubCriterion]) -> tuple[float, float]:
        """By how much the leaves do not make the total, and what rounding may explain, in units of the last digit."""
        total = self.points[self.standing.root][unit]
        if total is None or not found:
            return np.inf, 0.0
        added = sum(leaf.gives * leaf.points for leaf in found)
        slack = _ROUNDING * (1.0 + sum(abs(leaf.gives) for leaf in found))
        return abs(added - total), slack + 1e-6

    def _gives(self, unit: int) -> dict[str, float]:
        """Node → points of the total for one of its points."""
        found = {self.standing.root: 1.0}
        for code in self.codes:
            if code not in found:
                continue
            children = [c for c in self.children(code) if self.points[c.code][unit] is not None]
            found.update(self._to_children(unit, self.instrument.node[code], children, found[code]))
        return found

    def _to_children(self, unit: int, node: Node, children: list[Node], gives: float) -> dict[str, float]:
        rule = rule_of(self.instrument, node)
        if rule.points:
            return {child.code: gives for child in children}
        weights = [
            self._answers(unit, child.code) if rule.pooled else rule.weight(self.instrument, child)
            for child in children
        ]
        whole, total = self.maximum[node.code][unit] or 0, sum(weights) or 1.0
        return {
            child.code: gives * whole * weight / total / (self.maximum[child.code][unit] or np.inf)
            for child, weight in zip(children, weights, strict=True)
        }

    def _answers(self, unit: int, code: str) -> float:
        """Answers to all questions below a node."""
        return sum(
            self._forms.get((self.standing.units[unit], item), 0.0) for item in self._items_below(code)
        )

    def _items_below(self, code: str) -> list[str]:
        own = [item.code for item in self.instrument.items_of_node.get(code, ())]
        return own + [item for child in self.children(code) for item in self._items_below(child.code)]

    @cached_property
    def _forms(self) -> dict[tuple[str, str], float]:
        """(unit, item) → forms with a valid answer."""
        of, block = self.standing.round, self.standing.block
        rows = of.scores[(of.scores["block"] == block) & (of.scores["group"] == ALL_GROUPS)]
        rows = rows[rows["node_level"] == ITEM_LEVEL]
        counts = rows["n_valid"].fillna(0).astype(float)
        return dict(zip(zip(rows["unit_code"], rows["node_code"], strict=True), counts, strict=True))
