"""The walk over the index tree: items → groups → sub-criteria → … → the unit's total, for all units of a block at once.

It measures what surveys measure; nodes that the council assesses are no part of it (:mod:`surveys.scoring.whole_index`).

The arithmetic is on arrays by unit; no respondent is touched here. Each result is a :class:`~surveys.scoring.branches.Branch`
whose score and satisfied share are quantities with their derivatives, so that every node of every index has its standard error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from surveys.definitions.instrument.records import Item, Node
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch, Family, Notes, Parts, everywhere, in_all, in_some
from surveys.scoring.combination_rules import Combination, items_below, rule_of
from surveys.scoring.quantities import Bools, Floats, normalised
from surveys.scoring.taken_over import from_another_survey, with_external
from surveys.scoring.within_groups import items_of_group, node_of_group, pooled, without_forms
from surveys.vocabulary.levels import ALL_GROUPS, ASSESSMENT, EXTERNAL_SURVEY, ITEM_LEVEL
from surveys.vocabulary.remarks import remark

Families = Mapping[str, Family]  # branches of the items by group and item


def walk(block: BlockInputs) -> list[Branch]:
    """All branches of a block in printing order: a node (groups, then over groups), its items, its children."""
    items = {group: items_of_group(block, group) for group in block.values}
    roots = block.instrument.children.get("", ())
    return [branch for root in roots for branch in _visit(block, items, root)[1]]


def _visit(block: BlockInputs, asked: Families, node: Node) -> tuple[Family, list[Branch]]:
    """The family of a node, and all branches from it downwards."""
    elsewhere = node.measured_by == ASSESSMENT or (node.blocks and block.code not in node.blocks)
    if elsewhere or not rule_of(block.instrument, node).scored:
        return {}, []
    items = block.instrument.items_of_node.get(node.code, ())
    below: list[Branch] = []
    if node.measured_by == EXTERNAL_SURVEY:
        family = from_another_survey(block, node)
    elif items:
        family, below = _over_items(block, asked, node, items)
    else:
        visited = [_visit(block, asked, child) for child in block.instrument.children.get(node.code, ())]
        family = _over_children(block, node, [children for children, _ in visited if children])
        below = [branch for _, branches in visited for branch in branches]
    return family, [*family.values(), *below]


def _over_items(
    block: BlockInputs, asked: Families, node: Node, items: Sequence[Item]
) -> tuple[Family, list[Branch]]:
    """The family of a node with items, and the branches of its items."""
    weights = dict(node.groups) or dict.fromkeys(block.values, 1.0)
    family, of_items = {}, {}
    for group in weights:
        branches = asked.get(group, {})
        of_items[group] = {item.code: branches[item.code] for item in items if item.code in branches}
        family[group] = with_external(block, node_of_group(block, node, group, of_items[group]))
    family[ALL_GROUPS] = _over_groups(block, block.blank_node(node, ALL_GROUPS), family, weights)
    below = []
    for item in items:
        found = {group: branches[item.code] for group, branches in of_items.items() if item.code in branches}
        if found:
            over = block.blank(item.code, ITEM_LEVEL, ALL_GROUPS)
            below += [*found.values(), _over_groups(block, over, found, weights)]
    return family, below


# --- over the groups --------------------------------------------------------------------------------------------------


def _over_groups(block: BlockInputs, blank: Branch, family: Family, weights: Mapping[str, float]) -> Branch:
    """Σ b_g · score_g over the groups that can be shown; a missing group makes the result incomplete."""
    parts = Parts(family.values())
    available, some = parts.available, in_some(parts.available)
    renormalise = block.study.inference.renormalises
    whole = parts.complete | ~available if renormalise else parts.complete & available
    branch = parts.into(blank, normalised([weights.get(g, 1.0) for g in family], available))
    over = replace(
        branch,
        complete=some & in_all(whole),
        elsewhere=some & in_all(parts.elsewhere | ~available),
        notes=_gaps_of_groups(parts, renormalise) + parts.carried,
    )
    return with_external(block, over)


def _gaps_of_groups(parts: Parts, renormalise: bool) -> Notes:
    available, some = parts.available, in_some(parts.available)
    return (
        *parts.named(
            "score.renormalised" if renormalise else "score.missing_group", "groups", ~available & some
        ),
        *parts.named("score.incomplete_below", "nodes", available & ~parts.complete),
        *everywhere(~some, remark("score.no_group")),
    )


# --- over the children ------------------------------------------------------------------------------------------------


def _over_children(block: BlockInputs, node: Node, families: Sequence[Family]) -> Family:
    """A node over its children: per group over the children that the group answers, then over all."""
    if not families:
        return from_another_survey(block, node) if (node.code, "") in block.externals else {}
    groups = [g.code for g in block.instrument.groups if any(g.code in family for family in families)]
    family = {g: _parent_of_group(block, node, g, Parts(f[g] for f in families if g in f)) for g in groups}
    wholes = Parts(children[ALL_GROUPS] for children in families)
    if rule_of(block.instrument, node).pooled:
        weights = dict(node.groups) or dict.fromkeys(family, 1.0)
        over = _over_groups(block, block.blank_node(node, ALL_GROUPS), family, weights)
        over = _pooled_by_items(block, wholes, over)
    else:
        over = _total(block, node, wholes)
    return {**family, ALL_GROUPS: over}


def _parent_of_group(block: BlockInputs, node: Node, group: str, parts: Parts) -> Branch:
    """One group's result at a parent: over the children it answers that have a value."""
    rule = rule_of(block.instrument, node)
    if rule.pooled:
        return _pooled_by_items(block, parts, _pooled_below(block, node, group, parts))
    available, some = parts.available, in_some(parts.available)
    branch = parts.into(block.blank_node(node, group), normalised(_weights(rule, block, parts), available))
    return replace(
        branch,
        complete=in_all(available & parts.complete),
        max_points=np.where(available, parts.points, 0.0 * parts.points).sum(axis=0),
        notes=(
            *parts.named("score.missing_child", "nodes", ~available & some),
            *everywhere(~some, remark("score.no_child")),
        ),
    )


def _pooled_below(block: BlockInputs, node: Node, group: str, parts: Parts) -> Branch:
    """All answers of one group to the items below the parts, pooled."""
    column = parts.columns.get(group)
    if column is None:
        return without_forms(block, node, group)
    items = block.values[group].items
    return pooled(block, node, group, [item.code for item, below in zip(items, column, strict=True) if below])


def _pooled_by_items(block: BlockInputs, parts: Parts, from_answers: Branch) -> Branch:
    """A pooled node where parts are estimates from elsewhere: their answers are not at hand, so each counts by its number
    of items, as if every item had as many answers as any other. Other units keep what is pooled from their answers."""
    taken = in_some(parts.elsewhere)
    if not taken.any():
        return from_answers
    counts = [items_below(block.instrument, block.instrument.node[part.code]) for part in parts.branches]
    by_items = parts.into(from_answers, normalised(counts, parts.all_available))
    either = Parts((by_items, from_answers)).into(from_answers, np.array([taken, ~taken], dtype=float))
    return replace(
        either,
        complete=np.where(taken, in_all(parts.available), from_answers.complete),
        shown=np.where(taken, by_items.shown, from_answers.shown),
        elsewhere=taken & in_all(parts.elsewhere),
        notes=(
            *from_answers.notes_but(taken),
            *everywhere(taken, remark("score.pooled_by_items")),
            *parts.named("score.missing_child", "nodes", ~parts.available & taken),
        ),
    )


def _total(block: BlockInputs, node: Node, parts: Parts) -> Branch:
    """The node over all its children, every one of which must have a value."""
    rule = rule_of(block.instrument, node)
    points = _points_of_total(block, node, parts)
    weights = normalised(_weights(rule, block, parts), parts.all_available)
    if rule.points:
        weights = weights * (parts.points.sum(axis=0) / points)
    everything = np.ones_like(parts.available)
    total = added_up(parts, block.blank_node(node, ALL_GROUPS), everything, weights, points)
    return with_external(block, total)


def added_up(parts: Parts, blank: Branch, used: Bools, weights: Floats, points: Floats) -> Branch:
    """``blank`` as the sum of parts with ``weights`` [P, U], given which of them count in which unit (``used`` [P, U]), and its
    maximum ``points`` [U]."""
    return replace(
        parts.into(blank, weights),
        complete=in_all(~used | (parts.available & parts.complete)),
        elsewhere=in_all(~used | parts.elsewhere),
        max_points=points,
        notes=(
            *parts.named("score.missing_child", "nodes", used & ~parts.available),
            *parts.named("score.incomplete_below", "nodes", used & parts.available & ~parts.complete),
            *parts.below,
        ),
    )


def _points_of_total(block: BlockInputs, node: Node, parts: Parts) -> Floats:
    """Maximum points of a node: as declared, or the sum of its children where only some are part of this round.

    PAPI declares 10 for a dimension of three sub-dimensions of 3.33: the declared maximum is the one published.
    """
    children = [c for c in block.instrument.children[node.code] if not c.blocks or block.code in c.blocks]
    declared = [block.constant(child.max_points) for child in children]
    whole = np.array_equal(parts.points, declared, equal_nan=True)
    if not rule_of(block.instrument, node).points or (node.max_points is not None and whole):
        return block.constant(node.max_points)
    return np.asarray(parts.points.sum(axis=0))


def _weights(rule: Combination, block: BlockInputs, parts: Parts) -> Sequence[float | Floats]:
    """Weights of children; in a sum of points their maximum in each unit, as it stands in this round."""
    if rule.points:
        return list(np.nan_to_num(parts.points))
    return [rule.weight(block.instrument, block.instrument.node[part.code]) for part in parts.branches]
