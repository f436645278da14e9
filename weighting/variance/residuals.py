"""Influence values after calibration: what the regressions on the auxiliaries leave over, and its variance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from weighting.groups import Codes, Flags, Floats, group_totals
from weighting.variance.adjustment import Adjustment
from weighting.variance.cells import ClusterCells
from weighting.variance.influence import BLOCK_OF_TOTALS, Centred, Influence, centred, joint_covariance
from weighting.variance.stages import Stage

#: So many covariances of auxiliaries by stratum are kept.
MOST_OF_STRATA = 8_000_000


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
    def _carried(self) -> list[list[Floats]]:
        """How each adjustment sees what each of the earlier ones takes away."""
        return [
            [a.carried(earlier) for earlier in self.adjustments[:m]] for m, a in enumerate(self.adjustments)
        ]

    def slopes(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Coefficients [p, J, k] of u [n, k] by domain, each adjustment seeing what the earlier ones left."""
        found: list[Floats] = []
        for adjustment, carried in zip(self.adjustments, self._carried, strict=True):
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

    def _blocks(self, n_domains: int, k: int) -> Iterator[range]:
        """Domains in blocks, so that the totals of all clusters in a block stay near 64 MB."""
        size = max(1, BLOCK_OF_TOTALS // max(1, self.stage.n_clusters * k))
        return (range(start, min(start + size, n_domains)) for start in range(0, n_domains, size))

    def _totals_in_blocks(self, u: Floats, domain: Codes, n_domains: int) -> Iterator[Floats]:
        """:meth:`totals` of one block of domains after the other."""
        for block in self._blocks(n_domains, u.shape[1]):
            inside = (domain >= block.start) & (domain < block.stop)
            yield self.totals(u, np.where(inside, domain - block.start, -1), len(block))

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
        the stratum's auxiliaries; in the others they are computed."""
        b = self.slopes(u, domain, n_domains).transpose(1, 0, 2)
        reached = self._reached(domain, n_domains)
        result = self._unreached_part(b, reached)
        for block in self._blocks(n_domains, u.shape[1]):
            of_block, cluster = np.nonzero(reached[:, block.start : block.stop].T[:, self._stratum])
            spread = self.whole.spreads[0].in_domains(cluster, of_block, len(block))
            own = self._own_totals(u, domain, block, cluster, of_block)
            for j in range(len(block)):
                mine = of_block == j
                own[mine] -= self.taken[cluster[mine]] @ b[block[j]]
            result[block.start : block.stop] += spread.covariance(own)
        return result

    @property
    def _stratum(self) -> Codes:
        """Stratum of each cluster [C]."""
        return self.whole.spreads[0].pair

    def _reached(self, domain: Codes, n_domains: int) -> Flags:
        """Strata with a row of each domain [H, J]."""
        reached = np.zeros((self.whole.spreads[0].domain.size, n_domains), dtype=bool)
        inside = np.flatnonzero(domain >= 0)
        reached[self._stratum[self.stage.cluster[inside]], domain[inside]] = True
        return reached

    def _unreached_part(self, b: Floats, reached: Flags) -> Floats:
        """Σ b′Gb [J, k, k] over the strata a domain does not reach; b [J, p, k]."""
        p = b.shape[1]
        summed = (~reached).T.astype(float) @ self._of_strata.reshape(-1, p**2)
        return np.asarray(b.transpose(0, 2, 1) @ summed.reshape(-1, p, p) @ b)

    def _own_totals(self, u: Floats, domain: Codes, block: range, cluster: Codes, of_block: Codes) -> Floats:
        """Totals [M, k] of u in the M pairs of a cluster and a domain of the block."""
        place = np.empty((self.stage.n_clusters, len(block)), dtype=np.intp)
        place[cluster, of_block] = np.arange(cluster.size)
        here = np.flatnonzero((domain >= block.start) & (domain < block.stop))
        key = place[self.stage.cluster[here], domain[here] - block.start]
        return group_totals(u[here], key, cluster.size)

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
