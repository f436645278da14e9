"""A single file of results: whole or not at all, and never in the place of another."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from surveys.problems import fault


def refuse_existing(path: Path) -> None:
    """Raise SurveyError when something stands at ``path`` already, or its folder is not there; asked before a long run."""
    if os.path.lexists(path):
        raise fault("file.exists", file=str(path))
    if not path.parent.is_dir():
        raise fault("file.no_folder", file=str(path), folder=str(path.parent))


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet.

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
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with open(draft, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _name(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _name(draft: Path, path: Path) -> None:
    """Give the draft its name, unless something has it by now."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise fault("file.exists", file=str(path)) from None
    except OSError:  # a disk without links
        refuse_existing(path)
        os.rename(draft, path)
