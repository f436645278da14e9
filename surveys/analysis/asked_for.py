"""What is asked for: a wanted place of the units, checked against the round."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import get_args

from surveys.analysis.aims import Aim
from surveys.analysis.analysed_round import AnalysedRound
from surveys.problems import Place, Problems, fault
from surveys.vocabulary.measures import CLASS, COUNTED, PERCENT, UNIT_GROUP, Measure

_HIGHEST = 100


def wanted_place(of: AnalysedRound, measure: str, target: object) -> Aim:
    """The place that is asked for. Raises :class:`surveys.problems.SurveyError` where the round can have no such place."""
    problems = Problems()
    known: dict[str, Measure] = {name: name for name in get_args(Measure)}
    here, text = Place(problems, ""), str(target)
    if measure not in known:
        here.not_accepted("reach.unknown_measure", "", measure, known)
    elif measure in (CLASS, UNIT_GROUP):
        instrument = of.instrument
        codes = [one.code for one in (instrument.classes if measure == CLASS else instrument.unit_groups)]
        if not codes:
            raise fault("reach.no_classes", instrument=instrument.name)
        if text not in codes:
            here.not_accepted("reach.unknown_class", "", text, codes)
    elif measure in COUNTED:
        if not (text.isdecimal() and int(text) > 0):
            here.note("reach.not_whole", measure=measure, value=text)
    elif not _is_number(text, _HIGHEST if measure == PERCENT else None):
        high = _HIGHEST if measure == PERCENT else "∞"
        here.note("reach.not_a_number", measure=measure, value=text, low=0, high=high)
    problems.raise_errors()
    return Aim(known[measure], text)


def _is_number(text: str, high: int | None) -> bool:
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return False
    return value.is_finite() and value >= 0 and (high is None or value <= high)


def unit_asked_for(of: AnalysedRound, unit: str) -> tuple[str, ...]:
    """The unit as the only one; raises :class:`surveys.problems.SurveyError` where the round does not have it."""
    known = list(dict.fromkeys(of.units["unit_code"].tolist()))
    if unit not in known:
        problems = Problems()
        Place(problems, "").not_accepted("reach.unknown_unit", "", unit, known)
        problems.raise_errors()
    return (unit,)
