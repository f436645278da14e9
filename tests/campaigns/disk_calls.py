"""The calls by which a folder or file is written, followed one by one: what happens just before or after each can be tried."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

#: The files in which everything is written, and the calls by which it is.
_WRITERS = (
    "output_draft.py", "new_file.py", "new_folder.py", "folder_content.py", "folder_exchange.py", "file_lock.py", "folder.py",
    "earlier_results.py",
)  # fmt: skip
_CALLS = frozenset({
    "open", "write", "flush", "close", "__exit__", "fsync", "mkdir", "rename", "link", "unlink", "rmdir", "flock", "ftruncate",
    "scandir", "listdir", "seek", "readall", "lstat",
})  # fmt: skip


def is_disk_call(frame: FrameType, event: str, arg: Any) -> bool:
    """Whether an event of :func:`sys.setprofile` is the beginning or the end of such a call."""
    if event in ("c_call", "c_return"):
        return arg.__name__ in _CALLS and _is_below(frame)
    return frame.f_code.co_name == "exchange" and _is_ours(frame)


def doing_at(target: int, act: Callable[[], None], work: Callable[[], None]) -> int:
    """Do some work, and something else at the end or beginning of one of its calls to the disk; how many there were."""
    seen = 0

    def watch(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal seen
        if is_disk_call(frame, event, arg):
            seen += 1
            if seen == target:
                sys.setprofile(None)
                act()
                sys.setprofile(watch)

    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(None)
    return seen


def _is_ours(frame: FrameType) -> bool:
    return (
        frame.f_code.co_filename.endswith(_WRITERS) and f"{os.sep}surveys{os.sep}" in frame.f_code.co_filename
    )


def _is_below(frame: FrameType | None) -> bool:
    """Whether a call comes from one of the files that write, through the standard library or not."""
    for _ in range(5):
        if frame is None:
            return False
        if _is_ours(frame):
            return True
        frame = frame.f_back
    return False
