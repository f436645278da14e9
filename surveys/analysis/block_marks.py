"""Marks that the units of a block set each other at a sub-criterion: the block's median, upper quarter and best result.

They are made of printed results, of the units that count there (:mod:`surveys.analysis.counted_units`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from surveys.scoring.unit_groups import order_statistic
from surveys.vocabulary.ways import BEST, MEDIAN, UPPER_QUARTER


def block_marks(results: Sequence[int]) -> Mapping[str, int]:
    """Mark → result, in units of the last printed digit; none without results. The upper quarter is the order statistic ⌈0.75 n⌉
    of the n results; the median of an even number lies in the middle of two, half up.

    >>> dict(block_marks([5, 1, 9, 6]))
    {'median': 6, 'upper_quarter': 6, 'best': 9}
    >>> dict(block_marks([]))
    {}
    """
    if not results:
        return {}
    ascending = sorted(results)
    half = len(ascending) // 2
    middle = ascending[half] if len(ascending) % 2 else (ascending[half - 1] + ascending[half] + 1) // 2
    return {MEDIAN: middle, UPPER_QUARTER: int(order_statistic(ascending, 0.75)), BEST: ascending[-1]}
