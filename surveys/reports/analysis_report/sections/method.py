"""The method annex, and the same text before the survey: what makes a form valid, formula, aggregation and all else that is
fixed in the definitions."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Language, phrase
from surveys.reports.analysis_report.method.asked import measured, questionnaires, sample
from surveys.reports.analysis_report.method.facts import MethodFacts, facts_of_round, facts_of_study
from surveys.reports.analysis_report.method.formulas import formula
from surveys.reports.analysis_report.method.inferred import (
    changes,
    hidden,
    intervals,
    ranks,
    rounding,
    software,
)
from surveys.reports.analysis_report.method.screened import validity
from surveys.reports.analysis_report.method.weighted import weights
from surveys.reports.analysis_report.parts import Block, Report, ReportSection
from surveys.reports.analysis_report.reported_round import ReportedRound

#: The chapters of a method in their order.
_CHAPTERS = (
    measured, sample, questionnaires, validity, weights, formula, intervals, ranks, hidden, changes, rounding, software,
)  # fmt: skip


def method(round_: ReportedRound) -> Iterator[Block]:
    """How the results of a round were made."""
    return blocks_of(facts_of_round(round_))


def blocks_of(facts: MethodFacts) -> Iterator[Block]:
    """The chapters of a method."""
    for chapter in _CHAPTERS:
        yield from chapter(facts)


def method_of_study(study: StudyDefinition, language: Language) -> Report:
    """How the results of a study will be made, as a document of its own: no form has to be there."""
    facts = facts_of_study(study, language)
    section = ReportSection("method", phrase("report.method.title", language), tuple(blocks_of(facts)))
    return Report(
        phrase("report.method.document", language),
        phrase("report.method.subject", language, label=facts.label),
        facts.label,
        language,
        study.publication,
        (section,),
        has_contents=False,
    )
