"""What it takes the units of a round to be where they are wanted, however the round is at hand."""

from __future__ import annotations

from pathlib import Path

from surveys.analysed import Round, analysed
from surveys.handover.reach_folder import Asked, Reach, reach_of
from surveys.vocabulary.progress import Stages, unheard


def reach(
    of: Round,
    measure: str | None = None,
    target: object = None,
    *,
    unit: str | None = None,
    planned: str | Path | None = None,
    progress: Stages = unheard,
) -> Reach:
    """What it takes in a result, a study (which is scored), or the path of a folder of results or of a study.

    ``measure``: percent, points, class, rank, rank_up, top or unit_group, with its ``target``; without them the targets of
    the round's whole index. ``unit``: the code of one unit; ``planned``: a CSV with the columns block, unit, group, forms for
    the next round. Raises SurveyError when the round cannot be read or has no such place.
    """
    return reach_of(analysed(of, progress), Asked(measure, target, unit, planned))
