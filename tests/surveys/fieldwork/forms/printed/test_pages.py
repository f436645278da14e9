"""Every questionnaire of every shipped edition on paper: nothing is missing, cut, split or outside the page."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
import typst

from surveys.definitions.instrument.shelf import shipped
from surveys.definitions.study.reading import load_study
from surveys.fieldwork.forms.form_content import FormContent, FormQuestion, form_content
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.printed.files import pdf_files
from surveys.fieldwork.forms.printed.sheet_data import sheet_data
from surveys.problems import LANGUAGES, Language
from tests.surveys.fieldwork.forms.printed.paper import (
    Sheet,
    Word,
    codes_on_pages,
    dense,
    needs_poppler,
    page_count,
    page_texts,
    sheets,
    study_of,
)

SAMPLES = Path(__file__).parents[5] / "data-sample"
PAGE = {"vi": "Trang", "en": "Page"}
#: Points at the edge of a page on which nothing is printed.
EDGE = 14

Printed = tuple[FormContent, bytes]


@cache
def printed(edition: str, language: Language) -> list[Printed]:
    """Every questionnaire of an edition, or of the first survey, with its PDF."""
    study = load_study(SAMPLES / edition) if edition == "first-survey" else study_of(edition)
    files = pdf_files(FormRequest(study, study.instrument.questionnaires, language))
    assert list(files) == [f"pdf/{q.code}.pdf" for q in study.instrument.questionnaires]
    forms = [form_content(study, q.code, language) for q in study.instrument.questionnaires]
    return list(zip(forms, files.values(), strict=True))


EDITIONS = ["first-survey", *(pytest.param(name, marks=pytest.mark.long) for name in shipped())]
every = pytest.mark.parametrize("edition", EDITIONS)
both = pytest.mark.parametrize("language", LANGUAGES)


@needs_poppler
@every
@both
def test_pages_say_how_many_there_are(edition: str, language: Language) -> None:
    for _, pdf in printed(edition, language):
        pages = page_texts(pdf)
        assert len(pages) == page_count(pdf)
        for number, text in enumerate(pages, 1):
            assert re.findall(rf"{PAGE[language]}(\d+)/(\d+)", text) == [(str(number), str(len(pages)))]


@needs_poppler
@every
@both
def test_every_question_stands_whole_on_one_page(edition: str, language: Language) -> None:
    for form, pdf in printed(edition, language):
        pages = page_texts(pdf)
        for question in form.questions:
            assert any(is_whole(form, question, page) for page in pages), (form.questionnaire, question.text)


def is_whole(form: FormContent, question: FormQuestion, page: str) -> bool:
    """Whether a question stands on a page with its number, and with all its options beside or below it; in a matrix the options
    stand in front of the columns."""
    text, labels = dense(question.text), [dense(option.label) for option in question.options]
    if form.matrix:
        return f"{question.number}.{text}" in page and all(label in page for label in labels)
    codes = "".join(dense(option.code) for option in question.options)
    in_table = f"{question.number}{text}" in page and codes in page.partition(text)[2]
    below = "".join(dense(o.code if len(o.code) <= 2 else "") + dense(o.label) for o in question.options)
    return (in_table and all(label in page for label in labels)) or (
        f"{question.number}.{text}" in page and below in page.partition(text)[2]
    )


@needs_poppler
@every
@both
def test_words_stand_on_the_page_and_not_on_each_other(
    edition: str, language: Language, tmp_path: Path
) -> None:
    for form, pdf in printed(edition, language):
        for number, sheet in enumerate(sheets(pdf), 1):
            assert (round(min(sheet.width, sheet.height)), round(max(sheet.width, sheet.height))) == (
                595,
                842,
            )
            for word in sheet.words:
                assert EDGE <= word.left < word.right <= sheet.width - EDGE, (
                    form.questionnaire,
                    number,
                    word,
                )
                assert EDGE <= word.top < word.bottom <= sheet.height - EDGE, (
                    form.questionnaire,
                    number,
                    word,
                )
            assert overlapping(sheet) == [], (form.questionnaire, number)


def overlapping(sheet: Sheet) -> list[tuple[str, str]]:
    """Pairs of words of which one stands on the other; boxes are as high as the letters of a font may be, so that boxes of
    neighbouring lines touch."""
    words = sorted(sheet.words, key=lambda word: word.top)
    return [
        (one.text, other.text)
        for k, one in enumerate(words)
        for other in words[k + 1 :]
        if other.top < one.bottom and covers(one, other)
    ]


def covers(one: Word, other: Word) -> bool:
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return across > 0.8 and down > 0.35 * min(one.bottom - one.top, other.bottom - other.top)


@every
@both
def test_columns_are_as_wide_as_the_words_in_their_heads(
    edition: str, language: Language, tmp_path: Path
) -> None:
    found = 0
    for form, _ in printed(edition, language):
        for part in sheet_data(form, None)["parts"]:
            if part["kind"] == "grid":
                heads = zip(part["options"], part["widths"], strict=True)
                columns = [(option["label"], width, part["head-size"]) for option, width in heads]
                assert sum(part["widths"]) <= 175 - 9 - 45  # of the text width; numbers; questions
            elif part["kind"] == "matrix":
                width = (262 - 8 - part["name-width"]) / len(part["columns"])
                columns = [(column["text"], width, 7.8) for column in part["columns"]]
            else:
                continue
            found += len(columns)
            for (label, width, _), widest in zip(columns, widest_words(columns), strict=True):
                assert widest <= width - 2, (form.questionnaire, label)
    assert found or edition == "first-survey"


@every
@both
def test_questions_with_levels_stand_in_tables(edition: str, language: Language) -> None:
    for form, _ in printed(edition, language):
        parts = sheet_data(form, None)["parts"]
        in_tables = {
            row["number"]
            for part in parts
            if part["kind"] == "grid"
            for group in part["groups"]
            for row in group["rows"]
        }
        together = {
            str(question.number)
            for section in form.sections
            for grid in section.grids
            for question in grid.questions
            if len(grid.questions) > 1 and not question.several
        }
        assert form.matrix or together <= in_tables


def widest_words(columns: list[tuple[str, float, float]]) -> list[float]:
    """Millimetres of the widest word of each text, as Typst measures it."""
    asked = [{"words": text.split(), "size": size} for text, _, size in columns]
    source = b"""#set text(font: "Libertinus Serif")
    #context [#metadata(json(bytes(sys.inputs.asked)).map(each => calc.max(
      ..each.words.map(word => measure(text(each.size * 1pt, style: "italic", word)).width / 1mm)))) <widths>]"""
    fonts = typst.Fonts(include_system_fonts=False)
    inputs = {"asked": json.dumps(asked)}
    told = typst.query(source, "<widths>", field="value", one=True, sys_inputs=inputs, font_paths=fonts)
    return list(json.loads(told))


@every
@both
def test_qr_codes_say_what_is_printed_beside_them(edition: str, language: Language) -> None:
    for form, pdf in printed(edition, language):
        width = 297 if sheet_data(form, None)["landscape"] else 210
        assert codes_on_pages(pdf, width) == [[form.questionnaire]] * page_count(pdf)
