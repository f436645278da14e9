"""What is shown of every node of every unit: its value beside its maximum, in points, or in percent where the index has none.

An index of two halves has the values of both together; what is incomplete has none, unless the study renormalises, as the
council is not shown it either.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.measures import PERCENT, POINTS
from surveys.vocabulary.statuses import INCOMPLETE

#: A node of a unit. ``value`` of ``maximum``, with the limits of its interval, in points or percent as ``measure`` says.
VALUE_COLUMNS = (
    "block", "unit_code", "unit_name", "node_code", "node_level", "measure", "maximum", "value", "low", "high", "status", "note",
)  # fmt: skip
KEY = ["block", "unit_code", "node_code"]


def values_of_scores(scores: pd.DataFrame, *, renormalises: bool) -> pd.DataFrame:
    """The nodes and items of a survey over all groups, ``VALUE_COLUMNS``. ``scores``: ``SCORE_COLUMNS``; items, and nodes of an
    index without points, in percent."""
    rows = scores[scores["group"] == ALL_GROUPS].reset_index(drop=True)
    most = rows["max_points"].astype(float)
    in_points = (most.notna() & (rows["node_level"] != ITEM_LEVEL)).to_numpy()
    whole = np.where(in_points, most, 100.0)
    found = rows.assign(
        measure=np.where(in_points, POINTS, PERCENT),
        maximum=whole,
        value=np.where(in_points, rows["points"].astype(float), 100.0 * rows["score"]),
        low=rows["ci_low"] * whole,
        high=rows["ci_high"] * whole,
    )
    return _shown(found, renormalises=renormalises)


def values_of_index(index: pd.DataFrame, *, renormalises: bool) -> pd.DataFrame:
    """The nodes of both halves of an index, ``VALUE_COLUMNS``. ``index``: ``INDEX_COLUMNS``."""
    found = index.assign(
        measure=POINTS,
        maximum=index["max_points"].astype(float),
        value=index["points"].astype(float),
        low=index["points_low"].astype(float),
        high=index["points_high"].astype(float),
    )
    return _shown(found, renormalises=renormalises)


def in_order_of_tree(values: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Values unit by unit as they come, each node before those below it and its questions behind it."""
    place: dict[tuple[bool, str], int] = {}
    for node in _downwards(instrument, ""):
        place[False, node] = len(place)
        for item in instrument.items_of_node.get(node, ()):
            place[True, item.code] = len(place)
    units = {
        unit: k
        for k, unit in enumerate(dict.fromkeys(zip(values["block"], values["unit_code"], strict=True)))
    }
    of_unit = [units[unit] for unit in zip(values["block"], values["unit_code"], strict=True)]
    is_item = (values["node_level"] == ITEM_LEVEL).tolist()
    of_node = [place[key] for key in zip(is_item, values["node_code"], strict=True)]
    return values.iloc[np.lexsort((of_node, of_unit))].reset_index(drop=True)


def _downwards(instrument: Instrument, above: str) -> Iterator[str]:
    for node in instrument.children.get(above, ()):
        yield node.code
        yield from _downwards(instrument, node.code)


def _shown(values: pd.DataFrame, *, renormalises: bool) -> pd.DataFrame:
    hidden = (
        np.zeros(len(values), dtype=bool) if renormalises else (values["status"] == INCOMPLETE).to_numpy()
    )
    numbers = {name: values[name].astype(float).mask(hidden) for name in ("value", "low", "high")}
    return values.assign(**numbers)[list(VALUE_COLUMNS)].reset_index(drop=True)
