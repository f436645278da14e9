"""What is said beside a number: its status and its remarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from surveys.scoring.branches import Branch, Notes, positions
from surveys.scoring.quantities import Bools
from surveys.vocabulary.remarks import Remark, Remarks, remark
from surveys.vocabulary.statuses import EXTERNAL, INCOMPLETE, OK, STATUSES, SUPPRESSED

if TYPE_CHECKING:
    from surveys.scoring.inference import Estimate

_OK, _EXTERNAL, _INCOMPLETE, _SUPPRESSED = map(STATUSES.index, (OK, EXTERNAL, INCOMPLETE, SUPPRESSED))
GAPS = ("score.missing_child", "score.no_external", "score.not_assessed")


def statuses(branches: Sequence[Branch]) -> NDArray[np.intp]:
    """Position in ``STATUSES`` of each of R branches in each unit [R, U].

    Suppressed: too few valid forms of the result itself. Incomplete: something below is missing; the value, where there
    is one, stands for the rest.
    """
    elsewhere, complete, available = (
        np.array([getattr(branch, name) for branch in branches])
        for name in ("elsewhere", "complete", "available")
    )
    gap = np.zeros(available.shape, dtype=bool)
    for r, branch in enumerate(branches):
        for unit, said in branch.notes:
            gap[r, unit] |= said.code in GAPS
    status = np.where(complete, np.where(elsewhere, _EXTERNAL, _OK), _INCOMPLETE)
    return np.where(~available & ~gap, _SUPPRESSED, status)


def census(found: Sequence[Estimate]) -> Bools:
    """Where [R, U] a value has no sampling error because everybody answered."""
    value = np.array([e.branch.score.value for e in found])
    exact = (np.array([e.low for e in found]) == value) & (np.array([e.high for e in found]) == value)
    sampled = np.array([e.branch.available & ~e.branch.elsewhere for e in found])
    return np.asarray(exact & sampled)


def remarks(found: Sequence[Estimate]) -> tuple[list[Remarks], NDArray[np.intp]]:
    """The different remarks on results, the first of them none, and the position of each estimate's among them [R, U]."""
    complete = census(found)
    different: dict[Remarks, int] = {(): 0}
    place = np.zeros(complete.shape, dtype=np.intp)
    for r, estimate in enumerate(found):
        for unit, said in _by_unit(estimate.branch.notes, positions(complete[r])).items():
            place[r, unit] = different.setdefault(tuple(said), len(different))
    return list(different), place


def _by_unit(notes: Notes, complete: Sequence[int]) -> dict[int, list[Remark]]:
    """The notes of each unit that has any; those of a ``complete`` census end with saying so."""
    of_unit: dict[int, list[Remark]] = {}
    for unit, found in (*notes, *((unit, remark("score.census")) for unit in complete)):
        of_unit.setdefault(unit, []).append(found)
    return of_unit
