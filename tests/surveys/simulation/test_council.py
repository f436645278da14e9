"""The council's half of a simulated round: steps in order, missing ones as planned, and no other file moved by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from surveys.definitions.check import check
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import Assessment
from surveys.simulation.council import assess
from surveys.simulation.simulate import simulate
from surveys.simulation.simulation_plan import AssessmentPlan

HANOI = load_instrument("ha-noi/2023")


#: The last days of the steps.
LAST_DAYS = AssessmentPlan(self_assessed_by="2023-11-30", explained_by="2024-01-06")


def drawn(plan: AssessmentPlan, seed: int = 1) -> list[Assessment]:
    units = {block.code: HANOI.units_of(block.code) for block in HANOI.blocks}
    return assess(HANOI, plan, units, np.random.default_rng(seed))


def test_every_step_lies_between_nothing_and_the_maximum_and_follows_the_one_before() -> None:
    found = drawn(LAST_DAYS)
    leaves = {node.code: node for node in HANOI.nodes if node.measured_by == "assessment"}
    per_unit = {
        block.code: sum(not n.blocks or block.code in n.blocks for n in leaves.values())
        for block in HANOI.blocks
    }
    assert len(found) == sum(count * len(HANOI.units_of(block)) for block, count in per_unit.items())
    for made in found:
        steps = (made.first_appraisal, made.final, made.self_assessed, leaves[made.node].max_points)
        assert None not in steps
        assert [0.0, *steps] == sorted([0.0, *(step or 0.0 for step in steps)])
        assert (made.explanation != "") == (made.explained_on != "")
        assert made.explanation or made.final == made.first_appraisal
    explained = sum(made.explanation != "" for made in found)
    lowered = sum((made.first_appraisal or 0) < (made.self_assessed or 0) for made in found)
    assert explained / lowered == pytest.approx(LAST_DAYS.explained, abs=0.05)


def test_missing_and_late_steps_are_as_many_as_planned() -> None:
    plan = replace(LAST_DAYS, no_self=0.2, no_final=0.1, late=0.3)
    found = drawn(plan)
    assert np.mean([made.self_assessed is None for made in found]) == pytest.approx(0.2, abs=0.03)
    assert np.mean([made.final is None for made in found]) == pytest.approx(0.1, abs=0.03)
    days = [made.explained_on for made in found if made.explained_on]
    assert np.mean([day > plan.explained_by for day in days]) == pytest.approx(0.3, abs=0.06)


def test_what_is_missing_moves_no_other_number() -> None:
    whole, without = drawn(LAST_DAYS), drawn(replace(LAST_DAYS, no_final=0.5, no_self=0.5))
    for one, other in zip(whole, without, strict=True):
        same = replace(
            other, final=one.final, self_assessed=one.self_assessed, self_assessed_on=one.self_assessed_on
        )
        assert same == one
        assert other.final in (None, one.final)


@pytest.mark.long
def test_the_survey_of_a_round_does_not_depend_on_the_council(tmp_path: Path) -> None:
    """Another plan of the council's half changes assessments.csv and no other file."""
    folder = tmp_path / "edition"
    source = Path(HANOI.folder)
    folder.mkdir()
    for file in source.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    simulate(folder, 5, tmp_path / "a", scale=0.1)
    plan = (folder / "simulation.toml").read_text(encoding="utf-8")
    (folder / "simulation.toml").write_text(
        plan.replace("no_final = 0.001", "no_final = 0.4"), encoding="utf-8"
    )
    simulate(folder, 5, tmp_path / "b", scale=0.1)
    files = {path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert {str(f) for f in files if (tmp_path / "a" / f).read_bytes() != (tmp_path / "b" / f).read_bytes()} == {
        "assessments.csv", "instrument/simulation.toml",
    }  # fmt: skip
    assert not [p for p in check(tmp_path / "a") if p.severity == "error"]
    study = load_study(tmp_path / "b")
    assert study.assessment.self_assessed_by == "2023-11-30"
    assert np.mean([made.final is None for made in study.assessments]) == pytest.approx(0.4, abs=0.03)
