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

#: Fills up cells of digits that are shorter than others; no byte of UTF-8 has this value.
_FILLER = 0xFF
#: The digits of 0 to 9999, uint8 [10000, 4].
_FOUR_DIGITS = (ord("0") + np.arange(10_000)[:, None] // (1000, 100, 10, 1) % 10).astype(np.uint8)
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
    return texts_of(decimal_cells(values, decimals))


def plain_texts(values: ArrayLike) -> list[str]:
    """The shortest decimal of each number without exponent: ``1``, ``1.5``, ``0.33``; NaN is empty.

    >>> plain_texts([1.0, 1.5, 0.33, float("nan"), 1e-7])
    ['1', '1.5', '0.33', '', '0.0000001']
    """
    return texts_of(plain_cells(values))


def whole_texts(values: ArrayLike) -> list[str]:
    """Counts as text; NaN is empty.

    >>> whole_texts([3.0, float("nan")])
    ['3', '']
    """
    return decimal_texts(values, 0)


def decimal_cells(values: ArrayLike, decimals: int) -> np.ndarray:
    """The texts of :func:`decimal_texts` as they are put into rows by :func:`joined`.

    values: float [n]; returns uint8 [n, width], the bytes of each text among fillers.
    """
    x = np.asarray(values, dtype=np.float64)
    units, doubtful = _scaled(x, decimals)
    exact = np.flatnonzero(doubtful & ~np.isnan(x))
    texts = _packed([_exact_text(value, decimals) for value in x[exact].tolist()])
    cells = _placed(units, decimals, texts.shape[1])
    cells[doubtful] = _FILLER
    cells[exact, : texts.shape[1]] = texts
    return cells


def plain_cells(values: ArrayLike) -> np.ndarray:
    """The texts of :func:`plain_texts` as they are put into rows by :func:`joined`.

    values: float [n]; returns uint8 [n, width], the bytes of each text among fillers.
    """
    x = np.asarray(values, dtype=np.float64)
    distinct, place = np.unique(x + 0.0, return_inverse=True)  # + 0.0 takes the sign off a zero
    return _packed([_plain_text(value) for value in distinct.tolist()])[place]


def texts_of(cells: np.ndarray) -> list[str]:
    """The texts of cells, uint8 [n, width] of :func:`decimal_cells` or :func:`plain_cells`."""
    return [row.decode("ascii") for row in joined([cells])]


def joined(columns: Sequence[np.ndarray]) -> list[bytes]:
    """Each row as one text, its cells between commas.

    columns: at least one uint8 [n, width] of :func:`decimal_cells` or :func:`plain_cells`; returns n texts.

    >>> joined([decimal_cells([1, 20.5], 1), plain_cells([3, float("nan")])])
    [b'1.0,3', b'20.5,']
    """
    n = len(columns[0])
    comma, end = (np.full((n, 1), ord(mark), dtype=np.uint8) for mark in ",\n")
    between = [part for cells in columns for part in (cells, comma)]
    rows = np.concatenate([*between[:-1], end], axis=1)
    return rows.tobytes().translate(None, bytes([_FILLER])).split(b"\n")[:n]


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


def _placed(units: np.ndarray, decimals: int, width: int) -> np.ndarray:
    """Whole multiples of 10^-decimals [n] as cells with the point in its place, of at least ``width`` bytes."""
    size = np.abs(units)
    whole = size // 10**decimals
    digits = len(str(whole.max(initial=0)))
    point = 1 + digits
    cells = np.full((len(units), max(width, point + 1 + decimals)), _FILLER, dtype=np.uint8)
    cells[units < 0, 0] = ord("-")
    _put_digits(cells[:, 1:point], whole)
    for k in range(1, digits):
        cells[whole < 10**k, point - 1 - k] = _FILLER
    if decimals:
        cells[:, point] = ord(".")
        _put_digits(cells[:, point + 1 : point + 1 + decimals], size - whole * 10**decimals)
    return cells


def _put_digits(cells: np.ndarray, numbers: np.ndarray) -> None:
    """Write whole numbers [n] with leading zeros into cells [n, digits], four digits at a time from the right."""
    for end in range(cells.shape[1], 0, -4):
        begin = max(end - 4, 0)
        rest = numbers // 10_000
        cells[:, begin:end] = _FOUR_DIGITS.take(numbers - rest * 10_000, axis=0)[:, begin - end :]
        numbers = rest


def _packed(texts: Sequence[str]) -> np.ndarray:
    """Texts of printed numbers as cells [n, width]."""
    packed = np.array(texts, dtype=np.bytes_)
    cells = packed.view(np.uint8).reshape(len(texts), packed.itemsize)
    return np.where(cells == 0, np.uint8(_FILLER), cells)


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
