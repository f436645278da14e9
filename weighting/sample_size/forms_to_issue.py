"""From forms that are needed to forms that are handed out: response, rejection, and where everybody is asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from weighting.errors import DesignError
from weighting.sample_size.planning_values import PlanningValues, fitting, not_between, out_of_range, sizes
from weighting.sample_size.whole_numbers import ROUNDING, Counts, smallest, whole_up


def forms_to_issue(
    needed: ArrayLike,
    response: ArrayLike = 1.0,
    valid: ArrayLike = 1.0,
    population: ArrayLike = np.inf,
    assurance: float | None = None,
) -> Counts:
    """Forms to hand out so that ``needed`` valid ones come back, at most the population.

    Args:
        needed: valid forms of each cell.
        response: share of the forms handed out that come back.
        valid: share of the returned forms that are valid.
        population: how many there are.
        assurance: probability with which at least so many come back, each form by itself; None: as many as needed are expected.

    Raises:
        DesignError: numbers out of range, shapes that do not fit.

    >>> forms_to_issue([278, 278], response=0.8, valid=0.95, population=[1000, 300]).tolist()
    [366, 300]
    >>> forms_to_issue(278, response=0.8, valid=0.95, assurance=0.95).item()
    384
    """
    problems = [*sizes("needed", needed, 0)]
    for name, share in (("response", response), ("valid", valid)):
        problems += out_of_range(name, share, 0.0, 1.0, open_=True)
    problems += [] if assurance is None else not_between("assurance", assurance)
    problems += fitting(needed=needed, response=response, valid=valid, population=population)
    size = PlanningValues(population=population).size
    DesignError.raise_any(problems)
    share = np.asarray(response, dtype=float) * np.asarray(valid, dtype=float)
    wanted, share, size = np.broadcast_arrays(np.asarray(needed, dtype=float), share, size)
    if assurance is None:
        return np.asarray(np.minimum(whole_up(wanted / share), size), dtype=np.int64)
    found = smallest(
        lambda m: _comes_back(wanted, m, share) >= assurance - ROUNDING, np.maximum(wanted, 1.0), np.inf
    )
    return np.asarray(np.where(wanted > 0, np.minimum(found, size), 0.0), dtype=np.int64)


def _comes_back(needed: np.ndarray, issued: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Probability [m] that at least ``needed`` of ``issued`` forms come back: P(X ≥ k) = I_p(k, m − k + 1)."""
    k = np.maximum(needed, 1.0)
    found = special.betainc(k, np.maximum(issued - k + 1.0, 1.0), share)
    return np.where(needed <= 0, 1.0, np.where(issued >= k, found, 0.0))


def whole_where_near(size: ArrayLike, population: ArrayLike, whole_from: ArrayLike = 1.0) -> Counts:
    """The whole population where a size reaches the share ``whole_from`` of it, the size elsewhere.

    Args:
        size: forms of each cell; more than the population become the population.
        population: how many there are.
        whole_from: share of the population from which everybody is asked.

    Raises:
        DesignError: numbers out of range, shapes that do not fit.

    >>> whole_where_near([278, 80, 60], [1000, 100, 50], whole_from=0.8).tolist()
    [278, 100, 50]
    """
    problems = [*sizes("size", size, 0), *out_of_range("whole_from", whole_from, 0.0, 1.0, open_=True)]
    problems += fitting(size=size, population=population, whole_from=whole_from)
    people = PlanningValues(population=population).size
    DesignError.raise_any(problems)
    forms, bound = np.asarray(size, dtype=float), np.asarray(whole_from, dtype=float)
    with np.errstate(invalid="ignore"):
        whole = (forms >= bound * people * (1.0 - ROUNDING)) & np.isfinite(people)
    return np.asarray(np.where(whole, people, np.minimum(forms, people)), dtype=np.int64)
