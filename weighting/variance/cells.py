"""The linearised variance: arithmetic on cluster totals of influence values.

An influence value u_i (the weight included) says how much row i moves an estimate. Its totals over clusters,
z_hc, give for any two estimates at once

    Cov = Σ_h (1 − f_h) · n_h/(n_h − 1) · Σ_c (z_hc − z̄_h)(z_hc − z̄_h)′

and, where the second and further stages are sampled too, the same sum within each cluster of the stage before,
times the sampling fractions of the stages before. (Särndal, Swensson & Wretman, Model Assisted Survey Sampling,
1992, sections 4.3 and 5.5; Binder, International Statistical Review 51, 1983.)

A *cell* is the part of a cluster that lies in one domain. Clusters of a domain's strata that hold no row of it
count with a total of zero: a domain is never a smaller sample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from weighting.groups import Codes, Flags, Floats, compact, group_totals
from weighting.variance.lonely_strata import LonelyPolicy
from weighting.variance.stages import Stage

#: What a spread holds for each pair (stratum × domain).
_OF_PAIR = ("stratum", "sampled", "absent", "scale", "pooled", "pool")


@dataclass(frozen=True, eq=False)
class Spread:
    """How cells' totals at one stage become variances: built once for a set of domains, used for every column.

    M cells lie in P pairs (stratum × domain). ``pair`` [M]; ``domain``, ``sampled``, ``absent`` (clusters without
    a row of the domain), ``scale`` (1 − f)·n/(n − 1) with the policy for single clusters, ``pooled`` (centre at
    the mean over all clusters) and ``pool`` [P]. ``cell`` [finest cells] maps the finest cells to these M, or None.
    """

    cell: Codes | None
    pair: Codes
    domain: Codes
    stratum: Codes
    sampled: Floats
    absent: Floats
    scale: Floats
    pooled: Flags
    pool: Codes
    n_domains: int

    @classmethod
    def of(
        cls,
        stage: Stage,
        policy: LonelyPolicy,
        cluster: Codes,
        domain: Codes,
        n_domains: int,
        cell: Codes | None = None,
    ) -> Spread:
        """Arrange M cells, given by their cluster [M] and domain [M], for the variance at one stage."""
        used, pair = compact(stage.stratum[cluster] * n_domains + domain, stage.n_strata * n_domains)
        stratum, of_domain = np.divmod(used, n_domains)
        sampled, rest = stage.sampled[stratum], stage.rest[stratum]
        seen = np.bincount(pair, minlength=used.size).astype(float)
        alone = policy.alone(sampled, seen, rest)
        pool = policy.pools(stage, stratum, of_domain, n_domains)
        scale = stage.share[stratum] * rest * sampled / np.maximum(sampled - 1, 1)
        return cls(
            cell=cell,
            pair=pair,
            domain=of_domain,
            stratum=stratum,
            sampled=sampled,
            absent=sampled - seen,
            scale=scale * policy.factors(alone, pool),
            pooled=policy.centred_at_pool(alone),
            pool=pool,
            n_domains=n_domains,
        )

    def deviations(self, totals: Floats) -> tuple[Floats, Floats]:
        """Totals [M, k] minus their centres, and the centres [P, k]."""
        if self.cell is not None:
            totals = group_totals(totals, self.cell, self.pair.size)
        sums = group_totals(totals, self.pair, self.domain.size)
        centre = sums / self.sampled[:, None]
        if self.pooled.any():
            n_pools = int(self.pool.max()) + 1
            size = group_totals(self.sampled, self.pool, n_pools)
            of_pool = group_totals(sums, self.pool, n_pools) / size[:, None]
            centre = np.where(self.pooled[:, None], of_pool[self.pool], centre)
        return totals - centre[self.pair], centre

    def by_pair(self, totals: Floats) -> Floats:
        """Each pair's part [P, k] of the variance, from cell totals [finest cells, k]."""
        deviation, centre = self.deviations(totals)
        within = group_totals(deviation**2, self.pair, self.domain.size)
        return self.scale[:, None] * (within + self.absent[:, None] * centre**2)

    def variance(self, totals: Floats) -> Floats:
        """Variances [J, k] of each domain's columns."""
        return group_totals(self.by_pair(totals), self.domain, self.n_domains)

    def covariance(self, totals: Floats) -> Floats:
        """Covariances [J, k, k] within each domain."""
        deviation, centre = self.deviations(totals)
        present = deviation * np.sqrt(self.scale)[self.pair][:, None]
        absent = centre * np.sqrt(self.scale * self.absent)[:, None]
        rows = np.concatenate([present, absent])
        domain = np.concatenate([self.domain[self.pair], self.domain])
        parts = [rows[domain == j] for j in range(self.n_domains)]
        return np.stack([part.T @ part for part in parts])

    def by_stratum(self) -> Spread:
        """The same with every pair (stratum × domain) as a domain of its own."""
        return replace(self, domain=np.arange(self.domain.size), n_domains=self.domain.size)

    def in_domains(self, cell: Codes, domain: Codes, n_domains: int) -> Spread:
        """Cells ``cell`` [M] of this arrangement counted in domain [M] instead; a cell may count in several.

        Each domain must have all cells of a stratum or none of them.
        """
        used, pair = compact(self.pair[cell] * n_domains + domain, self.domain.size * n_domains)
        before, of_domain = np.divmod(used, n_domains)
        of_pair = {name: getattr(self, name)[before] for name in _OF_PAIR}
        return replace(self, pair=pair, domain=of_domain, n_domains=n_domains, **of_pair)


@dataclass(frozen=True, eq=False)
class ClusterCells:
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

    @classmethod
    def of(
        cls, stages: tuple[Stage, ...], domain: Codes, n_domains: int, policy: LonelyPolicy
    ) -> ClusterCells:
        """Group rows, each in one domain (−1: in none), to cells of the last stage's clusters, for every stage.

        Raises:
            DesignError: strata whose variance the policy does not settle.
        """
        finest = stages[-1]
        cell, cluster, of_domain = _finest_cells(finest, domain, n_domains)
        spreads = []
        for number, stage in enumerate(stages, start=1):
            if stage is finest:
                spread = Spread.of(stage, policy, cluster, of_domain, n_domains)
            else:
                upper = np.empty(finest.n_clusters, dtype=np.intp)
                upper[finest.cluster] = stage.cluster
                used, above = compact(upper[cluster] * n_domains + of_domain, stage.n_clusters * n_domains)
                spread = Spread.of(stage, policy, *np.divmod(used, n_domains), n_domains, above)
            policy.check(stage, number, spread.stratum, spread.pool, spread.scale)
            spreads.append(spread)
        return cls(cell, cluster.size, cluster, of_domain, n_domains, tuple(spreads))

    def totals(self, values: Floats) -> Floats:
        """Cell totals [M] or [M, k] of row values [n] or [n, k]."""
        return group_totals(values, self.cell, self.n_cells)

    def by_domain(self, totals: Floats) -> Floats:
        """Domain totals [J] or [J, k] of cell totals."""
        return group_totals(totals, self.domain, self.n_domains)

    def variance(self, totals: Floats) -> Floats:
        """Variances [J, k] from cell totals [M, k]: the sum over the stages."""
        return np.asarray(sum(s.variance(totals) for s in self.spreads))

    def covariance(self, totals: Floats) -> Floats:
        """Covariances [J, k, k] from cell totals [M, k]."""
        return np.asarray(sum(s.covariance(totals) for s in self.spreads))

    def satterthwaite(self, totals: Floats) -> Floats:
        """Degrees of freedom [J, k]: (Σ v)² / Σ v²/(n − 1) over strata of all stages; NaN where no variance.

        Satterthwaite, Biometrics Bulletin 2 (1946); for strata, Cochran, Sampling Techniques (1977), 5.16.
        """
        variance = np.zeros((self.n_domains, totals.shape[1]))
        squares = np.zeros_like(variance)
        for s in self.spreads:
            part = s.by_pair(totals)
            variance += group_totals(part, s.domain, self.n_domains)
            squares += group_totals(part**2 / np.maximum(s.sampled - 1, 1)[:, None], s.domain, self.n_domains)
        return np.divide(variance**2, squares, out=np.full_like(squares, np.nan), where=squares > 0)


def _finest_cells(stage: Stage, domain: Codes, n_domains: int) -> tuple[Codes, Codes, Codes]:
    """Cell of each row [n] at the last stage, and the cluster and domain of each cell [M]."""
    of_cluster = np.full(stage.n_clusters, -1, dtype=np.intp)
    of_cluster[stage.cluster] = domain
    if (of_cluster >= 0).all() and np.array_equal(of_cluster[stage.cluster], domain):
        return stage.cluster, np.arange(stage.n_clusters), of_cluster  # every cluster lies in one domain
    inside = domain >= 0
    used, new = compact(stage.cluster[inside] * n_domains + domain[inside], stage.n_clusters * n_domains)
    cell = np.full(domain.size, used.size, dtype=np.intp)
    cell[inside] = new
    return cell, *np.divmod(used, n_domains)
