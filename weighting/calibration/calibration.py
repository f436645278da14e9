"""What a calibration did: from the cells of the margins to weights, for the variance, for replicates and diagnostics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from weighting.calibration.distance import Distance
from weighting.calibration.margin_cells import MarginCells
from weighting.calibration.solver import Equations, Solution, solve
from weighting.errors import CalibrationError, Fault
from weighting.frozen import frozen
from weighting.groups import Floats
from weighting.variance.adjustment import Adjustment

DESIGN, EQUAL = "design", "equal"
RESIDUALS = (DESIGN, EQUAL)


@dataclass(frozen=True)
class Method:
    """How weights are calibrated.

    Attributes:
        distance: F with its bounds.
        residuals: weights of the regression behind the residuals of the variance: ``design`` or ``equal``.
        tolerance: largest gap of a margin relative to its total.
        max_rounds: Newton rounds before giving up.
    """

    distance: Distance
    residuals: str
    tolerance: float
    max_rounds: int


@dataclass(frozen=True, eq=False)
class Calibration:
    """Weights that meet margins.

    Attributes:
        method: how they were found.
        cells: the sample on the cells of the margins.
        before: weights before the calibration [n].
        weights: weights after it [n].
        solution: what the solver reached on the cells with weight.
    """

    method: Method
    cells: MarginCells
    before: Floats
    weights: Floats
    solution: Solution

    @classmethod
    def of(cls, cells: MarginCells, before: Floats, method: Method) -> Calibration:
        """The calibration of weights ``before`` [n], of which ``cells`` has the totals.

        Raises:
            CalibrationError: totals that cannot be met, with the gaps.
        """
        there = cells.weight > 0
        equations = Equations(cells.x[there], cells.weight[there], cells.targets, method.distance)
        found = solve(equations, method.tolerance, method.max_rounds)
        if not found.worst <= method.tolerance:
            raise CalibrationError(*_gaps(cells, found, method.distance))
        g = np.ones(cells.size)
        g[there] = found.g
        return cls(method, cells, before, frozen(cells.scaled(before, g)), found)

    def again(self, before: Floats) -> Floats:
        """Weights [n] that meet the same margins from other weights ``before`` [n], zero where those are."""
        cells = replace(self.cells, weight=self.cells.totals(before))
        return Calibration.of(cells, before, self.method).weights

    @property
    def g(self) -> Floats:
        """Factors w/d [n]; 1 for rows without weight."""
        return np.divide(self.weights, self.before, out=np.ones_like(self.weights), where=self.before > 0)

    @cached_property
    def adjustment(self) -> Adjustment:
        """What the variance has to know."""
        base = self.before if self.method.residuals == DESIGN else self.before > 0
        return Adjustment(self.cells.x, base, self.method.distance.name, self.weights, self.cells.index)

    def __repr__(self) -> str:
        names = ", ".join(m.name for m in self.cells.margins)
        return f"{self.method.distance.name} to {names}: {self.solution.rounds} rounds"


def _gaps(cells: MarginCells, solution: Solution, distance: Distance) -> list[Fault]:
    """The totals that were not reached, worst first."""
    places, totals = [(m, j) for m in cells.margins for j in range(len(m.totals))], cells.targets
    share = np.abs(solution.gap) / np.where(totals != 0, np.abs(totals), 1.0)
    low, high = distance.bounds
    bounds = f", w/d within ({low:g}, {high:g})" if np.isfinite([low, high]).any() else ""
    return [
        places[k][0].fault(
            "not_reached",
            places[k][1],
            f"is at {totals[k] - solution.gap[k]:.6g} of {totals[k]:.6g} "
            f"(gap {solution.gap[k]:.6g}) after {solution.rounds} rounds of {distance.name}{bounds}",
            found=totals[k] - solution.gap[k],
        )
        for k in np.argsort(-share, kind="stable")
        if share[k] > max(1e-6, 0.01 * share.max())
    ]
