"""What can be looked up: every key of the definition files, every column, rule and word, with type, default and meaning.

Names, types and defaults come from the records themselves; meanings and examples stand in ``texts/*.toml`` and, for the
columns of result files and for remarks, in ``surveys/wording``.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from surveys.comparison.crosswalk import COLUMNS as CROSSWALK_COLUMNS
from surveys.definitions.declared_rules import OFF
from surveys.definitions.draft import Section
from surveys.definitions.field_types import MayBeEmpty
from surveys.definitions.instrument import parts as instrument
from surveys.definitions.record_building import types_of
from surveys.definitions.study import reading as study
from surveys.handover.official_columns import TABLES as RESULT_TABLES
from surveys.problems import Language, phrase, wording
from surveys.review.columns_and_words import MAPPING
from surveys.simulation.simulation_plan import SECTIONS as SIMULATION_SECTIONS
from surveys.vocabulary.combination_names import AGGREGATIONS, CHILD_RULES, ITEM_RULES
from surveys.vocabulary.levels import MEASURED_BY
from surveys.vocabulary.remarks import REMARKS
from surveys.vocabulary.roles import FIELD_ROLES
from surveys.vocabulary.statuses import DISPOSITIONS, NO_FORMS, STATUSES
from surveys.vocabulary.validity_rules import SEVERITIES, VALIDITY_RULES

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to look up. ``part`` is the file or list it belongs to, ``name`` its name there; ``kind`` the type of its value,
    ``default`` empty where it must be given; ``text`` and ``example`` are None and empty where nobody has written them."""

    part: str
    name: str
    kind: str = ""
    default: str = ""
    text: Text | None = None
    example: str = ""

    def meaning(self, language: Language) -> str:
        return "" if self.text is None else self.text[language]

    def type(self, language: Language) -> str:
        """The type of the value in words; words that stand for themselves are left as they are."""
        return re.sub("‹(.*?)›", lambda kind: phrase(f"reference.type.{kind[1]}", language), self.kind)


#: TOML file → section → record of its keys, and how it is written there.
TOML_FILES: Mapping[str, Mapping[str, Section]] = {
    "instrument.toml": instrument.SECTIONS,
    "study.toml": study.SECTIONS,
    "simulation.toml": SIMULATION_SECTIONS,
}
#: CSV file → record of its columns.
CSV_FILES: Mapping[str, type] = {
    **instrument.TABLES,
    **{f"{name}.csv": record for name, record in study.FILES.items()},
}
#: Fields of records that are no key of their section: the code of ``[scales.CODE]``, the parameters of a rule.
NOT_WRITTEN = ("scales.code", "rules.params")


def opening(file: str, section: str) -> str:
    """The line that opens a section.

    >>> opening("study.toml", "fieldwork"), opening("study.toml", "returns"), opening("instrument.toml", "scales.levels")
    ('[fieldwork]', '[[returns]]', '[[scales.CODE.levels]]')
    """
    name, dot, within = section.partition(".")
    form = TOML_FILES[file][name].form
    line = f"{name}.CODE{dot}{within}" if form == "by_code" else section
    return f"[[{line}]]" if form == "array" or within else f"[{line}]"


def subjects() -> tuple[Subject, ...]:
    """Everything that can be looked up, file by file."""
    return (
        *_toml_keys(),
        *_columns_read(),
        *_columns_written(),
        *_rules(),
        *_words(),
        *_remarks(),
    )


def named(name: str) -> tuple[Subject, ...]:
    """The subjects that a user means by ``name``: by its full name, or by the last part of it; a rule with its parameters.

    >>> [f"{subject.part}: {subject.name}" for subject in named("minimum_share")]
    ['rules: too_few_answers.minimum_share']
    """
    wanted = name.strip().lower()
    known = subjects()
    found = [s for s in known if wanted in (s.name.lower(), f"{s.part} {s.name}".lower())]
    found = found or [s for s in known if s.name.lower().endswith(f".{wanted}")]
    found = found or [s for s in known if s.part.lower() == wanted]
    rules = {f"{s.part} {s.name}." for s in found if s.part == "rules"}
    return (*found, *(s for s in known if f"{s.part} {s.name}".startswith(tuple(rules))))


def _toml_keys() -> Iterator[Subject]:
    for file, sections in TOML_FILES.items():
        own = _texts(file.removesuffix(".toml"))
        for key, section in sections.items():
            texts = (
                _texts("study") if key in (*study.PUBLICATION, "plan") else own
            )  # the same in simulation.toml
            for name, kind, default in _section_keys(key, section.record):
                yield _subject(file, name, (kind, default), texts)


def _section_keys(section: str, hint: Any) -> Iterator[tuple[str, str, str]]:
    """(full name, type, default) of the keys of a section, those of the tables within it included."""
    record = _record_in(hint)
    if section == "files" and record is None:
        yield from ((f"files.{name}", "‹text›", '""') for name in study.FILES)
    elif record is None:
        yield section, _type_name(hint), "{}"
    else:
        hints = get_type_hints(record)
        for field in fields(record):
            name = ".".join((section, field.name))
            if _record_in(hints[field.name]) is not None:
                yield from _section_keys(name, hints[field.name])
            elif name not in NOT_WRITTEN:
                yield name, _type_name(hints[field.name]), _default(field) or _left_out(record, field.name)


def _left_out(record: type, name: str) -> str:
    """The value of a key without a default that may be left out all the same."""
    return '""' if types_of(record)[name] == MayBeEmpty else ""


def _record_in(hint: Any) -> type | None:
    """The record that a section or a list of tables is read into."""
    if isinstance(hint, type) and is_dataclass(hint):
        return hint
    parts = get_args(hint)
    return _record_in(parts[0]) if get_origin(hint) is tuple and parts else None


def _columns_read() -> Iterator[Subject]:
    instrument_texts, study_texts, other_texts = (_texts(name) for name in ("instrument", "study", "files"))
    for file, record in CSV_FILES.items():
        texts = instrument_texts.get(file) or study_texts.get(file, {})
        hints = get_type_hints(record)
        for field in fields(record):
            yield _subject(file, field.name, (_type_name(hints[field.name]), _default(field)), texts)
    others = {
        "mapping.csv": MAPPING.columns,
        "crosswalk.csv": CROSSWALK_COLUMNS.accepted,
        "published.csv": other_texts["published.csv"],
    }
    for file, names in others.items():
        for name in names:
            yield _subject(file, name, ("‹text›", ""), other_texts[file])


def _columns_written() -> Iterator[Subject]:
    examples = _texts("results")
    for table in RESULT_TABLES.values():
        within = next((name for name in ("council", "monitor") if table.name.startswith(f"{name}-")), "")
        part = f"results/{within}{'/' * bool(within)}{table.path}"
        for column in table.columns:
            kind = " | ".join(column.accepted) or f"‹{column.kind}›"
            about = {"vi": column.about_vi, "en": column.about_en}
            yield Subject(part, column.name, kind, "", about, examples.get(part, {}).get(column.name, ""))


def _rules() -> Iterator[Subject]:
    texts = _texts("rules")
    for rule in VALIDITY_RULES.values():
        of_rule = texts.get(rule.name, {})
        yield _subject("rules", rule.name, (f"‹{rule.looks_at}›", ""), {rule.name: of_rule.get("", {})})
        for parameter in rule.parameters:
            name = ".".join((rule.name, parameter.name))
            kind = (
                parameter.accepted
                if parameter.kind in (bool, str, tuple)
                else f"‹number› {parameter.accepted}"
            )
            yield _subject(
                "rules", name, (kind, _shown(parameter.default)), {name: of_rule.get(parameter.name, {})}
            )


#: List of words → the words that the engine knows, and where one stands; what they mean stands in ``texts/words.toml``.
WORD_LISTS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "dispositions": ((*DISPOSITIONS, *NO_FORMS), "disposition = {}"),
    "statuses": (STATUSES, "status = {}"),
    "severities": ((*SEVERITIES, OFF), 'severity = "{}"'),
    "combinations": (tuple(dict.fromkeys((*ITEM_RULES, *CHILD_RULES))), "rule = {}"),
    "aggregations": (tuple(AGGREGATIONS), 'scoring.rule = "{}"'),
    "roles": (FIELD_ROLES, 'role = "{}"'),
    "node_sources": (MEASURED_BY, "measured_by = {}"),
}
#: Parameters with which the remarks are shown.
REMARK_EXAMPLES = {
    "forms": "3", "minimum": "5", "group": "citizens", "groups": "deputies", "nodes": "2.4.1, 2.4.2", "items": "2.4.1a",
    "document": "SIPAS 2023", "page": "tr. 14", "units": "2", "count": "3", "block": "so", "node": "2.4.1", "unit": "noi-vu",
    "levels": "2", "percent": "91.40", "text": "lấy từ phụ lục", "of_forms": "1856", "least": "180", "target": "3",
    "margin": "5", "level": "95", "difference": "10", "power": "80", "value": "50", "people": "3586", "total": "9000",
    "cells": "30", "response": "85", "valid": "95", "interval": "bounded", "probability": "90",
}  # fmt: skip


def _words() -> Iterator[Subject]:
    texts = _texts("words")
    for part, (words, example) in WORD_LISTS.items():
        for word in words:
            text = texts.get(part, {}).get(word)
            yield Subject(part, word, "‹word›", "", text, example.format(word))


def _remarks() -> Iterator[Subject]:
    """The remarks beside a result: their words, and one of them as it is printed."""
    for code in sorted(REMARKS):
        example = phrase(code, "vi", **defaultdict(lambda: "…", REMARK_EXAMPLES))
        words = {language: text.replace(":number}", "}") for language, text in wording()[code].items()}
        yield Subject("remarks", code, "‹remark›", "", words, example)


def _subject(part: str, name: str, kind_and_default: tuple[str, str], texts: Mapping[str, Any]) -> Subject:
    kind, default = kind_and_default
    text = texts.get(name)
    if not text:
        return Subject(part, name, kind, default)
    return Subject(part, name, kind, default, text, text.get("example", ""))


def _default(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return _shown(field.default)
    return "" if field.default_factory is MISSING else _shown(field.default_factory())


def _shown(value: object) -> str:
    """A default as TOML writes it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_shown, value))}]"
    return (
        f'"{value}"' if isinstance(value, str) else f"{value:.4g}" if isinstance(value, float) else str(value)
    )


_NAMES = {
    str: "‹text›",
    bool: "true | false",
    int: "‹whole›",
    float: "‹number›",
    Decimal: "‹number›",
    NoneType: "",
}


def _type_name(hint: Any) -> str:
    """A type in the words of the reference.

    >>> _type_name(tuple[str, ...]), _type_name(Literal["a", "b"]), _type_name(float | None)
    ('‹list› ‹text›', 'a | b', '‹number›')
    """
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " | ".join(str(part) for part in parts if part != "")
    if origin in (Union, UnionType):
        return " | ".join(filter(None, map(_type_name, parts)))
    if origin is tuple:
        if get_origin(parts[0]) is tuple:
            return "‹table›"
        return (
            f"‹list› {_type_name(parts[0])}"
            if parts[-1] is Ellipsis
            else f"{len(parts)} × {_type_name(parts[0])}"
        )
    return _NAMES.get(hint, "‹table›")


@cache
def _texts(name: str) -> Mapping[str, Any]:
    file = resources.files("surveys.reference") / "texts" / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
