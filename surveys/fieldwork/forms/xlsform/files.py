"""Every questionnaire that is asked for as an XLSForm: one form in Vietnamese and English."""

from __future__ import annotations

from surveys.definitions.study.records import StudyDefinition
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.xlsform.both_languages import BothLanguages
from surveys.fieldwork.forms.xlsform.opening_rows import Opening
from surveys.fieldwork.forms.xlsform.question_rows import Questions
from surveys.fieldwork.forms.xlsform.rows import ENGLISH, VIETNAMESE, XlsForm
from surveys.fieldwork.forms.xlsform.workbook import plain, workbook
from surveys.problems import Language
from surveys.returns.headings.form_names import FormNames
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.xml_names import xml_name

#: Digits of the checksum of what a form asks that its version has: ODK takes a changed form under another version only.
_VERSION = 10


def xlsform_files(request: FormRequest) -> dict[str, bytes]:
    """``xlsform/QUESTIONNAIRE.xlsx`` → bytes; the forms begin in the language that is asked for.

    >>> from surveys.definitions.study.reading import load_study
    >>> study = load_study("data-sample/first-survey")
    >>> list(xlsform_files(FormRequest(study, study.instrument.questionnaires, "vi")))
    ['xlsform/xa-1.xlsx']
    """
    forms = {
        form.code: xlsform(request.study, form.code, request.language) for form in request.questionnaires
    }
    return {f"xlsform/{code}.xlsx": workbook(form) for code, form in forms.items()}


def xlsform(study: StudyDefinition, questionnaire: str, language: Language) -> XlsForm:
    """A questionnaire of a study as an XLSForm that begins in ``language``."""
    form = BothLanguages(study, questionnaire)
    units = [unit for unit in study.units if unit.block == form.content.block]
    names = FormNames(study.instrument, units)
    opening, questions = Opening(study, form, names), Questions(study.instrument, form, names)
    survey = list(opening.rows())
    repeated = list(opening.fields(repeated=True)) if questions.is_repeated else []
    survey += questions.rows(_own_unit(study, form, names), repeated)
    choices = {**opening.choices, **questions.choices}
    asked = {row.name for row in survey}
    code = form.content.field("form_code")
    settings = {
        "form_title": plain((form.title.en if language == "en" else form.title.vi) or questionnaire),
        "form_id": f"{xml_name(study.code)}_{xml_name(questionnaire)}",
        "version": _version(survey, choices, form.title, form.study, language),
        "default_language": ENGLISH if language == "en" else VIETNAMESE,
        "style": "pages",
    }
    if code is not None and names.fields[code.code] in asked:
        settings["instance_name"] = f"${{{names.fields[code.code]}}}"
    return XlsForm(survey, choices, settings)


def _own_unit(study: StudyDefinition, form: BothLanguages, names: FormNames) -> str:
    """The name of the field with the rater's own unit, which the rater must not score; empty where there is none."""
    code = study.instrument.questionnaire[form.content.questionnaire].own_unit
    return names.fields[code] if code in {field.code for field in form.content.fields} else ""


def _version(*parts: object) -> str:
    """Digits that change with what a form asks."""
    return str(int(digest_of(repr(parts).encode()), 16))[:_VERSION]
