"""The shortest way to a gain: the fewest sub-criteria that suffice, and of those the smallest gain. Exact, in whole numbers.

Gains are counted in units of the last printed digit. Of n sub-criteria, k at a time, all sums that can be reached are one whole
number whose bit s says whether the sum s can be: adding a sub-criterion of gain g shifts it by g. No way of the fewest
sub-criteria gains as much as what is wanted and the largest single gain together, since one fewer would do; so much is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Step(NamedTuple):
    """One sub-criterion of a way: its place, and which of its gains is made."""

    place: int
    option: int


def shortest_way(gains: Sequence[Sequence[int]], wanted: int) -> tuple[Step, ...] | None:
    """The fewest sub-criteria whose gains are at least ``wanted`` together, and of all such choices the one that gains least.

    ``gains``: of each sub-criterion the gains to choose from (at most one is made; those of 0 or less are passed over). Of
    choices that gain the same the one whose last sub-criterion stands first, then the last but one …, with the first of equal
    gains. Empty where nothing is wanted, None where all gains together do not suffice.

    >>> shortest_way([[5], [3], [4], [1]], 7)
    (Step(place=1, option=0), Step(place=2, option=0))
    >>> shortest_way([[5, 9], [3], [4]], 8)
    (Step(place=0, option=1),)
    >>> shortest_way([[5], [3]], 9) is None
    True
    """
    if wanted <= 0:
        return ()
    options = [_of_each_gain(made) for made in gains]
    fewest = _fewest([max(made, default=0) for made in options], wanted)
    if fewest is None:
        return None
    largest = max(max(made, default=0) for made in options)
    reached = _sums(options, fewest, wanted + largest)
    suffice = reached[-1][fewest] >> wanted
    return _taken(options, reached, wanted + _lowest_bit(suffice))


def _of_each_gain(made: Sequence[int]) -> dict[int, int]:
    """Gain → the first option that makes it."""
    found: dict[int, int] = {}
    for option, gain in enumerate(made):
        if gain > 0:
            found.setdefault(gain, option)
    return found


def _fewest(largest: Sequence[int], wanted: int) -> int | None:
    """How many of the largest gains suffice."""
    total = 0
    for count, gain in enumerate(sorted(largest, reverse=True), 1):
        total += gain
        if total >= wanted:
            return count
    return None


def _sums(options: Sequence[dict[int, int]], fewest: int, limit: int) -> list[list[int]]:
    """After each sub-criterion (before all of them first) the sums below ``limit`` that 0, 1, … ``fewest`` of them reach."""
    within = (1 << limit) - 1
    reached = [[1, *[0] * fewest]]
    for made in options:
        before = reached[-1]
        now = list(before)
        for count in range(1, fewest + 1):
            for gain in made:
                now[count] |= before[count - 1] << gain & within
        reached.append(now)
    return reached


def _lowest_bit(number: int) -> int:
    return (number & -number).bit_length() - 1


def _taken(options: Sequence[dict[int, int]], reached: Sequence[list[int]], total: int) -> tuple[Step, ...]:
    """The choice behind a sum, found from the last sub-criterion back: one that can be left out is left out."""
    count, found = len(reached[0]) - 1, []
    for place in reversed(range(len(options))):
        before = reached[place]
        if before[count] >> total & 1:
            continue
        gain = next(g for g in options[place] if g <= total and before[count - 1] >> (total - g) & 1)
        found.append(Step(place, options[place][gain]))
        total, count = total - gain, count - 1
    return tuple(reversed(found))
