"""A round whose instrument states only its differences: scored, handed over, compared, copied and verified as any other."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import surveys as sv
from surveys.definitions.instrument.layers import definition_files
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.shelf import find_instrument
from surveys.handover.workbook_comparison import instrument_of_run
from surveys.vocabulary.digests import digest_of
from tests.trouble.trial import HEADINGS, ITEMS, table, trial

DIFFERENCES = """
[identity]
code = "mot-cua"
edition = "2"
based_on = "./goc"
label_vi = "Bộ phận Một cửa, bản 2"
label_en = "One-stop shop, edition 2"

[without]
items = ["A2"]

[[groups]]
code = "dan"
label_vi = "Người dân, tổ chức"
label_en = "Citizens and organisations"
"""
#: The item that the edition turns round.
REVERSED = ITEMS.splitlines()[3].replace(",hl,0,1,", ",hl,1,1,")


def rows() -> list[list[Any]]:
    units = ("Xã An Bình", "Phường Hòa Thuận", "Xã Long Mỹ")
    return [
        [f"P{k:02d}", units[k % 3], f"2025-10-{k % 28 + 1:02d} 08:00:00", k % 5 + 1, 2 * k % 5 + 1, 3 * k % 5 + 1]
        for k in range(30)
    ]  # fmt: skip


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A round by an edition of differences, in whose folder ``goc`` its base lies."""
    folder = trial(tmp_path / "study", {"r.csv": table(rows(), HEADINGS)})
    shutil.move(folder / "instrument", folder / "goc")
    shutil.move(folder / "goc", folder / "instrument" / "goc")
    (folder / "instrument/instrument.toml").write_text(DIFFERENCES, encoding="utf-8")
    (folder / "instrument/items.csv").write_text(f"{ITEMS.splitlines()[0]}\n{REVERSED}\n", encoding="utf-8")
    return folder


def test_it_is_scored_by_what_both_say(study: Path) -> None:
    """A1 alone makes criterion 1, and B1 counts 1 − v: three units, levels 1 to 5 in turn."""
    result = sv.load(study).score()
    scores = result.scores[(result.scores["unit_code"] == "an-binh") & (result.scores["group"] == "all")]
    found = scores.set_index("node_code")["score"]
    mine = [row for row in rows() if row[1] == "Xã An Bình"]
    first, turned = (sum((row[k] - 1) / 4 for row in mine) / len(mine) for k in (3, 5))
    assert found["1"] == pytest.approx(first)
    assert found["2"] == pytest.approx(1 - turned)
    assert "A2" not in set(result.scores["node_code"])


@pytest.mark.long
def test_its_results_hold_the_instrument_in_full_and_name_every_file(study: Path, tmp_path: Path) -> None:
    result = sv.load(study).score()
    result.write(tmp_path / "results")
    assert sv.verify(tmp_path / "results") == ()
    assert sv.verify(tmp_path / "results", study=study) == ()
    written = load_instrument(tmp_path / "results/instrument")
    assert (written.based_on, sorted(path.name for path in (tmp_path / "results/instrument").iterdir())) == (
        "", ["instrument.toml", "items.csv", "tree.csv", "units.csv"]
    )  # fmt: skip
    assert written.items == result.returns.instrument.items
    base = study / "instrument/goc/items.csv"
    base.write_text(base.read_text(encoding="utf-8").replace("polite", "kind"), encoding="utf-8")
    told = {(problem.code, problem.file) for problem in sv.verify(tmp_path / "results", study=study)}
    assert ("again.input", "instrument/goc/items.csv") in told


@pytest.mark.long
def test_two_editions_are_compared_node_by_node(study: Path, tmp_path: Path) -> None:
    """What the edition asks otherwise is not compared; with other labels alone, nothing has changed."""
    before = trial(tmp_path / "before", {"r.csv": table(rows(), HEADINGS)})
    sv.load(before).score().write(tmp_path / "old")
    sv.load(study).score().write(tmp_path / "new")
    changes = sv.compare(tmp_path / "old", tmp_path / "new").changes
    assert set(changes.loc[changes["change"].notna(), "node_code"]) == {"A1"}  # the one question that stayed
    (study / "instrument/items.csv").unlink()
    labels = study / "instrument/instrument.toml"
    labels.write_text(labels.read_text(encoding="utf-8").replace('items = ["A2"]', ""), encoding="utf-8")
    sv.load(study).score().write(tmp_path / "new")
    assert (sv.compare(tmp_path / "old", tmp_path / "new").changes["change"] == 0).all()


@pytest.mark.long
def test_a_pseudonymised_copy_has_the_same_scores_without_the_base(study: Path, tmp_path: Path) -> None:
    sv.load(study).pseudonymise(tmp_path / "copy")
    assert not (tmp_path / "copy/instrument/goc").exists()
    pd.testing.assert_frame_equal(sv.load(study).score().scores, sv.load(tmp_path / "copy").score().scores)


@pytest.mark.long
def test_a_round_simulated_by_it_carries_the_instrument_in_full(study: Path, tmp_path: Path) -> None:
    sv.simulate(study / "instrument", 1, tmp_path / "round", scale=0.2)
    made = load_instrument(tmp_path / "round/instrument")
    assert replace(made, folder="") == replace(load_instrument(study / "instrument"), folder="", based_on="")
    assert [
        problem.text("en") for problem in sv.check(tmp_path / "round") if problem.severity == "error"
    ] == []


def test_the_words_of_a_workbook_are_those_of_the_base_that_was_used() -> None:
    """A shipped edition is known again by its own files and by those of the edition it is based on."""
    files = definition_files(find_instrument("par-index/2023"))
    assert {"instrument/instrument.toml", "based-on/par-index/2022/items.csv"} <= set(files)
    inputs = [{"path": name, "sha256": digest_of(path.read_bytes())} for name, path in files.items()]
    run = {"instrument": "par-index/2023", "inputs": inputs}
    assert instrument_of_run(run, Path("none")) == load_instrument("par-index/2023")
    for changed in inputs:
        others = [entry | {"sha256": "0"} if entry is changed else entry for entry in inputs]
        assert instrument_of_run(run | {"inputs": others}, Path("none")) is None
