"""Estimates another survey would publish about a simulated round: units taken over from it, nodes that only it measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from surveys.definitions.instrument.records import Instrument, Item, Node, Unit
from surveys.definitions.study.records import External
from surveys.simulation.population import Array, Population, Simulation
from surveys.simulation.truth import scored_and_satisfied
from surveys.vocabulary.combination_names import POOLED, RESCALE, SHARES, WEIGHTED

ELSEWHERE = (0.7, 0.92)  # range of the true scores of nodes that another survey measures
FORMS_ELSEWHERE = 500


def taken_over(simulation: Simulation, population: Population) -> list[External]:
    """What another survey published about the units taken over from it: an estimate of every node that the group answers, from a
    simple random sample of each unit as large as the forms that would have come back."""
    form, cell, found = population.questionnaire, population.cell, []
    size = simulation.size(cell.issued[1] * cell.response)
    for u in np.flatnonzero(population.taken_over):
        members = np.flatnonzero((population.unit == u) & population.rated)
        rows = np.sort(simulation.rng.choice(members, min(size, len(members)), replace=False))
        for node in simulation.instrument.nodes:
            k = [k for k, item in enumerate(population.items) if item.node == node.code]
            if not k or node.rule == SHARES:
                continue
            items, answers = [population.items[j] for j in k], population.answers[rows][:, k]
            numbers = estimate(simulation.instrument, node, items, answers, len(rows) / len(members))
            place = (form.block, population.units[u].code, node.code, form.group)
            found.append(_published(simulation, place, numbers, len(rows)))
    return found


def estimate(
    instrument: Instrument, node: Node, items: Sequence[Item], answers: Array, fraction: float
) -> tuple[float, float, float]:
    """Score, satisfied share and standard error of a node from a simple random sample, answers int8 [n, k] to its k items.

    The standard error is that of the linearised mean of items, with the finite population correction 1 − ``fraction``.
    """
    tables = [scored_and_satisfied(instrument, item) for item in items]
    given = answers >= 0
    y, q = (
        np.where(
            given, np.stack([table[which][answers[:, k]] for k, table in enumerate(tables)], axis=1), 0.0
        )
        for which in (0, 1)
    )
    D = given.sum(axis=0)
    declared = np.array([item.weight if node.rule == WEIGHTED else 1.0 for item in items])
    b = (D if node.rule == POOLED else declared) * (D > 0)
    b = b / b.sum()
    means, shares = (v.sum(axis=0) / np.maximum(D, 1) for v in (y, q))
    influence = (np.where(given, y - means, 0.0) / np.maximum(D, 1)) @ b
    n = len(answers)
    se = float(np.sqrt((1 - fraction) * n / (n - 1) * ((influence - influence.mean()) ** 2).sum()))
    score = float(means @ b)
    if node.rule == RESCALE:
        low, high = node.low or 0.0, node.high or 1.0
        score, se = (low + (high - low) * score) / high, (high - low) / high * se
    return score, float(shares @ b), se


def measured_elsewhere(
    simulation: Simulation, assessed: Mapping[str, Sequence[Unit]]
) -> tuple[dict[tuple[str, str], Array], list[External]]:
    """Nodes that only another survey measures: their truth [2, U] by (block, node), and the estimates it publishes."""
    given, found = {}, []
    for node in simulation.instrument.nodes:
        if node.measured_by != "external":
            continue
        for block in (
            b.code for b in simulation.instrument.blocks if not node.blocks or b.code in node.blocks
        ):
            true = simulation.rng.uniform(*ELSEWHERE, len(assessed[block]))
            se = np.sqrt(true * (1 - true) / FORMS_ELSEWHERE)
            value = np.clip(true + se * simulation.rng.standard_normal(len(true)), 0, 1)
            given[block, node.code] = np.array([true, true])
            for unit, v, s in zip(assessed[block], value.tolist(), se.tolist(), strict=True):
                place = (block, unit.code, node.code, "")
                found.append(_published(simulation, place, (v, v, s), FORMS_ELSEWHERE))
    return given, found


def _published(
    simulation: Simulation, place: tuple[str, str, str, str], numbers: tuple[float, float, float], n: int
) -> External:
    """A published estimate (score, satisfied share, standard error), rounded as such reports round."""
    score, share, se = numbers
    percent = None if np.isnan(share) else round(100 * share, 4)
    document = simulation.plan.round.document
    return External(
        *place, round(score, 6), document, satisfaction_percent=percent, se=round(se, 6), n=float(n)
    )
