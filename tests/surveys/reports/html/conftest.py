"""Pages of reports, each made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import surveys as sv
from surveys.gap_report import gaps_of_round
from surveys.handover.analysed_results import analysed_results
from surveys.handover.round_results import verified_run
from surveys.problems import Language
from surveys.reports.analysis_report.assembled import report_of
from surveys.reports.analysis_report.reported_round import label_of_run, reported_round, with_changes
from surveys.reports.figures.of_report import drawings_of, keys_of
from surveys.reports.html.page import page
from tests.surveys.reports.analysis_report.conftest import Results, results
from tests.surveys.reports.html.page_reading import Page

__all__ = ["Pages", "pages", "results"]

#: Key of a round, language, whether its earlier round stands beside it → its page.
Pages = Callable[..., Page]


def page_of(folder: Path, language: Language, earlier: Path | None = None) -> bytes:
    """The page of the report of a folder of results, as ``surveys report`` writes it."""
    verified = verified_run(folder)
    own, before = analysed_results(verified), None if earlier is None else verified_run(earlier)
    gaps = gaps_of_round(own, None if before is None else analysed_results(before))
    round_ = reported_round(verified, gaps, language)
    if before is not None:
        changes = sv.compare(before.folder, folder).changes
        round_ = with_changes(round_, changes, label_of_run(before.run, language))
    round_ = replace(round_, figures=keys_of(round_))
    return page(round_, report_of(round_), drawings_of(round_))


@pytest.fixture(scope="session")
def pages(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Pages in files."""
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def made(key: str, language: Language, *, beside: bool = False) -> Page:
        path = folder / f"{key}-{language}-{beside}.html"
        path.write_bytes(page_of(results(key), language, results(f"{key}-before") if beside else None))
        return Page(path)

    return made
