"""The analysis report of a round put together: the sections that its study asks for, and that have something to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module

from surveys.problems import phrase
from surveys.reports.analysis_report.parts import Block, Report, Section
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.vocabulary.report_sections import ANNEXES, REPORT_SECTIONS, ReportSection


def _function(key: str) -> Callable[[ReportedRound], Iterable[Block]]:
    try:
        return getattr(import_module(f"surveys.reports.analysis_report.sections.{key}"), key)
    except ImportError:
        return lambda _: ()


#: Section → the function that tells it.
SECTIONS: Mapping[ReportSection, Callable[[ReportedRound], Iterable[Block]]] = {
    key: _function(key) for key in REPORT_SECTIONS
}


def report_of(round_: ReportedRound) -> Report:
    """The report of a round in its language, with the sections of its study (``[report]``)."""
    language, settings = round_.language, round_.results.settings
    return Report(
        title=phrase("report.title", language),
        subject=settings.publication.document.title(language)
        or phrase("report.subject", language, study=round_.label),
        label=round_.label,
        language=language,
        publication=settings.publication,
        sections=tuple(_sections(round_, settings.report.sections)),
        fingerprint=round_.results.fingerprint,
    )


def _sections(round_: ReportedRound, wanted: Iterable[ReportSection]) -> Iterator[Section]:
    for key in wanted:
        blocks = tuple(SECTIONS[key](round_))
        if blocks:
            yield Section(key, phrase(f"report.section.{key}", round_.language), blocks, key in ANNEXES)
