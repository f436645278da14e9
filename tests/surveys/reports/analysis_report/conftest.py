"""Results of which reports are made, each scored once for all programs that run the tests, and their reports."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

import surveys as sv
from tests.surveys.reports.analysis_report.printed_cells import Cells, rows_of, unguarded
from tests.surveys.reports.analysis_report.read_word import ReadReport, read_report
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


@dataclass(frozen=True)
class Reported:
    """A report as it was written, and of what: the folder of the report, of the results, of the earlier round."""

    folder: Path
    results: Path
    earlier: Path | None
    language: str

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
        return Cells(self.results, self.folder.parent / f"{self.folder.name}-cells", self.earlier)


#: Key of a round, language, whether its earlier round stands beside it → its report.
Report = Callable[[str, str, bool], Reported]


@pytest.fixture(scope="session")
def reported(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Reports, each written once by each program that runs tests; nothing is written into them."""

    @cache
    def made(key: str, language: str, beside: bool) -> Reported:
        earlier = results(f"{key}-before") if beside else None
        folder = tmp_path_factory.mktemp(f"report-{key}-{language}") / "report"
        sv.report(results(key), folder, earlier, language=language)
        return Reported(folder, results(key), earlier, language)

    return made
