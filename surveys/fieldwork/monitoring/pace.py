"""Forms that will have come in by the end at the present pace, with what chance does to them.

x valid forms in d days with a constant rate; in the L days left further Y come in. As with exact limits of a Poisson rate, the
rate is that of x forms where few are feared and of x + 1 where many are: Y is negative binomial with mean m = x L/d, or
(x + 1) L/d, and variance m (1 + L/d). Forms come in batches: a batch of φ forms is one event, so that the mean is x L/d or
(x + φ) L/d and the variance φ times as large. φ is Pearson's dispersion of the forms of all cells that are alike, by days or by
weeks, whichever is larger, and never below 1. What is predicted is right while the pace stays what it is, which nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from surveys.fieldwork.monitoring.fieldwork_days import RECENT

Floats = NDArray[np.float64]
#: Of predicted numbers of forms so many in a hundred lie within their limits.
LEVEL = 0.9
#: Probability from which on a number of forms is likely to be reached, and up to which it is not.
LIKELY, UNLIKELY = 0.8, 0.2
#: Fewest whole weeks from which the dispersion by weeks is told, and fewest forms of a cell that tells any.
_WEEKS, _FORMS = 3, 2


@dataclass(frozen=True)
class Outcome:
    """Forms at the end of C cells, [C] each: ``expected``, and limits that hold ``LEVEL`` of what may happen."""

    expected: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Pace:
    """A pace at which the forms of C cells come in. ``counted`` [C]: forms in ``gone`` days; ``left``: days to come;
    ``dispersion`` [C]; ``most`` [C]: further forms there can be at most, infinite where nothing bounds them."""

    counted: Floats
    gone: int
    left: int
    dispersion: Floats
    most: Floats

    @property
    def per_day(self) -> Floats:
        return self.counted / self.gone

    def at_end(self, valid: Floats) -> Outcome:
        """What ``valid`` forms [C] will have become."""
        if self.left == 0:
            return Outcome(valid, valid, valid)
        tail = (1.0 - LEVEL) / 2.0
        ahead = self.counted * self.left / self.gone, self._ppf(tail, 0.0), self._ppf(1.0 - tail, 1.0)
        expected, low, high = (valid + np.minimum(further, self.most) for further in ahead)
        return Outcome(expected, low, high)

    def likely(self, wanted: Floats) -> NDArray[np.bool_]:
        """Whether it is likely that at least ``wanted`` further forms come in [C], the rate taken at its lower."""
        return self.probability(wanted, 0.0) >= LIKELY

    def unlikely(self, wanted: Floats) -> NDArray[np.bool_]:
        """Whether it is unlikely, the rate taken at its higher."""
        return self.probability(wanted, 1.0) <= UNLIKELY

    def probability(self, wanted: Floats, events: float = 0.5) -> Floats:
        """How likely at least ``wanted`` further forms come in [C]; ``events``: what is added to those that were seen."""
        if self.left == 0:
            return np.where(wanted <= 0, 1.0, 0.0)
        mean, excess = self._moments(events)
        some = mean > 0
        found = stats.nbinom.sf(wanted - 1.0, np.where(some, mean, 1.0) / excess, 1.0 / (1.0 + excess))
        return np.where(wanted <= 0, 1.0, np.where(some & (wanted <= self.most), found, 0.0))

    def _ppf(self, probability: float, events: float) -> Floats:
        mean, excess = self._moments(events)
        some = mean > 0
        found = stats.nbinom.ppf(probability, np.where(some, mean, 1.0) / excess, 1.0 / (1.0 + excess))
        return np.where(some, found, 0.0)

    def _moments(self, events: float) -> tuple[Floats, Floats]:
        """Mean of the forms to come, and what their variance exceeds it by, as a multiple of it."""
        mean = (self.counted + events * self.dispersion) * self.left / self.gone
        return mean, self.dispersion * (1.0 + self.left / self.gone) - 1.0


def dispersion(by_day: NDArray[np.int64], kinds: Sequence[str]) -> Floats:
    """Pearson's dispersion of each of C cells [C] from the forms by day [C, d] of all cells of its kind: Σ (y − ȳ)²/ȳ by its
    degrees of freedom, by days and by whole weeks; 1 at least.

    >>> dispersion(np.array([[4, 0, 4, 0], [2, 2, 2, 2]]), ["paper", "online"]).round(2).tolist()
    [2.67, 1.0]
    """
    found = np.ones(len(by_day))
    weeks = by_day.shape[1] // RECENT
    whole = by_day[:, by_day.shape[1] - weeks * RECENT :]
    by_week = whole.reshape(len(by_day), weeks, RECENT).sum(axis=2) if weeks >= _WEEKS else None
    of_kind = np.array(kinds, dtype=object)
    for kind in dict.fromkeys(kinds):
        mine = of_kind == kind
        ratios = [1.0, *(_pearson(c[mine]) for c in (by_day, by_week) if c is not None)]
        found[mine] = max(ratios)
    return found


def _pearson(counts: NDArray[np.int64]) -> float:
    """Σ (y − ȳ)²/ȳ over cells by periods [C, d], by its degrees of freedom; 1 where nothing tells it."""
    periods = counts.shape[1]
    told = counts[counts.sum(axis=1) >= _FORMS]
    if periods < 2 or not len(told):
        return 1.0
    mean = told.mean(axis=1, keepdims=True)
    return float(((told - mean) ** 2 / mean).sum() / (len(told) * (periods - 1)))
