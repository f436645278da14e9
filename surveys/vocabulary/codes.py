"""Codes that programs took for numbers: a column of 1, 2, 3 that comes back as 1.0, 2.0, 3.0."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

_WHOLE = re.compile(r"(\d+)[.,]0+")


def codes_from_numbers(texts: Iterable[str], known: Collection[str]) -> Mapping[str, str]:
    """Text → the code it was before a program took it for a number; blank texts are passed over.

    Empty unless every text of the column is such a number, none is a code as it stands, and every code is known.

    >>> codes_from_numbers(["1.0", "", "3,0"], {"1", "2", "3"})
    {'1.0': '1', '3,0': '3'}
    >>> codes_from_numbers(["1.0", "4.0"], {"1", "2"}), codes_from_numbers(["1.0"], {"1", "1.0"})
    ({}, {})
    """
    different = {text for text in texts if text}
    found = {text: whole[1] for text in sorted(different) if (whole := _WHOLE.fullmatch(text))}
    sure = len(found) == len(different) and different.isdisjoint(known) and set(found.values()) <= set(known)
    return found if sure else {}
