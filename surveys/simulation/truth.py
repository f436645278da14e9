"""The known truth of a simulated round, by plain arithmetic over the whole population: no weights, no sampling, no scoring room.

Item: mean value (share satisfied) over everybody who would answer. Node with items: as its rule says. Over groups: declared
weights. Parents: Σ points / Σ maxima, a mean, or all answers below pooled, as their rule says; a group's result at a parent runs
over the children that the group answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument, Item, Node
from surveys.simulation.population import Array, Population, level_values
from surveys.vocabulary.combination_names import (
    AGGREGATIONS,
    MEAN_OF_ITEMS,
    OWN_RULES,
    POOLED,
    RESCALE,
    SHARES,
    SUM,
    WEIGHTED,
)
from surveys.vocabulary.levels import ALL_GROUPS, ASSESSMENT, EXTERNAL_SURVEY, SURVEY

TRUTH_COLUMNS = ("block", "unit_code", "node_code", "group", "score", "satisfaction_percent")
Pair = Array  # [2, U]: score and satisfied share of every unit, NaN where there is none


def scored_and_satisfied(instrument: Instrument, item: Item) -> Array:
    """What is scored of each level and whether it satisfies, [2, levels], after range and direction."""
    satisfied = np.array([float(level.satisfied) for level in instrument.scale[item.scale].levels])
    if not satisfied.any():
        satisfied = np.full(len(satisfied), np.nan)
    if item.reverse:
        satisfied = satisfied[::-1]
    scored = satisfied if instrument.scoring.numerator == "satisfied" else level_values(instrument, item)
    return np.array([scored, satisfied])


def counted(instrument: Instrument, population: Population) -> dict[str, Array]:
    """Item → [3, U]: sum of what is scored, number of those satisfied, number of answers, over everybody who would answer."""
    found = {}
    for item, given in zip(population.items, population.answers.T, strict=True):
        answering = population.rated & (given >= 0)
        values = scored_and_satisfied(instrument, item)[:, given[answering]]
        unit, U = population.unit[answering], len(population.units)
        found[item.code] = np.array([np.bincount(unit, v, U) for v in (*values, np.ones(len(unit)))])
    return found


@dataclass(eq=False)
class Truth:
    """The walk over the tree for one block. ``counts``: [3, U] of every (item, group), see :func:`counted`; ``given``: scores of
    nodes measured elsewhere, [2, U]; ``found``: node or item → group → its truth."""

    instrument: Instrument
    block: str
    units: Sequence[str]
    counts: Mapping[tuple[str, str], Array]
    given: Mapping[str, Pair]
    found: dict[str, dict[str, Pair]] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)

    def table(self) -> pd.DataFrame:
        """``TRUTH_COLUMNS`` for every unit, node or item, and group."""
        for root in self.instrument.children.get("", ()):
            self.visit(root)
        rows = [
            (self.block, unit, code, group, score, 100.0 * satisfied)
            for code, family in self.found.items()
            for group, pair in family.items()
            for unit, score, satisfied in zip(self.units, *pair.tolist(), strict=True)
        ]
        table = pd.DataFrame(rows, columns=list(TRUTH_COLUMNS))
        return table[table["score"].notna()].reset_index(drop=True)

    def rule(self, node: Node) -> str:
        """The node's rule, or the one the instrument chooses for its whole index (points and ranges keep their own)."""
        chosen = AGGREGATIONS.get(self.instrument.scoring.rule)
        if chosen is None or node.rule in OWN_RULES:
            return node.rule
        return chosen[0] if node.code in self.instrument.items_of_node else chosen[1]

    def visit(self, node: Node) -> None:
        """Find the truth of a node for every group and over them, children first."""
        elsewhere = node.blocks and self.block not in node.blocks
        if elsewhere or node.rule == SHARES or node.measured_by == ASSESSMENT:
            return
        items = self.instrument.items_of_node.get(node.code, ())
        points = node.max_points
        if node.measured_by == EXTERNAL_SURVEY:
            family = {ALL_GROUPS: self.given[node.code]}
        elif node.measured_by == SURVEY and items:
            family = self._over_items(node, items)
        else:
            family, points = self._over_children(node)
        if family:
            self.found[node.code], self.points[node.code] = family, points or 0.0

    def _over_items(self, node: Node, items: Sequence[Item]) -> dict[str, Pair]:
        weights = dict(node.groups) or dict.fromkeys((group for _, group in self.counts), 1.0)
        for item in items:
            pairs = {g: self._pooled([item], g) for g in weights if (item.code, g) in self.counts}
            if pairs:
                self.found[item.code] = pairs | {ALL_GROUPS: _over_groups(pairs, weights)}
        asked = [g for g in weights if any((item.code, g) in self.counts for item in items)]
        family = {group: self._combined(node, items, group) for group in asked}
        return family | {ALL_GROUPS: _over_groups(family, weights)}

    def _over_children(self, node: Node) -> tuple[dict[str, Pair], float | None]:
        """The truth of a node by group, nothing where no child is part of the round, and its maximum."""
        children = self.instrument.children.get(node.code, ())
        for child in children:
            self.visit(child)
        present = [child for child in children if child.code in self.found]
        if not present:
            return {}, None
        groups = dict.fromkeys(g for child in present for g in self.found[child.code] if g != ALL_GROUPS)
        family = {group: self._combined(node, present, group) for group in groups}
        if self.rule(node) == POOLED and family:
            return family | {ALL_GROUPS: _over_groups(family, dict(node.groups))}, node.max_points
        over, maximum = self._combined(node, present, ALL_GROUPS), node.max_points
        if self.rule(node) == SUM:
            maximum = self._maximum(node, children)
            over[0] *= sum(self.points[child.code] for child in present) / (maximum or 1.0)
        return family | {ALL_GROUPS: over}, maximum

    def _combined(self, node: Node, parts: Sequence[Item | Node], group: str) -> Pair:
        """The parts that a group answers, combined by the rule of the node."""
        if self.rule(node) == POOLED and group != ALL_GROUPS:
            items = self._all_items(node)
            return self._pooled([item for item in items if group in self.found.get(item.code, {})], group)
        answered = [part for part in parts if group in self.found.get(part.code, {})]
        weights = [self._weight(node, part) for part in answered]
        mean = weighted_mean([self.found[part.code][group] for part in answered], weights)
        if node.rule == RESCALE:
            low, high = node.low or 0.0, node.high or 1.0
            mean[0] = (low + (high - low) * mean[0]) / high
        return mean

    def _pooled(self, items: Sequence[Item], group: str) -> Pair:
        """Σ numerators / Σ answers over the items, [2, U]."""
        total = sum((self.counts[item.code, group] for item in items), np.zeros((3, len(self.units))))
        return np.where(total[2] > 0, total[:2] / np.maximum(total[2], 1), np.nan)

    def _weight(self, node: Node, part: Item | Node) -> float:
        """What a part counts at its parent, by the parent's rule."""
        rule = self.rule(node)
        if isinstance(part, Node) and rule == SUM:
            return self.points[part.code]
        if isinstance(part, Node) and rule == MEAN_OF_ITEMS:
            return float(len(self._all_items(part)))
        return part.weight if rule == WEIGHTED else 1.0

    def _maximum(self, node: Node, children: Sequence[Node]) -> float:
        """Maximum of a sum: as declared where everything below it is part of the round, else the sum of what is."""
        present = {child.code: self.points[child.code] for child in children if child.code in self.points}
        whole = all(present.get(child.code) == (child.max_points or 0.0) for child in children)
        return (whole and node.max_points) or sum(present.values())

    def _all_items(self, node: Node) -> list[Item]:
        below = [i for child in self.instrument.children.get(node.code, ()) for i in self._all_items(child)]
        return [*self.instrument.items_of_node.get(node.code, ()), *below]


def _over_groups(family: Mapping[str, Pair], weights: Mapping[str, float]) -> Pair:
    """The mean over groups with their declared weights, 1 where a group has none."""
    return weighted_mean(list(family.values()), [weights.get(group, 1.0) for group in family])


def weighted_mean(pairs: Sequence[Pair], weights: Sequence[float]) -> Pair:
    """Σ w p / Σ w over the parts that have a value, [2, U]; NaN where none has.

    >>> weighted_mean([np.array([[1.0], [0.0]]), np.array([[0.5], [np.nan]])], [1.0, 3.0]).tolist()
    [[0.625], [0.0]]
    """
    parts, w = np.array(pairs), np.array(weights)[:, None, None]
    known = ~np.isnan(parts)
    total = (w * known).sum(axis=0)
    mean = (w * np.where(known, parts, 0.0)).sum(axis=0) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, mean, np.nan)
