"""Leverage of regressions: what each cluster hides of its own deviation, in as many directions as there are coefficients.

In orthonormal regressors (Σ w μ′ x x′ = 1) a shift of cluster c's own values along δ moves its scores by B_c δ, with
B_c = Σ w μ′ x x′ over its rows, and the coefficients by as much. Of it the deviation of its scores from the stratum's centre
keeps

    K_c = (1 − 1/n_h) − (B_c − B̄_h) − F_c B_c⁻ + G_c

with F_c and G_c what a calibration follows of the cluster's own values and of the coefficients. Deviations are multiplied by
K⁰_c^½ K_c^−½ in the directions in which the cluster has rows, K⁰_c = (1 − 1/n_h) − (B⁰_c − B̄_h) for equal weights within the
stratum: B⁰_c = T_h (Σ μ′ x x′) T_h′ adds up to as much there. For one coefficient, or one per domain, this is
:mod:`weighting.variance.leverage`. (Bell & McCaffrey, Survey Methodology 28, 2002.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from weighting.design.sample_design import SampleDesign
from weighting.groups import Codes, Flags, Floats, group_totals
from weighting.regression.fitting import Fitted
from weighting.variance.cells import ClusterCells
from weighting.variance.leverage import NOTHING_LEFT, Leverage

#: So many numbers of the clusters' matrices are worked on at a time.
BLOCK = 2_000_000

#: Directions of rows: those of their Σ w μ′ x x′ above this share of the largest.
OWN = 1e-10


def influence(design: SampleDesign, used: Flags, fit: Fitted) -> Floats:
    """Influence values [n, p] of the coefficients, with what leverage hides of them."""
    scores = np.zeros((design.n, fit.orthonormal.shape[1]))
    scores[used] = fit.orthonormal * fit.rest[:, None]
    if not design.even:
        scores += _lacking(Moves.of(design, used, fit), scores)
    return scores @ fit.back.T


def _lacking(moves: Moves, scores: Floats) -> Floats:
    """What the rows' scores [n, p] lack: a shift of each cluster's own values."""
    deviation = moves.leverage.spread.deviations(moves.leverage.gathered(moves.cells.totals(scores)))[0]
    if moves.design.adjustments:
        deviation = deviation - moves.fitted(scores)
    shifts = np.concatenate([_of_block(moves, block, deviation[block]) for block in moves.blocks()])
    of_row = np.append(shifts, np.zeros((1, scores.shape[1])), axis=0)[moves.cluster]
    return np.asarray((moves.weight * (moves.x * of_row).sum(axis=1))[:, None] * moves.x)


def _of_block(moves: Moves, block: slice, deviation: Floats) -> Floats:
    """Shifts B⁻(K⁰^½ K^−½ − 1) d [m, p] that make up for what the deviations d [m, p] of some clusters lack."""
    own, left, plain = moves.matrices(block)
    keeps, axes = np.linalg.eigh((left + _turned(left)) / 2)
    along = _times(_turned(axes), deviation)
    usable = keeps > NOTHING_LEFT
    root = np.sqrt(np.maximum(keeps, NOTHING_LEFT))
    whole = _times(axes, np.divide(along, root, out=np.zeros_like(along), where=usable))
    plain_keeps, plain_axes = np.linalg.eigh(plain)
    half = np.sqrt(np.maximum(plain_keeps, 0.0)) * _times(_turned(plain_axes), whole)
    grown = _times(plain_axes, half) - _times(axes, np.where(usable, along, 0.0))
    sizes, directions = np.linalg.eigh(own)
    kept = sizes > OWN * sizes[:, [-1]]
    across = _times(_turned(directions), grown)
    return _times(directions, np.divide(across, sizes, out=np.zeros_like(across), where=kept))


def _turned(matrices: Floats) -> Floats:
    return matrices.transpose(0, 2, 1)


def _times(matrices: Floats, vectors: Floats) -> Floats:
    """Products [m, p] of matrices [m, p, p] with vectors [m, p]."""
    return np.asarray((matrices @ vectors[:, :, None])[:, :, 0])


@dataclass(frozen=True, eq=False)
class Moves:
    """What shifts of the first-stage clusters [M] with rows that count do to their scores.

    ``cluster`` [n] (M: of rows that do not count); ``x`` [n, p] orthonormal regressors and ``weight`` [n] w μ′, 0 where a row
    does not count; ``even`` [n] μ′.
    """

    design: SampleDesign
    leverage: Leverage
    cells: ClusterCells
    cluster: Codes
    x: Floats
    weight: Floats
    even: Floats

    @classmethod
    def of(cls, design: SampleDesign, used: Flags, fit: Fitted) -> Moves:
        cells = design.cells(np.where(used, 0, -1), 1)
        leverage = Leverage.of(cells)
        cluster = np.append(leverage.above, leverage.spread.pair.size)[cells.cell]
        x, weight, even = (
            np.zeros((design.n, fit.orthonormal.shape[1])),
            np.zeros(design.n),
            np.zeros(design.n),
        )
        x[used], weight[used], even[used] = fit.orthonormal, fit.slope, fit.slope / design.weights[used]
        return cls(design, leverage, cells, cluster, x, weight, even)

    def blocks(self) -> Iterator[slice]:
        """Clusters a few at a time."""
        size, n_clusters = max(1, BLOCK // self.x.shape[1] ** 2), self.leverage.spread.pair.size
        return (slice(start, min(start + size, n_clusters)) for start in range(0, n_clusters, size))

    def matrices(self, block: slice) -> tuple[Floats, Floats, Floats]:
        """B, K and K⁰ [m, p, p] of some clusters."""
        pair, share = self.leverage.spread.pair[block], self.leverage.centre_share[block]
        rest = (1 - share)[:, :, None] * np.eye(self.x.shape[1]) + self._centre[pair]
        own, stretch = self._sums(block, self.weight), self._stretch[pair]
        left, even = rest - own, stretch @ self._sums(block, self.even) @ _turned(stretch)
        if self.design.adjustments:
            followed = self._sums(block, self.weight * self.design.auxiliaries.own)
            left = left + self._of_coefficients[block] - followed @ np.linalg.pinv(own, OWN, hermitian=True)
        return own, left, rest - even

    def _sums(self, block: slice, weight: Floats) -> Floats:
        """Σ weight x x′ [m, p, p] over the rows of each cluster."""
        rows = np.flatnonzero((self.cluster >= block.start) & (self.cluster < block.stop))
        x, p = self.x[rows], self.x.shape[1]
        products = (weight[rows, None, None] * x[:, :, None] * x[:, None, :]).reshape(-1, p * p)
        found = group_totals(products, self.cluster[rows] - block.start, block.stop - block.start)
        return found.reshape(-1, p, p)

    def _products(self, weight: Floats) -> Iterator[Floats]:
        """The columns of weight x x′ [n, p], one row of the matrix after the other."""
        return (weight[:, None] * self.x[:, [a]] * self.x for a in range(self.x.shape[1]))

    @cached_property
    def _centre(self) -> Floats:
        """B̄ [strata, p, p]."""
        spread = self.leverage.spread
        totals = (self.leverage.gathered(self.cells.totals(values)) for values in self._products(self.weight))
        return np.stack([spread.deviations(of_clusters)[1] for of_clusters in totals], axis=1)

    @cached_property
    def _stretch(self) -> Floats:
        """T [strata, p, p] with T (Σ μ′ x x′) T′ = Σ w μ′ x x′ over the rows of the stratum."""
        spread = self.leverage.spread
        stratum = np.append(spread.pair, spread.domain.size)[self.cluster]
        roots = []
        for weight, power in ((self.weight, 0.5), (self.even, -0.5)):
            sums = [group_totals(values, stratum, spread.domain.size) for values in self._products(weight)]
            sizes, axes = np.linalg.eigh(np.stack(sums, axis=1))
            kept = sizes > OWN * sizes[:, [-1]]
            roots.append(
                axes * np.where(kept, np.where(kept, sizes, 1.0) ** power, 0.0)[:, None, :] @ _turned(axes)
            )
        return np.asarray(roots[0] @ roots[1])

    @cached_property
    def _of_coefficients(self) -> Floats:
        """What calibrations follow of shifts of the coefficients in each cluster [M, p, p]."""
        return np.stack([self.fitted(values) for values in self._products(self.weight)], axis=1)

    def fitted(self, values: Floats) -> Floats:
        """What calibrations follow of row values [n, k] in each cluster, less the stratum's centre [M, k]."""
        inside = np.where(self.weight > 0, 0, -1)
        return self.design.auxiliaries.followed(self.leverage, self.cells, inside, values)
