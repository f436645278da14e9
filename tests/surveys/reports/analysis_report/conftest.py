"""Results of which reports are made, each scored once for all programs that run the tests, and their reports."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path

import pytest

import surveys as sv
from surveys.vocabulary.file_lock import take_lock
from tests.surveys.reports.analysis_report.printed_cells import Cells, rows_of, unguarded
from tests.surveys.reports.analysis_report.read_word import ReadReport, read_report
from tests.surveys.reports.analysis_report.rounds import make

#: Key of a round → the path of its results.
Results = Callable[[str], Path]


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder for what all programs that run the tests use."""
    root = factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent
    (root / "rounds-of-reports").mkdir(exist_ok=True)
    return root / "rounds-of-reports"


def once(place: Path, make: Callable[[Path], Path]) -> Path:
    """What ``make`` leaves in a scratch folder, at ``place``; other programs wait until the first that asks has made it."""
    with place.with_suffix(".lock").open("w") as lock:
        while take_lock(lock.fileno()) is False:
            time.sleep(0.1)
        if not place.exists():
            scratch = place.with_suffix(".scratch")
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            make(scratch).rename(place)
            shutil.rmtree(scratch)
    return place


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The results of a round by its key (see ``rounds.make``); nothing is written into them."""
    shared = shared_folder(tmp_path_factory)

    def of_round(key: str, scratch: Path) -> Path:
        make(key, scratch)
        return scratch / "results"

    return cache(lambda key: once(shared / key, partial(of_round, key)))


@dataclass(frozen=True)
class Reported:
    """A report as it was written, and of what: the folder of the report, the results, the earlier round; ``scratch``: for what
    other commands say of them."""

    folder: Path
    results: Path
    earlier: Path | None
    language: str
    scratch: Path

    @property
    def numbers(self) -> list[dict[str, str]]:
        """The rows of ``report-numbers.csv``."""
        listed = rows_of(self.folder / "report-numbers.csv")
        return [{name: unguarded(text) for name, text in row.items()} for row in listed]

    @cached_property
    def word(self) -> ReadReport:
        return read_report((self.folder / "bao-cao-phan-tich.docx").read_bytes())

    @cached_property
    def cells(self) -> Cells:
        return Cells(self.results, self.scratch, self.earlier)


#: Key of a round, language, whether its earlier round stands beside it → its report.
Report = Callable[[str, str, bool], Reported]


@pytest.fixture(scope="session")
def reported(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Reports, each written once; nothing is written into them."""
    shared = shared_folder(tmp_path_factory)

    @cache
    def made(key: str, language: str, beside: bool) -> Reported:
        of, earlier = results(key), results(f"{key}-before") if beside else None

        def write(scratch: Path) -> Path:
            sv.report(of, scratch / "report", earlier, language=language)
            return scratch / "report"

        folder = once(shared / f"report-{key}-{language}-{beside}", write)
        return Reported(folder, of, earlier, language, tmp_path_factory.mktemp("cells"))

    return made
