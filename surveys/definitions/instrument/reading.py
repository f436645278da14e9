"""An instrument from its folder: ``instrument.toml``, ``tree.csv``, ``items.csv`` and ``units.csv``.

The folder is read into an :class:`InstrumentDraft` (every record with the place it stands at), the draft is checked as a whole
by :mod:`surveys.definitions.instrument.consistency`, and only a draft without errors is handed out as an :class:`Instrument`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from importlib import resources
from pathlib import Path

from surveys.definitions.declared_rules import keep_rules
from surveys.definitions.draft import InstrumentDraft, Section
from surveys.definitions.instrument.consistency import check_draft, refers
from surveys.definitions.instrument.records import (
    Block,
    Field,
    Group,
    Identity,
    Instrument,
    Item,
    Node,
    Questionnaire,
    Rule,
    Scale,
    ScorePlan,
    Source,
    Unit,
    UnitGroup,
)
from surveys.definitions.record_building import columns_of, from_table, section
from surveys.definitions.text_files import inside, is_file, on_disk, read_toml
from surveys.problems import Place, Problems, SurveyError, fault, nearest, shortened

INSTRUMENT_FILE = "instrument.toml"
SECTIONS: Mapping[str, Section] = {
    "identity": Section(Identity),
    "scoring": Section(ScorePlan),
    "blocks": Section(Block, "array"),
    "groups": Section(Group, "array"),
    "questionnaires": Section(Questionnaire, "array"),
    "unit_groups": Section(UnitGroup, "array"),
    "sources": Section(Source, "array"),
    "scales": Section(Scale, "by_code"),
    "fields": Section(Field, "array"),
    "rules": Section(Rule, "array"),
}
#: The tables of a folder, with the record of their rows; units may also be brought by the study.
ITEMS_FILE = "items.csv"
TABLES: Mapping[str, type] = {"tree.csv": Node, ITEMS_FILE: Item, "units.csv": Unit}


def load_instrument(name_or_folder: str | Path) -> Instrument:
    """The instrument of a shipped edition (``"ha-noi/2023"``) or of a folder.

    Raises :class:`surveys.problems.SurveyError` with every error of the folder at once. What is merely incomplete (a
    missing source or translation) does not stop the loading; :func:`surveys.definitions.check.check` names it.

    >>> from surveys.problems import SurveyError
    >>> try:
    ...     load_instrument("ha-noj/2023")
    ... except SurveyError as error:
    ...     print(error.problems[0].code, dict(error.problems[0].params)["value"])
    instrument.unknown ha-noj/2023
    """
    problems = Problems()
    draft = read_named(name_or_folder, problems)
    problems.raise_errors()
    assert draft is not None
    return draft.instrument


#: Faults of an instrument that only matter where answers are collected.
_OF_ANSWERS = frozenset({
    "tree.nothing_below", "tree.survey_without_items", "tree.groups_missing", "tree.group_not_asked", "tree.answers_unused",
    "questionnaire.no_items", "item.on_no_questionnaire", "reference.group",
})  # fmt: skip


def load_index(name_or_folder: str | Path) -> Instrument:
    """The index of an instrument: its tree, for tables that are only added up. Questionnaires, items and groups may be missing.

    Raises :class:`surveys.problems.SurveyError` with every other error of the folder at once.
    """
    problems = Problems()
    draft = read_named(name_or_folder, problems)
    items = ("name", ITEMS_FILE)
    kept = [p for p in problems if p.code not in _OF_ANSWERS and items not in p.params]
    if draft is None or any(p.severity == "error" for p in kept):
        raise SurveyError(kept)
    return draft.instrument


def read_named(name_or_folder: str | Path, problems: Problems) -> InstrumentDraft | None:
    """:func:`read_instrument` of a shipped edition, whose name stands before the names of its files, or of a folder."""
    name = str(name_or_folder)
    return read_instrument(find_instrument(name), problems, name if name in shipped() else "")


def find_instrument(name_or_folder: str | Path) -> Path:
    """The folder of a shipped edition or of a path; SurveyError ``instrument.unknown`` when there is none."""
    name, folder = str(name_or_folder), on_disk(Path(name_or_folder))
    if name in shipped():
        return _shelf() / name
    if folder.name == INSTRUMENT_FILE and is_file(folder):
        return folder.parent
    if not is_file(folder / INSTRUMENT_FILE):
        near = nearest(name, shipped())
        raise fault("instrument.unknown", value=shortened(name), accepted=shipped(), nearest=near)
    return folder


def shipped() -> tuple[str, ...]:
    """Names ``code/edition`` of the instruments that come with the engine, sorted."""
    found = _shelf().glob(f"*/*/{INSTRUMENT_FILE}")
    return tuple(sorted(f"{path.parent.parent.name}/{path.parent.name}" for path in found))


def own_files(instrument: Instrument) -> dict[str, bytes]:
    """The files of an instrument that is not shipped, by name; none of one that is."""
    folder = Path(instrument.folder)
    if not instrument.folder or folder.resolve().is_relative_to(_shelf().resolve()):
        return {}
    paths = [folder / name for name in (INSTRUMENT_FILE, *TABLES)]
    return {path.name: path.read_bytes() for path in paths if path.is_file()}


def instruments(name: str = "") -> tuple[Instrument, ...]:
    """The shipped instruments, or the one of that name or folder.

    >>> [instrument.name for instrument in instruments("ha-noi/2023")]
    ['ha-noi/2023']
    """
    return tuple(load_instrument(each) for each in ([name] if name else shipped()))


def _shelf() -> Path:
    return Path(str(resources.files("questionnaires")))


def read_instrument(folder: Path, problems: Problems, label: str = "") -> InstrumentDraft | None:
    """Everything in the folder with its places, checked as a whole; None when ``instrument.toml`` cannot be read."""
    shown = f"{label}/{INSTRUMENT_FILE}" if label else INSTRUMENT_FILE
    path = inside(folder, INSTRUMENT_FILE, problems, shown)
    document = read_toml(path, problems, shown) if path else None
    if document is None:
        return None
    draft = InstrumentDraft(folder, Place(problems, shown), document, SECTIONS)
    draft.read_sections(
        "identity", "scoring", "blocks", "groups", "questionnaires", "unit_groups", "sources", "fields"
    )
    scales = section(document, "scales", draft.place)
    for code in scales:
        _read_scale(draft, code, section(scales, code, draft.place.below("scales")))
    for name, record in TABLES.items():
        _read_table(draft, name, record)
    keep_rules(draft, draft.known(Questionnaire))
    draft.instrument = _instrument(draft)
    check_draft(draft)
    return draft


def _read_scale(draft: InstrumentDraft, code: str, table: Mapping[str, object]) -> None:
    """A table ``[scales.CODE]``; levels of a scale that has no order need no values."""
    place = draft.place.below(f"scales.{code}")
    if "code" in table:
        place.not_accepted("record.unknown_key", "code", "code", columns_of(Scale).accepted)
    raw = {**table, "code": code}
    levels, ladders = raw.get("levels"), raw.get("ladders", ["default"])
    if raw.get("kind", "ordinal") != "ordinal" and isinstance(levels, list) and isinstance(ladders, list):
        none = {"values": [0.0] * len(ladders)}
        raw["levels"] = [none | level if isinstance(level, dict) else level for level in levels]
    draft.keep(Scale, from_table(Scale, raw, place), place)


def _read_table(draft: InstrumentDraft, name: str, record: type) -> None:
    file = draft.place.file.removesuffix(INSTRUMENT_FILE) + name
    path = inside(draft.folder, name, draft.problems, file)
    if path is not None and path.exists():
        draft.read_rows(record, path, file, columns_of(record), refers(record))
    elif path is not None and record is not Unit:
        draft.problems.add("instrument.file_missing", file=file, name=name)


def _instrument(draft: InstrumentDraft) -> Instrument:
    identity = next(iter(draft.all(Identity)), Identity("", ""))
    return Instrument(
        **asdict(identity),
        blocks=draft.all(Block),
        groups=draft.all(Group),
        questionnaires=draft.all(Questionnaire),
        scales=draft.all(Scale),
        nodes=draft.all(Node),
        items=draft.all(Item),
        units=draft.all(Unit),
        fields=draft.all(Field),
        rules=draft.all(Rule),
        sources=draft.all(Source),
        scoring=draft.one(ScorePlan),
        unit_groups=draft.all(UnitGroup),
        folder=str(draft.folder),
    )
