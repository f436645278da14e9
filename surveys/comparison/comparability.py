"""What of two editions may be compared: nodes and items that measure the same thing in the same way."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.definitions.instrument.records import Instrument, Item, Node
from surveys.problems import Problems


def incomparable(old: Instrument, new: Instrument, problems: Problems) -> dict[str, str]:
    """Nodes and items of the new edition that do not measure what they measured, with the code of the reason.

    A node is comparable when it exists in both editions with the same items on the same scales, the same rule, weights
    and groups, and all its children are comparable and have the same share in it. An item is known by its
    wording; its number may change. Editions that declare each other in ``comparable_with`` are comparable.
    """
    if old.name in new.comparable_with:
        return {}
    reasons: dict[str, str] = {}
    for node in reversed(new.nodes):  # parents stand first: children are judged before them
        reason = _reason(old, new, node, reasons)
        if reason:
            reasons[node.code] = reason
            problems.add(
                reason, severity="warning", node=node.code, old_edition=old.name, new_edition=new.name
            )
    before = {code: old.item[earlier] for earlier, code in same_items(old, new).items() if code}
    for item in new.items:
        if item.node and item.code not in before:
            reasons[item.code] = "compare.items_changed"
        elif item.node and _differs(old, before[item.code], new, item):
            reasons[item.code] = "compare.scale_changed"
    return reasons


def same_items(old: Instrument, new: Instrument) -> dict[str, str]:
    """Code of each scored item of the old edition → code of the item of the new one with the same wording in the same node,
    empty where there is none. Editions that are declared comparable keep their codes otherwise."""
    declared = old.name in new.comparable_with
    by_text = {(item.node, item.text_vi): item.code for item in new.items if item.node}
    kept = {
        item.code: item.code if declared and item.code in new.item else "" for item in old.items if item.node
    }
    return kept | {
        item.code: by_text[item.node, item.text_vi]
        for item in old.items
        if (item.node, item.text_vi) in by_text
    }


def _differs(old: Instrument, before: Item, new: Instrument, item: Item) -> bool:
    """The same question, valued differently."""
    return old.scoring != new.scoring or _identity(old, before) != _identity(new, item)


def _reason(old: Instrument, new: Instrument, node: Node, reasons: Mapping[str, str]) -> str:
    before = old.node.get(node.code)
    if before is None:
        return "compare.new_node"
    children = [child.code for child in new.children.get(node.code, ())]
    if set(children) != {child.code for child in old.children.get(node.code, ())}:
        return "compare.children_changed"
    if any(child in reasons for child in children):
        return "compare.below_changed"
    if _shares(old, node.code) != _shares(new, node.code):
        return "compare.weights_changed"
    if (before.rule, before.groups, before.low, before.high) != (node.rule, node.groups, node.low, node.high):
        return "compare.rule_changed"
    was, now = (_asked(edition, node.code) for edition in (old, new))
    if [x[0] for x in was] != [x[0] for x in now]:
        same_codes = _codes(old, node.code) == _codes(new, node.code)
        return "compare.scale_changed" if same_codes else "compare.items_changed"
    if was != now or old.scoring != new.scoring:
        return "compare.scale_changed"
    return ""


def _shares(instrument: Instrument, node: str) -> dict[str, tuple[float, float]]:
    """Child → its weight, and its maximum as a share of those of all children, to the ninth digit."""
    children = instrument.children.get(node, ())
    total = sum(child.max_points or 0.0 for child in children) or 1.0
    return {child.code: (child.weight, round((child.max_points or 0.0) / total, 9)) for child in children}


def _asked(instrument: Instrument, node: str) -> list[tuple[object, ...]]:
    """What a node's items ask and how answers are valued; the wording decides which item is which."""
    return sorted(_identity(instrument, item) for item in instrument.items_of_node.get(node, ()))


def _codes(instrument: Instrument, node: str) -> set[str]:
    return {item.code for item in instrument.items_of_node.get(node, ())}


def _identity(instrument: Instrument, item: Item) -> tuple[object, ...]:
    scale = instrument.scale[item.scale]
    levels = tuple((level.code, level.values, level.satisfied) for level in scale.levels)
    return (
        item.text_vi,
        levels,
        item.reverse,
        item.weight,
        item.minimum or 0.0,
        item.maximum or 1.0,
    )
