"""Calibration: weights w = d·F(x'λ) that reproduce known totals, by one Newton solver for every distance.

Source: Deville & Särndal, JASA 87 (1992), eq. 2.3: find λ with Σ d F(x'λ) x = T. The left side is the gradient
of a convex function of λ, so a Newton step is a step uphill on its dual and can be halved until it helps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from weighting.design import Adjustment, Design
from weighting.distance import LINEAR, RAKING, Distance
from weighting.distance import distance as distance_record
from weighting.errors import CalibrationError, unknown
from weighting.margins import (
    Cells,
    Margin,
    bound_problems,
    missing_columns,
    read_margins,
    same_total,
    sample_problems,
    shape_problems,
    tabulate,
)

Array = NDArray[np.float64]
Matrix = Array | sparse.csr_array

# A cross-table up to this many numbers is kept dense: small products are quicker than sparse ones.
DENSE_ENTRIES = 1 << 21
HALVINGS = 60
TOLERANCE = 1e-10
MAX_ROUNDS = 100
DESIGN, EQUAL = "design", "equal"
RESIDUALS = (DESIGN, EQUAL)


# ---- the solver: arrays in, arrays out ----------------------------------------------------------------


@dataclass(frozen=True)
class Solution:
    """What the solver reached.

    Attributes:
        g: factors w/d [c].
        gap: T − Σ d g x [p].
        rounds: Newton rounds done.
        met: whether every gap is within the tolerance.
    """

    g: Array
    gap: Array
    rounds: int
    met: bool


def _gram(x: Matrix, weight: Array) -> Array:
    """Σ weight x x' [p, p]."""
    if not isinstance(x, np.ndarray):
        return np.asarray((x.T @ sparse.csr_array(x.multiply(weight[:, None]))).todense())
    return np.asarray(x.T @ (x * weight[:, None]))


def independent(H: Array) -> NDArray[np.intp]:
    """Columns of a positive semi-definite H [p, p] that span its range: pivoted Cholesky of the scaled matrix."""
    from scipy.linalg.lapack import dpstrf

    diagonal = np.diag(H)
    scale = np.where(diagonal > 0, 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), 0.0)
    _, pivots, rank, _ = dpstrf(H * np.outer(scale, scale), tol=1e-10, lower=1)
    return np.sort(pivots[:rank] - 1).astype(np.intp)


def _newton_step(x: Matrix, weight: Array, gap: Array, keep: NDArray[np.intp]) -> Array | None:
    """H⁻¹ gap with H = Σ weight x x' on the independent columns; None where H is singular there."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    H = _gram(x, weight)[np.ix_(keep, keep)]
    scale = np.sqrt(np.maximum(np.diag(H), np.finfo(float).tiny))
    step = np.zeros(len(gap))
    try:
        step[keep] = cho_solve(cho_factor(H / np.outer(scale, scale)), gap[keep] / scale) / scale
    except LinAlgError:
        return None
    return step if np.isfinite(step).all() else None


def solve(
    x: Matrix,
    d: Array,
    totals: Array,
    record: Distance,
    tolerance: float = TOLERANCE,
    max_rounds: int = MAX_ROUNDS,
) -> Solution:
    """Newton's method for Σ d F(x'λ) x = T.

    Args:
        x: auxiliaries [c, p], dense or sparse; columns may be redundant as long as the totals agree.
        d: design weights [c], positive.
        totals: T [p].
        record: the distance.
        tolerance: largest gap allowed, relative to the total (to Σ d|x| / 10⁴ where that is larger).
        max_rounds: Newton rounds before giving up.

    A floor under dF takes the place of slopes that a bound has made zero whenever the plain step does not get on:
    with the floor the step is a damped gradient step, which leads out of any corner the bounds make.

    >>> from weighting.distance import distance
    >>> x = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> solve(x, np.ones(3), np.array([2.0, 3.0]), distance("raking")).g.round(12).tolist()
    [2.0, 1.5, 1.5]
    """
    scale = np.maximum(np.abs(totals), 1e-4 * (abs(x).T @ d))
    scale = np.where(scale > 0, scale, 1.0)
    keep = independent(_gram(x, d))
    u, floor = np.zeros(len(d)), 0.0
    g = record.F(u)
    gap = totals - x.T @ (d * g)
    worst = float(np.max(np.abs(gap) / scale, initial=0.0))
    rounds = 0
    while worst > tolerance and rounds < max_rounds:
        rounds += 1
        step = _newton_step(x, d * np.maximum(record.dF(u), floor), gap, keep)
        before = worst
        if step is not None:
            u, g, gap, worst = _halved(x, d, totals, record, scale, u, step, g, gap, worst)
        slow = step is None or worst > 0.5 * before
        floor = min(1.0, max(1e-8, 100.0 * floor)) if slow else (floor / 100.0 if floor > 1e-8 else 0.0)
    return Solution(g, gap, rounds, worst <= tolerance)


def _halved(
    x: Matrix,
    d: Array,
    totals: Array,
    record: Distance,
    scale: Array,
    u: Array,
    step: Array,
    g: Array,
    gap: Array,
    worst: float,
) -> tuple[Array, Array, Array, float]:
    """The longest of the steps 1, ½, ¼ … that does not pass the top of the dual, or that lessens the worst gap."""
    along, t = x @ step, 1.0
    for _ in range(HALVINGS):
        trial_u = u + t * along
        trial_g = record.F(trial_u)
        with np.errstate(invalid="ignore", over="ignore"):
            trial_gap = totals - x.T @ (d * trial_g)
        trial_worst = float(np.max(np.abs(trial_gap) / scale))
        if np.isfinite(trial_worst) and (trial_worst < worst or trial_gap @ step >= 0):
            return trial_u, trial_g, trial_gap, trial_worst
        t /= 2
    return u, g, gap, worst


# ---- from margins to weights --------------------------------------------------------------------------


def auxiliaries(cells: Cells, margins: Sequence[Margin]) -> Matrix:
    """x of each cell [c, p]: one column per total, margins in order."""
    starts = np.cumsum([0, *(len(m.totals) for m in margins)])
    c = len(cells.present)
    columns = np.stack(
        [category + s for category, s in zip(cells.category, starts[:-1], strict=True)], axis=1
    )
    values = np.stack([np.ones(c) if v is None else v for v in cells.value], axis=1)
    rows = np.repeat(np.arange(c), len(margins))
    x = sparse.csr_array((values.ravel(), (rows, columns.ravel())), shape=(c, int(starts[-1])))
    return x.toarray() if x.shape[0] * x.shape[1] <= DENSE_ENTRIES else x


def _gaps(margins: Sequence[Margin], solution: Solution, record: Distance) -> list[str]:
    """The totals that were not reached, worst first."""
    labels = [m.label(k) for m in margins for k in range(len(m.totals))]
    totals = np.concatenate([m.totals for m in margins])
    share = np.abs(solution.gap) / np.where(totals != 0, np.abs(totals), 1.0)
    bounds = (
        f", w/d within ({record.bounds[0]:g}, {record.bounds[1]:g})"
        if np.isfinite(record.bounds).any()
        else ""
    )
    return [
        f"{labels[k]} is at {totals[k] - solution.gap[k]:.6g} of {totals[k]:.6g} "
        f"(gap {solution.gap[k]:.6g}) after {solution.rounds} rounds of {record.name}{bounds}"
        for k in np.argsort(-share, kind="stable")
        if share[k] > max(1e-6, 0.01 * share.max())
    ]


def _checked(
    design: Design, margins: Sequence[Margin], record: Distance, one_level: bool
) -> tuple[Cells, tuple[Margin, ...]]:
    """The cells and the margins ready to solve, or every problem of either side at once."""
    problems = missing_columns(design.frame, margins)
    if not margins:
        problems = ["no margin is given"]
    if problems:
        raise CalibrationError(*problems)
    cells = tabulate(design.frame, design.weights, margins)
    problems = shape_problems(margins, one_level) + sample_problems(cells, margins)
    if not problems:
        margins = same_total(margins)
        problems = bound_problems(cells, margins, record.bounds)
    if problems:
        raise CalibrationError(*problems)
    return cells, tuple(margins)


class Calibration(Adjustment):
    """What a calibration did, for the variance, for replicates and for diagnostics.

    Attributes:
        x: auxiliaries of the rows [n, p], sparse, spread from the cells when first asked for.
        base_weights: weights of the residual regression [n]: the design weights, or 1 for every row.
        weights: weights after the calibration [n].
        before: weights before it [n].
        name: the distance.
        margins: the margins met.
        cells: the sample on the cells of the margins.
        record: the distance with its bounds.
        tolerance, max_rounds: what the solver was told.
        rounds: Newton rounds it took.
        gap: totals minus what was reached [p].
    """

    def __init__(
        self,
        before: Array,
        margins: tuple[Margin, ...],
        cells: Cells,
        record: Distance,
        residuals: str,
        tolerance: float,
        max_rounds: int,
    ) -> None:
        x = auxiliaries(cells, margins)
        totals = np.concatenate([m.totals for m in margins])
        solution = solve(x, cells.weight, totals, record, tolerance, max_rounds)
        if not solution.met:
            raise CalibrationError(*_gaps(margins, solution, record))
        values = {
            "base_weights": before if residuals == DESIGN else (before > 0).astype(float),
            "name": record.name,
            "weights": before * cells.spread(solution.g),
            "before": before,
            "margins": margins,
            "cells": cells,
            "record": record,
            "tolerance": tolerance,
            "max_rounds": max_rounds,
            "rounds": solution.rounds,
            "gap": solution.gap,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    before: Array
    margins: tuple[Margin, ...]
    cells: Cells
    record: Distance
    tolerance: float
    max_rounds: int
    rounds: int
    gap: Array

    @cached_property
    def x(self) -> sparse.csr_array:
        full = np.full(self.cells.size, -1, dtype=np.intp)
        full[self.cells.present] = np.arange(len(self.cells.present))
        place = full[self.cells.index]
        by_cell = sparse.csr_array(auxiliaries(self.cells, self.margins))
        inside = np.flatnonzero(place >= 0)
        to_row = sparse.csr_array(
            (np.ones(len(inside)), (inside, place[inside])), shape=(len(place), by_cell.shape[0])
        )
        return to_row @ by_cell

    def again(self, before: Array) -> Array:
        """Weights [n] that meet the same margins from other weights ``before`` [n], zero where those are."""
        weight = self.cells.totals(before)
        there = weight > 0
        x = auxiliaries(self.cells, self.margins)[there]
        totals = np.concatenate([m.totals for m in self.margins])
        solution = solve(x, weight[there], totals, self.record, self.tolerance, self.max_rounds)
        if not solution.met:
            raise CalibrationError(*_gaps(self.margins, solution, self.record))
        g = np.ones(len(weight))
        g[there] = solution.g
        return before * self.cells.spread(g)


def _calibrated(
    design: Design,
    margins: Sequence[Margin],
    record: Distance,
    residuals: str,
    tolerance: float = TOLERANCE,
    max_rounds: int = MAX_ROUNDS,
    one_level: bool = False,
) -> Design:
    problems = [] if residuals in RESIDUALS else [unknown("residuals", residuals, RESIDUALS)]
    if not tolerance > 0:
        problems.append(f"tolerance {tolerance}: must be positive")
    if max_rounds < 1:
        problems.append(f"max_rounds {max_rounds}: at least 1")
    if problems:
        raise CalibrationError(*problems)
    cells, margins = _checked(design, margins, record, one_level)
    done = Calibration(design.weights, margins, cells, record, residuals, tolerance, max_rounds)
    assert done.weights is not None
    return design.with_weights(done.weights, done)


def calibrate(
    design: Design,
    margins: Mapping[Any, Any],
    distance: Literal["linear", "raking", "logit"] = "linear",
    bounds: tuple[float | None, float | None] | None = None,
    by: str | Sequence[str] | None = None,
    residuals: Literal["design", "equal"] = "design",
    tolerance: float = TOLERANCE,
    max_rounds: int = MAX_ROUNDS,
) -> Design:
    """A design whose weights reproduce the margins, as near to the design weights as the distance allows.

    Args:
        design: the design; it is not changed.
        margins: per categorical column a mapping level -> population total (``{"sex": {"f": 52, "m": 48}}``), per tuple
            of columns a mapping from tuples of levels, per numeric column its population total.
        distance: ``linear`` (generalised regression), ``raking`` (multiplicative) or ``logit`` (needs bounds).
        bounds: limits of w/d, for every distance; None leaves one side open.
        by: columns whose groups are calibrated each to margins of their own, ``margins[group][column][level]``.
        residuals: weights of the regression behind the residuals of the variance: the ``design`` weights (the default,
            as R's ``survey::calibrate``), or ``equal`` ones (as R's ``survey::rake``).
        tolerance: largest gap of a margin relative to its total.
        max_rounds: Newton rounds before giving up.

    Standard errors of the new design are those of the residuals from a regression on the margins
    (Deville & Särndal 1992, eq. 3.4). Margins of counts whose sums differ by less than 1 in 10⁸ are brought to the sum
    of the first.

    Raises:
        CalibrationError: with everything that is wrong: categories that exist on one side only, missing values, margins
            of one level, margins that disagree in total, totals that the bounds or the sample cannot reach (category,
            gap, rounds).

    >>> from weighting import Design
    >>> d = Design({"sex": ["f", "m", "m"]}, weights=np.ones(3))
    >>> calibrate(d, {"sex": {"f": 50, "m": 50}}, distance="raking").weights.round(9).tolist()
    [50.0, 25.0, 25.0]
    """
    record = distance_record(distance, bounds)
    return _calibrated(design, read_margins(margins, by), record, residuals, tolerance, max_rounds)


def poststratify(design: Design, margins: Mapping[Any, Any], by: str | Sequence[str] | None = None) -> Design:
    """A design scaled to known counts of one column, or of the combinations of several.

    The special case of :func:`calibrate` with one margin of counts, where all distances agree and the variance is that
    within post-strata. A single level (scaling to a population size) is allowed here.

    Raises:
        CalibrationError: as :func:`calibrate`; also for more than one margin.

    >>> from weighting import Design
    >>> d = Design({"sex": ["f", "m", "m"]}, weights=[1.0, 1.0, 3.0])
    >>> poststratify(d, {"sex": {"f": 50, "m": 40}}).weights.tolist()
    [50.0, 10.0, 30.0]
    """
    found = read_margins(margins, by)
    if len(found) != 1 or found[0].value is not None:
        raise CalibrationError(
            f"post-stratification takes one margin of counts, {len(found)} margins are given: "
            f"cross the columns in a tuple, or rake"
        )
    return _calibrated(design, found, distance_record(LINEAR), DESIGN, one_level=True)


def rake(
    design: Design,
    margins: Mapping[Any, Any],
    bounds: tuple[float | None, float | None] | None = None,
    by: str | Sequence[str] | None = None,
    residuals: Literal["design", "equal"] = "equal",
    tolerance: float = TOLERANCE,
    max_rounds: int = MAX_ROUNDS,
) -> Design:
    """A design raked to several margins of counts: what iterative proportional fitting converges to.

    The special case of :func:`calibrate` with the raking distance. Its standard errors use residuals from a regression
    with ``equal`` weights by default, as R's ``survey::rake``; ``residuals="design"`` gives those of
    ``calibrate(..., distance="raking")``. Both are consistent; they differ where weights vary within the margins.

    Raises:
        CalibrationError: as :func:`calibrate`.

    >>> from weighting import Design
    >>> d = Design({"a": [1, 1, 2, 2], "b": [1, 2, 1, 2]}, weights=[1.0, 2.0, 3.0, 4.0])
    >>> raked = rake(d, {"a": {1: 30, 2: 70}, "b": {1: 50, 2: 50}})
    >>> raked.total("b").estimate.round(6).tolist()
    [150.0]
    """
    record = distance_record(RAKING, bounds)
    return _calibrated(design, read_margins(margins, by), record, residuals, tolerance, max_rounds)
