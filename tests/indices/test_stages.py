"""Two-stage samples of the simulation: chances, weights and the plan's faults."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveys.definitions.instrument.reading import load_instrument
from surveys.problems import SurveyError
from surveys.simulation.simulation_plan import StagePlan
from surveys.simulation.simulation_toml import read_plan
from surveys.simulation.two_stages import certain, design_fields, draw_in_stages, proportional, settle
from tests.indices.simulated import PROVINCES, Played


def test_clusters_are_drawn_in_proportion_to_their_size() -> None:
    """3 of 6 clusters, 4,000 draws: each is drawn n·M_c/M of the time, within binomial bounds."""
    rng = np.random.default_rng(1)
    sizes, draws = np.array([10, 20, 30, 40, 45, 55]), 4000
    counts = np.zeros(len(sizes))
    for _ in range(draws):
        chosen = proportional(sizes, 3, rng)
        assert len(set(chosen)) == 3
        counts[chosen] += 1
    low, high = np.asarray(stats.binom.ppf([[0.0005], [0.9995]], draws, 3 * sizes / sizes.sum()))
    assert ((low <= counts) & (counts <= high)).all()


def test_clusters_too_large_for_chance_are_certain() -> None:
    """Of 3 draws, 60 of 100 persons come first; of the 2 that are left, 25 of the other 40 come too; then nobody."""
    assert certain(np.array([60, 25, 5, 5, 5]), 0, 3).tolist() == [True, True, False, False, False]
    assert certain(np.array([5, 5, 5, 6]), 1, 2).tolist() == [False, False, False, True]
    assert certain(np.array([5, 5]), 0, 2).tolist() == [True, True]


@pytest.mark.long
def test_weights_estimate_the_size_of_the_population() -> None:
    """Over 400 samples the weights of one unit add up to its 900 persons on average, whoever answers."""
    rng = np.random.default_rng(2)
    stages = settle(StagePlan("q", (12, 12), 1, 4, 6, 0.0), np.array([900]), rng)
    totals = []
    for _ in range(400):
        draw = draw_in_stages(stages, np.zeros(900, int), np.array([True]), rng)
        back = rng.random(len(draw)) < 0.8
        totals.append(design_fields(draw, back)["weight"].astype(float).sum())
    error = np.std(totals) / np.sqrt(len(totals))
    assert abs(np.mean(totals) - 900) <= 3.3 * error + 1e-3


@pytest.mark.long
def test_the_forms_carry_their_design(played: Callable[[str, int], Played]) -> None:
    """Weights within a village are equal; those of a province add up to about its population."""
    round_ = played("papi/2021", 2)
    rows = round_.returns.rows[round_.dispositions.valid]
    weight = pd.to_numeric(rows["sampling_weight"])
    frames: Any = pd.read_csv(round_.folder / "frames.csv").set_index("unit")["population"]
    for unit, total in weight.groupby(rows["unit_code"]).sum().items():
        assert total == pytest.approx(frames[unit], rel=0.25)
    villages = rows["psu"].str[:6]
    assert (weight.groupby(villages).nunique() == 1).all()


@pytest.mark.long
def test_the_register_of_the_round_is_its_own(played: Callable[[str, int], Played]) -> None:
    """A round in six of the sixty-three provinces has a register of six."""
    assert {unit.code for unit in played("papi/2021", 1).study.units} == set(PROVINCES)


def test_faults_of_a_plan_are_all_named(tmp_path: Path) -> None:
    shutil.copytree(load_instrument("papi/2021").folder, tmp_path / "edition")
    plan = tmp_path / "edition" / "simulation.toml"
    text = plan.read_text(encoding="utf-8")
    text = text.replace("drawn = 12", "drawn = 1").replace("effect = 0.25", "effect = 9")
    plan.write_text(text.replace('"bac-giang"', '"bac-ziang"'), encoding="utf-8")
    with pytest.raises(SurveyError) as failure:
        read_plan(replace(load_instrument("papi/2021"), folder=str(tmp_path / "edition")))
    assert {(p.code, p.column) for p in failure.value.problems} == {
        ("fieldwork.range", "stages[1].drawn"),
        ("fieldwork.range", "stages[1].effect"),
        ("record.not_accepted", "cells[1].missing_units"),
    }


def test_stages_need_fields_for_stratum_cluster_and_weight(tmp_path: Path) -> None:
    instrument = load_instrument("par-index/2022")
    plan = '[[stages]]\nquestionnaire = "dai-bieu"\n'
    (tmp_path / "simulation.toml").write_text(plan, encoding="utf-8")
    with pytest.raises(SurveyError) as failure:
        read_plan(replace(instrument, folder=str(tmp_path)))
    assert [dict(p.params)["value"] for p in failure.value.problems] == ["stratum", "cluster", "weight"]
