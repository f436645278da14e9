"""The summary: who is said to lead, means and losses worked out a second time, units that are known to have changed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from surveys.reports.analysis_report.sections.summary import summary
from tests.surveys.reports.analysis_report.compared_rounds import compared
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.sections_read import (
    cells_of,
    edited,
    file_rows,
    rounded,
    sentences,
    without,
)
from tests.surveys.reports.analysis_report.test_reported_round import read

pytestmark = pytest.mark.long
ROUNDS = ("tied", "one", "incomplete", "lonely", "renormalised", "small", "first-survey")


def cell(round_: object, label: str, column: int = 1) -> str:
    """The cell of a row of the table of main results; empty where there is no such row."""
    rows = cells_of(summary(round_), "table-summary")  # type: ignore[arg-type]
    return next((row[column] for row in rows if row[0].startswith(label)), "")


@pytest.mark.parametrize("key", ROUNDS)
def test_a_first_place_is_said_only_where_no_other_unit_can_have_it(results: Results, key: str) -> None:
    ranked = [row for row in file_rows(results(key) / "council" / "units.csv") if row["rank"]]
    first = [row["unit_name"] for row in ranked if row["rank_low"] == "1"]
    told = cell(read(results(key), "vi"), "Đơn vị dẫn đầu")
    if len(ranked) == 1:
        assert told.startswith(f"{ranked[0]['unit_name']} là đơn vị duy nhất được xếp hạng")
    elif len(first) > 1:
        assert told.startswith(f"Nhóm dẫn đầu gồm {len(first)} đơn vị")
        assert all(name in told for name in first[:4])
        assert "Đứng thứ nhất" not in told
    else:
        (alone,) = (row for row in ranked if row["unit_name"] == first[0])
        assert ("Đứng thứ nhất" in told) == (alone["rank_high"] == "1")
        assert alone["percent"].replace(".", ",") in told


def with_ranks(frame: pd.DataFrame, *sets: tuple[str, str, str]) -> pd.DataFrame:
    """The first units with these ranks and limits of ranks, the others without."""
    frame[["rank", "rank_low", "rank_high"]] = ""
    for k, of_unit in enumerate(sets):
        frame.loc[k, ["rank", "rank_low", "rank_high"]] = of_unit
    return frame


@pytest.mark.parametrize(
    ("sets", "said", "not_said"),
    [
        ([("1", "1", "1"), ("2", "2", "3")], "Đứng thứ nhất: Xã số 1, ", "Nhóm dẫn đầu"),
        ([("1", "1", "2"), ("1", "1", "2"), ("3", "3", "3")], "Nhóm dẫn đầu gồm 2 đơn vị", "Đứng thứ nhất"),
        ([("1", "1", "2"), ("2", "2", "3")], "Dẫn đầu các đơn vị được xếp hạng: Xã số 1, ", "Đứng thứ nhất"),
        ([("1", "", ""), ("2", "", "")], "Kết quả cao nhất: Xã số 1, ", "Đứng thứ nhất"),
        ([("1", "1", "1")], "Xã số 1 là đơn vị duy nhất được xếp hạng", "Đứng thứ nhất"),
        ([], "Không có đơn vị nào đủ điều kiện xếp hạng.", "Đứng thứ nhất"),
    ],
)  # fmt: skip
def test_who_leads(results: Results, sets: list[tuple[str, str, str]], said: str, not_said: str) -> None:
    round_ = edited(read(results("small"), "vi"), "council-units", lambda frame: with_ranks(frame, *sets))
    told = cell(round_, "Đơn vị dẫn đầu")
    assert told.startswith(said)
    assert not_said not in told


def means_by_hand(folder: Path, column: str) -> dict[str, tuple[Decimal, int]]:
    """Node → mean of a column of the council's scores over the units that have it at every node, and how many they are."""
    rows = file_rows(folder / "council" / "scores.csv")
    gaps = {row["unit_code"] for row in rows if not row["percent"]}
    found: dict[str, list[Decimal]] = {}
    for row in rows:
        if row["unit_code"] not in gaps:
            value = (
                row[column]
                if column == "percent"
                else str(Decimal(row["max_points"]) - Decimal(row["points"]))
            )
            found.setdefault(row["node_code"], []).append(Decimal(value))
    return {node: (sum(values, Decimal()) / len(values), len(values)) for node, values in found.items()}


@pytest.mark.parametrize("key", ["small", "incomplete", "tied"])
def test_means_and_losses_are_those_of_units_with_whole_results(results: Results, key: str) -> None:
    round_ = read(results(key), "vi")
    percent, lost = (means_by_hand(results(key), column) for column in ("percent", "lost"))
    mean, units = percent["0"]
    assert cell(round_, "Trung bình của khối") == f"{rounded(mean)} %, tính trên {units} đơn vị"
    parts = {
        node: pair[0] for node, pair in percent.items() if "." in node
    }  # two fields are too few to be told
    order = sorted(parts, key=lambda node: parts[node])
    named = cell(round_, "Nội dung thấp nhất")
    assert [
        named.index(f"{node}. Thành phần {node} (trung bình {rounded(parts[node])} %)") for node in order[:2]
    ]
    most = sorted((node for node in lost if "." in node), key=lambda node: -lost[node][0])[:2]
    told = cell(round_, "Mất điểm nhiều nhất")
    assert all(
        f"{node}. Thành phần {node} (trung bình một đơn vị mất {rounded(lost[node][0], 4)} điểm)" in told
        for node in most
    )


@pytest.mark.parametrize("key", ["one", "lonely"])
def test_of_fewer_than_three_units_no_mean_is_told(results: Results, key: str) -> None:
    round_ = read(results(key), "vi")
    assert cell(round_, "Trung bình của khối").startswith("Không tính, vì có ít hơn 3 đơn vị")
    assert cell(round_, "Nội dung thấp nhất") == cell(round_, "Mất điểm nhiều nhất") == ""


def test_units_made_to_change_are_told_and_the_others_are_not(results: Results) -> None:
    """The first of eight units was made to rise from level 3 to 4.6, the sixth to fall from 3.8 to 3; the others hardly move."""
    told = cell(compared(results("small-before"), results("small"), "vi"), "So với đợt trước")
    assert told.startswith("Tăng 1 đơn vị (rõ nhất: Xã số 1 +")
    assert "giảm 1 đơn vị (rõ nhất: Xã số 6 \N{MINUS SIGN}" in told
    assert "6 đơn vị thay đổi trong sai số lấy mẫu" in told


def test_without_an_earlier_round_nothing_is_said_of_changes(results: Results) -> None:
    assert cell(read(results("small"), "vi"), "So với đợt trước") == ""


def test_units_without_whole_results_are_named(results: Results) -> None:
    folder = results("incomplete")
    units = file_rows(folder / "council" / "units.csv")
    told = " ".join(sentences(summary(read(folder, "vi"))))
    for status in {row["status"] for row in units} - {"ok"}:
        of_status = [row["unit_name"] for row in units if row["status"] == status]
        assert f"{len(of_status)} đơn vị có kết quả “" in told
        assert all(name in told for name in of_status[:3])


def test_forms_are_those_of_the_council(results: Results) -> None:
    whole = [
        row for row in file_rows(results("small") / "council" / "forms.csv") if row["counted"] == "forms"
    ]
    returned, valid = (sum(int(row[name]) for row in whole) for name in ("returned", "valid"))
    round_ = read(results("small"), "vi")
    (told,) = (text for text in sentences(summary(round_)) if "Số nhóm đối tượng" in text)
    assert f"thu về {returned} phiếu, hợp lệ {valid} phiếu" in told
    assert "phát ra" not in told  # the study has no list of issued forms
    assert "thu về" not in " ".join(sentences(summary(without(round_, "council-forms"))))


@pytest.mark.parametrize("key", ["small", "incomplete"])
def test_both_languages_have_the_same_rows(results: Results, key: str) -> None:
    tables = [
        cells_of(summary(read(results(key), language)), "table-summary", language)
        for language in ("vi", "en")
    ]
    assert [len(row) for row in tables[0]] == [len(row) for row in tables[1]]
