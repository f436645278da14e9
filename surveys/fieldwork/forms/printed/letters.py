"""Whether every letter of a text is drawn: a PDF says of each glyph which letters it stands for, and an empty box for none."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping, Sequence

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_TABLE = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_LETTERS = re.compile(rb"<[0-9A-Fa-f]+> *<([0-9A-Fa-f]+)>")


def undrawn(pdf: bytes, data: object) -> list[str]:
    """Letters of the texts in ``data`` that a PDF of them does not draw. Latin letters and the signs among them count as drawn:
    the fonts have them, and not every text of ``data`` may stand on a page.

    >>> undrawn(b"", {"title": "Phiếu – “a”", "lines": ["Мир"]})
    ['М', 'и', 'р']
    """
    drawn = set(_drawn(pdf))
    wanted = {letter for text in _texts(data) for letter in text if _is_in_question(letter)}
    return sorted(letter for letter in wanted if not {letter, letter.upper(), letter.lower()} & drawn)


def _is_in_question(letter: str) -> bool:
    """Whether a letter is one that is seen, and no Latin one."""
    if letter < "\u0250" or "\u1e00" <= letter <= "\u1eff" or "\u2010" <= letter <= "\u2026":
        return False
    return unicodedata.category(letter)[0] in "LNPS"


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for each in data.values():
            yield from _texts(each)
    elif isinstance(data, Sequence) and not isinstance(data, bytes):
        for each in data:
            yield from _texts(each)


def _drawn(pdf: bytes) -> Iterator[str]:
    """Every letter for which a font in the PDF has a glyph that is used (the tables ``ToUnicode`` of its fonts)."""
    for stream in _STREAM.finditer(pdf):
        try:
            content = zlib.decompress(stream[1])
        except zlib.error:
            continue
        for table in _TABLE.finditer(content):
            for letters in _LETTERS.finditer(table[1]):
                yield from bytes.fromhex(letters[1].decode()).decode("utf-16-be", errors="ignore")
