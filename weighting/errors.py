"""What can be wrong with a design or a calibration, told so that it can be put right."""

from collections.abc import Iterable
from difflib import get_close_matches


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
