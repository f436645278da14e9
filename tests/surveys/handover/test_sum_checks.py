"""Each check of sums, agencies, targets and covariances by a change that it finds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

import surveys as sv
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument
from surveys.handover.manifest import INSTRUMENT, MANIFEST
from surveys.handover.official_columns import TABLES
from surveys.handover.read_back import PrintedTables, RunSettings, read_printed, settings_of
from surveys.handover.sum_checks import sums_readded
from surveys.handover.verification import verify_folder
from surveys.problems import Problems
from tests.indices.test_both_halves import SETTINGS, round_of
from tests.surveys.handover.forging import edit, reseal
from tests.surveys.handover.test_index_checks import changed

ROUND = Path(__file__).parents[2] / "rounds" / "small"
READ = ("scores", "units", "index", "tree", "sums", "unit-covariances", "agencies", "targets")
AGENCIES = """\
block,unit,node,item,lead,coordinating,valid_from,valid_to,document
,,1,,Văn phòng,Sở Nội vụ;Thanh tra,,,KH 1
,,2,,Sở Nội vụ,,,2025-12-31,KH 1
,,2,,Sở Tài chính,,2026-01-01,,KH 2
,,1.3,,Sở Nội vụ,,,,
"""
TARGETS = """\
block,unit,node,item,measure,target,sign,due,document
,,0,,percent,90,>=,2026-12-31,KH 1
xa,a,1.1,,points,3,,,
"""
Read = tuple[PrintedTables, RunSettings, Instrument]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sums")
    files = '[files]\nagencies = "agencies.csv"\ntargets = "targets.csv"\n'
    settings = SETTINGS.replace("[files]\n", '[period]\nend = "2025-12-31"\n\n' + files)
    path = round_of(folder / "round", settings=settings)
    for name, content in (("agencies", AGENCIES), ("targets", TARGETS)):
        (path / f"{name}.csv").write_text(content, encoding="utf-8")
    sv.load(path).score().write(folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def correlated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of units that the same people rate."""
    folder = tmp_path_factory.mktemp("correlated")
    sv.load(ROUND).replace(minimum={"forms": 1}).score().write(folder / "out")
    return folder / "out"


def read(results: Path) -> Read:
    problems = Problems()
    settings = settings_of(json.loads((results / MANIFEST).read_bytes()), MANIFEST, problems)
    there = [name for name in READ if (results / TABLES[name].path).is_file()]
    found = {name: read_printed(results, TABLES[name].path, TABLES[name], problems) for name in there}
    assert len(problems) == 0
    assert settings is not None
    package = {name: table for name, table in found.items() if table is not None}
    return package, settings, load_instrument(results / INSTRUMENT)


def told(package: PrintedTables, settings: RunSettings, instrument: Instrument) -> set[tuple[str, str]]:
    return {(problem.code, problem.column) for problem in sums_readded(package, settings, instrument)}


def of(unit: str, by: str, name: str) -> dict[str, str]:
    return {"unit_code": unit, "sum_by": by, "sum_code": name}


HOME, OFFICE = of("a", "agency", "Sở Nội vụ"), of("a", "agency", "Văn phòng")
#: What is changed: table, row, cells (none: the row is taken away); and what is told, as code and column.
CHANGES: dict[str, tuple[str, Mapping[str, str], Mapping[str, str], tuple[str, str]]] = {
    "other points": ("sums", HOME, {"points": "5.2000"}, ("verify.sum_points", "points")),
    "no points": ("sums", HOME, {"points": ""}, ("verify.sum_points", "points")),
    "points of a sum with a hidden part": (
        "sums", of("e", "agency", "Sở Nội vụ"), {"points": "3.0000"}, ("verify.sum_points", "points")),
    "points of a part of what was given as a whole": (
        "sums", of("c", "agency", "Văn phòng"), {"points": "2.0000"}, ("verify.sum_points", "points")),
    "another maximum": ("sums", OFFICE, {"max_points": "5"}, ("verify.sum_points", "max_points")),
    "another node": ("sums", OFFICE, {"nodes": "1.1;1.2;2.1"}, ("verify.sum_nodes", "nodes")),
    "another agency": ("sums", OFFICE, {"sum_code": "Văn phòng khác"}, ("verify.sum_nodes", "nodes")),
    "a sum is missing": ("sums", OFFICE, {}, ("verify.sum_missing", "")),
    "a larger error than that of the parts": ("sums", HOME, {"se": "0.9000000000"}, ("verify.sum_error", "se")),
    "an error of what is not surveyed": ("sums", OFFICE, {"se": "0.1000000000"}, ("verify.sum_error", "se")),
    "an interval of what is not surveyed": (
        "sums", OFFICE, {"points_high": "4.0000"}, ("verify.sum_error", "points_high")),
    "a lower limit above the points": ("sums", HOME, {"points_low": "5.9000"}, ("verify.limit_above", "points_low")),
    "an upper limit below the points": ("sums", HOME, {"points_high": "1.0000"}, ("verify.limit_below", "points_high")),
    "an agency of another node": ("agencies", {"node": "1.3"}, {"node": "1.2"}, ("verify.sum_nodes", "nodes")),
    "an agency of another time": (
        "agencies", {"lead": "Sở Tài chính"}, {"valid_from": "2025-01-01"}, ("verify.sum_nodes", "nodes")),
    "an agency that is nobody": ("agencies", {"node": "1.3"}, {"lead": ""}, ("record.missing", "lead")),
    "a target in something else": (
        "targets", {"node": "0"}, {"measure": "stars"}, ("record.not_accepted", "measure")),
}  # fmt: skip


def test_the_round_itself_is_right(results: Path, correlated: Path) -> None:
    for folder in (results, correlated):
        assert told(*read(folder)) == set()


@pytest.mark.long
def test_results_with_sums_verify(results: Path, correlated: Path) -> None:
    for folder in (results, correlated):
        assert [p for p in verify_folder(folder) if p.severity == "error"] == []


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found(name: str, results: Path) -> None:
    table, row, cells, expected = CHANGES[name]
    package, settings, instrument = read(results)
    assert expected in told(changed(package, table, row, cells), settings, instrument)


PAIR = {"unit_code": "p1", "other_unit": "p3"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"covariance": "0.90000000000000"}, ("verify.covariance", "covariance")),
        ({"other_unit": "p9"}, ("verify.covariance_pair", "other_unit")),
        ({"unit_code": "p3", "other_unit": "p1"}, ("verify.covariance_pair", "other_unit")),
    ],
)
def test_a_changed_covariance_is_found(
    cells: Mapping[str, str], expected: tuple[str, str], correlated: Path
) -> None:
    package, settings, instrument = read(correlated)
    assert expected in told(changed(package, "unit-covariances", PAIR, cells), settings, instrument)


@pytest.mark.long
def test_rows_of_agencies_and_targets_are_counted_in_the_record(results: Path, tmp_path: Path) -> None:
    shutil.copytree(results, tmp_path / "out")
    edit(tmp_path / "out" / "targets.csv", lambda rows: rows.pop())
    reseal(tmp_path / "out")
    found = {(p.code, p.column) for p in verify_folder(tmp_path / "out")}
    assert ("verify.run_count", "carried") in found


@pytest.mark.long
def test_what_is_read_back_is_what_was_declared(results: Path) -> None:
    from surveys.analysed import analysed

    back = analysed(results)
    assert [(a.node, a.lead, a.coordinating) for a in back.agencies] == [
        ("1", "Văn phòng", ("Sở Nội vụ", "Thanh tra")), ("2", "Sở Nội vụ", ()), ("1.3", "Sở Nội vụ", ()),
    ]  # fmt: skip
    assert [(t.node, t.measure, t.target, t.sign, t.due) for t in back.targets] == [
        ("0", "percent", "90", ">=", "2026-12-31"), ("1.1", "points", "3", "", ""),
    ]  # fmt: skip
    found = back.in_charge.of("xa", "a", "2.1")
    assert found is not None
    assert found.lead == "Sở Nội vụ"
