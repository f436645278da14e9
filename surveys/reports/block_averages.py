"""Averages over the units of a block, from which no result of a single unit can be computed back: of which units, says
:mod:`surveys.analysis.counted_units`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from surveys.analysis.counted_units import counted_units
from surveys.handover.rounding import exact_texts


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
    shown = {unit: {node: bool(text) for node, text in of_unit.items()} for unit, of_unit in values.items()}
    return {
        node: _average([values[unit][node] for unit in units], decimals[node])
        for node, units in counted_units(shown, parents).items()
    }


def _average(texts: list[str], decimals: int) -> Average:
    if not texts:
        return Average()
    (text,) = exact_texts([sum(map(Decimal, texts), Decimal()) / len(texts)], decimals)
    return Average(text, len(texts))
