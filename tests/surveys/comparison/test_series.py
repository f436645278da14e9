"""Three rounds of a small edition as one series: codes of the newest round, breaks, lines that end, published figures."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from surveys.comparison.compared_round import DIVIDED, ComparedRound, Key
from surveys.comparison.headline_file import read_headlines
from surveys.comparison.series import RoundSeries, series_of
from surveys.definitions.study.publication import Period
from surveys.definitions.study.records import Headline
from surveys.problems import SurveyError
from surveys.vocabulary.columns import CHANGE_COLUMNS, INDEX_COLUMNS, INDEX_UNIT_COLUMNS, SERIES_COLUMNS
from surveys.vocabulary.remarks import remark

#: At the first step p1 is renamed x1 and p3 divided; at the second nothing changes by a crosswalk, but p4 is there no more.
STEPS: list[dict[Key, Key]] = [{("b", "p1"): ("b", "x1"), ("b", "p3"): DIVIDED}, {}]


def a_round(base: ComparedRound, year: int, units: dict[str, str], shift: float = 0.0) -> ComparedRound:
    """A round of a year: the units of the base under other codes (old code → new one), every score moved by ``shift``."""
    tables = [frame[frame["unit_code"].isin(units)] for frame in (base.table, base.units)]
    table, league = (frame.assign(unit_code=frame["unit_code"].map(units)) for frame in tables)
    table = table.assign(score=table["score"] + shift)
    period = Period(f"{year}-01-01", f"{year}-12-31")
    return replace(base, table=table, units=league, label=f"r{year}", period=period)


def other_edition(round_: ComparedRound, **changes: Any) -> ComparedRound:
    return replace(round_, instrument=replace(round_.instrument, edition="later", **changes))


@pytest.fixture(scope="module")
def base(small) -> ComparedRound:
    scores = small.scored()
    return ComparedRound(small.study.instrument, scores.table, scores.units)


@pytest.fixture(scope="module")
def rounds(base: ComparedRound) -> list[ComparedRound]:
    """The newest edition asks question d no more, and question a under another number."""
    later = a_round(base, 2024, {"p1": "x1", "p2": "p2"}, -0.01)
    items = tuple(
        replace(item, code="a9") if item.code == "a" else item
        for item in base.instrument.items
        if item.code != "d"
    )
    table = later.table[later.table["node_code"] != "d"]
    renumbered = replace(later, table=table.assign(node_code=table["node_code"].replace({"a": "a9"})))
    return [
        a_round(base, 2022, {"p1": "p1", "p2": "p2", "p3": "p3"}),
        a_round(base, 2023, {"p1": "x1", "p2": "p2", "p3": "p4"}, -0.02),
        other_edition(renumbered, items=items),
    ]


@pytest.fixture(scope="module")
def compared(rounds: list[ComparedRound]) -> RoundSeries:
    return series_of(rounds, STEPS)


def lines(
    series: pd.DataFrame, unit: str, node: str, group: str = "all", part: str = "survey"
) -> pd.DataFrame:
    found = series[(series["unit_code"] == unit) & (series["node_code"] == node)]
    return found[(found["group"] == group) & (found["part"] == part)].reset_index(drop=True)


def test_every_pair_of_neighbours_is_compared(compared: RoundSeries, base: ComparedRound) -> None:
    """The second step by hand: −0.01 less −0.02, the standard error of twice the same round."""
    changes = compared.changes
    assert tuple(changes.columns) == CHANGE_COLUMNS
    assert list(dict.fromkeys(zip(changes["round_old"], changes["round_new"], strict=True))) == [
        ("r2022", "r2023"), ("r2023", "r2024"),
    ]  # fmt: skip
    before = base.table[(base.table["unit_code"] == "p1") & (base.table["node_code"] == "1.1.1")]
    se = math.sqrt(2) * float(before.loc[before["group"] == "all", "se"].iloc[0])
    mine = changes[
        (changes["unit_code"] == "x1") & (changes["node_code"] == "1.1.1") & (changes["group"] == "all")
    ]
    assert mine["change"].tolist() == pytest.approx([-0.02, 0.01])
    assert mine["se"].tolist() == pytest.approx([se, se])
    assert mine["unit_code_old"].tolist() == ["p1", "x1"]


def test_a_line_stands_under_the_newest_codes(compared: RoundSeries, base: ComparedRound) -> None:
    assert tuple(compared.series.columns) == SERIES_COLUMNS
    line = lines(compared.series, "x1", "1.1.1")
    score = float(lines(base.table.assign(part="survey"), "p1", "1.1.1")["score"].iloc[0])
    assert line["round"].tolist() == ["r2022", "r2023", "r2024"]
    assert line["unit_code_then"].tolist() == ["p1", "x1", "x1"]
    assert line["score"].tolist() == pytest.approx([score, score - 0.02, score - 0.01])
    assert line["percent"].tolist() == pytest.approx([100 * s for s in line["score"]])
    assert line["period"].iloc[0] == "2022-01-01/2022-12-31"
    assert line["comparable"].tolist() == ["", "ok", "ok"]
    assert set(line["last_round"]) == {"r2024"}
    assert set(line["basis"]) == {"measured"}


def test_a_question_is_followed_by_its_wording(compared: RoundSeries) -> None:
    line = lines(compared.series, "x1", "a9")
    assert line["node_code_then"].tolist() == ["a", "a", "a9"]
    assert line["comparable"].tolist() == ["", "ok", "ok"]


def test_a_break_is_shown_beside_its_figure_and_nothing_is_subtracted(compared: RoundSeries) -> None:
    """Without question d its sub-criterion, and all above it, do not measure what they did."""
    for node, reason in (("1.1.2", "items_changed"), ("1.1", "below_changed"), ("0", "below_changed")):
        line = lines(compared.series, "x1", node)
        assert line["comparable"].tolist() == ["", "ok", reason]
        assert line["score"].notna().all()
        assert line["note"].iloc[2] == (remark(f"compare.{reason}.note"),)
        step = compared.changes[compared.changes["round_new"] == "r2024"]
        assert lines(step, "x1", node)["change"].isna().all()
    assert {problem.code for problem in compared.refused} >= {
        "compare.items_changed",
        "compare.below_changed",
    }


def test_lines_of_units_and_questions_that_are_gone_end_with_the_reason(compared: RoundSeries) -> None:
    divided = lines(compared.series, "p3", "2")
    assert divided["round"].tolist() == ["r2022"]
    assert divided["note"].iloc[0] == (remark("compare.unit_divided"),)
    gone = lines(compared.series, "p4", "2")
    assert gone["round"].tolist() == ["r2023"]
    assert gone["comparable"].tolist() == ["no_predecessor"]
    assert gone["note"].iloc[0][-1] == remark("compare.unit_gone")
    question = lines(compared.series, "x1", "d")
    assert question["round"].tolist() == ["r2022", "r2023"]
    assert [remark("compare.node_gone") in note for note in question["note"]] == [False, True]
    assert set(question["last_round"]) == {"r2023"}


def test_every_figure_of_every_round_stands_in_one_line(
    compared: RoundSeries, rounds: list[ComparedRound]
) -> None:
    assert len(compared.series) == sum(len(one.table) for one in rounds)
    keys = ["block", "unit_code_then", "node_code_then", "group", "round"]
    assert not compared.series.duplicated(keys).any()


def test_merged_units_end_and_the_new_one_begins(base: ComparedRound) -> None:
    old = a_round(base, 2022, {"p1": "p1", "p2": "p2", "p3": "p3"})
    new = a_round(base, 2023, {"p1": "x", "p3": "p3"})
    heirs: dict[Key, Key] = {("b", "p1"): ("b", "x"), ("b", "p2"): ("b", "x")}
    series = series_of([old, new], [heirs]).series
    assert lines(series, "p1", "2")["note"].iloc[0] == (remark("compare.unit_merged", unit="x"),)
    assert lines(series, "x", "2")["comparable"].tolist() == ["merged_unit"]


def test_a_unit_that_pauses_keeps_its_line(base: ComparedRound) -> None:
    whole = {"p1": "p1", "p2": "p2"}
    paused = [a_round(base, 2022, whole), a_round(base, 2023, {"p2": "p2"}), a_round(base, 2024, whole)]
    line = lines(series_of(paused, [{}, {}]).series, "p1", "2")
    assert line["round"].tolist() == ["r2022", "r2024"]
    assert line["comparable"].tolist() == ["", "no_predecessor"]


def test_neighbours_without_anything_in_common_are_a_break_of_every_line(base: ComparedRound) -> None:
    scale = base.instrument.scales[0]
    levels = tuple(replace(level, values=(level.values[0] ** 2,)) for level in scale.levels)
    whole = {"p1": "p1", "p2": "p2"}
    first, second, third = (a_round(base, year, whole) for year in (2022, 2023, 2024))
    later = [other_edition(one, scales=(replace(scale, levels=levels),)) for one in (second, third)]
    found = series_of([first, *later], [{}, {}])
    assert lines(found.series, "p1", "1.1.1")["comparable"].tolist() == ["", "scale_changed", "ok"]
    assert "compare.no_common_node" in {p.code for p in found.refused}
    assert all(p.severity == "warning" for p in found.refused)
    with pytest.raises(SurveyError):
        series_of([first, later[0]], [{}])


def test_other_shares_of_the_components_are_another_measure(base: ComparedRound) -> None:
    """1.1.1 counts 2 of 4 points instead of 1.5: its own score can be compared, that of its parent cannot."""
    nodes = tuple(
        replace(node, max_points={"1.1.1": 2.0, "1.1.2": 2.0}.get(node.code, node.max_points))
        for node in base.instrument.nodes
    )
    whole = {"p1": "p1", "p2": "p2"}
    new = other_edition(a_round(base, 2023, whole), nodes=nodes)
    series = series_of([a_round(base, 2022, whole), new], [{}]).series
    said = {node: lines(series, "p1", node)["comparable"].iloc[1] for node in ("1.1.1", "1.1", "1", "2")}
    assert said == {"1.1.1": "ok", "1.1": "weights_changed", "1": "below_changed", "2": "ok"}


def test_rounds_out_of_order_are_told(base: ComparedRound) -> None:
    whole = {"p1": "p1", "p2": "p2"}
    found = series_of([a_round(base, 2024, whole), a_round(base, 2023, whole)], [{}])
    assert [p.code for p in found.told] == ["compare.order"]


def test_rounds_of_one_study_have_labels_of_their_own(base: ComparedRound) -> None:
    one = a_round(base, 2023, {"p1": "p1", "p2": "p2"})
    assert [r.label for r in series_of([one, one, one], [{}, {}]).rounds] == ["r2023", "r2023-2", "r2023-3"]


# --- published figures ------------------------------------------------------------------------------------------------


def figure(unit: str, year: int, value: str | None, measure: Any = "points", **more: Any) -> Headline:
    number = None if value is None else Decimal(value)
    return Headline(
        "b", unit, more.pop("node", ""), year, more.pop("document", "12/BC"), number, measure, **more
    )


def test_published_figures_are_points_without_interval(rounds: list[ComparedRound]) -> None:
    """4.50 of 6 points are 0.75; old codes lead to the line of today; nothing is subtracted."""
    with_figures = [
        replace(rounds[0], headlines=(figure("p1", 2021, "4.50", rank=2, of_units=3),)),
        *rounds[1:],
    ]
    found = series_of(with_figures, STEPS, [figure("x1", 2025, "80.0", "percent")])
    line = lines(found.series, "x1", "0")
    assert line["round"].tolist() == ["2021", "r2022", "r2023", "r2024", "2025"]
    published = line[line["basis"] == "published"]
    assert published["score"].tolist() == pytest.approx([0.75, 0.8])
    assert published["points"].tolist() == pytest.approx([4.5, 4.8])
    assert published[["ci_low", "ci_high"]].isna().all(axis=None)
    assert published["comparable"].tolist() == ["published", "published"]
    assert published[["rank", "of_units"]].iloc[0].tolist() == [2, 3]
    assert published["document"].tolist() == ["12/BC", "12/BC"]
    assert line["comparable"].tolist()[1:4] == ["", "ok", "below_changed"]
    pd.testing.assert_frame_equal(found.changes, series_of(rounds, STEPS).changes)
    assert found.moments == (
        ("published", "2021"), ("measured", "r2022"), ("measured", "r2023"), ("measured", "r2024"), ("published", "2025"),
    )  # fmt: skip


@pytest.mark.parametrize("digits", [2, 4])
def test_a_figure_that_is_the_measured_one_rounded_is_silent(
    rounds: list[ComparedRound], digits: int
) -> None:
    score = float(lines(rounds[0].table.assign(part="survey"), "p1", "0")["score"].iloc[0])
    found = series_of(rounds, STEPS, [figure("x1", 2022, f"{6 * score:.{digits}f}")])
    assert [p.code for p in found.told] == []
    line = lines(found.series, "x1", "0")
    assert line["round"].tolist()[:2] == ["r2022", "2022"]


def test_a_figure_that_differs_beyond_its_rounding_is_told(rounds: list[ComparedRound]) -> None:
    """Half a unit of the last printed digit, zeros included, is let off: 0.006 points are not, of two decimals."""
    score = float(lines(rounds[0].table.assign(part="survey"), "p1", "0")["score"].iloc[0])
    printed = f"{round(6 * score, 2) + 0.01:.2f}"
    found = series_of(rounds, STEPS, [figure("x1", 2022, printed)])
    (problem,) = found.told
    assert (problem.code, problem.severity) == ("compare.published_differs", "warning")
    assert dict(problem.params)["unit"] == "x1"
    assert series_of(rounds, STEPS, [figure("x1", 2022, printed[:-1])]).told == ()


def test_a_figure_that_two_files_quote_stands_once(rounds: list[ComparedRound]) -> None:
    """Where they contradict each other, the file given counts and it is told."""
    own = replace(rounds[2], headlines=(figure("x1", 2021, "4.50"), figure("x1", 2020, "4.00")))
    given = [figure("x1", 2021, "4.50"), figure("x1", 2020, "4.10")]
    found = series_of([*rounds[:2], own], STEPS, given)
    line = lines(found.series, "x1", "0")
    assert line["points"].tolist()[:2] == pytest.approx([4.1, 4.5])
    assert [p.code for p in found.told] == ["compare.headlines_differ"]


def test_a_rank_alone_is_a_figure(rounds: list[ComparedRound]) -> None:
    line = lines(series_of(rounds, STEPS, [figure("p2", 2021, None, "", rank=3)]).series, "p2", "0")
    assert line["rank"].iloc[0] == 3
    assert math.isnan(line["score"].iloc[0])


def test_a_file_of_figures_names_all_its_faults(rounds: list[ComparedRound], tmp_path) -> None:
    path = tmp_path / "headlines.csv"
    heading = "block,unit,node,year,document,value,measure,rank,of_units,note\n"
    path.write_text(
        f"{heading}b,x1,,2021,12/BC,4.50,points,,,\nb,p3,2,2021,12/BC,80.0,percent,,,\n", encoding="utf-8"
    )
    assert [one.unit for one in read_headlines(path, rounds)] == ["x1", "p3"]
    bad = "b,x9,,2021,A,4.5,points,,,\nc,x1,,2021,A,4.5,points,,,\nb,x1,9,2021,A,4.5,points,,,\n"
    bad += "b,x1,,2021,A,6.5,points,,,\nb,x1,,2021,A,,,,,\nb,x1,,2021,B,4.5,,,,\n"
    path.write_text(heading + bad, encoding="utf-8")
    with pytest.raises(SurveyError) as failure:
        read_headlines(path, rounds)
    assert [(p.code, p.row) for p in failure.value.problems] == [
        ("reference.unit", 2), ("reference.block", 3), ("reference.node", 4), ("record.out_of_range", 5),
        ("headlines.nothing", 6), ("headlines.no_measure", 7), ("record.duplicate", 6),
    ]  # fmt: skip


# --- the council's half -----------------------------------------------------------------------------------------------


def with_council(round_: ComparedRound, given: float) -> ComparedRound:
    """The council gives each unit ``given`` of 4 points beside the 6 of the survey, all in node 3."""
    scores = round_.table[(round_.table["group"] == "all") & (round_.table["node_code"] == "0")]
    survey = scores["score"].to_numpy() * 6
    rows = scores.reindex(columns=list(INDEX_COLUMNS)).assign(
        council_points=given, council_max=4.0, survey_points=survey, survey_max=6.0, max_points=10.0,
        points=survey + given, points_low=scores["ci_low"] * 6 + given, points_high=scores["ci_high"] * 6 + given,
        status="ok",
    )  # fmt: skip
    assessed = rows.assign(
        node_code="3", node_level="field", max_points=4.0, survey_points=float("nan"), survey_max=float("nan"),
        points=given, points_low=float("nan"), points_high=float("nan"),
    )  # fmt: skip
    league = round_.units.reindex(columns=list(INDEX_UNIT_COLUMNS))
    return replace(round_, index=pd.concat([rows, assessed], ignore_index=True), index_units=league)


def test_the_change_of_a_total_has_the_error_of_the_survey_part(base: ComparedRound) -> None:
    """(6 · score + council) / 10: the change is 0.6 · −0.02 + 0.05, its standard error 0.6 of that of the survey part."""
    whole = {"p1": "p1", "p2": "p2"}
    old = with_council(a_round(base, 2022, whole), 3.0)
    new = with_council(a_round(base, 2023, whole, -0.02), 3.5)
    found = series_of([old, new], [{}])
    total, survey = (lines(found.changes, "p1", "0", part=part).iloc[0] for part in ("total", "survey"))
    assert total["change"] == pytest.approx(0.6 * -0.02 + 0.05)
    assert total["se"] == pytest.approx(0.6 * survey["se"])
    assert total["df"] == pytest.approx(survey["df"])
    middle = (total["ci_low"] + total["ci_high"]) / 2
    assert middle == pytest.approx(total["change"])
    assessed = lines(found.changes, "p1", "3", part="total").iloc[0]
    assert assessed["change"] == pytest.approx(0.125)
    assert math.isnan(assessed["se"])
    assert assessed["note"] == (remark("compare.assessed"),)
    line = lines(found.series, "p1", "0", part="total")
    assert line["points"].tolist() == pytest.approx([10 * s for s in line["score"]])
    assert line["comparable"].tolist() == ["", "ok"]


def test_a_round_without_the_councils_half_has_no_total_to_compare_with(base: ComparedRound) -> None:
    whole = {"p1": "p1", "p2": "p2"}
    found = series_of([a_round(base, 2022, whole), with_council(a_round(base, 2023, whole), 3.5)], [{}])
    assert set(found.changes["part"]) == {"survey"}
    line = lines(found.series, "p1", "0", part="total")
    assert line["comparable"].tolist() == ["no_value"]
    assert line["note"].iloc[0] == (remark("compare.no_value"),)
