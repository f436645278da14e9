"""Weighted tables of coded columns: arithmetic on arrays, nothing is checked here.

What a chunk of rows needs stays in the processor's cache; columns of few levels share a pass over the rows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]
SmallCodes = NDArray[np.unsignedinteger]

#: Rows worked on at a time.
CHUNK = 65_536

#: Columns whose gaps are counted together: one bit of a byte each.
BATCH = 8


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
