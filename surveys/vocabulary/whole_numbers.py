"""Codes that a program took for numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
