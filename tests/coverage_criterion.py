"""When simulated coverage is too low: significantly below 93 %, one-sided, corrected after Holm for all that is looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from weighting.estimation.estimates import adjusted_p

#: Coverage that no setting may fall below.
LEAST = 0.93


def chance_of_so_few(held: int, draws: int) -> float:
    """Probability of so few intervals that hold their truth, or fewer, if the coverage were ``LEAST``."""
    return float(stats.binom.cdf(held, draws, LEAST))


def significantly_below(chances: Sequence[float], most: float = 0.01) -> list[int]:
    """Positions of what lies below, given :func:`chance_of_so_few` of each."""
    return np.flatnonzero(adjusted_p(np.array(chances)) <= most).tolist()
