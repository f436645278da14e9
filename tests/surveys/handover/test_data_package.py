"""The descriptors are Data Packages that another program reads: frictionless, the reference of the standard."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import frictionless
import pandas as pd
import pytest

import surveys as sv

ROOT = Path(__file__).parents[3]
MARK = "\ufeff".encode()


@pytest.fixture(scope="module")
def without_points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round of an index without points."""
    folder = tmp_path_factory.mktemp("sipas")
    sv.simulate("sipas/2023", seed=3, out=folder / "round", scale=0.02)
    sv.load(folder / "round").score().write(folder / "results")
    return folder / "results"


@pytest.fixture(scope="module")
def both_halves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("halves") / "results"
    sv.load(ROOT / "data-sample/ha-noi-2023").score().write(out)
    return out


def faults(folder: Path) -> list[tuple[str, str]]:
    """Table and kind of every fault that frictionless finds."""
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert len(report.tasks) == len(list(folder.glob("*.csv")) + list(folder.glob("review/*.csv")))
    assert not report.errors
    return [(task.name, error.type) for task in report.tasks for error in task.errors]


@pytest.mark.long
@pytest.mark.parametrize("part", ["", "council"])
@pytest.mark.parametrize("results", ["without_points", "both_halves"])
def test_frictionless_finds_nothing(results: str, part: str, request: pytest.FixtureRequest) -> None:
    assert faults(request.getfixturevalue(results) / part) == []


Damage = dict[str, tuple[Callable[[bytes], bytes], str]]
DAMAGE: Damage = {
    "a heading": (lambda content: content.replace(b"unit_code", b"unit", 1), "incorrect-label"),
    "a word that is no status": (lambda content: content.replace(b",ok,", b",fine,", 1), "constraint-error"),
    "a byte": (lambda content: content + b"\r\n", "hash-count"),
}


@pytest.mark.long
@pytest.mark.parametrize("name", DAMAGE)
def test_frictionless_finds_what_is_wrong(name: str, without_points: Path, tmp_path: Path) -> None:
    """That the test above can fail."""
    change, code = DAMAGE[name]
    shutil.copytree(without_points / "council", tmp_path / "council")
    path = tmp_path / "council" / "scores.csv"
    before = path.read_bytes()
    path.write_bytes(change(before))
    assert path.read_bytes() != before
    assert ("council-scores", code) in faults(tmp_path / "council")


@pytest.mark.long
def test_every_table_begins_with_a_byte_order_mark_that_readers_take_off(without_points: Path) -> None:
    for folder in (without_points, without_points / "council"):
        descriptor = json.loads((folder / "datapackage.json").read_bytes())
        package = frictionless.Package(str(folder / "datapackage.json"))
        for resource in descriptor["resources"]:
            path = folder / resource["path"]
            assert path.read_bytes().startswith(MARK)
            assert (resource["encoding"], resource["byteOrderMark"]) == ("utf-8", True)
            heading = resource["schema"]["fields"][0]["name"]
            assert pd.read_csv(path, nrows=1, dtype=str).columns[0] == heading
            read = package.get_table_resource(resource["name"]).read_rows(size=1)
            assert not read or next(iter(read[0].to_dict())) == heading
