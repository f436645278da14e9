"""The analysis report of a round put together: the sections that its study asks for, and that have something to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from surveys.problems import phrase
from surveys.reports.analysis_report.parts import Block, Report, ReportSection
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.sections.answers import answers
from surveys.reports.analysis_report.sections.changes import changes
from surveys.reports.analysis_report.sections.conduct import conduct
from surveys.reports.analysis_report.sections.drivers import drivers
from surveys.reports.analysis_report.sections.fields import fields
from surveys.reports.analysis_report.sections.groups import groups
from surveys.reports.analysis_report.sections.league import league
from surveys.reports.analysis_report.sections.losses import losses
from surveys.reports.analysis_report.sections.method import method
from surveys.reports.analysis_report.sections.recommendations import recommendations
from surveys.reports.analysis_report.sections.respondents import respondents
from surveys.reports.analysis_report.sections.summary import summary
from surveys.reports.analysis_report.sections.units import units
from surveys.vocabulary.report_sections import ANNEXES, SectionName

#: Section → the function that tells it.
SECTIONS: Mapping[SectionName, Callable[[ReportedRound], Iterable[Block]]] = {
    "summary": summary,
    "conduct": conduct,
    "respondents": respondents,
    "league": league,
    "fields": fields,
    "groups": groups,
    "answers": answers,
    "drivers": drivers,
    "changes": changes,
    "losses": losses,
    "units": units,
    "recommendations": recommendations,
    "method": method,
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


def _sections(round_: ReportedRound, wanted: Iterable[SectionName]) -> Iterator[ReportSection]:
    for key in wanted:
        blocks = tuple(SECTIONS[key](round_))
        if blocks:
            yield ReportSection(key, phrase(f"report.section.{key}", round_.language), blocks, key in ANNEXES)
