"""Points lost, by hand: four units of a block, two fields of two leaves each, something hidden, targets, agencies, sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from surveys.analysis.counted_units import counted_units
from surveys.analysis.lost_sums import sums_of_losses
from surveys.analysis.node_values import values_of_index, values_of_scores
from surveys.analysis.points_lost import LossTree, in_order_of_loss, nodes_lost
from surveys.analysis.value_changes import EarlierValues, with_changes
from surveys.vocabulary.columns import INDEX_COLUMNS, SCORE_COLUMNS
from surveys.vocabulary.remarks import Remark

PARENTS = {"0": "", "1": "0", "1.1": "1", "1.2": "1", "2": "0", "2.1": "2", "2.2": "2"}
TREE = LossTree(PARENTS, frozenset("0"))
MAXIMA = {"0": 10.0, "1": 4.0, "1.1": 2.5, "1.2": 1.5, "2": 6.0, "2.1": 4.0, "2.2": 2.0}
SOURCES = {"1.1": "survey", "1.2": "assessment", "2.1": "survey", "2.2": "assessment"}
#: Leaves by unit; nan: hidden, and then its parents too.
POINTS = {
    "a": (2.0, 1.5, 3.0, 1.0),
    "b": (2.5, 0.5, 2.0, 2.0),
    "c": (1.0, 1.0, 4.0, 0.5),
    "d": (np.nan, 1.25, 3.5, 1.5),
}


def values(points: Mapping[str, tuple[float, ...]] = POINTS, **more: Mapping[str, object]) -> pd.DataFrame:
    """Values of every node; ``more``: column → node → what stands there."""
    rows = []
    for unit, (a, b, c, d) in points.items():
        known = {"1.1": a, "1.2": b, "1": a + b, "2.1": c, "2.2": d, "2": c + d, "0": a + b + c + d}
        for node in PARENTS:
            value = known[node]
            rows.append(
                {
                    "block": "so", "unit_code": unit, "unit_name": unit.upper(), "node_code": node,
                    "node_level": "node", "measure": "points", "maximum": MAXIMA[node], "value": value,
                    "low": value - 0.25, "high": value + 0.5, "status": "ok", "note": "",
                    "source": SOURCES.get(node, "total"), **{name: of.get(node, "") for name, of in more.items()},
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def of_unit(found: pd.DataFrame, unit: str) -> Any:
    return found[found["unit_code"] == unit].set_index("node_code")


def row(sums: pd.DataFrame, unit: str, by: str, code: str) -> Any:
    """The one sum of a unit."""
    kept = sums[(sums["unit_code"] == unit) & (sums["sum_by"] == by) & (sums["sum_code"] == code)]
    assert len(kept) == 1
    return kept.iloc[0]


def test_a_loss_is_the_maximum_less_the_value_and_its_limits_are_turned_round() -> None:
    """Unit a: 10 − 7.5 = 2.5, of which 1.1 lost 0.5, 2.1 lost 1 and 2.2 lost 1; limits of 7.25 … 8."""
    a = of_unit(nodes_lost(values(), TREE), "a")
    assert a.loc["0", ["lost", "lost_low", "lost_high"]].tolist() == [2.5, 2.0, 2.75]
    assert a["lost"].to_dict() == {
        "0": 2.5,
        "1": 0.5,
        "1.1": 0.5,
        "1.2": 0.0,
        "2": 2.0,
        "2.1": 1.0,
        "2.2": 1.0,
    }
    assert a["share_of_loss"].to_dict() == {
        "0": 100.0, "1": 20.0, "1.1": 20.0, "1.2": 0.0, "2": 80.0, "2.1": 40.0, "2.2": 40.0
    }  # fmt: skip


def test_leaves_are_numbered_by_what_is_lost_ties_in_the_order_of_the_tree() -> None:
    found = nodes_lost(values(), TREE)
    order = of_unit(found, "a")["order"].dropna().to_dict()
    assert order == {"2.1": 1.0, "2.2": 2.0, "1.1": 3.0, "1.2": 4.0}
    listed = in_order_of_loss(found)
    assert listed[listed["unit_code"] == "a"]["node_code"].tolist() == ["2.1", "2.2", "1.1", "1.2"]
    assert listed["unit_code"].drop_duplicates().tolist() == ["a", "b", "c", "d"]


def test_units_stand_among_those_that_have_a_value() -> None:
    """1.1: 2.5, 2.0, 1.0 and one hidden; 2.1: 4.0, 3.5, 3.0, 2.0."""
    found = nodes_lost(values(), TREE)
    first = found[found["node_code"] == "1.1"].set_index("unit_code")
    assert first["rank"].dropna().to_dict() == {"a": 2.0, "b": 1.0, "c": 3.0}
    assert first["ranked"].dropna().tolist() == [3.0, 3.0, 3.0]
    assert (first.loc["a", "best"], first.loc["a", "median"]) == (2.5, 2.0)
    second = found[found["node_code"] == "2.1"].set_index("unit_code")
    assert second["rank"].to_dict() == {"a": 3.0, "b": 4.0, "c": 1.0, "d": 2.0}


def test_the_rank_of_the_total_is_that_of_the_league() -> None:
    league = {("so", "a"): 2.0, ("so", "b"): 3.0, ("so", "c"): 1.0, ("so", "d"): np.nan}
    found = nodes_lost(values(), TREE, league)
    roots = found[found["node_code"] == "0"].set_index("unit_code")
    assert roots["rank"].dropna().to_dict() == {"a": 2.0, "b": 3.0, "c": 1.0}
    assert roots["ranked"].dropna().unique().tolist() == [3.0]


def test_nothing_hidden_enters_a_figure_of_the_block() -> None:
    """Below the total, in which only a, b and c count, d alone does not: with it the median of 2.1 would be 3.25, of three
    3.0."""
    found = nodes_lost(values(), TREE)
    assert found[found["node_code"] == "2.1"]["median"].unique().tolist() == [3.0]
    other = {**POINTS, "d": (np.nan, 1.0, 1.0, 0.25)}
    alike = ["best", "median"]
    changed = nodes_lost(values(other), TREE)
    assert found.loc[found["unit_code"] != "d", alike].equals(changed.loc[changed["unit_code"] != "d", alike])
    d = of_unit(found, "d")
    assert (
        d.loc[["0", "1", "1.1"], ["lost", "share_of_loss", "order", "rank", "ranked", "best", "median"]]
        .isna()
        .all()
        .all()
    )
    assert d["share_of_loss"].isna().all()  # shares of a loss that is not told would tell it


def test_of_two_units_neither_best_nor_median_is_told() -> None:
    two = nodes_lost(values({unit: POINTS[unit] for unit in "ab"}), TREE)
    assert two[["best", "median"]].isna().all().all()
    assert set(two["rank"]) == {1.0, 2.0}
    one = nodes_lost(values({"a": POINTS["a"]}), TREE)
    assert one[["rank", "ranked"]].isna().all().all()


def test_few_units_apart_do_not_count_below_a_figure_that_is_told() -> None:
    whole = {unit: {"0": True, "1": True} for unit in "abcd"}
    apart = {unit: {"0": False, "1": True} for unit in "ef"}
    assert set(counted_units({**whole, **apart}, {"1": "0"})["1"]) == set("abcd")
    assert set(counted_units({**whole, **apart, "g": apart["e"]}, {"1": "0"})["1"]) == set("abcdefg")


def test_what_was_given_for_a_whole_is_lost_at_the_whole() -> None:
    """Points given for field 1 as one: its leaves have none, and the field is what is numbered."""
    given = values({"a": POINTS["a"]})
    given.loc[given["node_code"].isin(["1.1", "1.2"]), ["value", "low", "high"]] = np.nan
    order = of_unit(nodes_lost(given, TREE), "a")["order"].dropna()
    assert order.to_dict() == {"2.1": 1.0, "2.2": 2.0, "1": 3.0}


def test_a_distance_is_what_is_missing_to_the_target_and_turned_for_one_to_stay_below() -> None:
    """Unit a: 2.1 is 3.0 (2.75 … 3.5), to be more than 3.2; 2.2 is 1.0 (0.75 … 1.5), to stay below 1.5."""
    wanted = values(target={"2.1": 3.2, "2.2": 1.5}, sign={"2.1": ">", "2.2": "<"})
    wanted["target"] = pd.to_numeric(wanted["target"], errors="coerce")
    a = of_unit(nodes_lost(wanted, TREE), "a")
    columns = ["distance", "distance_low", "distance_high"]
    assert a.loc["2.1", columns].tolist() == pytest.approx([0.2, -0.3, 0.45])
    assert a.loc["2.2", columns].tolist() == pytest.approx([-0.5, -0.75, 0.0])
    assert a.loc["1", columns].isna().all()


def test_sums_by_field_source_and_agency_of_a_table() -> None:
    """Unit b: 1.1 lost nothing, 1.2 one point, 2.1 two, 2.2 nothing."""
    agencies = {"1.1": "X", "1.2": "Y", "2.1": "X", "2.2": ""}
    sums = sums_of_losses(nodes_lost(values(lead_agency=agencies), TREE), TREE)
    b = sums[sums["unit_code"] == "b"]
    told = {(by, code): lost for by, code, lost in zip(b["sum_by"], b["sum_code"], b["lost"], strict=True)}
    assert told == {
        ("field", "2"): 2.0, ("field", "1"): 1.0, ("source", "survey"): 2.0, ("source", "assessment"): 1.0,
        ("agency", "X"): 2.0, ("agency", "Y"): 1.0, ("agency", ""): 0.0,
    }  # fmt: skip
    assert b["sum_code"].tolist() == ["2", "1", "survey", "assessment", "X", "Y", ""]  # most first
    assert b["share_of_loss"].tolist() == pytest.approx(
        [200 / 3, 100 / 3, 200 / 3, 100 / 3, 200 / 3, 100 / 3, 0]
    )
    assert b["leaves"].tolist() == [2, 2, 2, 2, 2, 1, 1]


def test_sums_made_with_the_scores_keep_their_intervals_and_a_target_needs_every_leaf() -> None:
    made = pd.DataFrame(
        [("so", "a", "A", "source", "survey", "1.1;2.1", 6.5, 5.0, 4.5, 5.75, "ok", ""),
         ("so", "d", "D", "source", "survey", "1.1;2.1", 6.5, np.nan, np.nan, np.nan, "suppressed", "")],
        columns=["block", "unit_code", "unit_name", "sum_by", "sum_code", "nodes", "max_points", "points", "points_low",
                 "points_high", "status", "note"],
    )  # fmt: skip
    wanted = values(target={"1.1": 2.25, "2.1": 3.5})
    wanted["target"] = pd.to_numeric(wanted["target"], errors="coerce")
    sums = sums_of_losses(nodes_lost(wanted, TREE), TREE, made)
    a = row(sums, "a", "source", "survey")
    columns = ["lost", "lost_low", "lost_high", "share_of_loss", "target", "distance"]
    assert a[columns].tolist() == pytest.approx([1.5, 0.75, 2.0, 60.0, 5.75, 0.75])
    assert row(sums, "d", "source", "survey")[["value", "lost", "share_of_loss", "distance"]].isna().all()
    assert np.isnan(row(sums, "a", "field", "1")["target"])  # 1.2 has none


def test_where_nodes_do_not_add_up_there_are_no_shares_and_no_sums() -> None:
    tree = LossTree(PARENTS)
    found = nodes_lost(values(), tree)
    assert found["share_of_loss"].isna().all()
    assert len(sums_of_losses(found, tree)) == 0
    assert found["order"].notna().any()


def test_incomplete_values_are_withheld_unless_the_study_renormalises() -> None:
    row = {"group": "all", "score": 0.8, "points": 1.6, "max_points": 2.0, "ci_low": 0.7, "ci_high": 0.9}
    scores = pd.DataFrame([{**row, "status": status} for status in ("ok", "incomplete")])
    scores = scores.reindex(columns=list(SCORE_COLUMNS)).assign(node_level="part")
    assert values_of_scores(scores, renormalises=False)["value"].tolist()[:1] == [1.6]
    assert values_of_scores(scores, renormalises=False)[["value", "low", "high"]].iloc[1].isna().all()
    assert values_of_scores(scores, renormalises=True)["value"].tolist() == [1.6, 1.6]
    index = pd.DataFrame([{"status": "incomplete", "points": 3.0, "max_points": 4.0}]).reindex(
        columns=list(INDEX_COLUMNS)
    )
    assert values_of_index(index, renormalises=False)["value"].isna().all()


def test_an_index_without_points_is_in_percent() -> None:
    row = {"group": "all", "score": 0.8357, "ci_low": 0.81, "ci_high": 0.86, "status": "ok"}
    scores = pd.DataFrame([row]).reindex(columns=list(SCORE_COLUMNS)).assign(node_level="index")
    found = values_of_scores(scores, renormalises=False).iloc[0]
    assert found["measure"] == "percent"
    assert found[["maximum", "value", "low", "high"]].tolist() == pytest.approx([100, 83.57, 81, 86])


def test_a_change_has_the_interval_of_its_survey_part() -> None:
    """Field 1 of a: 3.5 now, 3.0 before, +0.5; the survey part, 2.5 of its 4 points, rose by 0.1 of it (0.04 … 0.2): +0.25
    (+0.1 … +0.5). The council's points rose by 0.25: between 0.35 and 0.75."""
    now = values({"a": POINTS["a"]})
    before = now.assign(value=now["value"].where(now["node_code"] != "1", 3.0))
    before.loc[before["node_code"] == "2.2", "maximum"] = 3.0
    before = before[before["node_code"] != "1.2"]
    refused = {("so", "a", "2.1"): (Remark("compare.scale_changed.note"),)}
    earlier = EarlierValues(before, {("so", "a", "1"): (0.1, 0.04, 0.2)}, refused)
    found = of_unit(with_changes(now, earlier, {("so", "a", "1"): 2.5}), "a")
    columns = ["previous", "change", "change_low", "change_high"]
    assert found.loc["1", columns].tolist() == pytest.approx([3.0, 0.5, 0.35, 0.75])
    assert found.loc["2.1", "previous"] == 3.0  # shown beside the break, never subtracted
    assert np.isnan(found.loc["2.1", "change"])
    assert found.loc["2.1", "remarks"] == (Remark("compare.scale_changed.note"),)
    assert np.isnan(found.loc["2.2", "change"])
    assert found.loc["2.2", "remarks"] == (Remark("gaps.maximum_changed"),)
    assert found.loc["1.2", columns].isna().all()
