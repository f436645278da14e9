"""Declared validity rules: ``[[rules]]`` of an instrument or a study becomes :class:`Rule` records.

Which rules exist, and what their parameters may be, is known to the room that carries them out. Arrows go from
definitions to validity, so this module names no rule: the accepted names and the judge of parameters are looked up
when the first declaration is read. They belong at this border because every fault of a folder is reported at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from surveys.definitions.border import Place, build
from surveys.definitions.instrument.records import Rule
from surveys.problems import Problem

SEVERITIES = ("reject", "review", "flag")
OFF = "off"
_OWN_KEYS = ("rule", "severity", "questionnaires", "source")


def accepted_rules() -> Mapping[str, tuple[str, ...]]:
    """Rule name → names of its parameters.

    With :func:`_faulty` the one look from definitions into a later room: imported here and not above, so that the
    rooms load in the order of the arrows and an instrument without rules loads nothing of it.
    """
    from surveys.validity.rules import RULES

    return {name: tuple(record.parameters) for name, record in RULES.items()}


def _faulty(rule: Rule) -> tuple[Problem, ...]:
    """Parameters of the wrong type or out of range."""
    from surveys.validity.rules import faulty_parameters

    return faulty_parameters([rule])


def build_rules(
    entries: Sequence[tuple[Mapping[str, object], Place]], questionnaires: Sequence[str], *, switchable: bool
) -> list[tuple[Rule, Place]]:
    """The rules of ``[[rules]]`` tables, each once per questionnaire; ``switchable``: severity ``off`` is accepted (and
    the rule left out)."""
    found: list[tuple[Rule, Place]] = []
    first: dict[str, Place] = {}
    for raw, place in entries:
        rule = _build_rule(raw, questionnaires, place, switchable)
        if rule is None:
            continue
        for key in [f"{rule.rule}/{form}" for form in rule.questionnaires] or [rule.rule]:
            if key in first:
                place.note("record.duplicate", "rule", value=key, first=first[key].at)
            first.setdefault(key, place)
        if raw.get("severity") != OFF:
            found.append((rule, place))
    return found


def _build_rule(
    raw: Mapping[str, object], questionnaires: Sequence[str], place: Place, switchable: bool
) -> Rule | None:
    accepted = accepted_rules()
    severities = (*SEVERITIES, OFF) if switchable else SEVERITIES
    severity = raw.get("severity")
    if isinstance(severity, str) and severity not in severities:
        place.not_accepted("record.not_accepted", "severity", severity, severities)
    own: dict[str, object] = {key: raw[key] for key in _OWN_KEYS if key in raw}
    own |= {"severity": "flag"} if isinstance(severity, str) else {}
    params = {key: _frozen(value) for key, value in raw.items() if key not in _OWN_KEYS}
    rule = build(Rule, own | {"params": list(params.items())}, place)
    if rule is None:
        return None
    for code in rule.questionnaires:
        if code not in questionnaires:
            place.not_accepted("reference.questionnaire", "questionnaires", code, questionnaires)
    if rule.rule not in accepted:
        place.not_accepted("rule.unknown", "rule", rule.rule, accepted)
        return None
    known = (*_OWN_KEYS, *accepted[rule.rule])
    for key in sorted(params.keys() - set(known)):
        place.not_accepted("record.unknown_key", key, key, known)
    for problem in () if params.keys() - set(known) else _faulty(rule):
        place.problems.extend([replace(problem, file=place.file, column=place.at)])
    declared: Any = severity if severity in SEVERITIES else "flag"
    return Rule(rule.rule, declared, rule.params, rule.questionnaires, rule.source)


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
