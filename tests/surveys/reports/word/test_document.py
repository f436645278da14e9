"""Word documents: every look is a named style, pages are A4, and the parts stand in the order that the standard asks for."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import docx
import pytest
from docx.shared import Mm, Pt

from surveys.reports.word.document import LetterHead, TableLook, WordDocument
from surveys.reports.word.markup import plain
from surveys.reports.word.styles import layout

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: Orders of ISO/IEC 29500-1: properties of a paragraph (17.3.1.26) and of a table (17.4.60), as far as they occur.
PARAGRAPH = (
    "pStyle", "keepNext", "keepLines", "pageBreakBefore", "widowControl", "numPr", "pBdr", "shd", "tabs", "spacing", "ind",
    "jc", "outlineLvl", "rPr", "sectPr",
)  # fmt: skip
TABLE = ("tblStyle", "tblW", "jc", "tblInd", "tblBorders", "tblLayout", "tblCellMar", "tblLook")
RUN = (
    "rStyle", "rFonts", "b", "bCs", "i", "iCs", "caps", "smallCaps", "color", "spacing", "sz", "szCs", "u", "lang",
)  # fmt: skip


def made() -> bytes:
    document = WordDocument("vi", "Tên", "Viện")
    document.head(LetterHead("Viện", "Số", "Hà Nội, ngày"))
    document.write(("title", "BIÊN BẢN"), ("fact", "một"), ("end", ""))
    document.table(["Tệp", "Số byte"], [["a", "1"], ["b", "2"]], TableLook([100, 60], [False, True]))
    return document.content()


@pytest.fixture(scope="module")
def parts() -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        names = [name for name in archive.namelist() if name.endswith(".xml")]
        return {name: ElementTree.fromstring(archive.read(name)) for name in names}


def test_the_page_is_that_of_the_decree() -> None:
    """A4 upright; 20–25 mm above and below, 30–35 mm to the left, 15–20 mm to the right; Times New Roman."""
    section = docx.Document(io.BytesIO(made())).sections[0]
    names = ("page_width", "page_height", "top_margin", "bottom_margin", "left_margin", "right_margin")
    width, height, top, bottom, left, right = (round(getattr(section, name) / Mm(1), 1) for name in names)
    assert (width, height) == (210, 297)
    assert 20 <= top <= 25
    assert 20 <= bottom <= 25
    assert 30 <= left <= 35
    assert 15 <= right <= 20
    styles = layout()[1]
    assert {style.font for key, style in styles.items() if key != "code"} == {"Times New Roman"}


@pytest.mark.parametrize(
    ("key", "sizes", "bold", "italic", "align"),
    [
        ("nation", (12, 13), True, False, "center"),
        ("motto", (13, 14), True, False, "center"),
        ("agency", (12, 13), True, False, "center"),
        ("number", (13, 13), False, False, "center"),
        ("place_and_date", (13, 14), False, True, "center"),
        ("title", (13, 14), True, False, "center"),
        ("body", (13, 14), False, False, "justify"),
        ("page_number", (13, 14), False, False, "center"),
    ],
)
def test_styles_are_those_of_the_decree(
    key: str, sizes: tuple[int, int], bold: bool, italic: bool, align: str
) -> None:
    style = layout()[1][key]
    assert sizes[0] <= style.size <= sizes[1]
    assert (style.bold, style.italic, style.align) == (bold, italic, align)


def test_a_style_in_word_is_what_is_declared() -> None:
    document = docx.Document(io.BytesIO(made()))
    for key, style in layout()[1].items():
        found = document.styles[style.name]
        assert found.element.styleId == (style.id or key)
        assert (found.font.size, found.font.bold, found.font.name) == (Pt(style.size), style.bold, style.font)


def test_no_paragraph_or_run_has_a_look_of_its_own(parts: dict[str, ElementTree.Element]) -> None:
    for part in ("word/document.xml", "word/header1.xml"):
        for properties in parts[part].iter(f"{W}pPr"):
            names = [child.tag.removeprefix(W) for child in properties]
            assert names in (["pStyle"], ["pStyle", "keepNext"]), part
        assert not list(parts[part].iter(f"{W}rPr"))
    used = {node.get(f"{W}val") for node in parts["word/document.xml"].iter(f"{W}pStyle")}
    assert used <= set(layout()[1])


@pytest.mark.parametrize(("name", "order"), [("pPr", PARAGRAPH), ("tblPr", TABLE), ("rPr", RUN)])
def test_properties_stand_in_order(
    name: str, order: tuple[str, ...], parts: dict[str, ElementTree.Element]
) -> None:
    for part in ("word/document.xml", "word/styles.xml", "word/header1.xml"):
        for properties in parts[part].iter(f"{W}{name}"):
            places = [order.index(child.tag.removeprefix(W)) for child in properties]
            assert places == sorted(places), (part, [child.tag for child in properties])


def test_pages_are_numbered_from_the_second(parts: dict[str, ElementTree.Element]) -> None:
    (section,) = parts["word/document.xml"].iter(f"{W}sectPr")
    assert section.find(f"{W}titlePg") is not None
    (field,) = parts["word/header1.xml"].iter(f"{W}fldSimple")
    assert field.get(f"{W}instr") == "PAGE"


def test_a_table_repeats_its_headings_and_breaks_no_row(parts: dict[str, ElementTree.Element]) -> None:
    rows = list(parts["word/document.xml"].iter(f"{W}tr"))
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
    assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows] == [False, True, False, False]


def test_the_same_content_gives_the_same_bytes() -> None:
    assert made() == made()


def test_plain_text() -> None:
    assert plain(" a\r\n\tb\u00a0c ") == "a b\u00a0c"
    assert plain("Sở Nội vụ – “khu A”") == "Sở Nội vụ – “khu A”"
    assert plain("\ufffe\ud800") == ""


def test_small_tables_are_not_broken_over_pages_and_notes_stay_with_theirs() -> None:
    def kept(rows: int, has_note: bool) -> list[bool]:
        document = WordDocument("vi", "Tên", "Viện")
        look = TableLook([100, 60], [False, True], has_note=has_note)
        document.table(["Tệp", "Số"], [["a", "1"]] * rows, look)
        (table,) = docx.Document(io.BytesIO(document.content())).tables
        return [row.cells[0].paragraphs[0].paragraph_format.keep_with_next or False for row in table.rows[1:]]

    assert kept(3, has_note=False) == [True, True, False]
    assert kept(3, has_note=True) == [True, True, True]
    assert kept(40, has_note=True) == [False] * 39 + [True]
    assert not any(kept(40, has_note=False))
