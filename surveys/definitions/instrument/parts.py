"""What an edition consists of: the sections of ``instrument.toml``, the tables beside it, and by what their entries are known."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.definitions.draft import Section
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
    ScorePlan,
    Source,
    Unit,
    UnitGroup,
    Without,
)

SECTIONS: Mapping[str, Section] = {
    "identity": Section(Identity),
    "without": Section(Without),
    "scoring": Section(ScorePlan),
    "blocks": Section(Block, "array"),
    "groups": Section(Group, "array"),
    "questionnaires": Section(Questionnaire, "array"),
    "unit_groups": Section(UnitGroup, "array"),
    "classes": Section(ResultClass, "array"),
    "parts": Section(IndexPart, "array"),
    "drivers": Section(DriverModel, "array"),
    "sources": Section(Source, "array"),
    "scales": Section(Scale, "by_code"),
    "fields": Section(Field, "array"),
    "rules": Section(Rule, "array"),
}
TREE_FILE, ITEMS_FILE, UNITS_FILE = "tree.csv", "items.csv", "units.csv"
#: The tables of a folder, with the record of their rows; units may also be brought by the study.
TABLES: Mapping[str, type] = {TREE_FILE: Node, ITEMS_FILE: Item, UNITS_FILE: Unit}
#: By what an entry of an array of tables is known, where it is not its code.
KEYS: Mapping[str, tuple[str, ...]] = {"rules": ("rule", "questionnaires")}
