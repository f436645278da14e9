"""Influence values after calibration: what the regressions on the auxiliaries leave over, its variance, and the joint
covariance of many estimates in many domains from sparse cluster totals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from weighting.groups import Codes, Floats, group_totals
from weighting.variance.adjustment import Adjustment
from weighting.variance.cells import ClusterCells, Spread
from weighting.variance.stages import Stage

#: So many totals are held as a full matrix.
DENSE = 4_000_000

#: So many totals are filled in at a time.
BLOCK_OF_TOTALS = 8_000_000

#: So many covariances of auxiliaries by stratum are kept.
MOST_OF_STRATA = 8_000_000

#: So many domains are worked on at a time (``tests/benchmarks/test_score_speed.py``).
_TOGETHER = 32
#: What calibration leaves of a variance is rounding below this share of it.
ROUNDING = 1e-11


@dataclass(frozen=True, eq=False)
class Influence:
    """Cluster totals of the influence values of K estimates.

    ``totals`` [C, K] over the last stage's clusters that the design's domain has rows in; ``taken`` [C, p] and
    ``slopes`` [p, K]: what calibration takes away (the totals that count are ``totals − taken·slopes``);
    ``whole``: how totals become variances.
    """

    totals: sparse.csr_array
    taken: Floats | sparse.csr_array
    slopes: Floats
    whole: ClusterCells

    def linear(self, weights: Floats) -> Influence:
        """The influence of the combinations weights′θ: weights [K, q] → q estimates."""
        totals = sparse.csr_array(self.totals @ weights)
        return Influence(totals, self.taken, self.slopes @ weights, self.whole)

    def dense(self, columns: slice = slice(None)) -> Floats:
        """Totals [C, K] after calibration; for a few estimates at a time."""
        return np.asarray(self.totals[:, columns].toarray() - self.taken @ self.slopes[:, columns])

    def satterthwaite(self) -> Floats:
        """Degrees of freedom [K]; NaN where there is no variance."""
        block = max(1, BLOCK_OF_TOTALS // max(1, self.totals.shape[0]))
        parts = [slice(start, start + block) for start in range(0, self.totals.shape[1], block)]
        return np.concatenate([self.whole.satterthwaite(self.dense(part))[0] for part in parts])

    def covariance(self) -> Floats:
        """Covariance [K, K], the sum over the stages; totals that fit are centred first, others stay sparse."""
        fits = self.totals.shape[0] * self.totals.shape[1] <= DENSE
        return self.whole.covariance(self.dense())[0] if fits else self.sparse_covariance()

    def sparse_covariance(self) -> Floats:
        """The same [K, K] as Σ z z′ less the centres' part, without filling in the zeros of z."""
        own = centred(self.totals, self.whole)
        taken = centred(self.taken, self.whole)
        cross = self.slopes.T @ _summed(_products(x, z) for x, z in zip(taken, own, strict=True))
        auxiliaries = self.slopes.T @ joint_covariance(taken) @ self.slopes
        return joint_covariance(own) - cross - cross.T + auxiliaries

    def sparse_variance(self, taken: Sequence[Centred], auxiliaries: Floats) -> Floats:
        """The diagonal [K] of :meth:`sparse_covariance`, from what is ``taken`` away at each stage, and its covariance [p, p].

        A difference below rounding of its terms is 0: what the margins fix does not vary.
        """
        own = centred(self.totals, self.whole)
        plain = _summed(_squares(z) for z in own)
        mixed = _summed(_products(x, z) for x, z in zip(taken, own, strict=True))
        left = plain + (self.slopes * (auxiliaries @ self.slopes - 2 * mixed)).sum(axis=0)
        return np.where(left > ROUNDING * plain, left, 0.0)


@dataclass(frozen=True, eq=False)
class Centred:
    """Sparse totals [M, k] at one stage, their sums by pair and the centres they are measured from [P, k]."""

    spread: Spread
    totals: sparse.csr_array
    sums: sparse.csr_array
    centre: sparse.csr_array

    @classmethod
    def of(cls, spread: Spread, totals: sparse.csr_array) -> Centred:
        if spread.cell is not None:
            totals = sparse.csr_array(_group(spread.cell, spread.pair.size) @ totals)
        sums = sparse.csr_array(_group(spread.pair, spread.domain.size) @ totals)
        centre = _rows_times(sums, 1 / spread.sampled)
        if spread.pooled.any():
            pools = _group(spread.pool, int(spread.pool.max()) + 1)
            of_pool = _rows_times(sparse.csr_array(pools @ sums), 1 / (pools @ spread.sampled))
            use = spread.pooled.astype(float)
            pooled = _rows_times(sparse.csr_array(pools.T @ of_pool), use)
            centre = sparse.csr_array(_rows_times(centre, 1 - use) + pooled)
        return cls(spread, totals, sums, centre)


def centred(totals: Floats | sparse.csr_array, whole: ClusterCells) -> list[Centred]:
    """Cluster totals [C, k] at each stage."""
    return [Centred.of(spread, sparse.csr_array(totals)) for spread in whole.spreads]


def joint_covariance(parts: Iterable[Centred]) -> Floats:
    """Covariance [k, k], the sum over the stages."""
    return _summed(_products(x, x) for x in parts)


def _summed(parts: Iterable[Floats]) -> Floats:
    """The sum over the stages."""
    return np.asarray(sum(parts))


def _products(left: Centred, right: Centred) -> Floats:
    """Σ scale (z − c)(y − b)′ [k, l] over a stage's clusters, without filling in the zeros of z and y."""
    spread = left.spread
    outer = left.totals.T @ _rows_times(right.totals, spread.scale[spread.pair])
    across = left.sums.T @ _rows_times(right.centre, spread.scale)
    back = left.centre.T @ _rows_times(right.sums, spread.scale)
    centres = left.centre.T @ _rows_times(right.centre, spread.scale * spread.sampled)
    return np.asarray(outer.toarray() - across.toarray() - back.toarray() + centres.toarray())


def _squares(z: Centred) -> Floats:
    """Σ scale (z − c)² [k] over a stage's clusters."""
    scale, pair = z.spread.scale, z.spread.pair
    around = z.centre.multiply(_rows_times(z.centre, z.spread.sampled) - 2 * z.sums)
    return np.asarray(z.totals.power(2).T @ scale[pair] + sparse.csr_array(around).T @ scale)


def _group(codes: Codes, n_groups: int) -> sparse.csr_array:
    """Matrix [n_groups, n] that adds rows up by group."""
    ones = np.ones(codes.size)
    return sparse.csr_array((ones, (codes, np.arange(codes.size))), shape=(n_groups, codes.size))


def _rows_times(matrix: sparse.csr_array, factor: Floats) -> sparse.csr_array:
    return sparse.csr_array(sparse.diags_array(factor) @ matrix)


@dataclass(frozen=True, eq=False)
class Residuals:
    """The adjustments of a design, one after the other, on the C clusters of its last ``stage``.

    ``whole``: how totals of all rows become variances. p counts the auxiliaries of all adjustments.
    """

    adjustments: tuple[Adjustment, ...]
    stage: Stage
    whole: ClusterCells

    @cached_property
    def taken(self) -> Floats | sparse.csr_array:
        """Totals [C, p] of the weighted auxiliaries; sparse where they are many."""
        parts = [a.cluster_totals(self.stage) for a in self.adjustments]
        if all(isinstance(part, np.ndarray) for part in parts):
            return np.concatenate([np.empty((self.whole.n_cells, 0)), *parts], axis=1)
        return sparse.csr_array(sparse.hstack([sparse.csr_array(part) for part in parts]))

    @cached_property
    def carried(self) -> list[list[Floats]]:
        """How each adjustment sees what each of the earlier ones takes away."""
        return [
            [a.carried(earlier) for earlier in self.adjustments[:m]] for m, a in enumerate(self.adjustments)
        ]

    def slopes(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Coefficients [p, J, k] of u [n, k] by domain, each adjustment seeing what the earlier ones left."""
        found: list[Floats] = []
        for adjustment, carried in zip(self.adjustments, self.carried, strict=True):
            b = adjustment.slopes(u, domain, n_domains)
            for factor, earlier in zip(carried, found, strict=True):
                b = b - np.tensordot(factor, earlier, axes=1)
            found.append(b)
        return np.concatenate([np.empty((0, n_domains, u.shape[1])), *found])

    def totals(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Totals [C, J, k] of the residuals of the influence values u [n, k] by domain."""
        inside = np.flatnonzero(domain >= 0)
        key = self.stage.cluster[inside] * n_domains + domain[inside]
        raw = group_totals(u[inside], key, self.stage.n_clusters * n_domains)
        b = self.slopes(u, domain, n_domains)
        fitted = self.taken @ b.reshape(len(b), -1)
        return (raw.reshape(fitted.shape) - fitted).reshape(-1, n_domains, u.shape[1])

    def _totals_in_blocks(self, u: Floats, domain: Codes, n_domains: int) -> Iterator[Floats]:
        """:meth:`totals` of one block of domains after the other, so that those of a block stay near 64 MB."""
        size = max(1, BLOCK_OF_TOTALS // max(1, self.stage.n_clusters * u.shape[1]))
        for start in range(0, n_domains, size):
            stop = min(start + size, n_domains)
            inside = (domain >= start) & (domain < stop)
            yield self.totals(u, np.where(inside, domain - start, -1), stop - start)

    def variance_by(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Variances [J, k] by domain of estimates with influence values u [n, k]."""
        if not isinstance(self.taken, np.ndarray):
            found = self.influence(domain, n_domains, [(u, None)])
            variance = found.sparse_variance(self._centred, self._auxiliaries_covariance)
            return variance.reshape(n_domains, u.shape[1])
        parts = [
            self.whole.variance(totals.reshape(len(totals), -1)).reshape(totals.shape[1:])
            for totals in self._totals_in_blocks(u, domain, n_domains)
        ]
        return np.concatenate(parts)

    @cached_property
    def _centred(self) -> list[Centred]:
        """The totals of the auxiliaries of all adjustments at each stage."""
        return centred(self.taken, self.whole)

    @cached_property
    def _auxiliaries_covariance(self) -> Floats:
        """Their covariance [p, p]."""
        return joint_covariance(self._centred)

    def covariance_by(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Covariances [J, k, k] by domain of estimates with influence values u [n, k]."""
        if self._strata_stand_alone:
            return self._covariance_by_strata(u, domain, n_domains)
        parts = [
            self.whole.covariance(totals[:, j])
            for totals in self._totals_in_blocks(u, domain, n_domains)
            for j in range(totals.shape[1])
        ]
        return np.concatenate(parts)

    # ---- many domains that reach few strata each: the other strata's residuals are −x′b only ------------------

    @property
    def _strata_stand_alone(self) -> bool:
        """Whether what adjustments take away can be kept as one covariance of the auxiliaries per stratum."""
        first, *others = self.whole.spreads
        if others or first.pooled.any() or not isinstance(self.taken, np.ndarray):
            return False
        return bool(self.stage.n_strata * self.taken.shape[1] ** 2 <= MOST_OF_STRATA)

    @cached_property
    def _of_strata(self) -> Floats:
        """Covariance [H, p, p] of the totals of the auxiliaries within each stratum."""
        return self.whole.spreads[0].by_stratum().covariance(np.asarray(self.taken))

    def _covariance_by_strata(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """:meth:`covariance_by`: in strata without a row of the domain residuals vary as b′Gb, with G the covariance of
        the stratum's auxiliaries; in the others they are computed, for so many domains together as keeps them small."""
        spread = self.whole.spreads[0]
        b = self.slopes(u, domain, n_domains).transpose(1, 0, 2)
        reached = np.zeros((n_domains + 1, spread.domain.size), dtype=bool)
        reached[domain, spread.pair[self.stage.cluster]] = True  # the last: of rows in no domain
        others = np.tensordot(~reached[:n_domains], self._of_strata, axes=1)
        found: Floats = b.transpose(0, 2, 1) @ others @ b
        for first in range(0, n_domains, _TOGETHER):
            block = slice(first, min(first + _TOGETHER, n_domains))
            of_domain, cluster = np.nonzero(reached[block][:, spread.pair])
            place = np.zeros((_TOGETHER, self.stage.n_clusters), dtype=np.intp)
            place[of_domain, cluster] = np.arange(cluster.size)
            rows = np.flatnonzero((domain >= block.start) & (domain < block.stop))
            cells = place[domain[rows] - first, self.stage.cluster[rows]]
            own = group_totals(u[rows], cells, cluster.size)
            for j in range(block.start, block.stop):
                mine = of_domain == j - first
                own[mine] -= self.taken[cluster[mine]] @ b[j]
            found[block] += spread.in_domains(cluster, of_domain, block.stop - first).covariance(own)
        return found

    # ---- many estimates at once -----------------------------------------------------------------------------

    def influence(
        self, domain: Codes, n_domains: int, parts: Sequence[tuple[Floats, ClusterCells | None]]
    ) -> Influence:
        """The joint influence of columns (domain, statistic), domains slowest, from the cell totals [M, k] of each part
        and its cells, or from its row values [n, k]."""
        width = sum(values.shape[1] for values, _ in parts)
        place = np.full(self.stage.n_clusters, -1)
        place[self.whole.cluster] = np.arange(self.whole.n_cells)
        rows, columns, entries = [], [], []
        first = 0
        for values, cells in parts:
            cluster = self.stage.cluster if cells is None else cells.cluster
            of_domain = domain if cells is None else cells.domain
            row, k = np.nonzero((values != 0) & (of_domain >= 0)[:, None])
            rows.append(place[cluster[row]])
            columns.append(of_domain[row] * width + first + k)
            entries.append(values[row, k])
            first += values.shape[1]
        where = (np.concatenate(rows), np.concatenate(columns))
        shape = (self.whole.n_cells, n_domains * width)
        totals = sparse.csr_array((np.concatenate(entries), where), shape=shape)
        totals.sum_duplicates()
        slopes = np.concatenate([self.slopes(values, domain, n_domains) for values, _ in parts], axis=2)
        return Influence(totals, self.taken, slopes.reshape(len(slopes), shape[1]), self.whole)
