"""What can be wrong with margins, and between the margins and the sample."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from weighting.calibration.margin_cells import MarginCells, tabulate
from weighting.calibration.margins import Margin, levels_text, read_margins, same_total
from weighting.errors import CalibrationError, unknown
from weighting.groups import Floats

# Margins whose sums differ by no more than this share are the same total written with other rounding.
SAME_TOTAL = 1e-8
# A mean factor this near a bound, relative to it, is on it.
TOUCHING = 1e-10


def prepared(
    frame: pd.DataFrame,
    weights: Floats,
    margins: Mapping[Any, Any],
    by: str | Sequence[str] | None = None,
    one_level: bool = False,
) -> MarginCells:
    """The sample on the cells of margins as users write them, ready to work with.

    Raises:
        CalibrationError: with everything that is wrong with the margins, and between them and the sample.
    """
    found, problems = read_margins(margins, by)
    problems += _bad_totals(found)
    problems += [] if one_level else _single_levels(found)
    problems += _disagreeing(found)
    faults = [_column_problems(frame, m) for m in found]
    problems += [fault for part in faults for fault in part]
    usable = [m for m, part in zip(found, faults, strict=True) if not part]
    if not usable:
        raise CalibrationError(*problems)
    cells = tabulate(frame, weights, usable)
    for i in range(len(cells.margins)):
        problems += _unmatched(frame, cells, i)
        problems += _unfilled(cells, i)
    CalibrationError.raise_any(problems)
    return replace(cells, margins=same_total(found))


def _column_problems(frame: pd.DataFrame, margin: Margin) -> list[str]:
    """Columns the frame does not have, and numeric totals of columns that are not numbers."""
    needed = [*margin.columns, *([] if margin.value is None else [margin.value])]
    problems = [
        f"margin {margin.name}: {unknown('column', c, frame.columns)}" for c in needed if c not in frame
    ]
    if not problems and margin.value is not None and not pd.api.types.is_numeric_dtype(frame[margin.value]):
        problems = [
            f"margin {margin.name}: one number is the total of a numeric column, "
            f"{margin.value!r} holds {frame[margin.value].dtype}"
        ]
    return problems


def _bad_totals(margins: Sequence[Margin]) -> Iterator[str]:
    for m in margins:
        bad = ~np.isfinite(m.totals) | ((m.totals < 0) if m.value is None else False)
        for k in np.flatnonzero(bad):
            yield f"{m.label(k)} has the total {m.totals[k]:g}; a total is a finite number, counts are not negative"


def _single_levels(margins: Sequence[Margin]) -> Iterator[str]:
    for m in margins:
        if m.value is None and len(m.totals) == 1:
            yield (
                f"{m.label(0)} is the only one: a margin of one level fixes nothing but the total "
                f"({m.totals[0]:g}); leave it out, or use poststratify to scale to a total"
            )


def _disagreeing(margins: Sequence[Margin]) -> Iterator[str]:
    counts = [m for m in margins if m.value is None]
    for m in counts[1:]:
        first, own = counts[0].totals.sum(), m.totals.sum()
        if not abs(own - first) <= SAME_TOTAL * abs(first):
            yield (
                f"margin {m.name} adds up to {own:.10g}, margin {counts[0].name} to {first:.10g} "
                f"(gap {own - first:.6g}): margins describe one population, rescale one of them"
            )


def _unmatched(frame: pd.DataFrame, cells: MarginCells, i: int) -> Iterator[str]:
    """Rows without a finite value, and categories of the sample without a total."""
    m, value, there = cells.margins[i], cells.value[i], cells.weight > 0
    if value is not None and not np.isfinite(value[there]).all():
        bad = np.flatnonzero((there & ~np.isfinite(value))[cells.index])
        yield f"margin {m.name}: {len(bad)} rows have no finite value in {m.value!r} (first: row {cells.names[bad[0]]})"
    lost = there & (cells.category[i] < 0)
    if lost.any():
        labels = frame.loc[lost[cells.index], list(m.columns)].astype(object)
        counts = Counter(labels.where(labels.notna(), None).itertuples(index=False, name=None))
        for key, count in counts.items():
            what = "has no value" if None in key else "has no total"
            yield f"margin {m.name}: category {levels_text(key)} of the sample ({count} rows) {what}"


def _unfilled(cells: MarginCells, i: int) -> Iterator[str]:
    """Totals that have no rows, and rows whose total is zero."""
    m = cells.margins[i]
    reached = cells.reached(i)
    for k in np.flatnonzero((reached == 0) & (m.totals != 0)):
        yield f"{m.label(k)} has the total {m.totals[k]:g} and no rows in the sample (gap {m.totals[k]:g})"
    if m.value is None:
        for k in np.flatnonzero((reached > 0) & (m.totals == 0)):
            yield f"{m.label(k)} has the total 0, but rows in the sample; leave those rows out"


def bound_problems(cells: MarginCells, bounds: tuple[float, float]) -> Iterator[str]:
    """Counts no g within the bounds can reach."""
    low, high = bounds
    for i, m in enumerate(cells.margins):
        if m.value is not None:
            continue
        reached = cells.reached(i)
        need = m.totals / np.where(reached > 0, reached, 1.0)
        out = (need < low - TOUCHING * abs(low)) | (need > high + TOUCHING * abs(high))
        for k in np.flatnonzero((reached > 0) & out):
            nearest = min(max(need[k], low), high) * reached[k]
            yield (
                f"{m.label(k)} needs w/d = {need[k]:.6g} on average, outside the bounds ({low:g}, {high:g}): "
                f"at best {nearest:.6g} of {m.totals[k]:.6g} (gap {m.totals[k] - nearest:.6g}, after 0 rounds)"
            )
