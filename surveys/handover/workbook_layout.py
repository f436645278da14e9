"""The sheets of the council's workbook before they are written: lines above and below tables, columns, and how they lie on paper.

A sheet has one set of columns. Above its headings stand lines that reach over all of them; below, bodies of rows and further
lines, in blocks that a page should not tear apart. Widths and heights are in points; they follow from the texts, so that a page
is filled, nothing is cut and the type, once the sheet is as narrow as the paper, is as large as :data:`SMALLEST` at least.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from surveys.vocabulary.printed_text import lines_of, longest_word, width_of

#: Type of the tables, in points, and the smallest that may come out of the printer; somewhat more is planned for.
SIZE, SMALLEST, PLANNED = 10.0, 8.0, 8.25
#: A4 lying across, and its margins (left and right, top, bottom), in points.
PAPER = (841.89, 595.28)
SIDE, TOP, BOTTOM = 28.8, 36.0, 43.2
TEXT, LINK, PLAIN, WHOLE = "text", "link", "plain", "decimals-0"
_LINE, _AROUND = 1.2, 3.0  # height of a line as a multiple of the type, and the space around the lines
_INSIDE, _INDENTED = 7.0, 13.0  # space beside a number or a heading, and beside a text of a table
_WIDEST = 330.0  # of a column whose texts wrap, as far as nothing has to be filled
_HEADING_LINES = 4
_FEW = 0.05  # of the texts of a column may wrap where there is room for all others
#: Rows that stay with what is below their table; pages are planned a little shorter than they are.
_TOGETHER, _PAGE = 3, 0.96


class WidthLimits(NamedTuple):
    """Of a column: the width below which something would be cut, the one that it should have, and the one at which none of its
    texts wraps (0: it has none)."""

    least: float
    wanted: float
    whole: float


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of the tables of a sheet. ``style``: text, link (to the sheet of that name), plain or ``decimals-N``; ``over``: a
    heading above this and the columns beside it that have the same."""

    heading: str
    style: str = TEXT
    over: str = ""

    @property
    def is_text(self) -> bool:
        return self.style in (TEXT, LINK)

    @property
    def full_heading(self) -> str:
        """The heading with the one above it."""
        return f"{self.over}: {self.heading}" if self.over else self.heading


@dataclass(frozen=True, slots=True)
class LinePart:
    """A text in a line, over the ``part`` = (k, n): the k-th of n parts of the width of the sheet. ``word``: kind and code of
    what the text is the word of."""

    text: str
    style: str = "body"
    part: tuple[int, int] = (0, 1)
    word: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Texts beside each other; ``least``: the height it has at least."""

    spans: tuple[LinePart, ...]
    least: float = 0.0


@dataclass(frozen=True, eq=False)
class Body:
    """Rows of a table: one sequence of texts, numbers and gaps for each column. ``codes``: column → kind and codes whose words it
    shows; ``strong``: rows in bold; ``styles``: row → how its numbers are set, where not as those of their column."""

    cells: tuple[Sequence[object], ...]
    codes: Mapping[int, tuple[str, Sequence[str]]] = field(default_factory=dict)
    strong: frozenset[int] = frozenset()
    styles: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.cells[0])


#: Size and weight of the lines that are set otherwise than the tables.
LINE_TYPE: Mapping[str, tuple[float, bool]] = {
    "title": (14.0, True),
    "agency": (12.0, True),
    "nation": (12.0, True),
    "above": (12.0, False),
    "motto": (12.0, True),
    "number": (12.0, False),
    "place": (12.0, False),
    "subject": (12.0, True),
    "body": (11.0, False),
    "note": (SIZE, False),
    "band": (11.0, True),
    "role": (12.0, True),
    "how": (11.0, False),
    "name": (12.0, True),
}


@dataclass(frozen=True, eq=False)
class ScatterPicture:
    """A picture of points in the plane, drawn from the cells of two bodies of its sheet, the ``points`` and the ``marks`` (their
    places among the bodies): a point for every row that has numbers in the columns ``x`` and ``y``, with ``labels``; of the marks
    the first four rows are the ends of two lines, and the others are written where they stand. ``within``: lowest and highest
    x and y."""

    title: str
    headings: tuple[str, str]
    x: int
    y: int
    points: int
    labels: tuple[str, ...]
    marks: int
    mark_labels: tuple[str, ...]
    within: tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class PictureLine:
    """The room for a picture, as a line over the whole width."""

    picture: ScatterPicture
    least: float = 245.0
    spans: tuple[LinePart, ...] = ()


Block = tuple[Line | Body | PictureLine, ...]


@dataclass(frozen=True, eq=False)
class WorkbookSheet:
    """One sheet. ``filtered``: a filter stands on the headings of its only body; ``frozen``: columns that stay in sight;
    ``paged``: where pages end is planned, elsewhere the program breaks them; ``dense``: as much on a page as can be read."""

    name: str
    columns: tuple[SheetColumn, ...]
    above: tuple[Line, ...]
    blocks: tuple[Block, ...]
    filtered: bool = False
    frozen: int = 0
    paged: bool = False
    dense: bool = False

    @property
    def parts(self) -> Iterator[Line | Body | PictureLine]:
        """What stands below the headings, from top to bottom."""
        for block in self.blocks:
            yield from block

    @property
    def bodies(self) -> Iterator[Body]:
        return (part for part in self.parts if isinstance(part, Body))

    def placed(self) -> Iterator[tuple[int, Line | Body | PictureLine]]:
        """Every part with its first row, from 0."""
        row = self.heading_rows[1] + 1
        for part in self.parts:
            yield row, part
            row += len(part) if isinstance(part, Body) else 1

    @property
    def heading_rows(self) -> tuple[int, int]:
        """First and last row of the headings, from 0."""
        first = len(self.above)
        return first, first + any(column.over for column in self.columns)

    @cached_property
    def widths(self) -> tuple[float, ...]:
        """The width of each column."""
        return fitting([self._limits(k) for k in range(len(self.columns))], self.dense)

    @property
    def scale(self) -> float:
        """How much smaller than itself the sheet is printed, so that it is as narrow as the paper; at most 1."""
        return min(1.0, (PAPER[0] - 2 * SIDE) / sum(self.widths))

    def _limits(self, k: int) -> WidthLimits:
        column, cells = self.columns[k], Counter(cell for body in self.bodies for cell in body.cells[k])
        word = longest_word(column.heading, SIZE, bold=True)
        heading = max(word, width_of(column.heading, SIZE, bold=True) / _HEADING_LINES)
        if not column.is_text:
            wide = max((width_of(shown(cell, column.style), SIZE, True) for cell in cells), default=0.0)
            return WidthLimits(max(wide, word) + _INSIDE, max(wide, heading) + _INSIDE, 0.0)
        wide_of = {str(cell or ""): width_of(str(cell or ""), SIZE, True) for cell in cells}
        least = max([word, *(longest_word(text, SIZE, True) for text in wide_of)]) + _INDENTED
        whole = max([heading, *wide_of.values()]) + _INDENTED
        usual = max(heading, _usual({text: (wide_of[str(text or "")], n) for text, n in cells.items()}))
        return WidthLimits(least, min(max(usual + _INDENTED, least), _WIDEST), whole)

    def rows(self) -> Iterator[float]:
        """The height of every row from top to bottom."""
        yield from map(self.height_of_line, self.above)
        yield from self._heading_heights()
        for part in self.parts:
            yield from self._body_heights(part) if isinstance(part, Body) else (self.height_of_line(part),)

    def columns_of(self, part: tuple[int, int]) -> tuple[int, int]:
        """First and last column of a part of the width; a column that two parts would share belongs to the first."""
        k, n = part
        total, ends, at = sum(self.widths), [0.0], 0.0
        for width in self.widths:
            at += width
            ends.append(at)
        bounds = [min(range(len(ends)), key=lambda e: abs(ends[e] - total * j / n)) for j in range(n + 1)]
        first = min(max(bounds[k], k), len(self.widths) - 1)
        return first, max(first, bounds[k + 1] - 1)

    def height_of_line(self, line: Line | PictureLine) -> float:
        heights = [line.least]
        for span in line.spans:
            size, bold = LINE_TYPE[span.style]
            first, last = self.columns_of(span.part)
            lines = lines_of(span.text, sum(self.widths[first : last + 1]) - _INSIDE, size, bold)
            heights.append(lines * size * _LINE + _AROUND)
        return max(heights)

    def _heading_heights(self) -> Iterator[float]:
        line = SIZE * _LINE
        lines = [
            lines_of(c.heading, w - _INSIDE, SIZE, True)
            for c, w in zip(self.columns, self.widths, strict=True)
        ]
        if not any(column.over for column in self.columns):
            yield max(lines) * line + _AROUND
            return
        over = max(
            lines_of(text, sum(self.widths[k] for k in ks) - _INSIDE, SIZE, True)
            for text, ks in self.overs()
            if text
        )
        below = max(n for n, column in zip(lines, self.columns, strict=True) if column.over)
        alone = max((n for n, column in zip(lines, self.columns, strict=True) if not column.over), default=0)
        yield over * line + _AROUND
        yield max(below, alone - over) * line + _AROUND

    def overs(self) -> list[tuple[str, list[int]]]:
        """The headings above headings, each with its columns; the empty one of columns that have none."""
        numbered = groupby(range(len(self.columns)), key=lambda k: self.columns[k].over)
        return [(text, list(ks)) for text, ks in numbered]

    def _body_heights(self, body: Body) -> Iterator[float]:
        most = [1] * len(body)
        for cells, column, width in zip(body.cells, self.columns, self.widths, strict=True):
            if column.is_text:
                distinct = {
                    text: lines_of(text, width - _INDENTED, SIZE, True) for text in map(str, set(cells))
                }
                most = [max(n, distinct[str(cell)]) for n, cell in zip(most, cells, strict=True)]
        return (lines * SIZE * _LINE + _AROUND for lines in most)

    def breaks(self) -> list[int]:
        """The rows, from 0, in front of which a page ends; none where the program breaks the pages itself."""
        if not self.paged:
            return []
        heights, first = list(self.rows()), self.heading_rows[1] + 1
        room = _PAGE * (PAPER[1] - TOP - BOTTOM) / self.scale
        headings = sum(heights[self.heading_rows[0] : first])
        found, used = [], sum(heights[:first])
        kept, fresh = self._kept(first), room - headings
        row, begun = first, first
        while row < len(heights):
            if used + heights[row] > room and row > begun:
                whole = [a for a, b in kept if begun < a < row < b and sum(heights[a:b]) <= fresh]
                row = begun = min(whole, default=row)
                found.append(row)
                used = headings
            used += heights[row]
            row += 1
        return found

    def _kept(self, row: int) -> list[tuple[int, int]]:
        """Ranges of rows (from, to) that should stand on one page: blocks, and the end of a table with what is below it."""
        kept, last_rows = [], row
        for block in self.blocks:
            start = row
            for part in block:
                row += len(part) if isinstance(part, Body) else 1
                if isinstance(part, Body):
                    last_rows = max(start, row - _TOGETHER)
            kept += [(start, row), (last_rows, row)]
        return [(a, b) for a, b in kept if b > a + 1]

    def words(self) -> Iterator[tuple[int, int, str, str]]:
        """Row and column, from 0, of every cell that shows the word of a code, with the kind and the code."""
        row = self.heading_rows[1] + 1
        for part in self.parts:
            if not isinstance(part, Body):
                for span in part.spans:
                    if span.word is not None:
                        yield row, self.columns_of(span.part)[0], *span.word
                row += 1
            else:
                for k, (kind, codes) in part.codes.items():
                    yield from ((row + n, k, kind, code) for n, code in enumerate(codes))
                row += len(part)


def _usual(widths: Mapping[object, tuple[float, int]]) -> float:
    """The width in which all but few of the texts of a column (text → width and how often it stands there) find room."""
    room, rows = 0.0, _FEW * sum(n for _, n in widths.values())
    for width, n in sorted(widths.values(), reverse=True):
        room, rows = width, rows - n
        if rows < 0:
            break
    return room


def shown(cell: object, style: str) -> str:
    """A number about as it is printed, or the text that stands in its place.

    >>> shown(12.5, "decimals-2"), shown(3.0, "plain"), shown(None, "plain"), shown("–", "plain")
    ('12.50', '3', '', '–')
    """
    if not isinstance(cell, float):
        return cell if isinstance(cell, str) else ""
    return f"{cell:.{style.rpartition('-')[2]}f}" if style != PLAIN else f"{cell:.15g}"


def fitting(limits: Sequence[WidthLimits], dense: bool = False) -> tuple[float, ...]:
    """Widths of columns, so that the type is large enough in print where that can be. What is left of the paper goes to the
    columns whose texts would wrap, or to all that hold texts; ``dense``: as much as can be read fills the paper.

    >>> fitting([WidthLimits(50, 100, 0), WidthLimits(50, 300, 900), WidthLimits(50, 50, 50)])
    (100.0, 634.29, 50.0)
    """
    paper = PAPER[0] - 2 * SIDE
    most = paper * SIZE / PLANNED
    least, wanted = [limit.least for limit in limits], [limit.wanted for limit in limits]
    if sum(wanted) > most:
        share = max(0.0, (most - sum(least)) / (sum(wanted) - sum(least)))
        return tuple(low + share * (high - low) for low, high in zip(least, wanted, strict=True))
    left = max(0.0, (most if dense else paper) - sum(wanted))
    shares = [max(0.0, limit.whole - limit.wanted) for limit in limits]
    if not sum(shares):
        shares = [limit.whole for limit in limits]
    whole = sum(shares) or 1.0
    return tuple(round(width + left * share / whole, 6) for width, share in zip(wanted, shares, strict=True))
