"""Screening: the declared rules applied to all returns, reviewers' decisions, and the reconciled counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import attrgetter

import numpy as np
import pandas as pd

from surveys.definitions.declared_rules import faulty_parameters
from surveys.definitions.instrument.records import Rule
from surveys.definitions.study.records import Decision, StudyDefinition
from surveys.problems import Problem, SurveyError, shortened
from surveys.returns.record_set import Returns, among
from surveys.validity.dispositions import Dispositions
from surveys.validity.evidence import Array, Evidence, gather
from surveys.validity.rules import RULES
from surveys.validity.rules.duplicates import BY_CHANCE
from surveys.vocabulary.columns import CELL_COLUMNS, FUNNEL_COLUMNS, REASON_COLUMNS
from surveys.vocabulary.statuses import (
    COPY,
    DISPOSITIONS,
    LEFT_OUT,
    NO_FORMS,
    REJECTED,
    REVIEW,
    SECOND_ENTRY,
    VALID,
)
from surveys.vocabulary.validity_rules import UNKNOWN_CODE, UNKNOWN_UNIT, VALIDITY_RULES

CELL = list(CELL_COLUMNS)
DECISION = "decision"  # stands as the rule of a reason that is a reviewer's decision
Cell = tuple[str, str, str, str]
Reasons = tuple[
    Array, str, str, str | Array
]  # rows with a rule, a severity and a detail for all or one for each of them


def screen(study: StudyDefinition, returns: Returns) -> Dispositions:
    """What becomes of every evaluation of ``returns`` under the rules and decisions of ``study``.

    Left out: a reason of severity leave_out that no decision has lifted. Otherwise rejected: a reason of severity reject, or a
    reviewer's decision; otherwise under review: a reason of severity review that no decision has lifted; otherwise valid. A
    decision never lifts a reason of severity reject. Raises
    :class:`surveys.problems.SurveyError` when a rule or parameter cannot be carried out as declared.
    """
    faults = faulty_parameters(study.rules, "study.toml")
    if faults:
        raise SurveyError(faults)
    evidence = gather(study, returns)
    broken = broken_rules(study.rules, evidence)
    concerned = [rows_about(decision, evidence) for decision in study.decisions]
    decided, warnings = decisions_on(study.decisions, concerned, broken, set(evidence["submission"]))
    warnings = (*warnings, *_by_chance(study.rules, broken), *_mistyped(returns, evidence, broken))
    reasons = pd.concat([broken, decided], ignore_index=True)
    disposition = np.where(returns.rows["copy"] == COPY, COPY, SECOND_ENTRY).astype(object)
    disposition[evidence.row] = outcome(len(evidence), reasons)
    reasons["row"] = evidence.row[reasons["row"].to_numpy(int)]
    reasons = reasons.sort_values("row", kind="stable", ignore_index=True)
    cells = accounts(study, returns, disposition)
    by = np.full(len(returns), -1)
    for k, rows in enumerate(concerned):
        by[evidence.row[rows]] = k
    return Dispositions(disposition, reasons, cells, funnel(study, cells, disposition), warnings, by)


def broken_rules(rules: Sequence[Rule], evidence: Evidence) -> pd.DataFrame:
    """Every reason of every evaluation: columns row (position in the evidence), rule, severity, detail.

    Forms are set beside one another without those that are left out: a preview makes no copy of the form that was sent.
    """
    beside = [VALIDITY_RULES[rule.rule].looks_at == "duplicates" for rule in rules]
    alone = [None if later else _broken(rule, evidence) for rule, later in zip(rules, beside, strict=True)]
    left_out = np.zeros(len(evidence), bool)
    for rule, found in zip(rules, alone, strict=True):
        if found and rule.severity == "leave_out":
            left_out[found[0]] = True
    place = np.flatnonzero(~left_out)
    returned = evidence.only(place) if left_out.any() else evidence
    reasons: list[Reasons] = []
    for rule, found in zip(rules, alone, strict=True):
        broken, detail = found or _broken(rule, returned)
        reasons.append((broken if found else place[broken], rule.rule, rule.severity, detail))
    return _table(reasons)


def _broken(rule: Rule, evidence: Evidence) -> tuple[Array, str | Array]:
    """Positions in the evidence that break a rule, and the details."""
    parameters = {**VALIDITY_RULES[rule.rule].defaults, **dict(rule.params)}
    finding = RULES[rule.rule](evidence, **parameters)
    concerned = among(evidence["questionnaire"], rule.questionnaires) if rule.questionnaires else True
    broken = np.flatnonzero(finding.broken & concerned)
    return broken, "" if finding.detail is None else finding.detail[broken]


def _table(found: Sequence[Reasons]) -> pd.DataFrame:
    """All that was found as one table, columns ``REASON_COLUMNS``."""
    parts = [np.broadcast_arrays(*one) for one in [(np.array([], int), "", "", ""), *found]]
    columns = [np.concatenate(column, dtype=object) for column in zip(*parts, strict=True)]
    return pd.DataFrame(dict(zip(REASON_COLUMNS, columns, strict=True)), dtype=object).astype({"row": int})


def rows_about(decision: Decision, evidence: Evidence) -> Array:
    """The evaluations that a decision concerns: those of its submission, or of its form code where it names none, as they were
    when it was made."""
    name, meant = "submission", decision.submission
    if not meant:
        name, meant = "form_code", decision.form_code
    same_unit = (evidence["unit_code"] == decision.unit) if decision.unit else True
    same_content = (evidence["content"] == decision.content) if decision.content else True
    return np.flatnonzero((evidence[name] == meant) & same_unit & same_content)


def decisions_on(
    decisions: Sequence[Decision],
    concerned: Sequence[Array],
    broken: pd.DataFrame,
    returned: Collection[str] = (),
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Decisions as reasons of the evaluations each of them concerns (the last decision on an evaluation stands), and warnings
    about those without any effect. Severity: reject for a rejection, flag for an acceptance; detail: the decision. An acceptance
    leaves out evaluations of no known unit, which would be scored nowhere."""
    found: list[Reasons] = []
    warnings = []
    nowhere = broken["row"][broken["rule"] == UNKNOWN_UNIT].to_numpy(int)
    for decision, rows in zip(decisions, concerned, strict=True):
        warnings += _without_effect(decision, rows, broken, decision.submission in returned)
        if decision.decision == VALID and np.isin(rows, nowhere).any():
            rows = rows[~np.isin(rows, nowhere)]
            warnings.append(_about(decision, "validity.decision_without_unit"))
        severity = "reject" if decision.decision == REJECTED else "flag"
        found.append((rows, DECISION, severity, decision.decision))
    return _table(found).drop_duplicates("row", keep="last"), tuple(warnings)


def _without_effect(
    decision: Decision, rows: Array, broken: pd.DataFrame, is_returned: bool
) -> list[Problem]:
    if not len(rows):
        was = "changed" if is_returned and decision.content else "unmatched"
        return [_about(decision, f"validity.decision_{was}")]
    against = broken[broken["row"].isin(rows) & (broken["severity"] == "reject")]
    if decision.decision == VALID and len(against):
        return [
            _about(decision, "validity.decision_overruled", rules=", ".join(dict.fromkeys(against["rule"])))
        ]
    return []


def _by_chance(rules: Sequence[Rule], broken: pd.DataFrame) -> Iterator[Problem]:
    """A warning about near-duplicates that are not listed pair by pair, because chance alone explains many of them."""
    for rule in rules:
        if rule.rule == "near_duplicate":
            listed = broken[broken["rule"] == rule.rule]
            share = {**VALIDITY_RULES[rule.rule].defaults, **dict(rule.params)}["share"]
            told = {
                "forms": str((listed["detail"] == "").sum()),
                "of": str(len(listed)),
                "share": f"{share:g}",
            }
            if told["forms"] != "0":
                yield Problem(
                    "validity.similar_by_chance", "warning", params=(*told.items(), ("pairs", str(BY_CHANCE)))
                )


def _mistyped(returns: Returns, evidence: Evidence, broken: pd.DataFrame) -> Iterator[Problem]:
    """A warning about each code that was never issued and may be a mistyped one of those that were."""
    told = broken[(broken["rule"] == UNKNOWN_CODE) & (broken["detail"] != "")]
    rows = returns.rows.iloc[evidence.row[told["row"].to_numpy(int)]].assign(
        nearest=told["detail"].to_numpy()
    )
    for row in rows.drop_duplicates(["form_code", "submission"]).itertuples():
        said = (("value", shortened(row.form_code)), ("codes", row.nearest.replace(";", ", ")))
        place = {"file": row.source_file, "sheet": row.source_sheet, "row": int(row.source_row)}
        yield Problem("validity.mistyped_code", "warning", params=said, **place)


def _about(decision: Decision, code: str, **params: str) -> Problem:
    """A warning about a decision."""
    named = {"form": decision.form_code, "unit": decision.unit, "reviewer": decision.reviewer, **params}
    return Problem(code, "warning", column="decisions", params=tuple(named.items()))


def outcome(size: int, reasons: pd.DataFrame) -> Array:
    """Disposition of each evaluation, object [size], from its reasons, decisions included."""
    severity = reasons["severity"].to_numpy(object)
    accepted = (reasons["rule"] == DECISION).to_numpy() & (severity != "reject")
    rows = reasons["row"].to_numpy(int)
    left_out, rejected, review, lifted = (
        np.bincount(rows[mask], minlength=size) > 0
        for mask in (severity == "leave_out", severity == "reject", severity == "review", accepted)
    )
    outcomes = {LEFT_OUT: left_out & ~lifted, REJECTED: rejected, REVIEW: review & ~lifted}
    return np.select(list(outcomes.values()), list(outcomes), VALID).astype(object)


def accounts(study: StudyDefinition, returns: Returns, disposition: Array) -> pd.DataFrame:
    """The cell in which each evaluation is counted, columns ``CELL_COLUMNS`` aligned with the returns.

    A valid evaluation counts where it was read, since it is scored there. Any other counts where its form was issued, if it is
    a form on one unit whose code was issued for one: a form whose unit cannot be read is still the form that went to that unit.
    """
    printed = study.instrument.questionnaire
    cells = returns.rows[CELL].to_numpy(object, copy=True)
    codes = returns.rows["form_code"].to_numpy(object)
    issued = {form.form_code: form for form in study.issued if form.unit}
    for k in np.flatnonzero((disposition != VALID) & ~returns.matrix):
        if form := issued.get(codes[k]):
            questionnaire = printed[form.questionnaire]
            cells[k] = (questionnaire.block, form.unit, questionnaire.group, form.questionnaire)
    return pd.DataFrame(cells, columns=CELL, dtype=object)


def funnel(study: StudyDefinition, cells: pd.DataFrame, disposition: Array) -> pd.DataFrame:
    """Issued, returned, valid, review, rejected and left out by block × unit × group × questionnaire.

    Every counted evaluation stands in the row of its cell; issued forms that never came back and forms of no known unit (empty
    unit code) have their rows too. A form of a matrix questionnaire is issued for each assessed unit.
    """
    issued = issued_by_cell(study)
    found = Counter(zip(*(cells[name].tolist() for name in CELL), disposition.tolist(), strict=True))
    counted = {cell[:-1] for cell in found if cell[-1] not in NO_FORMS}
    lines = []
    for cell in _in_order(study, counted | issued.keys()):
        outcomes = [found[*cell, name] for name in DISPOSITIONS]
        lines.append((*cell, issued[cell], sum(outcomes), *outcomes))
    table = pd.DataFrame(lines, columns=list(FUNNEL_COLUMNS))
    return table.astype(dict.fromkeys(FUNNEL_COLUMNS[len(CELL) :], "int64"))


def issued_by_cell(study: StudyDefinition) -> Counter[Cell]:
    """Number of issued forms by block × unit × group × questionnaire."""
    cells: Counter[Cell] = Counter()
    issued = Counter(map(attrgetter("questionnaire", "unit"), study.issued))
    for (code, unit), count in issued.items():
        form = study.instrument.questionnaire[code]
        rated = [u.code for u in study.assessed_units(form.block)] if form.matrix else [unit]
        cells.update({(form.block, u, form.group, code): count for u in rated})
    return cells


def _in_order(study: StudyDefinition, cells: Iterable[Cell]) -> list[Cell]:
    """Cells in the order of the definitions: block, unit (unrecognised last), group, questionnaire."""
    instrument = study.instrument
    order = (instrument.blocks, study.units, instrument.groups, instrument.questionnaires)
    codes = [dict.fromkeys(record.code for record in records) for records in order]
    ranks = [{code: k for k, code in enumerate(of_kind)} for of_kind in codes]

    def place(cell: Cell) -> tuple[list[int], Cell]:
        return [rank.get(code, len(rank)) for rank, code in zip(ranks, cell, strict=True)], cell

    return sorted(cells, key=place)
