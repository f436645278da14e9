"""Errors, intervals, ranks, classes, what is not shown, changes, rounding, programs."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.handover.words import label_of
from surveys.handover.workbook_method import classes_shown
from surveys.handover.workbook_sheets import marked
from surveys.problems import phrase
from surveys.reports.analysis_report.method.cells import plain
from surveys.reports.analysis_report.method.facts import MethodFacts
from surveys.reports.analysis_report.parts import Block, Heading, Paragraph
from surveys.reports.analysis_report.told import told


def intervals(facts: MethodFacts) -> Iterator[Block]:
    """Standard errors, degrees of freedom, the interval of the round, and what it does not tell."""
    language, plan = facts.language, facts.settings.inference
    level = marked(plain(100 * plan.level), language)
    yield Heading(2, phrase("report.method.heading.intervals", language))
    yield Paragraph(told("report.method.errors", language))
    yield Paragraph(told(f"report.method.variances.{plan.variances}", language))
    yield Paragraph(told(f"report.method.small_sample.{plan.small_sample}", language))
    yield Paragraph(told(f"report.method.interval.{plan.interval}", language, level=level))
    yield Paragraph(told("handover.method.interval.text", language, level=level))
    whole = dict.fromkeys(facts.words["group"][group] for (_, group), p in facts.plan_of.items() if p.census)
    if whole:
        shift = marked(plain(100 * plan.nonresponse_shift), language)
        yield Paragraph(told("report.method.nonresponse", language, groups=", ".join(whole), shift=shift))


def ranks(facts: MethodFacts) -> Iterator[Block]:
    """Ranks with their ranges, groups of units, classes of results, where anything is scored."""
    if not facts.kind.scored:
        return
    language, settings = facts.language, facts.settings
    level = marked(plain(100 * settings.inference.level), language)
    yield Heading(2, phrase("report.method.heading.ranks", language))
    yield Paragraph(told("report.method.rank", language, level=level))
    if facts.instrument.unit_groups:
        yield Paragraph(told("report.method.unit_groups", language, groups="; ".join(_unit_groups(facts))))
    if facts.kind.classes and settings.classes:
        classes = tuple((one.code, one.percent_from, label_of(one, language)) for one in settings.classes)
        yield Paragraph(
            told("handover.method.class.text", language, classes=classes_shown(classes, language))
        )


def _unit_groups(facts: MethodFacts) -> Iterator[str]:
    for one in facts.instrument.unit_groups:
        code = "report.method.unit_group" if one.percentile else "report.method.unit_group.rest"
        shown = marked(plain(100 * one.percentile), facts.language)
        yield phrase(code, facts.language, label=label_of(one, facts.language), percentile=shown)


def hidden(facts: MethodFacts) -> Iterator[Block]:
    """From how many forms a result is shown."""
    language, minimum = facts.language, facts.settings.minimum
    others = "; ".join(
        phrase(
            "report.method.hidden.group", language, group=facts.words["group"].get(group, group), forms=forms
        )
        for group, forms in minimum.by_group
    )
    yield Heading(2, phrase("report.method.heading.hidden", language))
    yield Paragraph(told("report.method.hidden", language, forms=minimum.forms, others=others))


def changes(facts: MethodFacts) -> Iterator[Block]:
    """How rounds are compared, where they are, or may be."""
    if facts.compares and facts.kind.scored:
        yield Heading(2, phrase("report.method.heading.changes", facts.language))
        yield Paragraph(told("report.method.changes", facts.language))


def rounding(facts: MethodFacts) -> Iterator[Block]:
    """How numbers are printed."""
    output, language = facts.settings.output, facts.language
    points = output.points_decimals if facts.kind.points else ""
    yield Heading(2, phrase("report.method.heading.rounding", language))
    yield Paragraph(told("report.method.rounding", language, points=points, percent=output.percent_decimals))


def software(facts: MethodFacts) -> Iterator[Block]:
    """The program, and by what the results are known."""
    made, language = facts.programs, facts.language
    packages = ", ".join(f"{name} {number}" for name, number in made.packages.items())
    yield Heading(2, phrase("report.method.heading.software", language))
    yield Paragraph(
        told(
            "report.method.software",
            language,
            version=made.version,
            python=made.python,
            packages=packages,
            inputs=made.inputs,
        )
    )
    if made.fingerprint:
        yield Paragraph(told("report.method.fingerprint", language, fingerprint=made.fingerprint))
