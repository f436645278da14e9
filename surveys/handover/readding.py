"""Re-adding: every printed parent from its printed parts, within what rounding allows.

The rules are those of the tree that is printed beside the scores: items to a node, groups to a node, children to a parent.
A difference is a fault when no rounding of the printed parts can explain it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from surveys.handover.read_back import Floats, PrintedTable, PrintedTables
from surveys.problems import Problem
from surveys.vocabulary.combination_names import MEAN_OF_ITEMS, POOLED, RESCALE, SHARES, SUM, WEIGHTED
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.statuses import EXTERNAL, OK, SUPPRESSED

#: Noise of float arithmetic on the printed numbers.
_NOISE = 1e-9
_PLACE = ["block", "unit_code"]
RESULT = [*_PLACE, "node_code", "group"]
_PARENT = [*_PLACE, "parent", "group"]
#: Table, lower limit, estimate, upper limit.
_LIMITS = (
    ("scores", "ci_low", "score", "ci_high"),
    ("scores", "satisfaction_ci_low", "satisfaction_percent", "satisfaction_ci_high"),
    ("shares", "ci_low", "share", "ci_high"),
    ("answers", "ci_low", "share", "ci_high"),
    ("unweighted", "unweighted_ci_low", "unweighted_score", "unweighted_ci_high"),
    ("nonresponse-bounds", "low_delta", "score", "high_delta"),
    ("nonresponse-bounds", "low_worst", "score", "high_worst"),
    ("units", "ci_low", "percent", "ci_high"),
    ("index", "points_low", "points", "points_high"),
    ("index", "ci_low", "percent", "ci_high"),
    ("index-units", "ci_low", "percent", "ci_high"),
    ("council-scores", "ci_low", "percent", "ci_high"),
    ("council-units", "ci_low", "percent", "ci_high"),
    ("council-groups", "ci_low", "percent", "ci_high"),
    ("council-scores", "points_low", "points", "points_high"),
    ("council-units", "points_low", "points", "points_high"),
)


def readded(package: PrintedTables) -> Iterator[Problem]:
    """Faults of the scores: order of limits, points against scores, parents against parts, ranks against points."""
    for table, low, middle, high in _LIMITS:
        if table in package and middle in package[table].table.names:
            yield from limits(package[table], low, middle, high)
    for names, check in _CHECKS:
        if all(name in package for name in names):
            yield from check(*(package[name] for name in names))


def limits(printed: PrintedTable, low: str, middle: str, high: str) -> Iterator[Problem]:
    """lower limit ≤ estimate ≤ upper limit."""
    a, x, b = (printed.number(name) for name in (low, middle, high))
    slack = printed.half(middle) + _NOISE
    yield from printed.faults("verify.limit_above", a > x + slack, low, expected=x)
    yield from printed.faults("verify.limit_below", b < x - slack, high, expected=x)


def shown_as_said(scores: PrintedTable) -> Iterator[Problem]:
    """A result that is ok or external has a value."""
    status, value = scores.text("status"), scores.number("score")
    needed = np.isin(status, [OK, EXTERNAL])
    yield from scores.faults("verify.result_missing", needed & np.isnan(value), "score")


def some_where_scored(scores: PrintedTable, tree: PrintedTable) -> Iterator[Problem]:
    """There are scores, unless the tree has nothing but shares of answers."""
    rules = tree.text("rule")[tree.text("level") != ITEM_LEVEL]
    if not len(scores) and not (rules == SHARES).all():
        yield Problem("verify.no_rows", file=scores.path)


def points_of_scores(scores: PrintedTable) -> Iterator[Problem]:
    """points = score × maximum points."""
    expected = scores.number("score") * scores.number("max_points")
    slack = scores.half("points") + scores.half("score") * np.nan_to_num(scores.number("max_points")) + _NOISE
    yield from _differing(scores, "points", expected, slack, "verify.points_of_score")


def parents(scores: PrintedTable, tree: PrintedTable) -> Iterator[Problem]:
    """Every node from its items, its groups or its children, by the rule of the tree."""
    nodes = nodes_of(tree)
    rows = rows_of(scores).join(nodes, on="node_code")
    unknown = rows["level"].isna()
    yield from scores.faults("verify.node_unknown", unknown, "node_code")
    yield from _same_nodes_everywhere(scores, rows[~unknown])
    for parts in parts_of(rows, nodes):
        yield from _from_parts(scores, rows, combined(parts))
        yield from _satisfied_from_parts(scores, rows, parts)
    yield from _points_of_sums(scores, rows, nodes)


def totals(scores: PrintedTable, tree: PrintedTable, units: PrintedTable) -> Iterator[Problem]:
    """The league table repeats the roots of the scores, but for what it says of ranks (:mod:`surveys.handover.rank_checks`)."""
    rows = root_rows(scores, tree)
    found = units.frame[_PLACE].merge(rows, on=_PLACE, how="left", indicator="of_scores")
    without = found["of_scores"] == "left_only"
    yield from units.faults("verify.unit_without_total", without, "unit_code")
    for column in ("status", "unit_name"):
        expected = found[column].fillna("").to_numpy(dtype=object)
        wrong = (units.text(column) != expected) & ~without.to_numpy()
        yield from units.faults("verify.not_the_total", wrong, column, expected=expected)
    for column in ("points", "max_points"):
        yield from _differing(
            units,
            column,
            found[column].to_numpy(dtype=float),
            np.full(len(units), _NOISE),
            "verify.not_the_total",
        )
    for column, of_score in (("percent", "score"), ("ci_low", "ci_low"), ("ci_high", "ci_high")):
        expected = 100.0 * found[of_score].to_numpy(dtype=float)
        slack = np.full(len(units), units.half(column) + 100.0 * scores.half(of_score) + _NOISE)
        yield from _differing(units, column, expected, slack, "verify.percent_of_score")
        unlike = np.isnan(expected) != np.isnan(units.number(column))
        yield from units.faults("verify.percent_of_score", unlike, column, expected=expected)
    missing = len(rows) - int((~without).sum())
    if missing:
        yield Problem("verify.units_missing", file=units.path, params=(("missing", str(missing)),))


def root_rows(scores: PrintedTable, tree: PrintedTable) -> pd.DataFrame:
    """The total of each unit over all groups."""
    roots = tree.frame.loc[tree.frame["parent"] == "", "code"]
    rows = rows_of(scores)
    return rows[(rows["group"] == ALL_GROUPS) & rows["node_code"].isin(roots)].drop_duplicates(_PLACE)


def percents(units: PrintedTable) -> Iterator[Problem]:
    """percent = 100 · points / maximum points, in an index with points."""
    if "points" not in units.table.names:
        return
    most = units.number("max_points")
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = 100.0 * units.number("points") / most
        slack = units.half("percent") + 100.0 * units.half("points") / most + _NOISE
    yield from _differing(units, "percent", expected, slack, "verify.percent_of_points")


def whole_shares(shares: PrintedTable) -> Iterator[Problem]:
    """The shares of the levels of one item, in a unit or in a whole block, add up to one."""
    key = [name for name in ("block", "unit_code", "item_code", "group") if name in shares.frame]
    value = shares.number("share")
    table = shares.frame[key].assign(share=value, levels=1.0)
    found = table.groupby(key, sort=False)[["share", "levels"]].transform("sum")
    gap = np.abs(found["share"].to_numpy() - 1.0)
    slack = found["levels"].to_numpy() * shares.half("share") + _NOISE
    first = ~table.duplicated(key).to_numpy()
    wrong = first & ~np.isnan(value) & (gap > slack)
    yield from shares.faults("verify.shares_sum", wrong, "share", expected=found["share"].to_numpy())


def rows_of(scores: PrintedTable) -> pd.DataFrame:
    """The scores with their numbers."""
    numbers = {name: scores.number(name) for name in ("score", "points", "max_points", "ci_low", "ci_high")}
    return scores.frame[[*RESULT, "status", "note", "unit_name"]].assign(
        **numbers, satisfied=scores.number("satisfaction_percent") / 100.0
    )


def nodes_of(tree: PrintedTable) -> pd.DataFrame:
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


def parts_of(rows: pd.DataFrame, nodes: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Parts of results by how these are made of them: within groups, over groups, over children; those that there are."""
    for found in (_within_groups(rows, nodes), _over_groups(rows, nodes), _over_children(rows, nodes)):
        if len(found):
            yield found


def _same_nodes_everywhere(scores: PrintedTable, rows: pd.DataFrame) -> Iterator[Problem]:
    """Every unit of a block has the same rows: none was taken out."""
    wanted = rows[["block", "node_code", "group"]].drop_duplicates()
    every = rows[_PLACE].drop_duplicates().merge(wanted, on="block")
    found = every.merge(rows[RESULT], on=RESULT, how="left", indicator=True)
    for gap in found.loc[found["_merge"] == "left_only", RESULT].head(20).itertuples(index=False):
        yield Problem("verify.row_missing", file=scores.path, params=(("key", " · ".join(gap)),))


def _within_groups(rows: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Parts of (node, group): its items, or the children that the group answers."""
    parts = _with_parents(rows[rows["group"] != ALL_GROUPS], nodes)
    parts = parts[parts["score"].notna()]
    low, high = (parts["parent"].map(nodes[name]) for name in ("low", "high"))
    stretched = low.fillna(0.0) / high + (high - low.fillna(0.0)) / high * parts["score"]
    return parts.assign(score=parts["score"].where(parts["parent_rule"] != RESCALE, stretched))


def _over_groups(rows: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Parts of a node or item over all groups where groups are combined: its groups with their weights."""
    combined = rows["over_items"].eq(True) | (rows["level"] == ITEM_LEVEL) | (rows["rule"] == POOLED)
    parts = rows[combined & (rows["group"] != ALL_GROUPS) & rows["score"].notna()]
    declared = parts["groups"].where(parts["level"] != ITEM_LEVEL, parts["parent"].map(nodes["groups"]))
    weights = [_group_weight(text, group) for text, group in zip(declared, parts["group"], strict=True)]
    return parts.assign(
        part_weight=weights, parent=parts["node_code"], group=ALL_GROUPS, parent_rule="groups"
    )


def _over_children(rows: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Parts of a parent over all groups: its children over all groups, none of which may be missing."""
    parts = _with_parents(rows[(rows["group"] == ALL_GROUPS) & (rows["level"] != ITEM_LEVEL)], nodes)
    return parts[parts["parent_rule"] != POOLED]


def _with_parents(rows: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Rows that have a parent, with its rule and their weight under it."""
    parts = rows[rows["parent"].fillna("") != ""]
    rule = parts["parent"].map(nodes["rule"])
    weight = np.select(
        [rule == SUM, rule == WEIGHTED, rule == MEAN_OF_ITEMS],
        [parts["max_points"].fillna(0.0), parts["weight"], parts["items_below"]],
        default=1.0,
    )
    return parts.assign(parent_rule=rule, part_weight=weight)


def combined(parts: pd.DataFrame) -> pd.DataFrame:
    """Per parent: expected score, its lowest and highest part, and whether a part is missing."""
    weighted = parts.assign(product=parts["part_weight"] * parts["score"])
    found = weighted.groupby(_PARENT, sort=False).agg(
        product=("product", "sum"), total=("part_weight", "sum"), lowest=("score", "min"), highest=("score", "max"),
        given=("score", "count"), parts=("score", "size"), applied=("parent_rule", "first"),
    )  # fmt: skip
    return found.assign(expected=found["product"] / found["total"]).reset_index()


def out_of_published(found: pd.DataFrame) -> pd.Series:
    """What the parts give; over all groups, a sum is out of the maximum that is published with it (9.99 points of children out
    of 10)."""
    of_published = (found["applied"] == SUM) & (found["group"] == ALL_GROUPS)
    expected: pd.Series = found["expected"].where(~of_published, found["product"] / found["max_points"])
    return expected


def _from_parts(scores: PrintedTable, rows: pd.DataFrame, combined: pd.DataFrame) -> Iterator[Problem]:
    """Compare printed parents with what their parts give; results taken from another survey stand for themselves."""
    found = beside_rows(rows, combined)
    score, status, expected = found["score"], found["status"], out_of_published(found)
    slack = 2 * scores.half("score") + _NOISE
    pooled = found["applied"] == POOLED
    off = score < found["lowest"].where(pooled, expected) - slack
    off |= score > found["highest"].where(pooled, expected) + slack
    own = found["parts"].notna() & (status != EXTERNAL)
    whole = found["given"] == found["parts"]
    node = found["node_code"]
    yield from scores.faults("verify.parent", own & whole & off, "score", node=node, expected=expected)
    yield from scores.faults("verify.parent_without_part", own & ~whole & score.notna(), "score")
    blank = own & whole & score.isna() & (status != SUPPRESSED)
    yield from scores.faults("verify.parent_blank", blank, "score", expected=expected)


def _satisfied_from_parts(scores: PrintedTable, rows: pd.DataFrame, parts: pd.DataFrame) -> Iterator[Problem]:
    """Satisfaction percentages from those of the parts, with the weights of the scores; none where a part has none."""
    linear = parts[(parts["parent_rule"] != POOLED) & (parts["part_weight"] != 0) & parts["score"].notna()]
    found = beside_rows(rows, combined(linear.assign(score=linear["satisfied"])))
    expected = out_of_published(found).where(found["given"] == found["parts"])
    own = found["parts"].notna() & (found["status"] != EXTERNAL) & found["score"].notna()
    off = (found["satisfied"] - expected).abs() > 2 * scores.half("satisfaction_percent") / 100.0 + _NOISE
    off |= found["satisfied"].isna() != expected.isna()
    shown = 100.0 * expected
    yield from scores.faults(
        "verify.satisfaction", own & off, "satisfaction_percent", node=found["node_code"], expected=shown
    )


def _points_of_sums(scores: PrintedTable, rows: pd.DataFrame, nodes: pd.DataFrame) -> Iterator[Problem]:
    """A sum's points are the sum of its children's; its maximum too, unless all children stand at their declared
    maxima and the tree declares another for the sum (PAPI: 10 for three times 3.33)."""
    parts = rows[(rows["group"] == ALL_GROUPS) & (rows["parent"].map(nodes["rule"]) == SUM)]
    if parts.empty:
        return
    parts = parts.assign(at_declared=parts["max_points"] == parts["declared"])
    grouped = parts.groupby(_PARENT, sort=False)
    sums = grouped[["points", "max_points"]].sum(min_count=1).add_prefix("sum_")
    counts = grouped[["points", "max_points"]].count().add_prefix("given_")
    found = beside_rows(
        rows, sums.join(counts).assign(parts=grouped.size(), whole=grouped["at_declared"].all()).reset_index()
    )
    own = found["status"] != EXTERNAL
    as_declared = found["whole"].eq(True) & (found["max_points"] == found["declared"])
    rounding: dict[str, pd.Series | float] = {
        "points": scores.half("points") * (found["parts"] + 1),
        "max_points": 0.0,
    }
    for column, half in rounding.items():
        expected = found[f"sum_{column}"].where(found[f"given_{column}"] == found["parts"])
        off = own & ((found[column] - expected).abs() > half + _NOISE)
        if column == "max_points":
            off &= ~as_declared
        yield from scores.faults("verify.sum", off, column, node=found["node_code"], expected=expected)


def beside_rows(rows: pd.DataFrame, of_parents: pd.DataFrame) -> pd.DataFrame:
    """All rows with what was found for the parents among them."""
    named = of_parents.rename(columns={"parent": "node_code"})
    return rows.merge(named, on=RESULT, how="left")


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


#: What is checked where all tables named are there.
_CHECKS: tuple[tuple[tuple[str, ...], Callable[..., Iterator[Problem]]], ...] = (
    (("scores",), shown_as_said),
    (("scores", "tree"), some_where_scored),
    (("scores",), points_of_scores),
    (("scores", "tree"), parents),
    (("scores", "tree", "units"), totals),
    (("shares",), whole_shares),
    (("answers",), whole_shares),
    (("units",), percents),
    (("council-scores",), percents),
    (("council-units",), percents),
    (("council-groups",), percents),
)
