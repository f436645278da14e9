"""How wide the columns of a table are: as asked for, but no number and no word is broken, and room that one has to spare goes to
those whose text would take several lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

#: Millimetres of a point; what a cell keeps free to the left and right of its text, and a hair more.
_POINT, _AROUND = 25.4 / 72, 3.81 + 0.6
#: Widths of letters in sizes of the font (Times New Roman, bold or not, rounded up); of all others.
_LETTERS = {
    0.28: "il.,|'/ \N{NO-BREAK SPACE}",
    0.34: "jtf:;!()[]-",
    0.45: "rsI",
    0.56: 'abcdeghknopquvxyzđ0123456789–_J“”"?$',
    0.61: "−+=*<>",
    0.78: "wABCDEFGHKLNOPQRSTUVXYZĐ&",
    1.0: "mMW%—@…",
}
_WIDTH = {letter: width for width, letters in _LETTERS.items() for letter in letters}
_OTHER = 0.8
#: Letters with marks may come from another font, a wider one, where that of the document lacks them.
_MARKED = 1.15


def fitted(
    asked: Sequence[float], headings: Sequence[str], rows: Iterable[Sequence[str]], size: float
) -> list[float]:
    """Widths of columns in millimetres, of the same sum as those ``asked`` for, for texts of a ``size`` in points.

    >>> [round(width) for width in fitted([50, 10, 40], ["Đơn vị", "Chỉ số", ""], [["Sở A", "48,4907", ""]], 10)]
    [46, 17, 36]
    """
    longest = [_longest(texts) for texts in zip(headings, *rows, strict=True)]
    least = [width_of(piece, size) + _AROUND for piece, _ in longest]
    most = [max(low, width_of(text, size) + _AROUND) for low, (_, text) in zip(least, longest, strict=True)]
    if sum(least) >= sum(asked):
        return [low * sum(asked) / sum(least) for low in least]
    widths = _given(asked, _below(asked, least), _above(asked, most))
    widths = _given(widths, _below(widths, least), _above(widths, least))
    return _given(widths, _below(widths, most), _above(widths, most))


def _below(widths: Sequence[float], ends: Sequence[float]) -> list[float]:
    return [max(0.0, end - width) for width, end in zip(widths, ends, strict=True)]


def _above(widths: Sequence[float], ends: Sequence[float]) -> list[float]:
    return [max(0.0, width - end) for width, end in zip(widths, ends, strict=True)]


def _given(widths: Sequence[float], wanting: Sequence[float], spare: Sequence[float]) -> list[float]:
    """Widths after those with something to spare have given to those that want, each in proportion."""
    amount = min(sum(wanting), sum(spare))
    if not amount:
        return list(widths)
    taken, left = amount / sum(wanting), amount / sum(spare)
    return [
        width + taken * want - left * free for width, want, free in zip(widths, wanting, spare, strict=True)
    ]


def room_for(headings: Sequence[str], rows: Iterable[Sequence[str]], size: float) -> float:
    """How wide a table is at least, in millimetres, if no piece of its text is broken.

    >>> 25 < room_for(["Đơn vị", "Chỉ số"], [["Sở A", "48,4907"]], 10) < 35
    True
    """
    return sum(width_of(_longest(texts)[0], size) + _AROUND for texts in zip(headings, *rows, strict=True))


def width_of(text: str, size: float) -> float:
    """About how wide a text in one line is, in millimetres, for letters of a size in points; rather too wide.

    >>> 12 < width_of("48,4907", 10) < 13.5
    True
    """
    return size * _POINT * sum(map(_width, text))


@cache
def _width(letter: str) -> float:
    parts = unicodedata.normalize("NFD", letter)
    return _WIDTH.get(parts[0], _OTHER) * (_MARKED if len(parts) > 1 else 1)


def _longest(texts: Sequence[str]) -> tuple[str, str]:
    """The longest piece that is not broken, and the longest text."""
    pieces = (piece for text in texts for piece in text.split(" "))
    return max(pieces, key=len, default=""), max(texts, key=len)
