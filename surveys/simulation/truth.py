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
from surveys.vocabulary.aggregations import AGGREGATIONS, OWN_RULES
from surveys.vocabulary.levels import ALL_GROUPS

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
    nodes measured elsewhere, [2, U]."""

    instrument: Instrument
    block: str
    units: Sequence[str]
    counts: Mapping[tuple[str, str], Array]
    given: Mapping[str, Pair]
    found: dict[tuple[str, str], Pair] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)

    def table(self) -> pd.DataFrame:
        """``TRUTH_COLUMNS`` for every unit, node or item, and group."""
        for root in self.instrument.children.get("", ()):
            self.visit(root)
        keys, U = list(self.found), len(self.units)
        both = np.concatenate([self.found[key] for key in keys], axis=1) if keys else np.zeros((2, 0))
        table = pd.DataFrame(
            {
                "block": self.block,
                "unit_code": list(self.units) * len(keys),
                "node_code": np.repeat([node for node, _ in keys], U),
                "group": np.repeat([group for _, group in keys], U),
                "score": both[0],
                "satisfaction_percent": 100.0 * both[1],
            }
        )
        return table[table["score"].notna()].reset_index(drop=True)[list(TRUTH_COLUMNS)]

    def rule(self, node: Node) -> str:
        """The node's rule, or the one the instrument chooses for its whole index (points and ranges keep their own)."""
        chosen = AGGREGATIONS.get(self.instrument.scoring.rule)
        if chosen is None or node.rule in OWN_RULES:
            return node.rule
        return chosen[0] if node.code in self.instrument.items_of_node else chosen[1]

    def visit(self, node: Node) -> None:
        """Find the truth of a node for every group and over them, children first."""
        if (node.blocks and self.block not in node.blocks) or node.rule == "shares":
            return
        items = self.instrument.items_of_node.get(node.code, ())
        if node.measured_by == "external":
            self._keep(node, {ALL_GROUPS: self.given[node.code]}, node.max_points)
        elif node.measured_by == "survey" and items:
            self._over_items(node, items)
        elif node.measured_by != "assessment":
            self._over_children(node)

    def _keep(self, node: Node, family: Mapping[str, Pair], points: float | None) -> None:
        self.found |= {(node.code, group): pair for group, pair in family.items()}
        self.points[node.code] = points or 0.0

    def _pooled(self, items: Sequence[Item], group: str) -> Pair:
        """Σ numerators / Σ answers over the items, [2, U]."""
        total = sum((self.counts[item.code, group] for item in items), np.zeros((3, len(self.units))))
        return np.where(total[2] > 0, total[:2] / np.maximum(total[2], 1), np.nan)

    def _over_items(self, node: Node, items: Sequence[Item]) -> None:
        groups = [group for _, group in self.counts]
        weights = dict(node.groups) or dict.fromkeys(groups, 1.0)
        for item in items:
            pairs = {
                group: self._pooled([item], group) for group in weights if (item.code, group) in self.counts
            }
            if pairs:
                pairs[ALL_GROUPS] = _over_groups(pairs, weights)
                self.found |= {(item.code, group): pair for group, pair in pairs.items()}
        family = {}
        for group in weights:
            asked = [item for item in items if (item.code, group) in self.counts]
            if asked:
                family[group] = self._by_rule(node, group, asked)
        self._keep(node, family | {ALL_GROUPS: _over_groups(family, weights)}, node.max_points)

    def _by_rule(self, node: Node, group: str, items: Sequence[Item]) -> Pair:
        if self.rule(node) == "pooled":
            return self._pooled(items, group)
        weights = [item.weight if self.rule(node) == "weighted" else 1.0 for item in items]
        mean = weighted_mean([self.found[item.code, group] for item in items], weights)
        if node.rule == "rescale":
            low, high = node.low or 0.0, node.high or 1.0
            mean[0] = (low + (high - low) * mean[0]) / high
        return mean

    def _over_children(self, node: Node) -> None:
        children = self.instrument.children.get(node.code, ())
        for child in children:
            self.visit(child)
        present = [child for child in children if child.code in self.points]
        if not present:
            return
        codes = {child.code for child in present}
        groups = dict.fromkeys(group for code, group in self.found if code in codes and group != ALL_GROUPS)
        family = {group: self._parent(node, present, group) for group in groups}
        if self.rule(node) == "pooled" and family:
            family[ALL_GROUPS] = _over_groups(family, dict(node.groups))
        else:
            family[ALL_GROUPS] = self._parent(node, present, ALL_GROUPS)
        maximum = self._maximum(node, children)
        if self.rule(node) == "sum" and maximum:
            total = sum(self.points[child.code] for child in present)
            family[ALL_GROUPS] = family[ALL_GROUPS] * np.array([[total / maximum], [1.0]])
        self._keep(node, family, maximum)

    def _maximum(self, node: Node, children: Sequence[Node]) -> float | None:
        """Maximum of a sum: as declared where everything below it is part of the round, else the sum of what is."""
        if self.rule(node) != "sum":
            return node.max_points
        present = {child.code: self.points[child.code] for child in children if child.code in self.points}
        whole = all(present.get(child.code) == (child.max_points or 0.0) for child in children)
        return node.max_points if whole and node.max_points else sum(present.values())

    def _parent(self, node: Node, children: Sequence[Node], group: str) -> Pair:
        if self.rule(node) == "pooled" and group != ALL_GROUPS:
            asked = [item for item in self._all_items(node) if (item.code, group) in self.found]
            return self._pooled(asked, group)
        answering = [child for child in children if (child.code, group) in self.found]
        weights = [self._weight(node, child) for child in answering]
        return weighted_mean([self.found[child.code, group] for child in answering], weights)

    def _weight(self, node: Node, child: Node) -> float:
        """What a child counts at its parent, by the parent's rule."""
        rule = self.rule(node)
        if rule == "sum":
            return self.points[child.code]
        if rule == "mean_of_items":
            return float(len(self._all_items(child)))
        return child.weight if rule == "weighted" else 1.0

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
