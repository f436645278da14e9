"""Each check of the whole index by a change that it alone finds, in the round that tests/indices/test_both_halves.py works
out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import surveys as sv
from surveys.handover.index_checks import classes_of_league, index_readded
from surveys.handover.manifest import MANIFEST
from surveys.handover.official_columns import TABLES
from surveys.handover.read_back import PrintedTables, RunSettings, read_printed, settings_of
from surveys.handover.verification import verify_folder
from surveys.problems import Problems
from tests.indices.test_both_halves import SETTINGS, round_of
from tests.surveys.handover.forging import edit, reseal

READ = ("index", "index-units", "scores", "tree", "units")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    sv.load(round_of(folder / "round")).score().write(folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def read(results: Path) -> tuple[PrintedTables, RunSettings]:
    problems = Problems()
    run = json.loads((results / MANIFEST).read_bytes())
    settings = settings_of(run, MANIFEST, problems)
    found = {name: read_printed(results, TABLES[name].path, TABLES[name], problems) for name in READ}
    package = {name: table for name, table in found.items() if table is not None}
    assert len(problems) == 0
    assert settings is not None
    return package, settings


def changed(
    package: PrintedTables, table: str, row: Mapping[str, str], cells: Mapping[str, str]
) -> PrintedTables:
    """The package with other cells in the row of a table; without the row where there are no cells."""
    printed = package[table]
    frame = printed.frame.copy()
    at = frame[list(row)].eq(list(row.values())).all(axis=1).to_numpy()
    assert at.sum() == 1
    for column, text in cells.items():
        assert frame.loc[at, column].item() != text
        frame.loc[at, column] = text
    lines = printed.lines
    if not cells:
        frame, lines = frame[~at].reset_index(drop=True), lines[~at]
    return {**package, table: replace(printed, frame=frame, lines=lines)}


def node(unit: str, code: str) -> dict[str, str]:
    return {"unit_code": unit, "node_code": code}


#: What is changed: table, row, cells; and the faults that are told, as code and column.
CHANGES: dict[str, tuple[str, dict[str, str], dict[str, str], set[tuple[str, str]]]] = {
    "a node is missing": ("index", node("a", "1.1"), {}, {("verify.index_missing", ""), ("verify.index_value", "")}),
    "a node that is not measured by assessment": (
        "index", node("a", "1.3"), {"measured_by": "total"}, {("verify.of_tree", "measured_by")}),
    "other survey points than the scores": (
        "index", node("a", "1.3"), {"survey_points": "1.7667"}, {("verify.index_value", "survey_points")}),
    "points that are not the final ones": (
        "index", node("a", "2.1"), {"council_points": "1.5000"}, {("verify.index_value", "council_points")}),
    "self-assessed points that count": (
        "index", node("d", "1.1"), {"council_points": "3.0000", "council_basis": "final", "points": "3.0000", "percent":
        "100.00"}, {("verify.index_value", "council_points"), ("verify.index_value", "council_basis")}),
    "a first appraisal called final": (
        "index", node("b", "1.2"), {"council_basis": "final"}, {("verify.index_value", "council_basis")}),
    "a sum that its children do not make": (
        "index", node("a", "1"), {"self_assessed": "3.5000"}, {("verify.index_value", "self_assessed")}),
    "a sum of which a child is missing": (
        "index", node("b", "1"), {"self_assessed": "2.5000"}, {("verify.index_value", "self_assessed")}),
    "points beyond the maximum": (
        "index", node("e", "2.1"), {"self_assessed": "2.5000"}, {("verify.index_value", "self_assessed")}),
    "another maximum": (
        "index", node("e", "1.2"), {"council_max": "1.5"}, {("verify.index_value", "council_max")}),
    "a total that its halves do not make": (
        "index", node("a", "0"), {"points": "8.8667"}, {("verify.index_value", "points")}),
    "an interval that is moved": (
        "index", node("a", "0"), {"points_low": "8.0000"}, {("verify.index_value", "points_low")}),
    "another percentage": ("index", node("a", "0"), {"percent": "87.77"}, {("verify.index_value", "percent")}),
    "provisional called ok": ("index", node("b", "1.2"), {"status": "ok"}, {("verify.status", "status")}),
    "a remark on uncertainty taken away": ("index", node("a", "0"), {"note": ""}, {("verify.remark", "note")}),
    "another total among the units": (
        "index-units", {"unit_code": "a"}, {"points": "8.7668"}, {("verify.not_the_total", "points")}),
    "ranks turned round": (
        "index-units", {"unit_code": "a"}, {"rank": "3"}, {("verify.rank_order", "rank")}),
    "a rank of an incomplete unit": (
        "index-units", {"unit_code": "d"}, {"rank": "1"}, {("verify.rank_given", "rank")}),
    "a better class": ("index-units", {"unit_code": "c"}, {"class": "tot"}, {("verify.class", "class")}),
    "a class of an incomplete unit": ("index-units", {"unit_code": "d"}, {"class": "tot"}, {("verify.class", "class")}),
    "a surer class": (
        "index-units", {"unit_code": "c"}, {"probability_class": "0.9990"},
        {("verify.class_probability", "probability_class")}),
    "a class without its probability": (
        "index-units", {"unit_code": "c"}, {"probability_class": ""},
        {("verify.class_probability_given", "probability_class")}),
}  # fmt: skip


def test_the_round_itself_is_right(read: tuple[PrintedTables, RunSettings], results: Path) -> None:
    assert list(index_readded(*read)) == []
    assert [p for p in verify_folder(results) if p.severity == "error"] == []


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found(name: str, read: tuple[PrintedTables, RunSettings]) -> None:
    table, row, cells, expected = CHANGES[name]
    package, settings = read
    found = list(index_readded(changed(package, table, row, cells), settings))
    told = {(problem.code, problem.column) for problem in found}
    loose = {(code, "") for code, column in expected if column == ""}
    assert expected - loose <= told
    assert {code for code, _ in loose} <= {code for code, _ in told}


def test_the_league_of_an_index_with_the_council_s_half_has_no_classes(
    read: tuple[PrintedTables, RunSettings],
) -> None:
    package, settings = read
    scores, tree = package["scores"], package["tree"]
    assert list(classes_of_league(package["units"], scores, tree, settings.classes)) == []
    forged = changed(package, "units", {"unit_code": "a"}, {"class": "tot"})["units"]
    found = list(classes_of_league(forged, scores, tree, settings.classes))
    assert ("verify.class", "class") in {(problem.code, problem.column) for problem in found}


@pytest.mark.long
def test_index_tables_are_there_exactly_where_the_run_has_assessments(results: Path, tmp_path: Path) -> None:
    alone = SETTINGS.replace('assessments = "cham.csv"\n', "")
    sv.load(round_of(tmp_path / "round", settings=alone)).score().write(tmp_path / "out")
    assert not (tmp_path / "out" / "index.csv").exists()
    shutil.copy(results / "index.csv", tmp_path / "out" / "index.csv")
    reseal(tmp_path / "out")
    assert ("verify.file_unknown", "index.csv") in {(p.code, p.file) for p in verify_folder(tmp_path / "out")}
    (results / "index.csv").rename(tmp_path / "index.csv")
    found = {(p.code, p.file) for p in verify_folder(results)}
    (tmp_path / "index.csv").rename(results / "index.csv")
    assert ("verify.file_missing", "index.csv") in found


@pytest.mark.long
def test_a_forged_total_is_found_in_the_package(results: Path, tmp_path: Path) -> None:
    shutil.copytree(results, tmp_path / "out")

    def more(rows: list[dict[str, str]]) -> None:
        rows[0]["points"] = "9.9999"

    edit(tmp_path / "out" / "index-units.csv", more)
    reseal(tmp_path / "out")
    assert "verify.not_the_total" in {p.code for p in verify_folder(tmp_path / "out")}
