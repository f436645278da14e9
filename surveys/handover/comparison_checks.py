"""A comparison of rounds re-added: changes against the scores, the series against the changes, published figures as such.

A difference is a fault when no rounding of what is printed can explain it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from surveys.handover.read_back import PrintedTable, PrintedTables
from surveys.problems import Problem
from surveys.vocabulary.statuses import MEASURED, OK, PUBLISHED

#: Noise of float arithmetic on the printed numbers.
_NOISE = 1e-9
_ROW = ["unit_code", "node_code", "group", "part", "round"]
_THEN = {"unit_code_then": "unit_code", "node_code_then": "node_code"}
#: What only a round that was measured has.
_OF_ROUNDS = ("status", "ci_low", "ci_high", "edition")


def comparison_readded(package: PrintedTables) -> Iterator[Problem]:
    """Faults of the tables of a comparison."""
    if not {"changes", "series"} <= package.keys():
        return
    changes, series = package["changes"], package["series"]
    yield from _changes(changes)
    yield from _against_changes(series, changes)
    yield from _bases(series)


def _changes(changes: PrintedTable) -> Iterator[Problem]:
    """A change is the new score less the old one, within its interval, and there only where the rounds are compared."""
    change, old, new = (changes.number(name) for name in ("change", "score_old", "score_new"))
    off = np.abs(change - (new - old)) > 3 * changes.half("change") + _NOISE
    yield from changes.faults("verify.change", off, "change", expected=new - old)
    compared = changes.text("status") == OK
    yield from changes.faults("verify.change_refused", ~compared & ~np.isnan(change), "change")
    low, high = changes.number("ci_low"), changes.number("ci_high")
    room = 2 * changes.half("change") + _NOISE
    outside = (change < low - room) | (change > high + room)
    yield from changes.faults("verify.change_outside", outside, "change", low=low, high=high)


def _against_changes(series: PrintedTable, changes: PrintedTable) -> Iterator[Problem]:
    """Every compared figure of the series is the one of the changes, and says of itself what they do."""
    told = changes.frame.rename(columns={"round_new": "round"})[[*_ROW, "score_new", "status"]]
    told = told.drop_duplicates(_ROW, keep=False).rename(columns={"status": "status_of_change"})
    rows = series.frame[[*_THEN, "group", "part", "round"]].rename(columns=_THEN)
    found = rows.merge(told, on=_ROW, how="left")
    known = found["score_new"].notna().to_numpy() & (series.text("basis") == MEASURED)
    expected = pd.to_numeric(found["score_new"], errors="coerce").to_numpy(dtype=float)
    score = series.number("score")
    unlike = ~((np.abs(score - expected) <= _NOISE) | (np.isnan(score) & np.isnan(expected)))
    yield from series.faults("verify.series", known & unlike, "score", expected=expected)
    ok, compared = series.text("comparable") == OK, found["status_of_change"].to_numpy() == OK
    yield from series.faults("verify.series_comparable", known & (ok != compared), "comparable")


def _bases(series: PrintedTable) -> Iterator[Problem]:
    """A published figure has a document and nothing that only a round measures; percent are the score times 100."""
    published = series.text("basis") == PUBLISHED
    for name in _OF_ROUNDS:
        yield from series.faults("verify.published", published & (series.text(name) != ""), name)
    yield from series.faults("verify.published", published != (series.text("document") != ""), "document")
    marked = series.text("comparable") == PUBLISHED
    yield from series.faults("verify.published", published != marked, "comparable")
    expected, percent = 100.0 * series.number("score"), series.number("percent")
    off = np.abs(percent - expected) > series.half("percent") + 100.0 * series.half("score") + _NOISE
    yield from series.faults("verify.series", off, "percent", expected=expected)
