"""Everything that is wrong or lacking in a folder of definitions or in a study, in one list.

The returns of a study are looked at by :func:`surveys.study.check`, which begins here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from surveys.definitions.completeness import check_completeness, check_rules, check_study_completeness
from surveys.definitions.draft import StudyDraft
from surveys.definitions.instrument.reading import read_named
from surveys.definitions.instrument.shelf import INSTRUMENT_FILE, shipped
from surveys.definitions.study.reading import STUDY_FILE, read_study
from surveys.definitions.text_files import is_file
from surveys.problems import Problem, Problems, nearest


def check(path: str | Path) -> tuple[Problem, ...]:
    """All problems of an instrument (folder, ``instrument.toml`` or shipped name) or of the definitions of a study.

    Errors come first, those of a table in the order of its rows. A study is given as its ``study.toml`` or its folder and is
    checked with its instrument. Errors stop the engine; warnings say what is incomplete: sources, translations, units, groups
    that nobody asks.

    >>> [problem.code for problem in check("no-such-folder")]
    ['check.nothing_here']
    """
    return in_order(examined(path)[0])


def examined(path: str | Path) -> tuple[Problems, StudyDraft | None]:
    """What is wrong or lacking in the definitions, and the draft of a study where it can be worked with."""
    problems, where = Problems(), Path(path)
    if is_instrument(path):
        if (instrument := read_named(path, problems)) is not None:
            check_completeness(instrument)
            check_rules(instrument, ())
    elif where.suffix == ".toml" or is_file(where / STUDY_FILE):
        if (study := read_study(where, problems)) is not None:
            if study.instrument is not None:
                check_completeness(study.instrument)
                check_rules(study.instrument, study.document.get("rules", ()))
            check_study_completeness(study)
            return problems, None if problems.errors else study
    else:
        near = nearest(str(path), shipped())
        problems.add("check.nothing_here", file=str(path), accepted=shipped(), nearest=near)
    return problems, None


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems, errors first, file by file in the order in which they were met, those of a table by row."""
    found = tuple(problems)
    files = list(dict.fromkeys(problem.file for problem in found))
    return tuple(sorted(found, key=lambda p: (p.severity, files.index(p.file), p.row or 0)))


def is_instrument(path: str | Path) -> bool:
    """Whether this is a shipped name, an ``instrument.toml``, or a folder with one and no study beside it.

    >>> is_instrument("sipas/2023"), is_instrument("data-sample/first-survey")
    (True, False)
    """
    where = Path(path)
    folder = is_file(where / INSTRUMENT_FILE) and not is_file(where / STUDY_FILE)
    return str(path) in shipped() or folder or (where.name == INSTRUMENT_FILE and is_file(where))
