"""Every rule that definitions may name is carried out, under the same name and with the same parameters."""

from __future__ import annotations

from inspect import signature

from surveys.validity.rules import RULES
from surveys.vocabulary.validity_rules import VALIDITY_RULES


def test_declared_and_carried_out_are_the_same_rules() -> None:
    assert list(RULES) == list(VALIDITY_RULES)


def test_functions_take_the_declared_parameters() -> None:
    for name, function in RULES.items():
        _, *parameters = signature(function).parameters
        assert parameters == list(VALIDITY_RULES[name].defaults), name
