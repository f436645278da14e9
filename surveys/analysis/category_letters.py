"""Which categories of a line differ: letters of those that a category exceeds, after correction for all pairs of the line."""

from __future__ import annotations

import numpy as np

from surveys.scoring.quantities import Floats
from weighting import Estimates
from weighting.estimation.estimates import adjusted_p


def exceeded(
    means: Estimates, places: np.ndarray, letters: tuple[str, ...], level: float
) -> dict[str, list[str]]:
    """Statistic → letters, joined, of the categories that each category [J] exceeds.

    ``means``: by category, those of ``places`` in this order. The differences have the standard errors of the design, with the
    covariance of the categories; their p-values are corrected over all pairs of a line (Holm 1979).
    """
    found = {str(name): [""] * len(letters) for name in means.labels["statistic"].unique()}
    if len(places) < 2 or not any(letters):
        return found
    pairs = means.pairwise(adjust="none", level=level)
    first, second = np.triu_indices(len(places), 1)
    for name, of_pairs in pairs.groupby("statistic", sort=False):
        sure = adjusted_p(of_pairs["p"].to_numpy(), "holm") < 1.0 - level
        for row in found_pairs(of_pairs["estimate"].to_numpy(), sure):
            above, below = (
                (first[row], second[row]) if of_pairs["estimate"].iloc[row] > 0 else (second[row], first[row])
            )
            found[str(name)][places[above]] += letters[places[below]]
    return {name: ["".join(sorted(text)) for text in texts] for name, texts in found.items()}


def found_pairs(differences: Floats, sure: np.ndarray) -> list[int]:
    """Places of the pairs that differ for sure.

    >>> found_pairs(np.array([0.1, -0.2, 0.0]), np.array([False, True, False]))
    [1]
    """
    return [int(k) for k in np.flatnonzero(sure & (differences != 0))]
