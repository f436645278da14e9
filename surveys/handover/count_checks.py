"""Numbers of forms of a result against those of its parts, and what every row of the scores repeats from the tree."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from surveys.handover.read_back import PrintedTable
from surveys.problems import Problem
from surveys.vocabulary.combination_names import SUM
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.statuses import EXTERNAL

_PLACE = ["block", "unit_code"]


def counts_of_parts(scores: PrintedTable, tree: PrintedTable) -> Iterator[Problem]:
    """In one group, whoever answered a part answered the whole, and nobody else did; and no more count than answered."""
    parent = dict(zip(tree.frame["code"], tree.frame["parent"], strict=True))
    frame = scores.frame
    n, value = scores.number("n_valid"), scores.number("score")
    shown = ~np.isnan(value) & (scores.text("status") != EXTERNAL) & (scores.text("group") != ALL_GROUPS)
    table = frame[[*_PLACE, "node_code", "group"]].assign(
        n=n, parent=frame["node_code"].map(parent), shown=shown
    )
    parts = table[shown & table["parent"].fillna("").ne("")]
    key = [*_PLACE, "parent", "group"]
    found = parts.groupby(key, sort=False)["n"].agg(["max", "sum"]).reset_index()
    beside = table.merge(found, left_on=[*_PLACE, "node_code", "group"], right_on=key, how="left")
    least, most = beside["max"].to_numpy(), beside["sum"].to_numpy()
    wrong = shown & ((n < least) | (n > most))
    bounds = np.array([f"{a:.12g} … {b:.12g}" for a, b in zip(least, most, strict=True)], dtype=object)
    yield from scores.faults("verify.n_of_parts", wrong, "n_valid", expected=bounds)
    effective = scores.number("n_eff")
    level = dict(zip(tree.frame["code"], tree.frame["level"], strict=True))
    asked = {of for code, of in parent.items() if level[code] == ITEM_LEVEL}
    own = frame["node_code"].isin(asked) | (
        frame["node_code"].map(level) == ITEM_LEVEL
    )  # no estimates from elsewhere below
    above = shown & own.to_numpy() & (effective > n + scores.half("n_eff"))
    yield from scores.faults("verify.n_effective", above, "n_eff", expected=n)


def rows_of_tree(scores: PrintedTable, tree: PrintedTable, edition: str) -> Iterator[Problem]:
    """Edition, level and maximum points of every row, and one name for each unit."""
    nodes = tree.frame.drop_duplicates("code").set_index("code")
    code = scores.frame["node_code"]
    wanted = code.map(nodes["level"]).fillna("").to_numpy(dtype=object)
    yield from scores.faults(
        "verify.of_tree", scores.text("node_level") != wanted, "node_level", expected=wanted
    )
    name = np.full(len(scores), edition, dtype=object)
    yield from scores.faults("verify.of_tree", scores.text("edition") != name, "edition", expected=name)
    most, rule = code.map(nodes["max_points"]).fillna(""), code.map(nodes["rule"]).fillna("")
    below = set(nodes.loc[nodes["level"] != ITEM_LEVEL, "parent"])
    declared = ~code.isin(below) | ((scores.frame["group"] == ALL_GROUPS) & (rule != SUM))
    other = declared.to_numpy() & (scores.text("max_points") != most.to_numpy(dtype=object))
    yield from scores.faults("verify.of_tree", other, "max_points", expected=most.to_numpy(dtype=object))
    first = scores.frame.groupby(_PLACE)["unit_name"].transform("first").to_numpy(dtype=object)
    yield from scores.faults("verify.of_tree", scores.text("unit_name") != first, "unit_name", expected=first)


def names_of_nodes(council: PrintedTable, tree: PrintedTable, language: str) -> Iterator[Problem]:
    """The council reads the labels of the tree beside the codes of nodes."""
    nodes = tree.frame.drop_duplicates("code").set_index("code")
    label = (
        nodes["label_vi"]
        if language == "vi"
        else nodes["label_en"].where(nodes["label_en"] != "", nodes["label_vi"])
    )
    code = council.frame["node_code"]
    wanted = pd.Series(label).reindex(code).fillna("").to_numpy(dtype=object)
    yield from council.faults(
        "verify.of_tree", council.text("node_name") != wanted, "node_name", expected=wanted
    )
