"""Cells and units at a day of fieldwork: how many forms they have, how precise their results are, what they will reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from surveys.fieldwork.monitoring.counted_evaluations import COUNTS, not_returned
from surveys.fieldwork.monitoring.fieldwork_days import FieldworkDays
from surveys.fieldwork.monitoring.pace import Floats, Pace, dispersion
from surveys.fieldwork.monitoring.planned_cells import planned_cells
from surveys.handover.words import unit_name
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.columns import MONITOR_CELL_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.statuses import (
    CELL_REACHED,
    EXTERNAL,
    IMPOSSIBLE,
    LIKELY,
    MISSED,
    UNCERTAIN,
    UNKNOWN,
    UNLIKELY,
    VALID,
)

#: Days of fieldwork from which on it is told what will be reached.
EARLIEST = 5
_CELL = ["block", "unit_code", "group"]


@dataclass(frozen=True)
class _Paces:
    """The pace since the beginning, and that of the last days; ``dated`` [C]: cells whose forms all tell their day, so that the
    second can be told."""

    whole: Pace
    recent: Pace
    dated: NDArray[np.bool_]


def watched_cells(
    screened: ScreenedRound, evaluations: pd.DataFrame, precision: pd.DataFrame, days: FieldworkDays
) -> pd.DataFrame:
    """One row per cell and, behind the cells of a unit, one for the unit (group ``all``), columns ``MONITOR_CELL_COLUMNS``.

    ``evaluations``: those that count (:mod:`.counted_evaluations`); ``precision``: ``PRECISION_COLUMNS``. Numbers are unrounded,
    margins in percentage points; NaN and empty text where nothing can be told.
    """
    study = screened.study
    out = not_returned(study.issued, evaluations)
    cells = planned_cells(study, screened.dispositions.funnel, out)
    paces = _paces(cells, evaluations, days)
    cells = _with_outlooks(cells, paces, days)
    found = _with_margins(cells, precision)
    order = {code: k for k, code in enumerate((*(g.code for g in study.instrument.groups), ALL_GROUPS))}
    blocks = {block.code: k for k, block in enumerate(study.instrument.blocks)}
    units = dict.fromkeys(zip(found["block"], found["unit_code"], strict=True))
    place = {
        unit: k for k, unit in enumerate(sorted(units, key=lambda unit: blocks.get(unit[0], len(blocks))))
    }
    rank = [
        (place[block, unit], order.get(group, len(order)))
        for block, unit, group in found[_CELL].itertuples(index=False)
    ]
    names = {(unit.block, unit.code): unit_name(unit, study.output.language) for unit in study.units}
    named = found.assign(
        unit_name=[names.get(key, "") for key in zip(found["block"], found["unit_code"], strict=True)]
    )
    ordered = named.iloc[sorted(range(len(rank)), key=rank.__getitem__)].reset_index(drop=True)
    return ordered[list(MONITOR_CELL_COLUMNS)]


# --- pace ---------------------------------------------------------------------------------------------------------------


def _paces(cells: pd.DataFrame, evaluations: pd.DataFrame, days: FieldworkDays) -> _Paces | None:
    """The paces of the cells; None where no day of fieldwork is gone or the last one is not known."""
    if not days.gone or days.left is None:
        return None
    valid = evaluations[evaluations["disposition"] == VALID]
    by_day = _by_day(cells, valid, days)
    counted = cells[VALID].to_numpy(float)
    left_to_ask = np.maximum(cells["population"].to_numpy(float) - counted, 0.0)
    most = np.fmin(
        np.nan_to_num(cells["outstanding"].to_numpy(float), nan=np.inf),
        np.nan_to_num(left_to_ask, nan=np.inf),
    )
    kinds = [f"{block}/{group}" for block, group in zip(cells["block"], cells["group"], strict=True)]
    whole = Pace(counted, days.gone, days.left, dispersion(by_day, kinds), most)
    recent = replace(whole, counted=by_day[:, -days.recent :].sum(axis=1).astype(float), gone=days.recent)
    undated = valid[valid["day"] == ""].groupby(_CELL).size()
    dated = _of_cells(cells, undated) == 0
    return _Paces(whole, recent, dated)


def _by_day(cells: pd.DataFrame, valid: pd.DataFrame, days: FieldworkDays) -> NDArray[np.int64]:
    """Valid evaluations of each cell on each day gone [C, d]."""
    dates = pd.date_range(days.start, periods=days.gone).strftime("%Y-%m-%d")
    table = valid[valid["day"].isin(dates)].groupby([*_CELL, "day"]).size()
    wide = table.unstack("day").reindex(columns=dates) if len(table) else pd.DataFrame(columns=dates)
    found = wide.reindex(pd.MultiIndex.from_frame(cells[_CELL])) if len(table) else wide.reindex(cells.index)
    return found.to_numpy(float, na_value=0.0).astype(np.int64)


def _of_cells(cells: pd.DataFrame, counts: pd.Series) -> Floats:
    """Counts by cell, of every cell [C]; 0 where there is none."""
    if not len(counts):
        return np.zeros(len(cells))
    return counts.reindex(pd.MultiIndex.from_frame(cells[_CELL])).fillna(0).to_numpy(float)


def _with_outlooks(cells: pd.DataFrame, paces: _Paces | None, days: FieldworkDays) -> pd.DataFrame:
    """Cells with what they will have, and whether that is what is wanted."""
    valid = cells[VALID].to_numpy(float)
    minimum, planned = cells["minimum"].to_numpy(float), cells["planned"].to_numpy(float)
    wanted = np.where(np.isnan(planned), minimum, planned)
    none = np.full(len(cells), np.nan)
    per_day = valid / days.gone if days.gone else none
    needed = np.maximum(wanted - valid, 0.0) / days.left if days.left else none
    found = cells.assign(
        per_day=per_day,
        outlook_minimum=_outlook(cells, minimum, paces, days),
        outlook_plan=_outlook(cells, planned, paces, days),
        needed_per_day=needed,
    )
    if paces is None:
        empty = (
            "per_day_recent",
            "expected",
            "expected_low",
            "expected_high",
            "probability_minimum",
            "probability_plan",
        )
        return found.assign(**dict.fromkeys(empty, np.nan))
    end = paces.whole.at_end(valid)

    def probability(target: Floats) -> Floats:
        asked = np.nan_to_num(target - valid)
        return np.where(np.isnan(target), np.nan, paces.whole.probability(asked))

    early = days.gone < EARLIEST
    return found.assign(
        per_day_recent=np.where(paces.dated, paces.recent.per_day, np.nan),
        expected=end.expected,
        expected_low=end.low,
        expected_high=end.high,
        probability_minimum=none if early else probability(minimum),
        probability_plan=none if early else probability(planned),
    )


def _outlook(
    cells: pd.DataFrame, target: Floats, paces: _Paces | None, days: FieldworkDays
) -> NDArray[np.object_]:
    """Whether a number of valid forms will be reached [C]; empty where none is wanted."""
    valid = cells[VALID].to_numpy(float)
    there, wanted = valid >= target, np.nan_to_num(target - valid)
    to_come = cells["outstanding"].to_numpy(float) + cells["review"].to_numpy(float)
    cases = [(np.isnan(target), ""), (there, CELL_REACHED)]
    if days.left == 0 and days.gone:
        cases.append((~there, MISSED))
    cases.append((to_come < wanted, IMPOSSIBLE))
    if paces is not None and days.gone >= EARLIEST:
        likely = paces.whole.likely(wanted) & (paces.recent.likely(wanted) | ~paces.dated)
        unlikely = paces.whole.unlikely(wanted) & (paces.recent.unlikely(wanted) | ~paces.dated)
        cases += [(likely, LIKELY), (unlikely, UNLIKELY), (np.ones(len(cells), bool), UNCERTAIN)]
    found = np.full(len(cells), UNKNOWN, dtype=object)
    for which, word in reversed(cases):
        found[which] = word
    return found


# --- precision ----------------------------------------------------------------------------------------------------------


def _with_margins(cells: pd.DataFrame, precision: pd.DataFrame) -> pd.DataFrame:
    """Cells and units with their margins of error, now and at the end."""
    known = precision.rename(columns={"status": "margin_status"}).drop(columns="n_valid")
    found = cells.merge(known, on=_CELL, how="left")
    found["margin_status"] = found["margin_status"].astype(object).fillna("")
    empty = (found[VALID] == 0) | (found["margin_status"] == EXTERNAL)
    now = np.where(empty, np.nan, 100.0 * found["margin"].to_numpy(float))
    ratio = _variance_ratio(found)
    found = found.assign(margin=now, margin_end=now * np.sqrt(ratio), ratio=ratio)
    return pd.concat([found, _units(found, known)], ignore_index=True)


def _variance_ratio(cells: pd.DataFrame) -> Floats:
    """The variance of the results of cells at the end, as a share of that of now [C]: (1/n − 1/N) of the forms then and now; NaN
    where it is not known."""
    now, then = cells[VALID].to_numpy(float), cells["expected"].to_numpy(float)
    fraction = np.nan_to_num(cells["fraction"].to_numpy(float))
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = then / now
        rest = (1.0 - np.minimum(fraction * growth, 1.0)) / (1.0 - fraction)
        found = np.where(fraction >= 1.0, 1.0, rest / growth)
    return np.where(now > 0, found, np.nan)


def _units(cells: pd.DataFrame, precision: pd.DataFrame) -> pd.DataFrame:
    """The units: sums of their cells, and the margin of error of their total."""
    mine = cells[cells["unit_code"] != ""]
    groups = mine.groupby(["block", "unit_code"], sort=False)
    sums = groups[list(COUNTS)].sum()
    for name in ("issued", "planned", "outstanding"):
        sums[name] = groups[name].agg(lambda numbers: numbers.sum(skipna=False))
    units = sums.reset_index().assign(group=ALL_GROUPS, outlook_minimum="", outlook_plan="")
    units = units.merge(precision[precision["group"] == ALL_GROUPS], on=_CELL, how="left")
    shrinking = (mine["variance_share"] * (1.0 - mine["ratio"].fillna(0.0))).where(
        mine["variance_share"] > 0, 0.0
    )
    untold = (mine["variance_share"] > 0) & mine["ratio"].isna()
    left = 1.0 - shrinking.groupby([mine["block"], mine["unit_code"]], sort=False).sum()
    some = untold.groupby([mine["block"], mine["unit_code"]], sort=False).any()
    now = np.where(units[VALID] > 0, 100.0 * units["margin"].to_numpy(float), np.nan)
    ratio = np.where(some, np.nan, np.maximum(left, 0.0))
    whole = units["margin_status"] == "ok"
    units["margin_status"] = units["margin_status"].astype(object).fillna("")
    return units.assign(margin=now, margin_end=np.where(whole, now * np.sqrt(ratio), np.nan))


def worst_first(outlooks: Sequence[str]) -> list[int]:
    """Positions of outlooks, the worst first.

    >>> worst_first(["likely", "impossible", "uncertain"])
    [1, 2, 0]
    """
    order = {
        word: k
        for k, word in enumerate((MISSED, IMPOSSIBLE, UNLIKELY, UNCERTAIN, UNKNOWN, LIKELY, CELL_REACHED, ""))
    }
    return sorted(range(len(outlooks)), key=lambda k: order[outlooks[k]])
