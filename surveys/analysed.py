"""A round for the analyses and comparisons, however it is at hand: as a result, as a study, or by its path."""

from __future__ import annotations

from pathlib import Path

from surveys.analysis.analysed_round import AnalysedRound
from surveys.definitions.study.reading import STUDY_FILE
from surveys.definitions.text_files import is_file
from surveys.handover.analysed_results import read_analysed
from surveys.handover.rounds import is_result
from surveys.problems import fault
from surveys.result import Result
from surveys.study import Study, load
from surveys.vocabulary.folder_content import unreplaced
from surveys.vocabulary.progress import Stages, unheard

Round = Result | Study | str | Path


def analysed(of: Round, progress: Stages = unheard) -> AnalysedRound:
    """The round that a result, a study (which is scored) or the path of a folder of results or of a study stands for.

    Raises SurveyError when it cannot be read, or when the folder of results does not verify.
    """
    found = result_or_folder(of, progress)
    return unreplaced(found, lambda: read_analysed(found)) if isinstance(found, Path) else found.analysed


def result_or_folder(of: Round, progress: Stages = unheard) -> Result | Path:
    """The result of a round, scored where it is a study; or the folder that holds its results."""
    if isinstance(of, (str, Path)):
        path = Path(of)
        if path.is_dir() and is_result(path):
            return path
        if not is_file(path / STUDY_FILE if path.is_dir() else path):
            raise fault("compare.no_round", file=str(path))
        of = load(path)
    return of if isinstance(of, Result) else of.score(progress)
