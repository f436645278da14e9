"""The calibration equations Σ d F(x'λ) x = T, and Newton's method for them, the same for every distance.

Source: Deville & Särndal, JASA 87 (1992), eq. 2.3. The left side is the gradient of a convex function of λ, so a Newton
step is a step uphill on its dual and can be halved until it helps.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from weighting.calibration.distance import Distance
from weighting.groups import Codes, Floats

HALVINGS = 60
TOLERANCE = 1e-10
MAX_ROUNDS = 100


@dataclass(frozen=True, eq=False)
class Solution:
    """Where the solver stands, at the end what it reached.

    Attributes:
        u: x'λ [c].
        g: factors w/d = F(u) [c].
        gap: T − Σ d g x [p].
        worst: the largest gap, relative to its total.
        rounds: Newton rounds done.
    """

    u: Floats
    g: Floats
    gap: Floats
    worst: float
    rounds: int


@dataclass(frozen=True, eq=False)
class Equations:
    """Σ d F(x'λ) x = T.

    Attributes:
        x: auxiliaries [c, p], sparse; columns may be redundant as long as the totals agree.
        d: design weights [c], positive.
        totals: T [p].
        distance: F and its derivative.
    """

    x: sparse.csr_array
    d: Floats
    totals: Floats
    distance: Distance

    @cached_property
    def scale(self) -> Floats:
        """What a gap is measured by [p]: the total, or Σ d|x| / 10⁴ where that is larger."""
        scale = np.maximum(np.abs(self.totals), 1e-4 * (abs(self.x).T @ self.d))
        return np.where(scale > 0, scale, 1.0)

    def at(self, u: Floats, rounds: int) -> Solution:
        """What u = x'λ [c] gives."""
        g = self.distance.F(u)
        with np.errstate(invalid="ignore", over="ignore"):
            gap = self.totals - self.x.T @ (self.d * g)
        return Solution(u, g, gap, float(np.max(np.abs(gap) / self.scale, initial=0.0)), rounds)

    def gram(self, v: Floats) -> Floats:
        """x' diag(v) x: [c] -> [p, p]."""
        return np.asarray((self.x.T @ self.x.multiply(v[:, None])).toarray())

    @cached_property
    def independent(self) -> Codes:
        """Columns of x that span the others: pivoted Cholesky of the scaled x' diag(d) x."""
        from scipy.linalg.lapack import dpstrf

        H = self.gram(self.d)
        size = np.diag(H)
        scale = np.divide(1.0, np.sqrt(size), out=np.zeros(len(size)), where=size > 0)
        _, pivots, rank, _ = dpstrf(H * np.outer(scale, scale), tol=1e-10, lower=1)
        return np.sort(pivots[:rank] - 1).astype(np.intp)

    def newton_step(self, point: Solution, floor: float) -> Floats:
        """H⁻¹ gap with H = Σ d max(dF, floor) x x' on the independent columns; zero where H is singular there."""
        from scipy.linalg import LinAlgError, cho_factor, cho_solve

        keep = self.independent
        H = self.gram(self.d * np.maximum(self.distance.dF(point.u), floor))[np.ix_(keep, keep)]
        scale = np.sqrt(np.maximum(np.diag(H), np.finfo(float).tiny))
        step = np.zeros(len(point.gap))
        try:
            found = cho_solve(cho_factor(H / np.outer(scale, scale)), point.gap[keep] / scale) / scale
        except LinAlgError:
            return step
        step[keep] = found if np.isfinite(found).all() else 0.0
        return step

    def halved(self, point: Solution, step: Floats) -> Solution:
        """After the longest of the steps 1, ½, ¼ … that does not pass the top of the dual, or that lessens the worst gap."""
        along = self.x @ step
        for halving in range(HALVINGS):
            trial = self.at(point.u + along / 2**halving, point.rounds + 1)
            if np.isfinite(trial.worst) and (trial.worst < point.worst or trial.gap @ step >= 0):
                return trial
        return self.at(point.u, point.rounds + 1)


def solve(equations: Equations, tolerance: float = TOLERANCE, max_rounds: int = MAX_ROUNDS) -> Solution:
    """Newton's method from u = 0, until the largest gap is within ``tolerance`` or ``max_rounds`` are over.

    A floor under dF takes the place of slopes that a bound has made zero whenever the plain step does not get on:
    with the floor the step is a damped gradient step, which leads out of any corner the bounds make.

    >>> from weighting.calibration.distance import distance
    >>> x = sparse.csr_array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> solve(Equations(x, np.ones(3), np.array([2.0, 3.0]), distance("raking"))).g.round(12).tolist()
    [2.0, 1.5, 1.5]
    """
    point, floor = equations.at(np.zeros(len(equations.d)), 0), 0.0
    while point.worst > tolerance and point.rounds < max_rounds:
        reached = equations.halved(point, equations.newton_step(point, floor))
        floor, point = _floor(floor, slow=reached.worst > 0.9 * point.worst), reached
    return point


def _floor(floor: float, slow: bool) -> float:
    """The next floor under dF: raised while the steps are slow, lowered again and left out when they get on."""
    if slow:
        return min(1.0, max(1e-8, 100.0 * floor))
    return floor / 100.0 if floor > 1e-8 else 0.0
