"""How answers become scores: formulas by level of the tree, and the tree with its points and weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from surveys.definitions.instrument.records import Item, Node
from surveys.handover.words import label_of
from surveys.handover.workbook_sheets import marked
from surveys.problems import phrase
from surveys.reports.analysis_report.method.cells import cell, plain, sentence, table
from surveys.reports.analysis_report.method.facts import MethodFacts
from surveys.reports.analysis_report.parts import (
    Block,
    Heading,
    Number,
    NumberSource,
    Paragraph,
    Reference,
    Text,
)
from surveys.reports.analysis_report.told import told
from surveys.scoring.combination_rules import rule_of
from surveys.vocabulary.combination_names import ITEM_RULES, NODE_RULES, RESCALE, SHARES, WEIGHTED
from surveys.vocabulary.levels import ASSESSMENT, EXTERNAL_SURVEY

_TREE = "table-method-tree"
#: Levels of nodes that have a word; an instrument may have others.
NAMED_LEVELS = (
    "unit", "index", "field", "criterion", "sub_criterion", "dimension", "sub_dimension", "block", "factor", "perception",
    "expectation",
)  # fmt: skip


class Combinations:
    """What the nodes of a method combine, and by which rules."""

    def __init__(self, facts: MethodFacts) -> None:
        self.facts = facts

    @cached_property
    def depth(self) -> dict[str, int]:
        """Node → how many nodes stand above it."""
        return {node.code: len(self.facts.instrument.line[node.code]) - 1 for node in self.facts.nodes}

    def parts_of(self, node: Node) -> str:
        """What a node combines: items, children, or nothing."""
        if node.measured_by in (ASSESSMENT, EXTERNAL_SURVEY):
            return "none"
        if node.code in self.facts.instrument.items_of_node:
            return "items"
        return "children" if self.facts.instrument.children.get(node.code) else "none"

    def rule(self, node: Node) -> str:
        """The rule that combines the parts of a node in this round."""
        return rule_of(self.facts.instrument, node).name

    def level(self, node: Node) -> str:
        """What the level of a node is called; of a level of the instrument's own, how deep it is."""
        if node.level in NAMED_LEVELS:
            return phrase(f"report.method.level.{node.level}", self.facts.language)
        return phrase("report.method.level.depth", self.facts.language, depth=self.depth[node.code] + 1)

    def levels_by_rule(self, parts: str) -> dict[str, list[str]]:
        """Rule over such parts → the levels at which it is used, in the order of the tree."""
        found: dict[str, dict[str, None]] = {}
        for node in self.facts.nodes:
            if self.parts_of(node) == parts:
                found.setdefault(self.rule(node), {})[self.level(node).lower()] = None
        return {rule: list(levels) for rule, levels in found.items()}

    @property
    def is_weighted(self) -> bool:
        """Whether some nodes stand together by declared weights."""
        return WEIGHTED in self.levels_by_rule("children")

    def combined(self, node: Node) -> str:
        """How a node is combined, in short."""
        parts, language = self.parts_of(node), self.facts.language
        if parts == "none":
            return ""
        low, high = (marked(plain(limit or 0.0), language) for limit in (node.low, node.high))
        return phrase(f"report.method.combined.{parts}.{self.rule(node)}", language, low=low, high=high)


def formula(facts: MethodFacts) -> Iterator[Block]:
    """From answers to items, from items to nodes, from nodes to the index, and the tree; or how shares are counted."""
    language, over = facts.language, Combinations(facts)
    yield Heading(2, phrase("report.method.heading.formula", language))
    if not facts.kind.scored:
        yield Paragraph(told("report.method.shares_alone", language))
        return
    yield Heading(3, phrase("report.method.heading.answers", language))
    yield Paragraph(_value(facts))
    yield Paragraph(told("report.method.item", language))
    yield Heading(3, phrase("report.method.heading.nodes", language))
    yield from _rules(over, "items", ITEM_RULES)
    yield from _over_groups(facts)
    if facts.kind.points:
        yield Paragraph(told("report.method.points", language))
    yield Heading(3, phrase("report.method.heading.tree", language))
    yield from _rules(over, "children", NODE_RULES)
    yield from _other_halves(facts)
    plan = (
        ("level", 0.25, False),
        ("nodes", 0.1, True),
        ("measured_by", 0.2, False),
        ("combined", 0.45, False),
    )
    yield from table("levels", plan, _by_level(over), language)
    yield from _tree(over)


def _rules(over: Combinations, parts: str, known: Iterable[str]) -> Iterator[Paragraph]:
    used = over.levels_by_rule(parts)
    for rule in known:
        if rule in used:
            levels = ", ".join(used[rule])
            yield Paragraph(told(f"report.method.over_{parts}.{rule}", over.facts.language, levels=levels))


def _value(facts: MethodFacts) -> Text:
    """The value of an answer: on its ladder, or whether it counts as satisfied."""
    items = _scored(facts)
    reversed_ = ", ".join(item.code for item in items if item.reverse)
    if facts.instrument.scoring.numerator == "satisfied":
        return told(
            "report.method.satisfied",
            facts.language,
            levels="; ".join(_satisfied(facts, items)),
            reversed=reversed_,
        )
    ranged = ", ".join(item.code for item in items if (item.minimum or 0.0, _high(item)) != (0.0, 1.0))
    scales = Reference("table-method-scales")
    return told("report.method.value", facts.language, table=scales, ranged=ranged, reversed=reversed_)


def _high(item: Item) -> float:
    return 1.0 if item.maximum is None else item.maximum


def _scored(facts: MethodFacts) -> list[Item]:
    nodes = {node.code for node in facts.nodes if node.rule != SHARES}
    return [item for item in facts.instrument.items if item.node in nodes]


def _satisfied(facts: MethodFacts, items: Iterable[Item]) -> Iterator[str]:
    """The answers that count as satisfied, each once."""
    scales = dict.fromkeys(item.scale for item in items)
    levels = (level for scale in scales for level in facts.instrument.scale[scale].levels if level.satisfied)
    yield from dict.fromkeys(f"“{label_of(level, facts.language)}”" for level in levels)


def _over_groups(facts: MethodFacts) -> Iterator[Paragraph]:
    language = facts.language
    several = any(len(node.groups) > 1 for node in facts.nodes)
    name = "over_groups" if several else "one_group"
    yield Paragraph(told(f"report.method.{name}", language, table=Reference(_TREE)))
    yield Paragraph(told(f"report.method.on_missing.{facts.settings.inference.on_missing_group}", language))


def _other_halves(facts: MethodFacts) -> Iterator[Paragraph]:
    """Results without points; what another survey measures and what the council assesses."""
    language = facts.language
    if not facts.kind.points:
        yield Paragraph(told("report.method.in_percent", language))
    taken = [
        f"{node.code} {facts.words['node'][node.code]}"
        for node in facts.nodes
        if node.measured_by == EXTERNAL_SURVEY
    ]
    if taken:
        correlation = marked(plain(facts.settings.inference.external_correlation), language)
        yield Paragraph(
            told("report.method.external", language, nodes="; ".join(taken), correlation=correlation)
        )
    if facts.kind.council:
        yield Paragraph(told("handover.method.council.text", language))
    elif any(node.measured_by == ASSESSMENT for node in facts.nodes):
        yield Paragraph(told("report.method.survey_only", language))


def _by_level(over: Combinations) -> Iterator[tuple[Text, ...]]:
    counted: dict[tuple[str, str, str], int] = {}
    words = over.facts.words["measured_by"]
    for node in over.facts.nodes:
        parts = over.parts_of(node)
        scaled = parts == "items" and over.rule(node) == RESCALE
        combined = (
            phrase("report.method.combined.scaled", over.facts.language) if scaled else over.combined(node)
        )
        key = over.level(node), words[node.measured_by], combined
        counted[key] = counted.get(key, 0) + 1
    for (level, measured_by, combined), count in counted.items():
        yield cell(level), cell(str(count)), sentence(measured_by), sentence(combined)


# --- the tree ---------------------------------------------------------------------------------------------------------


def _tree(over: Combinations) -> Iterator[Block]:
    """Every node with its maximum points, or its weight where weights count, its groups with theirs, and how it is combined."""
    facts = over.facts
    full = "max_points" if facts.kind.points else "weight" if over.is_weighted else ""
    numbers = ((full, 0.1, True),) if full else ()
    names = (("code", 0.09, False), ("node", 0.38 if full else 0.48, False), ("measured_by", 0.13, False))
    more = (("group_weights", 0.12, False), ("combined", 0.18, False))
    note = told("report.method.note.tree", facts.language)
    nodes = facts.nodes
    bold = frozenset(
        k for k, node in enumerate(nodes) if over.depth[node.code] < 2 and over.parts_of(node) == "children"
    )
    rows = (
        (
            cell(node.code),
            cell(_name(facts, node)),
            sentence(facts.words["measured_by"][node.measured_by]),
            *([cell(*_of_tree(node, full))] if full else []),
            cell(_groups(facts, node)),
            sentence(over.combined(node)),
        )
        for node in nodes
    )
    yield from table("tree", (*names, *numbers, *more), rows, facts.language, bold=bold, note=note)


def _of_tree(node: Node, column: str) -> Text:
    """A number of a node as the table of the tree prints it."""
    number = getattr(node, column)
    return () if number is None else (Number(plain(number), NumberSource("tree", (node.code,), column)),)


def _name(facts: MethodFacts, node: Node) -> str:
    """The name of a node, with the blocks that have it where not all do."""
    name = facts.words["node"][node.code]
    if not node.blocks or set(facts.blocks) <= set(node.blocks):
        return name
    blocks = ", ".join(facts.words["block"][block] for block in node.blocks if block in facts.blocks)
    return phrase("report.method.of_blocks", facts.language, node=name, blocks=blocks)


def _groups(facts: MethodFacts, node: Node) -> str:
    """The numbers of the groups that answer a node, with their weights where these differ."""
    numbers = [
        (str(facts.groups.index(group) + 1), weight) for group, weight in node.groups if group in facts.groups
    ]
    if len({weight for _, weight in numbers}) < 2:
        return ", ".join(number for number, _ in numbers)
    shown = ((number, marked(plain(weight), facts.language)) for number, weight in numbers)
    return "; ".join(
        phrase("report.method.weighted_name", facts.language, name=n, weight=w) for n, w in shown
    )
