"""How texts are compared: one folding for definitions, headings, options, names of units and decisions.

:func:`repair` gives the text as it was meant; it is what is shown and kept. :func:`fold` compares answers, labels and
headings: case, spacing, kinds of dashes and quotes and the place of the tone mark (``hoà`` = ``hòa``) do not count, every
letter and every tone does. :func:`fold_name` compares names by their letters and digits alone.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache, partial

from surveys.vocabulary.composition import composed

#: Headings, labels and names come again and again: so many of their folded forms are kept.
MEMORY = 1 << 15

# Zero-width characters, direction marks, soft hyphen, byte order mark, and control characters other than white space.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\x00-\x08\x0e-\x1b\x7f]"
)
_QUOTES_AND_DASHES = str.maketrans(
    dict.fromkeys("‘’ʼ`´", "'")
    | dict.fromkeys("“”„«»", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-")
    | {"…": "..."}
)
_DASH = re.compile(r"\s*-+\s*")
_NOT_WORD = re.compile(r"[\W_]+")
_MOVED_TONES = [
    (first + mark, toned + plain)
    for first, marks, plain, toned_letters in (
        ("o", "àáảãạ", "a", "òóỏõọ"),
        ("o", "èéẻẽẹ", "e", "òóỏõọ"),
        ("u", "ỳýỷỹỵ", "y", "ùúủũụ"),
    )
    for mark, toned in zip(marks, toned_letters, strict=True)
]
#: Letters of other alphabets that look like Vietnamese ones wherever they stand, and full-width forms.
_ALWAYS = str.maketrans(
    dict(zip("ÐƉðɖǍǎ", "ĐĐđđĂă", strict=True)) | {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F)}
)
#: Cyrillic and Greek letters that look like Latin ones: changed in a word with Latin letters, or one that has no others.
_FOREIGN = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХаеѕіјорсухԁһӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαν",
        "ABESIJKMHOPCTYXaesijopcyxdhlABEZHIKMNOPTYXoav",
        strict=True,
    )
)
_FOREIGN_WORD = re.compile("[^\\W\\d_]*[\u0370-\u052f][^\\W\\d_]*")
#: Letters of Vietnamese beyond ASCII.
_EXPECTED = re.compile(
    "[\u00c0-\u00c3\u00c8-\u00ca\u00cc\u00cd\u00d2-\u00d5\u00d9\u00da\u00dd\u00e0-\u00e3\u00e8-\u00ea\u00ec\u00ed\u00f2-\u00f5\u00f9"
    "\u00fa\u00fd\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]"
)
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
#: A first byte of a Vietnamese letter in UTF-8, and the byte after it, as Windows-1252 shows them.
_MOJIBAKE = re.compile("[\u00c2-\u00c6\u00e1\u00e2][ \u0080-\u00bf\u0152-\u2122]")
#: Programs turn the second byte of à into a space. Where a capital follows, it is the word XÃ.
_SPACED = re.compile(r"Ã (?! *[A-Z\u0110])")


def repair(text: str) -> tuple[str, tuple[str, ...]]:
    """The text as it was meant, and the conversions applied, in the order in which they were: NFC, without invisible
    characters, look-alikes of other alphabets, runs of white space or the traces of a wrong decoding.

    >>> repair("Sở\\u00a0Nội vụ ")
    ('Sở Nội vụ', ('spaces',))
    >>> repair("HÃ\\u00a0 Ná»™i")
    ('Hà Nội', ('mojibake',))
    """
    # A round has too many different codes and numbers to keep (tests/benchmarks/test_reading_speed.py).
    if text.isascii() and text.isprintable() and "  " not in text and text.strip() == text:
        return text, ()
    return _converted(text)


@lru_cache(maxsize=MEMORY)
def _converted(text: str) -> tuple[str, tuple[str, ...]]:
    done: dict[str, None] = {}
    before = ""
    while before != text:  # a letter put right may show another trace
        before = text
        for name, step in _STEPS:
            changed = step(text)
            if changed != text:
                done[name] = None
            text = changed
    return text, tuple(done)


@lru_cache(maxsize=MEMORY)
def fold(text: str) -> str:
    """The form under which answers, labels and headings are compared.

    >>> fold("Rất  KHÔNG hài lòng ") == fold("rất không hài lòng"), fold("Khoẻ – kém") == fold("Khỏe - kém")
    (True, True)
    >>> fold("hoa") == fold("hòa")
    False
    """
    plain = composed(repair(text)[0].translate(_QUOTES_AND_DASHES).casefold())
    for written, replacement in _MOVED_TONES:
        plain = plain.replace(written, replacement)
    return _DASH.sub("-", plain)


@lru_cache(maxsize=MEMORY)
def fold_name(text: str) -> str:
    """The form under which names are compared: only letters and digits count, any run of others is one space.

    >>> fold_name("THCS.Hoà-Long") == fold_name("thcs hòa long"), fold_name("2.4.1a"), fold_name("V2_4_1a")
    (True, '2 4 1a', 'v2 4 1a')
    """
    return _NOT_WORD.sub(" ", fold(text)).strip()


@lru_cache(maxsize=MEMORY)
def without_marks(text: str) -> str:
    """Letters without tones and diacritics, for likeness only; never for deciding that two names are equal.

    >>> without_marks("Đống Đa")
    'dong da'
    """
    bare = unicodedata.normalize("NFD", fold_name(text).replace("đ", "d"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def undo_mojibake(text: str) -> str:
    """UTF-8 that was once read as Windows-1252, read again; any other text unchanged.

    >>> undo_mojibake("Ráº¥t hÃ i lÃ²ng"), undo_mojibake("Rất hài lòng"), undo_mojibake("café")
    ('Rất hài lòng', 'Rất hài lòng', 'café')
    """
    if not _MOJIBAKE.search(text):
        return text
    for written in (text, _SPACED.sub("Ã\u00a0", text)):
        try:
            return b"".join(map(_windows_byte, written)).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return text


def with_latin_letters(text: str) -> str:
    """The text with Latin letters for those of other alphabets that look like them. A word of another language stays as it is.

    >>> with_latin_letters("Ðồng ý"), with_latin_letters("Т\u043et"), with_latin_letters("Да"), with_latin_letters("Ａ１")
    ('Đồng ý', 'Tot', 'Да', 'A1')
    """
    return _FOREIGN_WORD.sub(_latin_word, text.translate(_ALWAYS))


def _latin_word(word: re.Match[str]) -> str:
    changed = "".join(_FOREIGN.get(letter, letter) for letter in word[0])
    foreign = all(letter in _FOREIGN for letter in word[0])
    return changed if foreign or _LATIN.search(word[0]) else word[0]


def strange_letters(text: str) -> str:
    """Code points of the letters that no Vietnamese or English text has, for messages: letters that look alike are told by them.

    >>> strange_letters("Đồng ý"), strange_letters("Дồng ý"), strange_letters("Đo\u0337ng")
    ('', 'U+0414', 'U+0337')
    """
    odd = (c for c in composed(text) if not c.isascii() and not _EXPECTED.fullmatch(c))
    return ", ".join(f"U+{ord(c):04X}" for c in dict.fromkeys(odd) if unicodedata.category(c)[0] in "LM")


def _windows_byte(letter: str) -> bytes:
    """The byte behind a letter of Windows-1252; its five unassigned positions stand for themselves."""
    return bytes([ord(letter)]) if ord(letter) < 256 else letter.encode("cp1252")


def _single_spaces(text: str) -> str:
    return " ".join(text.split())


#: The steps of a repair by the names under which the log of conversions counts them.
_STEPS = (
    ("look_alikes", with_latin_letters),
    ("mojibake", undo_mojibake),
    ("invisible", partial(_INVISIBLE.sub, "")),
    ("nfc", composed),
    ("spaces", _single_spaces),
)
