"""A Word document under way: paragraphs, tables, blocks side by side; at the end the same bytes for the same content.

Every look is a style of ``styles.toml``. Text is text: what it holds becomes no field, no line break and no fault of XML.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from surveys.problems import Language, phrase
from surveys.reports.word import markup
from surveys.reports.word.column_widths import fitted
from surveys.reports.word.markup import plain, twips
from surveys.reports.word.stationery import Facts, Stationery, picture_id, stationery
from surveys.reports.word.styles import layout

#: Widths of the two halves of the block at the head, as shares of the text.
_HEAD = (66 / 160, 94 / 160)
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
    """How a table looks: widths of its columns in millimetres, as far as no word is broken by them, which of them are set to the
    right (``numbers``), the ``style`` of its letters (``table`` or ``small``), the rows in bold, a ``title`` for those who cannot
    see it, whether a note follows."""

    widths: Sequence[float]
    numbers: Sequence[bool]
    style: Literal["table", "small"] = "table"
    bold: Collection[int] = ()
    title: str = ""
    has_note: bool = False


#: What stands in one cell: paragraphs and pictures, one below the other.
Block = Sequence[Paragraph | Picture]


class WordDocument:
    """A document on A4 in a language, or on ``paper`` of its own; raises SurveyError when the package for it is not installed."""

    def __init__(self, language: Language, title: str, author: str, paper: Stationery | None = None) -> None:
        self.language = language
        self.paper = paper or stationery(language)
        self.page = self.paper.page
        self._facts = Facts(title, author, language)
        self._body: list[str] = []
        self._pictures: list[bytes] = []
        self._shown = 0
        self._mark = ""
        #: Whether the section under way lies across the page, and whether its first page has no number.
        self._across, self._has_first = False, True

    @property
    def text_width(self) -> float:
        """The width between the margins of the section under way, in millimetres."""
        return (self.page.across() if self._across else self.page).text_width

    @property
    def lies_across(self) -> bool:
        """Whether the section under way lies across the page."""
        return self._across

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
        self.beside([[issuer, state]], [share * self.page.text_width for share in _HEAD])
        self._mark = head.mark

    def entitled(self, title: str, subject: str) -> None:
        """What kind of document it is and what it is about, with a rule below."""
        self.write(("title", title), ("subject", subject), ("subject_rule", ""))

    def write(self, *paragraphs: Paragraph) -> None:
        """Paragraphs, one below the other."""
        self._body += [self.paragraph(style, markup.run(plain(text))) for style, text in paragraphs]

    def paragraph(self, style: str, content: str = "", more: str = "") -> str:
        """A paragraph of runs in a style, by the key of the style; ``more``: further properties."""
        return markup.paragraph(self.paper.ids[style], content, more)

    def put(self, *content: str) -> None:
        """Paragraphs and tables as they are, one by one."""
        self._body += content

    def beside(self, rows: Sequence[Sequence[Block]], widths: Sequence[float]) -> None:
        """Rows of blocks that stand side by side, without lines."""
        columns = [twips(width) for width in widths]
        lines = [
            markup.row(columns, ["".join(map(self._part, block)) for block in blocks]) for blocks in rows
        ]
        self._body.append(markup.table("", columns, lines))

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]], look: TableLook) -> None:
        """A table with lines, its headings again on every page."""
        self.table_of_runs(headings, rows, [[markup.run(plain(text)) for text in row] for row in rows], look)

    def table_of_runs(
        self,
        headings: Sequence[str],
        texts: Sequence[Sequence[str]],
        lines: Sequence[Sequence[str]],
        look: TableLook,
    ) -> None:
        """The same with rows of cells of runs (``lines``), which show the ``texts``."""
        size = layout().styles[f"{look.style}_text"].size
        widths = [twips(width) for width in fitted(look.widths, headings, texts, size)]
        kinds = ["number" if number else "text" for number in look.numbers]
        around = {
            (kind, kept): self.paragraph(f"{look.style}_{kind}", "\x00", _KEPT if kept else "").split("\x00")
            for kind in {"heading", *kinds, *(f"{kind}_bold" for kind in kinds)}
            for kept in (False, True)
        }
        heads = [around["heading", False]] * len(kinds)
        made = [
            markup.row(
                widths, _within(heads, [markup.run(plain(text)) for text in headings]), is_heading=True
            )
        ]
        last = len(lines) - 1
        for k, cells in enumerate(lines):
            kept = look.has_note if k == last else last < SMALL
            said = [around[f"{kind}_bold" if k in look.bold else kind, kept] for kind in kinds]
            made.append(markup.row(widths, _within(said, cells)))
        self._body.append(markup.table(self.paper.ids["report"], widths, made, plain(look.title)))

    def picture(self, picture: Picture) -> str:
        """The run that shows a picture, as wide as it says but no larger than the page."""
        if picture.png not in self._pictures:
            self._pictures.append(picture.png)
        self._shown += 1
        wide, high = markup.pixels(picture.png)
        page = self.page.across() if self._across else self.page
        width = min(picture.width, page.text_width, _TALLEST * page.text_height * wide / high)
        relation = picture_id(self._pictures.index(picture.png))
        return markup.picture(relation, self._shown, (width, width * high / wide), picture.about)

    def new_section(self, across: bool = False, has_first: bool = False) -> None:
        """End the section under way; the one that follows begins on a new page, upright or ``across``."""
        properties = self.paper.section(self._across, self._has_first)
        last = self._body[-1] if self._body else ""
        if last.startswith("<w:p>") and "<w:sectPr>" not in last:
            self._body[-1] = last.replace(_PROPERTIES_END, f"{properties}{_PROPERTIES_END}", 1)
        else:
            self._body.append(self.paragraph("end", more=properties))
        self._across, self._has_first = across, has_first

    def content(self) -> bytes:
        """The document as the bytes of a DOCX file."""
        body = f"{''.join(self._body)}{self.paper.section(self._across, self._has_first)}"
        return self.paper.filled(body, self._facts, self._pictures, self._mark)

    def _part(self, part: Paragraph | Picture) -> str:
        if isinstance(part, Picture):
            return self.paragraph("picture", self.picture(part))
        style, text = part
        return self.paragraph(style, markup.run(plain(text)))


#: The share of the height of a page that a picture takes at most: its caption stands below.
_TALLEST = 0.85
_PROPERTIES_END = "</w:pPr>"
#: On one page with what follows; tables of no more rows than these are not broken over pages.
_KEPT, SMALL = "<w:keepNext/>", 15


def _within(around: Sequence[Sequence[str]], contents: Sequence[str]) -> list[str]:
    return [f"{before}{content}{after}" for (before, after), content in zip(around, contents, strict=True)]
