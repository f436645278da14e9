"""Hanoi 2025: wards and communes in place of districts, both halves in both blocks, and the three fields of procedures that
communes must measure."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from surveys.cli import main
from surveys.handed_over import verify
from tests.questionnaires.shelf import Edition, listed
from tests.questionnaires.test_ha_noi_2023 import FIELDS, POINTS

COMMUNES = (
    "Phường Ba Đình", "Phường Hoàn Kiếm", "Phường Cửa Nam", "Phường Tây Hồ", "Phường Cầu Giấy", "Phường Thanh Xuân",
    "Phường Hà Đông", "Phường Sơn Tây", "Xã Sóc Sơn", "Xã Đông Anh", "Xã Gia Lâm", "Xã Thanh Trì",
)  # fmt: skip
#: Departments of 2023 that were merged into others, and the three new names.
MERGED = {
    "Sở Kế hoạch và Đầu tư", "Sở Nông nghiệp và Phát triển nông thôn", "Sở Giao thông vận tải",
    "Sở Tài nguyên và Môi trường", "Sở Thông tin và Truyền thông", "Sở Lao động - Thương binh và Xã hội", "Sở Ngoại vụ",
    "Ban Dân tộc", "Ban Quản lý các khu công nghiệp và chế xuất", "Ban Quản lý Khu công nghệ cao Hòa Lạc",
}  # fmt: skip
NEW = {
    "Sở Nông nghiệp và Môi trường", "Sở Dân tộc và Tôn giáo",
    "Ban Quản lý các khu công nghệ cao và khu công nghiệp Thành phố",
}  # fmt: skip


@pytest.fixture(scope="module")
def hanoi(shelf: dict[str, Edition]) -> Edition:
    return shelf["ha-noi/2025"]


def names(edition: Edition, block: str) -> list[str]:
    return [unit["name_vi"] for unit in edition.units if unit["block"] == block]


def test_wards_and_communes_in_place_of_districts(hanoi: Edition) -> None:
    assert [block["code"] for block in hanoi.toml["blocks"]] == ["so", "xa"]
    assert names(hanoi, "xa") == list(COMMUNES)
    assert {unit["valid_from"] for unit in hanoi.units if unit["block"] == "xa"} == {"2025-07-01"}
    forms = {form["code"] for form in hanoi.toml["questionnaires"]}
    assert forms == {*(f"so-{k}" for k in range(1, 6)), *(f"xa-{k}" for k in range(1, 7))}
    assert not any(
        "huyen" in cell for row in (*hanoi.tree, *hanoi.items, *hanoi.units) for cell in row.values()
    )


def test_departments_as_merged_in_2025(hanoi: Edition, shelf: dict[str, Edition]) -> None:
    before = set(names(shelf["ha-noi/2023"], "so"))
    assert before >= MERGED
    assert set(names(hanoi, "so")) == before - MERGED | NEW


@pytest.mark.parametrize(("block", "surveyed"), [("so", 32.0), ("xa", 33.5)])
def test_both_halves_make_a_hundred_points_over_the_eight_fields(
    hanoi: Edition, block: str, surveyed: float
) -> None:
    found, of_survey = dict.fromkeys(FIELDS, 0.0), 0.0
    for row in hanoi.tree:
        if row["measured_by"] == "total" or (row["blocks"] and row["blocks"] != block):
            continue
        found[row["code"][0]] += float(row["max_points"])
        of_survey += float(row["max_points"]) if row["measured_by"] == "survey" else 0.0
    assert found == {code: whole for code, (whole, _) in FIELDS.items()}
    assert of_survey == surveyed


def test_the_survey_part_of_2023_is_kept(hanoi: Edition) -> None:
    kept = {row["code"]: float(row["max_points"]) for row in hanoi.scored_leaves if not row["blocks"]}
    assert kept == {code: points for code, (points, _) in POINTS.items()}


def test_users_rate_the_field_of_their_own_procedure_only(hanoi: Edition) -> None:
    """Three fields, half a point each; nothing else is asked on the sixth form."""
    leaves = hanoi.children("8.8")
    assert [(row["max_points"], row["groups"], row["blocks"]) for row in leaves] == [
        ("0.5", "procedure_users:1", "xa")
    ] * 3
    asked = {(row["node"], row["asked_when"]) for row in hanoi.on("xa-6")}
    assert asked == {("", ""), *((f"8.8.{k}", f"P0={k}") for k in (1, 2, 3))}
    assert all(
        "xa-6" not in listed(row["questionnaires"])
        for row in hanoi.items
        if row["code"][:3] not in ("P0", "8.8")
    )


def test_what_is_made_up_for_communes_is_marked_open(hanoi: Edition) -> None:
    status = {source["code"]: source["status"] for source in hanoi.toml["sources"]}
    for row in (*hanoi.tree, *hanoi.items):
        if row.get("blocks") == "xa" or row.get("questionnaires", "").startswith("xa"):
            assert {status[code] for code in listed(row["source"])} == {"open"}, row["code"]
    assert status["unit-register"] == status["mandatory-procedures"] == "open"


@pytest.mark.long
def test_a_round_of_2025_is_scored_and_verified(tmp_path: Path) -> None:
    """95 % intervals of sub-criteria cover the true values about as often as they say."""
    round_, results = str(tmp_path / "round"), str(tmp_path / "results")
    assert main(["simulate", "ha-noi/2025", "--seed", "5", "--out", round_]) == 0
    assert main(["score", round_, "--out", results]) == 0
    assert [problem for problem in verify(results) if problem.severity == "error"] == []
    scores = pd.read_csv(tmp_path / "results" / "scores.csv", dtype={"node_code": str})
    truth = pd.read_csv(tmp_path / "round" / "truth.csv", dtype={"node_code": str})
    keys = ["block", "unit_code", "node_code", "group"]
    both = scores[scores["node_level"] == "sub_criterion"].merge(truth, on=keys, suffixes=("", "_true"))
    both = both[(both["group"] == "all") & (both["status"] == "ok")]
    assert len(both) > 600
    covered = both["score_true"].between(both["ci_low"], both["ci_high"])
    assert 0.92 < covered.mean() <= 1
    whole = pd.read_csv(tmp_path / "results" / "index-units.csv")
    assert dict(whole.groupby("block")["survey_max"].first()) == {"so": 32, "xa": 33.5}
    assert set(whole["max_points"]) == {100}
