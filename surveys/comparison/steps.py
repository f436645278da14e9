"""From one round to the next: which unit, node and item of the old round is which of the new one, and what does not measure
the same thing any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from surveys.comparison.comparability import incomparable, same_items
from surveys.comparison.compared_round import DIVIDED, ComparedRound, Key
from surveys.problems import Problem, Problems

#: Faults by which two rounds have nothing that can be compared.
NOT_COMPARABLE = ("compare.no_common_node", "compare.no_common_unit")


@dataclass(frozen=True)
class RoundStep:
    """Two neighbouring rounds. ``successors``: (block, old unit) → (block, new unit) or ``DIVIDED``, of units that changed;
    ``differing``: node or item of the new edition → code of the reason why it does not measure what it measured; ``told``: every
    reason why something is not compared."""

    old: ComparedRound
    new: ComparedRound
    successors: Mapping[Key, Key] = field(default_factory=dict)
    differing: Mapping[str, str] = field(default_factory=dict)
    told: tuple[Problem, ...] = ()

    @cached_property
    def heirs(self) -> Mapping[Key, Key]:
        """Unit of the old round → its heir, or ``DIVIDED``."""
        return {unit: self.heir_of(unit) for unit in self.old.unit_keys}

    @cached_property
    def predecessors(self) -> Mapping[Key, tuple[Key, ...]]:
        """Heir → the units of the old round that became it."""
        found: dict[Key, tuple[Key, ...]] = {}
        for unit, heir in self.heirs.items():
            if heir != DIVIDED:
                found[heir] = (*found.get(heir, ()), unit)
        return found

    @cached_property
    def items(self) -> Mapping[str, str]:
        """Code of each scored item of the old edition → that of the same question in the new one, empty where it has none."""
        return same_items(self.old.instrument, self.new.instrument)

    def heir_of(self, unit: Key) -> Key:
        """What became of a unit, also of one that the old round lacks."""
        return self.successors.get(unit, unit)

    def is_merged(self, unit: Key) -> bool:
        """Whether a unit of the new round was formed from several."""
        return len(self.predecessors.get(unit, ())) > 1

    def code_of(self, node: str, *, is_item: bool) -> str:
        """Code of a node or item of the old edition in the new one; empty where an item is not asked any more."""
        return self.items.get(node, "") if is_item else node

    @property
    def units(self) -> pd.DataFrame:
        """Units that one unit became, columns block_old, unit_code_old, block, unit_code."""
        single = [(*unit[0], *heir) for heir, unit in self.predecessors.items() if len(unit) == 1]
        return pd.DataFrame(single, columns=["block_old", "unit_code_old", "block", "unit_code"], dtype=str)

    @property
    def is_comparable(self) -> bool:
        """Whether anything can be compared."""
        return all(problem.code not in NOT_COMPARABLE for problem in self.told)


def step_between(
    old: ComparedRound, new: ComparedRound, successors: Mapping[Key, Key] | None = None
) -> RoundStep:
    """The step from a round to the next; faults of rounds that have nothing in common are among what is told."""
    problems = Problems()
    differing = incomparable(old.instrument, new.instrument, problems)
    step = RoundStep(old, new, successors or {}, differing)
    _tell_units(step, problems)
    before, after = old.instrument.name, new.instrument.name
    if all(code in differing for code in new.table["node_code"].unique()):
        problems.add("compare.no_common_node", old_edition=before, new_edition=after)
    if not set(step.predecessors) & set(new.unit_keys):
        problems.add("compare.no_common_unit", old_edition=before, new_edition=after)
    return RoundStep(old, new, step.successors, differing, tuple(problems))


def _tell_units(step: RoundStep, problems: Problems) -> None:
    """Units that were divided or merged."""
    for (block, unit), heir in step.heirs.items():
        if heir == DIVIDED:
            problems.add("compare.divided_unit", severity="warning", block=block, unit=unit)
    for block, unit in sorted(filter(step.is_merged, step.predecessors)):
        codes = [code for _, code in step.predecessors[block, unit]]
        problems.add("compare.merged_unit", severity="warning", block=block, unit=unit, predecessors=codes)
