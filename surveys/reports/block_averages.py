"""Averages over the units of a block, from which no result of a single unit can be computed back.

* A unit counts in the average of a node where its result and every result below it are shown: nothing hidden enters any average,
  neither by itself nor by a total.
* From fewer than :data:`FEWEST` units none is told, since two of them would tell each other.
* Below a node whose average is told, one or two further units do not count either: with the average above, those below it would
  give their results as a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from surveys.handover.rounding import exact_texts

#: Units from which an average is told, the one that is told it among them.
FEWEST = 3


@dataclass(frozen=True)
class Average:
    """The mean of a node as printed, and of how many units; empty and 0 where it is not told."""

    text: str = ""
    units: int = 0


def block_averages(
    values: Mapping[str, Mapping[str, str]], parents: Mapping[str, str], decimals: Mapping[str, int]
) -> dict[str, Average]:
    """The average of each node of a block.

    ``values``: unit → node, parents before their children → printed result, empty where none is shown; ``parents``: node → the
    node above; ``decimals``: node → digits of its results.

    >>> values = {unit: {"0": number, "1": number} for unit, number in zip("abc", ("0.5", "0.6", "1.0"), strict=True)}
    >>> block_averages(values, {"1": "0"}, {"0": 1, "1": 1})["0"]
    Average(text='0.7', units=3)
    >>> block_averages({**values, "d": {"0": "", "1": "0.9"}}, {"1": "0"}, {"0": 1, "1": 1})["1"]  # d would be a difference
    Average(text='0.7', units=3)
    """
    whole = {unit: _whole(of_unit, parents) for unit, of_unit in values.items()}
    counted: dict[str, set[str]] = {}
    for node in dict.fromkeys(node for of_unit in values.values() for node in of_unit):
        units, above = (
            {unit for unit in values if node in whole[unit]},
            counted.get(parents.get(node, ""), set()),
        )
        apart = units - above
        if 0 < len(apart) < FEWEST:
            units &= above
        counted[node] = units if len(units) >= FEWEST else set()
    return {
        node: _average([values[unit][node] for unit in values if unit in units], decimals[node])
        for node, units in counted.items()
    }


def _average(texts: list[str], decimals: int) -> Average:
    if not texts:
        return Average()
    (text,) = exact_texts([sum(map(Decimal, texts), Decimal()) / len(texts)], decimals)
    return Average(text, len(texts))


def _whole(values: Mapping[str, str], parents: Mapping[str, str]) -> set[str]:
    """Nodes of a unit whose result and every result below them are shown."""
    found = set(values)
    for node in reversed(list(values)):
        if node not in found or not values[node]:
            found -= {node, parents.get(node, "")}
    return found
