"""Groups of rows: columns coded, columns crossed, and sums by group.

Codes are whole numbers from 0; −1 stands for a value that is missing.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_array

from weighting.errors import DesignError, columns_named
from weighting.writings import written_twice

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Codes are renumbered through a table of all of them where it has at most so many entries, and four per row.
SMALL_TABLE = 65_536


def group_totals(values: Floats, codes: Codes, n_groups: int) -> Floats:
    """Totals by group; codes outside 0 … n_groups − 1 must not occur, except n_groups itself (left out).

    Shapes: values [n] or [n, k]; codes [n]; result [n_groups] or [n_groups, k].

    >>> group_totals(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 0]), 2).tolist()
    [5.0, 2.0]
    """
    if values.ndim == 1:
        return np.asarray(np.bincount(codes, weights=values, minlength=n_groups)[:n_groups], dtype=float)
    rows = np.arange(codes.size + 1)
    member = csc_array((np.ones(codes.size), codes, rows), shape=(n_groups + 1, codes.size))
    return np.asarray(member @ values)[:n_groups]


def occurring(codes: Codes, bound: int) -> Codes:
    """Those of the codes 0 … bound − 1 that are in use, ascending.

    >>> occurring(np.array([7, 2, 7]), 9).tolist()
    [2, 7]
    """
    if bound > 4 * codes.size + SMALL_TABLE:
        return np.unique(codes)
    seen = np.zeros(bound, dtype=bool)
    seen[codes] = True
    return np.flatnonzero(seen)


def compact(codes: Codes, bound: int) -> tuple[Codes, Codes]:
    """Codes 0 … bound − 1 renumbered without gaps: (the codes in use, ascending; each row's new code).

    >>> compact(np.array([7, 2, 7]), 9)
    (array([2, 7]), array([1, 0, 1]))
    """
    if bound > 4 * codes.size + SMALL_TABLE:
        return np.unique(codes, return_inverse=True)
    used = occurring(codes, bound)
    place = np.empty(bound, dtype=np.intp)
    place[used] = np.arange(used.size)
    return used, place[codes]


def coded(values: pd.Series) -> tuple[Codes, pd.Index]:
    """Codes [n] of a column's values (−1: missing) and the values in ascending order, or all categories.

    Raises:
        DesignError: values that cannot be compared; one value in two writings (1 and "1").

    >>> codes, labels = coded(pd.Series(["b", None, "a"]))
    >>> codes.tolist(), labels.tolist()
    ([1, -1, 0], ['a', 'b'])
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        categories = values.cat.categories
        _refuse_writings(values.name, values, categories)
        return np.asarray(values.cat.codes, dtype=np.intp), categories
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iu" and values.size:
        raw = values.to_numpy()
        low, high = int(raw.min()), int(raw.max())
        if high - low <= 4 * raw.size + SMALL_TABLE:
            used, codes = compact(raw.astype(np.intp) - low, high - low + 1)
            return codes, pd.Index((used + low).astype(raw.dtype))
    try:
        codes, labels = pd.factorize(values, sort=True)
    except TypeError:
        raise DesignError(
            f"column {str(values.name)!r}: holds values that cannot be compared (lists?)"
        ) from None
    _refuse_writings(values.name, values, labels)
    return codes, pd.Index(labels)


def _refuse_writings(name: Hashable, values: pd.Series, labels: Iterable[Any]) -> None:
    """Stop where a column holds one value in two writings."""
    DesignError.raise_any(f"column {str(name)!r}: {fault}" for fault in written_twice(values, labels))


def crossed(columns: Sequence[tuple[Codes, int]]) -> tuple[Codes, Codes]:
    """Columns' codes [n], each with its number of values, crossed: the cell of each row [n] (−1: a code is missing),
    and the codes that make up each cell that occurs [cells, columns], ascending.

    >>> cell, codes = crossed([(np.array([1, 0, 1]), 2), (np.array([0, -1, 2]), 3)])
    >>> cell.tolist(), codes.tolist()
    ([0, -1, 1], [[1, 0], [1, 2]])
    """
    cell, keys = np.zeros(columns[0][0].size, dtype=np.intp), np.zeros((1, 0), dtype=np.intp)
    for codes, size in columns:
        inside = np.flatnonzero((cell >= 0) & (codes >= 0))
        used, new = compact(cell[inside] * size + codes[inside], len(keys) * size)
        cell = np.full(cell.size, -1, dtype=np.intp)
        cell[inside] = new
        keys = np.column_stack([keys[used // size], used % size])
    return cell, keys


def groups_of(frame: pd.DataFrame, names: Sequence[str]) -> Codes:
    """Group of every row [n] by the values of columns, missing ones included, in order of appearance.

    >>> groups_of(pd.DataFrame({"g": ["b", None, "b"]}), ["g"]).tolist()
    [0, 1, 0]
    """
    parts = [coded(frame[name]) for name in columns_named(names, frame.columns)]
    filled = [(np.where(codes < 0, len(labels), codes), len(labels) + 1) for codes, labels in parts]
    return pd.factorize(crossed(filled)[0])[0].astype(np.intp)
