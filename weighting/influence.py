"""The joint covariance of many estimates in many domains, from sparse cluster totals of influence values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from weighting.design import Design
from weighting.linearization import Cells, Codes, Floats, Spread

#: So many totals are held as a full matrix.
DENSE = 4_000_000


@dataclass(frozen=True, eq=False)
class Influence:
    """Cluster totals of the influence values of K estimates.

    ``totals`` [C, K] over the last stage's clusters that the design's domain has rows in; ``taken`` [C, p] and
    ``slopes`` [p, K]: what calibration takes away (the totals that count are ``totals − taken·slopes``);
    ``whole``: how totals become variances.
    """

    totals: sparse.csr_array
    taken: Floats
    slopes: Floats
    whole: Cells

    @classmethod
    def of(
        cls, design: Design, domain: Codes, n_domains: int, parts: Sequence[tuple[Floats, Cells | None]]
    ) -> Influence:
        """Columns (domain, statistic), domains slowest, from each column's cell totals [M, k], or row values [n, k]."""
        whole = design.whole
        width = sum(values.shape[1] for values, _ in parts)
        place = np.full(design.stages[-1].n_clusters, -1, dtype=np.intp)
        place[whole.cluster] = np.arange(whole.n_cells)
        rows, columns, entries, slopes = [], [], [], []
        first = 0
        for values, cells in parts:
            if cells is None:
                if design.adjustments:
                    slopes.append(_slopes(design, values, domain, n_domains))
                inside = np.flatnonzero(domain >= 0)
                cluster, of_domain, values = design.stages[-1].cluster[inside], domain[inside], values[inside]
            else:
                cluster, of_domain = cells.cluster, cells.domain
            for k in range(values.shape[1]):
                kept = np.flatnonzero(values[:, k])
                rows.append(place[cluster[kept]])
                columns.append(of_domain[kept] * width + first + k)
                entries.append(values[kept, k])
            first += values.shape[1]
        where = (np.concatenate(rows), np.concatenate(columns))
        totals = sparse.csr_array((np.concatenate(entries), where), shape=(whole.n_cells, n_domains * width))
        totals.sum_duplicates()
        taken = np.concatenate([np.empty((whole.n_cells, 0)), *design.taken], axis=1)
        joined = np.concatenate(slopes, axis=2) if slopes else np.empty((0, n_domains, width))
        return cls(totals, taken, joined.reshape(len(joined), n_domains * width), whole)

    def linear(self, weights: Floats) -> Influence:
        """The influence of the combinations weights′θ: weights [K, q] → q estimates."""
        return Influence(
            sparse.csr_array(self.totals @ weights), self.taken, self.slopes @ weights, self.whole
        )

    def dense(self) -> Floats:
        """Totals [C, K] after calibration; for a few estimates at a time."""
        return self.totals.toarray() - self.taken @ self.slopes

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
        stacked = self.totals
        if self.taken.shape[1]:
            stacked = sparse.hstack([self.totals, sparse.csr_array(self.taken)], format="csr")
        joint = sum((_bilinear(s, stacked) for s in self.whole.spreads), np.zeros((stacked.shape[1],) * 2))
        if not self.taken.shape[1]:
            return joint
        K = self.totals.shape[1]
        cross = joint[:K, K:] @ self.slopes
        return joint[:K, :K] - cross - cross.T + self.slopes.T @ joint[K:, K:] @ self.slopes


def _bilinear(spread: Spread, totals: sparse.csr_array) -> Floats:
    """Σ scale (z − c)(z − c)′ over a stage's clusters, without filling in the zeros of z."""
    if spread.cell is not None:
        totals = _group(spread.cell, spread.pair.size) @ totals
    pairs = _group(spread.pair, spread.domain.size)
    sums = sparse.csr_array(pairs @ totals)
    outer = (totals.T @ _rows_times(totals, spread.scale[spread.pair])).toarray()
    centre = sparse.csr_array(_rows_times(sums, 1 / spread.sampled))
    if spread.pooled.any():
        pools = _group(spread.pool, int(spread.pool.max()) + 1)
        size = pools @ spread.sampled
        pooled = sparse.csr_array(pools.T @ _rows_times(sparse.csr_array(pools @ sums), 1 / size))
        use = spread.pooled.astype(float)
        centre = sparse.csr_array(_rows_times(centre, 1 - use) + _rows_times(pooled, use))
    cross = (sums.T @ _rows_times(centre, spread.scale)).toarray()
    centred = (centre.T @ _rows_times(centre, spread.scale * spread.sampled)).toarray()
    return outer - cross - cross.T + centred


def _group(codes: Codes, n_groups: int) -> sparse.csr_array:
    """Matrix [n_groups, n] that adds rows up by group."""
    ones = np.ones(codes.size)
    return sparse.csr_array((ones, (codes, np.arange(codes.size))), shape=(n_groups, codes.size))


def _rows_times(matrix: sparse.csr_array, factor: Floats) -> sparse.csr_array:
    return sparse.csr_array(sparse.diags_array(factor) @ matrix)


def _slopes(design: Design, u: Floats, domain: Codes, n_domains: int) -> Floats:
    """Coefficients [p of all adjustments, J, k] of row influence values [n, k]."""
    found = [np.concatenate(design.adjusted_slopes(u[:, k], domain, n_domains)) for k in range(u.shape[1])]
    return np.stack(found, axis=2)
