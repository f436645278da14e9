"""Declared validity rules: ``[[rules]]`` of an instrument or a study becomes :class:`Rule` records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from surveys.definitions.draft import Draft
from surveys.definitions.instrument.records import Field, Rule
from surveys.definitions.record_building import build, types_of
from surveys.definitions.shared_checks import note_doubles, refer
from surveys.problems import Place, Problem, Problems
from surveys.vocabulary.roles import PERSON_ROLES
from surveys.vocabulary.validity_rules import SEVERITIES, VALIDITY_RULES

OFF = "off"
_OWN_KEYS = tuple(name for name in types_of(Rule) if name != "params")


def keep_rules(draft: Draft, questionnaires: Sequence[str]) -> set[str]:
    """Keep the rules of ``[[rules]]`` tables, each once per questionnaire; those of severity ``off`` are left out. Returns
    the names of all rules the document speaks of."""
    keys, names = [], set()
    for raw, place in draft.tables("rules"):
        names.add(str(raw.get("rule")))
        rule = _rule(raw, questionnaires, place)
        if rule is None:
            continue
        keys += [
            (key, place) for key in [f"{rule.rule}/{form}" for form in rule.questionnaires] or [rule.rule]
        ]
        if raw.get("severity") != OFF:
            draft.add(rule, place)
    note_doubles(keys, "rule")
    return names


def _rule(raw: Mapping[str, object], questionnaires: Sequence[str], place: Place) -> Rule | None:
    """A rule whose faults are noted; None when it cannot stand for a rule at all. A severity that is none counts as flag."""
    name, severity = raw.get("rule"), raw.get("severity")
    if isinstance(name, str) and name not in VALIDITY_RULES:
        place.not_accepted("rule.unknown", "rule", name, VALIDITY_RULES)
    severities = _severities(str(name))
    if isinstance(severity, str) and severity not in severities:
        place.not_accepted("record.not_accepted", "severity", severity, severities)
    own: dict[str, object] = {key: raw[key] for key in _OWN_KEYS if key in raw}
    own |= {"severity": "flag"} if isinstance(severity, str) and severity not in SEVERITIES else {}
    params = {key: tuple(v) if isinstance(v, list) else v for key, v in raw.items() if key not in _OWN_KEYS}
    rule = build(Rule, own | {"params": list(params.items())}, place)
    if rule is None:
        return None
    refer(place, "questionnaire", "questionnaires", rule.questionnaires, questionnaires)
    if rule.rule not in VALIDITY_RULES:
        return None
    known = (*_OWN_KEYS, *VALIDITY_RULES[rule.rule].defaults)
    unknown = sorted(params.keys() - set(known))
    for key in unknown:
        place.not_accepted("record.unknown_key", key, key, known)
    if not unknown:
        found = faulty_parameters([rule])
        place.problems.extend(replace(problem, file=place.file, column=place.at) for problem in found)
    return rule


def check_persons(rules: Iterable[tuple[Rule, Place]], fields: Iterable[Field]) -> None:
    """Rules about persons name fields that tell who answered, and there are such fields."""
    known = [field.code for field in fields if field.role in PERSON_ROLES]
    for rule, place in rules:
        if rule.rule == "one_per_person" and not known:
            place.note("rule.no_person_field", "rule")
        elif rule.rule == "one_per_person":
            named = dict(rule.params).get("fields", ())
            refer(place, "field", "fields", named if isinstance(named, tuple) else (), known)


def _severities(name: str) -> tuple[str, ...]:
    """The severities with which a rule may be declared; a standing rule cannot be switched off."""
    rule = VALIDITY_RULES.get(name)
    if rule is None:
        return SEVERITIES
    return (*rule.severities, OFF) if rule.standing is None else rule.severities


def with_standing(rules: Sequence[Rule], questionnaires: Iterable[str]) -> tuple[Rule, ...]:
    """The rules, then every standing rule for the questionnaires of which they do not speak.

    >>> {rule.rule: rule.severity for rule in with_standing([Rule("unknown_unit", "reject")], ["p1"])}["unknown_unit"]
    'reject'
    """
    found, asked = list(rules), tuple(questionnaires)
    for standing in (rule for rule in VALIDITY_RULES.values() if rule.standing):
        declared = [rule for rule in rules if rule.rule == standing.name]
        spoken_of = {code for rule in declared for code in rule.questionnaires or asked}
        left = tuple(code for code in asked if code not in spoken_of)
        if left and standing.standing:
            found.append(Rule(standing.name, standing.standing, (), left if declared else ()))
    return tuple(found)


def faulty_parameters(rules: Iterable[Rule], file: str = "") -> tuple[Problem, ...]:
    """Every rule or parameter that cannot be carried out as declared, with what is accepted.

    >>> [p.code for p in faulty_parameters([Rule("straight_line", "reject", (("share", 1.5),))])]
    ['validity.parameter_range']
    """
    found = Problems()
    for rule in rules:
        declared = VALIDITY_RULES.get(rule.rule)
        if declared is None:
            accepted = ", ".join(VALIDITY_RULES)
            found.add("validity.unknown_rule", file=file, column="rules", rule=rule.rule, accepted=accepted)
            continue
        for name, value in rule.params:
            parameter = declared.parameter(name)
            if parameter is not None and parameter.fits(value):
                continue
            code = "validity.parameter_range" if parameter else "validity.unknown_parameter"
            accepted = parameter.accepted if parameter else ", ".join(declared.defaults)
            column = f"rules.{rule.rule}.{name}"
            found.add(
                code, file=file, column=column, rule=rule.rule, parameter=name, value=value, accepted=accepted
            )
    return tuple(found)
