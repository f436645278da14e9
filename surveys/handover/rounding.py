"""Numbers as they are printed: rounded once, half up, on the decimal the float stands for.

A float64 stands for its shortest decimal (the one Python prints and reads back to the same float): 2.675 is rounded as
2.675, not as the binary 2.67499999999999982…. Rounding half up (away from zero for negative numbers) is the rule of
the published tables; see :pep:`3101` for the text form and IEEE 754-2019 §4.3.1 ``roundTiesToAway`` for the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
from numpy.typing import ArrayLike

#: Below this a float64 tells all whole numbers and keeps all their digits (DBL_DIG = 15 of C).
_WHOLE = 1e15
#: Digits enough for the largest float64 (309 before the point) at any number of decimals printed here.
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)


def half_up(values: ArrayLike, decimals: int) -> np.ndarray:
    """Round half up to ``decimals`` places.

    values: float [n]; returns float64 [n], the nearest floats to the rounded decimals; NaN and infinities stay.

    >>> half_up([0.125, 2.675, -0.5, 1.0], 2).tolist()
    [0.13, 2.68, -0.5, 1.0]
    """
    x = np.asarray(values, dtype=np.float64)
    texts = decimal_texts(x.ravel(), decimals)
    return np.array([float(t) if t else np.nan for t in texts], dtype=np.float64).reshape(x.shape)


def decimal_texts(values: ArrayLike, decimals: int) -> list[str]:
    """Decimal text with exactly ``decimals`` digits after the point; NaN is empty, infinities are INF and -INF.

    values: float [n]; returns n texts.

    >>> decimal_texts([0.5, 2.675, float("nan"), 12], 2)
    ['0.50', '2.68', '', '12.00']
    """
    x = np.asarray(values, dtype=np.float64)
    units, doubtful = _scaled(x, decimals)
    texts = _placed(units, decimals)
    for i in np.flatnonzero(doubtful & ~np.isnan(x)):
        texts[i] = _exact_text(float(x[i]), decimals)
    for i in np.flatnonzero(np.isnan(x)):
        texts[i] = ""
    return texts


def plain_texts(values: ArrayLike) -> list[str]:
    """The shortest decimal of each number without exponent: ``1``, ``1.5``, ``0.33``; NaN is empty.

    >>> plain_texts([1.0, 1.5, 0.33, float("nan"), 1e-7])
    ['1', '1.5', '0.33', '', '0.0000001']
    """
    x = np.asarray(values, dtype=np.float64)
    distinct, place = np.unique(x + 0.0, return_inverse=True)  # + 0.0 takes the sign off a zero
    texts = [_plain_text(v) for v in distinct.tolist()]
    return [texts[k] for k in place.tolist()]


def whole_texts(values: ArrayLike) -> list[str]:
    """Counts as text; NaN is empty.

    >>> whole_texts([3.0, float("nan")])
    ['3', '']
    """
    return decimal_texts(values, 0)


def numbers_of(texts: Sequence[str]) -> np.ndarray:
    """The floats of printed texts: the way back. Empty is NaN.

    >>> numbers_of(["0.50", "", "INF"]).tolist()
    [0.5, nan, inf]
    """
    return np.array([float(t) if t else np.nan for t in texts], dtype=np.float64)


def _scaled(x: np.ndarray, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    """Rounded multiples of 10^-decimals, and where a tie is so near that only the exact decimal can tell."""
    with np.errstate(invalid="ignore", over="ignore"):
        q = np.abs(x) * 10.0**decimals
        below = np.floor(q)
        distance = np.abs(q - below - 0.5)
        doubtful = ~(q < _WHOLE) | (distance <= 4 * np.spacing(q)) | (x == 0) & np.signbit(x)
        units = np.where(doubtful, 0, np.copysign(np.floor(q + 0.5), x))
    return units.astype(np.int64), doubtful


def _placed(units: np.ndarray, decimals: int) -> list[str]:
    """Whole multiples of 10^-decimals as text with the point in its place."""
    if decimals == 0 or not units.size:
        return [str(u) for u in units.tolist()]
    # A float of at most 15 digits prints back as these digits; one format for all is many times faster than n formats.
    return ((f"%.{decimals}f " * units.size) % tuple((units / 10.0**decimals).tolist())).split()


def _exact_text(value: float, decimals: int) -> str:
    if value != value:
        return ""
    if value in (float("inf"), float("-inf")):
        return "INF" if value > 0 else "-INF"
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), context=_EXACT)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def _plain_text(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return _exact_text(value, 0)
    text = repr(value)
    text = f"{Decimal(text):f}" if "e" in text else text
    return text.rstrip("0").rstrip(".") if "." in text else text
