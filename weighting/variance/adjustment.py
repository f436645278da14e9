"""What a calibration takes from the variance: the regression of influence values on its auxiliaries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from weighting.groups import Codes, Floats, group_totals
from weighting.variance.stages import Stage

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: So many totals of auxiliaries are held as a full matrix.
MOST_FILLED = 4_000_000


@dataclass(frozen=True, eq=False)
class Adjustment:
    """A calibration that the variance has to know of: estimates vary only by what the auxiliaries leave over.

    ``x`` [n, p] auxiliaries, an array or a scipy.sparse matrix; ``base_weights`` [n] the weights of the regression
    (design weights for a calibration estimator; one per row, or ones, as its author defines the residual);
    ``weights`` [n] the weights after this adjustment, filled in by :meth:`Design.with_weights`.
    An influence value w·e becomes w·(e − x′b) with b the regression of e on x (Deville & Särndal, JASA 87, 1992).
    """

    x: Floats | csr_array
    base_weights: Floats
    name: str = "calibration"
    weights: Floats | None = None

    @cached_property
    def after(self) -> Floats:
        """Weights [n] after the adjustment."""
        return self.base_weights if self.weights is None else self.weights

    @cached_property
    def _slope(self) -> Floats:
        """Base weights over weights [n]: takes influence values to weighted residuals; 0 where the weight is."""
        return np.divide(self.base_weights, self.after, out=np.zeros_like(self.after), where=self.after != 0)

    @cached_property
    def _inverse(self) -> Floats:
        """Generalised inverse [p, p] of x′Dx: collinear margins are expected (every margin adds up to all)."""
        moments = self.cross(self.base_weights)
        size = np.sqrt(np.where(np.diag(moments) > 0, np.diag(moments), 1.0))
        scale = np.outer(size, size)
        return np.linalg.pinv(moments / scale, rcond=1e-11, hermitian=True) / scale

    def cross(self, q: Floats, other: Adjustment | None = None) -> Floats:
        """x′ diag(q) x, or x′ diag(q) other.x: shapes [n] → [p, p or other's p]."""
        right = (self if other is None else other).x
        product = self.x.T @ (
            right * q[:, None] if isinstance(right, np.ndarray) else right.multiply(q[:, None]).tocsr()
        )
        return product if isinstance(product, np.ndarray) else product.toarray()

    def slopes(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Regression coefficients [p, J, k] of the influence values u [n, k] of each domain (−1: none)."""
        moments = (self._moments(self._slope * column, domain, n_domains) for column in u.T)
        return self.from_moments(np.stack(list(moments), axis=2))

    def from_moments(self, moments: Floats) -> Floats:
        """Regression coefficients [p, J, k] from the moments x′q [p, J, k]."""
        return np.asarray(np.tensordot(self._inverse, moments, axes=1))

    def _moments(self, q: Floats, domain: Codes, n_domains: int) -> Floats:
        """x′q [p, J] within each domain, of row values q [n]."""
        from scipy.sparse import csr_array

        inside = np.flatnonzero(domain >= 0)
        by_domain = csr_array((q[inside], (inside, domain[inside])), shape=(q.size, n_domains))
        found = self.x.T @ by_domain
        return np.asarray(found if isinstance(found, np.ndarray) else found.toarray())

    def carried(self, earlier: Adjustment) -> Floats:
        """How this regression sees what an earlier one takes away: [p, earlier p]."""
        return self._inverse @ self.cross(self._slope * earlier.after, earlier)

    def cluster_totals(self, stage: Stage) -> Floats | csr_array:
        """Totals [C, p] of the weighted auxiliaries; sparse where they are many."""
        if isinstance(self.x, np.ndarray):
            return group_totals(self.x * self.after[:, None], stage.cluster, stage.n_clusters)
        from scipy.sparse import csr_array

        rows = np.arange(stage.cluster.size)
        to_cluster = csr_array((self.after, (stage.cluster, rows)), shape=(stage.n_clusters, rows.size))
        return filled(to_cluster @ self.x)


def filled(totals: csr_array) -> Floats | csr_array:
    """Sparse totals with their zeros filled in, unless that takes much memory."""
    return totals if totals.shape[0] * totals.shape[1] > MOST_FILLED else totals.toarray()
