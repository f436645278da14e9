"""Figures that three plans print of earlier years, beside simulated rounds of the same indices: points, marked as published."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from surveys.comparison.compared_round import ComparedRound
from surveys.comparison.headline_file import read_headlines
from surveys.comparison.series import RoundSeries, series_of
from tests.indices.simulated import Played

pytestmark = pytest.mark.long

PRINTED = Path(__file__).parents[2] / "data-sample" / "published" / "headlines.csv"
#: Index and node as the plans name them → edition that it is shown beside, and the node in it.
EDITIONS = {
    "SIPAS": ("sipas/2023", ""),
    "PAPI": ("papi/2021", ""),
    "PAR Index": ("par-index/2023", ""),
    "SIPAS in PAR Index (8.1)": ("par-index/2023", "8.1"),
}
UNITS = {"Hà Nội": "ha-noi", "Cần Thơ": "can-tho", "Đắk Nông": "dak-nong"}
HEADING = "block,unit,node,year,document,value,measure,rank,of_units,note"


def converted(edition: str, path: Path) -> Path:
    """The figures of an index as a table of headlines: what is a target, or has neither value nor rank, is no figure; of two
    figures of one document the second stands in its annex."""
    rows: list[list[str]] = []
    for row in csv.DictReader(PRINTED.read_text("utf-8-sig").splitlines()):
        name, node = EDITIONS[row["index"]]
        if name != edition or "target" in row["unit"] or not (row["value"] or row["rank"]):
            continue
        measure = "percent" if row["unit"].startswith("percent") else "points"
        unit, document = UNITS[row["province"]], row["source"]
        if any(other[1:4] == [unit, node, row["year"]] and other[4] == document for other in rows):
            document = f"{document}, Phụ lục 01"
        rank, of_units = row["rank"], row["of_units"]
        rows.append(
            ["tinh", unit, node, row["year"], document, row["value"], measure, rank, of_units, row["how"]]
        )
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADING.split(","), *rows])
    return path


def compared(played: Callable[[str, int], Played], edition: str, path: Path) -> RoundSeries:
    """Two simulated rounds of an edition and what was printed of other years."""
    rounds = [
        ComparedRound(
            one.study.instrument,
            one.scores.table,
            one.scores.units,
            label=f"round-{seed}",
            period=one.study.publication.period,
        )
        for seed in (1, 2)
        for one in [played(edition, seed)]
    ]
    return series_of(rounds, [{}], read_headlines(converted(edition, path), rounds))


@pytest.mark.parametrize(
    ("edition", "unit", "part", "points"),
    [
        ("par-index/2023", "ha-noi", "total", {("2022", 89.58, 3), ("2023", 91.43, 3)}),
        ("par-index/2023", "can-tho", "total", {("2021", 84.97, 51), ("2022", 86.11, 26)}),
        (
            "par-index/2023",
            "dak-nong",
            "total",
            {("2022", 84.66, 37), ("2023", 85.42, 51), ("2023", 85.415, 0)},
        ),
        ("sipas/2023", "ha-noi", "survey", {("2022", 80.16, 30), ("2023", 83.57, 21)}),
        ("sipas/2023", "can-tho", "survey", {("2021", 85.5, 48), ("2022", 79.1, 36)}),
        (
            "papi/2021",
            "ha-noi",
            "survey",
            {("2019", 51.9125, 59), ("2022", 54.875, 0), ("2023", 54.950375, 15)},
        ),
        ("papi/2021", "can-tho", "survey", {("2021", 51.5375, 42), ("2022", 49.9625, 55)}),
    ],
)
def test_printed_figures_are_points_of_the_series(
    played: Callable[[str, int], Played],
    tmp_path: Path,
    edition: str,
    unit: str,
    part: str,
    points: set[tuple[str, float, int]],
) -> None:
    """In percent of the maximum: of PAPI 41.53, 43.90 and 43.9603 of 80 points. The PAR Index is of both halves."""
    found = compared(played, edition, tmp_path / "headlines.csv")
    rows = found.series[(found.series["unit_code"] == unit) & (found.series["basis"] == "published")]
    rows = rows[(rows["node_code"] == "0") & (rows["part"] == part)]
    shown = {
        (year, round(score * 100, 6), int(rank) if rank is not None and rank == rank else 0)
        for year, score, rank in zip(rows["round"], rows["score"], rows["rank"].fillna(0), strict=True)
    }
    assert shown == points
    assert rows["ci_low"].isna().all()
    assert set(rows["comparable"]) == {"published"}


def test_no_figure_enters_a_difference(played: Callable[[str, int], Played], tmp_path: Path) -> None:
    found = compared(played, "sipas/2023", tmp_path / "headlines.csv")
    plain = series_of([replace(one, headlines=()) for one in found.rounds], [{}])
    assert found.changes.equals(plain.changes)
    assert set(found.changes["round_new"]) == {"round-2"}


def test_a_simulated_round_is_not_what_was_printed_of_its_year(
    played: Callable[[str, int], Played], tmp_path: Path
) -> None:
    """Simulated rounds of 2023 of SIPAS: that of Hanoi is not 83.57, which is told once a round; a misprint is a figure too."""
    found = compared(played, "sipas/2023", tmp_path / "headlines.csv")
    told = [dict(problem.params) for problem in found.told if problem.code == "compare.published_differs"]
    mine = [one for one in told if one["unit"] == "ha-noi" and one["node"] == "0"]
    assert [(one["year"], one["published"], one["round"]) for one in mine] == [
        ("2023", "83.57", "round-1"), ("2023", "83.57", "round-2"),
    ]  # fmt: skip
    measured = found.series[(found.series["unit_code"] == "ha-noi") & (found.series["node_code"] == "0")]
    measured = measured[(measured["group"] == "all") & (measured["basis"] == "measured")]
    assert [float(one["measured"]) for one in mine] == pytest.approx(measured["percent"].tolist(), abs=5e-4)
    assert np.all(np.abs(measured["percent"] - 83.57) > 0.005)
