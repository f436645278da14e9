"""Numbers as people and products write them: with a decimal point or comma, thousands parted, or as a duration."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence

import numpy as np

MARKS = (".", ",")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_MARKED = re.compile(r"-?(\d+(?:[.,]\d{3})*)([.,])(\d+)")
_TWO_WAYS = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")
_DURATION = re.compile(r"(\d+):(\d{2}):(\d{2})")
#: Decimal mark → a number with it, in which the other mark or a space may part thousands.
_WITH = {
    mark: re.compile(rf"-?(?:\d+|\d{{1,3}}(?:[{other} ]\d{{3}})+)(?:[{mark}]\d+)?")
    for mark, other in zip(MARKS, reversed(MARKS), strict=True)
}


def read_numbers(values: Sequence[object], texts: Sequence[str], decimal: str = "") -> np.ndarray:
    """Values of one column as float64, NaN where not understood; durations in seconds. ``decimal``: the mark before decimals;
    empty: either.

    >>> read_numbers([], ["12", "4,5", "00:05:12", "x"]).tolist()
    [12.0, 4.5, 312.0, nan]
    >>> read_numbers([], ["1.234,5", "1.234", "4.5"], decimal=",").tolist()
    [1234.5, 1234.0, nan]
    """
    return np.array(
        [_number(v, t, decimal) for v, t in zip(values or texts, texts, strict=True)], dtype=float
    )


def decimal_of(texts: Iterable[str]) -> str:
    """The decimal mark of a column, told by the numbers in which a mark cannot part thousands; empty when none or both do.

    >>> decimal_of(["1.234", "93.42"]), decimal_of(["1.234"]), decimal_of(["1.234.567"]), decimal_of(["4.5", "4,5"])
    ('.', '', ',', '')
    """
    told = {
        mark for text in texts if (found := _MARKED.fullmatch(text)) for mark in _decimal_in(*found.groups())
    }
    return told.pop() if len(told) == 1 else ""


def may_be_thousands(text: str) -> bool:
    """Whether a number can be read in two ways: its mark stands before three digits.

    >>> [may_be_thousands(text) for text in ("1.234", "1,5", "0.123", "1234.567")]
    [True, False, False, False]
    """
    return _TWO_WAYS.fullmatch(text) is not None


def _decimal_in(whole: str, mark: str, after: str) -> str:
    """The decimal mark that one number tells; empty when it tells none."""
    before = next((other for other in MARKS if other in whole), "")
    if before == mark:
        return MARKS[MARKS[0] == mark]
    return mark if before or len(after) != 3 or len(whole) > 3 or whole.startswith("0") else ""


def _number(value: object, text: str, decimal: str) -> float:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, dt.time):
        return float(value.hour * 3600 + value.minute * 60 + value.second)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    marked = _MARKED.fullmatch(text)
    mark = decimal or (_decimal_in(*marked.groups()) if marked else "")
    if mark and _WITH[mark].fullmatch(text):
        return float(re.sub(rf"[^\d{mark}-]", "", text).replace(",", "."))
    if not decimal and _NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    if clock := _DURATION.fullmatch(text):
        hours, minutes, seconds = map(int, clock.groups())
        return float(hours * 3600 + minutes * 60 + seconds)
    return np.nan
