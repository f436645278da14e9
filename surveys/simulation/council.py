"""The council's half of a simulated round: the steps of its assessment of every unit and node that it assesses.

A unit has a level of its own; the share of the maximum that a node gets at the first appraisal spreads around it. Units give
themselves as much or a little more; some explain where they got less, and get part of the difference back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from surveys.definitions.instrument.records import Instrument, Unit
from surveys.definitions.study.records import Assessment
from surveys.simulation.population import Array
from surveys.simulation.simulation_plan import AssessmentPlan

#: Points are given in steps of this size, as councils give them.
STEP = 0.05
#: Days before its last day within which a step is handed in, and after it where it is late.
DAYS_BEFORE, DAYS_AFTER = 10, 5


def assess(
    instrument: Instrument,
    plan: AssessmentPlan,
    units: Mapping[str, Sequence[Unit]],
    rng: np.random.Generator,
) -> list[Assessment]:
    """Assessments of the units of every block, unit by unit in the order of the tree; none where the council assesses nothing."""
    return [
        made
        for block, of_block in units.items()
        for unit in of_block
        for made in _of_unit(instrument, plan, unit, rng)
    ]


def _of_unit(
    instrument: Instrument, plan: AssessmentPlan, unit: Unit, rng: np.random.Generator
) -> Iterator[Assessment]:
    """The assessed nodes of one unit; as many random numbers are drawn whatever the plan says."""
    leaves = instrument.assessed_leaves("", unit.block)
    maximum = np.array([leaf.max_points or 0.0 for leaf in leaves])
    level, k = rng.uniform(*plan.share), len(leaves)
    first = _points((level + plan.spread * rng.standard_normal(k)) * maximum, maximum)
    own = _points(first + rng.uniform(0, 2 * plan.above, k) * maximum, maximum)
    explained = (own > first) & (rng.uniform(size=k) < plan.explained)
    final = np.where(explained, _points(first + rng.uniform(size=k) * (own - first), maximum), first)
    without_self, without_final = rng.uniform(size=k) < plan.no_self, rng.uniform(size=k) < plan.no_final
    sent = _days(plan.self_assessed_by, rng.uniform(size=1) < plan.late, rng)[0]
    answered = _days(plan.explained_by, rng.uniform(size=k) < plan.late, rng)
    for j, leaf in enumerate(leaves):
        yield Assessment(
            unit.block,
            unit.code,
            leaf.code,
            self_assessed=None if without_self[j] else float(own[j]),
            self_assessed_on="" if without_self[j] else sent,
            first_appraisal=float(first[j]),
            explanation=plan.explanation if explained[j] else "",
            explained_on=answered[j] if explained[j] else "",
            final=None if without_final[j] else float(final[j]),
            evidence=plan.evidence.format(node=leaf.code),
        )


def _points(points: Array, maximum: Array) -> Array:
    """Points in whole steps from 0 to the maximum [k]."""
    return np.round(np.clip(np.round(points / STEP) * STEP, 0.0, maximum), 2)


def _days(last: str, late: Array, rng: np.random.Generator) -> list[str]:
    """A day for each flag, up to the last day, or after it where it is late; nothing where there is no last day."""
    before, after = rng.integers(0, DAYS_BEFORE, len(late)), rng.integers(1, DAYS_AFTER + 1, len(late))
    if not last:
        return [""] * len(late)
    moved = np.where(late, after, -before).tolist()
    return [(date.fromisoformat(last) + timedelta(days)).isoformat() for days in moved]
