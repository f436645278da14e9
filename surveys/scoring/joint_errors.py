"""Errors of one result in all units of a block at once: what comparisons of units need.

Raters who rate several units correlate them, and so does calibration to margins of the whole block; groups are independent
samples, units' external estimates too. Where nothing correlates units only their variances are worked out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch
from surveys.scoring.contributions import variances_of_externals
from surveys.scoring.inference import satterthwaite
from surveys.scoring.quantities import Bools, Floats
from surveys.scoring.small_cells import score_cells
from surveys.scoring.values import Values, influence, presence
from weighting import Raters


@dataclass(frozen=True)
class JointErrors:
    """``covariance`` of a result between units [U, U], or its variances [U] where they are independent; ``raters`` who rate
    several units; ``df`` [U]: degrees of freedom of the forms themselves, without what other units' cells lend to them."""

    covariance: Floats
    raters: Raters | None
    df: Floats

    @property
    def matrix(self) -> Floats:
        """The covariance [U, U]."""
        return np.diag(self.covariance) if self.covariance.ndim == 1 else self.covariance

    def among(self, units: Bools) -> JointErrors:
        """Those of some units [U] only; the others have no variance."""
        both = units if self.covariance.ndim == 1 else units[:, None] & units
        raters = self.raters
        if raters is not None:
            raters = Raters(np.asarray(raters.totals) * units, raters.strata, raters.fraction)
        return JointErrors(np.where(both, self.covariance, 0.0), raters, self.df)


def joint_errors(block: BlockInputs, branch: Branch) -> JointErrors:
    """Errors of one branch's scores in all U units."""
    variance = variances_of_externals(block, branch.score.external)
    joint: list[Floats] = []
    raters: list[Raters] = []
    parts, degrees = [variance], [np.full(len(variance), np.inf)]
    for group in branch.score.alpha:
        values = block.values[group]
        mine, added = by_row(values, branch, group)
        variance = variance + added
        shared = _several_units(values)
        if shared or values.sample.design.adjustments:
            covariance, totals = _across_units(values, mine)
            joint.append(covariance)
            raters += [totals] * shared
            own = np.diag(covariance)
        else:
            own = _by_unit(values, mine)
            variance = variance + own
        parts.append(own + added)
        degrees.append(_own_df(values, branch, group))
    covariance = np.diag(variance) + sum(joint) if joint else variance
    df = satterthwaite(np.array(parts), np.array(degrees))
    return JointErrors(np.asarray(covariance), _together(raters), df)


def by_row(values: Values, branch: Branch, group: str) -> tuple[Floats, Floats]:
    """Influence of each row on its unit's score [n]; and the variance [U] that flat cells add."""
    unit, alpha = values.sample.unit, branch.score.alpha[group]
    columns = influence(values, values.value, values.theta)
    cells = score_cells(values, columns)
    scaled, added = alpha, np.zeros(len(alpha))
    if cells is not None:
        scaled, added = alpha * cells.scale, (alpha**2 * cells.extra).sum(axis=1)
    mine = (columns * scaled[unit]).sum(axis=1)
    delta = branch.score.delta.get(group)
    if delta is not None:
        mine += (presence(values) * delta[unit]).sum(axis=1)
    return mine, added


def _own_df(values: Values, branch: Branch, group: str) -> Floats:
    """Clusters less strata [U] of those who answered a question that enters the result, at least 1: what is not seen in one
    cluster is taken from other units."""
    sample, asked = values.sample, branch.columns[group]
    answered = np.asarray(values.entering[:, asked].any(axis=1))
    found = sample.design.domain_degfs_of(answered[:, None], sample.unit, len(sample.population))[:, 0]
    return np.maximum(found, 1).astype(float)


def _several_units(values: Values) -> bool:
    """Whether some cluster has rows of several units."""
    cluster, unit = values.sample.design.stages[0].cluster, values.sample.unit
    first = np.full(int(cluster.max(initial=-1)) + 1, -1, dtype=np.intp)
    first[cluster] = unit
    return bool((first[cluster] != unit).any())


def _by_unit(values: Values, mine: Floats) -> Floats:
    """Variances [U] of sums within units of what the rows add [n]."""
    sample = values.sample
    return sample.design.variance_by(mine[:, None], sample.unit, len(sample.population))[:, 0]


def _across_units(values: Values, mine: Floats) -> tuple[Floats, Raters]:
    """Covariance [U, U] of sums within units of what the rows add [n], and the clusters' totals that it is made of."""
    design, unit = values.sample.design, values.sample.unit
    found = design.residuals.influence(unit, len(values.sample.population), [(mine[:, None], None)])
    stage = design.stages[0]
    stratum = stage.stratum[found.whole.cluster]
    return found.covariance(), Raters(found.dense(), stratum, 1.0 - stage.rest[stratum])


def _together(groups: list[Raters]) -> Raters | None:
    """The raters of several groups, whose strata are different ones."""
    if len(groups) < 2:
        return groups[0] if groups else None
    strata = [f"{k}/{label}" for k, raters in enumerate(groups) for label in np.asarray(raters.strata)]
    totals, fractions = (
        np.concatenate([getattr(g, name) for g in groups]) for name in ("totals", "fraction")
    )
    return Raters(totals, np.array(strata, dtype=object), fractions)
