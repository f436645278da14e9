"""Screening: the declared rules applied to all returns, reviewers' decisions, and the reconciled counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from surveys.definitions.instrument import Rule
from surveys.definitions.study import Decision, Study
from surveys.problems import Problem, SurveyError
from surveys.returns.tidy import Returns
from surveys.validity.dispositions import (
    CELL_COLUMNS,
    FUNNEL_COLUMNS,
    REASON_COLUMNS,
    REJECTED,
    REVIEW,
    SECOND_ENTRY,
    VALID,
    Dispositions,
)
from surveys.validity.evidence import Evidence, among, gather
from surveys.validity.rules import RULES, faulty_parameters

Array = np.ndarray
CELL = list(CELL_COLUMNS)


def screen(study: Study, returns: Returns) -> Dispositions:
    """What becomes of every evaluation of ``returns`` under the rules and decisions of ``study``.

    Rejected: a reason of severity reject, or a reviewer's decision; otherwise under review: a reason of severity review that no
    decision has lifted; otherwise valid. A decision never lifts a reason of severity reject. Raises
    :class:`surveys.problems.SurveyError` when a rule or parameter cannot be carried out as declared.
    """
    faults = faulty_parameters(study.rules, "study.toml")
    if faults:
        raise SurveyError(faults)
    evidence = gather(study, returns)
    reasons = broken_rules(study.rules, evidence)
    decided, warnings = decisions_on(study.decisions, evidence, reasons)
    disposition = np.full(len(returns), SECOND_ENTRY, object)
    disposition[evidence.row] = outcome(len(evidence), reasons, decided)
    reasons = pd.concat([reasons, decided[list(REASON_COLUMNS)]], ignore_index=True)
    reasons["row"] = evidence.row[reasons["row"].to_numpy(int)]
    reasons = reasons.sort_values("row", kind="stable", ignore_index=True)
    cells = accounts(study, returns, disposition)
    return Dispositions(disposition, reasons, cells, funnel(study, cells, disposition), warnings)


def broken_rules(rules: Sequence[Rule], evidence: Evidence) -> pd.DataFrame:
    """Every reason of every evaluation: columns row (position in the evidence), rule, severity, detail."""
    found = [(rule, *_broken(rule, evidence)) for rule in rules]
    size = [len(broken) for _, broken, _ in found]
    words = {
        name: np.repeat(np.array([getattr(rule, name) for rule, _, _ in found], object), size)
        for name in ("rule", "severity")
    }
    rows = np.concatenate([np.zeros(0, np.int64), *(broken for _, broken, _ in found)])
    details = np.concatenate([np.zeros(0, object), *(detail for _, _, detail in found)])
    return pd.DataFrame({"row": rows, **words, "detail": details}).astype(_REASON_KINDS)


_REASON_KINDS = dict(zip(REASON_COLUMNS, ("int64", "object", "object", "object"), strict=True))


def _broken(rule: Rule, evidence: Evidence) -> tuple[Array, Array]:
    """Positions of the evaluations that a rule concerns and that break it, and the detail of each."""
    record = RULES[rule.rule]
    finding = record.function(evidence, **{**record.defaults, **dict(rule.params)})
    concerned = among(evidence.questionnaire, rule.questionnaires) if rule.questionnaires else True
    broken = np.flatnonzero(finding.broken & concerned)
    return broken, np.full(len(broken), "", object) if finding.detail is None else finding.detail[broken]


def decisions_on(
    decisions: Sequence[Decision], evidence: Evidence, reasons: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Decisions as reasons of the evaluations they concern (the last decision on an evaluation stands), and warnings about
    those without any effect. Severity: reject for a rejection, flag for an acceptance; detail: the decision."""
    found, warnings = [], []
    for decision in decisions:
        rows = _concerned(decision, evidence)
        warnings += _without_effect(decision, rows, reasons)
        found.append(pd.DataFrame({"row": rows, "detail": decision.decision}))
    table = pd.concat([pd.DataFrame({"row": pd.Series(dtype="int64"), "detail": []}), *found])
    table = table.drop_duplicates("row", keep="last")
    rejected = table["detail"] == REJECTED
    table = table.assign(rule="decision", severity=np.where(rejected, "reject", "flag"))
    return table.reset_index(drop=True), tuple(warnings)


def _concerned(decision: Decision, evidence: Evidence) -> Array:
    same_unit = (evidence.unit == decision.unit) if decision.unit else True
    return np.flatnonzero((evidence.form_code == decision.form_code) & same_unit)


def _without_effect(decision: Decision, rows: Array, reasons: pd.DataFrame) -> list[Problem]:
    params: tuple[tuple[str, str], ...] = (
        ("form", decision.form_code), ("unit", decision.unit), ("reviewer", decision.reviewer),
    )  # fmt: skip
    if not len(rows):
        return [Problem("validity.decision_unmatched", "warning", column="decisions", params=params)]
    against = reasons[reasons["row"].isin(rows) & (reasons["severity"] == "reject")]
    if decision.decision == VALID and len(against):
        params += (("rules", ", ".join(dict.fromkeys(against["rule"]))),)
        return [Problem("validity.decision_overruled", "warning", column="decisions", params=params)]
    return []


def outcome(size: int, reasons: pd.DataFrame, decided: pd.DataFrame) -> Array:
    """Disposition of each evaluation, object [size], from its reasons and decisions (columns row, severity, detail)."""
    rejected, review, lifted = (np.zeros(size, bool) for _ in range(3))
    rejected[reasons.loc[reasons["severity"] == "reject", "row"].to_numpy(int)] = True
    rejected[decided.loc[decided["detail"] == REJECTED, "row"].to_numpy(int)] = True
    review[reasons.loc[reasons["severity"] == "review", "row"].to_numpy(int)] = True
    lifted[decided.loc[decided["detail"] == VALID, "row"].to_numpy(int)] = True
    return np.where(rejected, REJECTED, np.where(review & ~lifted, REVIEW, VALID)).astype(object)


def accounts(study: Study, returns: Returns, disposition: Array) -> pd.DataFrame:
    """The cell in which each evaluation is counted, columns ``CELL_COLUMNS`` aligned with the returns.

    A valid evaluation counts where it was read, since it is scored there. Any other counts where its form was issued, if it is
    a form on one unit whose code was issued for one: a form whose unit cannot be read is still the form that went to that unit.
    """
    cells = pd.DataFrame({name: returns.rows[name].astype(object) for name in CELL}).reset_index(drop=True)
    forms = {q.code: q for q in study.instrument.questionnaires}
    issued = {
        form.form_code: (
            forms[form.questionnaire].block,
            form.unit,
            forms[form.questionnaire].group,
            form.questionnaire,
        )
        for form in study.issued
        if form.unit
    }
    codes = returns.rows["form_code"].to_numpy()
    single = ~returns.rows["questionnaire"].isin([q.code for q in forms.values() if q.matrix]).to_numpy(bool)
    moved = [k for k in np.flatnonzero((disposition != VALID) & single) if codes[k] in issued]
    if moved:
        cells.loc[moved, CELL] = [issued[codes[k]] for k in moved]
    return cells


def funnel(study: Study, cells: pd.DataFrame, disposition: Array) -> pd.DataFrame:
    """Issued, returned, valid, review and rejected by block × unit × group × questionnaire.

    Every counted evaluation stands in the row of its cell; issued forms that never came back and forms of no known unit (empty
    unit code) have their rows too. A form of a matrix questionnaire is issued for each assessed unit.
    """
    counts = cells.copy()
    for outcome_name in (VALID, REVIEW, REJECTED):
        counts[outcome_name] = (disposition == outcome_name).astype(int)
    counts = counts[disposition != SECOND_ENTRY].groupby(CELL, sort=False).sum()
    table = counts.join(issued_by_cell(study), how="outer").fillna(0).astype(int).reset_index()
    table["returned"] = table[[VALID, REVIEW, REJECTED]].sum(axis=1)
    return _in_order(study, table)[list(FUNNEL_COLUMNS)]


def issued_by_cell(study: Study) -> pd.Series:
    """Number of issued forms by block × unit × group × questionnaire."""
    cells: Counter[tuple[str, str, str, str]] = Counter()
    for (code, unit), count in Counter((form.questionnaire, form.unit) for form in study.issued).items():
        form = study.instrument.questionnaire[code]
        rated = [u.code for u in study.assessed_units(form.block)] if form.matrix else [unit]
        cells.update({(form.block, u, form.group, code): count for u in rated})
    index = pd.MultiIndex.from_tuples(list(cells) or [("",) * len(CELL)], names=CELL)
    return pd.Series(list(cells.values()) or [0], index=index, name="issued", dtype="int64")[: len(cells)]


def _in_order(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of the definitions: block, unit (unrecognised last), group, questionnaire."""
    instrument = study.instrument
    order = {
        "block": [block.code for block in instrument.blocks],
        "unit_code": list(dict.fromkeys(unit.code for unit in study.units)),
        "group": [group.code for group in instrument.groups],
        "questionnaire": [form.code for form in instrument.questionnaires],
    }
    ranks = {name: {code: k for k, code in enumerate(codes)} for name, codes in order.items()}

    def rank(column: pd.Series) -> pd.Series:
        known = ranks[str(column.name)]
        return column.map(lambda code: known.get(code, len(known)))

    return table.sort_values(CELL, key=rank, kind="stable", ignore_index=True)
