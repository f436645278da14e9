"""Code books: everything that an edition defines stands in them, in both languages."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as OpenedDocument

import surveys as sv
from surveys.cli import main
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.shelf import shipped
from surveys.handover.words import label_of, unit_name
from surveys.problems import LANGUAGES, Language, SurveyError
from surveys.reports.code_book.book import code_book, edition_alone
from surveys.reports.word.report_document import word_report

FIRST = "data-sample/first-survey"


def opened(content: bytes) -> OpenedDocument:
    return Document(io.BytesIO(content))


def tables(document: OpenedDocument) -> Iterator[list[tuple[str, ...]]]:
    """The tables with lines, as rows of texts; cells that are one are one."""
    for table in document.tables:
        yield [tuple(cell.text for cell in row.cells) for row in table.rows]


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("edition", shipped())
def test_every_question_option_and_code_is_in_it(edition: str, language: Language) -> None:
    instrument = load_instrument(edition)
    document = opened(word_report(code_book(edition_alone(instrument), language), {}).content)
    found = list(tables(document))
    rows = {row for table in found for row in table}
    starts = {row[:2] for row in rows}
    for form in instrument.questionnaires:
        asked = [
            (str(k), item.code, getattr(item, f"text_{language}") or item.text_vi)
            for k, item in enumerate(instrument.items_of(form.code), 1)
        ]
        matching = [table for table in found if [row[:3] for row in table if row[0].isdecimal()] == asked]
        assert matching, form.code
        assert {
            (field.code, label_of(field, language) or "–") for field in instrument.fields_of(form.code)
        } <= starts
    for scale in instrument.scales:
        assert {(level.code, label_of(level, language)) for level in scale.levels} <= starts
        assert {(none.code, label_of(none, language) or none.code) for none in scale.non_answers} <= starts
    assert {(node.code, label_of(node, language)) for node in instrument.nodes} <= starts
    assert {(unit.code, unit_name(unit, language)) for unit in instrument.units} <= starts
    assert {source.code for source in instrument.sources} <= {row[0] for row in rows}
    assert {rule.rule for rule in instrument.rules} <= {row[0] for row in rows}
    text = "\n".join(cell for row in rows for cell in row)
    for item in instrument.items:
        for alias in item.aliases:
            assert alias in text
        if item.asked_when:
            assert f"{item.asked_when[0]} = {item.asked_when[1][0]}" in text


def test_of_a_study_and_of_an_edition(tmp_path: Path) -> None:
    sv.codebook(FIRST, tmp_path / "đợt.docx")
    sv.codebook(f"{FIRST}/instrument", tmp_path / "bộ công cụ.docx", language="en")
    sv.codebook(sv.load(FIRST), tmp_path / "again.docx")
    assert main(["codebook", FIRST, "--out", str(tmp_path / "told.docx"), "--text", "vi"]) == 0
    assert len({(tmp_path / f"{name}.docx").read_bytes() for name in ("đợt", "again", "told")}) == 1
    texts = [p.text for p in opened((tmp_path / "bộ công cụ.docx").read_bytes()).paragraphs]
    assert "CODE BOOK" in texts
    rows = {row for table in tables(opened((tmp_path / "đợt.docx").read_bytes())) for row in table}
    # The ladder and the codes as data-sample/first-survey/instrument/instrument.toml declares them.
    assert ("4", "Hài lòng", "0,75", "×", "–") in rows
    assert ("9", "Không biết", "không biết: không tính", "–", "–") in rows


def test_what_is_wrong_is_said_before_anything_is_written(tmp_path: Path) -> None:
    for source, more, code in (
        (FIRST, {"language": "fr"}, "language.unknown"),
        ("sipas/2032", {}, "instrument.unknown"),
        (FIRST, {"template": tmp_path / "none.docx"}, None),
    ):
        with pytest.raises((SurveyError, OSError)) as raised:
            sv.codebook(source, tmp_path / "book.docx", **more)
        if code and isinstance(raised.value, SurveyError):
            assert raised.value.problems[0].code == code
        assert not list(tmp_path.iterdir())
    (tmp_path / "book.docx").write_bytes(b"mine")
    with pytest.raises(SurveyError):
        sv.codebook(FIRST, tmp_path / "book.docx")
    assert (tmp_path / "book.docx").read_bytes() == b"mine"
