"""A study from ``study.toml`` and the files it names, all inside its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from surveys.definitions.border import Place, build, given, names_of, shortened, table_of
from surveys.definitions.instrument.consistency import check_scoring
from surveys.definitions.instrument.draft import Draft
from surveys.definitions.instrument.reading import (
    INSTRUMENT_FILE,
    entries,
    find_instrument,
    read_draft,
    read_register,
    records,
    section,
    shipped,
)
from surveys.definitions.instrument.records import Instrument, Rule, ScorePlan, Unit
from surveys.definitions.rules import build_rules
from surveys.definitions.study.consistency import check_study
from surveys.definitions.study.draft import StudyDraft
from surveys.definitions.study.records import (
    Adjudication,
    Assessed,
    Decision,
    Exclusion,
    External,
    Fieldwork,
    Frame,
    Inference,
    Issued,
    Margin,
    Minimum,
    Output,
    ResultFile,
    ReturnFile,
    StudyDefinition,
    UnitDecision,
    WeightPlan,
)
from surveys.definitions.tables import Row, read_table
from surveys.definitions.texts import inside, is_file, read_toml
from surveys.problems import Problems
from surveys.vocabulary.formulas import unguarded
from surveys.vocabulary.levels import ALL_GROUPS

R = TypeVar("R")

STUDY_FILE = "study.toml"
SECTIONS = (
    "study", "fieldwork", "units", "files", "returns", "results", "rules", "scoring", "weights", "minimum",
    "inference", "output",
)  # fmt: skip
#: Key of ``[files]`` → record of its rows, and the columns whose cells may stay empty although they have no default.
TABLES: Mapping[str, tuple[type, tuple[str, ...]]] = {
    "issued": (Issued, ()),
    "frames": (Frame, ("unit",)),
    "margins": (Margin, ()),
    "externals": (External, ("group",)),
    "assessed": (Assessed, ()),
    "decisions": (Decision, ("unit",)),
    "unit_decisions": (UnitDecision, ("unit_code",)),
    "adjudication": (Adjudication, ()),
}
#: Tables that come from review files: their texts are guarded against formulas.
DECIDED = ("decisions", "unit_decisions", "adjudication")

#: Columns of the ``scores.csv`` of another round; those that are True are read.
RESULT_COLUMNS: Mapping[str, bool] = dict.fromkeys(
    ("block", "unit_code", "node_code", "group", "n_valid", "score", "se", "df", "satisfaction_percent"), True
) | dict.fromkeys(
    (
        "edition", "unit_name", "node_level", "n_eff", "ci_low", "ci_high", "satisfaction_ci_low", "satisfaction_ci_high",
        "max_points", "points", "status", "note",
    ),
    False,
)  # fmt: skip


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
    return draft.study


@dataclass(frozen=True, slots=True)
class _Heading:
    """The table ``[study]``; ``instrument`` is a shipped name or ``./folder``."""

    code: str
    instrument: str
    label_vi: str = ""
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class _Register:
    """The table ``[units]`` without its exclusions."""

    file: str = ""


@dataclass
class _Reader:
    """One reading of one study."""

    folder: Path
    document: Mapping[str, object]
    top: Place
    problems: Problems
    files: list[str] = field(default_factory=lambda: [STUDY_FILE])

    def one(self, name: str, record: type[R], default: R) -> R:
        """A table of the document as a record; the default when it is faulty (the fault is noted)."""
        raw = {key: _text_of_date(value) for key, value in section(self.document, name, self.top).items()}
        return build(record, raw, self.top.below(name)) or default

    def many(self, name: str, record: type[R]) -> list[tuple[R, Place]]:
        """The tables of ``[[name]]`` as records with their places."""
        found = []
        for raw, place in entries(self.document, name, self.top):
            made = build(record, _paired(raw, place, "columns"), place)
            if made is not None:
                found.append((made, place))
        return found

    def named(self, relative: str, column: str) -> Path | None:
        """A file the study names: inside its folder, remembered for the manifest."""
        path = inside(self.folder, relative, self.problems, STUDY_FILE, column)
        if path is not None and relative not in self.files:
            self.files.append(relative)
        return path


def read_study(
    path: Path, problems: Problems, document: Mapping[str, object] | None = None
) -> StudyDraft | None:
    """Everything a study says, with its places and checked as a whole; None when ``study.toml`` cannot be read."""
    file = path if path.name == STUDY_FILE or path.suffix == ".toml" else path / STUDY_FILE
    document = read_toml(file, problems, file.name) if document is None else document
    if document is None:
        return None
    top = Place(problems, file.name)
    for key in document:
        if key not in SECTIONS:
            top.not_accepted("record.unknown_key", key, key, SECTIONS)
    reader = _Reader(file.parent, document, top, problems, [file.name])
    heading = _heading(reader)
    instrument = _rescored(reader, _instrument(reader, heading))
    draft = _draft(reader, instrument)
    check_study(draft)
    if heading is not None and instrument is not None:
        draft.study = _study(reader, heading, draft, instrument.instrument)
    return draft


def _heading(reader: _Reader) -> _Heading | None:
    if "study" not in reader.document:
        reader.top.note("record.missing", "study")
        return None
    return build(_Heading, section(reader.document, "study", reader.top), reader.top.below("study"))


def _instrument(reader: _Reader, heading: _Heading | None) -> Draft | None:
    """The draft of the study's instrument: shipped, or a folder of the study."""
    if heading is None:
        return None
    name = heading.instrument
    if name in shipped():
        return read_draft(find_instrument(name), reader.problems, name)
    place = reader.top.below("study")
    folder = inside(reader.folder, name, reader.problems, place.file, "study.instrument")
    if folder is None:
        return None
    if not is_file(folder / INSTRUMENT_FILE):
        place.not_accepted("instrument.unknown", "instrument", name, shipped())
        return None
    label = "" if folder == reader.folder else folder.relative_to(reader.folder).as_posix()
    present = (INSTRUMENT_FILE, "tree.csv", "items.csv", "units.csv")
    reader.files += [f"{label}/{part}".lstrip("/") for part in present if is_file(folder / part)]
    return read_draft(folder, reader.problems, label)


def _rescored(reader: _Reader, draft: Draft | None) -> Draft | None:
    """The instrument with the numerator, ladder or aggregation that the study chooses instead."""
    if draft is None or "scoring" not in reader.document:
        return draft
    place = reader.top.below("scoring")
    chosen = asdict(draft.instrument.scoring) | dict(section(reader.document, "scoring", reader.top))
    plan = build(ScorePlan, chosen, place)
    if plan is not None:
        check_scoring(draft, plan, place)
        draft.instrument = replace(draft.instrument, scoring=plan)
    return draft


def _draft(reader: _Reader, instrument: Draft | None) -> StudyDraft:
    raw_units = dict(section(reader.document, "units", reader.top))
    exclusions = _exclusions(reader, raw_units)
    tables, broken = _tables(reader)
    units, unit_codes = _units(reader, raw_units, instrument)
    tables["externals"] = [*tables["externals"], *_results(reader, unit_codes)]
    draft = StudyDraft(
        place=reader.top,
        folder=reader.folder,
        instrument=instrument,
        units=units,
        unit_codes=unit_codes,
        exclusions=exclusions,
        returns=reader.many("returns", ReturnFile),
        weights=reader.many("weights", WeightPlan),
        fieldwork=reader.one("fieldwork", Fieldwork, Fieldwork()),
        minimum=_minimum(reader),
        inference=reader.one("inference", Inference, Inference()),
        output=reader.one("output", Output, Output()),
        tables=tables,
        broken=broken,
    )
    for entry, place in draft.returns:
        for relative, column in ((entry.path, "path"), (entry.mapping, "mapping")):
            named = reader.named(relative, f"{place.at}.{column}") if relative else None
            if named is not None and not is_file(named):
                place.note("study.file_missing", column, value=shortened(relative))
    questionnaires = instrument.known("questionnaire") if instrument else ()
    draft.rules = build_rules(entries(reader.document, "rules", reader.top), questionnaires, switchable=True)
    return draft


def _paired(raw: Mapping[str, object], place: Place, name: str) -> dict[str, object]:
    """The same table with the sub-table ``name`` as pairs, the form in which records keep it."""
    return dict(raw) | ({name: list(section(raw, name, place).items())} if name in raw else {})


def _text_of_date(value: object) -> object:
    """A date written without quotation marks as the text that records keep."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def _minimum(reader: _Reader) -> Minimum:
    place = reader.top.below("minimum")
    raw = _paired(section(reader.document, "minimum", reader.top), place, "by_group")
    return build(Minimum, raw, place) or Minimum()


def _exclusions(reader: _Reader, raw_units: dict[str, object]) -> list[tuple[Exclusion, Place]]:
    place = reader.top.below("units")
    raw = {"exclusions": raw_units.pop("exclusions", [])}
    found = [(build(Exclusion, entry, where), where) for entry, where in entries(raw, "exclusions", place)]
    return [(made, where) for made, where in found if made is not None]


def _units(
    reader: _Reader, raw: Mapping[str, object], instrument: Draft | None
) -> tuple[Sequence[tuple[Unit, Place]], frozenset[str]]:
    """The register the study brings, or the instrument's; and every code in it."""
    register = build(_Register, raw, reader.top.below("units")) or _Register()
    if not register.file:
        return (instrument.units, frozenset(instrument.known("unit"))) if instrument else ((), frozenset())
    path = reader.named(register.file, "units.file")
    return read_register(reader.folder, register.file, reader.problems) if path else ((), frozenset())


def _tables(reader: _Reader) -> tuple[dict[str, Sequence[tuple[object, Place]]], frozenset[str]]:
    """Rows with places of every table named in ``[files]``, and the names of those with faults."""
    tables: dict[str, Sequence[tuple[object, Place]]] = dict.fromkeys(TABLES, ())
    broken: set[str] = set()
    for name, relative in section(reader.document, "files", reader.top).items():
        before = len(reader.problems.errors)
        if name in TABLES:
            tables[name] = _table(reader, name, relative)
        else:
            reader.top.below("files").not_accepted("record.unknown_key", name, name, TABLES)
        if len(reader.problems.errors) > before:
            broken.add(name)
    return tables, frozenset(broken)


def _table(reader: _Reader, name: str, relative: object) -> Sequence[tuple[object, Place]]:
    if not isinstance(relative, str):
        reader.top.below("files").note("record.not_text", name, value=relative)
        return ()
    path = reader.named(relative, f"files.{name}") if relative else None
    record, blank = TABLES[name]
    if path is None:
        return ()
    rows = table_of(record, path, reader.problems, relative, blank)
    return [(_without_guards(made), place) for made, place in rows] if name in DECIDED else rows


def _without_guards(decided: R) -> R:
    """A decision with its texts as they were before they were guarded."""
    texts = {name: unguarded(getattr(decided, name)) for name in names_of(type(decided))}
    return replace(decided, **texts)  # type: ignore[type-var]


def _results(reader: _Reader, units: frozenset[str]) -> list[tuple[External, Place]]:
    """External estimates of ``units`` from the results of other rounds, each with its row."""
    found: list[tuple[External, Place]] = []
    for raw, place in entries(reader.document, "results", reader.top):
        made = build(ResultFile, _paired(raw, place, "nodes"), place)
        path = reader.named(made.path, f"{place.at}.path") if made else None
        if made is None or path is None:
            continue
        numbers = ("score", "se", "df", "satisfaction_percent")
        table = read_table(path, RESULT_COLUMNS, reader.problems, file=made.path, numbers=numbers)
        rows = [] if table is None else [row for row in table.rows if row["group"] == ALL_GROUPS]
        known = list(dict.fromkeys(row["node_code"] for row in rows))
        for _, source in made.nodes:
            if rows and source not in known:
                place.not_accepted("reference.node", "nodes", source, known)
        for row in rows:
            if row["unit_code"] in units and row["score"]:
                found += _taken_over(made, row, Place(reader.problems, made.path, row.line))
    return found


def _taken_over(result: ResultFile, row: Row, place: Place) -> list[tuple[External, Place]]:
    """The estimates that one row of another round gives: one for every node of this study that names its node."""
    found = []
    for node, source in result.nodes:
        if source == row["node_code"]:
            raw = {name: row[name] for name in ("block", "score", "se", "df", "satisfaction_percent")}
            raw |= {"unit": row["unit_code"], "node": node, "document": result.document, "page": result.page}
            raw |= {"n": row["n_valid"] if row["n_valid"] != "0" else ""}
            made = build(External, given(raw) | {"group": ""}, place)
            found += [(made, place)] if made is not None else []
    return found


def _study(reader: _Reader, heading: _Heading, draft: StudyDraft, instrument: Instrument) -> StudyDefinition:
    named = {name: records(draft.tables[name]) for name in TABLES}
    return StudyDefinition(
        code=heading.code,
        label_vi=heading.label_vi,
        label_en=heading.label_en,
        instrument=instrument,
        folder=reader.folder,
        units=records(draft.units),
        exclusions=records(draft.exclusions),
        returns=records(draft.returns),
        weights=records(draft.weights),
        rules=merged(instrument.rules, records(draft.rules), _declared(reader)),
        fieldwork=draft.fieldwork,
        minimum=draft.minimum,
        inference=draft.inference,
        output=draft.output,
        files=tuple(reader.files),
        document=reader.document,
        **named,
    )


def _declared(reader: _Reader) -> frozenset[str]:
    """Names of the rules the study speaks of, those it switches off included."""
    return frozenset(str(raw.get("rule")) for raw, _ in entries(reader.document, "rules", reader.top))


def merged(own: Sequence[Rule], study: Sequence[Rule], declared: frozenset[str]) -> tuple[Rule, ...]:
    """The instrument's rules without those the study names, then the study's."""
    return (*(rule for rule in own if rule.rule not in declared), *study)
