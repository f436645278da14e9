"""Columns of few values as small codes, and their weighted tables: arithmetic on arrays, nothing is checked here.

What a chunk of rows needs stays in the processor's cache, columns of few levels share a pass over the rows, and so do
the gaps of eight columns (tests/benchmarks/test_weighting_speed.py).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighting.groups import Codes, Flags, Floats, coded

SmallCodes = NDArray[np.unsignedinteger]

#: Rows worked on at a time.
CHUNK = 65_536

#: Columns whose gaps are counted together: one bit of a byte each.
BATCH = 8

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


def weighted_table(cell: Codes, n_cells: int, codes: SmallCodes, width: int, weights: Floats) -> Floats:
    """Σ w [n_cells, width] by cell [n] (``n_cells``: in none) and code [n] below ``width``.

    >>> weighted_table(np.array([0, 1, 1]), 2, np.array([1, 0, 1], dtype=np.uint8), 2, np.array([1.0, 2.0, 4.0])).tolist()
    [[0.0, 1.0], [2.0, 4.0]]
    """
    size = (n_cells + 1) * width
    total, step = np.zeros(size), max(CHUNK, 8 * size)
    key = np.empty(min(step, codes.size), dtype=np.intp)
    for start in range(0, codes.size, step):
        rows = slice(start, start + step)
        part = key[: codes[rows].size]
        np.multiply(cell[rows], width, out=part)
        part += codes[rows]
        total += np.bincount(part, weights[rows], size)
    return total[: n_cells * width].reshape(n_cells, width)


def weighted_tables(
    cell: Codes, n_cells: int, columns: Sequence[tuple[SmallCodes, int]], weights: Floats
) -> list[Floats]:
    """:func:`weighted_table` of several columns (codes and width); those of few levels two at a time."""
    tables: list[Floats] = []
    for (first, a), (second, b) in zip(columns[::2], columns[1::2], strict=False):
        if a * b <= 256 and 2 * a * b * n_cells <= cell.size:
            joint = first.astype(np.uint8) * np.uint8(b) + second.astype(np.uint8)
            both = weighted_table(cell, n_cells, joint, a * b, weights).reshape(n_cells, a, b)
            tables += [both.sum(axis=2), both.sum(axis=1)]
        else:
            tables += [
                weighted_table(cell, n_cells, codes, width, weights)
                for codes, width in ((first, a), (second, b))
            ]
    if len(columns) % 2:
        tables.append(weighted_table(cell, n_cells, *columns[-1], weights))
    return tables


def flag_counts(group: NDArray[Any], n_groups: int, flags: Sequence[Flags]) -> NDArray[np.intp]:
    """Number of rows flagged [n_groups, columns] by group [n] (``n_groups``: in none), for up to eight columns.

    The flags of a row are the bits of a byte, so that one pass counts them all.

    >>> flag_counts(np.array([0, 1, 1]), 2, [np.array([True, True, True]), np.array([False, False, True])]).tolist()
    [[1, 0], [2, 1]]
    """
    if len(flags) < 3 or 256 * n_groups > group.size:
        found = [np.bincount(group[f], minlength=n_groups)[:n_groups] for f in flags]
        return np.stack(found, axis=1) if found else np.empty((n_groups, 0), dtype=np.intp)
    size = (n_groups + 1) * 256
    table, step = np.zeros(size, dtype=np.intp), max(CHUNK, 8 * size)
    for start in range(0, group.size, step):
        rows = slice(start, start + step)
        byte = np.zeros(flags[0][rows].size, dtype=np.uint8)
        for bit, f in enumerate(flags):
            byte |= f[rows].view(np.uint8) << np.uint8(bit)
        table += np.bincount((group[rows].astype(np.intp) << 8) + byte, minlength=size)
    bits = np.arange(256)[:, None] >> np.arange(len(flags)) & 1
    return table.reshape(-1, 256)[:n_groups] @ bits
