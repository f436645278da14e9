"""A Word document under way: paragraphs, tables, blocks side by side; at the end the same bytes for the same content.

Every look is a style of ``styles.toml``. Text is text: what it holds becomes no field, no line break and no fault of XML.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from surveys.problems import Language, fault, phrase
from surveys.reports.word.styles import element, set_up

if TYPE_CHECKING:
    from docx.table import Table

#: A document carries dates, and so does every part of its archive; fixed ones, so that two runs give the same bytes.
_CREATED, _OLDEST = datetime(2000, 1, 1), (1980, 1, 1, 0, 0, 0)
#: Parts of the starting document that nothing here needs.
_UNUSED = ("thumbnail", "extended-properties", "stylesWithEffects", "customXml", "numbering", "webSettings")
_SPACES = re.compile(" {2,}")
#: Widths of the two halves of the block at the head, in millimetres.
_HEAD = (66, 94)
#: A paragraph: the key of its style, and its text.
Paragraph = tuple[str, str]


@dataclass(frozen=True)
class Picture:
    """A picture as PNG, its width in millimetres, and what it shows, for those who cannot see it."""

    png: bytes
    width: float
    about: str


@dataclass(frozen=True)
class LetterHead:
    """What stands above a document: the ``agency`` that issues it and the one ``above`` it, its number, place and date, and a
    ``mark`` (a draft) that stands on every page."""

    agency: str
    number: str
    place_and_date: str
    above: str = ""
    mark: str = ""


@dataclass(frozen=True)
class TableLook:
    """How a table looks: widths of its columns in millimetres, which of them are set to the right (``numbers``), the ``style`` of
    its letters (``table`` or ``small``), and the rows in bold."""

    widths: Sequence[float]
    numbers: Sequence[bool]
    style: Literal["table", "small"] = "table"
    bold: Collection[int] = ()


#: What stands in one cell: paragraphs and pictures, one below the other.
Block = Sequence[Paragraph | Picture]


def plain(text: str) -> str:
    """Text as a document can hold it: without control characters, line ends and marks that turn the direction of reading.

    >>> plain("Sở\\x00 Nội\\nvụ \\u202e")
    'Sở Nội vụ'
    """
    shown = ("" if c in "\ufffe\uffff" else " " if _is_unseen(c) else c for c in text)
    return _SPACES.sub(" ", "".join(shown)).strip(" ")


def _is_unseen(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


class WordDocument:
    """A document on A4 in a language; raises SurveyError when the package for it is not installed."""

    def __init__(self, language: Language, title: str, author: str) -> None:
        try:
            from docx import Document
        except ImportError:
            raise fault("word.not_installed") from None
        self.language = language
        self._document = Document()
        set_up(self._document, language)
        about = self._document.core_properties
        about.title, about.author, about.language = plain(title)[:255], plain(author)[:255], language
        about.comments, about.created, about.modified = "", _CREATED, _CREATED
        for part in (self._document.part.package, self._document.part):
            for key in [key for key, found in part.rels.items() if found.reltype.endswith(_UNUSED)]:
                del part.rels[key]
        self._number_pages()

    def head(self, head: LetterHead) -> None:
        """The block above an official document: who issues it, its number; the name of the state, its motto, place and date."""
        nation, motto = (phrase(f"word.{name}", self.language) for name in ("nation", "motto"))
        issuer: Block = [
            *([("agency_above", head.above)] if head.above else []),
            ("agency", head.agency),
            ("agency_rule", ""),
            ("number", head.number),
            *([("mark", head.mark)] if head.mark else []),
        ]
        state: Block = [
            ("nation", nation),
            ("motto", motto),
            ("motto_rule", ""),
            ("place_and_date", head.place_and_date),
        ]
        self.beside([[issuer, state]], _HEAD)
        if head.mark:
            self._document.sections[0].header.paragraphs[0].add_run(f" – {plain(head.mark)}")

    def write(self, *paragraphs: Paragraph) -> None:
        """Paragraphs, one below the other."""
        for style, text in paragraphs:
            self._put(self._document.add_paragraph(), style, text)

    def beside(self, rows: Sequence[Sequence[Block]], widths: Sequence[float]) -> None:
        """Rows of blocks that stand side by side, without lines."""
        table = self._new_table(len(rows), widths)
        _without_margins(table)
        for row, blocks in zip(table.rows, rows, strict=True):
            for cell, block in zip(row.cells, blocks, strict=True):
                for k, part in enumerate(block):
                    paragraph = cell.paragraphs[0] if k == 0 else cell.add_paragraph()
                    if isinstance(part, Picture):
                        self._show(paragraph, part)
                    else:
                        self._put(paragraph, *part)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]], look: TableLook) -> None:
        """A table with lines, its headings again on every page."""
        table = self._new_table(1 + len(rows), look.widths, "Table Grid")
        kinds = ["number" if number else "text" for number in look.numbers]
        for k, (row, texts) in enumerate(zip(table.rows, [headings, *rows], strict=True)):
            for cell, kind, text in zip(row.cells, kinds, texts, strict=True):
                as_said = f"{kind}_bold" if k - 1 in look.bold else kind
                self._put(cell.paragraphs[0], f"{look.style}_{as_said if k else 'heading'}", text)
        table.rows[0]._tr.get_or_add_trPr().append(element("w:tblHeader"))

    def content(self) -> bytes:
        """The document as the bytes of a DOCX file."""
        saved, packed = io.BytesIO(), io.BytesIO()
        self._document.save(saved)
        with zipfile.ZipFile(saved) as source, zipfile.ZipFile(packed, "w") as target:
            for name in source.namelist():
                entry = zipfile.ZipInfo(name, _OLDEST)
                entry.create_system, entry.compress_type = 0, zipfile.ZIP_DEFLATED
                target.writestr(entry, source.read(name))
        return packed.getvalue()

    def _new_table(self, rows: int, widths: Sequence[float], style: str = "Normal Table") -> Table:
        """A table as wide as its columns say, whose rows are not broken over pages."""
        from docx.shared import Mm

        table: Table = self._document.add_table(rows, len(widths), self._document.styles[style])
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        for row in table.rows:
            row._tr.get_or_add_trPr().append(element("w:cantSplit"))
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = Mm(width)
        return table

    def _put(self, paragraph: Any, style: str, text: str) -> None:
        paragraph._p.style = style  # by its id: python-docx looks through all styles for each name
        if text:
            paragraph.add_run(plain(text))

    def _show(self, paragraph: Any, picture: Picture) -> None:
        from docx.shared import Mm

        self._put(paragraph, "picture", "")
        shape = paragraph.add_run().add_picture(io.BytesIO(picture.png), width=Mm(picture.width))
        shape._inline.docPr.set("descr", plain(picture.about))

    def _number_pages(self) -> None:
        """Numbers in the middle of the upper margin, from the second page."""
        section = self._document.sections[0]
        section.different_first_page_header_footer = True
        paragraph = section.header.paragraphs[0]
        self._put(paragraph, "page_number", "")
        paragraph._p.append(element("w:fldSimple", instr="PAGE"))


def _without_margins(table: Table) -> None:
    """Cells whose text begins at their edge, so that it stands below the other text of the page."""
    sides = (element(f"w:{side}", w="0", type="dxa") for side in ("left", "right"))
    table._tblPr.insert_element_before(element("w:tblCellMar", *sides), "w:tblLook")
