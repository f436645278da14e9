"""What a calibration takes from the variance: the regression of influence values on its auxiliaries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from weighting.groups import SMALL_TABLE, Codes, Flags, Floats
from weighting.variance.stages import Stage

#: So many totals of auxiliaries are held as a full matrix.
MOST_FILLED = 4_000_000


@dataclass(frozen=True, eq=False)
class Adjustment:
    """A calibration that the variance has to know of: estimates vary only by what the auxiliaries leave over.

    ``x`` auxiliaries [n, p], an array or a scipy.sparse matrix; where rows share theirs, those of each cell [cells, p] with
    ``index`` [n], the cell of each row. ``base_weights`` [n] the weights of the regression (design weights for a calibration
    estimator; one per row, or ones, as its author defines the residual); ``weights`` [n] the weights after this
    adjustment, filled in by :meth:`Design.with_weights`.
    An influence value w·e becomes w·(e − x′b) with b the regression of e on x (Deville & Särndal, JASA 87, 1992).
    """

    x: Floats | csr_array
    base_weights: Floats | Flags
    name: str = "calibration"
    weights: Floats | None = None
    index: NDArray[np.integer] | None = None

    @cached_property
    def after(self) -> Floats:
        """Weights [n] after the adjustment."""
        return np.asarray(self.base_weights, dtype=float) if self.weights is None else self.weights

    @cached_property
    def cell(self) -> NDArray[np.integer]:
        """Row of x for each row of the sample [n]."""
        return np.arange(len(self.base_weights)) if self.index is None else self.index

    @cached_property
    def slope(self) -> Floats:
        """Base weights over weights [n]: takes influence values to weighted residuals; 0 where the weight is."""
        return np.divide(self.base_weights, self.after, out=np.zeros_like(self.after), where=self.after != 0)

    @cached_property
    def inverse(self) -> Floats:
        """Generalised inverse [p, p] of x′Dx: collinear margins are expected (every margin adds up to all)."""
        moments = self.cross(self.base_weights, self)
        size = np.sqrt(np.where(np.diag(moments) > 0, np.diag(moments), 1.0))
        scale = np.outer(size, size)
        return np.asarray(np.linalg.pinv(moments / scale, rcond=1e-11, hermitian=True) / scale)

    def sums(self, q: Floats | Flags, group: NDArray[np.integer], n_groups: int) -> Floats | csr_array:
        """Σ q x [n_groups, p] of row values q [n] by group [n]; ``n_groups``: in none."""
        cells = self.x.shape[0]
        if cells * (n_groups + 1) <= 4 * self.cell.size + SMALL_TABLE:
            key = group.astype(np.intp) * cells + self.cell
            table = np.bincount(key, q, cells * (n_groups + 1))
            return np.asarray(table.reshape(-1, cells)[:n_groups] @ self.x)
        entries = csr_array((np.asarray(q, dtype=float), (group, self.cell)), shape=(n_groups + 1, cells))
        found = entries[:n_groups] @ self.x
        return found if isinstance(found, np.ndarray) else csr_array(found)

    def cross(self, q: Floats | Flags, other: Adjustment) -> Floats:
        """x′ diag(q) other.x: row values q [n] → [p, other's p]."""
        cells = other.x.shape[0]
        found = self.sums(q, other.cell, cells).T @ other.x
        return found if isinstance(found, np.ndarray) else found.toarray()

    def slopes(self, u: Floats, domain: Codes, n_domains: int) -> Floats:
        """Regression coefficients [p, J, k] of the influence values u [n, k] of each domain (−1: none)."""
        group = np.where(domain < 0, n_domains, domain)
        moments = [filled(self.sums(self.slope * column, group, n_domains)).T for column in u.T]
        return np.asarray(np.tensordot(self.inverse, np.stack(moments, axis=2), axes=1))

    def carried(self, earlier: Adjustment) -> Floats:
        """How this regression sees what an earlier one takes away: [p, earlier p]."""
        return self.inverse @ self.cross(self.slope * earlier.after, earlier)

    def cluster_totals(self, stage: Stage) -> Floats | csr_array:
        """Totals [C, p] of the weighted auxiliaries; sparse where they are many."""
        found = self.sums(self.after, stage.cluster, stage.n_clusters)
        return found if stage.n_clusters * self.x.shape[1] > MOST_FILLED else filled(found)


def filled(matrix: Floats | csr_array) -> Floats:
    """A matrix with its zeros filled in."""
    return matrix if isinstance(matrix, np.ndarray) else matrix.toarray()
