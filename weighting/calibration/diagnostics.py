"""Diagnostics of weights: what unequal weights cost, how far calibration moved them, and whether margins are met.

Source: Kish, "Weighting for unequal P_i", Journal of Official Statistics 8 (1992), 183-200: 1 + cv² of the weights is
the loss of precision of a mean that has nothing to do with the weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from weighting.calibration.calibration import Calibration
from weighting.calibration.margin_cells import MarginCells, prepared
from weighting.calibration.margins import levels_text
from weighting.design.arguments import weight_problems
from weighting.errors import DesignError
from weighting.facade import Design
from weighting.frozen import hands_out_copies
from weighting.groups import Floats

POINTS = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
# A factor this near a limit, relative to it, lies on it.
ON_BOUND = 1e-9
COLUMNS = ["margin", "category", "total", "before", "after", "gap", "gap_share"]


def kish_deff(weights: ArrayLike) -> float:
    """n Σ w² / (Σ w)² over the rows with weight; 1 for equal weights.

    >>> kish_deff([1.0, 1.0, 4.0])
    1.5
    """
    w = np.asarray(weights, dtype=float)
    w = w[w > 0]
    return float(len(w) * (w @ w) / w.sum() ** 2) if len(w) else np.nan


def effective_n(weights: ArrayLike) -> float:
    """(Σ w)² / Σ w²: as many equally weighted rows would do.

    >>> effective_n([1.0, 1.0, 4.0])
    2.0
    """
    w = np.asarray(weights, dtype=float)
    return float(w.sum() ** 2 / (w @ w)) if (w > 0).any() else 0.0


@hands_out_copies("weights", "factors", "margins", "groups")
@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What became of the weights.

    Attributes:
        weights: one row per measure (rows, sum, least, median, largest, largest/least, Kish deff, effective n), columns
            ``before`` and ``after``.
        factors: quantiles of g = after/before (index: share of rows, column ``g``).
        on_bounds: rows whose factor lies on a bound of the calibration.
        margins: one row per category: margin, category, total, before, after, gap (total − after), gap_share.
        groups: Kish deff and effective n by group, where ``by`` was given.
        steps: each adjustment in words.
    """

    weights: pd.DataFrame
    factors: pd.DataFrame
    on_bounds: int
    margins: pd.DataFrame
    groups: pd.DataFrame
    steps: tuple[str, ...]

    @property
    def deff(self) -> float:
        """Kish's design effect of the weights as they are now."""
        return float(self.weights["after"]["Kish deff"])

    @property
    def n_eff(self) -> float:
        """Effective sample size of the weights as they are now."""
        return float(self.weights["after"]["effective n"])

    @property
    def largest_gap(self) -> float:
        """Largest gap of a margin relative to its total; 0 without margins."""
        return float(self.margins["gap_share"].abs().max()) if len(self.margins) else 0.0

    def _parts(self) -> list[tuple[str, pd.DataFrame]]:
        bounds = f", {self.on_bounds:,} rows on a bound" if self.on_bounds else ""
        shown = [
            ("weights", self.weights.map(_short)),
            (f"g = after/before{bounds}", _quantile_row(self.factors)),
        ]
        if len(self.margins):
            margins = self.margins.copy()
            numbers = ["total", "before", "after", "gap"]
            margins[numbers] = margins[numbers].map(_short)
            margins["gap_share"] = margins["gap_share"].map(lambda share: f"{share:.2g}")
            title = f"margins, largest gap {self.largest_gap:.2g} of the total"
            shown.append((title, margins.set_index(["margin", "category"])))
        if len(self.groups):
            shown.append(("by group", self.groups.map(_short)))
        return shown

    def __repr__(self) -> str:
        parts = [f"{title}\n{table.to_string()}" for title, table in self._parts()]
        return "\n\n".join([*parts, *self.steps])

    def _repr_html_(self) -> str:
        from html import escape

        parts = [f"<p>{escape(title)}</p>{table.to_html(border=0)}" for title, table in self._parts()]
        return f"<div>{''.join(parts)}{''.join(f'<p>{escape(step)}</p>' for step in self.steps)}</div>"


def _short(value: float) -> str:
    """A number in five significant digits, whole numbers in full."""
    whole = bool(np.isfinite(value)) and abs(value - round(value)) < 1e-9 and abs(value) < 1e15
    return f"{round(value):,}" if whole else f"{value:,.5g}"


def _quantile_row(factors: pd.DataFrame) -> pd.DataFrame:
    names = {0.0: "least", 0.5: "median", 1.0: "largest"}
    row = {names.get(p, f"{100 * p:g} %"): _short(g) for p, g in zip(POINTS, factors["g"], strict=True)}
    return pd.DataFrame(row, index=["g"])


def _measures(weights: Floats) -> dict[str, float]:
    w = weights[weights > 0]
    return {
        "rows with weight": float(len(w)),
        "sum": float(w.sum()),
        "least": float(w.min()),
        "median": float(np.median(w)),
        "largest": float(w.max()),
        "largest / least": float(w.max() / w.min()),
        "Kish deff": kish_deff(w),
        "effective n": effective_n(w),
    }


def _margin_table(cells: MarginCells, before: Floats, after: Floats) -> pd.DataFrame:
    """The totals of margins, and what weights before and after [n] make of them."""
    named = [(m.name, levels_text(c) if c else "total") for m in cells.margins for c in m.categories]
    total = cells.targets
    sums = {name: cells.x.T @ cells.totals(w) for name, w in (("before", before), ("after", after))}
    gap = total - sums["after"]
    share = np.divide(gap, np.abs(total), out=np.zeros(len(gap)), where=total != 0)
    table = pd.DataFrame(named, columns=["margin", "category"])
    return table.assign(total=total, **sums, gap=gap, gap_share=share)


def _groups(design: Design, by: str | Sequence[str]) -> pd.DataFrame:
    codes, labels = design.codes(by)
    inside = (codes >= 0) & (design.weights > 0)
    w, group = design.weights[inside], codes[inside]
    rows, total, squares = (np.bincount(group, w**power, len(labels)) for power in (0, 1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        n_eff = total**2 / squares
        columns = {"rows": rows, "sum": total, "Kish deff": rows / n_eff, "effective n": n_eff}
    index = pd.Index(labels.iloc[:, 0]) if labels.shape[1] == 1 else pd.MultiIndex.from_frame(labels)
    return pd.DataFrame(columns, index=index)


def _before(design: Design, before: Design | ArrayLike | None) -> Floats:
    """The weights [n] to compare with."""
    if before is None:
        return design.calibrations[0].before if design.calibrations else design.weights
    found = before.weights if isinstance(before, Design) else np.asarray(before)
    if found.shape != design.weights.shape or found.dtype.kind not in "iuf":
        raise DesignError(
            f"before: weights of {design.n} rows are needed, here are {found.shape} of type {found.dtype}"
        )
    DesignError.raise_any(weight_problems(found, design.frame.index, "before"))
    return found


def diagnose(
    design: Design,
    before: Design | ArrayLike | None = None,
    margins: Mapping[Any, Any] | None = None,
    by: str | Sequence[str] | None = None,
) -> Diagnosis:
    """Weights before and after, their factors, the margins, and what the weights cost.

    Args:
        design: the design as it is now.
        before: the design, or weights [n], to compare with; by default the weights before its first calibration.
        margins: margins to hold it against, as for :func:`weighting.calibrate`; by default those it was calibrated to.
        by: columns whose groups get a design effect of their own.

    Raises:
        DesignError, CalibrationError: columns, shapes or margins that do not fit.

    >>> from weighting import Design, rake
    >>> d = Design({"sex": ["f", "m", "m", "m"]}, weights=np.ones(4))
    >>> seen = diagnose(rake(d, {"sex": {"f": 50, "m": 50}}))
    >>> round(seen.deff, 6), round(seen.n_eff, 6), seen.largest_gap < 1e-9
    (1.333333, 3.0, True)
    """
    groups = pd.DataFrame() if by is None else _groups(design, by)
    then, now = _before(design, before), design.weights
    held = [c.cells for c in design.calibrations]
    if margins is not None:
        held = [prepared(design.frame, now, margins, one_level=True)]
    tables = [_margin_table(cells, then, now) for cells in held]
    both = (then > 0) & (now > 0)
    quantiles = np.quantile(now[both] / then[both], POINTS)
    return Diagnosis(
        weights=pd.DataFrame({"before": _measures(then), "after": _measures(now)}),
        factors=pd.DataFrame({"g": quantiles}, index=pd.Index(POINTS, name="share")),
        on_bounds=_on_bounds(design.calibrations[-1]) if design.calibrations else 0,
        margins=pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS),
        groups=groups,
        steps=tuple(repr(c) for c in design.calibrations),
    )


def _on_bounds(calibration: Calibration) -> int:
    """Rows whose factor lies on a bound of the calibration."""
    g = calibration.g[calibration.before > 0]
    limits = [limit for limit in calibration.method.distance.bounds if np.isfinite(limit)]
    return int(sum((np.abs(g - limit) <= ON_BOUND * max(1.0, abs(limit))).sum() for limit in limits))
