"""The names that definitions accept are the rules that scoring has."""

from __future__ import annotations

from surveys.scoring.combination_rules import COMBINATIONS
from surveys.vocabulary.combination_names import AGGREGATIONS, CHILD_RULES, ITEM_RULES


def test_accepted_rules_are_the_rules_of_the_table() -> None:
    assert set(COMBINATIONS) == {*ITEM_RULES, *CHILD_RULES}


def test_every_aggregation_names_rules_of_the_table() -> None:
    for over_items, over_children in AGGREGATIONS.values():
        assert over_items in ITEM_RULES
        assert over_children in CHILD_RULES
