"""The main job in proportion: scoring the sample beside the bare reading of its files with the same readers.

Each round is a fresh process, as a user starts one. Imports are made first and left out of both figures; both are
processor time, so that other work on the machine does not count.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "data-sample" / "ha-noi-2023"
ROUNDS = 5
MOST_TIMES_BARE = 3.0
MOST_MEMORY = 500  # MB
MOST_START = 0.5  # seconds of processor time

#: Reads the files of a study with the readers that scoring uses, then scores it; prints seconds, seconds and MB.
MEASURED = """
import contextlib, csv, io, json, pathlib, resource, sys, time
from pathlib import Path

from surveys.cli import main

folder, out = Path(sys.argv[1]), sys.argv[2]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main(["--help"])
import pydantic.dataclasses, pydantic.type_adapter, pyreadstat, rich.console, rich.table, xlsxwriter
import scipy.linalg, scipy.optimize, scipy.sparse, scipy.stats
from python_calamine import CalamineWorkbook
import surveys.definitions.check, surveys.handover.package, surveys.handover.summary, surveys.handover.workbook
import surveys.returns.archives, surveys.returns.statistical, surveys.returns.workbooks
import surveys.returns.reading, surveys.scoring.scores, surveys.validity.screening

def bare():
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".csv" and path.name not in ("truth.csv", "defects.csv"):
            with open(path, encoding="utf-8-sig", newline="") as file:
                list(csv.reader(file))
        elif path.suffix == ".xlsx":
            book = CalamineWorkbook.from_path(str(path))
            for name in book.sheet_names:
                book.get_sheet_by_name(name).to_python()
        elif path.suffix == ".sav":
            pyreadstat.read_sav(str(path))

def seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start

read = min(seconds(bare) for _ in range(3))
said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
    scored = seconds(lambda: main(["score", str(folder), "--out", out]))
# ru_maxrss of a started process counts what its parent had before the start; the high-water mark of the process itself does not.
status = pathlib.Path("/proc/self/status")
marks = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")] if status.exists() else []
used = float(marks[0].split()[1]) * 1024 if marks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak = used / 1024**2
print(json.dumps({"bare": read, "score": scored, "memory": peak}))
"""


def processor_time() -> float:
    """Seconds that the finished child processes have computed."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.mark.skipif(sys.platform == "win32", reason="the peak memory of a process is read from POSIX")
def test_scoring_the_sample_takes_at_most_three_times_the_bare_reading(benchmark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    found: list[dict[str, float]] = []

    def round_of_it() -> None:
        command = [sys.executable, "-c", MEASURED, str(SAMPLE), str(tmp_path / f"out-{len(found)}")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))

    benchmark.pedantic(round_of_it, rounds=ROUNDS, iterations=1)
    ratio = statistics.median(times["score"] / times["bare"] for times in found)
    memory = max(times["memory"] for times in found)
    benchmark.extra_info["times the bare reading"] = round(ratio, 2)
    benchmark.extra_info["seconds of bare reading"] = round(statistics.median(t["bare"] for t in found), 3)
    benchmark.extra_info["seconds of scoring"] = round(statistics.median(t["score"] for t in found), 3)
    benchmark.extra_info["peak memory in MB"] = round(memory)
    assert memory < MOST_MEMORY
    assert ratio <= MOST_TIMES_BARE


def test_help_comes_at_once(benchmark) -> None:  # type: ignore[no-untyped-def]
    taken: list[float] = []

    def started() -> None:
        before = processor_time()
        subprocess.run([sys.executable, "-m", "surveys", "--help"], capture_output=True, check=True)
        taken.append(processor_time() - before)

    benchmark.pedantic(started, rounds=ROUNDS, iterations=1)
    benchmark.extra_info["seconds of processor time"] = round(min(taken), 3)
    assert statistics.median(taken) < MOST_START
