"""The names that definitions accept are the rules that scoring has."""

from __future__ import annotations

from surveys.definitions.instrument import consistency
from surveys.scoring.rules import AGGREGATIONS, RULES


def test_accepted_rules_are_the_rules_of_the_table() -> None:
    over_items = {name for name, rule in RULES.items() if "items" in rule.over}
    over_children = {name for name, rule in RULES.items() if "children" in rule.over}
    assert set(consistency.ITEM_RULES) == over_items
    assert set(consistency.CHILD_RULES) == over_children
    assert set(consistency.AGGREGATIONS) == set(AGGREGATIONS)


def test_every_aggregation_names_rules_of_the_table() -> None:
    for over_items, over_children in AGGREGATIONS.values():
        assert "items" in RULES[over_items].over
        assert "children" in RULES[over_children].over
