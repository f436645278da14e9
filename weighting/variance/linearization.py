"""The linearised variance: arithmetic on cluster totals of influence values; nothing is checked here.

An influence value u_i (the weight included) says how much row i moves an estimate. Its totals over clusters,
z_hc, give for any two estimates at once

    Cov = Σ_h (1 − f_h) · n_h/(n_h − 1) · Σ_c (z_hc − z̄_h)(z_hc − z̄_h)′

and, where the second and further stages are sampled too, the same sum within each cluster of the stage before,
times the sampling fractions of the stages before. (Särndal, Swensson & Wretman, Model Assisted Survey Sampling,
1992, sections 4.3 and 5.5; Binder, International Statistical Review 51, 1983.)

A *cell* is the part of a cluster that lies in one domain. Clusters of a domain's strata that hold no row of it
count with a total of zero: a domain is never a smaller sample.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Up to so many columns are counted one by one.
_FEW_COLUMNS = 4


def group_totals(values: Floats, codes: Codes, n_groups: int) -> Floats:
    """Totals by group; codes outside 0 … n_groups − 1 must not occur, except n_groups itself (left out).

    Shapes: values [n] or [n, k]; codes [n]; result [n_groups] or [n_groups, k].

    >>> group_totals(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 0]), 2).tolist()
    [5.0, 2.0]
    """
    if values.ndim == 1:
        return np.asarray(np.bincount(codes, weights=values, minlength=n_groups)[:n_groups], dtype=float)
    if values.shape[1] > _FEW_COLUMNS:
        return _by_product(values, codes, n_groups)
    totals = np.empty((n_groups, values.shape[1]))
    for k in range(values.shape[1]):
        totals[:, k] = np.bincount(codes, weights=values[:, k], minlength=n_groups)[:n_groups]
    return totals


def _by_product(values: Floats, codes: Codes, n_groups: int) -> Floats:
    """Totals [n_groups, k] as the product of the groups' indicator matrix and the values: row by row, every sum in the
    order of the rows, as counting column by column has it, but each row is fetched once for all columns."""
    from scipy.sparse import csc_array

    rows = np.arange(codes.size + 1)
    member = csc_array((np.ones(codes.size), codes, rows), shape=(n_groups + 1, codes.size))
    return np.asarray(member @ values)[:n_groups]


def compact(codes: Codes, bound: int) -> tuple[Codes, Codes]:
    """Codes 0 … bound − 1 renumbered without gaps: (the codes in use, ascending; each row's new code).

    >>> compact(np.array([7, 2, 7]), 9)
    (array([2, 7]), array([1, 0, 1]))
    """
    if bound > 4 * codes.size + 65_536:
        used, new = np.unique(codes, return_inverse=True)
        return used, new
    seen = np.zeros(bound, dtype=bool)
    seen[codes] = True
    used = np.flatnonzero(seen)
    place = np.empty(bound, dtype=np.intp)
    place[used] = np.arange(used.size)
    return used, place[codes]


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of sampling: C clusters in H strata.

    ``cluster`` [n] is each row's cluster; ``stratum`` [C], ``sampled`` [H] clusters drawn, ``rest`` [H] = 1 − f,
    ``share`` [H] the product of the sampling fractions of the stages before, ``parent`` [H] the cluster of the
    stage before (all 0 at the first stage), ``names`` [H] the strata as the user knows them.
    """

    cluster: Codes
    stratum: Codes
    sampled: Floats
    rest: Floats
    share: Floats
    parent: Codes
    names: NDArray[Any]

    @property
    def n_clusters(self) -> int:
        return self.stratum.size

    @property
    def n_strata(self) -> int:
        return self.sampled.size

    @property
    def lonely(self) -> Flags:
        """Strata [H] with one cluster of several: no variance can be seen there. A census stratum is not one."""
        return (self.sampled == 1) & (self.rest > 0)


@dataclass(frozen=True, eq=False)
class Spread:
    """How cells' totals at one stage become variances: built once for a set of domains, used for every column.

    M cells lie in P pairs (stratum × domain). ``pair`` [M]; ``domain``, ``sampled``, ``absent`` (clusters without
    a row of the domain), ``scale`` (1 − f)·n/(n − 1) with the policy for single clusters, ``pooled`` (centre at
    the mean over all clusters) and ``pool`` [P]. ``cell`` [finest cells] maps the finest cells to these M, or None.
    """

    cell: Codes | None
    cluster: Codes
    pair: Codes
    domain: Codes
    stratum: Codes
    sampled: Floats
    absent: Floats
    scale: Floats
    pooled: Flags
    pool: Codes
    n_domains: int

    def deviations(self, totals: Floats) -> tuple[Floats, Floats]:
        """Totals [M, k] minus their centres, and the centres [P, k]."""
        if self.cell is not None:
            totals = group_totals(totals, self.cell, self.pair.size)
        sums = group_totals(totals, self.pair, self.domain.size)
        centre = sums / self.sampled[:, None]
        if self.pooled.any():
            n_pools = int(self.pool.max()) + 1
            size = group_totals(self.sampled, self.pool, n_pools)
            centre = np.where(
                self.pooled[:, None],
                (group_totals(sums, self.pool, n_pools) / size[:, None])[self.pool],
                centre,
            )
        return totals - centre[self.pair], centre

    def variance(self, totals: Floats) -> Floats:
        """Variances [J, k] of each domain's columns, from cell totals [finest cells, k]."""
        deviation, centre = self.deviations(totals)
        within = group_totals(deviation**2, self.pair, self.domain.size)
        by_pair = self.scale[:, None] * (within + self.absent[:, None] * centre**2)
        return group_totals(by_pair, self.domain, self.n_domains)

    def covariance(self, totals: Floats) -> Floats:
        """Covariances [J, k, k] within each domain, from cell totals [finest cells, k]."""
        deviation, centre = self.deviations(totals)
        present = deviation * np.sqrt(self.scale)[self.pair][:, None]
        absent = centre * np.sqrt(self.scale * self.absent)[:, None]
        rows = np.concatenate([present, absent])
        domain = np.concatenate([self.domain[self.pair], self.domain])
        order = np.argsort(domain, kind="stable")
        ends = np.searchsorted(domain[order], np.arange(self.n_domains + 1))
        result = np.empty((self.n_domains, totals.shape[1], totals.shape[1]))
        for j in range(self.n_domains):
            part = rows[order[ends[j] : ends[j + 1]]]
            result[j] = part.T @ part
        return result

    def apart(self) -> "Spread":
        """The same with every pair (stratum × domain) as a domain of its own."""
        return replace(self, domain=np.arange(self.domain.size), n_domains=self.domain.size)

    def spread_over(self, cell: Codes, domain: Codes, n_domains: int) -> "Spread":
        """Cells ``cell`` [M] of this arrangement counted in domain [M] instead; a cell may count in several.

        Each domain must have all cells of a stratum or none of them.
        """
        used, pair = compact(self.pair[cell] * n_domains + domain, self.domain.size * n_domains)
        before, of_domain = np.divmod(used, n_domains)
        kept = {
            name: getattr(self, name)[before]
            for name in ("stratum", "sampled", "absent", "scale", "pooled", "pool")
        }
        return replace(
            self, cluster=self.cluster[cell], pair=pair, domain=of_domain, n_domains=n_domains, **kept
        )

    def by_stratum(self, totals: Floats) -> Floats:
        """Each pair's part [P, k] of the variance: what Satterthwaite's degrees of freedom are made of."""
        deviation, centre = self.deviations(totals)
        within = group_totals(deviation**2, self.pair, self.domain.size)
        return self.scale[:, None] * (within + self.absent[:, None] * centre**2)


def spread(
    stage: Stage,
    cell: Codes | None,
    cluster: Codes,
    domain: Codes,
    n_domains: int,
    lonely: str,
    lonely_domains: bool,
) -> Spread:
    """Arrange M cells, given by their cluster [M] and domain [M], for the variance at one stage."""
    key = stage.stratum[cluster] * n_domains + domain
    used, pair = compact(key, stage.n_strata * n_domains)
    stratum, of_domain = np.divmod(used, n_domains)
    sampled, rest = stage.sampled[stratum], stage.rest[stratum]
    seen = np.bincount(pair, minlength=used.size).astype(float)
    alone = (sampled == 1) & (rest > 0)
    if lonely_domains:
        alone |= (seen == 1) & (sampled > 1) & (rest > 0)
    # "adjust" centres at the mean over the whole stage, "average" looks at the strata within the same cluster above.
    parent = np.zeros_like(stratum) if lonely == "adjust" else stage.parent[stratum]
    _, pool = compact(parent * n_domains + of_domain, (int(parent.max()) + 1) * n_domains)
    scale = stage.share[stratum] * rest * sampled / np.maximum(sampled - 1, 1)
    if lonely == "average" and alone.any():
        scale = scale * _average(alone, pool)
    return Spread(
        cell=cell,
        cluster=cluster,
        pair=pair,
        domain=of_domain,
        stratum=stratum,
        sampled=sampled,
        absent=sampled - seen,
        scale=scale,
        pooled=alone if lonely == "adjust" else np.zeros_like(alone),
        pool=pool,
        n_domains=n_domains,
    )


def _average(alone: Flags, pool: Codes) -> Floats:
    """Factors [P] that give every single-cluster stratum the mean variance of the other strata of its pool."""
    strata = np.bincount(pool)
    known = np.bincount(pool, weights=~alone)
    return np.where(alone, 0.0, strata[pool] / np.maximum(known, 1)[pool])


@dataclass(frozen=True, eq=False)
class Cells:
    """The rows of a sample grouped to cluster × domain, ready for totals and variances.

    ``cell`` [n] is each row's cell (``n_cells`` = in no domain); ``cluster`` and ``domain`` [M] those of a cell;
    ``spreads`` has one entry per stage.
    """

    cell: Codes
    n_cells: int
    cluster: Codes
    domain: Codes
    n_domains: int
    spreads: tuple[Spread, ...]

    def totals(self, values: Floats) -> Floats:
        """Cell totals [M] or [M, k] of row values [n] or [n, k]."""
        return group_totals(values, self.cell, self.n_cells)

    def by_domain(self, totals: Floats) -> Floats:
        """Domain totals [J] or [J, k] of cell totals."""
        return group_totals(totals, self.domain, self.n_domains)

    def variance(self, totals: Floats) -> Floats:
        """Variances [J, k] from cell totals [M, k]: the sum over the stages."""
        return sum((s.variance(totals) for s in self.spreads), np.zeros((self.n_domains, totals.shape[1])))

    def covariance(self, totals: Floats) -> Floats:
        """Covariances [J, k, k] from cell totals [M, k]."""
        k = totals.shape[1]
        return sum((s.covariance(totals) for s in self.spreads), np.zeros((self.n_domains, k, k)))

    def satterthwaite(self, totals: Floats) -> Floats:
        """Degrees of freedom [J, k]: (Σ v)² / Σ v²/(n − 1) over strata of all stages; NaN where no variance.

        Satterthwaite, Biometrics Bulletin 2 (1946); for strata, Cochran, Sampling Techniques (1977), 5.16.
        """
        variance = np.zeros((self.n_domains, totals.shape[1]))
        squares = np.zeros_like(variance)
        for s in self.spreads:
            part = s.by_stratum(totals)
            variance += group_totals(part, s.domain, self.n_domains)
            squares += group_totals(part**2 / np.maximum(s.sampled - 1, 1)[:, None], s.domain, self.n_domains)
        return np.divide(variance**2, squares, out=np.full_like(squares, np.nan), where=squares > 0)


def cells(
    stages: tuple[Stage, ...], domain: Codes, n_domains: int, lonely: str, lonely_domains: bool
) -> Cells:
    """Group rows, each in one domain (−1: in none), to cells of the last stage's clusters, for every stage."""
    finest = stages[-1]
    cell, cluster, of_domain = _finest_cells(finest, domain, n_domains)
    spreads = []
    for stage in stages[:-1]:
        upper = np.empty(finest.n_clusters, dtype=np.intp)
        upper[finest.cluster] = stage.cluster
        used, above = compact(upper[cluster] * n_domains + of_domain, stage.n_clusters * n_domains)
        spreads.append(spread(stage, above, *np.divmod(used, n_domains), n_domains, lonely, lonely_domains))
    spreads.append(spread(finest, None, cluster, of_domain, n_domains, lonely, lonely_domains))
    return Cells(cell, cluster.size, cluster, of_domain, n_domains, tuple(spreads))


def _finest_cells(stage: Stage, domain: Codes, n_domains: int) -> tuple[Codes, Codes, Codes]:
    of_cluster = np.full(stage.n_clusters, -1, dtype=np.intp)
    of_cluster[stage.cluster] = domain
    if (of_cluster >= 0).all() and np.array_equal(of_cluster[stage.cluster], domain):
        return stage.cluster, np.arange(stage.n_clusters), of_cluster  # every cluster lies in one domain
    inside = domain >= 0
    used, new = compact(stage.cluster[inside] * n_domains + domain[inside], stage.n_clusters * n_domains)
    cell = np.full(domain.size, used.size, dtype=np.intp)
    cell[inside] = new
    return cell, *np.divmod(used, n_domains)
