"""The dictionary of SPSS portable files (.por): which values are declared missing.

The C library that reads these files gives declared missing values as empty cells, so that "refused" could not be told from a
blank. Here the declarations are read, and taken out of the file before that library sees it.

Source: "Portable File Format" in the developer's guide of GNU PSPP: lines of 80 characters; a splash of 200 and a table of 256
characters, ``SPSSPORT``; then records named by one character. Numbers are written to base 30 and end with ``/``; a string is its
length and its characters.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_LINE, _SPLASH, _START = 80, 200, 464
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRST"
_PLAIN = (string.digits + string.ascii_uppercase + string.ascii_lowercase).encode()
Ranges = Mapping[str, tuple[tuple[object, object], ...]]


def without_declarations(raw: bytes) -> tuple[bytes, Ranges]:
    """A portable file without its declarations of missing values, and these by variable as closed ranges.

    A file that is not written in ASCII, or whose dictionary cannot be followed, is given back as it is, with no ranges.

    >>> without_declarations(b"no portable file")
    (b'no portable file', {})
    """
    content = b"".join(line.ljust(_LINE) for line in raw.splitlines()).decode("latin-1")
    if content[_SPLASH + 64 : _SPLASH + 126].encode("latin-1") != _PLAIN:
        return raw, {}
    try:
        found = _Dictionary(content, _START)
        found.read()
    except (ValueError, IndexError, OverflowError):
        return raw, {}
    if not found.missing:
        return raw, {}
    kept = "".join((*found.kept, content[found.at :]))
    lines = (kept[k : k + _LINE].ljust(_LINE, "Z") for k in range(0, len(kept), _LINE))
    ranges = {name: tuple(values) for name, values in found.missing.items()}
    return "\r\n".join(lines).encode("latin-1") + b"\r\n", ranges


def number(text: str) -> float:
    """A number to base 30, perhaps with a fraction and an exponent of 30.

    >>> number("39"), number("-1.F"), number("1+2")
    (99.0, -1.5, 900.0)
    """
    body = text.strip()
    sign = -1.0 if body.startswith("-") else 1.0
    body = body.lstrip("+-")
    place = max(body.find("+"), body.find("-"))
    exponent = (-1 if body[place] == "-" else 1) * _whole(body[place + 1 :]) if place > 0 else 0
    digits, _, fraction = (body[:place] if place > 0 else body).partition(".")
    value = _whole(digits or "0") + sum(_DIGITS.index(d) * 30.0 ** -(k + 1) for k, d in enumerate(fraction))
    return float(sign * value * 30.0**exponent)


def _whole(digits: str) -> int:
    value = 0
    if not digits or len(digits) > 60:
        raise ValueError(digits[:60])
    for digit in digits:
        value = 30 * value + _DIGITS.index(digit)
    return value


@dataclass
class _Dictionary:
    """The records of a dictionary one after another. ``kept`` are the parts of the file without the declarations."""

    content: str
    at: int
    kept: list[str] = field(default_factory=list)
    missing: dict[str, list[tuple[object, object]]] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    variable: str = ""

    def read(self) -> None:
        """Follow the records up to the data."""
        start = 0
        self.at += 1  # the version
        self._text(), self._text()
        while (tag := self.content[self.at]) != "F":
            begins = self.at
            self.at += 1
            if tag in "89AB":
                self.kept.append(self.content[start:begins])
                self._declaration(tag)
                start = self.at
            else:
                self._others(tag)
        self.kept.append(self.content[start : self.at])

    def _declaration(self, tag: str) -> None:
        value: Callable[[], object] = self._text if self.widths[self.variable] else self._number
        first = value()
        low: object = -math.inf if tag == "9" else first
        high: object = value() if tag == "B" else math.inf if tag == "A" else first
        self.missing.setdefault(self.variable, []).append((low, high))

    def _others(self, tag: str) -> None:
        if tag in "1236C":
            self._text()
        elif tag in "45":
            self._number()
        elif tag == "7":
            self._variable()
        elif tag == "D":
            self._value_labels()
        elif tag == "E":
            for _ in range(self._count()):
                self._text()
        else:
            raise ValueError(tag)

    def _variable(self) -> None:
        width = self._count()
        self.variable = self._text()
        self.widths[self.variable] = width
        for _ in range(6):  # the formats for printing and writing
            self._number()

    def _value_labels(self) -> None:
        names = [self._text() for _ in range(self._count())]
        value: Callable[[], object] = self._text if self.widths[names[0]] else self._number
        for _ in range(self._count()):
            value(), self._text()

    def _count(self) -> int:
        return int(self._number())

    def _number(self) -> float:
        end = self.content.index("/", self.at)
        text, self.at = self.content[self.at : end], end + 1
        return number(text)

    def _text(self) -> str:
        size = self._count()
        if not 0 <= size <= len(self.content) - self.at:
            raise ValueError(size)
        text, self.at = self.content[self.at : self.at + size], self.at + size
        return text
