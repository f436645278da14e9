"""Two rounds, however they are at hand: as results, as studies, or by their paths."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from surveys.analysed import Round, result_or_folder
from surveys.comparison.changes import ComparedRound
from surveys.comparison.changes import compare as compared
from surveys.comparison.crosswalk import successors
from surveys.handover.rounds import read_round
from surveys.problems import SurveyError
from surveys.result import RoundComparison
from surveys.vocabulary.folder_content import unreplaced
from surveys.vocabulary.progress import Stages, unheard


def compare(
    old: Round, new: Round, crosswalk: str | Path | None = None, progress: Stages = unheard
) -> RoundComparison:
    """Two rounds side by side; each a result, a study (which is scored), or the path of a folder of results or of a study.

    ``crosswalk`` is a CSV with the columns block, old_unit, new_block, new_unit; without it the successors named in the old
    register count. Raises SurveyError when a round cannot be read or the crosswalk names unknown units.
    """
    earlier, later = (_round(each, progress) for each in (old, new))
    heirs = successors(earlier, later, crosswalk)
    try:
        changes = compared(earlier, later, heirs)
    except SurveyError as error:
        named = ", ".join(str(each) for each in (old, new) if isinstance(each, (str, Path)))
        raise SurveyError(replace(p, file=p.file or named) for p in error.problems) from None
    return RoundComparison(changes, later.instrument, later.language)


def _round(of: Round, progress: Stages) -> ComparedRound:
    found = result_or_folder(of, progress)
    if isinstance(found, Path):
        return unreplaced(found, lambda: read_round(found))
    study = found.round.study
    return ComparedRound(study.instrument, found.scores, found.units, study.output.language)
