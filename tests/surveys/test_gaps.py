"""Points lost of a round as its users have it: agencies and targets of the study, an earlier round, a folder, the command."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import surveys as sv
from surveys.cli import main
from surveys.gap_report import Gaps

ROUND = Path(__file__).parents[1] / "rounds" / "small"
AGENCIES = """\
block,unit,node,item,lead,coordinating,valid_from,valid_to,document
,,0,,Sở Nội vụ,,,,
,,1.1.2,,Văn phòng,Sở Nội vụ; Thanh tra,,,
b,p2,2,,Sở Tài chính,,,,
,,1.1.1,b,Thanh tra,,,,
"""
TARGETS = """\
block,unit,node,item,measure,target,sign,due,document
,,0,,percent,90,>=,2025-12-31,
,,1.1.1,,points,"1,4",,2025-12-31,
,,1.1.2,,percent,80,>,,
b,p1,2.1.1,,points,1.5,,,
,,1.1.1,a,percent,75,,,
,,0,,rank,1,,,
"""


def study(folder: Path, *, with_more: bool = True) -> Path:
    shutil.copytree(ROUND, folder)
    if with_more:
        (folder / "agencies.csv").write_text(AGENCIES, encoding="utf-8")
        (folder / "targets.csv").write_text(TARGETS, encoding="utf-8")
        settings = (folder / "study.toml").read_text(encoding="utf-8")
        named = '[files]\nagencies = "agencies.csv"\ntargets = "targets.csv"\n'
        (folder / "study.toml").write_text(settings.replace("[files]\n", named), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small round with agencies and targets, scored and written."""
    folder = tmp_path_factory.mktemp("round")
    sv.load(study(folder / "study")).score().write(folder / "results")
    return folder / "results"


@pytest.fixture(scope="module")
def found(results: Path) -> Gaps:
    return sv.gaps(results)


def row(found: Gaps, unit: str, node: str) -> Any:
    kept = found.nodes[(found.nodes["unit_code"] == unit) & (found.nodes["node_code"] == node)]
    assert len(kept) == 1
    return kept.iloc[0]


def test_losses_are_those_of_the_scores_of_the_folder(results: Path, found: Gaps) -> None:
    """Maximum less points of every row of its score table, to the digit."""
    scores = pd.read_csv(results / "scores.csv", dtype={"node_code": str})
    over = scores[(scores["group"] == "all") & (scores["node_level"] != "item")]
    nodes = found.nodes
    lost = dict(zip(zip(nodes["unit_code"], nodes["node_code"], strict=True), nodes["lost"], strict=True))
    shown = 0
    for unit, node, most, points, status in zip(
        over["unit_code"], over["node_code"], over["max_points"], over["points"], over["status"], strict=True
    ):
        hidden = status == "incomplete" or pd.isna(points)
        assert pd.isna(lost[unit, node]) == hidden
        if not hidden:
            assert lost[unit, node] == pytest.approx(most - points, abs=1e-9)
            shown += 1
    assert 0 < shown < len(over)  # the small round has hidden results too


def test_agencies_and_targets_are_carried_in_the_results(found: Gaps) -> None:
    assert row(found, "p1", "1.1.1")["lead_agency"] == "Sở Nội vụ"  # of the node above
    second = row(found, "p1", "1.1.2")
    assert (second["lead_agency"], second["coordinating_agencies"]) == ("Văn phòng", "Sở Nội vụ; Thanh tra")
    assert row(found, "p2", "2.1.1")["lead_agency"] == "Sở Tài chính"
    assert row(found, "p1", "2.1.1")["lead_agency"] == "Sở Nội vụ"
    whole = row(found, "p2", "0")  # 90 percent of 6 points
    assert (whole["sign"], whole["target"], whole["due"]) == (">=", 5.4, "2025-12-31")
    assert whole["distance"] == pytest.approx(5.4 - whole["value"], abs=1e-9)
    assert "mục tiêu: hạng 1 " in whole["note"]  # a place among the units has no distance in points
    assert second["target"] == pytest.approx(2.0)  # 80 percent of 2.5
    assert row(found, "p1", "2.1.1")["target"] == 1.5
    assert pd.isna(row(found, "p2", "2.1.1")["target"])


def test_items_with_a_target_or_an_agency_stand_there_in_percent(found: Gaps) -> None:
    items = found.nodes[found.nodes["node_level"] == "item"]
    assert set(items["node_code"]) == {"a", "b"}
    first = row(found, "p1", "a")
    assert (first["measure"], first["maximum"], first["target"]) == ("percent", 100.0, 75.0)
    assert first["lost"] == pytest.approx(100 - first["value"])
    assert pd.isna(first["order"])
    assert pd.isna(first["share_of_loss"])
    assert row(found, "p1", "b")["lead_agency"] == "Thanh tra"
    assert first["node_name"] == "Quy định rõ ràng"


def test_sums_by_agency_are_those_of_its_leaves(found: Gaps) -> None:
    kept = found.sums[(found.sums["unit_code"] == "p2") & (found.sums["sum_by"] == "agency")]
    sums: dict[str, Any] = {str(one["sum_code"]): one for one in kept.to_dict("records")}
    leaves = {"Sở Nội vụ": ["1.1.1"], "Văn phòng": ["1.1.2"], "Sở Tài chính": ["2.1.1"]}
    assert set(sums) == set(leaves)
    for agency, nodes in leaves.items():
        one = sums[agency]
        assert one["lost"] == pytest.approx(sum(row(found, "p2", node)["lost"] for node in nodes), abs=1e-9)
        assert one["lost_low"] <= one["lost"] <= one["lost_high"]


@pytest.mark.long
def test_a_study_its_result_and_its_folder_give_the_same_bytes(results: Path, tmp_path: Path) -> None:
    path = study(tmp_path / "study")
    sv.gaps(results).write(tmp_path / "of-folder")
    sv.gaps(path).write(tmp_path / "of-study")
    sv.load(path).score().gaps().write(tmp_path / "of-result")
    for name in ("gaps.csv", "gap-sums.csv", "gaps.xlsx"):
        first = (tmp_path / "of-folder" / name).read_bytes()
        assert (
            first
            == (tmp_path / "of-study" / name).read_bytes()
            == (tmp_path / "of-result" / name).read_bytes()
        )
    assert sv.verify(tmp_path / "of-folder") == () == sv.verify(tmp_path / "of-study")


@pytest.mark.parametrize(
    ("column", "code"),
    [("lost", "verify.lost"), ("distance", "verify.lost"), ("rank", ""), ("maximum", "verify.lost")],
)
def test_a_loss_that_was_altered_before_the_folder_was_sealed_is_found(
    found: Gaps, column: str, code: str, tmp_path: Path
) -> None:
    """Everything else of the folder is as the program writes it. A rank alone cannot be told from the row."""
    altered = found.nodes.assign(**{column: found.nodes[column] + 1.0})
    replace(found, tables=replace(found.tables, nodes=altered)).write(tmp_path / "out")
    assert {problem.code for problem in sv.verify(tmp_path / "out")} == ({code} if code else set())


@pytest.mark.long
def test_the_change_since_an_earlier_round_is_that_of_the_comparison(results: Path, tmp_path: Path) -> None:
    """Of every node that the comparison subtracts: the difference of the scores in points, with its limits."""
    earlier = study(tmp_path / "earlier", with_more=False)
    forms = (earlier / "staff.csv").read_text(encoding="utf-8").splitlines()
    (earlier / "staff.csv").write_text("\n".join([forms[0], *forms[2:]]) + "\n", encoding="utf-8")
    sv.load(earlier).score().write(tmp_path / "before")
    found = sv.gaps(results, tmp_path / "before")
    changes = sv.compare(tmp_path / "before", results).changes
    over = changes[
        (changes["group"] == "all") & (changes["node_level"] != "item") & changes["change"].notna()
    ]
    assert len(over) > 5
    compared = 0
    for at in over.to_dict("records"):
        ours = row(found, str(at["unit_code"]), str(at["node_code"]))
        most = ours["maximum"]
        if pd.isna(ours["value"]) or pd.isna(ours["previous"]):
            continue
        compared += 1
        # values are printed with four decimals: half a unit for each, and for each limit
        assert ours["change"] == pytest.approx(float(at["change"]) * most, abs=1.01e-4)
        for end in ("low", "high"):
            limit = float(at[f"ci_{end}"]) * most
            assert ours[f"change_{end}"] == pytest.approx(limit, abs=1.01e-4, nan_ok=True)
    assert compared > 5
    assert (found.nodes["change"].abs() > 0).any()


@pytest.mark.long
def test_a_published_table_may_be_the_earlier_round(results: Path, tmp_path: Path) -> None:
    table = tmp_path / "before.csv"
    table.write_text("unit,code,points\nPhòng Hai,0,4.5\nPhòng Hai,1.1.1,0.9\n", encoding="utf-8")
    found = sv.gaps(results, table)
    whole = row(found, "p2", "0")
    assert whole["previous"] == 4.5
    assert whole["change"] == pytest.approx(whole["value"] - 4.5, abs=1e-9)
    assert pd.isna(whole["change_low"])
    assert pd.isna(row(found, "p1", "0")["previous"])


@pytest.mark.long
def test_the_command_tells_writes_and_refuses(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "gaps"
    assert main(["--lang", "en", "gaps", str(results), "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "Points lost by each unit" in told
    assert "Phòng Hai" in told
    assert sv.verify(out) == ()
    assert main(["gaps", str(results), "--out", str(out)]) == 0  # over its own
    assert main(["gaps", str(tmp_path / "none")]) != 0
    assert main(["gaps", str(results), "--out", str(results)]) != 0
    capsys.readouterr()
