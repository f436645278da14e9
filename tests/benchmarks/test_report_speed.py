"""Reports of many units: four times as many cost about four times as much, as a ratio of processor time within one run.

Run with ``-s`` to see the seconds of all communes, the whole command from verifying the results to 3,300 documents.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median

from tests.surveys.reports.analysis_report.rounds import COUNTRY, communes, written

TIMES = 4
MOST = 1.6 * TIMES  # beyond proportion: what logarithms and a machine that is used otherwise may add


def seconds(results: Path, out: Path) -> float:
    """Processor time of the command in a program of its own, the median of five runs."""
    command = [sys.executable, "-m", "surveys", "report", str(results), "--out", str(out)]
    taken = []
    for _ in range(5):
        before = os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        taken.append(spent)
    return median(taken)


def test_reports_grow_with_their_units(tmp_path: Path) -> None:
    units = len(COUNTRY.names)
    fewer = units // TIMES
    few = replace(COUNTRY, names=communes(fewer), levels=COUNTRY.levels[:fewer], forms=COUNTRY.forms[:fewer])
    costs = []
    for name, of in (("few", few), ("all", COUNTRY)):
        (tmp_path / name).mkdir()
        written(tmp_path / name, of)
        costs.append(seconds(tmp_path / name / "results", tmp_path / f"report-{name}"))
    print(f"{fewer} units: {costs[0]:.1f} s; {units} units: {costs[1]:.1f} s")
    assert costs[1] <= MOST * costs[0]
