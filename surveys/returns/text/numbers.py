"""Numbers in cells of returns: read by the decimal mark of their column, or as a duration."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence

import numpy as np

from surveys.vocabulary.numbers import WrittenNumber, decimal_mark, read_as

_DURATION = re.compile(r"(\d+):(\d{2}):(\d{2})")


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
    told = decimal_mark([WrittenNumber(text) for text in texts], "")
    return "" if told.against else told.mark


def may_be_thousands(text: str) -> bool:
    """Whether a number can be read in two ways: its mark stands before three digits.

    >>> [may_be_thousands(text) for text in ("1.234", "1,5", "0.123", "1234.567")]
    [True, False, False, False]
    """
    return len(WrittenNumber(text).readings) > 1


def _number(value: object, text: str, decimal: str) -> float:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, dt.time):
        return float(value.hour * 3600 + value.minute * 60 + value.second)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    readings = (read_as(text, decimal),) if decimal else WrittenNumber(text).readings
    if readings and readings[-1]:
        return float(readings[-1])  # of two, the one with decimals
    if clock := _DURATION.fullmatch(text):
        hours, minutes, seconds = map(int, clock.groups())
        return float(hours * 3600 + minutes * 60 + seconds)
    return np.nan
