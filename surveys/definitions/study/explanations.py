"""What an explanation of a unit owes itself: what is received has a day and a text, what is decided says who, why and when."""

from __future__ import annotations

from surveys.definitions.shared_checks import check_period
from surveys.definitions.study.records import Explanation
from surveys.problems import Place
from surveys.vocabulary.statuses import LATE, NO_ANSWER, PENDING

_RECEIVED, _DECIDED = ("explanation", "received_on"), ("reviewer", "reason", "date")


def check_explanation(made: Explanation, place: Place, explained_by: str) -> None:
    """Note what an explanation lacks or contradicts; one that came after the last day, or is late without having, is told.

    ``explained_by``: the last day on which units could explain (ISO; empty: none was set).
    """
    check_period(place, made.received_on, made.date, ("received_on", "date"))
    decided = made.decision != PENDING
    if made.status == NO_ANSWER:
        for name in (name for name in _RECEIVED if getattr(made, name)):
            place.note("explanations.nothing_received", name, column_name=name)
        if decided:
            place.note("explanations.nothing_received", "decision", column_name="decision")
        return
    for name in (*_RECEIVED, *(_DECIDED if decided else ())):
        if not getattr(made, name).strip():
            place.note("explanations.lacks", name, column_name=name)
    if explained_by and made.received_on and (made.received_on > explained_by) != (made.status == LATE):
        code = "explanations.not_late" if made.status == LATE else "explanations.late"
        place.note(code, "received_on", severity="warning", value=made.received_on, limit=explained_by)
