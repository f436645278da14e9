"""The tables that the council gets, and the kind of index that decides which of their columns there are.

A column that an index cannot fill is left out of its tables: an index without points has none of them, and what the council
assessed stands only where it assessed something.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

#: Table → all the columns it may have, in the order of the file.
COUNCIL_COLUMNS: dict[str, tuple[str, ...]] = {
    "scores": (
        "block", "unit_code", "unit_name", "node_code", "node_name", "node_level", "measured_by", "max_points",
        "self_assessed", "first_appraisal", "final", "council_points", "council_basis", "survey_points", "points",
        "points_low", "points_high", "percent", "ci_low", "ci_high", "n_valid", "status", "note",
    ),
    "units": (
        "block", "unit_code", "unit_name", "max_points", "self_assessed", "council_points", "survey_points", "points",
        "points_low", "points_high", "percent", "ci_low", "ci_high", "rank", "rank_low", "rank_high", "class",
        "probability_class", "survey_percent", "survey_rank", "survey_rank_low", "survey_rank_high", "status", "note",
    ),
    "groups": (
        "block", "unit_code", "unit_name", "node_code", "node_name", "group", "n_valid", "max_points", "points",
        "percent", "ci_low", "ci_high", "status", "note",
    ),
    "forms": (
        "block", "group", "questionnaire", "unit_code", "unit_name", "counted", "issued", "returned", "valid", "review",
        "rejected", "left_out",
    ),
    "rejected": (
        "form_code", "questionnaire", "block", "group", "unit_code", "evaluations", "of_evaluations", "reasons",
        "reasons_vi", "decided_by", "decided_on", "decision_reason",
    ),
}  # fmt: skip
#: What is counted in a row of the table of forms: evaluations (one form for one unit), or forms, each once.
EVALUATIONS, FORMS = COUNTED = ("evaluations", "forms")
#: Columns of an index with points, of one with the council's half, and of one with classes of results.
OF_POINTS = ("max_points", "points", "points_low", "points_high")
OF_COUNCIL = (
    "self_assessed", "first_appraisal", "final", "council_points", "council_basis", "survey_points", "survey_percent",
    "survey_rank", "survey_rank_low", "survey_rank_high",
)  # fmt: skip
OF_CLASSES = ("class", "probability_class")


@dataclass(frozen=True, slots=True)
class IndexKind:
    """What an index has: maximum ``points`` to its nodes, points that the ``council`` assessed, ``classes`` of results, and
    whether anything is ``scored`` at all (else there are only shares of answers, and no results of nodes or units)."""

    points: bool = True
    council: bool = False
    classes: bool = False
    scored: bool = True

    def record(self) -> dict[str, bool]:
        """As it stands in ``run.json``."""
        return asdict(self)

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of a council table of such an index.

        >>> IndexKind(points=False).columns("groups")[6:10]
        ('n_valid', 'percent', 'ci_low', 'ci_high')
        """
        parts = ((self.points, OF_POINTS), (self.council, OF_COUNCIL), (self.classes, OF_CLASSES))
        lacking = {name for given, names in parts if not given for name in names}
        return tuple(name for name in COUNCIL_COLUMNS[table] if name not in lacking)
