"""What documents are written on: a package with styles, lists, page and headers, made ready once; a document adds its text.

A document is the same bytes for the same content, and thousands of small ones differ in one part of their package only.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from surveys.problems import Language, fault
from surveys.reports.analysis_report.labels import Levels, annex_levels, ordinary_levels
from surveys.reports.word import markup
from surveys.reports.word.lists import ANNEXES, BULLETS, HEADINGS, PARTS, numbering
from surveys.reports.word.styles import NORMAL, PageLayout, StyleWriter, layout, style_id

if TYPE_CHECKING:
    from docx.document import Document

_OLDEST = (1980, 1, 1, 0, 0, 0)
_CREATED = "2000-01-01T00:00:00Z"
_TYPES, _RELATIONS, _CORE = "[Content_Types].xml", "word/_rels/document.xml.rels", "docProps/core.xml"
_DOCUMENT, _HEADER = "word/document.xml", "word/header1.xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
#: Parts of the starting document that nothing here needs.
_UNUSED = ("thumbnail", "extended-properties", "stylesWithEffects", "customXml", "numbering", "webSettings", "theme", "fontTable")
_MARK = "</w:p></w:hdr>"


@dataclass(frozen=True)
class Facts:
    """What a document says of itself."""

    title: str
    author: str
    language: Language


@dataclass(frozen=True)
class Stationery:
    """``parts`` of the package without its text; ``ids`` of styles by their keys; the ``page``, and ``section``: what stands in the
    properties of a section beside its size; how headings of parts and of annexes are counted, with the ids of their lists."""

    parts: Mapping[str, bytes]
    page: PageLayout
    ids: Mapping[str, str]
    headers: str
    levels: Levels
    annex_levels: Levels
    annex_list: int
    others: Mapping[str, str] = field(default_factory=dict)

    def section(self, across: bool = False, has_first: bool = False) -> str:
        """``w:sectPr``: an upright page or one that lies ``across``; ``has_first``: its first page has no number."""
        page = self.page.across() if across else self.page
        margins = {name: markup.twips(getattr(page, name)) for name in ("top", "right", "bottom", "left")}
        edges = " ".join(f'w:{name}="{length}"' for name, length in margins.items())
        size = f'w:w="{markup.twips(page.width)}" w:h="{markup.twips(page.height)}"'
        turned = ' w:orient="landscape"' if across else ""
        distance = markup.twips(self.page.top / 2)
        return (
            f'<w:sectPr>{self.headers}<w:type w:val="nextPage"/><w:pgSz {size}{turned}/><w:pgMar {edges} '
            f'w:header="{distance}" w:footer="{distance}" w:gutter="0"/>{"<w:titlePg/>" if has_first else ""}</w:sectPr>'
        )

    def filled(self, body: str, facts: Facts, pictures: Sequence[bytes] = (), mark: str = "") -> bytes:
        """A document as the bytes of a DOCX file; ``pictures``: PNG, in the order of :func:`picture_id`; a ``mark`` on every page."""
        parts = dict(self.parts)
        parts[_DOCUMENT] = (
            f"{markup.DECLARATION}<w:document {markup.NAMESPACES}><w:body>{body}</w:body></w:document>".encode()
        )
        parts[_CORE] = _core(facts).encode()
        if pictures:
            _add_pictures(parts, pictures)
        if mark:
            said = f"{markup.run(f' – {markup.plain(mark)}')}{_MARK}"
            parts[_HEADER] = parts[_HEADER].replace(_MARK.encode(), said.encode())
        return _packed(parts)


def picture_id(k: int) -> str:
    """By what the picture ``k`` (from 0) of a document is referred to."""
    return f"rIdPicture{k + 1}"


def stationery(language: Language) -> Stationery:
    """The house's own; raises SurveyError when the package for it is not installed."""
    try:
        import docx  # noqa: F401
    except ImportError:
        raise fault("word.not_installed") from None
    return _of_the_house(language)


@cache
def _of_the_house(language: Language) -> Stationery:
    from docx import Document

    document = Document()
    keys = [*layout().styles, *layout().letters, *layout().tables]
    ids = {key: style_id(key) for key in keys}
    _set_styles(document, language)
    parts = _saved(document)
    levels = (ordinary_levels(language), annex_levels(language))
    _add_part(parts, "numbering", numbering(*levels).encode())
    header = _add_part(parts, "header1", _page_number().encode(), "header")
    headers = f'<w:headerReference w:type="default" r:id="{header}"/>'
    parts["word/settings.xml"] = _SETTINGS.encode()
    return Stationery(parts, layout().page, ids, headers, *levels, ANNEXES)


def _set_styles(document: Document, language: Language) -> None:
    """Take away the styles that the document came with, and give it ours."""
    writer = StyleWriter(language, layout().page.text_width, {**HEADINGS, **BULLETS})
    root = document.styles.element
    for child in list(root):
        root.remove(child)
    made = [writer.defaults(), writer.normal(), *_BASES]
    made += [writer.paragraphs(key) for key in layout().styles]
    made += [writer.letters(key) for key in layout().letters]
    made += [writer.tables(key) for key in layout().tables]
    root.extend(elements("".join(made)))


def elements(text: str) -> Sequence[object]:
    """Elements of WordprocessingML from their text."""
    from docx.oxml.parser import parse_xml

    return list(parse_xml(f"<w:styles {markup.NAMESPACES}>{text}</w:styles>"))


_BASES = (
    '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/>'
    '<w:uiPriority w:val="1"/><w:semiHidden/><w:unhideWhenUsed/></w:style>',
    '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/>'
    '<w:semiHidden/><w:unhideWhenUsed/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/>'
    '<w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>',
    '<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/><w:uiPriority w:val="99"/>'
    "<w:semiHidden/><w:unhideWhenUsed/></w:style>",
)
#: The version of Word whose rules of layout apply is 15 (2013); since it tables begin at the margin.
_SETTINGS = (
    f'{markup.DECLARATION}<w:settings {markup.NAMESPACES}><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/>'
    '<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode" '
    'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>'
)


def _page_number() -> str:
    """A header: the number of the page in the middle."""
    number = markup.paragraph(style_id("page_number"), '<w:fldSimple w:instr="PAGE"/>')
    return f"{markup.DECLARATION}<w:hdr {markup.NAMESPACES}>{number}</w:hdr>"


def _saved(document: Document) -> dict[str, bytes]:
    """The parts of a document that are needed here, without what it says."""
    for part in (document.part.package, document.part):
        for key in [key for key, found in part.rels.items() if found.reltype.endswith(_UNUSED)]:
            del part.rels[key]
    target = io.BytesIO()
    document.save(target)
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _add_part(parts: dict[str, bytes], name: str, content: bytes, kind: str = "") -> str:
    """Add a part to which the document refers; its id."""
    relation = f"rId{name.capitalize()}"
    parts[f"word/{name}.xml"] = content
    declared = f'<Override PartName="/word/{name}.xml" ContentType="{_WORD}.{kind or name}+xml"/>'
    _insert(parts, _TYPES, "</Types>", declared)
    said = f'<Relationship Id="{relation}" Type="{_OFFICE}/{kind or name}" Target="{name}.xml"/>'
    _insert(parts, _RELATIONS, "</Relationships>", said)
    return relation


def _insert(parts: dict[str, bytes], name: str, before: str, text: str) -> None:
    parts[name] = parts[name].replace(before.encode(), f"{text}{before}".encode())


def _add_pictures(parts: dict[str, bytes], pictures: Sequence[bytes]) -> None:
    """Pictures as parts, each once."""
    if b'Extension="png"' not in parts[_TYPES]:
        png = '<Default Extension="png" ContentType="image/png"/>'
        parts[_TYPES] = parts[_TYPES].replace(b"<Default ", f"{png}<Default ".encode(), 1)
    said = []
    for k, png_bytes in enumerate(pictures):
        name = f"media/{sha256(png_bytes).hexdigest()[:16]}.png"
        parts[f"word/{name}"] = png_bytes
        said.append(f'<Relationship Id="{picture_id(k)}" Type="{_OFFICE}/image" Target="{name}"/>')
    _insert(parts, _RELATIONS, "</Relationships>", "".join(said))


def _core(facts: Facts) -> str:
    title, author = (escape(markup.plain(text)[:255]) for text in (facts.title, facts.author))
    kinds = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    dates = "".join(
        f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{_CREATED}</dcterms:{name}>' for name in ("created", "modified")
    )
    return (
        f'{markup.DECLARATION}<cp:coreProperties xmlns:cp="{kinds}" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dc:language>{facts.language}</dc:language>"
        f"{dates}</cp:coreProperties>"
    )


def _packed(parts: Mapping[str, bytes]) -> bytes:
    """An archive that carries no date of its own."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _OLDEST)
            entry.create_system = 0
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target.getvalue()
