"""A single file of results: whole or not at all, and never in the place of another."""

from __future__ import annotations

import os
from pathlib import Path

from surveys.problems import fault
from surveys.vocabulary.output_draft import clear_leftovers, draft_of


def refuse_existing(path: Path) -> None:
    """Raise SurveyError when something stands at ``path`` already, or its folder is not there; asked before a long run."""
    if not path.parent.is_dir():
        raise fault("file.no_folder", file=str(path), folder=str(path.parent))
    clear_leftovers(path)
    if os.path.lexists(path):
        raise fault("file.exists", file=str(path))


def write_new(path: Path, content: bytes, private: bool = False) -> None:
    """Write a file that is not there yet; a ``private`` one with rights for its owner alone, where the system has such rights.

    It is written beside its place and given its name at the end, so that nobody sees half of it. Raises SurveyError when
    something stands there already (then nothing is changed), OSError when the disk refuses.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "decisions.csv"
    >>> write_new(path, b"a")
    >>> try:
    ...     write_new(path, b"b")
    ... except Exception as error:
    ...     print([problem.code for problem in error.problems], path.read_bytes())
    ['file.exists'] b'a'
    """
    refuse_existing(path)
    with draft_of(path) as draft:
        draft.fill_file(content, private)
        try:
            draft.put_file()
        except FileExistsError:
            raise fault("file.exists", file=str(path)) from None
