"""The validity rules by name: what each looks at, and its parameters with their defaults and ranges.

Definitions name them with a severity, ``surveys.validity`` carries them out, ``surveys.simulation`` works their defects into
clean forms; a rule's label stands in ``surveys/wording/validity.toml`` under ``rule_label.<name>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

RuleSeverity = Literal["reject", "review", "flag", "leave_out"]
#: What becomes of a form that breaks a rule: rejected, kept out until someone decides, kept, or left out as no return at all.
SEVERITIES: tuple[RuleSeverity, ...] = get_args(RuleSeverity)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a rule; its type is that of its default. ``words``: what a text may be; ``low`` and ``high``: the range of
    a number. A list holds texts."""

    name: str
    default: bool | int | float | str | tuple[str, ...]
    words: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def kind(self) -> type:
        return type(self.default)

    def fits(self, value: object) -> bool:
        """Whether the rule can be carried out with ``value``.

        >>> share = Parameter("share", 0.95, low=0.0, high=1.0)
        >>> share.fits(1), share.fits(1.5), share.fits(True), share.fits("1")
        (True, False, False, False)
        """
        if self.kind is str:
            return value in self.words
        if self.kind is tuple:
            return isinstance(value, (tuple, list)) and all(isinstance(text, str) for text in value)
        if self.kind is bool or isinstance(value, bool):
            return self.kind is bool and isinstance(value, bool)
        if not isinstance(value, (int, float)):
            return False
        if isinstance(value, float) and not (isfinite(value) and (self.kind is float or value.is_integer())):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    @property
    def accepted(self) -> str:
        """What may be given, as a message shows it.

        >>> Parameter("share", 0.95, low=0.0, high=1.0).accepted, Parameter("minimum_items", 1, low=1).accepted
        ('0.0 … 1.0', '≥ 1')
        """
        if self.kind is bool:
            return "true, false"
        if self.kind is str:
            return ", ".join(self.words)
        if self.kind is tuple:
            return '["…", …]'
        return f"≥ {self.low}" if self.high is None else f"{self.low} … {self.high}"


@dataclass(frozen=True, slots=True)
class ValidityRule:
    """A rule as definitions may name it. ``looks_at``: the form and its fields, single answers, patterns of answers within a
    form, or forms beside one another. ``standing``: the severity with which it is carried out where nothing else is declared;
    ``severities``: those that may be declared."""

    name: str
    looks_at: Literal["form", "answers", "pattern", "duplicates"]
    parameters: tuple[Parameter, ...] = ()
    standing: RuleSeverity | None = None
    severities: tuple[RuleSeverity, ...] = SEVERITIES

    @property
    def defaults(self) -> dict[str, object]:
        """Default values by parameter."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of a name, None when the rule has no such parameter."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


#: The rule about forms that tell no unit of the register.
UNKNOWN_UNIT = "unknown_unit"
UNKNOWN_CODE = "unknown_code"
_MARKED_ITEMS = (Parameter("minimum_items", 1, low=1),)
#: Severities of a rule whose forms can never count.
_KEPT_OUT: tuple[RuleSeverity, ...] = ("review", "reject", "leave_out")

VALIDITY_RULES: Mapping[str, ValidityRule] = {
    rule.name: rule
    for rule in (
        ValidityRule(UNKNOWN_CODE, "form"),
        ValidityRule("blank_code", "form", standing="review"),
        ValidityRule("arithmetic_total", "form", standing="review"),
        ValidityRule("duplicate_code", "duplicates", (Parameter("keep", "none", words=("none", "first")),)),
        ValidityRule("wrong_questionnaire", "form", (Parameter("unit", True),)),
        ValidityRule(UNKNOWN_UNIT, "form", standing="review", severities=_KEPT_OUT),
        ValidityRule("unit_without_tones", "form", standing="review"),
        ValidityRule("ended_unit", "form", standing="review"),
        ValidityRule("excluded_unit", "form"),
        ValidityRule("own_unit", "form"),
        ValidityRule("outside_fieldwork", "form"),
        ValidityRule("missing_identification", "form"),
        ValidityRule("out_of_scale", "answers", _MARKED_ITEMS),
        ValidityRule("several_answers", "answers", _MARKED_ITEMS),
        ValidityRule("disagreeing_cell", "answers", _MARKED_ITEMS),
        ValidityRule(
            "too_few_answers",
            "answers",
            (Parameter("minimum_share", 2 / 3, low=0.0, high=1.0), Parameter("dont_know_counts", True)),
        ),
        ValidityRule("missing_required", "answers", _MARKED_ITEMS),
        ValidityRule("broken_skip", "answers", _MARKED_ITEMS),
        ValidityRule(
            "straight_line",
            "pattern",
            (Parameter("minimum_items", 10, low=1), Parameter("share", 1.0, low=0.0, high=1.0)),
        ),
        ValidityRule(
            "near_duplicate",
            "duplicates",
            (
                Parameter("share", 0.95, low=0.0, high=1.0),
                Parameter("minimum_items", 10, low=1),
                Parameter("within", "unit", words=("unit", "interviewer", "questionnaire")),
                Parameter("modes", "any", words=("any", "different")),
                Parameter("over_all", False),
            ),
        ),
        ValidityRule(
            "too_fast",
            "pattern",
            (Parameter("minimum_seconds", 0.0, low=0.0), Parameter("seconds_per_item", 2.0, low=0.0)),
        ),
        ValidityRule("double_entry", "duplicates", _MARKED_ITEMS),
        ValidityRule("left_out_by_tool", "form", standing="leave_out"),
        ValidityRule("held_by_tool", "form", standing="review"),
        ValidityRule("copies_differ", "duplicates", standing="review", severities=_KEPT_OUT),
        ValidityRule("copied_sheet", "duplicates", standing="review"),
        ValidityRule(
            "one_per_person",
            "duplicates",
            (
                Parameter("fields", ()),
                Parameter("keep", "none", words=("none", "first", "last")),
                Parameter("within", "questionnaire", words=("questionnaire", "unit", "study")),
            ),
        ),
        ValidityRule("not_shown", "answers", standing="flag"),
        ValidityRule("unknown_option", "answers", standing="flag"),
    )
}

#: Rules that an instrument usually has; one that does not speak of them is told so.
CUSTOMARY = (
    "unknown_code", "duplicate_code", "wrong_questionnaire", "excluded_unit", "own_unit", "outside_fieldwork",
    "missing_identification", "out_of_scale", "several_answers", "too_few_answers", "missing_required", "broken_skip",
    "straight_line", "near_duplicate", "too_fast", "double_entry",
)  # fmt: skip
