"""What each independent sample adds to the results: variances, degrees of freedom, numbers of forms.

One pass over the rows of each group gives, unit by unit, the covariance of the influence of its item totals; every branch is
then a quadratic form of it (statistics.md §1). Groups are independent samples, so their variances add; external
estimates of a unit that come from one document are taken as correlated (cautiously, fully so by default).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surveys.definitions.study.records import External
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch
from surveys.scoring.quantities import Bools, Floats, Quantity
from surveys.scoring.small_cells import CellVariances, cell_variances
from surveys.scoring.values import Values, influence, presence
from weighting.groups import group_totals


@dataclass(frozen=True)
class Contribution:
    """What one independent sample adds to R branches; nothing (0 and False) where a branch has none of it.

    ``variance``, ``used`` and ``df`` [2, R, U] are of the score and of the satisfied share; ``borrowed`` is the part of the
    score's variance that comes from other units' cells, ``prior_df`` what these are worth, summed over its items.
    ``forms``: evaluations; ``absolute`` Σ|aᵢ| and ``squares`` Σaᵢ² of the respondents' coefficients in the score, an external
    estimate being one; ``n``, ``share`` (weight of the sample in the score) and ``inverse`` (share²/n*, with n* its effective
    size) are for a result without variation; ``alone``: the sample has one cluster only, and not the whole population.
    """

    variance: Floats
    used: Bools
    df: Floats
    borrowed: Floats
    prior_df: Floats
    forms: Floats
    absolute: Floats
    squares: Floats
    n: Floats
    share: Floats
    inverse: Floats
    alone: Bools


# --- a group ----------------------------------------------------------------------------------------------------------


def of_group(values: Values, branches: Sequence[Branch], group: str) -> Contribution:
    """What the sample of one group adds to R branches, of which at least one rests on it.

    The influence values of item k are w a (y − θ) and, where some of the branches is ``pooled``, w a; their covariance is
    worked out unit by unit, for the score and for the satisfied share.
    """
    mine = [r for r, branch in enumerate(branches) if group in branch.score.alpha]
    both = [[branches[r].score for r in mine], [branches[r].satisfied for r in mine]]
    pooled = any(group in quantity.delta for quantities in both for quantity in quantities)
    if all(score.derived_as(satisfied) for score, satisfied in zip(*both, strict=True)):
        both = both[:1]
    slopes = np.array([[_slopes(q, group, pooled) for q in quantities] for quantities in both])
    items, sample = len(values.items), values.sample
    used = np.broadcast_to((slopes[..., :items] != 0).any(axis=-1), (2, *slopes.shape[1:3]))
    slopes = np.broadcast_to(slopes, (2, *slopes.shape[1:]))
    columns = np.array([branches[r].columns[group] for r in mine])
    forms, df = counts(values, columns)
    alpha, rest = slopes[0, ..., :items], 1.0 - sample.fraction
    forms = np.where(used[0], forms, 0.0)
    share = (alpha * values.answers).sum(axis=-1)
    spread = [_spread(values, q, pooled, df, k) for k, q in enumerate(slopes)]
    found = Contribution(
        variance=np.array([one.variance for one in spread]),
        used=used,
        df=np.array([one.df for one in spread]),
        borrowed=spread[0].borrowed,
        prior_df=np.where(used[0], columns @ spread[0].prior_df[:, None], 0.0),
        forms=forms,
        absolute=np.abs(share),
        squares=_quadratic(alpha, values.gram),
        n=forms,
        share=share,
        inverse=np.where(used[0], share**2 * rest / np.maximum(forms, 1.0), 0.0),
        alone=used[0] & (df == 0) & (rest > 0),
    )
    return Contribution(*(_among(len(branches), mine, getattr(found, f.name)) for f in fields(found)))


def _slopes(quantity: Quantity, group: str, pooled: bool) -> Floats:
    """Derivative of a quantity by the item totals of a group, [U, I]; also by their numbers of answers, [U, 2I], if pooled."""
    alpha = quantity.alpha[group]
    return np.hstack([alpha, quantity.delta.get(group, np.zeros_like(alpha))]) if pooled else alpha


class _Spread(NamedTuple):
    """Variance of R results [R, U], its degrees of freedom, the part borrowed from other units, and d₀ of the items [I]."""

    variance: Floats
    df: Floats
    borrowed: Floats
    prior_df: Floats


def _spread(values: Values, slopes: Floats, pooled: bool, df: Floats, which: int) -> _Spread:
    """The variance of results with derivatives ``slopes`` [R, U, K], of the score (``which`` = 0) or the satisfied share (1);
    ``df`` [R, U] are the sample's own degrees of freedom."""
    y, theta = ((values.value, values.theta), (values.satisfied, values.satisfied_share))[which]
    columns = influence(values, y, theta)
    if pooled:
        columns = np.hstack([columns, presence(values)])
    covariance = values.sample.design.covariance_by(
        columns, values.sample.unit, len(values.sample.population)
    )
    items = len(values.items)
    if not values.moderate:
        nothing = np.zeros_like(df)
        return _Spread(_quadratic(slopes, covariance), df, nothing, np.zeros(items))
    cells = cell_variances(values, theta, np.einsum("ukk->uk", covariance)[:, :items])
    scale = np.ones(covariance.shape[:2])
    scale[:, :items] = cells.scale
    covariance = covariance * scale[:, :, None] * scale[:, None, :]
    return _moderated(slopes, covariance, cells, df)


def _moderated(slopes: Floats, covariance: Floats, cells: CellVariances, df: Floats) -> _Spread:
    """The variance with what flat cells add to it, and its degrees of freedom after Satterthwaite.

    Flat cells are independent of everything else. Of the rest the items' variances have the sample's own degrees of freedom and
    what they gain from other units; what the items share is known from the sample alone. The errors of the two go together.
    """
    items = cells.scale.shape[1]
    squared = slopes[..., :items] ** 2
    varied = np.maximum(
        np.einsum("ukk->uk", covariance)[:, :items], 0.0
    )  # but for the noise of adding floats

    def over_items(of_cell: Floats, weight: Floats = squared) -> Floats:
        return np.asarray((weight.transpose(1, 0, 2) @ of_cell[:, :, None])[..., 0].T)

    own, added = _quadratic(slopes, covariance), over_items(cells.extra)
    parts = over_items(varied)
    gained = np.divide(over_items(varied * cells.gained), parts, out=np.zeros_like(own), where=parts > 0)
    total, one = own + added, np.maximum(cells.df, 1.0)
    spread = _spread_of_varied(
        own, parts, over_items(np.sqrt(varied), np.abs(slopes[..., :items])) ** 2, df, gained
    )
    spread += over_items(cells.extra**2 / one, squared**2)
    degrees = np.divide(total**2, spread, out=np.array(df), where=spread > 0)
    from_others = over_items((varied + cells.extra) * cells.borrowed)
    share = np.divide(from_others, parts + added, out=np.zeros_like(total), where=parts + added > 0)
    return _Spread(total, degrees, share * total, cells.prior_df)


def _spread_of_varied(own: Floats, parts: Floats, most: Floats, df: Floats, gained: Floats) -> Floats:
    """V²/ν [R, U] of variances V = ``own``, of which the items' own variances make ``parts``, and which would be ``most`` if
    they always went together.

    The items' variances have ν + gained degrees of freedom; what they share, r = (V − parts)/(most − parts), is known from
    the sample alone, with an error in proportion to √((1 + r²)/2), as that of a covariance.
    """
    few, more = np.maximum(df, 1.0), np.maximum(df + gained, 1.0)
    shared = np.maximum(most - parts, 0.0)
    r = np.clip(np.divide(own - parts, shared, out=np.zeros_like(own), where=shared > 0), -1.0, 1.0)
    error = parts / np.sqrt(more) + shared * np.sqrt((1.0 + r**2) / 2.0) / np.sqrt(few)
    return np.clip(error**2, own**2 / more, own**2 / few)


def _quadratic(slopes: Floats, matrix: Floats) -> Floats:
    """q′Cq [R, U] for derivatives q [R, U, K] and matrices C [U, K, K]."""
    by_unit = slopes.transpose(1, 0, 2)
    return np.asarray(((by_unit @ matrix) * by_unit).sum(axis=-1).T)


def counts(values: Values, sets: Bools) -> Floats:
    """Evaluations and degrees of freedom [2, R, U] of those who answered any item of sets [R, I] that enters the result; any
    item at all where none does."""
    sample = values.sample
    distinct, which = np.unique(sets, axis=0, return_inverse=True)
    some = _answered(values, distinct)
    units = len(sample.population)
    forms = group_totals(some.astype(float), sample.unit, units)
    df = np.maximum(sample.design.weighted_degfs_of(some, sample.unit, units), 0.0)
    return np.array([forms, df])[:, :, which].transpose(0, 2, 1)


def _answered(values: Values, sets: Bools) -> Bools:
    """Rows that answered an item of sets [S, I] which is shown in their unit, or any item of those without such items."""
    items = sets.T.astype(float)
    some = np.asarray(values.entering.astype(float) @ items > 0)
    if values.shown.all():
        return some
    none_shown = values.shown.astype(float) @ items == 0
    return np.asarray(some | (none_shown[values.sample.unit] & (values.valid.astype(float) @ items > 0)))


def _among(size: int, mine: Sequence[int], array: NDArray[Any]) -> NDArray[Any]:
    """Rows ``mine`` of an array [..., size, U] that is 0 elsewhere."""
    found = np.zeros((*array.shape[:-2], size, array.shape[-1]), dtype=array.dtype)
    found[..., mine, :] = array
    return found


# --- external estimates -----------------------------------------------------------------------------------------------


def of_externals(block: BlockInputs, branches: Sequence[Branch]) -> Contribution:
    """What the external estimates add to R branches; their degrees of freedom are the smallest among those used."""
    slopes = np.array([[getattr(b, name).external for b in branches] for name in ("score", "satisfied")])
    used = slopes != 0
    sizes = np.array([np.nan if e.n is None else e.n for e in block.slots])
    df = np.array([_df(e) for e in block.slots])
    sized = np.isfinite(sizes)
    n = used[0][..., sized] @ sizes[sized]
    return Contribution(
        variance=variances_of_externals(block, slopes),
        used=used.any(axis=-1),
        df=np.where(used, df, np.inf).min(axis=-1, initial=np.inf),
        borrowed=np.zeros_like(n),
        prior_df=np.zeros_like(n),
        forms=np.zeros_like(n),
        absolute=np.abs(slopes[0]).sum(axis=-1),
        squares=(slopes[0] ** 2).sum(axis=-1),
        n=n,
        share=slopes[0][..., sized].sum(axis=-1),
        inverse=(slopes[0][..., sized] ** 2 / sizes[sized]).sum(axis=-1),
        alone=np.zeros(n.shape, dtype=bool),
    )


def variances_of_externals(block: BlockInputs, slopes: Floats) -> Floats:
    """Variance [...] of quantities with derivatives ``slopes`` [..., E] by the external estimates of a block.

    Within a unit and document these are correlated as the study declares, otherwise independent.
    """
    se = np.array([external_se(e) for e in block.slots])
    sources = [(e.unit, e.document) for e in block.slots]
    source = np.array([sources.index(one) for one in sources])
    same = source[:, None] == source
    correlation = np.where(same, block.study.inference.external_correlation, 0.0)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(((slopes @ (correlation * np.outer(se, se))) * slopes).sum(axis=-1))


def external_se(external: External) -> float:
    """Standard error as given, or √(p(1 − p)/n): the largest a mean of values in [0, 1] can have with n answers.

    >>> e = External("so", "u", "8.1.1", "", 0.8, "report", n=400)
    >>> round(external_se(e), 6)
    0.02
    """
    if external.se is not None:
        return external.se
    return float(np.sqrt(external.score * (1.0 - external.score) / (external.n or np.nan)))


def _df(external: External) -> float:
    """As declared, n − 1 where only n is, else infinite."""
    if external.df is not None:
        return external.df
    return np.inf if external.n is None else external.n - 1.0
