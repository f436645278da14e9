"""A simulated round before it is written: populations, samples, forms, defects, and what is known about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveys.definitions.instrument.records import Instrument, Questionnaire, Unit
from surveys.definitions.study.records import External
from surveys.simulation.defects import Desk, parameters, work_in
from surveys.simulation.elsewhere import estimates, measured_elsewhere
from surveys.simulation.pile import Drawn, Pile, draw_persons, draw_staged, fill_in
from surveys.simulation.plan import CellPlan, SimulationPlan
from surveys.simulation.population import Population, is_straight, populate, redraw
from surveys.simulation.stages import draw_in_stages
from surveys.simulation.truth import Truth, tally
from surveys.validity.duplicates import nearest_in_cells

Array = np.ndarray
FEWEST = 8  # a smaller scale never makes a cell smaller than this
ASIDE = (
    0.25  # how far a redrawn person moves away from the crowd, in standard deviations of the latent answer
)
MOST_DEFECTIVE = 0.12  # share of the forms of one questionnaire that may carry a defect


@dataclass(eq=False)
class World:
    """Everything about a simulated round before it is written."""

    instrument: Instrument
    plan: SimulationPlan
    whole: Mapping[str, Population]
    drawn: Mapping[str, Drawn]
    piles: Mapping[str, Pile]
    externals: Sequence[External]
    truths: Sequence[Truth]
    defects: Sequence[tuple[str, str]]


def simulated_world(
    instrument: Instrument, plan: SimulationPlan, rng: np.random.Generator, scale: float, defects: bool
) -> World:
    """Draw populations, samples, forms and defects."""
    excluded = {(e.block, e.unit) for e in plan.exclusions}
    assessed = {
        block.code: tuple(u for u in instrument.units_of(block.code) if (u.block, u.code) not in excluded)
        for block in instrument.blocks
    }
    quality = {block: rng.beta(2.0, 1.6, len(units)) for block, units in assessed.items()}
    whole: dict[str, Population] = {}
    populations: dict[str, Population] = {}
    drawn: dict[str, Drawn] = {}
    externals: list[External] = []
    for form in instrument.questionnaires:
        cell = plan.cell(form.code)
        whole[form.code] = _population(
            instrument, plan, form, assessed[form.block], quality[form.block], scale, rng
        )
        taken_over = _taken_over(cell, assessed[form.block])
        populations[form.code] = _without(whole[form.code], taken_over)
        size = scaled(cell.issued[1] * cell.response, scale)
        externals += estimates(instrument, plan, whole[form.code], taken_over, size, rng)
        if populations[form.code].units:
            drawn[form.code] = _drawn(populations[form.code], cell, scale, rng)
            _clean(instrument, plan, populations[form.code], drawn[form.code], rng)
    given, published = measured_elsewhere(instrument, plan, assessed, rng)
    externals += published
    truths = [
        _truth(instrument, block.code, assessed[block.code], whole, populations, given)
        for block in instrument.blocks
    ]
    piles = {code: _pile(instrument, plan, populations[code], drawn[code], rng) for code in drawn}
    listed = _defects(instrument, plan, drawn, piles, rng) if defects else []
    return World(instrument, plan, whole, drawn, piles, externals, truths, listed)


def scaled(number: float, scale: float) -> int:
    """A size of the plan at this scale; small sizes stay as they are."""
    return max(round(number * scale), min(round(number), FEWEST))


def _population(
    instrument: Instrument,
    plan: SimulationPlan,
    form: Questionnaire,
    units: tuple[Unit, ...],
    quality: Array,
    scale: float,
    rng: np.random.Generator,
) -> Population:
    cell = plan.cell(form.code)
    low, high = (scaled(size, scale) for size in cell.population)
    sizes = rng.integers(low, high + 1, 1 if form.matrix else len(units))
    score = cell.score[0] + (cell.score[1] - cell.score[0]) * quality
    attributes = tuple(a for a in plan.attributes if form.code in a.questionnaires)
    stage = plan.stage(form.code)
    return populate(instrument, form, units, sizes, score, cell, attributes, stage, plan.answers, rng)


def _taken_over(cell: CellPlan, units: Sequence[Unit]) -> Array:
    """Units whose result is taken over from another survey, bool [U]."""
    return np.array(["*" in cell.external_units or unit.code in cell.external_units for unit in units], bool)


def _without(population: Population, taken_over: Array) -> Population:
    """The population of the units that are surveyed."""
    if not taken_over.any():
        return population
    stays = ~taken_over[population.unit]
    renumbered = np.cumsum(~taken_over) - 1
    return replace(
        population,
        units=tuple(unit for unit, gone in zip(population.units, taken_over, strict=True) if not gone),
        person=np.arange(stays.sum()),
        unit=renumbered[population.unit[stays]],
        answers=population.answers[stays],
        rated=population.rated[stays],
        attributes={name: values[stays] for name, values in population.attributes.items()},
        own_unit=population.own_unit[stays],
        cuts=population.cuts[~taken_over],
        latent=population.latent[stays],
        stages=population.stages.only(stays) if population.stages else None,
    )


def _drawn(population: Population, cell: CellPlan, scale: float, rng: np.random.Generator) -> Drawn:
    matrix = population.questionnaire.matrix
    sizes = (
        np.array([population.persons])
        if matrix
        else np.bincount(population.unit, minlength=len(population.units))
    )
    held = np.array([unit.code not in cell.missing_units for unit in population.units])
    if population.stages:
        draw = draw_in_stages(population.stages, population.unit, held, rng)
        return draw_staged(population, draw, cell.response, rng)
    low, high = (scaled(size, scale) for size in cell.issued)
    issued = np.minimum(rng.integers(low, high + 1, len(sizes)), sizes)
    return draw_persons(population, issued if matrix else issued * held, cell.response, rng)


def _clean(
    instrument: Instrument,
    plan: SimulationPlan,
    population: Population,
    drawn: Drawn,
    rng: np.random.Generator,
) -> None:
    """Sampled persons whose answers equal another's by chance answer anew and a little less favourably, since the crowd stands at
    the top of the scale; the population changes with them."""
    rows = population.rows_of(drawn.persons).ravel()
    cell = plan.cell(population.questionnaire.code)
    for _ in range(50):
        twins = rows[
            _twins(instrument, population.answers[rows], population.unit[rows], population.person[rows])
        ]
        if not len(twins):
            return
        population.latent[twins] -= ASIDE
        redraw(instrument, population, twins, cell, plan.answers, rng)


def _twins(instrument: Instrument, answers: Array, unit: Array, person: Array) -> Array:
    """Evaluations too much like another person's of the same unit by the declared rule, bool [n]; one question stricter, so that
    a single altered answer makes no new pair."""
    params = parameters(instrument)["near_duplicate"]
    least = max(int(str(params["minimum_items"])) - 1, 1)
    share = float(str(params["share"])) - 1.0 / answers.shape[1]
    partner, found = nearest_in_cells(answers, unit, person, least, bool(params["over_all"]))
    return np.asarray((partner >= 0) & (found >= share - 1e-9))


def _pile(
    instrument: Instrument,
    plan: SimulationPlan,
    population: Population,
    drawn: Drawn,
    rng: np.random.Generator,
) -> Pile:
    code = population.questionnaire.code
    attributes = [a for a in plan.attributes if code in a.questionnaires]
    return fill_in(
        instrument,
        population,
        drawn,
        plan.cell(code),
        plan.files_of(code),
        attributes,
        plan.texts,
        plan.round,
        rng,
    )


def _defects(
    instrument: Instrument,
    plan: SimulationPlan,
    drawn: Mapping[str, Drawn],
    piles: Mapping[str, Pile],
    rng: np.random.Generator,
) -> list[tuple[str, str]]:
    """Injected defects, and whatever else they brought about by chance."""
    excluded = {
        block.code: [instrument.unit[e.block, e.unit] for e in plan.exclusions if e.block == block.code]
        for block in instrument.blocks
    }
    unreturned = [form for part in drawn.values() for form in part.unreturned]
    desk = Desk(instrument, plan.round, unreturned, excluded, parameters(instrument), rng)
    listed = work_in(desk, list(piles.values()), dict(plan.defects), MOST_DEFECTIVE)
    declared = {rule.rule for rule in instrument.rules}
    known = set(listed)
    for pile in piles.values():
        for rule, forms in _by_chance(instrument, pile).items():
            codes = (
                [str(pile.fields[desk.field(pile, "form_code")][f]) for f in forms]
                if rule in declared
                else []
            )
            listed += [(code, rule) for code in dict.fromkeys(codes) if (code, rule) not in known]
    return listed


def _by_chance(instrument: Instrument, pile: Pile) -> dict[str, Array]:
    """Forms of a pile, as it will be written, that are straight lines or too much like another."""
    F, W, K = pile.answers.shape
    answers = pile.answers.reshape(F * W, K).copy()
    for f, place, k in pile.written:
        answers[f * W + place, k] = -1
    params, form = parameters(instrument), np.repeat(np.arange(F), W)
    alike = params["near_duplicate"]
    least, share = int(str(alike["minimum_items"])), float(str(alike["share"]))
    partner, found = nearest_in_cells(answers, pile.unit.ravel(), form, least, bool(alike["over_all"]))
    long = (answers >= 0).sum(axis=1) >= int(str(params["straight_line"]["minimum_items"]))
    return {
        "straight_line": np.unique(form[is_straight(instrument, pile.items, answers) & long]),
        "near_duplicate": np.unique(form[(partner >= 0) & (found >= share - 1e-9)]),
    }


# --- what is known ----------------------------------------------------------------------------------------------------


def _truth(
    instrument: Instrument,
    block: str,
    units: Sequence[Unit],
    whole: Mapping[str, Population],
    populations: Mapping[str, Population],
    given: Mapping[tuple[str, str], Array],
) -> Truth:
    """The truth of one block. Answers changed after the populations were drawn are taken over first."""
    forms = [form for form in instrument.questionnaires if form.block == block]
    for form in forms:
        changed, everybody = populations[form.code], whole[form.code]
        if changed is not everybody:
            stays = np.isin([u.code for u in everybody.units], [u.code for u in changed.units])
            everybody.answers[stays[everybody.unit]] = changed.answers
    tallies = {form.group: tally(instrument, whole[form.code]) for form in forms}
    scores = {node: pair for (where, node), pair in given.items() if where == block}
    return Truth(instrument, block, [unit.code for unit in units], tallies, scores)
