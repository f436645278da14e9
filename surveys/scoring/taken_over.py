"""Results that are not measured by this round: estimates of other surveys."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from surveys.definitions.instrument.records import Node
from surveys.definitions.study.records import External
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch, Family, Notes
from surveys.scoring.quantities import Bools, Quantity
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.remarks import Remark, remark


def with_external(block: BlockInputs, branch: Branch) -> Branch:
    """Put the external estimates declared for (node, group) in the place of the branch's own values."""
    group = "" if branch.group == ALL_GROUPS else branch.group
    slots = block.externals.get((branch.code, group), {})
    if not slots:
        return branch
    found = {unit: block.slots[slot] for unit, slot in slots.items()}
    score = branch.score.taken_over(slots, {unit: e.score for unit, e in found.items()})
    satisfied = branch.satisfied.taken_over(slots, {unit: _share(e) for unit, e in found.items()})
    if branch.score.derived_as(branch.satisfied):
        satisfied = score.with_value(satisfied.value)
    taken = np.isin(np.arange(len(block.units)), list(found))
    notes = tuple((unit, _origin(e)) for unit, e in found.items())
    return _in_place(block, branch, taken, (score, satisfied), notes)


def _share(external: External) -> float:
    return np.nan if external.satisfaction_percent is None else external.satisfaction_percent / 100.0


def _origin(external: External) -> Remark:
    if external.page:
        return remark("score.external_page", document=external.document, page=external.page)
    return remark("score.external", document=external.document)


def from_another_survey(block: BlockInputs, node: Node) -> Family:
    """A node that another survey measures: its external estimates, or a gap that says so."""
    gap = block.blank_node(node, ALL_GROUPS, remark("score.no_external"))
    return {ALL_GROUPS: with_external(block, gap)}


def _in_place(
    block: BlockInputs, branch: Branch, taken: Bools, both: tuple[Quantity, Quantity], notes: Notes
) -> Branch:
    """The branch with another score and satisfied share, which in the units ``taken`` are from elsewhere."""
    points = block.constant(block.instrument.node[branch.code].max_points)
    return replace(
        branch,
        score=both[0],
        satisfied=both[1],
        complete=branch.complete | taken,
        shown=branch.shown | taken,
        elsewhere=branch.elsewhere | taken,
        max_points=np.where(taken, points, branch.max_points),
        notes=branch.notes_but(taken) + notes,
    )
