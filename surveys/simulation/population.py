"""Finite populations with fixed answers: what everybody would answer if asked.

An answer is a latent normal number (person + view of the unit + question) cut at the points that give the item its true mean in
the unit. Everybody's gaps are fixed as well: the same person leaves the same questions open whoever draws the sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from surveys.definitions.instrument.records import (
    BLANK,
    DONT_KNOW,
    NOT_ASKED,
    Instrument,
    Item,
    Questionnaire,
    Unit,
)
from surveys.returns.answers.filters import is_filtered_out
from surveys.simulation.simulation_plan import AttributePlan, CellPlan, OutcomePlan, SimulationPlan
from surveys.simulation.two_stages import Clusters, settle

Array = np.ndarray
FEWEST = 8  # a smaller scale never makes a cell smaller than this
SPACING = 0.85  # distance of the cut points of an ordinal scale, in standard deviations of the latent answer
MOST_BLANK = 0.2  # nobody leaves more of the form open than this share


@dataclass(frozen=True, eq=False)
class Simulation:
    """What every step of a simulation works with: the instrument, the plan of the round, the factor of all its sizes, and the
    sources of chance: one for the survey, and one of its own for the council's assessment, so that neither moves the other."""

    instrument: Instrument
    plan: SimulationPlan
    scale: float
    rng: np.random.Generator
    of_council: np.random.Generator

    def size(self, number: float) -> int:
        """A size of the plan at the scale of the simulation; small sizes stay as they are."""
        return max(round(number * self.scale), min(round(number), FEWEST))

    def sizes(self, limits: tuple[int, int], count: int) -> Array:
        """``count`` sizes between two limits of the plan, int."""
        low, high = map(self.size, limits)
        return self.rng.integers(low, high + 1, count)


@dataclass(eq=False)
class Population:
    """Everybody who could get one questionnaire: P persons, U units, E evaluations, K items of the questionnaire.

    ``unit`` int [E] and ``person`` int [E] of each evaluation; ``answers`` int8 [E, K] (levels and reasons for having none);
    ``rated`` bool [E]: the person evaluates the unit at all; ``attributes``: field → category of each person;
    ``own_unit`` int [P] (−1: none); ``cuts`` float [U, K, levels − 1]: cut points of the latent answer; ``latent`` float [E]:
    what the person and the person's view of the unit add to every answer; ``clusters``: where the persons live, when clusters
    are drawn first. A matrix has E = P·U evaluations, person by person.
    """

    questionnaire: Questionnaire
    cell: CellPlan
    items: tuple[Item, ...]
    units: tuple[Unit, ...]
    person: Array
    unit: Array
    answers: Array
    rated: Array
    attributes: Mapping[str, Array]
    own_unit: Array
    cuts: Array
    latent: Array
    clusters: Clusters | None = None

    @property
    def persons(self) -> int:
        return len(self.own_unit)

    @property
    def taken_over(self) -> Array:
        """Units whose result is taken over from another survey, bool [U]."""
        external = self.cell.external_units
        return np.array(["*" in external or unit.code in external for unit in self.units], bool)

    def rows_of(self, persons: Array) -> Array:
        """Evaluations of the given persons, int [len(persons), units per form]."""
        width = len(self.person) // max(self.persons, 1)
        return persons[:, None] * width + np.arange(width)


def populate(
    simulation: Simulation, questionnaire: Questionnaire, units: tuple[Unit, ...], quality: Array
) -> Population:
    """The population of one questionnaire. ``quality`` float [U] in [0, 1]: where the true score of each unit stands in the range
    of the plan."""
    rng, plan, cell = simulation.rng, simulation.plan, simulation.plan.cell(questionnaire.code)
    items, U = simulation.instrument.items_of(questionnaire.code), len(units)
    sizes = simulation.sizes(cell.population, 1 if questionnaire.matrix else U)
    P = int(sizes.sum())
    if questionnaire.matrix:
        person, unit = np.repeat(np.arange(P), U), np.tile(np.arange(U), P)
    else:
        person, unit = np.arange(P), np.repeat(np.arange(U), sizes)
    attributes, effect = draw_attributes(plan.attributes_of(questionnaire.code), P, rng)
    scores = true_scores(simulation, cell, items, quality)
    own = np.where(rng.random(P) < cell.own_unit, rng.integers(0, U, P), -1)
    latent = (rng.normal(0, np.sqrt(plan.answers.person), P) + effect)[person]
    stage = plan.stage(questionnaire.code)
    clusters = settle(stage, sizes, rng) if stage else None
    population = Population(
        questionnaire,
        cell,
        items,
        units,
        person,
        unit,
        answers=np.zeros((len(person), len(items)), np.int8),
        rated=(rng.random(len(person)) >= cell.unrated) & (own[person] != unit),
        attributes=attributes,
        own_unit=own,
        cuts=all_cuts(simulation, items, scores),
        latent=latent + clusters.effect[person] if clusters else latent,
        clusters=clusters,
    )
    population.latent += rng.normal(0, np.sqrt(plan.answers.view), len(person))
    redraw(simulation, population, np.arange(len(person)))
    return population


def draw_attributes(
    attributes: Sequence[AttributePlan], persons: int, rng: np.random.Generator
) -> tuple[dict[str, Array], Array]:
    """Categories of every person by field, and the sum of their effects on the latent answer, float [P]."""
    drawn, effect = {}, np.zeros(persons)
    for attribute in attributes:
        names, shares = zip(*attribute.shares, strict=True)
        chosen = rng.choice(len(names), persons, p=np.array(shares) / sum(shares))
        drawn[attribute.field] = np.array(names, object)[chosen]
        effects = dict(attribute.effects)
        effect += np.array([effects.get(name, 0.0) for name in names])[chosen]
    return drawn, effect


def true_scores(simulation: Simulation, cell: CellPlan, items: Sequence[Item], quality: Array) -> Array:
    """Intended mean of every item in every unit, float [U, K]: unit + group + node + item, within the limits of the cell."""
    rng, model, (low, high), U = simulation.rng, simulation.plan.answers, cell.score, len(quality)
    of_unit = np.clip(low + (high - low) * quality + rng.normal(0, model.group, U), low, high)
    nodes = list(dict.fromkeys(item.node for item in items))
    of_node = rng.normal(0, model.node, (U, len(nodes)))
    of_item = rng.normal(0, model.item, (U, len(items)))
    score = of_unit[:, None] + of_node[:, [nodes.index(item.node) for item in items]] + of_item
    return np.clip(score, low - 0.1, min(0.985, high + 0.02))


def level_values(instrument: Instrument, item: Item) -> Array:
    """Value of each level in [0, 1]: (v − minimum)/(maximum − minimum), turned round where reversed, float [levels]."""
    scale = instrument.scale[item.scale]
    v = np.array(scale.values(instrument.scoring.ladder if len(scale.ladders) > 1 else ""), float)
    low = 0.0 if item.minimum is None else item.minimum
    high = 1.0 if item.maximum is None else item.maximum
    z = np.clip((v - low) / (high - low), 0.0, 1.0)
    return 1.0 - z if item.reverse else z


def worst_to_best(instrument: Instrument, item: Item) -> Array:
    """Positions of the levels of an item from the worst to the best, int [levels]."""
    return np.argsort(level_values(instrument, item), kind="stable")


def cut_points(values: Array, score: Array) -> Array:
    """Cut points float [len(score), L − 1] at which a standard normal answer has the mean value ``score`` [0, 1].

    Level l is chosen between cut l − 1 and cut l; the cuts stand ``SPACING`` apart and are moved together until the mean is met.
    """
    from scipy.special import ndtr

    base = SPACING * (np.arange(1, len(values)) - len(values) / 2)
    shift = np.linspace(-6, 6, 1201)
    above = ndtr(shift[:, None] - base)  # chance of standing above each cut
    mean = values[0] + above @ np.diff(values)
    return np.asarray(base - np.interp(score, mean, shift)[:, None])


def share_cuts(shares: Array) -> Array:
    """Cut points float [L − 1] that give the levels these shares of the answers."""
    from scipy.special import ndtri

    return np.asarray(ndtri(np.cumsum(shares)[:-1]))


def all_cuts(simulation: Simulation, items: Sequence[Item], scores: Array) -> Array:
    """Cut points float [U, K, most levels − 1], filled up with +∞. An item whose levels have no order of value gets shares drawn
    at random, none below 4 %."""
    instrument, outcomes = simulation.instrument, {plan.item for plan in simulation.plan.outcomes}
    levels = max(len(instrument.scale[item.scale].levels) for item in items)
    cuts = np.full((*scores.shape, levels - 1), np.inf)
    filters = filters_among(items)
    for k, item in enumerate(items):
        value = np.sort(level_values(instrument, item))
        n = len(value)
        if item.code in filters:
            found = share_cuts(_filter_shares(instrument, item, items))
        elif (item.node or item.code in outcomes) and value[-1] > value[0]:
            found = cut_points(value, scores[:, k])
        else:
            found = share_cuts(0.04 + (1 - 0.04 * n) * simulation.rng.dirichlet(np.full(n, 2.0)))
        cuts[:, k, : n - 1] = found
    return cuts


def filters_among(items: Sequence[Item]) -> set[str]:
    """Codes of the items on whose answers it depends whether another is asked."""
    return {item.asked_when[0] for item in items if item.asked_when}


def _filter_shares(instrument: Instrument, item: Item, items: Sequence[Item]) -> Array:
    """Shares of the levels, worst first: those which open a filter get 75 % of the answers."""
    levels = instrument.scale[item.scale].levels
    filtered = [other.asked_when for other in items if other.asked_when]
    opening = {code for filter_code, codes in filtered if filter_code == item.code for code in codes}
    is_open = np.array([levels[k].code in opening for k in worst_to_best(instrument, item)])
    shares = np.where(is_open, 0.75 / max(is_open.sum(), 1), 0.25 / max((~is_open).sum(), 1))
    return np.asarray(shares / shares.sum())


def redraw(simulation: Simulation, population: Population, rows: Array) -> None:
    """New answers for the evaluations ``rows`` of the population, none of them a straight line."""
    for _ in range(200):
        if not len(rows):
            return
        population.answers[rows] = with_gaps(
            simulation, population, draw_answers(simulation, population, rows)
        )
        rows = rows[is_straight(simulation.instrument, population.items, population.answers[rows])]


def draw_answers(simulation: Simulation, population: Population, rows: Array) -> Array:
    """Levels for the evaluations ``rows``, int8 [len(rows), K], every question answered."""
    model = simulation.plan.answers
    rest = np.sqrt(1 - model.person - model.view)
    z = population.latent[rows, None] + simulation.rng.normal(0, rest, (len(rows), len(population.items)))
    position = {item.code: k for k, item in enumerate(population.items)}
    for plan in simulation.plan.outcomes:
        if plan.item in position:
            k = position[plan.item]
            own = (z[:, k] - population.latent[rows]) / rest
            z[:, k] = overall_answers(simulation, plan, position, z, own)
    rank = (z[:, :, None] > population.cuts[population.unit[rows]]).sum(axis=2)
    orders = [worst_to_best(simulation.instrument, item) for item in population.items]
    return np.stack([order[rank[:, k]] for k, order in enumerate(orders)], axis=1).astype(np.int8)


def overall_answers(
    simulation: Simulation, plan: OutcomePlan, position: Mapping[str, int], z: Array, own: Array
) -> Array:
    """Latent overall answers float [n] from those to all items ``z`` [n, K], by ``position``, and a normal number of their own
    [n]. Two answers of a person share the variance of person and view; the mean of m answers to a node has less of its own."""
    shared = simulation.plan.answers.person + simulation.plan.answers.view
    total, together, variance = plan.rest * own, 0.0, plan.rest**2
    for node, strength in plan.strengths:
        below = simulation.instrument.items_below(node)
        asked = [position[item.code] for item in below if item.code in position]
        if asked:
            total = total + strength * z[:, asked].mean(axis=1)
            variance += strength**2 * (1 - shared) / len(asked)
            together += strength
    return np.asarray(total / np.sqrt(variance + shared * together**2))


def with_gaps(simulation: Simulation, population: Population, answers: Array) -> Array:
    """The same answers with "don't know", blanks and skipped questions, int8 [n, K]."""
    items, cell, scale = population.items, population.cell, simulation.instrument.scale
    filters = filters_among(items)
    may_gap = np.array([item.code not in filters for item in items])
    knows = np.array(
        [any(other.kind == "dont_know" for other in scale[item.scale].non_answers) for item in items]
    )
    gaps, u = answers.copy(), simulation.rng.random(answers.shape)
    gaps[(u < cell.dont_know) & may_gap & knows] = DONT_KNOW
    skips = skipped(simulation.instrument, items, answers)
    blank = (u > 1 - cell.blank) & may_gap & ~skips
    most = MOST_BLANK * (~skips).sum(axis=1, keepdims=True)
    gaps[blank & (np.cumsum(blank, axis=1) <= most)] = BLANK
    gaps[skips] = NOT_ASKED
    return gaps


def skipped(instrument: Instrument, items: Sequence[Item], answers: Array) -> Array:
    """Questions behind a filter that was answered otherwise, bool [n, K]."""
    of_all_items = np.full((len(answers), len(instrument.items)), NOT_ASKED, np.int8)
    of_all_items[:, [instrument.item_position[item.code] for item in items]] = answers
    found = np.zeros(answers.shape, bool)
    for k, item in enumerate(items):
        if item.asked_when:
            found[:, k] = is_filtered_out(instrument, item.asked_when, of_all_items)
    return found


def is_straight(instrument: Instrument, items: Sequence[Item], answers: Array) -> Array:
    """Evaluations in which every answered ordinal question has the same level, bool [n]."""
    ordinal = [instrument.scale[item.scale].kind == "ordinal" for item in items]
    given = answers[:, ordinal]
    lowest = np.where(given >= 0, given, np.iinfo(np.int8).max).min(axis=1, initial=np.iinfo(np.int8).max)
    return np.asarray(((given >= 0).sum(axis=1) > 1) & (lowest == given.max(axis=1, initial=-1)))
