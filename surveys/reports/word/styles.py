"""How documents look: the named styles of ``styles.toml`` as records, and as the styles of a Word document."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from docx.document import Document

BODY = "body"
#: The version of Word whose rules of layout apply; since it tables begin at the margin.
_WORD_2013 = "15"


@dataclass(frozen=True)
class PageLayout:
    """A page and its margins, in millimetres."""

    width: float
    height: float
    top: float
    bottom: float
    left: float
    right: float

    @property
    def text_width(self) -> float:
        """The width between the margins."""
        return self.width - self.left - self.right


@dataclass(frozen=True)
class TextStyle:
    """How one kind of paragraph looks. ``name``: what Word calls it; ``size``, ``above``, ``below``: points; ``left``, ``right``,
    ``first_line``: indents in millimetres; ``rule``: a line along the lower edge; ``together``: on one page with what follows;
    ``new_page``: at the top of a page."""

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


@cache
def layout() -> tuple[PageLayout, Mapping[str, TextStyle]]:
    """The page, and the styles by their key: what a style does not say is as in the one it is based on.

    >>> page, styles = layout()
    >>> page.text_width, styles["motto"].size, styles["motto"].bold
    (160, 13, True)
    """
    file = resources.files("surveys.reports.word") / "styles.toml"
    declared = tomllib.loads(file.read_text(encoding="utf-8"))
    page = PageLayout(**declared.pop("page"))
    return page, {key: TextStyle(**_whole(key, declared)) for key in declared}


def _whole(key: str, declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    own = dict(declared[key])
    base = own.pop("based_on", "")
    return {**(_whole(base, declared) if base else {}), **own}


def set_up(document: Document, language: str) -> None:
    """Give a new document the page and the styles, and take away those that it came with."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn
    from docx.shared import Mm

    page, styles = layout()
    for mode in document.settings.element.iter(qn("w:compatSetting")):
        if mode.get(qn("w:name")) == "compatibilityMode":
            mode.set(qn("w:val"), _WORD_2013)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(page.width), Mm(page.height)
    section.top_margin, section.bottom_margin = Mm(page.top), Mm(page.bottom)
    section.left_margin, section.right_margin = Mm(page.left), Mm(page.right)
    section.header_distance = section.footer_distance = Mm(page.top / 2)
    kept = ("Normal", "Default Paragraph Font", "Normal Table", "No List", "Table Grid")
    for style in [style for style in document.styles if style.name not in kept]:
        style.delete()
    for defaults in document.styles.element.iter(qn("w:rPrDefault")):
        _set_fonts(next(iter(defaults)), styles[BODY].font, language)
    _set_look(document.styles["Normal"], styles[BODY], language)
    for key, style in styles.items():
        made = document.styles.add_style(style.name, WD_STYLE_TYPE.PARAGRAPH)
        made.element.styleId = key
        made.base_style, made.quick_style = document.styles["Normal"], True
        _set_look(made, style, language)


def _set_look(made: Any, style: TextStyle, language: str) -> None:
    from docx.enum.text import WD_PARAGRAPH_ALIGNMENT
    from docx.shared import Mm, Pt

    made.font.size, made.font.bold, made.font.italic = Pt(style.size), style.bold, style.italic
    made.font.all_caps = style.capitals
    shape = made.paragraph_format
    shape.alignment = WD_PARAGRAPH_ALIGNMENT[style.align.upper()]
    shape.space_before, shape.space_after = Pt(style.above), Pt(style.below)
    shape.line_spacing, shape.first_line_indent = style.line, Mm(style.first_line)
    shape.left_indent, shape.right_indent = Mm(style.left), Mm(style.right)
    shape.keep_with_next, shape.widow_control = style.together, True
    shape.page_break_before = style.new_page
    _set_fonts(made.element.get_or_add_rPr(), style.font, language)
    if style.rule:
        edge = {"val": "single", "sz": "6", "space": "1", "color": "000000"}
        made.element.get_or_add_pPr().insert_element_before(
            element("w:pBdr", element("w:bottom", **edge)), *_AFTER_BORDERS
        )


#: What stands behind ``w:pBdr`` in the properties of a paragraph (ISO/IEC 29500-1, 17.3.1.26).
_AFTER_BORDERS = (
    "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct", "w:topLinePunct",
    "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind",
    "w:contextualSpacing", "w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment",
    "w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange",
)  # fmt: skip


def _set_fonts(properties: Any, font: str, language: str) -> None:
    """One font for all alphabets, and the language by which words are checked."""
    from docx.oxml.ns import qn

    for name in ("w:rFonts", "w:lang"):
        for found in properties.findall(qn(name)):
            properties.remove(found)
    properties.insert(0, element("w:rFonts", ascii=font, hAnsi=font, eastAsia=font, cs=font))
    properties.append(element("w:lang", val={"vi": "vi-VN", "en": "en-GB"}[language]))


def element(name: str, *children: Any, **attributes: str) -> Any:
    """An element of WordprocessingML, its attributes in the same namespace."""
    from docx.oxml.ns import qn
    from docx.oxml.parser import OxmlElement

    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    made.extend(children)
    return made
