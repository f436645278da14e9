"""A study from ``study.toml`` and the files it names, all inside its folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from surveys.definitions.csv_tables import Row, TableColumns, bounded, read_table
from surveys.definitions.declared_rules import keep_rules, with_standing
from surveys.definitions.draft import Draft, InstrumentDraft, Section, StudyDraft
from surveys.definitions.instrument.consistency import check_classes, check_scoring
from surveys.definitions.instrument.parts import TABLES
from surveys.definitions.instrument.reading import read_instrument, read_named
from surveys.definitions.instrument.records import (
    Block,
    Instrument,
    Questionnaire,
    ResultClass,
    Rule,
    ScorePlan,
    Unit,
)
from surveys.definitions.instrument.shelf import INSTRUMENT_FILE, shipped
from surveys.definitions.record_building import build, columns_of, entries, from_table, section
from surveys.definitions.study.consistency import check_study, refers
from surveys.definitions.study.council_names import CouncilSystem
from surveys.definitions.study.limits import Limits
from surveys.definitions.study.publication import (
    CitedDocument,
    IssuedDocument,
    Period,
    Publication,
    Publisher,
    Signatory,
)
from surveys.definitions.study.records import (
    Adjudication,
    Agency,
    AgencyDate,
    Assessment,
    AssessmentDates,
    Decision,
    EntryCode,
    Exclusion,
    Explanation,
    External,
    Fieldwork,
    Frame,
    Headline,
    Inference,
    Issued,
    MarginTotal,
    Minimum,
    Output,
    PlannedCell,
    ReportPlan,
    ResultFile,
    ReturnFile,
    StudyDefinition,
    StudyHeading,
    StudyUnits,
    Target,
    UnitDecision,
    WeightPlan,
)
from surveys.definitions.study.sample_plan import DrawnElement, SamplePlan, SamplingList, blocks_asked
from surveys.definitions.text_files import inside, is_file, is_there, nearest_name, on_disk, read_toml
from surveys.problems import Place, Problems, shortened
from surveys.vocabulary.columns import SCORE_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS

STUDY_FILE = "study.toml"
#: Key of ``[files]`` → record of the rows of the table it names.
FILES: Mapping[str, type] = {
    "issued": Issued,
    "frames": Frame,
    "planned": PlannedCell,
    "drawn": DrawnElement,
    "margins": MarginTotal,
    "externals": External,
    "assessments": Assessment,
    "agencies": Agency,
    "targets": Target,
    "decisions": Decision,
    "unit_decisions": UnitDecision,
    "adjudication": Adjudication,
    "entry_codes": EntryCode,
    "explanations": Explanation,
    "headlines": Headline,
}
#: Tables that come from review files: their texts are guarded against formulas.
_DECIDED = (Decision, UnitDecision, Adjudication, EntryCode, Explanation)
#: The sections of a :class:`Publication`, by the name of its field.
PUBLICATION: Mapping[str, Section] = {
    "publisher": Section(Publisher),
    "document": Section(IssuedDocument),
    "period": Section(Period),
    "basis": Section(CitedDocument, "array"),
    "signatures": Section(Signatory, "array"),
}
SECTIONS: Mapping[str, Section] = {
    "study": Section(StudyHeading),
    "fieldwork": Section(Fieldwork),
    "units": Section(StudyUnits),
    "files": Section(str, "files"),
    "returns": Section(ReturnFile, "array"),
    "results": Section(ResultFile, "array"),
    "rules": Section(Rule, "array"),
    "scoring": Section(ScorePlan),
    "classes": Section(ResultClass, "array"),
    "assessment": Section(AssessmentDates),
    "agencies": Section(AgencyDate),
    "weights": Section(WeightPlan, "array"),
    "plan": Section(SamplePlan, "array"),
    "lists": Section(SamplingList, "array"),
    "minimum": Section(Minimum),
    "inference": Section(Inference),
    "output": Section(Output),
    "council": Section(CouncilSystem),
    "report": Section(ReportPlan),
    **PUBLICATION,
    "limits": Section(Limits),
}
#: Columns of the ``scores.csv`` of another round that are read; the others are known and passed over.
_TAKEN_OVER = ("score", "se", "df", "satisfaction_percent")
_NEEDED = dict.fromkeys(("block", "unit_code", "node_code", "group", "n_valid", *_TAKEN_OVER), True)
RESULT_COLUMNS = TableColumns(_NEEDED | {name: name in _NEEDED for name in SCORE_COLUMNS}, _TAKEN_OVER)


def load_study(path: str | Path, document: Mapping[str, object] | None = None) -> StudyDefinition:
    """The study of a ``study.toml`` or of the folder that holds one; ``document`` is read in place of what the file says.

    Raises :class:`surveys.problems.SurveyError` with every error of the study, its tables and its own instrument.

    >>> from surveys.problems import SurveyError
    >>> try:
    ...     load_study("no-such-folder/study.toml")
    ... except SurveyError as error:
    ...     print([problem.code for problem in error.problems])
    ['file.missing']
    """
    problems = Problems()
    draft = read_study(Path(path), problems, document)
    problems.raise_errors()
    assert draft is not None
    assert draft.study is not None
    return replace(draft.study, open_ends=tuple(p for p in problems.warnings if p.code == "file.open_end"))


def read_study(
    path: Path, problems: Problems, document: Mapping[str, object] | None = None
) -> StudyDraft | None:
    """Everything a study says, with its places and checked as a whole; None when ``study.toml`` cannot be read."""
    file = on_disk(path if path.name == STUDY_FILE or path.suffix == ".toml" else path / STUDY_FILE)
    document = read_toml(file, problems, file.name) if document is None else document
    if document is None:
        return None
    draft = StudyDraft(file.parent, Place(problems, file.name), document, SECTIONS, files={file.name: None})
    draft.read_sections("study")
    heading = next(iter(draft.all(StudyHeading)), None)
    table = document.get("study")
    named = table.get("instrument") if isinstance(table, Mapping) else None
    if isinstance(named, str):  # also where something else in the heading is at fault
        draft.instrument = _instrument(draft, named)
        _choose_scoring(draft)
        _choose_classes(draft)
    _read_register(draft)
    _read_tables(draft)
    _read_results(draft)
    draft.read_sections(
        "returns",
        "weights",
        "plan",
        "fieldwork",
        "minimum",
        "inference",
        "output",
        "limits",
        "assessment",
        "agencies",
        "council",
        "report",
    )
    draft.read_sections(*PUBLICATION)
    _read_lists(draft)
    _name_returns(draft)
    spoken_of = keep_rules(draft, draft.declared(Questionnaire))
    check_study(draft)
    if heading is not None and draft.instrument is not None:
        draft.study = _study(draft, heading, draft.instrument.instrument, spoken_of)
    return draft


def _instrument(draft: StudyDraft, name: str) -> InstrumentDraft | None:
    """The draft of the study's instrument: shipped, or a folder of the study."""
    if name in shipped():
        return read_named(name, draft.problems)
    folder = inside(draft.folder, name, draft.problems, draft.place.file, "study.instrument")
    if folder is None:
        return None
    if not is_file(folder / INSTRUMENT_FILE):
        draft.place.below("study").not_accepted("instrument.unknown", "instrument", name, shipped())
        return None
    label = "" if folder == draft.folder else folder.relative_to(draft.folder).as_posix()
    present = [part for part in (INSTRUMENT_FILE, *TABLES) if is_file(folder / part)]
    draft.files |= dict.fromkeys(f"{label}/{part}".lstrip("/") for part in present)
    return read_instrument(folder, draft.problems, label)


def _choose_scoring(draft: StudyDraft) -> None:
    """The numerator, ladder or aggregation that the study chooses in place of its instrument's."""
    if draft.instrument is None or "scoring" not in draft.document:
        return
    place, instrument = draft.place.below("scoring"), draft.instrument.instrument
    chosen = asdict(instrument.scoring) | dict(section(draft.document, "scoring", draft.place))
    plan = build(ScorePlan, chosen, place)
    if plan is not None:
        check_scoring(draft.instrument, plan, place)
        draft.instrument.instrument = replace(instrument, scoring=plan)


def _choose_classes(draft: StudyDraft) -> None:
    """The classes of results that the study declares in place of its instrument's."""
    draft.read_sections("classes")
    check_classes(draft.of(ResultClass))
    if draft.instrument is not None and draft.of(ResultClass):
        draft.instrument.instrument = replace(draft.instrument.instrument, classes=draft.all(ResultClass))


def _named(draft: StudyDraft, relative: str, column: str) -> Path | None:
    """A file the study names: there, inside its folder, remembered for the manifest."""
    path = inside(draft.folder, relative, draft.problems, draft.place.file, column)
    if path is None:
        return None
    draft.files.setdefault(relative)
    if is_there(path):
        return path
    near = nearest_name(path)
    draft.place.note("study.file_missing", column, value=shortened(relative), nearest=shortened(near))
    return None


def _read_tables(draft: StudyDraft) -> None:
    """The rows of every table named in ``[files]``."""
    place = draft.place.below("files")
    for name, relative in section(draft.document, "files", draft.place).items():
        if name not in FILES:
            place.not_accepted("record.unknown_key", name, name, FILES)
        elif not isinstance(relative, str):
            place.note("record.not_text", name, value=relative)
            draft.broken.add(FILES[name])
        elif relative:
            record = FILES[name]
            columns = replace(columns_of(record), may_be_empty=True, guarded=record in _DECIDED)
            path = _named(draft, relative, f"files.{name}")
            if path is None:
                draft.broken.add(record)
            else:
                draft.read_rows(record, path, relative, columns, refers(record))


def _read_register(draft: StudyDraft) -> None:
    """The units that are excluded, and the register: the study's own, or its instrument's."""
    place = draft.place.below("units")
    raw = dict(section(draft.document, "units", draft.place))
    for entry, at in entries({"exclusions": raw.pop("exclusions", [])}, "exclusions", place):
        draft.keep(Exclusion, from_table(Exclusion, entry, at), at)
    register = build(StudyUnits, raw, place) or StudyUnits()
    draft.own_units = bool(register.file)
    if not register.file:
        if draft.instrument is not None:
            draft.take_over(Unit, draft.instrument)
        return
    path = _named(draft, register.file, "units.file")
    if path is None:
        draft.broken.add(Unit)
    else:
        draft.read_rows(Unit, path, register.file, columns_of(Unit))


def _read_lists(draft: StudyDraft) -> None:
    """Lists that people are drawn from, each with its block, which need not be said where there is one only."""
    instrument = draft.instrument
    forms, declared = (instrument.all(Questionnaire), instrument.known(Block)) if instrument else ((), ())
    for raw, place in bounded(draft.tables("lists"), itemgetter(1), draft.problems):
        blocks = blocks_asked(forms, str(raw.get("group", "")), declared)
        one = {"block": blocks[0]} if len(blocks) == 1 and not raw.get("block") else {}
        draft.keep(SamplingList, from_table(SamplingList, {**raw, **one}, place), place)


def _name_returns(draft: StudyDraft) -> None:
    """Files of returns and mappings are named for the manifest; those that do not exist are noted."""
    for entry, place in bounded(draft.of(ReturnFile), itemgetter(1), draft.problems):
        for relative, column in ((entry.path, "path"), (entry.mapping, "mapping")):
            named = _named(draft, relative, f"{place.at}.{column}") if relative else None
            if named is not None and not is_file(named):
                place.note("study.file_missing", column, value=shortened(relative), nearest="")


def _read_results(draft: StudyDraft) -> None:
    """External estimates of units of the register from the results of other rounds, each with its row."""
    draft.read_sections("results")
    units = frozenset(draft.known(Unit))
    for result, place in draft.of(ResultFile):
        path = _named(draft, result.path, f"{place.at}.path")
        table = read_table(path, RESULT_COLUMNS, draft.problems, result.path) if path else None
        rows = [row for row in table or () if row["group"] == ALL_GROUPS]
        known = list(dict.fromkeys(row["node_code"] for row in rows))
        for _, source in result.nodes:
            if rows and source not in known:
                place.not_accepted("reference.node", "nodes", source, known)
        for row in rows:
            if row["unit_code"] in units and row["score"]:
                _take_over(draft, result, row)


def _take_over(draft: StudyDraft, result: ResultFile, row: Row) -> None:
    """The estimates that one row of another round gives: one for every node of this study that names its node."""
    for node, source in result.nodes:
        if source == row["node_code"]:
            raw = {name: row[name] for name in ("block", *_TAKEN_OVER) if row[name]}
            raw |= {"unit": row["unit_code"], "group": "", "node": node, "document": result.document}
            raw |= {"page": result.page} | ({"n": row["n_valid"]} if row["n_valid"] not in ("", "0") else {})
            draft.keep(External, raw, row.place)


def _study(
    draft: StudyDraft, heading: StudyHeading, instrument: Instrument, spoken_of: Collection[str]
) -> StudyDefinition:
    """The study; its rules are the instrument's without those it speaks of, then its own, then the standing ones."""
    named: dict[str, Any] = {name: draft.all(record) for name, record in FILES.items()}
    rules = (*(rule for rule in instrument.rules if rule.rule not in spoken_of), *draft.all(Rule))
    return StudyDefinition(
        code=heading.code,
        label_vi=heading.label_vi,
        label_en=heading.label_en,
        instrument=instrument,
        folder=draft.folder,
        units=draft.all(Unit),
        exclusions=draft.all(Exclusion),
        returns=draft.all(ReturnFile),
        weights=draft.all(WeightPlan),
        plans=draft.all(SamplePlan),
        lists=draft.all(SamplingList),
        rules=with_standing(rules, instrument.questionnaire),
        fieldwork=draft.one(Fieldwork),
        minimum=draft.one(Minimum),
        inference=draft.one(Inference),
        output=draft.one(Output),
        publication=publication_of(draft),
        council=draft.one(CouncilSystem),
        report=draft.one(ReportPlan),
        limits=draft.one(Limits),
        assessment=draft.one(AssessmentDates),
        agency_date=draft.one(AgencyDate),
        files=tuple(draft.files),
        document=draft.document,
        **named,
    )


def publication_of(draft: Draft) -> Publication:
    """What the sections of :data:`PUBLICATION` say, of a study or of the plan of a simulated one."""
    publisher, document, period = draft.one(Publisher), draft.one(IssuedDocument), draft.one(Period)
    return Publication(publisher, document, period, draft.all(CitedDocument), draft.all(Signatory))
