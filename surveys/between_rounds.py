"""Rounds side by side, however they are at hand: as results, as studies, or by their paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from surveys.analysed import Round, result_or_folder
from surveys.comparison.compared_round import ComparedRound
from surveys.comparison.crosswalk import successors
from surveys.comparison.headline_file import read_headlines
from surveys.comparison.series import series_of
from surveys.comparison.steps import NOT_COMPARABLE
from surveys.handover.rounds import compared_round, read_round
from surveys.problems import Language, SurveyError, fault
from surveys.result import RoundComparison
from surveys.vocabulary.folder_content import unreplaced
from surveys.vocabulary.progress import Stages, unheard

#: A crosswalk of one step: a file, or None (the word ``register`` of the command) where the register counts.
Crosswalk = str | Path | None
BY_REGISTER = "register"
Found = TypeVar("Found")


def compare(
    *rounds: Round,
    crosswalk: Crosswalk | Sequence[Crosswalk] = None,
    headlines: str | Path | None = None,
    progress: Stages = unheard,
) -> RoundComparison:
    """Two rounds or more side by side, the oldest first; each a result, a study (which is scored), or the path of a folder of
    results or of a study.

    ``crosswalk``: a CSV with the columns block, old_unit, new_block, new_unit for each of the steps between the rounds; for a
    step without one (None, or ``register``) the successors named in the old register count. ``headlines``: a CSV of figures
    that were published of other years, as ``headlines.csv`` of a study; those of the rounds' studies enter by themselves. Raises
    SurveyError when a round or a file cannot be read, when a crosswalk names unknown units, or when nothing can be compared.
    """
    if len(rounds) < 2:
        raise fault("compare.too_few")
    steps = _crosswalks(crosswalk, len(rounds) - 1)
    found = [_round(each, progress) for each in rounds]
    heirs = [successors(old, new, by) for (old, new), by in zip(pairwise(found), steps, strict=True)]
    figures = () if headlines is None else read_headlines(headlines, found)
    try:
        return RoundComparison(series_of(found, heirs, figures))
    except SurveyError as error:
        named = ", ".join(str(each) for each in rounds if isinstance(each, (str, Path)))
        raise SurveyError(replace(p, file=p.file or named) for p in error.problems) from None


def unless_not_comparable(found: Callable[[], Found], language: Language) -> Found | str:
    """What is found of two rounds, or in words why they cannot be compared; any other error is raised."""
    try:
        return found()
    except SurveyError as error:
        told = [problem for problem in error.problems if problem.severity == "error"]
        if any(problem.code not in (*NOT_COMPARABLE, "score.shares_alone") for problem in told):
            raise
        return " ".join(problem.message(language) for problem in told)


def _crosswalks(given: Crosswalk | Sequence[Crosswalk], steps: int) -> list[Crosswalk]:
    """The crosswalk of each step; none at all means the register at every one. Raises SurveyError for another number of them."""
    listed = [given] if isinstance(given, (str, Path)) else list(given or ())
    if listed and len(listed) != steps:
        raise fault("compare.crosswalks", steps=steps, found=len(listed))
    return [None if each is None or str(each) == BY_REGISTER else each for each in listed or [None] * steps]


def _round(of: Round, progress: Stages) -> ComparedRound:
    found = result_or_folder(of, progress)
    if isinstance(found, Path):
        return unreplaced(found, lambda: read_round(found))
    return compared_round(found.round)
