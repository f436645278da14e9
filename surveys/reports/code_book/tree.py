"""The tree of the index with points, weights and groups."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.definitions.instrument.records import Node
from surveys.handover.words import label_of
from surveys.handover.workbook_sheets import marked
from surveys.problems import phrase
from surveys.reports.analysis_report.method.cells import cell, plain, sentence
from surveys.reports.analysis_report.method.facts import MethodFacts
from surveys.reports.analysis_report.method.formulas import Combinations
from surveys.reports.analysis_report.parts import Block, Text
from surveys.reports.code_book.tables import listed, table


def tree(facts: MethodFacts) -> Iterator[Block]:
    """Every node, those above before those below."""
    columns = (
        ("code", 0.11), ("node", 0.29), ("level", 0.12), ("measured_by", 0.12), ("points", 0.1), ("combined", 0.12),
        ("groups", 0.14),
    )  # fmt: skip
    over = Combinations(facts)
    bold = {k for k, node in enumerate(facts.nodes) if facts.instrument.children.get(node.code)}
    yield from table("tree", columns, (_node(over, node) for node in facts.nodes), facts.language, bold=bold)
    language = facts.language
    groups = (
        (cell(group.code), cell(label_of(group, language)), cell(_percentile(facts, group.percentile)))
        for group in facts.instrument.unit_groups
    )
    yield from table("unit_groups", (("code", 0.2), ("label", 0.5), ("limit", 0.3)), groups, language)
    classes = (
        (cell(one.code), cell(label_of(one, language)), cell(_percent(facts, one.percent_from)))
        for one in facts.instrument.classes
    )
    yield from table("classes", (("code", 0.2), ("label", 0.5), ("limit", 0.3)), classes, language)
    parts = (
        (cell(part.code), cell(label_of(part, language)), cell(listed(part.nodes)))
        for part in facts.instrument.parts
    )
    yield from table("parts", (("code", 0.2), ("label", 0.5), ("nodes", 0.3)), parts, language)
    drivers = (
        (cell(one.code), cell(label_of(one, language)), cell(one.outcome), cell(listed(one.nodes)))
        for one in facts.instrument.drivers
    )
    yield from table(
        "drivers", (("code", 0.2), ("label", 0.4), ("outcome", 0.15), ("nodes", 0.25)), drivers, language
    )


def _node(over: Combinations, node: Node) -> tuple[Text, ...]:
    facts = over.facts
    points = "" if node.max_points is None else marked(plain(node.max_points), facts.language)
    combined = over.combined(node)
    if node.weight != 1:
        weight = phrase("codebook.weight", facts.language, weight=marked(plain(node.weight), facts.language))
        combined = listed((combined, weight))
    return (
        cell(node.code),
        cell(label_of(node, facts.language)),
        cell(over.level(node)),
        sentence(facts.words["measured_by"].get(node.measured_by, node.measured_by)),
        cell(points),
        sentence(combined),
        cell(listed(_groups(facts, node))),
    )


def _groups(facts: MethodFacts, node: Node) -> Iterator[str]:
    """The groups that answer, with their weights where these differ, and the blocks that have the node, where not all do."""
    equal = len({weight for _, weight in node.groups}) < 2
    for group, weight in node.groups:
        shown = marked(plain(weight), facts.language)
        yield group if equal else phrase("codebook.weighted_group", facts.language, group=group, weight=shown)
    if node.blocks:
        yield phrase("codebook.only_in", facts.language, blocks=", ".join(node.blocks))


def _percentile(facts: MethodFacts, percentile: float) -> str:
    return phrase(
        "codebook.percentile", facts.language, value=marked(plain(100 * percentile), facts.language)
    )


def _percent(facts: MethodFacts, percent: float) -> str:
    return phrase("codebook.percent_from", facts.language, value=marked(plain(percent), facts.language))
