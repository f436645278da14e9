"""What is said beside a number: its status and its notes in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from surveys.problems import Language, phrase
from surveys.scoring.linear import Bools
from surveys.scoring.tree import Branch, positions

if TYPE_CHECKING:
    from surveys.scoring.inference import Estimate

OK, EXTERNAL, INCOMPLETE, SUPPRESSED = "ok", "external", "incomplete", "suppressed"
GAPS = ("score.missing_child", "score.no_external", "score.not_assessed")


def statuses(branch: Branch) -> NDArray[np.object_]:
    """ok, external, incomplete or suppressed per unit [U].

    Suppressed: too few valid forms of the result itself. Incomplete: something below is missing; the value, where there
    is one, stands for the rest.
    """
    status = np.where(branch.elsewhere, EXTERNAL, OK).astype(object)
    status[~branch.complete] = INCOMPLETE
    gap = np.zeros(len(status), dtype=bool)
    gap[[unit for unit, (code, _) in branch.notes if code in GAPS]] = True
    status[~branch.available & ~gap] = SUPPRESSED
    return status


def census(estimate: Estimate) -> Bools:
    """Units whose value has no sampling error because everybody answered."""
    value = estimate.branch.score.value
    exact = (estimate.low == value) & (estimate.high == value)
    return np.asarray(exact & estimate.branch.available & ~estimate.branch.elsewhere)


def written_notes(estimate: Estimate, language: Language) -> list[str]:
    """The notes of a branch as text, per unit [U]."""
    texts: list[list[str]] = [[] for _ in estimate.branch.complete]
    for unit, (code, params) in estimate.branch.notes:
        texts[unit].append(phrase(code, language, **dict(params)))
    for unit in positions(census(estimate)):
        texts[unit].append(phrase("score.census", language))
    return ["; ".join(dict.fromkeys(found)) for found in texts]
