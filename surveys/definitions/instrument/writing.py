"""An instrument as its files: ``instrument.toml`` with a comment above each kind of table, and the tables beside it.

They are read back as an equal instrument that is based on nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from surveys.definitions.draft import Section
from surveys.definitions.instrument.parts import ITEMS_FILE, SECTIONS, TABLES, TREE_FILE, UNITS_FILE
from surveys.definitions.instrument.records import Identity, Instrument, Rule, Scale, Unit
from surveys.definitions.instrument.shelf import INSTRUMENT_FILE
from surveys.definitions.record_writing import as_table, table_bytes
from surveys.definitions.toml_writing import TomlTable, toml_key, toml_text
from surveys.problems import Language, fault, shortened
from surveys.vocabulary.composition import is_composed

#: The columns of the tables in the order in which people read them.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    TREE_FILE: (
        "code", "parent", "level", "rule", "measured_by", "weight", "max_points", "low", "high", "groups", "blocks",
        "label_vi", "label_en", "source",
    ),
    ITEMS_FILE: (
        "code", "node", "questionnaires", "scale", "reverse", "weight", "minimum", "maximum", "asked_when", "required",
        "text_vi", "text_en", "aliases", "source",
    ),
    UNITS_FILE: (
        "code", "block", "name_vi", "name_en", "kind", "aliases", "valid_from", "valid_to", "successors",
    ),
}  # fmt: skip


def instrument_files(instrument: Instrument, language: Language = "vi") -> dict[str, bytes]:
    """The files of an instrument by name; without ``units.csv`` where it has no units. ``language`` is that of the comments.

    Raises SurveyError ``definition.not_writable`` where a text could not be read back as it is.

    >>> from surveys.definitions.instrument.reading import load_instrument
    >>> list(instrument_files(load_instrument("sipas/2023")))
    ['instrument.toml', 'tree.csv', 'items.csv', 'units.csv']
    """
    text = instrument_text(instrument, language)
    if not is_composed(text):
        line = next(line for line in text.splitlines() if not is_composed(line))
        raise fault("definition.not_writable", record=INSTRUMENT_FILE, key="", text=shortened(line))
    rows: Mapping[str, Sequence[Any]] = {
        TREE_FILE: instrument.nodes,
        ITEMS_FILE: instrument.items,
        UNITS_FILE: instrument.units,
    }
    tables = {
        name: table_bytes(record, rows[name], COLUMNS[name])
        for name, record in TABLES.items()
        if rows[name] or record is not Unit
    }
    return {INSTRUMENT_FILE: text.encode(), **tables}


def instrument_text(instrument: Instrument, language: Language = "vi") -> str:
    """The text of ``instrument.toml`` of a whole instrument."""
    return toml_text(_tables(instrument), "instrument_toml", language)


def differences_text(identity: Identity, language: Language = "vi") -> str:
    """The text of the ``instrument.toml`` of an edition that is based on another and does not differ from it yet.

    >>> print(differences_text(Identity("x", "2026", "sipas/2023"), "en").splitlines()[-1])
    based_on = "sipas/2023"
    """
    return toml_text([TomlTable("based_on", "[identity]", as_table(identity))], "instrument_toml", language)


def _heading_of(name: str, section: Section, code: str = "") -> str:
    """The heading of a table of a section of ``instrument.toml``.

    >>> _heading_of("blocks", SECTIONS["blocks"]), _heading_of("scales", SECTIONS["scales"], "hai_long")
    ('[[blocks]]', '[scales.hai_long]')
    """
    if section.form == "array":
        return f"[[{name}]]"
    return f"[{name}.{toml_key(code)}]" if section.form == "by_code" else f"[{name}]"


def _tables(instrument: Instrument) -> Iterator[TomlTable]:
    for name, section in SECTIONS.items():
        for made in _records(instrument, name):
            raw, code = _raw(made), getattr(made, "code", "")
            if raw or section.form != "table":
                yield TomlTable(name, _heading_of(name, section, code), raw)


def _records(instrument: Instrument, name: str) -> Sequence[Any]:
    """The records of a section."""
    if name == "identity":
        own = {key: getattr(instrument, key) for key in Identity.__dataclass_fields__ if key != "based_on"}
        return [Identity(**own)]
    if name == "without":
        return ()
    found = getattr(instrument, name)
    return found if isinstance(found, tuple) else (found,)


def _raw(made: Any) -> dict[str, object]:
    raw = as_table(made)
    if isinstance(made, Scale):
        del raw["code"]
    if isinstance(made, Rule):
        params = raw.pop("params", {})
        raw |= params if isinstance(params, dict) else {}
    return raw
