"""What kind of index a study scores, from its instrument and its files."""

from __future__ import annotations

from surveys.definitions.study.records import StudyDefinition
from surveys.vocabulary.council_tables import IndexKind
from surveys.vocabulary.levels import ASSESSMENT


def kind_of(study: StudyDefinition) -> IndexKind:
    """With points where a node has maximum points; with the council's half where the study has assessments; with classes where
    the instrument or the study declares some and the index has all of its halves."""
    instrument = study.instrument
    whole = study.has_assessments or not any(node.measured_by == ASSESSMENT for node in instrument.nodes)
    return IndexKind(
        points=any(node.max_points is not None for node in instrument.nodes),
        council=study.has_assessments,
        classes=bool(instrument.classes) and whole,
    )
