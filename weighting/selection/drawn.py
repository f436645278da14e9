"""What is drawn of a list, and what is asked for: strata, numbers and sizes, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weighting.errors import DesignError, is_whole
from weighting.frozen import freeze
from weighting.groups import Codes, Floats

Positions = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A sample of a list of N elements.

    Attributes:
        positions: places in the list of the elements that are drawn [n], from 0, in the order of the list.
        replacements: places of those who take the place of others, stratum after stratum, in the random order in which they
            are taken.
        probability: inclusion probability of every element [N].
    """

    positions: Positions
    replacements: Positions
    probability: Floats

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def weights(self) -> Floats:
        """Design weights of the elements that are drawn [n]: 1/probability."""
        return np.asarray(1.0 / self.probability[self.positions])


@dataclass(frozen=True, eq=False)
class Listed:
    """A list as it is drawn from: stratum of each element [N], elements and numbers to draw of each stratum [H], and what each
    element's probability is proportional to [N], None where all are equal."""

    strata: Codes
    count: NDArray[np.intp]
    take: NDArray[np.intp]
    size: Floats | None = None

    @classmethod
    def checked(cls, strata: ArrayLike | int, n: ArrayLike, sizes: ArrayLike | None = None) -> Listed:
        """What was given, as arrays.

        Raises:
            DesignError: codes that are no whole numbers from 0, numbers that a stratum does not have, sizes below 0.

        >>> Listed.checked([0, 0, 1], [1, 1]).count.tolist()
        [2, 1]
        """
        if is_whole(strata) and int(strata) >= 0:  # type: ignore[arg-type]
            codes = np.zeros(int(strata), dtype=np.intp)  # type: ignore[arg-type]
        else:
            codes = np.asarray(strata)
            if codes.ndim != 1 or not np.issubdtype(codes.dtype, np.integer) or (codes < 0).any():
                raise DesignError(
                    "strata: a code from 0 for each element is needed, or the number of elements of one stratum"
                )
        take = np.asarray(n)
        if take.ndim > 1 or not np.issubdtype(take.dtype, np.integer) or (take < 0).any():
            raise DesignError(
                f"n {n!r}: whole numbers from 0 are needed, one for each stratum or one for all"
            )
        strata_in_use = int(codes.max(initial=-1)) + 1
        known = max(strata_in_use, take.size if take.ndim else 1)
        if take.ndim and take.size < strata_in_use:
            raise DesignError(f"n: {take.size} numbers for {strata_in_use} strata")
        listed = cls(
            codes.astype(np.intp),
            np.bincount(codes, minlength=known),
            np.broadcast_to(take, known).astype(np.intp),
            None if sizes is None else _as_sizes(sizes, len(codes)),
        )
        DesignError.raise_any(listed._problems())
        return listed

    def _problems(self) -> Iterator[str]:
        there = self.count
        if self.size is not None:
            there = np.bincount(self.strata, self.size > 0, minlength=len(self.count)).astype(np.intp)
        for h in np.flatnonzero(self.take > there)[:5]:
            what = "elements" if self.size is None else "elements of a size above 0"
            yield f"stratum {h}: {self.take[h]} are to be drawn of {there[h]} {what}"

    def order(self, keys: Floats | None = None) -> tuple[Positions, NDArray[np.intp]]:
        """Places of the list stratum after stratum, in the order of ``keys`` [N] or of the list, and where each stratum
        starts [H + 1]."""
        by = (self.strata,) if keys is None else (keys, self.strata)
        return np.lexsort(by), np.concatenate([[0], np.cumsum(self.count)])


def _as_sizes(sizes: ArrayLike, n: int) -> Floats:
    try:
        found = np.asarray(sizes, dtype=float)
    except (TypeError, ValueError):
        raise DesignError("sizes: numbers are needed") from None
    if found.shape != (n,):
        raise DesignError(f"sizes: shape {found.shape} does not fit a list of {n} elements")
    bad = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
    if bad.size:
        raise DesignError(f"sizes: {found[bad[0]]} of element {bad[0]}; finite numbers from 0 are needed")
    return found


def in_strata(listed: Listed, probability: Floats, draw: Callable[[Floats], Positions]) -> NDArray[np.bool_]:
    """Which elements [N] a draw takes; ``draw`` is given the probabilities of one stratum in the order of the list and returns
    places in it. Elements of probability 1 are taken, those of 0 never, without it."""
    order, start = listed.order()
    drawn = probability >= 1.0
    for h in np.flatnonzero(listed.take):
        members = order[start[h] : start[h + 1]]
        members = members[(probability[members] > 0) & (probability[members] < 1.0)]
        if members.size:
            drawn[members[draw(probability[members])]] = True
    return drawn


def sample(
    listed: Listed, drawn: NDArray[np.bool_], probability: Floats, replacements: Any, rng: np.random.Generator
) -> Drawn:
    """The sample with its replacements: the elements of each stratum that were not drawn, in a random order."""
    numbers = replacement_numbers(replacements, listed)
    keys = rng.random(len(drawn))
    return Drawn(np.flatnonzero(drawn), _next(listed, drawn, keys, numbers), probability)


def _next(listed: Listed, drawn: NDArray[np.bool_], keys: Floats, numbers: NDArray[np.intp]) -> Positions:
    """Places of the first elements of each stratum, by keys, of those that were not drawn."""
    if not numbers.any():
        return np.empty(0, dtype=np.intp)
    rest = np.flatnonzero(~drawn)
    rest = rest[np.lexsort((keys[rest], listed.strata[rest]))]
    strata = listed.strata[rest]
    place = np.arange(len(rest)) - np.searchsorted(strata, strata)
    return np.asarray(rest[place < numbers[strata]])


def replacement_numbers(given: Any, listed: Listed) -> NDArray[np.intp]:
    """Numbers of replacements of each stratum [H]; None for all that are left.

    Raises:
        DesignError: no whole numbers from 0.
    """
    left = np.asarray(listed.count - listed.take)
    if given is None:
        return left
    numbers = np.asarray(given)
    fits = numbers.ndim == 0 or numbers.shape == left.shape
    if not fits or not np.issubdtype(numbers.dtype, np.integer) or (numbers < 0).any():
        raise DesignError(
            f"replacements {given!r}: whole numbers from 0, one for each stratum or one for all, or None for all"
        )
    return np.asarray(np.minimum(numbers, left))
