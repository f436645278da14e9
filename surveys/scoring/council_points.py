"""The council's half of an index: points of every node with a part that the council assesses, from the steps of its procedure.

What counts is the final points; without them the first appraisal, provisionally; the self-assessment never. Points given to a
node stand for all assessed nodes below it; other nodes are the sums of their children, and have no points while one of these
has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from surveys.definitions.instrument.records import Instrument, Node
from surveys.definitions.study.assessments import STEPS, assessed_maximum
from surveys.definitions.study.records import Assessment, AssessmentDates
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.quantities import Bools, Floats
from surveys.vocabulary.levels import ASSESSMENT

#: What may be said of the assessed nodes below a node: whether they have no points, points of the first appraisal only, or came
#: after their last day.
SAID = ("no_council", "provisional", "self_late", "explained_late")
#: Assessments of one block by (unit, node).
Given = Mapping[tuple[str, str], Assessment]


@dataclass(frozen=True)
class CouncilPart:
    """The council's part of one node in all U units. ``steps``: points [U] of each step, NaN where one is missing below;
    ``points`` [U]: those that count; ``said``: by kind (:data:`SAID`) the nodes at which points are given or should be, and
    whether it is so in each unit [U]; ``above`` [U]: the node further up whose points stand for this one too, or nothing."""

    maximum: float
    steps: Mapping[str, Floats]
    points: Floats
    said: Mapping[str, Mapping[str, Bools]]
    above: Sequence[str]

    @property
    def provisional(self) -> Bools:
        """Units [U] of which some part has the points of a first appraisal."""
        flags = self.said["provisional"].values()
        some = np.any([np.zeros(len(self.points), dtype=bool), *flags], axis=0)
        return np.asarray(some & ~np.isnan(self.points))

    def named(self, kind: str, unit: int) -> list[str]:
        """Codes of the nodes of which something is said in one unit."""
        return [code for code, flags in self.said[kind].items() if flags[unit]]


def council_parts(block: BlockInputs) -> dict[str, CouncilPart]:
    """The parts of all nodes of a block that the council assesses, as a whole or in part, by their codes."""
    found: dict[str, CouncilPart] = {}
    given = {(a.unit, a.node): a for a in block.study.assessments if a.block == block.code}
    for root in block.instrument.scored_children("", block.code):
        _add_part(block, given, root, found)
    return found


def _add_part(block: BlockInputs, given: Given, node: Node, found: dict[str, CouncilPart]) -> bool:
    """Add the parts of a node and of those below it; whether it has any."""
    below = [] if node.measured_by == ASSESSMENT else block.instrument.scored_children(node.code, block.code)
    parts = [found[child.code] for child in below if _add_part(block, given, child, found)]
    if not parts and node.measured_by != ASSESSMENT:
        return False
    rows = [given.get((unit.code, node.code)) for unit in block.units]
    own = np.array([row is not None or not parts for row in rows], dtype=bool)
    here = _at_node(rows, own, block.study.assessment)
    steps = {s: np.where(own, here.steps[s], _sum(part.steps[s] for part in parts)) for s in STEPS}
    found[node.code] = CouncilPart(
        assessed_maximum(block.instrument, node.code, block.code),
        steps,
        np.where(own, here.points, _sum(part.points for part in parts)),
        {
            kind: {code: flags & ~own for part in parts for code, flags in part.said[kind].items()}
            | {node.code: here.said[kind]}
            for kind in SAID
        },
        _above(block, given, node),
    )
    return True


def part_of_leaves(
    block: BlockInputs, parts: Mapping[str, CouncilPart], leaves: Collection[str]
) -> CouncilPart | None:
    """The council's part of some of the assessed leaves: the sum of those of the uppermost nodes below which nothing else is
    assessed; None where nothing is. ``parts``: those of the block."""
    if not parts:
        return None
    tops = [parts[code] for code in tops_of(block.instrument, block.code, leaves)]
    if len(tops) < 2:
        return tops[0] if tops else None
    return CouncilPart(
        float(f"{sum(top.maximum for top in tops):.12g}"),
        {step: _sum(top.steps[step] for top in tops) for step in STEPS},
        _sum(top.points for top in tops),
        {kind: {code: flags for top in tops for code, flags in top.said[kind].items()} for kind in SAID},
        [next(filter(None, above), "") for above in zip(*(top.above for top in tops), strict=True)],
    )


def tops_of(instrument: Instrument, block: str, leaves: Collection[str], above: str = "") -> Iterator[str]:
    """The uppermost nodes of a block (below one of them) of which all that is assessed is among the leaves."""
    for node in instrument.scored_children(above, block):
        assessed = {leaf.code for leaf in instrument.assessed_leaves(node.code, block)}
        if assessed and assessed <= set(leaves):
            yield node.code
        elif assessed & set(leaves):
            yield from tops_of(instrument, block, leaves, node.code)


class _AtNode(NamedTuple):
    """What is given to a node itself: points of the steps and those that count [U], and what is said [U] by kind."""

    steps: Mapping[str, Floats]
    points: Floats
    said: Mapping[str, Bools]


def _at_node(rows: Sequence[Assessment | None], own: Bools, dates: AssessmentDates) -> _AtNode:
    """What the rows [U] of a node give it, in the units whose points are its own (not the sum of its children's)."""
    steps = {step: np.array([_points(row, step) for row in rows]) for step in STEPS}
    final, first = steps["final"], steps["first_appraisal"]
    points = np.where(np.isnan(final), first, final)
    said = {
        "no_council": own & np.isnan(points),
        "provisional": own & np.isnan(final) & ~np.isnan(first),
        "self_late": _late(rows, "self_assessed_on", dates.self_assessed_by),
        "explained_late": _late(rows, "explained_on", dates.explained_by),
    }
    return _AtNode(steps, points, said)


def _points(row: Assessment | None, step: str) -> float:
    points = getattr(row, step) if row is not None else None
    return np.nan if points is None else points


def _late(rows: Sequence[Assessment | None], column: str, by: str) -> Bools:
    """Units [U] whose date (ISO) is after the last day; of no last day none."""
    return np.array([bool(by) and row is not None and getattr(row, column) > by for row in rows], dtype=bool)


def _sum(parts: Iterable[Floats]) -> Floats:
    """Σ of the parts [U], NaN where one of them is."""
    listed = list(parts)
    return np.asarray(np.sum(listed, axis=0)) if listed else np.asarray(np.nan)


def _above(block: BlockInputs, given: Given, node: Node) -> list[str]:
    """For each unit the node above that has points of its own."""
    line = [above.code for above in block.instrument.line[node.code][1:]]
    return [next((code for code in line if (unit.code, code) in given), "") for unit in block.units]
