"""From columns to regressors: numbers as they are, categories as a column for each level but the reference, and products."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from weighting.collinear import combinations
from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, absent, listed, quoted
from weighting.estimation.grouping import grouping_of
from weighting.estimation.study_variables import numeric
from weighting.groups import Flags, Floats, coded
from weighting.shown import label

INTERCEPT = "(intercept)"

#: Levels of a categorical regressor beyond which it is rather a number.
MOST_LEVELS = 200


@dataclass(frozen=True, eq=False)
class Regressor:
    """One column as k regressors: ``names`` [k] and ``values`` [n, k]; ``valid`` [n] rows that have a value."""

    names: tuple[str, ...]
    values: Floats
    valid: Flags


@dataclass(frozen=True, eq=False)
class ModelMatrix:
    """Regressors of the rows that count.

    ``x`` [rows, p] with the intercept first; ``names`` [p]; ``terms``: places of each term's regressors; ``used`` [n] the rows
    that count; ``remarks``: levels that were left out.
    """

    x: Floats
    names: tuple[str, ...]
    terms: Mapping[str, tuple[int, ...]]
    used: Flags
    remarks: tuple[str, ...]


def model_matrix(
    design: SampleDesign, x: Any, inside: Flags, categorical: Any, reference: Mapping[str, Any] | None
) -> ModelMatrix:
    """The regressors ``x`` in the rows ``inside`` [n] in which all of them have a value.

    Raises:
        DesignError: unknown columns or levels, text that is neither number nor category, regressors that are combinations of
            others.
    """
    terms = _terms(design, x)
    columns = list(dict.fromkeys(name for term in terms for name in term))
    chosen = _categorical(design, columns, categorical)
    wanted = _reference(design, reference, chosen)
    used = inside & np.logical_and.reduce([design.column(c).notna().to_numpy() for c in columns] or [inside])
    if not used.any():
        raise DesignError("regression: no row has a value in every column")
    remarks: list[str] = []
    found = {
        c: _dummies(design.column(c), used, wanted, remarks) if c in chosen else _number(design, c)
        for c in columns
    }
    parts = [Regressor((INTERCEPT,), np.ones((design.n, 1)), used)]
    parts += [reduce(_product, [found[c] for c in term]) for term in terms]
    matrix = np.concatenate([part.values for part in parts], axis=1)[used]
    names = tuple(name for part in parts for name in part.names)
    ends = np.cumsum([len(part.names) for part in parts])
    places = {
        ":".join(map(str, term)): tuple(range(first, last))
        for term, first, last in zip(terms, ends[:-1], ends[1:], strict=True)
    }
    _refuse_collinear(matrix, names)
    return ModelMatrix(matrix, names, places, used, tuple(remarks))


def _terms(design: SampleDesign, x: Any) -> list[tuple[Any, ...]]:
    """Terms as tuples of columns: a name is one column, a tuple of names their product."""
    given = [x] if isinstance(x, str) or not isinstance(x, Sequence) else list(x)
    terms = [tuple(term) if isinstance(term, tuple) else (term,) for term in given]
    problems = absent("column", [name for term in terms for name in term], design.frame.columns)
    problems += ["x: a term without columns" for term in terms if not term]
    problems += [
        f"x: {':'.join(map(str, t))!r} is named twice" for i, t in enumerate(terms) if t in terms[:i]
    ]
    DesignError.raise_any(problems)
    return terms


def _categorical(design: SampleDesign, columns: list[Any], given: Any) -> set[Any]:
    """Columns that are categories: those named, and those of text or categories."""
    named = design.names(given) if given is not None and listed(given) else []
    DesignError.raise_any(
        f"categorical: column {str(name)!r} is no regressor" for name in named if name not in columns
    )
    return {*named, *(c for c in columns if _is_text(design.column(c)))}


def _is_text(values: pd.Series) -> bool:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return True
    if pd.api.types.is_numeric_dtype(values.dtype) or values.dtype.kind in "mMc":
        return False
    return pd.api.types.infer_dtype(values, skipna=True) == "string"


def _reference(design: SampleDesign, given: Any, chosen: set[Any]) -> dict[Hashable, Any]:
    """Reference levels by column."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise DesignError(f"reference: {{column: level}} is needed, here is {given!r:.60}")
    DesignError.raise_any(
        absent("column", given, design.frame.columns)
        or [
            f"reference: column {str(name)!r} is no categorical regressor (name it in categorical)"
            for name in given
            if name not in chosen
        ]
    )
    return dict(given)


def _number(design: SampleDesign, column: str) -> Regressor:
    found = numeric(grouping_of(design, None), column)
    return Regressor((str(column),), found.rows()[:, None], found.valid)


def _dummies(
    values: pd.Series, used: Flags, reference: Mapping[Hashable, Any], remarks: list[str]
) -> Regressor:
    """One column of 0 and 1 for every level with rows but the reference, which is the first unless one was named."""
    name = values.name
    codes, labels = coded(values)
    present = np.unique(codes[used])
    if isinstance(values.dtype, pd.CategoricalDtype) and present.size < len(labels):
        unseen = labels.delete(present)
        remarks.append(f"column {str(name)!r}: no row that counts is {quoted(unseen)}; left out")
    levels = labels[present]
    if present.size < 2:
        raise DesignError(
            f"x: column {str(name)!r} has one level only among the rows that count ({label(levels[0])!r})"
        )
    if present.size > MOST_LEVELS:
        raise DesignError(f"x: column {str(name)!r} has {present.size} levels: is it a number?")
    base = present[0]
    if name in reference:
        known = absent("level", [reference[name]], list(levels))
        DesignError.raise_any(f"reference, column {str(name)!r}: {problem}" for problem in known)
        base = present[list(levels).index(reference[name])]
    others = present[present != base]
    remarks.append(f"{name}: reference {label(labels[base])}")
    dummies = (codes[:, None] == others).astype(float)
    return Regressor(tuple(f"{name}={label(labels[code])}" for code in others), dummies, codes >= 0)


def _product(left: Regressor, right: Regressor) -> Regressor:
    """Every regressor of one column times every one of the other."""
    names = tuple(f"{a}:{b}" for b in right.names for a in left.names)
    values = (right.values[:, :, None] * left.values[:, None, :]).reshape(len(left.values), -1)
    return Regressor(names, values, left.valid & right.valid)


def _refuse_collinear(x: Floats, names: Sequence[str]) -> None:
    """Stop where regressors are combinations of earlier ones in the rows that count, naming these."""
    DesignError.raise_any(
        f"x: {name!r} is a combination of {quoted(of)} in the rows that count: leave one of them out"
        if of
        else f"x: {name!r} is 0 in every row that counts"
        for name, of in combinations(x, names)
    )
