"""How wide a text is in print, and into how many lines it breaks: programs other than Excel do not find the height of a row
themselves, nor does Excel where cells are merged.

Widths are those of Times (Adobe Font Metrics of Times-Roman, in thousandths of the size), which Times New Roman and Liberation
Serif share. A Vietnamese letter is as wide as the letter below its marks.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_WIDTHS = {
    180: "'", 200: "|", 250: " .,", 278: "/:;\\ijlt", 333: "!()-[]`Ifr", 389: "Js", 400: "°", 408: '"', 444: "?acez",
    469: "^", 480: "{}", 500: "#$*_0123456789bdghknopquvxyđ–“”", 541: "~", 556: "FPS", 564: "+<=>≤≥±×",
    611: "ELTZ", 667: "BCR", 722: "ADGHKNOQUVXYwĐ", 778: "&m", 833: "%", 889: "M", 921: "@", 944: "W", 1000: "—…",
}  # fmt: skip
_WIDTH_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_OTHER = 600  # thousandths; letters of other writings are seldom wider
#: Bold letters are wider by so much at most, and horns of ơ and ư stand out.
_BOLD, _HORN = 1.08, {"\N{COMBINING HORN}": 60}


def width_of(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text, in the unit of ``size``.

    >>> width_of("Sở", 10), width_of("12,5", 10)
    (11.16, 17.5)
    """
    width = sum(_letter(letter) for letter in unicodedata.normalize("NFD", text))
    return round(width * size / 1000 * (_BOLD if bold else 1), 6)


@lru_cache(maxsize=4096)
def _letter(letter: str) -> int:
    if unicodedata.combining(letter):
        return _HORN.get(letter, 0)
    return _WIDTH_OF.get(letter, _OTHER)


def lines_of(text: str, width: float, size: float, bold: bool = False) -> int:
    """The number of lines of a text that breaks between words; a word that is wider than a line breaks within.

    >>> lines_of("Sở Nội vụ", 100, 10), lines_of("Sở Nội vụ", 30, 10), lines_of("a" * 10, 10, 10), lines_of("", 10, 10)
    (1, 2, 5, 1)
    """
    return sum(_broken(line, width, size, bold) for line in text.split("\n"))


def longest_word(text: str, size: float, bold: bool = False) -> float:
    """The width of the widest word of a text; 0 where it has none.

    >>> longest_word("a bbb", 10)
    15.0
    """
    return max((width_of(word, size, bold) for word in text.split()), default=0.0)


def _broken(text: str, width: float, size: float, bold: bool) -> int:
    blank = width_of(" ", size, bold)
    lines, used = 1, 0.0
    for word in text.split(" "):
        wide = width_of(word, size, bold)
        if used and used + blank + wide > width:
            lines, used = lines + 1, 0.0
        used += wide + (blank if used else 0.0)
        while used > width:
            lines, used = lines + 1, used - width
    return lines


def whole_words(text: str, most: int) -> str:
    """The words of a text that fit into so many characters, without a mark behind the last of them; the text itself where it is
    short enough, its beginning where its first word is not.

    >>> whole_words("Hài lòng chung Người dân, Tỉnh, thành phố", 31), whole_words("Người dân", 31), whole_words("x" * 9, 4)
    ('Hài lòng chung Người dân, Tỉnh', 'Người dân', 'xxxx')
    """
    if len(text) <= most:
        return text
    kept, space, _ = text[: most + 1].rpartition(" ")
    return kept.rstrip(" ,.;:–-(") if space else text[:most]
