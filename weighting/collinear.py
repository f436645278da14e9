"""Columns of a matrix that are combinations of those before them, named with what they are made of."""

from collections.abc import Sequence

import numpy as np

from weighting.groups import Floats

#: What is left of a column beside those before it, as a share of its size, below which it repeats them.
REPEATS = 1e-9

#: Parts of a column below this share of its size are rounding.
PART = 1e-6


def combinations(x: Floats, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Each column of x [n, p] that is a combination of earlier ones, with the names of these; with none where it is 0 throughout.

    >>> combinations(np.array([[1.0, 2, 3], [1, 5, 6], [1, 0, 1]]), ["a", "b", "c"])
    [('c', ['a', 'b'])]
    """
    sizes = np.sqrt((x**2).sum(axis=0))
    scaled = x / np.where(sizes > 0, sizes, 1.0)
    basis = np.empty((len(x), 0))
    kept: list[int] = []
    found: list[tuple[str, list[str]]] = []
    for j in range(x.shape[1]):
        rest = scaled[:, j]
        for _ in range(2):
            rest = rest - basis @ (basis.T @ rest)
        left = np.sqrt((rest**2).sum())
        if left > REPEATS:
            basis, kept = np.column_stack([basis, rest / left]), [*kept, j]
            continue
        parts = np.linalg.lstsq(scaled[:, kept], scaled[:, j], rcond=None)[0]
        found.append((names[j], [names[k] for k, part in zip(kept, parts, strict=True) if abs(part) > PART]))
    return found
