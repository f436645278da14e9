"""The distribution of the largest studentised difference, by simulation.

A simulation holds deviations of the estimates from their expectations and the variances that a survey would find beside them.
Each draw has a largest t_jk/q_jk over the ordered pairs asked about, with q_jk the quantile of t_jk at a probability p. Where
the level wanted of these largest ones is 1, p is the critical probability.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from weighting.groups import Codes, Flags, Floats
from weighting.ranking.pairs import Degrees, beside, pair_variance
from weighting.ranking.raters import Raters

#: So many units of a draw are looked at first, then so many; all of them where a pair with another could still matter.
FIRST_LOOKED_AT = (6, 20, 128)
#: An upper bound may be too low by rounding: this share of it.
BOUND_SLACK = 1e-9
#: So many numbers are worked on at a time.
BLOCK = 2_000_000
#: So many variances of differences are held at once.
MOST_HELD = 16_000_000


class StudentisedDraws(Protocol):
    """Draws of studentised differences; ``degrees``: those of the t that they are drawn from."""

    @property
    def degrees(self) -> Degrees: ...

    def quantile(self, p: float, asked: Flags, level: float) -> float:
        """Quantile ``level`` of the largest t_jk/q_jk(p) over ordered pairs (j, k) that are ``asked`` [k, k] about."""

    def from_unit(self, j: int) -> Floats:
        """t_jk of unit j with all units k [draws, k]; 0 where there is no variance."""


@dataclass(frozen=True, eq=False)
class EstimatesDrawn:
    """Deviations [draws, k] of estimates, and the ``variance`` [k, k] of their differences; one number of degrees of freedom."""

    deviations: Floats
    degrees: Degrees
    variance: Floats

    def quantile(self, p: float, asked: Flags, level: float) -> float:
        """Only the largest of the draws matter: those with the largest bounds, and of the others whose bound is not below the
        quantile found among these (tests/benchmarks/test_calibration_speed.py)."""
        reach, bound = self._reach
        order = np.argsort(-bound, kind="stable")
        wanted = len(order) - int(np.ceil((len(order) - 1) * level))
        first, others = order[: 2 * wanted], order[2 * wanted :]
        found = self._largest(asked, first, reach)
        enough = float(np.partition(found, -wanted)[-wanted])
        others = others[bound[others] > enough]
        found = np.concatenate([found, self._largest(asked, others, reach, enough)])
        return float(np.partition(found, -wanted)[-wanted]) / self.degrees.quantile(p).item()

    @cached_property
    def _reach(self) -> tuple[Floats, Floats]:
        """ρ [draws, k] with t_jk² ≤ ρ_j² + ρ_k², by Cauchy and Schwarz: (x − y)² ≤ (x²/a² + y²/b²)(a² + b²); and what no pair of
        a draw can pass [draws]."""
        x = self.deviations - self.deviations.mean(axis=1, keepdims=True)
        square = np.einsum("dk,dk->k", x, x) / len(x)
        each = zip(square, self.variance, strict=True)
        widest = np.array([over(np.sqrt(own + square), np.sqrt(of_pairs)).max() for own, of_pairs in each])
        np.abs(x, out=x)
        x *= over(widest, np.sqrt(square))
        bound = np.empty(len(x))
        for block in _blocks(len(x), x.shape[1]):
            two = np.partition(x[block], -min(2, x.shape[1]), axis=1)[:, -2:]
            bound[block] = (1.0 + BOUND_SLACK) * np.sqrt((two**2).sum(axis=1))
        return x, bound

    def _largest(self, asked: Flags, draws: Codes, reach: Floats, enough: float = 0.0) -> Floats:
        """The largest t of some draws, or any number up to ``enough`` where it is not larger: first among the units that reach
        furthest, then among more of them."""
        found, left = np.zeros(len(reach)), draws
        for several in (*FIRST_LOOKED_AT, reach.shape[1]):
            units = min(several, reach.shape[1])
            undecided = [left[:0]]
            for block in _blocks(len(left), units**2):
                some = left[block]
                chosen, others = _furthest(reach[some], units)
                found[some] = self._largest_among(asked, some, chosen)
                undecided.append(some[others > np.maximum(found[some], enough) ** 2])
            left = np.concatenate(undecided)
        return found[draws]

    def _largest_among(self, asked: Flags, draws: Codes, units: Codes) -> Floats:
        """The largest t [draws] among the pairs of some units [draws, m]."""
        x = np.take_along_axis(self.deviations[draws], units, axis=1)
        j, k = units[:, :, None], units[:, None, :]
        t = over(x[:, :, None] - x[:, None, :], np.sqrt(self.variance[j, k]))
        return np.asarray(np.max(t, axis=(1, 2), where=asked[j, k], initial=0.0))

    def from_unit(self, j: int) -> Floats:
        return over(self.deviations[:, j, None] - self.deviations, np.sqrt(self.variance[j]))


def _furthest(reach: Floats, units: int) -> tuple[Codes, Floats]:
    """The units of largest ρ in each draw [draws, units], and what the square of no pair with another can pass [draws]."""
    rest = reach.shape[1] - units
    if rest == 0:
        return np.broadcast_to(np.arange(units), reach.shape), np.zeros(len(reach))
    parted = np.argpartition(reach, rest - 1, axis=1)
    next_one = np.take_along_axis(reach, parted[:, rest - 1, None], axis=1)[:, 0]
    return parted[:, rest:], (1.0 + BOUND_SLACK) * (reach.max(axis=1) ** 2 + next_one**2)


@dataclass(frozen=True, eq=False)
class RatersDrawn:
    """Studentised differences [draws, k, k], where raters and with them all variances were drawn anew."""

    t: Floats
    degrees: Degrees

    def quantile(self, p: float, asked: Flags, level: float) -> float:
        q = np.where(asked, self.degrees.quantile(p), np.inf)
        largest = np.empty(len(self.t))
        for block in _blocks(len(self.t), len(q) ** 2):
            np.max(self.t[block] / q, axis=(1, 2), initial=0.0, out=largest[block])
        return float(np.quantile(largest, level, method="higher"))

    def from_unit(self, j: int) -> Floats:
        return self.t[:, j]


def over(value: Floats, root: Floats) -> Floats:
    """value/root; 0 where the root is 0."""
    return np.divide(value, root, out=np.zeros(np.broadcast_shapes(value.shape, root.shape)), where=root > 0)


def found_anew(df: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """χ²/ν [draws, k], the share of its expectation that a variance turns out; 1 where ν is infinite or 0."""
    finite = np.isfinite(df) & (df > 0)
    share = np.ones((draws, len(df)))
    share[:, finite] = rng.chisquare(df[finite], (draws, int(finite.sum()))) / df[finite]
    return share


def shared_raters(
    covariance: Floats, df: Floats, degrees: Degrees, raters: Raters, draws: int, rng: np.random.Generator
) -> RatersDrawn:
    """Raters drawn anew who judge all units, and the variances of differences that they would show.

    The units' own deviations within a stratum are independent and normal, with variances that keep those of the differences
    (:func:`as_if_independent`): a covariance estimated from few raters is of low rank, and its maximum too small.
    """
    k = len(df)
    parts = [(as_if_independent(pair_variance(part.covariance)), part.df) for part in raters.by_stratum()]
    rest, rest_df = beside(covariance, df, raters)
    total = rest + sum(own for own, _ in parts)
    x = rng.standard_normal((draws, k)) * np.sqrt(total)
    own = rest * found_anew(rest_df, draws, rng)
    t = x[:, :, None] - x[:, None, :]
    for block in _blocks(draws, k**2):
        v = own[block, :, None] + own[block, None, :]
        for of_units, n in parts:
            z = _normal_sums(int(n), k, block.stop - block.start, rng)
            z *= np.sqrt(of_units / n)
            v += _of_differences(z.transpose(0, 2, 1) @ z)
        np.sqrt(np.maximum(v, 0.0, out=v), out=v)
        t[block] = over(t[block], v)
    return RatersDrawn(t, degrees)


def _blocks(draws: int, numbers: int) -> Iterator[slice]:
    """Draws of so many numbers each, as many at a time as are worked on at once."""
    step = max(1, BLOCK // max(1, numbers))
    for first in range(0, draws, step):
        yield slice(first, min(first + step, draws))


def _of_differences(gram: Floats) -> Floats:
    """g_jj + g_kk − 2 g_jk of each draw [draws, k, k], which takes the place of the products."""
    square = np.einsum("djj->dj", gram).copy()
    gram *= -2.0
    gram += square[:, :, None] + square[:, None, :]
    return gram


def _normal_sums(n: int, k: int, draws: int, rng: np.random.Generator) -> Floats:
    """Z [draws, min(n, k), k] with Z′Z distributed as the sums of squares and products of n standard normal vectors [k]
    (Bartlett's triangle where they are more than k)."""
    if n <= k:
        return rng.standard_normal((draws, n, k))
    z = rng.standard_normal((draws, k, k))
    z *= np.triu(np.ones((k, k)), 1)
    place = np.arange(k)
    z[:, place, place] = np.sqrt(rng.chisquare(n - place, (draws, k)))
    return z


def as_if_independent(variance: Floats) -> Floats:
    """Variances e [k] of independent units whose differences have the variances [k, k] as nearly as least squares can:
    e_j + e_k ≈ v_jk, none below 0."""
    k = len(variance)
    if k < 3:
        return np.full(k, variance.max(initial=0.0) / 2)
    total = variance.sum() / (2 * (k - 1))
    return np.asarray(np.maximum((variance.sum(axis=1) - total) / (k - 2), 0.0))
