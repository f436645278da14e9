"""Points lost: for every unit and node what was lost, which share of the whole, and where the unit stands among those of its
block.

lost = maximum − value, with the limits of the value's interval turned round: between maximum − upper limit and maximum − lower
limit. Its share is that of the loss of the whole index, where its nodes add up to it. In an index without points losses are in
percent, and have no share. What has no value has no loss, no rank, and stands in no median
(:mod:`surveys.analysis.node_values`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.analysis.counted_units import counted_units
from surveys.definitions.instrument.records import Instrument
from surveys.scoring.combination_rules import rule_of
from surveys.vocabulary.combination_names import SHARES
from surveys.vocabulary.levels import ITEM_LEVEL
from surveys.vocabulary.measures import POINTS

#: What may be known beside a value: the sources of a node, its target with the day by which it is due, the agencies in charge,
#: and the change since an earlier round; one row a node of a unit.
BESIDE_COLUMNS = (
    "source", "previous", "change", "change_low", "change_high", "sign", "target", "due", "lead_agency",
    "coordinating_agencies",
)  # fmt: skip
_WORDS = ("source", "sign", "due", "lead_agency", "coordinating_agencies")
#: Values have fewer digits; differences of them keep no noise of float arithmetic.
_EXACT = 12
#: A target that is to be kept below.
AT_MOST = frozenset({"<", "<=", "≤"})


@dataclass(frozen=True)
class LossTree:
    """``parents``: node → the node above, empty at a root; ``roots``: the nodes whose loss is that of the nodes below them added
    up, one for each unit; none in an index whose nodes are not."""

    parents: Mapping[str, str]
    roots: frozenset[str] = frozenset()


def loss_tree(instrument: Instrument, extras: Mapping[str, str] | None = None) -> LossTree:
    """The tree of an instrument; ``extras``: further nodes that are counted in one of its own."""
    parents = {node.code: node.parent for node in instrument.nodes}
    scored = [node for node in instrument.children.get("", ()) if node.rule != SHARES]
    roots = (node.code for node in scored if node.max_points is not None and rule_of(instrument, node).points)
    return LossTree({**parents, **(extras or {})}, frozenset(roots))


def nodes_lost(
    values: pd.DataFrame, tree: LossTree, league: Mapping[tuple[str, str], float] | None = None
) -> pd.DataFrame:
    """What was lost at every node. ``values``: ``VALUE_COLUMNS`` and ``BESIDE_COLUMNS`` (those that are missing are blank),
    parents before their children; ``league``: (block, unit) → rank of its total, in place of one by the values.

    >>> names = ["block", "unit_code", "node_code", "node_level", "measure", "maximum", "value"]
    >>> rows = [("", "a", code, "", "points", *points) for code, *points in (("0", 4.0, 3.0), ("1", 3.0, 2.25), ("2", 1.0, 0.75))]
    >>> found = nodes_lost(pd.DataFrame(rows, columns=names), LossTree({"0": "", "1": "0", "2": "0"}, frozenset("0")))
    >>> found["lost"].tolist(), found["share_of_loss"].tolist(), found["order"].tolist()
    ([1.0, 0.75, 0.25], [100.0, 75.0, 25.0], [nan, 1.0, 2.0])
    """
    parents = tree.parents
    found = _whole(values)
    found = found.assign(
        lost=(found["maximum"] - found["value"]).round(_EXACT),
        lost_low=(found["maximum"] - found["high"]).round(_EXACT),
        lost_high=(found["maximum"] - found["low"]).round(_EXACT),
        lowest=lowest_shown(found, parents),
    )
    found["share_of_loss"] = _shares(found, tree)
    found["order"] = _orders(found)
    return with_distance(found).join(_standing(found, parents, league or {}))


def _whole(values: pd.DataFrame) -> pd.DataFrame:
    """All columns, blank where nothing is known."""
    blank = pd.DataFrame(index=values.index)
    for name in ("low", "high", *BESIDE_COLUMNS):
        if name not in values:
            blank[name] = "" if name in _WORDS else np.nan
    return values.join(blank).reset_index(drop=True)


def lowest_shown(values: pd.DataFrame, parents: Mapping[str, str]) -> np.ndarray:
    """Rows with a value below which no node has one: those at which a unit lost, each loss once."""
    above: set[tuple[object, ...]] = set()
    has = (values["value"].notna() & (values["node_level"] != ITEM_LEVEL)).to_numpy()
    keys = list(zip(values["block"], values["unit_code"], values["node_code"], strict=True))
    for (block, unit, node), shown in zip(keys, has, strict=True):
        while shown and (node := parents.get(node, "")):
            above.add((block, unit, node))
    return np.array([shown and key not in above for key, shown in zip(keys, has, strict=True)], dtype=bool)


def whole_loss(rows: pd.DataFrame, nodes: pd.DataFrame, tree: LossTree) -> np.ndarray:
    """What the unit of each row lost in all, by its ``nodes``; NaN where that is not known or nothing, or where losses do not add
    up."""
    roots = nodes[nodes["node_code"].isin(tree.roots)].set_index(["block", "unit_code"])["lost"]
    alone = roots[~roots.index.duplicated(keep=False)]
    lost = alone.reindex(pd.MultiIndex.from_frame(rows[["block", "unit_code"]])).to_numpy(dtype=float)
    return np.where(lost > 0, lost, np.nan)


def _shares(found: pd.DataFrame, tree: LossTree) -> pd.Series:
    """Each loss in percent of the unit's whole loss; none of a question."""
    in_points = (found["measure"] == POINTS).to_numpy() & (found["node_level"] != ITEM_LEVEL).to_numpy()
    return 100.0 * found["lost"] / np.where(in_points, whole_loss(found, found, tree), np.nan)


def _orders(found: pd.DataFrame) -> pd.Series:
    """1 for the lowest node at which a unit lost most, and so on; nodes that lost as much in the order of the tree."""
    lost = found["lost"].where(found["lowest"])
    return lost.groupby([found["block"], found["unit_code"]]).rank(ascending=False, method="first")


def with_distance(found: pd.DataFrame) -> pd.DataFrame:
    """How far the target still is, with limits by those of the loss; below zero where it is surpassed."""
    turned = np.where(found["sign"].isin(AT_MOST), -1.0, 1.0)
    to_go = found["target"] - found["maximum"]
    ends = [turned * (to_go + found[name]) for name in ("lost_low", "lost_high")]
    return found.assign(
        distance=(turned * (to_go + found["lost"])).round(_EXACT),
        distance_low=np.minimum(*ends).round(_EXACT),
        distance_high=np.maximum(*ends).round(_EXACT),
    )


def _standing(
    found: pd.DataFrame, parents: Mapping[str, str], league: Mapping[tuple[str, str], float]
) -> pd.DataFrame:
    """Rank of each unit on each node among those of its block, how many are ranked, the best value and the median; nothing beside
    a node without a value."""
    of_node = found.groupby(["block", "node_code"], sort=False)["value"]
    rank, ranked = of_node.rank(ascending=False, method="min"), of_node.transform("count")
    roots = found["node_code"].map(parents).eq("").to_numpy() & bool(league)
    units = zip(found["block"], found["unit_code"], strict=True)
    by_total = pd.Series([league.get(unit, np.nan) for unit in units], index=found.index, dtype=float)
    rank = rank.mask(roots, by_total)
    of_total = by_total.groupby([found["block"], found["node_code"]]).transform("count")
    ranked = ranked.mask(roots, of_total)
    alone = (ranked < 2).to_numpy()
    blocks = [_told(rows, parents) for _, rows in found.groupby("block", sort=False)]
    told = pd.concat(blocks) if blocks else pd.DataFrame(columns=["best", "median"], dtype=float)
    standing = told.reindex(found.index).assign(rank=rank.mask(alone), ranked=ranked.mask(alone))
    return standing[found["value"].notna()].reindex(found.index)


def _told(rows: pd.DataFrame, parents: Mapping[str, str]) -> pd.DataFrame:
    """Best value and median of a block's units at every node, from which nothing hidden can be computed back."""
    nodes = rows[rows["node_level"] != ITEM_LEVEL]
    shown: dict[str, dict[str, bool]] = {}
    for unit, node, has in zip(nodes["unit_code"], nodes["node_code"], nodes["value"].notna(), strict=True):
        shown.setdefault(unit, {})[node] = bool(has)
    told = {(unit, node) for node, units in counted_units(shown, parents).items() for unit in units}
    keys = zip(rows["unit_code"], rows["node_code"], strict=True)
    counted = rows["value"].where(pd.Series([key in told for key in keys], index=rows.index))
    of_node = counted.groupby(rows["node_code"], sort=False)
    return pd.DataFrame(
        {"best": of_node.transform("max"), "median": of_node.transform("median").round(_EXACT)}
    )


def in_order_of_loss(nodes: pd.DataFrame) -> pd.DataFrame:
    """The nodes at which each unit lost, those of the largest loss first."""
    lowest, place = nodes[nodes["order"].notna()], places_of_units(nodes)
    unit = [place[key] for key in zip(lowest["block"], lowest["unit_code"], strict=True)]
    return lowest.assign(_unit=unit).sort_values(["_unit", "order"], kind="stable").drop(columns="_unit")


def places_of_units(nodes: pd.DataFrame) -> dict[tuple[str, str], int]:
    """(block, unit) → its place among the units, as they come in the rows."""
    units = dict.fromkeys(zip(nodes["block"], nodes["unit_code"], strict=True))
    return {unit: k for k, unit in enumerate(units)}
