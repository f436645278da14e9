"""Sums by source and by agency: as the whole index where they are the whole, by hand where they are a part, and none where a part
is hidden."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import surveys as sv
from surveys.definitions.instrument.records import IndexPart
from surveys.definitions.study.publication import Period, Publication
from surveys.definitions.study.records import Agency, External
from tests.indices.test_both_halves import SETTINGS, round_of
from tests.trouble.trial import table, trial

NUMBERS = ["points", "se", "df", "points_low", "points_high"]


def agency(node: str, lead: str, block: str = "", unit: str = "", **given: str) -> Agency:
    return Agency(block, unit, node, "", lead, **given)  # type: ignore[arg-type]


def rows(sums: pd.DataFrame, by: str, name: str) -> Any:
    found = sums[(sums["sum_by"] == by) & (sums["sum_code"] == name)]
    return found.set_index("unit_code")


def in_points(table: pd.DataFrame, node: str) -> Any:
    """The row of a node of every unit, in points."""
    found = table[(table["node_code"] == node) & (table["group"] == "all")].set_index("unit_code")
    high = found["max_points"]
    limits = {f"points_{end}": found[f"ci_{end}"] * high for end in ("low", "high")}
    return found.assign(se=found["se"] * high, **limits)


# --- sums that are nodes ----------------------------------------------------------------------------------------------


def test_the_sum_of_all_leaves_is_the_root(small) -> None:
    scores = small.scored()
    whole, root = rows(scores.sums, "source", "survey"), in_points(scores.table, "0")
    assert whole["nodes"].tolist() == ["1.1.1;1.1.2;2.1.1"] * len(root)
    assert whole["points"].notna().any()
    assert whole[NUMBERS].to_numpy() == pytest.approx(root[NUMBERS].to_numpy(), rel=1e-12, nan_ok=True)
    assert whole["status"].tolist() == root["status"].tolist()
    assert not (scores.sums["sum_by"] == "agency").any()


@pytest.mark.parametrize("node", ["1.1", "2"])
def test_the_leaves_below_a_node_are_that_node(small, node: str) -> None:
    parts = small.instrument(parts=(IndexPart("apart", (node,)),))
    scores = small.scored(instrument=parts.instrument, agencies=(agency(node, "Sở A"),))
    expected = in_points(scores.table, node)
    for found in (rows(scores.sums, "source", "apart"), rows(scores.sums, "agency", "Sở A")):
        assert found[NUMBERS].to_numpy() == pytest.approx(
            expected[NUMBERS].to_numpy(), rel=1e-12, nan_ok=True
        )
        assert found["max_points"].tolist() == expected["max_points"].tolist()


def test_a_node_taken_from_elsewhere_as_a_whole_stands_for_its_leaves(small) -> None:
    given = External("b", "p1", "1.1", "", 0.75, "Báo cáo", se=0.02, df=50.0)
    agencies = (agency("1", "A"), agency("1.1.1", "B"))
    scores = small.scored(externals=(given,), agencies=(agency("1", "A"),))
    assert rows(scores.sums, "agency", "A").loc["p1", ["points", "se"]].tolist() == pytest.approx([3.0, 0.08])
    apart = small.scored(externals=(given,), agencies=agencies).sums
    assert rows(apart, "agency", "A")["points"].isna().loc["p1"]
    assert rows(apart, "agency", "B")["points"].isna().loc["p1"]


# --- who is in charge -------------------------------------------------------------------------------------------------


def test_agencies_are_those_of_the_nearest_node_of_the_unit_on_the_day(small) -> None:
    agencies = (
        agency("0", "A"), agency("1.1.1", "B", valid_to="2023-12-31"), agency("1.1.1", "C", valid_from="2024-01-01"),
        agency("2.1.1", "D", "b", "p2"), agency("2", "E", "b"),
    )  # fmt: skip
    ends = Publication(period=Period("2023-01-01", "2023-12-31"))
    sums = small.scored(agencies=agencies, publication=ends).sums
    found = sums[sums["sum_by"] == "agency"].groupby("unit_code")[["sum_code", "nodes"]].agg(list)
    assert found.loc["p1"].tolist() == [["B", "A", "E"], ["1.1.1", "1.1.2", "2.1.1"]]
    assert found.loc["p2"].tolist() == [["B", "A", "D"], ["1.1.1", "1.1.2", "2.1.1"]]
    later = small.scored(
        agencies=agencies, publication=replace(ends, period=Period("2024-01-01", "2024-12-31"))
    )
    assert later.sums.query("sum_by == 'agency' and unit_code == 'p1'")["sum_code"].tolist() == [
        "C",
        "A",
        "E",
    ]


def test_leaves_of_no_agency_are_summed_too(small) -> None:
    sums = small.scored(agencies=(agency("2", "A"),)).sums
    assert (
        sums[sums["sum_by"] == "agency"].groupby("unit_code")["sum_code"].agg(list).tolist()
        == [["", "A"]] * 3
    )


# --- by hand ----------------------------------------------------------------------------------------------------------

TREE = """\
code,parent,level,rule,measured_by,weight,max_points,groups,label_vi,label_en,source
0,,index,sum,total,1,10,,Chỉ số,Index,tu-dat
1,0,field,sum,total,1,5,,Lĩnh vực một,Field one,tu-dat
1.1,1,part,mean,survey,1,2,dan,Tiếp nhận,Reception,tu-dat
1.2,1,part,mean,survey,1,3,dan,Giải quyết,Handling,tu-dat
2,0,field,sum,total,1,5,,Lĩnh vực hai,Field two,tu-dat
2.1,2,part,mean,survey,1,5,dan,Trả kết quả,Results,tu-dat
"""
TEXTS = {
    "A1": "Cán bộ lịch sự",
    "A2": "Cán bộ hướng dẫn dễ hiểu",
    "B1": "Giải quyết nhanh",
    "C1": "Trả đúng hẹn",
}
NODES = {"A1": "1.1", "A2": "1.1", "B1": "1.2", "C1": "2.1"}
ITEMS = "code,node,questionnaires,scale,reverse,weight,text_vi,text_en,aliases,source\n" + "".join(
    f"{code},{NODES[code]},p1,hl,0,1,{text},{code},,tu-dat\n" for code, text in TEXTS.items()
)
AGENCIES = "block,unit,node,item,lead\n,,0,,Sở Nội vụ\n,,1.2,,Văn phòng\n"
PLAN = """
[files]
agencies = "agencies.csv"

[inference]
variances = "own"
interval = "wald"
"""


def answered(folder: Path, levels: np.ndarray, blanks: int = 0) -> sv.Result:
    """A round of one unit, form by form the levels [n, 4] of the four questions; ``blanks``: so many forms lack the last one."""
    cells = [[*map(str, row)] for row in levels.tolist()]
    for row in cells[:blanks]:
        row[3] = ""
    forms = [(f"f{k}", "Xã An Bình", "2025-10-05", *row) for k, row in enumerate(cells)]
    headings = ("Mã phiếu", "Đơn vị", "Ngày trả lời", *TEXTS.values())
    files = {"r.csv": table(forms, headings), "agencies.csv": AGENCIES}
    returns = '[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\n'
    path = trial(folder, files, returns, PLAN, rules={}, parts={"tree": TREE, "items": ITEMS})
    study = (path / "study.toml").read_text(encoding="utf-8")
    (path / "study.toml").write_text(study.replace("forms = 1\n", "forms = 5\n"), encoding="utf-8")
    return sv.load(path).score()


def test_the_error_of_a_sum_is_that_of_the_respondents_own_sums(tmp_path: Path) -> None:
    """Everybody answered everything: a sum is the mean of what each respondent's answers are worth in it."""
    levels = np.random.default_rng(4).integers(1, 6, (17, 4))
    sums = answered(tmp_path, levels).sums
    worth = (levels - 1) / 4
    own = {
        "Sở Nội vụ": 2 * worth[:, :2].mean(axis=1) + 5 * worth[:, 3],
        "Văn phòng": 3 * worth[:, 2],
    }
    for name, each in own.items():
        row = rows(sums, "agency", name).loc["an-binh"]
        se = each.std(ddof=1) / np.sqrt(len(each))
        half = stats.t.ppf(0.975, len(each) - 1) * se
        expected = [each.mean(), se, len(each) - 1, each.mean() - half, each.mean() + half]
        assert row[NUMBERS].tolist() == pytest.approx(expected, rel=1e-10)
    assert len(set(sums.query("unit_code == 'an-binh'")["max_points"])) == 3  # 10, 7 and 3


def test_a_sum_with_a_hidden_leaf_has_no_number(tmp_path: Path) -> None:
    levels = np.random.default_rng(5).integers(1, 6, (9, 4))
    sums = answered(tmp_path, levels, blanks=5).sums.query("unit_code == 'an-binh'")
    hidden = sums[sums["nodes"].str.contains("2.1")]
    assert len(hidden) == 2  # the whole, and the agency that leads it
    assert hidden[NUMBERS].isna().all().all()
    assert set(hidden["status"]) == {"incomplete"}
    assert rows(sums, "agency", "Văn phòng")["points"].notna().all()


# --- with the council's half ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> sv.Result:
    folder = tmp_path_factory.mktemp("halves")
    settings = SETTINGS.replace("[files]\n", '[files]\nagencies = "agencies.csv"\n')
    path = round_of(folder / "round", settings=settings)
    (path / "agencies.csv").write_text(
        "block,unit,node,item,lead\n,,1,,Văn phòng\n,,2,,Sở Nội vụ\n,,1.3,,Sở Nội vụ\n", encoding="utf-8"
    )
    return sv.load(path).score()


def test_the_council_s_points_are_added_and_only_the_survey_is_uncertain(halves: sv.Result) -> None:
    sums = halves.sums
    total: Any = halves.index_units.set_index("unit_code")
    assessed = rows(sums, "source", "assessment")
    assert assessed.loc["a", "points"] == 2.75 + 1 + 1.75
    assert assessed.loc["a", ["se", "df", "points_low", "points_high"]].isna().all()
    home = rows(sums, "agency", "Sở Nội vụ")
    office = rows(sums, "agency", "Văn phòng")
    assert office.loc["a", "points"] == 2.75 + 1
    # what the office leads is assessed only: all that is uncertain of the whole is uncertain of the other sum
    for end in ("points", "points_low", "points_high"):
        assert home.loc["a", end] == pytest.approx(total.loc["a", end] - 3.75, rel=1e-12)
    assert home.loc["a", "max_points"] == 6
    assert office.loc["b", "status"] == "provisional"
    assert office.loc["d", ["points", "status"]].tolist() == [
        pytest.approx(np.nan, nan_ok=True),
        "incomplete",
    ]


def test_points_given_to_the_whole_stand_for_all_of_it_and_for_no_part(halves: sv.Result) -> None:
    """Unit c has 4.5 points for all that the council assesses."""
    assert rows(halves.sums, "source", "assessment").loc["c", "points"] == 4.5
    office = rows(halves.sums, "agency", "Văn phòng").loc["c"]
    assert np.isnan(office["points"])
    assert [remark.code for remark in office["note"]] == ["index.given_above"]


def test_a_hidden_survey_part_leaves_no_sum_from_which_it_could_be_taken(halves: sv.Result) -> None:
    """Unit e has three forms only."""
    assert np.isnan(rows(halves.sums, "agency", "Sở Nội vụ").loc["e", "points"])
    assert np.isnan(rows(halves.sums, "source", "survey").loc["e", "points"])
    assert rows(halves.sums, "agency", "Văn phòng").loc["e", "points"] == 3
