"""What a rule finds: the evaluations that break it, and what to look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.validity.evidence import Array, Evidence, row_counts


@dataclass(frozen=True, eq=False)
class Finding:
    """Which evaluations break a rule (boolean [m]) and what to look at: item codes or other form codes (object [m])."""

    broken: Array
    detail: Array | None = None


def item_list(cells: Array, codes: Array) -> Array:
    """Codes of the marked items of each row, joined by ``;``: boolean [m, K], object [K] → object [m].

    >>> item_list(np.array([[True, True], [False, False]]), np.array(["q1", "q2"], object)).tolist()
    ['q1;q2', '']
    """
    row, column = np.divmod(np.flatnonzero(cells), cells.shape[1])
    detail = np.full(len(cells), "", object)
    of_row = np.split(codes[column], np.flatnonzero(np.diff(row)) + 1) if len(row) else []
    detail[np.unique(row)] = [";".join(items) for items in of_row]
    return detail


def marked_items(evidence: Evidence, cells: Array, minimum: int) -> Finding:
    """Evaluations with at least ``minimum`` marked items, which are the detail."""
    codes = np.array([item.code for item in evidence.instrument.items], object)
    return Finding(row_counts(cells) >= max(minimum, 1), item_list(cells, codes))


def noticed(evidence: Evidence, rule: str) -> Array:
    """Where reading itself saw that a rule is broken, boolean [m]."""
    said_of = evidence["noticed"]
    found = np.zeros(len(evidence), bool)
    found[said_of != ""] = [rule in said.split() for said in said_of[said_of != ""]]
    return found
