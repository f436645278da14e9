"""Screening: the declared rules applied to all returns, reviewers' decisions, and the reconciled counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter

import numpy as np
import pandas as pd

from surveys.definitions.declared_rules import faulty_parameters
from surveys.definitions.instrument.records import Rule
from surveys.definitions.study.records import Decision, StudyDefinition
from surveys.problems import Problem, SurveyError
from surveys.returns.record_set import Returns, among
from surveys.validity.dispositions import Dispositions
from surveys.validity.evidence import Evidence, gather
from surveys.validity.rules import RULES
from surveys.vocabulary.columns import CELL_COLUMNS, FUNNEL_COLUMNS, REASON_COLUMNS
from surveys.vocabulary.rules import VALIDITY_RULES
from surveys.vocabulary.statuses import REJECTED, REVIEW, SECOND_ENTRY, VALID

Array = np.ndarray
CELL = list(CELL_COLUMNS)
Cell = tuple[str, str, str, str]


def screen(study: StudyDefinition, returns: Returns) -> Dispositions:
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
    parameters = {**VALIDITY_RULES[rule.rule].defaults, **dict(rule.params)}
    finding = RULES[rule.rule](evidence, **parameters)
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
    row, severity = reasons["row"].to_numpy(int), reasons["severity"].to_numpy(object)
    decided_row, decision = decided["row"].to_numpy(int), decided["detail"].to_numpy(object)
    rejected[row[severity == "reject"]] = True
    rejected[decided_row[decision == REJECTED]] = True
    review[row[severity == "review"]] = True
    lifted[decided_row[decision == VALID]] = True
    words = np.array([VALID, REVIEW, REJECTED], object)
    return words[np.where(rejected, 2, review & ~lifted)]


def accounts(study: StudyDefinition, returns: Returns, disposition: Array) -> pd.DataFrame:
    """The cell in which each evaluation is counted, columns ``CELL_COLUMNS`` aligned with the returns.

    A valid evaluation counts where it was read, since it is scored there. Any other counts where its form was issued, if it is
    a form on one unit whose code was issued for one: a form whose unit cannot be read is still the form that went to that unit.
    """
    forms = {q.code: q for q in study.instrument.questionnaires}
    cells = {name: returns.rows[name].to_numpy(object, copy=True) for name in CELL}
    codes = returns.rows["form_code"].to_numpy(object)
    moved = np.flatnonzero((disposition != VALID) & ~returns.matrix)
    sought = set(codes[moved])
    issued = {form.form_code: form for form in study.issued if form.form_code in sought and form.unit}
    for k in moved:
        if form := issued.get(codes[k]):
            printed = forms[form.questionnaire]
            cell = (printed.block, form.unit, printed.group, form.questionnaire)
            for name, value in zip(CELL, cell, strict=True):
                cells[name][k] = value
    return pd.DataFrame(cells, dtype=object)


def funnel(study: StudyDefinition, cells: pd.DataFrame, disposition: Array) -> pd.DataFrame:
    """Issued, returned, valid, review and rejected by block × unit × group × questionnaire.

    Every counted evaluation stands in the row of its cell; issued forms that never came back and forms of no known unit (empty
    unit code) have their rows too. A form of a matrix questionnaire is issued for each assessed unit.
    """
    issued = issued_by_cell(study)
    found = Counter(zip(*(cells[name].tolist() for name in CELL), disposition.tolist(), strict=True))
    counted = {cell[:-1] for cell in found if cell[-1] != SECOND_ENTRY}
    lines = []
    for cell in _in_order(study, counted | issued.keys()):
        outcomes = [found[*cell, name] for name in (VALID, REVIEW, REJECTED)]
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
    order = (
        [block.code for block in instrument.blocks],
        list(dict.fromkeys(unit.code for unit in study.units)),
        [group.code for group in instrument.groups],
        [form.code for form in instrument.questionnaires],
    )
    ranks = [{code: k for k, code in enumerate(codes)} for codes in order]

    def place(cell: Cell) -> list[int]:
        return [rank.get(code, len(rank)) for rank, code in zip(ranks, cell, strict=True)]

    return sorted(sorted(cells), key=place)
