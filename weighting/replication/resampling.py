"""Replicates of a design: its clusters left out, halved or drawn again."""

import warnings
from typing import Literal

import numpy as np

from weighting import groups
from weighting.calibration.calibration import Calibration
from weighting.errors import CalibrationError, DesignError, absent, applying, is_whole
from weighting.facade import Design
from weighting.groups import Codes, Floats
from weighting.randomness import generator
from weighting.replication.factors import (
    AUTO,
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
    multistage,
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
    kind: Literal["auto", "JK1", "JKn", "BRR", "Fay", "bootstrap"] = "auto",
    rho: float = 0.5,
    replicates: int = 500,
    seed: int | np.random.Generator = 0,
    mse: bool = False,
    recalibrate: bool = True,
) -> Replicates:
    """Replicates of a design.

    Args:
        design: the design; it is not changed.
        kind: ``JKn`` leaves out one cluster of one stratum, ``JK1`` the same without strata, ``auto`` the one that fits;
            ``BRR`` and ``Fay`` take half samples of strata with two clusters; ``bootstrap`` draws clusters with
            replacement, rescaled (Rao & Wu 1988). Where several stages enter the variance ``bootstrap`` draws half of
            the units of every stage without replacement (Preston 2009); the other kinds keep the first stage only, and
            warn.
        rho: Fay's factor.
        replicates: number of bootstrap replicates.
        seed: a seed or a numpy Generator for the bootstrap.
        mse: deviations from the full-sample estimate instead of the mean of the replicates.
        recalibrate: meet the margins of a calibrated design again in every replicate, as if it had been calibrated after
            it was replicated; False leaves the calibrated weights as they are, and warns.

    Census strata (sampling fraction 1) do not vary and get no replicates. Strata of one cluster follow the design's
    policy: ``fail`` is an error; ``remove`` and ``certainty`` keep them fixed; ``adjust`` and ``average`` are defined for the
    jackknife, as in R's ``survey::as.svrepdesign``.

    What a warning says also stands in the ``remarks`` of the replicates and of their estimates.

    Raises:
        DesignError: strata the kind cannot handle, named; JK1 for a design with strata, JKn for one without; too few
            replicates.
        CalibrationError: a replicate in which the margins cannot be met.

    >>> d = Design({"y": [1.0, 2, 4, 5], "h": ["a", "a", "b", "b"]}, strata="h")
    >>> r = replicate(d, kind="JKn")
    >>> r.mean("y").se.round(9).tolist() == d.mean("y").se.round(9).tolist()
    True
    """
    stage = design.stages[0]
    chosen: str = (JKN if stage.n_strata > 1 else JK1) if kind == AUTO else kind
    few = chosen == BOOTSTRAP and (not is_whole(replicates) or replicates < 2)
    carried = design.stages if chosen == BOOTSTRAP else (stage,)
    DesignError.raise_any(
        [
            *_kind_problems(stage, chosen, design.lonely),
            *(problem for later in carried[1:] for problem in _kind_problems(later, chosen, design.lonely)),
            *(rho_problems(rho) if chosen == FAY else []),
            *applying((few, f"replicates {replicates!r}: a whole number, at least 2")),
        ]
    )
    made = _made(design, chosen, rho, replicates, seed)
    degf = _degf(stage, chosen, made, design.lonely)
    if design.domain is not None:
        degf = min(degf, design.degf)
    remarks = _remarks(design, chosen, recalibrate)
    for remark in remarks:
        warnings.warn(remark, stacklevel=2)
    group, factors = carried[-1].cluster, made.table
    if recalibrate and design.adjustments:
        group, factors = _recalibrated(design, group, made.table)
    return Replicates(design, chosen, group, factors, made.scale, made.rscales, mse, degf, remarks)


def _made(design: Design, kind: str, rho: float, replicates: int, seed: int | np.random.Generator) -> Factors:
    """The factors of the first stage's clusters; of the last stage's where a bootstrap carries several."""
    stage = design.stages[0]
    drawn = stage.stratum, stage.sampled, stage.rest
    if kind == BOOTSTRAP:
        several = len(design.stages) > 1
        rng = generator(seed)
        return multistage(design.stages, replicates, rng) if several else bootstrap(*drawn, replicates, rng)
    if kind in JACKKNIFES:
        return jackknife(*drawn, design.lonely if kind == JKN else "remove")
    # R takes strata in the order of their names as text; ratios depend on it in the last digits.
    by_name = np.argsort(np.asarray(stage.names, dtype=str), kind="stable")
    return half_samples(stage.stratum, stage.sampled, rho if kind == FAY else 0.0, by_name)


def _remarks(design: Design, kind: str, recalibrate: bool) -> tuple[str, ...]:
    """What the replicates leave out of the variance."""
    return tuple(
        applying(
            (
                kind != BOOTSTRAP and len(design.stages) > 1,
                f"{kind} keeps the first stage only: finite population corrections and variances after it are dropped; "
                "kind='bootstrap' carries all stages",
            ),
            (
                bool(design.adjustments) and not recalibrate,
                "recalibrate=False: the replicates do not know that weights were calibrated; a design is calibrated again in "
                "every replicate by recalibrate=True",
            ),
        )
    )


def _degf(stage: Stage, kind: str, made: Factors, lonely: str) -> int:
    """Clusters − strata, census strata included (a bootstrap of R replicates has no more than R − 1); rank − 1 of half
    samples and of lonely strata that are measured from the others."""
    own = stage.sampled - 1
    if kind == BOOTSTRAP:
        return min(int(own.sum()), len(made.rscales) - 1)
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
    return absent("kind", [kind], (AUTO, *KINDS)) or applying(
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
            kind == JKN and stage.n_strata == 1,
            "JKn is for designs with several strata, this one has none: use JK1 or bootstrap",
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


def _recalibrated(design: Design, cluster: Codes, table: Floats) -> tuple[Codes, Floats]:
    """Groups [n] of cluster × calibration cells, and their factors [G, R] when every replicate is calibrated again.

    Steps between calibrations (trimming, nonresponse) are repeated as the ratios they were.
    """
    chain = design.calibrations
    if len(chain) < len(design.adjustments):
        raise DesignError(
            "an adjustment of this design cannot be repeated in the replicates: use recalibrate=False"
        )
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
        if step.cells.totals(weights).min() < 0:
            raise CalibrationError("the weights of some combination of the margins add up to less than 0")
        return step.again(weights)
    except CalibrationError as error:
        raise CalibrationError(
            *(f"replicate {r + 1}: {problem}" for problem in error.problems),
            "a replicate with few or no rows of a category cannot meet its total: join categories, widen the bounds, "
            "or use recalibrate=False",
        ) from None
