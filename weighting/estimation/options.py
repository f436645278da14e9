"""How limits and degrees of freedom are made: what can be asked for, checked once, and applied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weighting.errors import DesignError, is_number, unknown
from weighting.estimation import intervals
from weighting.groups import Flags, Floats

INTERVALS = ("wald", "logit", "wilson", "beta", "bounded", "arcsine", "likelihood")
DEGREES = ("design", "domain", "satterthwaite")


@dataclass(frozen=True)
class Options:
    """``interval``: one of ``INTERVALS``; ``level`` of confidence; ``df``: one of ``DEGREES``, or a number.

    Raises:
        DesignError: what no estimator offers.
    """

    interval: str
    level: float
    df: str | float

    def __post_init__(self) -> None:
        problems = []
        if self.interval not in INTERVALS:
            problems.append(unknown("interval", self.interval, INTERVALS))
        if not is_number(self.level) or not 0 < self.level < 1:
            problems.append(f"level: {self.level!r} does not lie between 0 and 1")
        if not is_number(self.df) and self.df not in DEGREES:
            problems.append(unknown("degrees of freedom", self.df, (*DEGREES, "a number")))
        if is_number(self.df) and not float(self.df) > 0:
            problems.append(f"df: {self.df} is not positive")
        DesignError.raise_any(problems)

    def limits(self, estimate: Floats, se: Floats, df: Floats, n: Floats, flat: Flags) -> intervals.Limits:
        """Limits of estimates; ``n`` holds the number of rows, or what stands for it where nothing varies (``flat``)."""
        if self.interval == "wald":
            return intervals.wald(estimate, se, df, self.level)
        outside = (estimate < -1e-12) | (estimate > 1 + 1e-12)
        if outside.any():
            raise DesignError(
                f"interval {self.interval!r} is for values between 0 and 1, and an estimate is "
                f"{estimate[outside][0]:g}: use interval='wald'"
            )
        if self.interval in intervals.TRANSFORMED:
            kernel = intervals.TRANSFORMED[self.interval]
            return intervals.bounded(estimate, se, df, n, np.isposinf(n), self.level, kernel)
        return intervals.SIZED[self.interval](estimate, np.where(flat, 0.0, se), df, self.level, n)


def chosen(flat: Flags, safe: intervals.Limits, limits: intervals.Limits) -> intervals.Limits:
    """The ``safe`` limits where nothing varies, the others elsewhere."""
    return np.where(flat, safe[0], limits[0]), np.where(flat, safe[1], limits[1])
