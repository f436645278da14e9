"""Text as people type it: repair for what is shown and kept, folding for what is compared.

Repair gives NFC without invisible characters, non-breaking spaces or the traces of a wrong decoding, and says what
it changed. Folding is only for comparison: it ignores case, spacing, kinds of dashes and quotes, and where the
tone mark stands (``hoà`` = ``hòa``); it never ignores a letter or a tone.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from surveys.returns.text.legacy import from_tcvn3, from_vni, looks_like_tcvn3, looks_like_vni, undo_mojibake

#: Headings, labels and names come again and again; their folded forms are kept (texts, so a bound in number is one in size).
MEMORY = 1 << 15

# Zero-width characters, direction marks, soft hyphen, byte order mark, and control characters other than white space.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\x00-\x08\x0e-\x1b\x7f]"
)
_SOME_DASH = re.compile("[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_DASH = re.compile(rf"\s*{_SOME_DASH.pattern}+\s*")
_QUOTES = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "ʼ": "'",
        "`": "'",
        "´": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "…": "...",
    }
)
_SOME_QUOTE = re.compile(f"[{''.join(map(chr, _QUOTES))}]")
_MOVED_TONES = [
    (first + mark, toned + plain)
    for first, marks, plain, toned_letters in (
        ("o", "àáảãạ", "a", "òóỏõọ"),
        ("o", "èéẻẽẹ", "e", "òóỏõọ"),
        ("u", "ỳýỷỹỵ", "y", "ùúủũụ"),
    )
    for mark, toned in zip(marks, toned_letters, strict=True)
]
_NOT_WORD = re.compile(r"[\W_]+")

Conversions = dict[str, int]


@lru_cache(maxsize=MEMORY)
def repair(text: str) -> tuple[str, tuple[str, ...]]:
    """The text as it was meant, and the conversions applied, in the order in which they were.

    >>> repair("Sở\\u00a0Nội vụ ")
    ('Sở Nội vụ', ('spaces',))
    >>> repair("HÃ\\u00a0 Ná»™i")
    ('Hà Nội', ('mojibake',))
    """
    if text.isascii() and text.isprintable() and "  " not in text and text.strip() == text:
        return text, ()
    done = []
    meant = undo_mojibake(text)
    if meant != text:
        done.append("mojibake")
    for name, step in (("invisible", _without_invisible), ("nfc", _nfc), ("spaces", _single_spaces)):
        changed = step(meant)
        if changed != meant:
            done.append(name)
        meant = changed
    return meant, tuple(done)


def repair_all(texts: Iterable[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Repair the distinct texts of one column together: the font encodings TCVN3 and VNI can only be told from
    Unicode by looking at the whole column.

    >>> repair_all(["Së Néi vô", "Hµ Néi"])["Hµ Néi"]
    ('Hà Nội', ('tcvn3',))
    """
    given = list(texts)
    foreign = [text for text in given if not text.isascii()]
    name, convert = _font_encoding(foreign)
    if not name:
        return {text: repair(text) for text in given}
    found = {}
    for text in given:
        meant = text if text.isascii() else convert(text)
        repaired, done = repair(meant)
        found[text] = (repaired, ((name,) if meant != text else ()) + done)
    return found


@lru_cache(maxsize=MEMORY)
def fold(text: str) -> str:
    """Text for comparing answers and labels: case, spaces, dashes, quotes and tone placement do not count.

    >>> fold("Rất  KHÔNG hài lòng ") == fold("rất không hài lòng"), fold("hoà") == fold("hòa")
    (True, True)
    >>> fold("hoa") == fold("hòa")
    False
    """
    plain = repair(text)[0]
    if not plain.isascii():
        plain = plain.translate(_QUOTES) if _SOME_QUOTE.search(plain) else plain
        plain = unicodedata.normalize("NFC", plain.casefold())
        for written, replacement in _MOVED_TONES:
            plain = plain.replace(written, replacement)
        return _DASH.sub("-", plain) if _SOME_DASH.search(plain) else plain
    plain = plain.replace("`", "'").casefold()  # of the quotes only this one is ASCII
    return _DASH.sub("-", plain) if "-" in plain else plain


@lru_cache(maxsize=MEMORY)
def fold_name(text: str) -> str:
    """Text for comparing headings and names: only letters and digits count, any run of others is one space.

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


def cell_text(value: object) -> str:
    """One cell as the text its users see; whole numbers without ``.0``, nothing for an empty cell.

    >>> cell_text(5.0), cell_text(4.5), cell_text(None), cell_text(" x")
    ('5', '4.5', '', ' x')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, (float, np.floating)):
        return "" if value != value else str(int(value)) if value.is_integer() else repr(float(value))
    if value is None or value is pd.NaT:
        return ""
    if type(value) is dt.datetime:
        return value.isoformat(" ")
    if isinstance(value, (bool, np.bool_)):
        return "TRUE" if value else "FALSE"
    return str(value)


def add_conversions(total: Conversions, cells: Mapping[str, int]) -> None:
    """Add counts of converted cells to a log."""
    for name, count in cells.items():
        total[name] = total.get(name, 0) + count


def _font_encoding(texts: list[str]) -> tuple[str, Callable[[str], str]]:
    if looks_like_tcvn3(texts):
        return "tcvn3", from_tcvn3
    if looks_like_vni(texts):
        return "vni", from_vni
    return "", str


def _without_invisible(text: str) -> str:
    return _INVISIBLE.sub("", text)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _single_spaces(text: str) -> str:
    return " ".join(text.split())
