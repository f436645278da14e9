"""Decisions of people: review files that were completed, turned into the files of decisions that the study reads.

In the review of units a person writes ``x`` (or ``có``, ``yes``) beside the right proposal, the code or name of another unit, or
``không`` (``no``, ``-``) for a text that is no unit; in the review of forms ``hợp lệ`` or ``loại`` with a reason and a name; in
the review of double entries the final answer and a name. Rows without a decision stay open.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from surveys.definitions.csv_tables import Row
from surveys.definitions.study.records import Adjudication, Decision, EntryCode, StudyDefinition, UnitDecision
from surveys.problems import Problem, Problems, SurveyError
from surveys.review.columns_and_words import (
    ACCEPTED,
    ENTRIES,
    EXPLANATIONS,
    FORMS,
    MAPPING,
    REFUSED,
    SECONDS,
    UNITS,
    ReviewTable,
)
from surveys.review.dates import read_days
from surveys.review.explanations import explanation_of
from surveys.review.named_units import unit_named
from surveys.review.review_file import FilledTable, decided_rows
from surveys.vocabulary.csv import csv_bytes
from surveys.vocabulary.folding import fold, fold_name
from surveys.vocabulary.new_file import refuse_existing, write_new
from surveys.vocabulary.statuses import VALID
from surveys.vocabulary.validity_rules import UNKNOWN_UNIT


@dataclass(frozen=True)
class Confirmed:
    """What was written: the key of ``[files]`` under which the file belongs, the file as the study names it (empty where it
    lies outside the study's folder), how many decisions it holds, and what was noticed on the way."""

    key: str
    file: str
    decisions: int
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class DecisionsFile:
    """The content of a file of decisions and the key of ``[files]`` under which it belongs: how many decisions it holds, how many
    of those made before are decided otherwise now, and what was noticed on the way."""

    key: str
    content: bytes
    decisions: int
    changed: int
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Kind:
    """A kind of decisions: its review table, its key in ``[files]``; what a row, its days in ISO form, decides (None: nothing, or
    nothing that can be used, which is noted); what a decision is about, and what it says."""

    table: ReviewTable
    key: Literal["decisions", "unit_decisions", "adjudication", "entry_codes", "explanations"]
    read: Callable[[Row, StudyDefinition], Any]
    about: Callable[[Any], Hashable]
    says: Callable[[Any], Hashable]


def confirm(found: Sequence[FilledTable], study: StudyDefinition, out: Path, problems: Problems) -> Confirmed:
    """Turn completed review files into the decisions the study reads; decisions made before are kept.

    ``found``: the file, and its twin beside it; ``problems``: what reading them noticed. Raises SurveyError with every row that
    cannot be read as a decision, when nothing is decided, or when ``out`` exists; then nothing is written.
    """
    refuse_existing(out)
    made = decisions_file(found, study, problems)
    write_new(
        out, made.content, private=True
    )  # it quotes form codes, spellings and answers as they were typed
    return Confirmed(made.key, _as_named(out, study.folder), made.decisions, made.warnings)


def decisions_file(found: Sequence[FilledTable], study: StudyDefinition, problems: Problems) -> DecisionsFile:
    """The file of decisions that completed review files make, with those made before. Raises SurveyError as :func:`confirm`."""
    problems.raise_errors()
    kind = _kind_of(found[0])
    made = decisions_in(found, kind.table, study)
    if not made and not problems.errors:
        found[0].top.note("review.empty", column_name=kind.table.decision)
    problems.raise_errors()
    before = {kind.about(decision): decision for decision in getattr(study, kind.key)}
    kept = before | {kind.about(decision): decision for decision in made}
    changed = sum(kind.says(kept[about]) != kind.says(decision) for about, decision in before.items())
    content = csv_bytes([field.name for field in fields(made[0])], map(astuple, kept.values()))
    return DecisionsFile(kind.key, content, len(kept), changed, problems.warnings)


def decisions_in(found: Sequence[FilledTable], table: ReviewTable, study: StudyDefinition) -> list[Any]:
    """The decisions of one kind in a review file and its twin, each once; rows that are none, and what is decided twice in two
    ways, are noted."""
    kind = next(kind for kind in _KINDS if kind.table is table)
    rows = decided_rows([filled for filled in found if filled.holds(table)], table)
    chosen: dict[Hashable, tuple[Any, Row]] = {}
    for row in _with_days(rows, table):
        decision = kind.read(row, study)
        if decision is None:
            continue
        first, at = chosen.setdefault(kind.about(decision), (decision, row))
        if kind.says(first) != kind.says(decision):
            text = " ".join(filter(None, (row[name] for name in table.key)))
            row.place.note("returns.decided_twice", table.decision, text=text, other=at.line)
    return [decision for decision, _ in chosen.values()]


def _with_days(rows: Sequence[Row], table: ReviewTable) -> Sequence[Row]:
    """The rows with their dates as ISO days, nothing where a cell holds none, which is noted."""
    days = {name: read_days(rows, name) for name in table.days if name in table.columns}
    return [
        Row(row.place, {**row.cells, **{name: found[k] for name, found in days.items()}})
        for k, row in enumerate(rows)
    ]


def _kind_of(given: FilledTable) -> _Kind:
    """What kind of decisions a table holds. Raises SurveyError when its headings are those of none."""
    for kind in _KINDS:
        if given.holds(kind.table):
            return kind
    code = "review.is_mapping" if given.holds(MAPPING) else "review.no_review_file"
    given.top.note(code, found=sorted(given.headings)[:20], accepted=[FORMS.decision, ENTRIES.decision])
    raise SurveyError(tuple(given.top.problems))


def _form_decision(row: Row, study: StudyDefinition) -> Decision | None:
    """One row as a decision on a form; None (with its faults) when it is none."""
    meaning = FORMS.meaning(row["decision"])
    if not meaning:
        row.place.note("review.decision", "decision", value=row["decision"], accepted=FORMS.accepted)
        return None
    _note_lacking(row, "reviewer", "reason")
    unit = unit_named(row["assigned_unit"], study.units) if row["assigned_unit"] else ""
    if unit is None:
        row.place.note("review.assigned_unit", "assigned_unit", text=row["assigned_unit"])
    elif not unit and meaning == VALID and UNKNOWN_UNIT in row["reasons"].split(";"):
        row.place.note("review.no_unit", "assigned_unit")
    made: Literal["valid", "rejected"] = "valid" if meaning == VALID else "rejected"
    if not row["submission"] and not row["form_code"]:
        row.place.note("review.no_form", "submission")
    about = (row["reviewer"], row["reason"], row["date"], row["submission"], unit or "", row["content"])
    return Decision(row["form_code"], row["unit"], made, *about)


def _unit_decision(row: Row, study: StudyDefinition) -> UnitDecision | None:
    """The unit a row decides for, none for a text that is no unit; None (noted) when the row is open or at fault."""
    text, meaning = row["decision"], UNITS.meaning(row["decision"])
    units = [unit for unit in study.units if unit.block == row["block"]]
    codes = {unit.code for unit in units}
    meant = {ACCEPTED: row["proposed_code"], REFUSED: ""}.get(meaning)
    if text in codes and meant not in (None, text):
        row.place.note("review.word_and_code", "decision", text=text)
        return None
    code = unit_named(text, units) if meant is None else meant
    if text and (code in codes or meaning == REFUSED):
        about = (row["reviewer"], row["reason"], row["date"])
        return UnitDecision(row["block"], row["text"], code or "", *about)
    row.place.note("returns.decision_unknown", "decision", text=text, accepted=sorted(codes))
    return None


def _adjudication(row: Row, _study: StudyDefinition) -> Adjudication | None:
    """One settled disagreement of two entries; None (noted) when nothing is settled."""
    if not row["final"]:
        row.place.note("review.incomplete", "final", column_name="final")
        return None
    _note_lacking(row, "who")
    return Adjudication(**{name: row[name] for name in ENTRIES.columns})


def _entry_code(row: Row, _study: StudyDefinition) -> EntryCode | None:
    """The form a second entry is of: the proposed one, another one by its code, or none."""
    meaning = SECONDS.meaning(row["decision"])
    if meaning == ACCEPTED and not row["proposed_code"]:
        row.place.note("review.no_proposal", "decision", text=row["decision"])
        return None
    first = {ACCEPTED: row["proposed_code"], REFUSED: ""}.get(meaning, row["decision"])
    return EntryCode(row["second_code"], first, row["reviewer"], row["reason"], row["date"])


def _note_lacking(row: Row, *needed: str) -> None:
    """Note what must be said with every decision and is not."""
    for name in needed:
        if not row[name]:
            row.place.note("review.incomplete", name, column_name=name)


def _as_named(out: Path, folder: Path) -> str:
    """A file as ``study.toml`` names it, relative to its folder; empty for one that lies elsewhere."""
    place, home = out.resolve(), folder.resolve()
    return place.relative_to(home).as_posix() if place.is_relative_to(home) else ""


_KINDS = (
    _Kind(
        EXPLANATIONS, "explanations", explanation_of,
        about=lambda made: (made.block, made.unit, made.node), says=lambda made: made,
    ),
    _Kind(
        FORMS, "decisions", _form_decision,
        about=lambda made: (made.form_code, made.unit, made.submission), says=lambda made: (made.decision, made.assigned_unit),
    ),
    _Kind(
        UNITS, "unit_decisions", _unit_decision,
        about=lambda made: (made.block, fold_name(made.text)), says=lambda made: made.unit_code,
    ),
    _Kind(
        ENTRIES, "adjudication", _adjudication,
        about=lambda made: (made.form, made.field), says=lambda made: fold(made.final),
    ),
    _Kind(
        SECONDS, "entry_codes", _entry_code,
        about=lambda made: made.second_code, says=lambda made: made.first_code,
    ),
)  # fmt: skip
