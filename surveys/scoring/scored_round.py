"""A round from its files to its scores: what the hand-over, reports and comparisons start from."""

from __future__ import annotations

from dataclasses import dataclass

from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Problem
from surveys.returns.record_set import Returns
from surveys.sampling.samples import Samples
from surveys.scoring.scores import Scores
from surveys.validity.dispositions import Dispositions
from surveys.validity.screened_round import ScreenedRound


@dataclass(frozen=True, repr=False)
class ScoredRound:
    """A screened round with the samples drawn from it and their scores."""

    screened: ScreenedRound
    samples: Samples
    scores: Scores

    @property
    def study(self) -> StudyDefinition:
        return self.screened.study

    @property
    def returns(self) -> Returns:
        return self.screened.returns

    @property
    def dispositions(self) -> Dispositions:
        return self.screened.dispositions

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Warnings of all rooms, each once."""
        found = (*self.screened.warnings, *self.samples.warnings, *self.scores.warnings)
        return tuple(dict.fromkeys(found))
