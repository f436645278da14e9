"""Values as TOML writes them: the opposite of reading a document."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from surveys.problems import Language, phrase

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class TomlTable(NamedTuple):
    """A table to be written: what kind it is of, its heading with the brackets, and its keys."""

    kind: str
    heading: str
    entries: Mapping[str, object]


def toml_text(tables: Iterable[TomlTable], comments: str, language: Language = "vi") -> str:
    """A document of tables; above the first of each kind stands what it is for, as the wording ``comments.kind`` says it.

    >>> print(toml_text([TomlTable("minimum", "[minimum]", {"forms": 5})], "study_toml", "en"), end="")
    # A cell with fewer valid forms than this is suppressed.
    [minimum]
    forms = 5
    """
    return "\n".join(
        "".join(f"# {line}\n" for line in phrase(f"{comments}.{kind}", language).splitlines())
        + "\n".join(toml_table(table.heading, table.entries) for table in same)
        for kind, same in groupby(tables, key=attrgetter("kind"))
    )


def toml_table(heading: str, entries: Mapping[str, object]) -> str:
    """One table of a document under its ``heading``, as it is written with its brackets; of a list of tables each on its line.

    >>> print(toml_table("[study]", {"code": "a", "weights": {"dân": [1, 0.5]}}), end="")
    [study]
    code = "a"
    weights = {"dân" = [1, 0.5]}
    """
    lines = [f"{toml_key(key)} = {_laid_out(value)}" for key, value in entries.items()]
    return "\n".join([heading, *lines, ""])


def _laid_out(value: object) -> str:
    if isinstance(value, (list, tuple)) and value and all(isinstance(part, Mapping) for part in value):
        return "[\n" + "".join(f"  {toml_value(part)},\n" for part in value) + "]"
    return toml_value(value)


def toml_value(value: object) -> str:
    """A text, number, truth value, date, list or table on one line.

    >>> toml_value("\\x7f"), toml_value(float("inf")), toml_value(True), toml_value(date(2025, 10, 1))
    ('"\\\\u007f"', 'inf', 'true', '2025-10-01')
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml_key(key)} = {toml_value(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_key(key: object) -> str:
    """A key, in quotation marks where it needs them.

    >>> toml_key("hai_long"), toml_key("a.b")
    ('hai_long', '"a.b"')
    """
    return str(key) if _BARE_KEY.fullmatch(str(key)) else toml_value(str(key))
