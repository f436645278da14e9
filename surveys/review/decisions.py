"""Decisions on forms: the review file that people fill in, read back as the file of decisions of the study.

Rows without a decision stay open. Names of units are confirmed in :mod:`surveys.review.unit_names`; :func:`confirm` tells the two
files apart by their columns.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Literal

from surveys.definitions.study.records import Decision, StudyDefinition
from surveys.definitions.tables import Row, read_table
from surveys.handover.codebook import UNDECIDED
from surveys.handover.tables import unharmed
from surveys.problems import Problems, fault
from surveys.review.unit_names import read_review, write_decisions

_VALID = ("valid", "hợp lệ")
_REJECTED = ("rejected", "loại", "bị loại")
#: What must be said with every decision.
_NEEDED = ("reviewer", "reason")


def confirm(file: Path, study: StudyDefinition, out: Path) -> tuple[str, int]:
    """Turn a filled-in review file into the decisions the study reads; decisions made before are kept.

    Returns the key of ``[files]`` under which ``out`` belongs in ``study.toml``, and the number of decisions. Raises
    SurveyError with every row that cannot be read as a decision, or when nothing is decided; then nothing is written.
    """
    if not file.is_file():
        raise fault("verify.no_folder", file=str(file))
    if "form_code" in file.read_bytes().split(b"\n", 1)[0].decode("utf-8-sig", errors="replace"):
        decided = read_form_review(file)
        kept = {(d.form_code, d.unit): d for d in (*study.decisions, *decided)}
        if decided:
            out.write_bytes(decisions_bytes(tuple(kept.values())))
            return "decisions", len(kept)
    else:
        units = read_review(file, study)
        known = {(d.block, d.text): d for d in (*study.unit_decisions, *units)}
        if units:
            write_decisions(known.values(), out)
            return "unit_decisions", len(known)
    raise fault("handover.review.empty", file=file.name)


def read_form_review(file: Path) -> tuple[Decision, ...]:
    """The decisions in a filled-in list of forms (columns of the codebook's ``undecided`` table)."""
    problems = Problems()
    columns = {name: name in ("form_code", "unit", "decision", *_NEEDED) for name in UNDECIDED.names}
    table = read_table(file, columns, problems)
    rows = () if table is None else table.rows
    decided = [_decision(row, file.name, problems) for row in rows if row["decision"]]
    problems.raise_errors()
    return tuple(decision for decision in decided if decision is not None)


def decisions_bytes(decisions: Sequence[Decision]) -> bytes:
    """The file of decisions as CSV: one column per field of the record."""
    names = [field.name for field in fields(Decision)]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([getattr(decision, name) for name in names] for decision in decisions)
    return buffer.getvalue().encode("utf-8-sig")


def _decision(row: Row, file: str, problems: Problems) -> Decision | None:
    """One row as a decision; None (with its faults) when it is none."""
    word = row["decision"].casefold()
    if word not in _VALID + _REJECTED:
        accepted = (_VALID[0], _REJECTED[0])
        problems.add(
            "handover.review.decision",
            file=file,
            row=row.line,
            column="decision",
            value=row["decision"],
            accepted=accepted,
        )
        return None
    for name in _NEEDED:
        if not row[name]:
            problems.add("handover.review.incomplete", file=file, row=row.line, column=name, column_name=name)
    made: Literal["valid", "rejected"] = "valid" if word in _VALID else "rejected"
    form, unit = unharmed(row["form_code"]), unharmed(row["unit"])
    return Decision(form, unit, made, row["reviewer"], row["reason"], row["date"])
