"""Strata, clusters and finite populations of a stage, worked out from its columns, and what can be wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.errors import rows_named
from weighting.groups import Codes, Floats, coded, compact
from weighting.variance.stages import Stage

#: A stratum with less than this share of its clusters unseen counts as a census.
CENSUS = 1e-7


def fpc_role(number: int) -> str:
    """What messages call the population sizes of a stage."""
    return "fpc" if number == 0 else f"fpc of stage {number + 1}"


@dataclass(frozen=True, eq=False)
class StageColumns:
    """The columns of one stage [n], none of them with gaps; None where not given. ``number`` counts from 0."""

    number: int
    strata: pd.Series | None
    clusters: pd.Series | None
    fpc: Floats | None


@dataclass(frozen=True, eq=False)
class StageBuilder:
    """Makes stages from columns with rows named by ``index`` [n], and adds what is wrong with them to ``problems``.

    ``nest``: whether cluster labels count within their stratum; None: the labels tell.
    """

    index: pd.Index
    nest: bool | None
    problems: list[str]

    def build(self, columns: list[StageColumns]) -> tuple[Stage, ...]:
        """One stage after the other."""
        built: list[Stage] = []
        for given in columns:
            above = (built[-1], columns[given.number - 1]) if built else None
            built.append(self._stage(given, above))
        return tuple(built)

    def _stage(self, given: StageColumns, above: tuple[Stage, StageColumns] | None) -> Stage:
        stratum, parent, names = self._strata(given, above)
        cluster, of_cluster = self._clusters(given, stratum, names)
        sampled = np.bincount(of_cluster, minlength=names.size).astype(float)
        rest = 1 - self._fractions(given, stratum, sampled, names)
        share = np.ones(names.size)
        if above is not None:
            of_parent = above[0].stratum[parent]
            share = above[0].share[of_parent] * (1 - above[0].rest[of_parent])
        return Stage(
            cluster=cluster,
            stratum=of_cluster,
            sampled=sampled,
            rest=np.where(rest < CENSUS, 0.0, rest),
            share=share,
            parent=parent,
            names=names,
        )

    def _strata(
        self, given: StageColumns, above: tuple[Stage, StageColumns] | None
    ) -> tuple[Codes, Codes, NDArray[Any]]:
        """Stratum of each row [n], and the cluster above and the name of each stratum [H]; within the clusters above."""
        n = len(self.index)
        codes, labels = np.zeros(n, dtype=np.intp), pd.Index(["all"])
        if given.strata is not None:
            codes, labels = coded(given.strata)
        if above is None:
            used, stratum = compact(codes, len(labels))
            return stratum, np.zeros_like(used), labels[used].astype(str).to_numpy(dtype=object)
        stage, columns = above
        key = stage.cluster * len(labels) + codes
        used, stratum = compact(key, stage.n_clusters * len(labels))
        parent, of_label = np.divmod(used, len(labels))
        row = np.empty(stage.n_clusters, dtype=np.intp)
        row[stage.cluster] = np.arange(n)
        assert columns.clusters is not None  # a stage below has clusters above it
        names = columns.clusters.iloc[row[parent]].astype(str).to_numpy(dtype=object)
        if given.strata is not None:
            names = names + "/" + labels[of_label].astype(str).to_numpy(dtype=object)
        return stratum, parent, names

    def _clusters(self, given: StageColumns, stratum: Codes, names: NDArray[Any]) -> tuple[Codes, Codes]:
        """Cluster of each row [n] and stratum of each cluster [C]; every row its own cluster where none are given."""
        if given.clusters is None:
            return np.arange(len(self.index), dtype=np.intp), stratum
        label, labels = coded(given.clusters)
        used, cluster = compact(stratum * len(labels) + label, names.size * len(labels))
        of_cluster, of_label = np.divmod(used, len(labels))
        if given.number == 0 and not self.nest:
            self._crossing(of_label, labels, names[of_cluster])
        return cluster, of_cluster

    def _crossing(self, label: Codes, labels: pd.Index, strata: NDArray[Any]) -> None:
        """Labels that are found in several strata: ``label`` and the name of the stratum of each cluster [C]."""
        count = np.bincount(label)
        twice = np.flatnonzero(count > 1)
        if self.nest is None and 2 * twice.size > np.count_nonzero(count):
            return  # labels that count within strata are found in most of them
        for code in twice[:5]:
            where = ", ".join(repr(str(name)) for name in strata[label == code])
            self.problems.append(
                f"clusters: {str(labels[code])!r} lies in strata {where}; a cluster has one stratum "
                "(labels that count within strata: nest=True)"
            )
        if twice.size > 5:
            self.problems.append(f"clusters: {twice.size - 5} more lie in several strata")

    def _fractions(self, given: StageColumns, stratum: Codes, sampled: Floats, names: NDArray[Any]) -> Floats:
        """Sampling fraction [H]; 0 where no finite population is declared."""
        if given.fpc is None:
            return np.zeros(sampled.size)
        size = np.empty(sampled.size)
        size[stratum] = given.fpc
        problem = self._fpc_problem(given.fpc, size, stratum, names)
        if problem:
            self.problems.append(f"{fpc_role(given.number)}: {problem}")
            return np.zeros(sampled.size)
        if (given.fpc <= 1).all():
            return size
        with np.errstate(divide="ignore"):
            fraction = sampled / size
        self.problems.extend(
            f"{fpc_role(given.number)}: a sampling fraction above 1 in stratum {str(names[h])!r}: "
            f"{sampled[h]:g} clusters drawn from {size[h]:g}"
            for h in np.flatnonzero(fraction > 1)[:5]
        )
        return fraction

    def _fpc_problem(self, fpc: Floats, size: Floats, stratum: Codes, names: NDArray[Any]) -> str:
        """What is wrong with sizes or fractions [n] beside those of their strata [H]; empty if nothing is."""
        if (fpc < 0).any():
            return f"negative in {rows_named(fpc < 0, self.index, fpc)}"
        over, under = fpc > 1, (fpc > 0) & (fpc < 1)
        if over.any() and under.any():
            return (
                f"a sampling fraction above 1 in {rows_named(over, self.index, fpc)}, beside "
                f"fractions below 1 in {rows_named(under, self.index, fpc)}; give all fractions or all sizes"
            )
        uneven = np.unique(stratum[fpc != size[stratum]])
        if uneven.size:
            where = ", ".join(repr(str(names[h])) for h in uneven[:5])
            return f"differs within stratum {where}; one value per stratum is needed"
        return ""
