"""An instrument while it is being read: every record with its place, faulty or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from surveys.definitions.border import Place
from surveys.definitions.instrument.records import (
    Block,
    Field,
    Group,
    Instrument,
    Item,
    Node,
    Questionnaire,
    Rule,
    Scale,
    Source,
    Unit,
    UnitGroup,
)


@dataclass
class Draft:
    """What a folder of definitions says. ``codes``: declared codes per kind, also of records that could not be built;
    ``broken``: kinds and files with at least one such record, whose sums are not to be judged."""

    place: Place
    label: str
    blocks: Sequence[tuple[Block, Place]]
    groups: Sequence[tuple[Group, Place]]
    questionnaires: Sequence[tuple[Questionnaire, Place]]
    unit_groups: Sequence[tuple[UnitGroup, Place]]
    sources: Sequence[tuple[Source, Place]]
    scales: Sequence[tuple[Scale, Place]]
    fields: Sequence[tuple[Field, Place]]
    nodes: Sequence[tuple[Node, Place]]
    items: Sequence[tuple[Item, Place]]
    units: Sequence[tuple[Unit, Place]]
    codes: dict[str, list[str]]
    broken: set[str]
    rules: Sequence[tuple[Rule, Place]] = ()
    instrument: Instrument = field(init=False)

    def known(self, kind: str) -> tuple[str, ...]:
        """Declared codes of a kind, each once."""
        return tuple(dict.fromkeys(self.codes.get(kind, ())))
