"""WordprocessingML as text: runs, paragraphs, fields, tables and pictures. What comes from data is escaped here and nowhere else.

A table of thousands of rows is a matter of joining texts; a tree of elements for it takes many times as long.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
A = f"{_DRAWING}/main"
NAMESPACES = (
    f'xmlns:w="{W}" xmlns:r="{R}" xmlns:wp="{_DRAWING}/wordprocessingDrawing" '
    f'xmlns:a="{A}" xmlns:pic="{_DRAWING}/picture"'
)
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SPACES = re.compile(" {2,}")
#: English Metric Units of a millimetre, the unit of drawings (ISO/IEC 29500-1, 20.1.2.1).
_EMU = 36000
_PNG = b"\x89PNG\r\n\x1a\n"


def plain(text: str) -> str:
    """Text as a document can hold it: without control characters, line ends and marks that turn the direction of reading.

    >>> plain("Sở\\x00 Nội\\nvụ \\u202e")
    'Sở Nội vụ'
    """
    if not text.isprintable():
        text = "".join("" if c in "\ufffe\uffff" else " " if _is_unseen(c) else c for c in text)
    return _SPACES.sub(" ", text).strip(" ") if "  " in text or text[:1] == " " or text[-1:] == " " else text


def _is_unseen(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def twips(millimetres: float) -> int:
    """Twentieths of a point, the unit of pages and tables.

    >>> twips(25.4)
    1440
    """
    return round(millimetres * 1440 / 25.4)


def run(text: str, style: str = "") -> str:
    """Letters, in a ``style`` of letters where one is given; spaces at their ends count."""
    look = f'<w:rPr><w:rStyle w:val="{style}"/></w:rPr>' if style else ""
    return f'<w:r>{look}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>' if text else ""


def inner(text: str) -> str:
    """A piece of a paragraph as a document can hold it: as :func:`plain`, but the spaces at its ends stay.

    >>> inner(" đạt\\x00 ")
    ' đạt '
    """
    held = plain(f".{text}.")
    return held[1:-1]


def paragraph(style: str, content: str = "", more: str = "") -> str:
    """A paragraph of a style; ``more``: properties that stand behind the style's name."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>{content}</w:p>'


def field(instruction: str, result: str, dirty: bool = False) -> str:
    """A field that shows ``result`` (runs) until it is worked out again; ``dirty``: as soon as the document is opened."""
    return f"{field_begin(instruction, dirty)}{result}{FIELD_END}"


def field_begin(instruction: str, dirty: bool = False) -> str:
    """The beginning of a field whose result follows, over several paragraphs if need be, up to :data:`FIELD_END`."""
    when = ' w:dirty="true"' if dirty else ""
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"{when}/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {escape(instruction)} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )


FIELD_END = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
TAB = "<w:r><w:tab/></w:r>"


def bookmarked(content: str, name: str, number: int) -> str:
    """Content under a name by which fields find it; ``number``: of the bookmark in its document."""
    return f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{content}<w:bookmarkEnd w:id="{number}"/>'


def linked(content: str, name: str) -> str:
    """Content that leads to a bookmark."""
    return f'<w:hyperlink w:anchor="{name}" w:history="1">{content}</w:hyperlink>'


def table(style: str, widths: Sequence[int], rows: Iterable[str], title: str = "") -> str:
    """A table of rows as wide as its columns (twips); ``title``: what those who cannot see it are told."""
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    told = f"<w:tblCaption w:val={quoteattr(title)}/>" if title else ""
    margins = "" if style else _NO_MARGINS
    named = f'<w:tblStyle w:val="{style}"/>' if style else ""
    return (
        f'<w:tbl><w:tblPr>{named}<w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/>{margins}{_FIRST_ROW}{told}</w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


#: Cells whose text begins at their edge, so that it stands below the other text of the page.
_NO_MARGINS = '<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar>'
_FIRST_ROW = (
    '<w:tblLook w:val="0620" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" '
    'w:noHBand="1" w:noVBand="1"/>'
)


def row(widths: Sequence[int], cells: Iterable[str], is_heading: bool = False) -> str:
    """A row that is not broken over pages; the heading stands again on every page. A cell is its paragraphs."""
    again = "<w:tblHeader/>" if is_heading else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{again}</w:trPr>{''.join(map(cell, widths, cells))}</w:tr>"


def cell(width: int, paragraphs: str) -> str:
    """A cell of a table."""
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{paragraphs}</w:tc>'


def pixels(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG picture; ValueError where it is none."""
    if not png.startswith(_PNG) or png[12:16] != b"IHDR":
        raise ValueError("no PNG picture")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def picture(relation: str, number: int, size: tuple[float, float], about: str) -> str:
    """A picture in a line: the id of its part, its number in the document, its size in millimetres, its alternative text."""
    width, height = (round(length * _EMU) for length in size)
    told = quoteattr(plain(about))
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr id="{number}" name="Picture {number}" descr={told}/><wp:cNvGraphicFramePr>'
        '<a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>'
        f'<a:graphic><a:graphicData uri="{_DRAWING}/picture"><pic:pic>'
        f'<pic:nvPicPr><pic:cNvPr id="{number}" name="Picture {number}" descr={told}/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>'
        "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
