"""What the walk over the tree needs of one block: values of its groups and external estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from surveys.definitions.instrument.records import Instrument, Node, Unit
from surveys.definitions.study.records import External, StudyDefinition
from surveys.scoring.branches import Branch, everywhere
from surveys.scoring.quantities import Bools, Floats, Quantity
from surveys.scoring.values import Values
from surveys.vocabulary.remarks import Remark


@dataclass(frozen=True)
class BlockInputs:
    """Values by group; ``externals``: (node, group) → position of the unit → slot; ``slots``: the external estimates in the
    order of the file."""

    study: StudyDefinition
    code: str
    values: Mapping[str, Values]
    externals: Mapping[tuple[str, str], Mapping[int, int]]
    slots: Sequence[External]

    @property
    def instrument(self) -> Instrument:
        return self.study.instrument

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        return self.study.assessed_units(self.code)

    @cached_property
    def nowhere(self) -> Bools:
        """False for every unit."""
        return np.zeros(len(self.units), dtype=bool)

    @cached_property
    def nothing(self) -> Quantity:
        """No value in any unit."""
        units = len(self.units)
        return Quantity(np.full(units, np.nan), {}, {}, np.zeros((units, len(self.slots))))

    def constant(self, value: float | None) -> Floats:
        """The same number in every unit (NaN for None)."""
        return np.full(len(self.units), np.nan if value is None else value)

    def blank(
        self, code: str, level: str, group: str, points: float | None = None, said: Remark | None = None
    ) -> Branch:
        """A node or item in one group without any value; ``said`` of every unit."""
        no, nothing = self.nowhere, self.nothing
        notes = everywhere(~no, said) if said else ()
        return Branch(code, level, group, nothing, nothing, {}, no, no, no, self.constant(points), notes)

    def blank_node(self, node: Node, group: str, said: Remark | None = None) -> Branch:
        """A node in one group without any value; ``said`` of every unit."""
        return self.blank(node.code, node.level, group, node.max_points, said)


def inputs_of(study: StudyDefinition, code: str, values: Mapping[str, Values]) -> BlockInputs:
    """Gather a block: its external estimates get one slot each, in the order of the file."""
    units = {unit.code: k for k, unit in enumerate(study.assessed_units(code))}
    slots = tuple(e for e in study.externals if e.block == code and e.unit in units)
    externals: dict[tuple[str, str], dict[int, int]] = {}
    for k, external in enumerate(slots):
        externals.setdefault((external.node, external.group), {})[units[external.unit]] = k
    return BlockInputs(study, code, values, externals, slots)
