"""The Word report as a document: headings in order, tables whose numbers fit, pictures with words, whole sentences."""

from __future__ import annotations

import io
import re
import zipfile
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tests.surveys.reports.analysis_report.conftest import Report
from tests.surveys.reports.analysis_report.read_word import ReadReport, W
from tests.surveys.reports.analysis_report.test_numbers import CASES

#: Widths of letters of Times New Roman in thousandths of its size.
WIDTHS = {",": 250, ".": 250, "\u2212": 564, "+": 564, "–": 500, "-": 333, "/": 278, "%": 833}
A_DIGIT = 500
#: Left and right of the text of a cell, in twentieths of a point.
MARGINS = 2 * 108
#: What no reader should meet: remains of phrases, of programs, of empty parameters.
REMAINS = re.compile(
    r"[⟦⟧{}]|\bnan\b|\bNaN\b|\(\)|\(\s|\s\)| ,| ;|,,|\.\.(?!\.)|  |\bTrue\b|\bFalse\b|\ufffd"
)
HEADING = re.compile(r"heading(\d)")


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_headings_go_down_one_level_at_a_time(
    reported: Report, key: str, language: str, beside: bool
) -> None:
    found = [HEADING.fullmatch(p.style) for p in reported(key, language, beside).word.paragraphs]
    levels = [int(match[1]) for match in found if match]
    assert levels[0] == 1
    assert levels.count(1) >= 6
    assert all(level <= before + 1 for before, level in pairwise(levels))


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_no_heading_stands_above_nothing(reported: Report, key: str, language: str, beside: bool) -> None:
    """After a heading comes text, a table or a deeper heading."""
    report = reported(key, language, beside).word
    styles = [(HEADING.fullmatch(p.style), p) for p in report.paragraphs]
    empty = [
        p.text
        for (match, p), (after, _) in zip(styles, [*styles[1:], (None, None)], strict=True)
        if match and after and int(after[1]) <= int(match[1])
    ]
    assert not empty


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_tables_have_rows_and_as_many_cells_everywhere(
    reported: Report, key: str, language: str, beside: bool
) -> None:
    for table in reported(key, language, beside).word.tables:
        if table.headings:
            assert table.headings == 1
            assert len(table.rows) > 1, table.rows
            assert {len(row) for row in table.rows} == {len(table.rows[0])}
            assert all(text.strip() for text in table.rows[0]), table.rows[0]


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_pictures_have_words_and_captions(reported: Report, key: str, language: str, beside: bool) -> None:
    report = reported(key, language, beside)
    assert all(len(words) > 20 for words in report.word.pictures)
    drawn = sorted((report.folder / "figures").glob("*.png"))
    assert len(drawn) == len(list((report.folder / "figures").glob("*.svg")))
    left_out = 1 if key in ("one", "lonely") else 0  # the heat map of a single unit
    assert len(report.word.pictures) == len(drawn) - left_out
    styles = [p.style for p in report.word.paragraphs]
    assert all(styles[k + 1] == "caption" for k, style in enumerate(styles) if style == "picture")


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_text_has_no_remains(reported: Report, key: str, language: str, beside: bool) -> None:
    if key == "named":
        return  # whose names are remains
    texts = [p.text for p in reported(key, language, beside).word.paragraphs]
    assert not [(match[0], text) for text in texts if (match := REMAINS.search(text))][:5]
    assert language == "en" or not [text for text in texts if "None" in text]
    assert not [text for text in texts if re.search(r"\d%|\d %", text)][:5], "no-break space before %"


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_references_lead_to_what_is_there(reported: Report, key: str, language: str, beside: bool) -> None:
    with zipfile.ZipFile(reported(key, language, beside).folder / "bao-cao-phan-tich.docx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    body = ElementTree.fromstring(parts["word/document.xml"])
    marks = [mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")]
    assert len(marks) == len(set(marks))
    said = [node.text or "" for node in body.iter(f"{W}instrText")]
    said += [node.get(f"{W}instr", "") for node in body.iter(f"{W}fldSimple")]
    referred = {match[1] for text in said if (match := re.match(r"\s*(?:REF|PAGEREF)\s+(\S+)", text))}
    assert referred
    assert referred <= set(marks)


def _said(element: ElementTree.Element, path: str, name: str) -> str:
    """An attribute of an element below another one."""
    found = element.find("/".join(f"{W}{part}" for part in path.split("/")))
    assert found is not None
    return found.attrib[f"{W}{name}"]


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_numbers_fit_their_columns(reported: Report, key: str, language: str, beside: bool) -> None:
    """The widest number of a cell, in Times New Roman of the size of its style, is no wider than the column."""
    content = (reported(key, language, beside).folder / "bao-cao-phan-tich.docx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        body = ElementTree.fromstring(archive.read("word/document.xml"))
        sizes = style_sizes(ElementTree.fromstring(archive.read("word/styles.xml")))
    cut = []
    for cell in body.iter(f"{W}tc"):
        room = int(_said(cell, "tcPr/tcW", "w")) - MARGINS
        for p in cell.iter(f"{W}p"):
            size = sizes[_said(p, "pPr/pStyle", "val")]
            text = "".join(node.text or "" for node in p.iter(f"{W}t"))
            for word in re.findall(r"[\d,.\u2212+/%]*\d[\d,.%/]*", text):
                wide = sum(WIDTHS.get(letter, A_DIGIT) for letter in word) * size / 1000 * 20
                if wide > room:
                    cut.append((text, round(wide), room))
    assert not cut[:5]


def style_sizes(styles: ElementTree.Element) -> dict[str, float]:
    """Style → its size in points, its own or that of the style it is based on."""
    own = {style.get(f"{W}styleId", ""): style for style in styles.iter(f"{W}style")}

    def size(key: str) -> float:
        style = own[key]
        given, base = style.find(f"{W}rPr/{W}sz"), style.find(f"{W}basedOn")
        if given is not None:
            return int(given.get(f"{W}val", "")) / 2
        return size(base.get(f"{W}val", "")) if base is not None else 12.0

    return {key: size(key) for key in own}


def test_a_document_is_read_back(reported: Report) -> None:
    report: ReadReport = reported("small", "vi", True).word
    assert report.text.startswith("BÁO CÁO") or "BÁO CÁO" in report.text
    assert len(report.of_style("caption")) >= 10
