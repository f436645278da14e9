"""What is said beside a number: its status and its notes in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from surveys.problems import Language, phrase
from surveys.scoring.linear import Bools
from surveys.scoring.tree import Branch, Note, Notes, note, positions
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
        for unit, (code, _) in branch.notes:
            gap[r, unit] |= code in GAPS
    status = np.where(complete, np.where(elsewhere, _EXTERNAL, _OK), _INCOMPLETE)
    return np.where(~available & ~gap, _SUPPRESSED, status)


def census(found: Sequence[Estimate]) -> Bools:
    """Where [R, U] a value has no sampling error because everybody answered."""
    value = np.array([e.branch.score.value for e in found])
    exact = (np.array([e.low for e in found]) == value) & (np.array([e.high for e in found]) == value)
    sampled = np.array([e.branch.available & ~e.branch.elsewhere for e in found])
    return np.asarray(exact & sampled)


def written_notes(found: Sequence[Estimate], language: Language) -> tuple[list[str], NDArray[np.intp]]:
    """The different texts of the notes, the first of them empty, and the position of each estimate's among them [R, U]."""
    complete = census(found)
    texts = {"": 0}
    place = np.zeros(complete.shape, dtype=np.intp)
    for r, estimate in enumerate(found):
        for unit, notes in _by_unit(estimate.branch.notes, positions(complete[r])).items():
            text = "; ".join(dict.fromkeys(phrase(code, language, **dict(params)) for code, params in notes))
            place[r, unit] = texts.setdefault(text, len(texts))
    return list(texts), place


def _by_unit(notes: Notes, complete: Sequence[int]) -> dict[int, list[Note]]:
    """The notes of each unit that has any; those of a ``complete`` census end with saying so."""
    of_unit: dict[int, list[Note]] = {}
    for unit, found in (*notes, *((unit, note("score.census")) for unit in complete)):
        of_unit.setdefault(unit, []).append(found)
    return of_unit
