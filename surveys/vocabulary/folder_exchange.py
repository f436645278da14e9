"""Two names of a disk in one step, and what stands in folders forced to disk."""

from __future__ import annotations

import os
from pathlib import Path


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step where the system can (Linux renameat2, macOS renamex_np); False where it cannot."""
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


def sync(folder: Path) -> None:
    """Force the names in a folder to disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
