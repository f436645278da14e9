"""The small round of tests/rounds, screened, ready to be scored in variations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import StudyDefinition
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns
from surveys.sampling.samples import draw_samples
from surveys.scoring.scores import Scores, score
from surveys.validity.dispositions import Dispositions
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen

ROUND = Path(__file__).parents[2] / "rounds" / "small"


class Small:
    """The small round: ``scored(field=…)`` scores it with fields of the study replaced."""

    def __init__(self) -> None:
        self.study: StudyDefinition = load_study(ROUND)
        self.returns: Returns = read_returns(self.study)
        self.dispositions: Dispositions = screen(self.study, self.returns)

    def scored(self, **changes: Any) -> Scores:
        study = replace(self.study, **changes)
        screened = ScreenedRound(study, self.returns, self.dispositions)
        samples = draw_samples(screened)
        return score(screened, samples)

    def instrument(self, **changes: Any) -> StudyDefinition:
        """The study with fields of its instrument replaced."""
        return replace(self.study, instrument=replace(self.study.instrument, **changes))


@pytest.fixture(scope="session")
def small() -> Small:
    return Small()
