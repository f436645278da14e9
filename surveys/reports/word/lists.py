"""Lists of documents: the numbers of headings, of parts and of annexes, and the signs before the lines of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from surveys.reports.analysis_report.labels import Levels
from surveys.reports.word import markup
from surveys.reports.word.styles import layout

#: Styles of headings, from the first level on.
HEADINGS = tuple(f"heading_{k}" for k in (1, 2, 3, 4))
_BULLETED = tuple(key for key, style in layout().styles.items() if style.bullet)


@dataclass(frozen=True)
class Lists:
    """The lists of a package, whose ids begin with ``first``; ``ids`` of styles by their keys; ``counts_headings``: not those of
    annexes alone."""

    ids: Mapping[str, str]
    first: int = 1
    counts_headings: bool = True

    @property
    def annexes(self) -> int:
        """The list that counts annexes and the headings within them."""
        return self.first + 1

    @property
    def of_styles(self) -> Mapping[str, tuple[int, int]]:
        """Key of a style → the list that counts it, and its level there (from 0)."""
        headings = {key: (self.first, k) for k, key in enumerate(HEADINGS)}
        return (headings if self.counts_headings else {}) | {
            key: (self.annexes + 1 + k, 0) for k, key in enumerate(_BULLETED)
        }

    def kinds(self, levels: Levels, annexes: Levels) -> Sequence[str]:
        """The kinds of lists: how each is counted."""
        of_parts = [self._headings(self.first, levels, HEADINGS)] if self.counts_headings else []
        kinds = [*of_parts, self._headings(self.annexes, annexes)]
        return [*kinds, *(self._bullets(self.annexes + 1 + k, key) for k, key in enumerate(_BULLETED))]

    def used(self) -> Sequence[str]:
        """The lists, one of each kind."""
        first = self.first if self.counts_headings else self.annexes
        numbers = range(first, self.annexes + 1 + len(_BULLETED))
        return [f'<w:num w:numId="{k}"><w:abstractNumId w:val="{k}"/></w:num>' for k in numbers]

    def part(self, levels: Levels, annexes: Levels) -> str:
        """The part of a package in which its lists are declared."""
        said = "".join([*self.kinds(levels, annexes), *self.used()])
        return f"{markup.DECLARATION}<w:numbering {markup.NAMESPACES}>{said}</w:numbering>"

    def _headings(self, number: int, levels: Levels, keys: Sequence[str] = ("",) * 4) -> str:
        """The kind of list that counts headings; ``keys``: of the styles that belong to its levels."""
        styles = [f"<w:pStyle w:val={quoteattr(self.ids[key])}/>" if key else "" for key in keys]
        said = "".join(
            f'<w:lvl w:ilvl="{k}"><w:start w:val="1"/><w:numFmt w:val="{level.form}"/>{style}<w:suff w:val="space"/>'
            f'<w:lvlText w:val={quoteattr(level.text)}/><w:lvlJc w:val="left"/>{_AT_EDGE}</w:lvl>'
            for k, (level, style) in enumerate(zip(levels, styles, strict=True))
        )
        return f"{_kind(number, 'multilevel')}{said}</w:abstractNum>"

    def _bullets(self, number: int, key: str) -> str:
        """The kind of list whose lines begin with a sign."""
        return (
            f'{_kind(number, "singleLevel")}<w:lvl w:ilvl="0">'
            f'<w:start w:val="1"/><w:numFmt w:val="bullet"/><w:pStyle w:val={quoteattr(self.ids[key])}/>'
            f'<w:lvlText w:val={quoteattr(layout().styles[key].bullet)}/><w:lvlJc w:val="left"/></w:lvl></w:abstractNum>'
        )


def _kind(number: int, levels: str) -> str:
    """The beginning of a kind of list, with the mark by which Word tells kinds apart when text is copied between documents."""
    mark = f"{0x51A70000 + number:08X}"
    return f'<w:abstractNum w:abstractNumId="{number}"><w:nsid w:val="{mark}"/><w:multiLevelType w:val="{levels}"/>'


#: Headings begin where their style says.
_AT_EDGE = '<w:pPr><w:ind w:left="0" w:firstLine="0"/></w:pPr>'
