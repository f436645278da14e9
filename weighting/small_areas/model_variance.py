"""The variance between areas that a Fay–Herriot model leaves over, by restricted or plain likelihood or by moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from weighting.groups import Floats

METHODS = ("reml", "ml", "moments")

#: So many values of the model variance are looked at before the maximum is refined, the least of them this share of
#: the smallest sampling variance, the last so much beyond the bound: a likelihood may have several maxima.
LOOKED_AT, LEAST, BEYOND = 200, 1e-4, 1.001


@dataclass(frozen=True, eq=False)
class Equation:
    """What the model variance A is solved from: direct estimates ``y`` [K], their variances ``D`` > 0 [K], and a
    ``basis`` [K, p] of orthonormal columns that spans the covariates (the answer depends on their span alone).

    With V = diag(A + D), r the residuals of the generalised regression, P = V⁻¹ − V⁻¹X(X′V⁻¹X)⁻¹X′V⁻¹, which takes
    y to r/V.
    """

    y: Floats
    D: Floats
    basis: Floats
    method: str

    def parts(self, A: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """At G values of A: V [G, K], residuals [G, K], leverages [G, K] and log|X′V⁻¹X| [G]."""
        V = A[:, None] + self.D
        weighted = self.basis / V[:, :, None]
        information = np.einsum("kp,gkq->gpq", self.basis, weighted)
        beta = np.linalg.solve(information, np.einsum("gkp,k->gp", weighted, self.y)[:, :, None])[:, :, 0]
        fitted = np.linalg.solve(information, weighted.swapaxes(1, 2))
        leverage = np.einsum("kp,gpk->gk", self.basis, fitted)
        return V, self.y - beta @ self.basis.T, leverage, np.linalg.slogdet(information)[1]

    def score(self, A: Floats) -> Floats:
        """Twice the derivative of the (restricted) log likelihood at A [G]; for moments Σ r²/(A + D) − (K − p)."""
        V, rest, leverage, _ = self.parts(A)
        if self.method == "moments":
            return np.asarray((rest**2 / V).sum(axis=1) - (self.y.size - self.basis.shape[1]))
        trace = ((1.0 - leverage if self.method == "reml" else 1.0) / V).sum(axis=1)
        return np.asarray(((rest / V) ** 2).sum(axis=1) - trace)

    def likelihood(self, A: Floats) -> Floats:
        """Twice the (restricted) log likelihood at A [G], without its constant."""
        V, rest, _, information = self.parts(A)
        plain = -(np.log(V) + rest**2 / V).sum(axis=1)
        return np.asarray(plain - information if self.method == "reml" else plain)

    @property
    def beyond(self) -> float:
        """A bound of A: the score is negative above it.

        There Σ (r/V)² ≤ RSS/(A + D_min)² is less than the least trace, (K − p)/(A + D_max).
        """
        rest = self.y - self.basis @ (self.basis.T @ self.y)
        mean = rest @ rest / (self.y.size - self.basis.shape[1])
        spread = self.D.max() - self.D.min()
        return float(max(0.0, (mean + np.sqrt(mean**2 + 4 * mean * spread)) / 2 - self.D.min()))


def solved(equation: Equation) -> float:
    """The model variance: where the likelihood is largest, or where the moments agree; 0 where no A > 0 is better.

    >>> y, D = np.array([0.0, 2.0, 4.0]), np.ones(3)
    >>> round(solved(Equation(y, D, np.full((3, 1), 3**-0.5), "reml")), 9)  # Σ (y − ȳ)²/2 − 1
    3.0
    """
    upper = equation.beyond
    if upper == 0.0:
        return 0.0
    least = min(LEAST * equation.D.min(), upper / 2)
    looked = np.concatenate([[0.0], np.geomspace(least, BEYOND * upper, LOOKED_AT)])
    rises = equation.score(looked) > 0
    tops = np.flatnonzero(rises[:-1] & ~rises[1:])
    found = np.array([_crossing(equation.score, looked[i], looked[i + 1]) for i in tops])
    if not rises[0]:
        found = np.append(0.0, found)
    return float(found[np.argmax(equation.likelihood(found))] if found.size > 1 else found[0])


def _crossing(score: Callable[[Floats], Floats], low: float, high: float) -> float:
    """Where the score turns from positive to negative."""
    from scipy.optimize import brentq

    found: float = brentq(lambda A: float(score(np.array([A]))[0]), low, high, xtol=1e-15 * high, rtol=1e-15)
    return found
