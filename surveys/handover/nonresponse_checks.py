"""Bounds for who did not answer, from the printed scores: of items by their response rate, of all others from their parts.

Where a result has no bounds of its own it enters its parents by its score, as a group does that was drawn by chance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from surveys.definitions.study.records import Inference
from surveys.handover.read_back import PrintedTable
from surveys.handover.readding import (
    RESULT,
    beside_rows,
    combined,
    nodes_of,
    out_of_published,
    parts_of,
    rows_of,
)
from surveys.problems import Problem
from surveys.vocabulary.combination_names import POOLED
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.statuses import EXTERNAL

_NOISE = 1e-9
_BOUNDS = ("low_delta", "high_delta", "low_worst", "high_worst")


def bounds_of_nonresponse(
    bounds: PrintedTable, scores: PrintedTable, tree: PrintedTable, plan: Inference
) -> Iterator[Problem]:
    """Bounds that do not follow from response rate and score, or from those of the parts; rates that differ within a group."""
    nodes = nodes_of(tree)
    frame = bounds.frame[RESULT].assign(**{name: bounds.number(name) for name in (*_BOUNDS, "response_rate")})
    single = (frame["group"] != ALL_GROUPS).to_numpy()
    rate = frame.groupby(["block", "unit_code", "group"], sort=False)["response_rate"].transform("first")
    apart = single & (np.abs(frame["response_rate"] - rate) > _NOISE)
    yield from bounds.faults("verify.nonresponse_bound", apart, "response_rate", expected=rate)
    of_item = single & (frame["node_code"].map(nodes["level"]) == ITEM_LEVEL).to_numpy()
    yield from _of_items(bounds, of_item, plan.nonresponse_shift)
    rows = rows_of(scores).join(nodes, on="node_code").merge(frame, on=RESULT, how="left")
    for name in _BOUNDS:
        yield from _of_parts(bounds, rows, nodes, name)


def _of_items(bounds: PrintedTable, of_item: np.ndarray, delta: float) -> Iterator[Problem]:
    """r·score + (1 − r)·(what the others' mean is taken to be)."""
    score, rate = bounds.number("score"), bounds.number("response_rate")
    others = (
        np.maximum(score - delta, 0.0),
        np.minimum(score + delta, 1.0),
        np.zeros(len(score)),
        np.ones(len(score)),
    )
    for name, mean in zip(_BOUNDS, others, strict=True):
        expected = rate * score + (1.0 - rate) * mean
        slack = bounds.half(name) + bounds.half("score") + bounds.half("response_rate") + _NOISE
        off = of_item & (np.abs(bounds.number(name) - expected) > slack)
        yield from bounds.faults("verify.nonresponse_bound", off, name, expected=expected)


def _of_parts(bounds: PrintedTable, rows: pd.DataFrame, nodes: pd.DataFrame, name: str) -> Iterator[Problem]:
    """One bound of every result from the same bound of its parts."""
    moved = rows.assign(score=rows[name].fillna(rows["score"]))
    for parts in parts_of(moved, nodes):
        found = beside_rows(moved, combined(parts))
        expected, slack = out_of_published(found), 2 * bounds.half(name) + _NOISE
        pooled = found["applied"] == POOLED
        off = found["score"] < found["lowest"].where(pooled, expected) - slack
        off |= found["score"] > found["highest"].where(pooled, expected) + slack
        whole = found["parts"].notna() & (found["given"] == found["parts"]) & (found["status"] != EXTERNAL)
        wrong = found.loc[off & whole & found[name].notna(), RESULT].assign(expected=expected)
        placed = bounds.frame[RESULT].merge(wrong, on=RESULT, how="left")["expected"]
        yield from bounds.faults(
            "verify.nonresponse_bound", placed.notna().to_numpy(), name, expected=placed.to_numpy(dtype=float)
        )
