"""The most memory that a program and the programs it starts hold at one time, as Linux tells it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

#: Where a process says what it holds, pages that it shares with others divided among them.
TOLD = Path("/proc/self/smaps_rollup")
BETWEEN = 0.02  # seconds between two looks


def peak_memory(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """MB held at most by a Python process with these arguments and by those that it starts."""
    command, silent = [sys.executable, *arguments], subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=silent, stderr=silent) as process:
        most = 0
        while process.poll() is None:
            most = max(most, sum(map(held, family(process.pid))))
            time.sleep(BETWEEN)
    assert process.returncode == 0
    return most / 1024


def family(process: int) -> Iterator[int]:
    """A process and those that it and its children started."""
    yield process
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            started = children.read_text(encoding="ascii").split()
        except OSError:  # it has just ended
            continue
        for child in started:
            yield from family(int(child))


def held(process: int) -> int:
    """kB that a process holds; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
