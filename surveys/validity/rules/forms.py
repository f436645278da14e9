"""Rules about a form and its fields: code, questionnaire, unit, date, identification."""

from __future__ import annotations

import numpy as np

from surveys.returns.record_set import among
from surveys.validity.evidence import Evidence
from surveys.validity.rules.finding import Finding


def unknown_code(evidence: Evidence) -> Finding:
    """The form's code is not among the issued ones (where the issued forms of the questionnaire are listed)."""
    return Finding(evidence.listed & (evidence.form_code != "") & ~evidence.known_code)


def wrong_questionnaire(evidence: Evidence, unit: bool) -> Finding:
    """The code was issued for another questionnaire or (``unit``) for another unit; detail: which."""
    other_form = evidence.known_code & (evidence.issued_questionnaire != evidence.questionnaire)
    told_apart = (evidence.issued_unit != "") & (evidence.unit != "") & ~other_form
    other_unit = evidence.known_code & told_apart & (evidence.issued_unit != evidence.unit) & unit
    detail = np.where(other_form, evidence.issued_questionnaire, evidence.issued_unit)
    return Finding(other_form | other_unit, detail)


def unknown_unit(evidence: Evidence) -> Finding:
    """The unit is missing or was not recognised in the register."""
    return Finding((evidence.unit == "") & ~evidence.is_empty_form)


def excluded_unit(evidence: Evidence) -> Finding:
    """The unit is not assessed in this round; detail: its code."""
    return Finding(evidence.excluded, evidence.unit)


def own_unit(evidence: Evidence) -> Finding:
    """The rater scored the rater's own unit, on a questionnaire that forbids it; detail: its code."""
    forbids = [q.code for q in evidence.instrument.questionnaires if q.own_unit]
    same = (evidence.own_unit != "") & (evidence.own_unit == evidence.unit)
    return Finding(same & among(evidence.questionnaire, forbids), evidence.unit)


def outside_fieldwork(evidence: Evidence) -> Finding:
    """Submitted before the first or after the last day of fieldwork; a form without a date is not judged."""
    first, last = evidence.window
    return Finding((evidence.day < first) | (evidence.day > last))


def missing_identification(evidence: Evidence) -> Finding:
    """A field that identifies the form or the respondent was left empty."""
    no_code = evidence.asks_code & evidence.listed & (evidence.form_code == "")
    return Finding(~evidence.identified | no_code)
