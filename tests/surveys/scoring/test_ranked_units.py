"""Who stands in the ranking, and which results are said to be censuses. The third office has two staff and five raters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from surveys.definitions.study.records import Inference, Minimum, WeightPlan
from surveys.sampling.samples import draw_samples
from surveys.scoring.block_inputs import inputs_of
from surveys.scoring.joint_errors import joint_errors
from surveys.scoring.tree import walk
from surveys.scoring.values import values_of
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.remarks import remark

#: With at least six raters and one member of staff, the third office lacks its raters and has every part of the index.
LACKING = Minimum(forms=1, by_group=(("raters", 6),))
RANKS = ["rank", "rank_low", "rank_high", "probability_top_quarter"]


def league(small: Any, **inference: Any) -> pd.DataFrame:
    found = small.scored(minimum=LACKING, inference=Inference(**inference))
    return found.units.set_index("unit_code")


def test_a_unit_without_one_of_its_groups_stands_outside_the_ranking(small) -> None:
    units = league(small)
    third = units.loc["p3"]
    assert third["status"] == "incomplete"
    assert third["percent"] > 0
    assert third[RANKS].isna().all()
    assert sorted(units["rank"].dropna()) == [1, 2]


def test_a_unit_outside_the_ranking_widens_the_others_ranges_and_they_say_so(small) -> None:
    """It could stand before any of the two: both may be third."""
    units = league(small)
    assert units.loc[["p1", "p2"], "rank_high"].max() == 3
    notes = dict(zip(units.index, units["note"], strict=True))
    for unit in ("p1", "p2"):
        assert remark("rank.unranked", units=1) in notes[unit]
    assert "rank.unranked" not in {said.code for said in notes["p3"]}


def test_units_rated_by_the_same_people_are_compared_with_these_raters(small) -> None:
    """The raters of all three offices are handed to the sets of ranks; the staff of each are its own."""
    study = small.study
    samples = draw_samples(ScreenedRound(study, small.returns, small.dispositions))
    values = {s.group: values_of(small.returns, s, 1, moderate=False) for s in samples.of("b")}
    block = inputs_of(study, "b", values)
    branches = {(b.code, b.group): b for b in walk(block)}
    shared = joint_errors(block, branches["1.1.2", "raters"])
    assert shared.raters is not None
    np.testing.assert_allclose(shared.raters.covariance(), shared.matrix, rtol=1e-9, atol=1e-18)
    both = joint_errors(block, branches["0", ALL_GROUPS])
    assert both.raters is not None
    rest = both.matrix - both.raters.covariance()
    np.testing.assert_allclose(rest, np.diag(np.diag(rest)), atol=1e-15)
    assert (np.diag(rest) > 0).any()
    alone = joint_errors(block, next(b for (_, group), b in branches.items() if group == "staff"))
    assert alone.raters is None
    assert alone.covariance.ndim == 1
    assert alone.df[2] == 1  # two members of staff


def test_where_the_study_renormalises_it_is_ranked_with_its_remark(small) -> None:
    units = league(small, on_missing_group="renormalise")
    third = units.loc["p3"]
    assert third["status"] == "ok"
    assert remark("score.renormalised_below", nodes="1") in third["note"]
    assert third[RANKS].notna().all()
    assert sorted(units["rank"]) == [1, 2, 3]
    notes = dict(zip(units.index, units["note"].tolist(), strict=True))
    assert "score.renormalised_below" not in {said.code for said in notes["p1"]}


def test_a_question_left_out_is_named_over_the_groups_too(small) -> None:
    """Four of five staff of the first office answered b; of the raters all six did."""
    table = small.scored(minimum=Minimum(forms=5)).table
    row = cell(table, "p1", "1.1.1")
    assert (row["status"], row["note"]) == ("ok", (remark("score.items_not_shown", items="b"),))
    for code, nodes in (("1.1", "1.1.1, 1.1.2"), ("1", "1.1"), ("0", "1, 2")):
        assert cell(table, "p1", code)["note"] == (remark("score.items_not_shown_below", nodes=nodes),)


def cell(table: pd.DataFrame, unit: str, node: str, group: str = ALL_GROUPS) -> pd.Series:
    keys = (table["unit_code"] == unit) & (table["node_code"] == node) & (table["group"] == group)
    return table[keys].iloc[0]


def says_census(row: pd.Series) -> bool:
    return remark("score.census") in row["note"]


def no_width(row: pd.Series) -> bool:
    return bool(row["ci_low"] == row["score"] == row["ci_high"])


def test_a_census_is_said_only_where_everybody_answered_every_question(small) -> None:
    """All five staff of the first office sent a form: all answered a and d, one left c blank, one did not know b."""
    frames = [replace(f, population=5) if f.unit == "p1" else f for f in small.study.frames]
    table = small.scored(frames=tuple(frames)).table
    assert all(says_census(cell(table, "p1", code, "staff")) for code in ("a", "d", "e"))
    assert all(says_census(cell(table, "p2", code, "staff")) for code in ("1.1.1", "1.1.2", "2.1.1", "0"))
    for code in ("b", "c", "f", "1.1.1", "1.1.2", "2.1.1", "0"):
        row = cell(table, "p1", code, "staff")
        assert no_width(row)
        assert not says_census(row)
    assert not says_census(cell(table, "p2", "1.1.1"))  # the raters are a sample
    assert says_census(cell(table, "p2", "2.1.1"))  # which only the staff answer


def test_answers_that_are_all_equal_are_no_census(small) -> None:
    plans = (WeightPlan("staff", finite=False),)
    table = small.scored(weights=plans, inference=Inference(interval="wald", variances="own")).table
    row = cell(table, "p2", "1.1.2", "staff")
    assert np.array_equal(row[["score", "se"]].astype(float), [1.0, 0.0])
    assert no_width(row)
    assert not says_census(row)


def test_a_census_of_one_group_is_none_of_a_result_that_lacks_another(small) -> None:
    """Of the second office all staff answered; its raters are too few to be shown."""
    rule = Minimum(forms=3, by_group=(("raters", 7),))
    table = small.scored(minimum=rule, inference=Inference(on_missing_group="renormalise")).table
    row = cell(table, "p2", "1.1.2")
    assert no_width(row)
    assert row["note"] == (remark("score.renormalised", groups="raters"),)
