"""A simulated round before it is written: populations, samples, forms, defects, and what is known about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from surveys.definitions.instrument.records import Instrument, Unit
from surveys.definitions.study.records import Assessment, External, Issued
from surveys.simulation.council import assess
from surveys.simulation.defects import FormToSpoil, rule_parameters, work_in
from surveys.simulation.elsewhere import measured_elsewhere, taken_over
from surveys.simulation.population import Array, Population, Simulation, is_straight, populate, redraw
from surveys.simulation.returned_forms import DrawnSample, ReturnedForms, draw_sample, fill_in
from surveys.simulation.truth import Truth, counted
from surveys.validity.similar_forms import nearest_in_cells

#: How far a redrawn person moves away from the crowd, in standard deviations of the latent answer.
ASIDE = 0.25


@dataclass(frozen=True, eq=False)
class SimulatedRound:
    """Everything about a simulated round before it is written; populations, samples and forms by questionnaire. ``defects``:
    (form code, rule)."""

    simulation: Simulation
    populations: Mapping[str, Population]
    samples: Mapping[str, DrawnSample]
    forms: Mapping[str, ReturnedForms]
    externals: Sequence[External]
    truths: Sequence[Truth]
    defects: Sequence[tuple[str, str]]
    assessments: Sequence[Assessment]


def play(simulation: Simulation, defects: bool) -> SimulatedRound:
    """Draw populations, samples, forms and, if wanted, defects."""
    instrument, rng = simulation.instrument, simulation.rng
    excluded = {(e.block, e.unit) for e in simulation.plan.exclusions}
    assessed = {
        block.code: tuple(u for u in instrument.units_of(block.code) if (u.block, u.code) not in excluded)
        for block in instrument.blocks
    }
    quality = {block: rng.beta(2.0, 1.6, len(units)) for block, units in assessed.items()}
    populations: dict[str, Population] = {}
    samples: dict[str, DrawnSample] = {}
    externals: list[External] = []
    for form in instrument.questionnaires:
        population = populate(simulation, form, assessed[form.block], quality[form.block])
        populations[form.code] = population
        externals += taken_over(simulation, population)
        if not population.taken_over.all():
            samples[form.code] = draw_sample(simulation, population)
            _part_twins(simulation, population, samples[form.code])
    given, published = measured_elsewhere(simulation, assessed)
    truths = [
        _truth(
            instrument, block, units, populations, {n: pair for (b, n), pair in given.items() if b == block}
        )
        for block, units in assessed.items()
    ]
    forms = {code: fill_in(simulation, populations[code], drawn) for code, drawn in samples.items()}
    unreturned = [issued for drawn in samples.values() for issued in drawn.unreturned]
    listed = _spoil(simulation, forms.values(), unreturned) if defects else []
    council = assess(instrument, simulation.plan.assessment, assessed, simulation.of_council)
    return SimulatedRound(
        simulation, populations, samples, forms, externals + published, truths, listed, council
    )


def _part_twins(simulation: Simulation, population: Population, drawn: DrawnSample) -> None:
    """Sampled persons whose answers equal another's by chance answer anew and a little less favourably, since the crowd stands at
    the top of the scale; the population changes with them."""
    rows = population.rows_of(drawn.persons).ravel()
    for _ in range(50):
        answers = population.answers[rows]
        # One question stricter than the rule, so that a single altered answer makes no new pair.
        found = _alike(simulation.instrument, answers, population.unit[rows], population.person[rows], 1)
        if not found.any():
            return
        population.latent[rows[found]] -= ASIDE
        redraw(simulation, population, rows[found])


def _alike(instrument: Instrument, answers: Array, unit: Array, form: Array, stricter: int) -> Array:
    """Evaluations too much like another form's of the same unit by the declared rule, bool [n]; ``stricter``: by as many
    questions."""
    declared = rule_parameters(instrument, "near_duplicate")
    least = max(int(str(declared["minimum_items"])) - stricter, 1)
    share = float(str(declared["share"])) - stricter / answers.shape[1]
    partner, found = nearest_in_cells(answers, unit, form, least, bool(declared["over_all"]))
    return np.asarray((partner >= 0) & (found >= share - 1e-9))


def _spoil(
    simulation: Simulation, questionnaires: Collection[ReturnedForms], unreturned: Sequence[Issued]
) -> list[tuple[str, str]]:
    """Work defects in; what was injected, and whatever else it brought about by chance."""
    listed = dict.fromkeys(work_in(simulation, list(questionnaires), unreturned))
    declared = [rule.rule for rule in simulation.instrument.rules]
    for forms in questionnaires:
        for rule, positions in _by_chance(simulation.instrument, forms).items():
            if rule in declared:
                codes = (FormToSpoil(simulation, [], forms, f).code for f in positions)
                listed |= dict.fromkeys((code, rule) for code in codes)
    return list(listed)


def _by_chance(instrument: Instrument, forms: ReturnedForms) -> dict[str, Array]:
    """Positions of forms that are, as they will be written, straight lines or too much like another."""
    F, W, K = forms.answers.shape
    answers, form = forms.answers.reshape(F * W, K).copy(), np.repeat(np.arange(F), W)
    for f, place, k in forms.written:
        answers[f * W + place, k] = -1
    fewest = int(str(rule_parameters(instrument, "straight_line")["minimum_items"]))
    long = (answers >= 0).sum(axis=1) >= fewest
    straight = is_straight(instrument, forms.population.items, answers) & long
    alike = _alike(instrument, answers, forms.unit.ravel(), form, 0)
    return {"straight_line": np.unique(form[straight]), "near_duplicate": np.unique(form[alike])}


def _truth(
    instrument: Instrument,
    block: str,
    units: Sequence[Unit],
    populations: Mapping[str, Population],
    given: Mapping[str, Array],
) -> Truth:
    """The truth of one block, from its populations and the nodes that are measured elsewhere."""
    counts = {
        (item, form.group): count
        for form in instrument.questionnaires
        if form.block == block
        for item, count in counted(instrument, populations[form.code]).items()
    }
    return Truth(instrument, block, [unit.code for unit in units], counts, given)
