"""Every rule that definitions may name is carried out, under the same name and with the same parameters."""

from __future__ import annotations

from inspect import signature

from surveys.definitions.declared_rules import with_standing
from surveys.definitions.instrument.records import Rule
from surveys.validity.rules import RULES
from surveys.vocabulary.validity_rules import VALIDITY_RULES


def test_declared_and_carried_out_are_the_same_rules() -> None:
    assert list(RULES) == list(VALIDITY_RULES)


def test_functions_take_the_declared_parameters() -> None:
    for name, function in RULES.items():
        _, *parameters = signature(function).parameters
        assert parameters == list(VALIDITY_RULES[name].defaults), name


def test_a_standing_rule_is_carried_out_where_nothing_else_is_declared() -> None:
    def of_units(rules: tuple[Rule, ...]) -> list[Rule]:
        return [rule for rule in rules if rule.rule == "unknown_unit"]

    only_one = Rule("unknown_unit", "reject", questionnaires=("p1",))
    left = Rule("unknown_unit", "review", questionnaires=("p2",))
    assert of_units(with_standing([only_one], ["p1", "p2"])) == [only_one, left]
    assert of_units(with_standing([], ["p1"])) == [Rule("unknown_unit", "review")]
    everywhere = Rule("unknown_unit", "reject")
    assert of_units(with_standing([everywhere], ["p1", "p2"])) == [everywhere]
