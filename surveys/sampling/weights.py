"""Weights of one block and group: base weights, the design they belong to, calibration, trimming.

In a cell (unit × group) with its own frame the population of the cell is the stratum and each rater a cluster; where one
population rates every unit (matrix raters, a frame without unit) the whole block is one stratum and a rater's evaluations of
all units form one cluster, so that scores of units are correlated as they should be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.definitions.study.records import MarginTotal
from surveys.problems import Problems
from surveys.sampling.returned_groups import Floats, ReturnedGroup
from weighting import CalibrationError, Design, DesignError, calibrate, trim

#: Column of the unit beside the fields of the returns; no field can have such a name.
CELL = "#cell"


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
        problems.add("sampling.weighting_failed", block=group.block, group=group.group, reason=str(error))
        return None


# --- base weights -----------------------------------------------------------------------------------------------------


def _base_weights(group: ReturnedGroup, problems: Problems) -> Floats | None:
    """Base weight per row: population / valid forms of the cell, a field of the returns, or 1."""
    if group.plan.base == "equal":
        return np.ones(len(group.rows))
    if group.plan.base == "given":
        return _given_weights(group, problems)
    unframed = np.flatnonzero((group.forms > 0) & ~(group.population > 0))
    for k in unframed:
        problems.add(
            "sampling.no_frame",
            block=group.block,
            group=group.group,
            unit=group.units[k].code,
            forms=int(group.forms[k]),
        )
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
        problems.add(
            "sampling.bad_weight",
            file=row["source_file"],
            row=int(row["source_row"]),
            column=name,
            value=row[name],
        )
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
            population=f"{group.population[k]:g}",
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
    )


# --- calibration and trimming -----------------------------------------------------------------------------------------


def _margins(
    group: ReturnedGroup, design: Design, problems: Problems
) -> dict[object, Mapping[object, float]]:
    """The margins of the plan, with the units' populations, which must not move; none where one is not declared."""
    if not group.plan.margins:
        return {}
    present = np.flatnonzero(group.forms)
    covered = _covered(group, problems)
    margins: dict[object, Mapping[object, float]] = {}
    for variable in group.plan.margins:
        declared = [margin for margin in group.margins if margin.variable == variable]
        if not declared:
            problems.add("sampling.no_margin", block=group.block, group=group.group, variable=variable)
            return {}
        if any(margin.unit for margin in declared):
            codes = {group.units[k].code: int(k) for k in present}
            margins[CELL, variable] = {
                (codes[m.unit], m.category): m.population for m in declared if m.unit in codes
            }
        else:
            margins[variable] = _block_margin(group, design, declared, covered, problems)
    by_unit = any(isinstance(name, tuple) for name in margins)
    if not group.whole_block and len(present) > 1 and not by_unit:
        margins[CELL] = {int(k): float(group.population[k]) for k in present}
    return margins


def _covered(group: ReturnedGroup, problems: Problems) -> float:
    """Share of the block's population in units that have forms."""
    if group.whole_block:
        return 1.0
    covered = float(group.population[group.forms > 0].sum() / np.nansum(group.population))
    if covered < 1.0:
        problems.add("sampling.units_without_forms", severity="warning", block=group.block, group=group.group)
    return covered


def _block_margin(
    group: ReturnedGroup, design: Design, declared: Sequence[MarginTotal], covered: float, problems: Problems
) -> dict[object, float]:
    """Category → total over the units that have forms. Forms that do not state the variable keep their share of the
    base weights, so that none is lost; the declared totals are scaled to the rest."""
    variable = declared[0].variable
    blank = group.column(variable).to_numpy(object) == ""
    unstated = float(design.weights[blank].sum() / design.weights.sum())
    totals: dict[object, float] = {m.category: m.population * covered * (1.0 - unstated) for m in declared}
    if unstated > 0:
        totals[""] = unstated * covered * sum(m.population for m in declared)
        problems.add(
            "sampling.not_stated",
            severity="warning",
            block=group.block,
            group=group.group,
            variable=variable,
            forms=int(blank.sum()),
        )
    return totals


def _trimmed(group: ReturnedGroup, design: Design) -> Design:
    if group.plan.trim is None:
        return design
    lower, upper = group.plan.trim
    return trim(design, lower=lower, upper=upper, unit="mean")
