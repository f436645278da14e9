"""What a Fay–Herriot model says once its variance is known: coefficients, predictions and their mean squared error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from weighting.groups import Flags, Floats


@dataclass(frozen=True, eq=False)
class AreaFit:
    """A model y = Xβ + v + e with Var v = A and Var e = D, for K areas with covariates ``X`` [K, p].

    ``D`` [K] is 0 where the direct estimate stands as it is, infinite where there is none; ``used`` [K] are the areas
    that β rests on (0 < D < ∞); ``y`` [K] counts where D is finite.
    """

    y: Floats
    D: Floats
    X: Floats
    used: Flags
    A: float
    method: str

    @cached_property
    def _regression(self) -> tuple[Floats, Floats]:
        """β [p] and its covariance (X′V⁻¹X)⁻¹ [p, p]."""
        root = np.sqrt(self.total_variance)
        Q, R = np.linalg.qr(self.X[self.used] / root[:, None])
        inverse = np.linalg.inv(R)
        return inverse @ (Q.T @ (self.y[self.used] / root)), inverse @ inverse.T

    @cached_property
    def total_variance(self) -> Floats:
        """A + D of the areas that β rests on."""
        return self.A + self.D[self.used]

    @property
    def beta(self) -> Floats:
        return self._regression[0]

    @property
    def covariance(self) -> Floats:
        return self._regression[1]

    @cached_property
    def synthetic(self) -> Floats:
        """x′β [K]."""
        return np.asarray(self.X @ self.beta)

    @cached_property
    def gamma(self) -> Floats:
        """The share of the direct estimate [K]: A/(A + D); 1 where it stands, 0 where there is none."""
        return np.divide(self.A, self.A + self.D, where=self.D > 0, out=np.ones_like(self.D))

    @cached_property
    def rest(self) -> Floats:
        """1 − γ [K], exact also where it is small."""
        ratio = np.divide(self.A, self.D, where=self.D > 0, out=np.full_like(self.D, np.inf))
        return np.asarray(1.0 / (1.0 + ratio))

    @cached_property
    def eblup(self) -> Floats:
        """γ y + (1 − γ) x′β [K]."""
        gap = np.where(np.isfinite(self.D), self.y - self.synthetic, 0.0)
        return np.where(self.D == 0, self.y, self.synthetic + self.gamma * gap)

    @property
    def uncorrected_mse(self) -> Floats:
        """g₁ + g₂ + 2 g₃ [K]."""
        g1 = self.A * self.rest
        g2 = self.rest**2 * np.einsum("kp,pq,kq->k", self.X, self.covariance, self.X)
        V = np.where(self.D > 0, self.A + self.D, np.inf)
        return np.asarray(g1 + g2 + 2 * self.rest**2 / V * self.variance_of_estimate)

    @property
    def mse(self) -> Floats:
        """The same less the bias of Â by likelihood or moments [K]."""
        return self.uncorrected_mse - self.rest**2 * self.bias_of_estimate

    @property
    def variance_of_estimate(self) -> float:
        """Asymptotic variance of Â."""
        V = self.total_variance
        if self.method == "moments":
            return float(2 * V.size / (1 / V).sum() ** 2)
        return float(2 / (V**-2.0).sum())

    @property
    def bias_of_estimate(self) -> float:
        """Asymptotic bias of Â; none by restricted likelihood."""
        V, X = self.total_variance, self.X[self.used]
        first, second = (1 / V).sum(), (V**-2.0).sum()
        if self.method == "moments":
            return float(2 * (V.size * second - first**2) / first**3)
        if self.method == "ml":
            return float(-np.trace(self.covariance @ (X.T @ (X / V[:, None] ** 2))) / second)
        return 0.0

    @property
    def log_likelihood(self) -> float:
        """Log likelihood at Â and β̂, over the areas that β rests on."""
        V, rest = self.total_variance, (self.y - self.synthetic)[self.used]
        return float(-(np.log(2 * np.pi * V) + rest**2 / V).sum() / 2)
