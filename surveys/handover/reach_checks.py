"""What it takes, re-added: distances, and the steps of the ways against them and against what the next round detects.

A difference is a fault when no rounding of what is printed can explain it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from surveys.handover.read_back import Floats, PrintedTable, PrintedTables
from surveys.problems import Problem
from surveys.vocabulary.statuses import OPEN, REACHED
from surveys.vocabulary.ways import YES

#: Noise of float arithmetic on the printed numbers.
_NOISE = 1e-9
_PLACE = ["block", "unit_code", "measure", "wanted"]
_WAY = [*_PLACE, "way"]


def reach_readded(package: PrintedTables) -> Iterator[Problem]:
    """Faults of the tables of what it takes."""
    if not {"reach", "ways", "detectable"} <= package.keys():
        return
    reach, ways, detectable = (package[name] for name in ("reach", "ways", "detectable"))
    yield from _places(reach, ways)
    yield from _steps(ways, detectable)
    yield from _whole_ways(ways, reach)
    yield from _detectable(detectable)


def _places(reach: PrintedTable, ways: PrintedTable) -> Iterator[Problem]:
    """A distance is what is needed less what there is; ways are those of the table beside it, and there are some just where the
    place is within reach."""
    now, needed, distance = (reach.number(name) for name in ("now", "needed", "distance"))
    yield from _unless(reach, "distance", distance, needed - now, 3 * reach.half("distance"))
    counts = ways.frame.drop_duplicates(_WAY).groupby(_PLACE).size().rename("found")
    found = reach.frame[_PLACE].join(counts, on=_PLACE)["found"].fillna(0).to_numpy(dtype=float)
    yield from _unless(reach, "ways", np.nan_to_num(reach.number("ways")), found, 0.0)
    status = reach.text("status")
    yield from reach.faults("verify.reach_status", (status == OPEN) != (found > 0), "status")
    beyond = (status == REACHED) & (distance > reach.half("distance") + _NOISE)
    yield from reach.faults("verify.reach_status", beyond, "status")


def _steps(ways: PrintedTable, detectable: PrintedTable) -> Iterator[Problem]:
    """A gain is what the result is raised to less what it is; it is held against the change that is detectable there."""
    points, raised, gain = (ways.number(name) for name in ("points", "raised_to", "gain"))
    yield from _unless(ways, "gain", gain, raised - points, 0.0)
    order = ways.frame.groupby(_WAY, sort=False).cumcount().to_numpy().astype(np.float64) + 1.0
    yield from _unless(ways, "step", ways.number("step"), order, 0.0)
    more = ways.number("respondents") > ways.number("of_forms")
    yield from ways.faults("verify.reach", more, "respondents", expected=ways.number("of_forms"))
    keys = ["block", "unit_code", "node_code"]
    told = detectable.frame[[*keys, "detectable_points", "detectable_percent"]]
    beside = ways.frame[keys].merge(told, on=keys, how="left")
    for_points, for_percent = (
        pd.to_numeric(beside[name], errors="coerce").to_numpy(dtype=float) for name in told.columns[3:]
    )
    noise = ways.number("detectable_points")
    unlike = np.isnan(noise) != np.isnan(for_percent)
    expected = np.where(np.isnan(for_points), for_percent, for_points)
    half = np.where(np.isnan(for_points), detectable.half("detectable_percent"), 0.0)
    unlike |= np.abs(noise - expected) > half + ways.half("detectable_points") + _NOISE
    yield from ways.faults("verify.reach", unlike, "detectable_points", expected=expected)
    said, room = ways.text("larger_than_noise"), ways.half("detectable_points") + _NOISE
    wrong = np.where(said == YES, gain < noise - room, gain > noise + room) | (
        (said == "") != np.isnan(noise)
    )
    yield from ways.faults("verify.reach_noise", wrong, "larger_than_noise", gain=gain, noise=noise)


def _whole_ways(ways: PrintedTable, reach: PrintedTable) -> Iterator[Problem]:
    """All steps of a way together gain what is missing."""
    frame = ways.frame[_WAY].assign(gain=ways.number("gain_percent"), row=np.arange(len(ways)))
    sums = frame.groupby(_WAY, sort=False).agg(
        gain=("gain", "sum"), steps=("gain", "size"), row=("row", "max")
    )
    missing = reach.frame[_PLACE].assign(distance=reach.number("distance"))
    found = sums.reset_index().merge(missing, on=_PLACE, how="left")
    room = (found["steps"] + 1) * ways.half("gain_percent") + reach.half("distance") + _NOISE
    short = np.zeros(len(ways), dtype=bool)
    short[found["row"].to_numpy()[~(found["gain"] + room >= found["distance"]).to_numpy()]] = True
    expected = np.full(len(ways), np.nan)
    expected[found["row"].to_numpy()] = found["distance"].to_numpy(dtype=float)
    yield from ways.faults("verify.reach_short", short, "gain_percent", expected=expected)


def _detectable(table: PrintedTable) -> Iterator[Problem]:
    """A detectable change is its multiple of the standard error of the difference."""
    multiple = table.number("multiple")
    error = 100.0 * np.hypot(table.number("se"), table.number("se_planned"))
    room = table.half("detectable_percent") + error * table.half("multiple")
    yield from _unless(
        table, "detectable_percent", table.number("detectable_percent"), multiple * error, room
    )


def _unless(
    table: PrintedTable, column: str, found: Floats, expected: Floats, room: float | Floats
) -> Iterator[Problem]:
    """Faults where a number is another than expected, or is there without it."""
    unlike = (np.abs(found - expected) > room + _NOISE) | (np.isnan(found) != np.isnan(expected))
    yield from table.faults("verify.reach", unlike, column, expected=expected)
