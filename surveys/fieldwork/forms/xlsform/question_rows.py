"""The questions of a form as rows: once, or for each unit that the rater chose, or for each that he adds.

A rater who judges many units first chooses those he knows, and is then asked about each of them in a group of its own. Groups are
taken rather than a repeated group whose units follow from that choice: there an answer belongs to a position, so that choosing
one more unit afterwards would move the answers to other units. And every export holds groups, a CSV of KoboToolbox no repeated
group. Only where groups would make the form too large for a telephone (``MOST_CELLS``) the rater adds a unit himself, in a
repeated group.

Neighbouring sections below the same node stand on one screen. Grids stand as tables only where few options have short names: on a
telephone of 390 points Enketo cuts the words of five columns in the middle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.instrument.yes_or_no import yes_or_no
from surveys.fieldwork.forms.form_content import FormGrid, FormQuestion, FormSection, FormUnit
from surveys.fieldwork.forms.xlsform.both_languages import BothLanguages, Texts, said
from surveys.fieldwork.forms.xlsform.opening_rows import UNITS
from surveys.fieldwork.forms.xlsform.rows import ListedOption, SurveyRow
from surveys.fieldwork.forms.xlsform.xpath import all_of, chosen
from surveys.returns.headings.form_names import FormNames
from surveys.vocabulary.xml_names import RATED_UNITS, RATING, xml_names

#: So many questions about units a form may have; of more the rater adds the units himself.
MOST_CELLS = 1_200
#: How a group looks that is a screen, and one within it.
_ONE_SCREEN, _WITHIN = "field-list", ""
#: Options of a grid that stand as columns, and letters of the longest.
_ACROSS, _LONGEST = 3, 25


class Questions:
    """The rows of all questions, and the lists of options that they take (``choices``)."""

    def __init__(self, instrument: Instrument, form: BothLanguages, names: FormNames) -> None:
        self._instrument, self._form, self._names = instrument, form, names
        self.choices: dict[str, Sequence[ListedOption]] = {}
        content, scales = form.content, [scale.code for scale in instrument.scales]
        self._lists = dict(zip(scales, xml_names(f"scale_{code}" for code in scales), strict=True))
        #: Options of questions with several answers that are asked in one question → its name.
        self._together: dict[str, str] = {}
        for question in content.questions:
            name = names.questions.get(question.code, "")
            if question.several and not content.matrix and name not in self._together.values():
                self._together |= dict.fromkeys((option.code for option in question.options), name)
        cells = len(content.questions) * len(content.units)
        self.is_repeated = content.matrix and cells > MOST_CELLS and content.field("unit") is not None

    def rows(self, own_unit: str, unit_rows: Sequence[SurveyRow]) -> Iterator[SurveyRow]:
        """``own_unit``: the name of the field with the rater's own unit (empty: there is none); ``unit_rows``: those that ask
        which unit is rated, where the rater adds them."""
        if not self._form.content.matrix:
            yield from self._sections(None)
        elif self.is_repeated:
            yield SurveyRow("begin_repeat", RATING, said("forms.xlsform.rating"))
            yield from (self._once_each(row, own_unit) for row in unit_rows)
            yield from self._sections(None)
            yield SurveyRow("end_repeat", RATING)
        else:
            yield from self._units(own_unit)

    def _once_each(self, row: SurveyRow, own_unit: str) -> SurveyRow:
        """The question for the unit, each of which is rated once, one's own never."""
        once = f"count(/data/{RATING}[{row.name} = current()/../{row.name}]) <= 1"
        own = f"${{{own_unit}}} = '' or . != ${{{own_unit}}}" if own_unit else ""
        return replace(
            row, constraint=all_of(once, own), constraint_message=said("forms.xlsform.unit_again"),
        )  # fmt: skip

    def _units(self, own_unit: str) -> Iterator[SurveyRow]:
        """Which units are rated, and a group for each."""
        self.choices[UNITS] = [
            ListedOption(u.code, self._form.unit(u.code)) for u in self._form.content.units
        ]
        yield SurveyRow(
            f"select_multiple {UNITS}", RATED_UNITS, said("forms.xlsform.rated_units"), said("forms.xlsform.rated_hint"),
            required=True, required_message=said("forms.xlsform.rated_needed"),
            choice_filter=f"name != ${{{own_unit}}}" if own_unit else "",
        )  # fmt: skip
        for unit in self._form.content.units:
            group = self._names.part(f"unit_{self._names.units[unit.code]}")
            relevant = chosen(RATED_UNITS, [unit.code])
            if own_unit:
                relevant = all_of(relevant, f"${{{own_unit}}} != '{unit.code}'")
            yield SurveyRow("begin_group", group, self._form.unit(unit.code), relevant=relevant)
            yield from self._sections(unit)
            yield SurveyRow("end_group", group)

    def _sections(self, unit: FormUnit | None) -> Iterator[SurveyRow]:
        """The sections; neighbours below the same node stand on one screen, each a group of its own."""
        number = 0
        for above, together in groupby(self._form.content.sections, key=lambda section: section.above):
            sections = list(together)
            screen = self._part(f"screen_{number + 1}", unit) if above and len(sections) > 1 else ""
            if screen:
                title, relevant = self._form.above(sections[0].node), self._of_all(sections, unit)
                yield SurveyRow("begin_group", screen, title, relevant=relevant, appearance=_ONE_SCREEN)
            for section in sections:
                number += 1
                yield from self._section(section, str(number), unit, _WITHIN if screen else _ONE_SCREEN)
            if screen:
                yield SurveyRow("end_group", screen)

    def _section(
        self, section: FormSection, number: str, unit: FormUnit | None, appearance: str
    ) -> Iterator[SurveyRow]:
        """A group under the title of the section; conditions that are not those of all its grids stand at the questions."""
        title = self._form.section(section.node) if section.title else said("forms.xlsform.section")
        of_all = self._of_all([section], unit)
        name = self._part(f"section_{number}", unit)
        yield SurveyRow("begin_group", name, title, relevant=of_all, appearance=appearance)
        for k, grid in enumerate(section.grids, 1):
            condition = "" if of_all else self._condition(grid.questions[0].code, unit)
            for row in self._laid_out(grid, f"{number}_{k}", unit):
                yield replace(row, relevant=condition)
        yield SurveyRow("end_group", name)

    def _of_all(self, sections: Sequence[FormSection], unit: FormUnit | None) -> str:
        """The condition of everything in some sections; empty where they have none, or several."""
        grids = [grid for section in sections for grid in section.grids]
        conditions = {self._condition(grid.questions[0].code, unit) for grid in grids}
        return conditions.pop() if len(conditions) == 1 else ""

    def _part(self, wished: str, unit: FormUnit | None) -> str:
        return self._names.part(f"{wished}_of_{self._names.units[unit.code]}" if unit else wished)

    def _laid_out(self, grid: FormGrid, number: str, unit: FormUnit | None) -> Iterator[SurveyRow]:
        """The questions of a grid, as a table below a row of its options where these are few and short."""
        rows = list(self._grid(grid, unit))
        if self._stands_across(grid) and len(rows) > 1:
            yield SurveyRow(
                rows[0].type, self._part(f"options_{number}", unit), said("forms.xlsform.grid"), appearance="label"
            )  # fmt: skip
            rows = [replace(row, appearance="list-nolabel") for row in rows]
        yield from rows

    def _grid(self, grid: FormGrid, unit: FormUnit | None) -> Iterator[SurveyRow]:
        for question in grid.questions:
            if question.code in self._together:
                yield self._several(question)
            elif question.several:
                yield from self._each_option(question, unit)
            else:
                yield self._one(question.code, self._form.question(question.code), question, unit)

    def _one(self, item: str, text: Texts, question: FormQuestion, unit: FormUnit | None) -> SurveyRow:
        """A question with one answer. It must be answered where one may also say that one does not know, or will not."""
        if unit is None:
            name, label = self._names.items[item], text
        else:
            name, of = self._names.cell(item, unit.code), self._form.unit(unit.code)
            label = Texts(f"{text.vi} [{of.vi}]", f"{text.en} [{of.en}]")
        scale = self._instrument.scale_of(item)
        listed = self._lists[scale.code]
        if question.several:
            levels = [(level.code, level.label_vi, level.label_en) for level in scale.levels]
            self.choices[listed] = [ListedOption(code, Texts(vi, en or vi)) for code, vi, en in levels]
        else:
            self.choices[listed] = [
                ListedOption(o.code, self._form.option(item, o)) for o in question.options
            ]
        has_way_out = not question.several and any(option.kind != "level" for option in question.options)
        required = question.required or has_way_out
        told = (
            said("forms.xlsform.needed_or_say" if has_way_out else "forms.xlsform.needed")
            if required
            else Texts()
        )
        return SurveyRow(f"select_one {listed}", name, label, required=required, required_message=told)

    def _several(self, question: FormQuestion) -> SurveyRow:
        name = self._together[question.code]
        self.choices[name] = [
            ListedOption(self._names.items[o.code], self._form.option(question.code, o))
            for o in question.options
        ]
        told = said("forms.xlsform.needed") if question.required else Texts()
        return SurveyRow(
            f"select_multiple {name}", name, self._form.question(question.code), said("forms.xlsform.several"),
            required=question.required, required_message=told,
        )  # fmt: skip

    def _each_option(self, question: FormQuestion, unit: FormUnit | None) -> Iterator[SurveyRow]:
        """The options of a question with several answers, each by yes or no."""
        for option in question.options:
            item = self._instrument.item[option.code]
            yield self._one(item.code, Texts(item.text_vi, item.text_en or item.text_vi), question, unit)

    def _condition(self, item: str, unit: FormUnit | None) -> str:
        """When an item is asked, of a unit by what was said of that unit."""
        condition = self._instrument.item[item].asked_when
        if condition is None:
            return ""
        code, levels = condition
        asked = self._together.get(code)
        if asked is None:
            return chosen(self._names.cell(code, unit.code) if unit else self._names.items[code], levels)
        scale, option = self._instrument.scale_of(code), self._names.items[code]
        meant = yes_or_no(scale)
        if meant is not None and scale.levels[meant.yes].code in levels:
            return chosen(asked, [option])
        return f"${{{asked}}} != '' and not({chosen(asked, [option])})"

    def _stands_across(self, grid: FormGrid) -> bool:
        """Whether the options of a grid are few and short enough to stand as columns."""
        code = grid.questions[0].code
        texts = [text for option in grid.options for text in self._form.option(code, option)]
        return len(grid.options) <= _ACROSS and max(map(len, texts), default=0) <= _LONGEST
