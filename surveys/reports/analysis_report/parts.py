"""What a report is made of: numbers that know where they come from, text, tables, figures, sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from surveys.definitions.study.publication import Publication
from surveys.problems import Language

#: Values of the key columns of a row.
Key = tuple[str, ...]
#: The table of numbers that the report works out from printed ones: means, counts, differences.
WORKED_OUT = "report"
#: What stands where there is no number.
NONE = "–"
_MINUS = "\N{MINUS SIGN}"
_GROUPED = {"vi": ".", "en": ","}
_MARK = {"vi": ",", "en": "."}


@dataclass(frozen=True, slots=True)
class NumberSource:
    """Where a number stands: the official table (by its name in ``official_columns.toml``), the values of its key columns, the
    column; ``%`` behind the column where a score or share in [0, 1] is shown in percent.

    A number that the report works out itself has the table :data:`WORKED_OUT` and as its key what it is, and of what:
    ``NumberSource("report", ("mean", "council-scores", "so", "1.2"), "percent")``.
    """

    table: str
    key: Key
    column: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is printed where it comes from (``"93.08"``; empty: there is none); ``sign``: a plus is shown too."""

    text: str
    source: NumberSource
    sign: bool = False

    def shown(self, language: Language) -> str:
        """As people read it: decimal mark of the language, whole numbers grouped from 1000 on, a true minus, a dash for none.

        >>> percent, forms = NumberSource("council-units", ("so", "a"), "percent"), NumberSource("funnel", ("a",), "returned")
        >>> Number("93.08", percent).shown("vi"), Number("-0.50", percent).shown("en"), Number("", percent).shown("vi")
        ('93,08', '−0.50', '–')
        >>> Number("1234", forms).shown("vi"), Number("1234", forms).shown("en"), Number("0.42", percent, True).shown("vi")
        ('1.234', '1,234', '+0,42')
        """
        if not self.text:
            return NONE
        digits = self.text.removeprefix("-")
        whole, _, rest = digits.partition(".")
        if not rest and whole.isdecimal():
            whole = f"{int(whole):,}".replace(",", _GROUPED[language])
        before = _MINUS if self.text != digits else "+" if self.sign and digits.strip("0.") else ""
        return f"{before}{whole}{_MARK[language]}{rest}" if rest else f"{before}{whole}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to a table, a figure or a section by its key."""

    key: str


Inline = str | Number | Reference
#: Text of a paragraph, a cell or a caption.
Text = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    """A heading within a section, which the writer numbers by its level: 2 ``1.``, 3 ``1.1.``, 4 ``a)``."""

    level: Literal[2, 3, 4]
    text: str
    key: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; ``style``: its key in ``styles.toml``."""

    text: Text
    style: str = "body"


@dataclass(frozen=True)
class ReportColumn:
    """A column of a table: its ``share`` of the table's width, and whether it holds numbers."""

    heading: str
    share: float
    numeric: bool = False


@dataclass(frozen=True)
class ReportTable:
    """A table with its caption, without one not numbered; ``bold``: rows; ``note``: what stands below; ``wide``: it lies across
    the page."""

    key: str
    caption: Text
    columns: tuple[ReportColumn, ...]
    rows: tuple[tuple[Text, ...], ...]
    bold: frozenset[int] = frozenset()
    note: Text = ()
    wide: bool = False
    dense: bool = False


@dataclass(frozen=True)
class ReportFigure:
    """A figure with its caption; its drawing has its alternative text."""

    key: str
    caption: Text


@dataclass(frozen=True)
class Drawing:
    """A figure as files, and ``about``: what it shows, in words. ``width_mm``: how wide it is in print."""

    key: str
    svg: bytes
    png: bytes
    about: str
    width_mm: float


@dataclass(frozen=True)
class PageBreak:
    """What follows begins on a new page."""


Block = Heading | Paragraph | ReportTable | ReportFigure | PageBreak


@dataclass(frozen=True)
class ReportSection:
    """A part of a report under its title, the heading of level 1; annexes are numbered by themselves."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    is_annex: bool = False


@dataclass(frozen=True)
class Report:
    """A whole report. ``title``: the kind of document; ``subject``: what it is about; ``label`` of the study; ``fingerprint`` of
    the results it tells of, empty where there are none; ``has_contents``: it is long enough
    for a cover and lists of its contents; ``is_signed``: it ends with the block of those who sign."""

    title: str
    subject: str
    label: str
    language: Language
    publication: Publication
    sections: tuple[ReportSection, ...]
    fingerprint: str = ""
    has_contents: bool = True
    is_signed: bool = True

    @property
    def blocks(self) -> Iterator[Block]:
        """The blocks of all sections in order."""
        return (block for section in self.sections for block in section.blocks)


def numbers_in(text: Iterable[Inline]) -> Iterator[Number]:
    """The numbers of a text in order."""
    return (part for part in text if isinstance(part, Number))
