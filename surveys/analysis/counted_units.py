"""Which units of a block stand together in a figure that is told of all of them, so that nothing hidden can be computed back.

* A unit counts at a node where its result and every result below it are shown: nothing hidden enters any figure of the block,
  neither by itself nor by a total.
* From fewer than :data:`FEWEST` units none is told, since two of them would tell each other.
* Below a node whose figure is told, one or two further units do not count either: with the figure above, those below it would
  give their results as a difference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

#: Units from which an average, a median or the best result is told, the one that is told it among them.
FEWEST = 3


def counted_units(
    shown: Mapping[str, Mapping[str, bool]], parents: Mapping[str, str]
) -> dict[str, Collection[str]]:
    """Node → the units that count there, none where there are too few.

    ``shown``: unit → node, parents before their children → whether its result is shown; ``parents``: node → the node above.

    >>> all_of_both = {unit: {"0": True, "1": True} for unit in "abc"}
    >>> sorted(counted_units(all_of_both, {"1": "0"})["1"])
    ['a', 'b', 'c']
    >>> sorted(counted_units({**all_of_both, "d": {"0": False, "1": True}}, {"1": "0"})["1"])  # d would be a difference
    ['a', 'b', 'c']
    """
    whole = {unit: _whole(of_unit, parents) for unit, of_unit in shown.items()}
    counted: dict[str, Collection[str]] = {}
    for node in dict.fromkeys(node for of_unit in shown.values() for node in of_unit):
        units = {unit: None for unit in shown if node in whole[unit]}  # in the order of the block
        above = counted.get(parents.get(node, ""), ())
        if 0 < len(units.keys() - set(above)) < FEWEST:
            units = {unit: None for unit in units if unit in above}
        counted[node] = tuple(units) if len(units) >= FEWEST else ()
    return counted


def _whole(shown: Mapping[str, bool], parents: Mapping[str, str]) -> set[str]:
    """Nodes of a unit whose result and every result below them are shown."""
    found = set(shown)
    for node in reversed(list(shown)):
        if node not in found or not shown[node]:
            found -= {node, parents.get(node, "")}
    return found
