"""Confidence limits from the score, its standard error and its degrees of freedom, as the study's interval makes them.

Results without variation are left out: their limits come from numbers of forms and populations that are not printed. So is the
interval ``beta``, which needs a number of forms too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from surveys.handover.read_back import Floats, PrintedTable, RunSettings
from surveys.problems import Problem
from surveys.scoring.inference import limits

_NOISE = 1e-9
#: A standard error of fewer units of its last digit says too little of the limits.
_UNITS = 1000


def intervals(scores: PrintedTable, settings: RunSettings) -> Iterator[Problem]:
    """Limits that are not those of score, standard error and degrees of freedom, within what rounding of these explains."""
    plan = settings.inference
    score, se, df = (scores.number(name) for name in ("score", "se", "df"))
    halves = [scores.half(name) for name in ("score", "se", "df")]
    usable = (se > _UNITS * 2 * halves[1]) & (score > _UNITS * halves[0]) & (score < 1 - _UNITS * halves[0])
    usable &= df > _UNITS * halves[2]
    if plan.interval == "beta" or not usable.any():
        return
    given = (score[usable], se[usable], df[usable])
    none = np.full(len(given[0]), np.nan)

    def of(estimates: tuple[Floats, ...]) -> Floats:
        value, error, degrees = estimates
        return np.array(limits(plan, (value, error, degrees), none, none))

    expected = of(given)
    slack = np.full(expected.shape, _NOISE)
    for k, half in enumerate(halves):
        moved = [of(tuple(x + sign * half * (j == k) for j, x in enumerate(given))) for sign in (-1, 1)]
        slack += 1.5 * np.max([np.abs(one - expected) for one in moved], axis=0)
    for name, wanted, least in zip(("ci_low", "ci_high"), expected, slack, strict=True):
        whole = np.full(len(scores), np.nan)
        whole[usable] = wanted
        off = np.zeros(len(scores), dtype=bool)
        off[usable] = ~(np.abs(scores.number(name)[usable] - wanted) <= least + scores.half(name))
        yield from scores.faults("verify.interval", off, name, expected=whole)
