"""Re-adding: every printed parent from its printed parts, within what rounding allows.

The rules are those of the tree that is printed beside the scores: items to a node, groups to a node, children to a parent.
A difference is a fault when no rounding of the printed parts can explain it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from surveys.handover.printed import Floats, Package, PrintedTable
from surveys.problems import Problem
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL

#: Noise of float arithmetic on the printed numbers.
_NOISE = 1e-9
_PLACE = ["block", "unit_code"]


def readded(package: Package) -> Iterator[Problem]:
    """Faults of the scores: order of limits, points against scores, parents against parts, ranks against points."""
    if "scores" in package:
        yield from limits(package["scores"], "ci_low", "score", "ci_high")
        yield from limits(
            package["scores"], "satisfaction_ci_low", "satisfaction_percent", "satisfaction_ci_high"
        )
        yield from shown_as_said(package["scores"])
        yield from points_of_scores(package["scores"])
    if {"scores", "tree"} <= package.keys():
        yield from parents(package["scores"], package["tree"])
    if {"scores", "tree", "units"} <= package.keys():
        yield from totals(package["scores"], package["tree"], package["units"])
    if "shares" in package:
        yield from limits(package["shares"], "ci_low", "share", "ci_high")
        yield from whole_shares(package["shares"])
    if "unweighted" in package:
        yield from limits(
            package["unweighted"], "unweighted_ci_low", "unweighted_score", "unweighted_ci_high"
        )
    for name in ("units", "council-units"):
        if name in package:
            yield from percents(package[name])
            yield from ranks(package[name])


def limits(printed: PrintedTable, low: str, middle: str, high: str) -> Iterator[Problem]:
    """lower limit ≤ estimate ≤ upper limit."""
    a, x, b = (printed.number(name) for name in (low, middle, high))
    slack = printed.half(middle) + _NOISE
    yield from printed.faults("verify.limit_above", a > x + slack, low, expected=x)
    yield from printed.faults("verify.limit_below", b < x - slack, high, expected=x)


def shown_as_said(scores: PrintedTable) -> Iterator[Problem]:
    """A suppressed result shows no number; a result that is ok or external does."""
    status, value = scores.text("status"), scores.number("score")
    yield from scores.faults("verify.suppressed_shown", (status == "suppressed") & ~np.isnan(value), "score")
    needed = np.isin(status, ["ok", "external"])
    yield from scores.faults("verify.result_missing", needed & np.isnan(value), "score")


def points_of_scores(scores: PrintedTable) -> Iterator[Problem]:
    """points = score × maximum points."""
    expected = scores.number("score") * scores.number("max_points")
    slack = scores.half("points") + scores.half("score") * np.nan_to_num(scores.number("max_points")) + _NOISE
    yield from _differing(scores, "points", expected, slack, "verify.points_of_score")


def parents(scores: PrintedTable, tree: PrintedTable) -> Iterator[Problem]:
    """Every node from its items, its groups or its children, by the rule of the tree."""
    rows, nodes = _rows(scores), _nodes(tree)
    unknown = ~rows["node_code"].isin(nodes.index).to_numpy()
    yield from scores.faults("verify.node_unknown", unknown, "node_code")
    rows = rows[~unknown].join(nodes, on="node_code")
    yield from _same_nodes_everywhere(scores, rows)
    yield from _from_parts(scores, rows, _within_groups(rows, nodes))
    yield from _from_parts(scores, rows, _over_groups(rows, nodes))
    yield from _from_parts(scores, rows, _over_children(rows, nodes))
    yield from _points_of_sums(scores, rows, nodes)


def totals(scores: PrintedTable, tree: PrintedTable, units: PrintedTable) -> Iterator[Problem]:
    """The league table repeats the roots of the scores."""
    roots = tree.frame.loc[tree.frame["parent"] == "", "code"]
    rows = _rows(scores)
    rows = rows[(rows["group"] == ALL_GROUPS) & rows["node_code"].isin(roots)].drop_duplicates(_PLACE)
    found = units.frame[_PLACE].merge(rows, on=_PLACE, how="left")
    yield from units.faults("verify.unit_without_total", found["row"].isna().to_numpy(), "unit_code")
    for column in ("points", "max_points"):
        expected = found[column].to_numpy(dtype=float)
        yield from _differing(units, column, expected, np.full(len(units), _NOISE), "verify.not_the_total")
    missing = len(rows) - int(found["row"].notna().sum())
    if missing:
        yield Problem("verify.units_missing", file=units.path, params=(("missing", str(missing)),))


def percents(units: PrintedTable) -> Iterator[Problem]:
    """percent = 100 · points / maximum points, and its limits around it."""
    most = units.number("max_points")
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = 100.0 * units.number("points") / most
        slack = units.half("percent") + 100.0 * units.half("points") / most + _NOISE
    yield from _differing(units, "percent", expected, slack, "verify.percent_of_points")
    if "ci_low" in units.table.names:
        yield from limits(units, "ci_low", "percent", "ci_high")


def ranks(units: PrintedTable) -> Iterator[Problem]:
    """In a block, more points never rank behind fewer; the rank lies between its limits."""
    rank = units.number("rank")
    low, high = units.number("rank_low"), units.number("rank_high")
    yield from units.faults("verify.rank_limits", (rank < low) | (rank > high), "rank")
    size = units.frame.groupby("block")["block"].transform("size").to_numpy(dtype=float)
    for column in ("rank", "rank_low", "rank_high"):
        value = units.number(column)
        yield from units.faults("verify.rank_range", (value < 1) | (value > size), column, units=size)
    for _, rows in units.frame.groupby("block", sort=False).indices.items():
        yield from _rank_order(units, np.asarray(rows))


def whole_shares(shares: PrintedTable) -> Iterator[Problem]:
    """The shares of the levels of one item add up to one."""
    key = ["block", "unit_code", "item_code", "group"]
    value = shares.number("share")
    table = shares.frame[key].assign(share=value, levels=1.0)
    found = table.groupby(key, sort=False)[["share", "levels"]].transform("sum")
    gap = np.abs(found["share"].to_numpy() - 1.0)
    slack = found["levels"].to_numpy() * shares.half("share") + _NOISE
    first = ~table.duplicated(key).to_numpy()
    wrong = first & ~np.isnan(value) & (gap > slack)
    yield from shares.faults("verify.shares_sum", wrong, "share", expected=found["share"].to_numpy())


def _rank_order(units: PrintedTable, rows: np.ndarray) -> Iterator[Problem]:
    """Best unit with fewer points against every unit with more, one pass in order of points."""
    rank, points = units.number("rank")[rows], units.number("percent")[rows]
    known = rows[~np.isnan(rank) & ~np.isnan(points)]
    known = known[np.argsort(-units.number("percent")[known], kind="stable")]
    rank, points = units.number("rank")[known], units.number("percent")[known]
    behind = np.minimum.accumulate(rank[::-1])[
        ::-1
    ]  # the best rank among this unit and those with fewer points
    next_lower = np.searchsorted(-points, -points, side="right")
    for k, start in enumerate(next_lower):
        if start < len(known) and behind[start] <= rank[k]:
            yield units.fault(
                "verify.rank_order",
                int(known[k]),
                "rank",
                found=int(rank[k]),
                expected=f"< {behind[start]:g}",
            )


def _rows(scores: PrintedTable) -> pd.DataFrame:
    """The scores with their numbers and their position."""
    keys = ["block", "unit_code", "node_code", "group", "status"]
    numbers = {name: scores.number(name) for name in ("score", "points", "max_points", "n_valid")}
    return scores.frame[keys].assign(row=np.arange(len(scores)), **numbers)


def _nodes(tree: PrintedTable) -> pd.DataFrame:
    """The tree by code: parent, level, rule, weight, range, and whether the node stands over items."""
    frame = tree.frame[["code", "parent", "level", "rule", "groups", "measured_by"]].assign(
        **{name: tree.number(name) for name in ("weight", "low", "high")}
    )
    above = frame.loc[frame["level"] == ITEM_LEVEL, "parent"]
    frame = frame.assign(declared=tree.number("max_points"), over_items=frame["code"].isin(above))
    return frame.assign(items_below=_items_below(frame)).drop_duplicates("code").set_index("code")


def _items_below(frame: pd.DataFrame) -> list[float]:
    """Number of items below each node (1 for an item itself); children stand after their parents."""
    below = dict.fromkeys(frame["code"], 0.0)
    for code, parent, level in (
        frame[["code", "parent", "level"]].iloc[::-1].itertuples(index=False, name=None)
    ):
        below[code] += float(level == ITEM_LEVEL)
        if parent in below:
            below[parent] += below[code]
    return [below[code] for code in frame["code"]]


def _same_nodes_everywhere(scores: PrintedTable, rows: pd.DataFrame) -> Iterator[Problem]:
    """Every unit of a block has the same rows: none was taken out."""
    wanted = rows[["block", "node_code", "group"]].drop_duplicates()
    places = rows[_PLACE].drop_duplicates()
    every = places.merge(wanted, on="block")
    found = every.merge(rows, on=[*_PLACE, "node_code", "group"], how="left")
    for _, gap in found[found["row"].isna()].head(20).iterrows():
        named = " · ".join(gap[[*_PLACE, "node_code", "group"]])
        yield Problem("verify.row_missing", file=scores.path, params=(("key", named),))


def _within_groups(rows: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Parts of (node, group): its items, or the children that the group answers."""
    parts = _with_parents(rows[rows["group"] != ALL_GROUPS], nodes)
    # a question with too few answers is not printed but does enter its node, and every pooled node above: these
    # cannot be re-added
    hidden = parts["score"].isna() & ((parts["level"] == ITEM_LEVEL) | (parts["parent_rule"] == "pooled"))
    unknown = hidden.groupby([parts[k] for k in [*_PLACE, "parent", "group"]]).transform("any")
    parts = parts[~unknown & parts["score"].notna()]
    return _grouped(parts, [*_PLACE, "parent", "group"], affine=True)


def _over_groups(rows: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Parts of a node or item over all groups where groups are combined: its groups with their weights."""
    combined = rows["over_items"] | (rows["level"] == ITEM_LEVEL) | (rows["rule"] == "pooled")
    parts = rows[combined & (rows["group"] != ALL_GROUPS) & rows["score"].notna()].copy()
    declared = np.where(parts["level"] == ITEM_LEVEL, parts["parent"].map(nodes["groups"]), parts["groups"])
    parts["part_weight"] = [_group_weight(text, g) for text, g in zip(declared, parts["group"], strict=True)]
    parts["parent"], parts["group"], parts["parent_rule"] = parts["node_code"], ALL_GROUPS, "groups"
    return _grouped(parts, [*_PLACE, "parent", "group"])


def _over_children(rows: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Parts of a parent over all groups: its children over all groups, none of which may be missing."""
    parts = _with_parents(rows[(rows["group"] == ALL_GROUPS) & (rows["level"] != ITEM_LEVEL)], nodes)
    return _grouped(parts[parts["parent_rule"] != "pooled"], [*_PLACE, "parent", "group"])


def _with_parents(rows: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Rows with the rule and range of their parent, and their weight under it."""
    parts = rows[rows["parent"] != ""].copy()
    for name in ("rule", "low", "high"):
        parts[f"parent_{name}"] = parts["parent"].map(nodes[name])
    most = parts["max_points"].fillna(0.0)
    rule = parts["parent_rule"]
    parts["part_weight"] = np.select(
        [rule == "sum", rule == "weighted", rule == "mean_of_items"],
        [most, parts["weight"], parts["items_below"]],
        default=1.0,
    )
    return parts


def _grouped(parts: pd.DataFrame, key: list[str], affine: bool = False) -> pd.DataFrame:
    """Per parent: expected score, its lowest and highest part, and whether a part is missing."""
    if parts.empty:
        return pd.DataFrame(columns=[*key, "expected", "lowest", "highest", "gap", "pooled"])
    weighted = parts.assign(product=parts["part_weight"] * parts["score"])
    grouped = weighted.groupby(key, sort=False)
    found = grouped.agg(
        total=("part_weight", "sum"), lowest=("score", "min"), highest=("score", "max"),
        given=("score", "count"), parts=("score", "size"), applied=("parent_rule", "first"),
    )  # fmt: skip
    found["product"] = grouped["product"].sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        found["expected"] = found["product"] / found["total"]
    if affine:
        low, high = grouped["parent_low"].first(), grouped["parent_high"].first()
        stretched = low.fillna(0.0) / high + (high - low.fillna(0.0)) / high * found["expected"]
        found["expected"] = found["expected"].where(found["applied"] != "rescale", stretched)
    missing = found["given"] < found["parts"]
    return found.assign(pooled=found["applied"] == "pooled", gap=missing).reset_index()


def _from_parts(scores: PrintedTable, rows: pd.DataFrame, expected: pd.DataFrame) -> Iterator[Problem]:
    """Compare printed parents with what their parts give; results taken from another survey stand for themselves."""
    if expected.empty:
        return
    own = rows[rows["status"] != "external"]
    found = own.merge(
        expected, left_on=[*_PLACE, "node_code", "group"], right_on=[*_PLACE, "parent", "group"]
    )
    row, score = found["row"].to_numpy(), found["score"].to_numpy()
    # over all groups, a sum is out of the maximum that is published with it (9.99 points of children out of 10)
    of_published = (found["applied"] == "sum") & (found["group"] == ALL_GROUPS)
    found["expected"] = found["expected"].where(~of_published, found["product"] / found["max_points"])
    slack = 2 * scores.half("score") + _NOISE
    low = np.where(found["pooled"], found["lowest"], found["expected"])
    high = np.where(found["pooled"], found["highest"], found["expected"])
    gap = found["gap"].to_numpy(dtype=bool)
    off = (score < low - slack) | (score > high + slack)
    for k in np.flatnonzero(~gap & off):
        yield scores.fault(
            "verify.parent", int(row[k]), "score", node=found["node_code"].iloc[k],
            expected=float(found["expected"].iloc[k]), found=scores.frame["score"].iloc[row[k]],
        )  # fmt: skip
    for k in np.flatnonzero(gap & ~np.isnan(score)):
        yield scores.fault("verify.parent_without_part", int(row[k]), "score", found=float(score[k]))
    suppressed = (found["status"] == "suppressed").to_numpy()
    for k in np.flatnonzero(~gap & np.isnan(score) & ~suppressed):
        yield scores.fault(
            "verify.parent_blank", int(row[k]), "score", expected=float(found["expected"].iloc[k])
        )


def _points_of_sums(scores: PrintedTable, rows: pd.DataFrame, nodes: pd.DataFrame) -> Iterator[Problem]:
    """A sum's points are the sum of its children's; its maximum too, unless all children stand at their declared
    maxima and the tree declares another for the sum (PAPI: 10 for three times 3.33)."""
    parts = rows[(rows["group"] == ALL_GROUPS) & (rows["parent"].map(nodes["rule"]) == "sum")]
    if parts.empty:
        return
    parts = parts.assign(at_declared=parts["max_points"] == parts["declared"])
    grouped = parts.groupby([*_PLACE, "parent"], sort=False)
    columns, number = ["points", "max_points"], grouped.size()
    whole = grouped[columns].count().eq(number, axis=0)
    sums = grouped[columns].sum().where(whole).assign(parts=number, declared=grouped["at_declared"].all())
    sums = sums.add_prefix("sum_").reset_index()
    own = rows[(rows["group"] == ALL_GROUPS) & (rows["status"] != "external")]
    found = own.merge(
        sums, left_on=[*_PLACE, "node_code"], right_on=[*_PLACE, "parent"], suffixes=("", "_sum")
    )
    row = found["row"].to_numpy()
    as_declared = found["sum_declared"] & (found["max_points"] == found["declared"])
    for column in ("points", "max_points"):
        expected = found[f"sum_{column}"].to_numpy(dtype=float)
        half = scores.half("points") * (found["sum_parts"].to_numpy() + 1) if column == "points" else 0.0
        off = np.abs(found[column].to_numpy() - expected) > half + _NOISE
        if column == "max_points":
            off &= ~as_declared.to_numpy(dtype=bool)
        for k in np.flatnonzero(off):
            yield scores.fault(
                "verify.sum", int(row[k]), column, node=found["node_code"].iloc[k], expected=float(expected[k]),
                found=scores.frame[column].iloc[row[k]],
            )  # fmt: skip


def _group_weight(declared: object, group: str) -> float:
    """The weight of a group from ``deputies:1;citizens:2``; 1 where none are declared."""
    pairs = [pair.rpartition(":") for pair in str(declared).split(";") if pair]
    found = {name: float(weight) for name, _, weight in pairs}
    return found.get(group, 1.0)


def _differing(
    printed: PrintedTable, column: str, expected: Floats, slack: Floats, code: str
) -> Iterator[Problem]:
    """Cells that differ from what is expected by more than ``slack``; gaps on either side are left to other checks."""
    with np.errstate(invalid="ignore"):
        off = np.abs(printed.number(column) - expected) > slack
    yield from printed.faults(code, off, column, expected=expected)
