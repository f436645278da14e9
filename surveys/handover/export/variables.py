"""The variables of an exported sample: what each is called, in both languages, and what its numbers mean.

Names are such that SPSS, Stata and R take them: letters, digits and ``_``, a letter first, at most 32 of them. An answer is a
whole number, that of its level; what is no answer is a negative one, the same for every question and declared missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from surveys.definitions.instrument.records import NON_ANSWERS, Field, Instrument, Item, Scale
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.words import words_of
from surveys.problems import LANGUAGES, Language, phrase
from surveys.returns.record_set import kept_fields
from surveys.returns.writing import RESERVED, has_numbers, variable_names
from surveys.vocabulary.modes import MODE_WORDS
from surveys.vocabulary.statuses import DISPOSITIONS

#: text: codes; number: with decimals; count: a whole number; date: a day; category, answer: the number of a category or level.
Kind = Literal["text", "number", "count", "date", "category", "answer"]
#: Characters of a variable name that Stata takes.
LONGEST_NAME = 32
#: What cannot name a variable in SPSS, Stata or R, in capitals.
_RESERVED = RESERVED.union(
    ("BYTE", "INT", "LONG", "FLOAT", "DOUBLE", "STRL", "IF", "IN", "USING", "ELSE", "FOR", "WHILE", "REPEAT", "FUNCTION", "BREAK",
     "NEXT", "TRUE", "FALSE", "NULL", "NA", "NAN", "INF", *(f"STR{n}" for n in range(1, 2046)))
)  # fmt: skip
#: A category of an attribute that nobody declared, so that it may have been typed: its text is not told.
UNDECLARED = min(NON_ANSWERS.values()) - 1
#: The variables of every sample, before attributes and answers.
FIXED: Mapping[str, Kind] = {
    "form": "text",
    "questionnaire": "text",
    "block": "text",
    "group": "text",
    "unit": "text",
    "domain": "category",
    "mode": "text",
    "submitted": "date",
    "seconds": "number",
    "disposition": "text",
    "reasons": "text",
    "weight": "number",
    "base_weight": "number",
    "stratum": "count",
    "cluster": "count",
    "stratum_size": "count",
}


@dataclass(frozen=True, slots=True)
class VariableValue:
    """A value of a variable: its ``number`` (None in variables of text), the ``code`` that it stands for, its labels."""

    number: int | None
    code: str
    label_vi: str
    label_en: str

    @property
    def is_missing(self) -> bool:
        return self.number is not None and self.number < 0

    @property
    def in_stata(self) -> str:
        """The letter that stands for a missing value in Stata (``.a`` for -1, ``.b`` for -2 …); empty for others.

        >>> VariableValue(-2, "dont_know", "", "").in_stata
        'b'
        """
        return chr(ord("a") - 1 - self.number) if self.number is not None and self.number < 0 else ""


@dataclass(frozen=True)
class SampleVariable:
    """A column of the sample. ``code``: of the field or question that it holds; ``ordered``: whether its values are in order."""

    name: str
    code: str
    kind: Kind
    label_vi: str
    label_en: str
    values: tuple[VariableValue, ...] = ()
    node: str = ""
    ordered: bool = False

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Code → number of its values that are not missing."""
        return {v.code: v.number for v in self.values if v.number is not None and not v.is_missing}

    @property
    def has_missing(self) -> bool:
        return any(value.is_missing for value in self.values)

    def label(self, language: Language) -> str:
        return self.label_vi if language == "vi" or not self.label_en else self.label_en

    def value_label(self, value: VariableValue, language: Language) -> str:
        return value.label_vi if language == "vi" or not value.label_en else value.label_en


def variables_of(study: StudyDefinition) -> tuple[SampleVariable, ...]:
    """Every variable of the sample of a study, in the order of its columns."""
    instrument = study.instrument
    attributes = [field for field in kept_fields(instrument) if field.role == "attribute"]
    codes = [*FIXED, *(f.code for f in attributes), *(i.code for i in instrument.items)]
    names = iter(variable_names(codes, LONGEST_NAME, _RESERVED)[len(FIXED) :])
    return (
        *(_fixed(name, kind, study) for name, kind in FIXED.items()),
        *(_attribute(next(names), field, study) for field in attributes),
        *(_answer(next(names), item, instrument) for item in instrument.items),
    )


def level_numbers(scale: Scale) -> tuple[int, ...]:
    """The number of every level: its code where all codes are different whole numbers, else its place, from 1."""
    if has_numbers(scale):
        numbers = tuple(int(level.code) for level in scale.levels)
        if len(set(numbers)) == len(numbers):
            return numbers
    return tuple(range(1, len(scale.levels) + 1))


def _both(code: str) -> tuple[str, str]:
    """A phrase in both languages."""
    vi, en = (phrase(code, language) for language in LANGUAGES)
    return vi, en


def _fixed(name: str, kind: Kind, study: StudyDefinition) -> SampleVariable:
    return SampleVariable(name, name, kind, *_both(f"export.variable.{name}"), tuple(_values_of(name, study)))


def _values_of(name: str, study: StudyDefinition) -> Iterator[VariableValue]:
    if name == "domain":
        for k, unit in enumerate(study.units, start=1):
            yield VariableValue(k, f"{unit.block}/{unit.code}", unit.name_vi, unit.name_en)
    elif name in ("block", "group", "questionnaire"):
        vi, en = (words_of(name, study.instrument, language) for language in LANGUAGES)
        yield from (VariableValue(None, code, vi[code], en[code]) for code in vi)
    elif name == "disposition":
        yield from (VariableValue(None, code, *_both(f"export.disposition.{code}")) for code in DISPOSITIONS)
    elif name == "mode":
        yield from (VariableValue(None, code, *_both(f"export.mode.{code}")) for code in MODE_WORDS)


def _attribute(name: str, field: Field, study: StudyDefinition) -> SampleVariable:
    """An attribute by its categories: those of the field, its bands, and those whose totals are known."""
    labels = {
        code: (field.category_name(code, "vi"), field.category_name(code, "en"))
        for code, _ in field.categories
    }
    named = [band.category for band in field.bands]
    named += [margin.category for margin in study.margins if margin.variable == field.code]
    labels |= {code: (code, code) for code in named if code and code not in labels}
    values = [VariableValue(k, code, *label) for k, (code, label) in enumerate(labels.items(), start=1)]
    kinds = {NON_ANSWERS["blank"]: "blank", UNDECLARED: "undeclared"}
    missing = [
        VariableValue(number, kind, *_both(f"export.missing.{kind}")) for number, kind in kinds.items()
    ]
    label_vi, label_en = field.label_vi or field.code, field.label_en or field.code
    return SampleVariable(name, field.code, "category", label_vi, label_en, (*missing, *values))


def _answer(name: str, item: Item, instrument: Instrument) -> SampleVariable:
    scale = instrument.scale[item.scale]
    levels = [
        VariableValue(number, level.code, level.label_vi or level.code, level.label_en or level.code)
        for number, level in zip(level_numbers(scale), scale.levels, strict=True)
    ]
    own = {NON_ANSWERS[n.kind]: (n.label_vi, n.label_en) for n in reversed(scale.non_answers)}
    missing = []
    for kind, number in NON_ANSWERS.items():
        words, labels = own.get(number, ("", "")), _both(f"export.missing.{kind}")
        missing.append(VariableValue(number, kind, words[0] or labels[0], words[1] or words[0] or labels[1]))
    vi, en = (f"{item.code}. {text}" for text in (item.text_vi, item.text_en or item.text_vi))
    return SampleVariable(
        name, item.code, "answer", vi, en, (*missing, *levels), item.node, scale.kind == "ordinal"
    )
