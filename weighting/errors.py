"""What can be wrong with a design or a calibration, told so that it can be put right."""

from collections.abc import Collection, Hashable, Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any


class DesignError(ValueError):
    """A survey design, or what is asked of it, cannot be right.

    ``problems`` holds every fault found, one sentence each, naming the column, the row or the category.

    >>> error = DesignError("weights: negative in row 3", "strata: missing in row 7")
    >>> error.problems
    ('weights: negative in row 3', 'strata: missing in row 7')
    """

    def __init__(self, *problems: str) -> None:
        self.problems: tuple[str, ...] = problems
        super().__init__("\n".join(problems))


class CalibrationError(ValueError):
    """Margins that cannot be met, or that contradict each other or the sample.

    ``problems`` holds every fault found, one sentence each, naming the margin, the category and the gap.
    """

    def __init__(self, *problems: str) -> None:
        self.problems: tuple[str, ...] = problems
        super().__init__("\n".join(problems))


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
