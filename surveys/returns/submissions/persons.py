"""Who answered, told apart without keeping it: each text that identifies a person becomes a number that is compared in memory."""

from __future__ import annotations

import re

import numpy as np

from surveys.returns.headings.columns import Column, digest
from surveys.vocabulary.folding import fold

_PHONE = re.compile(r"(?:(?:\+|00)?840?|0)?(\d{9,10})")
_NO_LETTERS = re.compile(r"[\s\d.\-()/+]+")
_WITHIN_NUMBERS = re.compile(r"[\s.\-()/]+")


def persons(column: Column) -> np.ndarray:
    """A number for the person that each cell names, uint64 [n]; 0 for an empty cell. Equal for equal persons, and only good for
    being compared."""
    texts = map(written_alike, column.distinct.texts)
    numbers = np.array([digest(text) if text else 0 for text in texts], dtype=np.uint64)
    return column.distinct.spread(numbers, np.uint64(0))


def written_alike(text: str) -> str:
    """An e-mail address, a telephone number or a name in the one way in which it is compared: without capitals, with one blank
    between words; a Vietnamese number without blanks, dots, country code and the leading zero that spreadsheets lose.

    >>> written_alike(" Lan@Thu.vn"), written_alike("+84 912.345.678"), written_alike("0912345678"), written_alike("912345678.0")
    ('lan@thu.vn', '912345678', '912345678', '912345678')
    >>> written_alike("Nguyễn  Thị LAN"), written_alike("012")
    ('nguyễn thị lan', '012')
    """
    written = _WITHIN_NUMBERS.sub("", text.strip().removesuffix(".0")) if _NO_LETTERS.fullmatch(text) else ""
    number = _PHONE.fullmatch(written)
    return number[1] if number else " ".join(fold(text).split())
