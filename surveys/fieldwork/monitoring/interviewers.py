"""Interviewers whose share of rejected forms is far from that of the others, by an exact test.

Forms are compared within the questionnaire and mode that they are of, so that who collects another kind of forms is not blamed
for it. Given how many forms of each kind an interviewer has and how many of that kind are rejected in all, the number of rejected
ones is a sum of independent hypergeometric numbers; its distribution is convolved exactly. Two-sided as R's
``mantelhaen.test(exact = TRUE)`` and ``fisher.test``: all outcomes that are no likelier than what was seen. Corrected after Holm
over the interviewers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from surveys.vocabulary.statuses import (
    FEWER_REJECTED,
    LEFT_OUT,
    MORE_REJECTED,
    REJECTED,
    REVIEW,
    VALID,
)

#: Outcomes as likely as what was seen, but for the rounding of floats, count as no likelier.
_TIES = 1.0 + 1e-7
#: Corrected probability up to which a share is told to be far from the others, and fewest forms from which one is.
FAR, FEWEST = 0.05, 10


@dataclass(frozen=True)
class Stratum:
    """Forms of one kind: of all interviewers, rejected of them, and those of one interviewer."""

    forms: int
    rejected: int
    own: int
    own_rejected: int


def rejected_forms(evaluations: pd.DataFrame) -> pd.DataFrame:
    """One row per interviewer, by name: ``judged`` forms (valid or rejected), ``rejected_forms`` of them, ``rejected_expected``
    if they were rejected as often as all of their kind, ``p_value``, ``p_adjusted``, ``finding`` (``more``, ``fewer`` or empty).
    A form about several units is rejected where it is for each."""
    forms = _forms(evaluations)
    told = forms[forms["interviewer"] != ""]
    strata = told.groupby(["questionnaire", "mode"])["rejected"].agg(["size", "sum"])
    own = told.groupby(["interviewer", "questionnaire", "mode"])["rejected"].agg(["size", "sum"])
    lines = []
    for interviewer, mine in own.groupby(level=0):
        whole = strata.loc[[kind[1:] for kind in mine.index]].to_numpy(int).tolist()
        parts = [Stratum(*w, *m) for w, m in zip(whole, mine.to_numpy(int).tolist(), strict=True)]
        expected = sum(part.own * part.rejected / part.forms for part in parts)
        lines.append((interviewer, *mine.sum().tolist(), expected, two_sided(parts)))
    names = ["interviewer", "judged", "rejected_forms", "rejected_expected", "p_value"]
    found = pd.DataFrame(lines, columns=names)
    p_adjusted = holm(found["p_value"].to_numpy(float))
    far = (p_adjusted <= FAR) & (found["judged"] >= FEWEST)
    side = np.where(found["rejected_forms"] > found["rejected_expected"], MORE_REJECTED, FEWER_REJECTED)
    return found.assign(p_adjusted=p_adjusted, finding=np.where(far, side, ""))


def two_sided(strata: Sequence[Stratum]) -> float:
    """The probability of a number of rejected forms that is no likelier than the one seen; 1 where nothing could be otherwise.

    >>> round(two_sided([Stratum(forms=8, rejected=4, own=4, own_rejected=3)]), 4)  # Fisher's tea
    0.4857
    """
    chance = np.ones(1)
    seen = 0
    for part in strata:
        low = max(0, part.own + part.rejected - part.forms)
        high = min(part.own, part.rejected)
        numbers = np.arange(low, high + 1)
        chance = np.convolve(chance, stats.hypergeom.pmf(numbers, part.forms, part.rejected, part.own))
        seen += part.own_rejected - low
    return float(min(chance[chance <= chance[seen] * _TIES].sum(), 1.0))


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """p-values corrected after Holm (1979).

    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    found = np.empty(len(p_values))
    found[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return found


def _forms(evaluations: pd.DataFrame) -> pd.DataFrame:
    """The forms that are valid or rejected, with who collected them: a form is what the best of its evaluations is."""
    ranks = {VALID: 0, REVIEW: 1, REJECTED: 2, LEFT_OUT: 3}
    best = evaluations.assign(rank=evaluations["disposition"].map(ranks).astype("int64"))
    columns = ["form", "interviewer", "questionnaire", "mode"]
    forms = best.groupby(columns, sort=False)["rank"].min().reset_index()
    judged = forms[forms["rank"].isin([ranks[VALID], ranks[REJECTED]])]
    return judged.assign(rejected=judged["rank"] == ranks[REJECTED])
