"""The questionnaires of a study as PDFs: one of each, or one for each form issued, in batches of a questionnaire and unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from surveys.fieldwork.forms.form_content import FormContent, FormUnit, form_content
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.printed.code_marks import code_mark
from surveys.fieldwork.forms.printed.sheet_data import sheet_data
from surveys.fieldwork.forms.printed.typesetting import check_installed, number_of_pages, plain, typeset
from surveys.handover.words import unit_name
from surveys.problems import fault, phrase

#: Forms of one file, so that files stay small and the memory that Typst takes too.
_FORMS_A_FILE = 250
#: Modes in which no paper is handed out.
_WITHOUT_PAPER = ("online", "phone")
#: Millimetres of A4.
_SHORT_SIDE, _LONG_SIDE = 210, 297


def pdf_files(request: FormRequest) -> dict[str, bytes]:
    """Path in the folder → PDF. Raises SurveyError when the packages for printing (extra ``print``) are not installed, and for
    personal forms when none was issued on paper or a code is too long to be printed."""
    check_installed()
    if not request.personal:
        return {f"pdf/{q.code}.pdf": _blank(request, q.code) for q in request.questionnaires}
    files = {path: pdf for q in request.questionnaires for path, pdf in _batches(request, q.code)}
    if not files:
        raise fault("print.nothing_issued", questionnaires=", ".join(q.code for q in request.questionnaires))
    return files


def _blank(request: FormRequest, questionnaire: str) -> bytes:
    form = form_content(request.study, questionnaire, request.language)
    code = code_mark(questionnaire, phrase("print.questionnaire_code", request.language))
    return typeset("questionnaire", sheet_data(form, code))


@dataclass(frozen=True, slots=True)
class _Pages:
    """The pages that the forms of a batch have in common, with room for the code."""

    pdf: bytes
    number: int
    landscape: bool


def _batches(request: FormRequest, questionnaire: str) -> Iterator[tuple[str, bytes]]:
    form = form_content(request.study, questionnaire, request.language)
    codes: dict[str, list[str]] = {}
    for each in request.study.issued:
        if each.questionnaire == questionnaire and each.mode not in _WITHOUT_PAPER:
            codes.setdefault(each.unit, []).append(each.form_code)
    for unit, of_unit in codes.items():
        name = f"pdf/{questionnaire}/{unit}" if unit else f"pdf/{questionnaire}"
        pages = _pages(form, _unit(request, form.block, unit))
        for k in range(0, len(of_unit), _FORMS_A_FILE):
            number = f"+{k // _FORMS_A_FILE + 1}" if len(of_unit) > _FORMS_A_FILE else ""
            yield f"{name}{number}.pdf", _batch(form, pages, of_unit[k : k + _FORMS_A_FILE])


def _unit(request: FormRequest, block: str, code: str) -> FormUnit | None:
    found = next((unit for unit in request.study.units if (unit.block, unit.code) == (block, code)), None)
    return FormUnit(code, unit_name(found, request.language) if found else code) if code else None


def _pages(form: FormContent, unit: FormUnit | None) -> _Pages:
    data = sheet_data(form, None, unit)
    pdf = typeset("questionnaire", data, tagged=False)
    return _Pages(pdf, number_of_pages("questionnaire", data), data["landscape"])


def _batch(form: FormContent, pages: _Pages, codes: Sequence[str]) -> bytes:
    """The pages once for each code, drawn once in the file; tags would be none of the questionnaire's."""
    caption = phrase("print.form_code", form.language)
    across, down = (_LONG_SIDE, _SHORT_SIDE) if pages.landscape else (_SHORT_SIDE, _LONG_SIDE)
    data = {
        "title": plain(form.title),
        "publisher": plain(form.publication.publisher.name(form.language)),
        "language": form.language,
        "pdf": list(pages.pdf),
        "pages": pages.number,
        "width": across,
        "height": down,
        "codes": [code_mark(code, caption) for code in codes],
    }
    return typeset("batch", data, tagged=False)
