"""An instrument while it is being read."""

from __future__ import annotations

from dataclasses import dataclass, field

from surveys.definitions.draft import Draft
from surveys.definitions.instrument.records import Instrument


@dataclass
class InstrumentDraft(Draft):
    """What a folder of definitions says. ``label`` stands before the names of its files."""

    label: str = ""
    instrument: Instrument = field(init=False)

    def shown(self, name: str) -> str:
        """The name of a file as users see it."""
        return f"{self.label}/{name}" if self.label else name
