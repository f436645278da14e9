"""Bounds of scores for who did not answer where everybody was asked: the tree walked again with the means moved by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from surveys.definitions.study.records import Inference, Minimum, WeightPlan
from surveys.sampling.samples import draw_samples
from surveys.scoring.block_inputs import BlockInputs, inputs_of
from surveys.scoring.nonresponse_bounds import nonresponse_bounds
from surveys.scoring.tree import walk
from surveys.scoring.values import values_of
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.columns import NONRESPONSE_COLUMNS

BOTH = (WeightPlan("staff", census=True), WeightPlan("raters", census=True))
STAFF = (WeightPlan("staff", census=True),)
KEY = ["unit_code", "node_code", "group"]
BOUNDS = ["low_delta", "high_delta", "low_worst", "high_worst"]


def block(small: Any, **changes: Any) -> BlockInputs:
    """The one block of the small round, with fields of the study replaced."""
    study = replace(small.study, **changes)
    samples = draw_samples(ScreenedRound(study, small.returns, small.dispositions))
    values = {
        s.group: values_of(small.returns, s, study.minimum.of(s.group), moderate=False) for s in samples.parts
    }
    return inputs_of(study, "b", values)


def walked_again(small: Any, others: Any, **changes: Any) -> pd.Series:
    """Scores if the mean of those who did not answer were ``others`` of the mean of those who did."""
    moved = block(small, **changes)
    for values in moved.values.values():
        asked = values.sample
        rate = np.bincount(asked.unit, minlength=3) / asked.population  # a rater sends one form about a unit
        rate = rate[:, None] if not np.isnan(asked.response).all() else np.ones((3, 1))
        vars(values)["theta"] = rate * values.theta + (1 - rate) * others(values.theta)
    found = {
        (unit.code, branch.code, branch.group): branch.score.value[k]
        for branch in walk(moved)
        for k, unit in enumerate(moved.units)
    }
    return pd.Series(found)


@pytest.mark.parametrize("weights", [BOTH, STAFF])
@pytest.mark.parametrize("delta", [0.0, 0.1, 0.4])
def test_bounds_are_those_of_the_tree_walked_again(small, weights, delta) -> None:
    """Items, a pooled node, a mean of groups with weights, sums of points, and the total."""
    scores = small.scored(weights=weights, inference=Inference(nonresponse_shift=delta))
    found = scores.nonresponse.set_index(KEY)
    assert list(scores.nonresponse.columns) == list(NONRESPONSE_COLUMNS)
    others = {
        "low_delta": lambda mean: np.maximum(mean - delta, 0),
        "high_delta": lambda mean: np.minimum(mean + delta, 1),
        "low_worst": np.zeros_like,
        "high_worst": np.ones_like,
    }
    for name, move in others.items():
        expected = walked_again(small, move, weights=weights)[found.index]
        np.testing.assert_allclose(found[name].to_numpy(), expected.to_numpy(), rtol=1e-12, atol=1e-14)
    printed = scores.table.dropna(subset="score").set_index(KEY)
    if weights == STAFF:  # which are too few in the third office, whose results then rest on raters alone
        printed = printed.drop(index="p3", level=0).drop(index="raters", level=2)
    assert sorted(found.index) == sorted(printed.index)
    assert (
        found[["score", "ci_low", "ci_high"]] == printed.loc[found.index, ["score", "ci_low", "ci_high"]]
    ).all(axis=None)


def test_one_question_by_hand(small) -> None:
    """Five of the twelve staff of the first office sent a form; all five of the second did."""
    scores = small.scored(weights=STAFF, inference=Inference(nonresponse_shift=0.3))
    found = scores.nonresponse.set_index(KEY)
    row = found.loc[("p1", "e", "staff")]
    r, mean = 5 / 12, row["score"]
    assert row["response_rate"] == pytest.approx(r)
    assert mean - 0.3 > 0
    assert row["low_delta"] == pytest.approx(mean - 0.3 * (1 - r))
    assert row["high_delta"] == pytest.approx(r * mean + (1 - r) * min(mean + 0.3, 1))
    assert row["low_worst"] == pytest.approx(r * mean)
    assert row["high_worst"] == pytest.approx(r * mean + 1 - r)
    full = found.loc[("p2", "0", "staff")]
    assert full["response_rate"] == 1
    assert (full[BOUNDS] == full["score"]).all()


def test_the_rate_of_a_result_over_groups_is_that_of_its_weight(small) -> None:
    """1.1.1 is (1·staff + 3·raters)/4: the width of the worst case is the part that did not answer."""
    found = small.scored(weights=BOTH).nonresponse.set_index(KEY)
    row = found.loc[("p1", "1.1.1", "all")]
    rates = found.loc["p1"].loc["1.1.1"]["response_rate"]
    assert row["response_rate"] == pytest.approx((rates["staff"] + 3 * rates["raters"]) / 4)
    assert row["high_worst"] - row["low_worst"] == pytest.approx(1 - row["response_rate"])


def test_without_a_census_there_are_none_and_ranks_do_not_look_at_them(small) -> None:
    plain, asked = small.scored(), small.scored(weights=BOTH, inference=Inference(nonresponse_shift=0.9))
    assert len(plain.nonresponse) == 0
    assert len(asked.nonresponse) > 0
    pd.testing.assert_frame_equal(plain.units, asked.units)
    pd.testing.assert_frame_equal(plain.table, asked.table)


def test_what_is_hidden_has_no_bounds(small) -> None:
    """Four of five staff of the first office answered b, which five would show; the rest of 1.1.1 stands without it."""
    found = small.scored(weights=STAFF, minimum=Minimum(forms=5)).nonresponse.set_index(KEY)
    assert ("p1", "b", "staff") not in found.index
    of_a, of_node = found.loc[("p1", "a", "staff")], found.loc[("p1", "1.1.1", "staff")]
    assert of_node[BOUNDS].astype(float).tolist() == pytest.approx(of_a[BOUNDS].astype(float).tolist())
    assert "p3" not in found.index


def test_bounds_do_not_tell_a_number_that_was_hidden_for_others(small) -> None:
    """A question that enters its parents but is not printed, as one that would give another away: no result that rests on it
    has bounds, for these and the parents' scores would tell it."""
    inputs = block(small, weights=STAFF)
    branches = walk(inputs)
    table = small.scored(weights=STAFF).table
    whole = nonresponse_bounds(inputs, branches, table)
    hidden = (table["unit_code"] == "p1") & (table["node_code"] == "a") & (table["group"] == "staff")
    assert hidden.sum() == 1
    found = nonresponse_bounds(inputs, branches, table.assign(score=table["score"].mask(hidden)))
    lost = set(whole[KEY].itertuples(index=False, name=None)) - set(
        found[KEY].itertuples(index=False, name=None)
    )
    over = {("p1", node, group) for node in ("a", "1.1.1", "1.1", "1", "0") for group in ("staff", "all")}
    assert lost == over
    assert len(found) == len(whole) - len(over)


def test_units_without_a_population_have_none(small) -> None:
    frames = tuple(f for f in small.study.frames if f.unit != "p1")
    weights = (WeightPlan("staff", census=True, base="equal"),)
    found = small.scored(frames=frames, weights=weights, minimum=Minimum(forms=1)).nonresponse
    assert set(found["unit_code"]) == {"p2", "p3"}
