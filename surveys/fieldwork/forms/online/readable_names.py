"""Headings and answers of an online form as the readers of returns take them without a mapping: they are asked for each of them.

A text that they would not take for what it stands for (two questions with one text, a text in brackets) gives way to its code.
"""

from __future__ import annotations

from surveys.definitions.instrument.records import NON_ANSWERS, Scale
from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.fieldwork.forms.form_content import FormField, FormOption, FormQuestion, FormUnit
from surveys.returns.headings.columns import Column
from surveys.returns.headings.question_texts import split_part
from surveys.returns.headings.questions import ColumnTarget
from surveys.returns.study_reading import StudyReading


def on_one_line(text: str) -> str:
    """A text without line breaks and doubled spaces, which forms do not keep in titles.

    >>> on_one_line(" Thái độ\\n của  công chức ")
    'Thái độ của công chức'
    """
    return " ".join(text.split())


class ReadableNames:
    """What the questions, units and options of a questionnaire are called on an online form."""

    def __init__(self, study: StudyDefinition, questionnaire: str) -> None:
        reading = StudyReading(study)
        self._instrument = study.instrument
        self._register = reading.registers.get(study.instrument.questionnaire[questionnaire].block)
        self._vocabulary = reading.vocabulary(ReturnFile(""), questionnaire)

    def question(self, question: FormQuestion) -> str:
        """The title of a question that stands alone."""
        wanted = ColumnTarget("options" if question.several else "item", question.code)
        title = on_one_line(question.text)
        found = self._targets(title)
        if question.several:
            return title if [target.kind for target in found] == ["options"] else question.code
        return title if found == (wanted,) else question.code

    def fits_grid(self, title: str, question: FormQuestion) -> bool:
        """Whether the text of a question can be a row of a grid with this title."""
        wanted = (ColumnTarget("item", question.code),)
        return self._targets(f"{title} [{on_one_line(question.text)}]") == wanted

    def of_units(self, question: FormQuestion, units: tuple[FormUnit, ...]) -> str:
        """The title of a grid whose rows are units."""
        title = on_one_line(question.text)
        rows = ((unit, f"{title} [{self.unit(unit)}]") for unit in units)
        return (
            title
            if all(self._is_cell(self._targets(h), question.code, u) for u, h in rows)
            else question.code
        )

    def _is_cell(self, found: tuple[ColumnTarget, ...], item: str, unit: FormUnit) -> bool:
        register = self._register
        return (
            len(found) == 1
            and found[0].code == item
            and register is not None
            and register.resolve(found[0].unit) == unit.code
        )

    def field(self, field: FormField) -> str:
        """The title of what is asked beside the questions."""
        label = on_one_line(field.label)
        return label if self._targets(label) == (ColumnTarget("field", field.code),) else field.code

    def unit(self, unit: FormUnit) -> str:
        """A unit as it is chosen."""
        name = on_one_line(unit.name)
        return name if self._register and self._register.resolve(name) == unit.code else unit.code

    def options(self, question: FormQuestion) -> tuple[str, ...]:
        """The answers of a question as they are chosen."""
        if question.several:
            return tuple(on_one_line(option.label) for option in question.options)
        return tuple(self._option(question.code, option) for option in question.options)

    def _option(self, item: str, option: FormOption) -> str:
        label, scale = on_one_line(option.label), self._instrument.scale_of(item)
        answer = self._vocabulary.options_of(item).read(label)
        return label if not answer.fault and answer.code == _position(scale, option) else option.code

    def _targets(self, heading: str) -> tuple[ColumnTarget, ...]:
        question, part = split_part(heading) or ("", "")
        return self._vocabulary.targets(Column(heading, question=question, part=part))


def _position(scale: Scale, option: FormOption) -> int:
    """How an option is stored: the position of its level, or the number of its reason for no answer."""
    if option.kind in NON_ANSWERS:
        return NON_ANSWERS[option.kind]
    return next(k for k, level in enumerate(scale.levels) if level.code == option.code)
