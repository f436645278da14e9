"""Tests of independence in one table of rows by columns: Rao & Scott's corrections of Pearson's χ², and Wald's test.

With p the observed cell shares, V their covariance, D = diag(p), and C the interaction contrasts, orthogonal to the main effects,

    Δ = (C′D⁻¹C/n)⁻¹ C′D⁻¹VD⁻¹C

has eigenvalues λ, the generalised design effects, and X² = n Σ (p − p̂)²/p̂ (p̂ the product of the margins) follows Σ λ χ²₁.
(Rao & Scott, JASA 76, 1981, and Annals of Statistics 12, 1984; Thomas & Rao, JASA 82, 1987.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from weighting.groups import Floats
from weighting.hypotheses.hypothesis_test import SINGULAR, f_p, quadratic_form
from weighting.tables.mixtures import exact, saddlepoint

#: Expected rows of a cell below which the distribution of X² may be far from the one it is compared with.
FEW = 5


@dataclass(frozen=True, eq=False)
class TwoWay:
    """One table under test: shares [R, C], their covariance [RC, RC], rows ``n`` and the design's degrees of freedom; ``counted``
    gives the estimated totals [R, C] and their covariance, which only Wald's tests need. Every row and every column holds
    something."""

    shares: Floats
    covariance: Floats
    counted: Callable[[], tuple[Floats, Floats]]
    n: float
    df: float

    @property
    def size(self) -> int:
        """(R − 1)(C − 1): how many numbers independence fixes."""
        return int((self.shares.shape[0] - 1) * (self.shares.shape[1] - 1))

    @property
    def expected(self) -> Floats:
        """Shares under independence."""
        return np.outer(self.shares.sum(axis=1), self.shares.sum(axis=0))

    @property
    def x2(self) -> float:
        """Pearson's X² of n rows."""
        return float(self.n * ((self.shares - self.expected) ** 2 / self.expected).sum())

    @cached_property
    def effects(self) -> Floats:
        """λ: the eigenvalues of Δ, ascending."""
        p = self.shares.ravel()
        over = np.divide(1.0, p, out=np.zeros_like(p), where=p > 0)
        contrasts = interactions(*self.shares.shape) * over[:, None]
        simple = contrasts.T @ (p[:, None] * contrasts) / self.n
        sizes, directions = np.linalg.eigh(simple)
        kept = sizes > SINGULAR * sizes[-1]
        unit = directions[:, kept] / np.sqrt(sizes[kept])
        found = np.linalg.eigvalsh(unit.T @ contrasts.T @ self.covariance @ contrasts @ unit)
        return np.asarray(np.maximum(found, 0.0))

    @property
    def terms(self) -> float:
        """Degrees of freedom of the numerator, second order: (Σ λ)²/Σ λ²."""
        return float(self.effects.sum() ** 2 / (self.effects**2).sum())

    @cached_property
    def wald(self) -> float:
        """Wald's statistic of the differences N_rc − N_r. N_.c/N of the estimated totals; NaN where they vary in too few ways."""
        totals, covariance_of_totals = self.counted()
        whole, row, column = totals.sum(), totals.sum(axis=1), totals.sum(axis=0)
        R, C = totals.shape
        of_row = np.kron(np.eye(R), np.ones((C, C))) * np.tile(column, R)[:, None]
        of_column = np.kron(np.ones((R, R)), np.eye(C)) * np.repeat(row, C)[:, None]
        product = np.outer(row, column)
        slope = np.eye(R * C) - (of_row + of_column) / whole + product.ravel()[:, None] / whole**2
        chosen = np.flatnonzero(np.pad(np.ones((R - 1, C - 1)), ((1, 0), (1, 0))))
        covariance = (slope @ covariance_of_totals @ slope.T)[np.ix_(chosen, chosen)]
        return quadratic_form((totals - product / whole).ravel()[chosen], covariance)


def interactions(rows: int, columns: int) -> Floats:
    """Contrasts [RC, (R − 1)(C − 1)] of a table that main effects leave alone.

    >>> interactions(2, 2).round(9).ravel().tolist()
    [0.25, -0.25, -0.25, 0.25]
    """

    def deviations(size: int) -> Floats:
        return np.eye(size)[:, 1:] - 1 / size

    return np.asarray(np.kron(deviations(rows), deviations(columns)), dtype=float)


#: A test's statistic, degrees of freedom of numerator and denominator, and p.
Tested = tuple[float, float, float, float]


def _p(f: float, ndf: float, ddf: float) -> float:
    return float(f_p(*(np.array([value]) for value in (f, ndf, ddf)))[0])


def _second_order(t: TwoWay) -> Tested:
    f, ndf = t.x2 / t.effects.sum(), t.terms
    return f, ndf, ndf * t.df, _p(f, ndf, ndf * t.df)


def _first_order(t: TwoWay) -> Tested:
    mean = t.effects.mean()
    return t.x2, float(t.effects.size), np.inf, float(special.chdtrc(t.effects.size, t.x2 / mean))


def _wald(t: TwoWay) -> Tested:
    f = t.wald / t.size
    return f, float(t.size), t.df, _p(f, t.size, t.df)


def _adjusted_wald(t: TwoWay) -> Tested:
    ddf = t.df - t.size + 1
    f = t.wald / t.size * ddf / t.df
    return f, float(t.size), ddf, _p(f, t.size, ddf)


def _by_mixture(tail: Callable[[float, Floats, float], float]) -> Callable[[TwoWay], Tested]:
    def tested(t: TwoWay) -> Tested:
        ddf = t.terms * t.df
        return t.x2, float(t.effects.size), ddf, tail(t.x2, t.effects, ddf)

    return tested


#: Tests by their names in R: what the statistic is called, the test in words, and how it is made.
TESTS: dict[str, tuple[str, str, Callable[[TwoWay], Tested]]] = {
    "F": ("F", "Rao–Scott F (second order)", _second_order),
    "Chisq": ("X2", "Rao–Scott χ² (first order)", _first_order),
    "Wald": ("F", "Wald test of independence", _wald),
    "adjWald": ("F", "adjusted Wald test of independence", _adjusted_wald),
    "lincom": ("X2", "Pearson's X², exact mixture of χ²", _by_mixture(exact)),
    "saddlepoint": ("X2", "Pearson's X², saddlepoint", _by_mixture(saddlepoint)),
}


def tested(table: TwoWay, test: str) -> tuple[Tested, str]:
    """One test of one table, and a note: why there is none (p is NaN), or that few rows are expected in some cells."""
    nothing = (np.nan, np.nan, np.nan, np.nan)
    if min(table.shares.shape) < 2:
        return nothing, "one row or one column only: nothing to test"
    if not table.df > 0:
        return nothing, "no degrees of freedom: no test"
    if not (table.effects > 0).any():
        return nothing, "nothing varies between clusters: no test"
    found = TESTS[test][2](table)
    if np.isnan(found[-1]):
        return found, "the covariance of the differences is singular: too few clusters, or empty cells"
    few = 0 if "Wald" in test else int((table.expected * table.n < FEW).sum())
    note = f"fewer than {FEW} rows expected in {few} of {table.shares.size} cells: rough" if few else ""
    return found, note
