"""From valid forms to a sampling design per block and group: base weights, population sizes, calibration, trimming.

A *cell* is a unit × group. In a cell with its own frame the population of the cell is the stratum and each rater a
cluster; where one population rates every unit (matrix raters, a frame without unit) the whole block is one stratum and a
rater's evaluations of all units form one cluster, so that scores of units are correlated as they should be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from surveys.definitions.instrument import Unit
from surveys.definitions.study import Margin, Study, WeightPlan
from surveys.problems import Problem, Problems
from surveys.returns.tidy import Returns
from surveys.validity.dispositions import Dispositions
from weighting import CalibrationError, Design, DesignError, calibrate, trim
from weighting.diagnostics import kish_deff

WEIGHT_COLUMNS = (
    "block", "unit_code", "group", "questionnaire", "form_code", "base_weight", "calibrated_weight", "weight", "g",
)  # fmt: skip
SUMMARY_COLUMNS = (
    "block", "group", "forms", "evaluations", "population", "weight_total", "lowest_weight", "highest_weight",
    "kish_deff", "effective_n", "calibrated_to", "trimmed",
)  # fmt: skip
#: Columns added to the fields of the returns; no field can have such a name.
WEIGHT, CELL, STRATUM, CLUSTER, SIZE = "#weight", "#cell", "#stratum", "#cluster", "#size"


@dataclass(frozen=True)
class Sample:
    """The valid evaluations of one block and group (n rows, U assessed units).

    ``rows`` int [n]: positions in ``Returns.rows``; ``unit`` int [n]: position among ``units``; ``design``: weights,
    strata, clusters and population sizes of these rows; ``equal``: the same with every weight 1; ``population`` float
    [U], NaN where not known; ``fraction`` float [U]: share of the population that answered (0 where finite populations
    are not taken into account).
    """

    block: str
    group: str
    units: tuple[Unit, ...]
    rows: NDArray[np.intp]
    unit: NDArray[np.intp]
    design: Design
    equal: Design
    population: NDArray[np.float64]
    fraction: NDArray[np.float64]


@dataclass(frozen=True)
class Samples:
    """All samples of a study; ``weights``: one row per valid evaluation; ``summary``: diagnostics per block × group."""

    parts: tuple[Sample, ...]
    weights: pd.DataFrame
    summary: pd.DataFrame
    warnings: tuple[Problem, ...] = ()

    def of(self, block: str) -> tuple[Sample, ...]:
        """Samples of one block, in the order of the groups."""
        return tuple(part for part in self.parts if part.block == block)


@dataclass(frozen=True)
class _Cell:
    """What one block × group brings before weighting."""

    block: str
    group: str
    plan: WeightPlan
    units: tuple[Unit, ...]
    rows: NDArray[np.intp]
    frame: pd.DataFrame


def blocks_of(study: Study) -> tuple[str, ...]:
    """Blocks that take part in the round: those with forms issued or returned, a frame or an external estimate."""
    by_questionnaire = {q.code: q.block for q in study.instrument.questionnaires}
    named = {f.block for f in study.frames} | {e.block for e in study.externals}
    named |= {by_questionnaire.get(i.questionnaire, "") for i in study.issued}
    named |= {by_questionnaire.get(r.questionnaire, "") for r in study.returns}
    return tuple(b.code for b in study.instrument.blocks if b.code in named)


def draw_samples(study: Study, returns: Returns, dispositions: Dispositions) -> Samples:
    """Weight the valid evaluations of every block and group.

    Raises SurveyError with every fault: a frame that is missing or smaller than its valid forms, a group without
    any valid form, weights that are not positive numbers, margins that cannot be met.
    """
    problems = Problems()
    parts, weights, summary = [], [], []
    for cell in _cells(study, returns, dispositions, problems):
        drawn = _weighted(study, cell, problems)
        if drawn is not None:
            sample, table, line = drawn
            parts.append(sample)
            weights.append(table)
            summary.append(line)
    problems.raise_errors()
    return Samples(
        tuple(parts),
        pd.concat(weights, ignore_index=True) if weights else pd.DataFrame(columns=list(WEIGHT_COLUMNS)),
        pd.DataFrame(summary, columns=list(SUMMARY_COLUMNS)),
        problems.warnings,
    )


def _cells(study: Study, returns: Returns, dispositions: Dispositions, problems: Problems) -> Iterator[_Cell]:
    """Every block × group with a questionnaire in the round that is not wholly taken from elsewhere."""
    taken_over = {(e.block, e.group) for e in study.externals if e.group}
    surveyed = _surveyed(study, returns)
    for block, group in dict.fromkeys((q.block, q.group) for q in study.instrument.questionnaires):
        units = study.assessed_units(block)
        codes = {unit.code: k for k, unit in enumerate(units)}
        rows = returns.rows
        mine = dispositions.valid & (rows["block"] == block).to_numpy() & (rows["group"] == group).to_numpy()
        mine &= rows["unit_code"].isin(list(codes)).to_numpy()
        where = np.flatnonzero(mine)
        if len(where):
            yield _Cell(block, group, _plan(study, block, group), units, where, rows.iloc[where])
        elif block in surveyed and (block, group) not in taken_over:
            problems.add("sampling.no_valid_form", block=block, group=group)


def _surveyed(study: Study, returns: Returns) -> set[str]:
    """Blocks with forms of this round: issued, returned or planned for in a frame; others come wholly from elsewhere."""
    questionnaire = study.instrument.questionnaire
    issued = {questionnaire[i.questionnaire].block for i in study.issued}
    return issued | {f.block for f in study.frames} | set(returns.rows["block"])


def _plan(study: Study, block: str, group: str) -> WeightPlan:
    """The weighting plan of a block and group: the most specific one declared, or the default."""
    declared = {(p.block, p.group): p for p in study.weights}
    for key in ((block, group), ("", group)):
        if key in declared:
            return declared[key]
    return WeightPlan(group=group, block=block)


def _weighted(
    study: Study, cell: _Cell, problems: Problems
) -> tuple[Sample, pd.DataFrame, tuple[object, ...]] | None:
    codes = {unit.code: k for k, unit in enumerate(cell.units)}
    unit: NDArray[np.intp] = np.asarray(cell.frame["unit_code"].map(codes), dtype=np.intp)
    population, whole_block = _populations(study, cell)
    base = _base_weights(cell, unit, population, problems)
    if base is None or not _frame_fits(cell, unit, population, whole_block, problems):
        return None
    try:
        design = _design(cell, unit, base, population, whole_block)
        calibrated, margins = _calibrated(study, cell, design, population, whole_block, problems)
        final = _trimmed(cell.plan, calibrated)
        equal = design.with_weights(np.ones(len(base)))
    except (DesignError, CalibrationError) as error:
        problems.add("sampling.weighting_failed", block=cell.block, group=cell.group, reason=str(error))
        return None
    fraction = _fractions(cell, unit, population, whole_block)
    sample = Sample(cell.block, cell.group, cell.units, cell.rows, unit, final, equal, population, fraction)
    return sample, _weight_table(cell, base, calibrated, final), _summary(cell, sample, margins, calibrated)


def _populations(study: Study, cell: _Cell) -> tuple[NDArray[np.float64], bool]:
    """Population per unit [U] (NaN without frame), and whether one population rates the whole block."""
    frames = {f.unit: f.population for f in study.frames if (f.block, f.group) == (cell.block, cell.group)}
    whole_block = "" in frames
    sizes = [frames.get("" if whole_block else unit.code, np.nan) for unit in cell.units]
    return np.array(sizes, dtype=float), whole_block


def _base_weights(
    cell: _Cell, unit: NDArray[np.intp], population: NDArray[np.float64], problems: Problems
) -> NDArray[np.float64] | None:
    """Base weight per row: population / valid forms of the cell, a field of the returns, or 1."""
    if cell.plan.base == "equal":
        return np.ones(len(unit))
    if cell.plan.base == "given":
        return _given_weights(cell, problems)
    forms = np.bincount(unit, minlength=len(cell.units))
    for k in np.flatnonzero((forms > 0) & ~(population > 0)):
        problems.add(
            "sampling.no_frame",
            block=cell.block,
            group=cell.group,
            unit=cell.units[k].code,
            forms=int(forms[k]),
        )
    if ((forms > 0) & ~(population > 0)).any():
        return None
    base: NDArray[np.float64] = population[unit] / forms[unit]
    return base


def _given_weights(cell: _Cell, problems: Problems) -> NDArray[np.float64] | None:
    """Weights read with the returns; every one that is not a positive finite number is reported."""
    if cell.plan.weight not in cell.frame:
        problems.add("sampling.no_weight_field", block=cell.block, group=cell.group, field=cell.plan.weight)
        return None
    weights = pd.to_numeric(cell.frame[cell.plan.weight], errors="coerce").to_numpy(dtype=float)
    wrong = ~(np.isfinite(weights) & (weights > 0))
    for k in np.flatnonzero(wrong):
        row = cell.frame.iloc[k]
        problems.add(
            "sampling.bad_weight",
            file=row["source_file"],
            row=int(row["source_row"]),
            column=cell.plan.weight,
            value=row[cell.plan.weight],
        )
    return None if wrong.any() else weights


def _frame_fits(
    cell: _Cell,
    unit: NDArray[np.intp],
    population: NDArray[np.float64],
    whole_block: bool,
    problems: Problems,
) -> bool:
    """No cell may have more raters than its population (the sampling fraction would pass 1)."""
    raters = _raters(cell, unit, whole_block)
    over = raters > population
    for k in np.flatnonzero(over):
        problems.add(
            "sampling.more_forms_than_population",
            block=cell.block,
            group=cell.group,
            unit="*" if whole_block else cell.units[k].code,
            forms=int(raters[k]),
            population=f"{population[k]:g}",
        )
        if whole_block:
            break
    return not over.any()


def _raters(cell: _Cell, unit: NDArray[np.intp], whole_block: bool) -> NDArray[np.float64]:
    """Different raters per unit [U]; of the whole block, repeated, when one population rates it."""
    if whole_block:
        return np.full(len(cell.units), float(cell.frame["rater"].nunique()))
    pairs = pd.DataFrame({"unit": unit, "rater": cell.frame["rater"].to_numpy()}).drop_duplicates()
    return np.bincount(pairs["unit"], minlength=len(cell.units)).astype(float)


def _fractions(
    cell: _Cell, unit: NDArray[np.intp], population: NDArray[np.float64], whole_block: bool
) -> NDArray[np.float64]:
    if not cell.plan.finite or cell.plan.clusters:
        return np.zeros(len(cell.units))
    return np.nan_to_num(_raters(cell, unit, whole_block) / population)


def _design(
    cell: _Cell,
    unit: NDArray[np.intp],
    base: NDArray[np.float64],
    population: NDArray[np.float64],
    whole_block: bool,
) -> Design:
    """Strata, clusters and population sizes of the rows, as a design of `weighting`."""
    plan = cell.plan
    frame = cell.frame.reset_index(drop=True)
    frame[WEIGHT], frame[CELL] = base, unit
    frame[STRATUM] = 0 if whole_block else unit
    for name in plan.strata:
        frame[STRATUM] = frame[STRATUM].astype(str) + "/" + frame[name].astype(str)
    clusters: str | list[str] = "rater"
    if plan.clusters:
        frame[CLUSTER] = frame[list(plan.clusters)].astype(str).agg("/".join, axis=1)
        clusters = CLUSTER
    sized = (
        plan.finite and not plan.strata and not plan.clusters and bool(np.isfinite(population[unit]).all())
    )
    frame[SIZE] = population[unit] if sized else np.inf
    return Design(
        frame,
        weights=WEIGHT,
        strata=STRATUM,
        clusters=clusters,
        fpc=SIZE if sized else None,
        lonely=plan.lonely,
        nest=True,
    )


def _calibrated(
    study: Study,
    cell: _Cell,
    design: Design,
    population: NDArray[np.float64],
    whole_block: bool,
    problems: Problems,
) -> tuple[Design, tuple[str, ...]]:
    """Calibrate to the margins of the plan (and to the units' populations, which must not move)."""
    if not cell.plan.margins:
        return design, ()
    present = np.unique(design.frame[CELL])
    covered = 1.0 if whole_block else float(population[present].sum() / np.nansum(population))
    if covered < 1.0:
        problems.add("sampling.units_without_forms", severity="warning", block=cell.block, group=cell.group)
    margins: dict[object, Mapping[object, float]] = {}
    for variable in cell.plan.margins:
        declared = [
            m for m in study.margins if (m.block, m.group, m.variable) == (cell.block, cell.group, variable)
        ]
        if not declared:
            problems.add("sampling.no_margin", block=cell.block, group=cell.group, variable=variable)
            return design, ()
        if any(m.unit for m in declared):
            margins[CELL, variable] = _unit_margin(cell, declared, present)
        else:
            margins[variable] = _block_margin(design, cell, declared, covered, problems)
    if not whole_block and len(present) > 1 and not any(isinstance(name, tuple) for name in margins):
        margins[CELL] = {int(k): float(population[k]) for k in present}
    calibrated = calibrate(design, margins, distance=cell.plan.distance, bounds=cell.plan.bounds)
    return calibrated, tuple(cell.plan.margins)


def _unit_margin(cell: _Cell, declared: list[Margin], present: NDArray[np.intp]) -> dict[object, float]:
    """(unit, category) → total, for the units that have forms."""
    codes = {cell.units[k].code: int(k) for k in present}
    return {(codes[m.unit], m.category): m.population for m in declared if m.unit in codes}


def _block_margin(
    design: Design, cell: _Cell, declared: list[Margin], covered: float, problems: Problems
) -> dict[object, float]:
    """Category → total over the units that have forms. Forms that do not state the variable keep their share of the
    base weights, so that none is lost; the declared totals are scaled to the rest."""
    blank = (design.frame[declared[0].variable].astype(str) == "").to_numpy()
    unstated = float(design.weights[blank].sum() / design.weights.sum())
    totals: dict[object, float] = {m.category: m.population * covered * (1.0 - unstated) for m in declared}
    if unstated > 0:
        totals[""] = unstated * covered * sum(m.population for m in declared)
        problems.add(
            "sampling.not_stated",
            severity="warning",
            block=cell.block,
            group=cell.group,
            variable=declared[0].variable,
            forms=int(blank.sum()),
        )
    return totals


def _trimmed(plan: WeightPlan, design: Design) -> Design:
    if plan.trim is None:
        return design
    return trim(design, lower=plan.trim[0], upper=plan.trim[1], unit="mean")


def _weight_table(cell: _Cell, base: NDArray[np.float64], calibrated: Design, final: Design) -> pd.DataFrame:
    table = cell.frame[["block", "unit_code", "group", "questionnaire", "form_code"]].reset_index(drop=True)
    return table.assign(
        base_weight=base,
        calibrated_weight=calibrated.weights,
        weight=final.weights,
        g=final.weights / base,
    )[list(WEIGHT_COLUMNS)]


def _summary(cell: _Cell, sample: Sample, margins: tuple[str, ...], calibrated: Design) -> tuple[object, ...]:
    w = sample.design.weights
    deff = float(kish_deff(w))
    population = sample.population[np.unique(sample.unit)]
    total = population[0] if len(set(population)) == 1 and len(population) > 1 else population.sum()
    return (
        cell.block,
        cell.group,
        cell.frame["form_code"].nunique(),
        len(w),
        float(total),
        float(w.sum()),
        float(w.min()),
        float(w.max()),
        deff,
        len(w) / deff,
        ";".join(margins),
        int((w != calibrated.weights).sum()),
    )
