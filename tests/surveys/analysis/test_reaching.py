"""What it takes, by hand: four units of one block with three sub-criteria of 1.5, 2.5 and 2 points."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import stats

from surveys.analysis.aims import Aim
from surveys.analysis.reaching import Reached, what_it_takes
from surveys.definitions.study.records import Target
from surveys.scoring.result_classes import probability_of_own_class
from tests.surveys.analysis.made_rounds import CLASSES, LEAVES, MAXIMUM, made_round

#: Totals 5.1, 4.8, 3.9, 3.0: 85, 80, 65 and 50 percent.
POINTS = {"a": (1.4, 2.0, 1.7), "b": (1.2, 2.2, 1.4), "c": (0.9, 1.8, 1.2), "d": (0.8, 1.2, 1.0)}
#: Of 1.1.1: 0.8 0.9 1.2 1.4; of 1.1.2: 1.2 1.8 2.0 2.2; of 2.1.1: 1.0 1.2 1.4 1.7.
MARKS = {"median": (1.05, 1.9, 1.3), "upper_quarter": (1.2, 2.0, 1.4), "best": (1.4, 2.2, 1.7)}


def row_of(found: Reached, unit: str) -> dict[str, Any]:
    (row,) = found.reach[found.reach["unit_code"] == unit].to_dict("records")
    return {str(name): value for name, value in row.items()}


def way_of(found: Reached, unit: str, way: str) -> list[tuple[str, str, float]]:
    """(sub-criterion, mark, gain) of a way."""
    ways = found.ways[(found.ways["unit_code"] == unit) & (found.ways["way"] == way)]
    return list(zip(ways["node_code"], ways["mark"], ways["gain"].round(4), strict=True))


def test_a_percentage_is_needed_in_points_of_the_maximum() -> None:
    found = what_it_takes(made_round(POINTS), Aim("percent", "80"))
    assert found.reach["status"].tolist() == ["reached", "reached", "open", "open"]
    c = row_of(found, "c")
    assert (c["now"], c["needed"], c["distance"]) == pytest.approx((65.0, 80.0, 15.0))
    assert c["distance_points"] == pytest.approx(0.9)
    assert c["probability"] == pytest.approx(stats.t.sf((80 - 65) / 2.0, 30), rel=1e-9)
    assert row_of(found, "b")["probability"] == pytest.approx(0.5)


def test_the_shortest_ways_are_what_a_search_finds() -> None:
    found = what_it_takes(made_round(POINTS), Aim("percent", "80"))
    now, wanted = POINTS["c"], 0.9
    for way, marks in {**{m: (m,) for m in MARKS}, "any": tuple(MARKS)}.items():
        choices = product(
            *([("", 0.0), *((m, max(0.0, MARKS[m][k] - now[k])) for m in marks)] for k in range(3))
        )
        enough = [
            (sum(g > 0 for _, g in c), round(sum(g for _, g in c), 4))
            for c in choices
            if sum(g for _, g in c) >= wanted - 1e-9
        ]
        ours = way_of(found, "c", way)
        if not enough:
            assert ours == []
        else:
            assert (len(ours), round(sum(g for _, _, g in ours), 4)) == min(enough)
    assert way_of(found, "c", "median") == []
    assert row_of(found, "c")["ways"] == 2


def test_what_is_beyond_the_best_of_the_block_is_told() -> None:
    found = row_of(what_it_takes(made_round(POINTS), Aim("percent", "90")), "d")
    assert (found["status"], found["ways"]) == ("out_of_reach", 0)
    (said, *_) = found["note"]
    assert said.code == "reach.out_of_reach"
    assert dict(said.params) == {"percent": f"{100 * (1.4 + 2.2 + 1.7) / MAXIMUM:.2f}"}


def test_a_class_has_the_probability_of_the_league_table() -> None:
    """The probability to be in its own class or a better one, as the classes of results have it."""
    of = made_round(POINTS, se=0.03)
    found = what_it_takes(of, Aim("class", "kha"))
    percent, se, df = np.array([85.0, 80.0, 65.0, 50.0]), np.full(4, 3.0), np.full(4, 30.0)
    own = probability_of_own_class(percent, se, df, (CLASSES[1], CLASSES[2]))
    expected = np.where(percent >= 60, own, 1.0 - own)
    assert found.reach["probability"].tolist() == pytest.approx(expected.tolist())
    assert found.reach["needed"].tolist() == [60.0] * 4


def test_a_rank_is_needed_above_its_holder_and_ties_share_it() -> None:
    tied = {**POINTS, "c": POINTS["b"]}
    found = what_it_takes(made_round(tied), Aim("rank", "2"))
    assert [row_of(found, unit)["status"] for unit in "abc"] == ["reached"] * 3
    assert row_of(found, "d")["needed"] == pytest.approx(80.01)
    third = row_of(what_it_takes(made_round(tied), Aim("rank", "3")), "d")
    assert third["needed"] == pytest.approx(80.01)
    assert row_of(found, "a")["distance"] == pytest.approx(80.0 - 85.0)


def test_the_needed_percentage_gives_the_rank() -> None:
    """Raised to the needed points a unit has the rank that is wanted, and one last digit less it has not."""
    for rank, unit in product((1, 2, 3), "bcd"):
        row = row_of(what_it_takes(made_round(POINTS), Aim("rank", str(rank))), unit)
        if row["status"] == "reached":
            continue
        others = [sum(p) for other, p in POINTS.items() if other != unit]
        total = float(row["needed"]) * MAXIMUM / 100
        assert 1 + sum(o > total + 1e-9 for o in others) == rank
        assert 1 + sum(o >= total - 0.0101 * MAXIMUM / 100 for o in others) > rank


def test_probabilities_of_ranks_follow_the_covariance() -> None:
    """Two units of the same errors that go together: the better one is certainly ahead where they hardly differ."""
    points = {"a": (1.2, 2.0, 1.6), "b": (1.2, 2.0, 1.598)}
    apart = what_it_takes(made_round(points), Aim("rank", "1"))
    together = what_it_takes(
        made_round(points, covariances=[("a", "b", 0.02**2 * 0.9999999)]), Aim("rank", "1")
    )
    assert row_of(apart, "a")["probability"] == pytest.approx(0.5, abs=0.02)
    assert row_of(together, "a")["probability"] > 0.99


def test_two_units_are_compared_by_their_difference() -> None:
    """With known variances the better of two leads with Φ(d/√(s² + s²)); 20,000 draws."""
    points = {"a": (1.2, 2.0, 1.6), "b": (1.2, 2.0, 1.48)}
    found = row_of(what_it_takes(made_round(points, df=np.inf), Aim("top", "1")), "a")
    expected = stats.norm.cdf((0.12 / MAXIMUM) / (0.02 * np.sqrt(2)))
    assert found["probability"] == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 20_000))


@pytest.mark.parametrize(
    ("target", "needed"),
    [
        (Target("b", "d", "0", "", "percent", "80", ">"), 80.01),
        (Target("b", "d", "0", "", "points", "4.8", ""), 80.0),
        (Target("b", "d", "0", "", "points", "4.8", ">"), 100 * 4.8001 / 6),
        (Target("b", "d", "0", "", "rank_up", "1", ""), 65.01),
        (Target("b", "d", "0", "", "unit_group", "best", ""), 80.01),
    ],
    ids=lambda value: value.measure if isinstance(value, Target) else "",
)
def test_targets_of_the_round(target: Target, needed: float) -> None:
    found = what_it_takes(made_round(POINTS, targets=[target]))
    wanted = [["d", target.measure, f"{target.sign}{target.target}"]]
    assert found.reach[["unit_code", "measure", "wanted"]].values.tolist() == wanted
    assert row_of(found, "d")["needed"] == pytest.approx(needed)


def test_an_upper_limit_is_no_place_to_reach() -> None:
    of = made_round(POINTS, targets=[Target("b", "d", "0", "", "percent", "80", "<=")])
    assert what_it_takes(of).reach.empty


def test_respondents_by_hand() -> None:
    """c raised to the best: 1.1.1 gains 0.5 of 1.5 points, a third; one level is a quarter, so that all 20 are not enough. 1.1.2
    gains 0.4 of 2.5: 0.16/0.25 · 20 = 12.8 respondents."""
    ways = what_it_takes(made_round(POINTS), Aim("percent", "86")).ways
    best = ways[(ways["unit_code"] == "c") & (ways["way"] == "best")].set_index("node_code")
    assert best.loc["1.1.2", "respondents"] == 13
    assert (best.loc["1.1.1", "respondents"], best.loc["1.1.1", "of_forms"]) == (20, 20)
    (said,) = best["note"].to_dict()["1.1.1"]
    assert (said.code, dict(said.params)["levels"]) == ("reach.more_than_forms", "2")


def test_gains_beside_the_noise() -> None:
    """Every node has a standard error of 0.02: a change of 2.9 · 0.02 · √2 = 8.2 % of 1.5 points is 0.12."""
    found = what_it_takes(made_round(POINTS), Aim("percent", "86"))
    ways = found.ways[found.ways["unit_code"] == "b"].set_index(["way", "node_code"])
    noise = ways.loc[("best", "1.1.1"), "detectable_points"]
    assert noise == pytest.approx(1.5 * 2.87 * 0.02 * np.sqrt(2), rel=0.02)
    assert ways.loc[("best", "1.1.1"), "larger_than_noise"] == "yes"
    small = what_it_takes(made_round(POINTS, se=0.09), Aim("percent", "86")).ways
    assert set(small.loc[small["unit_code"] == "b", "larger_than_noise"]) == {"no"}


def test_a_result_that_is_not_shown_makes_no_mark_and_no_total() -> None:
    """Whatever stands in the place of d's hidden result, everything else is the same."""
    hidden = [
        what_it_takes(made_round({**POINTS, "d": (value, 2.5, np.nan)}), Aim("rank", "1"))
        for value in (1.5, 0.1)
    ]
    assert [row_of(found, "d")["status"] for found in hidden] == ["unranked"] * 2
    rest = hidden[0].ways[hidden[0].ways["node_code"] == "2.1.1"]
    assert rest["raised_to"].max() == pytest.approx(1.7)


def test_marks_need_three_units() -> None:
    found = what_it_takes(made_round({unit: POINTS[unit] for unit in "ac"}), Aim("rank", "1"))
    assert found.ways.empty
    assert row_of(found, "c")["status"] == "out_of_reach"


def test_only_the_unit_that_is_asked_for() -> None:
    whole = what_it_takes(made_round(POINTS), Aim("rank", "1"))
    one = what_it_takes(made_round(POINTS), Aim("rank", "1"), ["c"])
    assert one.reach["unit_code"].tolist() == ["c"]
    assert row_of(one, "c") == row_of(whole, "c")
    assert set(one.detectable["unit_code"]) == {"c"}


def test_a_total_that_is_not_the_sum_has_no_ways() -> None:
    of = made_round(POINTS)
    root = of.scores["node_code"] == "0"
    crooked = replace(
        of, scores=of.scores.assign(points=of.scores["points"].mask(root, of.scores["points"] + 0.01))
    )
    found = row_of(what_it_takes(crooked, Aim("percent", "86")), "c")
    assert [said.code for said in found["note"]] == ["reach.not_additive"]
    assert found["status"] == "untold"


def test_the_leaves_are_those_of_the_round() -> None:
    assert set(what_it_takes(made_round(POINTS), Aim("percent", "86")).ways["node_code"]) <= set(LEAVES)
