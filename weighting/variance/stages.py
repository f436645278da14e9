"""The stages of a sample: its clusters, their strata, and how much of each stratum was drawn."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.errors import quoted
from weighting.frozen import freeze
from weighting.groups import Codes, Flags, Floats, compact, group_totals


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of sampling: C clusters in H strata.

    ``cluster`` [n] is each row's cluster; ``stratum`` [C], ``sampled`` [H] clusters drawn, ``rest`` [H] = 1 − f,
    ``share`` [H] the product of the sampling fractions of the stages before, ``parent`` [H] the cluster of the
    stage before (all 0 at the first stage), ``names`` [H] the strata and ``labels`` [C] the clusters
    as the user knows them.
    """

    cluster: Codes
    stratum: Codes
    sampled: Floats
    rest: Floats
    share: Floats
    parent: Codes
    names: NDArray[Any]
    labels: pd.Index

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def n_clusters(self) -> int:
        return self.stratum.size

    @property
    def n_strata(self) -> int:
        return self.sampled.size

    @property
    def lonely(self) -> Flags:
        """Strata [H] with one cluster of several: no variance can be seen there. A census stratum is not one."""
        return np.asarray((self.sampled == 1) & (self.rest > 0))

    @property
    def fraction(self) -> Floats:
        """Sampling fraction [n] of each row's cluster within its stratum."""
        return (1 - self.rest)[self.stratum][self.cluster]

    @property
    def reached(self) -> Floats:
        """Product of the sampling fractions down to this stage [C], of each cluster."""
        return (self.share * (1 - self.rest))[self.stratum]

    def strata_named(self, which: Flags) -> str:
        """The first of some strata [H], and how many more there are."""
        names = list(dict.fromkeys(str(name) for name in self.names[which]))
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        return quoted(names[:8]) + more

    def clusters_less_strata(self, rows: Flags, domain: Codes, n_domains: int) -> NDArray[np.int64]:
        """Clusters less strata [J, S] that the rows [n, S] of each domain lie in; domain codes [n] (−1: none)."""
        inside = domain >= 0
        used, cell = compact(self.cluster[inside] * n_domains + domain[inside], self.n_clusters * n_domains)
        cluster, of_cluster = np.divmod(used, n_domains)
        pairs, pair = compact(self.stratum[cluster] * n_domains + of_cluster, self.n_strata * n_domains)
        clusters = np.sign(group_totals(rows[inside].astype(float), cell, used.size))
        strata = np.sign(group_totals(clusters, pair, pairs.size))
        of_clusters = group_totals(clusters, of_cluster, n_domains)
        of_strata = group_totals(strata, pairs % n_domains, n_domains)
        return (of_clusters - of_strata).astype(np.int64)
