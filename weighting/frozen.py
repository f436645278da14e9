"""What results and designs hold cannot be changed from outside: read-only arrays, and frames handed out as copies."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Holder = TypeVar("Holder")
Scalar = TypeVar("Scalar", bound=np.generic)

_COPY_ON_WRITE = int(pd.__version__.split(".")[0]) >= 3


def _copied_frame(name: str) -> property:
    """A frame held by a dataclass: reading it gives a copy."""
    slot = f"_{name}"
    return property(
        lambda holder: copied(getattr(holder, slot)),
        lambda holder, frame: object.__setattr__(holder, slot, copied(frame)),
    )


def hands_out_copies(*names: str) -> Callable[[type[Holder]], type[Holder]]:
    """A dataclass whose frames ``names`` are read as copies, so that nothing done to those reaches it.

    >>> from dataclasses import dataclass
    >>> @hands_out_copies("table")
    ... @dataclass(frozen=True)
    ... class Result:
    ...     table: pd.DataFrame
    >>> result = Result(pd.DataFrame({"y": [1]}))
    >>> table = result.table
    >>> table["y"] = 2
    >>> result.table["y"].tolist()
    [1]
    """

    def installed(holder: type[Holder]) -> type[Holder]:
        for name in names:
            setattr(holder, name, _copied_frame(name))
        return holder

    return installed


def copied(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy; where pandas copies on writing, one that costs nothing until then."""
    return frame.copy(deep=not _COPY_ON_WRITE)


def frozen(values: NDArray[Scalar]) -> NDArray[Scalar]:
    """The same array, read-only.

    >>> frozen(np.array([1.0])).flags.writeable
    False
    """
    if values.flags.owndata:
        values.flags.writeable = False
        return values
    view = values.view()
    view.flags.writeable = False
    return view


def is_frozen(values: Any) -> bool:
    """An array of floats that owns its memory and is read-only: it can be kept without a copy."""
    return (
        isinstance(values, np.ndarray)
        and values.dtype == np.float64
        and values.flags.owndata
        and not values.flags.writeable
    )


def freeze(holder: object) -> None:
    """Make every array a dataclass holds read-only."""
    for name, value in list(vars(holder).items()):
        if isinstance(value, np.ndarray):
            object.__setattr__(holder, name, frozen(value))
