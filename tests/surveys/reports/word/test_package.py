"""Packages of documents: elements in the order of the standard, every reference to something that is there, styles that exist."""

from __future__ import annotations

import io
import posixpath
import zipfile
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from surveys.reports.word.report_document import word_report
from surveys.reports.word.template import template_paper
from tests.surveys.reports.word.made_up_report import DRAWINGS, W, report
from tests.surveys.reports.word.test_template import institute, saved

R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
#: Orders of ISO/IEC 29500-1, annex A.1 (wml.xsd), as far as the elements occur.
ORDERS = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr pBdr shd tabs spacing ind contextualSpacing jc "
    "outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps color spacing kern sz szCs u lang",
    "tblPr": "tblStyle tblStyleRowBandSize tblStyleColBandSize tblW jc tblInd tblBorders tblLayout tblCellMar tblLook tblCaption",
    "trPr": "cantSplit tblHeader",
    "tcPr": "tcW tcBorders shd noWrap tcMar vAlign",
    "tbl": "tblPr tblGrid tr",
    "tc": "tcPr p",
    "sectPr": "headerReference footerReference type pgSz pgMar titlePg",
    "sdt": "sdtPr sdtContent",
    "style": "name basedOn next link uiPriority semiHidden unhideWhenUsed qFormat rsid pPr rPr tblPr tcPr tblStylePr",
    "abstractNum": "nsid multiLevelType tmpl lvl",
    "lvl": "start numFmt pStyle suff lvlText lvlJc pPr rPr",
    "numbering": "abstractNum num",
    "settings": "zoom mirrorMargins defaultTabStop evenAndOddHeaders characterSpacingControl compat",
}  # fmt: skip


def of_the_house(folder: Path) -> bytes:
    return word_report(report(), DRAWINGS).content


def of_a_template(folder: Path) -> bytes:
    document = institute()
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.first_page_header.paragraphs[0].text = "Trang đầu"
    document.settings.odd_and_even_pages_header_footer = True
    section.even_page_header.paragraphs[0].text = "Trang chẵn"
    return word_report(report(), DRAWINGS, template_paper(saved(document, folder / "a.docx"), "vi")).content


@pytest.fixture(scope="module", params=[of_the_house, of_a_template])
def parts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    content = request.param(tmp_path_factory.mktemp("package"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def roots(parts: dict[str, bytes]) -> dict[str, ElementTree.Element]:
    return {
        name: ElementTree.fromstring(part) for name, part in parts.items() if name.endswith((".xml", ".rels"))
    }


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_elements_stand_in_the_order_of_the_standard(
    name: str, roots: dict[str, ElementTree.Element]
) -> None:
    order = ORDERS[name].split()
    met = 0
    for part, root in roots.items():
        for element in root.iter(f"{W}{name}"):
            found = [child.tag.removeprefix(W) for child in element if not child.tag.endswith("bookmarkEnd")]
            assert [order.index(tag) for tag in found] == sorted(order.index(tag) for tag in found), (
                part,
                found,
            )
            met += 1
    assert met


def test_every_part_has_a_type_and_every_reference_its_part(
    roots: dict[str, ElementTree.Element], parts: dict[str, bytes]
) -> None:
    types = roots["[Content_Types].xml"]
    endings = {found.get("Extension") for found in types if found.tag.endswith("Default")}
    named = {(found.get("PartName") or "").lstrip("/") for found in types if found.tag.endswith("Override")}
    assert named <= set(parts)
    assert len(named) + len(endings) == len(types)
    for name in parts:
        assert name in named or name.rpartition(".")[2] in endings or name == "[Content_Types].xml"
    for name, root in roots.items():
        if name.endswith(".rels"):
            folder = posixpath.dirname(posixpath.dirname(name))
            ids = [relation.get("Id") for relation in root]
            assert len(set(ids)) == len(ids)
            for relation in root:
                assert relation.get("TargetMode") != "External"
                target = relation.get("Target", "")
                assert posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/") in parts


def test_what_a_part_refers_to_is_there(roots: dict[str, ElementTree.Element]) -> None:
    for name, root in roots.items():
        folder, base = posixpath.split(name)
        listed = roots.get(f"{folder}/_rels/{base}.rels", ElementTree.Element("none"))
        ids = {relation.get("Id") for relation in listed}
        used = {
            value for element in root.iter() for key, value in element.attrib.items() if key.startswith(R)
        }
        assert used <= ids, name


def test_styles_and_lists_that_are_used_exist(roots: dict[str, ElementTree.Element]) -> None:
    styles = {style.get(f"{W}styleId") for style in roots["word/styles.xml"].iter(f"{W}style")}
    lists = {number.get(f"{W}numId") for number in roots["word/numbering.xml"].iter(f"{W}num")}
    kinds = {kind.get(f"{W}abstractNumId") for kind in roots["word/numbering.xml"].iter(f"{W}abstractNum")}
    assert len(lists) == len(list(roots["word/numbering.xml"].iter(f"{W}num")))
    for root in roots.values():
        for name in ("pStyle", "rStyle", "tblStyle", "basedOn", "next", "link"):
            assert {found.get(f"{W}val") for found in root.iter(f"{W}{name}")} <= styles
        assert {found.get(f"{W}val") for found in root.iter(f"{W}numId")} <= lists
        assert {found.get(f"{W}val") for found in root.iter(f"{W}abstractNumId")} <= kinds


def test_numbers_of_pictures_and_bookmarks_are_not_given_twice(roots: dict[str, ElementTree.Element]) -> None:
    document = roots["word/document.xml"]
    drawing = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
    for tag, key in ((drawing, "id"), (f"{W}bookmarkStart", f"{W}id"), (f"{W}bookmarkStart", f"{W}name")):
        found = [element.get(key) for element in document.iter(tag)]
        assert len(set(found)) == len(found)
        assert found


def test_a_cell_ends_with_a_paragraph_and_tables_do_not_touch(roots: dict[str, ElementTree.Element]) -> None:
    """Word takes two tables without a paragraph between them for one, and a cell without a paragraph for damage."""
    document = roots["word/document.xml"]
    assert all(cell[-1].tag == f"{W}p" for cell in document.iter(f"{W}tc"))
    body = document.find(f"{W}body")
    assert body is not None
    tags = [element.tag.removeprefix(W) for element in body]
    assert ("tbl", "tbl") not in set(pairwise(tags))
    assert tags[-1] == "sectPr"
    assert tags[-2] == "p"
