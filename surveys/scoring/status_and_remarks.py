"""What is said beside a number: its status and its remarks."""

from __future__ import annotations

import numpy as np

from surveys.scoring.branches import Parts
from surveys.scoring.inference import Inferred
from surveys.vocabulary.remarks import Remark, Remarks, remark
from surveys.vocabulary.statuses import EXTERNAL, INCOMPLETE, OK, SUPPRESSED

GAPS = ("score.missing_child", "score.no_external", "score.not_assessed")


def statuses(found: Inferred) -> np.ndarray:
    """Status of each of R branches in each unit, object [R, U].

    Suppressed: too few valid forms of the result itself. Incomplete: something below is missing; the value, where there
    is one, stands for the rest.
    """
    parts = Parts(found.branches)
    gap = np.zeros(parts.available.shape, dtype=bool)
    for r, branch in enumerate(found.branches):
        gap[r, [unit for unit, said in branch.notes if said.code in GAPS]] = True
    cases = [~parts.available & ~gap, ~parts.complete, parts.elsewhere]
    return np.select(cases, [SUPPRESSED, INCOMPLETE, EXTERNAL], OK).astype(object)


def remarks(found: Inferred) -> dict[tuple[int, int], Remarks]:
    """Remarks by row of the branch and position of the unit, where there are any; a census ends them with saying so."""
    said: dict[tuple[int, int], list[Remark]] = {}
    for r, branch in enumerate(found.branches):
        for unit, one in branch.notes:
            said.setdefault((r, unit), []).append(one)
    parts, score = Parts(found.branches), found.value[0]
    exact = (found.low[0] == score) & (found.high[0] == score)
    census = exact & parts.available & ~parts.elsewhere
    for r, unit in np.argwhere(census).tolist():
        said.setdefault((r, unit), []).append(remark("score.census"))
    for place, groups in _single_clusters(found).items():
        said.setdefault(place, []).append(remark("score.single_cluster", groups=", ".join(groups)))
    return {place: tuple(every) for place, every in said.items()}


def _single_clusters(found: Inferred) -> dict[tuple[int, int], list[str]]:
    """By row and unit, the groups of a shown result whose forms are all of one cluster."""
    shown = Parts(found.branches).available
    groups: dict[tuple[int, int], list[str]] = {}
    for group, alone in found.alone.items():
        for r, unit in np.argwhere(alone & shown).tolist():
            groups.setdefault((r, unit), []).append(group)
    return groups
