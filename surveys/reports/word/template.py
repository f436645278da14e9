"""A document of one's own as template: its page, its headers and footers, and its styles of the names that ours have.

It comes from others. What is taken over is listed here, part by part; everything else is left behind: its text, its settings,
what it embeds, links to or runs. A header that leads out of the document or runs something is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from surveys.problems import Language, SurveyError, fault, shortened
from surveys.reports.word import markup
from surveys.reports.word.package import PICTURES, DocumentPackage, bare, check_installed
from surveys.reports.word.stationery import Stationery, add_page_number, settings
from surveys.reports.word.styles import PageLayout, layout
from surveys.reports.word.template_parts import MOST_BYTES, TemplateParts
from surveys.reports.word.template_styles import TakenStyles, serialised

_W = f"{{{markup.W}}}"
_R = f"{{{markup.R}}}"
_VML = "{urn:schemas-microsoft-com:vml}"
_A = f"{{{markup.A}}}"
#: A page without its margins has at least so many millimetres each way.
_LEAST = 80
#: Fields that a header may have: they say something of the document itself, or of the day.
_FIELDS = frozenset({
    "PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "STYLEREF", "TITLE", "SUBJECT", "AUTHOR", "KEYWORDS", "COMMENTS",
    "FILENAME", "DOCPROPERTY", "DATE", "TIME", "CREATEDATE", "SAVEDATE", "PRINTDATE",
})  # fmt: skip
#: Elements that run something or hold another document.
_RUNNING = frozenset(
    f"{_W}{name}" for name in ("object", "control", "altChunk", "subDoc", "movie", "contentPart")
)
_LINKS = frozenset(f"{_A}{name}" for name in ("hlinkClick", "hlinkHover", "hlinkMouseOver"))


def template_paper(path: Path, language: Language) -> Stationery:
    """What documents in a language are written on, after a template (``.docx`` or ``.dotx``).

    Raises SurveyError for a file that is no such document, is damaged, has a password or macros, or takes content from outside.
    """
    check_installed()
    file = str(path)
    if not path.is_file():
        raise fault("file.missing", file=file)
    if (size := path.stat().st_size) > MOST_BYTES:
        raise fault("file.too_large", file=file, size=size, limit=MOST_BYTES)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise fault("file.unreadable", file=file, reason=error.strerror) from None
    return paper_of(TemplateParts(content, file), language)


def paper_of(template: TemplateParts, language: Language) -> Stationery:
    """The same of the parts of a template."""
    return _Taking(template, language).paper()


class _Taking:
    """What is taken over, under way."""

    def __init__(self, template: TemplateParts, language: Language) -> None:
        self.template, self.language = template, language
        self.package = DocumentPackage(bare())
        root = template.elements(template.document)
        found = [
            section for section in root.iter(f"{_W}sectPr") if section.getparent().tag != f"{_W}sectPrChange"
        ]
        self.sections = found
        self.section = next(
            (section for section in reversed(found) if not _lies_across(section)), *found[-1:] or [None]
        )

    def paper(self) -> Stationery:
        page = self._page()
        styles, numbering = (self.template.related(kind) for kind in ("styles", "numbering"))
        if styles is None:
            raise self.template.damaged("styles.xml")
        taken = TakenStyles(styles, numbering, self.language)
        if taken.strange:
            raise self.template.damaged(taken.strange)
        self.package.parts["word/styles.xml"] = serialised(taken.styles())
        self.package.add("numbering", "numbering", taken.numbering())
        self._copy_theme()
        headers, first_differs = self._headers(taken.ids)
        return Stationery(
            self.package.parts,
            page,
            taken.ids,
            headers,
            first_differs,
            taken.levels,
            taken.annex_levels,
            taken.lists.annexes,
        )

    # --- page and headers ------------------------------------------------------------------------------------------------

    def _page(self) -> PageLayout:
        """The page of the last upright section; what it does not say is as on ours."""
        own = layout().page
        size, margins = (self._in_section(name) for name in ("pgSz", "pgMar"))
        gutter = self._length(margins, "gutter", 0)
        page = PageLayout(
            self._length(size, "w", own.width),
            self._length(size, "h", own.height),
            self._length(margins, "top", own.top),
            self._length(margins, "bottom", own.bottom),
            self._length(margins, "left", own.left) + gutter,
            self._length(margins, "right", own.right),
            self._length(margins, "header", own.header),
            self._length(margins, "footer", own.footer),
        )
        if min(page.text_width, page.text_height) < _LEAST:
            width, height = (round(length) for length in (page.text_width, page.text_height))
            raise fault(
                "word.template.page", file=self.template.file, width=width, height=height, least=_LEAST
            )
        return page

    def _in_section(self, name: str) -> Any | None:
        return None if self.section is None else self.section.find(f"{_W}{name}")

    def _length(self, element: Any | None, name: str, own: float) -> float:
        """A length in millimetres; margins above and below may be written as fixed, with a minus."""
        said = None if element is None else element.get(f"{_W}{name}")
        if said is None:
            return own
        try:
            length = abs(int(said)) * 25.4 / 1440
        except ValueError:
            raise self.template.damaged(f"{name}={said}") from None
        if length > 2000:
            raise self.template.damaged(f"{name}={said}")
        return length

    def _headers(self, ids: Mapping[str, str]) -> tuple[str, bool]:
        """Headers and footers as our sections name them, and whether a first page has its own; where the template has none, the
        number of the page."""
        said = self.template.related("settings")
        even, mirrored = (_is_on(said, name) for name in ("evenAndOddHeaders", "mirrorMargins"))
        self.package.parts["word/settings.xml"] = settings(mirrored, even).encode()
        named = self._named_headers()
        if not named:
            return add_page_number(self.package, ids), True
        references = [
            f'<w:{kind}Reference w:type="{pages}" r:id="{self._copied(part, f"template{k}", kind)}"/>'
            for k, ((kind, pages), part) in enumerate(sorted(named.items(), reverse=True), 1)
        ]
        return "".join(references), any(_is_on(section, "titlePg") for section in self.sections)

    def _named_headers(self) -> Mapping[tuple[str, str], str]:
        """Header or footer, and the pages on which it stands → its part. A section that names none has that of the one before."""
        relations = self.template.relations(self.template.document)
        named: dict[tuple[str, str], str] = {}
        for section in self.sections:
            for kind in ("header", "footer"):
                for reference in section.findall(f"{_W}{kind}Reference"):
                    pages = reference.get(f"{_W}type", "default")
                    relation = relations.get(reference.get(f"{_R}id", ""))
                    if pages in ("default", "first", "even") and relation is not None and relation.target:
                        named[kind, pages] = relation.target
        return named

    def _copy_theme(self) -> None:
        relations = self.template.relations(self.template.document).values()
        for relation in [found for found in relations if found.kind == "theme" and found.target][:1]:
            self._copied(relation.target, "theme1", "theme")

    def _copied(self, name: str, called: str, kind: str) -> str:
        """Take a part over with the pictures that it shows; gives the id by which the document refers to it."""
        root = self.template.elements(name)
        pictures = {
            key: relation.target
            for key, relation in self.template.relations(name).items()
            if relation.kind == "image" and relation.target
        }
        self._clean(root, name, pictures)
        used = {
            value for element in root.iter() for key, value in element.attrib.items() if key.startswith(_R)
        }
        shown = "".join(self._picture(key, pictures[key]) for key in sorted(used & set(pictures)))
        return self.package.add(called, kind, serialised(root), shown)

    def _picture(self, key: str, target: str) -> str:
        ending = target.rpartition(".")[2].lower()
        if ending not in PICTURES:
            raise fault("word.template.foreign", file=self.template.file, part=target, what=shortened(ending))
        return self.package.picture(key, self.template.read(target), ending)

    # --- what leads out of the document ------------------------------------------------------------------------------------

    def _clean(self, root: Any, name: str, pictures: Mapping[str, str]) -> None:
        """Turn links into their text; refuse what takes content from outside or runs something."""
        for drawn in list(root.iter("{*}svgBlip")):
            drawn.getparent().remove(drawn)  # the same picture stands beside it as PNG
        for element in [found for found in root.iter() if isinstance(found.tag, str)]:
            if element.tag in _LINKS:
                element.getparent().remove(element)
            elif element.tag == f"{_W}hyperlink":
                _unwrap(element)
            elif element.tag in _RUNNING:
                raise self._foreign(name, element.tag.removeprefix(_W))
            else:
                self._check_attributes(element, name, pictures)
        for instruction in _instructions(root):
            if instruction.split(maxsplit=1)[:1] and instruction.split()[0].upper() not in _FIELDS:
                raise self._foreign(name, instruction)

    def _check_attributes(self, element: Any, name: str, pictures: Mapping[str, str]) -> None:
        for key, value in list(element.attrib.items()):
            is_address = key in ("href", "src") or key.endswith("}href")
            if element.tag.startswith(_VML) and is_address:
                del element.attrib[key]
            elif key.startswith(_R) and value and value not in pictures:
                raise self._foreign(name, element.tag.rpartition("}")[2])

    def _foreign(self, part: str, what: str) -> SurveyError:
        return fault(
            "word.template.foreign", file=self.template.file, part=part, what=shortened(what.strip())
        )


def _is_on(parent: Any | None, name: str) -> bool:
    """Whether a switch is there, and not turned off."""
    found = None if parent is None else parent.find(f"{_W}{name}")
    return found is not None and found.get(f"{_W}val", "true") not in ("0", "false", "off")


def _lies_across(section: Any) -> bool:
    size = section.find(f"{_W}pgSz")
    return size is not None and size.get(f"{_W}orient") == "landscape"


def _unwrap(element: Any) -> None:
    """Leave what is in an element where the element was."""
    for child in list(element):
        element.addprevious(child)
    element.getparent().remove(element)


def _instructions(root: Any) -> Iterable[str]:
    """What the fields of a part are told, however many runs it is written in; each field within another by itself."""
    found = [field.get(f"{_W}instr", "") for field in root.iter(f"{_W}fldSimple")]
    within: list[list[str]] = []
    for element in root.iter(f"{_W}fldChar", f"{_W}instrText", f"{_W}delInstrText"):
        kind = element.get(f"{_W}fldCharType")
        if kind == "begin":
            within.append([])
        elif kind == "end" and within:
            found.append("".join(within.pop()))
        elif kind is None:
            (within[-1] if within else found).append(element.text or "")
    return [*found, *("".join(left) for left in within)]
