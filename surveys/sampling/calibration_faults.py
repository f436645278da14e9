"""What calibration finds wrong, in the words of the round: variables, categories and units instead of columns and positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveys.problems import Problems
from surveys.sampling.returned_groups import ReturnedGroup
from weighting import CalibrationError, DesignError
from weighting.errors import Fault

#: Column of the unit beside the fields of the returns; no field can have such a name.
CELL = "#cell"
#: Kind of fault → the code of its wording.
_CODES = {
    "no_rows": "sampling.margin_no_rows",
    "no_total": "sampling.margin_no_total",
    "unwanted_rows": "sampling.margin_unwanted_rows",
    "totals_differ": "sampling.margin_totals_differ",
    "outside_bounds": "sampling.margin_outside_bounds",
    "not_reached": "sampling.margin_not_reached",
    "negative": "sampling.negative_weights",
    "lonely": "sampling.lonely_stratum",
}


def note_faults(group: ReturnedGroup, error: DesignError | CalibrationError, problems: Problems) -> None:
    """Note every fault that was found while the weights of a group were made."""
    for found in error.problems:
        if isinstance(found, Fault):
            problems.add(_CODES[found.code], **group.place, **_worded(group, found.facts))
        else:
            problems.add("sampling.weighting_failed", **group.place, reason=found)


def _worded(group: ReturnedGroup, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as texts: the unit apart from the other columns, numbers in ten digits."""
    told: dict[str, Any] = {
        name: f"{v:.10g}" if isinstance(v, (int, float)) else v for name, v in facts.items()
    }
    if "columns" not in facts:
        single = zip(group.units, group.raters, strict=True)
        return {**told, "units": [unit.code for unit, raters in single if raters == 1]}
    columns, levels = told.pop("columns"), told.pop("levels")
    named = dict(zip(columns, levels or [""] * len(columns), strict=True))
    cell = named.pop(CELL, "")
    told["unit"] = "" if cell == "" else group.units[int(cell)].code
    told["variable"], told["category"] = " × ".join(named), " × ".join(map(str, named.values()))
    return told
