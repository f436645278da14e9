"""Planned rounds of a shipped edition, simulated and scored: margins, differences and returns are reached as often as wanted.

An edition's round is simulated once with as many forms as come to mind; what its units vary is what the next ones are planned
with. These are simulated with the forms that the plan says, and their scores are compared with the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import StudyDefinition
from surveys.definitions.study.sample_plan import SamplePlan
from surveys.returns.reading import read_returns
from surveys.sampling.plan.round_plan import plan_round
from surveys.sampling.samples import draw_samples
from surveys.scoring.scores import score
from surveys.simulation.population import Simulation
from surveys.simulation.simulate import sources_of_chance
from surveys.simulation.simulated_round import play
from surveys.simulation.simulation_toml import read_plan
from surveys.simulation.study_folder import study_files
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen
from surveys.vocabulary.new_folder import write_new_folder

pytestmark = pytest.mark.long

EDITION, GROUPS = "par-index/2023", ("deputies", "leaders", "division_heads")
PEOPLE, RESPONSE, SEEDS = 400, 0.8, (2, 3, 4)
MARGIN, DIFFERENCE, ASSURANCE = 0.015, 0.04, 0.9
KEYS = ["block", "unit_code", "node_code", "group"]
#: A plan that is kept falls below such a number of cells once in a thousand.
CHANCE = 1e-3


def simulated(
    folder: Path, seed: int, issued: Mapping[str, int], plans: Iterable[SamplePlan] = ()
) -> tuple[StudyDefinition, pd.DataFrame]:
    """The study of a simulated round, and the scores of its groups at the index beside the truth."""
    instrument = load_instrument(EDITION)
    plan = read_plan(instrument)
    cells = tuple(
        replace(
            cell,
            population=(PEOPLE, PEOPLE),
            issued=(issued[cell.questionnaire], issued[cell.questionnaire]),
            response=RESPONSE,
        )
        for cell in plan.cells
    )
    made = Simulation(
        instrument, replace(plan, cells=cells, plans=tuple(plans)), 1.0, *sources_of_chance(seed)
    )
    write_new_folder(folder, study_files(play(made, defects=False), seed))
    study = load_study(folder)
    returns = read_returns(study)
    screened = ScreenedRound(study, returns, screen(study, returns))
    truth = pd.read_csv(folder / "truth.csv", dtype={"node_code": str})
    scores = score(screened, draw_samples(screened)).table.merge(truth, on=KEYS, suffixes=("", "_true"))
    return study, scores[(scores["node_level"] == "index") & scores["group"].isin(GROUPS)].assign(seed=seed)


def issued_of(study: StudyDefinition) -> dict[str, int]:
    """Forms issued in every unit of each questionnaire: all units have the same population."""
    planned = {(cell.cell.questionnaire, cell.issued) for cell in plan_round(study).cells}
    assert len(planned) == len(GROUPS)
    return dict(planned)


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, int], pd.DataFrame]:
    """Valid forms planned of each group, and the scores of the planned rounds."""
    folder = tmp_path_factory.mktemp("rounds")
    names = [form.code for form in load_instrument(EDITION).questionnaires]
    study, before = simulated(folder / "before", 1, dict.fromkeys(names, 100))
    squares = before["se"] ** 2 * before["n_valid"] / (1 - before["n_valid"] / PEOPLE)
    deviation = {str(group): float(np.sqrt(of.mean())) for group, of in squares.groupby(before["group"])}
    usual = {
        group: SamplePlan(group, measure="mean", deviation=deviation[group], response=RESPONSE)
        for group in GROUPS
    }
    plans = (
        replace(usual["deputies"], margin=MARGIN),
        replace(usual["leaders"], method="difference", difference=DIFFERENCE),
        replace(usual["division_heads"], margin=MARGIN, assurance=ASSURANCE),
    )
    planned = replace(study, plans=plans)
    wanted = {cell.cell.group: cell.forms for cell in plan_round(planned).cells}
    tables = []
    for seed in SEEDS:
        following, scores = simulated(folder / str(seed), seed, issued_of(planned), plans)
        assert issued_of(following) == issued_of(planned)  # as it stands in the study.toml of the round
        tables.append(scores)
    return wanted, pd.concat(tables, ignore_index=True)


@pytest.mark.parametrize("group", ["deputies", "division_heads"])
def test_estimates_lie_within_the_wanted_margin(
    rounds: tuple[dict[str, int], pd.DataFrame], group: str
) -> None:
    cells = rounds[1][rounds[1]["group"] == group]
    within = (cells["score"] - cells["score_true"]).abs() <= MARGIN
    assert len(cells) == 63 * len(SEEDS)
    assert within.sum() >= stats.binom.ppf(CHANCE, len(cells), 0.95)


def test_enough_forms_come_back_as_often_as_assured(rounds: tuple[dict[str, int], pd.DataFrame]) -> None:
    wanted, scores = rounds
    enough = (scores["n_valid"] >= scores["group"].map(wanted)).groupby(scores["group"]).mean()
    assert enough["division_heads"] >= stats.binom.ppf(CHANCE, 63 * len(SEEDS), ASSURANCE) / (63 * len(SEEDS))
    assert enough["deputies"] < ASSURANCE  # as many as needed are only expected


def test_units_that_differ_as_much_are_told_apart(rounds: tuple[dict[str, int], pd.DataFrame]) -> None:
    """Pairs of units of one round whose true scores differ by the wanted difference or a little more."""
    found = pairs = 0
    for _, cells in rounds[1][rounds[1]["group"] == "leaders"].groupby("seed"):
        value, true, variance, df = (cells[name].to_numpy() for name in ("score", "score_true", "se", "df"))
        variance = variance**2
        lower, upper = np.nonzero(
            (true - true[:, None] >= DIFFERENCE) & (true - true[:, None] < DIFFERENCE * 1.1)
        )
        total = variance[lower] + variance[upper]
        welch = total**2 / (variance[lower] ** 2 / df[lower] + variance[upper] ** 2 / df[upper])
        found += int(((value[upper] - value[lower]) / np.sqrt(total) > stats.t.ppf(0.975, welch)).sum())
        pairs += len(lower)
    assert pairs > 100
    assert found >= stats.binom.ppf(CHANCE, pairs, 0.8)
