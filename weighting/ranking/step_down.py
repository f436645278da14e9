"""Which of two units is certainly above the other: tests of many ordered pairs at once, with step-down.

The pairs asked about are tested with one critical probability p for all of them: j is above k where t_jk exceeds the quantile of
its own t at p. Those found are left out and the rest is tested again with the larger p that fewer pairs allow (Romano & Wolf
2005; Mogstad, Romano, Shaikh & Wilhelm 2024, §3.3): nothing is found wrongly with the probability wanted, however often.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from weighting.groups import Flags, Floats
from weighting.ranking.pairs import Degrees, t_probability
from weighting.ranking.ranks import Whole
from weighting.ranking.simulation import StudentisedDraws

#: The critical probability is worked out until the quantile it stands for is this share of itself away.
NEAR_ENOUGH = 1e-3
#: So often it is worked out again, at most.
MOST_ROUNDS = 8

#: The quantile wanted of the largest t/q(p) over the pairs left, given p, these and the level.
Law = Callable[[float, Flags, float], float]


@dataclass(frozen=True, eq=False)
class Found:
    """Number of units that are certainly ``better`` [k] and certainly ``worse`` [k] than each; ``p``: the critical probability
    (two-sided) of the first step."""

    better: Whole
    worse: Whole
    p: float


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Studentised differences ``t`` [k, k] of the estimates, j less k, with their ``degrees`` of freedom; how they are
    distributed (None: only each pair by itself is known) and the ``level`` wanted."""

    t: Floats
    degrees: Degrees
    simulation: StudentisedDraws | None
    level: float
    stepdown: bool

    def at_once(self, asked: Flags) -> Found:
        """Whether j is above k, for all pairs ``asked`` [k, k] about together."""
        law = None if self.simulation is None else self.simulation.quantile
        above, p = self._above(self.t, self.degrees, asked, law)
        return Found(above.sum(axis=0), above.sum(axis=1), p)

    def by_unit(self, better: Flags, worse: Flags) -> Found:
        """The same, for each unit's own pairs by themselves: ``better[j, k]`` asks whether k is above j, ``worse[j, k]`` whether
        j is above k."""
        counts, p = np.zeros((len(self.t), 2), dtype=np.int64), 1.0
        for j, asked in enumerate(np.stack([better, worse], axis=1)):
            law = None if self.simulation is None else partial(_of_unit, self.simulation, j)
            t = np.stack([-self.t[j], self.t[j]])
            found, p_of_unit = self._above(t, self.degrees.of_unit(j), asked, law)
            counts[j], p = found.sum(axis=1), min(p, p_of_unit)
        return Found(counts[:, 0], counts[:, 1], p)

    def _above(self, t: Floats, degrees: Degrees, asked: Flags, law: Law | None) -> tuple[Flags, float]:
        """Ordered pairs found among those asked about, and the critical probability of the first step."""
        above = np.zeros_like(asked)
        first = 1.0
        while (asked & ~above).any():
            p = self._critical(asked & ~above, law)
            first = min(first, p)
            new = asked & ~above & (t > degrees.quantile(p))
            above |= new
            if not (self.stepdown and new.any()):
                break
        return above, first

    def _critical(self, asked: Flags, law: Law | None) -> float:
        """The probability p (two-sided) such that no t_jk exceeds its quantile at p with the probability wanted; never below
        Bonferroni's."""
        least = p = 2.0 * (1.0 - self.level) / int(np.count_nonzero(asked))
        if law is None or self.simulation is None:
            return least
        usual = self.simulation.degrees.usual
        for _ in range(MOST_ROUNDS):
            ratio = law(p, asked, self.level)
            p = t_probability(usual, ratio * Degrees.of(usual).quantile(p).item())
            if p <= least:
                return least
            if not self.simulation.degrees.differ or abs(ratio - 1.0) < NEAR_ENOUGH:
                break
        return p


def _of_unit(simulation: StudentisedDraws, j: int, p: float, asked: Flags, level: float) -> float:
    """Quantile of the largest t/q of unit j with the others: above it where ``asked[0]``, below it where ``asked[1]``."""
    t = simulation.from_unit(j)
    q = simulation.degrees.of_unit(j).quantile(p)
    sides = [
        np.max(side / q, axis=1, where=flags, initial=0.0) for side, flags in zip((-t, t), asked, strict=True)
    ]
    return float(np.quantile(np.maximum(*sides), level, method="higher"))
