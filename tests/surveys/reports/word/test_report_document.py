"""The analysis report in Word: real headings, captions, references, lists; numbers once and in order; wide tables across."""

from __future__ import annotations

import io
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import docx
import pytest
from docx.shared import Mm

from surveys.problems import Language
from surveys.reports.analysis_report.parts import (
    Number,
    PageBreak,
    Paragraph,
    Report,
    ReportFigure,
    ReportSection,
    ReportTable,
    numbers_in,
)
from surveys.reports.word.markup import plain
from surveys.reports.word.report_document import WrittenReport, word_report
from tests.surveys.reports.word.made_up_report import (
    DRAWINGS,
    HOSTILE,
    W,
    bookmarks_of,
    fields_of,
    league,
    number,
    part,
    png,
    report,
    runs_of,
    style_of,
    text_of,
    wide,
)

WORDS = {
    "vi": {"part": "Phần", "annex": "Phụ lục", "table": "Bảng", "figure": "Hình", "in": "mục"},
    "en": {"part": "Part", "annex": "Annex", "table": "Table", "figure": "Figure", "in": "section"},
}


@pytest.fixture(scope="module", params=["vi", "en"])
def language(request: pytest.FixtureRequest) -> Language:
    return request.param


@pytest.fixture(scope="module")
def written(language: Language) -> WrittenReport:
    return word_report(report(language), DRAWINGS)


@pytest.fixture(scope="module")
def root(written: WrittenReport) -> ElementTree.Element:
    return part(written.content)


def in_order(whole: Report) -> list[ReportSection]:
    return [s for s in whole.sections if not s.is_annex] + [s for s in whole.sections if s.is_annex]


def numbers_of(whole: Report) -> Iterator[Number]:
    """The numbers of a report as people meet them: a table below its caption, a figure above it."""
    for section in in_order(whole):
        for block in section.blocks:
            if isinstance(block, Paragraph):
                yield from numbers_in(block.text)
            elif isinstance(block, ReportTable):
                yield from numbers_in(block.caption)
                for row in block.rows:
                    for cell in row:
                        yield from numbers_in(cell)
                yield from numbers_in(block.note)
            elif isinstance(block, ReportFigure):
                yield from numbers_in(block.caption)


# --- numbers --------------------------------------------------------------------------------------------------------------


def test_every_number_is_a_run_in_the_order_of_reading(
    written: WrittenReport, root: ElementTree.Element, language: Language
) -> None:
    expected = list(numbers_of(report(language)))
    assert [placed.number for placed in written.numbers] == expected
    assert runs_of(root, "quoted") == [found.shown(language) for found in expected]


def test_a_number_says_where_it_stands(written: WrittenReport) -> None:
    first, second, *others = written.numbers
    assert (first.section, first.within, first.row, first.column) == ("summary", "", 0, 0)
    assert (second.section, second.number.text) == ("summary", "1234")
    cells = {(n.row, n.column): n.number.text for n in others if n.within == "table-league"}
    assert cells[0, 0] == "92.10"  # the note, behind the caption
    assert (cells[1, 3], cells[40, 3], cells[2, 5]) == ("93.00", "89.10", "-0.50")
    assert {n.section for n in others if n.within == "table-annex"} == {"method"}


# --- headings ---------------------------------------------------------------------------------------------------------------

ROMAN = ("", "I", "II", "III")
FORMS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "upperRoman": lambda n: ROMAN[n],
    "lowerLetter": lambda n: " abc"[n],
}


def said(element: ElementTree.Element, name: str) -> str:
    """The value of a child."""
    found = element.find(f"{W}{name}")
    assert found is not None
    return found.get(f"{W}val", "")


def counted_by_word(content: bytes) -> list[tuple[int, str, str]]:
    """Level, number and text of each heading as Word counts them: from the lists of the package, not from what is written."""
    styles, numbering = part(content, "word/styles.xml"), part(content, "word/numbering.xml")
    kinds = {n.get(f"{W}numId", ""): said(n, "abstractNumId") for n in numbering.iter(f"{W}num")}
    levels = {
        (kind.get(f"{W}abstractNumId", ""), int(level.get(f"{W}ilvl", ""))): (
            said(level, "numFmt"),
            said(level, "lvlText"),
        )
        for kind in numbering.iter(f"{W}abstractNum")
        for level in kind.iter(f"{W}lvl")
    }
    of_styles = {s.get(f"{W}styleId"): s.find(f"{W}pPr/{W}numPr") for s in styles.iter(f"{W}style")}
    counts: dict[str, list[int]] = {}
    found = []
    for paragraph in part(content).iter(f"{W}p"):
        style = style_of(paragraph)
        if not style.startswith("Heading"):
            continue
        counted = paragraph.find(f"{W}pPr/{W}numPr")
        counted = of_styles[style] if counted is None else counted
        assert counted is not None
        level, list_ = int(said(counted, "ilvl")), said(counted, "numId")
        count = counts.setdefault(list_, [0] * 9)
        count[level] += 1
        count[level + 1 :] = [0] * (8 - level)
        text = levels[kinds[list_], level][1]
        for k in range(level + 1):
            text = text.replace(f"%{k + 1}", FORMS[levels[kinds[list_], k][0]](count[k]))
        found.append((int(style[-1]), text, text_of(paragraph)))
    return found


def test_headings_are_counted_in_parts_and_annexes(written: WrittenReport, language: Language) -> None:
    part_, annex = (WORDS[language][name] for name in ("part", "annex"))
    assert [(level, number, text) for level, number, text in counted_by_word(written.content)] == [
        (1, f"{part_} I.", "Tóm tắt"),
        (1, f"{part_} II.", "Kết quả"),
        (2, "1.", "Sở, ban, ngành"),
        (3, "1.1.", plain(HOSTILE)),
        (4, "a)", "Xếp hạng"),
        (4, "b)", "Nhóm"),
        (2, "2.", "Bảng rộng"),
        (3, "2.1.", "Bảng rộng nữa"),
        (3, "2.2.", "Hình"),
        (1, f"{annex} I.", "Phương pháp"),
        (2, "1.", "Mẫu"),
        (3, "1.1.", "Nhóm"),
        (1, f"{annex} II.", "Phiếu bị loại"),
        (2, "1.", "Lý do"),
    ]


def test_headings_are_words_own(written: WrittenReport) -> None:
    document = docx.Document(io.BytesIO(written.content))
    levels = [
        p.style.name
        for p in document.paragraphs
        if p.style is not None and (p.style.name or "")[:7] == "Heading"
    ]
    assert levels[:4] == ["Heading 1", "Heading 1", "Heading 2", "Heading 3"]
    styles = part(written.content, "word/styles.xml")
    outlines = {
        style.get(f"{W}styleId"): found.get(f"{W}val")
        for style in styles.iter(f"{W}style")
        if (found := style.find(f"{W}pPr/{W}outlineLvl")) is not None
    }
    assert [outlines[f"Heading{k}"] for k in (1, 2, 3, 4)] == ["0", "1", "2", "3"]


# --- captions, references, contents -----------------------------------------------------------------------------------------


def test_captions_are_fields_that_count_themselves(root: ElementTree.Element, language: Language) -> None:
    words = WORDS[language]
    captions = [p for p in root.iter(f"{W}p") if style_of(p) == "Caption"]
    fields = [list(fields_of(p)) for p in captions]
    kinds = ["table", "figure", "table", "table", "figure", "table"]
    numbers = [1, 1, 2, 3, 2, 4]
    assert [found[0] for found in fields] == [
        (rf"SEQ {words[kind]} \* ARABIC", f"{k}") for kind, k in zip(kinds, numbers, strict=True)
    ]
    assert text_of(captions[0]).startswith(f"{words['table']} 1. Chỉ số các đơn vị; cao nhất 93")


def test_references_show_what_they_lead_to(
    root: ElementTree.Element, written: WrittenReport, language: Language
) -> None:
    words, bookmarks = WORDS[language], bookmarks_of(root)
    paragraph = next(p for p in root.iter(f"{W}p") if text_of(p).startswith("Chỉ số đạt"))
    fields = list(fields_of(paragraph))
    assert [result for _, result in fields] == [
        f"{words['table']} 1", f"{words['figure']} 1", f"{words['part']} II", "1", f"{words['part']} II",
        f"{words['annex']} I",
    ]  # fmt: skip
    assert f"{words['in']} 1 {words['part']} II" in text_of(paragraph)
    counted = {text: number.rstrip(".") for _, number, text in counted_by_word(written.content)}
    for instruction, result in fields:
        target = bookmarks[instruction.split()[1]]
        assert result == (counted[target] if r"\n" in instruction else target)
    absent = {"vi": "phần không có trong báo cáo này", "en": "a part that this report leaves out"}[language]
    assert text_of(paragraph).endswith(f"{absent}).")


def test_contents_are_written_and_marked_as_out_of_date(
    root: ElementTree.Element, written: WrittenReport, language: Language
) -> None:
    words = WORDS[language]
    entries = [p for p in root.iter(f"{W}p") if style_of(p).startswith("TOC")]
    expected = [
        (f"TOC{k}", f"{number} {text}\t…") for k, number, text in counted_by_word(written.content) if k < 4
    ]
    assert [(style_of(p), text_of(p)) for p in entries] == expected
    listed = [text_of(p).rstrip("\t…") for p in root.iter(f"{W}p") if style_of(p) == "TableofFigures"]
    captions = [text_of(p) for p in root.iter(f"{W}p") if style_of(p) == "Caption"]
    tables, figures = ([c for c in captions if c.startswith(words[kind])] for kind in ("table", "figure"))
    assert listed == tables + figures
    begun = {f.get(f"{W}dirty"): 0 for f in root.iter(f"{W}fldChar") if f.get(f"{W}fldCharType") == "begin"}
    assert set(begun) == {"true", None}
    instructions = [i for i, _ in fields_of(root) if i.startswith("TOC")]
    assert instructions == [
        r'TOC \o "1-3" \h \z \u', rf'TOC \h \z \c "{words["table"]}"', rf'TOC \h \z \c "{words["figure"]}"',
    ]  # fmt: skip
    dirty = [f for f in root.iter(f"{W}fldChar") if f.get(f"{W}dirty") == "true"]
    assert len(dirty) == len(instructions)
    assert part(written.content, "word/settings.xml").find(f"{W}updateFields") is None


def test_every_link_and_every_page_number_has_its_bookmark(root: ElementTree.Element) -> None:
    bookmarks = bookmarks_of(root)
    for link in root.iter(f"{W}hyperlink"):
        entry, heading = text_of(link).rstrip("\t…"), bookmarks[link.get(f"{W}anchor", "")]
        assert entry.endswith(heading)
        ((instruction, _),) = fields_of(link)
        assert instruction == rf"PAGEREF {link.get(f'{W}anchor')} \h"


# --- pages -------------------------------------------------------------------------------------------------------------------


def sections_of(root: ElementTree.Element) -> list[tuple[bool, bool, str]]:
    """Of each section: whether it lies across, whether its first page has no number, and its text."""
    found = []
    said = ""
    for element in root.find(f"{W}body") or ():
        said += text_of(element)
        for section in [element] if element.tag == f"{W}sectPr" else element.iter(f"{W}sectPr"):
            size = section.find(f"{W}pgSz")
            assert size is not None
            across = int(size.get(f"{W}w", "0")) > int(size.get(f"{W}h", "0"))
            assert (size.get(f"{W}orient") == "landscape") == across
            found.append((across, section.find(f"{W}titlePg") is not None, said))
            said = ""
    return found


def test_wide_tables_and_the_headings_above_them_lie_across(root: ElementTree.Element) -> None:
    cover, contents, upright, across, back, annex, last = sections_of(root)
    assert [s[0] for s in (cover, contents, upright, across, back, annex, last)] == [
        False, False, False, True, False, True, False,
    ]  # fmt: skip
    assert [s[1] for s in (cover, contents, upright, across)] == [True, False, True, False]
    assert across[2].startswith("Bảng rộng")
    assert "Bảng rộng nữa" in across[2]
    assert back[2].startswith("Trở lại trang dọc.")
    assert annex[2].startswith("Phương pháp")
    assert last[2].startswith("Phiếu bị loại")


def test_a_short_table_for_which_an_upright_page_is_wide_enough_stays_upright() -> None:
    def lies_across(table: ReportTable) -> bool:
        whole = report(sections=(ReportSection("a", "A", (table,)),), has_contents=False, is_signed=False)
        return any(across for across, _, _ in sections_of(part(word_report(whole, {}).content)))

    short, long = replace(league(6), note=(), wide=True), replace(league(16), note=(), wide=True)
    assert [lies_across(table) for table in (short, long, wide())] == [False, True, True]


def test_tables_are_as_wide_as_the_text(written: WrittenReport) -> None:
    document = docx.Document(io.BytesIO(written.content))
    tables = [t for t in document.tables if t.style is not None and t.style.name == "Bảng báo cáo"]
    widths = [sum((column.width or 0) / Mm(1) for column in table.columns) for table in tables]
    assert widths == pytest.approx([160, 257, 257, 160, 257], abs=0.2)
    assert [len(table.rows) for table in tables] == [41, 4, 4, 2, 4]


def test_a_page_break_is_the_property_of_what_follows() -> None:
    section = ReportSection("a", "A", (Paragraph(("một",)), PageBreak(), Paragraph(("hai",))))
    root = part(word_report(report(sections=(section,), has_contents=False), {}).content)
    broken = [text_of(p) for p in root.iter(f"{W}p") if p.find(f"{W}pPr/{W}pageBreakBefore") is not None]
    assert broken == ["hai"]


def test_pictures_say_what_they_show_and_fit_the_page(
    root: ElementTree.Element, written: WrittenReport
) -> None:
    drawing = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
    about = [found.get("descr") for found in root.iter(f"{drawing}docPr")]
    assert about == [DRAWINGS[key].about for key in ("figure-league", "figure-tall")]
    sizes = [
        (int(e.get("cx", "0")) / 36000, int(e.get("cy", "0")) / 36000) for e in root.iter(f"{drawing}extent")
    ]
    assert sizes[0] == pytest.approx((150, 100), abs=0.1)
    assert sizes[1][1] <= 257
    assert sizes[1][1] / sizes[1][0] == pytest.approx(9, abs=0.01)
    with zipfile.ZipFile(io.BytesIO(written.content)) as archive:
        stored = [archive.read(name) for name in archive.namelist() if name.startswith("word/media/")]
    assert sorted(stored) == sorted(DRAWINGS[key].png for key in ("figure-league", "figure-tall"))


def test_a_short_report_has_neither_cover_nor_contents() -> None:
    short = report(has_contents=False, is_signed=False, fingerprint="")
    root = part(word_report(short, DRAWINGS).content)
    used = {style_of(p) for p in root.iter(f"{W}p")}
    assert not used & {"cover_title", "TOC1", "contents_heading", "signer", "copies"}
    assert sections_of(root)[0][1]


def test_one_signs_beside_the_copies_and_two_side_by_side() -> None:
    whole = report()
    publication = whole.publication
    two = replace(publication, signatures=publication.signatures * 2)
    none = replace(publication, signatures=())
    for signed, expected in ((publication, 1), (two, 2), (none, 1)):
        root = part(word_report(replace(whole, publication=signed), DRAWINGS).content)
        assert [style_of(p) for p in root.iter(f"{W}p")].count("signer") == expected


# --- text that comes from data -------------------------------------------------------------------------------------------------


def test_hostile_text_stays_text(root: ElementTree.Element, written: WrittenReport) -> None:
    shown = "".join(f"{text_of(p)}\n" for p in root.iter(f"{W}p"))
    assert plain(HOSTILE) in shown
    assert docx.Document(io.BytesIO(written.content)).core_properties.title.endswith(plain(HOSTILE))


def test_the_same_report_gives_the_same_bytes(written: WrittenReport, language: Language) -> None:
    assert word_report(report(language), DRAWINGS).content == written.content


# --- time ---------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_league_of_all_communes_and_thousands_of_small_documents_are_quick() -> None:
    """Ten times the time that they take, on a machine that does other things too."""
    started = time.process_time()
    whole = ReportSection("league", "Kết quả", (league(3300),))
    word_report(report(sections=(whole,)), {})
    assert time.process_time() - started < 6
    unit = ReportSection(
        "unit", "Sở A", (Paragraph(("Đạt ", number("93.08"))), replace(league(8), note=()), wide())
    )
    small = report(sections=(unit,), has_contents=False)
    word_report(small, {})
    started = time.process_time()
    for _ in range(50):
        word_report(small, {})
    assert (time.process_time() - started) / 50 < 0.05


# --- another program -----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_libreoffice_shows_every_page(written: WrittenReport, language: Language, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "report.docx").write_bytes(written.content)
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    command = [
        office,
        "--headless",
        home,
        "--convert-to",
        "txt:Text (encoded):UTF8",
        "--outdir",
        str(tmp_path),
        "report.docx",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    shown = (tmp_path / "report.txt").read_text(encoding="utf-8-sig")
    for level, count, text in counted_by_word(written.content):
        assert f"{count} {text}" in shown or f"{count} {text}".upper() in shown, (level, count, text)
    for placed in written.numbers:
        assert placed.number.shown(language) in shown


def test_a_picture_that_is_none_is_refused() -> None:
    broken = {**DRAWINGS, "figure-tall": replace(DRAWINGS["figure-tall"], png=b"GIF89a")}
    with pytest.raises(ValueError, match="PNG"):
        word_report(report(), broken)
    assert png(1, 1).startswith(b"\x89PNG")
