"""Drafts: what is written grows in a hidden folder beside its place and is put there in one step, or not at all.

``.<name>.draft/`` holds a record (:data:`RECORD`), whose lock says that its program lives, and the content under one of these
names:

    new/    being written
    swap/   whole, about to change places with what stands there; afterwards that
    old/    what stood there, where the system cannot exchange two folders
    gone/   what stood there, looked through and on its way out

A program that was killed leaves its draft behind. The next one for the same place takes the lock, puts back what was caught
between two names and removes what the record lists. Nothing else is ever removed: what somebody put into a draft, or into the
old folder at the last moment, is kept beside the place under a name that a fault tells.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path, PurePosixPath

from surveys.problems import SurveyError, fault, the_first
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.file_lock import take_lock
from surveys.vocabulary.folder_content import clear, content_of, top_of
from surveys.vocabulary.folder_exchange import exchange, sync
from surveys.vocabulary.progress import Step
from surveys.vocabulary.stop_requests import held_back, let_in

RECORD = "survey-scoring-draft.json"
_FORMAT = "surveys/draft/1"
NEW, _SWAP, _OLD, _GONE = "new", "swap", "old", "gone"
_FILE = "file"  # the name in a draft of a single file
WAIT, _LOOK = 20.0, 0.05  # seconds that another run may take to write, and between two looks
_LONGEST = 100  # bytes of a name that its draft repeats

#: Rights of files and folders that hold what respondents may have typed: those of their owner alone.
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
#: Whether the file of a (relative) path is for its owner alone.
IsPrivate = Callable[[str], bool]
#: The files of a folder of which runs wrote every one; None when they did not.
Untouched = Callable[[Path], set[str] | None]


def none_is_private(_: str) -> bool:
    """Files that anyone may read."""
    return False


def nothing_in(folder: Path) -> set[str] | None:
    """What may be replaced where nothing may stand yet: a folder in which nobody put anything."""
    found = top_of(folder)
    return None if found.files or found.others else found.nobodys


@contextmanager
def draft_of(place: Path, untouched: Untouched = nothing_in) -> Iterator[OutputDraft]:
    """The draft for ``place``, locked while this block runs, gone at its end; ``untouched`` judges what stands there.

    Raises SurveyError when another run is writing there for longer than :data:`WAIT`, when something else has the name of the
    draft, and, with its new name, when something in a draft or in what stood at ``place`` was written by no run.
    """
    if not place.name:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(place))  # a disk has no place beside it
    with held_back(), _named(place), _folders_made(place) as made:
        draft = _taken(place, untouched)
        draft.made = made
        try:
            with let_in():
                yield draft
        finally:
            kept = draft.close()
    if kept is not None:
        raise _kept_aside(place, kept)


class OutputDraft:
    """The draft for ``place``, as :func:`draft_of` gives it; ``made``: folders above that were not there before."""

    def __init__(self, place: Path, untouched: Untouched, record: FileIO) -> None:
        self.place, self.folder = place, draft_folder(place)
        self.made: list[Path] = []
        self._untouched, self._record = untouched, record
        self._is_put = False

    def fill(
        self, files: Mapping[str, bytes], progress: Step | None = None, private: IsPrivate = none_is_private
    ) -> None:
        """Write files (relative path → content) and force them to disk; what is to come is recorded before.
        ``progress("write", files done, files in all)`` is told after each file. Those that are ``private``, and folders that hold
        nothing else, have rights for their owner alone, where the system has such rights."""
        self._note(files={path: digest_of(content) for path, content in files.items()})
        new = self.folder / NEW
        os.mkdir(new)
        open_to_all = _folders_above(path for path in files if not private(path))
        for within in sorted(_folders_above(files) - {"."}):
            os.mkdir(new / within, 0o777 if within in open_to_all else PRIVATE_FOLDER)
        for done, (path, content) in enumerate(files.items(), start=1):
            write_file(new / path, content, private(path))
            if progress is not None:
                progress("write", done, len(files))
        for within in sorted(_folders_above(files), reverse=True):
            sync(new / within)

    def fill_file(self, content: bytes, private: bool = False) -> None:
        """Write the one file that :meth:`put_file` puts in place."""
        self.fill({_FILE: content}, private=lambda _: private)

    def put(self) -> None:
        """Put the folder in its place; what stood there is removed with the draft, if it is untouched still."""
        new, swap = self.folder / NEW, self.folder / _SWAP
        if not self._put_where_nothing_is(new):
            os.rename(new, swap)
            sync(self.folder)
            if not exchange(swap, self.place):
                self._put_in_two_steps(swap)
        self._is_put = True
        self._sync()

    def put_file(self) -> None:
        """Give the file its name. Raises FileExistsError when something has it by now."""
        new = self.folder / NEW / _FILE
        try:
            os.link(new, self.place)
        except FileExistsError:
            raise
        except OSError:  # a disk without links
            if os.path.lexists(self.place):
                raise FileExistsError(str(self.place)) from None
            os.rename(new, self.place)
        self._sync()

    def take_rights(self, mode: int) -> None:
        """Give the one file these rights, where the system has such rights."""
        os.chmod(self.folder / NEW / _FILE, mode)

    def put_over(self) -> None:
        """Put the file in the place of the one that has its name."""
        os.replace(self.folder / NEW / _FILE, self.place)
        self._sync()

    def lay_out(self, files: Mapping[str, bytes | Path]) -> Path:
        """Lay out files (relative path → content, or a file that is linked where the disk can, else copied) to be looked at; the
        folder they lie in, which goes with the draft."""
        self._note(files=dict.fromkeys(files, ""))
        new = self.folder / NEW
        os.mkdir(new)
        for path, given in files.items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(given, bytes):
                (new / path).write_bytes(given)
                continue
            try:
                os.link(given.resolve(), new / path)
            except OSError:
                shutil.copyfile(given, new / path)
        return new

    def close(self) -> Path | None:
        """Remove the draft and what stood in its place; where it is kept when more is in it than runs wrote."""
        listed, gone = _noted(self._record)
        parts = [name for name in os.listdir(self.folder) if name != RECORD]
        if parts and listed is None:
            raise fault("file.draft_in_the_way", file=str(self.place), draft=str(self.folder))
        if _OLD in parts and not os.path.lexists(self.place):
            os.rename(self.folder / _OLD, self.place)
        if _GONE in parts:
            clear(self.folder / _GONE, gone)
        if NEW in parts:
            clear(self.folder / NEW, set(listed or ()))
        for part in (_SWAP, _OLD):
            if (self.folder / part).is_dir():
                self._discard(self.folder / part, listed or {})
        return self._leave()

    def _put_where_nothing_is(self, new: Path) -> bool:
        if os.path.lexists(self.place):
            return False
        try:
            os.rename(new, self.place)
        except OSError:
            if os.path.lexists(self.place):  # by now
                return False
            raise
        return True

    def _put_in_two_steps(self, swap: Path) -> None:
        """Two renames, for systems that cannot exchange two folders in one; the first is undone if the second fails."""
        old = self.folder / _OLD
        os.rename(self.place, old)
        try:
            os.rename(swap, self.place)
        except BaseException:
            os.rename(old, self.place)
            raise

    def _sync(self) -> None:
        for folder in (self.place.parent, self.folder, *(above.parent for above in self.made)):
            sync(folder)

    def _discard(self, part: Path, listed: Mapping[str, str]) -> None:
        """Remove a whole folder when runs wrote everything in it: this one (which ``listed`` it), or an earlier one."""
        files = None if self._is_put else _as_listed(part, listed)
        files = self._untouched(part) if files is None else files
        if files is not None:
            with contextlib.suppress(
                OSError
            ):  # the disk is full by now; should this run be killed too, what is left is kept
                self._note(gone=sorted(files))
            os.rename(part, self.folder / _GONE)
            clear(self.folder / _GONE, files)

    def _leave(self) -> Path | None:
        """Give up lock and folder; whatever is still in it gets a name that can be seen."""
        kept = None
        folder = self.folder
        if os.name == "nt":  # an open file cannot be removed, nor a folder with one be renamed
            self._record.close()
        if os.listdir(folder) != [RECORD]:
            kept = folder = _free_name(self.place)
            os.rename(self.folder, kept)
        with contextlib.suppress(OSError):
            os.unlink(folder / RECORD)
        self._record.close()
        with contextlib.suppress(OSError):  # another run has it by now
            os.rmdir(folder)
        return kept

    def _note(self, **what: object) -> None:
        """Add a line to the record, and force it to disk; a line that was not finished counts for nothing."""
        line = b"\n" + json.dumps({"format": _FORMAT, **what}).encode() + b"\n"
        while line:
            line = line[self._record.write(line) :]
        os.fsync(self._record.fileno())
        sync(self.folder)


def write_file(path: Path, content: bytes, private: bool = False) -> None:
    """Write one file and force it to disk."""
    rights = PRIVATE_FILE if private else 0o666
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, rights)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def draft_folder(place: Path) -> Path:
    """Where the draft for ``place`` stands."""
    return place.with_name(f".{_shortened(place.name)}.draft")


def clear_leftovers(place: Path) -> None:
    """Remove the draft of a run that was killed, where there is one. Raises SurveyError as :func:`draft_of`."""
    if os.path.lexists(draft_folder(place)):
        with draft_of(place):
            pass


@contextmanager
def _named(place: Path) -> Iterator[None]:
    """A fault of the system that names no file, or one that only the draft has, is one of the place."""
    try:
        yield
    except OSError as error:
        if error.filename is None or Path(os.fsdecode(error.filename)).is_relative_to(draft_folder(place)):
            error.filename, error.filename2 = str(place), None
        raise


@contextmanager
def _folders_made(place: Path) -> Iterator[list[Path]]:
    """The folders above a place that were not there before; those that stay empty are removed at the end."""
    made = [above for above in place.parents if not above.exists()]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield made
    finally:
        for above in made:
            with contextlib.suppress(OSError):  # it is not empty
                above.rmdir()


def _taken(place: Path, untouched: Untouched) -> OutputDraft:
    """The draft for ``place`` with its lock, empty; what a killed run left in it is cleared first."""
    until = time.monotonic() + WAIT
    while True:
        record, is_fresh = _opened(place)
        if record is not None and _is_ours(record, is_fresh, draft_folder(place) / RECORD):
            draft = OutputDraft(place, untouched, record)
            if is_fresh:
                return draft
            kept = draft.close()
            if kept is not None:
                raise _kept_aside(place, kept)
        elif time.monotonic() > until:
            raise fault("file.being_written", file=str(place), draft=str(draft_folder(place)))
        else:
            with let_in():
                time.sleep(_LOOK)


def _opened(place: Path) -> tuple[FileIO | None, bool]:
    """The record of the draft for ``place``, and whether it is new; None when the draft is just being removed."""
    folder = draft_folder(place)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder)
    in_the_way = fault("file.draft_in_the_way", file=str(place), draft=str(folder))
    try:
        found = [] if folder.is_symlink() else os.listdir(folder)
        if folder.is_symlink() or (found and RECORD not in found):
            raise in_the_way
        try:
            return FileIO(folder / RECORD, "x+"), True
        except FileExistsError:
            return FileIO(folder / RECORD, "a+"), False
    except FileNotFoundError:
        return None, False
    except NotADirectoryError:
        raise in_the_way from None


def _is_ours(record: FileIO, is_fresh: bool, path: Path) -> bool:
    """Whether an open record is locked by this program (where the disk knows no locks: made by it), and is still the file of that
    name, which another run may have removed before it could be locked."""
    locked = take_lock(record.fileno())
    if locked is False or (locked is None and not is_fresh):
        return False
    try:
        return os.path.samestat(os.fstat(record.fileno()), os.lstat(path))
    except FileNotFoundError:
        return False


def _noted(record: FileIO) -> tuple[Mapping[str, str] | None, set[str]]:
    """What a record lists: the files of the draft with their checksums (None when it is no record), and those to be removed."""
    record.seek(0)
    listed, gone = None, set[str]()
    for line in record.readall().splitlines():
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict) and said.get("format") == _FORMAT:
            listed = said.get("files", listed)
            gone |= set(said.get("gone", ()))
    record.seek(0, os.SEEK_END)
    return listed, gone


def _as_listed(folder: Path, listed: Mapping[str, str]) -> set[str] | None:
    """The files of a folder that holds what a record lists, and nothing else; else None."""
    found = content_of(folder)
    if found.others or found.files != listed.keys():
        return None
    same = all(digest_of((folder / path).read_bytes()) == digest for path, digest in listed.items())
    return found.files | found.nobodys if same else None


def _folders_above(files: Iterable[str]) -> set[str]:
    return {parent.as_posix() for path in files for parent in PurePosixPath(path).parents}


def _free_name(place: Path) -> Path:
    """A name beside ``place`` under which nothing stands."""
    stem, number = f"{_shortened(place.name)}.kept", 1
    while os.path.lexists(place.with_name(stem if number == 1 else f"{stem}-{number}")):
        number += 1
    return place.with_name(stem if number == 1 else f"{stem}-{number}")


def _kept_aside(place: Path, kept: Path) -> SurveyError:
    found = sorted(content_of(kept).files)
    return fault("file.kept_aside", file=str(place), kept=str(kept), found=the_first(found, 5))


def _shortened(name: str) -> str:
    """A name within the length that leaves room for an ending; no two names become one.

    >>> _shortened("results"), len(_shortened("k" * 255))
    ('results', 100)
    """
    encoded = os.fsencode(name)
    if len(encoded) <= _LONGEST:
        return name
    mark = f"-{digest_of(encoded)[:12]}"
    return encoded[: _LONGEST - len(mark)].decode(errors="ignore") + mark
