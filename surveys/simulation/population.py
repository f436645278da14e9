"""Finite populations with fixed answers: what everybody would answer if asked.

An answer is a latent normal number (person + view of the unit + question) cut at the points that give the item its true mean in
the unit. Everybody's gaps are fixed as well: the same person leaves the same questions open whoever draws the sample.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from surveys.simulation.plan import AnswerModel, AttributePlan, CellPlan, StagePlan
from surveys.simulation.stages import Stages, settle
from surveys.validity.careless import longest_run
from surveys.validity.rules import closed_up

Array = np.ndarray
SPACING = 0.85  # distance of the cut points of an ordinal scale, in standard deviations of the latent answer
MOST_BLANK = 0.2  # nobody leaves more of the form open than this share


@dataclass(eq=False)
class Population:
    """Everybody who could get one questionnaire: P persons, U units, E evaluations, K items of the questionnaire.

    ``unit`` int [E] and ``person`` int [E] of each evaluation; ``answers`` int8 [E, K] (levels and reasons for having none);
    ``rated`` bool [E]: the person evaluates the unit at all; ``attributes``: field → category of each person;
    ``own_unit`` int [P] (−1: none). A matrix has E = P·U evaluations, person by person.
    """

    questionnaire: Questionnaire
    items: tuple[Item, ...]
    units: tuple[Unit, ...]
    person: Array
    unit: Array
    answers: Array
    rated: Array
    attributes: Mapping[str, Array]
    own_unit: Array
    cuts: Array  # [U, K, levels − 1] cut points of the latent answer
    latent: Array  # [E] what the person and the person's view of the unit add to every answer
    stages: Stages | None = None  # where the persons live, when clusters are drawn first

    @property
    def persons(self) -> int:
        return len(self.own_unit)

    def rows_of(self, persons: Array) -> Array:
        """Evaluations of the given persons, int [len(persons), units per form]."""
        width = len(self.person) // max(self.persons, 1)
        return persons[:, None] * width + np.arange(width)


@dataclass(frozen=True, eq=False)
class Goodness:
    """How the levels of an item stand from worst to best: ``order`` int [L] of level positions, ``value`` float [L] of the
    levels in that order after range and direction, NaN where the levels have no order of value."""

    order: Array
    value: Array


def goodness(instrument: Instrument, item: Item) -> Goodness:
    """Levels of an item by their value in [0, 1]: (v − minimum)/(maximum − minimum), turned round where reversed."""
    scale = instrument.scale[item.scale]
    ladder = instrument.scoring.ladder if len(scale.ladders) > 1 else ""
    v = np.array(scale.values(ladder), float)
    low = 0.0 if item.minimum is None else item.minimum
    high = 1.0 if item.maximum is None else item.maximum
    z = np.clip((v - low) / (high - low), 0.0, 1.0)
    z = 1.0 - z if item.reverse else z
    order = np.argsort(z, kind="stable")
    return Goodness(order, z[order] if item.node and z.max() > z.min() else np.full(len(z), np.nan))


def cut_points(values: Array, score: Array) -> Array:
    """Cut points float [len(score), L − 1] at which a standard normal answer has the mean value ``score`` [0, 1].

    Level l is chosen between cut l − 1 and cut l; the cuts stand ``SPACING`` apart and are moved together until the mean is met.
    """
    from scipy.special import ndtr

    base = SPACING * (np.arange(1, len(values)) - len(values) / 2)
    shift = np.linspace(-6, 6, 1201)
    above = ndtr(shift[:, None] - base)  # chance of standing above each cut
    mean = values[0] + above @ np.diff(values)
    return base - np.interp(score, mean, shift)[:, None]


def share_cuts(levels: int, rng: np.random.Generator) -> Array:
    """Cut points float [L − 1] for an item without order of value: shares drawn at random, none below 4 %."""
    from scipy.special import ndtri

    shares = 0.04 + (1 - 0.04 * levels) * rng.dirichlet(np.full(levels, 2.0))
    return np.asarray(ndtri(np.cumsum(shares)[:-1]))


def true_scores(
    instrument: Instrument,
    items: tuple[Item, ...],
    unit_score: Array,
    model: AnswerModel,
    limits: tuple[float, float],
    rng: np.random.Generator,
) -> Array:
    """Intended mean of every item in every unit, float [U, K]: unit + node + item, within [limits, near 1]."""
    nodes = list(dict.fromkeys(item.node for item in items))
    of_node = rng.normal(0, model.node, (len(unit_score), len(nodes)))
    of_item = rng.normal(0, model.item, (len(unit_score), len(items)))
    position = [nodes.index(item.node) for item in items]
    score = unit_score[:, None] + of_node[:, position] + of_item
    return np.clip(score, limits[0] - 0.1, min(0.985, limits[1] + 0.02))


def all_cuts(
    instrument: Instrument,
    items: tuple[Item, ...],
    scores: Array,
    filters: frozenset[str],
    rng: np.random.Generator,
) -> Array:
    """Cut points float [U, K, most levels − 1], filled up with +∞; a filter lets three quarters through."""
    levels = max(len(instrument.scale[item.scale].levels) for item in items)
    cuts = np.full((*scores.shape, levels - 1), np.inf)
    for k, item in enumerate(items):
        good = goodness(instrument, item)
        n = len(good.order)
        if item.code in filters:
            cuts[:, k, : n - 1] = _filter_cuts(instrument, item, items)
        elif np.isnan(good.value).any():
            cuts[:, k, : n - 1] = share_cuts(n, rng)
        else:
            cuts[:, k, : n - 1] = cut_points(good.value, scores[:, k])
    return cuts


def _filter_cuts(instrument: Instrument, item: Item, items: tuple[Item, ...]) -> Array:
    """Cut points that give the levels which open a filter 75 % of the answers."""
    from scipy.special import ndtri

    levels = instrument.scale[item.scale].levels
    opening = {
        code
        for other in items
        if other.asked_when and other.asked_when[0] == item.code
        for code in other.asked_when[1]
    }
    is_open = np.array([levels[k].code in opening for k in goodness(instrument, item).order])
    shares = np.where(is_open, 0.75 / max(is_open.sum(), 1), 0.25 / max((~is_open).sum(), 1))
    return np.asarray(ndtri(np.cumsum(shares / shares.sum())[:-1]))


def draw_answers(
    instrument: Instrument, population: Population, rows: Array, model: AnswerModel, rng: np.random.Generator
) -> Array:
    """Levels for the evaluations ``rows``, int8 [len(rows), K], every question answered."""
    rest = np.sqrt(1 - model.person - model.view)
    z = population.latent[rows, None] + rng.normal(0, rest, (len(rows), len(population.items)))
    cuts = population.cuts[population.unit[rows]]
    rank = (z[:, :, None] > cuts).sum(axis=2)
    orders = [goodness(instrument, item).order for item in population.items]
    return np.stack([order[rank[:, k]] for k, order in enumerate(orders)], axis=1).astype(np.int8)


def with_gaps(
    instrument: Instrument, items: tuple[Item, ...], answers: Array, cell: CellPlan, rng: np.random.Generator
) -> Array:
    """The same answers with "don't know", blanks and skipped questions, int8 [n, K]."""
    filters = {item.asked_when[0] for item in items if item.asked_when}
    may_gap = np.array([item.code not in filters for item in items])
    knows = np.array(
        [
            any(other.kind == "dont_know" for other in instrument.scale[item.scale].non_answers)
            for item in items
        ]
    )
    gaps, u = answers.copy(), rng.random(answers.shape)
    gaps[(u < cell.dont_know) & may_gap & knows] = DONT_KNOW
    skips = skipped(instrument, items, answers)
    blank = (u > 1 - cell.blank) & may_gap & ~skips
    most = MOST_BLANK * (~skips).sum(axis=1, keepdims=True)
    gaps[blank & (np.cumsum(blank, axis=1) <= most)] = BLANK
    gaps[skips] = NOT_ASKED
    return gaps


def skipped(instrument: Instrument, items: tuple[Item, ...], answers: Array) -> Array:
    """Questions behind a filter that was answered otherwise, bool [n, K]."""
    position = {item.code: k for k, item in enumerate(items)}
    found = np.zeros(answers.shape, bool)
    for k, item in enumerate(items):
        if item.asked_when:
            filtering = position[item.asked_when[0]]
            levels = instrument.scale[items[filtering].scale].levels
            opens = [j for j, level in enumerate(levels) if level.code in item.asked_when[1]]
            found[:, k] = ~np.isin(answers[:, filtering], opens)
    return found


def is_straight(instrument: Instrument, items: tuple[Item, ...], answers: Array) -> Array:
    """Evaluations in which every answered ordinal question has the same level, bool [n]."""
    ordinal = [k for k, item in enumerate(items) if instrument.scale[item.scale].kind == "ordinal"]
    if not ordinal:
        return np.zeros(len(answers), bool)
    chosen, answered = closed_up(answers[:, ordinal])
    return np.asarray((answered > 1) & (longest_run(chosen) >= answered))


def redraw(
    instrument: Instrument,
    population: Population,
    rows: Array,
    cell: CellPlan,
    model: AnswerModel,
    rng: np.random.Generator,
) -> None:
    """New answers for the evaluations ``rows`` of the population, none of them a straight line."""
    for _ in range(200):
        if not len(rows):
            return
        answers = draw_answers(instrument, population, rows, model, rng)
        population.answers[rows] = with_gaps(instrument, population.items, answers, cell, rng)
        rows = rows[is_straight(instrument, population.items, population.answers[rows])]


def populate(
    instrument: Instrument,
    questionnaire: Questionnaire,
    units: tuple[Unit, ...],
    sizes: Array,
    unit_score: Array,
    cell: CellPlan,
    attributes: tuple[AttributePlan, ...],
    stage: StagePlan | None,
    model: AnswerModel,
    rng: np.random.Generator,
) -> Population:
    """The population of one questionnaire. ``sizes`` int [U] persons per unit, or [1] for a matrix."""
    P, U = int(sizes.sum()), len(units)
    items = instrument.items_of(questionnaire.code)
    filters = frozenset(item.asked_when[0] for item in items if item.asked_when)
    if questionnaire.matrix:
        person, unit = np.repeat(np.arange(P), U), np.tile(np.arange(U), P)
    else:
        person, unit = np.arange(P), np.repeat(np.arange(U), sizes)
    drawn, effect = draw_attributes(attributes, P, rng)
    score = np.clip(unit_score + rng.normal(0, model.group, U), *cell.score)
    scores = true_scores(instrument, items, score, model, cell.score, rng)
    own = np.where(rng.random(P) < cell.own_unit, rng.integers(0, U, P), -1)
    latent = (rng.normal(0, np.sqrt(model.person), P) + effect)[person]
    stages = settle(stage, sizes, rng) if stage else None
    if stages:
        latent = latent + stages.effect[person]
    population = Population(
        questionnaire,
        items,
        units,
        person,
        unit,
        np.zeros((len(person), len(items)), np.int8),
        (rng.random(len(person)) >= cell.unrated) & (own[person] != unit),
        drawn,
        own,
        all_cuts(instrument, items, scores, filters, rng),
        latent + rng.normal(0, np.sqrt(model.view), len(person)),
        stages,
    )
    redraw(instrument, population, np.arange(len(person)), cell, model, rng)
    return population


def draw_attributes(
    attributes: tuple[AttributePlan, ...], persons: int, rng: np.random.Generator
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
