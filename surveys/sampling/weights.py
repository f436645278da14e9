"""Weights of one block and group: base weights, the design they belong to, calibration, trimming.

In a cell (unit × group) with its own frame the population of the cell is the stratum and each rater a cluster; where one
population rates every unit (matrix raters, a frame without unit) the whole block is one stratum and a rater's evaluations of
all units form one cluster, so that scores of units are correlated as they should be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from surveys.definitions.study.records import MarginTotal
from surveys.problems import Problems
from surveys.sampling.calibration_faults import CELL, note_faults
from surveys.sampling.drawn_weights import DRAWN_WEIGHT
from surveys.sampling.returned_groups import Floats, ReturnedGroup
from weighting import CalibrationError, Design, DesignError, calibrate, trim

#: Ways to treat a stratum with a single cluster that may leave no variance.
_MAY_FAIL = ("fail", "average")


@dataclass(frozen=True)
class GroupWeights:
    """Weights of the n evaluations of a group. ``base`` [n]; ``calibrated`` and ``final`` designs, ``equal`` the same design
    with every weight 1; ``margins``: the variables calibrated to."""

    base: Floats
    calibrated: Design
    final: Design
    equal: Design
    margins: tuple[str, ...]


def weights_of(group: ReturnedGroup, problems: Problems) -> GroupWeights | None:
    """The weights that the plan of a group asks for; None, with every fault noted, where they cannot be made."""
    base = _base_weights(group, problems)
    if base is None or not _frame_fits(group, problems):
        return None
    try:
        design = _design(group, base)
        if group.plan.lonely in _MAY_FAIL:
            design.cells(group.unit, len(group.units))  # what the scores ask of it
        margins = _margins(group, design, problems)
        calibrated = design
        if margins:
            plan = group.plan
            calibrated = calibrate(design, margins, distance=plan.distance, bounds=plan.bounds)
        return GroupWeights(
            base,
            calibrated,
            _trimmed(group, calibrated),
            design.with_weights(np.ones(len(base))),
            group.plan.margins if margins else (),
        )
    except (DesignError, CalibrationError) as error:
        note_faults(group, error, problems)
        return None


# --- base weights -----------------------------------------------------------------------------------------------------


def _base_weights(group: ReturnedGroup, problems: Problems) -> Floats | None:
    """Base weight per row: population / valid forms of the cell, a field of the returns, or 1."""
    if group.plan.base == "equal":
        return np.ones(len(group.rows))
    if group.plan.base == "given":
        return _given_weights(group, problems)
    unframed = np.flatnonzero((group.forms > 0) & ~(group.population > 0))
    if len(unframed):
        units, forms = [group.units[k].code for k in unframed], int(group.forms[unframed].sum())
        problems.add("sampling.no_frame", **group.place, units=units, forms=forms)
    return None if len(unframed) else group.population[group.unit] / group.forms[group.unit]


def _given_weights(group: ReturnedGroup, problems: Problems) -> Floats | None:
    """Weights read with the returns; every one that is not a positive finite number is reported."""
    name = group.plan.weight
    if name not in group.returned:
        problems.add("sampling.no_weight_field", block=group.block, group=group.group, field=name)
        return None
    weights = pd.to_numeric(group.column(name), errors="coerce").to_numpy(dtype=float)
    wrong = ~(np.isfinite(weights) & (weights > 0))
    for _, row in group.returned.iloc[np.sort(group.rows[wrong])].iterrows():
        place: dict[str, Any] = {"file": row["source_file"], "row": int(row["source_row"])}
        if name == DRAWN_WEIGHT:
            problems.add("sampling.not_drawn", **place, value=row["form_code"])
        else:
            problems.add("sampling.bad_weight", **place, column=name, value=row[name])
    return None if wrong.any() else weights


def _frame_fits(group: ReturnedGroup, problems: Problems) -> bool:
    """No cell may have more raters than its population (the sampling fraction would pass 1)."""
    over = np.flatnonzero(group.raters > group.population)
    for k in over[:1] if group.whole_block else over:
        problems.add(
            "sampling.more_forms_than_population",
            block=group.block,
            group=group.group,
            unit="*" if group.whole_block else group.units[k].code,
            forms=int(group.raters[k]),
            population=f"{group.population[k]:.12g}",
        )
    return not len(over)


def _design(group: ReturnedGroup, base: Floats) -> Design:
    """Strata, clusters and population sizes of the rows, as a design of `weighting`."""
    plan, unit = group.plan, group.unit
    strata = pd.Series(np.zeros_like(unit) if group.whole_block else unit)
    for name in plan.strata:
        strata = strata.astype(str) + "/" + group.column(name).astype(str)
    clusters = pd.Series(group.rater)
    if plan.clusters:
        labels = pd.DataFrame({name: group.column(name).astype(str) for name in plan.clusters})
        clusters = labels.agg("/".join, axis=1)
    fpc = group.population[unit]
    sized = plan.finite and not plan.strata and not plan.clusters and bool(np.isfinite(fpc).all())
    stated = [name for name in plan.margins if name in group.returned]
    return Design(
        pd.DataFrame({CELL: unit, **{name: group.column(name) for name in stated}}),
        weights=base,
        strata=strata,
        clusters=clusters,
        fpc=fpc if sized else None,
        lonely=plan.lonely,
        nest=True,
        small_sample=group.small_sample,
    )


# --- calibration and trimming -----------------------------------------------------------------------------------------


def _margins(
    group: ReturnedGroup, design: Design, problems: Problems
) -> dict[object, Mapping[object, float]]:
    """The margins of the plan, with the units' populations, which must not move; none where one cannot be had."""
    margins: dict[object, Mapping[object, float]] = {}
    before = len(problems.errors)
    for variable in group.plan.margins:
        declared = [margin for margin in group.margins if margin.variable == variable]
        if not declared:
            problems.add("sampling.no_margin", block=group.block, group=group.group, variable=variable)
        elif any(margin.unit for margin in declared):
            margins[CELL, variable] = _unit_margin(group, design, declared, problems)
        else:
            margins[variable] = _block_margin(group, design, declared, problems)
    if len(problems.errors) > before:
        return {}
    present = np.flatnonzero(group.forms)
    by_unit = any(isinstance(name, tuple) for name in margins)
    known = bool(np.isfinite(group.population[present]).all())
    if margins and known and not group.whole_block and len(present) > 1 and not by_unit:
        margins[CELL] = {int(k): float(group.population[k]) for k in present}
    return margins


def _unit_margin(
    group: ReturnedGroup, design: Design, declared: Iterable[MarginTotal], problems: Problems
) -> dict[object, float]:
    """(Position of the unit, category) → total, for the units that have forms."""
    given: dict[str, dict[str, float]] = {}
    for margin in declared:
        given.setdefault(margin.unit, {})[margin.category] = margin.population
    variable = margin.variable
    totals: dict[object, float] = {}
    for k in np.flatnonzero(group.forms):
        code = group.units[k].code
        if code not in given:
            problems.add("sampling.no_margin_of_unit", **group.place, unit=code, variable=variable)
        else:
            stated = _stated(group, design, variable, group.unit == k, given[code])
            totals |= {(int(k), category): total for category, total in stated.items()}
    _note_unstated(group, variable, problems)
    return totals


def _block_margin(
    group: ReturnedGroup, design: Design, declared: Iterable[MarginTotal], problems: Problems
) -> dict[object, float]:
    """Category → total over the units that have forms."""
    covered = _covered(group, problems)
    given = {margin.category: margin.population * covered for margin in declared}
    variable = next(iter(declared)).variable
    _note_unstated(group, variable, problems)
    return _stated(group, design, variable, np.ones(len(group.rows), dtype=bool), given)


def _covered(group: ReturnedGroup, problems: Problems) -> float:
    """Share of the block's population in units that have forms; where some have none, populations must tell it."""
    without = [unit.code for unit, forms in zip(group.units, group.forms, strict=True) if not forms]
    if group.whole_block or not without:
        return 1.0
    if not np.isfinite(group.population[group.forms > 0]).all():
        problems.add("sampling.margins_without_frames", **group.place, units=without)
        return 1.0
    covered = float(group.population[group.forms > 0].sum() / np.nansum(group.population))
    if covered < 1.0:
        problems.add("sampling.units_without_forms", severity="warning", **group.place, units=without)
    return covered


def _stated(
    group: ReturnedGroup,
    design: Design,
    variable: str,
    rows: NDArray[np.bool_],
    totals: Mapping[str, float],
) -> dict[object, float]:
    """Category → total among ``rows`` [n]. Forms that do not state the variable keep their share of the base weights, so that
    none is lost; the declared totals are scaled to the rest."""
    blank = rows & (group.column(variable).to_numpy(object) == "")
    unstated = float(design.weights[blank].sum() / design.weights[rows].sum())
    found: dict[object, float] = {name: total * (1.0 - unstated) for name, total in totals.items()}
    return found | ({"": unstated * sum(totals.values())} if unstated > 0 else {})


def _note_unstated(group: ReturnedGroup, variable: str, problems: Problems) -> None:
    blank = int((group.column(variable) == "").sum())
    if blank:
        told = {**group.place, "variable": variable, "forms": blank}
        problems.add("sampling.not_stated", severity="warning", **told)


def _trimmed(group: ReturnedGroup, design: Design) -> Design:
    if group.plan.trim is None:
        return design
    lower, upper = group.plan.trim
    return trim(design, lower=lower, upper=upper, unit="mean")
