"""What makes a form valid: every rule in force with its thresholds and what is done."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.handover.words import rule_words
from surveys.handover.workbook_facts import RuleInForce
from surveys.handover.workbook_method import TOLD_SEVERITIES, threshold_shown
from surveys.problems import phrase
from surveys.reports.analysis_report.method.cells import cell, sentence, table
from surveys.reports.analysis_report.method.facts import MethodFacts
from surveys.reports.analysis_report.parts import Block, Heading, Paragraph, Reference, Text
from surveys.reports.analysis_report.told import joined, told

#: The choice of a rule that names fields.
_FIELDS = "fields"
#: Choices that go without saying.
_UNSAID = frozenset({("modes", "any")})


def validity(facts: MethodFacts) -> Iterator[Block]:
    """The rules, and what else is counted or not: answers, copies, decisions."""
    language = facts.language
    yield Heading(2, phrase("report.method.heading.validity", language))
    yield Paragraph(told("report.method.validity", language, table=Reference("table-method-rules")))
    plan = (
        ("number", 0.06, True),
        ("rule", 0.32, False),
        ("condition", 0.28, False),
        ("for", 0.16, False),
        ("done", 0.18, False),
    )
    yield from table("rules", plan, _rules(facts), language)
    for name in ("answers", "copies", "decisions"):
        yield Paragraph(told(f"report.method.{name}", language))
    made = _decisions(facts)
    if made:
        yield Paragraph(told("report.method.decisions.made", language, decisions=made))


def _rules(facts: MethodFacts) -> Iterator[tuple[Text, ...]]:
    """The rules, those that reject first."""
    language, called = facts.language, facts.words["questionnaire"]
    ordered = sorted(facts.rules, key=lambda rule: TOLD_SEVERITIES.index(rule.severity))
    for number, rule in enumerate(ordered, 1):
        named = "; ".join(called.get(code, code) for code in rule.questionnaires)
        yield (
            cell(str(number)),
            sentence(rule_words(rule.rule, language)),
            sentence("; ".join(conditions(facts, rule))),
            sentence(named or phrase("report.method.all_questionnaires", language)),
            sentence(phrase(f"report.method.done.{rule.severity}", language)),
        )


def conditions(facts: MethodFacts, rule: RuleInForce) -> Iterator[str]:
    """Thresholds and choices of a rule in words."""
    thresholds = (threshold_shown(name, value, facts.language) for name, value in rule.thresholds)
    yield from filter(None, thresholds)
    for name, value in rule.choices:
        if name == _FIELDS:
            fields = facts.field_names(value.split(", ")) if value else ""
            code = f"report.method.choice.{name}" if fields else f"report.method.choice.{name}.identifying"
            yield phrase(code, facts.language, fields=fields)
        elif (name, value) not in _UNSAID:
            yield phrase(f"report.method.choice.{name}.{value}", facts.language)


def _decisions(facts: MethodFacts) -> Text:
    """How many decisions people made, by what they are about."""
    made = (
        told(
            "report.method.decided",
            facts.language,
            about=phrase(f"report.method.about.{about}", facts.language),
            count=count,
        )
        for about, count in facts.programs.decisions
    )
    return joined(*made, by="; ")
