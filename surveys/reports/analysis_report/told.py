"""Phrases with numbers in them: text in which every number still knows where it comes from."""

from __future__ import annotations

import re

from surveys.problems import Language, phrase
from surveys.reports.analysis_report.parts import Inline, Number, Reference, Text

#: Around the place of a parameter while a phrase is put together: letters of private use, which no text of a package holds.
_OPEN, _CLOSE = "\ue000", "\ue001"
_PLACE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_NO_BREAK = "\N{NO-BREAK SPACE}"


def told(code: str, language: Language, **params: object) -> Text:
    """A phrase of the wording with its placeholders filled in: numbers and references stay what they are, texts join, all else
    becomes words. Parts in ``⟦ ⟧`` are left out where something in them is empty; no line ends before a percent sign.

    >>> from surveys.reports.analysis_report.parts import NumberSource
    >>> percent = Number("93.08", NumberSource("council-units", ("so", "a"), "percent"))
    >>> told("sheet.total.percent", "vi", percent=percent)[1]
    '\\xa0%'
    >>> told("sheet.rank.told", "en", rank="1", ranked="9", low=Number("", percent.source), high="4")
    ('1 of 9 ranked units',)
    """
    held: list[Text] = []
    words = {name: _held(value, held) for name, value in params.items()}
    return joined(_filled(phrase(code, language, **words).replace(" %", f"{_NO_BREAK}%"), held))


def joined(*texts: Text, by: str = "") -> Text:
    """Texts one after the other, ``by`` between them; neighbouring words become one.

    >>> joined(("a", "b"), (), ("c",), by=", ")
    ('ab, c',)
    """
    found: list[Inline] = []
    for text in filter(None, texts):
        parts = [by, *text] if by and found else text
        for part in parts:
            if isinstance(part, str) and found and isinstance(found[-1], str):
                found[-1] += part
            elif part != "":
                found.append(part)
    return tuple(found)


def shown(text: Text, language: Language) -> str:
    """A text as plain words; references become nothing.

    >>> shown(("a ", "b"), "vi")
    'a b'
    """
    parts = ("" if isinstance(p, Reference) else p if isinstance(p, str) else p.shown(language) for p in text)
    return "".join(parts)


def _held(value: object, held: list[Text]) -> str:
    """The mark that stands for a parameter until the phrase is taken apart again; a text as it is."""
    if isinstance(value, (Number, Reference)):
        value = (value,) if isinstance(value, Reference) or value.text else ()
    if isinstance(value, tuple):
        if not value:
            return ""
        held.append(value)
        return f"{_OPEN}{len(held) - 1}{_CLOSE}"
    return _PRIVATE.sub("", str(value))


def _filled(text: str, held: list[Text]) -> Text:
    found: list[Inline] = []
    for k, piece in enumerate(_PLACE.split(text)):
        found += held[int(piece)] if k % 2 else (piece,)
    return tuple(found)
