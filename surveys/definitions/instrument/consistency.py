"""What the parts of an instrument owe each other: references, order, points, weights, ranges, names.

Every function looks at one kind of fault in a :class:`Draft` and notes all of them; none changes anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from math import isclose
from typing import TypeVar

from surveys.definitions.border import Place
from surveys.definitions.instrument.draft import Draft
from surveys.definitions.instrument.records import Item, Level, Node, NonAnswer, Rule, Scale, ScorePlan, Unit
from surveys.vocabulary.aggregations import AGGREGATIONS, CHILD_RULES, ITEM_RULES
from surveys.vocabulary.folding import fold
from surveys.vocabulary.levels import ALL_GROUPS

R = TypeVar("R")


def check_draft(draft: Draft) -> None:
    """Note every contradiction inside an instrument."""
    check_doubles(draft)
    check_questionnaires(draft)
    for scale, place in draft.scales:
        check_scale(scale, place)
    check_scoring(draft, draft.instrument.scoring, draft.place.below("scoring"))
    check_fields(draft)
    check_tree(draft)
    check_points(draft)
    check_items(draft)
    check_answering(draft)
    check_units(draft.units, draft.known("block"))
    check_unit_groups(draft)
    check_sources(draft)


def check_doubles(draft: Draft) -> None:
    """Codes are given once per kind; units once per block; ``all`` is no group."""
    for kind in ("blocks", "groups", "questionnaires", "unit_groups", "sources", "fields", "nodes", "items"):
        note_doubles((record.code, place) for record, place in getattr(draft, kind))
    check_doubles_of_units(draft.units)
    for group, place in draft.groups:
        if group.code == ALL_GROUPS:
            place.note("group.reserved", "code", value=group.code)


def check_doubles_of_units(units: Sequence[tuple[Unit, Place]]) -> None:
    """A unit code is given once in its block."""
    note_doubles((f"{unit.block}/{unit.code}", place) for unit, place in units)


def note_doubles(entries: Iterable[tuple[str, Place]], column: str = "code") -> None:
    """Note every entry whose key was given before."""
    entries = tuple(entries)
    if len({key for key, _ in entries}) == len(entries):
        return
    first: dict[str, Place] = {}
    for key, place in entries:
        if key in first:
            where = first[key].row if first[key].row is not None else first[key].at
            place.note("record.duplicate", column, value=key, first=where)
        first.setdefault(key, place)


def refer(place: Place, kind: str, column: str, values: Iterable[str], known: Sequence[str]) -> None:
    """Note every value that is not declared, under ``reference.<kind>``."""
    accepted = frozenset(known)
    for value in values:
        if value not in accepted:
            place.not_accepted(f"reference.{kind}", column, value, known)


def check_questionnaires(draft: Draft) -> None:
    """Blocks, groups and the field of the rater's own unit exist; every questionnaire asks something."""
    own = [f.code for f, _ in draft.fields if f.role == "own_unit"]
    asked = {code for item, _ in draft.items for code in item.questionnaires}
    for form, place in draft.questionnaires:
        refer(place, "block", "block", [form.block], draft.known("block"))
        refer(place, "group", "group", [form.group], draft.known("group"))
        refer(place, "own_unit", "own_unit", [form.own_unit] if form.own_unit else [], own)
        if form.code not in asked and not draft.broken & {"item", "items.csv"}:
            place.note("questionnaire.no_items", "code", value=form.code)
    pairs = (((q.block, q.group, q.matrix), place) for q, place in draft.questionnaires)
    note_doubles(((f"{block}/{group}", place) for (block, group, _), place in pairs), "group")


def check_scale(scale: Scale, place: Place) -> None:
    """Levels exist, have a value in [0, 1] per ladder, and no text can mean two of them."""
    if not scale.levels:
        place.note("scale.no_levels", "levels")
    for k, level in enumerate(scale.levels, 1):
        where = place.below(f"levels[{k}]")
        if len(level.values) != len(scale.ladders):
            where.note("scale.values_count", "values", found=len(level.values), expected=len(scale.ladders))
        for value in level.values:
            if not 0 <= value <= 1:
                where.note("record.out_of_range", "values", value=value, low=0, high=1)
    for text, meanings in _meanings(scale).items():
        if len(meanings) > 1:
            place.note("scale.ambiguous_text", value=text, meanings=meanings)


def _meanings(scale: Scale) -> Mapping[str, list[str]]:
    """Folded text → the codes of the levels and non-answers it stands for, each once."""
    found: dict[str, list[str]] = {}
    options: tuple[Level | NonAnswer, ...] = (*scale.levels, *scale.non_answers)
    for option in options:
        texts = {fold(t) for t in (option.code, option.label_vi, option.label_en, *option.aliases) if t}
        for text in sorted(texts):
            found.setdefault(text, []).append(option.code)
    return found


def check_scoring(draft: Draft, plan: ScorePlan, place: Place) -> None:
    """The ladder that is asked for exists in every ordinal scale; the aggregation of the whole is a known one."""
    for scale, _ in draft.scales:
        if plan.ladder and scale.kind == "ordinal":
            refer(place, "ladder", "ladder", [plan.ladder], scale.ladders)
    if plan.rule and plan.rule not in AGGREGATIONS:
        place.not_accepted("tree.rule", "rule", plan.rule, AGGREGATIONS)


def check_fields(draft: Draft) -> None:
    """Columns are named, and no heading or category text can mean two things."""
    headings: list[tuple[str, Place]] = []
    for entry, place in draft.fields:
        if not entry.headers:
            place.note("field.no_headers", "headers")
        headings += [(key, place) for key in dict.fromkeys(fold(text) for text in entry.headers)]
        texts = [fold(text) for _, aliases in entry.categories for text in dict.fromkeys(aliases)]
        for text, times in Counter(texts).items():
            if times > 1:
                place.note("field.ambiguous_category", "categories", value=text)
    note_doubles(headings, "headers")


def check_tree(draft: Draft) -> None:
    """Parents stand before their children; rules, ranges, groups and weights of every node fit what lies below it."""
    seen: set[str] = set()
    known = draft.known("node")
    broken = bool(draft.broken & {"node", "tree.csv", "item", "items.csv"})
    for node, place in draft.nodes:
        if node.parent == node.code:
            place.note("tree.own_parent", "parent", value=node.code)
        elif node.parent and node.parent not in known:
            place.not_accepted("tree.unknown_parent", "parent", node.parent, known)
        elif node.parent and node.parent not in seen and "node" not in draft.broken:
            place.note("tree.parent_after_child", "parent", value=node.parent, node=node.code)
        seen.add(node.code)
        _check_node(node, place, draft)
        if not broken:
            _check_parts(node, place, draft)
    if draft.nodes and not broken and not draft.instrument.children.get(""):
        draft.nodes[0][1].note("tree.no_root", "parent")


def _check_node(node: Node, place: Place, draft: Draft) -> None:
    refer(place, "group", "groups", [group for group, _ in node.groups], draft.known("group"))
    refer(place, "block", "blocks", node.blocks, draft.known("block"))
    for code, times in Counter(group for group, _ in node.groups).items():
        if times > 1:
            place.note("tree.group_twice", "groups", value=code)
    if any(weight < 0 for _, weight in node.groups) or (
        node.groups and sum(weight for _, weight in node.groups) <= 0
    ):
        place.note("tree.group_weights", "groups", node=node.code)
    if node.weight < 0:
        place.note("record.negative", "weight", value=node.weight)
    if node.max_points is not None and node.max_points < 0:
        place.note("record.negative", "max_points", value=node.max_points)
    if node.low is not None and node.high is not None and node.low >= node.high:
        place.note("record.order", "low", low=node.low, high=node.high)


def _check_parts(node: Node, place: Place, draft: Draft) -> None:
    """The rule of a node against what it combines: items, children, or nothing (an estimate or assessed points)."""
    items = draft.instrument.items_of_node.get(node.code, ())
    children = draft.instrument.children.get(node.code, ())
    if items and children:
        place.note("tree.items_and_children", "code", node=node.code)
    elif items:
        _check_survey_node(node, items, place)
    elif children:
        _check_parent(node, children, place)
    elif node.measured_by in ("survey", "total"):
        place.note("tree.nothing_below", "measured_by", node=node.code, value=node.measured_by)


def _check_survey_node(node: Node, items: Sequence[Item], place: Place) -> None:
    if node.measured_by != "survey":
        place.note("tree.not_survey", "measured_by", node=node.code, value=node.measured_by)
    if node.rule not in ITEM_RULES:
        place.not_accepted("tree.item_rule", "rule", node.rule, ITEM_RULES)
    if node.rule == "rescale":
        _check_rescale(node, place)
    if node.rule == "weighted" and sum(item.weight for item in items) <= 0:
        place.note("tree.weights", "rule", node=node.code)


def _check_rescale(node: Node, place: Place) -> None:
    for name in ("low", "high"):
        if getattr(node, name) is None:
            place.note("record.missing", name)
    if None not in (node.max_points, node.high) and node.max_points != node.high:
        place.note("tree.rescale_maximum", "max_points", value=node.max_points, high=node.high)


def _check_parent(node: Node, children: Sequence[Node], place: Place) -> None:
    if node.measured_by == "survey":
        place.note("tree.survey_without_items", "measured_by", node=node.code)
    if node.rule not in CHILD_RULES:
        place.not_accepted("tree.child_rule", "rule", node.rule, CHILD_RULES)
    if node.rule == "weighted" and sum(child.weight for child in children) <= 0:
        place.note("tree.weights", "rule", node=node.code)


def check_points(draft: Draft) -> None:
    """Maxima add up: children to their parent under ``sum``, the roots to ``total_points``."""
    if draft.broken & {"node", "tree.csv"}:
        return
    places = {node.code: place for node, place in draft.nodes}
    for node, place in draft.nodes:
        children = draft.instrument.children.get(node.code, ())
        if node.rule != "sum" or not children:
            continue
        without = [child.code for child in children if child.max_points is None]
        for code in without if node.max_points is not None else ():
            places[code].note("tree.no_points", "max_points", node=code, parent=node.code)
        if not without:
            _compare(place, "tree.points_sum", "max_points", node.code, children, node.max_points)
    total = draft.instrument.total_points
    roots = [node for node in draft.instrument.children.get("", ()) if node.rule != "shares"]
    without = [root.code for root in roots if root.max_points is None]
    for code in without if total is not None else ():
        places[code].note("tree.no_points", "max_points", node=code, parent="total_points")
    if roots and not without:
        names = ", ".join(root.code for root in roots)
        _compare(draft.place.below("identity"), "tree.total_points", "total_points", names, roots, total)


def _compare(
    place: Place, code: str, column: str, node: str, parts: Sequence[Node], whole: float | None
) -> None:
    found = [part.max_points or 0.0 for part in parts]
    if whole is not None and not adds_up(found, whole):
        place.note(code, column, node=node, found=f"{sum(found):g}", expected=f"{whole:g}")


def adds_up(parts: Sequence[float], whole: float) -> bool:
    """Whether parts sum to the whole, or are each its equal share as printed (three times 3.33 make 10).

    >>> adds_up([1.5, 1.5, 2.5, 2.5, 2.0], 10), adds_up([3.33] * 3, 10), adds_up([3.3, 3.3, 3.3], 10.2)
    (True, True, False)
    """
    if isclose(sum(parts), whole, rel_tol=1e-9, abs_tol=1e-9):
        return True
    exponent = Decimal(repr(float(parts[0]))).as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) else 0
    return digits > 0 and all(part == round(whole / len(parts), digits) for part in parts)


def check_items(draft: Draft) -> None:
    """What an item refers to exists; its range is a range; its filter is asked of the same people."""
    items = {item.code: item for item, _ in draft.items}
    scales = {scale.code: scale for scale, _ in draft.scales}
    for item, place in draft.items:
        refer(place, "node", "node", [item.node] if item.node else [], draft.known("node"))
        refer(place, "scale", "scale", [item.scale], draft.known("scale"))
        refer(place, "questionnaire", "questionnaires", item.questionnaires, draft.known("questionnaire"))
        if not item.questionnaires:
            place.note("item.on_no_questionnaire", "questionnaires", item=item.code)
        if item.weight < 0:
            place.note("record.negative", "weight", value=item.weight)
        if item.minimum is not None and item.maximum is not None and item.minimum >= item.maximum:
            place.note("record.order", "minimum", low=item.minimum, high=item.maximum)
        if item.asked_when:
            _check_condition(item, items, scales, place, draft)


def _check_condition(
    item: Item, items: Mapping[str, Item], scales: Mapping[str, Scale], place: Place, draft: Draft
) -> None:
    code, levels = item.asked_when or ("", ())
    refer(place, "item", "asked_when", [code], draft.known("item"))
    asked = items.get(code)
    if asked is None:
        return
    order = list(items)
    if order.index(code) >= order.index(item.code):
        place.note("item.filter_after", "asked_when", item=item.code, filter=code)
    if not set(item.questionnaires) <= set(asked.questionnaires):
        place.note("item.filter_elsewhere", "asked_when", item=item.code, filter=code)
    if asked.scale in scales:
        known = [level.code for level in scales[asked.scale].levels]
        refer(place, "level", "asked_when", levels, known)


def check_answering(draft: Draft) -> None:
    """Every group a node counts is asked one of its items in every block, and no answer is asked for in vain."""
    if draft.broken & {"node", "tree.csv", "item", "items.csv", "questionnaire"}:
        return
    forms = {form.code: form for form, _ in draft.questionnaires}
    blocks = tuple(dict.fromkeys(form.block for form in forms.values()))
    for node, place in draft.nodes:
        asked: dict[tuple[str, str], str] = {}
        for item in draft.instrument.items_of_node.get(node.code, ()):
            asked |= {(forms[q].block, forms[q].group): item.code for q in item.questionnaires if q in forms}
        if asked and node.rule != "shares":
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


def check_period(place: Place, first: str, last: str, columns: tuple[str, str]) -> None:
    """Note dates that are none (ISO, YYYY-MM-DD) and a period that ends before it begins."""
    dates = []
    for text, column in zip((first, last), columns, strict=True):
        try:
            dates += [date.fromisoformat(text)] if text else []
        except ValueError:
            place.note("record.not_date", column, value=text)
    if len(dates) == 2 and dates[0] > dates[1]:
        place.note("record.order", columns[0], low=first, high=last)


def check_unit_groups(draft: Draft) -> None:
    """Percentiles of the groups of units fall from the best group to the last, which takes everybody (0)."""
    groups = draft.unit_groups
    for k, (group, place) in enumerate(groups):
        before = groups[k - 1][0].percentile if k else 1.0
        if not 0 <= group.percentile < before:
            place.note("unit_group.order", "percentile", value=group.percentile, before=before)
    if groups and groups[-1][0].percentile > 0:
        groups[-1][1].note("unit_group.last", "percentile", value=groups[-1][0].percentile)


def check_sources(draft: Draft) -> None:
    """Every source that is named stands in ``[[sources]]``."""
    known = draft.known("source")
    sourced: Sequence[tuple[Node | Item | Rule, Place]] = (*draft.nodes, *draft.items, *draft.rules)
    for record, place in sourced:
        refer(place, "source", "source", _parts(record.source), known)


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]
