"""Replicates of a design: its clusters left out, halved or drawn again."""

from typing import Literal

import numpy as np

from weighting import groups
from weighting.calibration.calibration import Calibration
from weighting.errors import CalibrationError, DesignError, absent, applying, is_whole
from weighting.facade import Design
from weighting.groups import Codes, Floats
from weighting.randomness import generator
from weighting.replication.factors import (
    BOOTSTRAP,
    BRR,
    FAY,
    JACKKNIFES,
    JK1,
    JKN,
    KINDS,
    Factors,
    bootstrap,
    half_samples,
    jackknife,
    rank,
    rho_problems,
)
from weighting.replication.replicates import Replicates
from weighting.variance.stages import Stage

LEAVE_OUT = ("remove", "certainty")
# A jackknife holds clusters × clusters factors: 800 MB at this number.
MOST_CLUSTERS = 10_000


def replicate(  # noqa: PLR0913
    design: Design,
    kind: Literal["JK1", "JKn", "BRR", "Fay", "bootstrap"] = "JKn",
    rho: float = 0.5,
    replicates: int = 500,
    seed: int | np.random.Generator = 0,
    mse: bool = False,
    recalibrate: bool = True,
) -> Replicates:
    """Replicates of a design, by the clusters of its first stage.

    Args:
        design: the design; it is not changed.
        kind: ``JKn`` leaves out one cluster of one stratum, ``JK1`` the same without strata; ``BRR`` and ``Fay`` take
            half samples of strata with two clusters; ``bootstrap`` draws clusters with replacement (rescaled).
        rho: Fay's factor.
        replicates: number of bootstrap replicates.
        seed: a seed or a numpy Generator for the bootstrap.
        mse: deviations from the full-sample estimate instead of the mean of the replicates.
        recalibrate: meet the margins of a calibrated design again in every replicate; False leaves the calibrated
            weights as they are.

    Census strata (sampling fraction 1) do not vary and get no replicates. Strata of one cluster follow the design's
    policy: ``fail`` is an error; ``remove`` and ``certainty`` keep them fixed; ``adjust`` and ``average`` are defined for the
    jackknife, as in R's ``survey::as.svrepdesign``.

    Raises:
        DesignError: strata the kind cannot handle, named; too few replicates.
        CalibrationError: a replicate in which the margins cannot be met.

    >>> d = Design({"y": [1.0, 2, 4, 5], "h": ["a", "a", "b", "b"]}, strata="h")
    >>> r = replicate(d, kind="JKn")
    >>> r.mean("y").se.round(9).tolist() == d.mean("y").se.round(9).tolist()
    True
    """
    stage = design.stages[0]
    few = kind == BOOTSTRAP and (not is_whole(replicates) or replicates < 2)
    DesignError.raise_any(
        [
            *_kind_problems(stage, kind, design.lonely),
            *(rho_problems(rho) if kind == FAY else []),
            *applying((few, f"replicates {replicates!r}: a whole number, at least 2")),
        ]
    )
    # R takes strata in the order of their names as text; ratios depend on it in the last digits.
    by_name = np.argsort(np.asarray(stage.names, dtype=str), kind="stable")
    made = {
        JK1: lambda: jackknife(stage.stratum, stage.sampled, stage.rest),
        JKN: lambda: jackknife(stage.stratum, stage.sampled, stage.rest, design.lonely),
        BRR: lambda: half_samples(stage.stratum, stage.sampled, order=by_name),
        FAY: lambda: half_samples(stage.stratum, stage.sampled, rho, by_name),
        BOOTSTRAP: lambda: bootstrap(stage.stratum, stage.sampled, stage.rest, replicates, generator(seed)),
    }[kind]()
    degf = _degf(stage, kind, made, design.lonely)
    if design.domain is not None:
        degf = min(degf, design.degf)
    group, factors = stage.cluster, made.table
    if recalibrate and design.adjustments:
        group, factors = _recalibrated(design, made.table)
    return Replicates(design, kind, group, factors, made.scale, made.rscales, mse, degf)


def _degf(stage: Stage, kind: str, made: Factors, lonely: str) -> int:
    """Rank − 1; for the jackknife without lonely strata that is clusters − strata, census strata included."""
    own = stage.sampled - 1
    if kind not in JACKKNIFES:
        return rank(made.table) - 1
    if lonely != "adjust":
        return int(own.sum())
    return rank(made.table) - 1 + int(own[stage.rest == 0].sum())


def _kind_problems(stage: Stage, kind: str, lonely: str) -> list[str]:
    """What a kind of replicate cannot do with the strata of the first stage."""
    alone, halves = stage.lonely, kind in (BRR, FAY)
    odd = halves & ((stage.sampled > 2) | ((stage.rest == 0) & (stage.sampled > 1)))
    undefined = lonely == "fail" or (lonely not in LEAVE_OUT and kind != JKN)
    return absent("kind", [kind], KINDS) or applying(
        (
            alone.any() and undefined,
            f"stratum {stage.strata_named(alone)} has a single cluster: {kind} is not defined there with "
            f"lonely={lonely!r}; use lonely='remove' or 'certainty', or merge strata",
        ),
        (
            kind in JACKKNIFES and stage.n_clusters > MOST_CLUSTERS,
            f"{kind} would make {stage.n_clusters:,} replicates, one per cluster; more than {MOST_CLUSTERS:,} are "
            f"refused: use bootstrap, or the linearised variance",
        ),
        (
            kind == JK1 and stage.n_strata > 1,
            f"JK1 is for designs without strata, this one has {stage.n_strata}: use JKn",
        ),
        (
            odd.any(),
            f"stratum {stage.strata_named(odd)} does not have two clusters of a larger population: {kind} needs that; "
            f"use JKn or bootstrap",
        ),
        (
            halves and not odd.any() and (stage.rest < 1).any(),
            f"{kind} takes no finite population correction: leave fpc out, or use JKn or bootstrap",
        ),
    )


def _recalibrated(design: Design, table: Floats) -> tuple[Codes, Floats]:
    """Groups [n] of cluster × calibration cells, and their factors [G, R] when every replicate is calibrated again.

    Steps between calibrations (trimming, nonresponse) are repeated as the ratios they were.
    """
    chain = design.calibrations
    if len(chain) < len(design.adjustments):
        raise DesignError(
            "an adjustment of this design cannot be repeated in the replicates: use recalibrate=False"
        )
    cluster = design.stages[0].cluster
    cells = [(step.cells.index.astype(np.intp), step.cells.size) for step in chain]
    group, _ = groups.crossed([(cluster, len(table)), *cells])
    first = np.unique(group, return_index=True)[1]
    factors = np.empty((len(first), table.shape[1]))
    for r in range(table.shape[1]):
        weights = chain[0].before * table[cluster, r]
        after = chain[0].before
        for step in chain:
            weights = weights * _ratio(step.before, after)
            weights, after = _again(step, weights, r), step.weights
        weights = weights * _ratio(design.weights, after)
        factors[:, r] = _ratio(weights, design.weights)[first]
    return group, factors


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom != 0)


def _again(step: Calibration, weights: Floats, r: int) -> Floats:
    try:
        return step.again(weights)
    except CalibrationError as error:
        raise CalibrationError(
            *(f"replicate {r + 1}: {problem}" for problem in error.problems),
            "a replicate with few or no rows of a category cannot meet its total: join categories, widen the bounds, "
            "or use recalibrate=False",
        ) from None
