"""Texts of a study are printed as they are, whatever they are made of; what cannot be printed is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from surveys.definitions.study.publication import Publication, Publisher
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import StudyDefinition
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.printed.files import pdf_files
from surveys.problems import SurveyError
from tests.surveys.fieldwork.forms.printed.paper import dense, needs_poppler, page_count, page_texts, sheets
from tests.surveys.fieldwork.forms.printed.test_pages import overlapping

FIRST = Path(__file__).parents[5] / "data-sample" / "first-survey"
#: Texts that would run, end or upset something where they were taken as source.
HOSTILE = (
    '#panic("x") #import "@preview/x:1.0.0": * #read("/etc/passwd")',
    "$ x^2 $ [a] ]] }} #{ } *bold* _it_ `raw` <label> @ref = head // no /* no */ ~ -- ---",
    '"quoted" \'single\' \\ \\n \\u{1F} \\" {0} %s %d ${HOME} $(id) </script> &amp; ]]>',
    "=1+1|cmd' /C calc'!A0",
    "- not a list + nor this / term: nor this 1. nor this https://example.org/a?b=c#d",
)
LONG_WORD = "x" * 1000
LONG_TEXT = "Ông/Bà đánh giá thế nào về việc này? " * 28


def study_saying(text: str) -> StudyDefinition:
    """The first survey, in which every text is ``text``."""
    study = load_study(FIRST)
    instrument = study.instrument
    scales = tuple(
        replace(
            scale,
            levels=tuple(replace(level, label_vi=f"{k} {text}") for k, level in enumerate(scale.levels)),
        )
        for scale in instrument.scales
    )
    changed = replace(
        instrument,
        scales=scales,
        items=tuple(replace(item, text_vi=f"{k} {text}") for k, item in enumerate(instrument.items)),
        nodes=tuple(replace(node, label_vi=f"{text} {node.code}") for node in instrument.nodes),
        questionnaires=tuple(replace(q, label_vi=text) for q in instrument.questionnaires),
        groups=tuple(replace(group, label_vi=text) for group in instrument.groups),
        fields=tuple(replace(field, label_vi=f"{text} {field.code}") for field in instrument.fields),
    )
    publication = Publication(Publisher(name_vi=text, parent_vi=text))
    units = tuple(replace(unit, name_vi=f"{text} {unit.code}") for unit in study.units)
    return replace(study, label_vi=text, instrument=changed, units=units, publication=publication)


def printed(study: StudyDefinition) -> bytes:
    (pdf,) = pdf_files(FormRequest(study, study.instrument.questionnaires, "vi")).values()
    return pdf


@needs_poppler
@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_no_markup(text: str) -> None:
    study = study_saying(text)
    told = "".join(page_texts(printed(study)))
    for k, _ in enumerate(study.instrument.items):
        assert dense(f"{k} {text}") in told


@needs_poppler
@pytest.mark.parametrize("text", [LONG_WORD, LONG_TEXT, "dài " * 250, "A" * 60 + " " + "Ế" * 40])
def test_long_texts_stay_on_the_page(text: str) -> None:
    study = study_saying(text)
    pdf = printed(study)
    told = "".join(page_texts(pdf))
    for k, _ in enumerate(study.instrument.items):
        assert dense(f"{k} {text}") in told
    for sheet in sheets(pdf):
        assert overlapping(sheet) == []
        assert all(word.left >= 14 and word.right <= sheet.width - 14 for word in sheet.words)
        assert all(word.top >= 14 and word.bottom <= sheet.height - 14 for word in sheet.words)


@needs_poppler
@pytest.mark.long
def test_no_row_goes_over_to_another_page_wherever_the_page_ends() -> None:
    study = load_study(FIRST)
    item = study.instrument.items[0]
    text = "Ông/Bà đánh giá thế nào về thời gian, cách thức và kết quả giải quyết công việc này? " * 4
    items = tuple(replace(item, code=f"r{k}", text_vi=f"[{k}] {text}[{k}]") for k in range(20))
    for lines in range(8):
        changed = replace(
            study, label_vi="Khảo sát " * 11 * lines, instrument=replace(study.instrument, items=items)
        )
        pages = page_texts(printed(changed))
        for k, each in enumerate(items):
            assert sum(dense(each.text_vi) in page for page in pages) == 1
            assert sum(f"[{k}]" in page for page in pages) == 1


@needs_poppler
@pytest.mark.long
@pytest.mark.parametrize("text", [LONG_WORD, LONG_TEXT, *HOSTILE])
def test_long_and_hostile_texts_in_a_matrix(text: str) -> None:
    study = load_study(FIRST.parent / "ha-noi-2023")
    instrument = study.instrument
    changed = replace(
        instrument,
        items=tuple(replace(item, text_vi=f"{k} {text}") for k, item in enumerate(instrument.items)),
        nodes=tuple(replace(node, label_vi=f"{text} {node.code}") for node in instrument.nodes),
    )
    units = tuple(replace(unit, name_vi=f"{text} {unit.code}") for unit in study.units)
    asked = (instrument.questionnaire["so-1"],)
    (pdf,) = pdf_files(FormRequest(replace(study, instrument=changed, units=units), asked, "vi")).values()
    told = "".join(page_texts(pdf))
    assert all(dense(item.text_vi)[:200] in told for item in changed.items_of("so-1"))
    for sheet in sheets(pdf):
        assert overlapping(sheet) == []
        assert all(word.left >= 14 and word.right <= sheet.width - 14 for word in sheet.words)
        assert all(word.top >= 14 and word.bottom <= sheet.height - 14 for word in sheet.words)


def test_texts_from_right_to_left_and_of_other_alphabets_are_printed() -> None:
    assert page_count(printed(study_saying("Мир ειρήνη שלום سلام \u202e abc → ☐ € ½ ① a\u0301"))) > 1


@pytest.mark.parametrize("letter", ["中", "ក", "😀", "ก"])
def test_letters_that_the_fonts_lack_are_told(letter: str) -> None:
    with pytest.raises(SurveyError) as told:
        printed(study_saying(f"Câu hỏi {letter}"))
    (problem,) = told.value.problems
    assert problem.code == "print.letters"
    assert dict(problem.params) == {"letters": letter, "title": f"Câu hỏi {letter}"}


def test_signs_that_steer_programs_are_left_out() -> None:
    assert page_count(printed(study_saying("Câu\x00\x07\x1b hỏi\r\n\tmột\ufeff\u2028hai"))) >= 1
