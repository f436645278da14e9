"""Twenty simulated rounds, scored end to end: every injected defect is found, no clean form is rejected, and the intervals
cover the known truth as often as they claim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surveys.definitions.study.reading import load_study
from surveys.returns.reading import read_returns
from surveys.sampling.samples import draw_samples
from surveys.scoring.scores import score
from surveys.simulation.simulate import simulate
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen

pytestmark = pytest.mark.long

SEEDS = range(20)
SCALE = 0.4  # of the real round's sizes: near-census cells stay near-census, the citizen cells keep 24 forms and more
KEYS = ["block", "unit_code", "node_code", "group"]


class Outcome:
    """What one simulated round gave."""

    def __init__(self, folder: Path, seed: int) -> None:
        simulate("ha-noi/2023", seed, folder, scale=SCALE)
        study = load_study(folder)
        returns = read_returns(study)
        dispositions = screen(study, returns)
        screened = ScreenedRound(study, returns, dispositions)
        samples = draw_samples(screened)
        table = score(screened, samples).table
        truth = pd.read_csv(folder / "truth.csv", dtype={"node_code": str})
        self.cells = table.merge(truth, on=KEYS, suffixes=("", "_true"), validate="one_to_one")
        self.unmatched = len(table) - len(self.cells)
        census = {
            (s.block, u.code, s.group): f
            for s in samples.parts
            for u, f in zip(s.units, s.fraction, strict=True)
        }
        keys = zip(self.cells["block"], self.cells["unit_code"], self.cells["group"], strict=True)
        self.cells["fraction"] = [census.get(key, np.nan) for key in keys]
        reasons = dispositions.reasons
        codes = returns.rows["form_code"].to_numpy()[reasons["row"].to_numpy(dtype=int)]
        self.found = set(zip(codes, reasons["rule"], strict=True))
        self.defects = pd.read_csv(folder / "defects.csv")
        kept_out = np.isin(dispositions.disposition, ["rejected", "review"])
        self.kept_out = set(returns.rows["form_code"][kept_out])
        self.funnel = dispositions.funnel


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Outcome]:
    folder = tmp_path_factory.mktemp("rounds")
    return {seed: Outcome(folder / str(seed), seed) for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_defect_is_found_and_no_clean_form_is_kept_out(outcomes, seed: int) -> None:
    outcome = outcomes[seed]
    injected = set(zip(outcome.defects["form_code"], outcome.defects["rule"], strict=True))
    assert len(injected) > 50
    assert not injected - outcome.found
    assert not outcome.kept_out - set(outcome.defects["form_code"])


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_reconcile_and_the_truth_names_every_result(outcomes, seed: int) -> None:
    funnel = outcomes[seed].funnel
    assert (funnel["returned"] == funnel[["valid", "review", "rejected"]].sum(axis=1)).all()
    assert outcomes[seed].unmatched == 0


def test_intervals_of_sub_criteria_cover_the_truth(outcomes) -> None:
    """At least 93 % in every kind of cell, and 93–98 % where a cell has 24 forms or more."""
    cells = pd.concat([outcome.cells for outcome in outcomes.values()])
    cells = cells[(cells["node_level"] == "sub_criterion") & (cells["status"] == "ok")]
    covered = cells["score_true"].between(cells["ci_low"] - 1e-9, cells["ci_high"] + 1e-9)
    kind = np.select(
        [cells["fraction"] >= 0.5, cells["fraction"] < 0.5], ["near-census", "sampled"], "over groups"
    )
    near_one = np.where(cells["score_true"] > 0.9, "above 0.9", "up to 0.9")
    rate = covered.groupby([kind, near_one]).agg(["mean", "size"])
    assert len(rate) == 6
    assert (rate["size"] > 1000).all(), rate
    assert (rate["mean"] >= 0.93).all(), rate
    many = covered[cells["n_valid"] >= 24]
    assert len(many) > 5000
    assert 0.93 <= many.mean() <= 0.98
