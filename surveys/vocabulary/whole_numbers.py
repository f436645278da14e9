"""Codes that a program took for numbers: a column of 1, 2, 3 that comes back as 1.0, 2.0, 3.0."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

_WHOLE = re.compile(r"(\d+)[.,]0+")


def without_decimals(codes: Iterable[str]) -> list[str] | None:
    """Codes without the ``.0`` that a program wrote behind each of them when it took the column for numbers; None where one has
    none, so that nothing is taken from a code that may mean it.

    >>> without_decimals(["1.0", "12,00"]), without_decimals(["1.0", "2"]), without_decimals([])
    (['1', '12'], None, None)
    """
    found = [_WHOLE.fullmatch(code) for code in codes]
    whole = [match[1] for match in found if match]
    return whole if whole and len(whole) == len(found) else None


def codes_from_numbers(texts: Iterable[str], known: Collection[str]) -> Mapping[str, str]:
    """Text → the code it was before a program took its column for numbers; blank texts are passed over.

    Empty unless every text is such a number, none is a code as it stands, and every code is known.

    >>> codes_from_numbers(["1.0", "", "3,0"], {"1", "2", "3"})
    {'1.0': '1', '3,0': '3'}
    >>> codes_from_numbers(["1.0", "4.0"], {"1", "2"}), codes_from_numbers(["1.0"], {"1", "1.0"})
    ({}, {})
    """
    different = sorted({text for text in texts if text})
    whole = without_decimals(different)
    if whole is None or not set(whole) <= set(known) or not set(different).isdisjoint(known):
        return {}
    return dict(zip(different, whole, strict=True))
