"""An instrument from its folder: ``instrument.toml``, ``tree.csv``, ``items.csv`` and ``units.csv``.

The folder is read into a :class:`Draft` (every record with the place it stands at), the draft is checked as a whole by
:mod:`surveys.definitions.instrument.consistency`, and only a draft without errors is handed out as an :class:`Instrument`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from surveys.definitions.border import Place, build, columns_of, given, listed, numbers_of, shortened
from surveys.definitions.instrument.consistency import check_draft
from surveys.definitions.instrument.draft import Draft
from surveys.definitions.instrument.records import (
    Block,
    Field,
    Group,
    Instrument,
    Item,
    Level,
    Node,
    NonAnswer,
    Questionnaire,
    Scale,
    ScorePlan,
    Source,
    Unit,
    UnitGroup,
)
from surveys.definitions.rules import build_rules
from surveys.definitions.tables import Row, read_table, too_many
from surveys.definitions.texts import inside, is_file, read_toml
from surveys.problems import Problems, fault, nearest

R = TypeVar("R")

INSTRUMENT_FILE = "instrument.toml"
SECTIONS = (
    "identity", "scoring", "blocks", "groups", "questionnaires", "unit_groups", "sources", "scales", "fields", "rules",
)  # fmt: skip


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
    folder = find_instrument(name_or_folder)
    problems = Problems()
    draft = read_draft(folder, problems, label_of(name_or_folder))
    problems.raise_errors()
    assert draft is not None
    return draft.instrument


def label_of(name_or_folder: str | Path) -> str:
    """What stands before the file names of an instrument: its name when shipped, nothing for a folder of one's own."""
    return str(name_or_folder) if str(name_or_folder) in shipped() else ""


def find_instrument(name_or_folder: str | Path) -> Path:
    """The folder of a shipped edition or of a path; SurveyError ``instrument.unknown`` when there is none."""
    if str(name_or_folder) in shipped():
        return _shelf() / str(name_or_folder)
    folder = Path(name_or_folder)
    if folder.name == INSTRUMENT_FILE and is_file(folder):
        return folder.parent
    if not is_file(folder / INSTRUMENT_FILE):
        name = str(name_or_folder)
        raise fault(
            "instrument.unknown",
            value=shortened(name),
            accepted=shipped(),
            nearest=nearest(name, shipped()) or "–",
        )
    return folder


def shipped() -> tuple[str, ...]:
    """Names ``code/edition`` of the instruments that come with the engine, sorted."""
    found = _shelf().glob(f"*/*/{INSTRUMENT_FILE}")
    return tuple(sorted(f"{path.parent.parent.name}/{path.parent.name}" for path in found))


def _shelf() -> Path:
    return Path(str(resources.files("questionnaires")))


@dataclass(frozen=True, slots=True)
class _Identity:
    code: str
    edition: str
    label_vi: str = ""
    label_en: str = ""
    total_points: float | None = None
    comparable_with: tuple[str, ...] = ()


@dataclass
class _Reader:
    """One reading of one folder; ``label`` stands before the file names shown to users."""

    folder: Path
    label: str
    problems: Problems
    codes: dict[str, list[str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def shown(self, name: str) -> str:
        return f"{self.label}/{name}" if self.label else name

    def keep(self, kind: str, code: object) -> None:
        """Remember a declared code even when its record is faulty: it is no unknown reference elsewhere."""
        if isinstance(code, str) and code:
            self.codes.setdefault(kind, []).append(code)

    def built(
        self, kind: str, record: type[R], raw: Mapping[str, object], place: Place
    ) -> list[tuple[R, Place]]:
        """The record in a list, or an empty list and the kind remembered as broken."""
        self.keep(kind, raw.get("code"))
        made = build(record, _with_labels(record, raw), place)
        if made is None:
            self.broken.add(kind)
        return [] if made is None else [(made, place)]

    def rows(self, name: str, record: type, needed: bool = True) -> Iterator[tuple[Row, Place]]:
        """Rows of a CSV of the folder with their places."""
        path = inside(self.folder, name, self.problems, self.shown(name))
        if path is None or (not needed and not path.exists()):
            return
        if not path.exists():
            self.problems.add("instrument.file_missing", file=self.shown(name), name=name)
            return
        before = len(self.problems.errors)
        table = read_table(
            path, columns_of(record), self.problems, file=self.shown(name), numbers=numbers_of(record)
        )
        if len(self.problems.errors) > before:
            self.broken.add(name)
        start = len(self.problems)
        for row in table or ():
            yield row, Place(self.problems, self.shown(name), row.line)
            if too_many(self.problems, start, self.shown(name), row.line):
                break


def read_draft(folder: Path, problems: Problems, label: str = "") -> Draft | None:
    """Everything in the folder with its places, checked as a whole; None when ``instrument.toml`` cannot be read."""
    reader = _Reader(folder, label, problems)
    path = inside(folder, INSTRUMENT_FILE, problems, reader.shown(INSTRUMENT_FILE))
    document = read_toml(path, problems, reader.shown(INSTRUMENT_FILE)) if path else None
    if document is None:
        return None
    top = Place(problems, reader.shown(INSTRUMENT_FILE))
    for key in document:
        if key not in SECTIONS:
            top.not_accepted("record.unknown_key", key, key, SECTIONS)
    draft = _draft(reader, document, top)
    check_draft(draft)
    return draft


def _draft(reader: _Reader, document: Mapping[str, object], top: Place) -> Draft:
    identity_place = top.below("identity")
    raw_identity = section(document, "identity", top)
    if not raw_identity:
        top.note("record.missing", "identity")
    identity = reader.built("identity", _Identity, raw_identity, identity_place) if raw_identity else []
    scoring = reader.built("scoring", ScorePlan, section(document, "scoring", top), top.below("scoring"))

    def simple(kind: str, name: str, record: type[R]) -> list[tuple[R, Place]]:
        return [
            made
            for raw, place in entries(document, name, top)
            for made in reader.built(kind, record, raw, place)
        ]

    draft = Draft(
        place=top,
        label=reader.label,
        blocks=simple("block", "blocks", Block),
        groups=simple("group", "groups", Group),
        questionnaires=simple("questionnaire", "questionnaires", Questionnaire),
        unit_groups=simple("unit_group", "unit_groups", UnitGroup),
        sources=simple("source", "sources", Source),
        scales=_scales(reader, document, top),
        fields=_fields(reader, document, top),
        nodes=_nodes(reader),
        items=_items(reader),
        units=_units(reader),
        codes=reader.codes,
        broken=reader.broken,
    )
    rules = entries(document, "rules", top)
    draft.rules = build_rules(rules, draft.known("questionnaire"), switchable=False)
    draft.instrument = _instrument(draft, identity, scoring, reader.folder)
    return draft


def _instrument(draft: Draft, identity: Sequence[Any], scoring: Sequence[Any], folder: Path) -> Instrument:
    who = identity[0][0] if identity else _Identity("", "")
    return Instrument(
        code=who.code,
        edition=who.edition,
        label_vi=who.label_vi,
        label_en=who.label_en,
        blocks=records(draft.blocks),
        groups=records(draft.groups),
        questionnaires=records(draft.questionnaires),
        scales=records(draft.scales),
        nodes=records(draft.nodes),
        items=records(draft.items),
        units=records(draft.units),
        fields=records(draft.fields),
        rules=records(draft.rules),
        sources=records(draft.sources),
        scoring=scoring[0][0] if scoring else ScorePlan(),
        total_points=who.total_points,
        comparable_with=who.comparable_with,
        unit_groups=records(draft.unit_groups),
        folder=str(folder),
    )


def records(entries: Sequence[tuple[R, Place]]) -> tuple[R, ...]:
    """The records without their places."""
    return tuple(record for record, _ in entries)


def section(document: Mapping[str, object], name: str, top: Place) -> Mapping[str, object]:
    """A table of a TOML document; empty when absent, noted when it is something else."""
    found = document.get(name, {})
    if isinstance(found, Mapping):
        return found
    top.note("record.not_table", name)
    return {}


def entries(
    document: Mapping[str, object], name: str, top: Place
) -> list[tuple[Mapping[str, object], Place]]:
    """The tables of an array ``[[name]]`` with their places ``name[1]``, ``name[2]``, …"""
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        top.note("record.not_tables", name)
        return []
    return [(entry, top.below(name).below(f"[{k}]")) for k, entry in enumerate(found, 1)]


def _with_labels(record: type, raw: Mapping[str, object]) -> dict[str, object]:
    """A missing label is incomplete, not wrong: it is read as empty and named by the check of completeness."""
    labels = {name: "" for name in columns_of(record) if name.startswith(("label_", "text_"))}
    return labels | dict(raw)


def _scales(reader: _Reader, document: Mapping[str, object], top: Place) -> list[tuple[Scale, Place]]:
    found: list[tuple[Scale, Place]] = []
    for code in section(document, "scales", top):
        place = top.below(f"scales.{code}")
        raw = dict(section(section(document, "scales", top), code, top.below("scales")))
        if "code" in raw:
            place.not_accepted("record.unknown_key", "code", "code", columns_of(Scale))
        raw["code"] = code
        ladders = raw.get("ladders", ["default"])
        silent = raw.get("kind", "ordinal") != "ordinal" and isinstance(ladders, list)
        without = {"values": [0.0] * len(ladders)} if silent and isinstance(ladders, list) else {}
        levels = [
            made
            for entry, where in entries(raw, "levels", place)
            for made in reader.built("scale", Level, without | dict(entry), where)
        ]
        non_answers = [
            made
            for entry, where in entries(raw, "non_answers", place)
            for made in reader.built("scale", NonAnswer, entry, where)
        ]
        raw |= {"levels": records(levels), "non_answers": records(non_answers)}
        found += reader.built("scale", Scale, raw, place)
    reader.codes["scale"] = list(section(document, "scales", top))
    return found


def _fields(reader: _Reader, document: Mapping[str, object], top: Place) -> list[tuple[Field, Place]]:
    found: list[tuple[Field, Place]] = []
    for entry, place in entries(document, "fields", top):
        raw = dict(entry)
        categories = section(raw, "categories", place)
        raw["categories"] = list(categories.items())
        found += reader.built("field", Field, raw, place)
    return found


def _nodes(reader: _Reader) -> list[tuple[Node, Place]]:
    found: list[tuple[Node, Place]] = []
    for row, place in reader.rows("tree.csv", Node):
        raw = given(row.cells, blank=("parent", "rule"))
        raw |= {"blocks": listed(row["blocks"])}
        raw |= {"groups": [_weighted(part, place) for part in listed(row["groups"])]}
        found += reader.built("node", Node, raw, place)
    return found


def _weighted(text: str, place: Place) -> tuple[str, object]:
    """``deputies:2`` as (deputies, 2); a group without a weight has weight 1."""
    group, colon, weight = text.partition(":")
    try:
        number = float(weight.strip().replace(",", ".")) if colon else 1.0
    except ValueError:
        place.note("record.malformed", "groups", value=text, form="deputies:1;citizens:2")
        return group.strip(), 1.0
    return group.strip(), number


def _items(reader: _Reader) -> list[tuple[Item, Place]]:
    found: list[tuple[Item, Place]] = []
    for row, place in reader.rows("items.csv", Item):
        raw = given(row.cells, blank=("node",))
        raw |= {name: listed(row[name]) for name in ("questionnaires", "aliases")}
        raw["asked_when"] = _condition(row["asked_when"], place)
        found += reader.built("item", Item, raw, place)
    return found


def _condition(text: str, place: Place) -> tuple[str, list[str]] | None:
    """``S0=1|2`` as (S0, [1, 2])."""
    item, _, levels = (part.strip() for part in text.partition("="))
    codes = [code.strip() for code in levels.split("|") if code.strip()]
    if text and not (item and codes):
        place.note("record.malformed", "asked_when", value=text, form="S0=1|2")
    return (item, codes) if item and codes else None


def read_units(reader: _Reader, name: str, needed: bool) -> list[tuple[Unit, Place]]:
    """Units of a register file of the reader's folder."""
    found: list[tuple[Unit, Place]] = []
    for row, place in reader.rows(name, Unit, needed=needed):
        raw = given(row.cells) | {part: listed(row[part]) for part in ("aliases", "successors")}
        found += reader.built("unit", Unit, raw, place)
    return found


def _units(reader: _Reader) -> list[tuple[Unit, Place]]:
    return read_units(reader, "units.csv", needed=False)


def read_register(
    folder: Path, name: str, problems: Problems
) -> tuple[list[tuple[Unit, Place]], frozenset[str]]:
    """Units of a register that a study brings itself, and every code in it, also of faulty rows."""
    reader = _Reader(folder, "", problems)
    units = read_units(reader, name, needed=True)
    return units, frozenset(reader.codes.get("unit", ()))
