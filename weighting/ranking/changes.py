"""How far ranks may have moved between two rounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from weighting.errors import DesignError
from weighting.frozen import freeze
from weighting.groups import Flags, Floats
from weighting.ranking.sets import RankSets


@dataclass(frozen=True, eq=False)
class RankChanges:
    """Changes of the ranks of k units, old rank less new: positive is better.

    Attributes:
        change: change of the rank [k]; NaN where a round has none.
        low: smallest change that cannot be excluded [k].
        high: largest change that cannot be excluded [k].
        level: probability that all intervals hold at once, at least.
    """

    change: Floats
    low: Floats
    high: Floats
    level: float

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def certain(self) -> Flags:
        """Units [k] that certainly moved."""
        return np.asarray((self.low > 0) | (self.high < 0))

    def table(self, labels: ArrayLike | None = None) -> pd.DataFrame:
        """One row per unit: rank_change, rank_change_low, rank_change_high."""
        columns = {"rank_change": self.change, "rank_change_low": self.low, "rank_change_high": self.high}
        index = None if labels is None else pd.Index(np.asarray(labels))
        return pd.DataFrame(columns, index=index)


def rank_changes(old: RankSets, new: RankSets) -> RankChanges:
    """Change of the ranks of the same k units between two independent rounds, with intervals that hold for all units at once.

    Where all sets of both rounds hold, and they do with at least the product of their levels, every true change lies between the
    best old rank less the worst new one and the worst old rank less the best new one. Rounds at 0.975 each give 0.95.

    Raises:
        DesignError: rounds of different numbers of units.

    >>> from weighting import rank_sets
    >>> old, new = (rank_sets(y, np.eye(3) * 0.01**2, level=0.975) for y in ([0.9, 0.7, 0.5], [0.5, 0.7, 0.72]))
    >>> found = rank_changes(old, new)
    >>> found.change.tolist(), found.low.tolist(), found.high.tolist(), round(found.level, 3)
    ([-2.0, 0.0, 2.0], [-2.0, 0.0, 1.0], [-2.0, 1.0, 2.0], 0.951)
    """
    if len(old.rank) != len(new.rank):
        raise DesignError(
            f"rank_changes: {len(old.rank)} units in the old round, {len(new.rank)} in the new one"
        )
    both = (old.rank > 0) & (new.rank > 0)
    low, high = change_limits((old.low, old.high), (new.low, new.high))
    change, low, high = (np.where(both, v, np.nan) for v in (old.rank - new.rank, low, high))
    return RankChanges(change, low, high, old.level * new.level)


def change_limits(
    old: tuple[ArrayLike, ArrayLike], new: tuple[ArrayLike, ArrayLike]
) -> tuple[Floats, Floats]:
    """Smallest and largest change that the best and worst ranks of two rounds leave open.

    >>> low, high = change_limits(([1, 4], [3, 6]), ([2, 1], [3, 2]))
    >>> low.tolist(), high.tolist()
    ([-2.0, 2.0], [1.0, 5.0])
    """
    best, worst = (np.asarray(each, dtype=float) for each in old)
    best_new, worst_new = (np.asarray(each, dtype=float) for each in new)
    return best - worst_new, worst - best_new
