"""What documents are written on: a package with styles, lists, page and headers, made ready once; a document adds its text.

A document is the same bytes for the same content, and thousands of small ones differ in one part of their package only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from xml.sax.saxutils import escape

from surveys.problems import Language
from surveys.reports.analysis_report.labels import Levels, annex_levels, ordinary_levels
from surveys.reports.word import markup
from surveys.reports.word.lists import Lists
from surveys.reports.word.package import CORE, DOCUMENT, DocumentPackage, bare, check_installed
from surveys.reports.word.styles import PageLayout, StyleWriter, keys, layout, own_id

_CREATED = "2000-01-01T00:00:00Z"
_HEADER, _HEADER_END = "word/header1.xml", "</w:p></w:hdr>"


@dataclass(frozen=True)
class Facts:
    """What a document says of itself."""

    title: str
    author: str
    language: Language


@dataclass(frozen=True)
class Stationery:
    """``parts`` of a package without its text; the ``page``; ``ids`` of styles by their keys; ``headers`` and footers as sections
    name them, and whether they differ on a first page; how headings are counted, in the text and in annexes, and the list of
    the latter."""

    parts: Mapping[str, bytes]
    page: PageLayout
    ids: Mapping[str, str]
    headers: str
    first_differs: bool
    levels: Levels
    annex_levels: Levels
    annex_list: int

    def section(self, across: bool = False, has_first: bool = False) -> str:
        """``w:sectPr``: an upright page or one that lies ``across``; ``has_first``: its first page has no number."""
        page = self.page.across() if across else self.page
        edges = " ".join(f'w:{name}="{markup.twips(getattr(page, name))}"' for name in _EDGES)
        size = f'w:w="{markup.twips(page.width)}" w:h="{markup.twips(page.height)}"'
        turned = ' w:orient="landscape"' if page.width > page.height else ""
        first = "<w:titlePg/>" if has_first and self.first_differs else ""
        return (
            f'<w:sectPr>{self.headers}<w:type w:val="nextPage"/><w:pgSz {size}{turned}/>'
            f'<w:pgMar {edges} w:gutter="0"/>{first}</w:sectPr>'
        )

    def filled(self, body: str, facts: Facts, pictures: Sequence[bytes] = (), mark: str = "") -> bytes:
        """A document as the bytes of a DOCX file; ``pictures``: PNG, as :func:`picture_id` counts; ``mark``: on every page."""
        package = DocumentPackage(self.parts)
        package.parts[DOCUMENT] = (
            f"{markup.DECLARATION}<w:document {markup.NAMESPACES}><w:body>{body}</w:body></w:document>".encode()
        )
        package.parts[CORE] = _core(facts).encode()
        if pictures:
            package.refer("".join(package.picture(picture_id(k), png) for k, png in enumerate(pictures)))
        if mark and _HEADER in package.parts:
            said = f"{markup.run(f' – {markup.plain(mark)}')}{_HEADER_END}"
            package.parts[_HEADER] = package.parts[_HEADER].replace(_HEADER_END.encode(), said.encode())
        return package.packed()


_EDGES = ("top", "right", "bottom", "left", "header", "footer")


def picture_id(k: int) -> str:
    """By what the picture ``k`` (from 0) of a document is referred to."""
    return f"rIdPicture{k + 1}"


def stationery(language: Language) -> Stationery:
    """The house's own; raises SurveyError when the package for it is not installed."""
    check_installed()
    return _of_the_house(language)


@cache
def _of_the_house(language: Language) -> Stationery:
    ids = {key: own_id(key) for key in keys()}
    lists, levels, annexes = Lists(ids), ordinary_levels(language), annex_levels(language)
    package = DocumentPackage(bare())
    package.add("numbering", "numbering", lists.part(levels, annexes).encode())
    headers = add_page_number(package, ids)
    package.parts["word/settings.xml"] = settings().encode()
    package.parts["word/styles.xml"] = _styles(StyleWriter(language, ids, lists.of_styles)).encode()
    return Stationery(package.parts, layout().page, ids, headers, True, levels, annexes, lists.annexes)


def add_page_number(package: DocumentPackage, ids: Mapping[str, str]) -> str:
    """Add a header with the number of the page in the middle; gives how a section names it."""
    number = markup.paragraph(ids["page_number"], '<w:fldSimple w:instr="PAGE"/>')
    header = f"{markup.DECLARATION}<w:hdr {markup.NAMESPACES}>{number}</w:hdr>"
    return f'<w:headerReference w:type="default" r:id="{package.add("header1", "header", header.encode())}"/>'


def settings(mirrored: bool = False, even_differs: bool = False) -> str:
    """The settings of a document; the version of Word whose rules of layout apply is 15 (2013): since it tables begin at the
    margin."""
    mirror = "<w:mirrorMargins/>" if mirrored else ""
    even = "<w:evenAndOddHeaders/>" if even_differs else ""
    return (
        f'{markup.DECLARATION}<w:settings {markup.NAMESPACES}><w:zoom w:percent="100"/>{mirror}'
        f'<w:defaultTabStop w:val="720"/>{even}<w:characterSpacingControl w:val="doNotCompress"/><w:compat>'
        '<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>'
        "</w:compat></w:settings>"
    )


def _styles(writer: StyleWriter) -> str:
    said = "".join([writer.defaults(), writer.normal(), *_BASES, *map(writer.style, keys())])
    return f"{markup.DECLARATION}<w:styles {markup.NAMESPACES}>{said}</w:styles>"


#: Word's own, on which others are based.
_BASES = (
    '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
    '<w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/><w:unhideWhenUsed/></w:style>',
    '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
    '<w:uiPriority w:val="99"/><w:semiHidden/><w:unhideWhenUsed/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>'
    '<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/>'
    '<w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>',
    '<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/>'
    '<w:uiPriority w:val="99"/><w:semiHidden/><w:unhideWhenUsed/></w:style>',
)


def _core(facts: Facts) -> str:
    title, author = (escape(markup.plain(text)[:255]) for text in (facts.title, facts.author))
    kinds = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    dates = "".join(
        f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{_CREATED}</dcterms:{name}>'
        for name in ("created", "modified")
    )
    return (
        f'{markup.DECLARATION}<cp:coreProperties xmlns:cp="{kinds}" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dc:language>{facts.language}</dc:language>"
        f"{dates}</cp:coreProperties>"
    )
