"""How forms are weighted, and what their errors take for the sample design."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.definitions.study.records import WeightPlan
from surveys.handover.workbook_sheets import marked
from surveys.problems import phrase
from surveys.reports.analysis_report.method.cells import cell, plain, sentence, table
from surveys.reports.analysis_report.method.facts import MethodFacts, Pair
from surveys.reports.analysis_report.parts import Block, Heading, Paragraph, Reference, Text
from surveys.reports.analysis_report.told import told


def weights(facts: MethodFacts) -> Iterator[Block]:
    """The plan of every block and group, and what is done with strata of one cluster."""
    language = facts.language
    yield Heading(2, phrase("report.method.heading.weights", language))
    yield Paragraph(told("report.method.weights", language, table=Reference("table-method-weights")))
    if any(plan.base == "frame" for plan in facts.plan_of.values()):
        yield Paragraph(told("report.method.frame", language))
    plan = (("block", 0.16, False), ("group", 0.26, False), ("base", 0.14, False), ("design", 0.24, False))
    yield from table("weights", (*plan, ("calibration", 0.2, False)), _plans(facts), language)
    treated: dict[str, dict[str, None]] = {}
    for (_, group), one in facts.plan_of.items():
        treated.setdefault(one.lonely, {})[facts.words["group"][group]] = None
    for lonely, groups in treated.items():
        said = phrase(f"report.method.lonely.{lonely}", language)
        yield Paragraph(told("report.method.lonely", language, groups=", ".join(groups), treated=said))


def _plans(facts: MethodFacts) -> Iterator[tuple[Text, ...]]:
    """A row of every block and plan, with the groups that have it."""
    nothing = phrase("report.method.no_calibration", facts.language)
    found: dict[tuple[str, Text, Text, Text], list[str]] = {}
    for (block, group), plan in facts.plan_of.items():
        design = sentence("; ".join(_design(facts, (block, group), plan)))
        calibrated = sentence("; ".join(_calibration(facts, plan)) or nothing)
        key = facts.words["block"][block], cell(_base(facts, plan)), design, calibrated
        found.setdefault(key, []).append(facts.words["group"][group])
    for (block, *how), groups in found.items():
        yield cell(block), cell("; ".join(groups)), *how


def _base(facts: MethodFacts, plan: WeightPlan) -> str:
    if plan.base == "given" and not plan.weight:
        return phrase("report.method.base.drawn", facts.language)
    return phrase(f"report.method.base.{plan.base}", facts.language, field=facts.field_names([plan.weight]))


def _design(facts: MethodFacts, pair: Pair, plan: WeightPlan) -> Iterator[str]:
    """Strata and clusters, and whether the population is finite."""
    language = facts.language
    if plan.base == "given" and not plan.weight:
        yield phrase("report.method.strata.drawn", language)
        return
    matrix = any(q.matrix for q in facts.questionnaires if (q.block, q.group) == pair)
    strata = "report.method.strata.block" if matrix else "report.method.strata"
    yield phrase(strata, language, fields=facts.field_names(plan.strata))
    if plan.clusters:
        yield phrase("report.method.clusters", language, fields=facts.field_names(plan.clusters))
    else:
        yield phrase("report.method.clusters.rater", language)
    if plan.census:
        yield phrase("report.method.census", language)
    if plan.finite and not plan.strata and not plan.clusters and facts.sizes.population.get(pair):
        yield phrase("report.method.finite", language)


def _calibration(facts: MethodFacts, plan: WeightPlan) -> Iterator[str]:
    language = facts.language
    if plan.margins:
        distance = phrase(f"report.method.distance.{plan.distance}", language)
        low, high = _limits(facts, plan.bounds)
        fields = facts.field_names(plan.margins)
        yield phrase("report.method.margins", language, fields=fields, distance=distance, low=low, high=high)
    if plan.trim:
        low, high = _limits(facts, plan.trim)
        yield phrase("report.method.trim", language, low=low, high=high)


def _limits(facts: MethodFacts, limits: tuple[float, float] | None) -> tuple[str, str]:
    if limits is None:
        return "", ""
    low, high = (marked(plain(limit), facts.language) for limit in limits)
    return low, high
