"""The known truth of a simulated round, by plain arithmetic over the whole population: no weights, no sampling, no scoring room.

Item: mean value (share satisfied) over everybody who would answer. Node with items: as its rule says. Over groups: declared
weights. Parents: Σ points / Σ maxima, a mean, or all answers below pooled, as their rule says; a group's result at a parent runs
over the children that the group answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument, Item, Node
from surveys.simulation.population import Population
from surveys.vocabulary.levels import ALL_GROUPS

Array = np.ndarray
TRUTH_COLUMNS = ("block", "unit_code", "node_code", "group", "score", "satisfaction_percent")
#: Aggregation of a whole index → rule over items, rule over children.
CHOSEN: Mapping[str, tuple[str, str]] = {
    "pooled": ("pooled", "pooled"),
    "mean_of_items": ("mean", "mean_of_items"),
    "mean_of_factors": ("mean", "mean"),
    "weighted": ("weighted", "weighted"),
}
Pair = Array  # [2, U]: score and satisfied share of every unit, NaN where there is none


@dataclass(frozen=True, eq=False)
class Tally:
    """What one group's population says: numerators [2, U, K] (value, satisfied) and answers [U, K], by item."""

    numerator: Array
    answers: Array
    position: Mapping[str, int]

    def pooled(self, items: Sequence[str]) -> Pair:
        """Σ numerators / Σ answers over the items, [2, U]."""
        k = [self.position[item] for item in items]
        D = self.answers[:, k].sum(axis=1)
        return np.where(D > 0, self.numerator[:, :, k].sum(axis=2) / np.maximum(D, 1), np.nan)


def level_values(instrument: Instrument, item: Item) -> Array:
    """Value and satisfied indicator of each level, [2, levels], after range and direction."""
    scale = instrument.scale[item.scale]
    ladder = instrument.scoring.ladder if len(scale.ladders) > 1 else ""
    low = 0.0 if item.minimum is None else item.minimum
    high = 1.0 if item.maximum is None else item.maximum
    value = [min(max((v - low) / (high - low), 0.0), 1.0) for v in scale.values(ladder)]
    satisfied = [float(level.satisfied) for level in scale.levels]
    if not any(satisfied):
        satisfied = [np.nan] * len(satisfied)
    if item.reverse:
        value, satisfied = [1.0 - v for v in value], satisfied[::-1]
    return np.array([satisfied if instrument.scoring.numerator == "satisfied" else value, satisfied])


def tally(instrument: Instrument, population: Population) -> Tally:
    """Count everybody's answers, the gaps left out."""
    U, K = len(population.units), len(population.items)
    numerator, answers = np.zeros((2, U, K)), np.zeros((U, K))
    for k, item in enumerate(population.items):
        values, given = level_values(instrument, item), population.answers[:, k]
        answering = population.rated & (given >= 0)
        unit = population.unit[answering]
        answers[:, k] = np.bincount(unit, minlength=U)
        for which in (0, 1):
            numerator[which, :, k] = np.bincount(unit, values[which, given[answering]], minlength=U)
    return Tally(numerator, answers, {item.code: k for k, item in enumerate(population.items)})


@dataclass(eq=False)
class Truth:
    """The walk over the tree for one block. ``tallies``: by group; ``given``: scores of nodes measured elsewhere, [2, U]."""

    instrument: Instrument
    block: str
    units: Sequence[str]
    tallies: Mapping[str, Tally]
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
        chosen = CHOSEN.get(self.instrument.scoring.rule)
        if chosen is None or node.rule in ("sum", "rescale", "shares"):
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

    def _over_items(self, node: Node, items: Sequence[Item]) -> None:
        weights = dict(node.groups) or dict.fromkeys(self.tallies, 1.0)
        family, of_items = {}, {item.code: {} for item in items}  # type: ignore[var-annotated]
        for group in weights:
            asked = [i for i in items if group in self.tallies and i.code in self.tallies[group].position]
            if asked:
                single = {item.code: self.tallies[group].pooled([item.code]) for item in asked}
                family[group] = self._by_rule(node, group, asked, single)
                for code, pair in single.items():
                    of_items[code][group] = pair
        for code, pairs in of_items.items():
            if pairs:
                over = weighted_mean(list(pairs.values()), [weights[group] for group in pairs])
                self.found |= {(code, group): pair for group, pair in pairs.items()} | {
                    (code, ALL_GROUPS): over
                }
        over = weighted_mean(list(family.values()), [weights[group] for group in family])
        self._keep(node, family | {ALL_GROUPS: over}, node.max_points)

    def _by_rule(self, node: Node, group: str, items: Sequence[Item], single: Mapping[str, Pair]) -> Pair:
        if self.rule(node) == "pooled":
            return self.tallies[group].pooled([item.code for item in items])
        weights = [item.weight if self.rule(node) == "weighted" else 1.0 for item in items]
        mean = weighted_mean([single[item.code] for item in items], weights)
        if node.rule == "rescale":
            low, high = node.low or 0.0, node.high or 1.0
            mean = np.array([(low + (high - low) * mean[0]) / high, mean[1]])
        return mean

    def _over_children(self, node: Node) -> None:
        children = self.instrument.children.get(node.code, ())
        for child in children:
            self.visit(child)
        present = [child for child in children if child.code in self.points]
        if not present:
            return
        groups = dict.fromkeys(g for code, g in self.found if code in {c.code for c in present})
        family = {group: self._parent(node, present, group) for group in groups if group != ALL_GROUPS}
        if self.rule(node) == "pooled" and family:
            weights = dict(node.groups)
            family[ALL_GROUPS] = weighted_mean(list(family.values()), [weights.get(g, 1.0) for g in family])
        else:
            family[ALL_GROUPS] = self._parent(node, present, ALL_GROUPS)
        maximum = self._maximum(node, children)
        if self.rule(node) == "sum" and maximum:
            total = sum(self.points[child.code] for child in present)
            family[ALL_GROUPS] = family[ALL_GROUPS] * np.array([[total / maximum], [1.0]])
        self._keep(node, family, maximum)

    def _maximum(self, node: Node, children: Sequence[Node]) -> float | None:
        """Maximum of a sum: as declared where everything below it is part of the round, else the sum of what is."""
        present = {child.code: self.points[child.code] for child in children if child.code in self.points}
        whole = all(present.get(child.code) == (child.max_points or 0.0) for child in children)
        return (
            node.max_points
            if self.rule(node) != "sum" or (whole and node.max_points)
            else sum(present.values())
        )

    def _parent(self, node: Node, children: Sequence[Node], group: str) -> Pair:
        answering = [child for child in children if (child.code, group) in self.found]
        if self.rule(node) == "pooled" and group != ALL_GROUPS:
            return self.tallies[group].pooled(self._items_below(node, group))
        weigh: Mapping[str, Callable[[Node], float]] = {
            "sum": lambda child: self.points[child.code],
            "weighted": lambda child: child.weight,
            "mean_of_items": lambda child: float(len(self._all_items(child))),
        }
        weights = [weigh.get(self.rule(node), lambda child: 1.0)(child) for child in answering]
        return weighted_mean([self.found[child.code, group] for child in answering], weights)

    def _all_items(self, node: Node) -> list[Item]:
        below = [i for child in self.instrument.children.get(node.code, ()) for i in self._all_items(child)]
        return [*self.instrument.items_of_node.get(node.code, ()), *below]

    def _items_below(self, node: Node, group: str) -> list[str]:
        asked = self.tallies[group].position
        return [
            item.code
            for item in self._all_items(node)
            if item.code in asked and (item.code, group) in self.found
        ]


def weighted_mean(pairs: Sequence[Pair], weights: Sequence[float]) -> Pair:
    """Σ w p / Σ w over the parts that have a value, [2, U]; NaN where none has.

    >>> weighted_mean([np.array([[1.0], [0.0]]), np.array([[0.5], [np.nan]])], [1.0, 3.0]).tolist()
    [[0.625], [0.0]]
    """
    parts, w = np.array(pairs), np.array(weights)[:, None, None]
    known = ~np.isnan(parts)
    total = (w * known).sum(axis=0)
    return np.where(
        total > 0, (w * np.where(known, parts, 0.0)).sum(axis=0) / np.where(total > 0, total, 1.0), np.nan
    )
