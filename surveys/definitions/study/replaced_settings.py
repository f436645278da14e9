"""A study with other settings: the same files read again under a changed ``study.toml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from surveys.definitions.instrument.records import Rule

Table = Mapping[str, Any]


def changed_document(
    document: Table, rules: Sequence[Rule], changes: Mapping[str, object]
) -> dict[str, object]:
    """The document of a study (sections of a ``study.toml`` that was read without an error) with ``changes`` laid over it.

    A section of keys is updated key by key; ``rules`` (by name) and ``weights`` (by group) are updated table by table, where a
    table not declared yet is added; a list takes the place of the whole section. ``rules`` are those in force: what is
    not changed of a rule stays as the instrument or the study declares it.

    >>> changed_document({"minimum": {"forms": 5, "by_group": {}}}, (), {"minimum": {"forms": 8}})
    {'minimum': {'forms': 8, 'by_group': {}}}
    """
    found = dict(document)
    for name, change in changes.items():
        if not isinstance(change, Mapping):
            found[name] = change
        elif name == "rules":
            found[name] = _rules(document.get(name, []), rules, change)
        elif name == "weights":
            found[name] = _weights(document.get(name, []), change)
        else:
            found[name] = {**document.get(name, {}), **change}
    return found


def _rules(declared: Sequence[Table], rules: Sequence[Rule], change: Mapping[str, Any]) -> list[Table]:
    """The study's rules that stay, then every changed rule, once per set of questionnaires it is in force for."""
    found = [table for table in declared if table.get("rule") not in change]
    for name, params in change.items():
        present = [_as_table(rule) for rule in rules if rule.rule == name] or [{"rule": name}]
        found += [{"rule": name, "severity": "off"}] if params is None else [t | params for t in present]
    return found


def _as_table(rule: Rule) -> dict[str, object]:
    """A rule as ``[[rules]]`` would declare it."""
    own = {key: value for key, value in asdict(rule).items() if value and key != "params"}
    return own | {key: list(v) if isinstance(v, tuple) else v for key, v in rule.params}


def _weights(declared: Sequence[Table], change: Mapping[str, Any]) -> list[Table]:
    """The weight plans of the groups that stay as they are, and those of the changed groups."""
    known = {table.get("group") for table in declared}
    found = [{**table, **change.get(str(table.get("group")), {})} for table in declared]
    return [*found, *({"group": group, **keys} for group, keys in change.items() if group not in known)]
