"""What can be wrong with a design or a calibration, told so that it can be put right."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Fault(str):
    """A sentence that says what is wrong, with what it is made of, for those who word it in another language.

    Attributes:
        code: what kind of fault this is.
        facts: names, levels and numbers of the sentence.

    >>> fault = Fault("no_rows", "category 'f' has no rows", levels=("f",))
    >>> str(fault), fault.code, fault.facts
    ("category 'f' has no rows", 'no_rows', {'levels': ('f',)})
    """

    code: str
    facts: Mapping[str, Any]

    def __new__(cls, code: str, sentence: str, **facts: Any) -> "Fault":
        made = super().__new__(cls, sentence)
        made.code, made.facts = code, facts
        return made


class ProblemsError(ValueError):
    """Something cannot be right; ``problems`` holds every fault found, one sentence each."""

    def __init__(self, *problems: str) -> None:
        self.problems: tuple[str, ...] = problems
        super().__init__("\n".join(problems))

    @classmethod
    def raise_any(cls, problems: Iterable[str]) -> None:
        """Raise the problems as one error, if there are any.

        >>> DesignError.raise_any([])
        """
        found = tuple(problems)
        if found:
            raise cls(*found)


class DesignError(ProblemsError):
    """A survey design, or what is asked of it, cannot be right.

    ``problems`` holds every fault found, one sentence each, naming the column, the row or the category.

    >>> error = DesignError("weights: negative in row 3", "strata: missing in row 7")
    >>> error.problems
    ('weights: negative in row 3', 'strata: missing in row 7')
    """


class CalibrationError(ProblemsError):
    """Margins that cannot be met, or that contradict each other or the sample.

    ``problems`` holds every fault found, one sentence each, naming the margin, the category and the gap.
    """


def listed(given: Any) -> list[Any]:
    """One name or several, as a list.

    >>> listed("q1"), listed(("q1", "q2")), listed(7)
    (['q1'], ['q1', 'q2'], [7])
    """
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes)
    return list(given) if several else [given]


def absent(what: str, names: Iterable[Any], known: Collection[Any]) -> list[str]:
    """What is wrong with names that are not among the known ones.

    >>> absent("column", ["y", "z", []], {"y": 1, "x": 2})
    ["unknown column 'z'; known: 'y', 'x'", "unknown column '[]'; known: 'y', 'x'"]
    """
    return [unknown(what, n, known) for n in names if not isinstance(n, Hashable) or n not in known]


def columns_named(given: Any, known: Collection[Any], role: str = "columns") -> list[Any]:
    """The names of one column or several, all of them known.

    Raises:
        DesignError: names that are unknown; no name at all.

    >>> columns_named("y", ["x", "y"])
    ['y']
    """
    names = listed(given)
    DesignError.raise_any(absent("column", names, known) if names else [f"{role}: none are named"])
    return names


def rows_named(bad: NDArray[np.bool_], index: pd.Index, values: Any = None) -> str:
    """Name the first rows at fault, with their values, and say how many there are.

    >>> rows_named(np.array([False, True, True]), pd.RangeIndex(3), np.array([1.0, -2.0, -3.0]))
    'row 1 (-2.0), row 2 (-3.0)'
    """
    at = np.flatnonzero(bad)
    shown = [f"row {index[i]}" + ("" if values is None else f" ({np.asarray(values)[i]})") for i in at[:5]]
    return ", ".join(shown) + (f" and {at.size - 5:,} more" if at.size > 5 else "")


def applying(*checks: tuple[Any, str]) -> list[str]:
    """The messages of those checks (whether something is wrong, message) that apply.

    >>> applying((1 > 2, "one is too large"), (1 < 2, "two is too large"))
    ['two is too large']
    """
    return [message for wrong, message in checks if wrong]


def quoted(names: Iterable[Any]) -> str:
    """Names in quotation marks, one after the other.

    >>> quoted(["north", 7])
    "'north', '7'"
    """
    return ", ".join(repr(str(name)) for name in names)


def is_number(value: Any) -> bool:
    """Whether this is one real number; truth values are none.

    >>> is_number(0.5), is_number(True), is_number("0.5")
    (True, False, False)
    """
    return isinstance(value, Real) and not isinstance(value, bool)


def is_whole(value: Any) -> bool:
    """Whether this is one whole number; truth values are none.

    >>> is_whole(3), is_whole(3.0), is_whole(True)
    (True, False, False)
    """
    return isinstance(value, Integral) and not isinstance(value, bool)


def unknown(what: str, name: object, known: Iterable[object]) -> str:
    """Say that a name does not exist, and which existing name is nearest.

    >>> unknown("column", "wieght", ["weight", "unit"])
    "unknown column 'wieght'; did you mean 'weight'?"
    >>> unknown("interval", "x", ["wald", "logit"])
    "unknown interval 'x'; known: 'wald', 'logit'"
    """
    names = [str(k) for k in known]
    near = get_close_matches(str(name), names, n=1, cutoff=0.6)
    if near:
        return f"unknown {what} {str(name)!r}; did you mean {near[0]!r}?"
    listed = ", ".join(repr(k) for k in names[:12]) + (", …" if len(names) > 12 else "")
    return f"unknown {what} {str(name)!r}; known: {listed}" if names else f"unknown {what} {str(name)!r}"
