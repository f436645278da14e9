"""The table of combination rules: how parts (items, children or groups) become a node.

Every rule that is linear in its parts is a weight per part; the walk in :mod:`surveys.scoring.tree` divides by the
sum of the weights of the parts that have a value, and applies the same weights to the influence values. `pooled` is
the one rule that goes back to the answers: Σ numerators / Σ answers given over all items below the node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from surveys.definitions.instrument.records import Instrument, Item, Node
from surveys.vocabulary.combination_names import (
    AGGREGATIONS,
    MEAN,
    MEAN_OF_ITEMS,
    OWN_RULES,
    POOLED,
    RESCALE,
    SHARES,
    SUM,
    WEIGHTED,
)

Part = Item | Node


@dataclass(frozen=True, slots=True)
class Combination:
    """One rule. ``weight`` of a part of an instrument before division by their sum; ``pooled``: a ratio over all items below;
    ``points``: the weight is the maximum points that the part has in this round;
    ``affine``: (offset, slope) applied to the combined value of a node; ``scored``: False for blocks whose answers
    are published as shares and enter no total."""

    name: str
    weight: Callable[[Instrument, Part], float] = lambda _instrument, _part: 1.0
    pooled: bool = False
    points: bool = False
    affine: Callable[[Node], tuple[float, float]] = lambda _node: (0.0, 1.0)
    scored: bool = True


def declared_weight(_instrument: Instrument, part: Part) -> float:
    """The weight written in the definition."""
    return part.weight


def items_below(instrument: Instrument, part: Part) -> float:
    """Number of items of a node and of everything below it: makes a mean of nodes the mean of their items."""
    if isinstance(part, Item):
        return 1.0
    own = len(instrument.items_of_node.get(part.code, ()))
    return own + sum(items_below(instrument, child) for child in instrument.children.get(part.code, ()))


def rescaled(node: Node) -> tuple[float, float]:
    """Offset and slope of points/maximum = (low + (high − low)·z)/high, PAPI's sub-dimension scale.

    >>> node = Node("1.1", "1", "sub_dimension", "rescale", "", "", low=0.5, high=5.0)
    >>> rescaled(node)
    (0.1, 0.9)
    """
    low, high = node.low or 0.0, node.high or 1.0
    return low / high, (high - low) / high


COMBINATIONS: Mapping[str, Combination] = {
    rule.name: rule
    for rule in (
        Combination(MEAN),
        Combination(MEAN_OF_ITEMS, weight=items_below),
        Combination(WEIGHTED, weight=declared_weight),
        Combination(SUM, points=True),
        Combination(RESCALE, affine=rescaled),
        Combination(POOLED, pooled=True),
        Combination(SHARES, scored=False),
    )
}


def rule_of(instrument: Instrument, node: Node) -> Combination:
    """The rule of a node: its own, or that of the instrument's aggregation where one is chosen for the whole index.

    Points (`sum`), rescaled sub-dimensions and shares keep their own rule. A node that nothing stands below combines nothing and
    need not name one.
    """
    rule = COMBINATIONS[node.rule or MEAN]
    chosen = instrument.scoring.rule
    if not chosen or node.rule in OWN_RULES:
        return rule
    over_items, over_children = AGGREGATIONS[chosen]
    return COMBINATIONS[over_items if node.code in instrument.items_of_node else over_children]
