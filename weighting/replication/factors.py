"""Factors of the clusters in each replicate: jackknife, balanced half samples, Fay's variant and the rescaled bootstrap.

Sources: McCarthy, Review of the International Statistical Institute 37 (1969), balanced half samples; Judkins, Journal
of Official Statistics 6 (1990), Fay's method; Rao & Wu, JASA 83 (1988), and Rao, Wu & Yue, Survey Methodology 18 (1992),
rescaled bootstrap; Preston, Survey Methodology 35 (2009), the rescaled bootstrap of several stages; Rust & Rao, Statistical
Methods in Medical Research 5 (1996), the jackknife.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from weighting.errors import is_number
from weighting.groups import Codes, Flags, Floats
from weighting.replication.hadamard import hadamard, order_above
from weighting.variance.stages import Stage

JK1, JKN, BRR, FAY, BOOTSTRAP = "JK1", "JKn", "BRR", "Fay", "bootstrap"
#: JKn where there are strata, JK1 where there are none.
AUTO = "auto"
KINDS = (JK1, JKN, BRR, FAY, BOOTSTRAP)
JACKKNIFES = (JK1, JKN)


@dataclass(frozen=True, eq=False)
class Factors:
    """What each replicate does to the clusters.

    Attributes:
        table: factor of each cluster in each replicate [C, R].
        scale: common multiple of the squared deviations.
        rscales: multiple of each replicate's [R].
    """

    table: Floats
    scale: float
    rscales: Floats


def jackknife(stratum: Codes, sampled: Floats, rest: Floats, lonely: str = "remove") -> Factors:
    """Leave one cluster out: its factor is 0, that of the others in its stratum n_h/(n_h − 1).

    Args:
        stratum: stratum of each cluster [C].
        sampled: clusters per stratum n_h [H].
        rest: 1 − f_h [H].
        lonely: strata of one cluster: left out (remove, certainty), their cluster left out against all others (adjust),
            or given the mean variance of the other clusters (average).

    >>> f = jackknife(np.array([0, 0]), np.array([2.0]), np.array([1.0]))
    >>> f.table.tolist(), f.scale, f.rscales.tolist()
    ([[0.0, 2.0], [2.0, 0.0]], 1.0, [0.5, 0.5])
    """
    alone, census = sampled == 1, rest == 0
    left_out = np.flatnonzero((~alone & ~census)[stratum] | (alone & ~census & (lonely == "adjust"))[stratum])
    own = stratum[left_out]
    strata, at = np.float64(len(sampled)), np.arange(len(left_out))
    with np.errstate(divide="ignore", invalid="ignore"):
        within = np.where(alone, strata / (strata - 1.0), sampled / (sampled - 1.0))
        share = np.where(alone, (strata - 1.0) / strata, (sampled - 1.0) / sampled * rest)
    touched = (stratum[:, None] == own) | alone[own]
    table = np.where(touched, within[own], 1.0)
    table[left_out, at] = 0.0
    scale = len(stratum) / (~alone)[stratum].sum() if lonely == "average" else 1.0
    return Factors(table, float(scale), share[own])


def half_samples(stratum: Codes, sampled: Floats, rho: float = 0.0, order: Codes | None = None) -> Factors:
    """Balanced half samples: one cluster of each pair gets 2 − ρ, the other ρ; strata of one cluster keep theirs.

    Args:
        stratum: stratum of each cluster [C].
        sampled: clusters per stratum [H], 1 or 2.
        rho: Fay's factor, 0 for plain half samples.
        order: the strata in the order in which they take the rows of the Hadamard matrix [H].

    >>> half_samples(np.array([0, 0]), np.array([2.0])).table.tolist()
    [[2.0, 0.0, 2.0, 0.0], [0.0, 2.0, 0.0, 2.0]]
    """
    listed = np.arange(len(sampled)) if order is None else order
    pairs = listed[sampled[listed] == 2]
    signs = hadamard(order_above(len(pairs)))
    row = np.full(len(sampled), 0)
    row[pairs] = np.arange(1, len(pairs) + 1)
    first = np.zeros(len(stratum), dtype=bool)
    first[np.unique(stratum, return_index=True)[1]] = True
    side = np.where(sampled[stratum] == 2, np.where(first, 1.0, -1.0), 0.0)
    R = signs.shape[1]
    table = 1.0 + (1.0 - rho) * side[:, None] * signs[row[stratum]]
    return Factors(table, 1.0 / (R * (1.0 - rho) ** 2), np.ones(R))


def bootstrap(
    stratum: Codes, sampled: Floats, rest: Floats, replicates: int, rng: np.random.Generator
) -> Factors:
    """Rao & Wu's rescaled bootstrap: n_h − 1 clusters of each stratum drawn with replacement.

    With r* the times a cluster is drawn its factor is 1 − λ_h + λ_h n_h/(n_h − 1) r*, λ_h = √(1 − f_h).

    >>> f = bootstrap(np.array([0, 0]), np.array([2.0]), np.array([1.0]), 3, np.random.default_rng(0))
    >>> sorted(set(f.table.ravel().tolist())), f.table.sum(axis=0).tolist()
    ([0.0, 2.0], [2.0, 2.0, 2.0])
    """
    table = np.ones((len(stratum), replicates))
    for h in np.flatnonzero((sampled > 1) & (rest > 0)):
        n, shrink = int(sampled[h]), np.sqrt(rest[h])
        drawn = rng.multinomial(n - 1, np.full(n, 1.0 / n), size=replicates).T
        table[stratum == h] = 1.0 - shrink + shrink * n / (n - 1) * drawn
    return Factors(table, 1.0 / (replicates - 1), np.ones(replicates))


def multistage(stages: Sequence[Stage], replicates: int, rng: np.random.Generator) -> Factors:
    """Preston's rescaled bootstrap of designs with several stages: half of the units of each stratum of each stage are drawn
    without replacement; factors of the last stage's clusters, see :func:`rescaled`."""
    drawn = []
    for stage in stages:
        taken = np.ones((stage.n_clusters, replicates), dtype=bool)
        half = halves(stage)
        first = np.argsort(stage.stratum, kind="stable")
        edges = np.searchsorted(stage.stratum[first], np.arange(stage.n_strata + 1))
        for h in np.flatnonzero(half < stage.sampled):
            units = first[edges[h] : edges[h + 1]]
            order = rng.random((units.size, replicates)).argsort(axis=0)
            taken[units] = order.argsort(axis=0) < half[h]
        drawn.append(taken)
    return Factors(rescaled(stages, drawn), 1.0 / (replicates - 1), np.ones(replicates))


def halves(stage: Stage) -> Floats:
    """Units n* drawn in each stratum [H]: ⌊n/2⌋; all where there is one unit or all of the population, which do not vary."""
    varies = (stage.sampled > 1) & (stage.rest > 0)
    return np.where(varies, np.floor(stage.sampled / 2), stage.sampled)


def rescaled(stages: Sequence[Stage], drawn: Sequence[Flags]) -> Floats:
    """Factors of the last stage's clusters [C, R] in replicates in which units were ``drawn`` [C_s, R] at each stage s.

    With n* of n units drawn, δ = 1 for these, and F the product of the sampling fractions above:
    1 + Σ_s λ_s Π_{t<s} √(n_t/n*_t) δ_t · (δ_s n_s/n*_s − 1), λ_s = √(n*_s F_s (1 − f_s)/(n_s − n*_s)). Factors can be
    negative where a stage takes most of its units. (Preston, Survey Methodology 35, 2009, section 3.)
    """
    factor = above = np.ones((1, drawn[0].shape[1]))
    for stage, taken in zip(stages, drawn, strict=True):
        half, n, h = halves(stage), stage.sampled, stage.stratum
        left = np.where(half < n, n - half, 1.0)
        shrink = np.where(half < n, np.sqrt(half * stage.share * stage.rest / left), 0.0)[h][:, None]
        parent, ratio = stage.parent[h], (n / half)[h][:, None]
        factor = factor[parent] + shrink * above[parent] * (ratio * taken - 1)
        above = above[parent] * np.sqrt(ratio) * taken
    return factor


def rank(table: Floats) -> int:
    """Rank of replicate weights [G, R], to R's tolerance of 1e-5 on the scale of singular values."""
    gram = table @ table.T if len(table) < table.shape[1] else table.T @ table
    return int(np.linalg.matrix_rank(gram, rtol=1e-10, hermitian=True))


def rho_problems(rho: float) -> list[str]:
    """What is wrong with Fay's factor."""
    return [] if is_number(rho) and 0 <= rho < 1 else [f"rho {rho!r}: accepted from 0 to below 1"]
