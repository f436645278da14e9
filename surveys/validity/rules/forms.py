"""Rules about a form and its fields: code, questionnaire, unit, date, identification."""

from __future__ import annotations

import numpy as np

from surveys.definitions.instrument.records import Unit
from surveys.returns.issued_spelling import issued_by_characters
from surveys.returns.record_set import among
from surveys.validity.evidence import Array, Evidence
from surveys.validity.rules.finding import Finding, noticed
from surveys.vocabulary.check_characters import mistyped_from
from surveys.vocabulary.statuses import LEFT_OUT, REVIEW


def unknown_code(evidence: Evidence) -> Finding:
    """The form's code is not among the issued ones (where the issued forms of the questionnaire are listed); detail: those that
    it may be mistyped from, where the codes have a check character."""
    unknown = evidence.listed & ~_has_no_code(evidence) & _never_issued(evidence)
    known, detail = issued_by_characters(evidence.study), np.full(len(unknown), "", object)
    if known:
        rows = np.flatnonzero(unknown)
        detail[rows] = [";".join(mistyped_from(code, known)) for code in evidence["form_code"][rows]]
    return Finding(unknown, detail)


def _has_no_code(evidence: Evidence) -> Array:
    """Forms without a code of their own: those called after their submission were not issued under that name."""
    code = evidence["form_code"]
    return np.asarray((code == "") | ((code == evidence["submission"]) & _never_issued(evidence)))


def blank_code(evidence: Evidence) -> Finding:
    """The form has no code where the issued forms of its questionnaire are listed."""
    return Finding(evidence.listed & _has_no_code(evidence))


def _never_issued(evidence: Evidence) -> Array:
    return evidence.issued["unit"].isna().to_numpy()


def wrong_questionnaire(evidence: Evidence, unit: bool) -> Finding:
    """The code was issued for another questionnaire or (``unit``) for another unit; detail: which."""
    issued_unit, issued_form = (evidence.issued[name].to_numpy(object) for name in ("unit", "questionnaire"))
    known, mine = ~_never_issued(evidence), evidence["unit_code"]
    other_form = known & (issued_form != evidence["questionnaire"])
    told_apart = (issued_unit != "") & (mine != "") & (issued_unit != mine)
    other_unit = known & ~other_form & told_apart & unit
    return Finding(other_form | other_unit, np.where(other_form, issued_form, issued_unit))


def unknown_unit(evidence: Evidence) -> Finding:
    """The unit is missing or was not recognised in the register."""
    return Finding((evidence["unit_code"] == "") & ~evidence.is_empty_form)


def unit_without_tones(evidence: Evidence) -> Finding:
    """The unit was written without its tones or diacritics, and only one name fits; detail: its code."""
    return Finding(noticed(evidence, "unit_without_tones"), evidence["unit_code"])


def arithmetic_total(evidence: Evidence) -> Finding:
    """The row has no code and is exactly the sum or the mean of rows above it."""
    return Finding(noticed(evidence, "arithmetic_total"))


def ended_unit(evidence: Evidence) -> Finding:
    """The unit had ended before the form was filled in, or did not exist yet; where no day is known, a unit that existed during
    a part of the fieldwork. Detail: the units that took it over, otherwise its code."""
    dated = {
        (unit.block, unit.code): unit for unit in evidence.study.units if unit.valid_from or unit.valid_to
    }
    broken, detail = np.zeros(len(evidence), bool), np.full(len(evidence), "", object)
    for (block, code), unit in dated.items():
        of_unit = (evidence["unit_code"] == code) & (evidence["block"] == block)
        existed = days_between(evidence.day, unit.valid_from, unit.valid_to)
        if _through_fieldwork(evidence, unit):
            existed |= np.isnat(evidence.day)
        broken |= of_unit & ~existed
        detail[of_unit] = ";".join(unit.successors) or code
    return Finding(broken, detail)


def _through_fieldwork(evidence: Evidence, unit: Unit) -> bool:
    """Whether a unit exists from the first to the last day of fieldwork; without one it is taken to."""
    days = [day for day in (evidence.study.fieldwork.start, evidence.study.fieldwork.end) if day]
    return bool(days_between(np.array(days, "datetime64[D]"), unit.valid_from, unit.valid_to).all())


def days_between(days: Array, first: str, last: str) -> Array:
    """Which days lie from ``first`` to ``last`` (ISO; empty: open), boolean [n].

    >>> days_between(np.array(["2025-10-31", "2025-11-01", "NaT"], "datetime64[D]"), "", "2025-10-31").tolist()
    [True, False, False]
    """
    low, high = np.datetime64(first or "0001-01-01"), np.datetime64(last or "9999-12-31")
    return np.asarray((days >= low) & (days <= high))


def excluded_unit(evidence: Evidence) -> Finding:
    """The unit is not assessed in this round; detail: its code."""
    units = zip(evidence["block"], evidence["unit_code"], strict=True)
    excluded = evidence.study.excluded
    return Finding(np.array([unit in excluded for unit in units], bool), evidence["unit_code"])


def own_unit(evidence: Evidence) -> Finding:
    """The rater scored the rater's own unit, on a questionnaire that forbids it; detail: its code."""
    forbids = [q.code for q in evidence.instrument.questionnaires if q.own_unit]
    own, unit = evidence["own_unit"], evidence["unit_code"]
    return Finding((own != "") & (own == unit) & among(evidence["questionnaire"], forbids), unit)


def outside_fieldwork(evidence: Evidence) -> Finding:
    """Submitted before the first or after the last day of fieldwork; a form without a date is not judged."""
    fieldwork = evidence.study.fieldwork
    first, last = (np.datetime64(day or "NaT", "D") for day in (fieldwork.start, fieldwork.end))
    return Finding((evidence.day < first) | (evidence.day > last))


def missing_identification(evidence: Evidence) -> Finding:
    """A field that identifies the form or the respondent was left empty."""
    lacking = evidence.listed & (evidence["form_code"] == "") & evidence.instrument.asks_code
    return Finding(~evidence["identified"] | lacking)


def left_out_by_tool(evidence: Evidence) -> Finding:
    """The collecting tool says that it is no return (preview, test, spam, not approved …); detail: what it says, and where."""
    return Finding(evidence["state"] == LEFT_OUT, evidence["state_text"])


def held_by_tool(evidence: Evidence) -> Finding:
    """The collecting tool holds it back, calls it partial, or says a word that nobody knows; detail: what it says, and where."""
    return Finding(evidence["state"] == REVIEW, evidence["state_text"])
