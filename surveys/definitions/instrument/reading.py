"""An instrument from its folder: ``instrument.toml``, ``tree.csv``, ``items.csv`` and ``units.csv``, over those of the edition it
may be based on.

The folder is read into an :class:`InstrumentDraft` (every record with the place it stands at), the draft is checked as a whole
by :mod:`surveys.definitions.instrument.consistency`, and only a draft without errors is handed out as an :class:`Instrument`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from surveys.definitions.declared_rules import keep_rules
from surveys.definitions.draft import InstrumentDraft
from surveys.definitions.instrument.consistency import check_draft, refers
from surveys.definitions.instrument.inheritance import Inherited, inherited
from surveys.definitions.instrument.inherited_rows import read_rows
from surveys.definitions.instrument.layers import read_layers
from surveys.definitions.instrument.parts import ITEMS_FILE, SECTIONS, TABLES
from surveys.definitions.instrument.records import (
    Block,
    DriverModel,
    Field,
    Group,
    Identity,
    IndexPart,
    Instrument,
    Item,
    Node,
    Questionnaire,
    ResultClass,
    Rule,
    Scale,
    ScorePlan,
    Source,
    Unit,
    UnitGroup,
)
from surveys.definitions.instrument.shelf import find_instrument, shipped
from surveys.definitions.record_building import columns_of, from_table
from surveys.problems import Place, Problems, SurveyError


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


def instruments(name: str = "") -> tuple[Instrument, ...]:
    """The shipped instruments, or the one of that name or folder.

    >>> [instrument.name for instrument in instruments("ha-noi/2023")]
    ['ha-noi/2023']
    """
    return tuple(load_instrument(each) for each in ([name] if name else shipped()))


def read_instrument(folder: Path, problems: Problems, label: str = "") -> InstrumentDraft | None:
    """Everything in the folder with its places, checked as a whole; None when ``instrument.toml`` cannot be read. ``label``: what
    stands before the names of its files where users see them."""
    layers = read_layers(folder, problems, label)
    if not layers:
        return None
    edition = inherited(layers)
    tables = {name: [(entry.raw, entry.place) for entry in found] for name, found in edition.tables.items()}
    own = layers[-1]
    draft = InstrumentDraft(folder, own.top, own.document, SECTIONS, merged=tables)
    draft.read_sections(
        "identity",
        "scoring",
        "blocks",
        "groups",
        "questionnaires",
        "unit_groups",
        "classes",
        "parts",
        "drivers",
        "sources",
        "fields",
    )
    for entry in edition.tables.get("scales", ()):
        _read_scale(draft, entry.key[0], entry.raw, entry.place)
    for name, record in TABLES.items():
        _read_table(draft, edition, name, record)
    keep_rules(draft, draft.known(Questionnaire))
    draft.instrument = _instrument(draft)
    check_draft(draft)
    return draft


def _read_scale(draft: InstrumentDraft, code: str, table: Mapping[str, object], place: Place) -> None:
    """A table ``[scales.CODE]``; levels of a scale that has no order need no values."""
    if "code" in table:
        place.not_accepted("record.unknown_key", "code", "code", columns_of(Scale).accepted)
    raw = {**table, "code": code}
    levels, ladders = raw.get("levels"), raw.get("ladders", ["default"])
    if raw.get("kind", "ordinal") != "ordinal" and isinstance(levels, list) and isinstance(ladders, list):
        none = {"values": [0.0] * len(ladders)}
        raw["levels"] = [none | level if isinstance(level, dict) else level for level in levels]
    draft.keep(Scale, from_table(Scale, raw, place), place)


def _read_table(draft: InstrumentDraft, edition: Inherited, name: str, record: type) -> None:
    table = read_rows(edition, name)
    if table.is_there:
        draft.keep_rows(record, table.rows, "code" in columns_of(record).accepted, refers(record))
    elif record is not Unit:
        file = edition.layers[-1].label + name
        draft.problems.add("instrument.file_missing", file=file, name=name)
    if not table.is_whole:
        draft.broken.add(record)


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
        classes=draft.all(ResultClass),
        parts=draft.all(IndexPart),
        drivers=draft.all(DriverModel),
        folder=str(draft.folder),
    )
