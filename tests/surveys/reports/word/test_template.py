"""An institute's own document as template: what is taken over of it, and what is refused; it comes from others."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.parser import parse_xml
from docx.shared import Mm, Pt, RGBColor

from surveys.problems import SurveyError
from surveys.reports.word import template_parts
from surveys.reports.word.markup import NAMESPACES
from surveys.reports.word.report_document import word_report
from surveys.reports.word.stationery import Stationery
from surveys.reports.word.styles import keys, layout, name_of
from surveys.reports.word.template import template_paper
from tests.surveys.reports.word.made_up_report import DRAWINGS, W, part, png, report, style_of, text_of

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def saved(document: Any, path: Path) -> Path:
    document.save(str(path))
    return path


def institute() -> Any:
    """A template with a page, a font, a red first heading, a logo in its header and a line in its footer."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin, section.top_margin = Mm(35), Mm(15), Mm(30)
    document.styles["Normal"].font.name, document.styles["Normal"].font.size = "Arial", Pt(14)
    document.styles["Heading 1"].font.color.rgb = RGBColor(0xC0, 0, 0)
    run = section.header.paragraphs[0].add_run("VIỆN NGHIÊN CỨU ")
    run.add_picture(io.BytesIO(png(30, 10)), width=Mm(15))
    section.footer.paragraphs[0].text = "Đường Láng, Hà Nội"
    document.add_paragraph("Thân của mẫu")
    return document


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(institute(), tmp_path_factory.mktemp("template") / "mau.docx")


@pytest.fixture(scope="module")
def paper(path: Path) -> Stationery:
    return template_paper(path, "vi")


@pytest.fixture(scope="module")
def content(paper: Stationery) -> bytes:
    return word_report(report(), DRAWINGS, paper).content


def codes(act: Callable[[], object]) -> list[str]:
    with pytest.raises(SurveyError) as error:
        act()
    for problem in error.value.problems:
        assert problem.text("vi")
        assert problem.text("en")
    return [problem.code for problem in error.value.problems]


# --- what is taken over -----------------------------------------------------------------------------------------------------


def test_the_page_of_the_template_is_kept_and_turned(content: bytes) -> None:
    sections = docx.Document(io.BytesIO(content)).sections
    names = ("page_width", "page_height", "left_margin", "right_margin", "top_margin")
    found = {tuple(round(getattr(section, name) / Mm(1)) for name in names) for section in sections}
    assert found == {(210, 297, 35, 15, 30), (297, 210, 25, 30, 35)}


def test_its_header_and_footer_are_on_every_page_and_ours_is_not(content: bytes) -> None:
    document = docx.Document(io.BytesIO(content))
    for section in document.sections:
        assert section.header.paragraphs[0].text.startswith("VIỆN NGHIÊN CỨU")
        assert section.footer.paragraphs[0].text == "Đường Láng, Hà Nội"
        assert not section.different_first_page_header_footer
    images = [rel.target_part.blob for rel in document.sections[0].header.part.rels.values()]
    assert images == [png(30, 10)]


def test_its_text_is_replaced(content: bytes) -> None:
    assert "Thân của mẫu" not in text_of(part(content))


def test_its_styles_stay_as_they_are_and_those_it_lacks_are_added(content: bytes) -> None:
    document = docx.Document(io.BytesIO(content))
    assert document.styles["Heading 1"].font.color.rgb == RGBColor(0xC0, 0, 0)
    kinds = {
        (style.element.get(f"{W}type"), style.element.find(f"{W}name").get(f"{W}val").lower())
        for style in document.styles
    }
    assert {(kind, name.lower()) for kind, name in map(name_of, keys())} <= kinds
    body = document.styles[layout().styles["body"].name]
    assert (body.font.name, body.font.size) == (None, None)  # as Normal says
    assert body.base_style.name == "Normal"
    ids = [style.style_id for style in document.styles]
    assert len(set(ids)) == len(ids)
    used = {style_of(paragraph) for paragraph in part(content).iter(f"{W}p")}
    assert used <= set(ids)


def test_a_template_that_says_nothing_of_its_font_gets_that_of_the_decree(tmp_path: Path) -> None:
    document = docx.Document()
    paper = template_paper(saved(document, tmp_path / "a.docx"), "vi")
    made = docx.Document(io.BytesIO(word_report(report(), DRAWINGS, paper).content))
    body = made.styles[layout().styles["body"].name]
    assert (body.font.name, body.font.size) == ("Times New Roman", Pt(13))
    header = made.sections[-1].header
    assert any(field.get(f"{W}instr") == "PAGE" for field in header._element.iter(f"{W}fldSimple"))


def test_its_language_is_that_of_the_report(path: Path) -> None:
    made = word_report(report("en"), DRAWINGS, template_paper(path, "en")).content
    assert {found.get(f"{W}val") for found in part(made, "word/styles.xml").iter(f"{W}lang")} == {"en-GB"}


def test_its_own_numbers_of_headings_are_kept(tmp_path: Path) -> None:
    """Headings counted “Chương 1”, “A.”; nothing below: what the report writes is what Word will count."""
    document = institute()
    numbering = document.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{k}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:pStyle w:val="Heading{k + 1}"/>'
        f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/></w:lvl>'
        for k, (form, text) in enumerate((("decimal", "Chương %1"), ("upperLetter", "%2.")))
    )
    kind = f'<w:abstractNum {NAMESPACES} w:abstractNumId="77"><w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
    numbering.insert(0, parse_xml(kind))
    numbering.append(parse_xml(f'<w:num {NAMESPACES} w:numId="99"><w:abstractNumId w:val="77"/></w:num>'))
    for k in (0, 1):
        properties = document.styles[f"Heading {k + 1}"].element.get_or_add_pPr().get_or_add_numPr()
        properties.extend(parse_xml(f'<w:a {NAMESPACES}><w:ilvl w:val="{k}"/><w:numId w:val="99"/></w:a>'))
    paper = template_paper(saved(document, tmp_path / "a.docx"), "vi")
    root = part(word_report(report(), DRAWINGS, paper).content)
    entries = [text_of(p).removesuffix("\t…") for p in root.iter(f"{W}p") if style_of(p).startswith("TOC")]
    assert entries[:3] == ["Chương 1 Tóm tắt", "Chương 2 Kết quả", "A. Sở, ban, ngành"]
    assert "Phụ lục I. Phương pháp" in entries
    said = next(text_of(p) for p in root.iter(f"{W}p") if text_of(p).startswith("Chỉ số đạt"))
    assert "Chương 2, mục A Chương 2, Phụ lục I" in said


def test_our_own_document_is_a_template(tmp_path: Path) -> None:
    """People change the styles of a report and give it as the template of the next one."""
    first = word_report(report(), DRAWINGS).content
    (tmp_path / "a.docx").write_bytes(first)
    again = word_report(report(), DRAWINGS, template_paper(tmp_path / "a.docx", "vi")).content
    (old, new) = ([text_of(p) for p in part(made).iter(f"{W}p")] for made in (first, again))
    assert old == new
    ours = part(again, "word/styles.xml").findall(f"{W}style")
    assert len(ours) == len(part(first, "word/styles.xml").findall(f"{W}style"))
    first_pages = [
        section.different_first_page_header_footer for section in docx.Document(io.BytesIO(again)).sections
    ]
    assert first_pages[:3] == [True, False, True]


def test_a_template_of_word_is_a_template(path: Path, tmp_path: Path) -> None:
    changed(path, tmp_path / "a.dotx", "[Content_Types].xml", b"document.main+xml", b"template.main+xml")
    assert template_paper(tmp_path / "a.dotx", "vi").page.left == pytest.approx(35, abs=0.1)


def test_links_of_a_header_become_their_text(tmp_path: Path) -> None:
    document = institute()
    header = document.sections[0].header
    key = header.part.relate_to("https://example.vn", f"{_OFFICE}/hyperlink", is_external=True)
    link = f'<w:hyperlink {NAMESPACES} r:id="{key}"><w:r><w:t>trang của viện</w:t></w:r></w:hyperlink>'
    header.paragraphs[0]._p.append(parse_xml(link))
    made = word_report(report(), DRAWINGS, template_paper(saved(document, tmp_path / "a.docx"), "vi")).content
    found = docx.Document(io.BytesIO(made)).sections[0].header
    assert found.paragraphs[0].text.endswith("trang của viện")
    assert not list(found._element.iter(f"{W}hyperlink"))
    assert b"example.vn" not in b"".join(every_part(made))


def every_part(content: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(name) for name in archive.namelist()]


def test_nothing_else_of_it_is_in_the_report(tmp_path: Path) -> None:
    """Its settings, its properties and what it embeds are left behind."""
    document = institute()
    document.core_properties.author = "Người soạn mẫu"
    settings = document.settings.element
    of_settings = document.part.part_related_by(f"{_OFFICE}/settings")
    key = of_settings.relate_to("file:///c:/evil.dotm", f"{_OFFICE}/attachedTemplate", is_external=True)
    settings.insert(0, parse_xml(f'<w:attachedTemplate {NAMESPACES} r:id="{key}"/>'))
    made = word_report(report(), DRAWINGS, template_paper(saved(document, tmp_path / "a.docx"), "vi")).content
    whole = b"".join(every_part(made))
    assert b"evil.dotm" not in whole
    assert "Người soạn mẫu".encode() not in whole
    assert b"External" not in whole


# --- what is refused --------------------------------------------------------------------------------------------------------


def changed(source: Path, target: Path, name: str, old: bytes, new: bytes) -> Path:
    with zipfile.ZipFile(source) as read, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as write:
        for each in read.namelist():
            content = read.read(each)
            write.writestr(each, content.replace(old, new) if each == name else content)
    return target


def with_parts(source: Path, target: Path, **more: bytes) -> Path:
    with zipfile.ZipFile(source) as read, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as write:
        for each in read.namelist():
            write.writestr(each, read.read(each))
        for each, content in more.items():
            write.writestr(each, content)
    return target


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "word.template.not_word"),
        (b"%PDF-1.7", "word.template.not_word"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "word.template.old"),
        (b"PK\x03\x04" + b"\x00" * 90, "word.template.damaged"),
    ],
)
def test_what_is_no_word_document(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "a.docx").write_bytes(content)
    assert codes(lambda: template_paper(tmp_path / "a.docx", "vi")) == [code]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert codes(lambda: template_paper(tmp_path / "a.docx", "vi")) == ["file.missing"]


def test_a_workbook_is_no_template(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    openpyxl.Workbook().save(tmp_path / "a.docx")
    assert codes(lambda: template_paper(tmp_path / "a.docx", "vi")) == ["word.template.not_word"]


def test_macros(path: Path, tmp_path: Path) -> None:
    kind = (b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            b"application/vnd.ms-word.document.macroEnabled.main+xml")  # fmt: skip
    named = changed(path, tmp_path / "a.docm", "[Content_Types].xml", *kind)
    hidden = with_parts(path, tmp_path / "b.docx", **{"word/vbaProject.bin": b"\xd0\xcf"})
    for template in (named, hidden):
        assert codes(lambda template=template: template_paper(template, "vi")) == ["word.template.macros"]  # type: ignore[misc]


def test_a_document_in_the_strict_format(path: Path, tmp_path: Path) -> None:
    strict = changed(
        path,
        tmp_path / "a.docx",
        "_rels/.rels",
        _OFFICE.encode(),
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    )
    assert codes(lambda: template_paper(strict, "vi")) == ["word.template.strict"]


def test_entities_are_not_read(path: Path, tmp_path: Path) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "' + b"c" * 100 + b'">]><w:styles'
    found = changed(path, tmp_path / "a.docx", "word/styles.xml", b"<w:styles", bomb)
    with zipfile.ZipFile(found) as archive:
        text = archive.read("word/styles.xml").replace(
            b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n", b""
        )
    with_one = with_parts(path, tmp_path / "b.docx")
    replaced = tmp_path / "c.docx"
    with zipfile.ZipFile(with_one) as read, zipfile.ZipFile(replaced, "w") as write:
        for each in read.namelist():
            write.writestr(each, text if each == "word/styles.xml" else read.read(each))
    assert codes(lambda: template_paper(replaced, "vi")) == ["word.template.damaged"]


def test_an_archive_that_unpacks_to_too_much(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_parts, "_MOST_UNPACKED", 5_000_000)
    assert template_paper(path, "vi")
    bomb = with_parts(path, tmp_path / "a.docx", **{"word/media/b.png": bytes(6_000_000)})
    assert bomb.stat().st_size < 200_000
    assert codes(lambda: template_paper(bomb, "vi")) == ["file.too_large"]


@pytest.mark.parametrize(
    "name", ["word/styles.xml", "word/document.xml", "word/header1.xml", "word/numbering.xml"]
)
def test_parts_that_are_no_xml(path: Path, tmp_path: Path, name: str) -> None:
    broken = changed(path, tmp_path / "a.docx", name, b"</w:", b"<w:")
    assert codes(lambda: template_paper(broken, "vi")) == ["word.template.damaged"]


@pytest.mark.parametrize(
    "running",
    [
        '<w:r><w:object><w:control r:id="rId1"/></w:object></w:r>',
        '<w:fldSimple w:instr="INCLUDEPICTURE &quot;https://example.com/a.png&quot; \\d"/>',
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> DDE</w:instrText></w:r>'
        '<w:r><w:instrText>AUTO excel</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>',
        '<w:r><w:instrText>INCLUDETEXT c:/a.docx</w:instrText></w:r>',
        '<w:r><w:drawing><a:blip r:link="rId77"/></w:drawing></w:r>',
    ],
)  # fmt: skip
def test_headers_that_lead_out_of_the_document_or_run_something(tmp_path: Path, running: str) -> None:
    document = institute()
    content = parse_xml(f"<w:p {NAMESPACES}>{running}</w:p>")
    document.sections[0].header._element.append(content)
    path = saved(document, tmp_path / "a.docx")
    with pytest.raises(SurveyError) as error:
        template_paper(path, "vi")
    (problem,) = error.value.problems
    assert problem.code == "word.template.foreign"
    assert "header1.xml" in problem.text("vi")


def test_a_page_without_room(tmp_path: Path) -> None:
    document = institute()
    document.sections[0].left_margin = Mm(140)
    path = saved(document, tmp_path / "a.docx")
    assert codes(lambda: template_paper(path, "vi")) == ["word.template.page"]


@pytest.mark.long
def test_damage_ends_in_a_message_or_in_a_document(path: Path, tmp_path: Path) -> None:
    """Values of attributes of the parts that are read, each replaced once."""
    count = 0
    for name in ("word/document.xml", "word/styles.xml", "word/numbering.xml", "word/header1.xml", "word/settings.xml",
                 "word/_rels/document.xml.rels", "[Content_Types].xml", "_rels/.rels"):  # fmt: skip
        with zipfile.ZipFile(path) as archive:
            said = archive.read(name)
        values = sorted(set(re.findall(rb'="([^"]{1,60})"', said)))
        for value in values[:: max(1, len(values) // 6)]:
            for new in (b"", b"99999999999999999999", b"../../x", b"&quot;&lt;"):
                damaged = changed(path, tmp_path / "a.docx", name, b'="' + value + b'"', b'="' + new + b'"')
                count += 1
                try:
                    made = word_report(
                        report(is_signed=False), DRAWINGS, template_paper(damaged, "vi")
                    ).content
                except SurveyError:
                    continue
                for each in every_part(made):
                    if each.startswith(b"<"):
                        parse_xml(each)
    assert count > 100


def test_captions_stay_with_their_tables_whatever_the_style_of_captions_says(content: bytes) -> None:
    captions = [p for p in part(content).iter(f"{W}p") if style_of(p) == "Caption"]
    kept = {text_of(p).split()[0] for p in captions if p.find(f"{W}pPr/{W}keepNext") is not None}
    assert kept == {"Bảng"}
