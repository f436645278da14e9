"""A study while it is being read."""

from __future__ import annotations

from dataclasses import dataclass, field

from surveys.definitions.draft import Draft
from surveys.definitions.instrument.draft import InstrumentDraft
from surveys.definitions.study.records import StudyDefinition


@dataclass
class StudyDraft(Draft):
    """What ``study.toml`` and its tables say. ``own_units``: the register of units is the study's own, not its
    instrument's; ``files``: every file that was named, for the manifest; ``study`` stands only when it could be put together."""

    instrument: InstrumentDraft | None = None
    own_units: bool = False
    files: list[str] = field(default_factory=list)
    study: StudyDefinition | None = None

    def declared(self, record: type) -> tuple[str, ...]:
        """Declared codes of a kind of the instrument."""
        return self.instrument.known(record) if self.instrument else ()
