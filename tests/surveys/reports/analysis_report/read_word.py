"""A report read back from its Word document: its tagged numbers in order, its paragraphs, its tables."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: The character style of a number from the results.
QUOTED = "quoted"
#: Parts of a paragraph that are no text of its own: what Word works out by itself.
FIELD = "field"


@dataclass(frozen=True)
class Part:
    """A piece of text and what it is: ``text``, ``quoted``, ``field``."""

    text: str
    kind: str


@dataclass(frozen=True)
class ReadParagraph:
    """A paragraph: the key of its style (``heading1``, ``caption``), its parts, whether it stands in a table."""

    style: str
    parts: tuple[Part, ...]
    in_table: bool

    @property
    def text(self) -> str:
        """What a reader sees."""
        return "".join(part.text for part in self.parts)

    @property
    def said(self) -> str:
        """The text without numbers from the results, and without what Word counts; something stands in their places."""
        return "".join(part.text if part.kind == "text" else "\ufffc" for part in self.parts)


@dataclass
class ReadTable:
    """A table: the texts of its cells by rows; ``headings``: how many of the rows are repeated."""

    headings: int = 0
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class ReadReport:
    """A whole document in the order of reading."""

    paragraphs: tuple[ReadParagraph, ...]
    tables: tuple[ReadTable, ...]
    pictures: tuple[str, ...]

    @property
    def quoted(self) -> list[str]:
        """The numbers from the results as they are shown."""
        return [part.text for p in self.paragraphs for part in p.parts if part.kind == QUOTED]

    @property
    def text(self) -> str:
        return "\n".join(paragraph.text for paragraph in self.paragraphs)

    def of_style(self, *names: str) -> list[ReadParagraph]:
        """The paragraphs whose style begins with one of these names."""
        return [p for p in self.paragraphs if p.style.startswith(names)]


def read_report(content: bytes) -> ReadReport:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        body = ElementTree.fromstring(archive.read("word/document.xml"))
    inside = {p for table in body.iter(f"{W}tbl") for p in table.iter(f"{W}p")}
    return ReadReport(
        tuple(_paragraph(p, p in inside) for p in body.iter(f"{W}p")),
        tuple(map(_table, body.iter(f"{W}tbl"))),
        tuple(
            node.get("descr", "")
            for node in body.iter(
                "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
            )
        ),
    )


def _paragraph(p: ElementTree.Element, in_table: bool) -> ReadParagraph:
    style = p.find(f"{W}pPr/{W}pStyle")
    named = "" if style is None else style.get(f"{W}val", "")
    return ReadParagraph(named.lower().replace("_", ""), tuple(_parts(p)), in_table)


def _parts(p: ElementTree.Element) -> Iterator[Part]:
    """The runs of a paragraph; what stands between the marks of a field, or in a simple one, is Word's."""
    simple = {run for held in p.iter(f"{W}fldSimple") for run in held.iter(f"{W}r")}
    depth = 0
    for run in p.iter(f"{W}r"):
        for mark in run.iter(f"{W}fldChar"):
            depth += {"begin": 1, "end": -1}.get(mark.get(f"{W}fldCharType", ""), 0)
        text = "".join(_letters(run))
        named = run.find(f"{W}rPr/{W}rStyle")
        if named is not None and named.get(f"{W}val") == QUOTED:
            yield Part(text, QUOTED)
        elif text:
            yield Part(text, FIELD if depth or run in simple else "text")


def _letters(run: ElementTree.Element) -> Iterator[str]:
    for node in run:
        if node.tag == f"{W}t":
            yield node.text or ""
        elif node.tag in (f"{W}br", f"{W}tab", f"{W}noBreakHyphen"):
            yield {"br": "\n", "tab": "\t"}.get(node.tag.removeprefix(W), "-")


def _table(table: ElementTree.Element) -> ReadTable:
    read = ReadTable()
    for row in table.findall(f"{W}tr"):
        read.headings += row.find(f"{W}trPr/{W}tblHeader") is not None
        read.rows.append(
            ["\n".join(_paragraph(p, True).text for p in c.iter(f"{W}p")) for c in row.findall(f"{W}tc")]
        )
    return read
