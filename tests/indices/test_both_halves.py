"""A round worked out by hand: the council's steps, the survey, an estimate of another survey, and everything made of them.

Two fields, five units. Expected numbers are fractions of the answers and points below, Student's t is scipy's; nothing of the
engine takes part in them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy import stats

import surveys as sv
from surveys.cli import main
from tests.trouble.trial import HEADINGS, table, trial

TREE = """\
code,parent,level,rule,measured_by,weight,max_points,groups,label_vi,label_en,source
0,,index,sum,total,1,10,,Chỉ số,Index,tu-dat
1,0,field,sum,total,1,6,,Lĩnh vực một,Field one,tu-dat
1.1,1,part,,assessment,1,3,,Kế hoạch,Plan,tu-dat
1.2,1,part,,assessment,1,1,,Báo cáo,Report,tu-dat
1.3,1,part,mean,survey,1,2,dan,Tiếp nhận,Reception,tu-dat
2,0,field,sum,total,1,4,,Lĩnh vực hai,Field two,tu-dat
2.1,2,part,,assessment,1,2,,Kiểm tra,Inspection,tu-dat
2.2,2,part,,external,1,2,,Hài lòng,Satisfaction,tu-dat
"""
ITEMS = """\
code,node,questionnaires,scale,reverse,weight,text_vi,text_en,aliases,source
A1,1.3,p1,hl,0,1,Cán bộ tiếp đón lịch sự,Staff are polite,,tu-dat
"""
NAMES = {"a": "Xã An", "b": "Xã Bình", "c": "Xã Cao", "d": "Xã Dương", "e": "Xã Én"}
UNITS = "code,block,name_vi,name_en,aliases,valid_from,valid_to,successors\n" + "".join(
    f"{code},xa,{name},{name},,,,\n" for code, name in NAMES.items()
)
SETTINGS = """
[files]
assessments = "cham.csv"
externals = "ngoai.csv"

[assessment]
self_assessed_by = "2025-11-30"
explained_by = "2026-01-06"

[inference]
variances = "own"
interval = "wald"

[[classes]]
code = "tot"
percent_from = 80
label_vi = "Tốt"
label_en = "Good"

[[classes]]
code = "kha"
percent_from = 70
label_vi = "Khá"
label_en = "Fair"

[[classes]]
code = "yeu"
percent_from = 0
label_vi = "Yếu"
label_en = "Weak"
"""
#: Levels 1 … 5 that people gave, worth 0, 1/4, … 1; unit e has fewer than the minimum of five forms.
ANSWERS = {
    "a": (5, 5, 4, 4, 3, 5),
    "b": (3, 4, 3, 2, 4),
    "c": (4, 5, 4, 3, 4, 5, 3, 4),
    "d": (5, 5, 4, 5, 4),
    "e": (5, 5, 3),
}
#: Score, standard error and degrees of freedom of 2.2, published elsewhere.
OUTSIDE = {
    "a": (".8", ".02", 60),
    "b": (".6", ".03", 40),
    "c": (".7", ".025", 50),
    "d": (".9", ".02", 60),
    "e": (".5", ".02", 60),
}
#: unit, node, self-assessed, on, first appraisal, explanation, on, final
ASSESSED = (
    ("a", "1.1", "3", "2025-11-28", "2.5", "Bổ sung", "2026-01-05", "2.75"),
    ("a", "1.2", "1", "2025-11-28", "1", "", "", "1"),
    ("a", "2.1", "2", "2025-11-28", "1.5", "Bổ sung", "2026-01-07", "1.75"),
    ("b", "1.1", "2.5", "2025-12-02", "2", "", "", "2.25"),
    ("b", "1.2", "", "", "0.5", "", "", ""),
    ("b", "2.1", "1.5", "2025-11-30", "1.5", "", "", "1.5"),
    ("c", "0", "5", "2025-11-30", "4", "", "", "4.5"),
    ("d", "1.1", "3", "2025-11-30", "", "", "", ""),
    ("d", "1.2", "1", "2025-11-30", "1", "", "", "1"),
    ("d", "2.1", "2", "2025-11-30", "2", "", "", "2"),
    ("e", "1.1", "2", "2025-11-30", "2", "", "", "2"),
    ("e", "1.2", "1", "2025-11-30", "1", "", "", "1"),
    ("e", "2.1", "1", "2025-11-30", "1", "", "", "1"),
)  # fmt: skip
COLUMNS = "block,unit,node,self_assessed,self_assessed_on,first_appraisal,explanation,explained_on,final"


def assessments(rows: tuple[tuple[str, ...], ...] = ASSESSED) -> str:
    return "\n".join([COLUMNS, *(",".join(("xa", *row)) for row in rows), ""])


def round_of(folder: Path, *, cham: str = "", settings: str = SETTINGS) -> Path:
    """The round in ``folder``; ``cham``: another table of assessments."""
    forms = [
        (f"{unit}{k}", NAMES[unit], "2025-10-05", level, "", "")
        for unit, levels in ANSWERS.items()
        for k, level in enumerate(levels)
    ]
    outside = "block,unit,node,group,score,se,df,document\n" + "".join(
        f"xa,{unit},2.2,,{score},{se},{df},Báo cáo\n" for unit, (score, se, df) in OUTSIDE.items()
    )
    files = {"r.csv": table(forms, HEADINGS), "cham.csv": cham or assessments(), "ngoai.csv": outside}
    returns = '[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\n'
    parts = {"tree": TREE, "items": ITEMS, "units": UNITS}
    path = trial(folder, files, returns, settings, rules={}, parts=parts)
    study = (path / "study.toml").read_text(encoding="utf-8")
    (path / "study.toml").write_text(study.replace("forms = 1\n", "forms = 5\n"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> sv.Result:
    return sv.load(round_of(tmp_path_factory.mktemp("hand") / "round")).score()


# --- by hand ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimate:
    """A score in [0, 1] with its variance and degrees of freedom."""

    score: Fraction
    variance: float
    df: float

    def limits(self) -> tuple[float, float]:
        half = stats.t.ppf(0.975, self.df) * math.sqrt(self.variance)
        return float(self.score) - half, float(self.score) + half


def survey_of(unit: str) -> dict[str, Estimate]:
    """The survey part of the nodes of a unit with enough forms: 1.3 (and field 1) a mean of answers, 2.2 (and field 2) published,
    the total half of each, since both have two points at most."""
    values = [Fraction(level - 1, 4) for level in ANSWERS[unit]]
    n = len(values)
    mean = sum(values, Fraction(0)) / n
    spread = sum(((value - mean) ** 2 for value in values), Fraction(0)) / (n - 1)
    asked = Estimate(mean, float(spread / n), n - 1)
    score, se, df = OUTSIDE[unit]
    outside = Estimate(Fraction(score), float(se) ** 2, df)
    parts = (asked.variance / 4, outside.variance / 4)
    together = sum(parts)
    degrees = together**2 / (parts[0] ** 2 / asked.df + parts[1] ** 2 / outside.df)
    total = Estimate((asked.score + outside.score) / 2, together, degrees)
    return {"1.3": asked, "1": asked, "2.2": outside, "2": outside, "0": total}


#: Maximum of the survey part and of the council's part by node; 0: none.
MAXIMA = {
    "0": (4, 6),
    "1": (2, 4),
    "1.1": (0, 3),
    "1.2": (0, 1),
    "1.3": (2, 0),
    "2": (2, 2),
    "2.1": (0, 2),
    "2.2": (2, 0),
}
#: Self-assessed, first appraisal, final, points that count and their basis, by unit and node; "" where there is none.
COUNCIL = {
    ("a", "1.1"): ("3", "2.5", "2.75", "2.75", "final"),
    ("a", "1.2"): ("1", "1", "1", "1", "final"),
    ("a", "1"): ("4", "3.5", "3.75", "3.75", "final"),
    ("a", "2.1"): ("2", "1.5", "1.75", "1.75", "final"),
    ("a", "2"): ("2", "1.5", "1.75", "1.75", "final"),
    ("a", "0"): ("6", "5", "5.5", "5.5", "final"),
    ("b", "1.1"): ("2.5", "2", "2.25", "2.25", "final"),
    ("b", "1.2"): ("", "0.5", "", "0.5", "first_appraisal"),
    ("b", "1"): ("", "2.5", "", "2.75", "first_appraisal"),
    ("b", "2.1"): ("1.5", "1.5", "1.5", "1.5", "final"),
    ("b", "2"): ("1.5", "1.5", "1.5", "1.5", "final"),
    ("b", "0"): ("", "4", "", "4.25", "first_appraisal"),
    ("c", "0"): ("5", "4", "4.5", "4.5", "final"),
    ("d", "1.1"): ("3", "", "", "", ""),
    ("d", "1.2"): ("1", "1", "1", "1", "final"),
    ("d", "1"): ("4", "", "", "", ""),
    ("d", "2.1"): ("2", "2", "2", "2", "final"),
    ("d", "2"): ("2", "2", "2", "2", "final"),
    ("d", "0"): ("6", "", "", "", ""),
    ("e", "1.1"): ("2", "2", "2", "2", "final"),
    ("e", "1.2"): ("1", "1", "1", "1", "final"),
    ("e", "1"): ("3", "3", "3", "3", "final"),
    ("e", "2.1"): ("1", "1", "1", "1", "final"),
    ("e", "2"): ("1", "1", "1", "1", "final"),
    ("e", "0"): ("4", "4", "4", "4", "final"),
}
STEPS = ("self_assessed", "first_appraisal", "final", "council_points")
STATUS = {
    **{(unit, "2.2"): "external" for unit in NAMES},
    **dict.fromkeys((("b", "0"), ("b", "1"), ("b", "1.2")), "provisional"),
    **{
        ("c", node): "incomplete" for node in ("1", "1.1", "1.2", "2", "2.1")
    },  # given at the total as a whole
    **dict.fromkeys((("d", "0"), ("d", "1"), ("d", "1.1")), "incomplete"),
    ("e", "1.3"): "suppressed",
    ("e", "1"): "incomplete",
    ("e", "0"): "incomplete",
}


def number(text: str) -> float:
    return float(text) if text else math.nan


def expected(unit: str, node: str) -> dict[str, float]:
    """Every number of a row of index.csv."""
    survey_max, council_max = MAXIMA[node]
    steps = dict(zip(STEPS, map(number, COUNCIL.get((unit, node), ("", "", "", ""))), strict=False))
    estimate = survey_of(unit).get(node)
    if unit == "e" and node in ("0", "1", "1.3"):  # three forms of five
        estimate = None
    survey = math.nan if estimate is None else float(estimate.score * survey_max)
    low, high = (math.nan, math.nan) if estimate is None else estimate.limits()
    council = steps["council_points"] if council_max else 0.0
    whole = survey_max + council_max
    points = council + (survey if survey_max else 0.0)
    shifted = [council + survey_max * end for end in (low, high)] if survey_max else [math.nan] * 2
    return {
        **steps,
        "max_points": whole,
        "council_max": council_max or math.nan,
        "survey_points": survey if survey_max else math.nan,
        "survey_max": survey_max or math.nan,
        "points": points,
        "points_low": shifted[0],
        "points_high": shifted[1],
        "percent": 100 * points / whole,
        "ci_low": 100 * shifted[0] / whole,
        "ci_high": 100 * shifted[1] / whole,
    }


def test_every_number_of_the_index(result: sv.Result) -> None:
    found: Any = result.index.set_index(["unit_code", "node_code"])
    assert list(found.index) == [(unit, node) for unit in NAMES for node in MAXIMA]
    for (unit, node), row in found.iterrows():
        wanted = expected(unit, node)
        assert row[list(wanted)].astype(float).to_dict() == pytest.approx(wanted, abs=1e-12, nan_ok=True), (
            unit,
            node,
        )
        assert row["council_basis"] == COUNCIL.get((unit, node), ("",) * 5)[4], (unit, node)
        assert row["status"] == STATUS.get((unit, node), "ok"), (unit, node)
        assert (row["unit_name"], row["block"]) == (NAMES[unit], "xa")


def said(frame: pd.DataFrame, unit: str, node: str = "0") -> dict[str, dict[str, str]]:
    """Code of a remark → its parameters."""
    rows = frame[frame["unit_code"] == unit]
    rows = rows[rows["node_code"] == node] if "node_code" in rows else rows
    return {code: dict(params) for code, params in rows["note"].item()}


def test_remarks_say_which_half_is_missing_what_is_provisional_and_late(result: sv.Result) -> None:
    of_council = {code for code in said(result.index, "a") if code.startswith("index.")}
    assert of_council == {"index.explained_late", "index.survey_error_only"}
    assert said(result.index, "a")["index.explained_late"] == {"nodes": "2.1"}
    assert "index.explained_late" not in said(result.index, "a", "1")
    assert said(result.index, "b")["index.provisional"] == {"nodes": "1.2"}
    assert said(result.index, "b")["index.self_late"] == {"nodes": "1.1"}
    assert said(result.index, "c", "1.1") == {"index.given_above": {"node": "0"}}
    assert said(result.index, "d")["index.no_council"] == {"nodes": "1.1"}
    assert "index.no_survey" in said(result.index, "e")
    assert said(result.index, "e", "2.1") == {}
    assert said(result.index_units, "b")["index.no_self"] == {"count": "1"}
    assert {w.code for w in result.warnings} >= {"score.index_gaps", "score.index_provisional"}


def test_totals_classes_and_their_probability(result: sv.Result) -> None:
    """P(class) by Student's t around the total, on the scale of percentages."""
    found: Any = result.index_units.set_index("unit_code")
    for unit, row in found.iterrows():
        wanted = expected(str(unit), "0")
        wanted = {name: value for name, value in wanted.items() if name in found}
        assert row[list(wanted)].astype(float).to_dict() == pytest.approx(wanted, abs=1e-12, nan_ok=True)
    thresholds = {"tot": (80.0, math.inf), "kha": (70.0, 80.0), "yeu": (-math.inf, 70.0)}
    for unit, code in (("a", "tot"), ("b", "yeu"), ("c", "kha")):
        total = survey_of(unit)["0"]
        percent, se = expected(unit, "0")["percent"], 100 * 4 / 10 * math.sqrt(total.variance)
        low, high = ((end - percent) / se for end in thresholds[code])
        probability = stats.t.cdf(high, total.df) - stats.t.cdf(low, total.df)
        assert found.loc[unit, "class"] == code
        assert found.loc[unit, "probability_class"] == pytest.approx(probability, abs=1e-12)
        assert 0.3 < probability < 1 - 1e-6
    assert found.loc[["d", "e"], "class"].tolist() == ["", ""]
    assert found.loc[["d", "e"], ["probability_class", "rank", "rank_low", "rank_high"]].isna().all(axis=None)


def test_ranks_of_totals_and_which_the_survey_cannot_exclude(result: sv.Result) -> None:
    """Three ranked units and two that could stand anywhere. Two are told apart where Welch's test of their totals finds them so
    far apart that no correction for three pairs matters, and are not where it finds nothing at all."""
    found: Any = result.index_units.set_index("unit_code")
    units = ("a", "c", "b")
    assert found.loc[list(units), "rank"].tolist() == [1, 2, 3]
    above: dict[str, set[str]] = {unit: set() for unit in units}
    for one in units:
        for other in units:
            ours, theirs = survey_of(one)["0"], survey_of(other)["0"]
            gap = expected(one, "0")["points"] - expected(other, "0")["points"]
            variances = (16 * ours.variance, 16 * theirs.variance)
            degrees = sum(variances) ** 2 / (variances[0] ** 2 / ours.df + variances[1] ** 2 / theirs.df)
            p = 2 * stats.t.sf(abs(gap) / math.sqrt(sum(variances)), degrees)
            assert p < 0.05 / 3 or p > 0.1
            if gap < 0 and p < 0.05 / 3:
                above[one].add(other)
    for unit in units:
        best = 1 + len(above[unit])
        worst = 5 - sum(unit in others for others in above.values())
        assert found.loc[unit, ["rank_low", "rank_high"]].tolist() == [best, worst]
    assert found.loc[list(units), "probability_top_quarter"].sum() == pytest.approx(1, abs=1e-9)
    assert found.loc["a", "probability_top_quarter"] > 0.95


def test_the_league_of_the_survey_part_stands_beside_the_totals(result: sv.Result) -> None:
    """Unit d, incomplete as a whole, has the best survey; classes are those of totals."""
    league: Any = result.units.set_index("unit_code")
    for unit in ("a", "b", "c", "d"):
        assert league.loc[unit, "percent"] == pytest.approx(100 * float(survey_of(unit)["0"].score), abs=1e-9)
        assert league.loc[unit, "max_points"] == 4
    assert league.loc["d", "rank"] == 1
    assert (league["class"] == "").all()
    assert league["probability_class"].isna().all()


# --- what must not matter, and what must not be seen ------------------------------------------------------------------


def test_the_order_of_the_assessments_does_not_matter(result: sv.Result, tmp_path: Path) -> None:
    turned = sv.load(round_of(tmp_path / "round", cham=assessments(ASSESSED[::-1]))).score()
    pd.testing.assert_frame_equal(turned.index, result.index)
    pd.testing.assert_frame_equal(turned.index_units, result.index_units)


def test_the_survey_part_does_not_depend_on_the_council(result: sv.Result, tmp_path: Path) -> None:
    alone = sv.load(
        round_of(tmp_path / "round", settings=SETTINGS.replace('assessments = "cham.csv"\n', ""))
    ).score()
    pd.testing.assert_frame_equal(alone.scores, result.scores)
    pd.testing.assert_frame_equal(alone.units, result.units)
    assert len(alone.index) == len(alone.index_units) == 0
    (told,) = (w for w in alone.warnings if w.code == "score.no_assessments")
    assert dict(told.params) == {"block": "xa", "nodes": "3"}


@pytest.mark.long
def test_points_of_the_council_only_shift_totals(result: sv.Result, tmp_path: Path) -> None:
    """Half a point more for everybody moves totals and limits by half a point and no rank, set or interval width."""
    more = tuple(
        (*row[:-1], "5" if row[:2] == ("c", "0") else "2" if row[:2] == ("b", "2.1") else row[-1])
        for row in ASSESSED
    )
    more = tuple((*row[:-1], "2.25") if row[:2] == ("a", "2.1") else row for row in more)
    with pytest.raises(sv.SurveyError) as caught:  # above the maximum of 2
        sv.load(round_of(tmp_path / "beyond", cham=assessments(more)))
    (fault,) = (problem for problem in caught.value.problems if problem.severity == "error")
    assert (fault.code, fault.row, fault.column) == ("record.out_of_range", 4, "final")
    more = tuple((*row[:-1], "3") if row[:2] == ("a", "1.1") else row for row in more)
    more = tuple((*row[:-1], "2") if row[:2] == ("a", "2.1") else row for row in more)
    moved = (
        sv.load(round_of(tmp_path / "round", cham=assessments(more)))
        .score()
        .index_units.set_index("unit_code")
    )
    before: Any = result.index_units.set_index("unit_code")
    for column in ("points", "points_low", "points_high"):
        gap = (moved[column] - before[column])[["a", "b", "c"]].tolist()
        assert gap == pytest.approx([0.5, 0.5, 0.5], abs=1e-12), column
    same = ["rank", "rank_low", "rank_high"]
    assert moved[same].equals(before[same])


@pytest.mark.long
def test_a_hidden_survey_part_cannot_be_had_from_any_total(result: sv.Result, tmp_path: Path) -> None:
    """Other answers in the unit with three forms change no number of the index."""
    path = round_of(tmp_path / "round")
    text = (path / "r.csv").read_text(encoding="utf-8")
    assert text.count("e0,Xã Én,2025-10-05,5") == 1
    (path / "r.csv").write_text(
        text.replace("e0,Xã Én,2025-10-05,5", "e0,Xã Én,2025-10-05,1"), encoding="utf-8"
    )
    other = sv.load(path).score()
    pd.testing.assert_frame_equal(other.index, result.index)
    pd.testing.assert_frame_equal(other.index_units, result.index_units)
    row: Any = result.index_units.set_index("unit_code").loc["e"]
    hidden = ["survey_points", "points", "points_low", "points_high", "percent", "ci_low", "ci_high", "rank"]
    assert row[hidden].isna().all()
    assert row["council_points"] == 4


def test_units_without_any_assessment_have_no_total(result: sv.Result, tmp_path: Path) -> None:
    """A table without rows: every total lacks the council's half, the survey keeps its ranking."""
    empty = sv.load(round_of(tmp_path / "round", cham=COLUMNS + "\n")).score()
    assert set(empty.index_units["status"]) == {"incomplete"}
    assert empty.index_units[["points", "rank", "council_points"]].isna().all(axis=None)
    pd.testing.assert_frame_equal(empty.units, result.units)


@pytest.mark.long
@pytest.mark.parametrize("cham", ["", COLUMNS + "\n"], ids=["assessed", "empty"])
def test_a_shared_copy_has_the_same_index_and_no_explanations(cham: str, tmp_path: Path) -> None:
    path = round_of(tmp_path / "round", cham=cham)
    assert main(["screen", str(path), "--pseudonymise", "--out", str(tmp_path / "copy")]) == 0
    assert "Bổ sung" not in (tmp_path / "copy" / "assessments.csv").read_text("utf-8-sig")
    first, copied = sv.load(path).score(), sv.load(tmp_path / "copy").score()
    pd.testing.assert_frame_equal(copied.index, first.index)
    pd.testing.assert_frame_equal(copied.index_units, first.index_units)
