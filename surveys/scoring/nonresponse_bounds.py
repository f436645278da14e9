"""Bounds of scores for what those of a census may think who did not answer.

Where everybody of a group was asked and r of them gave a valid form, a mean ȳ of those who did stands for all as if who answered
were a matter of chance. Were the others' mean ȳ ± δ (within 0 and 1), the mean of all would be r ȳ + (1 − r)(ȳ ± δ); at the worst
theirs is 0 or 1. An index is linear in the means of its items, so that the same weights carry the difference up the tree. Bounds
stand beside the interval, which tells of chance alone; no rank looks at them.

Source: Manski, Partial Identification of Probability Distributions, Springer (2003), chapter 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch
from surveys.scoring.quantities import Bools, Floats
from surveys.scoring.values import Values
from surveys.vocabulary.columns import NONRESPONSE_COLUMNS
from surveys.vocabulary.levels import ITEM_LEVEL

_BOUNDS = ("low_delta", "high_delta", "low_worst", "high_worst")


def nonresponse_bounds(block: BlockInputs, branches: Sequence[Branch], table: pd.DataFrame) -> pd.DataFrame:
    """One row per result of ``table``, the scores of a block unit by unit, that rests on a group of which everybody was asked;
    columns ``NONRESPONSE_COLUMNS``.

    A result has bounds where its score is printed and so is that of every item of such a group that enters it: no number that
    is hidden can be worked out from them.
    """
    shape = (len(block.units), len(branches))
    printed = table["score"].notna().to_numpy().reshape(shape).T
    given, moved = printed.copy(), np.zeros((4, *printed.shape))
    weight, answered = np.zeros((2, *printed.shape))
    for group, values in block.values.items():
        rate = values.sample.response
        if np.isnan(rate).all():
            continue
        known = _printed_items(branches, values, group, printed) & ~np.isnan(rate)[:, None]
        steps = np.nan_to_num(_steps(values.theta, rate[:, None], block.study.inference.nonresponse_shift))
        for r, branch in enumerate(branches):
            if group not in branch.score.alpha:
                continue
            slope = branch.score.alpha[group] * values.answers  # the weight of each item's mean in the result
            given[r] &= ~((slope != 0) & ~known).any(axis=1)
            moved[:, r] += _of_result(slope, steps)
            weight[r] += np.abs(slope).sum(axis=1)
            answered[r] += np.abs(slope).sum(axis=1) * np.nan_to_num(rate)
    rows = (given & (weight > 0)).T.ravel()
    found = table[rows].reset_index(drop=True)
    bounds = np.clip(found["score"].to_numpy() + np.array([by.T.ravel()[rows] for by in moved]), 0.0, 1.0)
    share = np.divide(answered, weight, out=np.zeros(weight.shape), where=weight > 0)
    columns = dict(zip(_BOUNDS, bounds, strict=True)) | {"response_rate": share.T.ravel()[rows]}
    return found.assign(**columns)[list(NONRESPONSE_COLUMNS)]


def _of_result(slope: Floats, steps: Floats) -> Floats:
    """By how much a result moves [4, U], given the weights [U, I] of its items and how these move [4, U, I]: down by δ, up by δ,
    to the lowest, to the highest; an item that counts against the result moves it the other way."""
    opposite = steps[[1, 0, 3, 2]]
    return np.asarray((np.maximum(slope, 0.0) * steps + np.minimum(slope, 0.0) * opposite).sum(axis=-1))


def _printed_items(branches: Sequence[Branch], values: Values, group: str, printed: Bools) -> Bools:
    """Items of a group whose own score is printed, by unit, [U, I]."""
    place = {b.code: r for r, b in enumerate(branches) if (b.level, b.group) == (ITEM_LEVEL, group)}
    rows = [
        printed[place[i.code]] if i.code in place else np.zeros(printed.shape[1], bool) for i in values.items
    ]
    return np.array(rows).T


def _steps(theta: Floats, rate: Floats, delta: float) -> Floats:
    """By how much the mean of all differs from that of those who answered, [4, U, I], if the others differ by −δ, by δ, or are
    all at 0, all at 1.

    >>> _steps(np.array([[0.95]]), np.array([[0.8]]), 0.1).round(4).ravel().tolist()
    [-0.02, 0.01, -0.19, 0.01]
    """
    others = np.array(
        [np.maximum(theta - delta, 0.0), np.minimum(theta + delta, 1.0), 0.0 * theta, 1.0 + 0.0 * theta]
    )
    return (1.0 - rate) * (others - theta)
