"""What the parts of an instrument owe each other: references, order, points, weights, ranges, names.

Every function looks at one kind of fault in an :class:`InstrumentDraft` and notes all of them; none changes anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf

from surveys.definitions.declared_rules import check_persons
from surveys.definitions.draft import InstrumentDraft
from surveys.definitions.field_types import Condition, MayBeEmpty
from surveys.definitions.instrument.driver_models import check_drivers
from surveys.definitions.instrument.points import check_points
from surveys.definitions.instrument.records import (
    MOST_LEVELS,
    Block,
    DriverModel,
    Field,
    Group,
    IndexPart,
    Item,
    Level,
    Node,
    NonAnswer,
    Questionnaire,
    ResultClass,
    Rule,
    Scale,
    ScorePlan,
    Source,
    Unit,
    UnitGroup,
)
from surveys.definitions.instrument.yes_or_no import yes_or_no
from surveys.definitions.record_building import listed, types_of
from surveys.definitions.shared_checks import (
    Key,
    Range,
    Reference,
    check_once,
    check_period,
    check_ranges,
    check_references,
    checked_date,
    increasing,
    note_doubles,
    refer,
    within,
)
from surveys.problems import Place
from surveys.vocabulary.columns import LINE_COLUMNS, TAKEN_BY_ROWS
from surveys.vocabulary.combination_names import (
    AGGREGATIONS,
    CHILD_RULES,
    ITEM_RULES,
    NODE_RULES,
    RESCALE,
    SHARES,
    WEIGHTED,
)
from surveys.vocabulary.folding import fold
from surveys.vocabulary.levels import ALL_GROUPS, MEASURED_BY, SURVEY, TOTAL
from surveys.vocabulary.roles import KEPT_ROLES, PERSON_ROLES

#: A unit code is given once in its block.
UNITS_ONCE: Key = (Unit, "code", ("block", "code"))
CODED = (
    Block,
    Group,
    Questionnaire,
    UnitGroup,
    ResultClass,
    IndexPart,
    DriverModel,
    Source,
    Field,
    Node,
    Item,
)
ONCE: tuple[Key, ...] = (
    *((kind, "code", ("code",)) for kind in CODED),
    (Questionnaire, "group", ("block", "group")),
    UNITS_ONCE,
)
REFERENCES: tuple[Reference, ...] = (
    (Questionnaire, "block", Block),
    (Questionnaire, "group", Group),
    (Node, "groups", Group),
    (Node, "blocks", Block),
    (Item, "node", Node),
    (Item, "scale", Scale),
    (Item, "questionnaires", Questionnaire),
    (Field, "questionnaires", Questionnaire),
    (IndexPart, "nodes", Node),
    (DriverModel, "outcome", Item),
    (DriverModel, "nodes", Node),
)
RANGES: tuple[Range, ...] = (
    (Node, "weight", 0, None),
    (Node, "max_points", 0, None),
    (Item, "weight", 0, None),
)


def refers(record: type) -> dict[str, type]:
    """The columns of a table that hold one code each, and the kind of records these name."""
    named = {column: kind for of, column, kind in REFERENCES if of is record}
    one = {column: kind for column, kind in named.items() if types_of(record)[column] in (str, MayBeEmpty)}
    return one | ({"parent": Node} if record is Node else {})


def check_draft(draft: InstrumentDraft) -> None:
    """Note every contradiction inside an instrument."""
    check_once(draft, ONCE)
    check_references(draft, REFERENCES, draft.known)
    check_ranges(draft, RANGES)
    check_questionnaires(draft)
    for scale, place in draft.of(Scale):
        check_scale(scale, place)
    check_scoring(draft, draft.instrument.scoring, draft.place.below("scoring"))
    check_fields(draft)
    check_persons(draft.of(Rule), draft.all(Field))
    check_tree(draft)
    check_points(draft)
    check_items(draft)
    check_answering(draft)
    check_units(draft.of(Unit), draft.known(Block))
    check_unit_groups(draft)
    check_classes(draft.of(ResultClass))
    check_parts(draft)
    check_drivers(draft)
    check_sources(draft)


def check_questionnaires(draft: InstrumentDraft) -> None:
    """The field of the rater's own unit exists; every questionnaire asks something; ``all`` is no group."""
    own = [f.code for f, _ in draft.of(Field) if f.role == "own_unit"]
    asked = {code for item, _ in draft.of(Item) for code in item.questionnaires}
    for form, place in draft.of(Questionnaire):
        refer(place, "own_unit", "own_unit", [form.own_unit] if form.own_unit else [], own)
        if form.code not in asked and not draft.broken & {Item}:
            place.note("questionnaire.no_items", "code", value=form.code)
    for group, place in draft.of(Group):
        if group.code == ALL_GROUPS:
            place.note("group.reserved", "code", value=group.code)


def check_scale(scale: Scale, place: Place) -> None:
    """Levels exist and are not too many, have a value in [0, 1] per ladder, and no text can mean two of them."""
    if not scale.levels:
        place.note("scale.no_levels", "levels")
    if len(scale.levels) > MOST_LEVELS:
        place.note("scale.many_levels", "levels", found=len(scale.levels), most=MOST_LEVELS)
    for k, level in enumerate(scale.levels, 1):
        where = place.below(f"levels[{k}]")
        if len(level.values) != len(scale.ladders):
            where.note("scale.values_count", "values", found=len(level.values), expected=len(scale.ladders))
        for value in level.values:
            within(where, "values", value, 0, 1)
    marked = [level.code for level in scale.levels if level.chosen]
    if (marked or scale.kind == "multiple") and yes_or_no(scale) is None:
        place.note(
            "scale.chosen_unclear", "levels", scale=scale.code, levels=[level.code for level in scale.levels]
        )
    for text, meanings in _meanings(scale).items():
        if len(meanings) > 1:
            place.note("scale.ambiguous_text", value=text, meanings=meanings)


def _meanings(scale: Scale) -> Mapping[str, list[str]]:
    """Folded text → the codes of the levels and non-answers it stands for, each once."""
    found: dict[str, list[str]] = defaultdict(list)
    options: tuple[Level | NonAnswer, ...] = (*scale.levels, *scale.non_answers)
    for option in options:
        texts = {fold(t) for t in (option.code, option.label_vi, option.label_en, *option.aliases) if t}
        for text in sorted(texts):
            found[text].append(option.code)
    return found


def check_scoring(draft: InstrumentDraft, plan: ScorePlan, place: Place) -> None:
    """The ladder that is asked for exists in every ordinal scale; the aggregation of the whole is a known one."""
    for scale, _ in draft.of(Scale):
        if plan.ladder and (scale.kind == "ordinal" or len(scale.ladders) > 1):
            refer(place, "ladder", "ladder", [plan.ladder], scale.ladders)
    if plan.rule and plan.rule not in AGGREGATIONS:
        place.not_accepted("tree.rule", "rule", plan.rule, AGGREGATIONS)


def check_fields(draft: InstrumentDraft) -> None:
    """Columns are named, and no heading or category text can mean two things."""
    headings: list[tuple[str, Place]] = []
    for entry, place in draft.of(Field):
        if not entry.headers:
            place.note("field.no_headers", "headers")
        headings += [(key, place) for key in dict.fromkeys(fold(text) for text in entry.headers)]
        texts = [fold(text) for _, aliases in entry.categories for text in dict.fromkeys(aliases)]
        for text in repeated(texts):
            place.note("field.ambiguous_category", "categories", value=text)
        taken = (
            TAKEN_BY_ROWS if entry.role in KEPT_ROLES else LINE_COLUMNS if entry.role in PERSON_ROLES else ()
        )
        if entry.code in taken:
            place.note("field.reserved", "code", value=entry.code)
        for code, _ in entry.names_en:
            if code not in dict(entry.categories):
                place.not_accepted("record.not_accepted", "names_en", code, dict(entry.categories))
        _check_bands(entry, place)
    note_doubles(headings, "headers")


def _check_bands(field: Field, place: Place) -> None:
    """Bands belong to a measure, name categories of the field, and no two of them overlap."""
    if bool(field.measure) != bool(field.bands) or (field.measure and field.role not in KEPT_ROLES):
        place.note("field.measure", "measure" if field.measure else "bands", field=field.code)
    reached = -inf
    for band in sorted(field.bands, key=lambda band: -inf if band.low is None else band.low):
        low, high = -inf if band.low is None else band.low, inf if band.high is None else band.high
        if band.category not in dict(field.categories):
            place.not_accepted("record.not_accepted", "bands", band.category, dict(field.categories))
        if low > high or low <= reached:
            place.note("field.bands", "bands", category=band.category)
        reached = high


def repeated(texts: Iterable[str]) -> list[str]:
    """The texts that occur more than once.

    >>> repeated(["a", "b", "a"])
    ['a']
    """
    return [text for text, times in Counter(texts).items() if times > 1]


def check_tree(draft: InstrumentDraft) -> None:
    """Parents stand before their children; rules, ranges, groups and weights of every node fit what lies below it."""
    seen: set[str] = set()
    known, built = draft.known(Node), {node.code for node, _ in draft.of(Node)}
    broken = draft.broken & {Node, Item}
    for node, place in draft.of(Node):
        if node.parent == node.code:
            place.note("tree.own_parent", "parent", value=node.code)
        elif node.parent and node.parent not in known:
            place.not_accepted("tree.unknown_parent", "parent", node.parent, known)
        elif node.parent in built and node.parent not in seen:
            place.note("tree.parent_after_child", "parent", value=node.parent, node=node.code)
        seen.add(node.code)
        _check_node(node, place)
        if not broken:
            _check_parts(node, place, draft)
    if draft.of(Node) and not broken and not draft.instrument.children.get(""):
        draft.of(Node)[0][1].note("tree.no_root", "parent")


def _check_node(node: Node, place: Place) -> None:
    for code in repeated(group for group, _ in node.groups):
        place.note("tree.group_twice", "groups", value=code)
    weights = [weight for _, weight in node.groups]
    if weights and (min(weights) < 0 or sum(weights) <= 0):
        place.note("tree.group_weights", "groups", node=node.code)
    increasing(place, "low", node.low, node.high)
    if (node.low, node.high) != (None, None) and node.rule != RESCALE:
        place.note("tree.idle_range", "low", severity="warning", node=node.code, rule=node.rule)


def _check_parts(node: Node, place: Place, draft: InstrumentDraft) -> None:
    """The rule of a node against what it combines: items, children, or nothing (an estimate or assessed points)."""
    items = draft.instrument.items_of_node.get(node.code, ())
    children = draft.instrument.children.get(node.code, ())
    if items and children:
        place.note("tree.items_and_children", "code", node=node.code)
    elif items:
        if node.measured_by != "survey":
            place.note("tree.not_survey", "measured_by", node=node.code, value=node.measured_by)
        if node.rule not in ITEM_RULES:
            place.not_accepted("tree.item_rule", "rule", node.rule, ITEM_RULES)
        if node.rule == RESCALE:
            _check_rescale(node, place)
    elif children:
        if node.measured_by == SURVEY:
            place.note("tree.survey_without_items", "measured_by", node=node.code)
        if node.rule not in CHILD_RULES:
            place.not_accepted("tree.child_rule", "rule", node.rule, CHILD_RULES)
    elif node.measured_by in (SURVEY, TOTAL):
        place.note("tree.nothing_below", "measured_by", node=node.code, value=node.measured_by)
    elif node.rule and node.rule not in NODE_RULES:
        place.not_accepted("tree.rule", "rule", node.rule, NODE_RULES)
    parts = items or children
    if len({part.weight for part in parts}) > 1 and WEIGHTED not in (
        node.rule,
        draft.instrument.scoring.rule,
    ):
        place.note("tree.idle_weights", "rule", severity="warning", node=node.code, rule=node.rule)
    if node.rule == WEIGHTED and parts and sum(part.weight for part in parts) <= 0:
        place.note("tree.weights", "rule", node=node.code)


def _check_rescale(node: Node, place: Place) -> None:
    for name in ("low", "high"):
        if getattr(node, name) is None:
            place.note("record.missing", name)
    if None not in (node.max_points, node.high) and node.max_points != node.high:
        place.note("tree.rescale_maximum", "max_points", value=node.max_points, high=node.high)


def check_items(draft: InstrumentDraft) -> None:
    """An item is asked somewhere; its range is a range; its filter is asked of the same people."""
    for item, place in draft.of(Item):
        if not item.questionnaires:
            place.note("item.on_no_questionnaire", "questionnaires", item=item.code)
        increasing(place, "minimum", item.minimum, item.maximum)
        if item.asked_when:
            _check_condition(item, item.asked_when, place, draft)


def _check_condition(item: Item, condition: Condition, place: Place, draft: InstrumentDraft) -> None:
    (code, levels), instrument = condition, draft.instrument
    refer(place, "item", "asked_when", [code], draft.known(Item))
    asked = instrument.item.get(code)
    if asked is None:
        return
    if instrument.item_position[code] >= instrument.item_position[item.code]:
        place.note("item.filter_after", "asked_when", item=item.code, filter=code)
    if not set(item.questionnaires) <= set(asked.questionnaires):
        place.note("item.filter_elsewhere", "asked_when", item=item.code, filter=code)
    if asked.scale in instrument.scale:
        known = [level.code for level in instrument.scale[asked.scale].levels]
        refer(place, "level", "asked_when", levels, known)


def check_answering(draft: InstrumentDraft) -> None:
    """Every group a node counts is asked one of its items in every block, and no answer is asked for in vain."""
    if draft.broken & {Node, Item, Questionnaire}:
        return
    forms = {form.code: form for form, _ in draft.of(Questionnaire)}
    blocks = tuple(dict.fromkeys(form.block for form in forms.values()))
    for node, place in draft.of(Node):
        asked: dict[tuple[str, str], str] = {}
        for item in draft.instrument.items_of_node.get(node.code, ()):
            asked |= {(forms[q].block, forms[q].group): item.code for q in item.questionnaires if q in forms}
        if asked and node.rule != SHARES:
            _check_groups(node, asked, node.blocks or blocks, place)


def _check_groups(
    node: Node, asked: Mapping[tuple[str, str], str], blocks: Sequence[str], place: Place
) -> None:
    groups = [group for group, _ in node.groups]
    if not groups and len({group for _, group in asked}) > 1:
        place.note("tree.groups_missing", "groups", node=node.code, found=sorted({g for _, g in asked}))
    for group in groups:
        for block in blocks:
            if (block, group) not in asked:
                place.note("tree.group_not_asked", "groups", node=node.code, group=group, block=block)
    for (block, group), item in asked.items():
        if (groups and group not in groups) or block not in blocks:
            place.note("tree.answers_unused", "groups", node=node.code, group=group, block=block, item=item)


def check_units(units: Sequence[tuple[Unit, Place]], blocks: Sequence[str]) -> None:
    """Blocks exist, periods are periods, and a name means one unit of its block."""
    names: dict[tuple[str, str], str] = {}
    for unit, place in units:
        refer(place, "block", "block", [unit.block], blocks)
        check_period(place, unit.valid_from, unit.valid_to, ("valid_from", "valid_to"))
        texts = (unit.code, unit.name_vi, unit.name_en, *unit.aliases)
        for text in dict.fromkeys(fold(text) for text in texts if text):
            other = names.setdefault((unit.block, text), unit.code)
            if other != unit.code:
                place.note("unit.ambiguous_name", "name_vi", value=text, first=other)


def check_unit_groups(draft: InstrumentDraft) -> None:
    """Percentiles of the groups of units fall from the best group to the last, which takes everybody (0)."""
    groups = draft.of(UnitGroup)
    for k, (group, place) in enumerate(groups):
        before = groups[k - 1][0].percentile if k else 1.0
        if not 0 <= group.percentile < before:
            place.note("unit_group.order", "percentile", value=group.percentile, before=before)
    if groups and groups[-1][0].percentile > 0:
        groups[-1][1].note("unit_group.last", "percentile", value=groups[-1][0].percentile)


def check_classes(classes: Sequence[tuple[ResultClass, Place]]) -> None:
    """Percentages of the classes of results fall from the best class, at most 100, to the last, which takes everybody (0)."""
    before = inf
    for made, place in classes:
        within(place, "percent_from", made.percent_from, 0, 100)
        if made.percent_from >= before:
            place.note("class.order", "percent_from", value=made.percent_from, before=before)
        before = made.percent_from
    if classes and before > 0:
        classes[-1][1].note("class.last", "percent_from", value=before)


def check_parts(draft: InstrumentDraft) -> None:
    """A part of the index is not called what nodes are measured by, and no node stands in two parts."""
    first: dict[str, str] = {}
    for part, place in draft.of(IndexPart):
        if part.code in MEASURED_BY:
            place.note("part.reserved", "code", value=part.code)
        first |= {code: part.code for code in part.nodes if code not in first}
    for part, place in draft.of(IndexPart):
        for code in (code for code in part.nodes if code in draft.instrument.line):
            others = (first.get(above.code, part.code) for above in draft.instrument.line[code])
            other = next((found for found in others if found != part.code), None)
            if other is not None:
                place.note("part.twice", "nodes", node=code, part=other)


def check_sources(draft: InstrumentDraft) -> None:
    """Every source that is named stands in ``[[sources]]``; its date is one."""
    known = draft.known(Source)
    for cited, place in draft.of(Source):
        checked_date(place, "date", cited.date)
    sourced: Sequence[tuple[Node | Item | Rule, Place]] = (*draft.of(Node), *draft.of(Item), *draft.of(Rule))
    for record, place in sourced:
        refer(place, "source", "source", listed(record.source), known)
