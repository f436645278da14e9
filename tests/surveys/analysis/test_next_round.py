"""Standard errors of the next round by hand: groups with their weights, the finite population correction of both rounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import surveys as sv
from surveys.analysis.analysed_round import AnalysedRound
from surveys.analysis.detectable_change import detectable_multiple
from surveys.analysis.next_round import detectable_changes
from surveys.analysis.planned_forms import PlannedForms, planned_forms

ROUND = Path(__file__).parents[2] / "rounds" / "small"


@pytest.fixture(scope="module")
def small() -> AnalysedRound:
    return sv.load(ROUND).score().analysed


def at(found: pd.DataFrame, unit: str, node: str) -> pd.Series:
    (row,) = found[(found["unit_code"] == unit) & (found["node_code"] == node)].to_dict("records")
    return pd.Series(row)


def of(round_: AnalysedRound, unit: str, node: str, group: str) -> pd.Series:
    scores = round_.scores
    here = (scores["unit_code"] == unit) & (scores["node_code"] == node) & (scores["group"] == group)
    (row,) = scores[here].to_dict("records")
    return pd.Series(row)


def test_with_the_present_forms_nothing_changes(small: AnalysedRound) -> None:
    found = detectable_changes(small)
    assert found["se_planned"].equals(found["se"])
    assert found["n_planned"].dropna().tolist() == found.loc[found["n_planned"].notna(), "n_valid"].tolist()


def test_a_sub_criterion_of_two_groups_by_hand(small: AnalysedRound) -> None:
    """1.1.1 of p1: staff 5 of 12 with weight 1/4, raters 6 of 9 with weight 3/4; planned are 10 and 8."""
    found = at(
        detectable_changes(small, [PlannedForms("b", "", "staff", 10), PlannedForms("b", "p1", "raters", 8)]),
        "p1",
        "1.1.1",
    )
    staff, raters = (of(small, "p1", "1.1.1", group) for group in ("staff", "raters"))
    now = (0.25 * staff["se"]) ** 2, (0.75 * raters["se"]) ** 2
    assert np.sqrt(sum(now)) == pytest.approx(found["se"], rel=1e-12)
    later = now[0] * (1 / 10 - 1 / 12) / (1 / 5 - 1 / 12), now[1] * (1 / 8 - 1 / 9) / (1 / 6 - 1 / 9)
    assert found["se_planned"] == pytest.approx(np.sqrt(sum(later)), rel=1e-12)
    assert (found["n_valid"], found["n_planned"]) == (11, 18)
    df = [sum(v) ** 2 / (v[0] ** 2 / s + v[1] ** 2 / r) for v, s, r in (
        (now, staff["df"], raters["df"]), (later, staff["df"] + 5, raters["df"] + 2)
    )]  # fmt: skip
    assert df[0] == pytest.approx(of(small, "p1", "1.1.1", "all")["df"], rel=1e-9)
    multiple = detectable_multiple(np.array(df[:1]), np.array([sum(later) / sum(now)]), np.array(df[1:]))[0]
    assert found["multiple"] == pytest.approx(multiple, rel=1e-9)
    change = multiple * np.sqrt(sum(now) + sum(later))
    assert found["detectable_percent"] == pytest.approx(100 * change, rel=1e-9)
    assert found["detectable_points"] == pytest.approx(1.5 * change, rel=1e-9)


def test_before_a_census_only_this_round_errs(small: AnalysedRound) -> None:
    """2.1.1 of p1 is answered by staff alone: all 12 of them are planned."""
    found = at(detectable_changes(small, [PlannedForms("b", "p1", "staff", 12)]), "p1", "2.1.1")
    now = of(small, "p1", "2.1.1", "staff")
    assert found["se_planned"] == 0
    multiple = stats.t.ppf(0.975, now["df"]) + stats.t.ppf(0.8, now["df"])
    assert found["detectable_percent"] == pytest.approx(100 * multiple * now["se"], rel=1e-3)


def test_after_a_census_nothing_is_told_and_it_is_said_why(small: AnalysedRound) -> None:
    """All 5 staff of p2 answered."""
    same, fewer = (
        at(detectable_changes(small, [PlannedForms("b", "p2", "staff", forms)]), "p2", "2.1.1")
        for forms in (5, 4)
    )
    for found in (same, fewer):
        assert np.isnan(found["detectable_percent"])
        assert [said.code for said in found["note"]] == ["reach.census_now"]
    of_both = at(detectable_changes(small, [PlannedForms("b", "p2", "staff", 4)]), "p2", "1.1.1")
    assert [said.code for said in of_both["note"]] == ["reach.fewer_than_census"]


def test_hidden_results_have_none(small: AnalysedRound) -> None:
    found = at(detectable_changes(small), "p3", "2.1.1")
    assert found["status"] == "suppressed"
    assert (
        found[["score", "se", "se_planned", "n_planned", "detectable_percent", "detectable_points"]]
        .isna()
        .all()
    )


@pytest.mark.parametrize("unit", ["p1", "p2"])
def test_totals_are_scaled_to_their_own_error(small: AnalysedRound, unit: str) -> None:
    """Half the forms of everyone without a population: every variance doubles, whatever the groups have in it."""
    unlimited = small.cells.assign(population=np.nan)
    plan = [PlannedForms("b", u, g, n / 2) for _, u, g, n, _ in small.cells.itertuples(index=False)]
    found = detectable_changes(replace(small, cells=unlimited), plan)
    own = found[(found["unit_code"] == unit) & (found["se"] > 0)]
    assert (own["se_planned"] / own["se"]).tolist() == pytest.approx([np.sqrt(2.0)] * len(own), rel=1e-12)


def test_a_plan_is_read_with_its_faults(tmp_path: Path) -> None:
    cells = {("b", "p1", "staff"), ("b", "p2", "staff"), ("b", "p1", "raters")}
    plan = tmp_path / "planned.csv"
    plan.write_text("block;group;forms\nb;staff;12\n", encoding="utf-8")
    assert planned_forms(plan, cells) == (PlannedForms("b", "", "staff", 12.0),)
    lines = [
        "b,p1,staff,12",
        "b,p1,staff,13",
        "b,p9,staff,1",
        "c,,staff,1",
        "b,p2,raters,1",
        "b,,staff,0",
        "b,,raters,1.5",
    ]
    plan.write_text("\n".join(["block,unit,group,forms", *lines, ""]), encoding="utf-8")
    with pytest.raises(sv.SurveyError) as stopped:
        planned_forms(plan, cells)
    found = [(p.code, p.row, p.column) for p in stopped.value.problems]
    assert found == [
        ("reach.planned_twice", 3, "group"),
        ("reference.unit", 4, "unit"),
        ("reference.block", 5, "block"),
        ("reference.group", 6, "group"),
        ("reach.planned_none", 7, "forms"),
        ("reach.planned_none", 8, "forms"),
    ]
