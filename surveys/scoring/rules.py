"""The table of combination rules: how parts (items, children or groups) become a node.

Every rule that is linear in its parts is a weight per part; the walk in :mod:`surveys.scoring.tree` divides by the
sum of the weights of the parts that have a value, and applies the same weights to the influence values. `pooled` is
the one rule that goes back to the answers: Σ numerators / Σ answers given over all items below the node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from surveys.definitions.instrument import Item, Node

Part = Item | Node


@dataclass(frozen=True, slots=True)
class Combination:
    """One rule. ``weight`` of a part before division by their sum; ``pooled``: a ratio over all items below;
    ``affine``: (offset, slope) applied to the combined value of a node; ``scored``: False for blocks whose answers
    are published as shares and enter no total; ``over`` what it may combine: items, children."""

    name: str
    weight: Callable[[Part], float] = lambda part: 1.0
    pooled: bool = False
    affine: Callable[[Node], tuple[float, float]] = lambda node: (0.0, 1.0)
    scored: bool = True
    over: tuple[str, ...] = ("items", "children")


def points_of(part: Part) -> float:
    """Maximum points of a child: its weight in a sum of points."""
    return (part.max_points or 0.0) if isinstance(part, Node) else 1.0


def rescaled(node: Node) -> tuple[float, float]:
    """Offset and slope of points/maximum = (low + (high − low)·z)/high, PAPI's sub-dimension scale.

    >>> node = Node("1.1", "1", "sub_dimension", "rescale", "", "", low=0.5, high=5.0)
    >>> rescaled(node)
    (0.1, 0.9)
    """
    low, high = node.low or 0.0, node.high or 1.0
    return low / high, (high - low) / high


RULES: Mapping[str, Combination] = {
    rule.name: rule
    for rule in (
        Combination("mean"),
        Combination("weighted", weight=lambda part: part.weight),
        Combination("sum", weight=points_of, over=("children",)),
        Combination("rescale", affine=rescaled, over=("items",)),
        Combination("pooled", pooled=True),
        Combination("shares", scored=False, over=("items",)),
    )
}
