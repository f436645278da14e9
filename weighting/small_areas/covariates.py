"""Covariates of areas as a matrix with names: matched to the areas, coded, and refused where they repeat each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from weighting.collinear import combinations
from weighting.errors import DesignError, quoted
from weighting.groups import Flags, Floats, coded

INTERCEPT = "(intercept)"


def matched(given: Any, areas: pd.Index, role: str) -> Any:
    """A Series or a frame in the order of the areas: by its index where that names areas, else by place.

    Raises:
        DesignError: an index that names some areas twice or not at all; another number of rows.

    >>> matched(pd.Series([1, 2], index=["b", "a"]), pd.Index(["a", "b"]), "weights").tolist()
    [2, 1]
    """
    if isinstance(given, pd.Series | pd.DataFrame) and not isinstance(given.index, pd.RangeIndex):
        twice = given.index[given.index.duplicated()].unique()
        absent = areas.difference(given.index, sort=False)
        DesignError.raise_any(
            f"{role}: {what} {quoted(names[:5])}"
            for what, names in (("several rows for area", twice), ("no row for area", absent))
            if len(names)
        )
        return given.loc[areas]
    if len(given) != len(areas):
        raise DesignError(f"{role}: {len(given)} rows for {len(areas)} areas")
    return given


def design_matrix(covariates: Any, areas: pd.Index, intercept: bool) -> pd.DataFrame:
    """Columns of numbers [K, p] named by term; columns of text or categories become one column per level but the first.

    Raises:
        DesignError: values that are missing or no numbers, naming column and area; no column at all.

    >>> design_matrix({"region": ["n", "s", "n"]}, pd.Index([1, 2, 3]), True).to_numpy().tolist()
    [[1.0, 0.0], [1.0, 1.0], [1.0, 0.0]]
    """
    terms = {INTERCEPT: np.ones(len(areas))} if intercept else {}
    if covariates is not None:
        frame = _frame(covariates, areas)
        DesignError.raise_any(_missing(frame, areas))
        terms |= {name: values for column in frame for name, values in _terms(frame, column)}
    if not terms:
        raise DesignError("covariates: none are given, and no intercept")
    return pd.DataFrame(terms)


def _frame(covariates: Any, areas: pd.Index) -> pd.DataFrame:
    if isinstance(covariates, pd.Series):
        covariates = covariates.to_frame(covariates.name or "x1")
    if not isinstance(covariates, pd.DataFrame | dict):
        values = np.asarray(covariates)
        values = values[:, None] if values.ndim == 1 else values
        if values.ndim != 2:
            raise DesignError("covariates: a table with one row per area is needed")
        covariates = pd.DataFrame(values, columns=[f"x{j + 1}" for j in range(values.shape[1])])
    try:
        frame = pd.DataFrame(covariates)
    except ValueError:
        raise DesignError("covariates: columns of different lengths") from None
    return pd.DataFrame(matched(frame, areas, "covariates")).reset_index(drop=True)


def _missing(frame: pd.DataFrame, areas: pd.Index) -> Iterator[str]:
    for column in frame:
        values = pd.to_numeric(frame[column], errors="coerce") if _is_number(frame[column]) else frame[column]
        absent = values.isna() | values.isin([np.inf, -np.inf])
        if absent.any():
            yield f"covariates: {str(column)!r} has no value for area {quoted(areas[absent.to_numpy()][:5])}"


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not isinstance(values.dtype, pd.CategoricalDtype)


def _terms(frame: pd.DataFrame, column: Any) -> Iterator[tuple[str, Floats]]:
    """The terms of one column."""
    if _is_number(frame[column]):
        yield str(column), frame[column].to_numpy(dtype=float)
        return
    codes, levels = coded(frame[column])
    for level in range(1, len(levels)):
        yield f"{column}={levels[level]}", (codes == level).astype(float)


def refuse_repeated(matrix: pd.DataFrame, used: Flags) -> None:
    """Stop where a column is a combination of those before it in the areas that count, or where there are too few.

    Raises:
        DesignError: the columns at fault, each with those it repeats.
    """
    X = matrix.to_numpy()[used]
    K, p = X.shape
    if p >= K:
        terms = f"{p} coefficient{'s' if p > 1 else ''} ({quoted(matrix.columns)})"
        raise DesignError(
            f"estimates: {K} areas have a direct estimate and a positive variance; {terms} and the model variance need "
            f"at least {p + 1}"
        )
    DesignError.raise_any(
        f"covariates: {name!r} is a combination of {quoted(of)} in the areas that count: leave one out"
        if of
        else f"covariates: {name!r} is 0 in all areas that count"
        for name, of in combinations(X, list(matrix.columns))
    )
