"""Two-stage samples inside each unit: clusters (villages) first, then persons in them, with the weights that come of it.

The largest clusters are drawn with certainty; each of them is a stratum of its own in which persons are the sampling units. The
others form one stratum from which clusters are drawn with probability proportional to size (systematically, in random order).
With n clusters drawn out of M persons and m of the M_c persons of a cluster answering, the weight of a person is
M/(n·M_c) · M_c/m = M/(n·m); with certainty it is M_c/m (Kish 1965, Survey Sampling, chapter 7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.simulation.simulation_plan import StagePlan

Array = np.ndarray
EVENNESS = 6.0  # parameter of the Dirichlet shares of the clusters of a unit


@dataclass(frozen=True, eq=False)
class Clusters:
    """Where everybody lives: ``number`` int [P] of the cluster within the unit, largest first; ``effect`` float [P]: what the
    cluster adds to the latent answer."""

    plan: StagePlan
    number: Array
    effect: Array


def settle(plan: StagePlan, sizes: Array, rng: np.random.Generator) -> Clusters:
    """Divide the persons of every unit into clusters. ``sizes`` int [U] persons per unit."""
    numbers, effects = [], []
    for size in sizes:
        count = min(int(rng.integers(plan.clusters[0], plan.clusters[1] + 1)), int(size))
        shares = np.sort(rng.dirichlet(np.full(count, EVENNESS)))[::-1]
        number = np.sort(rng.choice(count, int(size), p=shares))
        numbers.append(number)
        effects.append(rng.normal(0, plan.effect, count)[number])
    return Clusters(plan, np.concatenate(numbers), np.concatenate(effects))


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


def draw_in_stages(clusters: Clusters, unit: Array, held: Array, rng: np.random.Generator) -> pd.DataFrame:
    """A sample of every unit that holds the survey, one row for each person drawn. ``unit`` int [P], ``held`` bool [U].

    Columns: ``person``; ``stratum`` and ``cluster`` of the design by name; ``home``, the village by name; ``reach``, the share of
    the weight that the first stage gives: M/n in the common stratum, M_c with certainty, to be divided by those who answer.
    """
    parts = [
        part
        for u in np.flatnonzero(held)
        for part in _of_unit(clusters, int(u), np.flatnonzero(unit == u), rng)
    ]
    return pd.concat(parts, ignore_index=True)


def _of_unit(clusters: Clusters, u: int, members: Array, rng: np.random.Generator) -> Iterator[pd.DataFrame]:
    """The sample of one unit, cluster by cluster."""
    plan, number = clusters.plan, clusters.number[members]
    sizes = np.bincount(number)
    sure = certain(sizes, plan.certainty, plan.drawn)
    others = np.flatnonzero(~sure & (sizes > 0))
    drawn = min(plan.drawn, len(others))
    chosen = others[proportional(sizes[others], drawn, rng)] if drawn else others
    for c in np.sort(np.concatenate([np.flatnonzero(sure & (sizes > 0)), chosen])):
        at_home, name = members[number == c], f"{u + 1:02d}-{c + 1:03d}"
        persons = np.sort(rng.choice(at_home, min(plan.persons, len(at_home)), replace=False))
        yield pd.DataFrame(
            {
                "person": persons,
                "stratum": name if sure[c] else f"{u + 1:02d}",
                "cluster": [f"{name}-{k:02d}" if sure[c] else name for k in range(1, len(persons) + 1)],
                "home": name,
                "reach": float(sizes[c] if sure[c] else sizes[others].sum() / drawn),
            }
        )


def design_fields(sample: pd.DataFrame, back: Array) -> Mapping[str, Array]:
    """Role of a field → what stands in it on the forms of those of the sample who answered, bool [n]."""
    answering = sample[back]
    weight = answering["reach"] / answering.groupby("home")["home"].transform("size")
    return {
        "stratum": answering["stratum"].to_numpy(object),
        "cluster": answering["cluster"].to_numpy(object),
        "weight": np.array([f"{w:.6f}" for w in weight], object),
    }
