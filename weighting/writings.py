"""Values of one column that are told apart although people read them as one: groups made of them would be parts of groups."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

#: A whole number as spreadsheets and databases write it: with or without decimals that are nought.
_WHOLE = re.compile(r"([+-]?\d+)\.0+")

#: Kinds of columns (as pandas infers them) that hold one type of value, or numbers only.
_OF_ONE_TYPE = frozenset(
    {
        "integer",
        "floating",
        "mixed-integer-float",
        "decimal",
        "complex",
        "boolean",
        "bytes",
        "empty",
        "date",
        "datetime",
    }
    | {"datetime64", "time", "timedelta", "timedelta64", "period", "interval"}
)


def written_twice(values: pd.Series, labels: Iterable[Any]) -> list[str]:
    """What is wrong with a column whose distinct values are ``labels``: values that it holds in two writings.

    These are the number 1 beside the text "1" or the truth value True; the texts "1" and "1.0"; texts that differ only in spaces
    around them or in how Unicode composes their letters.

    >>> written_twice(pd.Series([1, "1", 2], dtype=object), [1, "1", 2])
    ["1 (row 0) and '1' (row 1) are one value in two writings: write it in one way"]
    >>> written_twice(pd.Series(["a", "b"]), ["a", "b"])
    []
    """
    categorical = isinstance(values.dtype, pd.CategoricalDtype)
    held = pd.Series(list(labels), dtype=object) if categorical else values
    kind = pd.api.types.infer_dtype(held, skipna=True)
    if kind in _OF_ONE_TYPE:
        return []
    if kind == "string":
        texts = [str(label) for label in labels]
        if all(t.isascii() and not t.endswith("0") and t == t.strip() for t in texts):
            return []
        faults = _pairs(texts)
    else:
        faults = _pairs(_with_their_types(held))
    told = [
        f"{_shown(one, two)} ({_row(values, one)}) and {_shown(two, one)} ({_row(values, two)}) are one value in two writings: "
        "write it in one way"
        for one, two in faults[:5]
    ]
    return told + ([f"{len(faults) - 5} more values stand in two writings"] if len(faults) > 5 else [])


def _with_their_types(values: pd.Series) -> list[Any]:
    """The distinct values; numbers and truth values apart, although Python calls 1 and True equal."""
    known = (_plain(value) for value in values[values.notna()])
    return list({(type(value), value): value for value in known}.values())


def _plain(value: Any) -> Any:
    """A value of numpy as Python's own, whole numbers as int: 1 and 1.0 are the same number."""
    found = value.item() if isinstance(value, np.generic) else value
    return int(found) if isinstance(found, float) and found.is_integer() else found


def _pairs(distinct: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Pairs of values that share a reading."""
    first: dict[Hashable, Any] = {}
    faults = []
    for value in distinct:
        twins = [first[reading] for reading in _readings(value) if reading in first]
        faults += [(twins[0], value)] if twins else []
        first.update({reading: value for reading in _readings(value) if reading not in first})
    return faults


def _readings(value: Any) -> list[Hashable]:
    """What people may read a value as."""
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value).strip()
        whole = _WHOLE.fullmatch(text)
        return [whole[1] if whole else text]
    if isinstance(value, bool):
        return [str(value), str(int(value))]
    return [str(value)] if isinstance(value, Real) else []


def _shown(value: Any, other: Any) -> str:
    """A value as code writes it; texts that look alike with their code points."""
    same = unicodedata.normalize("NFC", str(value)) == unicodedata.normalize("NFC", str(other))
    return ascii(value) if same and type(value) is type(other) else repr(value)


def _row(values: pd.Series, value: Any) -> str:
    """The first row that holds a value in this writing; a category may have none."""
    found = (_plain(v) for v in values)
    rows = (row for row, v in zip(values.index, found, strict=True) if type(v) is type(value) and v == value)
    return next((f"row {row}" for row in rows), "a category")
