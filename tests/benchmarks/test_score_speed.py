"""The main job in proportion: ``surveys score`` on the sample beside a script that only reads its files with the same readers.

Both are what a user starts: a fresh process each, with its imports, compiled modules at hand as after an installation.
Processor time, so that other work on the machine does not count. The ratio is noted, with and without imports; memory is limited.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peak_memory import TOLD, peak_memory

SAMPLE = Path(__file__).parents[2] / "data-sample" / "ha-noi-2023"
ROUNDS = 7
MOST_MEMORY = 500  # MB
MOST_START = 0.5  # seconds of processor time

#: Calamine, the csv module and pyreadstat over the files of a study: what scoring reads with, and nothing else.
BARE = """
import csv, pandas, pyreadstat
from python_calamine import CalamineWorkbook

def work(folder, out):
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
"""

SCORE = """
import contextlib, io
from surveys.cli import main

with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main(["--help"])
import pydantic.dataclasses, pydantic.type_adapter, pyreadstat, rich.console, rich.table, xlsxwriter
import scipy.linalg, scipy.sparse, scipy.special
import surveys.definitions.check, surveys.handover.package, surveys.reports.summaries, surveys.handover.workbook
import surveys.returns.files.archives, surveys.returns.files.statistical, surveys.returns.files.workbooks
import surveys.returns.reading, surveys.scoring.scores, surveys.validity.screening
from python_calamine import CalamineWorkbook

def work(folder, out):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        assert main(["score", str(folder), "--out", out]) == 0
"""

#: Runs one of the two and prints the seconds it took and the most memory held in MB.
MEASURED = """
import json, pathlib, resource, sys, time

start = time.process_time()
work(pathlib.Path(sys.argv[1]), sys.argv[2])
end = time.process_time()
# ru_maxrss of a started process counts what its parent had before the start; the high-water mark of the process itself does not.
status = pathlib.Path("/proc/self/status")
marks = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")] if status.exists() else []
used = float(marks[0].split()[1]) * 1024 if marks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": end - start, "memory": used / 1024**2}))
"""


def processor_time() -> float:
    """Seconds that the finished child processes have computed."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that finds its modules compiled, as an installed package has them."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(tmp_path / "compiled")}


def seconds_of(arguments: list[str], environment: dict[str, str]) -> tuple[float, str]:
    """Processor seconds of one Python process, and what it printed."""
    before = processor_time()
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return processor_time() - before, done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the peak memory of a process is read from POSIX")
def test_scoring_the_sample_beside_the_bare_reading(
    benchmark, tmp_path: Path, installed: dict[str, str]
) -> None:
    folder, out = str(SAMPLE), str(tmp_path / "out")
    programs = {
        "bare": ["-c", BARE + MEASURED, folder, out],
        "score": ["-m", "surveys", "score", folder, "--out", out],
        "inside": ["-c", SCORE + MEASURED, folder, out],
    }
    rounds: list[dict[str, tuple[float, str]]] = []

    def round_of_it() -> None:
        rounds.append({name: seconds_of(program, installed) for name, program in programs.items()})

    benchmark.pedantic(round_of_it, rounds=ROUNDS, iterations=1, warmup_rounds=1)
    rounds = rounds[1:]
    ratio = statistics.median(one["score"][0] / one["bare"][0] for one in rounds)
    inside = [json.loads(one["inside"][1]) for one in rounds]
    bare = [json.loads(one["bare"][1]) for one in rounds]
    without = statistics.median(
        ours["seconds"] / theirs["seconds"] for ours, theirs in zip(inside, bare, strict=True)
    )
    memory = max(run["memory"] for run in inside)
    benchmark.extra_info["times the bare reading"] = round(ratio, 2)
    benchmark.extra_info["times the bare reading, imports left out"] = round(without, 2)
    benchmark.extra_info["seconds of bare reading"] = round(
        statistics.median(one["bare"][0] for one in rounds), 2
    )
    benchmark.extra_info["seconds of scoring"] = round(
        statistics.median(one["score"][0] for one in rounds), 2
    )
    benchmark.extra_info["peak memory in MB"] = round(memory)
    if TOLD.exists():
        memory = peak_memory(programs["score"], installed)
        benchmark.extra_info["peak memory of all processes in MB, shared pages counted once"] = round(memory)
    assert memory < MOST_MEMORY


def test_help_comes_at_once(benchmark) -> None:
    taken: list[float] = []

    def started() -> None:
        before = processor_time()
        subprocess.run([sys.executable, "-m", "surveys", "--help"], capture_output=True, check=True)
        taken.append(processor_time() - before)

    benchmark.pedantic(started, rounds=ROUNDS, iterations=1)
    benchmark.extra_info["seconds of processor time"] = round(min(taken), 3)
    assert statistics.median(taken) < MOST_START
