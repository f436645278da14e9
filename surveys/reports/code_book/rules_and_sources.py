"""What makes a form valid, and where numbers and wordings come from."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.handover.words import rule_words
from surveys.problems import phrase
from surveys.reports.analysis_report.method.cells import cell, sentence
from surveys.reports.analysis_report.method.facts import MethodFacts
from surveys.reports.analysis_report.method.screened import conditions
from surveys.reports.analysis_report.parts import Block, Text
from surveys.reports.code_book.tables import listed, table
from surveys.vocabulary.dates import written_date


def rules(facts: MethodFacts) -> Iterator[Block]:
    """The rules in force with thresholds, severity and questionnaires."""
    columns = (
        ("rule", 0.2),
        ("meaning", 0.24),
        ("condition", 0.24),
        ("done", 0.16),
        ("questionnaires", 0.16),
    )
    yield from table("rules", columns, _rules(facts), facts.language)


def _rules(facts: MethodFacts) -> Iterator[tuple[Text, ...]]:
    language = facts.language
    for rule in facts.rules:
        every = phrase("report.method.all_questionnaires", language)
        yield (
            cell(rule.rule),
            sentence(rule_words(rule.rule, language)),
            sentence(listed(conditions(facts, rule))),
            sentence(phrase(f"report.method.done.{rule.severity}", language)),
            sentence(listed(rule.questionnaires) or every),
        )


def sources(facts: MethodFacts) -> Iterator[Block]:
    """The documents that the definitions cite."""
    columns = (("code", 0.16), ("document", 0.4), ("status", 0.14), ("notes", 0.3))
    yield from table("sources", columns, _sources(facts), facts.language)


def _sources(facts: MethodFacts) -> Iterator[tuple[Text, ...]]:
    language = facts.language
    for source in facts.instrument.sources:
        day = written_date(source.date, language)
        said = {"number": source.number, "date": day, "issuer": source.issuer, "page": source.page}
        cited = phrase("codebook.cited", language, document=source.document, **said)
        status = phrase(f"codebook.status.{source.status}", language)
        yield cell(source.code), cell(cited), cell(status), cell(source.note)
