"""Folders for a moment, of which nothing is left whenever somebody asks to stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from surveys.vocabulary.stop_requests import held_back, let_in


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """An empty folder that is cleared away at the end; requests to stop wait while it is made and cleared.

    >>> with temporary_folder() as folder:
    ...     _ = (folder / "table").write_bytes(b"")
    >>> folder.exists()
    False
    """
    with held_back(), TemporaryDirectory() as folder, let_in():
        yield Path(folder)
