"""A lock on an open file, which the system gives up when the program that holds it ends, however it ends."""

from __future__ import annotations

import os

_BYTE = 1 << 30  # the one byte that is locked where locks are on bytes: far behind what the file holds


def take_lock(handle: int) -> bool | None:
    """Take the lock of an open file without waiting; False where another program has it, None where the disk knows no locks."""
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(handle, _BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if os.name == "nt" or isinstance(error, BlockingIOError) else None
    return True
