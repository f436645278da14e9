"""Raters who judge several units: what they say about how far the units' differences vary."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from weighting.errors import DesignError, applying
from weighting.frozen import freeze
from weighting.groups import Floats
from weighting.ranking.ranks import as_numbers


class OfStratum(NamedTuple):
    """Covariance [k, k] of the estimates that comes from one stratum of raters, on ``df`` degrees of freedom."""

    covariance: Floats
    df: float


@dataclass(frozen=True, eq=False)
class Raters:
    """Raters (or clusters) who judge several units, by their influence on the units' estimates.

    Attributes:
        totals: influence values of each rater on each estimate [n, k], weights included, summed over the rater's rows.
        strata: label of each rater's stratum [n]; None where they are one sample.
        fraction: sampling fraction of each rater's stratum, one number or [n]; 1 for a complete census.

    Cov = Σ_h (1 − f_h) · n_h/(n_h − 1) · Σ_c (z_hc − z̄_h)(z_hc − z̄_h)′; raters who are alone in their stratum add nothing.

    >>> answers = np.array([[1.0, 0.75], [0.5, 0.5], [0.75, 1.0]])
    >>> Raters((answers - answers.mean(axis=0)) / 3).covariance().round(4).tolist()
    [[0.0208, 0.0104], [0.0104, 0.0208]]
    """

    totals: ArrayLike
    strata: ArrayLike | None = None
    fraction: ArrayLike = 0.0

    def __post_init__(self) -> None:
        z, f = as_numbers("raters: totals", self.totals), as_numbers("raters: fraction", self.fraction)
        DesignError.raise_any(_problems(z, self.strata, f))
        codes = (
            np.zeros(len(z), dtype=np.intp)
            if self.strata is None
            else pd.factorize(as_labels(self.strata))[0]
        )
        for name, value in (
            ("totals", z),
            ("strata", codes),
            ("fraction", np.broadcast_to(f, len(z)).copy()),
        ):
            object.__setattr__(self, name, value)
        freeze(self)

    def by_stratum(self) -> Iterator[OfStratum]:
        """The parts of the covariance, stratum by stratum; those with one rater or a complete census have none."""
        z, codes, f = np.asarray(self.totals), np.asarray(self.strata), np.asarray(self.fraction)
        for code in range(codes.max(initial=-1) + 1):
            rows = codes == code
            n, rest = int(rows.sum()), 1.0 - float(f[rows][0])
            if n > 1 and rest > 0:
                deviation = z[rows] - z[rows].mean(axis=0)
                yield OfStratum(rest * n / (n - 1) * (deviation.T @ deviation), n - 1.0)

    def covariance(self) -> Floats:
        """Covariance [k, k] of the estimates that comes from these raters."""
        k = np.asarray(self.totals).shape[1]
        return sum((part.covariance for part in self.by_stratum()), np.zeros((k, k)))


def as_labels(given: ArrayLike) -> NDArray[Any]:
    return np.asarray(given, dtype=object)


def _problems(z: Floats, strata: ArrayLike | None, f: Floats) -> list[str]:
    if z.ndim != 2:
        return [f"raters: totals [raters, units] are needed, the shape is {z.shape}"]
    labels = None if strata is None else as_labels(strata)
    found = applying(
        (not np.isfinite(z).all(), "raters: totals: missing or infinite values"),
        (
            labels is not None and labels.shape != (len(z),),
            f"raters: strata: one label for each of {len(z)} raters is needed",
        ),
        (
            f.shape not in ((), (len(z),)),
            f"raters: fraction: one number, or one for each of {len(z)} raters, is needed",
        ),
        (not ((f >= 0) & (f <= 1)).all(), "raters: fraction: accepted from 0 to 1"),
    )
    if found or labels is None:
        return found
    if pd.isna(labels).any():
        return [f"raters: strata: missing for rater {int(np.flatnonzero(pd.isna(labels))[0])}"]
    if f.ndim:
        spread = pd.Series(f).groupby(labels).nunique()
        return [f"raters: fraction: differs within stratum {name!r}" for name in spread.index[spread > 1][:3]]
    return []
