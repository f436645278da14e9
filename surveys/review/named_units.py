"""Units as people name them beside a decision."""

from __future__ import annotations

from collections.abc import Sequence

from surveys.definitions.instrument.records import Unit
from surveys.vocabulary.folding import fold_name


def unit_named(text: str, units: Sequence[Unit]) -> str | None:
    """The code of the one unit that a person named, by its code or by a name; None when none or several are called so."""
    if any(unit.code == text for unit in units):
        return text
    named = {
        unit.code
        for unit in units
        for name in (unit.name_vi, unit.name_en, *unit.aliases)
        if name and fold_name(name) == fold_name(text)
    }
    return named.pop() if len(named) == 1 else None
