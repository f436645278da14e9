"""The joint covariance of many estimates in many domains, from sparse cluster totals of influence values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from weighting.groups import Codes, Floats
from weighting.variance.cells import ClusterCells, Spread

#: So many totals are held as a full matrix.
DENSE = 4_000_000

#: So many totals are filled in at a time.
BLOCK_OF_TOTALS = 8_000_000

#: Rows multiplied at a time.
BLOCK = 1 << 16

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
        own, taken = self._centred
        joint = sum((_products(z, z) for z in own), np.zeros((self.totals.shape[1],) * 2))
        if not taken:
            return joint
        mixed = sum(_products(x, z) for x, z in zip(taken, own, strict=True))
        cross = self.slopes.T @ mixed
        return joint - cross - cross.T + self.slopes.T @ sum(_products(x, x) for x in taken) @ self.slopes

    def sparse_variance(self, auxiliaries: Floats) -> Floats:
        """The diagonal [K] of :meth:`sparse_covariance`; ``auxiliaries`` [p, p] the covariance of what is taken away.

        A difference below rounding of its terms is 0: what the margins fix does not vary.
        """
        own, taken = self._centred
        plain = sum((_squares(z) for z in own), np.zeros(self.totals.shape[1]))
        mixed = sum(_products(x, z) for x, z in zip(taken, own, strict=True))
        left = plain + (self.slopes * (auxiliaries @ self.slopes - 2 * mixed)).sum(axis=0)
        return np.where(left > ROUNDING * plain, left, 0.0)

    @cached_property
    def _centred(self) -> tuple[list[Centred], list[Centred]]:
        """Totals and what is taken away at each stage."""
        taken = sparse.csr_array(self.taken) if self.taken.shape[1] else None
        spreads = self.whole.spreads
        own = [Centred.of(s, self.totals) for s in spreads]
        return own, [] if taken is None else [Centred.of(s, taken) for s in spreads]


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
        sums = sparse.csr_array((spread.domain.size, totals.shape[1]))
        for rows in _blocks(totals.shape[0]):
            sums = sparse.csr_array(sums + _group(spread.pair[rows], spread.domain.size) @ totals[rows])
        centre = _rows_times(sums, 1 / spread.sampled)
        if spread.pooled.any():
            pools = _group(spread.pool, int(spread.pool.max()) + 1)
            size = pools @ spread.sampled
            pooled = sparse.csr_array(pools.T @ _rows_times(sparse.csr_array(pools @ sums), 1 / size))
            use = spread.pooled.astype(float)
            centre = sparse.csr_array(_rows_times(centre, 1 - use) + _rows_times(pooled, use))
        return cls(spread, totals, sums, centre)


def totals_covariance(totals: sparse.csr_array, whole: ClusterCells) -> Floats:
    """Covariance [p, p] of the sums of sparse cluster totals [C, p]."""
    found = (Centred.of(spread, totals) for spread in whole.spreads)
    return np.asarray(sum(_products(x, x) for x in found))


def _blocks(n: int) -> Iterator[slice]:
    """Rows in blocks whose products stay in the processor's cache."""
    return (slice(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK))


def _products(left: Centred, right: Centred) -> Floats:
    """Σ scale (z − c)(y − b)′ [k, l] over a stage's clusters, without filling in the zeros of z and y."""
    spread = left.spread
    outer = np.zeros((left.totals.shape[1], right.totals.shape[1]))
    for rows in _blocks(left.totals.shape[0]):
        scaled = _rows_times(right.totals[rows], spread.scale[spread.pair[rows]])
        outer += (left.totals[rows].T @ scaled).toarray()
    across = left.sums.T @ _rows_times(right.centre, spread.scale)
    back = left.centre.T @ _rows_times(right.sums, spread.scale)
    centres = left.centre.T @ _rows_times(right.centre, spread.scale * spread.sampled)
    found: Floats = outer - across.toarray() - back.toarray() + centres.toarray()
    return found


def _squares(z: Centred) -> Floats:
    """Σ scale (z − c)² [k] over a stage's clusters."""
    scale, pair = z.spread.scale, z.spread.pair
    square = sparse.csr_array((z.totals.data**2, z.totals.indices, z.totals.indptr), shape=z.totals.shape)
    around = z.centre.multiply(_rows_times(z.centre, z.spread.sampled) - 2 * z.sums)
    found: Floats = square.T @ scale[pair] + sparse.csr_array(around).T @ scale
    return found


def _group(codes: Codes, n_groups: int) -> sparse.csr_array:
    """Matrix [n_groups, n] that adds rows up by group."""
    ones = np.ones(codes.size)
    return sparse.csr_array((ones, (codes, np.arange(codes.size))), shape=(n_groups, codes.size))


def _rows_times(matrix: sparse.csr_array, factor: Floats) -> sparse.csr_array:
    return sparse.csr_array(sparse.diags_array(factor) @ matrix)
