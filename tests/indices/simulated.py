"""Small simulated rounds of the national indices, read, screened, weighted and scored from their files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import StudyDefinition
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns
from surveys.sampling.samples import Samples, draw_samples
from surveys.scoring.scores import Scores, score
from surveys.simulation.simulate import simulate
from surveys.validity.dispositions import Dispositions
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen

KEY = ["block", "unit_code", "node_code", "group"]
#: A handful of the sixty-three provinces; the last two are those in which the simulated PAPI is not held.
PROVINCES = ("ha-noi", "cao-bang", "thua-thien-hue", "ca-mau", "quang-ninh", "bac-giang")


@dataclass(frozen=True)
class Played:
    """A simulated round and everything made of it."""

    folder: Path
    study: StudyDefinition
    returns: Returns
    dispositions: Dispositions
    samples: Samples
    scores: Scores

    @property
    def truth(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "truth.csv", dtype={"node_code": str})

    def again(self, study: StudyDefinition) -> Scores:
        """The scores of the same forms by another study file."""
        returns = replace(self.returns, instrument=study.instrument)
        screened = ScreenedRound(study, returns, self.dispositions)
        samples = draw_samples(screened)
        return score(screened, samples)

    def by_hand(self) -> Played:
        """The round with variances as they can be worked out from the forms of one unit: no cell learns from others, and
        n/(n − 1) makes up for few clusters."""
        plain = replace(self.study.inference, variances="own", small_sample="clusters")
        study = replace(self.study, inference=plain)
        screened = ScreenedRound(study, self.returns, self.dispositions)
        samples = draw_samples(screened)
        return replace(self, study=study, samples=samples, scores=score(screened, samples))

    def with_scoring(self, **chosen: Any) -> StudyDefinition:
        """The study with another numerator, ladder or aggregation."""
        instrument = self.study.instrument
        return replace(
            self.study, instrument=replace(instrument, scoring=replace(instrument.scoring, **chosen))
        )


def play(name: str, seed: int, folder: Path, *, defects: bool = True) -> Played:
    """Simulate a round in ``PROVINCES`` and score it."""
    instrument = load_instrument(name)
    units = tuple(unit for unit in instrument.units if unit.code in PROVINCES)
    simulate(replace(instrument, units=units), seed, folder, defects=defects)
    study = load_study(folder)
    returns = read_returns(study)
    dispositions = screen(study, returns)
    screened = ScreenedRound(study, returns, dispositions)
    samples = draw_samples(screened)
    return Played(folder, study, returns, dispositions, samples, score(screened, samples))


def against_truth(played: Played) -> pd.DataFrame:
    """Every result with a value beside its truth: ``hit``, ``satisfied_hit`` and ``z`` = (score − truth)/se."""
    found = played.scores.table.merge(played.truth, on=KEY, how="left", suffixes=("", "_true"))
    found = found[found["score"].notna()]
    hit = (found["ci_low"] - 1e-9 <= found["score_true"]) & (found["score_true"] <= found["ci_high"] + 1e-9)
    percent = found["satisfaction_percent_true"]
    satisfied = (found["satisfaction_ci_low"] - 1e-7 <= percent) & (
        percent <= found["satisfaction_ci_high"] + 1e-7
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (found["score"] - found["score_true"]) / found["se"]
    return found.assign(hit=hit, satisfied_hit=satisfied.where(found["satisfaction_percent"].notna()), z=z)
