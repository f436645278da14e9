"""Statuses and remarks that follow from the rows below: what is shown, what is incomplete, and what is said of it.

The rules are those of the scores: a question is shown from the minimum of forms on; a node of one group when one of its questions
is; over the groups and over the children a result is whole when all of its parts are. Nodes that pool the answers of their
children are left out: from which answers they come is not printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.handover.read_back import PrintedTable, RunSettings
from surveys.problems import Language, Problem, phrase
from surveys.scoring.branches import BELOW
from surveys.vocabulary.combination_names import POOLED
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.statuses import EXTERNAL, INCOMPLETE, OK, SUPPRESSED

_PLACE = ["block", "unit_code"]
_KEY = [*_PLACE, "node_code", "group"]


@dataclass(frozen=True)
class ScoreRows:
    """The scores with what the tree says of their nodes, and the settings of the run."""

    table: pd.DataFrame
    settings: RunSettings

    @property
    def language(self) -> Language:
        return self.settings.output.language

    def parts(self, rows: pd.Series, parent: str, group: str = "") -> pd.DataFrame:
        """Rows that are parts of others, with the position of their parent among all rows: the node ``parent`` (a column) in
        the same group, or in ``group``; those without are left out."""
        table = self.table[rows]
        key = table[_PLACE].assign(node_code=table[parent], group=group or table["group"])
        known = self.table[_KEY].assign(at=np.arange(len(self.table))).drop_duplicates(_KEY)
        found = key.merge(known, on=_KEY, how="left")["at"]
        placed = table.assign(at=found.fillna(-1).to_numpy(dtype=int))
        return placed[placed["at"] >= 0]


def statuses_and_remarks(
    scores: PrintedTable, tree: PrintedTable, settings: RunSettings
) -> Iterator[Problem]:
    """Rows whose status is not the one that their parts give, or whose remarks lack what it means."""
    rows = _rows(scores, tree, settings)
    yield from _minimum(scores, rows)
    expected, remarks = np.full((2, len(scores)), "", dtype=object)
    for part in (_over_groups, _within_groups, _over_children, _children_of_group):
        part(rows, expected, remarks)
    _questions_left_out(rows, remarks)
    status, note = scores.text("status"), scores.text("note")
    own = (status == EXTERNAL) & (expected != EXTERNAL)  # an estimate for the result itself
    wrong = (expected != "") & (status != expected) & ~own
    yield from scores.faults("verify.status", wrong, "status", expected=expected)
    said = [
        all(part in text for part in wanted.split("\n")) for wanted, text in zip(remarks, note, strict=True)
    ]
    shown = np.array([wanted.replace("\n", "; ") for wanted in remarks], dtype=object)
    yield from scores.faults(
        "verify.remark", ~np.array(said, dtype=bool) & ~own & ~wrong, "note", expected=shown
    )
    silent = (status == EXTERNAL) & (expected != EXTERNAL) & (note == "")  # where it was taken from
    yield from scores.faults("verify.remark", silent, "note", expected=np.full(len(note), "…", dtype=object))
    yield from _censuses(scores, rows.language)


def shares_shown(shares: PrintedTable, settings: RunSettings) -> Iterator[Problem]:
    """Shares of a question with too few forms are suppressed, others are not."""
    wanted = _by_minimum(shares.frame["group"], shares.number("n_valid"), settings)
    yield from shares.faults("verify.status", shares.text("status") != wanted, "status", expected=wanted)
    value, suppressed = shares.number("share"), shares.text("status") == SUPPRESSED
    yield from shares.faults("verify.result_missing", ~suppressed & np.isnan(value), "share")


def _rows(scores: PrintedTable, tree: PrintedTable, settings: RunSettings) -> ScoreRows:
    nodes = tree.frame[["code", "parent", "level", "rule"]].drop_duplicates("code").set_index("code")
    above = set(nodes.loc[nodes["level"] == ITEM_LEVEL, "parent"])
    table = (
        scores.frame[[*_KEY, "status", "note"]].join(nodes, on="node_code").fillna({"parent": "", "rule": ""})
    )
    available = ~np.isnan(scores.number("score"))
    return ScoreRows(
        table.assign(
            parent_rule=table["parent"].map(nodes["rule"]).fillna(""),
            item=table["level"] == ITEM_LEVEL,
            over_items=table["node_code"].isin(above),
            single=table["group"] != ALL_GROUPS,
            n=scores.number("n_valid"),
            available=available,
            complete=available & table["status"].isin([OK, EXTERNAL]),
            elsewhere=available & (table["status"] == EXTERNAL),
        ),
        settings,
    )


def _minimum(scores: PrintedTable, rows: ScoreRows) -> Iterator[Problem]:
    """A question of one group is suppressed below the minimum of forms, and only there; a node of one group has as many."""
    table = rows.table
    wanted = _by_minimum(table["group"], table["n"].to_numpy(), rows.settings)
    single, status = table["single"].to_numpy(), scores.text("status")
    item = table["item"].to_numpy() & single
    few = table["over_items"].to_numpy() & single & (status != EXTERNAL) & (wanted == SUPPRESSED)
    wrong = (item & (status != wanted)) | (few & (status != SUPPRESSED))
    yield from scores.faults("verify.status", wrong, "status", expected=wanted)


def _by_minimum(group: pd.Series, n: np.ndarray, settings: RunSettings) -> np.ndarray:
    least = group.map({name: settings.minimum.of(name) for name in group.unique()}).to_numpy(dtype=float)
    return np.where(n < least, SUPPRESSED, OK).astype(object)


def _over_groups(rows: ScoreRows, expected: np.ndarray, remarks: np.ndarray) -> None:
    """Questions, and nodes with questions, over the groups."""
    table = rows.table
    parts = rows.parts(table["single"] & (table["item"] | table["over_items"]), "node_code", ALL_GROUPS)
    available = parts["available"]
    renormalise = rows.settings.inference.renormalises
    whole = parts["complete"] | ~available if renormalise else parts["complete"]
    some = _into(expected, parts["at"], available, whole, parts["elsewhere"] | ~available)
    alone = ~parts["at"].duplicated(keep=False)
    parts = parts.assign(name=parts["group"].where(~alone, parts["node_code"]), some=parts["at"].isin(some))
    missing = "score.renormalised" if renormalise else "score.missing_group"
    _say(rows, remarks, missing, "groups", parts[~available & parts["some"]])
    _say(rows, remarks, "score.incomplete_below", "nodes", parts[available & ~parts["complete"]])
    remarks[list(set(parts["at"][~parts["some"]]))] = phrase("score.no_group", rows.language)


def _within_groups(rows: ScoreRows, expected: np.ndarray, remarks: np.ndarray) -> None:
    """Nodes with questions in one group."""
    table, language, minimum = rows.table, rows.language, rows.settings.minimum
    parts = rows.parts(table["single"] & table["item"], "parent")
    answered = (parts["n"] > 0) | (parts["parent_rule"] == POOLED)
    _into(expected, parts["at"], parts["available"], answered, parts["elsewhere"])
    nodes = table["single"] & (table["status"] == SUPPRESSED) & (table["item"] | table["over_items"])
    asked = set(parts["at"].tolist())
    chosen = table[nodes]
    for at, group, n, item in zip(
        np.flatnonzero(nodes).tolist(), chosen["group"], chosen["n"], chosen["item"], strict=True
    ):
        least = minimum.of(group)
        if item or (at in asked and n < least):
            remarks[at] = phrase("score.suppressed", language, forms=int(n), minimum=least)
        elif at not in asked:
            remarks[at] = phrase("score.no_forms", language, group=group)


def _questions_left_out(rows: ScoreRows, remarks: np.ndarray) -> None:
    """Questions with too few answers are named by their node in the group, and by the node over the groups."""
    table = rows.table
    hidden = table["single"] & table["item"] & ~table["available"] & (table["n"] > 0)
    parts = rows.parts(hidden, "parent")
    node = table.iloc[parts["at"].to_numpy(dtype=int)]
    few = _by_minimum(node["group"], node["n"].to_numpy(), rows.settings) == SUPPRESSED
    named = parts.index[~few & (node["status"] != EXTERNAL).to_numpy()]
    for group in ("", ALL_GROUPS):
        found = rows.parts(hidden, "parent", group)
        found = found.loc[found.index.intersection(named, sort=False)]
        for _, of_group in found.assign(name=found["node_code"]).groupby("group", sort=False):
            _say(rows, remarks, "score.items_not_shown", "items", of_group)


def _children_of_group(rows: ScoreRows, expected: np.ndarray, remarks: np.ndarray) -> None:
    """Nodes over nodes in one group: over the children that it answers and that have a value."""
    table = rows.table
    parts = rows.parts(table["single"] & ~table["item"] & (table["parent_rule"] != POOLED), "parent")
    never = pd.Series(False, index=parts.index)
    some = _into(expected, parts["at"], parts["available"], parts["complete"], never)
    parts = parts.assign(name=parts["node_code"], some=parts["at"].isin(some))
    _say(rows, remarks, "score.missing_child", "nodes", parts[~parts["available"] & parts["some"]])
    remarks[list(set(parts["at"][~parts["some"]]))] = phrase("score.no_child", rows.language)


def _over_children(rows: ScoreRows, expected: np.ndarray, remarks: np.ndarray) -> None:
    """Nodes over nodes, over the groups: every child must have a value."""
    table = rows.table
    parts = rows.parts(~table["single"] & ~table["item"] & (table["parent_rule"] != POOLED), "parent")
    always = pd.Series(True, index=parts.index)
    _into(expected, parts["at"], always, parts["complete"], parts["elsewhere"])
    parts = parts.assign(name=parts["node_code"])
    _say(rows, remarks, "score.missing_child", "nodes", parts[~parts["available"]])
    _say(rows, remarks, "score.incomplete_below", "nodes", parts[parts["available"] & ~parts["complete"]])
    for code, brought in BELOW.items():
        said = [phrase(one, rows.language, groups="", nodes="", items="") for one in brought]
        saying = np.array([any(text in note for text in said) for note in parts["note"]], dtype=bool)
        _say(rows, remarks, code, "nodes", parts[saying & parts["available"]])


def _into(
    expected: np.ndarray, at: pd.Series, some: pd.Series, whole: pd.Series, elsewhere: pd.Series
) -> np.ndarray:
    """Put the status of parents at ``expected``, by what is true of some of their parts and of all; returns the positions of the
    parents with some."""
    found = (
        pd.DataFrame({"some": some, "whole": whole, "elsewhere": elsewhere})
        .groupby(at, sort=False)
        .agg({"some": "any", "whole": "all", "elsewhere": "all"})
    )
    words = np.select(
        [~found["some"], ~found["whole"], found["elsewhere"]], [SUPPRESSED, INCOMPLETE, EXTERNAL], OK
    )
    expected[found.index.to_numpy(dtype=int)] = words
    return found.index[found["some"]].to_numpy(dtype=int)


def _say(rows: ScoreRows, remarks: np.ndarray, code: str, parameter: str, parts: pd.DataFrame) -> None:
    """Add a remark that names parts to those that their parents must have, one a line."""
    for at, names in parts.groupby("at", sort=False)["name"]:
        place = int(str(at))
        said = phrase(code, rows.language, **{parameter: ", ".join(names)})
        remarks[place] = f"{remarks[place]}\n{said}" if remarks[place] else said


def _censuses(scores: PrintedTable, language: Language) -> Iterator[Problem]:
    """A result that is said to be a census has no interval around it, and nothing else is said of it."""
    census = phrase("score.census", language)
    note, score = scores.frame["note"], scores.text("score")
    said = note.str.contains(census, regex=False).to_numpy(dtype=bool)
    wide = (scores.text("ci_low") != score) | (scores.text("ci_high") != score)
    yield from scores.faults("verify.census", said & (wide | (note != census).to_numpy()), "note")
