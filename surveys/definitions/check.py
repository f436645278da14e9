"""Everything that is wrong or lacking in a folder of definitions or in a study, in one list."""

from __future__ import annotations

from pathlib import Path

from surveys.definitions.completeness import check_completeness, check_study_completeness
from surveys.definitions.draft import InstrumentDraft, StudyDraft
from surveys.definitions.instrument.reading import (
    INSTRUMENT_FILE,
    read_named,
    shipped,
)
from surveys.definitions.study.reading import STUDY_FILE, read_study
from surveys.definitions.text_files import is_file
from surveys.problems import Problem, Problems


def check(path: str | Path) -> tuple[Problem, ...]:
    """All problems of an instrument (folder, ``instrument.toml`` or shipped name) or of a study.

    Errors come first, those of a table in the order of its rows. A study is given as its ``study.toml`` or its folder and is
    checked with its instrument. Errors stop the engine; warnings say what is incomplete: sources, translations, units, groups
    that nobody asks.

    >>> [problem.code for problem in check("no-such-folder")]
    ['check.nothing_here']
    """
    problems = Problems()
    where = Path(path)
    instrument: InstrumentDraft | None = None
    study: StudyDraft | None = None
    if _is_instrument(path, where):
        instrument = read_named(path, problems)
    elif where.suffix == ".toml" or is_file(where / STUDY_FILE):
        study = read_study(where, problems)
        instrument = study.instrument if study else None
    else:
        problems.add("check.nothing_here", file=str(path), accepted=shipped())
    if instrument is not None:
        check_completeness(instrument)
    if study is not None:
        check_study_completeness(study)
    files = list(dict.fromkeys(problem.file for problem in problems))
    return tuple(sorted(problems, key=lambda p: (p.severity, files.index(p.file), p.row or 0)))


def _is_instrument(path: str | Path, where: Path) -> bool:
    """A shipped name, an ``instrument.toml``, or a folder with one and no study beside it."""
    folder = is_file(where / INSTRUMENT_FILE) and not is_file(where / STUDY_FILE)
    return str(path) in shipped() or folder or (where.name == INSTRUMENT_FILE and is_file(where))
