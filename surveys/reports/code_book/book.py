"""The code book as content: the instrument, each questionnaire, then what they share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from surveys.definitions.declared_rules import with_standing
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.words import label_of
from surveys.problems import Language, phrase
from surveys.reports.analysis_report.method.facts import facts_of_study
from surveys.reports.analysis_report.parts import Block, Report, ReportSection
from surveys.reports.code_book.answers import scales
from surveys.reports.code_book.instrument import about
from surveys.reports.code_book.questionnaires import questionnaire
from surveys.reports.code_book.rules_and_sources import rules, sources
from surveys.reports.code_book.tree import tree
from surveys.reports.code_book.units import units


def code_book(study: StudyDefinition, language: Language) -> Report:
    """The code book of a study, or of an edition (:func:`edition_alone`).

    >>> from surveys.definitions.instrument.reading import load_instrument
    >>> book = code_book(edition_alone(load_instrument("sipas/2023")), "en")
    >>> [section.key for section in book.sections]
    ['about', 'questionnaire-nguoi-dan', 'scales', 'tree', 'rules', 'units', 'sources']
    """
    facts = facts_of_study(study, language)
    sections = [_section("about", phrase("codebook.title.about", language), about(facts))]
    for form in facts.instrument.questionnaires:
        title = phrase(
            "codebook.title.questionnaire", language, key=form.code, label=label_of(form, language)
        )
        sections.append(_section(f"questionnaire-{form.code}", title, questionnaire(facts, form)))
    chapters = (
        ("scales", scales),
        ("tree", tree),
        ("rules", rules),
        ("units", lambda f: units(f, study)),
        ("sources", sources),
    )
    for key, made in chapters:
        sections.append(_section(key, phrase(f"codebook.title.{key}", language), made(facts)))
    return Report(
        phrase("codebook.document", language),
        phrase(
            "codebook.subject", language, label=label_of(facts.instrument, language) or facts.instrument.name
        ),
        facts.label,
        language,
        study.publication,
        tuple(section for section in sections if section.blocks),
        is_signed=False,
    )


def edition_alone(instrument: Instrument) -> StudyDefinition:
    """An edition as a study of nothing but itself."""
    return StudyDefinition(
        instrument.code,
        instrument.label_vi,
        instrument.label_en,
        instrument,
        Path(instrument.folder),
        instrument.units,
        rules=with_standing(instrument.rules, instrument.questionnaire),
    )


def _section(key: str, title: str, blocks: Iterator[Block]) -> ReportSection:
    return ReportSection(key, title, tuple(blocks))
