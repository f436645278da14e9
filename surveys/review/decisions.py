"""Decisions of people: review files that were completed, turned into the files of decisions that the study reads.

In the review of units a person writes ``x`` (or ``có``, ``yes``) beside the right proposal, the code of another unit, or
``không`` (``no``, ``-``) for a text that is no unit; in the review of forms ``valid`` or ``rejected`` with a reason and a name.
Rows without a decision stay open.
"""

from __future__ import annotations

from dataclasses import astuple, fields
from pathlib import Path
from typing import Literal

from surveys.definitions.csv_tables import Row
from surveys.definitions.study.records import Decision, StudyDefinition, UnitDecision
from surveys.problems import Problems, fault
from surveys.review.columns_and_words import ACCEPTED, FORMS, REFUSED, UNITS
from surveys.review.review_file import read_review
from surveys.vocabulary.csv import csv_bytes
from surveys.vocabulary.new_file import refuse_existing, write_new
from surveys.vocabulary.statuses import VALID

#: What must be said with every decision on a form.
_NEEDED = ("reviewer", "reason")


def confirm(file: Path, study: StudyDefinition, out: Path) -> tuple[str, int]:
    """Turn a completed review file into the decisions the study reads; decisions made before are kept.

    Returns the key of ``[files]`` under which ``out`` belongs in ``study.toml``, and the number of decisions. Raises
    SurveyError with every row that cannot be read as a decision, or when nothing is decided; then nothing is written.
    """
    refuse_existing(out)
    if not file.is_file():
        raise fault("verify.no_folder", file=str(file))
    heading = file.read_bytes().split(b"\n", 1)[0].decode("utf-8-sig", errors="replace")
    about_forms = "form_code" in heading
    made = form_decisions(file) if about_forms else unit_decisions(file, study)
    if not made:
        raise fault("handover.review.empty", file=file.name)
    before = study.decisions if about_forms else study.unit_decisions
    kept = {astuple(decision)[:2]: decision for decision in (*before, *made)}  # what is decided stands first
    columns = [field.name for field in fields(made[0])]
    write_new(out, csv_bytes(columns, map(astuple, kept.values())))
    return "decisions" if about_forms else "unit_decisions", len(kept)


def form_decisions(file: Path) -> tuple[Decision, ...]:
    """The decisions in a completed list of forms. Raises SurveyError with every row that is none."""
    problems = Problems()
    rows = read_review(file, FORMS, problems)
    made = [_form_decision(row) for row in rows if row["decision"]]
    problems.raise_errors()
    return tuple(decision for decision in made if decision)


def unit_decisions(file: Path, study: StudyDefinition) -> tuple[UnitDecision, ...]:
    """The decisions in a completed list of spellings. Raises SurveyError with every row whose decision is no unit of the
    block, and every spelling decided in two ways."""
    problems = Problems()
    made: dict[tuple[str, str], tuple[str, int]] = {}
    for row in read_review(file, UNITS, problems):
        code = _unit_code(row, study)
        if code is None:
            continue
        before, line = made.setdefault((row["block"], row["text"]), (code, row.line))
        if before != code:
            row.place.note("returns.decided_twice", text=row["text"], other=line)
    problems.raise_errors()
    return tuple(UnitDecision(block, text, code) for (block, text), (code, _) in made.items())


def _form_decision(row: Row) -> Decision | None:
    """One row as a decision; None (with its faults) when it is none."""
    meaning = FORMS.meaning(row["decision"])
    if not meaning:
        accepted = [words[0] for words in FORMS.words.values()]
        row.place.note("handover.review.decision", "decision", value=row["decision"], accepted=accepted)
        return None
    for name in _NEEDED:
        if not row[name]:
            row.place.note("handover.review.incomplete", name, column_name=name)
    made: Literal["valid", "rejected"] = "valid" if meaning == VALID else "rejected"
    return Decision(row["form_code"], row["unit"], made, row["reviewer"], row["reason"], row["date"])


def _unit_code(row: Row, study: StudyDefinition) -> str | None:
    """The unit code a row decides for, ``""`` for no unit, None when the row is open or at fault."""
    meaning = UNITS.meaning(row["decision"])
    if not row["decision"] or meaning == REFUSED:
        return "" if meaning else None
    code = row["proposed_code"] if meaning == ACCEPTED else row["decision"]
    known = [unit.code for unit in study.units if unit.block == row["block"]]
    if code in known:
        return code
    row.place.note("returns.decision_unknown", "decision", text=row["decision"], accepted=known)
    return None
