"""TOML within bounds: what would take a parser minutes, or gives numbers that no key can hold, is refused before or after it.

A parser follows each dotted key from the top, so that its work grows with the square of the dots: the text is looked through once
for keys of too many parts and for words and numbers that are too long, strings and comments passed over.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping

from surveys.problems import Place

#: Levels of tables within tables; the deepest key of the reference stands on the fifth.
DEEPEST = 20
#: Characters of a key or a number without quotation marks.
LONGEST_WORD = 1000
#: Whole numbers are 64 bits wide (TOML 1.0, "Integer").
_WHOLE = range(-(2**63), 2**63)
_PART = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+"""
#: A text in quotation marks of either kind, on one line or several, or a comment; searched with ``re.DOTALL``.
STRING_OR_COMMENT = (
    r""""{3}(?:[^"\\]|\\.|"(?!""))*+"*+|'{3}(?:[^']|'(?!''))*+'*+"""
    r"""|"(?:[^"\\\n]|\\.)*+"?+|'[^'\n]*+'?+|\#[^\n]*+"""
)
_LOOK = re.compile(
    rf"""(?P<deep>(?:{_PART}\.[ \t]*+){{{DEEPEST}}})|{STRING_OR_COMMENT}|(?P<word>[A-Za-z0-9_+-]++)""",
    re.DOTALL,
)


def toml_document(text: str, top: Place) -> Mapping[str, object] | None:
    """The document that a text is, or None with the fault noted (``toml.syntax`` names the row).

    >>> from surveys.problems import Problems
    >>> problems = Problems()
    >>> toml_document("a.b = 1", Place(problems, "a.toml")), toml_document("a = 99999999999999999999", Place(problems, "a.toml"))
    ({'a': {'b': 1}}, None)
    >>> [(problem.code, problem.column) for problem in problems]
    [('toml.number', 'a')]
    """
    for found in _LOOK.finditer(text):
        if found["deep"] is not None:
            _at(text, found.start(), top).note("toml.nested", limit=DEEPEST)
            return None
        if len(found["word"] or "") > LONGEST_WORD:
            _at(text, found.start(), top).note("toml.long_word", limit=LONGEST_WORD)
            return None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\(at line (\d+)", str(error))
        row = int(line[1]) if line else text.count("\n") + 1
        Place(top.problems, top.file, row).note("toml.syntax", reason=str(error).split(" (at ")[0])
        return None
    except RecursionError:
        document = None
    if document is None or _is_deeper(document, DEEPEST):
        top.note("toml.nested", limit=DEEPEST)
        return None
    too_large = next((path for path, value in _numbers(document) if value not in _WHOLE), None)
    if too_large is not None:
        top.note("toml.number", too_large)
        return None
    return document


def _at(text: str, start: int, top: Place) -> Place:
    return Place(top.problems, top.file, text.count("\n", 0, start) + 1)


def _is_deeper(document: object, levels: int) -> bool:
    """Whether tables and lists stand within one another on more than so many levels."""
    layer: list[object] = [document]
    while layer and levels >= 0:
        inside = (
            part.values() if isinstance(part, dict) else part
            for part in layer
            if isinstance(part, (dict, list))
        )
        layer, levels = [value for values in inside for value in values], levels - 1
    return bool(layer)


def _numbers(part: object, path: str = "") -> Iterator[tuple[str, int]]:
    """The whole numbers of a document with the paths of their keys."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from _numbers(value, f"{path}.{key}".lstrip("."))
    elif isinstance(part, list):
        for k, value in enumerate(part, 1):
            yield from _numbers(value, f"{path}[{k}]")
    elif isinstance(part, int):
        yield path, part
