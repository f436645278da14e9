"""A questionnaire in both languages: the order of the Vietnamese one, every text beside its English one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from surveys.definitions.study.records import StudyDefinition
from surveys.fieldwork.forms.form_content import FormContent, FormOption, form_content
from surveys.problems import phrase


class Texts(NamedTuple):
    """One text in Vietnamese and in English."""

    vi: str = ""
    en: str = ""


def said(code: str, **params: Texts) -> Texts:
    """A wording in both languages, ``params`` each in its own."""
    vi = phrase(code, "vi", **{name: value.vi for name, value in params.items()})
    return Texts(vi, phrase(code, "en", **{name: value.en for name, value in params.items()}))


class BothLanguages:
    """The ``content`` of a questionnaire (in Vietnamese, whose order counts) and its texts in both languages by their codes."""

    def __init__(self, study: StudyDefinition, questionnaire: str) -> None:
        self.content = form_content(study, questionnaire, "vi")
        english = form_content(study, questionnaire, "en")
        self._texts: Mapping[tuple[str, ...], Texts] = _paired(self.content, english)
        self.title = Texts(self.content.title, english.title)
        self.study = Texts(self.content.study, english.study)
        self.group = Texts(self.content.group_label, english.group_label)

    def field(self, code: str) -> Texts:
        return self._texts["field", code]

    def category(self, field: str, code: str) -> Texts:
        return self._texts["category", field, code]

    def unit(self, code: str) -> Texts:
        return self._texts["unit", code]

    def section(self, node: str) -> Texts:
        return self._texts["section", node]

    def above(self, node: str) -> Texts:
        """What the parent of the node of a section is called."""
        return self._texts["above", node]

    def question(self, code: str) -> Texts:
        return self._texts["question", code]

    def option(self, question: str, option: FormOption) -> Texts:
        """What an option of a question is called; as in Vietnamese where the other language does not have it."""
        return self._texts.get(("option", question, option.code), Texts(option.label, option.label))


def _paired(vi: FormContent, en: FormContent) -> dict[tuple[str, ...], Texts]:
    """Every text in both languages; where it has none in one of them that of the other, where in neither its code."""
    english = dict(_keyed(en))
    found = {}
    for key, text in _keyed(vi):
        other = english.get(key, "")
        found[key] = Texts(text or other or key[-1], other or text or key[-1])
    return found


def _keyed(content: FormContent) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text of a form, by its kind and codes."""
    for unit in content.units:
        yield ("unit", unit.code), unit.name
    for field in content.fields:
        yield ("field", field.code), field.label
        yield from ((("category", field.code, code), label) for code, label in field.categories)
    for section in content.sections:
        yield ("section", section.node), section.title
        yield ("above", section.node), section.above
    for question in content.questions:
        yield ("question", question.code), question.text
        yield from ((("option", question.code, o.code), o.label) for o in question.options)
