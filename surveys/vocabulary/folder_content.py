"""What lies in a folder, links not followed; what desktops leave behind is nobody's."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypeVar

from surveys.problems import SurveyError

Found = TypeVar("Found")

#: What desktops and open office programs leave behind; it belongs to nobody.
_DESKTOP_FILES = (".DS_Store", "Thumbs.db", "desktop.ini")
_LOCK_FILES = ("~$", ".~lock.")
_TRIES = 5  # how often a folder is read that is replaced again and again
_LOCK_BYTES = 1024  # a lock file of an office program is smaller than that


@dataclass(frozen=True)
class FolderContent:
    """Relative paths below a folder: ``files``; ``others``, which no run makes (links, pipes, and with ``/`` at their end folders
    without anything in them); ``nobodys``, which desktops and open office programs left behind."""

    files: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    nobodys: set[str] = field(default_factory=set)


def content_of(folder: Path) -> FolderContent:
    """Everything below a folder. Raises OSError where a folder cannot be read: what is not seen is not taken for nothing."""
    found, pending = FolderContent(), [""]
    while pending:
        within = pending.pop()
        folders, is_empty = _sort_in(folder, within, found)
        pending += folders
        if within and is_empty:
            found.others.add(f"{within}/")
    return found


def top_of(folder: Path) -> FolderContent:
    """What stands in a folder itself; every folder in it, with ``/``, is one of the others."""
    found = FolderContent()
    folders, _ = _sort_in(folder, "", found)
    found.others.update(f"{path}/" for path in folders)
    return found


def bytes_of(path: Path) -> bytes:
    """The content of a file that others may have put there. Raises OSError where there is none, also for a pipe and other special
    files, whose reader would wait for ever."""
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    return path.read_bytes()


def clear(folder: Path, files: set[str]) -> None:
    """Remove these files below a folder, the folders that are empty then, and itself if it is; whatever else is there stays."""
    for path in files:
        with contextlib.suppress(OSError):
            if stat.S_ISREG(os.lstat(folder / path).st_mode):
                os.unlink(folder / path)
    above = {parent.as_posix() for path in files for parent in PurePosixPath(path).parents} | {"."}
    for within in sorted(above, key=lambda path: (path == ".", -path.count("/"))):
        with contextlib.suppress(OSError):
            os.rmdir(folder / within)


def unreplaced(folder: Path, read: Callable[[], Found]) -> Found:
    """What ``read`` finds in a folder; it reads once more where a run put another folder in its place meanwhile."""
    for _ in range(_TRIES):
        before = _identity(folder)
        try:
            found = read()
        except (OSError, SurveyError):
            if _identity(folder) == before:
                raise
        else:
            if _identity(folder) == before:
                return found
    return read()


def _identity(folder: Path) -> tuple[int, ...]:
    """What two folders that had the same name one after the other do not have in common."""
    try:
        found = os.stat(folder)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_ctime_ns


def _sort_in(folder: Path, within: str, found: FolderContent) -> tuple[list[str], bool]:
    """Note what stands in a folder below another; the folders in it, and whether nothing at all is."""
    folders, is_empty = [], True
    with os.scandir(folder / within) as entries:
        for entry in entries:
            is_empty = False
            path = f"{within}/{entry.name}" if within else entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif not entry.is_file(follow_symlinks=False):
                found.others.add(path)
            elif _is_nobodys(entry):
                found.nobodys.add(path)
            else:
                found.files.add(path)
    return folders, is_empty


def _is_nobodys(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(_LOCK_FILES):
        return entry.stat(follow_symlinks=False).st_size < _LOCK_BYTES
    return entry.name in _DESKTOP_FILES
