"""Headings → fields, items, and items of a unit. A heading is one of them only when it is exactly one of their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.instrument.yes_or_no import yes_or_no
from surveys.returns.answers.answer_options import AnswerOptions
from surveys.returns.answers.option_answers import OptionAnswers
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_names import FormNames
from surveys.returns.headings.question_texts import same_question, split_part
from surveys.returns.text.names import Names
from surveys.returns.units.unit_register import UnitRegister
from surveys.vocabulary.folding import fold, fold_name

_PUNCTUATION = re.compile(r"[^\w\s]")
#: Letters of a heading of an item and a unit; matching a pattern takes time that grows with their square.
LONGEST_HEADING = 1_000
DEFAULT_HEADER = "{item} [{unit}]"


class ColumnTarget(NamedTuple):
    """What a column holds. ``field`` and ``item``: the values of that field or item (of ``unit`` in a matrix). ``tick``: a mark
    when the answer to the item is ``level`` (a position, or the code of a non-answer). ``options``: the chosen options of
    a question, one item each."""

    kind: Literal["field", "item", "tick", "options"]
    code: str
    unit: str = ""
    level: int = -1


class DecidedColumns(Protocol):
    """What a person decided about the columns of a file."""

    def targets(self, column: Column) -> tuple[ColumnTarget, ...] | None:
        """What a column holds: its target, nothing (the column is ignored), or None where nobody decided."""

    def is_spread(self, target: ColumnTarget) -> bool:
        """Whether several columns were decided to hold a target."""


class Vocabulary:
    """Every heading that one questionnaire of an instrument (or all of them when empty) can have. ``columns``: code → headings,
    as the study assigns them for this file; ``decided`` is what a person decided about single columns."""

    def __init__(
        self,
        instrument: Instrument,
        questionnaire: str = "",
        header: str = "",
        columns: Mapping[str, Sequence[str]] | None = None,
        register: UnitRegister | None = None,
        decided: DecidedColumns | None = None,
    ) -> None:
        self.instrument = instrument
        self.questionnaire = questionnaire
        self.items = instrument.items_of(questionnaire) if questionnaire else instrument.items
        self.header = header or DEFAULT_HEADER
        self.register = register
        self._decided = decided
        self._by_name: dict[tuple[object, ...], tuple[ColumnTarget, ...]] = {}
        self.assigned = {code: tuple(headings) for code, headings in (columns or {}).items() if headings}
        #: Items and fields that the study says this file does not have (an empty heading).
        self.absent = frozenset((columns or {}).keys() - self.assigned.keys())
        self._assigned = {fold(heading): code for code, said in self.assigned.items() for heading in said}

    @cached_property
    def field_names(self) -> Names[str]:
        return Names(
            (name, field.code)
            for field in self.instrument.fields
            for name in (*field.headers, field.code, field.label_vi, field.label_en)
        )

    @cached_property
    def item_names(self) -> Names[str]:
        return Names(
            (name, item.code)
            for item in self.items
            for name in (item.code, item.text_vi, item.text_en, *item.aliases)
            if not (split_part(name) and item.code in self.option_items)
        )

    @cached_property
    def headed(self) -> Names[str]:
        """Items under the heading pattern of a file that does not rate many units (``q{item}``)."""
        names = Names[str]()
        if "{unit}" not in self.header:
            for item in self.items:
                for name in filter(None, (item.code, item.text_vi, item.text_en, *item.aliases)):
                    names.add(self.header.format(item=name), item.code)
        return names

    @cached_property
    def cell_names(self) -> Names[tuple[str, str]]:
        """(item, unit) under variable names, which hold only letters, digits and ``_``."""
        units = self.register.units if self.register else ()
        return Names(
            (self.header.format(item=item.code, unit=unit.code), (item.code, unit.code))
            for item in self.items
            for unit in units
        )

    @cached_property
    def options(self) -> Mapping[str, AnswerOptions]:
        """The options of every scale."""
        return {scale.code: AnswerOptions(scale) for scale in self.instrument.scales}

    @cached_property
    def multiple(self) -> Mapping[str, Mapping[str, str]]:
        """Questions with several answers: folded question → folded option → item, from the texts ``Question [Option]`` of items
        that are answered by yes or no."""
        found: dict[str, dict[str, str]] = {}
        for question, option, item in self._parted:
            if yes_or_no(self.instrument.scale_of(item)):
                found.setdefault(fold_name(question), {})[fold(option)] = item
        return found

    @cached_property
    def undecided(self) -> Mapping[str, str]:
        """Folded questions that look like one with several answers, of whose scale (given) nothing tells which level says yes."""
        scales = ((question, self.instrument.scale_of(item)) for question, _, item in self._parted)
        return {fold_name(q): s.code for q, s in scales if len(s.levels) == 2 and not yes_or_no(s)}

    @property
    def _parted(self) -> Iterator[tuple[str, str, str]]:
        """Question, option and item of every name ``Question [Option]``, and of what XML forms call them."""
        for item in self.items:
            for name in (item.text_vi, item.text_en, *item.aliases):
                if split := split_part(name):
                    yield (*split, item.code)
            if question := self._form_names.questions.get(item.code):
                yield question, self._form_names.items[item.code], item.code

    @cached_property
    def _form_names(self) -> FormNames:
        return FormNames(self.instrument, self.register.units if self.register else ())

    @cached_property
    def _in_forms(self) -> Mapping[str, ColumnTarget]:
        """What XML forms call a field, an item or an item of a unit (in lower case) → what it is."""
        names = self._form_names
        found = {
            names.fields[field.code]: ColumnTarget("field", field.code) for field in self.instrument.fields
        }
        found |= {names.items[item.code]: ColumnTarget("item", item.code) for item in self.items}
        if self._is_matrix:
            found |= {
                names.cell(item.code, unit): ColumnTarget("item", item.code, unit)
                for item in self.items
                for unit in names.units
            }
        return {name.casefold(): target for name, target in found.items() if target.code not in self.absent}

    @cached_property
    def _option_answers(self) -> Mapping[str, OptionAnswers]:
        """Item of an option → what may be written of it."""
        written: dict[str, list[str]] = {}
        for options in self.multiple.values():
            for option, item in options.items():
                written.setdefault(item, []).append(option)
        return {item: OptionAnswers(self.instrument.scale_of(item), said) for item, said in written.items()}

    def _written_option(self, name: str) -> tuple[str, ...]:
        """The item of an option whose question and option stand in a heading by themselves. A heading without any punctuation
        is none: ``kenh_khac`` is the text written beside the option ``khac`` of ``kenh``."""
        return self._options.find(name) if _PUNCTUATION.search(name) else ()

    @cached_property
    def _options(self) -> Names[str]:
        named = ((n, item.code) for item in self.items for n in (item.text_vi, item.text_en, *item.aliases))
        return Names((name, code) for name, code in named if code in self.option_items and split_part(name))

    @cached_property
    def option_items(self) -> frozenset[str]:
        """The items that are options of questions with several answers."""
        return frozenset(code for options in self.multiple.values() for code in options.values())

    def option_item(self, question: str, option: str) -> str:
        """The yes/no item of one option of a question with several answers, or ``""``."""
        return self.multiple.get(fold_name(question), {}).get(fold(option), "")

    def options_of(self, item: str) -> AnswerOptions:
        """The ways to answer an item: the options of its scale; of an option of a question with several answers also marks."""
        return self._option_answers.get(item) or self.options[self.instrument.scale_of(item).code]

    def targets(self, column: Column) -> tuple[ColumnTarget, ...]:
        """Everything a column can be: one target when it is recognised, none when it is not, several when ambiguous."""
        if not self._decided and not self.assigned:
            return self._named(column)
        decided = self._decided.targets(column) if self._decided else None
        if decided is not None:
            return decided
        if assigned := self.assigned_to(column):
            kind: Literal["field", "item"] = "item" if assigned in self.instrument.item else "field"
            return (ColumnTarget(kind, assigned),)
        return tuple(target for target in self._named(column) if target.code not in self.assigned)

    def names_items(self, headings: Iterable[str]) -> bool:
        """Whether one of these texts, as a heading, names an item or the options of one."""
        columns = (Column(text) for text in dict.fromkeys(headings) if text.strip())
        return any(target.kind != "field" for column in columns for target in self.targets(column))

    def assigned_to(self, column: Column) -> str:
        """The field or item that the study assigns to this column, by its heading or by its letter (``#F``)."""
        names = map(fold, written_names(column)) if self._assigned else ()
        return next((self._assigned[name] for name in names if name in self._assigned), "")

    def _decided_or_assigned(self, column: Column) -> bool:
        """Whether the study or a person says what a column is, whatever it is called."""
        decided = self._decided is not None and self._decided.targets(column) is not None
        return decided or bool(self.assigned_to(column))

    def is_spread(self, target: ColumnTarget) -> bool:
        """Whether the study, or a person, says that several columns hold a target: the first filled of them is read."""
        if self._decided and self._decided.is_spread(target):
            return True
        return len(self.assigned.get(target.code, ())) > 1

    def ignores(self, column: Column) -> bool:
        """Whether someone decided that a column holds nothing to be read."""
        return self._decided is not None and self._decided.targets(column) == ()

    def _named(self, column: Column) -> tuple[ColumnTarget, ...]:
        """What a column is by what it is called; readers ask for the same thousands of headings of a matrix again and again
        (``tests/benchmarks/test_score_speed.py``)."""
        key = (column.heading, column.names, column.text, column.question, column.part, bool(column.variable))
        if key not in self._by_name:
            self._by_name[key] = self._recognised(column)
        return self._by_name[key]

    def contradicted(self, column: Column) -> tuple[ColumnTarget, ...]:
        """What a column is by its name and is not by the text that the file gives beside the name."""
        if not column.text or self._decided_or_assigned(column):
            return ()
        return tuple(t for t in self._by_names(column) if not self._agrees(column.text, t))

    def _recognised(self, column: Column) -> tuple[ColumnTarget, ...]:
        found = self._by_names(column)
        option = self.option_item(column.question, column.part) if len(found) > 1 else ""
        if option:  # ``kenh/khac`` beside a field ``kenh_khac``, whose name has the same letters
            return (ColumnTarget("item", option),)
        if found:
            agreeing = not column.text or all(self._agrees(column.text, target) for target in found)
            return found if agreeing else ()
        if (column.question or column.part) and (found := tuple(self._grid(column.question, column.part))):
            return found
        cells = self.cell_names.find(column.heading) if column.variable and self._is_matrix else ()
        return tuple(ColumnTarget("item", item, unit) for item, unit in cells)

    def _by_names(self, column: Column) -> tuple[ColumnTarget, ...]:
        found = (self._whole(name) for name in dict.fromkeys((column.heading, *column.names)))
        return next(filter(None, found), ())

    def _agrees(self, text: str, target: ColumnTarget) -> bool:
        """Whether the text of a question may be that of a target: no name of another, and, where it is an item, its words."""
        said = {found.code for found in self._whole(text)}
        if said or target.kind == "field":
            return not said or target.code in said
        item = self.instrument.item.get(target.code)
        return item is None or same_question(text, item.code, (item.text_vi, item.text_en, *item.aliases))

    def _whole(self, name: str) -> tuple[ColumnTarget, ...]:
        """What a heading stands for by itself; where that is nothing or several things, what XML forms call so."""
        found = self._written(name)
        in_forms = self._in_forms.get(name.casefold()) if len(found) != 1 else None
        return (in_forms,) if in_forms else found

    def _written(self, name: str) -> tuple[ColumnTarget, ...]:
        """What a heading stands for by itself, or the item of a unit by the heading pattern."""
        fields = self.field_names.find(name)
        items = self.item_names.find(name) or self._written_option(name) or self.headed.find(name)
        if not fields and not items:
            options = (ColumnTarget("options", name),) if fold_name(name) in self.multiple else ()
            return self._matrix(name) + options
        named = (
            *(ColumnTarget("field", code) for code in fields),
            *(ColumnTarget("item", code) for code in items),
        )
        return tuple(target for target in named if target.code not in self.absent)

    def _matrix(self, name: str) -> tuple[ColumnTarget, ...]:
        match = self._pattern.fullmatch(name) if self._is_matrix and len(name) <= LONGEST_HEADING else None
        if match is None:
            return ()
        items = self.item_names.find(match["item"]) or self._written_option(match["item"])
        return tuple(ColumnTarget("item", code, match["unit"]) for code in items)

    def _grid(self, question: str, part: str) -> Iterator[ColumnTarget]:
        """A grid's question and row: item and unit in either order, an item (of a unit) and one of its levels, or an item."""
        of_question, of_part = self.item_names.find(question), self.item_names.find(part)
        if option := self.option_item(question, part):
            yield ColumnTarget("item", option)
        elif of_question and self.is_unit(part):
            yield from (ColumnTarget("item", code, part) for code in of_question)
        elif of_part and self.is_unit(question):
            yield from (ColumnTarget("item", code, question) for code in of_part)
        else:
            yield from tuple(self._ticks(question, part)) or (ColumnTarget("item", code) for code in of_part)

    def _ticks(self, question: str, part: str) -> Iterator[ColumnTarget]:
        """An item, or an item of a unit, and one of the ways to answer it."""
        about = [(target.code, target.unit) for target in self._matrix(question)]
        for item, unit in about or [(code, "") for code in self.item_names.find(question)]:
            answer = self.options_of(item).read(part)
            if part and not answer.fault:
                yield ColumnTarget("tick", item, unit, answer.code)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        escaped = (
            re.escape(self.header.strip())
            .replace(r"\{item\}", "(?P<item>.+)")
            .replace(r"\{unit\}", "(?P<unit>.+)")
        )
        return re.compile(re.sub(r"(\\ )+", r"\\s*+", escaped))

    @cached_property
    def _is_matrix(self) -> bool:
        asked = [self.questionnaire] if self.questionnaire else list(self.instrument.questionnaire)
        return any(self.instrument.questionnaire[code].matrix for code in asked)

    def is_unit_field(self, target: ColumnTarget) -> bool:
        """Whether a target is a field that holds units."""
        holds = {field.code for field in self.instrument.fields if field.role in ("unit", "own_unit")}
        return target.kind == "field" and target.code in holds

    def is_unit(self, text: str) -> bool:
        """Whether a text is a name of a unit of the block, or one without its tones."""
        return bool(self.register and (self.register.resolve(text) or self.register.without_tones(text)))


def written_names(column: Column) -> tuple[str, ...]:
    """How ``[returns.columns]`` may name a column: by its letter (``#F``) or by its heading."""
    return (*((f"#{column.letter}",) if column.letter else ()), column.heading)


def questions_of(instrument: Instrument) -> list[str]:
    """The question of each item [K]: itself, or what stands before the bracket where it is one of several options."""
    found = []
    for item in instrument.items:
        parts = split_part(item.text_vi) if yes_or_no(instrument.scale_of(item.code)) else None
        found.append(fold_name(parts[0]) if parts else item.code)
    return found
