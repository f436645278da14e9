"""Packages that were handed over: is every file the one that was delivered, and is the package the one that was made?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from surveys.handover.fingerprint import fingerprint_of_folder, typed_fingerprint
from surveys.handover.verification import verify_folder
from surveys.problems import Problem, SurveyError


def fingerprint(folder: str | Path) -> str:
    """The fingerprint of a folder of results, a screening, a comparison, an audit or a council folder, in groups of four digits.

    A council folder has the fingerprint of the results it belongs to. Raises SurveyError when the folder is none of these.
    """
    return fingerprint_of_folder(Path(folder))


def verify(folder: str | Path, *, fingerprint: str = "") -> tuple[Problem, ...]:
    """Everything that is wrong with a folder of results, a screening, or a council folder on its own; () when all is well.

    ``fingerprint``: the one that was told on another way; spaces, dashes and case do not matter.
    """
    place = Path(folder)
    found = verify_folder(place)
    if fingerprint:
        found += tuple(_against_fingerprint(place, fingerprint))
    return found


def _against_fingerprint(folder: Path, told: str) -> Iterator[Problem]:
    """The fingerprint that was told against that of the folder; nothing where the folder has none."""
    try:
        expected = typed_fingerprint(told)
        found = fingerprint_of_folder(folder)
    except SurveyError as error:
        yield from error.problems
        return
    if expected != found:
        params = (("expected", expected), ("found", found))
        yield Problem("fingerprint.differs", file=str(folder), params=params)
