"""How much memory another program holds, on systems that do not bound it themselves."""

from __future__ import annotations

import subprocess
import sys

#: Whether the system ends a program that asks for more memory than it may (``RLIMIT_AS``; macOS knows the name only).
BOUND_BY_SYSTEM = sys.platform.startswith("linux")


def memory_of(process: subprocess.Popen[bytes]) -> int:
    """Bytes of memory that a running program holds; 0 when it has ended or the system does not tell."""
    return _on_windows(process) if sys.platform == "win32" else _by_ps(process.pid)


def _by_ps(number: int) -> int:
    try:
        told = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(number)], capture_output=True, timeout=10, check=False
        )
        return int(told.stdout or 0) * 1024
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def _on_windows(process: subprocess.Popen[bytes]) -> int:
    """The working set of a program; the structure is PROCESS_MEMORY_COUNTERS of psapi.h."""
    import ctypes
    from ctypes import wintypes

    sizes = (
        "peak_working_set",
        "working_set",
        "peak_paged",
        "paged",
        "peak_other",
        "other",
        "file",
        "peak_file",
    )

    class Counters(ctypes.Structure):
        _fields_ = [
            ("size", wintypes.DWORD), ("faults", wintypes.DWORD), *((name, ctypes.c_size_t) for name in sizes)
        ]  # fmt: skip

    told = Counters(size=ctypes.sizeof(Counters))
    ask = ctypes.windll.kernel32.K32GetProcessMemoryInfo  # type: ignore[attr-defined]
    handle = wintypes.HANDLE(int(process._handle))  # type: ignore[attr-defined]
    return int(told.working_set) if ask(handle, ctypes.byref(told), told.size) else 0
