"""Replicate weights that came with the data: read and checked."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from weighting.errors import DesignError, unknown
from weighting.groups import Floats
from weighting.replication.factors import JKN, KINDS, rho_problems


def read_weights(frame: pd.DataFrame, weights: ArrayLike | Sequence[str]) -> Floats:
    """Replicate weights [n, R] from an array or from the names of columns.

    Raises:
        DesignError: columns that do not exist, values that are not numbers, another shape, negative or infinite values.
    """
    names = weights if isinstance(weights, Sequence) and not isinstance(weights, str) else [None]
    if all(isinstance(name, str) for name in names):
        DesignError.raise_any(unknown("column", name, frame.columns) for name in names if name not in frame)
        weights = frame[list(names)].to_numpy(dtype=float)
    try:
        return np.asarray(weights, dtype=float)
    except (TypeError, ValueError):
        raise DesignError(
            "replicate weights: numbers [n, R] are needed, or the names of their columns"
        ) from None


def given_problems(table: Floats, n: int, kind: str, rho: float, rscales: Floats | None) -> Iterator[str]:
    """What is wrong with replicate weights [n, R] and what is said of them."""
    if table.ndim != 2 or len(table) != n or table.shape[1] < 2:
        yield f"replicate weights: shape {table.shape}; {n} rows and at least two columns are needed"
        return
    if kind not in KINDS:
        yield unknown("kind", kind, KINDS)
    yield from rho_problems(rho)
    if kind == JKN and rscales is None:
        yield "JKn: rscales are needed, (n_h − 1)/n_h of the stratum left a cluster out of"
    if rscales is not None and rscales.shape != table.shape[1:]:
        yield f"rscales: {table.shape[1]} values are needed"
    if rscales is not None and not (rscales >= 0).all():
        yield "rscales: must not be negative"
    bad = np.argwhere(~(np.isfinite(table) & (table >= 0)))
    if len(bad):
        row, column = bad[0]
        yield f"replicate weights: {table[row, column]} in row {row}, replicate {column + 1} ({len(bad)} such values)"
