"""What enters a score and what it says of itself: externals, missing groups, rules, correlated units."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveys.definitions.instrument.records import ScorePlan
from surveys.definitions.study.records import (
    External,
    Frame,
    Inference,
    MarginTotal,
    Minimum,
    Output,
    WeightPlan,
)
from surveys.problems import LANGUAGES, SurveyError, phrase
from surveys.sampling.samples import draw_samples
from surveys.scoring.block_inputs import inputs_of
from surveys.scoring.joint_errors import joint_errors
from surveys.scoring.scores import score
from surveys.scoring.tree import walk
from surveys.scoring.values import values_of
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.remarks import in_words, remark


def cell(table: pd.DataFrame, unit: str, node: str, group: str = ALL_GROUPS) -> pd.Series:
    found = table[(table["unit_code"] == unit) & (table["node_code"] == node) & (table["group"] == group)]
    assert len(found) == 1
    return found.iloc[0]


REPORT = "Báo cáo khảo sát hài lòng năm trước"


def external(unit: str, node: str, group: str, score: float, **given: Any) -> External:
    return External("b", unit, node, group, score, REPORT, **given)


def test_external_estimate_of_a_group_enters_score_and_interval(small) -> None:
    """(1·0.8 + 3·own)/4 with variance (0.05/4)² + (3/4)²·Var(own)."""
    plain = small.scored().table
    own = cell(plain, "p1", "1.1.1", "raters")
    table = small.scored(externals=(external("p1", "1.1.1", "staff", 0.8, se=0.05, df=40.0),)).table
    staff, over = cell(table, "p1", "1.1.1", "staff"), cell(table, "p1", "1.1.1")
    assert (staff["status"], staff["score"], staff["se"]) == ("external", 0.8, 0.05)
    assert REPORT in in_words(staff["note"], "vi")
    assert REPORT in in_words(over["note"], "vi")
    assert over["score"] == pytest.approx((0.8 + 3 * own["score"]) / 4, rel=1e-12)
    parts = [(0.05 / 4) ** 2, (0.75 * own["se"]) ** 2]
    assert over["se"] == pytest.approx(math.sqrt(sum(parts)), rel=1e-10)
    df = sum(parts) ** 2 / (parts[0] ** 2 / 40 + parts[1] ** 2 / own["df"])
    assert over["df"] == pytest.approx(df, rel=1e-10)
    p, half = over["score"], stats.t.ppf(0.975, df) * over["se"] / (over["score"] * (1 - over["score"]))
    assert over["ci_low"] == pytest.approx(1 / (1 + math.exp(half - math.log(p / (1 - p)))), rel=1e-10)


def test_external_estimate_of_a_node_replaces_it(small) -> None:
    table = small.scored(
        externals=(external("p3", "2.1.1", "", 0.9, n=400.0, satisfaction_percent=88.0),)
    ).table
    row = cell(table, "p3", "2.1.1")
    assert (row["status"], row["score"], row["satisfaction_percent"]) == ("external", 0.9, 88.0)
    assert row["se"] == pytest.approx(math.sqrt(0.9 * 0.1 / 400))
    assert row["df"] == 399
    assert row["n_eff"] == 1
    total = cell(table, "p3", "0")
    assert total["points"] == pytest.approx(cell(table, "p3", "1")["points"] + 2 * 0.9, rel=1e-12)


def test_external_estimates_of_one_document_are_taken_as_correlated(small) -> None:
    """Se of a sum of points is the sum of the parts' when the correlation is 1, a root of squares when it is 0."""
    given = tuple(external("p1", node, "", 0.8, se=0.04) for node in ("1.1.1", "1.1.2"))
    for rho in (0.0, 0.3, 1.0):
        table = small.scored(externals=given, inference=Inference(external_correlation=rho)).table
        a, b = 1.5 / 4 * 0.04, 2.5 / 4 * 0.04
        assert cell(table, "p1", "1.1")["se"] == pytest.approx(
            math.sqrt(a**2 + b**2 + 2 * rho * a * b), rel=1e-10
        )


def test_missing_group_renormalised_when_the_study_says_so(small) -> None:
    strict, lenient = (
        small.scored().table,
        small.scored(inference=Inference(on_missing_group="renormalise")).table,
    )
    for table, status in ((strict, "incomplete"), (lenient, "ok")):
        row = cell(table, "p3", "1.1.1")
        assert row["status"] == status
        assert row["score"] == pytest.approx(cell(table, "p3", "1.1.1", "raters")["score"], rel=1e-12)
        assert "staff" in in_words(row["note"], "vi")


def test_an_item_names_the_group_that_is_missing(small) -> None:
    """Too few members of staff of p3 answered: their answers to question a are left out of its result over the groups."""
    table = small.scored().table
    assert cell(table, "p3", "a", "staff")["status"] == "suppressed"
    for code in ("a", "1.1.1"):
        assert remark("score.missing_group", groups="staff") in cell(table, "p3", code)["note"]


def test_minimum_by_group(small) -> None:
    table = small.scored(minimum=Minimum(forms=3, by_group=(("raters", 6),))).table
    assert cell(table, "p3", "1.1.1", "raters")["status"] == "suppressed"
    assert cell(table, "p1", "1.1.1", "raters")["status"] == "ok"
    assert cell(table, "p3", "1.1.1", "raters")["n_valid"] == 5


def test_numerator_satisfied_scores_the_satisfied_share(small) -> None:
    study = small.instrument(scoring=ScorePlan(numerator="satisfied"))
    returns = replace(small.returns, instrument=study.instrument)
    screened = ScreenedRound(study, returns, small.dispositions)
    samples = draw_samples(screened)
    table = score(screened, samples).table
    shown = table[table["score"].notna()]
    assert len(shown) > 50
    np.testing.assert_allclose(shown["score"] * 100, shown["satisfaction_percent"], rtol=1e-12)
    plain = small.scored().table
    np.testing.assert_allclose(table["satisfaction_percent"], plain["satisfaction_percent"], rtol=1e-12)


def test_rescale_gives_points_between_low_and_high(small) -> None:
    """PAPI's scale: low + (high − low)·mean of items."""
    nodes = tuple(
        replace(n, rule="rescale", low=0.5, high=2.0, max_points=2.0) if n.code == "2.1.1" else n
        for n in small.study.instrument.nodes
    )
    study = small.instrument(nodes=nodes)
    returns = replace(small.returns, instrument=study.instrument)
    screened = ScreenedRound(study, returns, small.dispositions)
    samples = draw_samples(screened)
    table = score(screened, samples).table
    plain = cell(small.scored().table, "p1", "2.1.1")
    row = cell(table, "p1", "2.1.1")
    assert row["points"] == pytest.approx(0.5 + 1.5 * plain["score"], rel=1e-12)
    assert row["se"] == pytest.approx(1.5 / 2.0 * plain["se"], rel=1e-10)
    assert row["satisfaction_percent"] == pytest.approx(plain["satisfaction_percent"], rel=1e-12)


def test_units_rated_by_the_same_people_are_correlated(small) -> None:
    """Covariance of two units' node scores in the matrix group, from the definition."""
    study = small.study
    samples = draw_samples(ScreenedRound(study, small.returns, small.dispositions))
    values = {s.group: values_of(small.returns, s, 1, moderate=False) for s in samples.of("b")}
    block = inputs_of(study, "b", values)
    branch = next(b for b in walk(block) if (b.code, b.group) == ("1.1.2", "raters"))
    found = joint_errors(block, branch).matrix
    rows, v = small.returns.rows, values["raters"]
    rater = rows["rater"].to_numpy()[v.sample.rows]
    column = [v.position["c"], v.position["d"]]
    z = np.zeros((6, 3))
    for u in range(3):
        mine = np.flatnonzero(v.sample.unit == u)
        y, a = v.value[mine][:, column], v.valid[mine][:, column]
        theta = y[a].sum() / a.sum()
        for k, row in enumerate(mine):
            z[sorted(set(rater)).index(rater[row]), u] = ((y[k] - theta) * a[k]).sum() / a.sum()
    centred = z - z.mean(axis=0)
    want = (1 - 6 / 9) * 6 / 5 * centred.T @ centred
    np.testing.assert_allclose(found, want, rtol=1e-9, atol=1e-15)
    assert abs(want[0, 2]) > 1e-6


def test_trimmed_weights_keep_their_total(small) -> None:
    plans = (WeightPlan(group="staff", trim=(0.8, 1.2)),)
    study = replace(small.study, weights=plans)
    weights = draw_samples(ScreenedRound(study, small.returns, small.dispositions)).weights
    staff = weights[weights["group"] == "staff"]
    assert staff["weight"].sum() == pytest.approx(12 + 5 + 4)
    mean = staff["weight"].mean()
    assert staff["weight"].between(0.8 * mean - 1e-9, 1.2 * mean + 1e-9).all()


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ((Frame("b", "p1", "staff", 12),), "sampling.no_frame"),
        (
            (Frame("b", "p1", "staff", 4), Frame("b", "p2", "staff", 5), Frame("b", "p3", "staff", 4)),
            "sampling.more_forms_than_population",
        ),
    ],
)
def test_frames_that_do_not_fit_are_named(small, frames, code) -> None:
    with pytest.raises(SurveyError) as failure:
        small.scored(frames=(*frames, Frame("b", "", "raters", 9)))
    assert code in {p.code for p in failure.value.problems}


def test_margin_that_the_study_lacks_is_named(small) -> None:
    with pytest.raises(SurveyError) as failure:
        small.scored(weights=(WeightPlan(group="staff", margins=("sex",)),))
    assert {p.code for p in failure.value.problems} == {"sampling.no_margin"}


def test_group_without_any_valid_form_is_named(small) -> None:
    nobody = replace(
        small.dispositions, disposition=np.array(["rejected"] * len(small.returns), dtype=object)
    )
    with pytest.raises(SurveyError) as failure:
        draw_samples(ScreenedRound(small.study, small.returns, nobody))
    assert [p.code for p in failure.value.problems] == ["sampling.no_valid_form"] * 2


def test_calibration_meets_the_margins_and_keeps_the_units(small) -> None:
    """Raking to sex and unit: totals per category and per unit hold after calibration."""
    sex = np.resize(["m", "f", "f"], len(small.returns))
    returns = replace(small.returns, rows=small.returns.rows.assign(sex=sex))
    margins = (MarginTotal("b", "staff", "sex", "m", 9.0), MarginTotal("b", "staff", "sex", "f", 12.0))
    study = replace(small.study, margins=margins, weights=(WeightPlan(group="staff", margins=("sex",)),))
    samples = draw_samples(ScreenedRound(study, returns, small.dispositions))
    staff = samples.weights[samples.weights["group"] == "staff"].reset_index(drop=True)
    sample = next(s for s in samples.parts if s.group == "staff")
    labels = sex[np.sort(sample.rows)]  # weights stand as the rows were read
    assert staff["weight"][labels == "m"].sum() == pytest.approx(9.0, abs=1e-6)
    assert staff.groupby("unit_code")["weight"].sum().to_dict() == pytest.approx({"p1": 12, "p2": 5, "p3": 4})


@pytest.mark.parametrize("aggregation", ["pooled", "mean_of_items", "mean_of_factors"])
def test_aggregations_of_a_whole_index(small, aggregation) -> None:
    """One index over two factors with a different number of items and answers, three ways, from the raw answers."""
    kept = {"0": ("", "pooled"), "1.1.1": ("0", "mean"), "1.1.2": ("0", "mean")}
    nodes = tuple(
        replace(n, parent=kept[n.code][0], rule=kept[n.code][1], max_points=None, groups=())
        for n in small.study.instrument.nodes
        if n.code in kept
    )
    moved = {"a": "1.1.1", "b": "1.1.2", "c": "1.1.2", "d": "1.1.2"}
    items = tuple(replace(i, node=moved.get(i.code, "")) for i in small.study.instrument.items)
    study = small.instrument(nodes=nodes, items=items, scoring=ScorePlan(rule=aggregation))
    returns = replace(small.returns, instrument=study.instrument)
    screened = ScreenedRound(study, returns, small.dispositions)
    samples = draw_samples(screened)
    row = cell(score(screened, samples).table, "p1", "0", "staff")
    v = values_of(returns, next(s for s in samples.parts if s.group == "staff"), 1, moderate=False)
    mine = v.sample.unit == 0
    answers = {c: v.value[mine][v.valid[mine][:, k], k] for c, k in v.position.items()}
    want = {
        "pooled": np.concatenate([answers[c] for c in "abcd"]).mean(),
        "mean_of_items": np.mean([answers[c].mean() for c in "abcd"]),
        "mean_of_factors": (answers["a"].mean() + np.mean([answers[c].mean() for c in "bcd"])) / 2,
    }
    assert row["score"] == pytest.approx(want[aggregation], rel=1e-12)


def test_unweighted_results_stand_beside_the_weighted_ones(small) -> None:
    """Weights that differ within a unit: the unweighted score is the plain mean of the answers."""
    weight = np.resize([1.0, 5.0, 2.0], len(small.returns))
    returns = replace(small.returns, rows=small.returns.rows.assign(w=weight))
    plans = (WeightPlan(group="staff", base="given", weight="w", finite=False),)
    study = replace(small.study, weights=plans, output=Output(unweighted=True))
    screened = ScreenedRound(study, returns, small.dispositions)
    samples = draw_samples(screened)
    found = cell(score(screened, samples).unweighted, "p1", "c", "staff")
    sample = next(s for s in samples.parts if s.group == "staff")
    v = values_of(returns, sample, 1, moderate=False)
    k = v.position["c"]
    mine = (sample.unit == 0) & v.valid[:, k]
    assert found["unweighted_score"] == pytest.approx(v.value[mine, k].mean(), rel=1e-12)
    assert found["score"] == pytest.approx(
        np.average(v.value[mine, k], weights=weight[sample.rows][mine]), rel=1e-12
    )
    assert found["score"] != pytest.approx(found["unweighted_score"], rel=1e-6)


def test_results_carry_codes_and_no_words(small) -> None:
    scores = small.scored(externals=(external("p1", "1.1.1", "staff", 0.8, se=0.05),))
    said = {one for table in (scores.table, scores.units) for note in table["note"] for one in note}
    assert {one.code for one in said} >= {"score.external", "score.suppressed", "score.missing_group"}
    for code, params in said:
        for language in LANGUAGES:
            assert phrase(code, language, **dict(params))


def test_a_group_that_no_node_names_changes_nothing(small) -> None:
    nodes = tuple(
        replace(node, groups=(("staff", 1.0),) if node.groups else ())
        for node in small.study.instrument.nodes
    )
    study = small.instrument(nodes=nodes)
    table = small.scored(instrument=study.instrument).table
    assert "raters" not in set(table["group"])
    columns = ["score", "se", "ci_low", "ci_high", "n_valid"]
    before = cell(small.scored().table, "p1", "1.1.1", "staff")
    assert cell(table, "p1", "1.1.1", "staff")[columns].tolist() == before[columns].tolist()
    assert cell(table, "p1", "1.1.1")["score"] == before["score"]
