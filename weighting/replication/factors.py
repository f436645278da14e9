"""Factors of the clusters in each replicate: jackknife, balanced half samples, Fay's variant and the rescaled bootstrap.

Sources: McCarthy, Review of the International Statistical Institute 37 (1969), balanced half samples; Judkins, Journal
of Official Statistics 6 (1990), Fay's method; Rao & Wu, JASA 83 (1988), and Rao, Wu & Yue, Survey Methodology 18 (1992),
rescaled bootstrap; Rust & Rao, Statistical Methods in Medical Research 5 (1996), the jackknife.
"""

from dataclasses import dataclass

import numpy as np

from weighting.errors import is_number
from weighting.groups import Codes, Floats
from weighting.replication.hadamard import hadamard, order_above

JK1, JKN, BRR, FAY, BOOTSTRAP = "JK1", "JKn", "BRR", "Fay", "bootstrap"
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


def rank(table: Floats) -> int:
    """Rank of replicate weights [G, R], to R's tolerance of 1e-5 on the scale of singular values."""
    gram = table @ table.T if len(table) < table.shape[1] else table.T @ table
    return int(np.linalg.matrix_rank(gram, rtol=1e-10, hermitian=True))


def rho_problems(rho: float) -> list[str]:
    """What is wrong with Fay's factor."""
    return [] if is_number(rho) and 0 <= rho < 1 else [f"rho {rho!r}: accepted from 0 to below 1"]
