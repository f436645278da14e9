"""Lists of documents: the numbers of headings, of parts and of annexes, and the signs before the lines of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

from surveys.reports.analysis_report.labels import Levels
from surveys.reports.word import markup
from surveys.reports.word.styles import layout, style_id

#: Ids of lists: of headings, of headings within annexes; bullets have the ids that follow.
PARTS, ANNEXES = 1, 2
_BULLETED = tuple(key for key, style in layout().styles.items() if style.bullet)
#: Key of a style → its list, and its level there (from 0).
HEADINGS: Mapping[str, tuple[int, int]] = {f"heading_{k + 1}": (PARTS, k) for k in range(4)}
BULLETS: Mapping[str, tuple[int, int]] = {key: (ANNEXES + 1 + k, 0) for k, key in enumerate(_BULLETED)}


def numbering(levels: Levels, annexes: Levels) -> str:
    """The part of a package in which its lists are declared."""
    kinds = [heading_list(PARTS, levels, tuple(HEADINGS)), heading_list(ANNEXES, annexes)]
    kinds += [bullet_list(number, key) for key, (number, _) in BULLETS.items()]
    lists = "".join(used_list(number) for number in range(1, len(kinds) + 1))
    return f"{markup.DECLARATION}<w:numbering {markup.NAMESPACES}>{''.join(kinds)}{lists}</w:numbering>"


def used_list(number: int) -> str:
    """A list of the kind of the same id."""
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'


def heading_list(number: int, levels: Levels, styles: Sequence[str] = ("",) * 4) -> str:
    """The kind of list that counts headings; ``styles``: those that belong to its levels."""
    said = "".join(
        f'<w:lvl w:ilvl="{k}"><w:start w:val="1"/><w:numFmt w:val="{level.form}"/>'
        f'{f"<w:pStyle w:val={quoteattr(style_id(key))}/>" if key else ""}<w:suff w:val="space"/>'
        f'<w:lvlText w:val={quoteattr(level.text)}/><w:lvlJc w:val="left"/>{_AT_EDGE}</w:lvl>'
        for k, (level, key) in enumerate(zip(levels, styles, strict=True))
    )
    return f'<w:abstractNum w:abstractNumId="{number}"><w:multiLevelType w:val="multilevel"/>{said}</w:abstractNum>'


#: Headings begin where their style says.
_AT_EDGE = '<w:pPr><w:ind w:left="0" w:firstLine="0"/></w:pPr>'


def bullet_list(number: int, key: str) -> str:
    """The kind of list whose lines begin with a sign."""
    return (
        f'<w:abstractNum w:abstractNumId="{number}"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0">'
        f'<w:start w:val="1"/><w:numFmt w:val="bullet"/><w:pStyle w:val="{style_id(key)}"/>'
        f'<w:lvlText w:val={quoteattr(layout().styles[key].bullet)}/><w:lvlJc w:val="left"/></w:lvl></w:abstractNum>'
    )
