"""Estimates another survey would publish about a simulated round: units taken over from it, nodes that only it measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from surveys.definitions.instrument.records import Instrument, Item, Node, Unit
from surveys.definitions.study.records import External
from surveys.simulation.plan import SimulationPlan
from surveys.simulation.population import Population
from surveys.simulation.truth import level_values

Array = np.ndarray
ELSEWHERE = (0.7, 0.92)  # range of the true scores of nodes that another survey measures
FORMS_ELSEWHERE = 500


def estimates(
    instrument: Instrument,
    plan: SimulationPlan,
    population: Population,
    taken_over: Array,
    size: int,
    rng: np.random.Generator,
) -> list[External]:
    """What another survey published about the units ``taken_over`` (bool [U]): an estimate of every node that the group answers,
    from a simple random sample of ``size`` persons in each unit."""
    form, found = population.questionnaire, []
    for u in np.flatnonzero(taken_over):
        members = np.flatnonzero((population.unit == u) & population.rated)
        sample = population.answers[np.sort(rng.choice(members, min(size, len(members)), replace=False))]
        for node in instrument.nodes:
            items = [k for k, item in enumerate(population.items) if item.node == node.code]
            if not items or node.rule == "shares":
                continue
            asked = [population.items[k] for k in items]
            score, share, se = estimate(instrument, node, asked, sample[:, items], len(sample) / len(members))
            place = (form.block, population.units[u].code, node.code, form.group)
            found.append(_external(place, score, share, se, len(sample), plan.round.document))
    return found


def estimate(
    instrument: Instrument, node: Node, items: Sequence[Item], answers: Array, fraction: float
) -> tuple[float, float, float]:
    """Score, satisfied share and standard error of a node from a simple random sample, answers int8 [n, k] to its k items.

    The standard error is that of the linearised mean of items, with the finite population correction 1 − ``fraction``.
    """
    tables = [level_values(instrument, item) for item in items]
    given = answers >= 0
    y, q = (
        np.stack(
            [np.where(given[:, k], table[which][answers[:, k]], 0.0) for k, table in enumerate(tables)],
            axis=1,
        )
        for which in (0, 1)
    )
    D = given.sum(axis=0)
    declared = np.array([item.weight if node.rule == "weighted" else 1.0 for item in items])
    b = (D if node.rule == "pooled" else declared) * (D > 0)
    b = b / b.sum()
    means, shares = (v.sum(axis=0) / np.maximum(D, 1) for v in (y, q))
    influence = (np.where(given, y - means, 0.0) / np.maximum(D, 1)) @ b
    n = len(answers)
    se = float(np.sqrt((1 - fraction) * n / (n - 1) * ((influence - influence.mean()) ** 2).sum()))
    if node.rule == "rescale":
        low, high = node.low or 0.0, node.high or 1.0
        return (low + (high - low) * float(means @ b)) / high, float(shares @ b), (high - low) / high * se
    return float(means @ b), float(shares @ b), se


def _external(
    place: tuple[str, str, str, str], score: float, share: float, se: float, n: int, document: str
) -> External:
    """A published estimate, rounded as such reports round."""
    percent = None if np.isnan(share) else round(100 * share, 4)
    return External(
        *place, round(score, 6), document, satisfaction_percent=percent, se=round(se, 6), n=float(n)
    )


def measured_elsewhere(
    instrument: Instrument,
    plan: SimulationPlan,
    assessed: Mapping[str, Sequence[Unit]],
    rng: np.random.Generator,
) -> tuple[dict[tuple[str, str], Array], list[External]]:
    """Nodes that only another survey measures: their truth [2, U] by (block, node), and the estimates it publishes."""
    given, found = {}, []
    for node in instrument.nodes:
        if node.measured_by != "external":
            continue
        for block in [b.code for b in instrument.blocks if not node.blocks or b.code in node.blocks]:
            true = rng.uniform(*ELSEWHERE, len(assessed[block]))
            se = np.sqrt(true * (1 - true) / FORMS_ELSEWHERE)
            value = np.clip(true + se * rng.standard_normal(len(true)), 0, 1)
            given[block, node.code] = np.array([true, true])
            found += [
                _external((block, unit.code, node.code, ""), v, v, s, FORMS_ELSEWHERE, plan.round.document)
                for unit, v, s in zip(assessed[block], value.tolist(), se.tolist(), strict=True)
            ]
    return given, found
