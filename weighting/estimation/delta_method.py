"""Values and derivatives of smooth functions of estimates.

The derivative of f by θ_k is Im f(θ + i h e_k)/h with h so small that nothing but rounding is lost. (Squire & Trapp, SIAM
Review 40, 1998.)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any
from warnings import catch_warnings

import numpy as np

from weighting.errors import DesignError, unknown
from weighting.groups import Floats

#: Length of a complex step, relative to the estimate.
STEP = 1e-30
#: Relative length of the real step a derivative is checked with, and how far the two may be apart.
CHECK, NEAR = 1e-5, 1e-4

Function = Callable[[Mapping[Any, Any]], Any]


class Rows(Mapping[Hashable, Any]):
    """Values [K] of the rows of a table by all their names; ``asked`` collects the places that were looked up."""

    def __init__(self, values: np.ndarray, places: Mapping[Hashable, int]) -> None:
        self._values, self._places = values, places
        self.asked: set[int] = set()

    def __getitem__(self, name: Hashable) -> Any:
        if not isinstance(name, Hashable) or name not in self._places:
            raise DesignError(unknown("row", name, self._places))
        self.asked.add(self._places[name])
        return self._values[self._places[name]]

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def differentiated(
    functions: Mapping[str, Function], estimates: Floats, places: Mapping[Hashable, int]
) -> tuple[Floats, Floats]:
    """Values [q] and derivatives [K, q] of functions of estimates [K], whose names ``places`` tells.

    Raises:
        DesignError: what is no function of rows, gives no number, or cannot be differentiated.

    >>> value, slopes = differentiated({"f": lambda t: t["a"] ** 2 / t["b"]}, np.array([3.0, 2.0]), {"a": 0, "b": 1})
    >>> value.tolist(), slopes.ravel().tolist()
    ([4.5], [3.0, -2.25])
    """
    if (
        not isinstance(functions, Mapping)
        or not functions
        or not all(callable(f) for f in functions.values())
    ):
        raise DesignError('functions: {"name": function of the rows} is needed')
    found = [_one(name, f, estimates, places) for name, f in functions.items()]
    return np.array([value for value, _ in found]), np.stack([slopes for _, slopes in found], axis=1)


def _one(
    name: str, function: Function, estimates: Floats, places: Mapping[Hashable, int]
) -> tuple[float, Floats]:
    rows = Rows(estimates, places)
    value = _number(name, function, rows)
    slopes = np.zeros(estimates.size)
    for k in sorted(rows.asked):
        size = max(abs(estimates[k]), 1e-3)
        moved = estimates.astype(complex)
        moved[k] += 1j * STEP * size
        slopes[k] = _number(name, function, Rows(moved, places)).imag / (STEP * size)
        ends = [estimates.copy(), estimates.copy()]
        ends[0][k] -= CHECK * size
        ends[1][k] += CHECK * size
        low, high = (_number(name, function, Rows(end, places)).real for end in ends)
        rise = (high - low) / (2 * CHECK * size)
        if np.isfinite([slopes[k], rise]).all() and abs(rise - slopes[k]) > NEAR * max(
            abs(rise), abs(slopes[k]), 1e-6
        ):
            raise DesignError(
                f"{name}: its derivative cannot be found: use sums, products, quotients, powers and exp, log, sqrt of numpy (not "
                "of math), not abs, max, min, rounding or comparisons"
            )
    return float(value.real), slopes


def _number(name: str, function: Function, rows: Rows) -> complex:
    """What a function gives, as a number."""
    try:
        with (
            np.errstate(all="ignore"),
            catch_warnings(action="ignore", category=np.exceptions.ComplexWarning),
        ):
            found = np.asarray(function(rows), dtype=complex)
    except DesignError as error:
        raise DesignError(*(f"{name}: {problem}" for problem in error.problems)) from None
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise DesignError(f"{name}: gives no number ({error})") from None
    if found.shape != ():
        raise DesignError(f"{name}: one number is needed, it gives {found.shape}")
    return complex(found)
