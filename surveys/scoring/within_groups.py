"""Results of one group: its items, and the nodes that stand over items."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from surveys.definitions.instrument.records import Node
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch, Family, Notes, Parts, in_all, in_some, named
from surveys.scoring.combination_rules import rule_of
from surveys.scoring.quantities import Bools, item_ratios, normalised, ratio
from surveys.scoring.values import Values
from surveys.vocabulary.levels import ITEM_LEVEL
from surveys.vocabulary.remarks import remark

_HIDDEN = "score.items_not_shown"


def items_of_group(block: BlockInputs, group: str) -> Family:
    """The branches of all items that a group is asked, by item."""
    if group not in block.values:
        return {}
    values = block.values[group]
    scores = item_ratios(group, values.answers, values.theta, len(block.slots))
    family = {}
    for k, item in enumerate(values.items):
        forms, shown = values.forms[:, k], values.shown[:, k]
        family[item.code] = Branch(
            item.code,
            ITEM_LEVEL,
            group,
            score=scores[k],
            satisfied=scores[k].with_value(values.satisfied_share[:, k]),
            columns={group: np.arange(len(values.items)) == k},
            complete=~block.nowhere,
            shown=shown,
            elsewhere=block.nowhere,
            max_points=block.constant(None),
            notes=_suppressed(forms, ~shown, values.minimum),
        )
    return family


def node_of_group(block: BlockInputs, node: Node, group: str, asked: Family) -> Branch:
    """A node with items in one group, by the node's rule; ``asked`` are the branches of its items."""
    if not asked:
        return without_forms(block, node, group)
    rule = rule_of(block.instrument, node)
    if rule.pooled:
        return pooled(block, node, group, asked)
    parts = Parts(asked.values())
    available = parts.available
    entering = np.where(in_some(available), available, parts.answered)
    weights = normalised([rule.weight(block.instrument, block.instrument.item[c]) for c in asked], entering)
    branch = parts.into(block.blank_node(node, group), weights)
    branch = replace(
        branch,
        score=branch.score.affine(*rule.affine(node)),
        complete=in_all(parts.answered),
        shown=in_some(available),
        notes=_items_left_out(parts),
    )
    return _hidden_if_few(block, branch)


def pooled(block: BlockInputs, node: Node, group: str, items: Iterable[str]) -> Branch:
    """Σ numerators / Σ answers over the items of one group that are shown; a single item is the plain ratio."""
    values = block.values[group]
    column = np.zeros(len(values.items), dtype=bool)
    column[[values.position[item] for item in items]] = True
    shown = column & values.shown
    some = in_some(shown.T)
    answers = np.where(np.where(some[:, None], shown, column), values.answers, 0.0)
    hidden = (column & ~values.shown & (values.forms > 0)).T
    branch = replace(
        block.blank_node(node, group),
        score=ratio(group, answers, values.theta, len(block.slots)),
        satisfied=ratio(group, answers, values.satisfied_share, len(block.slots)),
        columns={group: column},
        complete=~block.nowhere,
        shown=some,
        notes=named(_HIDDEN, "items", hidden, [item.code for item in values.items]),
    )
    return _hidden_if_few(block, branch)


def without_forms(block: BlockInputs, node: Node, group: str) -> Branch:
    """A group that the node asks but of which this round has no forms."""
    return block.blank_node(node, group, remark("score.no_forms", group=group))


def _items_left_out(parts: Parts) -> Notes:
    """Items that nobody answered, and items with too few answers to be shown."""
    answered = parts.answered
    return (
        *parts.named("score.items_without_answer", "items", ~answered & in_some(answered)),
        *parts.named(_HIDDEN, "items", answered & ~parts.available),
    )


def _hidden_if_few(block: BlockInputs, branch: Branch) -> Branch:
    """Suppress a group's result where fewer forms than the declared minimum answered anything of it."""
    values = block.values[branch.group]
    forms, minimum = answered_forms(values, branch.columns[branch.group]), values.minimum
    few = forms < minimum
    if not few.any():
        return branch
    notes = branch.notes_but(few) + _suppressed(forms, few, minimum)
    return replace(branch, shown=branch.shown & ~few, notes=notes)


def _suppressed(forms: NDArray[np.int64], few: Bools, minimum: int) -> Notes:
    """How many forms there are, for the units where they are too few."""
    return tuple(
        (u, remark("score.suppressed", forms=forms[u], minimum=minimum)) for u in np.flatnonzero(few).tolist()
    )


def answered_forms(values: Values, column: Bools) -> NDArray[np.int64]:
    """Evaluations with at least one valid answer to the items of ``column``, per unit [U]."""
    some = values.valid[:, column].any(axis=1)
    return np.bincount(values.sample.unit[some], minlength=len(values.sample.population))
