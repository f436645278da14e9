"""How a score is put together, as rows that another program can follow: questions → nodes → nodes above.

A node over questions is Σ_g b_g · (offset + slope · Σ_k c_k θ_gk) over groups g and questions k, b and c adding up to 1; one that
is pooled Σ_g b_g · Σ_k N_gk/Σ_k D_gk. A node over nodes is Σ weight · node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Item, Node
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch
from surveys.scoring.combination_rules import rule_of
from surveys.scoring.tree import walk
from surveys.vocabulary.columns import NODE_KEY_COLUMNS, NODE_WEIGHT_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL


def node_keys(blocks: Iterable[BlockInputs]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The questions of every node that is worked out from answers (``NODE_KEY_COLUMNS``: a row for each block × node × group ×
    question), and the weight of every node in the one above (``NODE_WEIGHT_COLUMNS``; NaN where that one is worked out from
    answers itself, or there is none)."""
    keys: list[tuple[object, ...]] = []
    weights: list[tuple[object, ...]] = []
    for block in blocks:
        found = {b.code: b for b in walk(block) if b.group == ALL_GROUPS and b.level != ITEM_LEVEL}
        for code, branch in found.items():
            node, points = block.instrument.node[code], float(branch.max_points[0])
            pooled = int(rule_of(block.instrument, node).pooled)
            keys += _keys(block, node)
            weights.append(
                (block.code, code, node.parent, node.level, points, _weight(block, found, node), pooled)
            )
    return (
        pd.DataFrame(keys, columns=list(NODE_KEY_COLUMNS)),
        pd.DataFrame(weights, columns=list(NODE_WEIGHT_COLUMNS)),
    )


def _keys(block: BlockInputs, node: Node) -> Iterator[tuple[object, ...]]:
    """The rows of a node over questions, or of a pooled one over nodes."""
    rule = rule_of(block.instrument, node)
    items = _below(block, node) if rule.pooled else block.instrument.items_of_node.get(node.code, ())
    asked = {group: _asked(values.items, items) for group, values in block.values.items()}
    weights = dict(node.groups) or {group: 1.0 for group, mine in asked.items() if mine}
    offset, slope = (0.0, 1.0) if rule.pooled else rule.affine(node)
    for group, b in weights.items():
        c = [1.0 if rule.pooled else rule.weight(block.instrument, item) for item in asked.get(group, ())]
        for item, weight in zip(asked.get(group, ()), c, strict=True):
            share = weight if rule.pooled else weight / sum(c)
            yield (
                block.code, node.code, group, b / sum(weights.values()), item.code, share, int(rule.pooled), offset, slope,
            )  # fmt: skip


def _asked(asked: Sequence[Item], items: Sequence[Item]) -> list[Item]:
    codes = {item.code for item in asked}
    return [item for item in items if item.code in codes]


def _below(block: BlockInputs, node: Node) -> list[Item]:
    """All questions below a node."""
    own = list(block.instrument.items_of_node.get(node.code, ()))
    children = block.instrument.children.get(node.code, ())
    return own + [item for child in children for item in _below(block, child)]


def _weight(block: BlockInputs, found: Mapping[str, Branch], node: Node) -> float:
    """Weight of a node in the one above."""
    parent = block.instrument.node.get(node.parent)
    if parent is None or rule_of(block.instrument, parent).pooled:
        return np.nan
    rule = rule_of(block.instrument, parent)
    if rule.points:
        return float(found[node.code].max_points[0] / found[parent.code].max_points[0])
    beside = [child for child in block.instrument.children[parent.code] if child.code in found]
    return rule.weight(block.instrument, node) / sum(rule.weight(block.instrument, child) for child in beside)
