"""Groups of units by the order statistics of their values, as PAPI prints provinces: best, high, low, poor.

The percentile P_q of n values is the ⌈q·n⌉-th smallest. A unit belongs to the first declared group whose percentile it
passes (or meets, where the group is inclusive); a missing value belongs to none.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf, isnan

from surveys.definitions.instrument.records import UnitGroup


def groups_of(values: Sequence[float], groups: Sequence[UnitGroup]) -> list[str]:
    """Code of the group of each value; empty for NaN, and throughout where no groups are declared.

    >>> from collections import Counter
    >>> from surveys.definitions.instrument.reading import load_instrument
    >>> quarters = load_instrument("papi/2021").unit_groups
    >>> Counter(groups_of(list(range(61)), quarters)) == {"best": 16, "high": 15, "low": 14, "poor": 16}
    True
    """
    known = sorted(value for value in values if not isnan(value))
    limits = [order_statistic(known, group.percentile) for group in groups]
    return [
        next((g.code for g, limit in zip(groups, limits, strict=True) if _passes(value, limit, g)), "")
        for value in values
    ]


def order_statistic(ascending: Sequence[float], q: float) -> float:
    """The ⌈q·n⌉-th smallest of n values; −∞ for q = 0 or without values.

    >>> order_statistic([1.0, 2.0, 3.0, 4.0], 0.75)
    3.0
    """
    return ascending[ceil(q * len(ascending)) - 1] if q and ascending else -inf


def _passes(value: float, limit: float, group: UnitGroup) -> bool:
    return value > limit or (group.inclusive and value == limit)
