"""Two-stage samples inside each unit: clusters (villages) first, then persons in them, with the weights that come of it.

The largest clusters are drawn with certainty; each of them is a stratum of its own in which persons are the sampling units. The
others form one stratum from which clusters are drawn with probability proportional to size (systematically, in random order).
With n clusters drawn out of M persons and m of the M_c persons of a cluster answering, the weight of a person is
M/(n·M_c) · M_c/m = M/(n·m); with certainty it is M_c/m (Kish 1965, Survey Sampling, chapter 7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from surveys.simulation.plan import StagePlan

Array = np.ndarray
EVENNESS = 6.0  # parameter of the Dirichlet shares of the clusters of a unit


@dataclass(frozen=True, eq=False)
class Stages:
    """Where everybody lives: ``cluster`` int [P], numbered within the unit, largest first; ``effect`` float [P]: what the
    cluster adds to the latent answer."""

    plan: StagePlan
    cluster: Array
    effect: Array

    def only(self, stays: Array) -> Stages:
        """The same for the persons that stay, bool [P]."""
        return Stages(self.plan, self.cluster[stays], self.effect[stays])


@dataclass(frozen=True, eq=False)
class StagedDraw:
    """Persons drawn, int [n], with the name of their stratum and cluster, and the share of the weight that the first stage gives:
    ``reach`` float [n] = M/n_drawn in the common stratum, M_c with certainty, to be divided by those who answer."""

    persons: Array
    stratum: Array
    cluster: Array
    home: Array
    reach: Array

    def fields(self, back: Array) -> Mapping[str, Array]:
        """Role of a field → what stands in it on the forms of those who answered, bool [n]."""
        _, home = np.unique(self.home, return_inverse=True)
        answering = np.bincount(home, weights=back)
        weight = self.reach[back] / answering[home[back]]
        texts = np.array([f"{w:.6f}" for w in weight], object)
        return {"stratum": self.stratum[back], "cluster": self.cluster[back], "weight": texts}


def settle(plan: StagePlan, sizes: Array, rng: np.random.Generator) -> Stages:
    """Divide the persons of every unit into clusters. ``sizes`` int [U] persons per unit."""
    clusters, effects = [], []
    for size in sizes:
        count = min(int(rng.integers(plan.clusters[0], plan.clusters[1] + 1)), int(size))
        shares = np.sort(rng.dirichlet(np.full(count, EVENNESS)))[::-1]
        cluster = np.sort(rng.choice(count, int(size), p=shares))
        clusters.append(cluster)
        effects.append(rng.normal(0, plan.effect, count)[cluster])
    return Stages(plan, np.concatenate(clusters), np.concatenate(effects))


def certain(sizes: Array, certainty: int, drawn: int) -> Array:
    """Clusters drawn with certainty, bool [C]: the ``certainty`` largest, and any other that ``drawn`` draws with probability
    proportional to size would draw more than once.

    >>> certain(np.array([90, 5, 5, 4]), 0, 2).tolist()
    [True, False, False, False]
    """
    chosen = np.zeros(len(sizes), bool)
    chosen[np.argsort(-sizes, kind="stable")[:certainty]] = True
    while drawn < (~chosen).sum():
        rest = sizes[~chosen].sum()
        sure = ~chosen & (drawn * sizes >= rest)
        if not sure.any():
            return chosen
        chosen |= sure
        drawn -= int(sure.sum())
    return np.ones(len(sizes), bool)


def proportional(sizes: Array, drawn: int, rng: np.random.Generator) -> Array:
    """``drawn`` of the clusters, int, by systematic selection with probability proportional to size in random order."""
    order = rng.permutation(len(sizes))
    ends = np.cumsum(sizes[order]) * (drawn / sizes.sum())
    return np.sort(order[np.searchsorted(ends, rng.random() + np.arange(drawn), side="right")])


def draw_in_stages(stages: Stages, unit: Array, held: Array, rng: np.random.Generator) -> StagedDraw:
    """A sample of every unit that holds the survey. ``unit`` int [P] of each person, ``held`` bool [U]."""
    parts = [
        part
        for u in np.flatnonzero(held)
        for part in _of_unit(stages, int(u), np.flatnonzero(unit == u), rng)
    ]
    return StagedDraw(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _of_unit(stages: Stages, u: int, members: Array, rng: np.random.Generator) -> list[tuple[Array, ...]]:
    """Persons, strata, clusters, homes and reach of the sample of one unit, cluster by cluster."""
    plan, cluster = stages.plan, stages.cluster[members]
    sizes = np.bincount(cluster)
    sure = certain(sizes, plan.certainty, plan.drawn)
    others = np.flatnonzero(~sure & (sizes > 0))
    drawn = min(plan.drawn, len(others))
    chosen = others[proportional(sizes[others], drawn, rng)] if drawn else others
    found: list[tuple[Array, ...]] = []
    for c in np.sort(np.concatenate([np.flatnonzero(sure & (sizes > 0)), chosen])):
        at_home = members[cluster == c]
        persons = np.sort(rng.choice(at_home, min(plan.persons, len(at_home)), replace=False))
        n, name = len(persons), f"{u + 1:02d}-{c + 1:03d}"
        stratum = name if sure[c] else f"{u + 1:02d}"
        psu = [f"{name}-{k:02d}" for k in range(1, n + 1)] if sure[c] else [name] * n
        reach = sizes[c] if sure[c] else sizes[others].sum() / drawn
        found.append(
            (
                persons,
                np.full(n, stratum, object),
                np.array(psu, object),
                np.full(n, name, object),
                np.full(n, float(reach)),
            )
        )
    return found
