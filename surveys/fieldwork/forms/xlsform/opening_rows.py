"""What stands before the questions: times, a word about the form, the unit, the code of the form, who answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from surveys.definitions.instrument.records import Field
from surveys.definitions.study.records import StudyDefinition
from surveys.fieldwork.forms.form_content import FormContent, FormField
from surveys.fieldwork.forms.xlsform.both_languages import BothLanguages, Texts, said
from surveys.fieldwork.forms.xlsform.rows import ListedOption, SurveyRow
from surveys.fieldwork.forms.xlsform.xpath import (
    all_of,
    example_of_codes,
    is_checked_code,
    matches,
    pattern_declared,
    pattern_of_codes,
)
from surveys.returns.headings.form_names import FormNames
from surveys.vocabulary.folding import without_marks
from surveys.vocabulary.xml_names import OF_QUESTIONNAIRE

#: The list of the units of the register.
UNITS = "units"
#: From so many options on a list is searched instead of shown.
_SEARCHED = 12
#: Fields of those who collect, asked where the questionnaire goes that way and nobody fills it in online.
_OF_MODES: Mapping[str, tuple[str, ...]] = {
    "interviewer": ("face_to_face", "phone"),
    "operator": ("paper",),
}
_ONLINE = "online"
#: Fields that a form asks; times are the tool's, weights come later, and what is never read is not asked.
_ASKED = (
    "form_code", "unit", "own_unit", "rater", "identification", "attribute", "stratum", "cluster", *_OF_MODES,
)  # fmt: skip
#: A signature is for paper.
_SIGNATURES = ("chu ky", "ky xac nhan", "signature")
_OLDEST = 120  # years


class Opening:
    """The rows before the questions, and the lists of options that they take (``choices``)."""

    def __init__(self, study: StudyDefinition, form: BothLanguages, names: FormNames) -> None:
        self._study, self._form, self._names = study, form, names
        self._declared = {field.code: field for field in study.instrument.fields}
        self.choices: dict[str, Sequence[ListedOption]] = {}

    def rows(self) -> Iterator[SurveyRow]:
        yield SurveyRow("start", "start")
        yield SurveyRow("end", "end")
        yield SurveyRow("calculate", OF_QUESTIONNAIRE, calculation=f"'{self._form.content.questionnaire}'")
        group = self._names.part("about")
        yield SurveyRow("begin_group", group, said("forms.xlsform.about"), appearance="field-list")
        yield SurveyRow("note", self._names.part("introduction"), self._introduction())
        yield from self.fields(repeated=False)
        yield SurveyRow("end_group", group)

    def fields(self, *, repeated: bool) -> Iterator[SurveyRow]:
        """The fields of the whole form, or of each time a unit is rated."""
        for field in self._form.content.fields:
            of_unit = field.role == "unit"
            if self._is_asked(field) and of_unit == (repeated or (of_unit and not self._form.content.matrix)):
                yield self._row(field)

    def _introduction(self) -> Texts:
        parts = {"study": self._form.study, "group": self._form.group}
        return said("forms.xlsform.introduction", **parts)

    def _is_asked(self, field: FormField) -> bool:
        modes, ways = self._form.content.modes, _OF_MODES.get(field.role)
        if field.role not in _ASKED or (ways and (_ONLINE in modes or not set(ways) & set(modes))):
            return False
        plain = without_marks(" ".join((*self._form.field(field.code), field.code)))
        return field.role != "identification" or not any(sign in plain for sign in _SIGNATURES)

    def _row(self, field: FormField) -> SurveyRow:
        name, label = self._names.fields[field.code], self._form.field(field.code)
        if field.role in ("unit", "own_unit"):
            return self._unit(field, name, label)
        if field.role == "form_code":
            return self._form_code(name, label)
        if field.categories:
            options = [
                ListedOption(code, self._form.category(field.code, code)) for code, _ in field.categories
            ]
            self.choices[f"list_{name}"] = options
            return SurveyRow(f"select_one list_{name}", name, label, appearance=searched(len(options)))
        if field.role == "identification":
            return SurveyRow(
                "text", name, label, required=True, required_message=said("forms.xlsform.identification")
            )  # fmt: skip
        return self._measured(self._declared[field.code], name, label)

    def _measured(self, field: Field, name: str, label: Texts) -> SurveyRow:
        if field.measure == "age":
            told = said("forms.xlsform.age")
            return SurveyRow(
                "integer", name, label, constraint=f". >= 0 and . <= {_OLDEST}", constraint_message=told
            )  # fmt: skip
        return SurveyRow("decimal" if field.measure else "text", name, label)

    def _unit(self, field: FormField, name: str, label: Texts) -> SurveyRow:
        units = self._form.content.units
        self.choices[UNITS] = [ListedOption(unit.code, self._form.unit(unit.code)) for unit in units]
        kind, appearance = f"select_one {UNITS}", searched(len(units))
        if field.role == "own_unit":
            return SurveyRow(kind, name, label, said("forms.xlsform.own_unit"), appearance=appearance)
        return SurveyRow(
            kind, name, label, required=True, required_message=said("forms.xlsform.unit"), appearance=appearance
        )  # fmt: skip

    def _form_code(self, name: str, label: Texts) -> SurveyRow:
        """The code, of the shape of those that were issued; asked for where any was."""
        issued = codes_issued(self._study, self._form.content)
        declared = self._study.fieldwork.form_codes
        looks = matches(pattern_of_codes(issued) if issued else pattern_declared(declared))
        example = example_of_codes(issued) if issued else "".join(declared[:1])
        right = is_checked_code(issued) if looks and self._study.fieldwork.check_character else ""
        wording = "forms.xlsform.form_code_checked" if right else "forms.xlsform.form_code"
        told = said(wording, example=Texts(example, example)) if looks else Texts()
        return SurveyRow(
            "text", name, label, said("forms.xlsform.form_code_hint"), required=bool(issued),
            required_message=said("forms.xlsform.form_code_needed") if issued else Texts(), constraint=all_of(looks, right),
            constraint_message=told,
        )  # fmt: skip


def searched(options: int) -> str:
    """How a list of so many options looks."""
    return "minimal autocomplete" if options > _SEARCHED else ""


def codes_issued(study: StudyDefinition, content: FormContent) -> list[str]:
    """The codes of the forms of a questionnaire that were issued."""
    return [form.form_code for form in study.issued if form.questionnaire == content.questionnaire]
