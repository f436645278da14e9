"""An edition that states only its differences: ``instrument.toml`` laid over that of the edition it is based on.

Tables that are not given are inherited. Of a table, and of an entry of an array that the base has too, the keys given replace
those of the base; other entries are added at the end. ``[without]`` takes away before anything is laid over, and with what it
takes goes what cannot be without it. Every table and entry keeps the place at which it was written, key by key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from surveys.definitions.csv_tables import bounded
from surveys.definitions.draft import Section, note_unknown
from surveys.definitions.instrument.layers import Layer
from surveys.definitions.instrument.parts import KEYS, SECTIONS
from surveys.definitions.instrument.records import Without
from surveys.definitions.record_building import build, entries, from_table, section
from surveys.problems import Place

#: Of ``[identity]`` only these are inherited: an edition has a name of its own, and says itself what it is comparable with.
_INHERITED_IDENTITY = ("total_points",)


@dataclass(frozen=True, slots=True)
class PlacedTable:
    """One table of an ``instrument.toml``, what it is known by among those of its section, and where it stands."""

    key: tuple[str, ...]
    raw: Mapping[str, object]
    place: Place


@dataclass(slots=True, eq=False)
class PartlyInherited(Place):
    """The place of a table of which only the keys ``given`` stand there; the others stand at ``base``."""

    base: Place = field(kw_only=True)
    given: Collection[str] = field(kw_only=True)

    def note(self, code: str, column: str = "", **params: Any) -> None:
        """Note a fault where its key stands."""
        if not column or self._is_given(column):
            Place.note(self, code, column, **params)
        else:
            self.base.note(code, column, **params)

    def below(self, key: str) -> Place:
        """The place of a key where it stands."""
        return Place.below(self, key) if self._is_given(key) else self.base.below(key)

    def _is_given(self, key: str) -> bool:
        return key.split(".")[0].split("[")[0] in self.given


@dataclass
class Inherited:
    """What an edition says together with those it is based on. ``tables``: section → its tables; ``taken``: per layer the codes
    that it takes away, by the keys of ``[without]`` (those of what goes with them included)."""

    layers: Sequence[Layer]
    tables: Mapping[str, Sequence[PlacedTable]]
    taken: Sequence[Mapping[str, set[str]]]


def inherited(layers: Sequence[Layer]) -> Inherited:
    """The documents of a chain of editions laid over one another, with every fault of a difference noted."""
    first, *others = layers
    tables, taken = tables_of(first), [_taken(first)]
    if any(taken[0].values()):
        first.top.note("edition.without_base", "without")
    for layer in others:
        gone = _taken(layer)
        left = {name: _left(name, tables.get(name, ()), gone, layer.top) for name in SECTIONS}
        own = tables_of(layer)
        tables = {name: _laid_over(left[name], own.get(name, ())) for name in SECTIONS}
        taken.append(gone)
    for layer in layers[:-1]:
        note_unknown(layer.document, SECTIONS, layer.top)
    return Inherited(layers, {name: found for name, found in tables.items() if found}, taken)


def tables_of(layer: Layer) -> dict[str, Sequence[PlacedTable]]:
    """The tables of one document by section, with their places."""
    return {
        name: list(_entries(layer, name, part))
        for name, part in SECTIONS.items()
        if name in layer.document and name != "without"
    }


def _entries(layer: Layer, name: str, part: Section) -> Sequence[PlacedTable]:
    place = layer.top.below(name)
    if part.form == "array":
        listed_tables = entries(layer.document, name, layer.top)
        return [PlacedTable(_key(name, raw), raw, at) for raw, at in listed_tables]
    table = section(layer.document, name, layer.top)
    if part.form == "table":
        return [PlacedTable((), table, place)]
    return [PlacedTable((code,), section(table, code, place), place.below(code)) for code in table]


def _key(name: str, raw: Mapping[str, object]) -> tuple[str, ...]:
    """What an entry is known by: its code; of a rule its name and the questionnaires for which it stands."""
    found = [raw.get(column, "") for column in KEYS.get(name, ("code",))]
    return tuple(";".join(sorted(map(str, part))) if isinstance(part, list) else str(part) for part in found)


def _taken(layer: Layer) -> dict[str, set[str]]:
    """The codes that ``[without]`` names."""
    place = layer.top.below("without")
    raw = from_table(Without, section(layer.document, "without", layer.top), place)
    return {name: set(codes) for name, codes in asdict(build(Without, raw, place) or Without()).items()}


def _left(
    name: str, base: Sequence[PlacedTable], gone: dict[str, set[str]], top: Place
) -> Sequence[PlacedTable]:
    """The tables of a section without those that are taken away, and without what goes with these."""
    if name == "identity":
        return [
            replace(entry, raw={k: v for k, v in entry.raw.items() if k in _INHERITED_IDENTITY})
            for entry in base
        ]
    if name not in gone:
        return base
    check_taken(name, gone[name], {entry.key[0] for entry in base}, top)
    if name == "questionnaires":
        gone[name] |= {
            str(entry.raw.get("code"))
            for entry in base
            if str(entry.raw.get("block")) in gone["blocks"] or str(entry.raw.get("group")) in gone["groups"]
        }
    left = [entry for entry in base if entry.key[0] not in gone[name]]
    return _struck(name, left, gone["questionnaires"]) if name in ("rules", "fields") else left


def check_taken(name: str, codes: Collection[str], known: Collection[str], top: Place) -> None:
    """Note every code that is to be taken away and that the base does not have."""
    accepted = sorted(known)
    for code in bounded(sorted(set(codes) - set(known)), lambda _: top, top.problems):
        top.not_accepted("edition.nothing_to_take", f"without.{name}", code, accepted)


def _struck(name: str, entries: Sequence[PlacedTable], questionnaires: Collection[str]) -> list[PlacedTable]:
    """Rules or fields without questionnaires that are gone; those that stood for no others are gone too."""
    found = []
    for entry in entries:
        named = entry.raw.get("questionnaires")
        asked = named if isinstance(named, list) else []
        left = [code for code in asked if str(code) not in questionnaires]
        if left == asked:
            found.append(entry)
        elif left:
            raw = {**entry.raw, "questionnaires": left}
            found.append(PlacedTable(_key(name, raw), raw, entry.place))
    return found


def _laid_over(base: Sequence[PlacedTable], own: Sequence[PlacedTable]) -> Sequence[PlacedTable]:
    """The tables of the base with those of an edition over them, then those that only the edition has."""
    found, position = list(base), {entry.key: k for k, entry in enumerate(base)}
    for entry in own:
        k = position.pop(
            entry.key, None
        )  # given twice, the second stands beside the first and is told as such
        if k is None:
            found.append(entry)
            continue
        under = found[k]
        _note_same(entry, under)
        given = PartlyInherited(
            entry.place.problems,
            entry.place.file,
            at=entry.place.at,
            base=under.place,
            given=frozenset(entry.raw),
        )
        found[k] = PlacedTable(entry.key, {**under.raw, **entry.raw}, given)
    return found


def _note_same(own: PlacedTable, under: PlacedTable) -> None:
    """Note a table that says nothing but what the base says."""
    if all(key in under.raw and under.raw[key] == value for key, value in own.raw.items()):
        own.place.note("edition.no_difference", severity="warning")
