"""A round as its report quotes it: cells of the files as they are, in both languages, beside the folders of analyses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

import surveys as sv
from surveys.gap_report import gaps_of_round
from surveys.handover.analysed_results import analysed_results
from surveys.handover.round_results import verified_run
from surveys.problems import Language
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound, reported_round
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.printed_cells import rows_of


@cache
def read(folder: Path, language: Language) -> ReportedRound:
    verified = verified_run(folder)
    return reported_round(verified, gaps_of_round(analysed_results(verified)), language)


@pytest.mark.parametrize("table", ["council-units", "council-scores", "council-groups", "funnel", "scores"])
def test_numbers_are_the_cells_of_their_file(results: Results, table: str) -> None:
    folder = results("first-survey")
    quoted = read(folder, "vi").quoted(table)
    assert quoted is not None
    path = folder / table.replace("council-", "council/")
    expected = rows_of(path.with_suffix(".csv"))
    assert len(quoted) == len(expected)
    for row, cells in zip(quoted.rows, expected, strict=True):
        for name in cells:
            assert row[name] == cells[name].removeprefix("'")
            number = row.number(name)
            keys = dict(zip(row.table.key, number.source.key, strict=True))
            assert {key: cells[key] for key in keys} == keys
            assert (number.text, number.source.table, number.source.column) == (row[name], table, name)


def test_what_was_lost_is_quoted_as_its_own_folder_prints_it(results: Results, tmp_path: Path) -> None:
    folder = results("first-survey")
    sv.gaps(folder).write(tmp_path / "gaps")
    quoted = read(folder, "vi").quoted("gaps")
    assert quoted is not None
    for row, cells in zip(quoted.rows, rows_of(tmp_path / "gaps" / "gaps.csv"), strict=True):
        assert {name: row[name] for name in cells} == cells


def test_a_score_in_percent_is_rounded_once_from_its_printed_digits(results: Results) -> None:
    quoted = read(results("first-survey"), "vi").quoted("scores")
    assert quoted is not None
    row = next(row for row in quoted.rows if row["score"])
    number = row.percent("score", 1)
    assert number.source.column == "score%"
    assert abs(float(number.text) - 100 * float(row["score"])) <= 0.05 + 1e-9
    assert row.percent("df", 1).text == "" or row["df"]


@pytest.mark.long
def test_in_another_language_names_and_remarks_are_other_ones_and_numbers_the_same(results: Results) -> None:
    folder = results("ha-noi")
    vi, en = (read(folder, language) for language in ("vi", "en"))
    names: Mapping[str, set[str]] = {"unit_name": set(), "node_name": set(), "note": set()}
    for mine, other in zip(_rows(vi, "council-scores"), _rows(en, "council-scores"), strict=True):
        for name in mine.table.names:
            if name in names:
                names[name].add(other[name])
            else:
                assert mine[name] == other[name]
    assert "Department of Home Affairs" in names["unit_name"]
    assert not any("đ" in name.lower() for name in names["node_name"])
    assert not any("phiếu" in note or "điểm" in note for note in names["note"])
    assert (
        en.label == "Administrative-reform index of departments and districts, Hanoi, 2023 (simulated data)"
    )
    assert en.blocks == vi.blocks == ("so", "huyen")


def _rows(round_: ReportedRound, table: str) -> list[QuotedRow]:
    quoted = round_.quoted(table)
    assert quoted is not None
    return list(quoted.rows)
