"""A study while it is being read: every record with its place, faulty or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surveys.definitions.border import Place
from surveys.definitions.instrument.draft import Draft
from surveys.definitions.instrument.records import Rule, Unit
from surveys.definitions.study.records import (
    Exclusion,
    Fieldwork,
    Inference,
    Minimum,
    Output,
    ReturnFile,
    StudyDefinition,
    WeightPlan,
)


@dataclass
class StudyDraft:
    """What ``study.toml`` and its tables say. ``tables``: rows with places by key of ``[files]``; ``broken``: tables with
    a row or file that could not be read, whose totals are not to be judged; ``unit_codes``: codes of the register, also of
    faulty rows; ``study`` stands only when both headings could be read."""

    place: Place
    folder: Path
    instrument: Draft | None
    units: Sequence[tuple[Unit, Place]]
    exclusions: Sequence[tuple[Exclusion, Place]]
    returns: Sequence[tuple[ReturnFile, Place]]
    weights: Sequence[tuple[WeightPlan, Place]]
    fieldwork: Fieldwork
    minimum: Minimum
    inference: Inference
    output: Output
    tables: Mapping[str, Sequence[tuple[Any, Place]]]
    broken: frozenset[str] = frozenset()
    unit_codes: frozenset[str] = frozenset()
    rules: Sequence[tuple[Rule, Place]] = ()
    study: StudyDefinition | None = None

    def known(self, kind: str) -> tuple[str, ...]:
        """Declared codes of a kind of the instrument."""
        return self.instrument.known(kind) if self.instrument else ()
