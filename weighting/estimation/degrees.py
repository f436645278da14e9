"""Degrees of freedom of domains and of combinations of them.

A domain has ν = clusters − strata among those of the first stage that hold rows of it with a value and a positive weight.
A combination of domains has Welch's ν = (Σ V_j)² / Σ V_j²/ν_j, with V_j the part of domain j in its variance, and never more
than the clusters less strata that its domains reach together. (Welch, Biometrika 34, 1947; Satterthwaite, Biometrics
Bulletin 2, 1946.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from weighting.groups import Codes, Flags, Floats, compact, group_totals
from weighting.variance.cells import ClusterCells
from weighting.variance.stages import Stage


def reached(cells: ClusterCells, present: Flags) -> tuple[Floats, Floats]:
    """Clusters and strata of the first stage [J, k] each, in which a domain has one of its cells ``present`` [M, k]."""
    first = cells.spreads[0]
    held = present.astype(float)
    clusters = held if first.cell is None else np.sign(group_totals(held, first.cell, first.pair.size))
    strata = np.sign(group_totals(clusters, first.pair, first.domain.size))
    of_domain = group_totals(clusters, first.domain[first.pair], first.n_domains)
    return of_domain, group_totals(strata, first.domain, first.n_domains)


@dataclass(frozen=True, eq=False)
class Span:
    """Which clusters of the first stage hold rows of which domain: ``member`` [C, J], and the ``stratum`` [C] of each."""

    member: sparse.csr_array
    stratum: Codes

    @classmethod
    def of(cls, stage: Stage, weights: Floats, domain: Codes, n_domains: int) -> Span:
        """From the domain of each row [n] (−1: none); rows without weight do not count."""
        inside = np.flatnonzero((domain >= 0) & (weights > 0))
        key = stage.cluster[inside] * n_domains + domain[inside]
        where = np.divmod(compact(key, stage.n_clusters * n_domains)[0], n_domains)
        shape = (stage.n_clusters, n_domains)
        return cls(sparse.csr_array((np.ones(where[0].size), where), shape=shape), stage.stratum)

    def degrees(self, used: Flags) -> Floats:
        """Clusters less strata [q] that the rows ``used`` [K, q] of a table reach together, its domains varying slowest."""
        domains = self.member.shape[1]
        of_domain = used.reshape(domains, -1, used.shape[1]).any(axis=1)
        clusters = _indicated(self.member @ sparse.csr_array(of_domain.astype(float)))
        rows = np.arange(self.stratum.size)
        shape = (int(self.stratum.max(initial=0)) + 1, rows.size)
        strata = _indicated(
            sparse.csr_array((np.ones(rows.size), (self.stratum, rows)), shape=shape) @ clusters
        )
        return np.asarray(clusters.sum(axis=0) - strata.sum(axis=0), dtype=float)


def _indicated(matrix: sparse.csr_array) -> sparse.csr_array:
    """1 where a count is not 0."""
    found = sparse.csr_array(matrix)
    found.data[:] = 1.0
    return found


def of_combinations(weights: Floats, covariance: Floats, df: Floats, place: Codes) -> Floats:
    """Welch's degrees of freedom [q] of combinations ``weights`` [K, q] of rows with this covariance [K, K].

    ``df`` [K] of the rows and ``place`` [K] their domain (each of 0 … J − 1 has a row); within one domain the fewest of the rows
    used count.

    >>> apart = of_combinations(np.array([[1.0], [-1.0]]), np.eye(2), np.array([4.0, 4.0]), np.array([0, 1]))
    >>> apart.tolist(), of_combinations(np.array([[1.0], [-1.0]]), np.eye(2), np.array([4.0, 4.0]), np.array([0, 0])).tolist()
    ([8.0], [4.0])
    """
    domains = int(place.max(initial=0)) + 1
    known = np.where((place[:, None] == place) & ~np.isnan(covariance), covariance, 0.0)
    part = np.maximum(group_totals((known @ weights) * weights, place, domains), 0.0)
    order = np.argsort(place, kind="stable")
    first = np.searchsorted(place[order], np.arange(domains))
    own = np.minimum.reduceat(np.where(weights != 0, df[:, None], np.inf)[order], first, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        costs = np.where(part > 0, part**2 / own, 0.0).sum(axis=0)
        found = part.sum(axis=0) ** 2 / costs
    return np.asarray(np.where(costs > 0, found, own.min(axis=0)), dtype=float)
