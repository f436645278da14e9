"""Two rounds side by side, with the arithmetic done again by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveys.comparison.changes import compare
from surveys.comparison.compared_round import DIVIDED, ComparedRound
from surveys.comparison.crosswalk import successors
from surveys.problems import SurveyError
from surveys.vocabulary.remarks import remark


@pytest.fixture
def rounds(small) -> tuple[ComparedRound, ComparedRound]:
    """The small round against itself with a known change in unit p1."""
    scores = small.scored()
    old = ComparedRound(small.study.instrument, scores.table, scores.units)
    later = scores.table.copy()
    later.loc[later["unit_code"] == "p1", "score"] -= 0.05
    return old, ComparedRound(small.study.instrument, later, scores.units)


def line(table: pd.DataFrame, unit: str, node: str, group: str = "all") -> pd.Series:
    found = table[(table["unit_code"] == unit) & (table["node_code"] == node) & (table["group"] == group)]
    assert len(found) == 1
    return found.iloc[0]


def test_change_se_interval_and_p_value(rounds) -> None:
    old, new = rounds
    row = line(compare(old, new).table, "p1", "1.1.1")
    before = line(old.table, "p1", "1.1.1")
    se, df = math.sqrt(2) * before["se"], 2 * before["df"]
    assert row["change"] == pytest.approx(-0.05)
    assert row["se"] == pytest.approx(se)
    assert row["df"] == pytest.approx(df)
    assert row["p_value"] == pytest.approx(2 * stats.t.cdf(-0.05 / se, df))
    half = stats.t.ppf(0.975, df) * se
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((-0.05 - half, -0.05 + half))


def test_p_values_are_corrected_over_the_units(rounds) -> None:
    """Holm by hand: sorted p times the number of those left, never falling."""
    table = compare(*rounds).table
    for _, family in table[table["status"] == "ok"].groupby(["node_code", "group"]):
        p = np.sort(family["p_value"])
        want = np.minimum(1, np.maximum.accumulate(p * np.arange(len(p), 0, -1)))
        np.testing.assert_allclose(np.sort(family["p_adjusted"]), want, rtol=1e-12)


def test_rank_change_stands_at_the_total(rounds) -> None:
    old, new = rounds
    swapped = new.units.assign(rank=pd.array([1, 2, pd.NA], dtype="Int64"))
    row = line(compare(old, replace(new, units=swapped)).table, "p1", "0")
    assert (row["rank_old"], row["rank_new"], row["rank_change"]) == (2, 1, 1)


def test_limits_of_the_change_of_rank(rounds) -> None:
    """Old rank 2 of 1 to 3, new rank 1 of 1 to 2: from 1 − 2 to 3 − 1. Both rounds must have one."""
    old, new = rounds
    before = old.units.assign(
        rank=pd.array([2, 1, 3], dtype="Int64"),
        rank_low=pd.array([1, 1, 2], dtype="Int64"),
        rank_high=pd.array([3, 2, 3], dtype="Int64"),
    )
    after = before.assign(
        rank=pd.array([1, 2, pd.NA], dtype="Int64"),
        rank_low=pd.array([1, 1, pd.NA], dtype="Int64"),
        rank_high=pd.array([2, 3, pd.NA], dtype="Int64"),
    )
    table = compare(replace(old, units=before), replace(new, units=after)).table
    columns = ["rank_change", "rank_change_low", "rank_change_high"]
    assert line(table, "p1", "0")[columns].tolist() == [1, -1, 2]
    assert line(table, "p2", "0")[columns].tolist() == [-1, -2, 1]
    assert line(table, "p3", "0")[columns].isna().all()
    assert line(table, "p1", "1")[columns].isna().all()


@pytest.mark.parametrize(("shift", "said"), [(-0.001, True), (-0.6, False)])
def test_a_move_of_ranks_without_a_significant_difference_is_called_that(
    rounds, shift: float, said: bool
) -> None:
    """The same move of one rank with a change of a tenth of a point in a hundred, and with one of sixty."""
    old, new = rounds
    later = old.table.copy()
    later.loc[later["unit_code"] == "p1", "score"] += shift
    swapped = new.units.assign(rank=pd.array([1, 2, pd.NA], dtype="Int64"))
    row = line(compare(old, replace(new, table=later, units=swapped)).table, "p1", "0")
    assert row["rank_change"] == 1
    assert bool(row["p_adjusted"] > 0.05) == said
    assert (remark("compare.rank_without_difference") in row["note"]) == said


def test_a_missing_score_is_said(rounds) -> None:
    row = line(compare(*rounds).table, "p3", "0")
    assert row["status"] == "missing"
    assert row["note"]
    assert np.isnan(row["change"])


def edition(old: ComparedRound, **changes: Any) -> ComparedRound:
    return replace(old, instrument=replace(old.instrument, edition="later", **changes))


def test_changed_items_refuse_the_node_and_all_above_it(rounds) -> None:
    old, new = rounds
    items = tuple(i for i in old.instrument.items if i.code != "d")
    result = compare(old, edition(new, items=items))
    status = result.table.drop_duplicates(["node_code", "group"]).set_index(["node_code", "group"])["status"]
    assert status[("1.1.2", "all")] == "incomparable"
    assert status[("1.1", "all")] == "incomparable"
    assert status[("0", "all")] == "incomparable"
    assert status[("1.1.1", "all")] == "ok"
    assert {(p.code, dict(p.params)["node"]) for p in result.refused} >= {
        ("compare.items_changed", "1.1.2"),
        ("compare.below_changed", "0"),
    }


def test_changed_scale_refuses_unless_declared_comparable(rounds) -> None:
    old, new = rounds
    scale = old.instrument.scales[0]
    levels = tuple(replace(level, values=(level.values[0] ** 2,)) for level in scale.levels)
    other = edition(new, scales=(replace(scale, levels=levels),))
    with pytest.raises(SurveyError) as failure:
        compare(old, other)
    assert {p.code for p in failure.value.problems} == {
        "compare.scale_changed", "compare.below_changed", "compare.no_common_node",
    }  # fmt: skip
    declared = replace(other, instrument=replace(other.instrument, comparable_with=(old.instrument.name,)))
    assert not compare(old, declared).refused


def test_units_follow_the_crosswalk_and_merged_units_are_refused(rounds) -> None:
    old, new = rounds
    table = new.table[new.table["unit_code"] == "p1"].assign(unit_code="x1")
    later = replace(new, table=table, units=new.units[new.units["unit_code"] == "p1"].assign(unit_code="x1"))
    one = compare(old, later, {("b", "p1"): ("b", "x1")}).table
    assert line(one, "x1", "1.1.1")["change"] == pytest.approx(-0.05)
    assert line(one, "x1", "1.1.1")["unit_code_old"] == "p1"
    both = compare(old, later, {("b", "p1"): ("b", "x1"), ("b", "p2"): ("b", "x1")})
    assert line(both.table, "x1", "1.1.1")["status"] == "missing"
    assert [p.code for p in both.refused] == ["compare.merged_unit"]


def test_another_numerator_is_another_scale(rounds) -> None:
    old, new = rounds
    scoring = replace(new.instrument.scoring, numerator="satisfied")
    with pytest.raises(SurveyError) as failure:
        compare(old, replace(new, instrument=replace(new.instrument, scoring=scoring)))
    assert "compare.scale_changed" in {p.code for p in failure.value.problems}


def test_a_divided_unit_is_not_compared_with_its_namesake(rounds) -> None:
    old, new = rounds
    result = compare(old, new, {("b", "p1"): DIVIDED})
    assert line(result.table, "p1", "1.1.1")["status"] == "missing"
    assert line(result.table, "p2", "1.1.1")["status"] == "ok"
    assert [(p.code, dict(p.params)["unit"]) for p in result.refused] == [("compare.divided_unit", "p1")]


def test_rounds_without_a_common_unit_are_refused(rounds) -> None:
    old, new = rounds
    other = replace(
        new,
        table=new.table.assign(unit_code="x-" + new.table["unit_code"]),
        units=new.units.assign(unit_code="x-" + new.units["unit_code"]),
    )
    with pytest.raises(SurveyError) as failure:
        compare(old, other)
    assert [p.code for p in failure.value.problems] == ["compare.no_common_unit"]


def test_successors_come_from_a_crosswalk_file(rounds, tmp_path) -> None:
    path = tmp_path / "crosswalk.csv"
    path.write_text(
        "block,old_unit,new_block,new_unit\nb,p1,b,p2\nb,p2,b,p2\nb,p3,b,p1\nb,p3,b,p3\n", encoding="utf-8"
    )
    assert successors(rounds[0], rounds[1], path) == {
        ("b", "p1"): ("b", "p2"),
        ("b", "p2"): ("b", "p2"),
        ("b", "p3"): DIVIDED,
    }


def test_unknown_units_of_a_crosswalk_file_are_all_named(rounds, tmp_path) -> None:
    path = tmp_path / "crosswalk.csv"
    path.write_text("block,old_unit,new_block,new_unit\nb,p9,b,p2\nc,p1,b,p8\n", encoding="utf-8")
    with pytest.raises(SurveyError) as failure:
        successors(rounds[0], rounds[1], path)
    assert [(p.code, p.row, p.column) for p in failure.value.problems] == [
        ("reference.unit", 2, "old_unit"),
        ("reference.block", 3, "block"),
        ("reference.unit", 3, "new_unit"),
    ]


def test_the_register_names_successors_of_units_that_are_gone(rounds) -> None:
    """p1 went into p2 and p3 into p1 and p2; a unit that is still there succeeds itself."""
    old, new = rounds
    heirs = {"p1": ("p2",), "p2": ("p1",), "p3": ("p1", "p2")}
    units = tuple(replace(unit, successors=heirs.get(unit.code, ())) for unit in old.instrument.units)
    before = replace(old, instrument=replace(old.instrument, units=units))
    remaining = replace(new, units=new.units[new.units["unit_code"] != "p1"])
    assert successors(before, new) == {}
    assert successors(before, remaining) == {("b", "p1"): ("b", "p2")}
    only_two = replace(new, units=new.units[new.units["unit_code"] != "p3"])
    assert successors(before, only_two) == {("b", "p3"): DIVIDED}
