"""What a questionnaire shows, in the order of its printing and in one language: the common ground of every way to hand it out.

A form begins with what is asked beside the questions (unit, code, attributes of the respondent), then come sections:
consecutive questions of one node. Within a section consecutive questions with the same options and the same condition make a
grid. Items whose texts are ``Question [Option]`` and that are answered by yes or no are one question of which several options
may be chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from surveys.definitions.instrument.records import Instrument, Item, Node, Questionnaire, Scale
from surveys.definitions.instrument.yes_or_no import yes_or_no
from surveys.definitions.study.publication import Publication
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.words import label_of, unit_name
from surveys.problems import Language
from surveys.returns.headings.question_texts import split_part
from surveys.vocabulary.folding import fold_name
from surveys.vocabulary.roles import FieldRole

OptionKind = Literal["level", "dont_know", "refused", "not_applicable", "item"]


@dataclass(frozen=True, slots=True)
class FormOption:
    """An answer to choose: ``code`` as it is stored (of an option of several: its item), ``kind``: a level of the scale, a reason
    to give none, or an item of a question with several answers."""

    code: str
    label: str
    kind: OptionKind


@dataclass(frozen=True, slots=True)
class FormCondition:
    """A question is only for those who chose one of ``options`` in the question with this ``number`` and ``code``; with
    ``chosen`` false, which only a question with several answers can have, for those who chose none of them."""

    number: int
    code: str
    options: tuple[FormOption, ...]
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """A question with its running ``number`` on the form; ``code``: its item, the first of a question with several answers."""

    number: int
    code: str
    text: str
    options: tuple[FormOption, ...]
    several: bool = False
    required: bool = False
    condition: FormCondition | None = None


@dataclass(frozen=True, slots=True)
class FormGrid:
    """Consecutive questions with the same ``options`` and ``condition``; a question with several answers stands alone."""

    questions: tuple[FormQuestion, ...]

    @property
    def options(self) -> tuple[FormOption, ...]:
        return self.questions[0].options

    @property
    def condition(self) -> FormCondition | None:
        return self.questions[0].condition


@dataclass(frozen=True, slots=True)
class FormSection:
    """Consecutive questions of one ``node`` of the tree (empty: of none); ``above``: what that stands under, save the root."""

    node: str
    title: str
    above: str
    grids: tuple[FormGrid, ...]


@dataclass(frozen=True, slots=True)
class FormField:
    """What is asked beside the questions; ``categories``: (code, label) where one of them is chosen."""

    code: str
    role: FieldRole
    label: str
    categories: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FormUnit:
    """A unit that the form may be about."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class FormContent:
    """One questionnaire of a study in one ``language``. ``units``: those assessed of its block; every return of a ``matrix``
    rates them all, of another one of them. ``study``: what the round is called; ``start``, ``end`` of fieldwork: ISO days."""

    questionnaire: str
    block: str
    group: str
    group_label: str
    language: Language
    title: str
    study: str
    publication: Publication
    start: str
    end: str
    matrix: bool
    modes: tuple[str, ...]
    units: tuple[FormUnit, ...]
    fields: tuple[FormField, ...]
    sections: tuple[FormSection, ...]

    @property
    def questions(self) -> tuple[FormQuestion, ...]:
        return tuple(
            question for section in self.sections for grid in section.grids for question in grid.questions
        )

    def field(self, role: FieldRole) -> FormField | None:
        """The first field of a role."""
        return next((field for field in self.fields if field.role == role), None)


def form_content(study: StudyDefinition, questionnaire: str, language: Language) -> FormContent:
    """What a questionnaire of a study shows. ``questionnaire``: its code; texts without an English one stand in Vietnamese.

    >>> from surveys.definitions.study.reading import load_study
    >>> form = form_content(load_study("data-sample/first-survey"), "xa-1", "vi")
    >>> form.title, len(form.units), [len(section.grids[0].questions) for section in form.sections]
    ('Mẫu phiếu người dân', 6, [2, 2])
    """
    instrument = study.instrument
    form = instrument.questionnaire[questionnaire]
    group = next(group for group in instrument.groups if group.code == form.group)
    return FormContent(
        questionnaire=questionnaire,
        block=form.block,
        group=form.group,
        group_label=label_of(group, language),
        language=language,
        title=label_of(form, language),
        study=label_of(study, language) or label_of(instrument, language),
        publication=study.publication,
        start=study.fieldwork.start,
        end=study.fieldwork.end,
        matrix=form.matrix,
        modes=form.modes,
        units=tuple(FormUnit(u.code, unit_name(u, language)) for u in study.assessed_units(form.block)),
        fields=tuple(
            FormField(
                field.code,
                field.role,
                label_of(field, language) or field.code,
                tuple((code, field.category_name(code, language)) for code, _ in field.categories),
            )
            for field in instrument.fields_of(questionnaire)
        ),
        sections=tuple(_sections(instrument, form, language)),
    )


def _text(item: Item, language: Language) -> str:
    """The text of an item, in Vietnamese where it has none in ``language``."""
    return (item.text_en if language == "en" else "") or item.text_vi


def _options(scale: Scale, language: Language) -> tuple[FormOption, ...]:
    """The levels, then the reasons to give no answer that can be chosen."""
    levels = [FormOption(level.code, label_of(level, language), "level") for level in scale.levels]
    others = [
        FormOption(n.code, label_of(n, language), n.kind) for n in scale.non_answers if n.kind != "blank"
    ]
    return (*levels, *(option for option in others if option.label))


def _sections(instrument: Instrument, form: Questionnaire, language: Language) -> Iterator[FormSection]:
    numbered = list(_questions(instrument, instrument.items_of(form.code), language))
    for code, of_node in groupby(numbered, key=lambda question: instrument.item[question.code].node):
        grids = tuple(FormGrid(tuple(same)) for same in _alike(of_node))
        node = instrument.node.get(code)
        title = label_of(node, language) if node else ""
        yield FormSection(code, title, _above(instrument, node, language), grids)


def _above(instrument: Instrument, node: Node | None, language: Language) -> str:
    """What the parent of a node is called, where that is not the whole index."""
    parent = instrument.node.get(node.parent) if node else None
    return label_of(parent, language) if parent and parent.parent else ""


def _alike(questions: Iterable[FormQuestion]) -> Iterator[list[FormQuestion]]:
    """Runs of questions that make a grid."""
    run: list[FormQuestion] = []
    for question in questions:
        first = run[0] if run else None
        fits = first and (first.options, first.condition) == (question.options, question.condition)
        if run and (not fits or question.several or run[0].several):
            yield run
            run = []
        run.append(question)
    if run:
        yield run


def _questions(instrument: Instrument, items: Sequence[Item], language: Language) -> Iterator[FormQuestion]:
    """The questions in order; the items of a question with several answers are one."""
    asked: dict[str, FormQuestion] = {}
    for number, together in enumerate(_together(instrument, items), 1):
        first = together[0]
        several = len(together) > 1
        parts = [split_part(_text(item, language)) for item in together]
        options = (
            tuple(
                FormOption(i.code, part[1] if part else "", "item")
                for i, part in zip(together, parts, strict=True)
            )
            if several
            else _options(instrument.scale_of(first.code), language)
        )
        text = parts[0][0] if several and parts[0] else _text(first, language)
        question = FormQuestion(
            number, first.code, text, options, several, first.required, _condition(instrument, first, asked)
        )
        asked |= dict.fromkeys((item.code for item in together), question)
        yield question


def _condition(instrument: Instrument, item: Item, asked: dict[str, FormQuestion]) -> FormCondition | None:
    if item.asked_when is None:
        return None
    code, levels = item.asked_when
    question, chosen = asked[code], True
    if question.several:
        scale = instrument.scale_of(code)
        answers = yes_or_no(scale)
        chosen = answers is None or scale.levels[answers.yes].code in levels
    wanted = {code} if question.several else set(levels)
    options = tuple(option for option in question.options if option.code in wanted)
    return FormCondition(question.number, question.code, options, chosen)


def _together(instrument: Instrument, items: Sequence[Item]) -> Iterator[tuple[Item, ...]]:
    """Items that are printed as one question: consecutive ones of the same node, scale and condition whose texts are the same
    question with another option, answered by yes or no."""

    def key(item: Item) -> tuple[object, ...]:
        part = split_part(item.text_vi)
        if part is None or yes_or_no(instrument.scale_of(item.code)) is None:
            return (item.code,)
        return (fold_name(part[0]), item.node, item.scale, item.asked_when)

    for of, same in groupby(items, key=key):
        found = tuple(same)
        if len(found) > 1 or len(of) == 1:
            yield found
        else:
            yield from ((item,) for item in found)
