"""What stands on the pages of a printed questionnaire, as plain data for the template: each part with its layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from surveys.fieldwork.forms.form_content import (
    FormContent,
    FormField,
    FormOption,
    FormQuestion,
    FormSection,
    FormUnit,
)
from surveys.fieldwork.forms.printed.matrix_data import is_matrix_table, matrix_parts
from surveys.fieldwork.forms.printed.skips import condition_notes, jumps
from surveys.fieldwork.forms.printed.typesetting import plain
from surveys.problems import Language, phrase
from surveys.vocabulary.dates import written_date
from surveys.vocabulary.roles import FieldRole

Part = dict[str, Any]
#: Millimetres: the least width of an option, and what stays empty beside its head.
_OPTION_WIDTH, _INSET = 11.5, 2.2
#: Rows of the heads of options and their size in points, and the width of all options up to which it is chosen.
_HEADS = ((1, 8.5, 50.0), (2, 8.5, 80.0), (3, 8.5, 95.0), (4, 8.5, 108.0), (4, 7.5, 121.0))
#: Letters with their width in thousandths of their size, as wide as they are in bold and italic; capitals, and all others.
_LETTER_WIDTHS = dict.fromkeys("fijlrtI'’.,;:-()| ", 370) | dict.fromkeys("mwMW@%&…—", 1000)
_CAPITAL_WIDTH, _LETTER_WIDTH, _POINT = 760, 560, 25.4 / 72
#: Options that a table may have, letters of each, and of a question that stands in a row.
_MOST_OPTIONS, _HEAD_LETTERS, _ROW_LETTERS = 9, 60, 700
#: Letters of the longest option → how many options stand beside each other.
_BESIDE = ((13, 4), (24, 3), (44, 2))
#: Letters of a question or field, with its options, that may go over to the next page.
_LONG = 1800
#: Units that are ticked on the form when they are so many at most; the name of one is written otherwise.
_UNITS_TICKED = 12
_CODE_BOXES = 14
#: Letters of the title at the foot of every page.
_FOOT = 80
#: What is asked before the questions, what is left to those who handle the form, and what tells who answered.
_BEFORE: tuple[FieldRole, ...] = ("form_code", "unit", "own_unit", "attribute")
_OFFICE: tuple[FieldRole, ...] = (
    "interviewer",
    "started",
    "submitted",
    "rater",
    "operator",
    "stratum",
    "cluster",
)
_PERSON: tuple[FieldRole, ...] = ("identification", "personal")
_WORDS = ("page", "number", "row", "units", "how", "thanks", "office", "person")


def sheet_data(form: FormContent, code: Part | None, unit: FormUnit | None = None) -> Part:
    """The pages of a questionnaire. ``code`` of all pages, by ``code_mark`` (none: room is left for those of forms); ``unit``:
    the one that it is about, where that is known before it is handed out."""
    language = form.language
    publisher = form.publication.publisher
    person, office = (
        [_field(field, form, None) for field in _of_roles(form, roles)] for roles in (_PERSON, _OFFICE)
    )
    return {
        "language": language,
        "kind": phrase("print.kind", language),
        "title": plain(form.title),
        "study": plain(form.study),
        "publisher": plain(publisher.name(language)),
        "above": plain(publisher.parent(language)),
        "foot": plain(form.title if len(form.title) <= _FOOT else f"{form.title[:_FOOT]}…"),
        "landscape": is_matrix_table(form),
        "code": code,
        "words": {name: phrase(f"print.word_{name}", language) for name in _WORDS}
        | {"country": phrase("word.nation", language), "motto": phrase("word.motto", language)},
        "introduction": _introduction(form, unit),
        "how": list(_how(form)),
        "parts": list(_parts(form, unit, with_code=code is not None)),
        "person": person,
        "signatures": _signatures(form),
        "office": office,
        "long_end": sum(len(field["label"]) for field in (*person, *office)) > _LONG,
    }


def _of_roles(form: FormContent, roles: Sequence[FieldRole]) -> list[FormField]:
    return [field for role in roles for field in form.fields if field.role == role]


def _introduction(form: FormContent, unit: FormUnit | None) -> list[str]:
    language, publisher = form.language, form.publication.publisher.name(form.language)
    about = unit.name if unit else ""
    lines = [
        phrase("print.greeting", language),
        phrase("print.purpose", language, publisher=publisher, study=form.study, group=form.group_label),
        phrase("print.about_units" if form.matrix else "print.about_unit", language, unit=about),
        phrase("print.confidential", language),
        phrase("print.until", language, day=written_date(form.end, language)) if form.end else "",
    ]
    return [plain(line) for line in lines if line]


def _how(form: FormContent) -> Iterator[Part]:
    """How to answer, for the kinds of answers that the form has."""
    language = form.language
    kinds = {question.several for question in form.questions}
    if is_matrix_table(form):
        yield {"kind": "plain", "text": phrase("print.how_matrix", language)}
        yield {"kind": "plain", "text": phrase("print.how_matrix_correct", language)}
        if form.field("own_unit"):
            yield {"kind": "plain", "text": phrase("print.how_own_unit", language)}
        return
    if False in kinds:
        yield {"kind": "single", "text": phrase("print.how_single", language)}
    if True in kinds:
        yield {"kind": "several", "text": phrase("print.how_several", language)}
    yield {"kind": "correct", "square": False not in kinds, "text": phrase("print.how_correct", language)}


def _parts(form: FormContent, unit: FormUnit | None, with_code: bool) -> Iterator[Part]:
    before = [field for field in _of_roles(form, _BEFORE) if with_code or field.role != "form_code"]
    if form.matrix:
        before = [field for field in before if field.role != "unit"]
    if before:
        yield {"kind": "heading", "depth": 0, "text": phrase("print.general", form.language)}
        yield {"kind": "fields", "fields": [_field(field, form, unit) for field in before]}
    if not form.matrix:
        yield from _questions(form)
    elif is_matrix_table(form):
        yield from matrix_parts(form)
    else:
        for rated in form.units:
            yield {"kind": "page"}
            yield {"kind": "heading", "depth": 0, "text": plain(rated.name)}
            yield from _questions(form)


def _field(field: FormField, form: FormContent, unit: FormUnit | None) -> Part:
    entry = _entry(field, form, unit)
    letters = len(entry["label"]) + sum(len(option["label"]) for option in entry.get("options", ()))
    return entry | {"long": letters > _LONG}


def _entry(field: FormField, form: FormContent, unit: FormUnit | None) -> Part:
    label = plain(field.label)
    if field.role == "form_code":
        return {"kind": "boxes", "label": label, "count": _CODE_BOXES, "wide": not is_matrix_table(form)}
    options = [{"code": "", "label": plain(name), "level": True} for _, name in field.categories]
    if field.role == "unit":
        if unit:
            return {"kind": "value", "label": label, "value": plain(unit.name), "wide": True}
        if len(form.units) <= _UNITS_TICKED:
            options = [{"code": "", "label": plain(each.name), "level": True} for each in form.units]
    if options:
        return {"kind": "choice", "label": label, "several": False, "options": options, "wide": True}
    whole_line = ("unit", "own_unit") if is_matrix_table(form) else ("unit", "own_unit", "identification")
    return {"kind": "line", "label": label, "wide": field.role in whole_line}


def _signatures(form: FormContent) -> list[dict[str, str]]:
    if "face_to_face" not in form.modes:
        return []
    how = phrase("print.signed_how", form.language)
    return [{"label": phrase("print.interviewer_signs", form.language), "how": how}]


def _questions(form: FormContent) -> Iterator[Part]:
    """The questions under their headings: tables of those that are answered alike, lists of the others."""
    going_on = jumps(form.questions, form.language)
    notes = condition_notes(form.questions, form.language)
    for heading, sections in groupby(form.sections, key=lambda section: section.above or section.title):
        if heading:
            yield {"kind": "heading", "depth": 0, "text": plain(heading)}
        last = ""
        for rows in _rows_together(list(sections)):
            first = rows[0][1]
            if first.number in notes:
                yield {"kind": "note", "text": plain(notes[first.number])}
            if len(rows) > 1 and _fits_table(first.options) and not first.several:
                yield _table(rows, last, going_on, form.language)
            else:
                yield from _listed(rows, last, going_on, form.language)
            last = rows[-1][0]


#: A question with the title of its section, and by their numbers the lines below questions after which some are left out.
Row = tuple[str, FormQuestion]
GoingOn = Mapping[int, Sequence[str]]


def _rows_together(sections: Sequence[FormSection]) -> Iterator[list[Row]]:
    """Questions that stand in one table, each with the title of its section where that says more than the heading above."""
    rows = [
        (section.title if section.above else "", question)
        for section in sections
        for grid in section.grids
        for question in grid.questions
    ]
    for _, together in groupby(rows, key=lambda row: _alike(row[1])):
        yield list(together)


def _alike(question: FormQuestion) -> tuple[object, ...]:
    alone = question.number if question.several or len(question.text) > _ROW_LETTERS else 0
    return (alone, question.options, question.condition)


def _fits_table(options: Sequence[FormOption]) -> bool:
    short = all(len(option.label) <= _HEAD_LETTERS for option in options)
    return short and len(options) <= _MOST_OPTIONS and _heads(options) is not None


def _heads(options: Sequence[FormOption]) -> tuple[float, list[float]] | None:
    """The size of the heads of options and the millimetres of their columns, with few rows and levels alike where there is room;
    None: they are too wide for a table."""
    for rows, size, most in _HEADS:
        own = [_width(option, rows, size) for option in options]
        widest = max(own[: sum(option.kind == "level" for option in options)], default=0.0)
        alike = [
            widest if option.kind == "level" else width for option, width in zip(options, own, strict=True)
        ]
        for widths in (alike, own):
            if sum(widths) <= most:
                return size, widths
    return None


def _width(option: FormOption, rows: int, size: float) -> float:
    """Millimetres that the head of a column needs: its longest word, and all of it in so many rows."""
    text = option.label or option.code
    letters = max(*map(_thousandths, text.split()), _thousandths(text) / rows, 0)
    return round(max(_OPTION_WIDTH, letters / 1000 * size * _POINT + _INSET), 1)


def _thousandths(text: str) -> int:
    other = (_CAPITAL_WIDTH if letter.isupper() else _LETTER_WIDTH for letter in text)
    return sum(_LETTER_WIDTHS.get(letter, width) for letter, width in zip(text, other, strict=True))


def _table(rows: Sequence[Row], last: str, going_on: GoingOn, language: Language) -> Part:
    """A table of questions; ``last``: the title that stands before it, which is not said again."""
    options = rows[0][1].options
    size, widths = _heads(options) or (0.0, [])
    groups = [
        {
            "title": "" if title == last else plain(title),
            "rows": [_row(question, going_on) for _, question in of_title],
        }
        for title, of_title in groupby(rows, key=lambda row: row[0])
    ]
    return {
        "kind": "grid",
        "several": False,
        "heading": phrase("print.content", language),
        "head-size": size,
        "widths": widths,
        "options": [_option(option) for option in options],
        "groups": groups,
    }


def _row(question: FormQuestion, going_on: GoingOn) -> Part:
    return {
        "number": str(question.number),
        "text": plain(question.text),
        "jumps": [plain(line) for line in going_on.get(question.number, ())],
    }


def _listed(rows: Sequence[Row], last: str, going_on: GoingOn, language: Language) -> Iterator[Part]:
    for title, of_title in groupby(rows, key=lambda row: row[0]):
        if title and title != last:
            yield {"kind": "heading", "depth": 1, "text": plain(title)}
        for _, question in of_title:
            yield _question(question, going_on, language)


def _question(question: FormQuestion, going_on: GoingOn, language: Language) -> Part:
    longest = max(len(option.label) for option in question.options)
    letters = len(question.text) + sum(len(option.label) for option in question.options)
    return {
        "kind": "question",
        **_row(question, going_on),
        "hint": phrase("print.several_allowed", language) if question.several else "",
        "several": question.several,
        "options": [_option(option) for option in question.options],
        "columns": next((beside for most, beside in _BESIDE if longest <= most), 1),
        "long": letters > _LONG,
    }


def _option(option: FormOption) -> Part:
    return {
        "code": "" if option.kind == "item" else plain(option.code),
        "label": plain(option.label or option.code),
        "level": option.kind in ("level", "item"),
    }
