"""Writing a folder of results: all or nothing.

The files are written into a hidden sibling folder and forced to disk; then one rename puts it in the place of the old one.
Whoever looks, or pulls the plug, sees the old folder or the new one, never a mixture. A folder that this program did not
make, or that holds files of someone else, is never replaced.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from surveys.handover.manifest import MANIFEST, SUMS, digest_of, read_manifest, read_sums
from surveys.problems import Problems, the_first
from surveys.vocabulary.progress import Step

#: Ending of an earlier result while it is between two renames.
_ASIDE = ".old"
#: What desktops and open office programs leave behind; it belongs to nobody.
_DESKTOP_FILES = (".DS_Store", "Thumbs.db", "desktop.ini")
_LOCK_FILES = ("~$", ".~lock.")


def write_folder(out: Path, files: Mapping[str, bytes], progress: Step | None = None) -> None:
    """Put ``files`` (relative path → bytes) at ``out``, replacing an earlier result as a whole.

    Raises SurveyError when ``out`` is a file, holds something that is not a result, or holds files that someone added or
    changed; then nothing is written. OSError (no space, no permission) leaves the earlier result as it was.
    ``progress("write", files done, files in all)`` is told after each file.
    """
    place = Path(os.path.realpath(out))
    obstacles(place, out, str(json.loads(files[MANIFEST])["content"])).raise_errors()
    place.parent.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(place)
    with _draft_of(place) as draft:
        for done, (path, content) in enumerate(files.items(), start=1):
            _write_file(draft / path, content)
            if progress is not None:
                progress("write", done, len(files))
        for folder in sorted({(draft / path).parent for path in files}, reverse=True):
            _sync(folder)
        _put(draft, place)
        _sync(place.parent)


def files_of(folder: Path) -> set[str]:
    """Relative paths of all files below a folder, without what desktops leave behind."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() and not _is_nobodys(path)
    }


def _bare_folders(folder: Path) -> set[str]:
    """Relative paths of folders without anything in them and of links to folders, which no run makes."""
    return {
        f"{path.relative_to(folder).as_posix()}/"
        for path in folder.rglob("*")
        if path.is_dir() and (path.is_symlink() or not any(path.iterdir()))
    }


def obstacles(place: Path, shown: Path, content: str) -> Problems:
    """Why ``place`` must not be replaced by ``content``; none where it does not exist, is empty or is an untouched result
    of the same content (or a screening, which scores replace)."""
    problems = Problems()
    found = files_of(place) | _bare_folders(place) if place.is_dir() else set()
    manifest = read_manifest(place / MANIFEST)
    before = str((manifest or {}).get("content", ""))
    if place.exists() and not place.is_dir():
        problems.add("handover.out_is_a_file", file=str(shown))
    elif found and manifest is None:
        problems.add("handover.out_is_foreign", file=str(shown), found=_some(found))
    elif found:
        if before != content and (before, content) != ("screening", "scores"):
            problems.add("handover.out_is_other", file=str(shown), before=before, content=content)
        _note_files_of_people(place, shown, found, problems)
    return problems


def _note_files_of_people(place: Path, shown: Path, found: set[str], problems: Problems) -> None:
    """Files that someone added, and files that are not as the run that its checksums tell of wrote them."""
    sums = read_sums(place / SUMS)
    added = found - sums.keys() - {SUMS, MANIFEST}
    if added:
        problems.add("handover.out_has_added_files", file=str(shown), found=_some(added))
    sums.pop(MANIFEST, None)  # which is told by what stands in it
    edited = {path for path in found & sums.keys() if digest_of((place / path).read_bytes()) != sums[path]}
    if edited:
        problems.add("handover.out_has_edited_files", file=str(shown), found=_some(edited))


@contextmanager
def _draft_of(place: Path) -> Iterator[Path]:
    """A new hidden sibling folder, locked while this process lives, gone at the end unless it was put in place."""
    draft = Path(tempfile.mkdtemp(prefix=_draft_prefix(place), dir=place.parent))
    lock = _lock(draft)
    try:
        os.chmod(draft, 0o777 & ~_umask())
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _write_file(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _put(draft: Path, place: Path) -> None:
    """Rename ``draft`` to ``place``; what stood there ends up under the name of the draft."""
    if not place.exists():
        os.rename(draft, place)
    elif not _exchange(draft, place):
        _rename_over(draft, place)


def _rename_over(draft: Path, place: Path) -> None:
    """Two renames, for systems that cannot exchange two folders in one; the first is undone if the second fails."""
    aside = draft.with_name(f"{draft.name}{_ASIDE}")
    os.rename(place, aside)
    try:
        os.rename(draft, place)
    except BaseException:
        os.rename(aside, place)
        raise
    os.rename(aside, draft)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step where the system can (Linux renameat2, macOS renamex_np)."""
    if os.name != "posix":
        return False
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    a, b = os.fsencode(one), os.fsencode(other)
    here, swap = -100, 2  # AT_FDCWD, RENAME_EXCHANGE = RENAME_SWAP
    if hasattr(library, "renameat2"):
        return bool(library.renameat2(here, a, here, b, swap) == 0)
    if hasattr(library, "renamex_np"):
        return bool(library.renamex_np(a, b, swap) == 0)
    return False


def _clear_leftovers(place: Path) -> None:
    """Remove drafts of runs that were killed (nobody holds their lock); put back a result caught between two renames."""
    for path in place.parent.glob(f"{_draft_prefix(place)}*{_ASIDE}"):
        if not place.exists():
            os.rename(path, place)
    for path in place.parent.glob(f"{_draft_prefix(place)}*"):
        lock = _lock(path) if path.is_dir() else None
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """An exclusive lock on a folder, given up when the process ends; None where it is taken or not to be had."""
    try:
        import fcntl
    except ImportError:
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _sync(folder: Path) -> None:
    """Force the names in a folder to disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _draft_prefix(place: Path) -> str:
    return f".{place.name}.draft-"


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _is_nobodys(path: Path) -> bool:
    return path.name in _DESKTOP_FILES or path.name.startswith(_LOCK_FILES)


def _some(paths: set[str]) -> str:
    return the_first(sorted(paths), 5)
