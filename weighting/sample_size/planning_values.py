"""What is expected of a survey before it is made, and what of a comparison: the values that sizes are worked out from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from weighting.errors import DesignError, is_number, unknown
from weighting.groups import Flags, Floats

#: Tests of a difference: both variances, normal; both variances with Student's t and Welch's degrees of freedom; of two shares
#: with the pooled variance where there is no difference.
TESTS_OF_DIFFERENCE = ("z", "t", "pooled")


@dataclass(frozen=True, eq=False)
class PlanningValues:
    """What is expected of each cell; arrays that broadcast.

    Attributes:
        expected: share that is expected, or mean score, in [0, 1]; 0.5, the least favourable share, where nothing is known.
        deviation: standard deviation of the population's answers, for a mean; None for a share.
        population: how many there are; infinite where that does not matter.
        design_effect: variance under the design over that of a simple random sample of as many (Kish's deff).

    >>> PlanningValues(expected=0.8).variance().round(2).item()
    0.16
    """

    expected: ArrayLike = 0.5
    deviation: ArrayLike | None = None
    population: ArrayLike = np.inf
    design_effect: ArrayLike = 1.0

    def __post_init__(self) -> None:
        DesignError.raise_any(self._problems())

    def _problems(self) -> Iterator[str]:
        yield from out_of_range("expected", self.expected, 0.0, 1.0)
        if self.deviation is not None:
            yield from out_of_range("deviation", self.deviation, 0.0, np.inf)
        population = as_floats(self.population)
        if population is None or not (whole_or_infinite(population) & (population >= 0)).all():
            yield f"population {self.population!r}: whole numbers from 0, or infinity, are needed"
        yield from out_of_range("design_effect", self.design_effect, 1e-6, 1e6)

    @property
    def size(self) -> Floats:
        """Population as numbers."""
        return np.asarray(self.population, dtype=float)

    @property
    def effect(self) -> Floats:
        """Design effect as numbers."""
        return np.asarray(self.design_effect, dtype=float)

    def variance(self, share: ArrayLike | None = None) -> Floats:
        """Variance S² of the population's answers: N/(N − 1) p(1 − p) of a share (``share`` in place of the expected one)."""
        if self.deviation is not None:
            return np.asarray(self.deviation, dtype=float) ** 2
        p = np.asarray(self.expected if share is None else share, dtype=float)
        return np.asarray(p * (1.0 - p) * _enlarged(self.size))

    def error_variance(self, n: Floats, share: ArrayLike | None = None) -> Floats:
        """Variance deff (1/n − 1/N) S² of an estimate from ``n``; 0 where all are asked."""
        return np.asarray(self.effect * left(n, self.size) * self.variance(share))


def _enlarged(population: Floats) -> Floats:
    """N/(N − 1); 1 for infinitely many, and for one."""
    finite = np.where(np.isfinite(population) & (population > 1), population, 2.0)
    return np.where(np.isfinite(population) & (population > 1), finite / (finite - 1.0), 1.0)


def left(n: Floats, population: Floats) -> Floats:
    """1/n − 1/N, from 0; infinite for n = 0.

    >>> left(np.array([50.0, 100.0]), np.array(100.0)).tolist()
    [0.01, 0.0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n >= population, 0.0, np.maximum(1.0 / n - 1.0 / population, 0.0))


@dataclass(frozen=True, eq=False)
class DifferenceTest:
    """How two estimates are compared.

    Attributes:
        level: 1 − the probability of finding a difference (two-sided) where there is none.
        test: ``z``: both variances and the normal distribution; ``t``: both variances and Student's t with Welch's degrees of
            freedom, as rounds are compared; ``pooled``: of two shares, as the textbooks have it: the variance of both taken
            together where there is no difference.
        overlap: share of the smaller sample whose persons are in the other sample too (a panel), of one population; None for
            two samples drawn independently.
        correlation: of the two answers of one person, where samples overlap.
    """

    level: float = 0.95
    test: str = "z"
    overlap: float | None = None
    correlation: float = 0.0

    def __post_init__(self) -> None:
        DesignError.raise_any(self._problems())

    def _problems(self) -> Iterator[str]:
        yield from not_between("level", self.level)
        if self.test not in TESTS_OF_DIFFERENCE:
            yield unknown("test", self.test, TESTS_OF_DIFFERENCE)
        if self.overlap is not None and not (is_number(self.overlap) and 0 <= self.overlap <= 1):
            yield f"overlap {self.overlap!r}: a share from 0 to 1 is needed, or None for independent samples"
        if not (is_number(self.correlation) and -1 <= self.correlation <= 1):
            yield f"correlation {self.correlation!r}: a number from -1 to 1 is needed"


# --- checks ---------------------------------------------------------------------------------------------------


def as_floats(values: Any) -> Floats | None:
    """Numbers as an array; None where they are none."""
    try:
        found = np.asarray(values)
        return None if found.dtype == bool else np.asarray(found, dtype=float)
    except (TypeError, ValueError):
        return None


def whole_or_infinite(values: Floats) -> Flags:
    """Which values are whole numbers or infinite."""
    return np.asarray(np.isposinf(values) | (np.isfinite(values) & (values == np.floor(values))))


def out_of_range(name: str, values: Any, low: float, high: float, open_: bool = False) -> Iterator[str]:
    """What is wrong with numbers that must be finite and from ``low`` to ``high`` (above ``low`` where ``open_``).

    >>> list(out_of_range("margin", [0.05, 0.0], 0.0, 1.0, open_=True))
    ['margin [0.05, 0.0]: numbers above 0 up to 1 are needed']
    """
    found = as_floats(values)
    inside = (
        found is not None
        and np.isfinite(found).all()
        and (found <= high).all()
        and bool((found > low).all() if open_ else (found >= low).all())
    )
    if not inside:
        start = "" if np.isinf(low) else f" {'above' if open_ else 'from'} {low:g}"
        yield f"{name} {values!r}: numbers{start}{'' if np.isinf(high) else f' up to {high:g}'} are needed"


def not_between(name: str, value: Any) -> Iterator[str]:
    """What is wrong with one number that must lie between 0 and 1.

    >>> list(not_between("level", 95))
    ['level 95: a number between 0 and 1 is needed']
    """
    if not (is_number(value) and 0 < value < 1):
        yield f"{name} {value!r}: a number between 0 and 1 is needed"


def sizes(name: str, n: Any, low: int = 1) -> Iterator[str]:
    """What is wrong with numbers of forms.

    >>> list(sizes("n", [10, 2.5]))
    ['n [10, 2.5]: whole numbers from 1 are needed']
    """
    found = as_floats(n)
    if found is None or not (np.isfinite(found) & whole_or_infinite(found) & (found >= low)).all():
        yield f"{name} {n!r}: whole numbers from {low} are needed"


def fitting(**arrays: Any) -> Iterator[str]:
    """What is wrong with arrays that must broadcast.

    >>> list(fitting(margin=[0.1, 0.2], population=[1, 2, 3]))
    ['shapes margin (2,), population (3,) do not fit together']
    """
    shapes = {name: np.shape(value) for name, value in arrays.items()}
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError:
        yield f"shapes {', '.join(f'{name} {shape}' for name, shape in shapes.items())} do not fit together"


def shapes_of(values: PlanningValues, prefix: str = "") -> dict[str, Any]:
    """The arrays of planning values by name."""
    given = {
        "expected": values.expected,
        "deviation": 0.0 if values.deviation is None else values.deviation,
        "population": values.population,
        "design_effect": values.design_effect,
    }
    return {f"{prefix}{name}": value for name, value in given.items()}
