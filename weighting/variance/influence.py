"""The joint covariance of many estimates in many domains, from sparse cluster totals of influence values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from weighting.groups import Codes, Floats
from weighting.variance.cells import ClusterCells, Spread

#: So many totals are held as a full matrix.
DENSE = 4_000_000

#: So many totals are filled in at a time.
BLOCK_OF_TOTALS = 8_000_000

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
