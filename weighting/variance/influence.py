"""The joint covariance of many estimates in many domains, from sparse cluster totals of influence values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from weighting.design.record import Design
from weighting.variance.linearization import Cells, Codes, Floats, Spread

#: So many totals are held as a full matrix.
DENSE = 4_000_000

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
    whole: Cells

    @classmethod
    def of(
        cls, design: Design, domain: Codes, n_domains: int, parts: Sequence[tuple[Floats, Cells | None]]
    ) -> Influence:
        """Columns (domain, statistic), domains slowest, from each column's cell totals [M, k], or row values [n, k]."""
        whole = design.whole
        width = sum(values.shape[1] for values, _ in parts)
        most = max(design.stages[-1].n_clusters, n_domains * width)
        place = np.full(design.stages[-1].n_clusters, -1, dtype=np.int32 if most < 2**31 else np.int64)
        place[whole.cluster] = np.arange(whole.n_cells)
        rows, columns, entries, slopes = [], [], [], []
        first = 0
        for values, cells in parts:
            if cells is None:
                if design.adjustments:
                    slopes.append(np.concatenate(design.adjusted_slopes(values, domain, n_domains)))
                cluster, of_domain = design.stages[-1].cluster, domain
            else:
                cluster, of_domain = cells.cluster, cells.domain
            for k in range(values.shape[1]):
                kept = np.flatnonzero((values[:, k] != 0) & (of_domain >= 0))
                rows.append(place[cluster[kept]])
                columns.append((of_domain[kept] * width + (first + k)).astype(place.dtype))
                entries.append(values[kept, k])
            first += values.shape[1]
        where = (_joined(rows), _joined(columns))
        totals = sparse.csr_array((_joined(entries), where), shape=(whole.n_cells, n_domains * width))
        totals.sum_duplicates()
        taken = _side_by_side(design.taken, whole.n_cells)
        joined = np.concatenate(slopes, axis=2) if slopes else np.empty((0, n_domains, width))
        return cls(totals, taken, joined.reshape(len(joined), n_domains * width), whole)

    def linear(self, weights: Floats) -> Influence:
        """The influence of the combinations weights′θ: weights [K, q] → q estimates."""
        return Influence(
            sparse.csr_array(self.totals @ weights), self.taken, self.slopes @ weights, self.whole
        )

    def dense(self) -> Floats:
        """Totals [C, K] after calibration; for a few estimates at a time."""
        found: Floats = self.totals.toarray() - self.taken @ self.slopes
        return found

    def satterthwaite(self) -> Floats:
        """Degrees of freedom [K]; NaN where there is no variance."""
        count = self.totals.shape[1]
        found = np.empty(count)
        block = max(1, 8_000_000 // max(1, self.totals.shape[0]))
        for start in range(0, count, block):
            part = Influence(
                self.totals[:, start : start + block],
                self.taken,
                self.slopes[:, start : start + block],
                self.whole,
            )
            found[start : start + block] = self.whole.satterthwaite(part.dense())[0]
        return found

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
        return (
            [Centred.of(s, self.totals) for s in self.whole.spreads],
            [] if taken is None else [Centred.of(s, taken) for s in self.whole.spreads],
        )


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


def auxiliaries_covariance(design: Design) -> Floats:
    """Covariance [p, p] of the totals of the auxiliaries of all adjustments."""
    taken = sparse.csr_array(_side_by_side(design.taken, design.whole.n_cells))
    found = (Centred.of(spread, taken) for spread in design.whole.spreads)
    return sum((_products(x, x) for x in found), np.zeros((taken.shape[1],) * 2))


def variance_after_adjustment(design: Design, u: Floats, domain: Codes, n_domains: int) -> Floats:
    """Variances [J, k] of estimates with row influence values u [n, k] by domain, at the cost of the entries that are there."""
    found = Influence.of(design, domain, n_domains, [(u, None)])
    return found.sparse_variance(design.auxiliaries_covariance).reshape(n_domains, u.shape[1])


def _blocks(n: int) -> Iterator[slice]:
    """Rows in blocks whose products stay in the processor's cache."""
    return (slice(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK))


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _side_by_side(parts: Sequence[Floats | sparse.csr_array], rows: int) -> Floats | sparse.csr_array:
    if any(not isinstance(part, np.ndarray) for part in parts):
        return sparse.csr_array(sparse.hstack([sparse.csr_array(part) for part in parts]))
    return np.concatenate([np.empty((rows, 0)), *parts], axis=1)


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
