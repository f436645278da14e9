"""A file that people keep and a command changes: the whole change or none, and never over what somebody wrote meanwhile."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from surveys.problems import fault
from surveys.vocabulary.output_draft import OutputDraft, draft_of


@dataclass(frozen=True)
class FileInChange:
    """A file with the ``content`` that it had when the change began."""

    path: Path
    content: bytes
    draft: OutputDraft

    def put(self, content: bytes) -> None:
        """Write another content in its place. Raises SurveyError when somebody else changed the file meanwhile, OSError when the
        disk refuses or the file is not to be written to; then it is as it was."""
        if not os.access(self.path, os.W_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(self.path))
        self.draft.fill_file(content)
        self.draft.take_rights(stat.S_IMODE(self.path.stat().st_mode))
        if self.path.read_bytes() != self.content:
            raise fault("file.changed_meanwhile", file=str(self.path))
        self.draft.put_over()


@contextmanager
def changing(path: Path) -> Iterator[FileInChange]:
    """A file to be changed, while no other run changes it.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "study.toml"
    >>> _ = path.write_bytes(b"a")
    >>> with changing(path) as file:
    ...     file.put(file.content + b"b")
    >>> path.read_bytes(), [found.name for found in path.parent.iterdir()]
    (b'ab', ['study.toml'])
    """
    place = path.resolve()
    with draft_of(place) as draft:
        yield FileInChange(place, place.read_bytes(), draft)
