"""Calibration: weights w = d·F(x'λ) that reproduce known totals, by one Newton solver for every distance.

Source: Deville & Särndal, JASA 87 (1992), eq. 2.3: find λ with Σ d F(x'λ) x = T. The left side is the gradient
of a convex function of λ, so a Newton step is a step uphill on its dual and can be halved until it helps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from weighting.calibration.distance import LINEAR, RAKING, Distance
from weighting.calibration.distance import distance as distance_record
from weighting.calibration.margins import Cells, Margin, bound_problems, prepared
from weighting.errors import CalibrationError, is_number, is_whole, rows_named, unknown
from weighting.facade import Design
from weighting.groups import compact, group_totals
from weighting.variance.adjustment import Adjustment, filled
from weighting.variance.stages import Stage

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

HALVINGS = 60
TOLERANCE = 1e-10
# Sums of weights are not exact beyond this.
FINEST = 1e-14
MAX_ROUNDS = 100
DESIGN, EQUAL = "design", "equal"
RESIDUALS = (DESIGN, EQUAL)
# Tables up to this many numbers are made whatever the number of rows.
SMALL_TABLE = 1 << 16


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


@dataclass(frozen=True, eq=False)
class Auxiliaries:
    """x [c, p] as margins see it: each row has one entry per margin, in the column of its category.

    Attributes:
        column: per margin, the column of x in which each row has its entry [c].
        value: per margin, that entry [c]; None = 1.
        size: number of columns p.

    >>> x = Auxiliaries((np.array([0, 1, 1]), np.array([2, 2, 2])), (None, np.array([5.0, 6.0, 7.0])), 3)
    >>> x.totals(np.ones(3)).tolist()
    [1.0, 2.0, 18.0]
    """

    column: tuple[Codes, ...]
    value: tuple[Array | None, ...]
    size: int

    def _entries(self) -> Iterator[tuple[Codes, Array | None]]:
        return zip(self.column, self.value, strict=True)

    def times(self, coefficients: Array) -> Array:
        """x λ: [p] -> [c]."""
        parts = (_scaled(coefficients.take(column), value) for column, value in self._entries())
        return np.asarray(sum(parts))

    def totals(self, v: Array) -> Array:
        """x' v: [c] -> [p]."""
        parts = (np.bincount(column, _scaled(v, value), self.size) for column, value in self._entries())
        return np.asarray(sum(parts))

    def sizes(self, v: Array) -> Array:
        """|x|' v: [c] -> [p]."""
        sizes = tuple(None if value is None else np.abs(value) for value in self.value)
        return Auxiliaries(self.column, sizes, self.size).totals(v)

    def gram(self, v: Array) -> Array:
        """x' diag(v) x: [c] -> [p, p]."""
        result = np.zeros((self.size, self.size))
        entries = [(*_range(column), column, value) for column, value in self._entries()]
        for i, (a, k, column, value) in enumerate(entries):
            part = _scaled(v, value)
            for b, m, other, factor in entries[i:]:
                table = np.bincount((column - a) * m + (other - b), _scaled(part, factor), k * m).reshape(
                    k, m
                )
                result[a : a + k, b : b + m] = table
                result[b : b + m, a : a + k] = table.T
        return result

    def moments(self, q: Array, rows: Codes, group: Codes, n_groups: int) -> Array:
        """x' q [p, J, k] within groups: values q [m, k] that stand at ``rows`` [m] of x and in ``group`` [m] of J."""
        result = np.zeros((self.size * n_groups, q.shape[1]))
        for column, value in self._entries():
            part = q if value is None else q * value[rows, None]
            result += group_totals(part, column[rows] * n_groups + group, len(result))
        return result.reshape(self.size, n_groups, q.shape[1])

    def matrix(self, rows: Codes) -> sparse.csr_array:
        """The rows of x at ``rows`` [n] as a sparse matrix [n, p]; −1 gives a row of zeros."""
        inside = np.flatnonzero(rows >= 0)
        at = rows[inside]
        data = [np.ones(len(at)) if value is None else value[at] for value in self.value]
        columns = [column[at] for column in self.column]
        place = np.tile(inside, len(columns))
        shape = (len(rows), self.size)
        return sparse.csr_array((np.concatenate(data), (place, np.concatenate(columns))), shape=shape)

    def part(self, rows: NDArray[np.bool_]) -> Auxiliaries:
        """The rows where ``rows`` [c] holds."""
        values = tuple(None if value is None else value[rows] for value in self.value)
        return Auxiliaries(tuple(column[rows] for column in self.column), values, self.size)


def _scaled(v: Array, value: Array | None) -> Array:
    return v if value is None else v * value


def _range(column: Codes) -> tuple[int, int]:
    """First column in use and how many from there on."""
    low = int(column.min())
    return low, int(column.max()) - low + 1


def independent(H: Array) -> NDArray[np.intp]:
    """Columns of a positive semi-definite H [p, p] that span its range: pivoted Cholesky of the scaled matrix."""
    from scipy.linalg.lapack import dpstrf

    diagonal = np.diag(H)
    scale = np.where(diagonal > 0, 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), 0.0)
    _, pivots, rank, _ = dpstrf(H * np.outer(scale, scale), tol=1e-10, lower=1)
    return np.sort(pivots[:rank] - 1).astype(np.intp)


def _newton_step(x: Auxiliaries, weight: Array, gap: Array, keep: NDArray[np.intp]) -> Array | None:
    """H⁻¹ gap with H = Σ weight x x' on the independent columns; None where H is singular there."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    H = x.gram(weight)[np.ix_(keep, keep)]
    scale = np.sqrt(np.maximum(np.diag(H), np.finfo(float).tiny))
    step = np.zeros(len(gap))
    try:
        step[keep] = cho_solve(cho_factor(H / np.outer(scale, scale)), gap[keep] / scale) / scale
    except LinAlgError:
        return None
    return step if np.isfinite(step).all() else None


def solve(
    x: Auxiliaries,
    d: Array,
    totals: Array,
    record: Distance,
    tolerance: float = TOLERANCE,
    max_rounds: int = MAX_ROUNDS,
) -> Solution:
    """Newton's method for Σ d F(x'λ) x = T.

    Args:
        x: auxiliaries [c, p]; columns may be redundant as long as the totals agree.
        d: design weights [c], positive.
        totals: T [p].
        record: the distance.
        tolerance: largest gap allowed, relative to the total (to Σ d|x| / 10⁴ where that is larger).
        max_rounds: Newton rounds before giving up.

    A floor under dF takes the place of slopes that a bound has made zero whenever the plain step does not get on:
    with the floor the step is a damped gradient step, which leads out of any corner the bounds make.

    >>> from weighting.calibration.distance import distance
    >>> x = Auxiliaries((np.array([0, 1, 1]),), (None,), 2)
    >>> solve(x, np.ones(3), np.array([2.0, 3.0]), distance("raking")).g.round(12).tolist()
    [2.0, 1.5, 1.5]
    """
    scale = np.maximum(np.abs(totals), 1e-4 * (x.sizes(d)))
    scale = np.where(scale > 0, scale, 1.0)
    keep = independent(x.gram(d))
    u, floor = np.zeros(len(d)), 0.0
    g = record.F(u)
    gap = totals - x.totals(d * g)
    worst = float(np.max(np.abs(gap) / scale, initial=0.0))
    rounds = 0
    while worst > tolerance and rounds < max_rounds:
        rounds += 1
        step = _newton_step(x, d * np.maximum(record.dF(u), floor), gap, keep)
        before = worst
        if step is not None:
            u, g, gap, worst = _halved(x, d, totals, record, scale, u, step, g, gap, worst)
        slow = step is None or worst > 0.9 * before
        floor = min(1.0, max(1e-8, 100.0 * floor)) if slow else (floor / 100.0 if floor > 1e-8 else 0.0)
    return Solution(g, gap, rounds, worst <= tolerance)


def _halved(
    x: Auxiliaries,
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
    along, t = x.times(step), 1.0
    for _ in range(HALVINGS):
        trial_u = u + t * along
        trial_g = record.F(trial_u)
        with np.errstate(invalid="ignore", over="ignore"):
            trial_gap = totals - x.totals(d * trial_g)
        trial_worst = float(np.max(np.abs(trial_gap) / scale))
        if np.isfinite(trial_worst) and (trial_worst < worst or trial_gap @ step >= 0):
            return trial_u, trial_g, trial_gap, trial_worst
        t /= 2
    return u, g, gap, worst


# ---- from margins to weights --------------------------------------------------------------------------


def auxiliaries(cells: Cells, margins: Sequence[Margin]) -> Auxiliaries:
    """x of each cell [c, p]: one column per total, margins in order."""
    starts = np.cumsum([0, *(len(m.totals) for m in margins)])
    columns = tuple(category + start for category, start in zip(cells.category, starts[:-1], strict=True))
    return Auxiliaries(columns, cells.value, int(starts[-1]))


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


def _negative(weights: Array, names: pd.Index) -> list[str]:
    bad = weights < 0
    return [
        f"linear calibration makes weights negative: {rows_named(bad, names, weights.round(6))}; "
        f"give bounds=(0, None), or take distance='raking'"
    ]


class Calibration(Adjustment):
    """What a calibration did, for the variance, for replicates and for diagnostics.

    Attributes:
        x: auxiliaries of the rows [n, p], sparse, spread from the cells when first asked for.
        residuals: weights of the residual regression: ``design`` or ``equal``.
        base_weights: those weights [n]; 0 for rows without weight.
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
        weights = cells.scaled(before, solution.g)
        if weights.min() < 0:
            raise CalibrationError(*_negative(weights, cells.names))
        weights.flags.writeable = False
        values = {
            "residuals": residuals,
            "name": record.name,
            "weights": weights,
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

    def __repr__(self) -> str:
        names = ", ".join(m.name for m in self.margins)
        return f"{self.name} to {names}: {self.rounds} rounds"

    residuals: str
    before: Array
    margins: tuple[Margin, ...]
    cells: Cells
    record: Distance
    tolerance: float
    max_rounds: int
    rounds: int
    gap: Array

    @cached_property
    def base_weights(self) -> Array:
        return self.before if self.residuals == DESIGN else (self.before > 0).astype(float)

    @cached_property
    def x(self) -> sparse.csr_array:
        return sparse.csr_array(self._rows_of_cells[self.cells.index])

    @cached_property
    def _by_cell(self) -> Array:
        """x of every cell, absent ones included [cells, p]: rows of a cell share it, so sums over rows are sums over cells."""
        return np.asarray(self._rows_of_cells.toarray())

    @property
    def _rows_of_cells(self) -> sparse.csr_array:
        """The same without its zeros."""
        return auxiliaries(self.cells, self.margins).matrix(self._place)

    @cached_property
    def _place(self) -> Codes:
        """Row of x of every cell; −1 for absent cells."""
        place = np.full(self.cells.size, -1, dtype=np.intp)
        place[self.cells.present] = np.arange(len(self.cells.present))
        return place

    def _few(self, columns: int) -> bool:
        """Whether a table cell × columns is small beside the rows."""
        return self.cells.size * max(columns, len(self.gap)) <= 4 * len(self.before) + SMALL_TABLE

    def cross(self, q: Array, other: Adjustment | None = None) -> Array:
        if other is not None:
            return super().cross(q, other)
        return auxiliaries(self.cells, self.margins).gram(self.cells.totals(q))

    def slopes(self, u: Array, domain: Codes, n_domains: int) -> Array:
        # Rows outside all domains go to a column of their own, the last, which is dropped.
        columns = n_domains + 1
        key = self.cells.index.astype(np.intp) * columns + np.where(domain < 0, n_domains, domain)
        used, part = compact(key, self.cells.size * columns)
        totals = group_totals(self._slope[:, None] * u, part, used.size)
        cell, of_domain = np.divmod(used, columns)
        row = self._place[cell]
        inside = np.flatnonzero((row >= 0) & (of_domain < n_domains))
        x = auxiliaries(self.cells, self.margins)
        return self.from_moments(x.moments(totals[inside], row[inside], of_domain[inside], n_domains))

    def cluster_totals(self, stage: Stage) -> Array | sparse.csr_array:
        if not self._few(stage.n_clusters):
            shape = (stage.n_clusters, self.cells.size)
            by_cell = sparse.csr_array((self.after, (stage.cluster, self.cells.index)), shape=shape)
            return filled(sparse.csr_array(by_cell @ self._rows_of_cells))
        return np.asarray(self._table(self.after, stage.cluster, stage.n_clusters).T @ self._by_cell)

    def _table(self, values: Array, column: Codes, columns: int) -> Array:
        """Sums of row values [n] by cell and column [cells, columns]."""
        key = self.cells.index.astype(np.intp)
        key *= columns
        key += column
        sums = np.bincount(key, values, self.cells.size * columns).astype(float, copy=False)
        return sums.reshape(self.cells.size, columns)

    def again(self, before: Array) -> Array:
        """Weights [n] that meet the same margins from other weights ``before`` [n], zero where those are."""
        weight = self.cells.totals(before)
        there = weight > 0
        x = auxiliaries(self.cells, self.margins).part(there)
        totals = np.concatenate([m.totals for m in self.margins])
        solution = solve(x, weight[there], totals, self.record, self.tolerance, self.max_rounds)
        if not solution.met:
            raise CalibrationError(*_gaps(self.margins, solution, self.record))
        g = np.ones(len(weight))
        g[there] = solution.g
        return self.cells.scaled(before, g)


def _of(design: Any) -> Design:
    if not isinstance(design, Design):
        raise CalibrationError(f"design: a Design is needed, here is {type(design).__name__}")
    return design


def _calibrated(
    design: Design,
    cells: Cells,
    margins: tuple[Margin, ...],
    record: Distance,
    residuals: str,
    tolerance: float = TOLERANCE,
    max_rounds: int = MAX_ROUNDS,
) -> Design:
    problems = [] if residuals in RESIDUALS else [unknown("residuals", residuals, RESIDUALS)]
    if not is_number(tolerance) or not tolerance >= FINEST:
        problems.append(f"tolerance {tolerance!r}: must be positive, at least {FINEST:g}")
    if not is_whole(max_rounds) or max_rounds < 1:
        problems.append(f"max_rounds {max_rounds!r}: a whole number, at least 1")
    problems += bound_problems(cells, margins, record.bounds)
    if problems:
        raise CalibrationError(*problems)
    done = Calibration(design.weights, margins, cells, record, residuals, tolerance, max_rounds)
    return design.with_weights(done.after, done)


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
    cells, found = prepared(_of(design).frame, design.weights, margins, by)
    return _calibrated(design, cells, found, record, residuals, tolerance, max_rounds)


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
    cells, found = prepared(_of(design).frame, design.weights, margins, by, one_level=True)
    if len(found) != 1 or found[0].value is not None:
        raise CalibrationError(
            f"post-stratification takes one margin of counts, {len(found)} margins are given: "
            f"cross the columns in a tuple, or rake"
        )
    return _calibrated(design, cells, found, distance_record(LINEAR), DESIGN)


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
    cells, found = prepared(_of(design).frame, design.weights, margins, by)
    return _calibrated(design, cells, found, record, residuals, tolerance, max_rounds)
