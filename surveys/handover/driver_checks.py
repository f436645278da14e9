"""Drivers added up again: the nodes of a model make up its R² and a hundred percent, and stand in the fields of their numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from surveys.handover.read_back import Floats, PrintedTable, PrintedTables
from surveys.problems import Problem
from surveys.vocabulary.statuses import IMPROVE_FIRST, KEEP, LOW_PRIORITY, POSSIBLE_EXCESS

_KEY = ("block", "group", "model")
_LIMITS = ("importance", "performance")


def drivers_readded(package: PrintedTables) -> Iterator[Problem]:
    """What the printed digits of a folder of drivers contradict, within what rounding explains."""
    if not {"drivers", "driver-models"} <= package.keys():
        return
    nodes, models = package["drivers"], package["driver-models"]
    of_model = {key: row for row, key in enumerate(_keys(models))}
    place = np.array([of_model.get(key, -1) for key in _keys(nodes)], dtype=np.intp)
    yield from nodes.faults("verify.driver_model", place < 0, "model")
    for name in _LIMITS:
        low, value, high = (nodes.number(f"{name}{end}") for end in ("_low", "", "_high"))
        yield from nodes.faults("verify.driver_limits", (low > value) | (value > high), name)
    for row in range(len(models)):
        yield from _model(nodes, models, np.flatnonzero(place == row), row)


def _keys(table: PrintedTable) -> list[tuple[str, ...]]:
    return list(zip(*(table.text(name) for name in _KEY), strict=True))


def _model(nodes: PrintedTable, models: PrintedTable, rows: np.ndarray, row: int) -> Iterator[Problem]:
    """What contradicts itself in one model and its nodes."""
    part, importance = nodes.number("r2_part")[rows], nodes.number("importance")[rows]
    r2 = models.number("r2")[row]
    there = ~np.isnan(part)
    sums = [("r2", r2, part, "r2_part", 1.0), ("importance", 100.0, importance, "importance", 0.0)]
    for name, expected, values, column, own in sums:
        slack = nodes.half(column) * (there.sum() + own) + 1e-9
        found = float(np.nansum(values))
        if there.any() and not abs(found - expected) <= slack:
            printed, at = (models, row) if name == "r2" else (nodes, int(rows[0]))
            yield printed.fault("verify.driver_sum", at, name, value=found, expected=expected)
    text = nodes.text("field")[rows]
    divided = text != ""
    means = {}
    for name in _LIMITS:
        means[name] = models.number(f"mean_{name}")[row]
        mean = float(nodes.number(name)[rows][divided].mean()) if divided.any() else np.nan
        slack = nodes.half(name) + models.half(f"mean_{name}") + 1e-9
        if not (np.isnan(mean) and np.isnan(means[name])) and not abs(mean - means[name]) <= slack:
            yield models.fault("verify.driver_sum", row, f"mean_{name}", value=means[name], expected=mean)
    for k in np.flatnonzero(divided):
        accepted = _fields(nodes, int(rows[k]), means)
        if text[k] not in accepted:
            yield nodes.fault(
                "verify.driver_field", int(rows[k]), "field", found=text[k], expected=accepted[0]
            )


def _fields(nodes: PrintedTable, row: int, means: dict[str, float]) -> list[str]:
    """The fields in which a node may stand: one, or those on both sides of a line that it lies on but for rounding."""
    sides: list[tuple[bool, ...]] = []
    for name in _LIMITS:
        value, slack = nodes.number(name)[row], 2 * nodes.half(name) + 1e-9
        near: Floats = np.abs(value - means[name])
        sides.append((True, False) if near <= slack else (bool(value > means[name]),))
    words = {(True, True): KEEP, (True, False): IMPROVE_FIRST, (False, False): LOW_PRIORITY}
    return [words.get((important, good), POSSIBLE_EXCESS) for important in sides[0] for good in sides[1]]
