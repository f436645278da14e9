"""Trimming: weights held inside limits, and what is cut shared by the rows inside them, so that totals stay.

Source: Potter, "A study of procedures to identify and trim extreme sampling weights", Proceedings of the Section on
Survey Research Methods, ASA (1990), 225-230. Equal shares are what R's ``survey::trimWeights`` gives.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from weighting.calibration.margins import levels_text
from weighting.errors import DesignError, applying, is_number, listed, unknown
from weighting.facade import Design
from weighting.groups import Codes, Floats, groups_of

# The surplus shrinks in every round; below this share of the total it is rounding.
SETTLED = 1e-15
MAX_ROUNDS = 10_000
UNITS = ("weight", "median", "mean")
SHARES = ("equal", "proportional")


def trimmed(
    weights: Floats,
    lower: Floats,
    upper: Floats,
    group: Codes,
    proportional: bool = False,
    rounds: int = MAX_ROUNDS,
) -> Floats:
    """Weights [n] held inside limits [groups], the total of every group kept.

    The surplus of a group goes to its rows inside the limits (to all its rows where none is inside), in equal parts
    or in proportion to their weights, and again as long as that pushes rows out. Rows of weight 0 stay at 0. With a
    limited number of rounds the last shares may leave rows outside.

    >>> trimmed(np.array([1.0, 1.0, 10.0]), np.zeros(1), np.full(1, 6.0), np.zeros(3, dtype=int)).tolist()
    [3.0, 3.0, 6.0]
    """
    size, w, there = len(lower), weights.copy(), weights > 0
    low, high = np.where(there, lower[group], 0.0), np.where(there, upper[group], 0.0)
    for _ in range(rounds):
        inside = there & (w >= low) & (w <= high)
        kept = np.clip(w, low, high)
        surplus = np.bincount(group, w - kept, minlength=size)
        w = kept
        if np.abs(surplus).sum() <= SETTLED * weights.sum():
            break
        any_inside = np.bincount(group, inside, minlength=size) > 0
        part = np.where(any_inside[group], inside, there) * (w if proportional else 1.0)
        shared = np.bincount(group, part, minlength=size)
        w = w + part * (surplus / np.maximum(shared, np.finfo(float).tiny))[group]
    return w


def _groups(frame: pd.DataFrame, by: str | Sequence[str] | None, n: int) -> tuple[Codes, list[str]]:
    """Group of every row [n], and the groups in words."""
    if by is None:
        return np.zeros(n, dtype=np.intp), ["all rows"]
    names = listed(by)
    codes = groups_of(frame, names)
    first = frame[names].iloc[np.unique(codes, return_index=True)[1]]
    return codes, [levels_text(row) for row in first.itertuples(index=False, name=None)]


def _centres(weights: Floats, group: Codes, unit: str) -> Floats:
    """What the limits are multiples of, per group: 1, or the median or mean of the positive weights."""
    if unit == "weight":
        return np.ones(int(group.max(initial=0)) + 1)
    positive = pd.Series(np.where(weights > 0, weights, np.nan)).groupby(group)
    return np.asarray(positive.agg(unit).fillna(1.0))


def _unreachable(weights: Floats, lower: Floats, upper: Floats, group: Codes, names: list[str]) -> list[str]:
    """Groups whose total does not fit between n × lower and n × upper."""
    total = np.bincount(group, weights, minlength=len(lower))
    count = np.bincount(group, weights > 0, minlength=len(lower))
    slack = 1e-12 * total
    with np.errstate(invalid="ignore"):  # no rows times no limit
        bad = (total < count * lower - slack) | (total > count * upper + slack)
    return [
        f"{names[j]}: {count[j]:.0f} rows within ({lower[j]:g}, {upper[j]:g}) cannot carry the total {total[j]:.6g}; "
        f"widen the limits"
        for j in np.flatnonzero(bad)
    ]


def trim(  # noqa: PLR0913
    design: Design,
    lower: float | None = None,
    upper: float | None = None,
    unit: Literal["weight", "median", "mean"] = "weight",
    by: str | Sequence[str] | None = None,
    share: Literal["equal", "proportional"] = "equal",
    strict: bool = True,
) -> Design:
    """A design with its weights held between ``lower`` and ``upper``, the sum of weights unchanged.

    Args:
        design: the design; it is not changed.
        lower: least weight, None for none.
        upper: largest weight, None for none.
        unit: whether the limits are weights, or multiples of the median or the mean weight (of each group).
        by: columns whose groups each keep their own total.
        share: whether the rows inside the limits get equal parts of what is cut or parts in proportion to their weight.
        strict: share again as long as sharing pushes rows out (True), or share once (False).

    Raises:
        DesignError: limits that cross, or that cannot hold the total of a group; columns that do not exist.

    >>> from weighting import Design
    >>> d = Design({"y": [1, 2, 3]}, weights=[1.0, 1.0, 10.0])
    >>> trim(d, upper=6).weights.tolist()
    [3.0, 3.0, 6.0]
    """
    if not all(limit is None or is_number(limit) for limit in (lower, upper)):
        raise DesignError(f"limits ({lower!r}, {upper!r}): numbers are needed, None for no limit")
    low, high = 0.0 if lower is None else float(lower), np.inf if upper is None else float(upper)
    problems = applying(
        (not 0 <= low <= high, f"limits ({low:g}, {high:g}): accepted 0 ≤ lower ≤ upper"),
        (unit not in UNITS, unknown("unit", unit, UNITS)),
        (share not in SHARES, unknown("share", share, SHARES)),
    )
    DesignError.raise_any(problems)
    group, names = _groups(design.frame, by, design.n)
    centre = _centres(design.weights, group, unit)
    lower_limit, upper_limit = low * centre, high * centre
    DesignError.raise_any(_unreachable(design.weights, lower_limit, upper_limit, group, names))
    rounds = MAX_ROUNDS if strict else 1
    return design.with_weights(
        trimmed(design.weights, lower_limit, upper_limit, group, share == "proportional", rounds)
    )
