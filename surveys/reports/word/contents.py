"""The table of contents and the lists of tables and figures: fields of Word with their entries, and what they lead to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from surveys.problems import phrase
from surveys.reports.analysis_report.labels import Labels
from surveys.reports.word import markup
from surveys.reports.word.document import WordDocument
from surveys.reports.word.markup import twips

#: The deepest level of headings that the table of contents has.
_DEEPEST = 3
#: Word gives its own bookmarks such numbers; a name that begins with a line is not shown to people.
_FIRST = 100_000_001
_GALLERY = '<w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/><w:docPartUnique/></w:docPartObj></w:sdtPr>'


class ContentsEntry(NamedTuple):
    """A heading (of a level), a table or a figure by its key (a heading may have none), and its line in the list."""

    kind: Literal["heading", "table", "figure"]
    level: int
    key: str
    text: str


class ListsOfContents:
    """The lists of a document, and the bookmarks around what stands in them."""

    def __init__(self, document: WordDocument, labels: Labels) -> None:
        self.document, self.labels = document, labels
        self._references = {key: f"_Ref{_FIRST + k}" for k, key in enumerate(labels.named)}
        self._marked, self._bookmarks = 0, 0

    def write(self, entries: Iterable[ContentsEntry]) -> None:
        """The lists; ``entries``: everything in the order in which :meth:`marked` will meet it."""
        language = self.document.language
        numbered = list(enumerate(entries))
        headings = [
            (k, entry) for k, entry in numbered if entry.kind == "heading" and entry.level <= _DEEPEST
        ]
        title = self._title("contents")
        lines = self._lines(rf'TOC \o "1-{_DEEPEST}" \h \z \u', headings, "contents_{level}")
        self.document.put(
            f"<w:sdt>{_GALLERY}<w:sdtContent>{title}{''.join(lines)}</w:sdtContent></w:sdt>",
            self.document.paragraph("end"),
        )
        for kind in ("table", "figure"):
            captions = [(k, entry) for k, entry in numbered if entry.kind == kind]
            if captions:
                word = phrase(f"word.label.{kind}", language)
                lines = self._lines(rf'TOC \h \z \c "{word}"', captions, "list_of_captions")
                self.document.put(self._title(f"{kind}s"), *lines, self.document.paragraph("end"))

    def marked(self, content: str) -> str:
        """The content of the next heading or caption, found by the lists."""
        self._marked += 1
        return self._bookmarked(content, _listed(self._marked - 1))

    def referred(self, content: str, key: str) -> str:
        """What a reference to ``key`` leads to."""
        return self._bookmarked(content, self._references[key]) if key else content

    def reference(self, key: str) -> str:
        """A reference, which follows what it refers to; the number of a heading with the section in which it stands."""
        label = self.labels.named.get(key)
        if label is None:
            return markup.run(self.labels.reference(key))
        if not label.number:
            return markup.field(rf"REF {self._references[key]} \h", markup.run(label.title))
        if label.kind in ("table", "figure"):
            return markup.field(rf"REF {self._references[key]} \h", markup.run(label.text))
        number = markup.field(rf"REF {self._references[key]} \n \h", markup.run(label.number))
        if not label.section:
            return number
        return f"{markup.run(f'{label.word} ')}{number}{markup.run(' ')}{self.reference(label.section)}"

    def _title(self, code: str) -> str:
        text = phrase(f"word.{code}", self.document.language)
        return self.document.paragraph("contents_heading", markup.run(text))

    def _lines(self, instruction: str, entries: Sequence[tuple[int, ContentsEntry]], style: str) -> list[str]:
        """The entries of a list as paragraphs, the field around them."""
        edge = _EDGE.format(twips(self.document.text_width))
        lines = []
        for position, (k, entry) in enumerate(entries):
            page = markup.field(rf"PAGEREF {_listed(k)} \h", _UNKNOWN)
            shown = markup.run(markup.plain(entry.text))
            begin = "" if position else markup.field_begin(instruction, dirty=True)
            end = markup.FIELD_END if position == len(entries) - 1 else ""
            line = markup.linked(f"{shown}{markup.TAB}{page}", _listed(k))
            lines.append(
                self.document.paragraph(style.format(level=entry.level), f"{begin}{line}{end}", edge)
            )
        return lines

    def _bookmarked(self, content: str, name: str) -> str:
        self._bookmarks += 1
        return markup.bookmarked(content, name, self._bookmarks)


#: Where the number of the page stands: as Word writes it itself, since styles of contents seldom say it.
_EDGE = '<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{}"/></w:tabs>'
#: The page of an entry as long as Word has not laid out the document.
_UNKNOWN = markup.run("…")


def _listed(k: int) -> str:
    return f"_Toc{_FIRST + k}"
