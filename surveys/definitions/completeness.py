"""What an edition and a study lack without being wrong; all of it is noted as warnings.

An edition can be scored without its English labels, sources or units, but not published; a study without returns, frames, issued
forms or an end of fieldwork can be loaded, but not reconciled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from surveys.definitions.draft import InstrumentDraft, StudyDraft
from surveys.definitions.instrument.records import (
    Block,
    DriverModel,
    Field,
    Group,
    Identity,
    IndexPart,
    Item,
    Node,
    Questionnaire,
    ResultClass,
    Rule,
    Scale,
    Source,
    Unit,
    UnitGroup,
)
from surveys.definitions.study.publication import CitedDocument, Period, Publisher
from surveys.definitions.study.records import (
    External,
    Fieldwork,
    Frame,
    Issued,
    ReturnFile,
    StudyHeading,
    WeightPlan,
)
from surveys.problems import LANGUAGES, Language, Place, Severity
from surveys.vocabulary.folding import fold
from surveys.vocabulary.validity_rules import CUSTOMARY, VALIDITY_RULES


def check_completeness(draft: InstrumentDraft) -> None:
    """Note everything an edition lacks."""
    languages = _languages(draft)
    if languages != LANGUAGES:  # told once, not at every text
        for made, place in draft.of(Identity):
            place.note("incomplete.english", "label_en", severity="warning", name=made.code)
    for record, place in _labelled(draft):
        check_texts(record, place, languages)
    check_sourced(draft)
    check_reached(draft)
    for scale, place in draft.of(Scale):
        check_order(scale, place)
    check_headings(draft)


def check_rules(draft: InstrumentDraft, of_study: object) -> None:
    """The validity rules that an edition and its study speak of are those that are customary where its forms have what they
    look at; ``of_study``: the tables ``[[rules]]`` of the study."""
    own, study = (raw for raw, _ in draft.tables("rules")), of_study if isinstance(of_study, list) else []
    named = {str(entry.get("rule")) for entry in (*own, *study) if isinstance(entry, Mapping)}
    customary = customary_rules(draft.all(Field), draft.all(Questionnaire), draft.all(Item))
    lacking = [name for name in customary if name not in named]
    place = draft.place.below("rules")
    if not named:
        place.note("incomplete.no_rules", severity="warning", rules=lacking)
    elif lacking:
        place.note("incomplete.rules", severity="warning", rules=lacking)


def customary_rules(
    fields: Sequence[Field], forms: Sequence[Questionnaire], items: Sequence[Item]
) -> list[str]:
    """The customary rules that find something to look at in the forms of an edition and do not stand by themselves."""
    roles = {field.role for field in fields}
    idle = {
        "missing_identification": "identification" not in roles,
        "own_unit": not any(form.own_unit for form in forms),
        "outside_fieldwork": "submitted" not in roles,
        "too_fast": "seconds" not in roles and not {"started", "submitted"} <= roles,
        "unknown_code": "form_code" not in roles,
        "duplicate_code": "form_code" not in roles,
        "double_entry": "form_code" not in roles,
        "broken_skip": not any(item.asked_when for item in items),
        "missing_required": not any(item.required for item in items),
    }
    return [name for name in CUSTOMARY if not (VALIDITY_RULES[name].standing or idle.get(name, False))]


def _labelled(draft: InstrumentDraft) -> Iterator[tuple[Any, Place]]:
    """Every record that users see, with its place; levels stand below their scale."""
    for record in (
        Identity,
        Block,
        Group,
        Questionnaire,
        UnitGroup,
        ResultClass,
        IndexPart,
        DriverModel,
        Scale,
        Field,
        Node,
        Item,
    ):
        yield from draft.of(record)
    for scale, place in draft.of(Scale):
        yield from ((level, place.below(f"levels[{k}]")) for k, level in enumerate(scale.levels, 1))
        yield from ((other, place.below(f"non_answers[{k}]")) for k, other in enumerate(scale.non_answers, 1))


def _languages(draft: InstrumentDraft) -> Sequence[Language]:
    """The languages of an edition: one whose name has no English is in Vietnamese."""
    return (
        LANGUAGES[:1]
        if any(made.label_vi and not made.label_en for made in draft.all(Identity))
        else LANGUAGES
    )


def check_texts(record: Any, place: Place, languages: Sequence[Language] = LANGUAGES) -> None:
    """Labels and texts stand in the languages of an edition."""
    for name in (f"{kind}_{language}" for kind in ("label", "text") for language in languages):
        if getattr(record, name, "-") == "":
            place.note(f"incomplete.{name}", name, severity="warning", name=record.code)


def check_sourced(draft: InstrumentDraft) -> None:
    """Nodes, items and rules name their source; a document with a number has a date and an issuer."""
    sourced: tuple[tuple[type[Any], str], ...] = ((Node, "code"), (Item, "code"), (Rule, "rule"))
    for record, name in sourced:
        without = [(getattr(made, name), place) for made, place in draft.of(record) if not made.source]
        if without:
            names, place = [each for each, _ in without], without[0][1]
            where = Place(place.problems, place.file, at="rules" if record is Rule else "")
            where.note("incomplete.source", "source", severity="warning", names=names)
    for cited, place in draft.of(Source):
        for column in ("date", "issuer"):
            if cited.number and not getattr(cited, column):
                place.note(f"incomplete.source_{column}", column, severity="warning", number=cited.number)
    if not draft.of(Source):
        draft.place.note("incomplete.sources", "sources", severity="warning")


def check_reached(draft: InstrumentDraft) -> None:
    """Every group and block has a questionnaire, every block has units, every scale an item."""
    forms, units = draft.all(Questionnaire), {unit.block for unit in draft.all(Unit)}
    for group, place in draft.of(Group):
        if group.code not in {form.group for form in forms}:
            place.note("incomplete.group", "code", severity="warning", name=group.code)
    for block, place in draft.of(Block):
        if block.code not in {form.block for form in forms}:
            place.note("incomplete.block", "code", severity="warning", name=block.code)
        if block.code not in units and Unit not in draft.broken:
            place.note("incomplete.units", "code", severity="warning", name=block.code)
    used = {item.scale for item in draft.all(Item)}
    for scale, place in draft.of(Scale):
        if scale.code not in used:
            place.note("incomplete.scale", severity="warning", name=scale.code)


def check_order(scale: Scale, place: Place) -> None:
    """Values of an ordinal scale go one way; one of its levels at least is a satisfied one."""
    if scale.kind != "ordinal" or not all(len(level.values) == len(scale.ladders) for level in scale.levels):
        return
    for ladder in scale.ladders:
        steps = [after - before for before, after in pairwise(scale.values(ladder))]
        if not (all(step >= 0 for step in steps) or all(step <= 0 for step in steps)):
            place.note("incomplete.value_order", "levels", severity="warning", name=scale.code, ladder=ladder)
    if not any(level.satisfied for level in scale.levels):
        place.note("incomplete.satisfied", "levels", severity="warning", name=scale.code)


def check_headings(draft: InstrumentDraft) -> None:
    """Two items of one questionnaire with one text or alias cannot be told apart by their headings."""
    first: dict[tuple[str, str], str] = {}
    for item, place in draft.of(Item):
        texts = dict.fromkeys(
            fold(text) for text in (item.text_vi, item.text_en, *item.aliases, item.code) if text
        )
        named = [first.setdefault((form, text), item.code) for form in item.questionnaires for text in texts]
        other = next((code for code in named if code != item.code), None)
        if other is not None:
            place.note("incomplete.same_text", "text_vi", severity="warning", name=item.code, first=other)


def check_study_completeness(draft: StudyDraft) -> None:
    """Note everything the engine can do without but a round should have."""
    labelled: tuple[type[Any], ...] = (StudyHeading, ResultClass)
    languages = LANGUAGES if draft.instrument is None else _languages(draft.instrument)
    for record in labelled:
        for made, place in draft.of(record):
            check_texts(made, place, languages)
    if not draft.of(ReturnFile):
        draft.place.note("incomplete.returns", "returns", severity="warning")
    if not (draft.of(Issued) or Issued in draft.broken):
        draft.place.note("incomplete.issued", "files.issued", severity="warning")
    fieldwork = draft.one(Fieldwork)
    if not (fieldwork.start and fieldwork.end):
        draft.place.note("incomplete.fieldwork", "fieldwork", severity="warning")
    check_published(draft)
    if draft.instrument is not None and not draft.instrument.broken & {Field, Questionnaire}:
        check_codes_read(draft, draft.instrument)
    if draft.instrument is not None and Frame not in draft.broken:
        check_framed(draft, draft.instrument)


def check_codes_read(draft: StudyDraft, instrument: InstrumentDraft) -> None:
    """Where forms are issued by their codes, a column of the returns holds these: without one every form of the questionnaires
    issued waits for review."""
    issued = draft.of(Issued)
    if issued and not any(field.role == "form_code" for field in instrument.all(Field)):
        forms = dict.fromkeys(one.questionnaire for one, _ in issued)
        issued[0][1].note("incomplete.no_code_field", "form_code", severity="warning", forms=list(forms))


def check_published(draft: StudyDraft) -> None:
    """The head of what is handed over has its agency and its period; documents are cited by number, date and issuer."""
    publisher, period = draft.one(Publisher), draft.one(Period)
    lacking = [
        section
        for section, said in (("[publisher]", publisher.name_vi), ("[period]", period.start and period.end))
        if not said
    ]
    if lacking:
        draft.place.note("incomplete.publication", severity="warning", sections=lacking)
    for cited, place in draft.of(CitedDocument):
        unsaid = [name for name in ("number", "date", "issuer_vi") if not getattr(cited, name)]
        if unsaid:
            place.note("incomplete.citation", severity="warning", title=cited.title_vi, keys=unsaid)


def check_framed(draft: StudyDraft, instrument: InstrumentDraft) -> None:
    """Every block and group whose returns are weighted by its frame has populations; where the returns name their questionnaire,
    scores cannot be had without."""
    framed = {(frame.block, frame.group) for frame, _ in draft.of(Frame)}
    taken_over = {(external.block, external.group) for external, _ in draft.of(External)}
    read = {entry.questionnaire for entry, _ in draft.of(ReturnFile)}
    otherwise = {(p.block, p.group) for p, _ in draft.of(WeightPlan) if p.base != "frame"}
    for form, _ in instrument.of(Questionnaire):
        place = (form.block, form.group)
        if place in framed or {place, ("", form.group)} & otherwise or not {form.code, ""} & read:
            continue
        if form.block in instrument.known(Block):
            sure = form.code in read and place not in taken_over
            told = {"block": form.block, "group": form.group}
            severity: Severity = "error" if sure else "warning"
            draft.place.note("incomplete.frame", "files.frames", severity=severity, **told)
