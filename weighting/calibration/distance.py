"""Calibration distances as records: F carries x'λ to the factor g = w/d, dF is its derivative.

Source: Deville & Särndal, "Calibration estimators in survey sampling", JASA 87 (1992), table 1 and §2.3;
the bounded logit is their case 6, clipping F at the bounds their case 7.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from weighting.errors import CalibrationError
from weighting.groups import Floats

LINEAR, RAKING, LOGIT = "linear", "raking", "logit"
NAMES = (LINEAR, RAKING, LOGIT)


@dataclass(frozen=True)
class Distance:
    """One distance: everything the solver has to know of it.

    Attributes:
        name: ``linear``, ``raking`` or ``logit``.
        F: x'λ [n] -> g [n], without unit.
        dF: x'λ [n] -> derivative of F [n]; zero where a bound holds.
        bounds: the interval g stays in; infinite where there is none.

    >>> raking = distance("raking")
    >>> raking.F(np.array([0.0, np.log(2.0)])).tolist()
    [1.0, 2.0]
    """

    name: str
    F: Callable[[Floats], Floats]
    dF: Callable[[Floats], Floats]  # noqa: N815 — the symbol of the formula
    bounds: tuple[float, float] = (-np.inf, np.inf)


def _exp(u: Floats) -> Floats:
    # A trial step may overshoot; the solver rejects what is not finite.
    with np.errstate(over="ignore"):
        return np.exp(u)


def _clipped(plain: Distance, low: float, high: float) -> Distance:
    """The same distance with g held inside [low, high]."""

    def f(u: Floats) -> Floats:
        return np.clip(plain.F(u), low, high)

    def df(u: Floats) -> Floats:
        g = plain.F(u)
        return np.where((g > low) & (g < high), plain.dF(u), 0.0)

    return Distance(plain.name, f, df, (low, high))


def _logit(low: float, high: float) -> Distance:
    """g = (L(U−1) + U(1−L)e^{Au}) / ((U−1) + (1−L)e^{Au}),  A = (U−L)/((1−L)(U−1)).

    Written with the logistic function p of Au + log((1−L)/(U−1)): g = L + (U−L)p, dF = A(U−L)p(1−p),
    which neither overflows nor loses digits at the bounds.
    """
    A = (high - low) / ((1.0 - low) * (high - 1.0))
    shift = np.log((1.0 - low) / (high - 1.0))

    def p(u: Floats) -> Floats:
        from scipy.special import expit

        return np.asarray(expit(A * u + shift))

    def f(u: Floats) -> Floats:
        return low + (high - low) * p(u)

    def df(u: Floats) -> Floats:
        q = p(u)
        return A * (high - low) * q * (1.0 - q)

    return Distance(LOGIT, f, df, (low, high))


_UNBOUNDED = {LINEAR: Distance(LINEAR, lambda u: 1.0 + u, np.ones_like), RAKING: Distance(RAKING, _exp, _exp)}


def _read_bounds(bounds: tuple[float | None, float | None] | None) -> tuple[float, float]:
    try:
        low, high = bounds if bounds is not None else (None, None)
        return (-np.inf if low is None else float(low), np.inf if high is None else float(high))
    except (TypeError, ValueError):
        raise CalibrationError(f"bounds {bounds!r}: two limits of w/d are needed, None for none") from None


def distance(name: str, bounds: tuple[float | None, float | None] | None = None) -> Distance:
    """The record called ``name``, held inside ``bounds`` = (lower, upper) limits of g = w/d.

    Either limit may be None for linear and raking; logit needs both, with lower < 1 < upper.

    Raises:
        CalibrationError: an unknown name, or bounds the distance cannot have.

    >>> distance("linear", (0.5, 2.2)).F(np.array([-1.0, 0.0, 3.0])).tolist()
    [0.5, 1.0, 2.2]
    >>> distance("logit", (0.5, 2.0)).F(np.array([0.0])).round(12).tolist()
    [1.0]
    """
    if name not in NAMES:
        raise CalibrationError(f"distance {name!r} is not known; accepted: {', '.join(NAMES)}")
    low, high = _read_bounds(bounds)
    if not low < high:
        raise CalibrationError(f"bounds ({low}, {high}): the lower limit must be below the upper limit")
    if name == LOGIT:
        if not (np.isfinite(low) and low < 1.0 < high and np.isfinite(high)):
            raise CalibrationError(
                f"bounds ({low}, {high}): logit needs two finite limits of w/d around 1, as in (0.5, 2)"
            )
        return _logit(low, high)
    plain = _UNBOUNDED[name]
    return plain if bounds is None else _clipped(plain, low, high)
