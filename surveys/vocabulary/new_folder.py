"""A folder of files where nothing stands yet: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from surveys.problems import fault
from surveys.vocabulary.output_draft import draft_of, nothing_in


def refuse_filled(folder: Path) -> None:
    """Raise SurveyError when ``folder`` is a file or holds anything, OSError when it could not be written; asked before a long
    run."""
    place = Path(os.path.realpath(folder))
    with draft_of(place):
        _refuse(place, folder)


def write_new_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put ``files`` (relative path → content) at ``folder``, which is not there yet or empty: all of them, or nothing.

    Raises SurveyError when ``folder`` is a file or holds anything (then nothing is changed), OSError when the disk refuses.
    """
    place = Path(os.path.realpath(folder))
    with draft_of(place) as draft:
        _refuse(place, folder)
        draft.fill(files)
        _refuse(place, folder)
        draft.put()


def _refuse(place: Path, shown: Path) -> None:
    if place.exists() and (not place.is_dir() or nothing_in(place) is None):
        raise fault("file.folder_not_empty", file=str(shown))
