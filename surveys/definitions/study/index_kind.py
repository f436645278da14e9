"""What kind of index a study scores, from its instrument and its files."""

from __future__ import annotations

from collections.abc import Sequence

from surveys.definitions.instrument.records import Instrument, Node, ResultClass
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import fault
from surveys.vocabulary.combination_names import SHARES
from surveys.vocabulary.council_tables import IndexKind
from surveys.vocabulary.levels import ASSESSMENT


def kind_of(study: StudyDefinition) -> IndexKind:
    """With points where a node has maximum points; with the council's half where the study has assessments; with classes where
    the instrument or the study declares some and the index has all of its halves; scored where a node is more than shares."""
    instrument = study.instrument
    return kind_of_parts(instrument.nodes, instrument.classes, assessed=study.has_assessments)


def kind_of_parts(nodes: Sequence[Node], classes: Sequence[ResultClass], *, assessed: bool) -> IndexKind:
    """The kind of an index of these nodes and classes; ``assessed``: there are assessments of the council."""
    whole = assessed or not any(node.measured_by == ASSESSMENT for node in nodes)
    points = any(node.max_points is not None for node in nodes)
    scored = any(node.rule != SHARES for node in nodes)
    return IndexKind(points=points, council=assessed, classes=bool(classes) and whole, scored=scored)


def refuse_unscored(instrument: Instrument) -> None:
    """Raise SurveyError where an instrument has shares of answers alone, for what tells of scores, losses and ranks."""
    if not kind_of_parts(instrument.nodes, (), assessed=False).scored:
        raise fault("score.shares_alone", instrument=instrument.name)
