"""The index tree of a form: the groups that hold scored questions, below one root."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

from surveys.definitions.instrument.records import Node
from surveys.fieldwork.xlsform_import.form_structure import AskedQuestion, QuestionGroup
from surveys.fieldwork.xlsform_import.languages import TwoTexts
from surveys.fieldwork.xlsform_import.scales import code_of
from surveys.vocabulary.combination_names import MEAN, SHARES
from surveys.vocabulary.levels import SURVEY, TOTAL

ROOT = "0"
#: What the levels below the root are called, from the first.
_LEVELS = ("field", "criterion", "sub_criterion")
#: The node of questions that stand beside groups, below the same group.
_GENERAL = TwoTexts("Nội dung chung", "General")


@dataclass
class Tree:
    """The nodes while questions are placed; ``by_group``: a group by its identity → its node."""

    title: TwoTexts
    source: str
    nodes: dict[str, Node] = field(default_factory=dict)
    by_group: dict[int, str] = field(default_factory=dict)
    holds: dict[str, list[str]] = field(default_factory=dict)

    def place(self, item: str, question: AskedQuestion) -> None:
        """Place a scored item below the groups of its question."""
        if not self.nodes:
            self.nodes[ROOT] = self._node(ROOT, "", 0, self.title)
        above = ROOT
        for depth, group in enumerate(_counted(question.groups), 1):
            if id(group) not in self.by_group:
                code = code_of(group.name, self.nodes)
                label = TwoTexts(group.label.vi or group.name, group.label.en)
                self.nodes[code] = self._node(code, above, depth, label)
                self.by_group[id(group)] = code
            above = self.by_group[id(group)]
        self.holds.setdefault(above, []).append(item)

    def only_shares(self) -> Node:
        """The one node of a form in which nothing is scored: shares of each answer, no index."""
        root = self._node(ROOT, "", 0, self.title)
        return dataclasses.replace(root, rule=SHARES, measured_by=SURVEY)

    def _node(self, code: str, parent: str, depth: int, label: TwoTexts) -> Node:
        level = _LEVELS[min(depth, len(_LEVELS)) - 1] if depth else "index"
        return Node(code, parent, level, MEAN, label.vi, label.en, TOTAL, source=self.source)

    def finished(self) -> tuple[tuple[Node, ...], dict[str, str]]:
        """The nodes, parents first, and item → node. Items beside the groups of a node get a node of their own."""
        parents = {node.parent for node in self.nodes.values()}
        found: list[Node] = []
        places: dict[str, str] = {}
        for code, node in self.nodes.items():
            items = self.holds.get(code, ())
            if items and code in parents:
                own = code_of(f"{code}.0", self.nodes)
                depth = _depth(node, self.nodes) + 1
                found += [
                    node,
                    dataclasses.replace(self._node(own, code, depth, _GENERAL), measured_by=SURVEY),
                ]
                places |= dict.fromkeys(items, own)
            else:
                found.append(dataclasses.replace(node, measured_by=SURVEY) if items else node)
                places |= dict.fromkeys(items, code)
        return tuple(found), places


def _counted(groups: Sequence[QuestionGroup]) -> list[QuestionGroup]:
    """The groups that become nodes: a repeat over units is none, and of a matrix only the frame is one."""
    return [
        group
        for group in groups
        if group.kind != "repeat" and not (group.outer and group.outer.kind == "kobomatrix")
    ]


def _depth(node: Node, nodes: dict[str, Node]) -> int:
    depth = 0
    while node.parent:
        node, depth = nodes[node.parent], depth + 1
    return depth
