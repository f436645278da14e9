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
#: Below this a float64 tells all whole numbers and keeps all their digits (DBL_DIG = 15 of C).
_WHOLE = 1e15
#: Digits enough for the largest float64 (309 before the point) at any number of decimals printed here.
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)


def _quads(rows: np.ndarray) -> np.ndarray:
    """Bytes [n, 4] as n quads: four bytes in one whole number, which are looked up and copied in one go."""
    return np.ascontiguousarray(rows, dtype=np.uint8).view(np.uint32)[:, 0]


#: The digits of 0 to 9999 as bytes [10000, 4].
_DIGITS = ord("0") + np.arange(10_000)[:, None] // (1000, 100, 10, 1) % 10
#: The quads of 0 to 9999: first without leading zeros, for the beginning of a number, then with them.
_BEGINNING = np.where(np.arange(10_000)[:, None] < (1000, 100, 10, 0), _FILLER, _DIGITS)
_WHOLE_QUADS = _quads(np.concatenate([_BEGINNING, _DIGITS]))
_QUADS = _WHOLE_QUADS[10_000:]
#: The quads of a point with k digits after it, k = 0 to 3.
_POINT_QUADS = tuple(
    _quads(
        np.concatenate(
            [np.full((10**k, 3 - k), _FILLER), np.full((10**k, 1), ord(".")), _DIGITS[: 10**k, 4 - k :]],
            axis=1,
        )
    )
    for k in range(4)
)
_NO_QUAD, _END_QUAD = _quads(np.array([[_FILLER] * 4, [_FILLER] * 3 + [ord("\n")]]))


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

    values: float [n]; returns quads, uint32 [n, width]: a filler, then the bytes of each text among fillers.
    """
    x = np.asarray(values, dtype=np.float64)
    units, doubtful = _scaled(x, decimals)
    exact = np.flatnonzero(doubtful & ~np.isnan(x))
    texts = _packed([_exact_text(value, decimals) for value in x[exact].tolist()])
    cells = _placed(units, x < 0, decimals, texts.shape[1])
    cells[doubtful] = _NO_QUAD
    cells[exact, : texts.shape[1]] = texts
    return cells


def plain_cells(values: ArrayLike) -> np.ndarray:
    """The texts of :func:`plain_texts` as they are put into rows by :func:`joined`.

    values: float [n]; returns quads, uint32 [n, width]: a filler, then the bytes of each text among fillers.
    """
    x = np.asarray(values, dtype=np.float64)
    distinct, place = np.unique(x + 0.0, return_inverse=True)  # + 0.0 takes the sign off a zero
    return _packed([_plain_text(value) for value in distinct.tolist()])[place]


def texts_of(cells: np.ndarray) -> list[str]:
    """The texts of cells, uint32 [n, width] of :func:`decimal_cells` or :func:`plain_cells`."""
    return [row.decode("ascii") for row in joined([cells])]


def joined(columns: Sequence[np.ndarray]) -> list[bytes]:
    """Each row as one text, its cells between commas.

    columns: at least one uint32 [n, width] of :func:`decimal_cells` or :func:`plain_cells`; returns n texts.

    >>> joined([decimal_cells([1, 20.5], 1), plain_cells([3, float("nan")])])
    [b'1.0,3', b'20.5,']
    """
    n = len(columns[0])
    rows = np.concatenate([*columns, np.full((n, 1), _END_QUAD)], axis=1).view(np.uint8)
    begins = 4 * np.cumsum([cells.shape[1] for cells in columns])
    for begin in begins[:-1].tolist():
        rows[:, begin] = ord(",")
    return rows.tobytes().translate(None, bytes([_FILLER])).split(b"\n")[:n]


def numbers_of(texts: Sequence[str]) -> np.ndarray:
    """The floats of printed texts: the way back. Empty is NaN.

    >>> numbers_of(["0.50", "", "INF"]).tolist()
    [0.5, nan, inf]
    """
    return np.array([float(t) if t else np.nan for t in texts], dtype=np.float64)


def _scaled(x: np.ndarray, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    """Rounded multiples of 10^-decimals without sign, and where a tie is so near that only the exact decimal can tell."""
    with np.errstate(invalid="ignore", over="ignore"):
        q = np.abs(x) * 10.0**decimals
        nearest = np.floor(q + 0.5)
        to_tie = 0.5 - np.abs(q - nearest)
        doubtful = ~((q < _WHOLE) & (to_tie > q * 2.0**-50))  # at least four units of the last place of q
    return np.where(doubtful, 0, nearest).astype(np.int64), doubtful


def _placed(units: np.ndarray, negative: np.ndarray, decimals: int, width: int) -> np.ndarray:
    """Whole multiples of 10^-decimals [n] as cells with the point in its place, of at least ``width`` quads."""
    whole = units // 10**decimals
    minus = negative & (units > 0)
    before = 1 + bool(minus.any()) + len(str(whole.max(initial=0)))  # bytes: a filler, the sign, the digits
    point = -(-before // 4)
    end = point + (1 + decimals // 4 if decimals else 0)
    cells = np.empty((len(units), max(width, end)), dtype=np.uint32)
    _put_whole(cells[:, :point], whole)
    if decimals:
        _put_decimals(cells[:, point:end], units - whole * 10**decimals, decimals)
    cells[:, end:] = _NO_QUAD
    cells.view(np.uint8)[minus, 1] = ord("-")
    return cells


def _put_whole(cells: np.ndarray, numbers: np.ndarray) -> None:
    """Write whole numbers [n] without leading zeros into cells [n, quads], from the right."""
    last = cells.shape[1] - 1
    for k in range(last, -1, -1):
        rest = numbers // 10_000
        cells[:, k] = _WHOLE_QUADS.take(numbers - (rest - (rest > 0)) * 10_000)
        if k < last:
            cells[numbers == 0, k] = _NO_QUAD
        numbers = rest


def _put_decimals(cells: np.ndarray, numbers: np.ndarray, decimals: int) -> None:
    """Write the point and the ``decimals`` digits of numbers [n] after it into cells [n, quads], from the right."""
    for k in range(cells.shape[1] - 1, 0, -1):
        rest = numbers // 10_000
        cells[:, k] = _QUADS.take(numbers - rest * 10_000)
        numbers = rest
    cells[:, 0] = _POINT_QUADS[decimals % 4].take(numbers)


def _packed(texts: Sequence[str]) -> np.ndarray:
    """Texts of printed numbers as cells [n, width]."""
    width = 1 + max(map(len, texts), default=0) // 4  # quads that hold a filler and the longest text
    packed = np.array([f" {text}" for text in texts], dtype=f"S{4 * width}")
    cells = packed.view(np.uint8).reshape(len(texts), 4 * width)
    cells = np.where(cells == 0, np.uint8(_FILLER), cells)
    cells[:, 0] = _FILLER
    return cells.view(np.uint32)


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
