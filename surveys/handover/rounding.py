"""Numbers as they are printed: rounded once, half up, on the decimal the float stands for.

A float64 stands for its shortest decimal (the one Python prints and reads back to the same float): 2.675 is rounded as
2.675, not as the binary 2.67499999999999982…. Rounding half up (away from zero for negative numbers) is the rule of
the published tables; see :pep:`3101` for the text form and IEEE 754-2019 §4.3.1 ``roundTiesToAway`` for the rule.

What is nearer to a tie than the last digits of a computed number tell is the tie: units with the same points, added up in
another order, are tied in rank and print alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
from numpy.typing import ArrayLike

#: Below this a float64 tells all whole numbers and keeps all their digits (DBL_DIG = 15 of C).
_WHOLE = 1e15
#: Numbers this near to a tie, as a share of them, are tied, where they have no more units of the last digit than this.
_TIED, _DIGITS = 1e-12, 1e9
#: Digits enough for the largest float64 (309 before the point) at any number of decimals printed here.
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)


def decimal_texts(values: ArrayLike, decimals: int) -> list[str]:
    """Decimal text with exactly ``decimals`` digits after the point; NaN is empty, infinities are INF and -INF.

    values: float [n]; returns n texts. Binary and decimal round to the same text unless the number is next to a tie; there
    the exact decimal decides.

    >>> decimal_texts([0.5, 2.675, float("nan"), 12, 0.1 + 0.7 + 0.005], 2)  # the last: 0.8049999999999999
    ['0.50', '2.68', '', '12.00', '0.81']
    """
    x = np.asarray(values, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        units = np.abs(x) * 10.0**decimals
        to_tie = np.abs(units - np.floor(units) - 0.5)
        sure = (units < _WHOLE) & (to_tie > units * _TIED)
        tied = ~sure & (units < _DIGITS)
    unsigned = np.where(units < 0.5, 0.0, x)  # what is printed as zero has no sign
    texts = (f"%.{decimals}f\n" * len(x) % tuple(unsigned.tolist())).split("\n")
    for k in np.flatnonzero(~sure).tolist():
        up = Decimal(math.copysign(np.floor(units[k]) + 1.0, x[k])) if tied[k] else None
        texts[k] = _exact_text(float(x[k]), decimals) if up is None else f"{up.scaleb(-decimals):f}"
    return texts[:-1]  # nothing stands after the last line


def plain_texts(values: ArrayLike) -> list[str]:
    """The shortest decimal of each number without exponent: ``1``, ``1.5``, ``0.33``; NaN is empty.

    >>> plain_texts([1.0, 1.5, 0.33, float("nan"), 1e-7])
    ['1', '1.5', '0.33', '', '0.0000001']
    """
    return [_plain_text(value) for value in np.asarray(values, dtype=np.float64).tolist()]


def whole_texts(values: ArrayLike) -> list[str]:
    """Counts as text; NaN is empty.

    >>> whole_texts([3.0, float("nan")])
    ['3', '']
    """
    return decimal_texts(values, 0)


def exact_texts(values: Sequence[Decimal], decimals: int) -> list[str]:
    """Exact decimals, sums and means of printed numbers, as text with ``decimals`` digits after the point.

    >>> exact_texts([(Decimal("1.0001") + Decimal("1.0002")) / 2, Decimal("-0.001")], 4)
    ['1.0002', '-0.0010']
    """
    return [_rounded(value, decimals) for value in values]


def numbers_of(texts: Sequence[str]) -> np.ndarray:
    """The floats of printed texts: the way back. Empty is NaN.

    >>> numbers_of(["0.50", "", "INF"]).tolist()
    [0.5, nan, inf]
    """
    return np.array([float(t) if t else np.nan for t in texts], dtype=np.float64)


def _exact_text(value: float, decimals: int) -> str:
    if value != value:
        return ""
    if np.isinf(value):
        return "INF" if value > 0 else "-INF"
    return _rounded(Decimal(repr(value)), decimals)


def _rounded(value: Decimal, decimals: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), context=_EXACT)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"  # zero has no sign


def _plain_text(value: float) -> str:
    if not np.isfinite(value):
        return _exact_text(value, 0)
    text = f"{Decimal(repr(value + 0.0)):f}"  # + 0.0 takes the sign off a zero
    return text.rstrip("0").rstrip(".") if "." in text else text
