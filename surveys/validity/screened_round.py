"""A round whose forms are screened: what sampling, scoring and the hand-over start from."""

from __future__ import annotations

from dataclasses import dataclass

from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Problem
from surveys.returns.record_set import Returns
from surveys.validity.dispositions import Dispositions


@dataclass(frozen=True, repr=False)
class ScreenedRound:
    """A study with its returns and what became of each of them."""

    study: StudyDefinition
    returns: Returns
    dispositions: Dispositions

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Warnings of reading and screening, each once."""
        return tuple(dict.fromkeys((*self.returns.warnings, *self.dispositions.warnings)))
