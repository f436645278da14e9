"""A quantity with its derivative: what every score carries up the tree.

With θ_k = N_k/D_k for the items k of a group (N = Σ w a y, D = Σ w a), the influence value of respondent i on a quantity is
    u_i = Σ_k α_k w_i a_ik (y_ik − θ_k) + Σ_k δ_k w_i a_ik            (statistics.md §1, delta method)
where α_k = ∂/∂N_k and δ_k collects what pooling adds, (θ_k − θ)/ΣD. A linear map of quantities is the same map of
their derivatives. Arrays stand by unit: U units, I items of a group, E external estimates of the block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Quantity:
    """``value`` [U], NaN where there is none; ``alpha`` and ``delta`` [U, I] by group; ``external`` [U, E].

    A group without ``delta`` has none: its answers count through the items' θ alone.
    """

    value: Floats
    alpha: Mapping[str, Floats]
    delta: Mapping[str, Floats]
    external: Floats

    def derived_as(self, other: Quantity) -> bool:
        """Whether both hold one and the same derivative, as the score and the satisfied share of most results do."""
        return self.alpha is other.alpha and self.delta is other.delta and self.external is other.external

    def with_value(self, value: Floats) -> Quantity:
        """Another value [U] with the same derivative."""
        return Quantity(value, self.alpha, self.delta, self.external)

    def affine(self, offset: float, slope: float) -> Quantity:
        """offset + slope · value."""
        if (offset, slope) == (0.0, 1.0):
            return self
        return Quantity(
            offset + slope * self.value,
            {g: slope * a for g, a in self.alpha.items()},
            {g: slope * d for g, d in self.delta.items()},
            slope * self.external,
        )

    def only(self, keep: Bools) -> Quantity:
        """The derivative of the kept units, exactly 0 elsewhere (also where it was not a number)."""
        rows = keep[:, None]
        return Quantity(
            self.value,
            {g: np.where(rows, a, 0.0) for g, a in self.alpha.items()},
            {g: np.where(rows, d, 0.0) for g, d in self.delta.items()},
            np.where(rows, self.external, 0.0),
        )

    def taken_over(self, slots: Mapping[int, int], values: Mapping[int, float]) -> Quantity:
        """The value of unit u replaced by external estimate ``slots[u]``, on which alone it then depends."""
        taken = np.isin(np.arange(len(self.value)), list(slots))
        kept = self.only(~taken)
        value, external = self.value.copy(), kept.external
        for unit, slot in slots.items():
            value[unit], external[unit, slot] = values[unit], 1.0
        return Quantity(value, kept.alpha, kept.delta, external)


def ratio(group: str, answers: Floats, theta: Floats, slots: int) -> Quantity:
    """Σ N/Σ D over items, given D [U, I] (0 for items that are not meant) and θ [U, I].

    α_k = 1/ΣD and δ_k = (θ_k − θ)/ΣD, exactly 0 for a single item. NaN where ΣD = 0, or an answered item has no θ.

    >>> pooled = ratio("g", np.array([[2.0, 6.0]]), np.array([[0.5, 0.75]]), 0)
    >>> pooled.value.tolist(), pooled.delta["g"].tolist()
    ([0.6875], [[-0.0234375, 0.0078125]])
    """
    given = answers > 0
    total = np.where(given.any(axis=1), answers.sum(axis=1), np.nan)
    value = np.where(given, answers * theta, 0.0).sum(axis=1) / total
    alone = given.sum(axis=1) == 1
    value = np.where(alone, np.where(given, theta, 0.0).sum(axis=1), value)
    alpha = np.where(given, 1.0 / total[:, None], 0.0)
    delta = np.where(given & ~alone[:, None], (theta - value[:, None]) / total[:, None], 0.0)
    return Quantity(value, {group: alpha}, {group: delta}, np.zeros((len(value), slots)))


def item_ratios(group: str, answers: Floats, theta: Floats, slots: int) -> list[Quantity]:
    """:func:`ratio` of each item by itself, given D and θ [U, I]: θ_k with α_k = 1/D_k and no δ.

    >>> [r.value.tolist() for r in item_ratios("g", np.array([[2.0, 6.0]]), np.array([[0.5, 0.75]]), 0)]
    [[0.5], [0.75]]
    """
    units, items = answers.shape
    alpha = np.zeros((items, units, items))
    k = np.arange(items)
    alpha[k, :, k] = np.divide(1.0, answers, out=np.zeros_like(answers), where=answers > 0).T
    none: dict[str, Floats] = {}
    external = np.zeros((units, slots))
    values = np.ascontiguousarray(theta.T)
    return [Quantity(value, {group: a}, none, external) for value, a in zip(values, alpha, strict=True)]


def combined(
    scores: Sequence[Quantity], satisfied: Sequence[Quantity], weights: Floats
) -> tuple[Quantity, Quantity]:
    """Σ_p weight_p · part_p of the scores and of the satisfied shares of the same parts; the derivative is worked out once
    where every part has one for both. ``weights`` [parts, U]; 0 leaves a part out; NaN where all parts are left out.

    >>> halves = np.full((2, 1), 0.5)
    >>> parts = [Quantity(np.array([v]), {}, {}, np.zeros((1, 0))) for v in (0.2, 0.6)]
    >>> combined(parts, parts, halves)[0].value.tolist()
    [0.4]
    """
    if len(scores) == 1 and (weights == 1.0).all():
        return scores[0], satisfied[0]
    used = weights != 0
    values = np.array([[part.value for part in parts] for parts in (scores, satisfied)])
    total = np.where(used, weights * values, 0.0).sum(axis=1)
    score, share = np.where(used.any(axis=0), total, np.nan)
    result = Quantity(score, *_derivative(scores, weights, used))
    if all(a.derived_as(b) for a, b in zip(scores, satisfied, strict=True)):
        return result, result.with_value(share)
    return result, Quantity(share, *_derivative(satisfied, weights, used))


def _derivative(
    parts: Sequence[Quantity], weights: Floats, used: Bools
) -> tuple[dict[str, Floats], dict[str, Floats], Floats]:
    """α, δ and the external part of Σ_p weight_p · part_p over the parts ``used`` [parts, U]."""
    external = np.zeros_like(parts[0].external)
    alpha: dict[str, Floats] = {}
    delta: dict[str, Floats] = {}
    for part, column, use in zip(parts, weights[:, :, None], used, strict=True):
        kept = part if use.all() else part.only(use)
        external += column * kept.external
        for total, terms in ((alpha, kept.alpha), (delta, kept.delta)):
            for g, term in terms.items():
                total[g] = total[g] + column * term if g in total else column * term
    return alpha, delta, external


def normalised(weights: Sequence[float | Floats], available: Bools) -> Floats:
    """Weights (one per part, or one per part and unit) divided by their sum over the available parts, [parts, U]; 0 where
    nothing is available.

    >>> normalised([1, 3], np.array([[True, True], [True, False]])).tolist()
    [[0.25, 1.0], [0.75, 0.0]]
    """
    given = np.array(weights, dtype=float)
    w = given.reshape(len(given), -1) * available
    total = w.sum(axis=0)
    return np.asarray(np.divide(w, total, out=np.zeros_like(w), where=total > 0))
