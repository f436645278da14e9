"""The register of units: a text is a unit only when it is exactly one of its names after folding, or when someone confirmed
that spelling. Anything else is listed with the nearest names for a person to decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import pandas as pd

from surveys.definitions.instrument.records import Unit
from surveys.definitions.study.records import StudyDefinition
from surveys.returns.text.names import Names, likest
from surveys.review.columns_and_words import UNITS
from surveys.vocabulary.folding import fold_name, without_marks

PROPOSED = 3  # nearest units listed for each spelling
COMPARED = 5_000  # spellings whose nearest units are listed, the most frequent first; a longer list is no list of units


class UnitRegister:
    """The units of one block during the fieldwork of a study.

    >>> units = (Unit("SNV", "so", "Sở Nội vụ", kind="Sở"), Unit("SNgV", "so", "Sở Ngoại vụ", aliases=("Ngoại vụ",)))
    >>> register = UnitRegister(units)
    >>> register.resolve("SỞ NỘI VỤ"), register.resolve("ngoại vụ"), register.resolve("So Noi vu")
    ('SNV', 'SNgV', '')
    >>> register.nearest("So Noi vu")[0]
    ('SNV', 'Sở Nội vụ', 1.0)
    """

    def __init__(
        self, units: Iterable[Unit], decided: Mapping[str, str] | None = None, day: str = ""
    ) -> None:
        self.units = tuple(units)
        self._decided = {fold_name(text): code for text, code in (decided or {}).items()}
        self._names = unit_names(unit for unit in self.units if not (day and "" < unit.valid_to < day))

    @cached_property
    def _unmarked(self) -> dict[str, Unit]:
        return {without_marks(name): unit for unit in self.units for name in _names(unit) if name}

    def resolve(self, text: str) -> str:
        """The code of the unit, or ``""`` when the text is not exactly one unit of the register."""
        decided = self._decided.get(fold_name(text))
        if decided is not None:
            return decided
        found = self._names.find(text)
        return found[0] if len(found) == 1 else ""

    def is_decided(self, text: str) -> bool:
        """Whether someone already said what this spelling is, even that it is no unit."""
        return fold_name(text) in self._decided

    def nearest(self, text: str) -> list[tuple[str, str, float]]:
        """The nearest units as (code, name, similarity), the most alike first; the successors of a unit that has ended
        stand in its place. Only ever proposed."""
        known = {unit.code: unit for unit in self.units}
        found: dict[str, tuple[str, str, float]] = {}
        for name, similarity in likest(text, self._unmarked, 4 * PROPOSED):
            unit = self._unmarked[name]
            has_ended = unit.code not in self._names.find(unit.code)
            for code in unit.successors if has_ended and unit.successors else (unit.code,):
                if code in known:
                    found.setdefault(code, (code, known[code].name_vi, similarity))
        return list(found.values())[:PROPOSED]


def unit_names(units: Iterable[Unit]) -> Names[str]:
    """Every spelling of units, for their codes."""
    return Names((name, unit.code) for unit in units for name in _names(unit))


def registers(study: StudyDefinition) -> dict[str, UnitRegister]:
    """One register for each block, with the confirmed spellings of the study."""
    return {
        block.code: UnitRegister(
            [unit for unit in study.units if unit.block == block.code],
            {known.text: known.unit_code for known in study.unit_decisions if known.block == block.code},
            study.fieldwork.start,
        )
        for block in study.instrument.blocks
    }


def proposals(texts: Mapping[tuple[str, str], int], registers: Mapping[str, UnitRegister]) -> pd.DataFrame:
    """Spellings not resolved, (block, text) → forms, as rows to be decided: up to three nearest units for each.

    Likeness decides nothing: every row's decision is empty. Beyond ``COMPARED`` spellings they are listed without proposals.
    """
    undecided = [
        (*said, forms) for said, forms in texts.items() if not registers[said[0]].is_decided(said[1])
    ]
    rows, open_yet = [], [""] * len(UNITS.filled)
    for k, (block, text, forms) in enumerate(
        sorted(undecided, key=lambda said: (said[0], -said[2], said[1]))
    ):
        nearest = registers[block].nearest(text) if k < COMPARED else []
        rows += [(block, text, forms, *found, *open_yet) for found in nearest or [("", "", 0.0)]]
    return pd.DataFrame(rows, columns=list(UNITS.columns))


def _names(unit: Unit) -> tuple[str, ...]:
    """Every spelling of a unit. The kind is added in front, never taken away: two units may differ by it alone."""
    kind = (f"{unit.kind} {unit.name_vi}",) if unit.kind else ()
    return (unit.code, unit.name_vi, unit.name_en, *unit.aliases, *kind)
