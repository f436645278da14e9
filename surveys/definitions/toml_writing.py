"""Values as TOML writes them: the opposite of reading a document."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, time

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def toml_table(heading: str, entries: Mapping[str, object]) -> str:
    """One table of a document under its ``heading``, as it is written with its brackets.

    >>> print(toml_table("[study]", {"code": "a", "weights": {"dân": [1, 0.5]}}), end="")
    [study]
    code = "a"
    weights = {"dân" = [1, 0.5]}
    """
    lines = [f"{_key(key)} = {toml_value(value)}" for key, value in entries.items()]
    return "\n".join([heading, *lines, ""])


def toml_value(value: object) -> str:
    """A text, number, truth value, date, list or table on one line.

    >>> toml_value("\\x7f"), toml_value(float("inf")), toml_value(True), toml_value(date(2025, 10, 1))
    ('"\\\\u007f"', 'inf', 'true', '2025-10-01')
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {toml_value(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: object) -> str:
    return str(key) if _BARE_KEY.fullmatch(str(key)) else toml_value(str(key))
