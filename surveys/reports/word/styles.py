"""How documents look: the named styles of ``styles.toml`` as records, and as the styles of a Word document."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Literal, NamedTuple
from xml.sax.saxutils import quoteattr

from surveys.problems import Language
from surveys.reports.word.markup import twips

BODY, NORMAL = "body", "Normal"
LANGUAGE_TAGS: Mapping[Language, str] = {"vi": "vi-VN", "en": "en-GB"}


@dataclass(frozen=True)
class PageLayout:
    """A page and its margins, in millimetres, with the distances of headers and footers from its edges."""

    width: float
    height: float
    top: float
    bottom: float
    left: float
    right: float
    header: float
    footer: float

    @property
    def text_width(self) -> float:
        """The width between the margins."""
        return self.width - self.left - self.right

    @property
    def text_height(self) -> float:
        """The height between the margins."""
        return self.height - self.top - self.bottom

    def across(self) -> PageLayout:
        """The page turned, where it is upright: its upper margin is the one at which upright pages are bound.

        >>> page = layout().page.across()
        >>> page.text_width, page.top
        (257, 30)
        """
        if self.width > self.height:
            return self
        edges = {"top": self.left, "bottom": self.right, "left": self.bottom, "right": self.top}
        return replace(self, width=self.height, height=self.width, **edges)


@dataclass(frozen=True)
class TextStyle:
    """How one kind of paragraph looks. ``name``: what Word calls it, ``id``: by what it is referred to (empty: its key);
    ``size``, ``above``, ``below``: points; ``left``, ``right``, ``first_line``: indents in millimetres; ``rule``: a line along
    the lower edge; ``together``: on one page with what follows; ``new_page``: at the top of a page; ``outline``: level in the
    navigation; ``bullet``: what stands before it."""

    name: str
    font: str
    size: float
    align: Literal["left", "right", "center", "justify"]
    above: float
    below: float
    line: float
    first_line: float
    left: float = 0
    right: float = 0
    bold: bool = False
    italic: bool = False
    capitals: bool = False
    rule: bool = False
    together: bool = False
    new_page: bool = False
    id: str = ""
    outline: int = 0
    bullet: str = ""


@dataclass(frozen=True)
class LetterStyle:
    """A style of letters within a paragraph, which may look like those around them."""

    name: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True)
class TableStyle:
    """How a table looks: the thickness of its ``lines`` in eighths of a point, and the colour behind its headings."""

    name: str
    lines: int
    heading_fill: str


class DocumentLayout(NamedTuple):
    """The page, and the styles of paragraphs, of letters and of tables by their keys."""

    page: PageLayout
    styles: Mapping[str, TextStyle]
    letters: Mapping[str, LetterStyle]
    tables: Mapping[str, TableStyle]


@cache
def layout() -> DocumentLayout:
    """The page, and the styles by their key: what a style does not say is as in the one it is based on.

    >>> page, styles, letters, tables = layout()
    >>> page.text_width, styles["motto"].size, styles["motto"].bold
    (160, 13, True)
    """
    file = resources.files("surveys.reports.word") / "styles.toml"
    declared = tomllib.loads(file.read_text(encoding="utf-8"))
    page = PageLayout(**declared.pop("page"))
    letters = {key: LetterStyle(**said) for key, said in declared.pop("letters").items()}
    tables = {key: TableStyle(**said) for key, said in declared.pop("tables").items()}
    return DocumentLayout(
        page, {key: TextStyle(**_whole(key, declared)) for key in declared}, letters, tables
    )


def _whole(key: str, declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    own = dict(declared[key])
    base = own.pop("based_on", "")
    inherited = _whole(base, declared) if base else {}
    return {**inherited, "id": "", **own}


def keys() -> tuple[str, ...]:
    """The keys of all styles."""
    found = layout()
    return (*found.styles, *found.letters, *found.tables)


def name_of(key: str) -> tuple[str, str]:
    """The kind of a style in WordprocessingML, and what Word calls it.

    >>> name_of("heading_1"), name_of("quoted")[0], name_of("report")[0]
    (('paragraph', 'heading 1'), 'character', 'table')
    """
    found = layout()
    if key in found.styles:
        return "paragraph", found.styles[key].name
    return (
        ("character", found.letters[key].name) if key in found.letters else ("table", found.tables[key].name)
    )


def own_id(key: str) -> str:
    """By what our own documents refer to a style."""
    found = layout().styles.get(key)
    return (found.id if found else "") or key


@dataclass(frozen=True)
class Given:
    """What the document itself says of its text, so that added styles do not: its ``font``, its ``size``; the id of the style on
    which others are based."""

    font: bool = False
    size: bool = False
    normal: str = NORMAL


class StyleWriter:
    """The declared styles as elements of WordprocessingML: ``ids`` by their keys, ``lists``: key → list that counts the style,
    and its level there."""

    def __init__(
        self,
        language: Language,
        ids: Mapping[str, str],
        lists: Mapping[str, tuple[int, int]],
        given: Given | None = None,
    ) -> None:
        self.language, self.ids, self.lists, self.given = language, ids, lists, given or Given()

    def style(self, key: str) -> str:
        """A style of paragraphs, letters or tables."""
        kind = name_of(key)[0]
        return {"paragraph": self._paragraphs, "character": self._letters, "table": self._tables}[kind](key)

    def defaults(self) -> str:
        """``w:docDefaults``: the font and the language of everything."""
        font = _fonts(layout().styles[BODY].font)
        language = (
            f'<w:lang w:val="{LANGUAGE_TAGS[self.language]}" w:eastAsia="{LANGUAGE_TAGS[self.language]}"/>'
        )
        return f"<w:docDefaults><w:rPrDefault><w:rPr>{font}{language}</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>"

    def normal(self) -> str:
        """The style on which all others are based."""
        return (
            f'<w:style w:type="paragraph" w:default="1" w:styleId="{NORMAL}"><w:name w:val="{NORMAL}"/>'
            f"<w:qFormat/>{self._look(BODY, layout().styles[BODY])}</w:style>"
        )

    def _paragraphs(self, key: str) -> str:
        """A style of paragraphs."""
        style = layout().styles[key]
        custom = "" if style.id else ' w:customStyle="1"'
        following = self.ids[BODY if style.outline else key]
        return (
            f'<w:style w:type="paragraph"{custom} w:styleId="{self.ids[key]}"><w:name w:val={quoteattr(style.name)}/>'
            f'<w:basedOn w:val="{self.given.normal}"/><w:next w:val="{following}"/><w:qFormat/>'
            f"{self._look(key, style)}</w:style>"
        )

    def _letters(self, key: str) -> str:
        """A style of letters."""
        style = layout().letters[key]
        look = f"{'<w:b/>' if style.bold else ''}{'<w:i/>' if style.italic else ''}"
        return (
            f'<w:style w:type="character" w:customStyle="1" w:styleId="{self.ids[key]}"><w:name w:val={quoteattr(style.name)}/>'
            f"<w:qFormat/>{f'<w:rPr>{look}</w:rPr>' if look else ''}</w:style>"
        )

    def _tables(self, key: str) -> str:
        """A style of tables: lines around all cells, a colour behind the headings."""
        style = layout().tables[key]
        sides = ("top", "left", "bottom", "right", "insideH", "insideV")
        line = f'w:val="single" w:sz="{style.lines}" w:space="0" w:color="auto"'
        lines = "".join(f"<w:{side} {line}/>" for side in sides)
        fill = f'<w:shd w:val="clear" w:color="auto" w:fill="{style.heading_fill}"/>'
        return (
            f'<w:style w:type="table" w:customStyle="1" w:styleId="{self.ids[key]}"><w:name w:val={quoteattr(style.name)}/>'
            f"<w:qFormat/><w:tblPr><w:tblBorders>{lines}</w:tblBorders>{_CELL_MARGINS}</w:tblPr>"
            f'<w:tblStylePr w:type="firstRow"><w:tcPr>{fill}<w:vAlign w:val="center"/></w:tcPr></w:tblStylePr></w:style>'
        )

    def _look(self, key: str, style: TextStyle) -> str:
        return f"<w:pPr>{self._shape(key, style)}</w:pPr><w:rPr>{self._glyphs(style)}</w:rPr>"

    def _shape(self, key: str, style: TextStyle) -> str:
        """Properties of a paragraph in their order (ISO/IEC 29500-1, 17.3.1.26)."""
        align = {"justify": "both"}.get(style.align, style.align)
        first = twips(abs(style.first_line))
        indent = f'w:hanging="{first}"' if style.first_line < 0 else f'w:firstLine="{first}"'
        numbered = self.lists.get(key)
        parts = (
            _switch("keepNext", style.together),
            "<w:keepLines/>" if style.outline else "",
            _switch("pageBreakBefore", style.new_page),
            "<w:widowControl/>",
            f'<w:numPr><w:ilvl w:val="{numbered[1]}"/><w:numId w:val="{numbered[0]}"/></w:numPr>'
            if numbered
            else "",
            _RULE if style.rule else "",
            f'<w:spacing w:before="{round(20 * style.above)}" w:after="{round(20 * style.below)}" '
            f'w:line="{round(240 * style.line)}" w:lineRule="auto"/>',
            f'<w:ind w:left="{twips(style.left)}" w:right="{twips(style.right)}" {indent}/>',
            f'<w:jc w:val="{align}"/>',
            f'<w:outlineLvl w:val="{style.outline - 1}"/>' if style.outline else "",
        )
        return "".join(parts)

    def _glyphs(self, style: TextStyle) -> str:
        """Properties of letters in their order; what the body text of a template says is not said again."""
        body = layout().styles[BODY]
        own_font = not (self.given.font and style.font == body.font)
        own_size = not (self.given.size and style.size == body.size)
        size = round(2 * style.size)
        parts = (
            _fonts(style.font) if own_font else "",
            _switch("b", style.bold),
            _switch("i", style.italic),
            _switch("caps", style.capitals),
            f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>' if own_size else "",
            f'<w:lang w:val="{LANGUAGE_TAGS[self.language]}"/>',
        )
        return "".join(parts)


_RULE = '<w:pBdr><w:bottom w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr>'
#: Word's own: 0.19 cm to the left and right of what stands in a cell.
_CELL_MARGINS = (
    '<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/>'
    '<w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar>'
)


def _switch(name: str, on: bool) -> str:
    return f"<w:{name}/>" if on else f'<w:{name} w:val="0"/>'


def _fonts(font: str) -> str:
    """One font for all alphabets."""
    return f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}" w:cs="{font}"/>'
