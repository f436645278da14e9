"""The walk over the index tree: items → groups → sub-criteria → … → the unit's total, for all units of a block at once.

The arithmetic is on arrays by unit; no respondent is touched here. Each result is a :class:`Branch` whose score and
satisfied share are :class:`~surveys.scoring.linear.Linear` quantities, so that every node of every index has its standard error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from surveys.definitions.instrument.records import Instrument, Item, Node
from surveys.definitions.study.records import External, StudyDefinition
from surveys.scoring.linear import (
    Bools,
    Floats,
    Linear,
    combined,
    item_ratios,
    normalised,
    nothing,
    ratio,
)
from surveys.scoring.rules import Combination, items_below, rule_of
from surveys.scoring.values import Values
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.remarks import Remark, remark

Notes = tuple[tuple[int, Remark], ...]  # by position of the unit
ORIGINS = ("score.external", "score.external_page")


@dataclass(frozen=True)
class Branch:
    """One node or item for one group (or over the groups), in all U units.

    ``columns``: the items below, by group, bool [I]; ``complete``: nothing is missing below; ``shown``: enough valid forms;
    ``elsewhere``: wholly taken from another survey or assessment; ``max_points`` [U], NaN without points.
    """

    code: str
    level: str
    group: str
    score: Linear
    satisfied: Linear
    columns: Mapping[str, Bools]
    complete: Bools
    shown: Bools
    elsewhere: Bools
    max_points: Floats
    notes: Notes = ()

    @cached_property
    def available(self) -> Bools:
        """Units in which this result can enter its parent."""
        return self.shown & ~np.isnan(self.score.value)

    @property
    def one_derivative(self) -> bool:
        """Whether score and satisfied share have one and the same derivative."""
        return self.score.derived_as(self.satisfied)


Family = dict[str, Branch]  # branches of one node by group; ALL_GROUPS for the result over the groups


@dataclass(frozen=True)
class Block:
    """What the walk needs of one block: values by group, external estimates and assessed points by unit and node."""

    study: StudyDefinition
    code: str
    values: Mapping[str, Values]
    externals: Mapping[tuple[str, str], Mapping[int, int]]  # (node, group) → position of the unit → slot
    slots: Sequence[External]
    assessed: Mapping[tuple[str, str], float]

    @property
    def instrument(self) -> Instrument:
        return self.study.instrument

    @cached_property
    def unit_codes(self) -> tuple[str, ...]:
        return tuple(unit.code for unit in self.study.assessed_units(self.code))

    @cached_property
    def items(self) -> Mapping[str, Family]:
        """Branches of the items that each group is asked, by group and item."""
        return {group: _items(self, group) for group in self.values}

    def constant(self, value: float | None) -> Floats:
        """The same number in every unit (NaN for None)."""
        return np.full(len(self.unit_codes), np.nan if value is None else value)


def block_of(study: StudyDefinition, code: str, values: Mapping[str, Values]) -> Block:
    """Gather a block: its external estimates get one slot each, in the order of the file."""
    units = {unit.code: k for k, unit in enumerate(study.assessed_units(code))}
    slots = tuple(e for e in study.externals if e.block == code and e.unit in units)
    externals: dict[tuple[str, str], dict[int, int]] = {}
    for k, external in enumerate(slots):
        externals.setdefault((external.node, external.group), {})[units[external.unit]] = k
    assessed = {(a.unit, a.node): a.points for a in study.assessed if a.block == code}
    return Block(study, code, values, externals, slots, assessed)


def walk(block: Block) -> list[Branch]:
    """All branches of a block in printing order: a node (groups, then over groups), its items, its children."""
    branches: list[Branch] = []
    for root in block.instrument.children.get("", ()):
        branches += _visit(block, root)[1]
    return branches


def _visit(block: Block, node: Node) -> tuple[Family, list[Branch]]:
    """The family of a node, and all branches from it downwards."""
    if (node.blocks and block.code not in node.blocks) or not rule_of(block.instrument, node).scored:
        return {}, []
    items = block.instrument.items_of_node.get(node.code, ())
    below: list[Branch] = []
    if node.measured_by == "external":
        family = _from_elsewhere(block, node)
    elif node.measured_by == "assessment":
        family = _assessed(block, node)
    elif items:
        family, below = _over_items(block, node, items)
    else:
        visited = [_visit(block, child) for child in block.instrument.children.get(node.code, ())]
        family = _over_children(block, node, [children for children, _ in visited if children])
        family = _with_assessed(block, node, family)
        if not _assessed_as_a_whole(block, node):
            below = [branch for _, branches in visited for branch in branches]
    return family, [*family.values(), *below]


# --- leaves: items within a group, then over the groups ---------------------------------------------------------------


def _over_items(block: Block, node: Node, items: Sequence[Item]) -> tuple[Family, list[Branch]]:
    """The family of a node with items and the families of its items."""
    weights = dict(node.groups) or dict.fromkeys(block.values, 1.0)
    points = block.constant(node.max_points)
    asked = {g: _asked(block, items, g) for g in weights}
    family = {g: _with_external(block, _of_group(block, node, asked[g], g, points)) for g in weights}
    below = []
    for item in items:
        found = {g: asked[g][item.code] for g in weights if item.code in asked[g]}
        if found:
            below += [
                *found.values(),
                _over_groups(block, item.code, ITEM_LEVEL, found, weights, block.constant(None)),
            ]
    family[ALL_GROUPS] = _over_groups(block, node.code, node.level, family, weights, points)
    return family, below


def _asked(block: Block, items: Sequence[Item], group: str) -> Family:
    """The branches of those of the items that a group is asked."""
    branches = block.items.get(group, {})
    return {item.code: branches[item.code] for item in items if item.code in branches}


def _items(block: Block, group: str) -> Family:
    """The branches of all items that a group is asked, by item."""
    values, minimum = block.values[group], block.study.minimum.of(group)
    forms = np.ascontiguousarray(values.forms.T)
    few, every, none = forms < minimum, block_mask(block), block.constant(None)
    scores = item_ratios(group, values.answers, values.theta, len(block.slots))
    shares = np.ascontiguousarray(values.satisfied_share.T)
    below = np.eye(len(values.items), dtype=bool)
    return {
        item.code: Branch(
            item.code,
            ITEM_LEVEL,
            group,
            scores[k],
            scores[k].with_value(shares[k]),
            {group: below[k]},
            complete=every,
            shown=~few[k],
            elsewhere=~every,
            max_points=none,
            notes=_suppressed(forms[k], few[k], minimum),
        )
        for k, item in enumerate(values.items)
    }


def _of_group(block: Block, node: Node, asked: Family, group: str, points: Floats) -> Branch:
    """A node with items in one group, by the node's rule; ``asked`` are the branches of its items."""
    if not asked:
        return _without_forms(block, node, group, points)
    rule = rule_of(block.instrument, node)
    if rule.pooled:
        return _pooled(block, node.code, node.level, group, list(asked), points)
    parts = list(asked.values())
    answered = np.array([~np.isnan(part.score.value) for part in parts])
    weights = normalised(
        [rule.weight(block.instrument, block.instrument.item[code]) for code in asked], answered
    )
    score, satisfied = _both_combined(parts, weights)
    branch = Branch(
        node.code,
        node.level,
        group,
        score.affine(*rule.affine(node)),
        satisfied,
        _columns(parts),
        complete=in_all(answered),
        shown=in_some(answered),
        elsewhere=~block_mask(block),
        max_points=points,
        notes=_named("score.items_without_answer", "items", parts, ~answered & in_some(answered)),
    )
    return _hidden_if_few(block, branch)


def _pooled(block: Block, code: str, level: str, group: str, items: Sequence[str], points: Floats) -> Branch:
    """Σ numerators / Σ answers over items of one group; a single item is the plain ratio."""
    values = block.values[group]
    column = np.zeros(len(values.items), dtype=bool)
    column[[values.position[item] for item in items]] = True
    D = np.where(column, values.answers, 0.0)
    every = block_mask(block)
    branch = Branch(
        code,
        level,
        group,
        ratio(group, D, values.theta, len(block.slots)),
        ratio(group, D, values.satisfied_share, len(block.slots)),
        {group: column},
        complete=every,
        shown=every,
        elsewhere=~every,
        max_points=points,
    )
    return _hidden_if_few(block, branch)


def _hidden_if_few(block: Block, branch: Branch) -> Branch:
    """Suppress a group's result where fewer forms than the declared minimum answered anything of it."""
    forms = answered_forms(block.values[branch.group], branch.columns[branch.group])
    minimum = block.study.minimum.of(branch.group)
    few = forms < minimum
    if not few.any():
        return branch
    notes = tuple((u, text) for u, text in branch.notes if not few[u])
    return replace(branch, shown=branch.shown & ~few, notes=notes + _suppressed(forms, few, minimum))


def _suppressed(forms: NDArray[np.int64], few: Bools, minimum: int) -> Notes:
    """How many forms there are, for the units where they are too few."""
    return tuple((u, remark("score.suppressed", forms=forms[u], minimum=minimum)) for u in positions(few))


def answered_forms(values: Values, column: Bools) -> NDArray[np.int64]:
    """Evaluations with at least one valid answer to the items of ``column``, per unit [U]."""
    items = np.flatnonzero(column)
    if len(items) == 1:
        return values.forms[:, items[0]]
    some = values.valid[:, items].any(axis=1)
    return np.bincount(values.sample.unit[some], minlength=len(values.sample.population))


def _without_forms(block: Block, node: Node, group: str, points: Floats) -> Branch:
    """A group that the node asks but of which this round has no forms."""
    units = len(block.unit_codes)
    empty = nothing(units, len(block.slots))
    no = ~block_mask(block)
    notes = tuple((u, remark("score.no_forms", group=group)) for u in range(units))
    return Branch(node.code, node.level, group, empty, empty, {}, no, no, no, points, notes)


# --- estimates and points from elsewhere ------------------------------------------------------------------------------


def _with_external(block: Block, branch: Branch) -> Branch:
    """Put the external estimates declared for (node, group) in the place of the branch's own values."""
    group = "" if branch.group == ALL_GROUPS else branch.group
    slots = block.externals.get((branch.code, group), {})
    if not slots:
        return branch
    found = {unit: block.slots[slot] for unit, slot in slots.items()}
    taken = np.isin(np.arange(len(block.unit_codes)), list(found))
    scores = {unit: e.score for unit, e in found.items()}
    shares = {unit: _share(e) for unit, e in found.items()}
    notes = [(u, text) for u, text in branch.notes if u not in found]
    points = block.constant(block.instrument.node[branch.code].max_points)
    score, satisfied = branch.score.taken_over(slots, scores), branch.satisfied.taken_over(slots, shares)
    return replace(
        branch,
        score=score,
        satisfied=score.with_value(satisfied.value) if branch.one_derivative else satisfied,
        complete=branch.complete | taken,
        shown=branch.shown | taken,
        elsewhere=branch.elsewhere | taken,
        max_points=np.where(taken, points, branch.max_points),
        notes=(*notes, *((unit, _origin(e)) for unit, e in found.items())),
    )


def _share(external: External) -> float:
    return np.nan if external.satisfaction_percent is None else external.satisfaction_percent / 100.0


def _origin(external: External) -> Remark:
    if external.page:
        return remark("score.external_page", document=external.document, page=external.page)
    return remark("score.external", document=external.document)


def _from_elsewhere(block: Block, node: Node) -> Family:
    """A node that another survey measures: its external estimates, or a gap that says so."""
    empty = _without_forms(block, node, ALL_GROUPS, block.constant(node.max_points))
    notes = tuple((u, remark("score.no_external")) for u in range(len(block.unit_codes)))
    return {ALL_GROUPS: _with_external(block, replace(empty, notes=notes))}


def _assessed(block: Block, node: Node) -> Family:
    """Points of the council's own assessment. A round without any hands over its survey part only."""
    if not block.assessed:
        return {}
    branch = _without_forms(block, node, ALL_GROUPS, block.constant(node.max_points))
    missing = tuple((u, remark("score.not_assessed")) for u in range(len(block.unit_codes)))
    return _with_assessed(block, node, {ALL_GROUPS: replace(branch, notes=missing)})


def _assessed_as_a_whole(block: Block, node: Node) -> bool:
    """True where the council gives points to a total and to nothing below it: its parts are no part of the round."""
    given = {code for _, code in block.assessed}
    return node.code in given and not any(code in given for code in codes_below(block.instrument, node))


def _with_assessed(block: Block, node: Node, family: Family) -> Family:
    """Put the points that the council gave to a node as a whole in the place of what stands below it."""
    given = np.array([block.assessed.get((unit, node.code), np.nan) for unit in block.unit_codes])
    known = ~np.isnan(given)
    if not known.any():
        return family
    branch, points = family[ALL_GROUPS], block.constant(node.max_points)
    kept = [(u, text) for u, text in branch.notes if not known[u]]
    score, satisfied = branch.score.only(~known), branch.satisfied.only(~known)
    assessed = replace(
        branch,
        score=replace(score, value=np.where(known, given / points, score.value)),
        satisfied=replace(satisfied, value=np.where(known, np.nan, satisfied.value)),
        complete=branch.complete | known,
        shown=branch.shown | known,
        elsewhere=branch.elsewhere | known,
        max_points=np.where(known, points, branch.max_points),
        notes=(*kept, *((u, remark("score.assessed")) for u in positions(known))),
    )
    return {**family, ALL_GROUPS: assessed}


# --- combinations -----------------------------------------------------------------------------------------------------


def _over_groups(
    block: Block,
    code: str,
    level: str,
    family: Mapping[str, Branch],
    weights: Mapping[str, float],
    points: Floats,
) -> Branch:
    """Σ b_g · score_g over the groups that can be shown; a missing group makes the result incomplete."""
    parts = list(family.values())
    available = np.array([part.available for part in parts])
    whole = np.array([part.complete for part in parts])
    some = in_some(available)
    renormalise = block.study.inference.on_missing_group == "renormalise"
    notes: Notes = ()
    if not (available & whole).all():
        gap = "score.renormalised" if renormalise else "score.missing_group"
        notes = _named(gap, "groups", parts, ~available & some)
        notes += _named("score.incomplete_below", "nodes", parts, available & ~whole)
        notes += tuple((u, remark("score.no_group")) for u in positions(~some))
    branch = _combined(
        code,
        level,
        ALL_GROUPS,
        parts,
        normalised([weights.get(g, 1.0) for g in family], available),
        complete=some & in_all(whole | ~available if renormalise else whole & available),
        elsewhere=some & in_all(np.array([part.elsewhere for part in parts]) | ~available),
        max_points=points,
        notes=notes + _origins(parts),
    )
    return _with_external(block, branch)


def _over_children(block: Block, node: Node, families: Sequence[Family]) -> Family:
    """A node over its children: per group over the children that the group answers, then over all."""
    if not families:
        return _from_elsewhere(block, node) if (node.code, "") in block.externals else {}
    groups = [g.code for g in block.instrument.groups if any(g.code in family for family in families)]
    family = {g: _parent_of_group(block, node, g, [f[g] for f in families if g in f]) for g in groups}
    wholes = [family[ALL_GROUPS] for family in families]
    if rule_of(block.instrument, node).pooled:
        weights = dict(node.groups) or dict.fromkeys(family, 1.0)
        over = _over_groups(block, node.code, node.level, family, weights, block.constant(node.max_points))
        over = _without_answers(block, node, wholes, over)
    else:
        over = _total(block, node, wholes)
    return {**family, ALL_GROUPS: over}


def _parent_of_group(block: Block, node: Node, group: str, parts: Sequence[Branch]) -> Branch:
    """One group's result at a parent: over the children it answers that have a value."""
    rule = rule_of(block.instrument, node)
    if rule.pooled:
        return _without_answers(block, node, parts, _pooled_below(block, node, group, parts))
    available = np.array([part.available for part in parts])
    whole = np.array([part.complete for part in parts])
    weights = [_weight(rule, block, part) for part in parts]
    points = np.array([part.max_points for part in parts])
    some = in_some(available)
    notes = _named("score.missing_child", "nodes", parts, ~available & some)
    return _combined(
        node.code,
        node.level,
        group,
        parts,
        normalised(weights, available),
        complete=in_all(available & whole),
        max_points=np.where(available, points, 0.0 * points).sum(axis=0),
        notes=notes + tuple((u, remark("score.no_child")) for u in positions(~some)),
    )


def _pooled_below(block: Block, node: Node, group: str, parts: Sequence[Branch]) -> Branch:
    """All answers of one group to the items below the parts, pooled."""
    points = block.constant(node.max_points)
    if group not in block.values:
        return _without_forms(block, node, group, points)
    values = block.values[group]
    column = np.logical_or.reduce([part.columns[group] for part in parts if group in part.columns])
    items = [item.code for item, below in zip(values.items, column, strict=True) if below]
    return _pooled(block, node.code, node.level, group, items, points)


def _without_answers(block: Block, node: Node, parts: Sequence[Branch], pooled: Branch) -> Branch:
    """A pooled node where parts are estimates from elsewhere: their answers are not at hand, so each counts by its number
    of items, as if every item had as many answers as any other."""
    taken = in_some(np.array([part.elsewhere for part in parts]))
    if not taken.any():
        return pooled
    available = np.array([part.available for part in parts])
    counts = [items_below(block.instrument, block.instrument.node[part.code]) for part in parts]
    every = np.broadcast_to(in_all(available), available.shape)
    score, satisfied = _both_combined(parts, normalised(counts, every))
    by_items = replace(pooled, score=score, satisfied=satisfied, columns=_columns(parts))
    chosen = np.array([taken, ~taken], dtype=float)
    score, satisfied = _both_combined([by_items, pooled], chosen)
    notes = [(u, text) for u, text in pooled.notes if not taken[u]]
    notes += [(u, remark("score.pooled_by_items")) for u in positions(taken)]
    notes += _named("score.missing_child", "nodes", parts, ~available & taken)
    return replace(
        pooled,
        score=score,
        satisfied=satisfied,
        columns=_columns([by_items, pooled]),
        complete=np.where(taken, in_all(available), pooled.complete),
        shown=np.where(taken, ~np.isnan(by_items.score.value), pooled.shown),
        elsewhere=taken & in_all(np.array([part.elsewhere for part in parts])),
        notes=tuple(notes),
    )


def _total(block: Block, node: Node, parts: Sequence[Branch]) -> Branch:
    """The node over all its children, every one of which must have a value."""
    rule = rule_of(block.instrument, node)
    available = np.array([part.available for part in parts])
    whole = np.array([part.complete for part in parts])
    points = _points_of_total(block, node, parts)
    weights = normalised(
        [_weight(rule, block, part) for part in parts], np.broadcast_to(in_all(available), available.shape)
    )
    if rule.points:
        weights = weights * (np.array([part.max_points for part in parts]).sum(axis=0) / points)
    notes = _named("score.missing_child", "nodes", parts, ~available)
    notes += _named("score.incomplete_below", "nodes", parts, available & ~whole)
    branch = _combined(
        node.code,
        node.level,
        ALL_GROUPS,
        parts,
        weights,
        complete=in_all(available & whole),
        elsewhere=in_all(np.array([part.elsewhere for part in parts])),
        max_points=points,
        notes=notes,
    )
    return _with_external(block, branch)


def _points_of_total(block: Block, node: Node, parts: Sequence[Branch]) -> Floats:
    """Maximum points of a node: as declared, or the sum of its children where only some are part of this round.

    PAPI declares 10 for a dimension of three sub-dimensions of 3.33: the declared maximum is the one published.
    """
    total: Floats = np.array([part.max_points for part in parts]).sum(axis=0)
    children = [c for c in block.instrument.children[node.code] if not c.blocks or block.code in c.blocks]
    declared = [block.constant(child.max_points) for child in children]
    whole = len(parts) == len(children) and np.array_equal(
        [part.max_points for part in parts], declared, equal_nan=True
    )
    if not rule_of(block.instrument, node).points or (node.max_points is not None and whole):
        return block.constant(node.max_points)
    return total


def _combined(
    code: str,
    level: str,
    group: str,
    parts: Sequence[Branch],
    weights: Floats,
    *,
    complete: Bools,
    max_points: Floats,
    notes: Notes,
    elsewhere: Bools | None = None,
) -> Branch:
    """Σ weight · part for score and satisfied share alike; shown wherever it has a value."""
    score, satisfied = _both_combined(parts, weights)
    return Branch(
        code,
        level,
        group,
        score,
        satisfied,
        _columns(parts),
        complete=complete,
        shown=~np.isnan(score.value),
        elsewhere=np.zeros_like(complete) if elsewhere is None else elsewhere,
        max_points=max_points,
        notes=notes,
    )


def _both_combined(parts: Sequence[Branch], weights: Floats) -> tuple[Linear, Linear]:
    """Σ weight · part of the scores and of the satisfied shares."""
    return combined([part.score for part in parts], [part.satisfied for part in parts], weights)


def _columns(parts: Sequence[Branch]) -> dict[str, Bools]:
    """Items below, by group."""
    columns: dict[str, Bools] = {}
    for part in parts:
        for g, column in part.columns.items():
            columns[g] = columns[g] | column if g in columns else column
    return columns


def _weight(rule: Combination, block: Block, part: Branch) -> float | Floats:
    """Weight of a child; in a sum of points its maximum in each unit, as it stands in this round."""
    if rule.points:
        return np.where(np.isnan(part.max_points), 0.0, part.max_points)
    return rule.weight(block.instrument, block.instrument.node[part.code])


# --- remarks ----------------------------------------------------------------------------------------------------------


def _named(code: str, parameter: str, parts: Sequence[Branch], flagged: Bools) -> Notes:
    """One note per unit naming the parts that are flagged [parts, U]."""
    if not flagged.any():
        return ()
    names = [
        part.code if part.group == ALL_GROUPS or part.level == ITEM_LEVEL else part.group for part in parts
    ]
    if len({part.code for part in parts}) == len(parts):
        names = [part.code for part in parts]
    found = []
    for u in positions(in_some(flagged)):
        listed = ", ".join(name for name, bad in zip(names, flagged[:, u], strict=True) if bad)
        found.append((u, remark(code, **{parameter: listed})))
    return tuple(found)


def _origins(parts: Sequence[Branch]) -> Notes:
    """Where the external estimates among the parts come from."""
    return tuple(dict.fromkeys((u, text) for part in parts for u, text in part.notes if text.code in ORIGINS))


def codes_below(instrument: Instrument, node: Node) -> list[str]:
    """Codes of all nodes below a node."""
    children = instrument.children.get(node.code, ())
    return [code for child in children for code in (child.code, *codes_below(instrument, child))]


def block_mask(block: Block) -> Bools:
    """True for every unit."""
    return np.ones(len(block.unit_codes), dtype=bool)


def in_all(flags: Bools) -> Bools:
    """True for the units in which every part [parts, U] is flagged."""
    return np.logical_and.reduce(flags, axis=0)


def in_some(flags: Bools) -> Bools:
    """True for the units in which at least one part [parts, U] is flagged."""
    return np.logical_or.reduce(flags, axis=0)


def positions(mask: Bools) -> list[int]:
    """Positions of the true values as plain integers."""
    return [int(u) for u in mask.nonzero()[0]]
