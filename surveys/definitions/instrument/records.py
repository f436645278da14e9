"""The frozen records of an instrument: what is asked, of whom, and how answers become points.

They hold no arithmetic and know no files; :mod:`surveys.definitions.instrument.reading` builds them from a folder of
``questionnaires/``. Codes are ASCII words; labels and texts are NFC. Names follow the field's terms: study, block,
unit, group, questionnaire, form, item, scale, level, field → criterion → sub-criterion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from surveys.definitions.field_types import Condition, Date, MayBeEmpty, OptionCode, Weighted
from surveys.problems import Language
from surveys.vocabulary.combination_names import SHARES
from surveys.vocabulary.levels import ASSESSMENT, MeasuredBy
from surveys.vocabulary.roles import FieldRole
from surveys.vocabulary.validity_rules import RuleSeverity

#: Levels that a scale has at most: answers are kept as int8.
MOST_LEVELS = 127
# Answers are level positions 0, 1, … in the order of the scale; the reasons for having none are negative.
BLANK, DONT_KNOW, REFUSED, NOT_APPLICABLE, NOT_ASKED, OUT_OF_SCALE, SEVERAL = -1, -2, -3, -4, -5, -6, -7
NON_ANSWERS: Mapping[str, int] = {
    "blank": BLANK,
    "dont_know": DONT_KNOW,
    "refused": REFUSED,
    "not_applicable": NOT_APPLICABLE,
    "not_asked": NOT_ASKED,
    "out_of_scale": OUT_OF_SCALE,
    "several": SEVERAL,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The table ``[identity]``: which edition this is. ``comparable_with`` names editions whose results may be compared;
    ``based_on`` the edition of which this one states only the differences: a shipped name, or ``./folder`` within its own."""

    code: str
    edition: str
    based_on: str = ""
    label_vi: str = ""
    label_en: str = ""
    total_points: float | None = None
    comparable_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Without:
    """The table ``[without]``: codes of what an edition does not take over from the one it is based on. What cannot be without it
    goes too: with a node those below it and their items; with a block its questionnaires and units; with a group its
    questionnaires; with a questionnaire the items, fields and rules that are for no other. Units may be named ``block/code``."""

    blocks: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    questionnaires: tuple[str, ...] = ()
    unit_groups: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number or a wording comes from. ``document`` is its title; ``number``, ``date``, ``issuer`` cite an official one.
    ``status``: stated [S], derived [D], open [O]."""

    code: str
    document: str
    number: str = ""
    date: Date = ""
    issuer: str = ""
    page: str = ""
    note: str = ""
    status: Literal["stated", "derived", "open"] = "open"


@dataclass(frozen=True, slots=True)
class Level:
    """One option of a scale; ``values`` are its values in [0, 1] under each ladder of the scale, in ladder order. ``chosen``: of
    two levels this one says that an option of a question with several answers was chosen."""

    code: OptionCode
    values: tuple[float, ...]
    label_vi: MayBeEmpty
    label_en: MayBeEmpty
    satisfied: bool = False
    aliases: tuple[str, ...] = ()
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class NonAnswer:
    """A code or text that stands for no answer: dont_know, refused, not_applicable or blank."""

    code: OptionCode
    kind: Literal["dont_know", "refused", "not_applicable", "blank"]
    label_vi: str = ""
    label_en: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """Ordered options. ``kind``: ordinal and choice have one answer, multiple may have several (stored as one
    yes/no item per option)."""

    code: str
    levels: tuple[Level, ...]
    kind: Literal["ordinal", "choice", "multiple"] = "ordinal"
    ladders: tuple[str, ...] = ("default",)
    non_answers: tuple[NonAnswer, ...] = ()
    label_vi: str = ""
    label_en: str = ""

    def values(self, ladder: str = "") -> tuple[float, ...]:
        """Values of the levels under ``ladder`` (the first ladder when empty)."""
        k = self.ladders.index(ladder) if ladder else 0
        return tuple(level.values[k] for level in self.levels)


@dataclass(frozen=True, slots=True)
class Block:
    """A set of comparable units: departments, districts, communes, provinces."""

    code: str
    label_vi: MayBeEmpty
    label_en: MayBeEmpty


@dataclass(frozen=True, slots=True)
class Group:
    """A respondent group."""

    code: str
    label_vi: MayBeEmpty
    label_en: MayBeEmpty


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One form, for one block and one group. ``matrix``: one return rates many units of the block.
    ``own_unit`` names the form field with the rater's own unit, which the rater must not score (empty: no such rule)."""

    code: str
    block: str
    group: str
    label_vi: MayBeEmpty
    label_en: MayBeEmpty
    matrix: bool = False
    modes: tuple[str, ...] = ()
    own_unit: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One question. ``node`` is empty for filters that are not scored. ``asked_when`` = (item, level codes): asked only
    of those who answered that item so. ``minimum`` and ``maximum`` rescale the level values (theoretical range of an
    indicator); ``reverse`` turns the ladder (value v becomes 1 − v, satisfied levels are mirrored)."""

    code: str
    node: MayBeEmpty
    scale: str
    questionnaires: tuple[str, ...]
    text_vi: MayBeEmpty
    text_en: MayBeEmpty
    reverse: bool = False
    weight: float = 1.0
    minimum: float | None = None
    maximum: float | None = None
    asked_when: Condition | None = None
    required: bool = False
    aliases: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the index tree. ``level``: index, field, criterion, sub_criterion (or the index's own words);
    ``rule`` names the combination of its items or children (see ``surveys.scoring.combination_rules``); ``groups`` = the groups
    that answer with their weights, declared where groups are combined (nodes with items). ``measured_by``: survey (items
    below), external (an estimate from another survey), assessment (points read from a file), total (its children)."""

    code: str
    parent: MayBeEmpty
    level: str
    rule: MayBeEmpty
    label_vi: MayBeEmpty
    label_en: MayBeEmpty
    measured_by: MeasuredBy = "total"
    weight: float = 1.0
    max_points: float | None = None
    low: float | None = None
    high: float | None = None
    groups: Weighted = ()
    blocks: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A body being assessed. Dates are ISO text (empty: open); ``successors`` are unit codes that took it over."""

    code: str
    block: str
    name_vi: str
    name_en: str = ""
    kind: str = ""
    aliases: tuple[str, ...] = ()
    valid_from: Date = ""
    valid_to: Date = ""
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitGroup:
    """A group of units by their place in the block, best first: those above the order statistic ``percentile`` (in
    [0, 1), 0 for the rest of the units), and those at it where ``inclusive``."""

    code: str
    percentile: float
    inclusive: bool = True
    label_vi: str = ""
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class ResultClass:
    """A class of results (excellent, good, …), best first: of the units whose total is at least ``percent_from`` percent of the
    maximum and that belong to no better class."""

    code: str
    percent_from: float
    label_vi: str = ""
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class IndexPart:
    """A part of the index that sums by source keep apart: everything at and below its ``nodes``. What stands in no part
    belongs to what it is measured by."""

    code: str
    nodes: tuple[str, ...]
    label_vi: str = ""
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class DriverModel:
    """What may drive the overall judgement: ``outcome``, an item of no node with an ordered scale, and the ``nodes`` that may
    explain it."""

    code: str
    outcome: str
    nodes: tuple[str, ...]
    label_vi: str = ""
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A category of a field that is measured: from ``low`` to ``high``, both included (empty: no limit)."""

    category: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a return that is not an item. ``role``: form_code, unit, submitted, started, seconds, interviewer,
    operator, rater, identification (must be filled; only its presence is kept), personal (never read into the tables),
    own_unit, stratum, cluster, weight, attribute (kept: calibration, breakdown; ``categories``: code → what is written for it,
    first its name in Vietnamese; ``names_en``: code → its name in English). ``measure``: the column holds a number, or an age,
    year or date of birth, of which the category is the one of ``bands``; only that is kept. ``questionnaires`` that ask it
    (empty: all)."""

    code: str
    role: FieldRole
    headers: tuple[str, ...]
    categories: tuple[tuple[str, tuple[str, ...]], ...] = ()
    label_vi: str = ""
    label_en: str = ""
    measure: Literal["", "age", "number"] = ""
    bands: tuple[Band, ...] = ()
    names_en: tuple[tuple[str, str], ...] = ()
    questionnaires: tuple[str, ...] = ()

    def category_name(self, code: str, language: Language) -> str:
        """What a category is called; its code where it has no name in the language."""
        said = dict(self.categories).get(code, ())
        return dict(self.names_en).get(code, code) if language == "en" else next(iter(said), code)


@dataclass(frozen=True, slots=True)
class Rule:
    """A validity rule with its severity and parameters; ``rule`` is one of ``VALIDITY_RULES`` of
    :mod:`surveys.vocabulary.validity_rules`."""

    rule: str
    severity: RuleSeverity
    params: tuple[tuple[str, object], ...] = ()
    questionnaires: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class ScorePlan:
    """How answers become scores. ``numerator``: value (level values) or satisfied (top-box share); ``ladder`` names
    a ladder of the scales (empty: the first)."""

    numerator: Literal["value", "satisfied"] = "value"
    ladder: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Instrument:
    """A whole edition. Order is the order of the files; nodes stand parents first."""

    code: str
    edition: str
    label_vi: str
    label_en: str
    blocks: tuple[Block, ...]
    groups: tuple[Group, ...]
    questionnaires: tuple[Questionnaire, ...]
    scales: tuple[Scale, ...]
    nodes: tuple[Node, ...]
    items: tuple[Item, ...]
    units: tuple[Unit, ...]
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    sources: tuple[Source, ...]
    scoring: ScorePlan = ScorePlan()
    total_points: float | None = None
    comparable_with: tuple[str, ...] = ()
    unit_groups: tuple[UnitGroup, ...] = ()
    classes: tuple[ResultClass, ...] = ()
    parts: tuple[IndexPart, ...] = ()
    drivers: tuple[DriverModel, ...] = ()
    based_on: str = ""
    folder: str = ""

    @property
    def name(self) -> str:
        """``code/edition``, as users write it."""
        return f"{self.code}/{self.edition}"

    @cached_property
    def scale(self) -> Mapping[str, Scale]:
        return {scale.code: scale for scale in self.scales}

    @cached_property
    def node(self) -> Mapping[str, Node]:
        return {node.code: node for node in self.nodes}

    @cached_property
    def item(self) -> Mapping[str, Item]:
        return {item.code: item for item in self.items}

    @cached_property
    def item_position(self) -> Mapping[str, int]:
        """Column of each item in every answer matrix."""
        return {item.code: k for k, item in enumerate(self.items)}

    @cached_property
    def questionnaire(self) -> Mapping[str, Questionnaire]:
        return {q.code: q for q in self.questionnaires}

    @cached_property
    def unit(self) -> Mapping[tuple[str, str], Unit]:
        """Units by (block, code)."""
        return {(unit.block, unit.code): unit for unit in self.units}

    @cached_property
    def children(self) -> Mapping[str, tuple[Node, ...]]:
        """Child nodes by parent code; the roots stand under the empty code."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.parent, []).append(node)
        return {code: tuple(nodes) for code, nodes in found.items()}

    @cached_property
    def items_of_node(self) -> Mapping[str, tuple[Item, ...]]:
        found: dict[str, list[Item]] = {}
        for item in self.items:
            if item.node:
                found.setdefault(item.node, []).append(item)
        return {code: tuple(items) for code, items in found.items()}

    def scored_children(self, code: str, block: str) -> tuple[Node, ...]:
        """The nodes below one (the roots, below the empty code) that enter the index of a block."""
        below = self.children.get(code, ())
        return tuple(n for n in below if n.rule != SHARES and (not n.blocks or block in n.blocks))

    @cached_property
    def line(self) -> Mapping[str, tuple[Node, ...]]:
        """Every node with those above it, itself first; a parent that stands after its child is left out."""
        found: dict[str, tuple[Node, ...]] = {}
        for node in self.nodes:
            found[node.code] = (node, *found.get(node.parent, ()))
        return found

    def items_below(self, code: str) -> tuple[Item, ...]:
        """The items of a node and of everything below it that enter the index, in the order of the questionnaire."""
        lines = ((item, self.line.get(item.node, ())) for item in self.items)
        return tuple(
            item
            for item, line in lines
            if line and line[0].rule != SHARES and any(node.code == code for node in line)
        )

    @cached_property
    def _assessed_lines(self) -> Mapping[str, tuple[tuple[Node, ...], ...]]:
        """The nodes measured by assessment that stand below no other such node, each with those above it, by the code of every
        node of that line, and all of them by the empty code."""
        found: dict[str, list[tuple[Node, ...]]] = {}
        for line in self.line.values():
            first = line[0].measured_by == ASSESSMENT and all(n.measured_by != ASSESSMENT for n in line[1:])
            if first and all(n.rule != SHARES for n in line):
                for code in ("", *(node.code for node in line)):
                    found.setdefault(code, []).append(line)
        return {code: tuple(lines) for code, lines in found.items()}

    def assessed_leaves(self, code: str, block: str) -> tuple[Node, ...]:
        """The part of a node (of the whole index, for the empty code) that the council assesses: the nodes of a block measured by
        assessment, from it downwards, that stand below no other such node."""
        lines = self._assessed_lines.get(code, ())
        return tuple(line[0] for line in lines if all(not n.blocks or block in n.blocks for n in line))

    def leaves(self, block: str) -> tuple[Node, ...]:
        """The nodes of the index of a block below which nothing else of it stands, in the order of the tree."""
        return tuple(self._leaves("", block))

    def _leaves(self, above: str, block: str) -> Iterator[Node]:
        for node in self.scored_children(above, block):
            below = [] if node.measured_by == ASSESSMENT else list(self._leaves(node.code, block))
            yield from below or [node]

    def source_of(self, code: str) -> str:
        """Where the points of a leaf come from: the part of the index that it stands in, else what it is measured by."""
        line = {node.code for node in self.line[code]}
        named = (part.code for part in self.parts if line & set(part.nodes))
        return next(named, self.node[code].measured_by)

    def scale_of(self, item: str) -> Scale:
        """The scale of an item, by the item's code."""
        return self.scale[self.item[item].scale]

    def items_of(self, questionnaire: str) -> tuple[Item, ...]:
        """Items printed on one questionnaire, in order."""
        return tuple(item for item in self.items if questionnaire in item.questionnaires)

    @property
    def asks_code(self) -> bool:
        """Whether a field holds the code of the form."""
        return any(field.role == "form_code" for field in self.fields)

    def fields_of(self, questionnaire: str) -> tuple[Field, ...]:
        """Fields that one questionnaire asks, in order."""
        return tuple(
            field
            for field in self.fields
            if not field.questionnaires or questionnaire in field.questionnaires
        )

    def units_of(self, block: str) -> tuple[Unit, ...]:
        return tuple(unit for unit in self.units if unit.block == block)
