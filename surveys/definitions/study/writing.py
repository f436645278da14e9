"""``study.toml`` as it is written for people: every table after a comment that says what it is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from surveys.definitions.toml_writing import TomlTable, toml_text
from surveys.problems import Language

#: A heading with its brackets, and the keys below it.
StudyTable = tuple[str, Mapping[str, object]]


def study_text(tables: Iterable[StudyTable], language: Language = "vi") -> str:
    """The text of a ``study.toml`` from its tables in their order.

    >>> print(study_text([("[minimum]", {"forms": 5}), ("[[units.exclusions]]", {"unit": "x1"})], "en"), end="")
    # A cell with fewer valid forms than this is suppressed.
    [minimum]
    forms = 5
    <BLANKLINE>
    # A unit that is not assessed in this round, with the reason.
    [[units.exclusions]]
    unit = "x1"
    """
    named = ((heading.strip("[]").rpartition(".")[2], heading, entries) for heading, entries in tables)
    return toml_text((TomlTable(*table) for table in named), "study_toml", language)
