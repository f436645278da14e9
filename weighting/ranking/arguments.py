"""What rank sets are asked for, checked: all faults are found at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weighting.errors import DesignError, applying, is_number, is_whole, unknown
from weighting.groups import Flags, Floats
from weighting.ranking.raters import Raters

#: A covariance may be off by rounding: this share of the largest variance.
NOT_A_COVARIANCE = 1e-8
#: Which ranks a set bounds: both ends, the best rank only, the worst rank only.
BOUNDS = ("two-sided", "lower", "upper")


@dataclass(frozen=True, eq=False)
class Estimated:
    """Estimates [k], their covariance [k, k], or variances [k] where they are independent, and its degrees of freedom: one
    number, [k] of the estimates, or [k, k] of their differences; ``raters`` who judge several units."""

    value: Floats
    covariance: Floats
    df: Floats
    raters: Raters | None

    @property
    def variance(self) -> Floats:
        return self.covariance if self.covariance.ndim == 1 else np.diag(self.covariance)

    @property
    def known(self) -> Flags:
        """Units [k] with an estimate."""
        return np.isfinite(self.value) & np.isfinite(self.variance)

    def of(self, units: NDArray[np.intp], sign: float) -> Estimated:
        """Some units in a given order, values times ``sign``; a covariance without correlations becomes variances."""
        covariance, df, raters = self.covariance, self.df, self.raters
        covariance = covariance[units] if covariance.ndim == 1 else covariance[np.ix_(units, units)]
        covariance = without_zeros(covariance)
        if df.ndim:
            df = df[units] if df.ndim == 1 else df[np.ix_(units, units)]
        if raters is not None:
            raters = replace(raters, totals=np.asarray(raters.totals)[:, units])
        return Estimated(sign * self.value[units], covariance, df, raters)

    def problems(self) -> Iterator[str]:
        """What is wrong with the covariance, the degrees of freedom or the raters."""
        k, df = len(self.value), self.df
        if self.covariance.shape not in ((k,), (k, k)):
            yield f"covariance: shape {self.covariance.shape} does not fit {k} estimates"
        if df.ndim == 0 and not df > 0:
            yield f"df {df.item()!r}: degrees of freedom must be positive (infinite for the normal distribution)"
        elif df.ndim and df.shape not in ((k,), (k, k)):
            yield f"df: shape {df.shape} does not fit {k} estimates; one number, [{k}] or [{k}, {k}] is needed"
        elif df.ndim and not (df >= 0).all():
            place = ", ".join(str(i) for i in np.argwhere(~(df >= 0))[0])
            yield f"df: {df[~(df >= 0)][0]} at {place}; degrees of freedom are from 0 (not known) to infinity (normal)"
        elif df.ndim == 2 and not np.array_equal(df, df.T):
            i, j = np.argwhere(df != df.T)[0]
            yield f"df: not symmetric, {df[i, j]:g} and {df[j, i]:g} between units {i} and {j}"
        if self.raters is not None and np.asarray(self.raters.totals).shape[1] != k:
            yield f"raters: totals of {np.asarray(self.raters.totals).shape[1]} estimates for {k}"

    def covariance_problems(self) -> Iterator[str]:
        """What keeps the part of the ranked units from being a covariance, of which the raters' is a part."""
        units = np.flatnonzero(self.known)
        v = self.variance[units]
        slack = NOT_A_COVARIANCE * v.max(initial=0.0)
        covariance = without_zeros(self.covariance)
        if covariance.ndim == 2:
            yield from _not_a_covariance(covariance[np.ix_(units, units)], units, slack)
        elif (v < -slack).any():
            yield f"covariance: some combination has a negative variance ({v.min():.3g})"
        if self.raters is not None:
            over = np.diag(self.raters.covariance())[units] - v > slack
            for unit in units[over][:1]:
                yield f"raters: the variance that they explain in unit {unit} is larger than that of its estimate"


def without_zeros(covariance: Floats) -> Floats:
    """The variances [k] where nothing is correlated; otherwise the covariance [k, k] itself."""
    alone = covariance.ndim == 2 and np.count_nonzero(covariance) == np.count_nonzero(np.diag(covariance))
    return np.diag(covariance).copy() if alone else covariance


def _not_a_covariance(covariance: Floats, units: NDArray[np.intp], slack: float) -> Iterator[str]:
    for j, row in enumerate(covariance):
        column = covariance[:, j]
        if not np.isfinite(row).all():
            k = np.flatnonzero(~np.isfinite(row))[0]
            yield f"covariance: {row[k]} between units {units[j]} and {units[k]}, whose variances are known"
            return
        if (np.abs(row - column) > slack).any():
            k = np.flatnonzero(np.abs(row - column) > slack)[0]
            both = f"{row[k]:g} and {column[k]:g} between units {units[j]} and {units[k]}"
            yield f"covariance: not symmetric, {both}"
            return
    try:
        np.linalg.cholesky(covariance + slack * np.eye(len(covariance)))
    except np.linalg.LinAlgError:
        least = np.linalg.eigvalsh(covariance).min(initial=0.0)
        if least < -slack:
            yield f"covariance: some combination has a negative variance ({least:.3g})"


def option_problems(level: Any, top: Any, draws: Any, bounds: Any) -> list[str]:
    return applying(
        (not is_number(level) or not 0 < level < 1, f"level {level!r}: accepted between 0 and 1"),
        (
            not is_number(top) or not top > 0 or (top > 1 and top != np.floor(top)),
            f"top {top!r}: a share below 1 or a number of units",
        ),
        (
            draws is not None and (not is_whole(draws) or draws < 100),
            f"draws {draws!r}: at least 100 are needed",
        ),
        (bounds not in BOUNDS, unknown("bounds", bounds, BOUNDS)),
    )


def checked(estimated: Estimated, options: list[str]) -> Estimated:
    """The same, or DesignError with everything that is wrong with it and with the options."""
    if estimated.value.ndim != 1:
        raise DesignError(f"estimates: one value per unit is needed, the shape is {estimated.value.shape}")
    found = [*estimated.problems(), *options]
    DesignError.raise_any(found or estimated.covariance_problems())
    return estimated
