"""What the council's workbook says beside its tables: all of it from the record of the run that is delivered with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.definitions.study.publication import Publication
from surveys.definitions.study.records import Output
from surveys.handover.read_back import RunSettings
from surveys.handover.words import Words
from surveys.vocabulary.validity_rules import VALIDITY_RULES


@dataclass(frozen=True)
class RuleInForce:
    """A validity rule of a round: its name, what it does to a form, the questionnaires it is for (none: all), its thresholds
    that are numbers, and its ``choices`` among words (``true`` and ``false`` of a switch, codes of fields joined by commas);
    those that go without saying included."""

    rule: str
    severity: str
    questionnaires: tuple[str, ...]
    thresholds: tuple[tuple[str, float], ...]
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class WorkbookFacts:
    """``identity``: what :func:`facts_of_run` tells of the study; ``settings``: how its numbers were made and with whose name
    they go out; ``rules`` in force; ``classes`` of results, best first: code, lowest percentage, label; ``words``: kind of code →
    code → word."""

    identity: Mapping[str, str]
    settings: RunSettings
    rules: tuple[RuleInForce, ...]
    classes: tuple[tuple[str, float, str], ...]
    words: Words

    @property
    def output(self) -> Output:
        return self.settings.output

    @property
    def publication(self) -> Publication:
        return self.settings.publication


def facts_of_run(run: Mapping[str, Any], settings: RunSettings, words: Words) -> WorkbookFacts:
    """What the record of a run says of itself in its workbook; ``settings``: its own.

    Raises KeyError, TypeError, ValueError or AttributeError for a record that lacks something.
    """
    study, fieldwork, language = run["study"], run["settings"]["fieldwork"], settings.output.language
    facts = {
        "study": study["code"],
        "label": study[f"label_{language}"] or study["label_vi"],
        "instrument": run["instrument"],
        "edition": run["instrument"].partition("/")[2],
        "fieldwork": f"{fieldwork['start']} – {fieldwork['end']}" if fieldwork["start"] else "",
        "publisher": settings.publication.publisher.name(language),
    }
    rules = rules_in_force(run)
    classes = tuple(
        (str(one["code"]), float(one["percent_from"]), str(one[f"label_{language}"] or one["label_vi"]))
        for one in run["settings"]["classes"]
    )
    return WorkbookFacts({key: str(said) for key, said in facts.items()}, settings, rules, classes, words)


def rules_in_force(run: Mapping[str, Any]) -> tuple[RuleInForce, ...]:
    """The rules that a run records; raises as :func:`facts_of_run` does."""
    return tuple(
        rule_in_force(str(said["rule"]), str(said["severity"]), dict(said["params"]), said["questionnaires"])
        for said in run["settings"]["rules"]
    )


def rule_in_force(
    rule: str, severity: str, params: Mapping[str, object], questionnaires: Iterable[object]
) -> RuleInForce:
    """A rule with the parameters that are declared and those that are not.

    >>> rule_in_force("one_per_person", "review", {"fields": ["email"], "keep": "last"}, ()).choices
    (('fields', 'email'), ('keep', 'last'), ('within', 'questionnaire'))
    """
    known = VALIDITY_RULES.get(rule)
    values = {**(known.defaults if known else {}), **params}
    numbers = {
        str(name): float(value)
        for name, value in values.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    choices = {str(name): _choice(value) for name, value in values.items() if str(name) not in numbers}
    return RuleInForce(
        rule, severity, tuple(map(str, questionnaires)), tuple(numbers.items()), tuple(choices.items())
    )


def _choice(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
