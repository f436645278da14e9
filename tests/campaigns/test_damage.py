"""A bounded campaign of random damage with a fixed seed; ``damage.py`` beside it runs longer ones."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from surveys.problems import Problem
from tests.campaigns import damage
from tests.campaigns.damaged import definitions, returns
from tests.campaigns.damaged.outcomes import ENDS, End, Outcome, end_of

FORMATS = dict.fromkeys(returns.SUBJECTS.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("damage")


@pytest.mark.long
@pytest.mark.parametrize("layout", returns.SUBJECTS)
def test_a_damaged_file_of_returns_is_refused_or_read_as_what_it_still_holds(layout, folder):
    found = damage.campaign(2023, range(25), folder, (layout,))
    assert [said for said in found if said["wrong"]] == []
    assert {said["end"] for said in found} <= set(ENDS) - {"death", "hang"}


@pytest.mark.long
@pytest.mark.parametrize("name", definitions.SUBJECTS)
def test_a_damaged_definition_is_refused_by_name_or_read(name, folder):
    found = damage.campaign(2023, range(25), folder, (name,))
    assert [said for said in found if said["wrong"]] == []


def test_all_formats_and_files_take_part():
    formats = {"csv", "tsv", "xlsx", "xlsb", "xls", "ods", "zip", "sav", "zsav", "por", "dta", "parquet"}
    assert set(FORMATS) == formats
    assert {damage.subject_of(number) for number in range(1000)} == set(damage.SUBJECTS)


def test_the_campaign_sees_a_form_that_was_lost(tmp_path, monkeypatch):
    """The judge itself is tried: a reading that drops the last form is found."""

    def losing(path):
        found = read(path)
        return replace(found, forms=found.forms[:-1])

    read = returns.outcome
    whole = returns.whole("csv", 0, tmp_path)
    monkeypatch.setattr(returns, "outcome", losing)
    monkeypatch.setattr(returns, "whole", lambda *_: whole)
    found = [returns.case(np.random.default_rng(k), "csv", tmp_path)[1] for k in range(40)]
    assert any("forms" in end.wrong for end in found)


def test_how_a_case_ended_is_told_by_what_differs():
    before = Outcome((), {"answers": 1}, "a", frozenset(("known",)))
    told = frozenset(("known", "new"))
    assert end_of(before, before) == End("same")
    assert end_of(before, replace(before, words="b")) == End("words", "words")
    assert end_of(before, replace(before, numbers={"answers": 2})) == End("silent", "answers")
    assert end_of(before, replace(before, numbers={"answers": 2}, told=told)) == End("told", "answers")
    fault, crash = Problem("returns.no_rows", file="a"), Problem("returns.file_fatal", file="a")
    assert end_of(before, Outcome((fault,))) == End("fault", "returns.no_rows")
    assert end_of(before, Outcome((fault, crash))) == End("crash", "returns.file_fatal")


@pytest.mark.long
def test_the_command_runs_what_is_left_and_prints_the_shares(tmp_path):
    out = tmp_path / "results.jsonl"
    asked = [
        sys.executable,
        damage.__file__,
        "--seed",
        "1",
        "--subjects",
        "csv",
        "study.toml",
        "--out",
        str(out),
    ]
    for cases in (3, 6):
        done = subprocess.run(
            [*asked, "--cases", str(cases)], capture_output=True, text=True, check=False, cwd=damage.ROOT,
        )  # fmt: skip
        assert f"{cases} cases, 0 wrong" in done.stdout, done.stdout + done.stderr
    assert sorted(json.loads(line)["case"] for line in Path(out).read_text().splitlines()) == list(range(6))
