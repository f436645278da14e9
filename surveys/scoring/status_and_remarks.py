"""What is said beside a number: its status and its remarks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch, Parts
from surveys.scoring.inference import Inferred
from surveys.scoring.quantities import Bools
from surveys.scoring.values import Values
from surveys.vocabulary.remarks import Remark, Remarks, remark
from surveys.vocabulary.statuses import EXTERNAL, INCOMPLETE, OK, SUPPRESSED

GAPS = ("score.missing_child", "score.no_external")


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


def remarks(block: BlockInputs, found: Inferred) -> dict[tuple[int, int], Remarks]:
    """Remarks by row of the branch and position of the unit, where there are any; of a census nothing else is to be said."""
    said: dict[tuple[int, int], list[Remark]] = {}
    for r, branch in enumerate(found.branches):
        for unit, one in branch.notes:
            said.setdefault((r, unit), []).append(one)
    score = found.value[0]
    exact = (found.low[0] == score) & (found.high[0] == score)
    for r, unit in np.argwhere(exact & censuses(block, found.branches)).tolist():
        said.setdefault((r, unit), [remark("score.census")])
    for place, groups in _single_clusters(found).items():
        said.setdefault(place, []).append(remark("score.single_cluster", groups=", ".join(groups)))
    return {place: tuple(every) for place, every in said.items()}


def censuses(block: BlockInputs, branches: Sequence[Branch]) -> Bools:
    """Results [R, U] for which everybody answered: each member of the population of every group that enters, to every question
    below. A result to which a remark belongs may be a census of what is left; that is not said."""
    everybody = {group: _answered_by_all(values) for group, values in block.values.items()}
    found = np.zeros((len(branches), len(block.units)), dtype=bool)
    for r, branch in enumerate(branches):
        if branch.columns:
            of_groups = [(everybody[g] | ~column).all(axis=1) for g, column in branch.columns.items()]
            measured = ~(branch.score.external != 0).any(axis=1)
            found[r] = branch.available & measured & np.all(of_groups, axis=0)
    return found


def _answered_by_all(values: Values) -> Bools:
    """Units and questions [U, I] with as many valid answers as the population has members, of a finite population."""
    sample = values.sample
    whole = (sample.fraction >= 1.0)[:, None] & (values.forms == sample.population[:, None])
    return np.asarray(whole & values.shown)


def _single_clusters(found: Inferred) -> dict[tuple[int, int], list[str]]:
    """By row and unit, the groups of a shown result whose forms are all of one cluster."""
    shown = Parts(found.branches).available
    groups: dict[tuple[int, int], list[str]] = {}
    for group, alone in found.alone.items():
        for r, unit in np.argwhere(alone & shown).tolist():
            groups.setdefault((r, unit), []).append(group)
    return groups
