"""A pseudonymised copy of a round: made, tried out, written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from surveys.problems import Problem
from surveys.sharing.pseudonyms import pseudonymised
from surveys.sharing.same_results import refuse_different
from surveys.sharing.study_copy import study_files
from surveys.sharing.unique_respondents import unique_respondents
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.new_folder import refuse_filled, write_new_folder


@dataclass(frozen=True)
class SharedCopy:
    """What was written: how many evaluations, how many copies of submissions were left out, and what is to be known of it."""

    evaluations: int
    copies: int
    warnings: tuple[Problem, ...] = ()


def write_pseudonymised(screened: ScreenedRound, folder: Path) -> SharedCopy:
    """Write a copy of the round at ``folder``, a study folder of its own that gives the same scores, statuses and funnel.

    Raises SurveyError when ``folder`` is a file or holds anything, or when the copy would not be screened as the round is; then
    nothing is written. OSError when the disk refuses.
    """
    refuse_filled(folder)
    found = pseudonymised(screened)
    files = study_files(screened, found)
    refuse_different(screened, found.row, files)
    write_new_folder(folder, files)
    left_out = len(screened.returns) - len(found.row)
    return SharedCopy(len(found.row), left_out, unique_respondents(found.returns))
