"""A made-up report with every kind of block, hostile texts among them, and plain readers of the document made of it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

from surveys.definitions.study.publication import Publication, Publisher, Signatory
from surveys.problems import Language
from surveys.reports.analysis_report.parts import (
    Block,
    Drawing,
    Heading,
    Number,
    NumberSource,
    PageBreak,
    Paragraph,
    Reference,
    Report,
    ReportColumn,
    ReportFigure,
    ReportSection,
    ReportTable,
    Text,
)

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = 'Xã <w:t>A & "B"</w:t> \x07]]>'
LONG = "Ủy ban nhân dân thị trấn Ngã Ba Sông Bồ – Phong Điền, huyện miền núi có tên rất dài " * 2


def number(text: str, *key: str, sign: bool = False) -> Number:
    return Number(text, NumberSource("council-units", key or ("so", "a"), "percent"), sign)


def png(width: int, height: int, shade: int = 255) -> bytes:
    """A grey picture as PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    rows = (b"\x00" + bytes([shade]) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


DRAWINGS = {
    "figure-league": Drawing("figure-league", b"", png(600, 400), 'Khoảng tin cậy của "Sở A" & <Sở B>', 150),
    "figure-tall": Drawing("figure-tall", b"", png(100, 900, 200), "Một hình cao", 160),
}


def league(rows: int = 40) -> ReportTable:
    columns = (
        ReportColumn("TT", 1, True), ReportColumn("Đơn vị", 6), ReportColumn("Chỉ số (%)", 2, True),
        ReportColumn("Số phiếu", 2, True), ReportColumn("Thay đổi", 2, True),
    )  # fmt: skip
    return ReportTable(
        "table-league",
        ("Chỉ số các đơn vị; cao nhất ", number("93.00", "so", "max"), "\xa0%"),
        columns,
        tuple(
            (
                (f"{k + 1}",),
                (LONG if k % 7 == 3 else HOSTILE if k % 7 == 5 else f"Sở {k}",),
                (number(f"{93 - k / 10:.2f}", "so", f"u{k}"),),
                (number(f"{1230 + k}", "so", f"u{k}"), " / ", number("", "so", f"u{k}")),
                (number("-0.50" if k % 2 else "0.50", "so", f"u{k}", sign=True),),
            )
            for k in range(rows)
        ),
        frozenset({0, 2}),
        ("Ghi chú: so với ", number("92.10", "so", "mean"), "\xa0%, xem ", Reference("figure-league"), "."),
    )


def wide(key: str = "table-wide") -> ReportTable:
    columns = (ReportColumn("Đơn vị", 3), *(ReportColumn(f"Tiêu chí {k}", 1, True) for k in range(14)))
    name: Text = ("Sở A",)
    numbers: list[Text] = [(number(f"{80 + k}.00", key, f"{k}"),) for k in range(14)]
    rows = ((name, *numbers),) * 3
    return ReportTable(key, ("Bảng nằm ngang",), columns, rows, wide=True)


_SAID: Text = (
    "Chỉ số đạt ", number("93.08"), "\xa0% (", Reference("table-league"), ", ", Reference("figure-league"), ", ",
    Reference("league"), ", ", Reference("heading-so"), ", ", Reference("method"), ", ", Reference("nowhere"), ").",
)  # fmt: skip
_LEAGUE: tuple[Block, ...] = (
    Heading(2, "Sở, ban, ngành", "heading-so"),
    Heading(3, HOSTILE),
    Heading(4, "Xếp hạng"),
    Heading(4, "Nhóm"),
    league(),
    ReportFigure("figure-league", ("Khoảng tin cậy của ", number("40"), " đơn vị")),
    PageBreak(),
    Heading(2, "Bảng rộng"),
    wide(),
    Heading(3, "Bảng rộng nữa"),
    wide("table-wide-2"),
    Paragraph(("Trở lại trang dọc.",)),
    ReportTable(
        "table-small",
        (),
        (ReportColumn("Không tên", 1), ReportColumn("Số", 1, True)),
        ((("a",), (number("7"),)),),
    ),
    Heading(3, "Hình"),
    ReportFigure("figure-tall", ("Hình cao",)),
)


def report(language: Language = "vi", **changes: Any) -> Report:
    """Annexes stand between the parts on purpose."""
    sections = (
        ReportSection(
            "summary", "Tóm tắt", (Paragraph(_SAID), Paragraph(("Gạch đầu dòng ", number("1234")), "bullet"))
        ),
        ReportSection(
            "method",
            "Phương pháp",
            (Heading(2, "Mẫu"), Heading(3, "Nhóm"), wide("table-annex")),
            is_annex=True,
        ),
        ReportSection("league", "Kết quả", _LEAGUE),
        ReportSection(
            "rejected", "Phiếu bị loại", (Heading(2, "Lý do"), Paragraph(("Hết.",), "to_fill")), is_annex=True
        ),
    )
    publisher = Publisher("Viện A & B", "Institute A & B", "UBND thành phố", "City", "Hà Nội", "Ha Noi")
    publication = Publication(publisher, signatures=(Signatory("Viện trưởng", "Director", "Nguyễn Văn A"),))
    title = {"vi": "BÁO CÁO", "en": "REPORT"}[language]
    given: dict[str, Any] = {"fingerprint": "ABCD 1234", **changes}
    whole = Report(title, f"Kết quả {HOSTILE}", "SIPAS", language, publication, sections)
    return replace(whole, **given)


# --- plain readers ------------------------------------------------------------------------------------------------------


def part(content: bytes, name: str = "word/document.xml") -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return ElementTree.fromstring(archive.read(name))


def style_of(paragraph: ElementTree.Element) -> str:
    found = paragraph.find(f"{W}pPr/{W}pStyle")
    return "" if found is None else found.get(f"{W}val", "")


def text_of(element: ElementTree.Element) -> str:
    """What is shown: letters, with tabs."""
    letters = {f"{W}t": lambda e: e.text or "", f"{W}tab": lambda _: "\t"}
    shown = (letters[e.tag](e) for p in element.iter(f"{W}r") for e in p if e.tag in letters)
    return "".join(shown)


def runs_of(root: ElementTree.Element, style: str) -> list[str]:
    """The text of each run of a style of letters."""
    return [
        text_of_run(run)
        for run in root.iter(f"{W}r")
        if (found := run.find(f"{W}rPr/{W}rStyle")) is not None and found.get(f"{W}val") == style
    ]


def text_of_run(run: ElementTree.Element) -> str:
    return "".join(t.text or "" for t in run.iter(f"{W}t"))


def fields_of(element: ElementTree.Element) -> Iterator[tuple[str, str]]:
    """Instruction and result of each field, the inner ones first."""
    under_way: list[list[str]] = []
    for run in element.iter(f"{W}r"):
        for child in run:
            kind = child.get(f"{W}fldCharType")
            if kind == "begin":
                under_way.append(["", "", "instruction"])
            elif kind == "separate":
                under_way[-1][2] = "result"
            elif kind == "end":
                instruction, result, _ = under_way.pop()
                yield instruction.strip(), result
            elif child.tag == f"{W}instrText":
                under_way[-1][0] += child.text or ""
            elif child.tag == f"{W}t":
                for field in under_way:
                    if field[2] == "result":
                        field[1] += child.text or ""


def bookmarks_of(root: ElementTree.Element) -> dict[str, str]:
    """The text between the beginning and the end of each bookmark."""
    found: dict[str, str] = {}
    open_: dict[str, str] = {}
    for element in root.iter():
        if element.tag == f"{W}bookmarkStart":
            name = element.get(f"{W}name", "")
            assert name not in found
            assert re.fullmatch(r"[A-Za-z_]\w{0,39}", name)
            open_[element.get(f"{W}id", "")] = name
            found[name] = ""
        elif element.tag == f"{W}bookmarkEnd":
            del open_[element.get(f"{W}id", "")]
        elif element.tag == f"{W}t":
            for name in open_.values():
                found[name] += element.text or ""
    assert not open_
    return found
