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

from surveys.definitions.instrument.records import Unit
from surveys.definitions.study.records import Margin, StudyDefinition, WeightPlan
from surveys.problems import Problem, Problems
from surveys.returns.record_set import Returns
from surveys.validity.screened import ScreenedRound
from surveys.vocabulary.columns import DIAGNOSTIC_COLUMNS, WEIGHT_COLUMNS
from surveys.vocabulary.display import Shown
from weighting import CalibrationError, Design, DesignError, calibrate, trim
from weighting.calibration.diagnostics import kish_deff

#: Column of the unit beside the fields of the returns; no field can have such a name.
CELL = "#cell"


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


@dataclass(frozen=True, repr=False)
class Samples(Shown):
    """All samples of a study; ``weights``: one row per valid evaluation; ``summary``: diagnostics per block × group."""

    parts: tuple[Sample, ...]
    weights: pd.DataFrame
    summary: pd.DataFrame
    warnings: tuple[Problem, ...] = ()

    def of(self, block: str) -> tuple[Sample, ...]:
        """Samples of one block, in the order of the groups."""
        return tuple(part for part in self.parts if part.block == block)

    def facts(self) -> Mapping[str, object]:
        return {
            "parts": ", ".join(f"{part.block}/{part.group}: {len(part.rows):,}" for part in self.parts[:12]),
            "weights": f"{len(self.weights):,}",
            "warnings": len(self.warnings),
        }


@dataclass(frozen=True)
class _Cell:
    """What one block × group brings before weighting: the positions of its n rows among those ``returned``, and of each
    row the unit (position among ``units``) and a number for the rater, int [n]."""

    block: str
    group: str
    plan: WeightPlan
    units: tuple[Unit, ...]
    returned: pd.DataFrame
    rows: NDArray[np.intp]
    unit: NDArray[np.intp]
    rater: NDArray[np.intp]

    def column(self, name: str) -> pd.Series:
        """A field of its rows [n]."""
        return pd.Series(self.returned[name].array.take(self.rows), name=name)


def blocks_of(study: StudyDefinition) -> tuple[str, ...]:
    """Blocks that take part in the round: those with forms issued or returned, a frame or an external estimate."""
    by_questionnaire = {q.code: q.block for q in study.instrument.questionnaires}
    named = {f.block for f in study.frames} | {e.block for e in study.externals}
    named |= {by_questionnaire.get(code, "") for code in {i.questionnaire for i in study.issued}}
    named |= {by_questionnaire.get(r.questionnaire, "") for r in study.returns}
    return tuple(b.code for b in study.instrument.blocks if b.code in named)


def draw_samples(screened: ScreenedRound) -> Samples:
    """Weight the valid evaluations of every block and group.

    Raises SurveyError with every fault: a frame that is missing or smaller than its valid forms, a group without
    any valid form, weights that are not positive numbers, margins that cannot be met.
    """
    study, returns = screened.study, screened.returns
    problems = Problems()
    parts, weights, summary = [], [], []
    for cell in _cells(screened, problems):
        drawn = _weighted(study, cell, problems)
        if drawn is not None:
            sample, table, line = drawn
            parts.append(sample)
            weights.append(table)
            summary.append(line)
    problems.raise_errors()
    return Samples(
        tuple(parts),
        _weight_table(returns, parts, weights),
        pd.DataFrame(summary, columns=list(DIAGNOSTIC_COLUMNS)),
        problems.warnings,
    )


def _cells(screened: ScreenedRound, problems: Problems) -> Iterator[_Cell]:
    """Every block × group with a questionnaire in the round that is not wholly taken from elsewhere."""
    study, returns = screened.study, screened.returns
    taken_over = {(e.block, e.group) for e in study.externals if e.group}
    surveyed = _surveyed(study, returns)
    valid = np.flatnonzero(screened.dispositions.valid)
    code: dict[str, NDArray[np.intp]] = {}
    labels: dict[str, dict[str, int]] = {}
    for name in ("block", "group", "unit_code", "rater"):
        codes, found = pd.factorize(returns.rows[name], sort=True)
        code[name], labels[name] = codes[valid], {label: k for k, label in enumerate(found.tolist())}
    for block, group in dict.fromkeys((q.block, q.group) for q in study.instrument.questionnaires):
        units = study.assessed_units(block)
        place = np.full(len(labels["unit_code"]) + 1, -1)  # the last: of rows without any code
        for k, unit in enumerate(units):
            if unit.code in labels["unit_code"]:
                place[labels["unit_code"][unit.code]] = k
        mine = (code["block"] == labels["block"].get(block)) & (code["group"] == labels["group"].get(group))
        where = np.flatnonzero(mine)
        where = where[place[code["unit_code"][where]] >= 0]
        if len(where):
            of_unit, rater = place[code["unit_code"][where]], code["rater"][where]
            plan = _plan(study, block, group)
            yield _Cell(block, group, plan, units, returns.rows, valid[where], of_unit, rater)
        elif block in surveyed and (block, group) not in taken_over:
            problems.add("sampling.no_valid_form", block=block, group=group)


def _surveyed(study: StudyDefinition, returns: Returns) -> set[str]:
    """Blocks with forms of this round: issued, returned or planned for in a frame; others come wholly from elsewhere."""
    questionnaire = study.instrument.questionnaire
    issued = {questionnaire[code].block for code in {i.questionnaire for i in study.issued}}
    return issued | {f.block for f in study.frames} | set(returns.rows["block"].unique())


def _plan(study: StudyDefinition, block: str, group: str) -> WeightPlan:
    """The weighting plan of a block and group: the most specific one declared, or the default."""
    declared = {(p.block, p.group): p for p in study.weights}
    for key in ((block, group), ("", group)):
        if key in declared:
            return declared[key]
    return WeightPlan(group=group, block=block)


def _weighted(
    study: StudyDefinition, cell: _Cell, problems: Problems
) -> tuple[Sample, NDArray[np.float64], tuple[object, ...]] | None:
    population, whole_block = _populations(study, cell)
    base = _base_weights(cell, population, problems)
    if base is None or not _frame_fits(cell, population, whole_block, problems):
        return None
    try:
        design = _design(cell, base, population, whole_block)
        calibrated, margins = _calibrated(study, cell, design, population, whole_block, problems)
        final = _trimmed(cell.plan, calibrated)
        equal = design.with_weights(np.ones(len(base)))
    except (DesignError, CalibrationError) as error:
        problems.add("sampling.weighting_failed", block=cell.block, group=cell.group, reason=str(error))
        return None
    fraction = _fractions(cell, population, whole_block)
    sample = Sample(
        cell.block, cell.group, cell.units, cell.rows, cell.unit, final, equal, population, fraction
    )
    weights = np.stack([base, calibrated.weights, final.weights, final.weights / base])
    return sample, weights, _summary(cell, sample, margins, calibrated)


def _populations(study: StudyDefinition, cell: _Cell) -> tuple[NDArray[np.float64], bool]:
    """Population per unit [U] (NaN without frame), and whether one population rates the whole block."""
    frames = {f.unit: f.population for f in study.frames if (f.block, f.group) == (cell.block, cell.group)}
    whole_block = "" in frames
    sizes = [frames.get("" if whole_block else unit.code, np.nan) for unit in cell.units]
    return np.array(sizes, dtype=float), whole_block


def _base_weights(
    cell: _Cell, population: NDArray[np.float64], problems: Problems
) -> NDArray[np.float64] | None:
    """Base weight per row: population / valid forms of the cell, a field of the returns, or 1."""
    if cell.plan.base == "equal":
        return np.ones(len(cell.rows))
    if cell.plan.base == "given":
        return _given_weights(cell, problems)
    forms = np.bincount(cell.unit, minlength=len(cell.units))
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
    base: NDArray[np.float64] = population[cell.unit] / forms[cell.unit]
    return base


def _given_weights(cell: _Cell, problems: Problems) -> NDArray[np.float64] | None:
    """Weights read with the returns; every one that is not a positive finite number is reported."""
    if cell.plan.weight not in cell.returned:
        problems.add("sampling.no_weight_field", block=cell.block, group=cell.group, field=cell.plan.weight)
        return None
    weights = pd.to_numeric(cell.column(cell.plan.weight), errors="coerce").to_numpy(dtype=float)
    wrong = ~(np.isfinite(weights) & (weights > 0))
    for k in np.flatnonzero(wrong):
        row = cell.returned.iloc[cell.rows[k]]
        problems.add(
            "sampling.bad_weight",
            file=row["source_file"],
            row=int(row["source_row"]),
            column=cell.plan.weight,
            value=row[cell.plan.weight],
        )
    return None if wrong.any() else weights


def _frame_fits(cell: _Cell, population: NDArray[np.float64], whole_block: bool, problems: Problems) -> bool:
    """No cell may have more raters than its population (the sampling fraction would pass 1)."""
    raters = _raters(cell, whole_block)
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


def _raters(cell: _Cell, whole_block: bool) -> NDArray[np.float64]:
    """Different raters per unit [U]; of the whole block, repeated, when one population rates it."""
    units = len(cell.units)
    if whole_block:
        return np.full(units, float(len(np.unique(cell.rater))))
    pairs = np.unique(cell.rater * units + cell.unit)
    return np.bincount(pairs % units, minlength=units).astype(float)


def _fractions(cell: _Cell, population: NDArray[np.float64], whole_block: bool) -> NDArray[np.float64]:
    if not cell.plan.finite or cell.plan.clusters:
        return np.zeros(len(cell.units))
    return np.nan_to_num(_raters(cell, whole_block) / population)


def _design(
    cell: _Cell, base: NDArray[np.float64], population: NDArray[np.float64], whole_block: bool
) -> Design:
    """Strata, clusters and population sizes of the rows, as a design of `weighting`."""
    plan, unit = cell.plan, cell.unit
    strata = pd.Series(np.zeros_like(unit) if whole_block else unit)
    for name in plan.strata:
        strata = strata.astype(str) + "/" + cell.column(name).astype(str)
    clusters = pd.Series(cell.rater)
    if plan.clusters:
        clusters = pd.DataFrame({name: cell.column(name).astype(str) for name in plan.clusters}).agg(
            "/".join, axis=1
        )
    sized = (
        plan.finite and not plan.strata and not plan.clusters and bool(np.isfinite(population[unit]).all())
    )
    stated = [name for name in plan.margins if name in cell.returned]
    return Design(
        pd.DataFrame({CELL: unit, **{name: cell.column(name) for name in stated}}),
        weights=base,
        strata=strata,
        clusters=clusters,
        fpc=population[unit] if sized else None,
        lonely=plan.lonely,
        nest=True,
    )


def _calibrated(
    study: StudyDefinition,
    cell: _Cell,
    design: Design,
    population: NDArray[np.float64],
    whole_block: bool,
    problems: Problems,
) -> tuple[Design, tuple[str, ...]]:
    """Calibrate to the margins of the plan (and to the units' populations, which must not move)."""
    if not cell.plan.margins:
        return design, ()
    present = np.unique(cell.unit)
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
    blank = cell.column(declared[0].variable).to_numpy(object) == ""
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


def _weight_table(returns: Returns, parts: list[Sample], weights: list[NDArray[np.float64]]) -> pd.DataFrame:
    """Base, calibrated and final weights and g of all samples, [4, n] each, as columns ``WEIGHT_COLUMNS``."""
    if not parts:
        return pd.DataFrame(columns=list(WEIGHT_COLUMNS))
    rows = np.concatenate([part.rows for part in parts])
    texts, numbers = WEIGHT_COLUMNS[:5], WEIGHT_COLUMNS[5:]
    columns = {name: returns.rows[name].array.take(rows) for name in texts}
    return pd.DataFrame({**columns, **dict(zip(numbers, np.concatenate(weights, axis=1), strict=True))})


def _summary(cell: _Cell, sample: Sample, margins: tuple[str, ...], calibrated: Design) -> tuple[object, ...]:
    w = sample.design.weights
    deff = float(kish_deff(w))
    population = sample.population[np.unique(sample.unit)]
    total = population[0] if len(set(population)) == 1 and len(population) > 1 else population.sum()
    return (
        cell.block,
        cell.group,
        cell.column("form_code").nunique(),
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
