"""What a study lacks without being wrong: returns, frames, issued forms, an end of fieldwork."""

from __future__ import annotations

from surveys.definitions.draft import StudyDraft
from surveys.definitions.instrument.records import Block, Questionnaire
from surveys.definitions.study.records import Fieldwork, Frame, Issued, ReturnFile, WeightPlan


def check_study_completeness(draft: StudyDraft) -> None:
    """Note, as warnings, everything the engine can do without but a round should have."""
    for name in ("label_vi", "label_en"):
        if draft.study is not None and not getattr(draft.study, name):
            _lacks(draft, f"incomplete.{name}", f"study.{name}", name=draft.study.code)
    if not draft.of(ReturnFile):
        _lacks(draft, "incomplete.returns", "returns")
    if not (draft.of(Issued) or Issued in draft.broken):
        _lacks(draft, "incomplete.issued", "files.issued")
    fieldwork = draft.one(Fieldwork)
    if not (fieldwork.start and fieldwork.end):
        _lacks(draft, "incomplete.fieldwork", "fieldwork")
    if draft.instrument is not None and Frame not in draft.broken:
        check_framed(draft)


def check_framed(draft: StudyDraft) -> None:
    """Every block and group whose returns are weighted by its frame has populations."""
    assert draft.instrument is not None
    framed = {(frame.block, frame.group) for frame, _ in draft.of(Frame)}
    read = {entry.questionnaire for entry, _ in draft.of(ReturnFile)}
    otherwise = {(p.block, p.group) for p, _ in draft.of(WeightPlan) if p.base != "frame"}
    for form, _ in draft.instrument.of(Questionnaire):
        planned = {(form.block, form.group), ("", form.group)} & otherwise
        if form.block not in draft.declared(Block):
            continue
        if (form.code in read or "" in read) and not planned and (form.block, form.group) not in framed:
            _lacks(draft, "incomplete.frame", "files.frames", block=form.block, group=form.group)


def _lacks(draft: StudyDraft, code: str, column: str, **params: object) -> None:
    draft.place.note(code, column, severity="warning", **params)
