"""Leverage: how much of its own deviation each cluster hides, and influence values that make up for it.

An estimate follows every cluster of its sample a little, the more the heavier the cluster and the fewer share its cells of
the margins. Move all answers of cluster c by one: of the v_c that its influence total would move by if the estimate
stood still (v = Σ w a of the cluster over Σ w a of the domain), its deviation keeps

    1 − h_c = 1 − 1/n_h − (v_c − v̄_h) − (what the regression on the auxiliaries follows)

so squared deviations are too small, most of all those of heavy clusters, and n/(n − 1) makes up for equal ones only. Each is
divided by 1 − h_c and, because n/(n − 1) stays, multiplied by 1 − h⁰_c, the same for equal weights in stratum and domain and
without calibration: where weights are equal and nothing is calibrated nothing changes. A sum of which few heavy clusters make
the most is known with fewer degrees of freedom: of ν = clusters − strata unequal weights leave (Σ r²)²/(m Σ r⁴).
(Bell & McCaffrey, Survey Methodology 28, 2002, 169–181; for calibrated designs Valliant, the same volume, 103–114.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse

from weighting.groups import Codes, Floats, group_totals
from weighting.variance.adjustment import Adjustment
from weighting.variance.cells import ClusterCells, Spread
from weighting.variance.influence import Centred, Residuals
from weighting.variance.stages import Stage

LEVERAGE, CLUSTERS = "leverage", "clusters"
SMALL_SAMPLE = (LEVERAGE, CLUSTERS)

#: A cluster of which less than this is left follows the margins alone: its deviation is 0 but for rounding.
NOTHING_LEFT = 1e-6

#: So many numbers of auxiliaries are filled in at a time.
BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class Leverage:
    """The first-stage cells of some domains: M clusters × domains, and their ``spread`` over the strata.

    ``above`` [cells] leads to them from the last stage's cells.
    """

    spread: Spread
    above: Codes
    domain: Codes
    n_domains: int

    @classmethod
    def of(cls, cells: ClusterCells) -> Leverage:
        spread = cells.spreads[0]
        above = np.arange(cells.n_cells) if spread.cell is None else spread.cell
        return cls(replace(spread, cell=None), above, spread.domain[spread.pair], cells.n_domains)

    def gathered(self, values: Floats) -> Floats:
        """Totals [M, k] of the last stage's cells [cells, k]."""
        return group_totals(values, self.above, self.spread.pair.size)

    @cached_property
    def centre_share(self) -> Floats:
        """Share [M, 1] of a cluster in the centre its deviation is measured from."""
        ones = np.ones((self.spread.pair.size, 1))
        pooled = group_totals(self.spread.sampled, self.spread.pool, int(self.spread.pool.max(initial=0)) + 1)
        size = np.where(self.spread.pooled, pooled[self.spread.pool], self.spread.sampled)
        return ones / size[self.spread.pair][:, None]

    def _kept(self, share: Floats, estimated: bool) -> Floats:
        """1 − h [M, k] without calibration, from each cluster's share v of its domain's weight [M, k].

        ``estimated``: whether the values are measured from an estimate, as those of means and ratios; those of totals are not.
        """
        return 1 - self.centre_share - (self.spread.deviations(share)[0] if estimated else 0.0)

    @np.errstate(divide="ignore", invalid="ignore")
    def _shares(self, weight: Floats, even: Floats) -> tuple[Floats, Floats]:
        """Share [M, k] of each cluster in its domain, and what it would be if the stratum's rows had one weight."""
        pair, pairs = self.spread.pair, self.spread.domain.size
        level = group_totals(weight, pair, pairs) / group_totals(even, pair, pairs)
        whole = group_totals(weight, self.domain, self.n_domains)[self.domain]
        return np.nan_to_num(weight / whole), np.nan_to_num(even * level[pair] / whole)

    @np.errstate(divide="ignore", invalid="ignore")
    def evenness(self, weight: Floats, even: Floats) -> Floats:
        """(Σ r²)²/(m Σ r⁴) [J, k] over the m clusters of a domain, r the mean weight of a cluster's rows over that of its
        stratum: the share of the degrees of freedom that unequal weights leave, 1 where they are equal."""
        share, even_share = self._shares(self.gathered(weight), self.gathered(even))
        squared = np.divide(share, even_share, out=np.zeros_like(share), where=even_share > 0) ** 2
        m, sums, squares = (
            group_totals(np.asarray(v, dtype=float), self.domain, self.n_domains)
            for v in (squared > 0, squared, squared**2)
        )
        return np.where(squares > 0, sums**2 / (m * squares), 1.0)

    def lacking(self, totals: Floats, weight: Floats, even: Floats, fits: Fits | None = None) -> Floats:
        """What totals z [cells, k] of influence values lack per unit of ``weight`` [cells, k].

        With it they are z + (φ − 1)(z − z̄) in each first-stage cluster, φ² = (1 − h⁰)/(1 − h). ``weight`` is Σ w a and
        ``even`` Σ a (for a ratio Σ w a x and Σ a x).
        """
        own, estimated = self.gathered(weight), fits is None or fits.of_weight is not None
        share, even_share = self._shares(own, self.gathered(even))
        deviation, _ = self.spread.deviations(self.gathered(totals))
        left = self._kept(share, estimated)
        if fits is not None:
            deviation, left = deviation - fits.of_values, left - fits.of_own
            left = left if fits.of_weight is None else left + fits.of_weight
        usable = (left > NOTHING_LEFT) & (own != 0)
        squared = np.divide(self._kept(even_share, estimated), left, out=np.ones_like(left), where=usable)
        factor = np.sqrt(np.maximum(squared, 0.0))
        return np.divide((factor - 1) * deviation, own, out=np.zeros_like(own), where=usable)[self.above]


@dataclass(frozen=True, eq=False)
class Fits:
    """What regressions on the auxiliaries follow in each cluster × domain [M, k], measured from the strata's centres:
    ``of_values`` of the influence totals, ``of_own`` of a shift of the cluster's own values, relative to it, ``of_weight``
    of the shift of the estimate that comes with it (None for totals, which are not measured from an estimate)."""

    of_values: Floats
    of_own: Floats
    of_weight: Floats | None


@dataclass(frozen=True, eq=False)
class Auxiliaries:
    """The auxiliaries of a design's adjustments as totals of the clusters of its first stage."""

    residuals: Residuals
    stage: Stage

    @cached_property
    def _spread(self) -> Spread:
        return replace(self.residuals.whole.spreads[0], cell=None)

    @cached_property
    def _each(self) -> list[sparse.csr_array]:
        return [sparse.csr_array(a.cluster_totals(self.stage)) for a in self.residuals.adjustments]

    @cached_property
    def _together(self) -> Centred:
        return Centred.of(self._spread, sparse.csr_array(sparse.hstack(self._each)))

    def fits(
        self,
        leverage: Leverage,
        cells: ClusterCells,
        domain: Codes,
        given: tuple[Floats, Floats],
        estimated: bool,
    ) -> Fits:
        """What they follow of the influence values and of the weights ``given`` [n, k] in each first-stage cell."""
        u, weight = given
        cluster = self.clusters_of(leverage, cells)
        size = leverage.gathered(cells.totals(weight))
        followed = leverage.gathered(cells.totals(weight * self.own[:, None]))
        of_own = np.divide(followed, size, out=np.zeros_like(size), where=size != 0)
        of_values = self.followed(leverage, cells, domain, u)
        if not estimated:
            return Fits(of_values, of_own, None)
        whole = group_totals(size, leverage.domain, cells.n_domains)
        slopes = self.residuals.slopes(weight, domain, cells.n_domains)
        per_weight = np.divide(slopes, whole, out=np.zeros_like(slopes), where=whole != 0)
        return Fits(of_values, of_own, self._fitted(cluster, leverage.domain, per_weight))

    def clusters_of(self, leverage: Leverage, cells: ClusterCells) -> Codes:
        """The cluster [M] of each first-stage cell."""
        rows = np.flatnonzero(cells.cell < cells.n_cells)
        cluster = np.empty(leverage.domain.size, dtype=np.intp)
        cluster[leverage.above[cells.cell[rows]]] = self.stage.cluster[rows]
        return cluster

    def followed(self, leverage: Leverage, cells: ClusterCells, domain: Codes, values: Floats) -> Floats:
        """What the regressions follow of row values [n, k] in each first-stage cell, less the centre of its stratum [M, k]."""
        slopes = self.residuals.slopes(values, domain, cells.n_domains)
        return self._fitted(self.clusters_of(leverage, cells), leverage.domain, slopes)

    def _fitted(self, cluster: Codes, domain: Codes, slopes: Floats) -> Floats:
        """Fitted totals [M, k] of clusters [M] in domains [M] less the centres of their strata; slopes [p, J, k]."""
        found = np.empty((cluster.size, slopes.shape[2]))
        order = np.argsort(domain, kind="stable")
        edges = np.searchsorted(domain[order], np.arange(slopes.shape[1] + 1))
        totals, centre = self._together.totals, self._together.centre
        for j, (start, stop) in enumerate(pairwise(edges)):
            mine, b = order[start:stop], slopes[:, j]
            pairs, pair = np.unique(self._spread.pair[cluster[mine]], return_inverse=True)
            found[mine] = totals[cluster[mine]] @ b - (centre[pairs] @ b)[pair]
        return found

    @cached_property
    def own(self) -> Floats:
        """How much a row's own influence value moves its cluster's fitted total less the stratum's centre [n]."""
        adjustments, carried = self.residuals.adjustments, self.residuals.carried
        seen = list(
            self._each
        )  # what each regression on its own moves: the later ones see what the earlier left
        for m in range(len(adjustments) - 1, -1, -1):
            for earlier, factor in enumerate(carried[m]):
                seen[earlier] = sparse.csr_array(seen[earlier] - sparse.csr_array(seen[m] @ factor))
        parts = zip(adjustments, seen, strict=True)
        return np.asarray(sum(self._own_of(a, Centred.of(self._spread, totals)) for a, totals in parts))

    def _own_of(self, adjustment: Adjustment, seen: Centred) -> Floats:
        """The part of one adjustment [n]: slope · x′(x′Dx)⁻¹(X_c − X̄_h)."""
        found = np.empty(adjustment.cell.size)
        order = np.argsort(adjustment.cell, kind="stable")
        step = max(1, BLOCK // max(1, adjustment.x.shape[1]))
        x = sparse.csr_array(adjustment.x)
        for start in range(0, order.size, step):
            rows = order[start : start + step]
            cells, cell = np.unique(adjustment.cell[rows], return_inverse=True)
            leading = (x[cells] @ adjustment.inverse)[cell]
            cluster = self.stage.cluster[rows]
            total = seen.totals[cluster].multiply(leading).sum(axis=1)
            centre = seen.centre[self._spread.pair[cluster]].multiply(leading).sum(axis=1)
            found[rows] = np.asarray(total - centre).ravel()
        return found * adjustment.slope


def in_columns(shape: tuple[int, ...]) -> Iterator[slice]:
    """So many columns of a matrix of this shape at a time as are worked on together.

    >>> list(in_columns((2_000_000, 3)))
    [slice(0, 2, None), slice(2, 4, None)]
    """
    step = max(1, BLOCK // max(1, shape[0]))
    return (slice(start, start + step) for start in range(0, shape[1], step))


def is_even(weights: Floats, stratum: Codes, n_strata: int) -> bool:
    """Whether the rows of each stratum [n] have one weight, those of weight 0 aside.

    >>> is_even(np.array([2.0, 2.0, 0.0, 3.0]), np.array([0, 0, 0, 1]), 2)
    True
    """
    rows = weights > 0
    any_of = np.zeros(n_strata)
    any_of[stratum[rows]] = weights[rows]
    return bool((weights[rows] == any_of[stratum[rows]]).all())
