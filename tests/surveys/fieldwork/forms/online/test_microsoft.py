"""Documents for the quick import of Microsoft Forms: every question once, and what the form gives back needs no mapping."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter
from docx import Document

from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.shelf import shipped
from surveys.definitions.study.records import Issued, ReturnFile, StudyDefinition
from surveys.fieldwork.forms.form_content import form_content
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.online.microsoft_files import GUIDE, microsoft_files, questions_of
from surveys.problems import LANGUAGES, Language
from surveys.returns.reading import read_returns

CELLS = [(name, q.code) for name in shipped() for q in load_instrument(name).questionnaires if not q.matrix]


def a_study(edition: str, folder: Path) -> StudyDefinition:
    instrument = load_instrument(edition)
    return StudyDefinition("dot", "Đợt điều tra", "A round", instrument, folder, instrument.units)


def asked_in(content: bytes) -> list[tuple[str, list[str]]]:
    """Questions with their options, as an importer of numbered questions with lettered options takes them."""
    found: list[tuple[str, list[str]]] = []
    for line in (paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs[1:]):
        if number := re.fullmatch(r"(\d+)\. (.+)", line):
            assert int(number[1]) == len(found) + 1
            found.append((number[2], []))
        elif letter := re.fullmatch(r"[A-Z]{1,2}\. (.+)", line):
            found[-1][1].append(letter[1])
    return found


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("edition", "code"), CELLS, ids=lambda value: str(value).replace("/", "-"))
def test_every_question_is_asked_once_and_read_back(
    edition: str, code: str, language: Language, tmp_path: Path
) -> None:
    study = a_study(edition, tmp_path)
    form = form_content(study, code, language)
    request = FormRequest(study, (study.instrument.questionnaire[code],), language)
    asked = asked_in(microsoft_files(request)[f"microsoft/{code}.docx"])
    questions = dict(asked)
    assert [text for text, _ in asked][-len(form.questions) :] == [q.text for q in form.questions]
    assert all(questions[q.text] == [option.label for option in q.options] for q in form.questions)
    with xlsxwriter.Workbook(tmp_path / "form.xlsx") as book:
        sheet = book.add_worksheet("Sheet1")
        own = ("Id", "Start time", "Completion time", "Email", "Name")
        sheet.write_row(0, 0, (*own, *(text for text, _ in asked)))
        for k in range(1, 6):
            said = (options[k % len(options)] if options else f"P{k}" for _, options in asked)
            sheet.write_row(
                k, 0, (k, f"2026-11-0{k} 08:00:00", f"2026-11-0{k} 08:10:00", "anonymous", "", *said)
            )
    returns = read_returns(replace(study, returns=(ReturnFile("form.xlsx", questionnaire=code),)))
    units = [unit.code for unit in form.units]
    assert returns.rows["unit_code"].tolist() == [units[k % len(units)] for k in range(1, 6)]
    for question in form.questions:
        levels = [level.code for level in study.instrument.scale_of(question.code).levels]
        chosen = [question.options[k % len(question.options)] for k in range(1, 6)]
        read = returns.answers[:, study.instrument.item_position[question.code]].tolist()
        assert [levels.index(o.code) for o in chosen if o.kind == "level"] == [c for c in read if c >= 0]
        assert [o.kind == "level" for o in chosen] == [c >= 0 for c in read]


def test_what_cannot_be_imported_is_said(tmp_path: Path) -> None:
    study = replace(a_study("ha-noi/2023", tmp_path), issued=(Issued("P1", "so-5", "noi-vu"),))
    wanted = tuple(study.instrument.questionnaire[code] for code in ("so-1", "so-5"))
    files = microsoft_files(FormRequest(study, wanted, "en"))
    assert set(files) == {"microsoft/so-5.docx", GUIDE}
    guide = files[GUIDE].decode()
    matrix = form_content(study, "so-1", "en")
    assert f"that is {len(matrix.units) * len(matrix.questions)};" in guide
    questions = {
        q.asked.code: q.number for q in questions_of(study, form_content(study, "so-5", "en")) if q.asked
    }
    of, first = questions["S0"], questions["8.1.1a"]
    assert f"question {first}–{len(questions) + of - 1} only when “Yes” is chosen in question {of}." in guide
    assert files == microsoft_files(FormRequest(study, wanted, "en"))
