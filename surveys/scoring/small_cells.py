"""Variances of the items of small cells: unit by unit, each informed by the same item and group in the other units of the block.

A cell in which all answers are equal has no variance of its own and would add none to the results it enters, as if it had
been asked in full. :mod:`weighting.moderation.cells_in_range` gives every cell the variance that is likely given all cells:
where answers differ the influence values are scaled to it, which keeps every covariance a covariance; where they are equal an
independent component is added. A complete census is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.scoring.quantities import Floats
from surveys.scoring.values import Values
from weighting.moderation.cells_in_range import moderated


@dataclass(frozen=True)
class CellVariances:
    """What moderation changes in the items of one group, [U, I] each.

    ``scale``: factor of the influence values of the cell's answers; ``extra``: variance of the cell's total N − θD that is added
    independently of everything else; ``df``: degrees of freedom of the cell's variance, ``gained`` of them from the other
    cells; ``borrowed``: share of the cell's variance that comes from the others; ``prior_df`` [I]: what these are worth.
    """

    scale: Floats
    extra: Floats
    df: Floats
    gained: Floats
    borrowed: Floats
    prior_df: Floats


def score_cells(values: Values, columns: Floats) -> CellVariances | None:
    """:func:`cell_variances` of the scores, of which the influence is given as ``columns`` [n, I]; None where the study leaves
    variances as they are."""
    if not values.moderate:
        return None
    sample = values.sample
    variance = sample.design.variance_by(columns, sample.unit, len(sample.population))
    return cell_variances(values, values.theta, variance)


def cell_variances(values: Values, theta: Floats, variance: Floats) -> CellVariances:
    """The moderated variances of one group's items, of whose totals N − θD the linearised ``variance`` V [U, I] is given.

    A cell's own variance is s² = V/D² · n/(1 − f), with n = D²/Σ w² a after Kish.
    """
    sample, D = values.sample, values.answers
    rest = 1.0 - sample.fraction[:, None]
    squares = values.by_unit(values.weight**2 * values.valid)
    own = sample.design.weighted_degfs_of(values.valid, sample.unit, len(D))
    own = np.maximum(own, 0).astype(float)
    inside = values.shown & (D > 0) & (rest > 0) & ~np.isnan(theta)
    of_one = np.where(inside, rest * squares, 1.0)  # V for s² = 1
    s2 = np.maximum(variance, 0.0) / of_one
    n = np.where(inside, D**2 / np.where(inside, squares, 1.0), 1.0)
    means = np.where(inside, theta, np.nan)
    cells = [moderated(means[:, k], s2[:, k], n[:, k], own[:, k]) for k in range(len(values.items))]
    new, df, borrowed, flat = (
        np.stack([getattr(cell, name) for cell in cells], axis=1)
        for name in ("variance", "df", "borrowed", "flat")
    )
    df = np.where(inside, df, own)
    return CellVariances(
        scale=np.sqrt(np.divide(new, s2, out=np.ones_like(s2), where=inside & ~flat)),
        extra=np.where(inside & flat, new * of_one, 0.0),
        df=df,
        gained=df - own,
        borrowed=np.where(inside, borrowed, 0.0),
        prior_df=np.array([cell.prior_df for cell in cells]),
    )
