"""Tables of points lost against themselves: losses, distances and shares worked out again from the numbers beside them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from surveys.handover.read_back import Floats, PrintedTable, PrintedTables
from surveys.problems import Problem

_NOISE = 1e-9


def losses_subtracted(package: PrintedTables) -> Iterator[Problem]:
    """Losses that are not the maximum less the result, changes that are not the result less the earlier one, and distances that
    are not the target less the result (turned for a target to stay below); all of them are printed numbers, so that nothing is
    rounded. A loss stands wherever there is a result, and nowhere else."""
    for name in ("gaps", "gap-sums"):
        if name in package:
            yield from _subtracted(package[name])


def _subtracted(printed: PrintedTable) -> Iterator[Problem]:
    most, value, target = (printed.number(column) for column in ("maximum", "value", "target"))
    turned = np.where(np.isin(printed.text("sign"), ("<", "<=")), -1.0, 1.0)
    wanted = {"lost": most - value, "distance": turned * (target - value)}
    for column, expected in wanted.items():
        found = printed.number(column)
        wrong = ~(np.abs(found - expected) <= _NOISE) & ~(np.isnan(found) & np.isnan(expected))
        yield from printed.faults("verify.lost", wrong, column, expected=expected)
    if "change" in printed.table.names:
        yield from _changes(printed, value)


def _changes(printed: PrintedTable, value: Floats) -> Iterator[Problem]:
    """Changes that are told; where one is not, the reason stands beside the row."""
    change, expected = printed.number("change"), value - printed.number("previous")
    wrong = ~np.isnan(change) & ~(np.abs(change - expected) <= _NOISE)
    yield from printed.faults("verify.lost", wrong, "change", expected=expected)
