"""Columns of few values as small codes: whole numbers (answers on a scale, truth values), and categories of any kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.estimation.tables import CHUNK, SmallCodes
from weighting.groups import Flags, coded

#: Whole numbers spread over no more than this many values are tabulated instead of summed one by one.
MOST_LEVELS = 32


def levels_of(values: pd.Series) -> tuple[SmallCodes, pd.Index] | None:
    """Level of each row [n] (one past the last: missing) and the levels, for columns of few whole numbers.

    >>> codes, levels = levels_of(pd.Series([5.0, None, 3.0]))
    >>> codes.tolist(), levels.tolist()
    ([2, 3, 0], [3, 4, 5])
    """
    found = _whole_numbers(values)
    if found is not None:
        raw, missing = found
        low, high = int(raw.min()), int(raw.max())
        if high - low < MOST_LEVELS:
            codes = (raw - raw.dtype.type(low)).astype(np.uint8)
            if missing is not None:
                np.maximum(codes, missing.view(np.uint8) * np.uint8(high - low + 1), out=codes)
            return codes, pd.RangeIndex(low, high + 1)
    return None


def categories_of(values: pd.Series) -> tuple[SmallCodes, pd.Index]:
    """Level of each row [n] (one past the last: missing) and the levels, for any column: its distinct values.

    >>> codes, levels = categories_of(pd.Series(["b", None, "a"]))
    >>> codes.tolist(), levels.tolist()
    ([1, 2, 0], ['a', 'b'])
    """
    found = levels_of(values)
    if found is not None:
        return found
    place, labels = coded(values)
    return np.where(place < 0, len(labels), place).astype(np.uint32), labels


def _whole_numbers(values: pd.Series) -> tuple[NDArray[np.integer], Flags | None] | None:
    """A numeric column as whole numbers with the rows that are missing (held there: any value of the column)."""
    nullable = not isinstance(values.dtype, np.dtype)
    found = getattr(values.dtype, "numpy_dtype", None) if nullable else values.dtype
    if found is None or found.kind not in "biuf" or not len(values):
        return None
    dtype: Any = np.int8 if found.kind == "b" else found
    if found.kind == "f":
        return _whole_floats(values.to_numpy(dtype=dtype, na_value=np.nan))
    if not nullable:
        return values.to_numpy(dtype=dtype), None
    held = values.array
    missing = np.asarray(held.isna())
    if missing.all():
        return None
    return held.to_numpy(dtype=dtype, na_value=held[int(np.argmin(missing))]), missing


def _whole_floats(raw: NDArray[np.floating]) -> tuple[NDArray[np.integer], Flags] | None:
    whole, missing = np.empty(raw.size, dtype=np.int8), np.empty(raw.size, dtype=bool)
    for start in range(0, raw.size, CHUNK):
        rows = slice(start, start + CHUNK)
        part = raw[rows]
        np.isnan(part, out=missing[rows])
        with np.errstate(invalid="ignore"):
            whole[rows] = part.astype(np.int8)  # what cannot be held differs from the value, and is seen to
        if not ((whole[rows] == part) | missing[rows]).all():
            return None
    if missing.all():
        return None
    known = whole[int(np.argmin(missing))]
    filled = (whole - known) * (~missing).view(np.int8) + known  # known where missing, without a branch
    return filled, missing
