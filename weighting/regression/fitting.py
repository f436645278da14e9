"""Coefficients of weighted regressions, and whether a logistic one has any: arithmetic on arrays.

Estimating equations Σ w x (y − μ(x′β)) = 0 with μ the identity or the logistic function; influence values
u_i = A⁻¹ x_i w_i (y_i − μ_i), A = Σ w μ′ x x′ (Binder, International Statistical Review 51, 1983).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from weighting.errors import DesignError, quoted
from weighting.groups import Floats

#: Newton's steps stop when no coefficient, in units of its regressor's size, moves by more than this share.
CONVERGED = 1e-12
MOST_ROUNDS = 100

#: A linear predictor beyond this says that a share is 0 or 1 but for 1e-11: the rows may be separated.
FAR = 25.0


@dataclass(frozen=True, eq=False)
class Fitted:
    """Coefficients [p] and fitted means [n]; for their variance ``orthonormal`` regressors [n, p], Σ slope x x′ = 1, with
    ``slope`` w μ′ and ``rest`` w (y − μ) [n], and ``back`` [p, p], which leads from coefficients of these to those of x."""

    coefficients: Floats
    means: Floats
    orthonormal: Floats
    slope: Floats
    rest: Floats
    back: Floats


def linear(x: Floats, y: Floats, weights: Floats) -> Fitted:
    """Weighted least squares.

    >>> x = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    >>> linear(x, np.array([1.0, 2.0, 4.0]), np.ones(3)).coefficients.round(12).tolist()
    [1.0, 2.0]
    """
    solved, back = _solved(x, y, weights)
    coefficients = solved + _solved(x, y - x @ solved, weights)[0]  # what rounding left
    means = x @ coefficients
    return Fitted(coefficients, means, x @ back, weights, weights * (y - means), back)


def logistic(x: Floats, y: Floats, weights: Floats, names: tuple[str, ...]) -> Fitted:
    """Logistic regression of shares y in [0, 1] by Newton's method.

    Raises:
        DesignError: the regressors tell zeros from ones without error, so that some coefficient is infinite.

    >>> fit = logistic(np.ones((4, 1)), np.array([0.0, 1.0, 1.0, 1.0]), np.ones(4), ("intercept",))
    >>> fit.coefficients.round(9).tolist() == np.log([3.0]).round(9).tolist()
    True
    """
    w = weights / weights.mean()
    size = np.sqrt((x**2).mean(axis=0))
    beta = np.zeros(x.shape[1])
    checked = False
    for _ in range(MOST_ROUNDS):
        means = special.expit(x @ beta)
        slope = w * means * (1 - means)
        step = _newton(x, y - means, w, slope)
        beta = _shortened(x, y, w, beta, step)
        if not checked and np.abs(x @ beta).max() > FAR:
            refuse_separated(x, y, names)
            checked = True
        if np.abs(step * size).max() <= CONVERGED * (1 + np.abs(beta * size).max()):
            break
    else:
        refuse_separated(x, y, names)
        raise DesignError(f"logistic: no solution after {MOST_ROUNDS} rounds")
    means = special.expit(x @ beta)
    slope = weights * means * (1 - means)
    _, back = _solved(x, y, slope)
    return Fitted(beta, means, x @ back, slope, weights * (y - means), back)


def _solved(x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted least squares of y on x by orthogonal triangles, and a root R⁻¹ of (x′Wx)⁻¹ = R⁻¹R⁻ᵀ."""
    root = np.sqrt(weights)
    size = np.sqrt((weights[:, None] * x**2).sum(axis=0))
    q, r = np.linalg.qr(x * root[:, None] / size)
    back = np.linalg.inv(r) / size[:, None]
    return back @ (q.T @ (root * y)), back


def _newton(x: Floats, rest: Floats, w: Floats, slope: Floats) -> Floats:
    """A⁻¹ Σ w x (y − μ); shortest where A is singular to rounding."""
    size = np.sqrt((slope[:, None] * x**2).sum(axis=0))
    size = np.where(size > 0, size, 1.0)
    moments = (x / size).T @ (x / size * slope[:, None])
    return np.asarray(np.linalg.lstsq(moments, (x / size).T @ (w * rest), rcond=1e-14)[0] / size)


def _deviance(x: Floats, y: Floats, w: Floats, beta: Floats) -> float:
    """−2 log likelihood."""
    eta = x @ beta
    return float(2 * (w * (np.logaddexp(0, eta) - y * eta)).sum())


def _shortened(x: Floats, y: Floats, w: Floats, beta: Floats, step: Floats) -> Floats:
    """The step, halved while it makes the fit worse."""
    before = _deviance(x, y, w, beta)
    for _ in range(30):
        if _deviance(x, y, w, beta + step) <= before * (1 + 1e-12) + 1e-300:
            break
        step = step / 2
    return beta + step


def refuse_separated(x: Floats, y: Floats, names: tuple[str, ...]) -> None:
    """Stop where a direction β has x′β ≥ 0 for all ones and ≤ 0 for all zeros, and not 0 for all rows: the likelihood grows
    along it for ever (Albert & Anderson, Biometrika 71, 1984). A linear program over the distinct rows finds it.
    """
    from scipy.optimize import linprog

    size = np.abs(x).max(axis=0)
    rows = np.unique(np.column_stack([x / size, y]), axis=0)
    scaled, value = rows[:, :-1], rows[:, -1]
    between = (value > 0) & (value < 1)
    signed = scaled[~between] * np.where(value[~between] > 0, 1.0, -1.0)[:, None]
    found = linprog(
        -signed.sum(axis=0),
        A_ub=np.concatenate([-signed, signed]),
        b_ub=np.concatenate([np.zeros(len(signed)), np.ones(len(signed))]),
        A_eq=scaled[between] if between.any() else None,
        b_eq=np.zeros(int(between.sum())) if between.any() else None,
        bounds=(None, None),
        method="highs",
    )
    if found.status == 0 and found.fun is not None and found.fun < -1e-6:
        infinite = [name for name, b in zip(names, np.asarray(found.x), strict=True) if abs(b) > 1e-7]
        raise DesignError(
            f"logistic: {quoted(infinite)} tell zeros from ones without error in some rows, so that their coefficients are "
            "infinite (separation): leave them out, or join levels"
        )
