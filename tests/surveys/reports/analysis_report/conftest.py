"""Results of which reports are made: each round is simulated and scored once for all programs that run the tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.surveys.reports.analysis_report.rounds import make

#: Key of a round → the path of its results.
Results = Callable[[str], Path]


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The results of a round by its key (see ``rounds.make``); nothing is written into them."""
    root = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent
    shared = root / "rounds-of-reports"
    shared.mkdir(exist_ok=True)

    @cache
    def made(key: str) -> Path:
        place = shared / key
        if not place.exists():
            scratch = tmp_path_factory.mktemp(key) / "round"
            scratch.mkdir()
            make(key, scratch)
            try:
                (scratch / "results").rename(place)
            except OSError:  # another program was faster
                shutil.rmtree(scratch)
        return place

    return made
