"""The files of returns of a study, begun to be read.

This needs none of the libraries that make evaluations of them: while those are loaded, the programs that read files do their work
(``tests/benchmarks/test_reading_speed.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.definitions.text_files import inside
from surveys.problems import Problems, SurveyError
from surveys.returns.files.file_content import Wanted
from surveys.returns.files.opening import Waiting, opened_ahead


def begun(study: StudyDefinition) -> Iterator[Waiting]:
    """The files of returns in their order; the first of them are being read from now on."""
    return opened_ahead(_wanted(study, file) for file in study.returns)


def path_in(study: StudyDefinition, name: str) -> Path:
    """The path of a file that a study names; a fault when it leaves the folder of the study."""
    problems = Problems()
    path = inside(study.folder, name, problems, name)
    if path is None:
        raise SurveyError(problems)
    return path


def _wanted(study: StudyDefinition, file: ReturnFile) -> Wanted | SurveyError:
    """What is asked of a file of returns; the fault that it lies outside the folder of the study."""
    try:
        path = path_in(study, file.path)
    except SurveyError as outside:
        return outside
    return Wanted(str(path), file.path, file.sheet, file.encoding, file.delimiter, study.limits)
